//! Where things happen: the terminal, the loop, and everything that touches the world.
//!
//! `update` and `view` (`ui`) are pure; here are the hands that feed them. One thread, the UI's,
//! runs the loop ([`event_loop`]): it receives one thing, updates, perhaps draws, and never waits
//! for anything else. All that takes time is begun by `runtime` and comes back as a message.

pub mod clipboard;
pub mod config;
pub mod event_loop;
pub mod input;
pub mod runtime;
pub mod terminal;
