//! An immutable segment: up to 65,536 entries as columns, sorted newest first.
//!
//! Built from entries when a batch comes, and from other segments when those are merged. Not here:
//! which rows were superseded (`store::Part`), and the questions.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use super::bitmap::Bitmap;
use super::column::{SparseColumn, TextColumn, ValueColumn};
use super::dictionary::{Dictionary, Values};
use super::records::Records;
use super::slot::Slot;
use crate::answer::RowId;
use crate::event::{Actor, Change, Class, Event, Identity, KindSet, Number, Outcome, Rank, Record, Target};
use crate::interval::Interval;
use crate::timestamp::Timestamp;

/// Up to 65,536 entries as columns, newest first.
#[derive(Debug)]
pub struct Segment {
    /// Microseconds since the epoch, descending.
    times: Box<[i64]>,
    /// Each row's [`RowId`].
    ordinals: Box<[u32]>,
    /// The rows in ascending order of their ordinals.
    by_ordinal: Box<[u16]>,
    /// The text columns, in the order of [`Slot::ALL`].
    texts: Box<[TextColumn]>,
    statuses: ValueColumn<Option<i64>>,
    kinds: ValueColumn<KindSet>,
    failures: Bitmap,
    /// The rows of rank [`Rank::Single`].
    singles: Bitmap,
    /// The rows of each class that occurs.
    classes: Box<[(Class, Bitmap)]>,
    changes: SparseColumn<Arc<[Change]>>,
    identities: Box<[u128]>,
    records: Records,
}

/// The parts of a segment that are no text columns, row by row, while it is built.
#[derive(Default)]
struct Rows {
    times: Vec<i64>,
    ordinals: Vec<u32>,
    statuses: Vec<Option<i64>>,
    kinds: Vec<KindSet>,
    failed: Vec<bool>,
    single: Vec<bool>,
    changes: Vec<Option<Arc<[Change]>>>,
    identities: Vec<u128>,
}

impl Segment {
    /// A segment of entries that stand in order already, each with its ordinal.
    pub fn of_events(events: &[(u32, Event)], dictionaries: &mut [Dictionary]) -> Self {
        let mut rows = Rows::default();
        for (ordinal, event) in events {
            rows.times.push(event.time.micros());
            rows.ordinals.push(*ordinal);
            rows.statuses.push(event.status);
            rows.kinds.push(event.kinds);
            rows.failed.push(event.outcome == Outcome::Failure);
            rows.single.push(event.rank == Rank::Single);
            rows.changes.push(event.changes.as_deref().map(Arc::from));
            rows.identities.push(event.identity.0);
        }
        let texts = Slot::ALL.iter().zip(dictionaries).map(|(slot, dictionary)| {
            let texts: Vec<_> = events.iter().map(|(_, event)| slot.text(event)).collect();
            TextColumn::build(&texts, dictionary)
        });
        let records = Records::build(events.iter().map(|(_, event)| Cow::Borrowed(event.record.as_str())));
        rows.finish(texts.collect(), records)
    }

    /// A segment of rows of other segments of the same store: `(segment, row)` each, in order.
    pub fn of_picks(segments: &[&Self], picks: &[(usize, usize)], shared: &[Values]) -> Self {
        let mut rows = Rows::default();
        for (segment, row) in picks {
            let (from, row) = (segments[*segment], *row);
            rows.times.push(from.times[row]);
            rows.ordinals.push(from.ordinals[row]);
            rows.statuses.push(from.statuses.get(row));
            rows.kinds.push(from.kinds.get(row));
            rows.failed.push(from.failures.contains(row));
            rows.single.push(from.singles.contains(row));
            rows.changes.push(from.changes.get(row).cloned());
            rows.identities.push(from.identities[row]);
        }
        let texts = Slot::ALL.iter().zip(shared).map(|(slot, values)| {
            let columns: Vec<_> = segments.iter().map(|segment| segment.text_column(*slot)).collect();
            TextColumn::pick(&columns, picks, values)
        });
        let records = Records::build(picks.iter().map(|(segment, row)| segments[*segment].records.get(*row)));
        rows.finish(texts.collect(), records)
    }

    /// How many rows it has, superseded ones too.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// The entry of a row.
    pub fn event(&self, row: usize, shared: &[Values]) -> Event {
        let text = |slot| self.text(row, slot, shared);
        let owned = |slot| text(slot).map(str::to_owned);
        Event {
            source: text(Slot::Source).unwrap_or_default().into(),
            provider: text(Slot::Provider).unwrap_or_default().into(),
            workspace: text(Slot::Workspace).map(Arc::from),
            id: owned(Slot::Id),
            time: self.time(row),
            status: self.statuses.get(row),
            outcome: self.outcome(row),
            action: owned(Slot::Action),
            method: owned(Slot::Method),
            endpoint: owned(Slot::Endpoint),
            actor: Actor {
                kind: owned(Slot::ActorType),
                id: owned(Slot::ActorId),
                name: owned(Slot::ActorName),
                email: owned(Slot::ActorEmail),
            },
            target: Target {
                kind: owned(Slot::TargetType),
                id: owned(Slot::TargetId),
                name: owned(Slot::TargetName),
            },
            organization: owned(Slot::Organization),
            project: owned(Slot::Project),
            ip: owned(Slot::Ip),
            client: owned(Slot::Client),
            user_agent: owned(Slot::UserAgent),
            latency_ms: text(Slot::Latency).and_then(Number::parse),
            request_id: owned(Slot::RequestId),
            message: owned(Slot::Message),
            changes: self.changes.get(row).map(|list| list.to_vec()),
            kinds: self.kinds.get(row),
            identity: self.identity(row),
            rank: self.rank(row),
            record: Record::from_kept(&self.record(row)),
        }
    }

    /// When a row's entry happened.
    pub fn time(&self, row: usize) -> Timestamp {
        Timestamp::from_micros(self.times[row])
    }

    /// How many rows are newer than the instant: they stand first.
    pub fn newer_than(&self, time: Timestamp) -> usize {
        self.times.partition_point(|row| *row > time.micros())
    }

    /// How many rows are not older than the instant: they stand first.
    pub fn not_older_than(&self, time: Timestamp) -> usize {
        self.times.partition_point(|row| *row >= time.micros())
    }

    /// The rows inside a window.
    pub fn rows_in(&self, window: Interval) -> Range<usize> {
        if window.is_empty() {
            return 0..0;
        }
        self.not_older_than(window.until)..self.not_older_than(window.since)
    }

    /// The text that a row has in a column.
    pub fn text<'a>(&'a self, row: usize, slot: Slot, shared: &'a [Values]) -> Option<&'a str> {
        self.text_column(slot).get(row, &shared[slot as usize])
    }

    /// A text column.
    pub fn text_column(&self, slot: Slot) -> &TextColumn {
        &self.texts[slot as usize]
    }

    /// The HTTP statuses.
    pub fn statuses(&self) -> &ValueColumn<Option<i64>> {
        &self.statuses
    }

    /// The kinds of action.
    pub fn kinds(&self) -> &ValueColumn<KindSet> {
        &self.kinds
    }

    /// The rows that failed.
    pub fn failures(&self) -> &Bitmap {
        &self.failures
    }

    /// The rows of each class that occurs.
    pub fn classes(&self) -> &[(Class, Bitmap)] {
        &self.classes
    }

    /// The class of a row.
    pub fn class(&self, row: usize) -> Class {
        Class::of(self.statuses.get(row), self.outcome(row))
    }

    /// What the rows changed.
    pub fn changes(&self) -> &SparseColumn<Arc<[Change]>> {
        &self.changes
    }

    /// The record of a row.
    pub fn record(&self, row: usize) -> Cow<'_, str> {
        self.records.get(row)
    }

    /// Which entry a row is.
    pub fn identity(&self, row: usize) -> Identity {
        Identity(self.identities[row])
    }

    /// The rows that are this entry, superseded ones too.
    pub fn rows_identified(&self, identity: Identity) -> impl Iterator<Item = usize> + '_ {
        self.identities.iter().enumerate().filter(move |(_, other)| **other == identity.0).map(|(row, _)| row)
    }

    /// How much a row tells.
    pub fn rank(&self, row: usize) -> Rank {
        if self.singles.contains(row) { Rank::Single } else { Rank::ListRow }
    }

    fn outcome(&self, row: usize) -> Outcome {
        if self.failures.contains(row) { Outcome::Failure } else { Outcome::Success }
    }

    /// The number of a row in the order of arrival: what [`RowId`] holds.
    pub fn ordinal(&self, row: usize) -> u32 {
        self.ordinals[row]
    }

    /// The id of a row.
    pub fn row_id(&self, row: usize) -> RowId {
        RowId(self.ordinal(row).into())
    }

    /// The row of this ordinal, superseded or not.
    pub fn row_of_ordinal(&self, ordinal: u32) -> Option<usize> {
        let place = self.by_ordinal.partition_point(|row| self.ordinals[*row as usize] < ordinal);
        let row = *self.by_ordinal.get(place)? as usize;
        (self.ordinals[row] == ordinal).then_some(row)
    }

    /// The order of the rows of one store, newest first: as [`Event::newest_first`], and then by
    /// arrival, so that no two rows are equal.
    pub fn compare(&self, row: usize, other: &Self, other_row: usize, shared: &[Values]) -> Ordering {
        let text = |slot| (self.text(row, slot, shared), other.text(other_row, slot, shared));
        let ascending = |(mine, theirs): (Option<&str>, Option<&str>)| mine.cmp(&theirs);
        other.times[other_row]
            .cmp(&self.times[row])
            .then_with(|| ascending(text(Slot::Source)))
            .then_with(|| {
                let (mine, theirs) = text(Slot::Id);
                mine.unwrap_or_default().cmp(theirs.unwrap_or_default())
            })
            .then_with(|| ascending(text(Slot::Workspace)))
            .then_with(|| self.record(row).cmp(&other.record(other_row)))
            .then_with(|| self.ordinals[row].cmp(&other.ordinals[other_row]))
    }

    /// Bytes that it occupies, without the store's dictionaries.
    pub fn memory_bytes(&self) -> usize {
        let change_bytes = |list: &Arc<[Change]>| -> usize {
            list.iter()
                .map(|change| {
                    let sides = [&change.before, &change.after].into_iter().flatten();
                    size_of::<Change>()
                        + change.path.capacity()
                        + sides.map(|side| side.as_str().len()).sum::<usize>()
                })
                .sum()
        };
        size_of_val(&*self.times)
            + size_of_val(&*self.ordinals)
            + size_of_val(&*self.by_ordinal)
            + size_of_val(&*self.identities)
            + self.texts.iter().map(TextColumn::memory_bytes).sum::<usize>()
            + self.statuses.memory_bytes()
            + self.kinds.memory_bytes()
            + self.failures.memory_bytes()
            + self.singles.memory_bytes()
            + self.classes.iter().map(|(_, rows)| rows.memory_bytes()).sum::<usize>()
            + self.changes.memory_bytes()
            + self.changes.values().iter().map(change_bytes).sum::<usize>()
            + self.records.memory_bytes()
    }
}

impl Rows {
    fn finish(self, texts: Box<[TextColumn]>, records: Records) -> Segment {
        let len = self.times.len();
        debug_assert!(len <= 1 << 16 && self.times.is_sorted_by(|a, b| a >= b));
        let mut by_ordinal: Box<[u16]> = (0..len).map(|row| row as u16).collect();
        by_ordinal.sort_unstable_by_key(|row| self.ordinals[*row as usize]);
        let class_of = |row: usize| {
            let outcome = if self.failed[row] { Outcome::Failure } else { Outcome::Success };
            Class::of(self.statuses[row], outcome)
        };
        let classes =
            Class::ALL.into_iter().map(|class| (class, Bitmap::of(len, |row| class_of(row) == class)));
        Segment {
            classes: classes.filter(|(_, rows)| !rows.is_none()).collect(),
            by_ordinal,
            texts,
            statuses: ValueColumn::build(self.statuses.into_iter()),
            kinds: ValueColumn::build(self.kinds.into_iter()),
            failures: Bitmap::of(len, |row| self.failed[row]),
            singles: Bitmap::of(len, |row| self.single[row]),
            changes: SparseColumn::build(self.changes),
            records,
            times: self.times.into(),
            ordinals: self.ordinals.into(),
            identities: self.identities.into(),
        }
    }
}
