//! Pieces as rows for the store, their records left in the file.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Piece, Pieces};
use crate::event::Event;
use crate::fetch::outlet::Cancelled;
use crate::fetch::{Part, Skipped, Update};
use crate::files::gather::{Gather, Room, note, rest, row, row_of_event, rows, tells_changes};
use crate::json::Node;
use crate::provider::mapping::{Entry, Told};
use crate::store::{Batch, Builder, RowRecord, SharedRecords};

/// Lines of a piece, about: as many as a segment of the store holds, and some less.
const LINES: u64 = 60_000;

/// Makes rows of the pieces of one file.
#[derive(Default)]
pub(in crate::files) struct ForStore {
    /// Empty builders with room, for the pieces to come.
    spare: Mutex<Vec<Builder>>,
}

impl ForStore {
    fn spare(&self) -> MutexGuard<'_, Vec<Builder>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pieces for ForStore {
    fn lines(&self) -> u64 {
        LINES
    }

    fn piece<'p>(
        &'p self,
        _part: &Part,
        file: &'p SharedRecords,
        place: &'p Cell<InFile>,
    ) -> Box<dyn Piece + 'p> {
        Box::new(PieceRows::new(self, file, place))
    }
}

/// Where in the file, and where in memory, the bytes begin that are being taken.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::files) struct InFile {
    pub(super) offset: u64,
    pub(super) address: usize,
}

impl InFile {
    /// The place of a text that lies in those bytes.
    fn record(self, text: &str) -> RowRecord<'static> {
        let into = text.as_ptr() as usize - self.address;
        RowRecord::At { offset: self.offset + into as u64, len: text.len() as u32 }
    }
}

/// The rows of a piece, their records left in the file.
struct PieceRows<'a> {
    pieces: &'a ForStore,
    place: &'a Cell<InFile>,
    builder: Builder,
    batches: Vec<Batch>,
    changed: Vec<Event>,
    skipped: Vec<Skipped>,
}

impl<'a> PieceRows<'a> {
    fn new(pieces: &'a ForStore, file: &SharedRecords, place: &'a Cell<InFile>) -> Self {
        Self {
            pieces,
            place,
            builder: pieces.spare().pop().unwrap_or_else(|| Builder::over(Arc::clone(file))),
            batches: Vec::new(),
            changed: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// Makes room where there is none left.
    fn make_room(&mut self) {
        if self.builder.is_full() {
            self.batches.push(self.builder.finish());
        }
    }
}

impl Piece for PieceRows<'_> {
    fn skipped(&mut self) -> &mut Vec<Skipped> {
        &mut self.skipped
    }

    fn updates(self: Box<Self>, part: &Part) -> Vec<Update> {
        let Self { pieces, mut builder, mut batches, mut changed, mut skipped, .. } = *self;
        if !builder.is_empty() {
            batches.push(builder.finish());
        }
        pieces.spare().push(builder);
        let mut batches: Vec<Option<Batch>> = batches.into_iter().map(Some).collect();
        if batches.is_empty() && !skipped.is_empty() {
            batches.push(None);
        }
        let updates = batches.into_iter().map(|batch| {
            // The first of them tells of all.
            let (changed, skipped) = (std::mem::take(&mut changed), std::mem::take(&mut skipped));
            Update::Rows(rows(part, batch, changed, skipped, None))
        });
        updates.collect()
    }
}

impl Gather for PieceRows<'_> {
    fn columns(&mut self) -> Option<&mut Builder> {
        self.make_room();
        Some(&mut self.builder)
    }

    fn told(&mut self, told: Told, record: Node<'_>) -> Room {
        self.builder.end(&rest(told, self.place.get().record(record.raw())));
        Room::Left
    }

    fn entry(&mut self, entry: Entry<'_>) -> Room {
        self.make_room();
        self.builder.push(&row(&entry, self.place.get().record(entry.record.raw())));
        note(entry, &mut self.changed);
        Room::Left
    }

    fn event(&mut self, event: Event, record: &str) -> Room {
        self.make_room();
        self.builder.push(&row_of_event(&event, self.place.get().record(record)));
        if tells_changes(event.changes.as_deref()) {
            self.changed.push(event);
        }
        Room::Left
    }

    fn is_empty(&self) -> bool {
        true
    }

    /// It is handed over as a whole.
    fn hand_over(&mut self, skipped: Vec<Skipped>) -> Result<(), Cancelled> {
        self.skipped.extend(skipped);
        Ok(())
    }
}
