//! The archive as a source: what it holds of a window comes out as the same [`Update`]s as from the
//! network, newest first, and what it does not cover is told as missing (the contract's `--offline`).
//!
//! Not here: how records rest (`archive`), and filling the gaps (`sync`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::archive::{self, Ledger};
use crate::fetch::outlet::{Cancelled, Outlet};
use crate::fetch::{End, Error, ErrorKind, Fetcher, Page, Part, Running, Skipped, Update};
use crate::interval::{Interval, IntervalSet};
use crate::place::Place;
use crate::provider::Provider;
use crate::source::Source;
use crate::sync::{Configured, origin};
use crate::timestamp::Timestamp;

/// How many pages may wait to be taken; each is a block of at most 1,024 entries.
const PAGES_AHEAD: usize = 4;

/// Begins to read what the archive holds of a source, on a thread of its own.
pub fn start(place: Place, source: Configured, window: Interval) -> Running {
    let part = Part { source: source.0.name.clone(), value: None };
    Outlet::thread("the archive", PAGES_AHEAD, part, move |outlet| {
        read_all(&place, &source, window, outlet);
    })
}

fn read_all(place: &Place, (source, provider): &Configured, window: Interval, outlet: &Outlet) {
    let whole = Part { source: source.name.clone(), value: None };
    let stillborn = |kind: ErrorKind, message: String| {
        let error = Arc::new(Error { kind, message, retry_at: None });
        let began = Update::Began { part: whole.clone(), window, pushed: Vec::new() };
        if outlet.send(began).is_ok() {
            outlet.end(whole.clone(), End::Failed { error, missing: vec![window] });
        }
    };
    let parts = match Fetcher::parts(source, provider) {
        Ok(parts) => parts,
        Err(error) => return stillborn(error.kind, error.message),
    };
    let opened = open(place, source, provider, parts);
    let (archive, parts) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            // Another system under the same name is for the config to settle.
            let is_config = matches!(error, archive::Error::OtherSystem { .. });
            let kind = if is_config { ErrorKind::Config } else { ErrorKind::Broken };
            return stillborn(kind, error.to_string());
        }
    };
    let mut reading = match Reading::new(&*archive, parts, window, outlet) {
        Ok(reading) => reading,
        Err(error) => return stillborn(ErrorKind::Broken, error.to_string()),
    };
    let result = reading.read(&*archive, provider);
    reading.end(result);
}

/// The archive, and the parts of a source that are to be read: those of the config, and without
/// entities what was taken in from files, which has no part of its own.
fn open(
    place: &Place,
    source: &Source,
    provider: &Provider,
    mut parts: Vec<Part>,
) -> Result<(Box<dyn Ledger>, Vec<Part>), archive::Error> {
    let archive = place.open_read_only()?;
    if let Some(known) = archive.known(&source.name)? {
        known.check(&provider.name, &origin(source, provider).unwrap_or_default())?;
    }
    let whole = Part { source: source.name.clone(), value: None };
    if source.entities.is_empty() && !parts.contains(&whole) && archive.parts(&source.name)?.contains(&whole)
    {
        parts.push(whole);
    }
    Ok((archive, parts))
}

/// Why reading stopped before its end.
enum Stop {
    Cancelled,
    Failed(archive::Error),
}

impl From<Cancelled> for Stop {
    fn from(Cancelled: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<archive::Error> for Stop {
    fn from(error: archive::Error) -> Self {
        Self::Failed(error)
    }
}

struct Reading<'a> {
    outlet: &'a Outlet,
    window: Interval,
    parts: BTreeMap<Part, PartState>,
}

struct PartState {
    /// What the archive covers of the window.
    coverage: IntervalSet,
    /// Whether its coverage counts: what came from files says nothing of what is missing.
    counts: bool,
    pages: u64,
    /// What of its coverage was told.
    told: IntervalSet,
}

impl<'a> Reading<'a> {
    fn new(
        archive: &dyn Ledger,
        parts: Vec<Part>,
        window: Interval,
        outlet: &'a Outlet,
    ) -> Result<Self, archive::Error> {
        let fans_out = parts.iter().any(|part| part.value.is_some());
        let mut states = BTreeMap::new();
        for part in parts {
            let coverage = archive.coverage(&part)?;
            let coverage = coverage.parts().iter().map(|stretch| stretch.intersect(window)).collect();
            let counts = part.value.is_some() || !fans_out;
            states.insert(part, PartState { coverage, counts, pages: 0, told: IntervalSet::new() });
        }
        Ok(Self { outlet, window, parts: states })
    }

    fn read(&mut self, archive: &dyn Ledger, provider: &Arc<Provider>) -> Result<(), Stop> {
        for part in self.parts.keys() {
            self.outlet.send(Update::Began {
                part: part.clone(),
                window: self.window,
                pushed: Vec::new(),
            })?;
        }
        let parts = self.parts.keys().map(|part| (part.clone(), provider.clone())).collect();
        for loaded in archive.load(parts, self.window)? {
            let loaded = loaded?;
            let down_to = loaded.down_to;
            let unreadable = loaded.unreadable.into_iter().enumerate();
            let skipped =
                unreadable.map(|(at, record)| Skipped { page: 0, item: at + 1, why: record.why }).collect();
            self.page(&loaded.part, loaded.events, skipped, down_to, Some(loaded.progress))?;
        }
        let all: Vec<Part> = self.parts.keys().cloned().collect();
        for part in all {
            self.page(&part, Vec::new(), Vec::new(), self.window.since, Some(1.0))?;
        }
        Ok(())
    }

    fn page(
        &mut self,
        part: &Part,
        events: Vec<crate::event::Event>,
        mut skipped: Vec<Skipped>,
        down_to: Timestamp,
        progress: Option<f64>,
    ) -> Result<(), Cancelled> {
        let Some(state) = self.parts.get_mut(part) else { return Ok(()) };
        state.pages += 1;
        for record in &mut skipped {
            record.page = state.pages;
        }
        let mut covered = Vec::new();
        // Of the instant itself there may be more in the next block.
        let since = if down_to == self.window.since { down_to } else { down_to.plus(1) };
        for stretch in state.coverage.parts() {
            let loaded = stretch.intersect(Interval::new(since, self.window.until));
            covered.extend(state.told.missing_in(loaded));
        }
        for stretch in &covered {
            state.told.insert(*stretch);
        }
        let number = state.pages;
        let page = Page { part: part.clone(), number, events, skipped, covered, progress, resume: None };
        self.outlet.send(Update::Page(page))
    }

    fn end(self, result: Result<(), Stop>) {
        let failure = match result {
            Ok(()) => None,
            Err(Stop::Cancelled) => {
                self.parts.into_keys().for_each(|part| self.outlet.end(part, End::Cancelled));
                return;
            }
            Err(Stop::Failed(error)) => {
                Some(Arc::new(Error { kind: ErrorKind::Broken, message: error.to_string(), retry_at: None }))
            }
        };
        for (part, state) in self.parts {
            let missing = state.coverage.missing_in(self.window);
            let end = match &failure {
                Some(error) => {
                    let missing = state.told.missing_in(self.window);
                    End::Failed { error: Arc::clone(error), missing }
                }
                None if missing.is_empty() || !state.counts => End::Whole,
                None => {
                    let why =
                        "the archive does not cover all of this window; `auditty sync` pulls it".to_owned();
                    End::Gaps { missing, why }
                }
            };
            self.outlet.end(part, end);
        }
    }
}
