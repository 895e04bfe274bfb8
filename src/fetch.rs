//! How entries come: a source and a window in, a stream of [`Update`]s out.
//!
//! Paging, retry, back-off, pacing, redirects, tokens and windows are this layer's private matter
//! (`fetch/{pager,retry,auth,client,plan}`); above it there are only updates. One task per source
//! and fan-out value ([`Part`]); independent pages and windows are fetched side by side and
//! delivered in order.
//!
//! How it hangs together: [`Fetcher`] keeps a `session` for each source (connections, token, the
//! pause that a 429 asks of everybody) and starts a `walk` for each part; a walk asks its `pager`
//! which pages may be asked for, `plan` for their URLs, the session for their answers, and `body`
//! for what is in them.
//!
//! Not here: filtering and keeping (the store, `export`), and what the user sees of it.

pub mod auth;
mod body;
pub mod check;
pub mod client;
pub mod clock;
mod error;
mod link;
pub mod locate;
pub mod origin;
pub mod outlet;
mod pager;
mod plan;
pub mod push;
pub mod retry;
mod session;
mod single;
mod walk;

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::event::{Class, Event};
use crate::interval::Interval;
use crate::provider::Provider;
use crate::query::Query;
pub use crate::source::Part;
use crate::source::Source;
use crate::store::Batch;
use crate::timestamp::Timestamp;
use clock::Clock;
use plan::PartPlan;
use session::{Jitter, Session};

/// Updates that wait to be read: enough that a page is always ready while the reader works on
/// another, few enough that a reader who pauses holds the fetching back.
const UPDATES: usize = 32;

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
    /// Stop early once the newest so many entries of a part came that match `filter`, where pages
    /// come newest first and do.
    pub limit: Option<usize>,
    /// What `limit` counts; `None`: every entry. Nothing is left out of the pages by it.
    pub filter: Option<Arc<Query>>,
    /// What a long wait means.
    pub patience: Patience,
    /// Only this part of the source.
    pub only: Option<Part>,
    /// Where the walk of that part goes on: a [`Page::resume`] of the same window. One that cannot be
    /// followed any more is as none.
    pub resume: Option<Arc<str>>,
}

impl Request {
    /// Everything of a window, nothing pushed, headless.
    pub fn new(source: Arc<Source>, provider: Arc<Provider>, window: Interval) -> Self {
        Self {
            source,
            provider,
            window,
            push: None,
            limit: None,
            filter: None,
            patience: Patience::Headless,
            only: None,
            resume: None,
        }
    }
}

/// What a wait of over five minutes means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It is not begun: the part fails and says when to come back (headless).
    Headless,
    /// It is counted down (the explorer).
    Interactive,
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
    /// Entries of a file came as rows, ready for the store, in place of a page.
    Rows(Rows),
    /// A file was sifted for a question; what was found, in place of a page.
    Sifted(Sifted),
    /// Entries that the archive holds of a source, and what they cover, whatever the servers are asked
    /// to filter by. They never stand above an equal copy that was fetched, and they may come before
    /// a part's `Began`.
    Archived(Archived),
    /// A request failed for now and is waited for.
    Waiting {
        /// Of which walk.
        part: Part,
        /// Why.
        why: Wait,
        /// Until when.
        until: Timestamp,
        /// Which request of this page comes next (1 to 6; 1 where another part of the source was
        /// asked to wait, and this one waits with it).
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
    /// Where the walk goes on behind this page, as text for [`Request::resume`]; `None` where less
    /// than the whole window is asked for.
    pub resume: Option<Arc<str>>,
}

/// Entries that came as rows for the store.
#[derive(Debug, Clone)]
pub struct Rows {
    /// Of which file.
    pub part: Part,
    /// The rows; `None` once the store has them.
    pub batch: Option<Box<Batch>>,
    /// How many there are.
    pub entries: usize,
    /// Those of them that say what they changed.
    pub changed: Vec<Event>,
    /// Records that became no entry.
    pub skipped: Vec<Skipped>,
    /// How much of the file is read, in 0..=1, where that can be told.
    pub progress: Option<f64>,
}

/// What a question leaves of a stretch of a file.
#[derive(Debug, Clone)]
pub struct Sifted {
    /// Of which file.
    pub part: Part,
    /// The entries that match inside the window, where these are wanted, and with them all that say
    /// what they changed: others' changes are filled in from them.
    pub events: Vec<Event>,
    /// When the entries that match were, and their classes, where that is wanted.
    pub counted: Vec<(Timestamp, Class)>,
    /// How many entries there were, whatever they were.
    pub entries: u64,
    /// The times of the oldest and the newest of all of them.
    pub times: Option<(Timestamp, Timestamp)>,
    /// How many of them lie outside the window.
    pub outside: u64,
    /// Records that became no entry.
    pub skipped: Vec<Skipped>,
    /// How much of the file is read, in 0..=1, where that can be told.
    pub progress: Option<f64>,
}

impl Sifted {
    /// Nothing yet of this file.
    pub fn nothing(part: &Part) -> Self {
        Self {
            part: part.clone(),
            events: Vec::new(),
            counted: Vec::new(),
            entries: 0,
            times: None,
            outside: 0,
            skipped: Vec::new(),
            progress: None,
        }
    }
}

/// Entries that the archive holds, as rows for a store.
#[derive(Debug, Clone)]
pub struct Archived {
    /// Of which source.
    pub source: Arc<str>,
    /// The rows, of any of its parts; `None` where there are none, or the store has them.
    pub batch: Option<Box<Batch>>,
    /// Those of them that tell what they changed, or stand alone, as entries.
    pub telling: Vec<Event>,
    /// Records that became no entry, in words; hostile text may be in them.
    pub unreadable: Vec<String>,
    /// What is covered of which part that was not before: all its entries have been handed over.
    pub covered: Vec<(Part, Interval)>,
    /// How much is read, in 0..=1.
    pub progress: f64,
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
    /// The server said that there were too many requests (429).
    RateLimited,
    /// The server said that it is busy (503).
    Busy,
    /// A failure that may pass: another 5xx, a broken connection, a timeout, a body that is not the JSON
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
    /// Ends reading what the archive holds, where that is a part of it.
    pub reading: tokio_util::sync::CancellationToken,
}

/// What a session was made of, and the session.
type Kept = (String, Arc<Session>);

/// Fetches: keeps what the walks of a source share, for as long as it lives. Cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    jitter: Jitter,
    /// By the source's name, with what it was made of: a source that was configured otherwise since
    /// gets a session of its own.
    sessions: Mutex<HashMap<Arc<str>, Kept>>,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Fetcher").field("clock", &self.shared.clock).finish_non_exhaustive()
    }
}

impl Fetcher {
    /// With this clock, and back-offs spread by chance.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        // Each hasher of the standard library is seeded anew: chance enough to spread waits.
        let jitter = || (RandomState::new().hash_one(0u8) >> 11) as f64 / (1u64 << 53) as f64;
        Self::with_jitter(clock, jitter)
    }

    /// With this clock and this spread of back-offs, a number in `0.0..1.0` each time: 0.5 is none.
    pub fn with_jitter(clock: Arc<dyn Clock>, jitter: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        let shared = Shared { clock, jitter: Arc::new(jitter), sessions: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// The present, by the clock that waits are measured by.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Starts a walk for each part of the source, as tasks of the tokio runtime that it is called in.
    /// Whatever fails is told as the part's end.
    pub fn start(&self, request: Request) -> Running {
        self.start_under(request, Control::default())
    }

    /// The same, steered together with whatever else has this control.
    pub fn start_under(&self, request: Request, control: Control) -> Running {
        let (sender, updates) = mpsc::channel(UPDATES);
        let session = self.session(&request.source, &request.provider);
        let begun =
            session.and_then(|session| Ok((plan::parts(&request.source, &request.provider)?, session)));
        match begun {
            Ok((plans, session)) => {
                let request = Arc::new(request);
                let wanted = |plan: &PartPlan| request.only.as_ref().is_none_or(|only| plan.part == *only);
                for plan in plans.into_iter().filter(wanted) {
                    let walk = walk::walk(
                        Arc::clone(&session),
                        plan,
                        Arc::clone(&request),
                        sender.clone(),
                        control.clone(),
                    );
                    tokio::spawn(walk);
                }
            }
            Err(error) => {
                let part = Part { source: Arc::clone(&request.source.name), value: None };
                tokio::spawn(walk::stillborn(part, request.window, error, sender));
            }
        }
        Running { updates, control }
    }

    /// Everything that must fail before anything is sent: the address, plain HTTP, the path's
    /// variables, `page_size`, the token (a command for it is run, a file read; what came is kept).
    /// The error's kind is [`ErrorKind::Config`].
    pub async fn prepare(&self, source: &Arc<Source>, provider: &Arc<Provider>) -> Result<(), Error> {
        self.session(source, provider)?.prepare().await
    }

    /// The parts of a source, in the order of its config, without sending anything.
    pub fn parts(source: &Source, provider: &Provider) -> Result<Vec<Part>, Error> {
        Ok(plan::parts(source, provider)?.into_iter().map(|plan| plan.part).collect())
    }

    /// The single record of an entry, where the system has that route. `workspace` is the entry's
    /// fan-out value.
    pub async fn single(
        &self,
        source: &Arc<Source>,
        provider: &Arc<Provider>,
        workspace: Option<&str>,
        id: &str,
    ) -> Result<Event, Error> {
        single::single(&*self.session(source, provider)?, workspace, id, None).await
    }

    /// The same, its requests and waits being told, and the waits counted down however long they are.
    pub async fn single_telling(
        &self,
        source: &Arc<Source>,
        provider: &Arc<Provider>,
        workspace: Option<&str>,
        id: &str,
        updates: mpsc::Sender<Update>,
    ) -> Result<Event, Error> {
        single::single(&*self.session(source, provider)?, workspace, id, Some(updates)).await
    }

    /// Whether a source can be read: its token, its reach, its scope; one smallest request a part.
    pub async fn check(
        &self,
        source: &Arc<Source>,
        provider: &Arc<Provider>,
    ) -> Result<check::CheckReport, Error> {
        check::check(&*self.session(source, provider)?).await
    }

    fn session(&self, source: &Arc<Source>, provider: &Arc<Provider>) -> Result<Arc<Session>, Error> {
        // A proxy may have a password in it; this text is shown nowhere.
        // Which entities are asked for is a matter of each walk, and needs no other session.
        let apart = Source { entities: Vec::new(), ..Source::clone(source) };
        let made_of = format!("{apart:?}{:?}{}", source.proxy, provider.toml);
        let mut sessions = self.shared.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, session)) = sessions.get(&source.name)
            && *known == made_of
        {
            return Ok(Arc::clone(session));
        }
        let session = Arc::new(Session::new(
            Arc::clone(source),
            Arc::clone(provider),
            Arc::clone(&self.shared.clock),
            Arc::clone(&self.shared.jitter),
        )?);
        sessions.insert(Arc::clone(&source.name), (made_of, Arc::clone(&session)));
        Ok(session)
    }
}
