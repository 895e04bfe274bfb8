//! Marked entries, each with a note: what one comes back to, compares, and hands over.
//!
//! Not here: the list of them on the screen (`overlay::marks`), and saving them (`app`).

use std::sync::Arc;

use crate::answer::RowId;
use crate::event::{Event, Identity};

/// A marked entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Its row.
    pub row: RowId,
    /// The entry.
    pub event: Arc<Event>,
    /// What one wrote about it; empty: nothing.
    pub note: String,
}

/// The marked entries, in the order in which they were marked.
#[derive(Debug, Clone, Default)]
pub struct Marks(Vec<Mark>);

impl Marks {
    /// Marks an entry, or takes its mark away; whether it is marked now.
    pub fn toggle(&mut self, row: RowId, event: &Arc<Event>) -> bool {
        if self.remove(event.identity) {
            return false;
        }
        self.0.push(Mark { row, event: event.clone(), note: String::new() });
        true
    }

    /// Takes a mark away; whether there was one.
    pub fn remove(&mut self, identity: Identity) -> bool {
        let before = self.0.len();
        self.0.retain(|mark| mark.event.identity != identity);
        self.0.len() < before
    }

    /// The mark of an entry.
    pub fn get(&self, identity: Identity) -> Option<&Mark> {
        self.0.iter().find(|mark| mark.event.identity == identity)
    }

    /// Writes the note of a marked entry.
    pub fn write(&mut self, identity: Identity, note: &str) {
        if let Some(mark) = self.0.iter_mut().find(|mark| mark.event.identity == identity) {
            note.clone_into(&mut mark.note);
        }
    }

    /// A better copy of an entry came.
    pub fn enrich(&mut self, event: &Arc<Event>) {
        if let Some(mark) = self.0.iter_mut().find(|mark| mark.event.identity == event.identity) {
            mark.event = event.clone();
        }
    }

    /// The two marked last, the older entry first.
    pub fn last_two(&self) -> Option<[&Mark; 2]> {
        let [.., a, b] = self.0.as_slice() else { return None };
        Some(if a.event.newest_first(&b.event).is_gt() { [a, b] } else { [b, a] })
    }

    /// All, newest entry first, as the table has them.
    pub fn newest_first(&self) -> Vec<&Mark> {
        let mut marks: Vec<&Mark> = self.0.iter().collect();
        marks.sort_by(|a, b| a.event.newest_first(&b.event));
        marks
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
