//! The matching rows that do not tell of their changes, though their system's single record may.

use super::slot::Slot;
use super::snapshot::Snapshot;
use crate::answer::{Order, Row};
use crate::event::Rank;
use crate::interval::Interval;
use crate::query::Query;

/// Such rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Untold {
    /// The newest of them.
    pub rows: Vec<Row>,
    /// How many there are in all.
    pub count: usize,
    /// Of how many that match.
    pub matched: usize,
}

impl Snapshot {
    /// The list rows of these sources that match, bear an id and tell nothing of changes; at most so
    /// many of them, newest first.
    pub fn untold(&self, filter: &Query, window: Interval, sources: &[&str], most: usize) -> Untold {
        let timeline = self.timeline(filter, window, &self.cores(&|| false)).expect("nobody cancels it");
        let shared = timeline.shared();
        let mut untold = Untold { matched: timeline.matched(), ..Untold::default() };
        // A thousand places at a time: what stands between them need not be held.
        for from in (0..timeline.matched()).step_by(1_000) {
            for at in timeline.rows(Order::NewestFirst, from..from + 1_000) {
                let tells = at.segment.changes().present().contains(at.row)
                    || at.segment.rank(at.row) == Rank::Single;
                let text = |slot| at.segment.text(at.row, slot, shared);
                let asked = text(Slot::Source).is_some_and(|source| sources.contains(&&*source));
                if tells || !asked || text(Slot::Id).is_none_or(|id| id.is_empty()) {
                    continue;
                }
                untold.count += 1;
                if untold.rows.len() < most {
                    let event = at.segment.event(at.row, shared).into();
                    untold.rows.push(Row { id: at.segment.row_id(at.row), event });
                }
            }
        }
        untold
    }
}
