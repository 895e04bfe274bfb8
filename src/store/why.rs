//! Which values stand more often inside a stretch of time than in the rest of the window.
//!
//! Each field is counted twice by its codes, over the rows inside and over the others, so that every
//! row is looked at once a field. Not here: the score (`answer::why`).

use std::borrow::Cow;

use hashbrown::HashMap;

use super::bitmap::Bitmap;
use super::cores::Cores;
use super::facet::Counts;
use super::order::{Lane, Timeline};
use super::selected::Selected;
use super::snapshot::Snapshot;
use crate::answer::why::{Excess, FIELDS, FieldExcess, Share, Why, WhyQuestion};
use crate::event::field::Field;

impl Snapshot {
    /// Answers why a stretch is unlike the rest of its window; pure. `None` where it was cancelled.
    pub fn why(&self, question: &WhyQuestion, cancelled: &dyn Fn() -> bool) -> Option<Why> {
        let cores = self.cores(cancelled);
        let timeline = self.timeline(&question.filter, question.window, &cores)?;
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for lane in timeline.lanes() {
            let segment = lane.segment;
            let brushed = Bitmap::of_range(segment.len(), segment.rows_in(question.inside));
            let mut here = lane.rows.to_bitmap();
            let mut there = here.clone();
            here.intersect(&brushed);
            there.subtract(&brushed);
            inside.push(Lane::new(segment, Selected::of_set(here)));
            outside.push(Lane::new(segment, Selected::of_set(there)));
        }
        let inside = Timeline::new(inside, timeline.shared());
        let outside = Timeline::new(outside, timeline.shared());
        let totals = (inside.matched() as u64, outside.matched() as u64);
        if totals.0 == 0 || totals.1 == 0 {
            return Some(Why { inside: totals.0, outside: totals.1, ..Why::default() });
        }
        let fields: Option<Vec<FieldExcess>> = FIELDS
            .into_iter()
            .map(|field| excess(field, &inside, &outside, &cores).map(|values| FieldExcess { field, values }))
            .collect();
        Some(Why::of(question, totals.0, totals.1, fields?))
    }
}

/// Every over-represented value of a field; `None` where it was cancelled.
fn excess(
    field: Field,
    inside: &Timeline<'_>,
    outside: &Timeline<'_>,
    cores: &Cores<'_>,
) -> Option<Vec<Excess>> {
    let here = Counts::of(field, inside, cores)?;
    let there = Counts::of(field, outside, cores)?;
    let there: HashMap<Cow<'_, str>, u64> = there.counted().into_iter().collect();
    let values = here.counted().into_iter().filter_map(|(value, count)| {
        let inside = Share { count, of: inside.matched() as u64 };
        let outside = Share { count: there.get(&value).copied().unwrap_or(0), of: outside.matched() as u64 };
        Excess::of(field, &value, inside, outside)
    });
    Some(values.collect())
}
