//! The whole-program tests, one binary.

#[cfg(feature = "demo")]
mod demo;
mod fetch;
mod files;
mod layers;
mod pty;
#[cfg(feature = "demo")]
mod whole;
