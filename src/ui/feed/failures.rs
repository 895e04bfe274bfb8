//! What failed of a part's fetches and was not asked for again since. A later fetch that goes well
//! elsewhere does not make it forgotten.
//!
//! Not here: what came (`feed`).

use super::Pushed;
use crate::interval::{Interval, IntervalSet};
use crate::query::Query;

/// The failures of a part, the latest last.
#[derive(Debug, Clone, Default)]
pub(super) struct Failures(Vec<Failure>);

#[derive(Debug, Clone)]
struct Failure {
    /// What it was asked for under.
    pushed: Pushed,
    /// What did not come.
    missing: IntervalSet,
    why: String,
}

impl Failures {
    /// This did not come.
    pub(super) fn add(&mut self, pushed: Pushed, missing: IntervalSet, why: &str) {
        self.0.push(Failure { pushed, missing, why: why.to_owned() });
    }

    /// A stretch came, or is asked for again: whatever failed of no more than that is over.
    pub(super) fn settle(&mut self, pushed: &Pushed, stretch: Interval) {
        for failure in &mut self.0 {
            if pushed.text.iter().all(|term| failure.pushed.text.contains(term)) {
                failure.missing.remove(stretch);
            }
        }
        self.0.retain(|failure| !failure.missing.parts().is_empty());
    }

    /// Why some of these gaps are there, as far as the query goes: the latest failure's words.
    pub(super) fn of(&self, gaps: &[Interval], query: &Query) -> Option<&str> {
        let meets = |failure: &&Failure| {
            let missing = failure.missing.parts();
            let meet = |gap: &Interval| missing.iter().any(|part| !part.intersect(*gap).is_empty());
            failure.pushed.serves(query) && gaps.iter().any(meet)
        };
        self.0.iter().rev().find(meets).map(|failure| failure.why.as_str())
    }
}
