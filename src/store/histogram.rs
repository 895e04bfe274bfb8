//! The histogram of the rows that match: rows are sorted by time, so a bucket is a range of rows,
//! and its counts are counts of bits.

use super::cores::Cores;
use super::order::{Lane, Timeline};
use crate::answer::Histogram;
use crate::interval::{BUCKETS, Interval};

/// Counts the matching rows inside the window; `None` where it was cancelled.
pub fn histogram(timeline: &Timeline<'_>, window: Interval, cores: &Cores<'_>) -> Option<Histogram> {
    let mut histogram = Histogram::empty(window);
    if window.is_empty() {
        return Some(histogram);
    }
    let counted = cores.each(timeline.lanes(), |lane| count(lane, window))?;
    for (bucket, class, count) in counted.into_iter().flatten() {
        histogram.counts[bucket][class] += count;
    }
    Some(histogram)
}

/// The bucket, the class and the count of those matching rows of a lane.
fn count(lane: &Lane<'_>, window: Interval) -> Vec<(usize, usize, u64)> {
    let mut counted = Vec::new();
    let inside = lane.segment.rows_in(window);
    let (Some(mut row), end) = (lane.rows.next(inside.start), inside.end) else { return counted };
    // Newest first: each bucket's rows begin where those of the bucket after it end.
    while row < end {
        let Some(bucket) = window.bucket(lane.segment.time(row)) else { break };
        let next =
            lane.segment.not_older_than(window.bucket_edge(bucket.min(BUCKETS - 1))).clamp(row + 1, end);
        for (class, rows) in lane.segment.classes() {
            let count = lane.rows.count_both_in(rows, row..next);
            if count > 0 {
                counted.push((bucket, class.index(), count as u64));
            }
        }
        match lane.rows.next(next) {
            Some(following) => row = following,
            None => break,
        }
    }
    counted
}
