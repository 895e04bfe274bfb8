//! The whole-program tests, one binary.

#[cfg(feature = "demo")]
mod archive;
#[cfg(feature = "demo")]
mod cli;
#[cfg(feature = "demo")]
mod clickhouse;
#[cfg(feature = "demo")]
mod demo;
mod fetch;
mod files;
#[cfg(feature = "demo")]
mod keys;
mod layers;
mod providers;
mod pty;
#[cfg(feature = "demo")]
mod screen;
#[cfg(feature = "demo")]
mod whole;
