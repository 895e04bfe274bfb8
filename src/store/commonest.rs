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

/// What all lanes tell of these codes, in their order. `None` where it was cancelled.
pub fn gather<'a>(
    slot: Slot,
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
    let told = cores.each(timeline.lanes(), |lane| {
        let column = lane.segment.text_column(slot);
        let Texts::Shared(codes) = column.texts() else { return Vec::new() };
        let here = codes.iter().enumerate().filter(|(_, code)| among.contains(**code as usize));
        let here: Vec<Asked> = here
            .filter_map(|(number, code)| {
                Some(Asked { code: number as Code + 1, place: *place_of.get(code)? })
            })
            .collect();
        tallies(column.codes(), column.len(), &here, &lane.rows.to_bitmap(), lane.segment)
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

/// What rows of a segment tell of some codes of a column that has so many, by the codes' places.
pub fn tallies(
    codes: &Codes,
    count: usize,
    here: &[Asked],
    rows: &Bitmap,
    segment: &Segment,
) -> Vec<(usize, Tally)> {
    const NOT_ASKED: u32 = u32::MAX;
    if here.is_empty() {
        return Vec::new();
    }
    let mut asked = vec![NOT_ASKED; count + 1];
    let mut table = vec![0u8; count + 1];
    for (number, one) in here.iter().enumerate() {
        asked[one.code as usize] = number as u32;
        table[one.code as usize] = 1;
    }
    let rows = codes.rows_accepted(&table, rows);
    let mut tallies = vec![Tally::NONE; here.len()];
    for row in rows.rows() {
        tallies[asked[codes.get(row) as usize] as usize].add_row(segment, row);
    }
    here.iter()
        .zip(tallies)
        .map(|(one, tally)| (one.place, tally))
        .filter(|(_, tally)| tally.count > 0)
        .collect()
}
