//! Single records that are fetched in numbers: what waits, what is under way, what became of it.
//!
//! A few at a time, so that the system is asked politely and Ctrl-c ends it at once; after several
//! failures in a row it ends by itself. Not here: asking (`update::singles`).

use std::collections::{HashSet, VecDeque};
use std::fmt::Write;
use std::sync::Arc;

use crate::event::{Event, Identity};
use crate::ui::cells::grouped;

/// How many are under way at once.
pub const AT_ONCE: usize = 2;
/// After how many failures one after another the rest is not asked for.
const TOO_MANY: usize = 5;

/// A number of single records.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    waiting: VecDeque<Arc<Event>>,
    running: HashSet<Identity>,
    total: usize,
    done: usize,
    failed: usize,
    failed_in_row: usize,
    why: Option<String>,
}

impl Batch {
    /// Adds what is not in it yet.
    pub fn add(&mut self, events: impl IntoIterator<Item = Arc<Event>>) {
        for event in events {
            let waits = self.waiting.iter().any(|known| known.identity == event.identity);
            if !waits && !self.running.contains(&event.identity) {
                self.total += 1;
                self.waiting.push_back(event);
            }
        }
    }

    /// The next one to ask for, where there may be one more under way.
    pub fn take_next(&mut self) -> Option<Arc<Event>> {
        if self.running.len() >= AT_ONCE || self.failed_in_row >= TOO_MANY {
            return None;
        }
        let event = self.waiting.pop_front()?;
        self.running.insert(event.identity);
        Some(event)
    }

    /// One came, or not; whether it is one of these.
    pub fn came(&mut self, identity: Identity, result: Result<(), &str>) -> bool {
        if !self.running.remove(&identity) {
            return false;
        }
        match result {
            Ok(()) => {
                self.done += 1;
                self.failed_in_row = 0;
            }
            Err(why) => {
                self.failed += 1;
                self.failed_in_row += 1;
                self.why = Some(why.to_owned());
            }
        }
        true
    }

    /// Whether nothing is under way and nothing will be.
    pub fn is_over(&self) -> bool {
        self.running.is_empty() && (self.waiting.is_empty() || self.failed_in_row >= TOO_MANY)
    }

    /// How far it is, in words.
    pub fn progress(&self) -> String {
        let [came, total] = [self.done + self.failed, self.total].map(|count| grouped(count as u64));
        format!("single records {came} of {total}")
    }

    /// What became of it, and whether all went well.
    pub fn outcome(&self) -> (String, bool) {
        let left = self.total - self.done - self.failed;
        let mut words = match self.done {
            1 => "1 single record fetched".to_owned(),
            done => format!("{done} single records fetched"),
        };
        if self.failed > 0 {
            let why = self.why.as_deref().unwrap_or_default();
            let _ = write!(words, "; {} failed: {why}", self.failed);
        }
        if left > 0 {
            let _ = write!(words, "; {left} not asked for");
        }
        (words, self.failed == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::generate::bare_event;

    fn rows(count: u64) -> Vec<Arc<Event>> {
        let event = |number: u64| bare_event(&format!("e{number}"), "2026-05-18T10:00:00Z").into();
        (0..count).map(event).collect()
    }

    #[test]
    fn two_are_under_way_at_once_and_each_is_asked_for_once() {
        let mut batch = Batch::default();
        batch.add(rows(3));
        batch.add(rows(2));
        let first = batch.take_next().expect("one");
        assert!(batch.take_next().is_some() && batch.take_next().is_none());
        assert!(batch.came(first.identity, Ok(())));
        assert!(!batch.came(first.identity, Ok(())), "it came already");
        assert_eq!(batch.progress(), "single records 1 of 3");
        assert!(batch.take_next().is_some() && !batch.is_over());
    }

    #[test]
    fn failures_one_after_another_end_it_and_are_told() {
        let mut batch = Batch::default();
        batch.add(rows(9));
        while let Some(event) = batch.take_next() {
            batch.came(event.identity, Err("403"));
        }
        assert!(batch.is_over());
        assert_eq!(
            batch.outcome(),
            ("0 single records fetched; 5 failed: 403; 4 not asked for".to_owned(), false)
        );
    }
}
