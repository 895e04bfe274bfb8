//! Where a walk goes on after a page, as text that outlives the process.
//!
//! It says what has come, and the place of the next page where that is not told by time alone: a
//! cursor, a link, a page's number. Whoever keeps it keeps it together with the pages before it. What
//! is read back is held to nothing but its form; a place that is no more leads to a fresh walk of
//! what has not come.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::Walk;
use super::coverage::Coverage;
use crate::fetch::body::PageEntries;
use crate::fetch::pager::Pager;
use crate::fetch::pager::Position;
use crate::fetch::pager::chain::Chain;
use crate::fetch::pager::strides::{Place, Strides};
use crate::interval::{Interval, IntervalSet};
use crate::provider::Paging;
use crate::timestamp::Timestamp;

/// A stretch of time, microseconds.
type Stretch = (i64, i64);

/// Where a walk goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resume {
    window: Stretch,
    covered: Vec<Stretch>,
    gaps: Vec<Stretch>,
    /// How many pages came.
    pages: u64,
    /// The window under way, where its next page has a place of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    piece: Option<Piece>,
}

/// A window that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    window: Stretch,
    /// Whether pages came newest first.
    pub held: bool,
    last: Option<i64>,
    frontier: i64,
    next: Next,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Next {
    Cursor(String),
    Url(String),
    /// The page that came last, which is asked for again and held to what it was.
    Page {
        index: u64,
        stride: u64,
        longest: u64,
        size: Option<u32>,
        print: u64,
    },
}

fn stretch(interval: Interval) -> Stretch {
    (interval.since.micros(), interval.until.micros())
}

fn interval((since, until): Stretch) -> Interval {
    Interval::new(Timestamp::from_micros(since), Timestamp::from_micros(until))
}

impl Resume {
    /// After a page, of which this has come.
    fn new(window: Interval, covered: &IntervalSet, gaps: &[Interval], pages: u64) -> Self {
        Self {
            window: stretch(window),
            covered: covered.parts().iter().copied().map(stretch).collect(),
            gaps: gaps.iter().copied().map(stretch).collect(),
            pages,
            piece: None,
        }
    }

    /// What was kept for a walk of this window; `None` where it is not for that.
    fn read(text: &str, window: Interval) -> Option<Self> {
        let read: Self = serde_json::from_str(text).ok()?;
        (interval(read.window) == window).then_some(read)
    }

    /// As text.
    fn text(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// What has come.
    fn covered(&self) -> IntervalSet {
        self.covered.iter().copied().map(interval).collect()
    }

    /// What is known never to come.
    fn gaps(&self) -> Vec<Interval> {
        self.gaps.iter().copied().map(interval).collect()
    }
}

impl Piece {
    /// After a page of a window; `None` where the next one is told by time alone.
    pub fn new(
        window: Interval,
        pager: &Pager,
        size: Option<u32>,
        entries: &PageEntries,
        (held, last, frontier): (bool, Option<Timestamp>, Timestamp),
    ) -> Option<Self> {
        let next = match pager {
            Pager::Chain(chain) => match chain.place()? {
                Position::Cursor(cursor) => Next::Cursor(cursor.clone()),
                Position::Url(url) => Next::Url(url.to_string()),
                _ => return None,
            },
            Pager::Strides(strides) => {
                let Place { index, stride, longest } = strides.place()?;
                Next::Page { index, stride, longest: longest as u64, size, print: print(entries) }
            }
            Pager::Pieces(_) => return None,
        };
        let last = last.map(Timestamp::micros);
        Some(Self { window: stretch(window), held, last, frontier: frontier.micros(), next })
    }

    /// Its window.
    pub fn window(&self) -> Interval {
        interval(self.window)
    }

    /// The oldest time of the page before; `None` where that page comes again.
    pub fn last(&self) -> Option<Timestamp> {
        let comes_again = matches!(self.next, Next::Page { .. });
        self.last.filter(|_| !comes_again).map(Timestamp::from_micros)
    }

    /// The pager that goes on; `None` where the system pages in another way now.
    pub fn pager(
        &self,
        paging: &[Paging],
        size: Option<u32>,
        own: impl FnOnce(&Url) -> bool,
    ) -> Option<Pager> {
        let window = self.window();
        let place = match &self.next {
            Next::Page { index, stride, longest, size: asked, .. } => {
                let independent = paging.iter().find(|paging| paging.is_independent())?;
                let place =
                    Place { index: *index, stride: *stride, longest: usize::try_from(*longest).ok()? };
                return (*asked == size).then(|| Pager::Strides(Strides::resumed(independent, size, place)));
            }
            Next::Cursor(cursor) => Position::Cursor(cursor.clone()),
            Next::Url(url) => Position::Url(Url::parse(url).ok().filter(own)?),
        };
        Chain::resumed(paging, window, place).map(|chain| Pager::Chain(Box::new(chain)))
    }

    /// Whether nothing lies between what has come and this page, which is the first that comes now:
    /// a cursor's certainly; a page that is asked for again, where it is as it was, or where it
    /// begins among what has come already (because new entries moved it on).
    pub fn joins(&self, entries: &PageEntries) -> bool {
        let Next::Page { print: was, .. } = &self.next else { return true };
        let among = self.held && entries.first.is_some_and(|first| first.micros() >= self.frontier);
        print(entries) == *was || among
    }
}

impl Walk {
    /// Where the walk goes on, for one that fetches everything of its window.
    pub(super) fn resume_text(
        &self,
        pager: &Pager,
        window: Interval,
        entries: &PageEntries,
        is_last: bool,
    ) -> Option<Arc<str>> {
        if self.request.only.is_none() || self.request.push.is_some() || self.request.limit.is_some() {
            return None;
        }
        let (covered, gaps) = (self.coverage.covered(), self.coverage.gaps());
        let mut resume = Resume::new(self.request.window, covered, gaps, self.number);
        if !is_last {
            let size = self.template.size.as_ref().map(|(_, size)| *size);
            let order = (self.order.held, self.order.last, self.coverage.frontier());
            resume.piece = Piece::new(window, pager, size, entries, order);
        }
        resume.text().map(Arc::from)
    }

    /// Takes up what an earlier walk left; the window that was under way, where its place is known.
    pub(super) fn resume(&mut self) -> Option<Piece> {
        let window = self.request.window;
        let resume = Resume::read(self.request.resume.as_deref()?, window)?;
        self.coverage = Coverage::resumed(window, resume.covered(), &resume.gaps());
        self.number = resume.pages.max(1);
        let under_way = |piece: &Piece| window.covers(piece.window()) && !piece.window().is_empty();
        let piece = resume.piece.filter(under_way)?;
        self.order.held &= piece.held;
        Some(piece)
    }

    /// What of the windows has not come, the one under way first.
    pub(super) fn remaining(&self, pieces: &[Interval], under_way: Option<&Piece>) -> Vec<Interval> {
        let mut done = self.coverage.covered().clone();
        self.coverage.gaps().iter().for_each(|gap| done.insert(*gap));
        let mut remaining = Vec::new();
        if let Some(piece) = under_way {
            remaining.push(piece.window());
            done.insert(piece.window());
        }
        for piece in pieces {
            remaining.extend(done.missing_in(*piece).into_iter().rev());
        }
        remaining
    }
}

/// A page's entries, told from any others'.
fn print(entries: &PageEntries) -> u64 {
    let mut hash = Sha256::new();
    for event in &entries.inside {
        hash.update(event.identity.0.to_be_bytes());
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(since: i64, until: i64) -> Interval {
        interval((since, until))
    }

    #[test]
    fn what_is_kept_is_read_back_for_the_same_window_alone() {
        let covered = [between(60, 100)].into_iter().collect();
        let mut resume = Resume::new(between(0, 100), &covered, &[between(70, 71)], 3);
        let next = Next::Page { index: 2, stride: 10, longest: 10, size: Some(10), print: u64::MAX };
        let piece = Piece { window: (0, 100), held: true, last: Some(60), frontier: 61, next };
        resume.piece = Some(piece.clone());
        let text = resume.text().expect("text");
        assert_eq!(Resume::read(&text, between(0, 100)), Some(resume.clone()));
        assert_eq!((resume.covered(), resume.gaps()), (covered, vec![between(70, 71)]));
        assert_eq!(Resume::read(&text, between(0, 101)), None);
        for wrong in ["", "{}", "null", "{\"window\":[0,100]}", &text.replace("covered", "coverd")] {
            assert_eq!(Resume::read(wrong, between(0, 100)), None, "{wrong}");
        }
        // The page comes again, so that what came before it is no page before it.
        assert_eq!(piece.last(), None);
    }

    #[test]
    fn a_place_that_the_system_does_not_speak_of_is_none() {
        let at = |next| Piece { window: (0, 100), held: true, last: Some(60), frontier: 61, next };
        let cursor = at(Next::Cursor("c".to_owned()));
        let link = |url: &str| at(Next::Url(url.to_owned()));
        let by_cursor =
            [Paging::Cursor { cursor: "c".into(), next: Vec::new(), more: Vec::new(), size: None }];
        let by_link = [Paging::Link { rel: "next".into() }];
        assert!(cursor.pager(&by_cursor, None, |_| true).is_some());
        assert!(cursor.pager(&by_link, None, |_| true).is_none());
        assert!(link("https://a.example/x").pager(&by_link, None, |_| true).is_some());
        assert!(link("https://b.example/x").pager(&by_link, None, |_| false).is_none());
        assert!(link("no url").pager(&by_link, None, |_| true).is_none());
        assert!(link("https://a.example/x").pager(&by_cursor, None, |_| true).is_none());
        assert_eq!(cursor.last(), Some(Timestamp::from_micros(60)));
    }
}
