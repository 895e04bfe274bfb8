//! An entry on its way into a store, borrowed from wherever it was read: nothing is copied before
//! the columns take it.
//!
//! Not here: how a batch of rows becomes columns (`store::batch`).

use std::fmt;
use std::sync::Arc;

use super::slot::Slot;
use crate::event::{Change, Event, Identity, KindSet, Outcome, Rank};
use crate::provider::mapping::Entry;
use crate::timestamp::Timestamp;

/// One entry as borrowed parts.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Its texts, in the order of [`Slot::ALL`].
    pub texts: [Option<&'a str>; Slot::ALL.len()],
    /// What it changed.
    pub changes: Option<&'a [Change]>,
    /// What it has besides.
    pub rest: Rest<'a>,
}

/// What an entry has besides its texts and its changes.
#[derive(Debug, Clone, Copy)]
pub struct Rest<'a> {
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
    /// Which entry it is.
    pub identity: RowIdentity,
    /// The system's own record.
    pub record: RowRecord<'a>,
}

impl<'a> Row<'a> {
    /// The parts of an event.
    pub fn of_event(event: &'a Event) -> Self {
        Self {
            texts: Slot::ALL.map(|slot| slot.text(event)),
            changes: event.changes.as_deref(),
            rest: Rest {
                time: event.time,
                status: event.status,
                outcome: event.outcome,
                kinds: event.kinds,
                rank: event.rank,
                identity: RowIdentity::Known(event.identity),
                record: RowRecord::Text(event.record.as_str()),
            },
        }
    }

    /// The parts of an entry that borrows from its record.
    pub fn of_entry(entry: &'a Entry<'_>, identity: RowIdentity, record: RowRecord<'a>) -> Self {
        let mut texts = [None; Slot::ALL.len()];
        let mut set = |slot: Slot, text: Option<&'a str>| texts[slot as usize] = text;
        set(Slot::Source, Some(&entry.context.source));
        set(Slot::Provider, Some(&entry.context.provider));
        set(Slot::Workspace, entry.context.workspace.as_deref());
        set(Slot::Id, entry.id.as_deref());
        set(Slot::Action, entry.action.as_deref());
        set(Slot::Method, entry.method.as_deref());
        set(Slot::Endpoint, entry.endpoint.as_deref());
        set(Slot::ActorType, entry.actor.kind.as_deref());
        set(Slot::ActorId, entry.actor.id.as_deref());
        set(Slot::ActorName, entry.actor.name.as_deref());
        set(Slot::ActorEmail, entry.actor.email.as_deref());
        set(Slot::TargetType, entry.target.kind.as_deref());
        set(Slot::TargetId, entry.target.id.as_deref());
        set(Slot::TargetName, entry.target.name.as_deref());
        set(Slot::Organization, entry.organization.as_deref());
        set(Slot::Project, entry.project.as_deref());
        set(Slot::Ip, entry.ip.as_deref());
        set(Slot::Client, entry.client);
        set(Slot::UserAgent, entry.user_agent.as_deref());
        set(Slot::Latency, entry.latency_ms);
        set(Slot::RequestId, entry.request_id.as_deref());
        set(Slot::Message, entry.message.as_deref());
        let rest = Rest {
            time: entry.time,
            status: entry.status,
            outcome: entry.outcome,
            kinds: entry.kinds,
            rank: entry.context.rank,
            identity,
            record,
        };
        Self { texts, changes: entry.changes.as_deref(), rest }
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
