//! The whole-program tests, one binary.

#[cfg(feature = "demo")]
mod demo;
#[cfg(feature = "demo")]
mod whole;
