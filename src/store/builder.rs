//! Rows on their way into a store: a builder takes them on any thread, whole or text by text, and makes
//! a [`Batch`] of them.
//!
//! Not here: how the texts of one column are kept (`store::draft`).

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Sync};

use super::Limits;
use super::arena::Arena;
use super::batch::{Batch, Known};
use super::column::{SparseColumn, ValueColumn};
use super::dictionary::{ABSENT, Code};
use super::draft::{Draft, Drafting};
use super::records::{Records, Spans, read};
use super::row::{Rest, Row, RowIdentity, RowRecord, SharedRecords};
use super::slot::{PARTS, Slot};
use super::times::Times;
use crate::event::field::Field;
use crate::event::{Change, Identity, KindSet, Outcome, Rank};
use crate::provider::mapping::{Columns, Number};

/// Takes rows and makes a [`Batch`] of them.
#[derive(Debug)]
pub struct Builder {
    limits: Limits,
    /// A number that no other builder of this run has.
    generation: u64,
    times: Vec<i64>,
    texts: Vec<Drafting>,
    ids: Ids,
    parts: [Parts; PARTS.len()],
    statuses: Vec<Option<i64>>,
    kinds: Vec<KindSet>,
    failed: Vec<bool>,
    single: Vec<bool>,
    changes: Vec<(usize, Arc<[Change]>)>,
    identities: Identities,
    records: Vec<Place>,
    record_texts: Arena,
    source: Option<SharedRecords>,
}

static BUILDERS: AtomicU64 = AtomicU64::new(0);

/// Whether every row's id was its request's, as in many systems: then the latter's column is empty yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ids {
    /// It was, and the row that is being taken has no request yet.
    Twins,
    /// The row that is being taken has its own id for its request's.
    TwinsSoFar,
    /// It was not.
    Apart,
}

/// Which entries the rows are.
#[derive(Debug)]
enum Identities {
    /// Those that their texts make, each in this way; `None` before the first.
    Derived(Option<bool>),
    Each(Vec<RowIdentity>),
}

/// Whether one of [`PARTS`] held of every row.
#[derive(Debug, Clone, Default)]
struct Parts {
    broken: bool,
    /// The code of the part that was last seen in each text of the whole, by its code.
    seen: Vec<Code>,
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
            generation: BUILDERS.fetch_add(1, Sync::Relaxed),
            times: Vec::new(),
            texts: Slot::ALL.iter().map(|_| Drafting::new(limits)).collect(),
            ids: Ids::Twins,
            parts: PARTS.map(|_| Parts::default()),
            statuses: Vec::new(),
            kinds: Vec::new(),
            failed: Vec::new(),
            single: Vec::new(),
            changes: Vec::new(),
            identities: Identities::Derived(None),
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
        for (slot, text) in Slot::ALL.into_iter().zip(row.texts) {
            if let Some(text) = text {
                self.set(slot, text);
            }
        }
        if let Some(changes) = row.changes {
            self.changes.push((self.times.len(), changes.into()));
        }
        self.end(&row.rest);
        true
    }

    /// Gives the row that is being taken a text; the id comes before the request's.
    #[inline]
    fn set(&mut self, slot: Slot, text: &str) -> Code {
        let row = self.times.len();
        if slot == Slot::RequestId && self.ids != Ids::Apart {
            let ids = &self.texts[Slot::Id as usize];
            if ids.get(row) == Some(text) {
                self.ids = Ids::TwinsSoFar;
                return ids.row_code(row);
            }
            self.part_ids();
        }
        self.texts[slot as usize].set(row, text)
    }

    /// Ends the row whose texts were given ([`Columns`]), and takes what it has besides them. There was
    /// room for it ([`Self::is_full`]).
    pub fn end(&mut self, rest: &Rest<'_>) {
        let row = self.times.len();
        match self.ids {
            Ids::TwinsSoFar => self.ids = Ids::Twins,
            Ids::Twins if self.texts[Slot::Id as usize].row_code(row) != ABSENT => self.part_ids(),
            Ids::Twins | Ids::Apart => {}
        }
        for (parts, (part, whole)) in self.parts.iter_mut().zip(PARTS) {
            parts.see(&self.texts[part as usize], &self.texts[whole as usize], row);
        }
        self.identify(rest.identity);
        self.times.push(rest.time.micros());
        self.statuses.push(rest.status);
        self.kinds.push(rest.kinds);
        self.failed.push(rest.outcome == Outcome::Failure);
        self.single.push(rest.rank == Rank::Single);
        self.records.push(match rest.record {
            RowRecord::Text(text) => {
                self.record_texts.push(text);
                Place::Text(self.record_texts.len() as u32 - 1)
            }
            RowRecord::At { offset, len } => Place::At(offset, len),
        });
    }

    /// Keeps which entry the row is that is being taken.
    fn identify(&mut self, identity: RowIdentity) {
        let before = match (&mut self.identities, identity) {
            (Identities::Each(each), _) => return each.push(identity),
            (Identities::Derived(so_far), RowIdentity::Derived { scoped })
                if so_far.is_none_or(|so_far| so_far == scoped) =>
            {
                *so_far = Some(scoped);
                return;
            }
            (Identities::Derived(so_far), _) => *so_far,
        };
        // One is known otherwise than all before it.
        let derived = before.map(|scoped| vec![RowIdentity::Derived { scoped }; self.times.len()]);
        let mut each = derived.unwrap_or_default();
        each.push(identity);
        self.identities = Identities::Each(each);
    }

    /// Gives the request's id a column of its own, with what it shared with the id of the rows that
    /// have ended.
    fn part_ids(&mut self) {
        self.ids = Ids::Apart;
        let (before, from_request) = self.texts.split_at_mut(Slot::RequestId as usize);
        let (ids, requests) = (&before[Slot::Id as usize], &mut from_request[0]);
        for row in 0..self.times.len() {
            if let Some(id) = ids.get(row) {
                requests.set(row, id);
            }
        }
    }

    /// The batch of the rows so far. It is empty then, and has the room that they took.
    pub fn finish(&mut self) -> Batch {
        let batch = self.batch();
        self.generation = BUILDERS.fetch_add(1, Sync::Relaxed);
        self.times.clear();
        self.ids = Ids::Twins;
        for parts in &mut self.parts {
            parts.broken = false;
            parts.seen.clear();
        }
        self.statuses.clear();
        self.kinds.clear();
        self.failed.clear();
        self.single.clear();
        self.changes.clear();
        self.identities = Identities::Derived(None);
        self.records.clear();
        self.record_texts = Arena::default();
        batch
    }

    fn batch(&mut self) -> Batch {
        let order = self.order();
        let order = order.as_deref();
        let (identities, records) = (self.known(order), self.keep(order));
        let mut changes = vec![None; if self.changes.is_empty() { 0 } else { self.times.len() }];
        for (row, list) in &self.changes {
            changes[*row] = Some(Arc::clone(list));
        }
        let rows = self.times.len();
        let mut texts: Vec<Draft> = self.texts.iter_mut().map(|column| column.finish(rows, order)).collect();
        if self.ids != Ids::Apart {
            texts[Slot::RequestId as usize] = texts[Slot::Id as usize].twin();
        }
        Batch {
            changes: SparseColumn::build(self.times.len(), ordered(&changes, order)),
            times: Times::of(&ordered(&self.times, order)),
            arrival: order.map(<[u32]>::to_vec),
            texts,
            twins: self.ids != Ids::Apart,
            statuses: ValueColumn::build(ordered(&self.statuses, order).into_iter()),
            kinds: ValueColumn::build(ordered(&self.kinds, order).into_iter()),
            failed: ordered(&self.failed, order),
            single: ordered(&self.single, order),
            identities,
            records,
            parts: std::array::from_fn(|pair| !self.parts[pair].broken),
        }
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
        let identities = match &self.identities {
            Identities::Derived(scoped) => return Known::Derived { scoped: scoped.unwrap_or_default() },
            Identities::Each(identities) => identities,
        };
        if let Some(scoped) = self.made_of_ids(identities) {
            return Known::Derived { scoped };
        }
        let each: Vec<u128> = identities
            .iter()
            .enumerate()
            .map(|(row, identity)| match *identity {
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
    fn made_of_ids(&self, identities: &[RowIdentity]) -> Option<bool> {
        let made = |row: usize, scoped: bool| {
            let text = |slot: Slot| self.texts[slot as usize].get(row);
            let id = text(Slot::Id).filter(|id| !id.is_empty())?;
            let scope = if scoped { text(Slot::Workspace) } else { None };
            Some(Identity::of_id(text(Slot::Source).unwrap_or_default(), scope, id))
        };
        let is_made = |row: usize, scoped| matches!(identities[row], RowIdentity::Known(known) if made(row, scoped) == Some(known));
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

/// A row's texts one by one: as many as it has, the id before the request's; then [`Builder::end`].
impl Columns for Builder {
    fn generation(&self) -> u64 {
        self.generation
    }

    #[inline]
    fn text(&mut self, field: Field, text: &str) -> Number {
        self.set(slot(field), text)
    }

    #[inline]
    fn again(&mut self, field: Field, number: Number) {
        self.texts[slot(field) as usize].set_again(self.times.len(), number);
    }
}

/// The column of a field that is one text.
#[inline]
fn slot(field: Field) -> Slot {
    match Slot::of_field(field) {
        [one] => *one,
        _ => unreachable!("a field that is told is one text"),
    }
}

impl Parts {
    /// Looks at a row; a text of the whole that was seen with the same part is not looked at again.
    #[inline]
    fn see(&mut self, part: &Drafting, whole: &Drafting, row: usize) {
        let (part_code, whole_code) = (part.row_code(row), whole.row_code(row));
        if self.broken || part_code == ABSENT || self.seen.get(whole_code as usize) == Some(&part_code) {
            return;
        }
        match part.get(row).zip(whole.get(row)) {
            Some((part, whole)) if whole.ends_with(part) || whole.starts_with(part) => {
                if self.seen.len() <= whole_code as usize {
                    self.seen.resize(whole_code as usize + 1, ABSENT);
                }
                self.seen[whole_code as usize] = part_code;
            }
            _ => self.broken = true,
        }
    }
}

fn ordered<T: Clone>(values: &[T], order: Option<&[u32]>) -> Vec<T> {
    match order {
        None => values.to_vec(),
        Some(_) if values.is_empty() => Vec::new(),
        Some(order) => order.iter().map(|row| values[*row as usize].clone()).collect(),
    }
}
