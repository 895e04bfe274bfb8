//! Where events rest and are asked: columns in immutable segments sorted newest first, with
//! snapshots that any thread may ask.
//!
//! A batch becomes a segment of its own (`store::segment`); small segments are merged so that their
//! number stays logarithmic (`store::merge`). Distinct values of a text column have codes that all
//! segments share (`store::dictionary`, `store::column`), so a filter is tested against each value
//! once and becomes a set of rows per segment (`store::scan`, `store::bitmap`). Rows stand in order
//! across segments by rank and select (`store::order`); histograms are counts of bits over rows
//! sorted by time (`store::histogram`), facets are counts of codes (`store::facet`), as are pairs of
//! values (`store::pairs`) and comparisons of stretches (`store::why`). A row that a
//! richer or newer copy of its entry supersedes is a bit in its segment's tombstones.
//!
//! Not here: what a filter means (`query::matches`; a property test holds the store to it), and
//! what an answer means (`answer`).

mod arena;
mod bitmap;
mod column;
mod dictionary;
mod facet;
mod histogram;
mod identities;
#[cfg(test)]
mod laws;
mod merge;
mod order;
mod pairs;
mod records;
mod scan;
mod segment;
mod slot;
mod snapshot;
mod sorted;
mod stack;
mod untold;
mod why;

use std::sync::Arc;

use hashbrown::HashMap;

use crate::event::{Event, Identity};
use bitmap::Bitmap;
use dictionary::{Dictionary, Values};
use identities::Identities;
use segment::Segment;
use slot::Slot;

pub use order::Matching;
pub use snapshot::Snapshot;
pub use untold::Untold;

/// What becomes of an entry whose identity is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Duplicates {
    /// It is kept once: the higher rank stands, of equals the one that came last. For what is
    /// fetched.
    #[default]
    KeepOne,
    /// It is kept as often as it comes. For files.
    KeepAll,
}

/// Sizes that decide the shape of a store, and never its answers: property tests run with tiny ones.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// The most rows of a segment, at most 65,536.
    rows: usize,
    /// How many segments of one tier of size are merged into one of the next (`store::merge`).
    fan_in: usize,
    /// How many distinct values a column must have before it is asked whether nearly all its values
    /// are distinct (`store::dictionary`).
    probe: usize,
    /// Texts longer than this many bytes are not worth sharing between segments.
    longest: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 1 << 16, fan_in: 8, probe: 4096, longest: 1024 }
    }
}

/// Events in memory. One owner appends; readers hold snapshots.
#[derive(Debug)]
pub struct Store {
    duplicates: Duplicates,
    limits: Limits,
    parts: Vec<Part>,
    /// One for each text column, in the order of [`Slot::ALL`].
    dictionaries: Box<[Dictionary]>,
    identities: Identities,
    /// The ordinal of the next new entry.
    next: u32,
}

/// A segment and which of its rows still stand.
#[derive(Debug, Clone)]
struct Part {
    segment: Arc<Segment>,
    /// The rows that were superseded; `None` where none was.
    tombstones: Option<Arc<Bitmap>>,
    /// How many rows were not.
    live: usize,
}

impl Part {
    fn new(segment: Segment) -> Self {
        Self { live: segment.len(), segment: Arc::new(segment), tombstones: None }
    }

    fn is_live(&self, row: usize) -> bool {
        self.tombstones.as_ref().is_none_or(|dead| !dead.contains(row))
    }

    fn bury(&mut self, row: usize) {
        let len = self.segment.len();
        let dead = self.tombstones.get_or_insert_with(|| Arc::new(Bitmap::none(len)));
        Arc::make_mut(dead).insert(row);
        self.live -= 1;
    }

    fn memory_bytes(&self) -> usize {
        self.segment.memory_bytes() + self.tombstones.as_ref().map_or(0, |dead| dead.memory_bytes())
    }
}

/// The part and row of an ordinal that stands.
fn locate(parts: &[Part], ordinal: u32) -> Option<(usize, usize)> {
    parts.iter().enumerate().rev().find_map(|(at, part)| {
        let row = part.segment.row_of_ordinal(ordinal)?;
        part.is_live(row).then_some((at, row))
    })
}

impl Default for Store {
    fn default() -> Self {
        Self::with_duplicates(Duplicates::default())
    }
}

impl Store {
    /// An empty store that keeps one entry of each identity.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store that deals with repeated identities in this way.
    pub fn with_duplicates(duplicates: Duplicates) -> Self {
        Self::with_limits(duplicates, Limits::default())
    }

    fn with_limits(duplicates: Duplicates, limits: Limits) -> Self {
        Self {
            duplicates,
            limits,
            parts: Vec::new(),
            dictionaries: Slot::ALL.iter().map(|_| Dictionary::new(limits)).collect(),
            identities: Identities::default(),
            next: 0,
        }
    }

    /// Adds a batch, in any order. An entry whose identity is there already is kept once: the
    /// higher rank stands, of equals the one that came last (unless the store keeps all). It stays
    /// the same row.
    pub fn append(&mut self, batch: Vec<Event>) {
        let mut rows = match self.duplicates {
            Duplicates::KeepAll => batch.into_iter().map(|event| (self.number(), event)).collect(),
            Duplicates::KeepOne => self.without_superseded(batch),
        };
        rows.sort_by(|(a, a_event), (b, b_event)| a_event.newest_first(b_event).then(a.cmp(b)));
        for piece in rows.chunks(self.limits.rows) {
            self.parts.push(Part::new(Segment::of_events(piece, &mut self.dictionaries)));
        }
        let shared = self.values();
        merge::settle(&mut self.parts, &shared, self.limits);
    }

    /// The store as it is now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(Snapshot::new(self.parts.clone().into(), self.values()))
    }

    /// Bytes that the events occupy here, by count of what was allocated.
    pub fn memory_bytes(&self) -> usize {
        let index: usize = self.dictionaries.iter().map(Dictionary::index_bytes).sum();
        let values: usize =
            self.dictionaries.iter().map(|dictionary| dictionary.values().memory_bytes()).sum();
        self.parts.iter().map(Part::memory_bytes).sum::<usize>()
            + values
            + index
            + self.identities.memory_bytes()
    }

    /// The values that segments share, as they are now.
    fn values(&self) -> Box<[Values]> {
        self.dictionaries.iter().map(|dictionary| dictionary.values().clone()).collect()
    }

    fn number(&mut self) -> u32 {
        let number = self.next;
        self.next = number.checked_add(1).expect("four billion entries do not fit into memory");
        number
    }

    /// Those of the batch that stand, each with its ordinal. Rows that they supersede are buried.
    fn without_superseded(&mut self, batch: Vec<Event>) -> Vec<(u32, Event)> {
        let shared = self.values();
        let mut rows: Vec<(u32, Event)> = Vec::with_capacity(batch.len());
        let mut in_batch: HashMap<Identity, usize> = HashMap::with_capacity(batch.len());
        for event in batch {
            if let Some(place) = in_batch.get(&event.identity) {
                let row = &mut rows[*place];
                if event.rank >= row.1.rank {
                    row.1 = event;
                }
                continue;
            }
            let Some(ordinal) = self.claim(&event, &shared) else { continue };
            in_batch.insert(event.identity, rows.len());
            rows.push((ordinal, event));
        }
        rows
    }

    /// The ordinal that an entry is to have: that of the row which it supersedes (and which is
    /// buried), else a new one; `None` where the row that stands is to stay.
    fn claim(&mut self, event: &Event, shared: &[Values]) -> Option<u32> {
        if let Some((part, row)) = self.standing(event.identity) {
            let segment = &self.parts[part].segment;
            if event.rank < segment.rank(row) || says_the_same(segment, row, event, shared) {
                return None;
            }
            let ordinal = segment.ordinal(row);
            self.parts[part].bury(row);
            return Some(ordinal);
        }
        let ordinal = self.number();
        self.identities.insert(event.identity, ordinal);
        Some(ordinal)
    }

    /// The part and row of the entry of this identity.
    fn standing(&self, identity: Identity) -> Option<(usize, usize)> {
        self.identities.candidates(identity).find_map(|ordinal| {
            let (part, row) = locate(&self.parts, ordinal)?;
            (self.parts[part].segment.identity(row) == identity).then_some((part, row))
        })
    }
}

/// Whether a row says just what the event says, so that a page fetched twice changes nothing.
fn says_the_same(segment: &Segment, row: usize, event: &Event, shared: &[Values]) -> bool {
    segment.record(row) == event.record.as_str() && segment.event(row, shared) == *event
}
