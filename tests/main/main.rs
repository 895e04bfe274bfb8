//! The whole-program tests, one binary.

#[cfg(feature = "demo")]
mod demo;
mod providers;
#[cfg(feature = "demo")]
mod whole;
