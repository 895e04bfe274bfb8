//! Where events rest and are asked: columns in immutable segments sorted newest first, with
//! snapshots that any thread may ask.
//!
//! Rows come borrowed (`store::row`) and become columns on any thread (`store::builder`,
//! `store::draft`). A batch becomes a segment of its own (`store::segment`); small segments are
//! merged so that their number stays logarithmic (`store::merge`). Distinct values of a text column
//! have codes that all segments share (`store::dictionary`, `store::column`), so a filter is tested
//! against each value once (`store::asked`) and becomes a set of rows per segment (`store::scan`,
//! `store::bitmap`); literals are looked for in all values at once (`store::literal`), ids are
//! numbers (`store::packed`, `store::seek`), what was found is remembered (`store::cache`), and large
//! stores use all cores (`store::cores`). Records are texts, compressed blocks or places in a file
//! (`store::blocks`, `store::records`), which is looked through by the stretch (`store::raw`). Rows stand in order
//! across segments by rank and select (`store::order`); histograms are counts of bits over rows
//! sorted by time (`store::histogram`), facets are counts of codes (`store::facet`,
//! `store::commonest`) or of texts (`store::distinct`), as are pairs of values (`store::pairs`) and comparisons of stretches
//! (`store::why`). A row that a richer or newer copy of its entry supersedes is a bit in its
//! segment's tombstones.
//!
//! Not here: what a filter means (`query::matches`; a property test holds the store to it), and
//! what an answer means (`answer`).

mod arena;
mod asked;
mod batch;
mod bitmap;
mod blocks;
mod builder;
mod cache;
mod column;
mod commonest;
mod cores;
mod dictionary;
mod distinct;
mod draft;
mod facet;
mod histogram;
mod identities;
#[cfg(test)]
pub(crate) mod laws;
mod literal;
mod merge;
mod needed;
mod order;
mod packed;
mod pairs;
mod raw;
mod records;
mod repeats;
mod row;
mod scan;
mod scattered;
mod seek;
mod segment;
mod selected;
mod slot;
mod snapshot;
mod sorted;
mod stack;
mod times;
mod unique;
mod untold;
mod why;

use std::sync::Arc;

use hashbrown::HashMap;

use crate::event::{Event, Identity, Rank};
use bitmap::Bitmap;
use cache::Cache;
use dictionary::{Dictionary, Values};
use identities::Identities;
use segment::Segment;
use unique::Copies;

pub use crate::changes::Duplicates;
pub use batch::Batch;
pub use builder::Builder;
pub use order::Matching;
pub use row::{RecordSource, Rest, Row, RowIdentity, RowRecord, SharedRecords};
pub use slot::Slot;
pub use snapshot::Snapshot;
pub use untold::Untold;

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
    /// From so many rows on, a segment's records are compressed, and what is found of it is
    /// remembered.
    large: usize,
    /// From so many rows on, questions are answered by all cores.
    spread: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 1 << 16, fan_in: 8, probe: 4096, longest: 1024, large: 4096, spread: 1 << 17 }
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
    /// What was answered before, for the snapshots to come.
    cache: Arc<Cache>,
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

/// Why there is always a next number.
const FULL: &str = "four billion entries do not fit into memory";

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
            cache: Arc::default(),
            next: 0,
        }
    }

    /// Adds a batch, in any order. An entry whose identity is there already is kept once: the
    /// higher rank stands, of equals the one that came last (unless the store keeps all). It stays
    /// the same row.
    pub fn append(&mut self, batch: Vec<Event>) {
        self.add(batch);
        self.tidy();
    }

    /// As [`Self::append`], of rows that a [`Builder`] took, on whatever thread. Cheap but for rows
    /// that are there already.
    pub fn append_batch(&mut self, batch: Batch) {
        self.add_batch(batch);
        self.tidy();
    }

    /// As [`Self::append`], without what makes later questions quicker: that is [`Self::tidy`], which
    /// an owner may call when nobody waits.
    pub fn add(&mut self, batch: Vec<Event>) {
        let mut rows = match self.duplicates {
            Duplicates::KeepAll => batch.into_iter().map(|event| (self.number(), event)).collect(),
            Duplicates::KeepOne => self.without_superseded(batch),
        };
        rows.sort_by(|(a, a_event), (b, b_event)| a_event.newest_first(b_event).then(a.cmp(b)));
        for piece in rows.chunks(self.limits.rows) {
            let segment = Segment::of_events(piece, &mut self.dictionaries, self.limits);
            self.parts.push(Part::new(segment));
        }
    }

    /// As [`Self::append_batch`], without [`Self::tidy`].
    pub fn add_batch(&mut self, batch: Batch) {
        match self.duplicates {
            Duplicates::KeepAll => {
                let first = self.next;
                let count = u32::try_from(batch.len()).ok();
                self.next = count.and_then(|count| first.checked_add(count)).expect(FULL);
                self.parts.push(Part::new(Segment::of_batch(batch, first, &mut self.dictionaries)));
            }
            Duplicates::KeepOne => self.add_unique(batch, Copies::Newer),
        }
    }

    /// As [`Self::append_batch`], of copies from before: where the store keeps one of each entry, a
    /// copy that is there already stands, unless it has a lower rank.
    pub fn append_older(&mut self, batch: Batch) {
        match self.duplicates {
            Duplicates::KeepAll => self.add_batch(batch),
            Duplicates::KeepOne => self.add_unique(batch, Copies::Older),
        }
        self.tidy();
    }

    /// Makes few segments of many, so that questions stay quick. Nothing that is answered changes.
    pub fn tidy(&mut self) {
        let shared = self.values();
        merge::settle(&mut self.parts, &shared, self.limits);
    }

    /// The store as it is now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(Snapshot::new(
            self.parts.clone().into(),
            self.values(),
            Arc::clone(&self.cache),
            self.limits,
        ))
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
            + self.cache.memory_bytes()
    }

    /// The values that segments share, as they are now.
    fn values(&self) -> Box<[Values]> {
        self.dictionaries.iter().map(|dictionary| dictionary.values().clone()).collect()
    }

    fn number(&mut self) -> u32 {
        let number = self.next;
        self.next = number.checked_add(1).expect(FULL);
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
        if let Some((part, row)) = self.standing(event.identity, shared) {
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

    /// The rank of the copy that stands of an entry; `None` where there is none, or the store keeps
    /// all.
    pub fn rank_of(&self, identity: Identity) -> Option<Rank> {
        let shared = self.values();
        let (part, row) = self.standing(identity, &shared)?;
        Some(self.parts[part].segment.rank(row))
    }

    /// The part and row of the entry of this identity.
    fn standing(&self, identity: Identity, shared: &[Values]) -> Option<(usize, usize)> {
        self.identities.candidates(identity).find_map(|ordinal| {
            let (part, row) = locate(&self.parts, ordinal)?;
            (self.parts[part].segment.identity(row, shared) == identity).then_some((part, row))
        })
    }
}

/// Whether a row says just what the event says, so that a page fetched twice changes nothing.
fn says_the_same(segment: &Segment, row: usize, event: &Event, shared: &[Values]) -> bool {
    segment.record(row) == event.record.as_str() && segment.event(row, shared) == *event
}
