//! The commonest of many values that were counted by their codes, and what else is told of those few.
//!
//! Not here: the counting (`store::facet`).

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use hashbrown::HashMap;

use super::bitmap::Bitmap;
use super::column::{Codes, Texts};
use super::cores::Cores;
use super::dictionary::Code;
use super::facet::Tally;
use super::order::Timeline;
use super::segment::Segment;
use super::slot::Slot;

/// The count that the last of the commonest so many values has for which the predicate holds; 1
/// where there are not so many.
pub fn least_of_top(counts: &[u32], top: usize, holds: impl Fn(usize) -> bool) -> u32 {
    let mut commonest: BinaryHeap<Reverse<u32>> = BinaryHeap::new();
    let mut least = 0;
    for (code, count) in counts.iter().enumerate().skip(1) {
        if *count > least && holds(code) {
            commonest.push(Reverse(*count));
            if commonest.len() > top {
                commonest.pop();
            }
            if commonest.len() == top {
                least = commonest.peek().map_or(u32::MAX, |Reverse(count)| *count);
            }
        }
    }
    if top == 0 { u32::MAX } else { least.max(1) }
}

/// The commonest so many, ties by text ascending, in that order.
pub fn commonest<T>(mut values: Vec<T>, top: usize, order: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    if top < values.len() {
        values.select_nth_unstable_by(top, &order);
        values.truncate(top);
    }
    values.sort_unstable_by(order);
    values
}

/// What all lanes tell of these codes, in their order; each lane counted its own codes already. `None`
/// where it was cancelled.
pub fn gather<'a>(
    slot: Slot,
    counts: &[Vec<u32>],
    timeline: &'a Timeline<'a>,
    winners: Vec<usize>,
    text: impl Fn(usize) -> Cow<'a, str>,
    cores: &Cores<'_>,
) -> Option<Vec<(Cow<'a, str>, Tally)>> {
    let mut place_of: HashMap<Code, usize> = HashMap::new();
    let mut among = Bitmap::none(timeline.shared()[slot as usize].len() + 1);
    let mut gathered: Vec<(Cow<'a, str>, Tally)> = Vec::with_capacity(winners.len());
    for code in winners {
        place_of.insert(code as Code, gathered.len());
        among.insert(code);
        gathered.push((text(code), Tally::NONE));
    }
    let lanes: Vec<_> = timeline.lanes().iter().zip(counts).collect();
    let told = cores.each(&lanes, |(lane, counts)| {
        let column = lane.segment.text_column(slot);
        let Texts::Shared(codes) = column.texts() else { return Vec::new() };
        let here = codes.iter().enumerate().filter(|(_, code)| among.contains(**code as usize));
        let here: Vec<Asked> = here
            .filter_map(|(number, code)| {
                Some(Asked { code: number as Code + 1, place: *place_of.get(code)? })
            })
            .collect();
        tallies(column.codes(), counts, &here, &lane.rows.to_bitmap(), lane.segment)
    })?;
    for (place, tally) in told.into_iter().flatten() {
        gathered[place].1.add(tally);
    }
    Some(gathered)
}

/// A code of a segment's column that is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// The code.
    pub code: Code,
    /// The place among the answers of what is told of it.
    pub place: usize,
}

/// What rows of a segment tell of some codes of a column, by the codes' places; so many of the rows
/// have each code. Failures are counted among the rows that failed, and the newest and the oldest row is
/// looked for from either end: most rows are not looked at.
pub fn tallies(
    codes: &Codes,
    counts: &[u32],
    here: &[Asked],
    rows: &Bitmap,
    segment: &Segment,
) -> Vec<(usize, Tally)> {
    let here: Vec<Asked> = here.iter().copied().filter(|one| counts[one.code as usize] > 0).collect();
    if here.is_empty() {
        return Vec::new();
    }
    let number = numbers(codes, counts.len(), &here);
    let mut failed = rows.clone();
    failed.intersect(segment.failures());
    let mut failures = vec![0; here.len()];
    failed.rows().filter_map(&number).for_each(|number| failures[number] += 1);
    let backwards = std::iter::successors(rows.last_before(segment.len()), |row| rows.last_before(*row));
    let newest = first_of_each(rows.rows(), &number, here.len());
    let oldest = first_of_each(backwards, &number, here.len());
    let tally = |(number, one): (usize, &Asked)| {
        let tally = Tally {
            count: counts[one.code as usize].into(),
            failures: failures[number],
            first: segment.time(oldest[number]?),
            last: segment.time(newest[number]?),
        };
        Some((one.place, tally))
    };
    here.iter().enumerate().filter_map(tally).collect()
}

/// As [`tallies`], of so many codes that were not counted; `None` where not so few rows have those that
/// are asked about that each is looked at.
pub fn tallies_of_few(
    codes: &Codes,
    count: usize,
    here: &[Asked],
    rows: &Bitmap,
    segment: &Segment,
) -> Option<Vec<(usize, Tally)>> {
    /// Less than one in so many.
    const FEW: usize = 16;
    let mut table = vec![0; count + 1];
    for one in here {
        table[one.code as usize] = 1;
    }
    let having = codes.rows_where_code(&table, rows);
    if having.count() > segment.len() / FEW {
        return None;
    }
    let number = numbers(codes, count + 1, here);
    let mut tallies = vec![Tally::NONE; here.len()];
    for row in having.rows() {
        if let Some(number) = number(row) {
            tallies[number].add_row(segment, row);
        }
    }
    Some(here.iter().map(|one| one.place).zip(tallies).collect())
}

/// Which of the codes that are asked about a row has, of so many codes.
fn numbers(codes: &Codes, count: usize, here: &[Asked]) -> impl Fn(usize) -> Option<usize> {
    let mut asked = vec![u32::MAX; count];
    for (number, one) in here.iter().enumerate() {
        asked[one.code as usize] = number as u32;
    }
    let most = here.len();
    move |row| Some(asked[codes.get(row) as usize] as usize).filter(|number| *number < most)
}

/// The first row of each number; no row beyond what is needed is looked at.
fn first_of_each(
    rows: impl Iterator<Item = usize>,
    number: &impl Fn(usize) -> Option<usize>,
    count: usize,
) -> Vec<Option<usize>> {
    let mut first = vec![None; count];
    let mut left = count;
    for row in rows {
        if let Some(place) = number(row).map(|number| &mut first[number])
            && place.is_none()
        {
            *place = Some(row);
            left -= 1;
            if left == 0 {
                break;
            }
        }
    }
    first
}
