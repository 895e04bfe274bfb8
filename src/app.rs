//! Where things happen: the terminal, the loop, and everything that touches the world.

pub mod config;
