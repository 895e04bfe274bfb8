//! The histogram of the rows that match: rows are sorted by time, so a bucket is a range of rows,
//! and its counts are counts of bits.

use super::bitmap::Ranked;
use super::order::{Lane, Timeline};
use crate::answer::Histogram;
use crate::interval::{BUCKETS, Interval};

/// Counts the matching rows inside the window; `None` where it was cancelled.
pub fn histogram(
    timeline: &Timeline<'_>,
    window: Interval,
    cancelled: &dyn Fn() -> bool,
) -> Option<Histogram> {
    let mut histogram = Histogram::empty(window);
    for lane in timeline.lanes() {
        if cancelled() {
            return None;
        }
        let rows = lane.segment.rows_in(window);
        let matching = lane.rows.rank(rows.end) - lane.rows.rank(rows.start);
        if matching < BUCKETS {
            let inside = lane.rows.bitmap().rows().skip_while(|row| *row < rows.start);
            for row in inside.take_while(|row| *row < rows.end) {
                histogram.count(lane.segment.time(row), lane.segment.class(row));
            }
        } else {
            count_bits(lane, &mut histogram);
        }
    }
    Some(histogram)
}

fn count_bits(lane: &Lane<'_>, histogram: &mut Histogram) {
    // Newest first: the rows of a bucket begin where those not older than its end stop.
    let edges: Vec<usize> =
        (0..=BUCKETS).map(|edge| lane.segment.not_older_than(histogram.window.bucket_edge(edge))).collect();
    for (class, rows) in lane.segment.classes() {
        let mut both = rows.clone();
        both.intersect(lane.rows.bitmap());
        let both = Ranked::new(both);
        let ranks: Vec<usize> = edges.iter().map(|row| both.rank(*row)).collect();
        for (counts, ends) in histogram.counts.iter_mut().zip(ranks.windows(2)) {
            counts[class.index()] += (ends[0] - ends[1]) as u64;
        }
    }
}
