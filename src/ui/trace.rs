//! One record's history as the screen needs it: the entries on it that are at hand, chained.
//!
//! Pure; made off the screen's thread (`app::runtime`), for a history may be long.

use std::sync::Arc;

use crate::answer::{Answer, Order, Question, RowId};
use crate::changes::RecordKey;
use crate::changes::history::History;
use crate::changes::state::State;
use crate::event::{Event, Identity};
use crate::interval::Interval;
use crate::provider::Provider;

/// The most entries of one history: the newest.
pub const MOST: usize = 5_000;

/// A record's history.
#[derive(Debug)]
pub struct Trace {
    /// The entries and what they tell.
    pub history: History,
    /// The row of each step's entry, where it is loaded.
    pub rows: Vec<Option<RowId>>,
    /// How many older entries are left out.
    pub left_out: usize,
}

impl Trace {
    /// What to ask the store for: every entry on the record, newest first.
    pub fn question(record: &RecordKey) -> Question {
        Question {
            order: Order::NewestFirst,
            ..Question::newest(Arc::new(record.filter()), Interval::ALL, MOST)
        }
    }

    /// The history by the store's answer and by what was fetched of it besides. `provider` is the
    /// system of the record's source.
    pub fn new(
        record: &RecordKey,
        answer: &Answer,
        besides: &[Arc<Event>],
        provider: Option<&Provider>,
    ) -> Self {
        let known: std::collections::HashMap<Identity, RowId> =
            answer.rows.iter().map(|row| (row.event.identity, row.id)).collect();
        let besides = besides.iter().filter(|event| !known.contains_key(&event.identity));
        let events = answer.rows.iter().map(|row| row.event.clone()).chain(besides.cloned());
        let mapping = |event: &Event| {
            provider.filter(|provider| *provider.name == *event.provider).map(|provider| &provider.mapping)
        };
        let history = History::new(record, events, mapping, State::Unknown);
        let row = |event: &Event| known.get(&event.identity).copied();
        let rows = history.steps().iter().map(|step| row(&step.event)).collect();
        Self { history, rows, left_out: answer.matched.saturating_sub(answer.rows.len()) }
    }
}
