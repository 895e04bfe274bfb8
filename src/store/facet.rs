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
use super::dictionary::Code;
use super::distinct::Distinct;
use super::order::{Lane, Timeline};
use super::repeats::Repeats;
use super::segment::Segment;
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

/// Counts the rows of a set by code: so many codes from 1, in the first place those of no value.
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
    /// By the texts of the columns that the field is made of.
    Distinct(Distinct<'a>),
}

/// The commonest values of a field in their order, and how many values there are in all.
pub type Top<'a> = (Vec<(Cow<'a, str>, Tally)>, usize);

/// What one lane tells of a field that is made of no column of texts: its values, and how many rows
/// have none.
type Told<'a> = (Vec<(Cow<'a, str>, Tally)>, u64);

impl<'a> Counts<'a> {
    /// Counts a field over the matching rows; `None` where it was cancelled.
    pub fn of(field: Field, timeline: &'a Timeline<'a>, cores: &Cores<'_>) -> Option<Self> {
        Self::knowing(None, field, timeline, cores)
    }

    /// The same, where it may be known which of the field's values stand more than once in the store.
    pub fn knowing(
        repeats: Option<&Repeats>,
        field: Field,
        timeline: &'a Timeline<'a>,
        cores: &Cores<'_>,
    ) -> Option<Self> {
        let slots = Slot::shown(field);
        if let [slot] = slots
            && timeline.lanes().iter().all(|lane| shares_all(&[*slot], lane.segment))
        {
            return Self::by_codes(field, *slot, timeline, cores);
        }
        if !slots.is_empty() {
            let values = Distinct::count(slots, timeline, repeats, cores)?;
            return Some(Self { field, absent: values.absent, values: Counted::Distinct(values) });
        }
        let told = match field {
            Field::Time | Field::Raw | Field::Has => Vec::new(),
            _ => cores.each(timeline.lanes(), |lane| tell(field, lane))?,
        };
        let mut absent = 0;
        let mut values: HashMap<Cow<'a, str>, Tally> = HashMap::new();
        for (texts, without) in told {
            absent += without;
            for (value, tally) in texts {
                if tally.count > 0 {
                    values.entry(value).or_insert(Tally::NONE).add(tally);
                }
            }
        }
        Some(Self { field, absent, values: Counted::Texts(values) })
    }

    fn by_codes(field: Field, slot: Slot, timeline: &'a Timeline<'a>, cores: &Cores<'_>) -> Option<Self> {
        let texts = &timeline.shared()[slot as usize];
        let codes_of = |lane: &'a Lane<'_>| match lane.segment.text_column(slot).texts() {
            Texts::Shared(codes) => codes,
            Texts::Own(_) => unreachable!("all values are shared"),
        };
        let mut lanes = cores.each(timeline.lanes(), |lane| {
            let column = lane.segment.text_column(slot);
            column.codes().counts(column.len(), lane.rows.rows())
        })?;
        let mut absent = 0;
        for (lane, counts) in timeline.lanes().iter().zip(&mut lanes) {
            let empty = texts.empty().and_then(|empty| codes_of(lane).iter().position(|code| *code == empty));
            let without = [Some(0), empty.map(|number| number + 1)].into_iter().flatten();
            without.for_each(|place| absent += u64::from(std::mem::take(&mut counts[place])));
        }
        let counted = timeline.lanes().iter().map(|lane| &**codes_of(lane));
        let counted: Vec<(&[Code], &[u32])> = counted.zip(lanes.iter().map(Vec::as_slice)).collect();
        let counts = sums(&counted, texts.len(), cores)?;
        Some(Self { field, absent, values: Counted::Codes { slot, counts, lanes, timeline } })
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
            Counted::Distinct(values) => values.counted(),
        }
    }

    /// The commonest values, ties by value ascending, at most `top` of them. `None` where it was
    /// cancelled.
    pub fn facet(self, top: usize, cores: &Cores<'_>) -> Option<Facet> {
        let (field, absent) = (self.field, self.absent);
        let value = |(value, tally): (Cow<'_, str>, Tally)| FacetValue {
            value: value.into(),
            count: tally.count,
            failures: tally.failures,
            first: tally.first,
            last: tally.last,
        };
        let (values, distinct) = self.top(top, None, cores)?;
        Some(Facet { field, values: values.into_iter().map(value).collect(), distinct, absent })
    }

    /// The commonest values for which the predicate holds, with their counts. `None` where it was
    /// cancelled.
    pub fn commonest(
        self,
        top: usize,
        holds: impl Fn(&str) -> bool + Sync,
        cores: &Cores<'_>,
    ) -> Option<Vec<(Box<str>, u64)>> {
        let (values, _) = self.top(top, Some(&holds), cores)?;
        Some(values.into_iter().map(|(value, tally)| (value.into(), tally.count)).collect())
    }

    /// The commonest values for which the predicate holds, and how many values there are in all.
    fn top(
        self,
        top: usize,
        holds: Option<&(dyn Fn(&str) -> bool + Sync)>,
        cores: &Cores<'_>,
    ) -> Option<Top<'a>> {
        match self.values {
            Counted::Distinct(values) => values.top(top, holds, cores),
            Counted::Texts(values) => {
                let distinct = values.len();
                let values = values.into_iter().filter(|(value, _)| holds.is_none_or(|holds| holds(value)));
                let values = commonest(values.collect(), top, |(a_value, a), (b_value, b)| {
                    b.count.cmp(&a.count).then_with(|| a_value.cmp(b_value))
                });
                Some((values, distinct))
            }
            Counted::Codes { slot, counts, lanes, timeline } => {
                let distinct = counts.iter().skip(1).filter(|count| **count > 0).count();
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
                let winners = winners.iter().map(|(code, ..)| *code).collect();
                Some((gather(slot, &lanes, timeline, winners, text, cores)?, distinct))
            }
        }
    }
}

/// How many rows have each of the store's codes, so many from 1; of each segment its codes and how many
/// rows have them, those of no value first. `None` where it was cancelled.
pub fn sums(counted: &[(&[Code], &[u32])], codes: usize, cores: &Cores<'_>) -> Option<Vec<u32>> {
    // A part of the segments a thread, for each sums up all of the store's codes.
    let groups: Vec<_> = counted.chunks(counted.len().div_ceil(cores.threads()).max(1)).collect();
    let sums = cores.each(&groups, |group| {
        let mut sums = vec![0u32; codes + 1];
        for (codes, counts) in *group {
            for (code, count) in codes.iter().zip(&counts[1..]) {
                sums[*code as usize] += count;
            }
        }
        sums
    })?;
    let all = sums.into_iter().reduce(|mut all, more| {
        all.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        all
    });
    Some(all.unwrap_or_else(|| vec![0; codes + 1]))
}

/// Whether a segment shares the values of all these columns with others.
pub fn shares_all(slots: &[Slot], segment: &Segment) -> bool {
    slots.iter().all(|slot| matches!(segment.text_column(*slot).texts(), Texts::Shared(_)))
}

fn tell<'a>(field: Field, lane: &'a Lane<'a>) -> Told<'a> {
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
            (texts, absent)
        }
        Field::Class => {
            let classes = segment.classes().iter();
            let told = classes.map(|(class, rows)| (Cow::Borrowed(class.name()), set(rows.bitmap())));
            (told.collect(), 0)
        }
        Field::Outcome => {
            let mut successes = Bitmap::of_range(segment.len(), 0..segment.len());
            successes.subtract(segment.failures());
            let [failure, success] =
                [Outcome::Failure, Outcome::Success].map(|outcome| Cow::Borrowed(outcome.name()));
            (vec![(failure, set(segment.failures())), (success, set(&successes))], 0)
        }
        Field::Is => {
            let column = segment.kinds();
            let tally = |kind: Kind| {
                let rows = column.rows_where(&matching, |kinds| kinds.contains(kind));
                (Cow::Borrowed(kind.name()), Tally::of_rows(segment, &rows))
            };
            let absent = column.rows_where(&matching, |kinds| kinds.bits() == 0).count();
            (Kind::ALL.into_iter().map(tally).collect(), absent as u64)
        }
        Field::Changes => paths(segment, &matching),
        _ => (Vec::new(), 0),
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
    (told, absent)
}
