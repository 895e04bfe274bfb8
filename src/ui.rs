//! What one sees: the explorer as a pure function of what happened.
//!
//! `update(model, message) -> effects`, `view(model, frame)`. Nothing here does I/O: no tokio, no
//! reqwest, no files (a test holds it to that).

pub mod effect;
pub mod message;
