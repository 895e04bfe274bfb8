//! What becomes of entries once they are found: pages of events for those who look at each, rows for
//! the store's columns for those who look at many.
//!
//! Not here: finding them (`taker`).

use crate::event::Event;
use crate::event::field::FieldSet;
use crate::fetch::outlet::{Cancelled, Outlet};
use crate::fetch::{Page, Part, Rows, Skipped, Update};
use crate::json::Node;
use crate::provider::mapping::{Entry, Told};
use crate::store::{Batch, Builder, Rest, Row, RowIdentity, RowRecord};

use super::content::Progress;

/// How many entries a page has at most.
pub(super) const PAGE_ENTRIES: usize = 1_000;
/// How many bytes of records a page has, about.
const PAGE_BYTES: usize = 1 << 20;
/// How many bytes of records are held for one batch, about.
const BATCH_BYTES: usize = 64 << 20;

/// Whether there is room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// There is.
    Left,
    /// What was gathered should be handed over.
    Full,
}

impl Room {
    fn left(is_left: bool) -> Self {
        if is_left { Self::Left } else { Self::Full }
    }
}

/// What comes of a first look at an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glance {
    /// It is wanted whole.
    Wanted,
    /// What there was to note of it is noted.
    Noted(Room),
}

/// Gathers entries and hands them over.
pub(super) trait Gather {
    /// The fields that tell which entries are wanted; `None`: all are.
    fn asked(&self) -> Option<FieldSet> {
        None
    }

    /// Looks at an entry of which no more is there than [`Self::asked`]. One that is wanted comes again,
    /// by [`Self::entry`].
    fn glance(&mut self, _entry: &Entry<'_>) -> Glance {
        Glance::Wanted
    }

    /// The columns that entries may be told to, text by text; [`Self::told`] ends each of them.
    fn columns(&mut self) -> Option<&mut Builder> {
        None
    }

    /// Takes the entry whose texts were told, and its record where it was read.
    fn told(&mut self, _told: Told, _record: Node<'_>) -> Room {
        Room::Left
    }

    /// Takes an entry that borrows from its record.
    fn entry(&mut self, entry: Entry<'_>) -> Room;

    /// Takes an entry with texts of its own. `record` is its record where it was read.
    fn event(&mut self, event: Event, record: &str) -> Room;

    /// Whether there is nothing to hand over.
    fn is_empty(&self) -> bool;

    /// Hands over what was gathered, and what could not be read meanwhile.
    fn hand_over(&mut self, skipped: Vec<Skipped>) -> Result<(), Cancelled>;
}

/// Pages of events.
pub(super) struct Pages<'a> {
    part: &'a Part,
    outlet: &'a Outlet,
    progress: Progress,
    /// Of the last one, from 1.
    number: u64,
    events: Vec<Event>,
    bytes: usize,
}

impl<'a> Pages<'a> {
    pub(super) fn new(part: &'a Part, outlet: &'a Outlet, progress: Progress) -> Self {
        Self { part, outlet, progress, number: 0, events: Vec::new(), bytes: 0 }
    }
}

impl Gather for Pages<'_> {
    fn entry(&mut self, entry: Entry<'_>) -> Room {
        self.event(entry.into_event(), "")
    }

    fn event(&mut self, event: Event, _record: &str) -> Room {
        self.bytes += event.record.as_str().len();
        self.events.push(event);
        Room::left(self.events.len() < PAGE_ENTRIES && self.bytes < PAGE_BYTES)
    }

    fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    fn hand_over(&mut self, skipped: Vec<Skipped>) -> Result<(), Cancelled> {
        self.number += 1;
        self.bytes = 0;
        self.outlet.send(Update::Page(Page {
            part: self.part.clone(),
            number: self.number,
            events: std::mem::take(&mut self.events),
            skipped,
            // What a file holds of the window is known once it has been read.
            covered: Vec::new(),
            progress: self.progress.share(),
            resume: None,
        }))
    }
}

/// Batches of rows that bring their records with them.
pub(super) struct Batches<'a> {
    part: &'a Part,
    outlet: &'a Outlet,
    progress: Progress,
    builder: Builder,
    bytes: usize,
    /// Entries with changes, which tell of one another.
    changed: Vec<Event>,
    /// How many rows are gathered: few at first, so that something is seen soon.
    most: usize,
}

impl<'a> Batches<'a> {
    pub(super) fn new(part: &'a Part, outlet: &'a Outlet, progress: Progress) -> Self {
        let (builder, changed) = (Builder::new(), Vec::new());
        Self { part, outlet, progress, builder, bytes: 0, changed, most: PAGE_ENTRIES }
    }

    fn room(&mut self, record: usize) -> Room {
        self.bytes += record;
        Room::left(!self.builder.is_full() && self.builder.len() < self.most && self.bytes < BATCH_BYTES)
    }
}

impl Gather for Batches<'_> {
    fn columns(&mut self) -> Option<&mut Builder> {
        Some(&mut self.builder)
    }

    fn told(&mut self, told: Told, record: Node<'_>) -> Room {
        let record = record.compact();
        self.builder.end(&rest(told, RowRecord::Text(&record)));
        self.room(record.len())
    }

    fn entry(&mut self, entry: Entry<'_>) -> Room {
        let record = entry.record.compact();
        self.builder.push(&row(&entry, RowRecord::Text(&record)));
        let bytes = record.len();
        note(entry, &mut self.changed);
        self.room(bytes)
    }

    fn event(&mut self, event: Event, _record: &str) -> Room {
        self.builder.push(&row_of_event(&event, RowRecord::Text(event.record.as_str())));
        let bytes = event.record.as_str().len();
        if tells_changes(event.changes.as_deref()) {
            self.changed.push(event);
        }
        self.room(bytes)
    }

    fn is_empty(&self) -> bool {
        self.builder.is_empty()
    }

    fn hand_over(&mut self, skipped: Vec<Skipped>) -> Result<(), Cancelled> {
        self.bytes = 0;
        self.most = self.most.saturating_mul(2);
        let batch = (!self.builder.is_empty()).then(|| self.builder.finish());
        let changed = std::mem::take(&mut self.changed);
        self.outlet.send(Update::Rows(rows(self.part, batch, changed, skipped, self.progress.share())))
    }
}

/// What is told of a batch.
pub(super) fn rows(
    part: &Part,
    batch: Option<Batch>,
    changed: Vec<Event>,
    skipped: Vec<Skipped>,
    progress: Option<f64>,
) -> Rows {
    let entries = batch.as_ref().map_or(0, Batch::len);
    Rows { part: part.clone(), batch: batch.map(Box::new), entries, changed, skipped, progress }
}

/// Keeps an entry that tells of others.
pub(super) fn note(entry: Entry<'_>, changed: &mut Vec<Event>) {
    if tells_changes(entry.changes.as_deref()) {
        changed.push(entry.into_event());
    }
}

pub(super) fn tells_changes(changes: Option<&[crate::event::Change]>) -> bool {
    changes.is_some_and(|changes| !changes.is_empty())
}

/// Identities of what is read from files need not be kept: no entry has a fan-out value.
const IDENTITY: RowIdentity = RowIdentity::Derived { scoped: false };

/// An entry as a row.
pub(super) fn row<'e>(entry: &'e Entry<'_>, record: RowRecord<'e>) -> Row<'e> {
    Row::of_entry(entry, IDENTITY, record)
}

/// The row of an entry whose texts were told.
pub(super) fn rest(told: Told, record: RowRecord<'_>) -> Rest<'_> {
    let Told { time, status, outcome, kinds, rank } = told;
    Rest { time, status, outcome, kinds, rank, identity: IDENTITY, record }
}

/// An event as a row.
pub(super) fn row_of_event<'e>(event: &'e Event, record: RowRecord<'e>) -> Row<'e> {
    let row = Row::of_event(event);
    Row { rest: Rest { identity: IDENTITY, record, ..row.rest }, ..row }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::provider::quick::QuickReader;
    use crate::provider::registry::{Recognition, Registry};
    use crate::store::{Duplicates, Store};

    #[test]
    fn a_row_is_the_event_that_its_record_is() {
        let registry = Registry::shipped();
        let source: Arc<str> = "log".into();
        let mut reader = QuickReader::new(registry.iter(), &source, &[]);
        let mut builder = Builder::new();
        let (mut events, mut changed) = (Vec::new(), Vec::new());
        let end = crate::timestamp::Timestamp::parse("2026-05-21T10:00:00Z").expect("a time");
        let world = crate::demo::World::generate(crate::demo::World::SEED, end);
        for system in crate::demo::System::ALL {
            for record in world.records(system).iter().take(150) {
                let line = record.single.as_ref().unwrap_or(&record.json);
                let Recognition::Provider(provider) = registry.recognise(Node::parse(line).expect("JSON"))
                else {
                    panic!("a known record")
                };
                let context = crate::provider::mapping::Context {
                    source: source.clone(),
                    provider: provider.name.as_ref().into(),
                    workspace: None,
                    rank: crate::event::Rank::ListRow,
                };
                let event = provider.mapping.event(Node::parse(line).expect("JSON"), &context);
                let event = event.expect("an entry");
                if let Some(entry) = reader.entry(line) {
                    let entry = entry.expect("an entry");
                    builder.push(&row(&entry, RowRecord::Text(line)));
                    note(entry, &mut changed);
                } else {
                    builder.push(&row_of_event(&event, RowRecord::Text(line)));
                }
                events.push(event);
            }
        }
        assert!(!changed.is_empty() && changed.iter().all(|event| events.contains(event)));
        let mut store = Store::with_duplicates(Duplicates::KeepAll);
        store.append_batch(builder.finish());
        events.sort_by(Event::newest_first);
        let all = crate::interval::Interval::ALL;
        let question = crate::answer::Question::newest(Arc::default(), all, events.len());
        let answer = store.snapshot().answer(&question);
        let stored: Vec<&Event> = answer.rows.iter().map(|row| &*row.event).collect();
        assert_eq!(stored.len(), events.len());
        for (stored, event) in stored.into_iter().zip(&events) {
            assert_eq!(stored, event);
        }
    }
}
