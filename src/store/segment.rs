//! An immutable segment: up to 65,536 entries as columns, sorted newest first.
//!
//! Built from entries when a batch comes, and from other segments when those are merged. Not here:
//! which rows were superseded (`store::Part`), and the questions.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Sync};

use super::Limits;
use super::arena::Arena;
use super::batch::{Batch, Known};
use super::bitmap::{Bitmap, Ranked};
use super::blocks::Blocks;
use super::builder::Builder;
use super::column::{SparseColumn, TextColumn, Texts, ValueColumn};
use super::dictionary::{Dictionary, Values};
use super::draft::pick;
use super::records::{Records, Spans};
use super::row::Row;
use super::slot::{PARTS, Slot};
use super::times::{Ordinals, Times};
use crate::answer::RowId;
use crate::event::{Actor, Change, Class, Event, Identity, KindSet, Number, Outcome, Rank, Record, Target};
use crate::interval::Interval;
use crate::timestamp::Timestamp;

/// Up to 65,536 entries as columns, newest first.
#[derive(Debug)]
pub struct Segment {
    /// A number that no other segment of this run has.
    number: u64,
    times: Times,
    /// Each row's [`RowId`].
    ordinals: Ordinals,
    /// The text columns, in the order of [`Slot::ALL`].
    texts: Box<[TextColumn]>,
    /// Every row's id is its request's; where the segment keeps the values itself, it keeps them once.
    twins: bool,
    statuses: ValueColumn<Option<i64>>,
    kinds: ValueColumn<KindSet>,
    failures: Bitmap,
    /// The rows of rank [`Rank::Single`]; `None` where there is none.
    singles: Option<Bitmap>,
    /// The rows of each class that occurs.
    classes: Box<[(Class, Ranked)]>,
    changes: SparseColumn<Arc<[Change]>>,
    identities: Known,
    records: Records,
    /// Which of [`PARTS`] hold of every row.
    parts: [bool; PARTS.len()],
}

static SEGMENTS: AtomicU64 = AtomicU64::new(0);

impl Segment {
    /// A segment of entries that stand in order already, each with its ordinal.
    pub fn of_events(events: &[(u32, Event)], dictionaries: &mut [Dictionary], limits: Limits) -> Self {
        let mut builder = Builder::with_limits(limits, None);
        for (_, event) in events {
            builder.push(&Row::of_event(event));
        }
        let ordinals: Vec<u32> = events.iter().map(|(ordinal, _)| *ordinal).collect();
        Self::settle(builder.finish(), Ordinals::of(&ordinals), dictionaries)
    }

    /// A segment of a batch whose rows are numbered in the order of arrival from `first` on.
    pub fn of_batch(batch: Batch, first: u32, dictionaries: &mut [Dictionary]) -> Self {
        let ordinals = match &batch.arrival {
            None => Ordinals::Rising(first, batch.len() as u32),
            Some(arrival) => Ordinals::of(&arrival.iter().map(|place| first + place).collect::<Vec<_>>()),
        };
        Self::settle(batch, ordinals, dictionaries)
    }

    /// The same rows under other numbers, one for each row, all different.
    pub fn numbered(self, ordinals: &[u32]) -> Self {
        Self { ordinals: Ordinals::of(ordinals), ..self }
    }

    fn settle(batch: Batch, ordinals: Ordinals, dictionaries: &mut [Dictionary]) -> Self {
        let drafts = Slot::ALL.into_iter().zip(batch.texts).zip(dictionaries);
        let mut texts: Vec<TextColumn> = Vec::with_capacity(Slot::ALL.len());
        for ((slot, draft), shared) in drafts {
            let twin = batch.twins.then(|| twin_of(slot, &texts)).flatten();
            texts.push(twin.unwrap_or_else(|| draft.settle(shared)));
        }
        Self {
            number: SEGMENTS.fetch_add(1, Sync::Relaxed),
            texts: texts.into(),
            twins: batch.twins,
            ordinals,
            failures: Bitmap::of(batch.failed.len(), |row| batch.failed[row]),
            singles: batch
                .single
                .contains(&true)
                .then(|| Bitmap::of(batch.single.len(), |row| batch.single[row])),
            classes: classes(&batch.statuses, &batch.failed),
            times: batch.times,
            statuses: batch.statuses,
            kinds: batch.kinds,
            changes: batch.changes,
            identities: batch.identities,
            records: batch.records,
            parts: batch.parts,
        }
    }

    /// A segment of rows of other segments of the same store: `(segment, row)` each, in order.
    pub fn of_picks(segments: &[&Self], picks: &[(usize, usize)], shared: &[Values], limits: Limits) -> Self {
        let of = |(segment, row): &(usize, usize)| (segments[*segment], *row);
        let rows = || picks.iter().map(of);
        let failed: Vec<bool> = rows().map(|(from, row)| from.failures.contains(row)).collect();
        let single: Vec<bool> = rows().map(|(from, row)| from.rank(row) == Rank::Single).collect();
        let twins = segments.iter().all(|segment| segment.twins);
        let mut texts: Vec<TextColumn> = Vec::with_capacity(Slot::ALL.len());
        for (slot, values) in Slot::ALL.into_iter().zip(shared) {
            let columns: Vec<_> = segments.iter().map(|segment| segment.text_column(slot)).collect();
            let twin = twins.then(|| twin_of(slot, &texts)).flatten();
            texts.push(twin.unwrap_or_else(|| pick(&columns, picks, values)));
        }
        let statuses = ValueColumn::build(rows().map(|(from, row)| from.statuses.get(row)));
        let scope = match segments.first().map(|segment| &segment.identities) {
            Some(Known::Derived { scoped }) => Some(*scoped),
            _ => None,
        };
        let derived = |segment: &&Self| matches!(&segment.identities, Known::Derived { scoped } if Some(*scoped) == scope);
        let identities = match scope {
            Some(scoped) if segments.iter().all(derived) => Known::Derived { scoped },
            _ => Known::Each(rows().map(|(from, row)| from.identity(row, shared).0).collect()),
        };
        Self {
            number: SEGMENTS.fetch_add(1, Sync::Relaxed),
            times: Times::of(&rows().map(|(from, row)| from.times.get(row)).collect::<Vec<_>>()),
            ordinals: Ordinals::of(&rows().map(|(from, row)| from.ordinals.get(row)).collect::<Vec<_>>()),
            texts: texts.into(),
            twins,
            kinds: ValueColumn::build(rows().map(|(from, row)| from.kinds.get(row))),
            failures: Bitmap::of(failed.len(), |row| failed[row]),
            singles: single.contains(&true).then(|| Bitmap::of(single.len(), |row| single[row])),
            classes: classes(&statuses, &failed),
            statuses,
            changes: SparseColumn::build(
                picks.len(),
                rows().map(|(from, row)| from.changes.get(row).cloned()).collect(),
            ),
            identities,
            records: pick_records(segments, picks, limits),
            parts: std::array::from_fn(|pair| segments.iter().all(|segment| segment.parts[pair])),
        }
    }

    /// A number that no other segment of this run has.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How many rows it has, superseded ones too.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// The entry of a row.
    pub fn event(&self, row: usize, shared: &[Values]) -> Event {
        let text = |slot| self.text(row, slot, shared);
        let owned = |slot| text(slot).map(Cow::into_owned);
        Event {
            source: Arc::from(text(Slot::Source).unwrap_or_default()),
            provider: Arc::from(text(Slot::Provider).unwrap_or_default()),
            workspace: text(Slot::Workspace).map(Arc::from),
            id: owned(Slot::Id),
            time: self.time(row),
            status: self.statuses.get(row),
            outcome: self.outcome(row),
            as_read: None,
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
            latency_ms: text(Slot::Latency).and_then(|text| Number::parse(&text)),
            request_id: owned(Slot::RequestId),
            message: owned(Slot::Message),
            changes: self.changes.get(row).map(|list| list.to_vec()),
            kinds: self.kinds.get(row),
            identity: self.identity(row, shared),
            rank: self.rank(row),
            record: Record::from_kept(&self.record(row)),
        }
    }

    /// When a row's entry happened.
    pub fn time(&self, row: usize) -> Timestamp {
        Timestamp::from_micros(self.times.get(row))
    }

    /// How many rows are newer than the instant: they stand first.
    pub fn newer_than(&self, time: Timestamp) -> usize {
        self.times.newer_than(time.micros(), false)
    }

    /// How many rows are not older than the instant: they stand first.
    pub fn not_older_than(&self, time: Timestamp) -> usize {
        self.times.newer_than(time.micros(), true)
    }

    /// The rows inside a window.
    pub fn rows_in(&self, window: Interval) -> Range<usize> {
        if window.is_empty() {
            return 0..0;
        }
        self.not_older_than(window.until)..self.not_older_than(window.since)
    }

    /// The text that a row has in a column.
    pub fn text<'a>(&'a self, row: usize, slot: Slot, shared: &'a [Values]) -> Option<Cow<'a, str>> {
        self.text_column(slot).get(row, &shared[slot as usize])
    }

    /// A text column.
    pub fn text_column(&self, slot: Slot) -> &TextColumn {
        &self.texts[slot as usize]
    }

    /// Whether what any row has in this column is a part of what it has in another that words are
    /// looked for in too.
    pub fn is_part(&self, slot: Slot) -> bool {
        PARTS.iter().zip(self.parts).any(|((part, _), holds)| *part == slot && holds)
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
    pub fn classes(&self) -> &[(Class, Ranked)] {
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

    /// The records of the rows.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// The rows of a set whose record the predicate holds for.
    pub fn rows_recorded(&self, within: &Bitmap, holds: impl FnMut(&str) -> bool) -> Bitmap {
        self.records.rows_where(within, holds)
    }

    /// Which entry a row is.
    pub fn identity(&self, row: usize, shared: &[Values]) -> Identity {
        match &self.identities {
            Known::Each(identities) => Identity(identities[row]),
            Known::Derived { scoped } => {
                Known::derive(*scoped, |slot| self.text(row, slot, shared), || self.record(row).into_owned())
            }
        }
    }

    /// How much a row tells.
    pub fn rank(&self, row: usize) -> Rank {
        if self.singles.as_ref().is_some_and(|rows| rows.contains(row)) {
            Rank::Single
        } else {
            Rank::ListRow
        }
    }

    fn outcome(&self, row: usize) -> Outcome {
        if self.failures.contains(row) { Outcome::Failure } else { Outcome::Success }
    }

    /// The number of a row in the order of arrival: what [`RowId`] holds.
    pub fn ordinal(&self, row: usize) -> u32 {
        self.ordinals.get(row)
    }

    /// The id of a row.
    pub fn row_id(&self, row: usize) -> RowId {
        RowId(self.ordinal(row).into())
    }

    /// The row of this ordinal, superseded or not.
    pub fn row_of_ordinal(&self, ordinal: u32) -> Option<usize> {
        self.ordinals.row_of(ordinal)
    }

    /// The order of the rows of one store, newest first: as [`Event::newest_first`], and then by
    /// arrival, so that no two rows are equal.
    pub fn compare(&self, row: usize, other: &Self, other_row: usize, shared: &[Values]) -> Ordering {
        let text = |slot| (self.text(row, slot, shared), other.text(other_row, slot, shared));
        let ascending = |(mine, theirs): (Option<Cow<'_, str>>, Option<Cow<'_, str>>)| mine.cmp(&theirs);
        other
            .times
            .get(other_row)
            .cmp(&self.times.get(row))
            .then_with(|| ascending(text(Slot::Source)))
            .then_with(|| {
                let (mine, theirs) = text(Slot::Id);
                mine.unwrap_or_default().cmp(&theirs.unwrap_or_default())
            })
            .then_with(|| ascending(text(Slot::Workspace)))
            .then_with(|| self.record(row).cmp(&other.record(other_row)))
            .then_with(|| self.ordinal(row).cmp(&other.ordinal(other_row)))
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
        let known = match &self.identities {
            Known::Each(identities) => size_of_val(&**identities),
            Known::Derived { .. } => 0,
        };
        // The id may be kept together with the request's.
        let (id, request) = (self.text_column(Slot::Id), self.text_column(Slot::RequestId));
        let twice = match (id.texts(), request.texts()) {
            (Texts::Own(id), Texts::Own(request)) if Arc::ptr_eq(id, request) => id.memory_bytes(),
            _ => 0,
        };
        self.times.memory_bytes()
            + self.ordinals.memory_bytes()
            + known
            + self.texts.iter().map(TextColumn::memory_bytes).sum::<usize>()
            - twice
            + self.statuses.memory_bytes()
            + self.kinds.memory_bytes()
            + self.failures.memory_bytes()
            + self.singles.as_ref().map_or(0, Bitmap::memory_bytes)
            + self.classes.iter().map(|(_, rows)| rows.memory_bytes()).sum::<usize>()
            + self.changes.memory_bytes()
            + self.changes.values().iter().map(change_bytes).sum::<usize>()
            + self.records.memory_bytes()
    }
}

/// The column of the request's id, where it is the id's of these columns before it: values that the
/// segment keeps itself. Those that the store shares it shares by column.
fn twin_of(slot: Slot, before: &[TextColumn]) -> Option<TextColumn> {
    let id = before.get(Slot::Id as usize).filter(|_| slot == Slot::RequestId)?;
    matches!(id.texts(), Texts::Own(_)).then(|| id.clone())
}

/// The rows of each class that occurs.
fn classes(statuses: &ValueColumn<Option<i64>>, failed: &[bool]) -> Box<[(Class, Ranked)]> {
    let class = |row: usize| {
        let outcome = if failed[row] { Outcome::Failure } else { Outcome::Success };
        Class::of(statuses.get(row), outcome)
    };
    let of_rows: Vec<Class> = (0..failed.len()).map(class).collect();
    let rows =
        Class::ALL.into_iter().map(|class| (class, Bitmap::of(failed.len(), |row| of_rows[row] == class)));
    rows.filter(|(_, rows)| !rows.is_none()).map(|(class, rows)| (class, Ranked::new(rows))).collect()
}

/// The records of rows picked from segments: places in one file stay places.
fn pick_records(segments: &[&Segment], picks: &[(usize, usize)], limits: Limits) -> Records {
    let spans: Option<Vec<&Spans>> = segments
        .iter()
        .map(|segment| match &segment.records {
            Records::Spans(spans) => Some(spans),
            _ => None,
        })
        .collect();
    if let Some([first, rest @ ..]) = spans.as_deref()
        && rest.iter().all(|spans| Arc::ptr_eq(spans.source(), first.source()))
    {
        let all = [&[*first], rest].concat();
        let places: Vec<_> = picks.iter().map(|(segment, row)| all[*segment].span(*row)).collect();
        return Records::Spans(Spans::new(Arc::clone(first.source()), &places));
    }
    if let Some(blocks) = whole_blocks(segments, picks) {
        return Records::Blocks(blocks);
    }
    let mut texts = Arena::default();
    let mut readers: Vec<_> = segments.iter().map(|segment| segment.records.reader()).collect();
    for (segment, row) in picks {
        texts.push(&readers[*segment].get(*row));
    }
    Records::of_texts(texts, picks.len() >= limits.large)
}

/// The blocks of whole segments, where the rows are all of theirs, segment by segment.
fn whole_blocks(segments: &[&Segment], picks: &[(usize, usize)]) -> Option<Blocks> {
    let mut whole = Vec::new();
    let mut left = picks;
    while let Some((at, _)) = left.first() {
        let segment = segments[*at];
        let Records::Blocks(blocks) = &segment.records else { return None };
        let (run, rest) = left.split_at_checked(segment.len())?;
        if !run.iter().copied().eq((0..segment.len()).map(|row| (*at, row))) {
            return None;
        }
        whole.push(blocks);
        left = rest;
    }
    Blocks::join(&whole).filter(|_| !whole.is_empty())
}
