//! What of a window has come, and what is known never to come.

use crate::interval::{Interval, IntervalSet};
use crate::timestamp::Timestamp;

/// The coverage of one walk.
#[derive(Debug)]
pub struct Coverage {
    window: Interval,
    covered: IntervalSet,
    gaps: IntervalSet,
    /// Down to where everything was seen, where pages come newest first.
    frontier: Timestamp,
}

impl Coverage {
    /// Nothing of this window has come.
    pub fn new(window: Interval) -> Self {
        Self { window, covered: IntervalSet::new(), gaps: IntervalSet::new(), frontier: window.until }
    }

    /// Of this window, this has come, and this never will.
    pub fn resumed(window: Interval, covered: IntervalSet, gaps: &[Interval]) -> Self {
        let mut coverage = Self { covered, ..Self::new(window) };
        coverage.leave_out(gaps);
        coverage
    }

    /// What has come.
    pub fn covered(&self) -> &IntervalSet {
        &self.covered
    }

    /// Down to where everything was seen, where pages come newest first.
    pub fn frontier(&self) -> Timestamp {
        self.frontier
    }

    /// Pages of a window that ends here come next, newest first.
    pub fn begin_at(&mut self, until: Timestamp) {
        self.frontier = self.frontier.min(until);
    }

    /// These can never be told whole.
    pub fn leave_out(&mut self, gaps: &[Interval]) {
        for gap in gaps {
            self.gaps.insert(*gap);
        }
    }

    /// Everything from this instant up to where pages came from has come; what of it is new.
    pub fn down_to(&mut self, since: Timestamp) -> Vec<Interval> {
        let since = since.max(self.window.since);
        if since >= self.frontier {
            return Vec::new();
        }
        let added = Interval::new(since, self.frontier);
        self.all_of(added)
    }

    /// All of an interval has come but for the gaps; what of it is new.
    pub fn all_of(&mut self, interval: Interval) -> Vec<Interval> {
        let interval = interval.intersect(self.window);
        self.frontier = self.frontier.min(interval.since);
        let mut new: IntervalSet = self.covered.missing_in(interval).into_iter().collect();
        for gap in self.gaps.parts() {
            new.remove(*gap);
        }
        for part in new.parts() {
            self.covered.insert(*part);
        }
        new.parts().to_vec()
    }

    /// What is known never to come.
    pub fn gaps(&self) -> &[Interval] {
        self.gaps.parts()
    }

    /// What has not come, ascending.
    pub fn missing(&self) -> Vec<Interval> {
        self.covered.missing_in(self.window)
    }

    /// How much of the window has come, in 0..=1; `None` for an empty one.
    pub fn share(&self) -> Option<f64> {
        let window = self.window.micros() as f64;
        (!self.window.is_empty()).then(|| self.covered.micros_in(self.window) as f64 / window)
    }
}
