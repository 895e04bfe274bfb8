//! What is known of a stretch of time, as far as a filter goes: what is here, what lacks, and why.
//!
//! Not here: taking in what the fetch layer tells (`feed`).

use std::sync::Arc;

use super::{Asked, Feed, Feeding, SourceInfo, State};
use crate::fetch::Part;
use crate::interval::{Interval, IntervalSet};
use crate::query::Query;
use crate::timestamp::{DAY, Timestamp};

/// What is known of a stretch of time, the best last: of several parts the first in this order
/// stands for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Known {
    /// It was asked for, and that failed.
    Failed,
    /// The server makes us wait.
    Waiting,
    /// Fetching is paused.
    Paused,
    /// It is being fetched.
    Fetching,
    /// It was not asked for.
    Unasked,
    /// The system keeps nothing that old.
    Beyond,
    /// All of it is here.
    Fetched,
}

impl Known {
    /// The word for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Failed => "fetching failed",
            Self::Waiting => "waiting for the server",
            Self::Paused => "paused",
            Self::Fetching => "being fetched",
            Self::Unasked => "not asked",
            Self::Beyond => "beyond what the system keeps",
            Self::Fetched => "fetched",
        }
    }
}

impl Feed {
    /// What is known of a stretch, over all parts, as far as the query goes.
    pub fn known(&self, stretch: Interval, query: &Query, now: Timestamp) -> Known {
        self.band(&[stretch], query, now).first().copied().unwrap_or(Known::Unasked)
    }

    /// The same for several stretches at once.
    pub fn band(&self, stretches: &[Interval], query: &Query, now: Timestamp) -> Vec<Known> {
        // Where nothing is opened nothing is known.
        let best = if self.sources.is_empty() { Known::Unasked } else { Known::Fetched };
        let mut band = vec![best; stretches.len()];
        for feeding in &self.parts {
            let have = feeding.have(query);
            let oldest = self.oldest_kept(&feeding.part.source, now);
            for (known, stretch) in band.iter_mut().zip(stretches) {
                *known = (*known).min(self.known_of(feeding, &have, oldest, *stretch, query));
            }
        }
        for source in &self.sources {
            if self.parts.iter().any(|feeding| feeding.part.source == source.name) {
                continue;
            }
            let oldest = self.oldest_kept(&source.name, now);
            for (known, stretch) in band.iter_mut().zip(stretches) {
                let asked = |asked: &Asked| asked.of_source(&source.name);
                *known = (*known).min(self.not_begun(oldest, *stretch, query, asked));
            }
        }
        band
    }

    fn oldest_kept(&self, source: &str, now: Timestamp) -> Option<Timestamp> {
        let source = self.sources.iter().find(|known| *known.name == *source)?;
        source.retention_days.map(|days| now.plus(-i64::from(days) * DAY))
    }

    /// What is known of a stretch that is not here: whether it was `asked` for, and has not begun.
    fn not_begun(
        &self,
        oldest: Option<Timestamp>,
        stretch: Interval,
        query: &Query,
        asked: impl Fn(&Asked) -> Option<Interval>,
    ) -> Known {
        if oldest.is_some_and(|oldest| stretch.until <= oldest) {
            return Known::Beyond;
        }
        let serves = |push: &Option<Arc<Query>>| match push {
            Some(push) => push.conjuncts().iter().all(|term| query.conjuncts().contains(term)),
            None => true,
        };
        let under_way = self.asked.as_ref().filter(|asked| serves(&asked.push)).and_then(asked);
        match under_way {
            Some(asked) if !asked.intersect(stretch).is_empty() => Known::Fetching,
            _ => Known::Unasked,
        }
    }

    pub(super) fn pauses(&self, source: &str) -> bool {
        self.paused || self.full.iter().any(|full| **full == *source)
    }

    fn known_of(
        &self,
        feeding: &Feeding,
        have: &IntervalSet,
        oldest: Option<Timestamp>,
        stretch: Interval,
        query: &Query,
    ) -> Known {
        if oldest.is_some_and(|oldest| stretch.until <= oldest) {
            return Known::Beyond;
        }
        let gaps = have.missing_in(stretch);
        if gaps.is_empty() {
            return Known::Fetched;
        }
        let not_under_way = || match self.not_begun(oldest, stretch, query, |asked| asked.of(&feeding.part)) {
            Known::Unasked if feeding.failures.of(&gaps, query).is_some() => Known::Failed,
            known => known,
        };
        let Some(walk) = feeding.walk.as_ref().filter(|walk| walk.pushed.serves(query) && !walk.replaced)
        else {
            return not_under_way();
        };
        let asked = gaps.iter().any(|gap| !gap.intersect(walk.window).is_empty());
        match &walk.state {
            _ if !asked => not_under_way(),
            State::Fetching | State::Waiting { .. } if self.pauses(&feeding.part.source) => Known::Paused,
            State::Fetching => Known::Fetching,
            State::Waiting { .. } => Known::Waiting,
            State::Failed | State::Ended | State::Cancelled => not_under_way(),
        }
    }

    /// Which share of the window is fetched, over all parts, in 0..=1.
    pub fn share(&self, window: Interval, query: &Query) -> f64 {
        let begun = self.parts.iter().map(|feeding| feeding.have(query).micros_in(window) as f64);
        let silent = self
            .sources
            .iter()
            .filter(|source| !self.parts.iter().any(|feeding| feeding.part.source == source.name))
            .count();
        let parts = self.parts.len() + silent;
        let whole = window.micros() as f64 * parts as f64;
        if whole > 0.0 { begun.sum::<f64>() / whole } else { 1.0 }
    }

    /// Back to when all of every part is here without a gap, from the window's end; the end itself
    /// where nothing is.
    pub fn unbroken_since(&self, window: Interval, query: &Query) -> Timestamp {
        if self.sources.iter().any(|source| !self.parts.iter().any(|f| f.part.source == source.name)) {
            return window.until;
        }
        let gaps = self
            .parts
            .iter()
            .filter_map(|feeding| feeding.have(query).missing_in(window).last().map(|gap| gap.until));
        gaps.max().unwrap_or(window.since)
    }

    /// The parts of which something of this window is missing, and what, by time; a source of which
    /// nothing is known yet stands for all its parts.
    pub fn lacking(&self, window: Interval, query: &Query) -> Vec<(Part, Vec<Interval>)> {
        let begun = self
            .parts
            .iter()
            .map(|feeding| (feeding.part.clone(), feeding.have(query).missing_in(window)))
            .filter(|(_, gaps)| !gaps.is_empty());
        let is_silent =
            |source: &&SourceInfo| !self.parts.iter().any(|feeding| feeding.part.source == source.name);
        let silent = self.sources.iter().filter(is_silent);
        let whole = silent.map(|source| (Part { source: source.name.clone(), value: None }, vec![window]));
        begun.chain(whole).collect()
    }

    /// The smallest window that holds all that is missing of this one; `None` where nothing is.
    pub fn missing(&self, window: Interval, query: &Query) -> Option<Interval> {
        let lacking = self.lacking(window, query);
        let gaps = || lacking.iter().flat_map(|(_, gaps)| gaps);
        let (since, until) = (gaps().map(|gap| gap.since).min()?, gaps().map(|gap| gap.until).max()?);
        Some(Interval::new(since, until))
    }

    /// What of a window is not fetched, as far as the query goes, and what is known of each gap; by
    /// time, neighbours of one kind as one.
    pub fn gaps(&self, window: Interval, query: &Query, now: Timestamp) -> Vec<(Interval, Known)> {
        let mut edges = vec![window.since, window.until];
        for feeding in &self.parts {
            for gap in feeding.have(query).missing_in(window) {
                edges.extend([gap.since, gap.until]);
            }
        }
        edges.sort_unstable();
        edges.dedup();
        let pieces: Vec<Interval> = edges.windows(2).map(|pair| Interval::new(pair[0], pair[1])).collect();
        let mut gaps: Vec<(Interval, Known)> = Vec::new();
        for (piece, known) in pieces.iter().zip(self.band(&pieces, query, now)) {
            if known == Known::Fetched {
                continue;
            }
            match gaps.last_mut() {
                Some((gap, before)) if gap.until == piece.since && *before == known => {
                    gap.until = piece.until;
                }
                _ => gaps.push((*piece, known)),
            }
        }
        gaps
    }
}
