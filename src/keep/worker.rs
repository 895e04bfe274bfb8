//! The thread that writes what comes, or notes it.

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::noted::Noted;
use super::{AT_ONCE, Standing};
use crate::archive::{Batch, Ledger};
use crate::event::{Event, Identity};
use crate::fetch::Part;
use crate::interval::Interval;
use crate::place::Place;

/// How long an archive that another process keeps to itself is waited for, to look what it has.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something that happened to a fetch.
#[derive(Debug)]
pub(super) enum Job {
    /// It began.
    Began { part: Part, is_filtered: bool },
    /// Entries came.
    Came { part: Part, events: Vec<Event>, covered: Vec<Interval> },
    /// Somebody waits until all of what came before is taken in.
    Finish(SyncSender<()>),
}

/// Entries that came, and what they cover, with a pushed filter nothing.
struct Page {
    part: Part,
    events: Vec<Event>,
    covered: Vec<Interval>,
}

pub(super) struct Worker {
    /// Where it writes; `None`: it notes.
    archive: Option<Box<dyn Ledger>>,
    place: Place,
    /// Where it looks what is there already.
    looking: Option<Box<dyn Ledger>>,
    noted: Arc<Mutex<Noted>>,
    standing: watch::Sender<Standing>,
    /// The parts whose fetch asks for less than all.
    filtered: HashSet<Part>,
}

impl Worker {
    pub(super) fn new(
        archive: Option<Box<dyn Ledger>>,
        place: Place,
        noted: Arc<Mutex<Noted>>,
        standing: watch::Sender<Standing>,
    ) -> Self {
        Self { archive, place, looking: None, noted, standing, filtered: HashSet::new() }
    }

    pub(super) fn work(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let (mut pages, mut entries) = (Vec::new(), 0);
            let mut waiting = Vec::new();
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Began { part, is_filtered: true } => _ = self.filtered.insert(part),
                    Job::Began { part, is_filtered: false } => _ = self.filtered.remove(&part),
                    Job::Came { part, events, covered } => {
                        let covered = if self.filtered.contains(&part) { Vec::new() } else { covered };
                        entries += events.len();
                        pages.push(Page { part, events, covered });
                    }
                    Job::Finish(done) => waiting.push(done),
                }
                next = if entries < AT_ONCE { jobs.try_recv().ok() } else { None };
            }
            if !pages.is_empty() {
                self.take(&pages);
            }
            // Whoever waits no more needs no answer.
            for done in waiting {
                let _ = done.try_send(());
            }
        }
    }

    fn take(&mut self, pages: &[Page]) {
        if let Some(archive) = &mut self.archive {
            let batches: Vec<Batch<'_>> = pages
                .iter()
                .map(|page| Batch { covered: &page.covered, ..Batch::of(&page.part, &page.events) })
                .collect();
            let Err(error) = archive.append(&batches) else { return };
            // Coverage is only what was written, so nothing is claimed that is not there.
            tracing::error!("what is fetched is kept no more: {error}");
            self.archive = None;
            self.standing.send_modify(|standing| {
                standing.failure = Some(error.to_string().into());
                standing.writes = false;
                standing.version += 1;
            });
        }
        let lacking: Vec<Identity> = pages.iter().flat_map(|page| self.lacking(page)).collect();
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.lacking.extend(lacking);
        for page in pages {
            noted.cover(&page.part, &page.covered);
        }
        let count = pages.iter().map(|page| page.events.len()).sum();
        self.standing.send_modify(|standing| standing.looked_at(count, &noted));
    }

    /// Which of these the archive lacks: all of them where there is none, or it cannot be read.
    fn lacking(&mut self, page: &Page) -> Vec<Identity> {
        if self.looking.is_none() {
            self.looking = self.place.open_read_only_within(Some(PATIENCE)).ok();
        }
        let found = self.looking.as_ref().map(|archive| archive.lacking(&page.part, &page.events));
        match found {
            Some(Ok(lacking)) => lacking,
            Some(Err(error)) => {
                tracing::warn!("the archive cannot be asked what it has: {error}");
                self.looking = None;
                page.events.iter().map(|event| event.identity).collect()
            }
            None => page.events.iter().map(|event| event.identity).collect(),
        }
    }
}
