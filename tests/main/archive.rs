//! The archive: what `sync` makes of the systems, whatever happens to it, and what is read from it.

pub mod bench;
mod commands;
mod disk;
mod filling;
mod follow;
pub mod kills;
mod late;
mod resumed;
