//! Marked entries, each with a note: what one comes back to, compares, and hands over.
//!
//! Marks of an earlier session are known by their entries' identities alone, and wait until those
//! are loaded. Not here: the list of them on the screen (`overlay::marks`), and the file (`app`).

use std::sync::Arc;

use crate::answer::{Row, RowId};
use crate::event::{Event, Identity};

use super::effect::Effect;
use super::model::Model;
use super::session::SavedMark;
use super::study::{Slot, Study};

/// A marked entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Its row.
    pub row: RowId,
    /// The entry.
    pub event: Arc<Event>,
    /// What one wrote about it; empty: nothing.
    pub note: String,
    /// Its place in the order of marking.
    number: u64,
}

/// A mark of an earlier session whose entry is not loaded yet.
#[derive(Debug, Clone, PartialEq)]
struct Waiting {
    identity: Identity,
    saved: SavedMark,
    number: u64,
}

/// The marked entries, in the order in which they were marked.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    here: Vec<Mark>,
    waiting: Vec<Waiting>,
    /// How many were ever set.
    numbers: u64,
    /// The rows of all are to be looked up anew.
    outdated: bool,
    /// Over how many loaded entries those that wait were last looked for.
    sought: Option<usize>,
}

impl Marks {
    /// Marks an entry, or takes its mark away; whether it is marked now.
    pub fn toggle(&mut self, row: RowId, event: &Arc<Event>) -> bool {
        if self.remove(event.identity) {
            return false;
        }
        self.numbers += 1;
        self.here.push(Mark { row, event: event.clone(), note: String::new(), number: self.numbers });
        true
    }

    /// Takes a mark away; whether there was one.
    pub fn remove(&mut self, identity: Identity) -> bool {
        let before = self.here.len();
        self.here.retain(|mark| mark.event.identity != identity);
        self.here.len() < before
    }

    /// The mark of an entry.
    pub fn get(&self, identity: Identity) -> Option<&Mark> {
        self.here.iter().find(|mark| mark.event.identity == identity)
    }

    /// Writes the note of a marked entry.
    pub fn write(&mut self, identity: Identity, note: &str) {
        if let Some(mark) = self.here.iter_mut().find(|mark| mark.event.identity == identity) {
            note.clone_into(&mut mark.note);
        }
    }

    /// A better copy of an entry came.
    pub fn enrich(&mut self, event: &Arc<Event>) {
        if let Some(mark) = self.here.iter_mut().find(|mark| mark.event.identity == event.identity) {
            mark.event = event.clone();
        }
    }

    /// The rows of an answer tell what is known of their entries by now.
    pub fn refresh(&mut self, rows: &[Row]) {
        for mark in &mut self.here {
            if let Some(row) = rows.iter().find(|row| row.event.identity == mark.event.identity)
                && row.event.rank >= mark.event.rank
            {
                mark.row = row.id;
                mark.event = row.event.clone();
            }
        }
    }

    /// The two marked last, the older entry first.
    pub fn last_two(&self) -> Option<[&Mark; 2]> {
        let [.., a, b] = self.here.as_slice() else { return None };
        Some(if a.event.newest_first(&b.event).is_gt() { [a, b] } else { [b, a] })
    }

    /// All whose entries are loaded, in the order of marking.
    pub fn in_order(&self) -> &[Mark] {
        &self.here
    }

    /// The same, newest entry first, as the table has them.
    pub fn newest_first(&self) -> Vec<&Mark> {
        let mut marks: Vec<&Mark> = self.here.iter().collect();
        marks.sort_by(|a, b| a.event.newest_first(&b.event));
        marks
    }

    /// How many there are whose entries are loaded.
    pub fn len(&self) -> usize {
        self.here.len()
    }

    /// Whether there are none of them.
    pub fn is_empty(&self) -> bool {
        self.here.is_empty()
    }

    /// How many wait for their entries.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Adds marks of an earlier session: each waits until its entry is found. An entry that is marked
    /// already keeps its mark, and takes the note where it has none.
    pub fn restore(&mut self, saved: &[SavedMark]) {
        for saved in saved {
            let Some(identity) = saved.identity() else { continue };
            if let Some(mark) = self.here.iter_mut().find(|mark| mark.event.identity == identity) {
                if mark.note.is_empty() {
                    mark.note.clone_from(&saved.note);
                }
            } else if !self.waiting.iter().any(|waiting| waiting.identity == identity) {
                self.numbers += 1;
                self.waiting.push(Waiting { identity, saved: saved.clone(), number: self.numbers });
            }
        }
        self.sought = None;
    }

    /// All of them for the next session, in the order of marking.
    pub fn saved(&self) -> Vec<SavedMark> {
        let here = self.here.iter().map(|mark| (mark.number, SavedMark::of(&mark.event, &mark.note)));
        let waiting = self.waiting.iter().map(|waiting| (waiting.number, waiting.saved.clone()));
        let mut all: Vec<(u64, SavedMark)> = here.chain(waiting).collect();
        all.sort_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, saved)| saved).collect()
    }

    /// What is known of all marked entries is to be looked up before it is shown or handed over.
    pub fn look_up(&mut self) {
        self.outdated = !self.here.is_empty() || !self.waiting.is_empty();
    }

    /// These were found: those that waited are marks like any other now.
    pub fn found(&mut self, rows: Vec<Row>) {
        self.refresh(&rows);
        for row in rows {
            let Some(place) = self.waiting.iter().position(|one| one.identity == row.event.identity) else {
                continue;
            };
            let Waiting { saved, number, .. } = self.waiting.remove(place);
            // It may have been marked by hand meanwhile.
            if self.get(row.event.identity).is_none() {
                self.here.push(Mark { row: row.id, event: row.event, note: saved.note, number });
            } else if let Some(mark) = self
                .here
                .iter_mut()
                .find(|mark| mark.event.identity == row.event.identity && mark.note.is_empty())
            {
                mark.note = saved.note;
            }
        }
        self.here.sort_by_key(|mark| mark.number);
    }
}

/// Has the entries of marks looked up: those that wait whenever more is loaded, all where that was
/// asked for.
pub(super) fn follow(model: &mut Model, effects: &mut Vec<Effect>) {
    let loaded = model.answer.loaded;
    let marks = &mut model.marks;
    let seek = !marks.waiting.is_empty() && marks.sought != Some(loaded);
    if !(marks.outdated || seek) || model.studies.is_open(Slot::Marks) {
        return;
    }
    let mut wanted: Vec<Identity> = marks.waiting.iter().map(|waiting| waiting.identity).collect();
    if std::mem::take(&mut marks.outdated) {
        wanted.extend(marks.here.iter().map(|mark| mark.event.identity));
    }
    marks.sought = Some(loaded);
    let number = model.studies.begin(Slot::Marks);
    effects.push(Effect::Study { number, study: Study::Marks(wanted) });
}
