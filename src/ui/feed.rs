//! What the fetch layer has told: which parts there are, what of which time came, what goes on, what
//! failed. From it come the band under the histogram, the top line's progress and countdown.
//!
//! What was fetched for a pushed filter is fetched for that filter alone: it counts where the filter
//! in force asks for all that was pushed. Not here: fetching (`fetch`).

use std::sync::Arc;

use crate::fetch::{End, Page, Part, Skipped, Update, Wait};
use crate::interval::{Interval, IntervalSet};
use crate::query::{Expr, Query};
use crate::timestamp::{DAY, Timestamp};

/// A source as the screen needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceInfo {
    /// Its name.
    pub name: Arc<str>,
    /// Its system's name for people.
    pub title: Box<str>,
    /// How many days its system keeps entries, where it deletes them.
    pub retention_days: Option<u32>,
    /// Whether its system has a route for a single record, which tells more than the list.
    pub has_single: bool,
    /// Whether its system has a route for one record's history.
    pub has_entity: bool,
}

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

/// Where a walk stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Under way.
    Fetching,
    /// Waiting until an instant.
    Waiting {
        /// Why.
        why: Wait,
        /// Until when.
        until: Timestamp,
        /// Which request of the page comes next.
        attempt: u32,
    },
    /// Ended well.
    Ended,
    /// Stopped by the user.
    Cancelled,
    /// Ended with something missing; why.
    Failed {
        /// The message.
        why: String,
        /// The missing stretches.
        missing: IntervalSet,
    },
}

/// The walk of a part that was begun last.
#[derive(Debug, Clone)]
struct Walk {
    window: Interval,
    pushed: Pushed,
    state: State,
    /// Another walk in its place was asked for and has not begun yet.
    replaced: bool,
}

/// What a server filters by: the terms as text and as the filter language has them.
#[derive(Debug, Clone, PartialEq, Default)]
struct Pushed {
    text: Vec<String>,
    terms: Vec<Expr>,
}

impl Pushed {
    /// Whether all that the query can match was fetched under these terms.
    fn serves(&self, query: &Query) -> bool {
        self.terms.len() == self.text.len() && self.terms.iter().all(|term| query.conjuncts().contains(term))
    }
}

/// A source and fan-out value.
#[derive(Debug, Clone)]
struct Feeding {
    part: Part,
    covered: Vec<(Pushed, IntervalSet)>,
    walk: Option<Walk>,
}

impl Feeding {
    fn covered(&mut self, pushed: &Pushed) -> &mut IntervalSet {
        let at = self.covered.iter().position(|(known, _)| known == pushed).unwrap_or_else(|| {
            self.covered.push((pushed.clone(), IntervalSet::new()));
            self.covered.len() - 1
        });
        &mut self.covered[at].1
    }

    /// What of the window is here, as far as the query goes.
    fn have(&self, query: &Query) -> IntervalSet {
        let sets = self.covered.iter().filter(|(pushed, _)| pushed.serves(query));
        sets.flat_map(|(_, set)| set.parts().iter().copied()).collect()
    }
}

/// All that the fetch layer has told.
#[derive(Debug, Clone, Default)]
pub struct Feed {
    sources: Vec<SourceInfo>,
    parts: Vec<Feeding>,
    paused: bool,
    /// The sources that pause because they brought as many entries as they may at once.
    full: Vec<Arc<str>>,
    /// The last request whose parts have not all begun yet.
    asked: Option<Asked>,
}

/// What was asked for and has not all begun yet.
#[derive(Debug, Clone)]
struct Asked {
    window: Interval,
    push: Option<Arc<Query>>,
    /// Of which parts, and of each which time; `None`: the window of every source.
    parts: Option<Vec<(Part, Interval)>>,
}

impl Asked {
    /// What is asked of a source, or of one part of it.
    fn of(&self, part: &Part) -> Option<Interval> {
        match &self.parts {
            None => Some(self.window),
            Some(parts) => {
                let is_meant = |asked: &Part| {
                    asked.source == part.source && (asked.value.is_none() || asked.value == part.value)
                };
                parts.iter().find(|(asked, _)| is_meant(asked)).map(|(_, window)| *window)
            }
        }
    }

    /// What is asked of any part of a source.
    fn of_source(&self, source: &str) -> Option<Interval> {
        match &self.parts {
            None => Some(self.window),
            Some(parts) => parts.iter().find(|(part, _)| *part.source == *source).map(|(_, window)| *window),
        }
    }
}

/// What the user should be told of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Something to know.
    Notice(String),
    /// Something went wrong.
    Failure(String),
}

impl Feed {
    /// A feed of these sources, of which nothing is known yet.
    pub fn new(sources: Vec<SourceInfo>) -> Self {
        Self { sources, ..Self::default() }
    }

    /// The sources.
    pub fn sources(&self) -> &[SourceInfo] {
        &self.sources
    }

    /// A window was asked for, with this filter pushed: these parts are about to begin, of each its
    /// own stretch (`None`: every source with the whole window). What was under way is over.
    pub fn ask(&mut self, window: Interval, push: Option<Arc<Query>>, parts: Option<Vec<(Part, Interval)>>) {
        let asked = Asked { window, push, parts };
        for Feeding { part, walk, .. } in &mut self.parts {
            let Some(walk) = walk else { continue };
            walk.replaced = asked.of(part).is_some();
            if is_active(&walk.state) {
                walk.state = State::Cancelled;
            }
        }
        self.asked = Some(asked);
        self.set_paused(false);
    }

    /// Whether fetching is paused, of all sources or of one.
    pub fn is_paused(&self) -> bool {
        self.paused || !self.full.is_empty()
    }

    /// The sources that pause by themselves; none of them where all are paused anyway.
    pub fn full(&self) -> &[Arc<str>] {
        if self.paused { &[] } else { &self.full }
    }

    /// Fetching was paused or goes on.
    pub fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
        if !paused {
            self.full.clear();
        }
    }

    /// A source brought as many entries as it may at once, and pauses.
    pub fn fill(&mut self, source: &str) {
        if !self.full.iter().any(|full| **full == *source) {
            self.full.push(source.into());
        }
    }

    /// Takes in what a source told. `now` is what ages in pushed terms count back from.
    pub fn take(&mut self, update: &Update, now: Timestamp) -> Vec<News> {
        match update {
            Update::Began { part, window, pushed } => {
                let terms = pushed
                    .iter()
                    .filter_map(|text| crate::query::parse::parse(text, now).ok().map(|query| query.expr))
                    .collect();
                let pushed = Pushed { text: pushed.clone(), terms };
                let feeding = self.part(part);
                feeding.covered(&pushed);
                feeding.walk =
                    Some(Walk { window: *window, pushed, state: State::Fetching, replaced: false });
                self.begun();
            }
            Update::Page(page) => {
                let feeding = self.part(&page.part);
                let pushed = match &mut feeding.walk {
                    Some(walk) => {
                        if matches!(walk.state, State::Waiting { .. }) {
                            walk.state = State::Fetching;
                        }
                        walk.pushed.clone()
                    }
                    None => Pushed::default(),
                };
                return self.page(page, &pushed);
            }
            Update::Archived(archived) => {
                for (part, stretch) in &archived.covered {
                    // The archive filters nothing.
                    self.part(part).covered(&Pushed::default()).insert(*stretch);
                }
                let told = archived.unreadable.first().map(|first| {
                    let more = archived.unreadable.len() - 1;
                    let rest = if more == 0 { String::new() } else { format!(" (and {more} more)") };
                    News::Notice(format!("skipped in the archive: {first}{rest}"))
                });
                return told.into_iter().collect();
            }
            Update::Rows(rows) => return told_of_skipped(&rows.part, &rows.skipped),
            Update::Waiting { part, why, until, attempt } => {
                self.set_state(part, State::Waiting { why: *why, until: *until, attempt: *attempt });
            }
            Update::Resumed { part } => self.set_state(part, State::Fetching),
            Update::Notice { part, text } => return vec![News::Notice(format!("{part}: {text}"))],
            // Nothing is sifted for a screen.
            Update::Sifted(_) | Update::Requested(_) => {}
            Update::Ended { part, end } => return self.end(part, end),
        }
        Vec::new()
    }

    /// A page came of what is asked for under these terms.
    fn page(&mut self, page: &Page, pushed: &Pushed) -> Vec<News> {
        let covered = self.part(&page.part).covered(pushed);
        page.covered.iter().for_each(|interval| covered.insert(*interval));
        told_of_skipped(&page.part, &page.skipped)
    }

    /// Once every source has begun what was asked, nothing is about to begin any more.
    fn begun(&mut self) {
        let Some(asked) = &self.asked else { return };
        let began = |source: &str, value: Option<&str>, window: Interval| {
            self.parts.iter().any(|Feeding { part, walk, .. }| {
                let is_it = *part.source == *source && (value.is_none() || part.value.as_deref() == value);
                is_it && walk.as_ref().is_some_and(|walk| walk.window.covers(window) && !walk.replaced)
            })
        };
        let all = match &asked.parts {
            None => self.sources.iter().all(|source| began(&source.name, None, asked.window)),
            Some(parts) => {
                parts.iter().all(|(part, window)| began(&part.source, part.value.as_deref(), *window))
            }
        };
        if all {
            self.asked = None;
        }
    }

    fn end(&mut self, part: &Part, end: &End) -> Vec<News> {
        // A part may end before it began: a missing token, a configuration that cannot be.
        let asked = self.asked.as_ref().and_then(|asked| asked.of(part)).unwrap_or(Interval::ALL);
        let feeding = self.part(part);
        if feeding.walk.as_ref().is_none_or(|walk| walk.replaced) {
            let (pushed, state) = (Pushed::default(), State::Fetching);
            feeding.walk = Some(Walk { window: asked, pushed, state, replaced: false });
            self.begun();
        }
        match end {
            End::Whole => {
                let feeding = self.part(part);
                if let Some(walk) = &feeding.walk {
                    let (window, pushed) = (walk.window, walk.pushed.clone());
                    feeding.covered(&pushed).insert(window);
                }
                self.set_state(part, State::Ended);
                Vec::new()
            }
            End::Limited => {
                self.set_state(part, State::Ended);
                Vec::new()
            }
            End::Cancelled => {
                self.set_state(part, State::Cancelled);
                Vec::new()
            }
            End::Failed { error, missing } => {
                // The words begin with the part, and so does every place that shows them.
                let words = error.to_string();
                let why = words.strip_prefix(&format!("{part}: ")).unwrap_or(&words).to_owned();
                let missing = missing.iter().copied().collect();
                self.set_state(part, State::Failed { why: why.clone(), missing });
                vec![News::Failure(format!("{part}: {why}"))]
            }
            End::Gaps { missing, why } => {
                let feeding = self.part(part);
                if let Some(walk) = &feeding.walk {
                    let (window, pushed) = (walk.window, walk.pushed.clone());
                    let covered = feeding.covered(&pushed);
                    covered.insert(window);
                    for gap in missing {
                        covered.remove(*gap);
                    }
                }
                let missing = missing.iter().copied().collect();
                self.set_state(part, State::Failed { why: why.clone(), missing });
                vec![News::Failure(format!("{part}: {why}"))]
            }
        }
    }

    fn part(&mut self, part: &Part) -> &mut Feeding {
        let at = self.parts.iter().position(|feeding| feeding.part == *part).unwrap_or_else(|| {
            self.parts.push(Feeding { part: part.clone(), covered: Vec::new(), walk: None });
            self.parts.len() - 1
        });
        &mut self.parts[at]
    }

    fn set_state(&mut self, part: &Part, state: State) {
        if let Some(walk) = &mut self.part(part).walk {
            walk.state = state;
        }
    }

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

    fn pauses(&self, source: &str) -> bool {
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
        let Some(walk) = feeding.walk.as_ref().filter(|walk| walk.pushed.serves(query) && !walk.replaced)
        else {
            return self.not_begun(oldest, stretch, query, |asked| asked.of(&feeding.part));
        };
        let asked = gaps.iter().any(|gap| !gap.intersect(walk.window).is_empty());
        match &walk.state {
            _ if !asked => self.not_begun(oldest, stretch, query, |asked| asked.of(&feeding.part)),
            State::Fetching | State::Waiting { .. } if self.pauses(&feeding.part.source) => Known::Paused,
            State::Fetching => Known::Fetching,
            State::Waiting { .. } => Known::Waiting,
            State::Failed { missing, .. } => {
                let failed = gaps
                    .iter()
                    .any(|gap| missing.parts().iter().any(|part| !part.intersect(*gap).is_empty()));
                if failed { Known::Failed } else { Known::Unasked }
            }
            State::Ended | State::Cancelled => {
                self.not_begun(oldest, stretch, query, |asked| asked.of(&feeding.part))
            }
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

    /// The parts of which something of this window is missing, and of each the smallest window that
    /// holds it; a source of which nothing is known yet stands for all its parts.
    pub fn lacking(&self, window: Interval, query: &Query) -> Vec<(Part, Interval)> {
        let begun = self.parts.iter().filter_map(|feeding| {
            let gaps = feeding.have(query).missing_in(window);
            let (first, last) = (gaps.first()?, gaps.last()?);
            Some((feeding.part.clone(), Interval::new(first.since, last.until)))
        });
        let is_silent =
            |source: &&SourceInfo| !self.parts.iter().any(|feeding| feeding.part.source == source.name);
        let silent = self.sources.iter().filter(is_silent);
        let whole = silent.map(|source| (Part { source: source.name.clone(), value: None }, window));
        begun.chain(whole).collect()
    }

    /// The smallest window that holds all that is missing of this one; `None` where nothing is.
    pub fn missing(&self, window: Interval, query: &Query) -> Option<Interval> {
        let lacking = self.lacking(window, query);
        let since = lacking.iter().map(|(_, gap)| gap.since).min()?;
        let until = lacking.iter().map(|(_, gap)| gap.until).max()?;
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

    /// Whether something is under way or about to be.
    pub fn is_active(&self) -> bool {
        self.asked.is_some() || self.walks().any(|(_, state)| is_active(state))
    }

    /// The parts and where their walks stand.
    pub fn walks(&self) -> impl Iterator<Item = (&Part, &State)> {
        self.parts.iter().filter_map(|feeding| Some((&feeding.part, &feeding.walk.as_ref()?.state)))
    }

    /// The wait that ends first: the part, why, until when, which request comes next.
    pub fn next_wait(&self) -> Option<(&Part, Wait, Timestamp, u32)> {
        self.walks()
            .filter_map(|(part, state)| match state {
                State::Waiting { .. } if self.pauses(&part.source) => None,
                State::Waiting { why, until, attempt } => Some((part, *why, *until, *attempt)),
                _ => None,
            })
            .min_by_key(|(_, _, until, _)| *until)
    }

    /// The parts that failed, with why.
    pub fn failures(&self) -> impl Iterator<Item = (&Part, &str)> {
        self.walks().filter_map(|(part, state)| match state {
            State::Failed { why, .. } => Some((part, why.as_str())),
            _ => None,
        })
    }

    /// What the servers filter by at present, each term once.
    pub fn pushed(&self) -> Vec<&str> {
        let mut terms: Vec<&str> = self
            .parts
            .iter()
            .filter_map(|feeding| feeding.walk.as_ref())
            .flat_map(|walk| walk.pushed.text.iter().map(String::as_str))
            .collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    /// Whether all that the query asks for was fetched for another filter alone: loosening a filter
    /// that was pushed leaves what the servers left out missing.
    pub fn narrower(&self, query: &Query) -> bool {
        self.parts
            .iter()
            .filter_map(|feeding| feeding.walk.as_ref())
            .any(|walk| !walk.pushed.text.is_empty() && !walk.pushed.serves(query))
    }
}

/// What to tell of records that became no entry: the first, and how many more.
fn told_of_skipped(part: &Part, skipped: &[Skipped]) -> Vec<News> {
    let Some(first) = skipped.first() else { return Vec::new() };
    let rest = match skipped.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more on the page)"),
    };
    let Skipped { page, item, why } = first;
    vec![News::Notice(format!("skipped an entry: {part} page {page} item {item}: {why}{rest}"))]
}

fn is_active(state: &State) -> bool {
    matches!(state, State::Fetching | State::Waiting { .. })
}

#[cfg(test)]
mod tests;
