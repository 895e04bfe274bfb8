//! All entries that match, newest first, in pages that fit into memory; and those that later tell
//! what earlier ones changed.

use std::ops::Range;

use super::Error;
use super::ask::{Asker, Matching, Unwanted};
use super::column;
use super::condition::bit;
use super::literal::list;
use super::schema::ENTRIES;
use crate::answer::Order;
use crate::changes::{Chain, Duplicates};
use crate::event::{ChangeOp, Event};
use crate::interval::Interval;
use crate::query::Query;

/// So many entries are asked for at once.
const PAGE: u64 = 5_000;
/// At most so many later entries are looked through for what became of a page's changes.
const LATER: usize = 20_000;

/// What is done with a page: a stretch, and the places of it; whether more is wanted.
pub(super) type EachPage<'a> = &'a mut dyn FnMut(&Matching, Range<usize>) -> Result<bool, Error>;

impl Asker {
    /// How many entries of a window match.
    pub fn matched(&self, filter: &Query, window: Interval, unwanted: Unwanted<'_>) -> Result<u64, Error> {
        self.look(unwanted)?;
        let matching = self.matching(filter, window, unwanted)?;
        self.count(&matching, unwanted)
    }

    /// Hands over all entries of a window that match, newest first, at most so many, page by page,
    /// until `each` wants no more.
    pub fn walk(
        &self,
        filter: &Query,
        window: Interval,
        most: u64,
        unwanted: Unwanted<'_>,
        each: &mut dyn FnMut(Vec<Event>) -> bool,
    ) -> Result<(), Error> {
        self.look(unwanted)?;
        let matching = self.matching(filter, window, unwanted)?;
        self.pages(matching, most, unwanted, &mut |stretch, places| {
            self.ordered(stretch, Order::NewestFirst, places, unwanted).map(&mut *each)
        })
    }

    /// Goes through what matches in pages, newest first: stretches of time, and the places in them
    /// that make a page, until `each` wants no more.
    pub(super) fn pages(
        &self,
        matching: Matching,
        most: u64,
        unwanted: Unwanted<'_>,
        each: EachPage<'_>,
    ) -> Result<(), Error> {
        let held = self.count(&matching, unwanted)?;
        let mut left = held.min(most);
        // Stretches still to be gone through, the newest last.
        let mut stretches = vec![(matching, held)];
        while let Some((stretch, held)) = stretches.pop()
            && left > 0
        {
            if held > PAGE && stretch.window.micros() > 1 {
                stretches.extend(self.halves(&stretch, unwanted)?);
                continue;
            }
            for from in (0..held).step_by(PAGE as usize) {
                let here = PAGE.min(left).min(held - from);
                if here == 0 || !each(&stretch, from as usize..(from + here) as usize)? {
                    return Ok(());
                }
                left -= here;
            }
        }
        Ok(())
    }

    /// A stretch in pieces, oldest first, with how many entries each has: neighbours together as long
    /// as they fit on a page.
    fn halves(&self, stretch: &Matching, unwanted: Unwanted<'_>) -> Result<Vec<(Matching, u64)>, Error> {
        let mut pieces: Vec<(Matching, u64)> = Vec::new();
        for (bucket, count) in self.counts(stretch, unwanted)?.into_iter().enumerate() {
            let window = stretch.window.bucket_interval(bucket);
            match pieces.last_mut() {
                _ if count == 0 => {}
                Some((last, held)) if *held + count <= PAGE => {
                    last.window.until = window.until;
                    *held += count;
                }
                _ => pieces.push((Matching { window, ..stretch.clone() }, count)),
            }
        }
        Ok(pieces)
    }

    /// Entries that may tell what these changed: later ones of the window with changes of the same
    /// targets, in no order.
    pub fn later(
        &self,
        events: &[&Event],
        window: Interval,
        unwanted: Unwanted<'_>,
    ) -> Result<Vec<Event>, Error> {
        let is_open = |event: &&&Event| {
            let open = |change: &crate::event::Change| {
                change.after.is_none() && matches!(change.op, ChangeOp::Replace | ChangeOp::Add)
            };
            event.changes.iter().flatten().any(open)
        };
        let asking: Vec<&Event> = events.iter().filter(is_open).copied().collect();
        let mut targets: Vec<&str> = asking.iter().filter_map(|event| event.target.id.as_deref()).collect();
        targets.sort_unstable();
        targets.dedup();
        let (Some(oldest), false) = (asking.iter().map(|event| event.time).min(), targets.is_empty()) else {
            return Ok(Vec::new());
        };
        let later = Matching {
            condition: format!("{} AND target_id IN {}", bit(column::CHANGES), list(targets)),
            window: Interval::new(oldest, window.until),
        };
        let sql = format!(
            "SELECT {} FROM {ENTRIES} WHERE {} ORDER BY time, id LIMIT {LATER} FORMAT RowBinary",
            column::read_names(),
            self.within(&later)
        );
        self.rows_of(&sql, unwanted, column::read)
    }

    /// Fills in what later entries of the window tell of what these changed.
    pub fn fill(
        &self,
        events: &mut [&mut Event],
        window: Interval,
        unwanted: Unwanted<'_>,
    ) -> Result<(), Error> {
        let asking: Vec<&Event> = events.iter().map(|event| &**event).collect();
        let later = self.later(&asking, window, unwanted)?;
        let mut chain = Chain::new(Duplicates::KeepOne);
        for event in &later {
            chain.note(event);
        }
        for event in events {
            chain.fill(event);
        }
        Ok(())
    }
}
