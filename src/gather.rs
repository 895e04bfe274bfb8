//! Headless collection: of everything that comes, what matches is kept (or counted) once, whatever
//! order and however often it comes.
//!
//! Not here: fetching, and writing what was gathered (`export`).

mod tally;

use std::collections::{HashMap, HashSet};
use std::mem::size_of;
use std::sync::Arc;

use crate::changes::Chain;
pub use crate::changes::Duplicates;
use crate::event::{Event, Identity, Rank};
use crate::interval::Interval;
use crate::query::Query;
use crate::text;
pub use tally::Tally;

/// More matched than may be held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the entries that match need more than the {} that may be used for them: narrow the window or the filter, set --limit, or raise --max-memory",
    text::bytes(*.limit)
)]
pub struct OverMemory {
    /// The limit, bytes.
    pub limit: u64,
}

/// What matches of everything that came, kept in memory until the end.
#[derive(Debug)]
pub struct Gather {
    filter: Arc<Query>,
    window: Interval,
    /// The N newest are wanted.
    limit: Option<usize>,
    max_bytes: u64,
    kept: Kept,
    /// Single records that did not match: a list row of the same entry must not come back in.
    refused: HashSet<Identity>,
    chain: Chain,
    bytes: u64,
}

#[derive(Debug)]
enum Kept {
    ByIdentity(HashMap<Identity, Event>),
    All(Vec<Event>),
}

/// How many more than the limit are held before the oldest are let go, at least: so that a kept
/// entry that a later copy takes out has a successor at hand.
const RESERVE: usize = 1024;

impl Gather {
    /// Keeps what matches the filter inside the window; of it, with a limit, the newest so many.
    /// `max_bytes` is what all of it may take in memory.
    pub fn new(
        filter: Arc<Query>,
        window: Interval,
        limit: Option<usize>,
        max_bytes: u64,
        duplicates: Duplicates,
    ) -> Self {
        let kept = match duplicates {
            Duplicates::KeepOne => Kept::ByIdentity(HashMap::new()),
            Duplicates::KeepAll => Kept::All(Vec::new()),
        };
        Self {
            filter,
            window,
            limit,
            max_bytes,
            kept,
            refused: HashSet::new(),
            chain: Chain::new(duplicates),
            bytes: 0,
        }
    }

    /// Takes in an entry. Of two with one identity the higher rank stands, of equals the last; where
    /// that one does not match, neither is kept. After an error nothing that was kept is lost.
    pub fn push(&mut self, event: Event) -> Result<(), OverMemory> {
        self.chain.note(&event);
        let matches = self.window.contains(event.time) && self.filter.matches(&event);
        match &mut self.kept {
            Kept::All(events) => {
                if matches {
                    self.bytes += weight(&event);
                    events.push(event);
                }
            }
            Kept::ByIdentity(events) => {
                let identity = event.identity;
                let stands_above = |earlier: Rank| earlier > event.rank;
                let outranked = events.get(&identity).is_some_and(|kept| stands_above(kept.rank))
                    || (event.rank == Rank::ListRow && self.refused.contains(&identity));
                if outranked {
                    return Ok(());
                }
                if let Some(earlier) = events.remove(&identity) {
                    self.bytes -= weight(&earlier);
                }
                if matches {
                    self.refused.remove(&identity);
                    self.bytes += weight(&event);
                    events.insert(identity, event);
                } else if event.rank == Rank::Single {
                    self.refused.insert(identity);
                }
            }
        }
        self.let_go();
        if self.memory_bytes() > self.max_bytes {
            return Err(OverMemory { limit: self.max_bytes });
        }
        Ok(())
    }

    /// Lets go of what is surely older than the newest `limit`. Where single records may still
    /// change what matches, everything is held until the end.
    fn let_go(&mut self) {
        let Some(limit) = self.limit.filter(|_| !self.filter.needs_changes()) else {
            return;
        };
        let hold = limit.saturating_add(limit.max(RESERVE));
        if self.len() <= hold.saturating_add(RESERVE) {
            return;
        }
        let mut events = match &mut self.kept {
            Kept::All(events) => std::mem::take(events),
            Kept::ByIdentity(events) => std::mem::take(events).into_values().collect(),
        };
        events.select_nth_unstable_by(hold, Event::newest_first);
        events.truncate(hold);
        self.bytes = events.iter().map(weight).sum();
        match &mut self.kept {
            Kept::All(kept) => *kept = events,
            Kept::ByIdentity(kept) => kept.extend(events.into_iter().map(|event| (event.identity, event))),
        }
    }

    /// How many are kept at present; with a limit there may be more than it.
    pub fn len(&self) -> usize {
        match &self.kept {
            Kept::All(events) => events.len(),
            Kept::ByIdentity(events) => events.len(),
        }
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those kept at present, in no order: of which single records are to be fetched.
    pub fn kept(&self) -> Box<dyn Iterator<Item = &Event> + '_> {
        match &self.kept {
            Kept::All(events) => Box::new(events.iter()),
            Kept::ByIdentity(events) => Box::new(events.values()),
        }
    }

    /// About how much memory everything takes.
    pub fn memory_bytes(&self) -> u64 {
        self.bytes + self.chain.memory_bytes() + (self.refused.len() * 2 * size_of::<Identity>()) as u64
    }

    /// What was gathered, newest first ([`Event::newest_first`]), `after` of each change filled in
    /// as far as anything that came tells it.
    pub fn finish(self) -> Vec<Event> {
        let mut events: Vec<Event> = match self.kept {
            Kept::All(events) => events,
            Kept::ByIdentity(events) => events.into_values().collect(),
        };
        // Stable: what is equal in everything that orders keeps the order in which it came.
        events.sort_by(Event::newest_first);
        events.truncate(self.limit.unwrap_or(usize::MAX));
        for event in &mut events {
            self.chain.fill(event);
        }
        events
    }
}

/// What an allocation takes besides its length, about, bytes.
const ALLOCATION: usize = 16;

/// About how much memory an event takes where it is kept in a map (whose table is at most half
/// empty), bytes.
pub fn weight(event: &Event) -> u64 {
    let texts = [
        &event.id,
        &event.action,
        &event.method,
        &event.endpoint,
        &event.actor.kind,
        &event.actor.id,
        &event.actor.name,
        &event.actor.email,
        &event.target.kind,
        &event.target.id,
        &event.target.name,
        &event.organization,
        &event.project,
        &event.ip,
        &event.client,
        &event.user_agent,
        &event.request_id,
        &event.message,
    ];
    let text = |length: usize| if length == 0 { 0 } else { length + ALLOCATION };
    let texts: usize = texts.into_iter().flatten().map(|slot| text(slot.capacity())).sum();
    let changes: usize = event
        .changes
        .iter()
        .flatten()
        .map(|change| {
            let sides = [&change.before, &change.after].into_iter().flatten();
            size_of::<crate::event::Change>()
                + text(change.path.len())
                + sides.map(|side| text(side.as_str().len())).sum::<usize>()
        })
        .sum();
    let record = text(event.record.as_str().len()) + 2 * size_of::<usize>();
    let fixed = 2 * (size_of::<Event>() + size_of::<Identity>());
    (fixed + texts + changes + record) as u64
}

#[cfg(test)]
mod tests;
