//! The thread that owns the store: takes in what came, and tells the loop with a snapshot.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use tokio::sync::mpsc::{self, error::TryRecvError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Watched;
use super::asked::Asked;
use super::origin::Origin;
use super::outwards::lacking;
use super::room::{Doorkeeper, Room};
use crate::app::event_loop::{Control, Mail};
use crate::changes::Chain;
use crate::event::{Event, Identity};
use crate::fetch::{Archived, Part, Update};
use crate::interval::Interval;
use crate::keep;
use crate::store::{Batch, Snapshot, Store};
use crate::ui::message::Message;

/// How many jobs may wait. A page has at most 1,000 entries, so this bounds what waits to a few
/// thousand; taking one in costs less than fetching it.
const JOBS: usize = 8;

/// How often something may come before the store is put in order though more is waiting: each time
/// adds a segment, and a question asks them all.
const UNTIDY: usize = 32;

/// Something for the store.
pub(super) enum Job {
    /// News of a fetch.
    OfFetch {
        news: News,
        /// Which fetch, counted from 1.
        fetch: u64,
        superseded: CancellationToken,
    },
    /// Entries that the archive holds.
    Archived(Archived),
    /// A single record came, or not.
    Single { identity: Identity, result: Result<Box<Event>, String> },
}

/// News of a fetch.
pub(super) enum News {
    /// A source told something.
    Update(Update),
    /// A source pauses, for so many entries came.
    Full { source: Arc<str>, came: usize },
    /// All of its sources have ended.
    Over,
}

/// The thread's letter box.
pub(super) struct Keeper(mpsc::Sender<Job>);

/// What others may look at of what is kept.
#[derive(Clone)]
pub(super) struct Kept {
    /// The newest snapshot.
    pub(super) snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Who answers in the store's place, where somebody does.
    pub(super) asked: Option<Arc<Asked>>,
    chain: Arc<RwLock<Chain>>,
}

impl Kept {
    /// Fills in what later entries tell of what this one changed.
    pub(super) fn fill(&self, event: &mut Event) {
        if event.changes.is_some() {
            self.chain.read().unwrap_or_else(PoisonError::into_inner).fill(event);
        }
    }
}

impl Keeper {
    /// Begins the thread with an empty store.
    pub(super) fn begin(
        origin: &Arc<dyn Origin>,
        room: Room,
        mail: mpsc::Sender<Mail>,
        controls: mpsc::Sender<Control>,
    ) -> io::Result<(Self, Kept)> {
        let (jobs, receiver) = mpsc::channel(JOBS);
        let duplicates = origin.duplicates();
        let store = Store::with_duplicates(duplicates);
        let (newest, snapshots) = watch::channel(store.snapshot());
        let chain = Arc::new(RwLock::new(Chain::new(duplicates)));
        let asked = origin.asker().map(|asker| Arc::new(Asked::new(asker)));
        let kept = Kept { snapshots, asked, chain: Arc::clone(&chain) };
        let origin = Arc::clone(origin);
        thread::Builder::new().name("store".to_owned()).spawn(move || {
            let _watched = Watched { part: "the store", controls };
            let keep = Keep {
                archive: origin.keeper(),
                fetched: None,
                origin,
                store,
                untidy: 0,
                door: Doorkeeper::new(room),
                chain,
                newest,
                version: 0,
                told: 0,
                fetch: 0,
                measured: 0,
                window: None,
            };
            serve(keep, receiver, &mail);
        })?;
        Ok((Self(jobs), kept))
    }

    pub(super) fn jobs(&self) -> mpsc::Sender<Job> {
        self.0.clone()
    }
}

fn serve(mut keep: Keep, mut jobs: mpsc::Receiver<Job>, mail: &mpsc::Sender<Mail>) {
    while let Some(job) = next(&mut keep, &mut jobs) {
        let told = keep.take(job);
        let fetched = keep.fetched.take();
        // What was fetched is never on the screen before it is known that it would be lost.
        let lacks = keep.expect(fetched.as_ref());
        let window = keep.moved().map(|window| Mail::Message(Message::Spans(window)));
        for news in [lacks, window, told].into_iter().flatten() {
            if mail.blocking_send(news).is_err() {
                return;
            }
        }
        // First to the screen, then to the archive, which may keep us waiting.
        if let (Some(archive), Some(Fetched { part, events, covered })) = (&keep.archive, fetched) {
            archive.came(part, events, covered);
        }
    }
}

/// The next job; before it is waited for, the store is put in order: so entries that come never wait
/// for that, as long as others do not come faster than they are taken in. `None`: nobody sends any.
fn next(keep: &mut Keep, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
    match jobs.try_recv() {
        Ok(job) => Some(job),
        Err(TryRecvError::Disconnected) => None,
        Err(TryRecvError::Empty) => {
            keep.tidy();
            jobs.blocking_recv()
        }
    }
}

/// Entries that were fetched, for the archive.
struct Fetched {
    part: Part,
    events: Vec<Event>,
    covered: Vec<Interval>,
}

struct Keep {
    origin: Arc<dyn Origin>,
    /// Who keeps what is fetched, or notes it.
    archive: Option<Arc<keep::Keeper>>,
    /// What was fetched just now, for the archive.
    fetched: Option<Fetched>,
    store: Store,
    /// How often something came since the store was put in order.
    untidy: usize,
    door: Doorkeeper,
    /// What entries tell of one another; filled in when one is looked at, for it may come later.
    chain: Arc<RwLock<Chain>>,
    newest: watch::Sender<Arc<Snapshot>>,
    /// How often the store changed.
    version: u64,
    /// Which version the loop was told of last.
    told: u64,
    /// Which fetch that was for.
    fetch: u64,
    /// Of which version the window was measured last.
    measured: u64,
    /// The window that was told last, where it follows what came.
    window: Option<Interval>,
}

impl Keep {
    /// Takes the job in; what to tell the loop.
    fn take(&mut self, job: Job) -> Option<Mail> {
        match job {
            Job::OfFetch { superseded, .. } if superseded.is_cancelled() => None,
            Job::OfFetch { news, fetch, superseded } => {
                // What was told of an older fetch may have been dropped on its way.
                if self.fetch != fetch {
                    self.fetch = fetch;
                    self.told = 0;
                }
                let message = match news {
                    News::Full { source, came } => Message::Full { source, came },
                    News::Over => Message::Over,
                    News::Update(update) => {
                        let update = self.admitted(update)?;
                        Message::Fetched { update, snapshot: self.changed() }
                    }
                };
                Some(Mail::OfFetch { message, superseded })
            }
            Job::Archived(mut archived) => {
                // It is of all parts: where there is no room, each of them is told to be stopped.
                if !self.door.admits(&Part { source: archived.source.clone(), value: None }) {
                    return None;
                }
                self.append_older(archived.batch.take(), &std::mem::take(&mut archived.telling));
                let update = Update::Archived(archived);
                Some(Mail::Message(Message::Fetched { update, snapshot: self.changed() }))
            }
            Job::Single { identity, mut result } => {
                if let Ok(event) = &mut result {
                    // What was fetched for a history alone is no row, and becomes none.
                    if self.store.rank_of(identity).is_some() {
                        let part = Part { source: event.source.clone(), value: event.workspace.clone() };
                        self.for_archive(&part, std::slice::from_ref(&**event), &[]);
                        self.append(vec![Event::clone(event)]);
                    }
                    self.chain.read().unwrap_or_else(PoisonError::into_inner).fill(event);
                }
                let snapshot = self.changed();
                Some(Mail::Message(Message::Single { identity, result, snapshot }))
            }
        }
    }

    /// What is to be told of what would be lost with these.
    fn expect(&self, fetched: Option<&Fetched>) -> Option<Mail> {
        let (archive, fetched) = (self.archive.as_ref()?, fetched?);
        archive.expect(fetched.events.len());
        let lacking = lacking(&archive.standing().borrow());
        (lacking.count > 0).then_some(Mail::Message(Message::Lacking(lacking)))
    }

    /// Takes in what there is room for. `None`: a page or a batch was turned away, and nothing of it is known.
    fn admitted(&mut self, mut update: Update) -> Option<Update> {
        match &mut update {
            Update::Began { part, pushed, .. } => {
                self.door.begins(part);
                let is_filtered = !pushed.is_empty();
                self.archive.iter().for_each(|archive| archive.began(part, is_filtered));
            }
            Update::Page(page) if !self.door.admits(&page.part) => return None,
            Update::Page(page) => {
                let events = std::mem::take(&mut page.events);
                self.for_archive(&page.part, &events, &page.covered);
                self.append(events);
            }
            Update::Rows(rows) if !self.door.admits(&rows.part) => return None,
            Update::Rows(rows) => {
                self.append_rows(rows.batch.take(), &std::mem::take(&mut rows.changed));
            }
            Update::Ended { part, end } => {
                let came = self.newest.borrow().len();
                *end = self.door.end(part, end.clone(), came);
            }
            _ => {}
        }
        Some(update)
    }

    /// How much memory what was taken in takes, bytes.
    fn memory_bytes(&self) -> u64 {
        let chain = self.chain.read().unwrap_or_else(PoisonError::into_inner).memory_bytes();
        self.store.memory_bytes() as u64 + chain
    }

    fn for_archive(&mut self, part: &Part, events: &[Event], covered: &[Interval]) {
        if self.archive.is_some() && (!events.is_empty() || !covered.is_empty()) {
            let (events, covered) = (events.to_vec(), covered.to_vec());
            self.fetched = Some(Fetched { part: part.clone(), events, covered });
        }
    }

    fn append(&mut self, events: Vec<Event>) {
        if !events.is_empty() {
            self.note(&events);
            self.store.add(events);
            self.came();
        }
    }

    /// Takes in rows; `changed` are those of them that say what they changed.
    fn append_rows(&mut self, batch: Option<Box<Batch>>, changed: &[Event]) {
        if let Some(batch) = batch {
            self.note(changed);
            self.store.add_batch(*batch);
            self.came();
        }
    }

    fn note(&self, events: &[Event]) {
        let mut chain = self.chain.write().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            chain.note(event);
        }
    }

    /// What the archive holds: an equal copy that was fetched is the newer one.
    fn append_older(&mut self, batch: Option<Box<Batch>>, telling: &[Event]) {
        let Some(batch) = batch.filter(|batch| !batch.is_empty()) else { return };
        let mut chain = self.chain.write().unwrap_or_else(PoisonError::into_inner);
        for event in telling {
            if self.store.rank_of(event.identity).is_none_or(|rank| rank < event.rank) {
                chain.note(event);
            }
        }
        drop(chain);
        self.store.append_older(*batch);
        self.came();
    }

    /// The store has more than before.
    fn came(&mut self) {
        self.version += 1;
        self.untidy += 1;
        if self.untidy >= UNTIDY {
            self.tidy();
        }
        self.newest.send_replace(self.store.snapshot());
        self.door.measured(self.memory_bytes());
    }

    /// Makes few segments of many; what is asked next is answered the sooner, and the same.
    fn tidy(&mut self) {
        if std::mem::take(&mut self.untidy) > 0 {
            self.store.tidy();
            self.newest.send_replace(self.store.snapshot());
        }
    }

    /// The window that follows what came, where that made it another.
    fn moved(&mut self) -> Option<Interval> {
        if std::mem::replace(&mut self.measured, self.version) == self.version {
            return None;
        }
        let came = self.newest.borrow().time_bounds()?;
        let window = self.origin.follows(came).filter(|window| self.window != Some(*window))?;
        self.window = Some(window);
        Some(window)
    }

    /// The newest snapshot, where the loop does not know it.
    fn changed(&mut self) -> Option<Arc<Snapshot>> {
        (self.told != self.version).then(|| {
            self.told = self.version;
            Arc::clone(&self.newest.borrow())
        })
    }
}
