//! The values of a field over the rows that match: how often, how often failed, when first and last.
//!
//! Each segment counts by its own codes; counts are summed by the store's codes, and of the
//! commonest values alone the rest is gathered and the text looked at. Not here: which rows match.

use std::borrow::Cow;

use hashbrown::HashMap;

use super::bitmap::Bitmap;
use super::column::{Codes, Texts};
use super::commonest::{commonest, gather, least_of_top};
use super::cores::Cores;
use super::dictionary::{ABSENT, Code};
use super::order::{Lane, Timeline};
use super::segment::Segment;
use super::selected::Selected;
use super::slot::Slot;
use crate::answer::{Facet, FacetValue};
use crate::event::field::Field;
use crate::event::{Kind, Outcome};
use crate::timestamp::Timestamp;

/// What is counted of one value.
#[derive(Debug, Clone, Copy)]
pub struct Tally {
    /// How many rows have it.
    pub count: u64,
    /// How many of those failed.
    pub failures: u64,
    /// The oldest of them.
    pub first: Timestamp,
    /// The newest of them.
    pub last: Timestamp,
}

impl Tally {
    /// Of no row.
    pub const NONE: Self = Self { count: 0, failures: 0, first: Timestamp::MAX, last: Timestamp::MIN };

    /// Counts a row.
    pub fn add_row(&mut self, segment: &Segment, row: usize) {
        let time = segment.time(row);
        self.count += 1;
        self.failures += u64::from(segment.failures().contains(row));
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }

    /// Counts what another one counted.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.failures += other.failures;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    /// Of all rows of a set: the first of them is the newest.
    fn of_rows(segment: &Segment, rows: &Bitmap) -> Self {
        let (Some(newest), Some(oldest)) = (rows.next(0), rows.last_before(rows.len())) else {
            return Self::NONE;
        };
        Self {
            count: rows.count() as u64,
            failures: rows.count_both(segment.failures()) as u64,
            first: segment.time(oldest),
            last: segment.time(newest),
        }
    }
}

/// What is counted of one code of a segment.
#[derive(Debug, Clone, Copy, Default)]
struct Local {
    count: u32,
    failures: u32,
    /// The row of the newest and of the oldest.
    newest: u32,
    oldest: u32,
}

impl Local {
    fn tally(self, segment: &Segment) -> Tally {
        if self.count == 0 {
            return Tally::NONE;
        }
        Tally {
            count: self.count.into(),
            failures: self.failures.into(),
            first: segment.time(self.oldest as usize),
            last: segment.time(self.newest as usize),
        }
    }
}

/// Counts the rows of a set by code: so many codes from 1, [`ABSENT`] in the first place.
fn locals(codes: &Codes, count: usize, rows: &Bitmap, failures: &Bitmap) -> Vec<Local> {
    let mut locals = vec![Local::default(); count + 1];
    let mut take = |row: usize, code: Code| {
        if let Some(local) = locals.get_mut(code as usize) {
            if local.count == 0 {
                local.newest = row as u32;
            }
            local.count += 1;
            local.failures += u32::from(failures.contains(row));
            local.oldest = row as u32;
        }
    };
    match codes {
        Codes::Bytes(codes) => rows.rows().for_each(|row| take(row, codes[row].into())),
        Codes::Words(codes) => rows.rows().for_each(|row| take(row, codes[row].into())),
        _ => rows.rows().for_each(|row| take(row, codes.get(row))),
    }
    locals
}

/// The values of one field, counted.
#[derive(Debug)]
pub struct Counts<'a> {
    field: Field,
    absent: u64,
    values: Counted<'a>,
}

#[derive(Debug)]
enum Counted<'a> {
    /// By text.
    Texts(HashMap<Cow<'a, str>, Tally>),
    /// By the codes of the one column that the field is made of, all values shared: of the store's
    /// codes, and of each segment's own.
    Codes { slot: Slot, counts: Vec<u32>, lanes: Vec<Vec<u32>>, timeline: &'a Timeline<'a> },
}

/// What one lane tells of a field.
enum Told<'a> {
    Texts(Vec<(Cow<'a, str>, Tally)>, u64),
    /// For each column of the field.
    Columns(Vec<Vec<Local>>, u64),
}

impl<'a> Counts<'a> {
    /// Counts a field over the matching rows; `None` where it was cancelled.
    pub fn of(field: Field, timeline: &'a Timeline<'a>, cores: &Cores<'_>) -> Option<Self> {
        let slots = Slot::shown(field);
        let shared =
            |lane: &Lane<'_>, slot| matches!(lane.segment.text_column(slot).texts(), Texts::Shared(_));
        if let [slot] = slots
            && timeline.lanes().iter().all(|lane| shared(lane, *slot))
        {
            return Self::by_codes(field, *slot, timeline, cores);
        }
        let told = match field {
            Field::Time | Field::Raw | Field::Has => Vec::new(),
            _ => cores.each(timeline.lanes(), |lane| tell(field, slots, lane, timeline))?,
        };
        Some(Self::by_texts(field, slots, told, timeline))
    }

    fn by_codes(field: Field, slot: Slot, timeline: &'a Timeline<'a>, cores: &Cores<'_>) -> Option<Self> {
        let texts = &timeline.shared()[slot as usize];
        let codes_of = |lane: &'a Lane<'_>| match lane.segment.text_column(slot).texts() {
            Texts::Shared(codes) => codes,
            Texts::Own(_) => unreachable!("all values are shared"),
        };
        let mut lanes = cores.each(timeline.lanes(), |lane| {
            let column = lane.segment.text_column(slot);
            counts(column.codes(), column.len(), &lane.rows)
        })?;
        let mut absent = 0;
        for (lane, counts) in timeline.lanes().iter().zip(&mut lanes) {
            let empty = texts.empty().and_then(|empty| codes_of(lane).iter().position(|code| *code == empty));
            let without = [Some(0), empty.map(|number| number + 1)].into_iter().flatten();
            without.for_each(|place| absent += u64::from(std::mem::take(&mut counts[place])));
        }
        // A part of the lanes a thread, for each sums up all of the store's codes.
        let counted: Vec<_> = timeline.lanes().iter().zip(&lanes).collect();
        let groups: Vec<_> = counted.chunks(counted.len().div_ceil(cores.threads()).max(1)).collect();
        let sums = cores.each(&groups, |group| {
            let mut sums = vec![0u32; texts.len() + 1];
            for (lane, counts) in *group {
                for (code, count) in codes_of(lane).iter().zip(&counts[1..]) {
                    sums[*code as usize] += count;
                }
            }
            sums
        })?;
        let mut sums = sums.into_iter();
        let mut counts = sums.next().unwrap_or_else(|| vec![0; texts.len() + 1]);
        for more in sums {
            counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        }
        Some(Self { field, absent, values: Counted::Codes { slot, counts, lanes, timeline } })
    }

    fn by_texts(field: Field, slots: &[Slot], told: Vec<Told<'a>>, timeline: &'a Timeline<'a>) -> Self {
        let mut values: HashMap<Cow<'a, str>, Tally> = HashMap::new();
        let mut add = |value, tally: Tally| {
            if tally.count > 0 {
                values.entry(value).or_insert(Tally::NONE).add(tally);
            }
        };
        let mut absent = 0;
        let mut by_code: Vec<HashMap<Code, Tally>> = slots.iter().map(|_| HashMap::new()).collect();
        for (lane, told) in timeline.lanes().iter().zip(told) {
            let columns = match told {
                Told::Texts(texts, without) => {
                    absent += without;
                    for (value, tally) in texts {
                        add(value, tally);
                    }
                    continue;
                }
                Told::Columns(columns, without) => {
                    absent += without;
                    columns
                }
            };
            for ((slot, locals), by_code) in slots.iter().zip(columns).zip(&mut by_code) {
                let counted = locals.into_iter().skip(1).enumerate().filter(|(_, local)| local.count > 0);
                match lane.segment.text_column(*slot).texts() {
                    Texts::Shared(codes) => {
                        for (number, local) in counted {
                            let tally = local.tally(lane.segment);
                            by_code.entry(codes[number]).or_insert(Tally::NONE).add(tally);
                        }
                    }
                    Texts::Own(own) => {
                        for (number, local) in counted {
                            add(own.get(number).unwrap_or_default(), local.tally(lane.segment));
                        }
                    }
                }
            }
        }
        for (slot, by_code) in slots.iter().zip(by_code) {
            let texts = &timeline.shared()[*slot as usize];
            for (code, tally) in by_code {
                add(texts.get(code).unwrap_or_default(), tally);
            }
        }
        Self { field, absent, values: Counted::Texts(values) }
    }

    /// The values and how many rows have each, in no order.
    pub fn counted(&self) -> Vec<(Cow<'_, str>, u64)> {
        match &self.values {
            Counted::Texts(values) => {
                values.iter().map(|(value, tally)| (Cow::Borrowed(&**value), tally.count)).collect()
            }
            Counted::Codes { slot, counts, timeline, .. } => {
                let texts = &timeline.shared()[*slot as usize];
                let counted = counts.iter().enumerate().skip(1).filter(|(_, count)| **count > 0);
                counted
                    .map(|(code, count)| (texts.get(code as Code).unwrap_or_default(), u64::from(*count)))
                    .collect()
            }
        }
    }

    /// The commonest values, ties by value ascending, at most `top` of them.
    pub fn facet(self, top: usize) -> Facet {
        let (field, absent) = (self.field, self.absent);
        let distinct = match &self.values {
            Counted::Texts(values) => values.len(),
            Counted::Codes { counts, .. } => counts.iter().skip(1).filter(|count| **count > 0).count(),
        };
        let value = |(value, tally): (Cow<'_, str>, Tally)| FacetValue {
            value: value.into(),
            count: tally.count,
            failures: tally.failures,
            first: tally.first,
            last: tally.last,
        };
        let values = self.top(top, None).into_iter().map(value).collect();
        Facet { field, values, distinct, absent }
    }

    /// The commonest values for which the predicate holds, with their counts.
    pub fn commonest(self, top: usize, holds: impl Fn(&str) -> bool) -> Vec<(Box<str>, u64)> {
        self.top(top, Some(&holds)).into_iter().map(|(value, tally)| (value.into(), tally.count)).collect()
    }

    fn top(self, top: usize, holds: Option<&dyn Fn(&str) -> bool>) -> Vec<(Cow<'a, str>, Tally)> {
        match self.values {
            Counted::Texts(values) => {
                let values = values.into_iter().filter(|(value, _)| holds.is_none_or(|holds| holds(value)));
                commonest(values.collect(), top, |(a_value, a), (b_value, b)| {
                    b.count.cmp(&a.count).then_with(|| a_value.cmp(b_value))
                })
            }
            Counted::Codes { slot, counts, lanes, timeline } => {
                let texts = &timeline.shared()[slot as usize];
                let text = |code: usize| texts.get(code as Code).unwrap_or_default();
                let holds = |code: usize| holds.is_none_or(|holds| holds(&text(code)));
                // What is rarer than the commonest so many need not be compared by its text.
                let least = least_of_top(&counts, top, holds);
                let counted = (1..counts.len()).filter(|code| counts[*code] >= least && holds(*code));
                let counted: Vec<(usize, u32, Cow<'_, str>)> =
                    counted.map(|code| (code, counts[code], text(code))).collect();
                let winners = commonest(counted, top, |(_, a, a_text), (_, b, b_text)| {
                    b.cmp(a).then_with(|| a_text.cmp(b_text))
                });
                gather(slot, &lanes, timeline, winners.iter().map(|(code, ..)| *code).collect(), text)
            }
        }
    }
}

/// How many rows have each code, [`ABSENT`] among them: so many codes from 1.
fn counts(codes: &Codes, count: usize, rows: &Selected) -> Vec<u32> {
    let mut counts = vec![0u32; count + 1];
    match codes {
        Codes::Bytes(codes) => rows.rows().for_each(|row| counts[usize::from(codes[row])] += 1),
        Codes::Words(codes) => rows.rows().for_each(|row| counts[usize::from(codes[row])] += 1),
        _ => rows.rows().for_each(|row| counts[codes.get(row) as usize] += 1),
    }
    counts
}

fn tell<'a>(field: Field, slots: &[Slot], lane: &'a Lane<'a>, timeline: &'a Timeline<'a>) -> Told<'a> {
    let segment = lane.segment;
    let matching = lane.rows.to_bitmap();
    let set = |rows: &Bitmap| {
        let mut both = matching.clone();
        both.intersect(rows);
        Tally::of_rows(segment, &both)
    };
    match field {
        Field::Status => {
            let column = segment.statuses();
            let locals = locals(column.codes(), column.values().len(), &matching, segment.failures());
            let mut absent = 0;
            let mut texts = Vec::new();
            for (status, local) in column.values().iter().zip(locals.into_iter().skip(1)) {
                match status {
                    Some(status) => texts.push((Cow::Owned(status.to_string()), local.tally(segment))),
                    None => absent += u64::from(local.count),
                }
            }
            Told::Texts(texts, absent)
        }
        Field::Class => {
            let classes = segment.classes().iter();
            Told::Texts(
                classes.map(|(class, rows)| (Cow::Borrowed(class.name()), set(rows.bitmap()))).collect(),
                0,
            )
        }
        Field::Outcome => {
            let mut successes = Bitmap::of_range(segment.len(), 0..segment.len());
            successes.subtract(segment.failures());
            let [failure, success] =
                [Outcome::Failure, Outcome::Success].map(|outcome| Cow::Borrowed(outcome.name()));
            Told::Texts(vec![(failure, set(segment.failures())), (success, set(&successes))], 0)
        }
        Field::Is => {
            let column = segment.kinds();
            let tally = |kind: Kind| {
                let rows = column.rows_where(&matching, |kinds| kinds.contains(kind));
                (Cow::Borrowed(kind.name()), Tally::of_rows(segment, &rows))
            };
            let absent = column.rows_where(&matching, |kinds| kinds.bits() == 0).count();
            Told::Texts(Kind::ALL.into_iter().map(tally).collect(), absent as u64)
        }
        Field::Changes => paths(segment, &matching),
        _ => columns(slots, segment, matching, timeline),
    }
}

fn paths<'a>(segment: &'a Segment, matching: &Bitmap) -> Told<'a> {
    let mut told = Vec::new();
    let mut absent = 0;
    for row in matching.rows() {
        let changes = segment.changes().get(row).map_or(&[][..], |list| list);
        let mut paths: Vec<&str> =
            changes.iter().map(|change| change.path.as_str()).filter(|path| !path.is_empty()).collect();
        paths.sort_unstable();
        paths.dedup();
        absent += u64::from(paths.is_empty());
        let time = segment.time(row);
        let failures = u64::from(segment.failures().contains(row));
        let tally = Tally { count: 1, failures, first: time, last: time };
        told.extend(paths.into_iter().map(|path| (Cow::Borrowed(path), tally)));
    }
    Told::Texts(told, absent)
}

/// The first non-empty text that each matching row has in these columns.
fn columns<'a>(slots: &[Slot], segment: &Segment, matching: Bitmap, timeline: &Timeline<'_>) -> Told<'a> {
    let mut left = matching;
    let mut told = Vec::with_capacity(slots.len());
    for slot in slots {
        let column = segment.text_column(*slot);
        let shared = &timeline.shared()[*slot as usize];
        let mut locals = locals(column.codes(), column.len(), &left, segment.failures());
        let is_empty = |number: usize| match column.texts() {
            Texts::Shared(codes) => shared.empty() == Some(codes[number]),
            Texts::Own(own) => own.is_empty_text(number),
        };
        let mut without = vec![0; column.len() + 1];
        without[ABSENT as usize] = 1;
        for (number, local) in locals.iter_mut().skip(1).enumerate() {
            if local.count > 0 && is_empty(number) {
                without[number + 1] = 1;
                *local = Local::default();
            }
        }
        left = column.codes().rows_where_code(&without, &left);
        told.push(locals);
    }
    Told::Columns(told, left.count() as u64)
}
