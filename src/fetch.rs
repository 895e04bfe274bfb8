//! How entries come: a source and a window in, a stream of [`Update`]s out.
//!
//! Paging, retry, back-off, pacing, redirects, tokens and windows are this layer's private matter
//! (`fetch/{pager,retry,auth,client,plan}`); above it there are only updates. One task per source
//! and fan-out value ([`Part`]); independent pages and windows are fetched side by side and
//! delivered in order.
//!
//! Not here: filtering and keeping (the store, `export`), and what the user sees of it.

pub mod clock;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::event::Event;
use crate::interval::Interval;
use crate::provider::Provider;
use crate::query::Query;
use crate::source::Source;
use crate::timestamp::Timestamp;

/// What is to be fetched.
#[derive(Debug, Clone)]
pub struct Request {
    /// From where.
    pub source: Arc<Source>,
    /// How that system speaks.
    pub provider: Arc<Provider>,
    /// Of which time; its end is fixed before the first page.
    pub window: Interval,
    /// The filter of which the server may be asked to apply what it can; `None`: nothing is pushed.
    pub push: Option<Arc<Query>>,
    /// Stop early once so many entries of a part came that match `push`'s filter, where pages come
    /// newest first and do.
    pub limit: Option<usize>,
    /// What a long wait means.
    pub patience: Patience,
}

/// What a wait of over five minutes means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It is not begun: the part fails and says when to come back (headless).
    Headless,
    /// It is counted down (the explorer).
    Interactive,
}

/// One walk: a source, and the fan-out value where it fans out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Part {
    /// The source's name.
    pub source: Arc<str>,
    /// The fan-out value (a workspace, `TYPE/ID` of an entity).
    pub value: Option<Arc<str>>,
}

/// As messages name it: `SOURCE` or `SOURCE VALUE`.
impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(out, "{} {value}", self.source),
            None => write!(out, "{}", self.source),
        }
    }
}

/// What the fetch layer tells. Per part: `Began`, any of the middle ones, then one of `Ended`.
#[derive(Debug, Clone)]
pub enum Update {
    /// A walk began.
    Began {
        /// Which.
        part: Part,
        /// Its window, end fixed.
        window: Interval,
        /// The filter terms that the server applies, as filter text (empty: none).
        pushed: Vec<String>,
    },
    /// A page came. Pages of a part come in order.
    Page(Page),
    /// A request failed for now and is waited for.
    Waiting {
        /// Of which walk.
        part: Part,
        /// Why.
        why: Wait,
        /// Until when.
        until: Timestamp,
        /// Which request of this page comes next (2 to 6).
        attempt: u32,
    },
    /// The wait is over and the request is under way again.
    Resumed {
        /// Of which walk.
        part: Part,
    },
    /// Something that the user should read, which fails nothing (a retention that the window
    /// exceeds, a filter that the server refused and that is applied here).
    Notice {
        /// Of which walk.
        part: Part,
        /// What.
        text: String,
    },
    /// A request was answered or failed, for the request log.
    Requested(Exchange),
    /// A walk ended; nothing follows of this part.
    Ended {
        /// Which.
        part: Part,
        /// How.
        end: End,
    },
}

/// A page that came.
#[derive(Debug, Clone)]
pub struct Page {
    /// Of which walk.
    pub part: Part,
    /// Its number in the walk, from 1, in the order delivered.
    pub number: u64,
    /// Its entries inside the window, in the server's order; not yet filtered or deduplicated.
    pub events: Vec<Event>,
    /// Records that became no entry.
    pub skipped: Vec<Skipped>,
    /// What of the window is now fetched that was not before: all its entries have been delivered.
    pub covered: Vec<Interval>,
    /// How much of the walk is done, in 0..=1, where that can be told.
    pub progress: Option<f64>,
}

/// A record that became no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The page, from 1.
    pub page: u64,
    /// The item on the page, from 1.
    pub item: usize,
    /// Why.
    pub why: String,
}

/// Why a walk waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The server said that there were too many requests (429), or that it is busy (503).
    RateLimited,
    /// A failure that may pass: 5xx, a broken connection, a timeout, a body that is not the JSON
    /// expected.
    Retry,
}

/// How a walk ended.
#[derive(Debug, Clone)]
pub enum End {
    /// All that the window has came.
    Whole,
    /// The limit was reached: the newest so many came.
    Limited,
    /// It was stopped by the caller.
    Cancelled,
    /// Something is missing.
    Failed {
        /// What went wrong.
        error: Arc<Error>,
        /// Which parts of the window are missing, ascending.
        missing: Vec<Interval>,
    },
    /// All came but what the server could not be made to tell (a gap in a descent by time).
    Gaps {
        /// What is missing, ascending.
        missing: Vec<Interval>,
        /// What to say of it.
        why: String,
    },
}

/// One request and its answer, without secrets.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Of which walk.
    pub part: Part,
    /// The method.
    pub method: &'static str,
    /// The URL; no secret is ever in one.
    pub url: String,
    /// The answer's status; `None`: there was no answer.
    pub status: Option<u16>,
    /// How long it took.
    pub took: Duration,
    /// The body's length, decoded, bytes.
    pub bytes: u64,
    /// Which request of this page it was, from 1.
    pub attempt: u32,
}

/// What went wrong with a walk; its words say what, where and what to do. No secret is in them and
/// every hostile character in them is already a visible mark.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Which kind, for the exit status.
    pub kind: ErrorKind,
    /// The whole message.
    pub message: String,
    /// The part's next try makes sense only then, where the server said so.
    pub retry_at: Option<Timestamp>,
}

/// The kinds of failure, by the exit status that they give (the contract's section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Before anything was sent: token, variable, plain HTTP. Exit 2.
    Config,
    /// 401 or 403. Exit 3.
    Refused,
    /// No connection, TLS failure, timeout, 429 or 5xx after the last try. Exit 4.
    Unreachable,
    /// Anything else: garbage, a repeated cursor, a redirect elsewhere, a failure in a 200. Exit 1.
    Broken,
}

impl ErrorKind {
    /// The exit status.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Config => 2,
            Self::Refused => 3,
            Self::Unreachable => 4,
            Self::Broken => 1,
        }
    }
}

/// What is under way: updates come out, [`Control`] steers. Dropping it cancels everything.
#[derive(Debug)]
pub struct Running {
    /// The updates of all parts, merged; ends after every part's `Ended`.
    pub updates: tokio::sync::mpsc::Receiver<Update>,
    /// How to steer it.
    pub control: Control,
}

/// Steers what is under way; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Control {
    /// Cancels every request and wait; parts end as [`End::Cancelled`].
    pub cancel: tokio_util::sync::CancellationToken,
    /// While true, no new request is begun.
    pub paused: tokio::sync::watch::Sender<bool>,
}
