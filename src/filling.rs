//! A source's window from two places: what the archive holds is told at once, newest first, and what
//! it lacks is asked of the server meanwhile; as `sync` has it, with the ten minutes before the end
//! of what is covered, for entries that came late.
//!
//! An archive that cannot be read is told, and everything is fetched. Not here: reading the archive
//! alone (`offline`), and writing to it (`keep`, `sync`).

mod part;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::archive::{self, Load};
use crate::event::{Event, Identity};
use crate::fetch::outlet::Outlet;
use crate::fetch::{Control, End, Fetcher, Part, Request, Running, Update};
use crate::interval::{Interval, IntervalSet};
use crate::offline::held::{Error, Held};
use crate::offline::{Stop, read_rows};
use crate::place::Place;
use crate::provider::Provider;
use crate::sync::{Configured, OVERLAP};
use part::{OnePart, within};

/// Updates that wait to be read, as many as of a fetch.
const UPDATES: usize = 32;
/// How long an archive that another process keeps to itself is waited for: a writer of our own
/// keeps nobody out.
const PATIENCE: Duration = Duration::from_secs(2);

/// An archive and a fetcher that fills its gaps. What was read of the archive is not read again.
#[derive(Debug)]
pub struct Filling {
    place: Place,
    fetcher: Fetcher,
    /// What was read, or is being read, of each part.
    read: Mutex<HashMap<Part, IntervalSet>>,
    /// How many readings are under way.
    under_way: watch::Sender<usize>,
}

/// What reading the archive came to: of a part whose covered stretches it could not read, those.
type Unread = Arc<HashMap<Part, Vec<Interval>>>;

impl Filling {
    /// An archive's place, whether there is an archive or not.
    pub fn new(place: Place, fetcher: Fetcher) -> Arc<Self> {
        let (under_way, _) = watch::channel(0);
        Arc::new(Self { place, fetcher, read: Mutex::default(), under_way })
    }

    /// Begins both; within a tokio runtime. The archive's entries come as [`Update::Archived`], and
    /// reading them ends with [`Control::reading`] alone; everything else is as of one fetch of the
    /// whole window.
    pub fn start(self: &Arc<Self>, request: Request) -> Running {
        let (sender, updates) = mpsc::channel(UPDATES);
        let control = Control::default();
        tokio::spawn(Arc::clone(self).fill(request, sender, control.clone()));
        Running { updates, control }
    }

    async fn fill(self: Arc<Self>, request: Request, out: mpsc::Sender<Update>, control: Control) {
        let Ok(parts) = Fetcher::parts(&request.source, &request.provider) else {
            // The fetch tells what is wrong with the source.
            forward(self.fetcher.start_under(request, control), &out).await;
            return;
        };
        let filling = Arc::clone(&self);
        let source: Configured = (request.source.clone(), request.provider.clone());
        let window = request.window;
        let opened = tokio::task::spawn_blocking(move || filling.open(&source, window)).await;
        let whole = Part { source: request.source.name.clone(), value: None };
        let held = match opened {
            Ok(Ok(held)) => held,
            Ok(Err(Error::Archive(archive::Error::Missing { .. }))) | Err(_) => None,
            Ok(Err(error)) => {
                let text = format!("the archive is left out, and everything is fetched: {error}");
                let _ = out.send(Update::Notice { part: whole, text }).await;
                None
            }
        };
        let mut covered: BTreeMap<Part, IntervalSet> = BTreeMap::new();
        let (failed, reading) = watch::channel(None);
        match held {
            Some((held, load)) => {
                for (part, state) in held.parts() {
                    covered.insert(part.clone(), state.coverage.clone());
                }
                self.read((held, load), &parts, &request, &out, &control, failed);
            }
            None => drop(failed.send_replace(Some(Unread::default()))),
        }
        for part in parts.into_iter().filter(|part| request.only.as_ref().is_none_or(|only| only == part)) {
            let covered = covered.remove(&part).unwrap_or_default();
            let one = OnePart::new(&self, request.clone(), part, covered, out.clone(), control.clone());
            tokio::spawn(one.run(reading.clone()));
        }
    }

    /// Opens the archive; what is read of it from now on counts as read. `None`: nothing of it is at
    /// hand.
    fn open(&self, source: &Configured, window: Interval) -> Result<Option<(Held, Load)>, Error> {
        let Some(archive) = self.place.at_hand(Some(PATIENCE))? else { return Ok(None) };
        let mut known = self.known();
        let unread =
            |part: &Part| known.get(part).map_or_else(|| vec![window], |read| read.missing_in(window));
        let held = Held::new(&archive, source, window, unread)?;
        let (parts, reading) = held.to_read();
        let load = archive.load(parts, reading)?;
        for (part, _) in held.parts() {
            known.entry(part.clone()).or_default().insert(window);
        }
        Ok(Some((held, load)))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Part, IntervalSet>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to read, on a thread of its own; `over` learns when it ended.
    fn read(
        self: &Arc<Self>,
        (mut held, load): (Held, Load),
        asked: &[Part],
        request: &Request,
        out: &mpsc::Sender<Update>,
        control: &Control,
        over: watch::Sender<Option<Unread>>,
    ) {
        let (window, whole) = (request.window, request.source.name.clone());
        let outlet = Outlet::under(out.clone(), control.reading.clone());
        let files: Vec<Part> =
            held.parts().map(|(part, _)| part).filter(|part| !asked.contains(part)).cloned().collect();
        self.under_way.send_modify(|count| *count += 1);
        let filling = Arc::clone(self);
        let reading = move || {
            let stopped = read_all(&mut held, load, &files, window, &outlet);
            let mut unread = HashMap::new();
            if stopped.is_err() {
                let mut known = filling.known();
                for (part, state) in held.parts() {
                    known.entry(part.clone()).or_default().remove(window);
                    let left = state.untold(window);
                    let left = left.iter().flat_map(|gap| within(&state.coverage, *gap));
                    unread.insert(part.clone(), left.collect());
                }
                drop(known);
                if let Err(Stop::Failed(why)) = &stopped {
                    let part = Part { source: whole, value: None };
                    let text = format!("the archive cannot be read on, and the rest is fetched: {why}");
                    // Nobody listening any more is nothing to report.
                    let _ = outlet.send(Update::Notice { part, text });
                }
            }
            let end = if stopped.is_ok() { End::Whole } else { End::Cancelled };
            for part in files {
                outlet.end(part, end.clone());
            }
            filling.under_way.send_modify(|count| *count -= 1);
            over.send_replace(Some(Arc::new(unread)));
        };
        // A thread, not a task: a disk may keep it waiting, which must not hold up a runtime's end.
        if let Err(error) = std::thread::Builder::new().name("archive".to_owned()).spawn(reading) {
            tracing::error!("no thread to read the archive: {error}");
            self.under_way.send_modify(|count| *count -= 1);
        }
    }

    /// Nothing counts as read any more.
    pub fn forget(&self) {
        self.known().clear();
    }

    /// The single record of a part's entry, where the archive holds it.
    pub async fn single(
        self: Arc<Self>,
        part: Part,
        provider: Arc<Provider>,
        identity: Identity,
    ) -> Option<Event> {
        let read = move || {
            let archive = self.place.open_read_only_within(Some(PATIENCE))?;
            archive.single(&part, &provider, identity)
        };
        // An archive that cannot be read was told; the server is asked.
        tokio::task::spawn_blocking(read).await.ok()?.ok()?
    }

    /// Waits until nothing is read of the archive.
    async fn settled(&self) {
        // The sender lives in `self`.
        let _ = self.under_way.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// Reads to the end. What came from `files` under no part that can be asked begins with it.
fn read_all(
    held: &mut Held,
    load: Load,
    files: &[Part],
    window: Interval,
    outlet: &Outlet,
) -> Result<(), Stop> {
    for part in files {
        outlet.send(Update::Began { part: part.clone(), window, pushed: Vec::new() })?;
    }
    read_rows(held, load, outlet)
}

/// Hands a fetch on as it is.
async fn forward(mut running: Running, out: &mpsc::Sender<Update>) {
    while let Some(update) = running.updates.recv().await {
        if out.send(update).await.is_err() {
            return;
        }
    }
}

/// What of a window is to be fetched where so much is covered, newest first: the rule of `sync`.
fn lacking(window: Interval, covered: &IntervalSet) -> Vec<Interval> {
    let mut lacking: IntervalSet = std::iter::once(window).collect();
    for stretch in covered.parts() {
        lacking.remove(Interval::new(stretch.since, stretch.until.plus(-OVERLAP)));
    }
    lacking.parts().iter().rev().copied().collect()
}
