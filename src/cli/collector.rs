//! Runs fetches and file readings to their end: hands pages to whoever asks, tells the user what
//! goes on, and keeps account of what is missing.
//!
//! Not here: filtering and keeping (`gather`), and single records ([`super::singles`]).

use std::collections::BTreeMap;
use std::task::Poll;

use super::failure::Status;
use super::messages::{Messages, counted};
use super::selection::Selection;
use super::window::Bounds;
use crate::event::{Class, Event};
use crate::fetch::{End, Part, Running, Skipped, Update, Wait};
use crate::interval::{Interval, IntervalSet};
use crate::text;
use crate::timestamp::{SECOND, Timestamp};

/// From which wait on it is said where there are no progress bars, microseconds.
const WORTH_SAYING: i64 = 10 * SECOND;

/// Where a page came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A configured source: an entry that comes twice is one.
    Source,
    /// A file: nothing is dropped as a duplicate.
    File,
}

/// What came at once.
#[derive(Debug)]
pub struct Came {
    /// Where from.
    pub kind: Kind,
    /// Of which walk.
    pub part: Part,
    /// Entries.
    pub events: Vec<Event>,
    /// Times and classes of entries of files, where only these are wanted.
    pub counted: Vec<(Timestamp, Class)>,
}

/// Collects what several fetches and readings bring.
pub struct Collector {
    messages: Messages,
    window: Interval,
    feeds: Vec<Feed>,
    /// Which feed is looked at first, so that none starves another.
    turn: usize,
    parts: BTreeMap<Part, State>,
    status: Status,
    missing: IntervalSet,
    oldest_and_newest: Option<(Timestamp, Timestamp)>,
    outside: u64,
}

/// What brings updates of one walk or of several.
struct Feed {
    kind: Kind,
    running: Running,
    /// Those that it has begun.
    parts: Vec<Part>,
}

/// What is known of one walk.
#[derive(Debug)]
struct State {
    window: Interval,
    covered: IntervalSet,
    entries: u64,
    skipped: u64,
    first_skipped: Option<Skipped>,
    ended: bool,
}

impl State {
    fn new(window: Interval) -> Self {
        Self {
            window,
            covered: IntervalSet::new(),
            entries: 0,
            skipped: 0,
            first_skipped: None,
            ended: false,
        }
    }

    /// Counts what became no entry, and holds the first of it: what comes need not come in order.
    fn skip(&mut self, skipped: Vec<Skipped>) {
        self.skipped += skipped.len() as u64;
        let earlier = self.first_skipped.take();
        self.first_skipped = earlier.into_iter().chain(skipped).min_by_key(|one| (one.page, one.item));
    }
}

/// How a collection ended.
#[derive(Debug, Clone)]
pub struct Collected {
    /// The highest status of all parts.
    pub status: Status,
    /// What of the window is not there, over all parts.
    pub missing: IntervalSet,
    /// The times of the oldest and the newest entry that came from files, in the window or not.
    pub oldest_and_newest: Option<(Timestamp, Timestamp)>,
    /// How many entries of files lie outside the window.
    pub outside: u64,
}

impl Collected {
    /// Tells that entries of files were left out by a window that the user did not choose: beside
    /// sources, files too are read over the default one.
    pub fn tell_outside(&self, selection: &Selection, messages: &Messages) {
        if self.outside > 0 && !selection.sources.is_empty() && selection.bounds == Bounds::default() {
            messages.notice(&format!(
                "{} entries of files lie outside the last seven days; choose the window with --since and --until",
                counted(self.outside)
            ));
        }
    }
}

impl Collector {
    /// Collects what these bring of a window.
    pub fn new(feeds: Vec<(Kind, Running)>, window: Interval, messages: Messages) -> Self {
        let feeds = feeds.into_iter().map(|(kind, running)| Feed { kind, running, parts: Vec::new() });
        Self {
            messages,
            window,
            feeds: feeds.collect(),
            turn: 0,
            parts: BTreeMap::new(),
            status: Status::Whole,
            missing: IntervalSet::new(),
            oldest_and_newest: None,
            outside: 0,
        }
    }

    /// The next entries that came; `None` when everything has ended.
    pub async fn next(&mut self) -> Option<Came> {
        loop {
            let (kind, update) = self.update().await?;
            if let Some(came) = self.take(kind, update) {
                return Some(came);
            }
        }
    }

    /// The next update of any feed; `None` when all have ended.
    async fn update(&mut self) -> Option<(Kind, Update)> {
        futures::future::poll_fn(|context| {
            let mut step = 0;
            while step < self.feeds.len() {
                let at = (self.turn + step) % self.feeds.len();
                let feed = &mut self.feeds[at];
                match feed.running.updates.poll_recv(context) {
                    Poll::Ready(Some(update)) => {
                        let kind = feed.kind;
                        if let Update::Began { part, .. } = &update {
                            feed.parts.push(part.clone());
                        }
                        self.turn = at + 1;
                        return Poll::Ready(Some((kind, update)));
                    }
                    Poll::Ready(None) => {
                        self.feeds.remove(at);
                        // The others moved up: all of them are looked at again.
                        step = 0;
                    }
                    Poll::Pending => step += 1,
                }
            }
            if self.feeds.is_empty() { Poll::Ready(None) } else { Poll::Pending }
        })
        .await
    }

    fn take(&mut self, kind: Kind, update: Update) -> Option<Came> {
        match update {
            Update::Began { part, window, .. } => {
                self.messages.progress(&part, None, "");
                self.parts.insert(part, State::new(window.intersect(self.window)));
                None
            }
            Update::Page(page) => {
                let state = self.parts.get_mut(&page.part).filter(|state| !state.ended)?;
                state.entries += page.events.len() as u64;
                state.skip(page.skipped);
                page.covered.into_iter().for_each(|covered| state.covered.insert(covered));
                let words = format!("{} entries", counted(state.entries));
                self.messages.progress(&page.part, page.progress, &words);
                if kind == Kind::File {
                    for event in &page.events {
                        let outside = u64::from(!self.window.contains(event.time));
                        self.note_times((event.time, event.time), outside);
                    }
                }
                Some(Came { kind, part: page.part, events: page.events, counted: Vec::new() })
            }
            Update::Sifted(sifted) => {
                let state = self.parts.get_mut(&sifted.part)?;
                state.entries += sifted.entries;
                state.skip(sifted.skipped);
                let words = format!("{} entries", counted(state.entries));
                self.messages.progress(&sifted.part, sifted.progress, &words);
                if let Some(times) = sifted.times {
                    self.note_times(times, sifted.outside);
                }
                Some(Came { kind, part: sifted.part, events: sifted.events, counted: sifted.counted })
            }
            Update::Waiting { part, why, until, attempt } => {
                self.tell_wait(&part, why, until, attempt);
                None
            }
            Update::Resumed { part } => {
                let entries = self.parts.get(&part).map_or(0, |state| state.entries);
                self.messages.progress(&part, None, &format!("{} entries", counted(entries)));
                None
            }
            Update::Notice { part, text } => {
                self.messages.notice(&format!("{}: {text}", text::visible(&part.to_string())));
                None
            }
            // Rows are for a store; here entries are looked at one by one.
            Update::Rows(_) | Update::Archived(_) | Update::Requested(_) => None,
            Update::Ended { part, end } => {
                self.messages.progress_ended(&part);
                if self.parts.get(&part).is_none_or(|state| !state.ended) {
                    self.end(kind, &part, end);
                }
                None
            }
        }
    }

    /// Notes the times of the oldest and the newest of some entries of files, and how many of these
    /// lie outside the window.
    fn note_times(&mut self, times: (Timestamp, Timestamp), outside: u64) {
        self.outside += outside;
        let (oldest, newest) = self.oldest_and_newest.get_or_insert(times);
        *oldest = times.0.min(*oldest);
        *newest = times.1.max(*newest);
    }

    fn tell_wait(&self, part: &Part, why: Wait, until: Timestamp, attempt: u32) {
        let left = until.micros().saturating_sub(Timestamp::now().micros());
        let why = match why {
            Wait::RateLimited => "too many requests",
            Wait::Busy => "the server is busy (503)",
            Wait::Retry => "a failure that may pass",
        };
        let words =
            format!("{why}: waiting {} s (request {attempt} of 6)", (left + SECOND - 1).max(0) / SECOND);
        self.messages.progress(part, None, &words);
        if left >= WORTH_SAYING && !self.messages.has_bars() {
            self.messages.notice(&format!("{}: {words}", text::visible(&part.to_string())));
        }
    }

    fn end(&mut self, kind: Kind, part: &Part, end: End) {
        let state = self.parts.entry(part.clone()).or_insert_with(|| State::new(self.window));
        state.ended = true;
        let (status, missing, why) = match end {
            End::Whole | End::Limited => return,
            End::Cancelled => (Status::Broken, state.covered.missing_in(state.window), None),
            End::Failed { error, missing } => (error.kind.into(), missing, Some(error.message.clone())),
            End::Gaps { missing, why } => {
                (Status::Broken, missing, Some(format!("{}: {why}", text::visible(&part.to_string()))))
            }
        };
        self.status = self.status.max(status);
        let missing: IntervalSet = missing.into_iter().map(|gap| gap.intersect(self.window)).collect();
        if let Some(why) = why {
            // Which part of a file's window is missing nobody knows.
            let gap = if kind == Kind::Source { said(&missing) } else { String::new() };
            self.messages.error(&format!("{why}{gap}"));
        }
        missing.parts().iter().for_each(|gap| self.missing.insert(*gap));
    }

    /// What came of this part is enough: whatever would follow of it is not taken, and nothing of it is
    /// missing. The others go on, so that what they bring does not depend on who was first. A feed ends
    /// with the last of its parts; it has begun all of them before its first page.
    pub fn enough(&mut self, part: &Part) {
        let Some(state) = self.parts.get_mut(part) else { return };
        state.ended = true;
        self.messages.progress_ended(part);
        let parts = &self.parts;
        let goes_on = |part: &Part| parts.get(part).is_some_and(|state| !state.ended);
        self.feeds.retain(|feed| {
            let is_wanted = !feed.parts.contains(part) || feed.parts.iter().any(goes_on);
            if !is_wanted {
                feed.running.control.cancel.cancel();
            }
            is_wanted
        });
    }

    fn cancel(&mut self) {
        for feed in &self.feeds {
            feed.running.control.cancel.cancel();
        }
        // Dropping the receivers frees whoever waits for room in them.
        self.feeds.clear();
    }

    /// Stops everything that is under way.
    pub fn stop(&mut self) {
        self.cancel();
        for (part, state) in &mut self.parts {
            if !state.ended {
                self.messages.progress_ended(part);
                state.ended = true;
                self.status = self.status.max(Status::Broken);
                for gap in state.covered.missing_in(state.window) {
                    self.missing.insert(gap);
                }
            }
        }
    }

    /// Tells what was skipped, and gives the account.
    pub fn finish(mut self) -> Collected {
        for (part, state) in &self.parts {
            if !state.ended {
                let part = text::visible(&part.to_string()).into_owned();
                self.messages.error(&format!("{part}: reading it broke down; more may be in the log"));
            }
        }
        self.stop();
        for (part, state) in &self.parts {
            let Some(first) = &state.first_skipped else { continue };
            self.messages.notice(&format!(
                "skipped {} entries: {} page {} item {}: {}",
                state.skipped,
                text::visible(&part.to_string()),
                first.page,
                first.item,
                text::visible(&first.why)
            ));
        }
        Collected {
            status: self.status,
            missing: self.missing,
            oldest_and_newest: self.oldest_and_newest,
            outside: self.outside,
        }
    }
}

/// The gap in words, where there is one.
fn said(missing: &IntervalSet) -> String {
    if missing.is_empty() {
        return String::new();
    }
    let gaps: Vec<String> =
        missing.parts().iter().map(|gap| format!("{} to {}", gap.since, gap.until)).collect();
    format!("\n  missing: {}", gaps.join(", "))
}

#[cfg(test)]
mod tests;
