//! The matching rows by the values of a field.
//!
//! The distinct values are numbered as they are met and ranked once; a row then costs two numbers.
//! Only as much is put in order as the rows asked for need. Not here: the meaning of the order
//! (`answer::Sort`).

use std::cmp::Ordering;
use std::net::IpAddr;
use std::ops::Range;

use super::order::{At, Timeline};
use super::pairs::{Number, Numbers, Reader};
use crate::answer::{Order, Sort};
use crate::event::field::Field;
use crate::query::parse::address;
use crate::text;
use crate::timestamp::Timestamp;

/// The rank of a row without a value: after all others.
const WITHOUT: u32 = u32::MAX;

/// Rows of a timeline by the values of a field; beyond a limit the rest by time.
#[derive(Debug)]
pub struct Sorted<'t, 'a> {
    timeline: &'t Timeline<'a>,
    order: Order,
    rows: Vec<Ranked<'t>>,
}

/// A row and the rank of its value.
#[derive(Debug, Clone, Copy)]
struct Ranked<'t> {
    rank: u32,
    at: At<'t>,
}

impl<'t> Sorted<'t, '_> {
    /// The rows by a field: the first `most` of them in the order by time, which also decides where
    /// values are equal. `None` where it was cancelled.
    pub fn new<'a>(
        timeline: &'t Timeline<'a>,
        sort: Sort,
        order: Order,
        most: usize,
        cancelled: &dyn Fn() -> bool,
    ) -> Option<Sorted<'t, 'a>> {
        let total = timeline.matched();
        let (newest, within) = match order {
            Order::NewestFirst => (true, timeline.cuts(most.min(total))),
            Order::OldestFirst => (false, timeline.cuts(total - most.min(total))),
        };
        let mut numbers = Numbers::default();
        let mut found: Vec<Number> = Vec::new();
        // Every row with the numbers of its values; most have one.
        let mut rows: Vec<Ranked<'t>> = Vec::with_capacity(total.min(most));
        let mut several: Vec<(usize, Vec<Number>)> = Vec::new();
        for (lane, cut) in timeline.lanes().iter().zip(within) {
            if cancelled() {
                return None;
            }
            let mut reader = Reader::new(sort.field, lane, timeline.shared());
            let (skip, take) = if newest { (0, cut) } else { (cut, usize::MAX) };
            for row in lane.rows.rows().skip(skip).take(take) {
                reader.read(row, &mut numbers, &mut found);
                if found.len() > 1 {
                    several.push((rows.len(), found.clone()));
                }
                let rank = found.first().copied().unwrap_or(WITHOUT);
                rows.push(Ranked { rank, at: At { segment: lane.segment, row } });
            }
        }
        let ranks = ranks(sort, numbers.texts());
        if cancelled() {
            return None;
        }
        let rank = |number: Number| ranks.get(number as usize).copied().unwrap_or(WITHOUT);
        for row in &mut rows {
            row.rank = rank(row.rank);
        }
        for (place, values) in several {
            rows[place].rank = values.into_iter().map(rank).min().unwrap_or(WITHOUT);
        }
        Some(Sorted { timeline, order, rows })
    }

    /// How many rows stand by the field.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    fn compare(&self, a: Ranked<'t>, b: Ranked<'t>) -> Ordering {
        compare(self.timeline, self.order, a, b)
    }

    /// The rows of these places, as far as there are any.
    pub fn rows(&mut self, places: Range<usize>) -> Vec<At<'t>> {
        let sorted = self.rows.len();
        let here = places.start.min(sorted)..places.end.min(sorted);
        let (timeline, order) = (self.timeline, self.order);
        let by = |a: &Ranked<'t>, b: &Ranked<'t>| compare(timeline, order, *a, *b);
        // Only the places asked for are put in order: the greater and the smaller ones go beside.
        if !here.is_empty() {
            if here.end < sorted {
                self.rows.select_nth_unstable_by(here.end, by);
            }
            if here.start > 0 {
                self.rows[..here.end].select_nth_unstable_by(here.start, by);
            }
            self.rows[here.clone()].sort_unstable_by(by);
        }
        let mut found: Vec<At<'t>> = self.rows[here].iter().map(|row| row.at).collect();
        found.extend(timeline.rows(order, places.start.max(sorted)..places.end.max(sorted)));
        found
    }

    /// The place of a row; `None` where it is not among the rows.
    pub fn place_of_row(&self, at: At<'_>) -> Option<usize> {
        let same = |row: &&Ranked<'t>| std::ptr::eq(row.at.segment, at.segment) && row.at.row == at.row;
        if let Some(row) = self.rows.iter().find(same) {
            let before = |other: &&Ranked<'t>| self.compare(**other, *row) == Ordering::Less;
            return Some(self.rows.iter().filter(before).count());
        }
        let place = self.timeline.place_of_row(self.order, at);
        let stands = self.timeline.rows(self.order, place..place + 1);
        let is_there = stands.iter().any(|row| std::ptr::eq(row.segment, at.segment) && row.row == at.row);
        is_there.then_some(place)
    }

    /// The place of the first row by time at or past an instant; behind all where there is none.
    pub fn place_of_time(&self, time: Timestamp) -> usize {
        let place = self.timeline.place_of_time(self.order, time);
        let row = self.timeline.rows(self.order, place..place + 1).first().copied();
        row.and_then(|row| self.place_of_row(row)).unwrap_or_else(|| self.timeline.matched())
    }
}

fn compare<'t>(timeline: &Timeline<'_>, order: Order, a: Ranked<'t>, b: Ranked<'t>) -> Ordering {
    a.rank.cmp(&b.rank).then_with(|| {
        let by_time = a.at.compare(b.at, timeline.shared());
        if order == Order::OldestFirst { by_time.reverse() } else { by_time }
    })
}

/// What texts are compared by: a number or an address, then the folded text, then the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a>(u128, String, &'a str);

impl<'a> Key<'a> {
    fn of(field: Field, text: &'a str) -> Self {
        let whole = match field {
            Field::Status | Field::Latency => text.parse::<f64>().map_or(u128::MAX, |number| {
                let bits = number.to_bits();
                // The order of numbers as that of whole ones.
                u128::from(if bits >> 63 == 1 { !bits } else { bits | 1 << 63 })
            }),
            Field::Ip => match address(text) {
                Some(IpAddr::V4(v4)) => u128::from(v4.to_bits()),
                Some(IpAddr::V6(v6)) => v6.to_bits(),
                None => u128::MAX,
            },
            _ => u128::MAX,
        };
        Self(whole, text::fold(text), text)
    }
}

/// The rank of each text.
fn ranks(sort: Sort, texts: &[std::borrow::Cow<'_, str>]) -> Vec<u32> {
    let mut keys: Vec<(Key<'_>, usize)> =
        texts.iter().enumerate().map(|(number, text)| (Key::of(sort.field, text), number)).collect();
    keys.sort_unstable();
    if sort.descending {
        keys.reverse();
    }
    let mut ranks = vec![WITHOUT; texts.len()];
    for (rank, (_, number)) in keys.into_iter().enumerate() {
        ranks[number] = rank as u32;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::event::Event;
    use crate::interval::Interval;
    use crate::query::Query;
    use crate::store::{Duplicates, Limits, Store};
    use crate::timestamp::SECOND;

    /// Entries of a name each, one a second, the oldest first.
    fn named(names: &[&str]) -> Vec<Event> {
        let event = |(place, name): (usize, &&str)| {
            let mut event = crate::query::generate::bare_event(&place.to_string(), "2026-05-20T00:00:00Z");
            event.time = event.time.plus(place as i64 * SECOND);
            event.actor.name = (!name.is_empty()).then(|| (*name).to_owned());
            event
        };
        names.iter().enumerate().map(event).collect()
    }

    #[test]
    fn beyond_the_limit_rows_stand_by_time_and_every_row_is_found() {
        let mut store = Store::with_limits(Duplicates::KeepAll, Limits { rows: 4, ..Limits::default() });
        for batch in named(&["c", "", "b", "A", "e", "a", "d", "B"]).chunks(3) {
            store.append(batch.to_vec());
        }
        let snapshot = store.snapshot();
        let all = Arc::new(Query::all());
        let timeline =
            snapshot.timeline(&all, Interval::ALL, &snapshot.cores(&|| false)).expect("nobody cancels it");
        let names = |order, most, descending| {
            let sort = Sort { field: Field::Actor, descending };
            let mut sorted = Sorted::new(&timeline, sort, order, most, &|| false).expect("not cancelled");
            let rows = sorted.rows(0..20);
            for (place, at) in rows.iter().enumerate() {
                assert_eq!(sorted.place_of_row(*at), Some(place));
                assert_eq!(sorted.rows(place..place + 1).len(), 1);
            }
            let name = |at: &At<'_>| at.segment.event(at.row, timeline.shared()).actor.name;
            let names: Vec<String> = rows.iter().map(|at| name(at).unwrap_or("-".into())).collect();
            (sorted.len(), names.join(""))
        };
        let is = |sorted: usize, names: &str| (sorted, names.to_owned());
        assert_eq!(names(Order::NewestFirst, 100, false), is(8, "AaBbcde-"));
        assert_eq!(names(Order::OldestFirst, 100, true), is(8, "edcbBaA-"));
        // The newest four are B d a e, the oldest four c - b A.
        assert_eq!(names(Order::NewestFirst, 4, false), is(4, "aBdeAb-c"));
        assert_eq!(names(Order::OldestFirst, 4, false), is(4, "Abc-eadB"));
        assert_eq!(names(Order::NewestFirst, 0, false), is(0, "BdaeAb-c"));
    }
}
