//! Which page comes next: pure state machines, one a way of paging. A page's facts go in, the next
//! position, the end or an error comes out.
//!
//! Not here: sending, trying again, beginning again (`fetch::walk`), and the URL of a position
//! (`fetch::plan`).

pub mod chain;
pub mod pieces;
pub mod strides;
#[cfg(test)]
mod tests;

use url::Url;

use crate::event::Event;
use crate::interval::Interval;
use crate::provider::Paging;
use crate::timestamp::Timestamp;
use chain::Chain;
use pieces::Pieces;
use strides::Strides;

/// How a page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// The first page, without anything that tells a place.
    First,
    /// After so many entries.
    Offset(u64),
    /// By its number, as the system counts.
    Page(u64),
    /// By a cursor.
    Cursor(String),
    /// By the URL that the server gave.
    Url(Url),
    /// The same query again, its window ending here.
    Until(Timestamp),
    /// A window of its own.
    Window(Interval),
}

impl Position {
    /// Whether it came from the server, which may forget it.
    pub fn is_cursor(&self) -> bool {
        matches!(self, Self::Cursor(_) | Self::Url(_))
    }
}

/// What a page's envelope says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// How many items it has; counted only where pages are fetched side by side.
    pub items: usize,
    /// The next cursor, text or number.
    pub cursor: Option<String>,
    /// Whether there are more.
    pub more: Option<bool>,
    /// How many pages there are in all.
    pub total_pages: Option<u64>,
    /// Tells one list of items from another, where pages are fetched side by side.
    pub fingerprint: Option<u64>,
    /// Where the `Link` header leads, as it was written.
    pub link: Option<String>,
}

/// What a page's entries say, for a walk by time.
#[derive(Debug, Clone, Copy)]
pub struct Entries<'a> {
    /// How many items the page has, readable or not.
    pub items: usize,
    /// The entries inside the window.
    pub inside: &'a [Event],
    /// The time of the oldest entry, inside the window or not.
    pub oldest: Option<Timestamp>,
    /// The time of the newest entry, inside the window or not.
    pub newest: Option<Timestamp>,
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// More pages; ask for their positions.
    More,
    /// Only the page's entries can tell.
    Entries,
    /// There are no more.
    End,
}

/// Why a walk cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A cursor that was followed before: the walk would go round in circles.
    #[error("it gives a cursor that it gave before, {0:?}, so the walk would never end")]
    Repeated(String),
    /// There are more, but not where.
    #[error("it says that there are more entries and gives no cursor to them")]
    NoCursor,
    /// A link to another origin.
    #[error("its Link header leads from {from} to another origin, {to}, which is not followed")]
    Elsewhere {
        /// The origin asked.
        from: String,
        /// The origin that the link names.
        to: String,
    },
    /// A link with a user name or a password in it.
    #[error("its Link header leads to {0} with a user name or a password in it, which is not followed")]
    NamesUser(String),
    /// A link that is no URL.
    #[error("its Link header leads to {0:?}, which is no URL")]
    NoUrl(String),
    /// The same page again for another place.
    #[error("it is the page before it again, so the server does not heed the place that it is asked for")]
    SamePage,
    /// Pages without entries, and no end.
    #[error("{0} pages in a row are empty, and it says that there are more")]
    Empty(u32),
}

/// A walk through the pages of a window.
#[derive(Debug)]
pub enum Pager {
    /// Pages that need not wait for one another, by offset or number.
    Strides(Strides),
    /// Each page tells the next.
    Chain(Box<Chain>),
    /// Windows, each answered at once.
    Pieces(Pieces),
}

impl Pager {
    /// The walk of a system through a window. `size` is the number of entries that a page is asked
    /// for, where it is.
    pub fn new(paging: &[Paging], window: Interval, size: Option<u32>) -> Self {
        match paging.iter().find(|paging| paging.is_independent()) {
            Some(independent) => Self::Strides(Strides::new(independent, size)),
            None if paging.iter().all(|paging| *paging == Paging::None) => {
                Self::Pieces(Pieces::new(vec![window]))
            }
            None => Self::Chain(Box::new(Chain::new(paging, window))),
        }
    }

    /// Whether pages may be asked for side by side.
    pub fn is_independent(&self) -> bool {
        !matches!(self, Self::Chain(_))
    }

    /// A page that can be asked for now, besides those that are already; `None`: those must come
    /// first, or there is none.
    pub fn ask(&mut self) -> Option<Position> {
        match self {
            Self::Strides(strides) => strides.ask(),
            Self::Chain(chain) => chain.ask(),
            Self::Pieces(pieces) => pieces.ask(),
        }
    }

    /// The next page came, in the order of asking. `resolve` makes a URL of a link's target, if it
    /// may be followed.
    pub fn came(
        &mut self,
        facts: &Facts,
        resolve: impl FnOnce(&str) -> Result<Url, Error>,
    ) -> Result<Next, Error> {
        match self {
            Self::Strides(strides) => strides.came(facts),
            Self::Chain(chain) => chain.came(facts, resolve),
            Self::Pieces(pieces) => Ok(pieces.came()),
        }
    }

    /// The page's entries, after [`Next::Entries`].
    pub fn entries(&mut self, entries: Entries<'_>) -> Next {
        match self {
            Self::Chain(chain) => chain.entries(entries),
            Self::Strides(_) | Self::Pieces(_) => Next::End,
        }
    }
}
