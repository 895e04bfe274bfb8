//! The regions of the screen: a file each, with its state and how it is drawn.

pub mod bottom;
pub mod detail;
pub mod facets;
pub mod filter;
pub mod histogram;
pub mod table;
pub mod top;
