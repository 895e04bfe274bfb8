//! The whole-program tests, one binary.

#[cfg(feature = "demo")]
mod demo;
mod fetch;
#[cfg(feature = "demo")]
mod whole;
