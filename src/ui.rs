//! What one sees: the explorer as a pure function of what happened.
//!
//! `update(model, message, now) -> effects`, `view(model, frame)`. Nothing here does I/O: no tokio,
//! no reqwest, no files (a test holds it to that). Regions of the screen are in `pane`, what lies
//! above them in `overlay`, what they are drawn with in `widget`.

pub mod arrangement;
pub mod asides;
pub mod cells;
pub mod effect;
pub mod errands;
pub mod feed;
pub mod find;
pub mod keymap;
pub mod layout;
pub mod leaving;
pub mod lens;
pub mod marks;
pub mod message;
pub mod model;
pub mod notes;
pub mod overlay;
pub mod pane;
pub mod presets;
pub mod records;
pub mod scope;
pub mod session;
pub mod setup;
pub mod singles;
pub mod study;
pub mod svg;
pub mod theme;
pub mod trace;
pub mod update;
pub mod view;
pub mod widget;
pub mod zone;

#[cfg(test)]
pub(crate) mod tests;
