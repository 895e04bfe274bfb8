//! The command line: what the user types, and the commands that need no screen.
//!
//! A headless command is the same pipe as the explorer's with an exporter at its end. Not here: the
//! explorer itself (`app`).

pub mod arguments;
pub mod collector;
pub mod entry;
pub mod failure;
pub mod histogram;
pub mod log;
pub mod manifest;
pub mod memory;
pub mod messages;
pub mod output;
pub mod pages;
pub mod plot;
pub mod providers;
pub mod selection;
pub mod signals;
pub mod window;
pub mod zone;
