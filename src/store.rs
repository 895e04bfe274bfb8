//! Where events rest and are asked: columns in immutable segments sorted newest first, with
//! snapshots that any thread may ask.

use std::sync::Arc;

use crate::answer::{Answer, Question, RowId};
use crate::event::Event;

/// Events in memory. One owner appends; readers hold snapshots.
#[derive(Debug, Default)]
pub struct Store {}

/// The store at one moment; immutable, cheap to hold, asked from any thread.
#[derive(Debug, Default)]
pub struct Snapshot {}

impl Store {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a batch, in any order. An entry whose identity is there already is kept once: the
    /// higher rank stands, of equals the one that came last.
    pub fn append(&mut self, batch: Vec<Event>) {
        let _ = batch;
    }

    /// The store as it is now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::default()
    }
}

impl Snapshot {
    /// Answers a question; pure.
    pub fn answer(&self, question: &Question) -> Answer {
        let _ = question;
        Answer::default()
    }

    /// As [`Self::answer`], given up once `cancelled` says so.
    pub fn answer_until(&self, question: &Question, cancelled: &dyn Fn() -> bool) -> Option<Answer> {
        (!cancelled()).then(|| self.answer(question))
    }

    /// The event of a row; `None` where it was superseded.
    pub fn event(&self, row: RowId) -> Option<Event> {
        let _ = row;
        None
    }

    /// How many events it holds.
    pub fn len(&self) -> usize {
        0
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
