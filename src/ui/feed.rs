//! What the fetch layer has told: which parts there are, what of which time came, what goes on, what
//! failed. From it come the band under the histogram, the top line's progress and countdown.
//!
//! What was fetched for a pushed filter is fetched for that filter alone: it counts where the filter
//! in force asks for all that was pushed. Not here: fetching (`fetch`).

mod failures;
mod known;

use std::sync::Arc;

use crate::fetch::{End, Page, Part, Skipped, Update, Wait, push};
use crate::interval::{Interval, IntervalSet};
use crate::provider::Push;
use crate::query::{Expr, Query};
use crate::timestamp::Timestamp;

use failures::Failures;
pub use known::Known;

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
    /// The filters that its server is asked to apply.
    pub pushes: Vec<Push>,
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
    /// Ended with something missing.
    Failed,
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
    failures: Failures,
    walk: Option<Walk>,
}

impl Feeding {
    /// A stretch came of what was asked for under these terms.
    fn cover(&mut self, pushed: &Pushed, stretch: Interval) {
        self.covered(pushed).insert(stretch);
        self.failures.settle(pushed, stretch);
    }

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
                feeding.failures.settle(&pushed, *window);
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
                    self.part(part).cover(&Pushed::default(), *stretch);
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
        let feeding = self.part(&page.part);
        page.covered.iter().for_each(|stretch| feeding.cover(pushed, *stretch));
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
                    feeding.cover(&pushed, window);
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
                self.fail(part, missing, &why);
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
                self.fail(part, missing, why);
                vec![News::Failure(format!("{part}: {why}"))]
            }
        }
    }

    fn part(&mut self, part: &Part) -> &mut Feeding {
        let at = self.parts.iter().position(|feeding| feeding.part == *part).unwrap_or_else(|| {
            self.parts.push(Feeding {
                part: part.clone(),
                covered: Vec::new(),
                failures: Failures::default(),
                walk: None,
            });
            self.parts.len() - 1
        });
        &mut self.parts[at]
    }

    /// The walk of a part ended, and this did not come; all of its window where it does not say what.
    fn fail(&mut self, part: &Part, missing: &[Interval], why: &str) {
        let feeding = self.part(part);
        if let Some(walk) = &feeding.walk {
            let missing = if missing.is_empty() { &[walk.window] } else { missing };
            feeding.failures.add(walk.pushed.clone(), missing.iter().copied().collect(), why);
        }
        self.set_state(part, State::Failed);
    }

    fn set_state(&mut self, part: &Part, state: State) {
        if let Some(walk) = &mut self.part(part).walk {
            walk.state = state;
        }
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

    /// The parts of which something of this window failed and is not here, with why.
    pub fn failures(&self, window: Interval, query: &Query) -> impl Iterator<Item = (&Part, &str)> {
        self.parts.iter().filter_map(move |feeding| {
            let gaps = feeding.have(query).missing_in(window);
            Some((&feeding.part, feeding.failures.of(&gaps, query)?))
        })
    }

    /// The terms of a filter that a server takes, in its order, and the sources whose servers take any.
    pub fn pushable(&self, query: &Query) -> (Vec<String>, Vec<&SourceInfo>) {
        let taken = |source: &SourceInfo| push::pushed(query, &source.pushes).terms;
        let takers: Vec<&SourceInfo> =
            self.sources.iter().filter(|source| !taken(source).is_empty()).collect();
        let taken: Vec<String> = takers.iter().flat_map(|source| taken(source)).collect();
        let terms = query.conjuncts().iter().map(|term| Query { expr: term.clone() }.to_string());
        (terms.filter(|term| taken.contains(term)).collect(), takers)
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

    /// Whether all that came of a part came for another filter alone: loosening a filter that was
    /// pushed leaves what the servers left out missing.
    pub fn narrower(&self, query: &Query) -> bool {
        self.parts.iter().any(|feeding| {
            let is_pushed = feeding.covered.iter().any(|(pushed, _)| !pushed.text.is_empty());
            is_pushed && !feeding.covered.iter().any(|(pushed, _)| pushed.serves(query))
        })
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
