//! Keeping what is fetched to be looked at: into the archive as it comes (the explorer's `--keep`),
//! or only noted, so that what the archive lacks can be written down at the end.
//!
//! A thread of its own writes, so that a slow disk holds nobody up for long. Where it cannot write,
//! that is told, what comes is noted from then on, and nothing else ends. Whoever keeps hands over
//! only what is in a store by then: from there comes what is written later. Not here: fetching what
//! is missing (`sync`). Where a filter was pushed, the entries are kept and the window does not
//! count as covered (the contract's section 7).

mod noted;
#[cfg(test)]
mod tests;
mod worker;

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use crate::archive::{Batch, Error as ArchiveError, Ledger};
use crate::event::Event;
use crate::fetch::Part;
use crate::interval::Interval;
use crate::place::Place;
use crate::store::Snapshot;
use crate::sync::{self, Configured};
use noted::Noted;
use worker::{Job, Worker};

/// So many pages may wait for the disk before fetching is held back.
const WAITING: usize = 64;
/// So many entries are written in one transaction.
const AT_ONCE: usize = 1_000;

/// Why nothing can be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive cannot be opened or written, or refuses a source.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The archive holds another system under a source's name.
    #[error(transparent)]
    Claim(#[from] sync::Error),
    /// A sync has the right to write.
    #[error("a sync is at work on the archive; try again when it has ended")]
    Locked,
    /// There is no thread to write.
    #[error("no thread to write with: {0}")]
    Thread(#[from] io::Error),
}

/// What is not in the archive, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// How many entries were fetched that the archive lacks, or has in an older copy; with those
    /// that were not yet looked at.
    pub lacking: usize,
    /// How many of them were not yet looked at.
    pending: usize,
    /// How often it has changed.
    pub version: u64,
    /// Whether what comes is written down as it comes.
    writes: bool,
    /// Why what comes is written down no more, where it was to be.
    pub failure: Option<Arc<str>>,
}

impl Standing {
    /// So many entries less are not yet looked at, and these are noted.
    fn looked_at(&mut self, count: usize, noted: &Noted) {
        self.pending = self.pending.saturating_sub(count);
        self.lacking = noted.lacking.len() + self.pending;
        self.version += 1;
    }
}

/// What writing down came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// All of it, so many entries.
    Whole(usize),
    /// It was stopped after so many; they are there.
    Stopped(usize),
}

/// Puts pages into an archive, or notes what it lacks of them. Dropping it waits until the pages
/// that were handed over are there.
#[derive(Debug)]
pub struct Keeper {
    place: Place,
    sources: Vec<Configured>,
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    noted: Arc<Mutex<Noted>>,
    standing: watch::Sender<Standing>,
}

impl Keeper {
    /// Keeps what comes of these sources as it comes; the archive is made where there is none.
    pub fn writing(place: Place, sources: Vec<Configured>) -> Result<Self, Error> {
        let archive = open(&place, &sources)?;
        Ok(Self::begin(place, sources, Some(archive))?)
    }

    /// Notes what comes of these sources; nothing is written and no archive made.
    pub fn noting(place: Place, sources: Vec<Configured>) -> io::Result<Self> {
        Self::begin(place, sources, None)
    }

    fn begin(place: Place, sources: Vec<Configured>, archive: Option<Box<dyn Ledger>>) -> io::Result<Self> {
        let (jobs, taken) = sync_channel(WAITING);
        let noted = Arc::new(Mutex::default());
        let begin = Standing { writes: archive.is_some(), ..Standing::default() };
        let (standing, _) = watch::channel(begin);
        let worker = Worker::new(archive, place.clone(), Arc::clone(&noted), standing.clone());
        let thread =
            std::thread::Builder::new().name("keeping".to_owned()).spawn(move || worker.work(&taken))?;
        Ok(Self { place, sources, jobs: Some(jobs), thread: Some(thread), noted, standing })
    }

    /// What is not in the archive, as it changes.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// A fetch of a part began; whether it asked for less than all.
    pub fn began(&self, part: &Part, is_filtered: bool) {
        self.hand(Job::Began { part: part.clone(), is_filtered });
    }

    /// So many entries came and are about to be handed over. Where they are only noted, what is
    /// lacking has them from now on, until it turns out that the archive has them.
    pub fn expect(&self, count: usize) {
        self.standing.send_if_modified(|standing| {
            let counts = !standing.writes && count > 0;
            if counts {
                standing.pending += count;
                standing.lacking += count;
                standing.version += 1;
            }
            counts
        });
    }

    /// Entries of a part came, and are in the store by now; they cover so much.
    pub fn came(&self, part: Part, events: Vec<Event>, covered: Vec<Interval>) {
        self.hand(Job::Came { part, events, covered });
    }

    /// Waits until all that came so far is taken in, at most so long; whether it is. At the end of the
    /// process the thread is not waited for otherwise.
    pub fn finish(&self, most: Duration) -> bool {
        let (done, finished) = sync_channel(1);
        self.hand(Job::Finish(done));
        finished.recv_timeout(most).is_ok()
    }

    fn hand(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // The thread lives as long as this.
            let _ = jobs.send(job);
        }
    }

    /// The store was emptied: what it held cannot be written down any more.
    pub fn forget(&self) {
        self.change(|noted| *noted = Noted::default());
    }

    /// Changes what is noted, and tells how many that is.
    fn change<T>(&self, change: impl FnOnce(&mut Noted) -> T) -> T {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let out = change(&mut noted);
        self.standing.send_modify(|standing| standing.looked_at(0, &noted));
        out
    }

    /// Writes down what is noted, from the store as it is at each time, with what it covers; blocks.
    /// `goes_on` is told how many of how many are written, and stops it by `false`. Whatever ends it
    /// early, what was written stays, and the rest is noted still.
    pub fn write(
        &self,
        store: &dyn Fn() -> Arc<Snapshot>,
        goes_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Written, Error> {
        let mut archive = open(&self.place, &self.sources)?;
        let _lock = self.place.lock(Duration::ZERO)?.ok_or(Error::Locked)?;
        let mut written = 0;
        loop {
            let taken = self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if taken.is_empty() {
                return Ok(Written::Whole(written));
            }
            let of = written + taken.lacking.len();
            let snapshot = store();
            let mut left = taken.lacking.clone();
            let mut events = snapshot.events_identified(&taken.lacking);
            loop {
                let some: Vec<Event> = events.by_ref().take(AT_ONCE).collect();
                if some.is_empty() {
                    break;
                }
                append(&mut *archive, &some)?;
                written += some.len();
                for event in &some {
                    left.remove(&event.identity);
                }
                self.change(|noted| noted.written(&some));
                if !goes_on(written, of) {
                    return Ok(Written::Stopped(written));
                }
            }
            // What the store does not hold is lost to us, and so nothing is known to be whole.
            if left.is_empty() {
                let covered: Vec<(&Part, &[Interval])> =
                    taken.covered.iter().map(|(part, set)| (part, set.parts())).collect();
                let batches: Vec<Batch<'_>> = covered
                    .iter()
                    .map(|(part, set)| Batch { covered: set, ..Batch::of(part, &[]) })
                    .collect();
                archive.append(&batches)?;
            }
            self.change(|noted| noted.settled(&taken));
        }
    }
}

/// Opens the archive for writing, and holds it to what it knows of the sources.
fn open(place: &Place, sources: &[Configured]) -> Result<Box<dyn Ledger>, Error> {
    let mut archive = place.open()?;
    sync::claim(&mut *archive, sources)?;
    Ok(archive)
}

/// Writes entries, each under the part that it came of.
fn append(archive: &mut dyn Ledger, events: &[Event]) -> Result<(), Error> {
    let part = |event: &Event| Part { source: event.source.clone(), value: event.workspace.clone() };
    let mut batches: Vec<(Part, Vec<Event>)> = Vec::new();
    for event in events {
        let part = part(event);
        match batches.iter_mut().find(|(known, _)| *known == part) {
            Some((_, events)) => events.push(event.clone()),
            None => batches.push((part, vec![event.clone()])),
        }
    }
    let batches: Vec<Batch<'_>> = batches.iter().map(|(part, events)| Batch::of(part, events)).collect();
    archive.append(&batches)?;
    Ok(())
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // Where it broke down, that was logged with the panic.
            let _ = thread.join();
        }
    }
}
