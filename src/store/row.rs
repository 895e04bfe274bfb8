//! An entry on its way into a store, borrowed from wherever it was read: nothing is copied before
//! the columns take it.
//!
//! Not here: how a batch of rows becomes columns (`store::batch`).

use std::fmt;
use std::sync::Arc;

use super::slot::Slot;
use crate::event::{Change, Event, Identity, KindSet, Outcome, Rank};
use crate::timestamp::Timestamp;

/// One entry as borrowed parts.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// When it happened.
    pub time: Timestamp,
    /// The HTTP status.
    pub status: Option<i64>,
    /// Whether it went well.
    pub outcome: Outcome,
    /// What kinds of action it is.
    pub kinds: KindSet,
    /// Whether it came as a list row or as a single record.
    pub rank: Rank,
    /// Its texts, in the order of [`Slot::ALL`].
    pub texts: [Option<&'a str>; Slot::ALL.len()],
    /// What it changed.
    pub changes: Option<&'a [Change]>,
    /// Which entry it is.
    pub identity: RowIdentity,
    /// The system's own record.
    pub record: RowRecord<'a>,
}

impl<'a> Row<'a> {
    /// The parts of an event.
    pub fn of_event(event: &'a Event) -> Self {
        Self {
            time: event.time,
            status: event.status,
            outcome: event.outcome,
            kinds: event.kinds,
            rank: event.rank,
            texts: Slot::ALL.map(|slot| slot.text(event)),
            changes: event.changes.as_deref(),
            identity: RowIdentity::Known(event.identity),
            record: RowRecord::Text(event.record.as_str()),
        }
    }

    /// Whether what it has in a column is the beginning or the end of what it has in another.
    pub(super) fn is_part(&self, part: Slot, whole: Slot) -> bool {
        self.text(part).is_none_or(|part| {
            self.text(whole).is_some_and(|whole| whole.ends_with(part) || whole.starts_with(part))
        })
    }

    /// The text that it has in a column.
    pub fn text(&self, slot: Slot) -> Option<&'a str> {
        self.texts[slot as usize]
    }
}

/// Which entry a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowIdentity {
    /// This one.
    Known(Identity),
    /// The one that its source and id make ([`Identity::of_id`]), without an id its record
    /// ([`Identity::of_record`]): worked out when it is asked for, and no byte of memory.
    Derived {
        /// Whether ids are unique only within a fan-out value.
        scoped: bool,
    },
}

/// Where a row's record is.
#[derive(Debug, Clone, Copy)]
pub enum RowRecord<'a> {
    /// Here: valid compact JSON text.
    Text(&'a str),
    /// In the batch's [`RecordSource`].
    At {
        /// Its first byte.
        offset: u64,
        /// How many bytes it has.
        len: u32,
    },
}

/// Records that rest elsewhere, as in a file that does not change.
pub trait RecordSource: fmt::Debug + Send + Sync {
    /// The bytes at a place: as many as asked for, fewer only where the end comes first. `None`
    /// where they can no longer be read or may have changed; the store has a JSON text in the place of
    /// a record that is lost, which says so.
    fn read(&self, offset: u64, len: usize) -> Option<Vec<u8>>;
}

/// Records that rest elsewhere, shared by those that read them.
pub type SharedRecords = Arc<dyn RecordSource>;
