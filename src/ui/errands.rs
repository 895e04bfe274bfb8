//! What is to be fetched once the present fetch is over, and following: what is new comes by itself.
//!
//! A fetch takes the place of the one before. So whoever interrupts one leaves an errand that goes
//! on with it: what has come by then is known, and only the rest is asked for.
//!
//! Not here: fetching (`update::fetching` asks for it), and what came (`feed`).

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock};

use crate::event::field::Field;
use crate::interval::Interval;
use crate::query::parse::parse;
use crate::query::{Expr, Query, Subject};
use crate::timestamp::Timestamp;

/// What our own reads of the log are filtered by.
static OWN_READS: LazyLock<Expr> = LazyLock::new(|| {
    let query = parse("is:self", Timestamp::from_micros(0)).expect("the filter language knows is:self");
    query.expr
});

/// Something to be fetched later: what is missing of a window by then.
#[derive(Debug, Clone, PartialEq)]
pub struct Errand {
    /// Of which time.
    pub window: Interval,
    /// What to push.
    pub push: Option<Arc<Query>>,
    /// Those sources alone whose servers take something of it.
    pub takers_only: bool,
    /// It was paused when something came between.
    pub paused: bool,
}

impl Errand {
    /// All sources, going on at once.
    pub fn new(window: Interval, push: Option<Arc<Query>>) -> Self {
        Self { window, push, takers_only: false, paused: false }
    }
}

/// Following: what is new is asked for again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    /// Where the window ended when following began.
    pub from: Timestamp,
    /// Up to where has been asked.
    pub until: Timestamp,
    /// When to ask next.
    pub poll_at: Timestamp,
    /// While the screen is held.
    pub held: Option<Held>,
    /// How many of our own reads are hidden, where that is known.
    pub own_reads: Option<usize>,
    /// That number is to be asked for.
    count_due: bool,
}

/// The screen stands still, and what comes is kept for later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// How many entries were loaded when it began; `None`: nothing came since.
    at: Option<usize>,
    /// How many came since.
    pub came: usize,
}

/// The errands, and following.
#[derive(Debug, Default)]
pub struct Errands {
    queue: VecDeque<Errand>,
    /// How many entries the store had when it was last told.
    loaded: usize,
    /// While following.
    pub follow: Option<Follow>,
}

impl Errands {
    /// To be done before all others, once the present fetch is over.
    pub fn next_before_all(&mut self, errand: Errand) {
        let is_same = |other: &Errand| {
            (other.window, &other.push, other.takers_only)
                == (errand.window, &errand.push, errand.takers_only)
        };
        self.queue.retain(|other| !is_same(other));
        self.queue.push_front(errand);
    }

    /// The next one.
    pub fn take(&mut self) -> Option<Errand> {
        self.queue.pop_front()
    }

    /// Whether nothing is still to be done.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Nothing of it is to be done any more, and nothing is followed.
    pub fn cancel(&mut self) {
        self.queue.clear();
        self.follow = None;
    }

    /// Forgets the errands; following goes on.
    pub fn forget(&mut self) {
        self.queue.clear();
    }

    /// Follows from the window's end on; the first time at once.
    pub fn begin_follow(&mut self, from: Timestamp, now: Timestamp) {
        self.follow =
            Some(Follow { from, until: from, poll_at: now, held: None, own_reads: None, count_due: false });
    }

    /// Holds the screen, or lets it go; whether it is held now. `None`: nothing is followed.
    pub fn toggle_hold(&mut self) -> Option<bool> {
        let loaded = self.loaded;
        let follow = self.follow.as_mut()?;
        follow.held = match follow.held {
            Some(_) => None,
            None => Some(Held { at: Some(loaded), came: 0 }),
        };
        Some(follow.held.is_some())
    }

    /// The store has so many entries now; whether the screen stands still all the same.
    pub fn keeps_still(&mut self, loaded: usize) -> bool {
        self.loaded = loaded;
        let Some(held) = self.follow.as_mut().and_then(|follow| follow.held.as_mut()) else { return false };
        let at = *held.at.get_or_insert(loaded);
        held.came = loaded.saturating_sub(at);
        true
    }

    /// The filter as the screen asks for it: while following without our own reads, but where it
    /// speaks of what kind an action is.
    pub fn shown(&self, filter: &Arc<Query>) -> Arc<Query> {
        if self.hides_own_reads(filter) {
            Arc::new(Query::clone(filter).and(OWN_READS.clone().negated()))
        } else {
            filter.clone()
        }
    }

    fn hides_own_reads(&self, filter: &Query) -> bool {
        self.follow.is_some() && !filter.mentions(|subject| *subject == Subject::Field(Field::Is))
    }

    /// The screen was answered: what it hides may be counted.
    pub fn answered(&mut self) {
        if let Some(follow) = &mut self.follow {
            follow.count_due = true;
        }
    }

    /// The filter of what is hidden, once its number is to be asked for.
    pub fn hidden(&mut self, filter: &Query) -> Option<Query> {
        let hides = self.hides_own_reads(filter);
        let follow = self.follow.as_mut()?;
        if !std::mem::take(&mut follow.count_due) {
            return None;
        }
        if !hides {
            follow.own_reads = None;
            return None;
        }
        Some(filter.clone().and(OWN_READS.clone()))
    }

    /// So many are hidden.
    pub fn own_reads(&mut self, count: usize) {
        if let Some(follow) = &mut self.follow {
            follow.own_reads = Some(count);
        }
    }
}
