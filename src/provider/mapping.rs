//! How a system's record becomes an [`Event`]: field sources, the time, the outcome, the client,
//! the kinds, the changes (the contract's section 4).

use std::sync::Arc;

use crate::event::{Event, Rank};
use crate::json::Node;

/// How a system's records are read. Made by `provider::descriptor`.
#[derive(Debug, Clone, Default)]
pub struct Mapping {}

/// What an entry has that its record does not say.
#[derive(Debug, Clone)]
pub struct Context {
    /// The source's name.
    pub source: Arc<str>,
    /// The descriptor's name.
    pub provider: Arc<str>,
    /// The fan-out value that was asked for, where the source fans out.
    pub workspace: Option<Arc<str>>,
    /// Whether it came as a list row or as a single record.
    pub rank: Rank,
}

/// Why a record became no entry. The rest of its page goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The record is no JSON object.
    #[error("not an object")]
    NotAnObject,
    /// The record has no usable time.
    #[error("no usable time at {at}: {found}")]
    NoTime {
        /// Where it was looked for.
        at: String,
        /// What was there, shortened.
        found: String,
    },
}

impl Mapping {
    /// Reads a record.
    pub fn event(&self, record: Node<'_>, context: &Context) -> Result<Event, Error> {
        let _ = (record, context);
        Err(Error::NotAnObject)
    }
}
