//! Where the matching rows of all segments stand in one order: rows by place, place by row, and the
//! walk through them.
//!
//! Each segment is sorted, so a place among all is found by rank and select, without walking there;
//! only the rows asked for are merged one by one.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use super::dictionary::Values;
use super::segment::Segment;
use super::selected::Selected;
use crate::answer::Order;
use crate::event::{Class, Event, Rank};
use crate::timestamp::Timestamp;

/// A row of a segment.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The segment.
    pub segment: &'a Segment,
    /// The row within it.
    pub row: usize,
}

impl At<'_> {
    pub(super) fn compare(self, other: Self, shared: &[Values]) -> Ordering {
        self.segment.compare(self.row, other.segment, other.row, shared)
    }
}

/// The rows of one segment that match.
#[derive(Debug)]
pub struct Lane<'a> {
    /// The segment.
    pub segment: &'a Segment,
    /// Its rows that match.
    pub rows: Selected,
    /// How many of them are of each class, where that is known.
    known: Option<ByClass>,
}

/// How many rows are of each class ([`Class::index`]).
pub type ByClass = [u32; Class::COUNT];

/// How many of these rows of a segment are of each class.
pub fn by_class(segment: &Segment, rows: &Selected) -> ByClass {
    let mut counts = ByClass::default();
    for (class, of_class) in segment.classes() {
        counts[class.index()] = rows.count_both_in(of_class, 0..segment.len()) as u32;
    }
    counts
}

impl<'a> Lane<'a> {
    /// The lane of these rows.
    pub fn new(segment: &'a Segment, rows: Selected) -> Self {
        Self { segment, rows, known: None }
    }

    /// The same, where it is known how many are of each class.
    pub fn knowing(segment: &'a Segment, rows: Selected, known: Option<ByClass>) -> Self {
        Self { segment, rows, known }
    }

    /// How many of its rows are of each class.
    pub fn by_class(&self) -> ByClass {
        self.known.unwrap_or_else(|| by_class(self.segment, &self.rows))
    }

    /// How many matching rows stand before a row of any segment, newest first.
    fn before(&self, at: At<'_>, shared: &[Values]) -> usize {
        let time = at.segment.time(at.row);
        let (first, last) = (self.segment.newer_than(time), self.segment.not_older_than(time));
        let ties = partition_point(first..last, |row| {
            At { segment: self.segment, row }.compare(at, shared) == Ordering::Less
        });
        self.rows.rank(ties)
    }
}

/// The first number of a range for which the predicate, which holds at first and then no more, does
/// not hold.
fn partition_point(range: Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
    let Range { mut start, mut end } = range;
    while start < end {
        let middle = start + (end - start) / 2;
        if holds(middle) {
            start = middle + 1;
        } else {
            end = middle;
        }
    }
    start
}

/// All rows that match, of all segments.
#[derive(Debug)]
pub struct Timeline<'a> {
    lanes: Arc<[Lane<'a>]>,
    shared: &'a [Values],
    matched: usize,
}

impl<'a> Timeline<'a> {
    /// The timeline of these rows.
    pub fn new(lanes: Vec<Lane<'a>>, shared: &'a [Values]) -> Self {
        let matched = lanes.iter().map(|lane| lane.rows.count()).sum();
        Self { lanes: lanes.into(), shared, matched }
    }

    /// The segments' matching rows.
    pub fn lanes(&self) -> &[Lane<'a>] {
        &self.lanes
    }

    /// The values of the text columns that segments share.
    pub fn shared(&self) -> &'a [Values] {
        self.shared
    }

    /// How many rows match.
    pub fn matched(&self) -> usize {
        self.matched
    }

    /// How many matching rows tell of their changes ([`crate::answer::Told`]).
    pub fn telling(&self) -> usize {
        let tells = |lane: &Lane<'_>, row: usize| {
            lane.segment.changes().present().contains(row) || lane.segment.rank(row) == Rank::Single
        };
        let count = |lane: &Lane<'_>| lane.rows.rows().filter(|row| tells(lane, *row)).count();
        self.lanes.iter().map(count).sum()
    }

    /// The rows of these places in the order asked, as far as there are any.
    pub fn rows(&self, order: Order, places: Range<usize>) -> Vec<At<'a>> {
        let places = places.start.min(self.matched)..places.end.min(self.matched);
        if places.is_empty() {
            return Vec::new();
        }
        match order {
            Order::NewestFirst => self.walk(places.start).take(places.len()).collect(),
            Order::OldestFirst => {
                let mut rows: Vec<_> = self.walk(self.matched - places.end).take(places.len()).collect();
                rows.reverse();
                rows
            }
        }
    }

    /// The place of a row in the order asked: how many matching rows come before it.
    pub fn place_of_row(&self, order: Order, at: At<'_>) -> usize {
        let newer: usize = self.lanes.iter().map(|lane| lane.before(at, self.shared)).sum();
        match order {
            Order::NewestFirst => newer,
            Order::OldestFirst => {
                let itself = self
                    .lanes
                    .iter()
                    .any(|lane| std::ptr::eq(lane.segment, at.segment) && lane.rows.contains(at.row));
                self.matched - newer - usize::from(itself)
            }
        }
    }

    /// The place of the first row at or past an instant in the order asked.
    pub fn place_of_time(&self, order: Order, time: Timestamp) -> usize {
        match order {
            Order::NewestFirst => {
                self.lanes.iter().map(|lane| lane.rows.rank(lane.segment.newer_than(time))).sum()
            }
            Order::OldestFirst => self
                .lanes
                .iter()
                .map(|lane| lane.rows.count() - lane.rows.rank(lane.segment.not_older_than(time)))
                .sum(),
        }
    }

    /// The rows newest first, from this place on.
    pub fn walk(&self, from: usize) -> Walk<'a> {
        let heap = self
            .cuts(from)
            .into_iter()
            .enumerate()
            .filter_map(|(lane, rank)| {
                let row = self.lanes[lane].rows.select(rank)?;
                Some(Head { at: At { segment: self.lanes[lane].segment, row }, lane, shared: self.shared })
            })
            .collect();
        Walk { lanes: Arc::clone(&self.lanes), heap, left: self.matched - from.min(self.matched) }
    }

    /// For each lane, how many of its rows are among the first `place` of all.
    ///
    /// Ranges of ranks are narrowed by pivots: the weighted median of the ranges' middles, so that
    /// each round rules out at least a quarter of what is left, however the segments lie in time. A lane
    /// whose range is decided is not asked again: mostly each has a time of its own, and one round
    /// decides half of them.
    pub(super) fn cuts(&self, place: usize) -> Vec<usize> {
        let mut ranges: Vec<Range<usize>> = self.lanes.iter().map(|lane| 0..lane.rows.count()).collect();
        if place == 0 {
            return ranges.into_iter().map(|range| range.start).collect();
        }
        if place >= self.matched {
            return ranges.into_iter().map(|range| range.end).collect();
        }
        let mut open: Vec<usize> = (0..ranges.len()).filter(|lane| !ranges[*lane].is_empty()).collect();
        // How many of the first rows are in the other lanes.
        let mut decided = 0;
        while let Some(pivot) = self.pivot(&open, &ranges) {
            // What lies outside its range would not change on which side of the place the pivot stands.
            let before = |lane: &usize| {
                let range = &ranges[*lane];
                self.lanes[*lane].before(pivot, self.shared).clamp(range.start, range.end)
            };
            let before: Vec<usize> = open.iter().map(before).collect();
            let is_first = decided + before.iter().sum::<usize>() < place;
            for (lane, before) in open.iter().zip(before) {
                let range = &mut ranges[*lane];
                // The pivot itself is the row after those before it, in its own lane.
                let own = usize::from(std::ptr::eq(self.lanes[*lane].segment, pivot.segment));
                if is_first {
                    range.start = range.start.max(before + own);
                } else {
                    range.end = range.end.min(before);
                }
            }
            open.retain(|lane| {
                let range = &ranges[*lane];
                if range.is_empty() {
                    decided += range.start;
                }
                !range.is_empty()
            });
        }
        ranges.into_iter().map(|range| range.start).collect()
    }

    /// A row near the middle of what the ranges of ranks of these lanes hold; `None` where there is none.
    fn pivot(&self, lanes: &[usize], ranges: &[Range<usize>]) -> Option<At<'a>> {
        let middle = |lane: &usize| {
            let (Lane { segment, rows, .. }, range) = (&self.lanes[*lane], &ranges[*lane]);
            let row = rows.select(range.start + range.len() / 2)?;
            Some((At { segment, row }, range.len()))
        };
        let mut middles: Vec<(At<'a>, usize)> = lanes.iter().filter_map(middle).collect();
        middles.sort_unstable_by(|(a, _), (b, _)| a.compare(*b, self.shared));
        let half = middles.iter().map(|(_, weight)| weight).sum::<usize>().div_ceil(2);
        let mut sum = 0;
        middles
            .into_iter()
            .find(|(_, weight)| {
                sum += weight;
                sum >= half
            })
            .map(|(at, _)| at)
    }
}

/// The matching rows newest first.
#[derive(Debug)]
pub struct Walk<'a> {
    lanes: Arc<[Lane<'a>]>,
    heap: BinaryHeap<Head<'a>>,
    left: usize,
}

impl<'a> Iterator for Walk<'a> {
    type Item = At<'a>;

    fn next(&mut self) -> Option<At<'a>> {
        let mut head = self.heap.peek_mut()?;
        let at = head.at;
        self.left = self.left.saturating_sub(1);
        match self.lanes[head.lane].rows.next(at.row + 1) {
            Some(row) => head.at.row = row,
            None => {
                std::collections::binary_heap::PeekMut::pop(head);
            }
        }
        Some(at)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// The next row of a lane; the greatest is the newest.
#[derive(Debug)]
struct Head<'a> {
    at: At<'a>,
    lane: usize,
    shared: &'a [Values],
}

impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.compare(self.at, self.shared)
    }
}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head<'_> {}

/// The events that match, newest first; how many are left is its [`Iterator::size_hint`].
#[derive(Debug)]
pub struct Matching<'a> {
    walk: Walk<'a>,
    shared: &'a [Values],
}

impl<'a> Matching<'a> {
    pub(super) fn new(timeline: &Timeline<'a>) -> Self {
        Self { walk: timeline.walk(0), shared: timeline.shared }
    }
}

impl Iterator for Matching<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let At { segment, row } = self.walk.next()?;
        Some(segment.event(row, self.shared))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.walk.size_hint()
    }
}

impl ExactSizeIterator for Matching<'_> {}
