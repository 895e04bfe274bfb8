//! Laws of the screen.
