//! The tests of the whole: the layering, the built program, and real terminals.

mod layers;
mod pty;
