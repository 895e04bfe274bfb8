//! Counting without keeping: the headless histogram. A count that a later copy of the entry
//! changes moves.

use std::collections::HashMap;
use std::mem::size_of;
use std::sync::Arc;

use super::{Duplicates, OverMemory};
use crate::answer::Histogram;
use crate::event::{Class, Event, Identity, Rank};
use crate::interval::Interval;
use crate::query::Query;
use crate::timestamp::Timestamp;

/// Counts of what matches, each entry once. Memory: some bytes an identity that was counted.
#[derive(Debug)]
pub struct Tally {
    filter: Arc<Query>,
    max_bytes: u64,
    histogram: Histogram,
    /// `None`: nothing is a duplicate.
    counted: Option<HashMap<Identity, Counted>>,
    matched: u64,
}

/// How an entry was counted.
#[derive(Debug, Clone, Copy)]
struct Counted {
    rank: Rank,
    /// `None`: a single record that did not match.
    at: Option<(Timestamp, Class)>,
}

impl Tally {
    /// Counts what matches the filter inside the window into its 144 buckets. `max_bytes` is what the
    /// identities may take in memory.
    pub fn new(filter: Arc<Query>, window: Interval, max_bytes: u64, duplicates: Duplicates) -> Self {
        let counted = (duplicates == Duplicates::KeepOne).then(HashMap::new);
        Self { filter, max_bytes, histogram: Histogram::empty(window), counted, matched: 0 }
    }

    /// Counts an entry, or moves the count of an earlier copy, by the rules of [`super::Gather::push`].
    pub fn push(&mut self, event: &Event) -> Result<(), OverMemory> {
        let window = self.histogram.window;
        let matches = window.contains(event.time) && self.filter.matches(event);
        let at = matches.then(|| (event.time, event.class()));
        if let Some(counted) = &mut self.counted {
            match counted.get(&event.identity).copied() {
                Some(earlier) if earlier.rank > event.rank => return Ok(()),
                Some(Counted { at: Some((time, class)), .. }) => {
                    if let Some(bucket) = window.bucket(time) {
                        self.histogram.counts[bucket][class.index()] -= 1;
                        self.matched -= 1;
                    }
                }
                _ => {}
            }
            if at.is_some() || event.rank == Rank::Single {
                counted.insert(event.identity, Counted { rank: event.rank, at });
            } else {
                counted.remove(&event.identity);
            }
        }
        if let Some((time, class)) = at {
            self.histogram.count(time, class);
            self.matched += 1;
        }
        if self.memory_bytes() > self.max_bytes {
            return Err(OverMemory { limit: self.max_bytes });
        }
        Ok(())
    }

    /// How many were counted.
    pub fn matched(&self) -> u64 {
        self.matched
    }

    /// About how much memory the identities take.
    pub fn memory_bytes(&self) -> u64 {
        let entry = size_of::<(Identity, Counted)>() + 1;
        self.counted.as_ref().map_or(0, |counted| (counted.capacity() * entry) as u64)
    }

    /// The counts so far.
    pub fn histogram(&self) -> &Histogram {
        &self.histogram
    }

    /// The counts.
    pub fn finish(self) -> Histogram {
        self.histogram
    }
}
