//! One question about a timeline and its answer: rows, counts, 144 buckets, facets.
//!
//! The meaning is fixed here, once; a store in memory answers it (`store`), and an engine may.
//! Beside it stand the deeper questions: what a stretch of time has more of than the rest (`why`),
//! how often two fields' values come together (`pairs`), and where one value stands (`lens`).
//!
//! Not here: how it is computed.

pub mod lens;
pub mod pairs;
pub mod stack;
pub mod why;

use std::ops::Range;
use std::sync::Arc;

use crate::event::field::Field;
use crate::event::{Class, Event, Rank};
use crate::interval::{BUCKETS, Interval};
use crate::query::Query;
use crate::timestamp::Timestamp;

use stack::{Stack, StackBy};

/// What is asked. Every part speaks of the events inside `window` that match `filter`.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Which events.
    pub filter: Arc<Query>,
    /// Of which time.
    pub window: Interval,
    /// In which order the rows stand.
    pub order: Order,
    /// By which field they stand before that; the order by time decides where its values are equal.
    pub sort: Option<Sort>,
    /// Rows of this wider filter are to stand among the others, so that what the filter took away is
    /// seen in its place; counts stay those of the filter alone.
    pub among: Option<Arc<Query>>,
    /// Which rows are wanted, counted from 0 in that order.
    pub rows: Range<usize>,
    /// Where a row stands among those that match, or would stand: answered as `place`.
    pub locate: Option<Anchor>,
    /// Whether the histogram is wanted, over this window (the whole one, or a zoom).
    pub histogram: Option<Interval>,
    /// Which fields' values are to be counted.
    pub facets: Vec<FacetQuestion>,
    /// By what the histogram's bars are wanted besides the class; nothing without a histogram.
    pub stack: Option<StackBy>,
    /// Whether it is wanted how many events there are in each bucket of the histogram whatever the
    /// filter; nothing without a histogram.
    pub volume: bool,
    /// A filter of which it is wanted how many matching events tell of their changes.
    pub told: Option<Arc<Query>>,
}

impl Question {
    /// The first so many rows, newest first, of everything in the window that matches.
    pub fn newest(filter: Arc<Query>, window: Interval, rows: usize) -> Self {
        Self {
            filter,
            window,
            order: Order::NewestFirst,
            sort: None,
            among: None,
            rows: 0..rows,
            locate: None,
            histogram: None,
            facets: Vec::new(),
            stack: None,
            volume: false,
            told: None,
        }
    }
}

/// The order of rows by time; ties as [`Event::newest_first`] has them, reversed with the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    NewestFirst,
    /// Oldest first.
    OldestFirst,
}

/// An order by the values of a field.
///
/// Statuses and latencies stand by number, addresses by address and before what is none, other texts
/// as [`crate::text::fold`] has them. Rows without a value come last, whichever way the others stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort {
    /// The field; its value is the text that [`Event::text`] shows (of `is` and `changes` the first
    /// in this order). `time`, `raw` and `has` have none.
    pub field: Field,
    /// Whether the greatest value comes first.
    pub descending: bool,
}

impl Sort {
    /// At most so many rows, the first of them by time, stand by a field; the others follow as they
    /// do without: sorting ten million texts would take longer than anyone waits for a screen.
    pub const MOST: usize = 500_000;
}

/// A place in the timeline that is to be found among the matching rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// This row, if it matches; else the place where it would stand: how many matching rows come
    /// before it. No place where the store does not know the row, and by a field none for a row that
    /// is not among those that stand so.
    Row(RowId),
    /// The first row that is not newer than this instant (newest first; not older, oldest first);
    /// the number of matching rows where there is none. By a field: the place of that same row.
    Time(Timestamp),
}

/// An entry of a store for as long as the store lives: its number in the order of arrival, from 0.
/// It never names another entry. A richer or newer copy of the same entry takes the number over, so
/// what was seen in one snapshot is found again in every later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId(pub u64);

/// One field's values are to be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetQuestion {
    /// The field. What is counted is the text that [`Event::text`] shows (so `actor` and `target`
    /// count once for each entry), but `is` counts every kind of an entry and `changes` every
    /// distinct path. `time`, `raw` and `has` have no values to count: their facet is empty.
    pub field: Field,
    /// How many of the commonest values are wanted.
    pub top: usize,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// How many events match inside the window.
    pub matched: usize,
    /// How many rows there are to ask for: those that match, and those among which they stand.
    pub listed: usize,
    /// How many rows, the first ones, stand by the field that was asked for; `None` where none was.
    pub sorted: Option<usize>,
    /// How many of those that match there are of each class, in [`Class::ALL`]'s order.
    pub classes: [u64; Class::COUNT],
    /// How many events the store holds in all, whatever window and filter.
    pub loaded: usize,
    /// The rows asked for; fewer where fewer match.
    pub rows: Vec<Row>,
    /// The place of the located row: its index among the matching rows in the order asked.
    pub place: Option<usize>,
    /// The histogram, where it was asked for.
    pub histogram: Option<Histogram>,
    /// The facets, in the order they were asked for.
    pub facets: Vec<Facet>,
    /// The histogram's bars by another field, where that was asked for.
    pub stack: Option<Stack>,
    /// How many events lie in each of the histogram's buckets whatever the filter, where that was
    /// asked for; 144 counts.
    pub volume: Option<Vec<u64>>,
    /// How many events tell of their changes, where that was asked for.
    pub told: Option<Told>,
}

/// How many events tell what they changed, or that they changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// How many do: their record bears change information, or is a single record.
    pub known: usize,
    /// Of how many.
    pub of: usize,
}

impl Told {
    /// Whether an event is one that tells.
    pub fn by(event: &Event) -> bool {
        event.changes.is_some() || event.rank == Rank::Single
    }
}

/// A row of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which row it is.
    pub id: RowId,
    /// What it says.
    pub event: Arc<Event>,
}

/// Counts of 144 buckets, each by class.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// What the buckets divide, by [`Interval::bucket`].
    pub window: Interval,
    /// A bucket's counts in [`Class::ALL`]'s order; 144 of them.
    pub counts: Vec<[u64; Class::COUNT]>,
}

impl Histogram {
    /// A histogram of nothing.
    pub fn empty(window: Interval) -> Self {
        Self { window, counts: vec![[0; Class::COUNT]; BUCKETS] }
    }

    /// Counts one event; nothing happens where it lies outside.
    pub fn count(&mut self, time: Timestamp, class: Class) {
        if let Some(bucket) = self.window.bucket(time) {
            self.counts[bucket][class.index()] += 1;
        }
    }

    /// How many events were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }
}

/// The commonest values of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Facet {
    /// The field.
    pub field: Field,
    /// Its values, commonest first, ties by value ascending.
    pub values: Vec<FacetValue>,
    /// How many distinct values there are in all.
    pub distinct: usize,
    /// How many matching events have no value, or the empty text; 0 for fields that are not counted.
    pub absent: u64,
}

/// One value of a facet.
#[derive(Debug, Clone, PartialEq)]
pub struct FacetValue {
    /// The value, as it stands in the events (not folded).
    pub value: Box<str>,
    /// How many matching events have it.
    pub count: u64,
    /// How many of those failed.
    pub failures: u64,
    /// The oldest of them.
    pub first: Timestamp,
    /// The newest of them.
    pub last: Timestamp,
}
