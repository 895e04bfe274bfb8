//! What was fetched and is not in the archive.

use std::collections::{BTreeMap, HashSet};

use crate::event::{Event, Identity};
use crate::fetch::Part;
use crate::interval::{Interval, IntervalSet};

/// Entries by identity, and what would be covered with them.
#[derive(Debug, Clone, Default)]
pub(super) struct Noted {
    /// The entries that the archive lacks, or has in an older copy.
    pub(super) lacking: HashSet<Identity>,
    /// What of each part was fetched whole.
    pub(super) covered: BTreeMap<Part, IntervalSet>,
}

impl Noted {
    pub(super) fn is_empty(&self) -> bool {
        self.lacking.is_empty() && self.covered.is_empty()
    }

    pub(super) fn cover(&mut self, part: &Part, covered: &[Interval]) {
        if !covered.is_empty() {
            let set = self.covered.entry(part.clone()).or_default();
            for stretch in covered {
                set.insert(*stretch);
            }
        }
    }

    /// These are in the archive now.
    pub(super) fn written(&mut self, events: &[Event]) {
        for event in events {
            self.lacking.remove(&event.identity);
        }
    }

    /// Nothing is left to be done of these.
    pub(super) fn settled(&mut self, done: &Self) {
        for identity in &done.lacking {
            self.lacking.remove(identity);
        }
        for (part, set) in &done.covered {
            if let Some(left) = self.covered.get_mut(part) {
                set.parts().iter().for_each(|stretch| left.remove(*stretch));
                if left.is_empty() {
                    self.covered.remove(part);
                }
            }
        }
    }
}
