//! A batch of rows: finished columns, sorted newest first, that the store's thread has only to number and
//! to share values of.
//!
//! Not here: how rows become a batch (`store::builder`), and what a store does with it
//! (`store::Store::append_batch`).

use std::sync::Arc;

use super::column::{SparseColumn, ValueColumn};
use super::draft::Draft;
use super::records::Records;
use super::slot::{PARTS, Slot};
use super::times::Times;
use crate::event::{Change, Identity, KindSet, Record};

/// Up to 65,536 rows as finished columns.
#[derive(Debug, Clone)]
pub struct Batch {
    pub(super) times: Times,
    /// The place of each row in the order of arrival; `None` where that is the order of the rows.
    pub(super) arrival: Option<Vec<u32>>,
    pub(super) texts: Vec<Draft>,
    /// Every row's id is its request's.
    pub(super) twins: bool,
    pub(super) statuses: ValueColumn<Option<i64>>,
    pub(super) kinds: ValueColumn<KindSet>,
    pub(super) failed: Vec<bool>,
    pub(super) single: Vec<bool>,
    pub(super) changes: SparseColumn<Arc<[Change]>>,
    pub(super) identities: Known,
    pub(super) records: Records,
    /// Which of [`PARTS`] hold of every row.
    pub(super) parts: [bool; PARTS.len()],
}

impl Batch {
    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Which entries the rows of a segment are.
#[derive(Debug, Clone)]
pub enum Known {
    /// These.
    Each(Box<[u128]>),
    /// Those that their texts make: [`RowIdentity::Derived`](super::row::RowIdentity::Derived).
    Derived {
        /// Whether ids are unique only within a fan-out value.
        scoped: bool,
    },
}

impl Known {
    /// The identity that the texts and the record of a row make.
    pub fn derive<'a>(
        scoped: bool,
        text: impl Fn(Slot) -> Option<std::borrow::Cow<'a, str>>,
        record: impl FnOnce() -> String,
    ) -> Identity {
        let source = text(Slot::Source).unwrap_or_default();
        let scope = if scoped { text(Slot::Workspace) } else { None };
        match text(Slot::Id).filter(|id| !id.is_empty()) {
            Some(id) => Identity::of_id(&source, scope.as_deref(), &id),
            None => Identity::of_record(&source, scope.as_deref(), &Record::from_kept(&record())),
        }
    }
}
