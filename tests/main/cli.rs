//! The commands as a user runs them: the built program, its output, its messages, its exit status.

mod demo;
mod export;
mod faults;
mod histogram;
pub mod home;
mod show;
mod sifted;
mod signals;
mod terminal;
mod usage;
