//! The archive as a source: what it holds of a window comes out newest first, as the same
//! [`Update`]s as from the network or as rows for a store, and what it does not cover is told as
//! missing (the contract's `--offline`).
//!
//! Not here: how records rest (`archive`), and filling the gaps (`sync`, `filling`).

mod asked;
pub mod held;

use std::collections::HashMap;
use std::sync::Arc;

use crate::archive;
use crate::fetch::outlet::{Cancelled, Outlet};
use crate::fetch::{End, Error, Page, Part, Running, Skipped, Update};
use crate::interval::Interval;
use crate::place::Place;
use crate::query::Query;
use crate::sync::Configured;
use held::Held;

/// How many pages may wait to be taken; each is a block of at most 1,024 entries.
const PAGES_AHEAD: usize = 4;

/// Which entries are to come.
#[derive(Debug, Clone)]
pub enum Rows {
    /// All of them.
    All,
    /// Those that match, the newest so many, with those that tell what they changed. From an archive
    /// that is at hand all come: who asks filters them anyway.
    Matching(Arc<Query>, Option<usize>),
    /// None, but what is covered; from an archive that is at hand all come.
    Counted,
}

/// Begins to read what the archive holds of a source, on a thread of its own.
pub fn start(place: Place, source: Configured, window: Interval, rows: Rows) -> Running {
    match (&place, &rows) {
        (Place::Server { .. }, Rows::Matching(..) | Rows::Counted) => {
            begin(place, source, window, move |place, source, window, outlet| {
                asked::read(place, source, window, &rows, outlet)
            })
        }
        _ => begin(place, source, window, pages),
    }
}

/// The same, the entries coming as rows ([`Update::Archived`]): for a place that is at hand.
pub fn load(place: Place, source: Configured, window: Interval) -> Running {
    begin(place, source, window, rows)
}

/// What was read, and how that ended.
type Read = Result<(Held, Result<(), Stop>), held::Error>;

fn begin(
    place: Place,
    source: Configured,
    window: Interval,
    read: impl FnOnce(&Place, &Configured, Interval, &Outlet) -> Read + Send + 'static,
) -> Running {
    let part = Part { source: source.0.name.clone(), value: None };
    Outlet::thread("the archive", PAGES_AHEAD, part.clone(), move |outlet| {
        match read(&place, &source, window, outlet) {
            Ok((held, result)) => end(&held, window, result, outlet),
            Err(error) => {
                let began = Update::Began { part: part.clone(), window, pushed: Vec::new() };
                if outlet.send(began).is_ok() {
                    let error = Arc::new(error.into());
                    outlet.end(part, End::Failed { error, missing: vec![window] });
                }
            }
        }
    })
}

/// Why reading stopped before its end.
pub enum Stop {
    /// Nobody wants it.
    Cancelled,
    /// It cannot be read.
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

fn pages(
    place: &Place,
    source: &Configured,
    window: Interval,
    outlet: &Outlet,
) -> Result<(Held, Result<(), Stop>), held::Error> {
    let archive = place.open_read_only()?;
    let mut held = Held::new(&*archive, source, window, |_| vec![window])?;
    let (parts, reading) = held.to_read();
    let loading = archive.load(parts, reading)?;
    let read = || {
        began(&held, window, outlet)?;
        let mut numbers: HashMap<Part, u64> = HashMap::new();
        for loaded in loading {
            let loaded = loaded?;
            let number = numbers.entry(loaded.part.clone()).or_default();
            *number += 1;
            let skipped = loaded.unreadable.into_iter().enumerate();
            let skipped =
                skipped.map(|(at, record)| Skipped { page: *number, item: at + 1, why: record.why });
            outlet.send(Update::Page(Page {
                skipped: skipped.collect(),
                covered: held.cover(&loaded.part, loaded.down_to),
                part: loaded.part,
                number: *number,
                events: loaded.events,
                progress: Some(loaded.progress),
                resume: None,
            }))?;
        }
        for (part, stretch) in held.last().covered {
            let number = numbers.entry(part.clone()).or_default();
            *number += 1;
            outlet.send(Update::Page(Page {
                part,
                number: *number,
                events: Vec::new(),
                skipped: Vec::new(),
                covered: vec![stretch],
                progress: Some(1.0),
                resume: None,
            }))?;
        }
        Ok(())
    };
    let result = read();
    Ok((held, result))
}

fn rows(
    place: &Place,
    source: &Configured,
    window: Interval,
    outlet: &Outlet,
) -> Result<(Held, Result<(), Stop>), held::Error> {
    let Some(archive) = place.at_hand(None)? else { return pages(place, source, window, outlet) };
    let mut held = Held::new(&archive, source, window, |_| vec![window])?;
    let (parts, reading) = held.to_read();
    let load = archive.load(parts, reading)?;
    let result = match began(&held, window, outlet) {
        Ok(()) => read_rows(&mut held, load, outlet),
        Err(cancelled) => Err(cancelled.into()),
    };
    Ok((held, result))
}

/// Hands over rows until all are read.
pub fn read_rows(held: &mut Held, load: archive::Load, outlet: &Outlet) -> Result<(), Stop> {
    let mut sent = Ok(());
    load.rows(|rows| {
        sent = outlet.send(Update::Archived(held.archived(rows)));
        sent.is_ok()
    })?;
    sent?;
    outlet.send(Update::Archived(held.last()))?;
    Ok(())
}

fn began(held: &Held, window: Interval, outlet: &Outlet) -> Result<(), Cancelled> {
    for (part, _) in held.parts() {
        outlet.send(Update::Began { part: part.clone(), window, pushed: Vec::new() })?;
    }
    Ok(())
}

fn end(held: &Held, window: Interval, result: Result<(), Stop>, outlet: &Outlet) {
    let failure = match result {
        Ok(()) => None,
        Err(Stop::Cancelled) => {
            for (part, _) in held.parts() {
                outlet.end(part.clone(), End::Cancelled);
            }
            return;
        }
        Err(Stop::Failed(error)) => Some(Arc::new(Error::from(held::Error::Archive(error)))),
    };
    for (part, state) in held.parts() {
        let missing = state.coverage.missing_in(window);
        let end = match &failure {
            Some(error) => End::Failed { error: Arc::clone(error), missing: state.untold(window) },
            None if missing.is_empty() || !state.counts => End::Whole,
            None => {
                let why = "the archive does not cover all of this window; `auditty sync` pulls it".to_owned();
                End::Gaps { missing, why }
            }
        };
        outlet.end(part.clone(), end);
    }
}
