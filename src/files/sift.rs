//! What a question leaves of a file, and an account of the rest: for those who ask once, and need
//! neither every entry nor a store of them.
//!
//! The filter is asked of entries that borrow from their lines; only what matches gets texts of its
//! own. Not here: finding entries (`taker`), reading a file by all cores (`pieces`), and keeping what
//! matches (`gather`).

use std::cell::Cell;
use std::sync::Arc;

use super::content::Progress;
use super::gather::{Gather, Glance, PAGE_ENTRIES, Room, tells_changes};
use super::pieces::{InFile, Piece, Pieces};
use crate::event::field::{Field, FieldSet};
use crate::event::{Class, Event};
use crate::fetch::outlet::{Cancelled, Outlet};
use crate::fetch::{Part, Sifted, Skipped, Update};
use crate::interval::Interval;
use crate::provider::mapping::Entry;
use crate::query::Query;
use crate::query::asked::Asked;
use crate::store::SharedRecords;
use crate::timestamp::Timestamp;

/// A question that files are read for.
#[derive(Debug, Clone)]
pub struct Sieve {
    /// What must match.
    pub filter: Arc<Query>,
    /// Of which time.
    pub window: Interval,
    /// What is wanted of that.
    pub keep: Keep,
}

/// What is wanted of the entries that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The entries.
    Entries,
    /// When they were, and their classes.
    Times,
}

/// How many entries are looked at, at most, before what was found is handed over.
const LOOKED_AT: u64 = 16 * PAGE_ENTRIES as u64;

/// Sifts entries.
pub(super) struct Sifting<'s> {
    sieve: &'s Sieve,
    /// What must be known of an entry.
    asked: FieldSet,
    found: Sifted,
}

impl<'s> Sifting<'s> {
    pub(super) fn new(sieve: &'s Sieve, part: &Part) -> Self {
        let mut asked = sieve.filter.fields();
        if sieve.keep == Keep::Entries {
            asked.insert(Field::Changes);
        }
        Self { sieve, asked, found: Sifted::nothing(part) }
    }

    /// Looks at an entry; whether it is wanted itself.
    fn wants(&mut self, entry: &impl Asked, time: Timestamp, class: impl FnOnce() -> Class) -> bool {
        let Sifted { entries, outside, times, counted, .. } = &mut self.found;
        *entries += 1;
        let (oldest, newest) = times.get_or_insert((time, time));
        *oldest = time.min(*oldest);
        *newest = time.max(*newest);
        let is_inside = self.sieve.window.contains(time);
        *outside += u64::from(!is_inside);
        let matches = is_inside && self.sieve.filter.matches_any(entry);
        match self.sieve.keep {
            Keep::Entries => matches,
            Keep::Times => {
                if matches {
                    counted.push((time, class()));
                }
                false
            }
        }
    }

    /// Whether an entry tells what others changed, and somebody looks at these.
    fn tells(&self, changes: Option<&[crate::event::Change]>) -> bool {
        self.sieve.keep == Keep::Entries && tells_changes(changes)
    }
}

/// Lines of a piece, about: what matches of a piece is held until the piece is read.
const LINES: u64 = 4_000;

impl Pieces for Sieve {
    fn lines(&self) -> u64 {
        LINES
    }

    fn piece<'p>(
        &'p self,
        part: &Part,
        _file: &'p SharedRecords,
        _place: &'p Cell<InFile>,
    ) -> Box<dyn Piece + 'p> {
        Box::new(Sifting::new(self, part))
    }
}

impl Gather for Sifting<'_> {
    fn asked(&self) -> Option<FieldSet> {
        Some(self.asked)
    }

    fn glance(&mut self, entry: &Entry<'_>) -> Glance {
        if self.wants(entry, entry.time, || entry.class()) || self.tells(entry.changes.as_deref()) {
            return Glance::Wanted;
        }
        Glance::Noted(Room::Left)
    }

    fn entry(&mut self, entry: Entry<'_>) -> Room {
        self.found.events.push(entry.into_event());
        Room::Left
    }

    fn event(&mut self, event: Event, _record: &str) -> Room {
        if self.wants(&event, event.time, || event.class()) || self.tells(event.changes.as_deref()) {
            self.found.events.push(event);
        }
        Room::Left
    }

    fn is_empty(&self) -> bool {
        self.found.entries == 0
    }

    fn hand_over(&mut self, skipped: Vec<Skipped>) -> Result<(), Cancelled> {
        self.found.skipped.extend(skipped);
        Ok(())
    }
}

impl Piece for Sifting<'_> {
    fn skipped(&mut self) -> &mut Vec<Skipped> {
        &mut self.found.skipped
    }

    fn updates(self: Box<Self>, _part: &Part) -> Vec<Update> {
        let is_nothing = self.found.entries == 0 && self.found.skipped.is_empty();
        if is_nothing { Vec::new() } else { vec![Update::Sifted(self.found)] }
    }
}

/// Sifts what comes as a stream, and hands over what was found every so often.
pub(super) struct Sifts<'a> {
    part: &'a Part,
    outlet: &'a Outlet,
    progress: Progress,
    sifting: Sifting<'a>,
}

impl<'a> Sifts<'a> {
    pub(super) fn new(sieve: &'a Sieve, part: &'a Part, outlet: &'a Outlet, progress: Progress) -> Self {
        Self { part, outlet, progress, sifting: Sifting::new(sieve, part) }
    }

    fn room(&self) -> Room {
        let Sifted { events, entries, .. } = &self.sifting.found;
        if events.len() < PAGE_ENTRIES && *entries < LOOKED_AT { Room::Left } else { Room::Full }
    }
}

impl Gather for Sifts<'_> {
    fn asked(&self) -> Option<FieldSet> {
        self.sifting.asked()
    }

    fn glance(&mut self, entry: &Entry<'_>) -> Glance {
        match self.sifting.glance(entry) {
            Glance::Wanted => Glance::Wanted,
            Glance::Noted(_) => Glance::Noted(self.room()),
        }
    }

    fn entry(&mut self, entry: Entry<'_>) -> Room {
        self.sifting.entry(entry);
        self.room()
    }

    fn event(&mut self, event: Event, record: &str) -> Room {
        self.sifting.event(event, record);
        self.room()
    }

    fn is_empty(&self) -> bool {
        self.sifting.is_empty()
    }

    fn hand_over(&mut self, skipped: Vec<Skipped>) -> Result<(), Cancelled> {
        let fresh = Sifting::new(self.sifting.sieve, self.part);
        let found = std::mem::replace(&mut self.sifting, fresh).found;
        self.outlet.send(Update::Sifted(Sifted { skipped, progress: self.progress.share(), ..found }))
    }
}
