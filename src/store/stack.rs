//! The histogram's buckets by the values of a field, over the rows that match.
//!
//! Values are numbered as they are met; the rows are gone through twice, once to find the commonest
//! values and once to count them, so that memory is bounded by the distinct values.

use super::order::Timeline;
use super::pairs::{Numbers, Reader};
use crate::answer::stack::{ABSENT, NAMED, OTHERS, Stack, StackBy};
use crate::interval::Interval;

/// Counts the matching rows inside the window; `None` where it was cancelled.
pub fn stack(
    timeline: &Timeline<'_>,
    by: StackBy,
    window: Interval,
    cancelled: &dyn Fn() -> bool,
) -> Option<Stack> {
    let mut numbers = Numbers::default();
    let mut totals: Vec<u64> = Vec::new();
    each(timeline, by, window, cancelled, &mut numbers, |number, _| {
        if let Some(number) = number {
            totals.resize(totals.len().max(number + 1), 0);
            totals[number] += 1;
        }
    })?;
    let mut commonest: Vec<usize> = (0..totals.len()).collect();
    commonest.sort_by(|a, b| {
        totals[*b].cmp(&totals[*a]).then_with(|| numbers.text(*a as u32).cmp(numbers.text(*b as u32)))
    });
    commonest.truncate(NAMED);
    let mut parts = vec![OTHERS; totals.len()];
    for (part, number) in commonest.iter().enumerate() {
        parts[*number] = part;
    }
    let mut stack = Stack::empty(by);
    stack.names = commonest.iter().map(|number| numbers.text(*number as u32).into()).collect();
    each(timeline, by, window, cancelled, &mut numbers, |number, bucket| {
        let part = number.map_or(ABSENT, |number| parts[number]);
        stack.counts[bucket][part] += 1;
    })?;
    Some(stack)
}

/// Calls for each row with its value's number, where it has one, and its bucket.
fn each<'a>(
    timeline: &'a Timeline<'a>,
    by: StackBy,
    window: Interval,
    cancelled: &dyn Fn() -> bool,
    numbers: &mut Numbers<'a>,
    mut row_of: impl FnMut(Option<usize>, usize),
) -> Option<()> {
    let mut found = Vec::new();
    for lane in timeline.lanes() {
        if cancelled() {
            return None;
        }
        let rows = lane.segment.rows_in(window);
        let mut reader = Reader::new(by.field(), lane, timeline.shared());
        let inside = lane.rows.rows().skip_while(|row| *row < rows.start);
        for row in inside.take_while(|row| *row < rows.end) {
            let Some(bucket) = window.bucket(lane.segment.time(row)) else { continue };
            reader.read(row, numbers, &mut found);
            row_of(found.first().map(|number| *number as usize), bucket);
        }
    }
    Some(())
}
