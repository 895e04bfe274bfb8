//! Pulling what the archive lacks: which windows of which parts are to be fetched, and taking each
//! page in together with what it covers and where its walk goes on (the contract's section 1).
//!
//! Whatever moment it is killed at, the archive says what it holds, and the next sync goes on from
//! there. Not here: how entries are fetched (`fetch`), how they rest (`archive`), and what the user
//! sees of it (`cli`).

mod errand;
mod plan;
mod singles;
mod take;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, timeout_at};

use crate::archive::{self, Appended, Fault, Ledger};
use crate::fetch::origin::Origins;
use crate::fetch::{Error as FetchError, ErrorKind, Fetcher, Part, Update};
use crate::interval::IntervalSet;
use crate::provider::Provider;
use crate::source::Source;
use crate::timestamp::Timestamp;
use errand::Told;
use plan::Plan;
pub use plan::{FIRST, OVERLAP, Wanted};

/// Updates that wait to be taken in: while one transaction is on its way to the disk, the pages of
/// the next one gather.
const WAITING: usize = 64;
/// How long entries wait for more of them where a few are not worth being taken in.
const LINGER: Duration = Duration::from_secs(2);

/// A source with the descriptor that it goes by.
pub type Configured = (Arc<Source>, Arc<Provider>);

/// What became of a source.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The source's name.
    pub source: Arc<str>,
    /// What was taken in.
    pub taken: Appended,
    /// Requests sent for pages.
    pub requests: u64,
    /// How often it waited.
    pub waits: u64,
    /// For how long in all, microseconds.
    pub waited: i64,
    /// Records that became no entry.
    pub skipped: u64,
    /// Single records that were taken in.
    pub singles: u64,
    /// What of its windows is not there.
    pub missing: IntervalSet,
    /// The gravest failure, by exit status.
    pub failure: Option<ErrorKind>,
}

impl Summary {
    fn new(source: &Source) -> Self {
        Self {
            source: source.name.clone(),
            taken: Appended::default(),
            requests: 0,
            waits: 0,
            waited: 0,
            skipped: 0,
            singles: 0,
            missing: IntervalSet::new(),
            failure: None,
        }
    }

    fn fail(&mut self, kind: ErrorKind) {
        if self.failure.is_none_or(|known| known.exit_code() < kind.exit_code()) {
            self.failure = Some(kind);
        }
    }
}

/// What is told while it goes on.
#[derive(Debug)]
pub enum Progress<'a> {
    /// What the fetch layer tells, before it is taken in.
    Fetch(&'a Update),
    /// So many entries of a part are on disk by now, in this sync.
    Kept(&'a Part, u64),
    /// So many single records of a part are on disk by now, in this sync.
    Singles(&'a Part, u64),
    /// A single record could not be had. Told of the first one of each part.
    NoSingle(&'a FetchError),
}

/// Why it ended before its end. What was told as kept is kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive cannot be written, or refuses a source.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// A source cannot be asked at all.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What writes to the archive broke off.
    #[error("writing to the archive broke off: {0}")]
    Lost(#[from] tokio::task::JoinError),
}

/// What kind of failure an archive's is, for the exit status.
pub fn kind(error: &archive::Error) -> ErrorKind {
    match error {
        // What a name means is for the config to settle.
        archive::Error::OtherSystem { .. } => ErrorKind::Config,
        archive::Error::Server { fault, .. } => match fault {
            Fault::Config => ErrorKind::Config,
            Fault::Refused => ErrorKind::Refused,
            Fault::Unreachable => ErrorKind::Unreachable,
            Fault::Broken => ErrorKind::Broken,
        },
        _ => ErrorKind::Broken,
    }
}

/// The origin by which the archive knows a source again.
pub fn origin(source: &Source, provider: &Provider) -> Result<String, FetchError> {
    Ok(Origins::of(source, provider)?.base.origin().ascii_serialization())
}

/// Holds every source to what the archive knows of its name, before anything is sent; then takes
/// note of those that are new.
pub fn claim(archive: &mut dyn Ledger, sources: &[Configured]) -> Result<(), Error> {
    for (source, provider) in sources {
        if let Some(known) = archive.known(&source.name)? {
            known.check(&provider.name, &origin(source, provider)?)?;
        }
    }
    for (source, provider) in sources {
        archive.claim(&source.name, &provider.name, &origin(source, provider)?)?;
    }
    Ok(())
}

/// Pulls what is wanted of some sources, side by side; within a tokio runtime. `now` is where
/// windows end that have no end of their own. The summaries come in the order of the sources.
pub async fn sync(
    fetcher: &Fetcher,
    mut archive: Box<dyn Ledger>,
    sources: &[Configured],
    wanted: Wanted,
    now: Timestamp,
    tell: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<Vec<Summary>, Error> {
    let mut summaries: Vec<Summary> = sources.iter().map(|(source, _)| Summary::new(source)).collect();
    let mut kept: HashMap<Part, u64> = HashMap::new();
    let mut goals = HashMap::new();
    let (sender, mut told) = mpsc::channel(WAITING);
    let mut tasks = JoinSet::new();
    let plans;
    (archive, plans) = prepare(archive, sources.to_vec(), wanted, now).await?;
    for (pair, part, plan) in plans {
        goals.insert(part.clone(), plan.goal);
        tasks.spawn(errand::run(fetcher.clone(), pair, part, plan.errands, sender.clone()));
    }
    drop(sender);
    let goals = Arc::new(goals);
    let mut gathered = Gathered::new(archive.worth_appending());
    loop {
        let begun = gathered.told.len();
        let came = gathered.more(&mut told).await;
        for one in &gathered.told[begun..] {
            let summary = summaries.iter_mut().find(|summary| summary.source == one.part().source);
            if let Some(summary) = summary {
                note(one, summary, fetcher.now());
            }
            if let Told::Update { update, .. } = one {
                tell(Progress::Fetch(update));
            }
        }
        if came == Came::Some {
            continue;
        }
        let taken;
        (archive, taken) = take::take_in(archive, gathered.take(), Arc::clone(&goals)).await?;
        for (part, appended) in taken {
            if let Some(summary) = summaries.iter_mut().find(|summary| summary.source == part.source) {
                summary.taken += appended;
            }
            let kept = kept.entry(part.clone()).or_default();
            *kept += appended.new + appended.already + appended.replaced;
            tell(Progress::Kept(&part, *kept));
        }
        if came == Came::Last {
            break;
        }
    }
    if wanted.changes {
        for ((source, provider), summary) in sources.iter().zip(&mut summaries) {
            archive = singles::fetch(fetcher, archive, (source, provider), summary, tell).await?;
        }
    }
    Ok(summaries)
}

/// Claims the sources and plans each of their parts, on a thread that may wait.
async fn prepare(
    mut archive: Box<dyn Ledger>,
    sources: Vec<Configured>,
    wanted: Wanted,
    now: Timestamp,
) -> Result<(Box<dyn Ledger>, Vec<(Configured, Part, Plan)>), Error> {
    spawn_blocking(move || {
        claim(&mut *archive, &sources)?;
        let mut plans = Vec::new();
        for (source, provider) in &sources {
            for part in Fetcher::parts(source, provider)? {
                let plan = plan::plan(&*archive, &part, wanted, now)?;
                plans.push(((source.clone(), provider.clone()), part, plan));
            }
        }
        Ok((archive, plans))
    })
    .await?
}

/// What was told and is not yet taken in.
struct Gathered {
    told: Vec<Told>,
    entries: usize,
    /// So many entries are worth taking in by themselves.
    worth: usize,
    /// When what is there is taken in, few or not.
    due: Option<Instant>,
}

/// What came next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// Something, and more is worth waiting for.
    Some,
    /// Enough to be taken in.
    Enough,
    /// Nothing follows.
    Last,
}

impl Gathered {
    fn new(worth: usize) -> Self {
        Self { told: Vec::new(), entries: 0, worth, due: None }
    }

    /// Waits for more, but not longer than what is there may wait.
    async fn more(&mut self, told: &mut mpsc::Receiver<Told>) -> Came {
        let begun = self.told.len();
        let due = self.due;
        let receiving = told.recv_many(&mut self.told, WAITING);
        let came = match due {
            None => receiving.await,
            Some(due) => match timeout_at(due, receiving).await {
                Ok(came) => came,
                Err(_) => return Came::Enough,
            },
        };
        if came == 0 {
            return Came::Last;
        }
        for told in &self.told[begun..] {
            if let Told::Update { update: Update::Page(page), .. } = told {
                self.entries += page.events.len();
            }
        }
        self.due.get_or_insert_with(|| Instant::now() + LINGER);
        if self.entries >= self.worth || self.worth <= 1 { Came::Enough } else { Came::Some }
    }

    fn take(&mut self) -> Vec<Told> {
        (self.entries, self.due) = (0, None);
        std::mem::take(&mut self.told)
    }
}

/// Counts what is told.
fn note(told: &Told, summary: &mut Summary, now: Timestamp) {
    match told {
        Told::Update { update: Update::Requested(_), .. } => summary.requests += 1,
        Told::Update { update: Update::Waiting { until, .. }, .. } => {
            summary.waits += 1;
            summary.waited += (until.micros() - now.micros()).max(0);
        }
        Told::Update { update: Update::Page(page), .. } => summary.skipped += page.skipped.len() as u64,
        Told::Over { failure, missing, .. } => {
            if let Some(kind) = failure {
                summary.fail(*kind);
            }
            for gap in missing {
                summary.missing.insert(*gap);
            }
        }
        Told::Update { .. } | Told::Forgotten { .. } => {}
    }
}
