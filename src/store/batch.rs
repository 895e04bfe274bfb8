//! Rows on their way into a store: a builder takes them on any thread and makes a batch of finished
//! columns, sorted newest first, that the store's thread has only to number and to share values of.
//!
//! Not here: what a store does with a batch (`store::Store::append_batch`).

use std::cmp::Ordering;
use std::sync::Arc;

use super::Limits;
use super::arena::Arena;
use super::column::{SparseColumn, ValueColumn};
use super::draft::{Draft, Drafting};
use super::records::{Records, Spans, read};
use super::row::{Row, RowIdentity, RowRecord, SharedRecords};
use super::slot::{PARTS, Slot};
use super::times::Times;
use crate::event::{Change, Identity, KindSet, Outcome, Rank, Record};

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
    /// Those that their texts make: [`RowIdentity::Derived`].
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

/// Takes rows and makes a [`Batch`] of them.
#[derive(Debug)]
pub struct Builder {
    limits: Limits,
    times: Vec<i64>,
    texts: Vec<Drafting>,
    /// Every row's id was its request's, as in many systems: then the latter's column is empty yet.
    twins: bool,
    /// Which of [`PARTS`] held of every row.
    parts: [bool; PARTS.len()],
    statuses: Vec<Option<i64>>,
    kinds: Vec<KindSet>,
    failed: Vec<bool>,
    single: Vec<bool>,
    changes: Vec<(usize, Arc<[Change]>)>,
    identities: Vec<RowIdentity>,
    records: Vec<Place>,
    record_texts: Arena,
    source: Option<SharedRecords>,
}

/// Where a row's record is while the batch is built.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// The text of this number.
    Text(u32),
    /// In the source.
    At(u64, u32),
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// A builder of rows that bring their records with them.
    pub fn new() -> Self {
        Self::with_limits(Limits::default(), None)
    }

    /// A builder of rows whose records rest in a source.
    pub fn over(source: SharedRecords) -> Self {
        Self::with_limits(Limits::default(), Some(source))
    }

    pub(super) fn with_limits(limits: Limits, source: Option<SharedRecords>) -> Self {
        Self {
            limits,
            times: Vec::new(),
            texts: Slot::ALL.iter().map(|_| Drafting::new(limits)).collect(),
            twins: true,
            parts: [true; PARTS.len()],
            statuses: Vec::new(),
            kinds: Vec::new(),
            failed: Vec::new(),
            single: Vec::new(),
            changes: Vec::new(),
            identities: Vec::new(),
            records: Vec::new(),
            record_texts: Arena::default(),
            source,
        }
    }

    /// How many rows it has taken.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether it has taken none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Whether it takes no more: a batch has at most 65,536 rows.
    pub fn is_full(&self) -> bool {
        self.len() >= self.limits.rows
    }

    /// Takes a row, in any order. `false` where it is full, and the row was not taken.
    pub fn push(&mut self, row: &Row<'_>) -> bool {
        if self.is_full() {
            return false;
        }
        if let Some(changes) = row.changes {
            self.changes.push((self.times.len(), changes.into()));
        }
        self.times.push(row.time.micros());
        for (holds, (part, whole)) in self.parts.iter_mut().zip(PARTS) {
            *holds = *holds && row.is_part(part, whole);
        }
        if self.twins && row.text(Slot::Id) != row.text(Slot::RequestId) {
            self.part_twins();
        }
        for ((slot, column), text) in Slot::ALL.into_iter().zip(&mut self.texts).zip(row.texts) {
            if slot != Slot::RequestId || !self.twins {
                column.push(text);
            }
        }
        self.statuses.push(row.status);
        self.kinds.push(row.kinds);
        self.failed.push(row.outcome == Outcome::Failure);
        self.single.push(row.rank == Rank::Single);
        self.identities.push(row.identity);
        self.records.push(match row.record {
            RowRecord::Text(text) => {
                self.record_texts.push(text);
                Place::Text(self.record_texts.len() as u32 - 1)
            }
            RowRecord::At { offset, len } => Place::At(offset, len),
        });
        true
    }

    /// The batch of the rows so far.
    pub fn finish(self) -> Batch {
        let order = self.order();
        let order = order.as_deref();
        let (identities, records) = (self.known(order), self.keep(order));
        let mut changes = vec![None; if self.changes.is_empty() { 0 } else { self.times.len() }];
        for (row, list) in &self.changes {
            changes[*row] = Some(Arc::clone(list));
        }
        let mut texts: Vec<Draft> = self
            .texts
            .into_iter()
            .zip(Slot::ALL)
            .map(|(column, slot)| column.finish(order.filter(|_| slot != Slot::RequestId || !self.twins)))
            .collect();
        if self.twins {
            texts[Slot::RequestId as usize] = texts[Slot::Id as usize].twin();
        }
        Batch {
            changes: SparseColumn::build(self.times.len(), ordered(&changes, order)),
            times: Times::of(&ordered(&self.times, order)),
            arrival: order.map(<[u32]>::to_vec),
            texts,
            twins: self.twins,
            statuses: ValueColumn::build(ordered(&self.statuses, order).into_iter()),
            kinds: ValueColumn::build(ordered(&self.kinds, order).into_iter()),
            failed: ordered(&self.failed, order),
            single: ordered(&self.single, order),
            identities,
            records,
            parts: self.parts,
        }
    }

    /// Gives the request's id a column of its own, with what it shared with the id so far.
    fn part_twins(&mut self) {
        self.twins = false;
        let (before, from_request) = self.texts.split_at_mut(Slot::RequestId as usize);
        let (ids, requests) = (&before[Slot::Id as usize], &mut from_request[0]);
        (0..ids.len()).for_each(|row| requests.push(ids.get(row)));
    }

    /// The rows newest first; `None` where they came so.
    fn order(&self) -> Option<Vec<u32>> {
        let in_order = |a: usize, b: usize| self.compare(a, b) != Ordering::Greater;
        if (1..self.len()).all(|row| in_order(row - 1, row)) {
            return None;
        }
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_by(|a, b| self.compare(*a as usize, *b as usize));
        Some(order)
    }

    /// The contract's order of entries; equal ones stay as they came.
    fn compare(&self, a: usize, b: usize) -> Ordering {
        let text = |row, slot: Slot| self.texts[slot as usize].get(row);
        let of = |slot| text(a, slot).cmp(&text(b, slot));
        self.times[b]
            .cmp(&self.times[a])
            .then_with(|| of(Slot::Source))
            .then_with(|| text(a, Slot::Id).unwrap_or_default().cmp(text(b, Slot::Id).unwrap_or_default()))
            .then_with(|| of(Slot::Workspace))
            .then_with(|| self.record(a).cmp(&self.record(b)))
    }

    fn record(&self, row: usize) -> std::borrow::Cow<'_, str> {
        match self.records[row] {
            Place::Text(number) => self.record_texts.get(number as usize).unwrap_or_default().into(),
            Place::At(offset, len) => {
                self.source.as_ref().and_then(|source| read(source, offset, len)).unwrap_or_default().into()
            }
        }
    }

    fn known(&self, order: Option<&[u32]>) -> Known {
        if let Some(RowIdentity::Derived { scoped }) = self.identities.first()
            && self.identities.iter().all(|identity| *identity == self.identities[0])
        {
            return Known::Derived { scoped: *scoped };
        }
        if let Some(scoped) = self.made_of_ids() {
            return Known::Derived { scoped };
        }
        let each: Vec<u128> = (0..self.len())
            .map(|row| match self.identities[row] {
                RowIdentity::Known(identity) => identity.0,
                RowIdentity::Derived { scoped } => {
                    let text = |slot: Slot| self.texts[slot as usize].get(row).map(Into::into);
                    Known::derive(scoped, text, || self.record(row).into_owned()).0
                }
            })
            .collect();
        Known::Each(ordered(&each, order).into())
    }

    /// Whether every row has an id that, with its source, makes the identity that it came with: then
    /// it need not be kept. Whether ids are unique only within a fan-out value.
    fn made_of_ids(&self) -> Option<bool> {
        let made = |row: usize, scoped: bool| {
            let text = |slot: Slot| self.texts[slot as usize].get(row);
            let id = text(Slot::Id).filter(|id| !id.is_empty())?;
            let scope = if scoped { text(Slot::Workspace) } else { None };
            Some(Identity::of_id(text(Slot::Source).unwrap_or_default(), scope, id))
        };
        let is_made = |row: usize, scoped| matches!(self.identities[row], RowIdentity::Known(known) if made(row, scoped) == Some(known));
        // Mostly the first row tells.
        [false, true]
            .into_iter()
            .find(|scoped| !self.is_empty() && (0..self.len()).all(|row| is_made(row, *scoped)))
    }

    fn keep(&self, order: Option<&[u32]>) -> Records {
        let places = ordered(&self.records, order);
        let spans: Option<Vec<(u64, u32)>> = places
            .iter()
            .map(|place| match place {
                Place::At(offset, len) => Some((*offset, *len)),
                Place::Text(_) => None,
            })
            .collect();
        if let (Some(spans), Some(source)) = (spans, &self.source) {
            return Records::Spans(Spans::new(Arc::clone(source), &spans));
        }
        let mut texts = Arena::default();
        match order {
            None => (0..self.len()).for_each(|row| texts.push(&self.record(row))),
            Some(order) => order.iter().for_each(|row| texts.push(&self.record(*row as usize))),
        }
        Records::of_texts(texts, self.len() >= self.limits.large)
    }
}

fn ordered<T: Clone>(values: &[T], order: Option<&[u32]>) -> Vec<T> {
    match order {
        None => values.to_vec(),
        Some(_) if values.is_empty() => Vec::new(),
        Some(order) => order.iter().map(|row| values[*row as usize].clone()).collect(),
    }
}
