//! What the regions are drawn with. A widget knows nothing of the model.

pub mod aligned;
pub mod bars;
pub mod diff;
pub mod ink;
pub mod jsontree;
pub mod known;
pub mod menu;
pub mod prompt;
pub mod scrollbar;
pub mod share;
