//! What holds of the whole program, seen from outside.

mod providers;
