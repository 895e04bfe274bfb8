#![doc = include_str!("architecture.md")]

// What happened.
pub mod event;
pub mod interval;
pub mod json;
pub mod source;
pub mod text;
pub mod timestamp;
pub mod written;

// How one asks, how a system speaks.
pub mod provider;
pub mod query;

// Where events rest.
pub mod answer;
pub mod archive;
pub mod changes;
pub mod store;

// How they come and go.
#[cfg(feature = "demo")]
pub mod demo;
pub mod engine;
pub mod export;
pub mod fetch;
pub mod files;
pub mod filling;
pub mod gather;
pub mod handover;
pub mod keep;
pub mod offline;
pub mod place;
pub mod sync;

// What one sees.
pub mod ui;

// Where things happen.
pub mod app;
pub mod cli;
