//! The values of a field over the rows that match: how often, how often failed, when first and last.
//!
//! Values are counted by their codes; their texts are looked at once each, at the end.

use std::borrow::Cow;
use std::cmp::Ordering;

use hashbrown::HashMap;

use super::bitmap::Bitmap;
use super::column::Codes;
use super::dictionary::{ABSENT, Code, Values};
use super::order::{Lane, Timeline};
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

    fn add(&mut self, other: Self) {
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

/// The values of one field, counted.
#[derive(Debug)]
pub struct Counts<'a> {
    field: Field,
    values: HashMap<Cow<'a, str>, Tally>,
    absent: u64,
}

impl<'a> Counts<'a> {
    /// Counts a field over the matching rows; `None` where it was cancelled.
    pub fn of(field: Field, timeline: &'a Timeline<'a>, cancelled: &dyn Fn() -> bool) -> Option<Self> {
        let mut counts = Self { field, values: HashMap::new(), absent: 0 };
        let slots = Slot::shown(field);
        let mut shared: Vec<SharedTallies> =
            slots.iter().map(|slot| SharedTallies::new(&timeline.shared()[*slot as usize])).collect();
        for lane in timeline.lanes() {
            if cancelled() {
                return None;
            }
            match field {
                Field::Time | Field::Raw | Field::Has => {}
                Field::Status => counts.add_statuses(lane),
                Field::Class => {
                    for (class, rows) in lane.segment.classes() {
                        counts.add_set(class.name(), lane, rows);
                    }
                }
                Field::Outcome => {
                    let failures = lane.segment.failures();
                    let mut successes = Bitmap::of_range(failures.len(), 0..failures.len());
                    successes.subtract(failures);
                    counts.add_set(Outcome::Failure.name(), lane, failures);
                    counts.add_set(Outcome::Success.name(), lane, &successes);
                }
                Field::Is => counts.add_kinds(lane),
                Field::Changes => counts.add_paths(lane),
                _ => counts.add_texts(lane, slots, &mut shared),
            }
        }
        for (slot, shared) in slots.iter().zip(&shared) {
            for (value, tally) in timeline.shared()[*slot as usize].iter().zip(shared.tallies.iter().skip(1))
            {
                counts.add(Cow::Borrowed(value), *tally);
            }
        }
        Some(counts)
    }

    fn add(&mut self, value: Cow<'a, str>, tally: Tally) {
        if tally.count > 0 {
            self.values.entry(value).or_insert(Tally::NONE).add(tally);
        }
    }

    /// Adds those matching rows that are in the set.
    fn add_set(&mut self, value: &'static str, lane: &Lane<'_>, rows: &Bitmap) {
        let mut matching = lane.rows.bitmap().clone();
        matching.intersect(rows);
        self.add(Cow::Borrowed(value), Tally::of_rows(lane.segment, &matching));
    }

    fn add_statuses(&mut self, lane: &Lane<'_>) {
        let column = lane.segment.statuses();
        let mut tallies = vec![Tally::NONE; column.values().len() + 1];
        for row in lane.rows.bitmap().rows() {
            tallies[column.codes().get(row) as usize].add_row(lane.segment, row);
        }
        for (status, tally) in column.values().iter().zip(tallies.into_iter().skip(1)) {
            match status {
                Some(status) => self.add(Cow::Owned(status.to_string()), tally),
                None => self.absent += tally.count,
            }
        }
    }

    fn add_kinds(&mut self, lane: &Lane<'_>) {
        let (column, matching) = (lane.segment.kinds(), lane.rows.bitmap());
        for kind in Kind::ALL {
            let rows = column.rows_where(matching, |kinds| kinds.contains(kind));
            self.add(Cow::Borrowed(kind.name()), Tally::of_rows(lane.segment, &rows));
        }
        self.absent += column.rows_where(matching, |kinds| kinds.bits() == 0).count() as u64;
    }

    fn add_paths(&mut self, lane: &'a Lane<'a>) {
        for row in lane.rows.bitmap().rows() {
            let changes = lane.segment.changes().get(row).map_or(&[][..], |list| list);
            let mut paths: Vec<&str> =
                changes.iter().map(|change| change.path.as_str()).filter(|path| !path.is_empty()).collect();
            paths.sort_unstable();
            paths.dedup();
            self.absent += u64::from(paths.is_empty());
            for path in paths {
                self.values.entry(Cow::Borrowed(path)).or_insert(Tally::NONE).add_row(lane.segment, row);
            }
        }
    }

    /// Adds the first non-empty text that each matching row has in these columns.
    fn add_texts(&mut self, lane: &'a Lane<'a>, slots: &[Slot], shared: &mut [SharedTallies]) {
        let mut left = lane.rows.bitmap().clone();
        for (place, (slot, shared)) in slots.iter().zip(shared).enumerate() {
            let last = place + 1 == slots.len();
            let column = lane.segment.text_column(*slot);
            let without = match column.own_values() {
                None => tally(lane.segment, column.codes(), &left, shared.empty, &mut shared.tallies),
                Some(own) => {
                    let empty = code_of_empty(own.iter());
                    let mut tallies = vec![Tally::NONE; own.len() + 1];
                    let without = tally(lane.segment, column.codes(), &left, empty, &mut tallies);
                    for (value, tally) in own.iter().zip(tallies.into_iter().skip(1)) {
                        self.add(Cow::Borrowed(value), tally);
                    }
                    without
                }
            };
            if last {
                self.absent += without.count() as u64;
            }
            left = without;
        }
    }

    /// The values and how many rows have each, in no order.
    pub fn counted(&self) -> impl Iterator<Item = (&str, u64)> {
        self.values.iter().map(|(value, tally)| (&**value, tally.count))
    }

    /// How many rows have a value.
    pub fn count(&self, value: &str) -> u64 {
        self.values.get(value).map_or(0, |tally| tally.count)
    }

    /// The commonest values, ties by value ascending, at most `top` of them.
    pub fn facet(self, top: usize) -> Facet {
        let (field, distinct, absent) = (self.field, self.values.len(), self.absent);
        let values = self.top(top, |_| true);
        let value = |(value, tally): (Cow<'_, str>, Tally)| FacetValue {
            value: value.into(),
            count: tally.count,
            failures: tally.failures,
            first: tally.first,
            last: tally.last,
        };
        Facet { field, values: values.into_iter().map(value).collect(), distinct, absent }
    }

    /// The commonest values for which the predicate holds, with their counts.
    pub fn commonest(self, top: usize, holds: impl Fn(&str) -> bool) -> Vec<(Box<str>, u64)> {
        self.top(top, holds).into_iter().map(|(value, tally)| (value.into(), tally.count)).collect()
    }

    fn top(self, top: usize, holds: impl Fn(&str) -> bool) -> Vec<(Cow<'a, str>, Tally)> {
        let order = |(a_value, a): &(Cow<'_, str>, Tally),
                     (b_value, b): &(Cow<'_, str>, Tally)|
         -> Ordering { b.count.cmp(&a.count).then_with(|| a_value.cmp(b_value)) };
        let mut values: Vec<_> = self.values.into_iter().filter(|(value, _)| holds(value)).collect();
        if top < values.len() {
            values.select_nth_unstable_by(top, order);
            values.truncate(top);
        }
        values.sort_unstable_by(order);
        values
    }
}

/// What is counted by the codes of the store's dictionary, over all segments.
struct SharedTallies {
    tallies: Vec<Tally>,
    /// The code of the empty text.
    empty: Option<Code>,
}

impl SharedTallies {
    fn new(values: &Values) -> Self {
        Self { tallies: vec![Tally::NONE; values.len() + 1], empty: code_of_empty(values.iter()) }
    }
}

fn code_of_empty<'v>(mut values: impl Iterator<Item = &'v str>) -> Option<Code> {
    values.position(str::is_empty).map(|number| number as Code + 1)
}

/// Counts rows by code, and gives those that have no text, or the empty one.
fn tally(
    segment: &Segment,
    codes: &Codes,
    rows: &Bitmap,
    empty: Option<Code>,
    tallies: &mut [Tally],
) -> Bitmap {
    Bitmap::of_those(rows, |row| {
        let code = codes.get(row);
        let without = code == ABSENT || Some(code) == empty;
        if !without {
            tallies[code as usize].add_row(segment, row);
        }
        without
    })
}
