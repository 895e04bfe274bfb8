//! What is counted on a walk: whether pages come newest first, and entries towards the limit.

use std::collections::HashSet;
use std::sync::Arc;

use crate::event::Identity;
use crate::fetch::body::PageEntries;
use crate::query::Query;
use crate::timestamp::Timestamp;

/// Whether pages come newest first, as the descriptor says.
pub struct Order {
    /// Whether they do so far.
    pub held: bool,
    /// The oldest time of the page that came last.
    pub last: Option<Timestamp>,
}

impl Order {
    /// As the descriptor says, until a page says otherwise.
    pub fn new(newest_first: bool) -> Self {
        Self { held: newest_first, last: None }
    }

    /// Whether a page is in order and not newer than what came before it.
    pub fn goes_on(&self, entries: &PageEntries) -> bool {
        let after = match (self.last, entries.first) {
            (Some(last), Some(first)) => first <= last,
            _ => true,
        };
        after && entries.descending
    }

    /// Takes note of a page.
    pub fn see(&mut self, entries: &PageEntries) {
        self.held &= self.goes_on(entries);
        self.last = entries.oldest.or(self.last);
    }
}

/// Counts towards `--limit`.
pub struct Limit {
    most: usize,
    filter: Option<Arc<Query>>,
    seen: HashSet<Identity>,
    /// The time of the entry that reached the limit.
    reached_at: Option<Timestamp>,
}

impl Limit {
    /// Of so many entries that match the filter, each counted once.
    pub fn new(most: usize, filter: Option<Arc<Query>>) -> Self {
        Self { most, filter, seen: HashSet::new(), reached_at: None }
    }

    /// Whether the newest so many have certainly come. At the instant of the last one of them there
    /// may be more, which stand before it by their ids; so an older entry must have been seen.
    pub fn take(&mut self, entries: &PageEntries) -> bool {
        for event in &entries.inside {
            if self.seen.len() < self.most && self.filter.as_ref().is_none_or(|filter| filter.matches(event))
            {
                self.seen.insert(event.identity);
                if self.seen.len() == self.most {
                    self.reached_at = Some(event.time);
                }
            }
        }
        let reached = if self.most == 0 { Some(Timestamp::MAX) } else { self.reached_at };
        matches!((reached, entries.oldest), (Some(reached), Some(oldest)) if oldest < reached)
    }
}
