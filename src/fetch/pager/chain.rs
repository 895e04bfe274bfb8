//! Pages that each tell the next: by cursor, by `Link` header, or by the time of their oldest entry.
//!
//! A system may name several ways; each page is asked for the first that it speaks. A walk that has
//! once followed a cursor or a link ends where there is none (the contract's section 3).

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use url::Url;

use super::{Entries, Error, Facts, Next, Position};
use crate::event::Identity;
use crate::interval::Interval;
use crate::provider::Paging;
use crate::timestamp::Timestamp;

/// A walk from page to page.
#[derive(Debug)]
pub struct Chain {
    window: Interval,
    next: Option<Position>,
    /// The cursor or link of the next page, once it is asked for too.
    place: Option<Position>,
    /// Hashes of the cursors and links that were followed.
    seen: HashSet<u64>,
    followed: bool,
    by_cursor: bool,
    by_link: bool,
    descent: Option<Descent>,
}

/// A walk by the time of the oldest entry seen.
#[derive(Debug)]
struct Descent {
    /// What is added to the oldest time, microseconds: the server's precision.
    step: i64,
    /// How many entries of one time make a page suspect of hiding more.
    suspect: usize,
    oldest: Option<Timestamp>,
    /// The entries of the oldest time that were seen.
    ties: HashSet<Identity>,
    longest: usize,
    /// The end of the window that was asked for last; `None`: the walk's own.
    asked_until: Option<Timestamp>,
    gaps: Vec<Interval>,
    heedless: bool,
}

impl Chain {
    /// A walk through a window that has not begun.
    pub fn new(paging: &[Paging], window: Interval) -> Self {
        let descent = paging.iter().find_map(|paging| match paging {
            Paging::Descent { step_micros, suspect } => Some(Descent {
                step: (*step_micros).max(1),
                suspect: *suspect,
                oldest: None,
                ties: HashSet::new(),
                longest: 0,
                asked_until: None,
                gaps: Vec::new(),
                heedless: false,
            }),
            _ => None,
        });
        Self {
            window,
            next: Some(Position::First),
            place: None,
            seen: HashSet::new(),
            followed: false,
            by_cursor: paging.iter().any(|paging| matches!(paging, Paging::Cursor { .. })),
            by_link: paging.iter().any(|paging| matches!(paging, Paging::Link { .. })),
            descent,
        }
    }

    /// A walk that goes on at a cursor or a link; `None` where the system has none such.
    pub fn resumed(paging: &[Paging], window: Interval, place: Position) -> Option<Self> {
        let mut chain = Self::new(paging, window);
        let speaks = match &place {
            Position::Cursor(_) => chain.by_cursor,
            Position::Url(_) => chain.by_link,
            _ => false,
        };
        let text = match &place {
            Position::Cursor(cursor) => cursor.as_str(),
            Position::Url(url) => url.as_str(),
            _ => return None,
        };
        chain.follow(text).ok()?;
        chain.next = Some(place);
        speaks.then_some(chain)
    }

    /// The cursor or link of the next page, after a page came.
    pub fn place(&self) -> Option<&Position> {
        self.place.as_ref()
    }

    /// The next page, once the one before it came.
    pub fn ask(&mut self) -> Option<Position> {
        self.next.take()
    }

    /// The page came.
    pub fn came(
        &mut self,
        facts: &Facts,
        resolve: impl FnOnce(&str) -> Result<Url, Error>,
    ) -> Result<Next, Error> {
        self.place = None;
        if facts.more == Some(false) {
            return Ok(Next::End);
        }
        if let Some(cursor) = facts.cursor.as_ref().filter(|_| self.by_cursor) {
            self.follow(cursor)?;
            self.next = Some(Position::Cursor(cursor.clone()));
            self.place.clone_from(&self.next);
            return Ok(Next::More);
        }
        if let Some(link) = facts.link.as_ref().filter(|_| self.by_link) {
            let url = resolve(link)?;
            self.follow(url.as_str())?;
            self.next = Some(Position::Url(url));
            self.place.clone_from(&self.next);
            return Ok(Next::More);
        }
        if facts.more == Some(true) {
            return Err(Error::NoCursor);
        }
        Ok(if self.followed || self.descent.is_none() { Next::End } else { Next::Entries })
    }

    fn follow(&mut self, place: &str) -> Result<(), Error> {
        let mut hasher = DefaultHasher::new();
        place.hash(&mut hasher);
        self.followed = true;
        if self.seen.insert(hasher.finish()) { Ok(()) } else { Err(Error::Repeated(place.to_owned())) }
    }

    /// The page's entries, where only they can tell.
    pub fn entries(&mut self, entries: Entries<'_>) -> Next {
        let Some(descent) = &mut self.descent else { return Next::End };
        match descent.next(self.window, entries) {
            Some(until) => {
                self.next = Some(Position::Until(until));
                Next::More
            }
            None => Next::End,
        }
    }

    /// What a descent had to leave out.
    pub fn gaps(&self) -> &[Interval] {
        self.descent.as_ref().map_or(&[], |descent| &descent.gaps)
    }

    /// Whether pages follow by time, and how far above the oldest entry all is certainly seen.
    pub fn descent_step(&self) -> Option<i64> {
        self.descent.as_ref().filter(|_| !self.followed).map(|descent| descent.step)
    }

    /// Whether the server gave entries from after the end that it was asked for, so that a descent
    /// cannot reach below its first page.
    pub fn is_heedless(&self) -> bool {
        self.descent.as_ref().is_some_and(|descent| descent.heedless)
    }
}

impl Descent {
    /// The end of the next query; `None`: the walk is over.
    fn next(&mut self, window: Interval, entries: Entries<'_>) -> Option<Timestamp> {
        self.longest = self.longest.max(entries.items);
        if let (Some(asked), Some(newest)) = (self.asked_until, entries.newest) {
            self.heedless |= newest > asked.plus(self.step);
        }
        let is_new = self.learn(entries);
        let Some(oldest) = self.oldest else { return self.below_the_end(window, entries) };
        if entries.oldest.is_some_and(|page_oldest| page_oldest < window.since) {
            return None;
        }
        let until = if is_new {
            oldest.plus(self.step)
        } else if self.hides_a_gap(oldest, entries) {
            let gap = Interval::new(oldest.plus(-self.step), oldest.plus(self.step)).intersect(window);
            if self.gaps.contains(&gap) {
                return None;
            }
            self.gaps.push(gap);
            oldest.plus(-self.step)
        } else {
            return None;
        };
        let until = until.min(window.until);
        self.asked_until = Some(until);
        (until > window.since).then_some(until)
    }

    /// The end of the next query after a page of which nothing is inside the window. Where all of it
    /// stands at the window's very end, which some servers count in, more of that instant may fill every
    /// page: the walk goes on below it.
    fn below_the_end(&mut self, window: Interval, entries: Entries<'_>) -> Option<Timestamp> {
        self.heedless |= entries.newest.is_some_and(|newest| newest > window.until.plus(self.step));
        let at_the_end = entries.oldest.is_some_and(|oldest| oldest >= window.until)
            && !self.heedless
            && self.asked_until.is_none()
            && entries.items >= self.suspect.max(1);
        if !at_the_end {
            return None;
        }
        let until = window.until.plus(-self.step);
        self.gaps.push(Interval::new(until, window.until).intersect(window));
        self.asked_until = Some(until);
        (until > window.since).then_some(until)
    }

    /// Takes note of the page's entries; whether one of them is new. Only at the oldest time can an
    /// entry have been missed, since pages come newest first; so only those are remembered.
    fn learn(&mut self, entries: Entries<'_>) -> bool {
        let mut is_new = false;
        for event in entries.inside {
            if self.oldest.is_none_or(|oldest| event.time < oldest) {
                self.oldest = Some(event.time);
                self.ties.clear();
            }
            if self.oldest == Some(event.time) {
                is_new |= self.ties.insert(event.identity);
            }
        }
        is_new
    }

    /// Whether a page that brought nothing new is so full of one instant that more may lie behind it.
    fn hides_a_gap(&self, oldest: Timestamp, entries: Entries<'_>) -> bool {
        entries.items >= self.suspect.max(1)
            && entries.items >= self.longest
            && entries.inside.len() == entries.items
            && entries.inside.iter().all(|event| event.time == oldest)
    }
}
