//! The store at one moment, and the questions it answers.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::asked::Means;
use super::bitmap::{Bitmap, Ranked};
use super::cache::Cache;
use super::cores::Cores;
use super::dictionary::Values;
use super::distinct::Distinct;
use super::facet::{Counts, shares_all};
use super::histogram::histogram;
use super::order::{At, Lane, Matching, Timeline, by_class};
use super::repeats::Repeats;
use super::scan::Plan;
use super::selected::Selected;
use super::slot::Slot;
use super::sorted::Sorted;
use super::stack::stack;
use super::{Limits, Part, locate};
use crate::answer::{Anchor, Answer, Question, Row, RowId, Sort, Told};
use crate::event::field::Field;
use crate::event::{Event, Identity};
use crate::interval::Interval;
use crate::query::Query;
use crate::text;

/// The store at one moment; immutable, cheap to hold, asked from any thread.
#[derive(Debug, Default)]
pub struct Snapshot {
    parts: Box<[Part]>,
    /// The values of the text columns that segments share, in the order of the columns.
    shared: Box<[Values]>,
    cache: Arc<Cache>,
    limits: Limits,
}

impl Snapshot {
    pub(super) fn new(parts: Box<[Part]>, shared: Box<[Values]>, cache: Arc<Cache>, limits: Limits) -> Self {
        Self { parts, shared, cache, limits }
    }

    /// Answers a question; pure.
    pub fn answer(&self, question: &Question) -> Answer {
        self.answer_until(question, &|| false).expect("nobody cancels it")
    }

    /// Answers a question; pure. Asks for each segment whether the answer is still wanted, and
    /// gives `None` where it is not.
    pub fn answer_until(&self, question: &Question, cancelled: &dyn Fn() -> bool) -> Option<Answer> {
        let cores = self.cores(cancelled);
        let timeline = self.timeline(&question.filter, question.window, &cores)?;
        let mut answer = Answer { matched: timeline.matched(), loaded: self.len(), ..Answer::default() };
        for lane in timeline.lanes() {
            for (sum, count) in answer.classes.iter_mut().zip(lane.by_class()) {
                *sum += u64::from(count);
            }
        }
        let row = |At { segment, row }| Row {
            id: segment.row_id(row),
            event: segment.event(row, &self.shared).into(),
        };
        let wider = match &question.among {
            Some(filter) => Some(self.timeline(filter, question.window, &cores)?),
            None => None,
        };
        let listed = wider.as_ref().unwrap_or(&timeline);
        answer.listed = listed.matched();
        if let Some(sort) = question.sort {
            let mut sorted = Sorted::new(listed, sort, question.order, Sort::MOST, cancelled)?;
            answer.sorted = Some(sorted.len());
            answer.place = question.locate.and_then(|anchor| match anchor {
                Anchor::Row(id) => sorted.place_of_row(self.locate(id)?),
                Anchor::Time(time) => Some(sorted.place_of_time(time)),
            });
            answer.rows = sorted.rows(question.rows.clone()).into_iter().map(row).collect();
        } else {
            answer.rows = listed.rows(question.order, question.rows.clone()).into_iter().map(row).collect();
            answer.place = question.locate.and_then(|anchor| match anchor {
                Anchor::Row(id) => Some(listed.place_of_row(question.order, self.locate(id)?)),
                Anchor::Time(time) => Some(listed.place_of_time(question.order, time)),
            });
        }
        if let Some(window) = question.histogram {
            answer.histogram = Some(histogram(&timeline, window, &cores)?);
            if let Some(by) = question.stack {
                answer.stack = Some(stack(&timeline, by, window, cancelled)?);
            }
            if question.volume {
                let whole = self.timeline(&Query::all(), question.window, &cores)?;
                let counts = histogram(&whole, window, &cores)?.counts;
                answer.volume = Some(counts.iter().map(|counts| counts.iter().sum()).collect());
            }
        }
        for asked in &question.facets {
            let repeats = self.repeats(asked.field, timeline.matched(), &cores);
            let counts = Counts::knowing(repeats.as_deref(), asked.field, &timeline, &cores)?;
            answer.facets.push(counts.facet(asked.top, &cores)?);
        }
        if let Some(filter) = &question.told {
            let timeline = self.timeline(filter, question.window, &cores)?;
            answer.told = Some(Told { known: timeline.telling(), of: timeline.matched() });
        }
        Some(answer)
    }

    /// The entry of a row, as its best copy tells it; `None` where this snapshot has no such row.
    pub fn event(&self, row: RowId) -> Option<Event> {
        let At { segment, row } = self.locate(row)?;
        Some(segment.event(row, &self.shared))
    }

    /// The rows of the entries of these identities, as far as there are any; where a store keeps all,
    /// one of each. Looks once through every row, whose identity may have to be worked out: for a
    /// moment's need, not for every frame. `None` where it was cancelled.
    pub fn locate_identities(
        &self,
        wanted: &HashSet<Identity>,
        cancelled: &dyn Fn() -> bool,
    ) -> Option<HashMap<Identity, RowId>> {
        let found = self.cores(cancelled).each(&self.parts, |part| {
            let rows = (0..part.segment.len()).filter(|row| part.is_live(*row));
            let identities = rows.map(|row| (part.segment.identity(row, &self.shared), row));
            let wanted = identities.filter(|(identity, _)| wanted.contains(identity));
            wanted.map(|(identity, row)| (identity, part.segment.row_id(row))).collect::<Vec<_>>()
        })?;
        let mut rows = HashMap::with_capacity(wanted.len());
        for (identity, row) in found.into_iter().flatten() {
            rows.entry(identity).or_insert(row);
        }
        Some(rows)
    }

    /// How many events it holds.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.live).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// From the oldest event to one microsecond after the newest; `None` where there is none.
    pub fn time_bounds(&self) -> Option<Interval> {
        let bounds = self.parts.iter().filter_map(|part| {
            let live = part.standing(0..part.segment.len());
            let (newest, oldest) = (live.next(0)?, live.select(live.count().checked_sub(1)?)?);
            Some((part.segment.time(oldest), part.segment.time(newest)))
        });
        let (oldest, newest) = bounds.reduce(|(a, b), (oldest, newest)| (a.min(oldest), b.max(newest)))?;
        Some(Interval::new(oldest, newest.plus(1)))
    }

    /// The commonest values of a field that begin with a text (compared folded), with the number of
    /// events that have them: at most `limit`, ties by value ascending. What is a value, a facet
    /// says ([`crate::answer::FacetQuestion`]).
    pub fn values(&self, field: Field, prefix: &str, limit: usize) -> Vec<(Box<str>, u64)> {
        let prefix = text::fold(prefix);
        let cores = self.cores(&|| false);
        let timeline = self.everything();
        Counts::of(field, &timeline, &cores)
            .and_then(|counts| {
                counts.commonest(limit, |value| text::fold(value).starts_with(&prefix), &cores)
            })
            .unwrap_or_default()
    }

    /// All rows that stand.
    fn everything(&self) -> Timeline<'_> {
        let lane = |part: &'_ Part| {
            let rows = part.standing(0..part.segment.len());
            (rows.count() > 0).then_some(rows)
        };
        let lanes = self.parts.iter().filter_map(|part| Some(Lane::new(&part.segment, lane(part)?)));
        Timeline::new(lanes.collect(), &self.shared)
    }

    /// Which values of a field stand more than once, where that helps whoever counts so many rows; it is
    /// found out once for the store as it is.
    fn repeats(&self, field: Field, matched: usize, cores: &Cores<'_>) -> Option<Arc<Repeats>> {
        let slots = Slot::shown(field);
        let is_large = cores.threads() > 1 && !slots.is_empty();
        if !is_large || self.parts.iter().all(|part| shares_all(slots, &part.segment)) {
            return None;
        }
        let segments: Box<[u64]> = self.parts.iter().map(|part| part.segment.number()).collect();
        if let Some(known) = self.cache.repeats(slots, &segments) {
            return Some(known);
        }
        // Less is counted sooner than all.
        if matched < self.len() / 2 {
            return None;
        }
        let timeline = self.everything();
        let repeats = Distinct::count(slots, &timeline, None, cores)?.repeats(segments, cores)?;
        let repeats = Arc::new(repeats);
        self.cache.remember_repeats(&repeats);
        Some(repeats)
    }

    /// The events of a window that match, newest first.
    pub fn events_matching(&self, filter: &Query, window: Interval) -> Matching<'_> {
        let timeline = self.timeline(filter, window, &self.cores(&|| false)).expect("nobody cancels it");
        Matching::new(&timeline)
    }

    /// The entries of these identities, in no order. Looks through all rows, as they are asked for.
    pub fn events_identified<'a>(
        &'a self,
        wanted: &'a HashSet<Identity>,
    ) -> impl Iterator<Item = Event> + use<'a> {
        self.parts.iter().flat_map(move |part| {
            let rows = (0..part.segment.len()).filter(move |row| {
                part.is_live(*row) && wanted.contains(&part.segment.identity(*row, &self.shared))
            });
            rows.map(move |row| part.segment.event(row, &self.shared))
        })
    }

    /// Bytes that the events occupy here, by count of what was allocated.
    pub fn memory_bytes(&self) -> usize {
        self.parts.iter().map(Part::memory_bytes).sum::<usize>()
            + self.shared.iter().map(Values::memory_bytes).sum::<usize>()
    }

    fn locate(&self, RowId(ordinal): RowId) -> Option<At<'_>> {
        let (part, row) = locate(&self.parts, u32::try_from(ordinal).ok()?)?;
        Some(At { segment: &self.parts[part].segment, row })
    }

    pub(super) fn cores<'c>(&self, cancelled: &'c dyn Fn() -> bool) -> Cores<'c> {
        let rows: usize = self.parts.iter().map(|part| part.segment.len()).sum();
        Cores::new(rows >= self.limits.spread, cancelled)
    }

    /// The rows inside the window that match; `None` where it was cancelled.
    pub(super) fn timeline(
        &self,
        filter: &Query,
        window: Interval,
        cores: &Cores<'_>,
    ) -> Option<Timeline<'_>> {
        let is_part = |slot| self.parts.iter().all(|part| part.segment.is_part(slot));
        let means =
            Means { shared: &self.shared, cache: &self.cache, large: self.limits.large, is_part: &is_part };
        let plan = Plan::new(filter, &means, cores)?;
        let filtered = self.cache.filter(filter);
        let lane = |part: &'_ Part| {
            let (segment, rows) = (&part.segment, part.segment.rows_in(window));
            if plan.takes_all() || rows.is_empty() {
                return (part.standing(rows), None);
            }
            let known = filtered.rows(segment.number()).or_else(|| {
                // What the window takes whole is remembered.
                (rows.len() == segment.len() && segment.len() >= self.limits.large).then(|| {
                    let every = Bitmap::of_range(segment.len(), 0..segment.len());
                    let rows = Arc::new(Ranked::new(plan.rows(segment, every)));
                    let by_class = by_class(segment, &Selected::Set(Arc::clone(&rows)));
                    filtered.remember(segment.number(), &rows, by_class);
                    (rows, by_class)
                })
            });
            match known {
                Some((known, by_class)) if rows.len() == segment.len() && part.tombstones.is_none() => {
                    (Selected::Set(known), Some(by_class))
                }
                Some((known, _)) => {
                    let mut standing = part.standing(rows).to_bitmap();
                    standing.intersect(known.bitmap());
                    (Selected::of_set(standing), None)
                }
                None => (Selected::of_set(plan.rows(segment, part.standing(rows).to_bitmap())), None),
            }
        };
        if cores.is_cancelled() {
            return None;
        }
        let unknown = self.parts.iter().filter(|part| filtered.rows(part.segment.number()).is_none());
        let is_little = || unknown.map(|part| part.segment.len()).sum::<usize>() < self.limits.spread;
        let lanes = if plan.takes_all() || is_little() {
            self.parts.iter().map(lane).collect()
        } else {
            cores.each(&self.parts, lane)?
        };
        self.cache.trim();
        let lanes = self.parts.iter().zip(lanes).filter(|(_, (rows, _))| rows.count() > 0);
        let lanes = lanes.map(|(part, (rows, known))| Lane::knowing(&part.segment, rows, known)).collect();
        Some(Timeline::new(lanes, &self.shared))
    }
}

impl Part {
    /// The rows of a range that were not superseded.
    fn standing(&self, rows: Range<usize>) -> Selected {
        let len = self.segment.len();
        match &self.tombstones {
            None => Selected::Stretch(rows, len),
            Some(dead) => {
                let mut standing = Bitmap::of_range(len, rows);
                standing.subtract(dead);
                Selected::of_set(standing)
            }
        }
    }
}
