//! The archive as a source: what it holds of a window comes out as the same [`Update`]s as from the
//! network, newest first, and what it does not cover is told as missing (the contract's `--offline`).
//!
//! Not here: how records rest (`archive`), and filling the gaps (`sync`).

pub mod held;

use std::sync::Arc;

use crate::archive;
use crate::engine::{self, Engine};
use crate::event::Event;
use crate::fetch::outlet::{Cancelled, Outlet};
use crate::fetch::{End, Error, Page, Part, Running, Update};
use crate::interval::Interval;
use crate::place::Place;
use crate::query::Query;
use crate::sync::Configured;
use held::{Held, broken};

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
    let part = Part { source: source.0.name.clone(), value: None };
    Outlet::thread("the archive", PAGES_AHEAD, part, move |outlet| {
        read_all(&place, &source, window, &rows, outlet);
    })
}

fn read_all(place: &Place, source: &Configured, window: Interval, rows: &Rows, outlet: &Outlet) {
    let asked = match (place, rows) {
        (Place::Server { engine, .. }, Rows::Matching(filter, limit)) => Some((engine, filter, *limit)),
        _ => None,
    };
    let counted = matches!((place, rows), (Place::Server { .. }, Rows::Counted));
    let unread = if asked.is_some() || counted { Vec::new() } else { vec![window] };
    match Held::open(place, source, window, None, |_| unread.clone()) {
        Ok(mut held) => {
            let result = begin(&held, window, outlet).map_err(Stop::from).and_then(|()| {
                if let Some((engine, filter, limit)) = asked {
                    ask(engine, &held, source, (filter, window, limit), outlet)?;
                }
                read(&mut held, outlet)
            });
            end(&held, window, result, outlet);
        }
        Err(error) => {
            let part = Part { source: source.0.name.clone(), value: None };
            let began = Update::Began { part: part.clone(), window, pushed: Vec::new() };
            if outlet.send(began).is_ok() {
                let error = Error { kind: error.kind(), message: error.to_string(), retry_at: None };
                outlet.end(part, End::Failed { error: Arc::new(error), missing: vec![window] });
            }
        }
    }
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

impl From<engine::Error> for Stop {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::Cancelled => Self::Cancelled,
            error => Self::Failed(error.into()),
        }
    }
}

impl From<archive::Error> for Stop {
    fn from(error: archive::Error) -> Self {
        Self::Failed(error)
    }
}

fn begin(held: &Held, window: Interval, outlet: &Outlet) -> Result<(), Cancelled> {
    for (part, _) in held.parts() {
        outlet.send(Update::Began { part: part.clone(), window, pushed: Vec::new() })?;
    }
    Ok(())
}

/// Asks a server for the entries that match, and hands them over as pages of the first part.
fn ask(
    engine: &Arc<Engine>,
    held: &Held,
    (source, _): &Configured,
    (filter, window, limit): (&Query, Interval, Option<usize>),
    outlet: &Outlet,
) -> Result<(), Stop> {
    let parts: Vec<Part> = held.parts().map(|(part, _)| part.clone()).collect();
    let Some(part) = parts.first().cloned() else { return Ok(()) };
    let asker = engine.asker(std::slice::from_ref(source), &parts);
    let unwanted = || outlet.is_cancelled();
    let most = limit.map_or(u64::MAX, |limit| limit as u64);
    let (mut number, mut stopped) = (0, Ok(()));
    asker
        .walk(filter, window, most, &unwanted, &mut |matching| {
            number += 1;
            let entries: Vec<&Event> = matching.iter().collect();
            // What tells of their changes comes with them, as later entries do anywhere.
            let page = asker.later(&entries, window, &unwanted).map_err(Stop::from).and_then(|mut events| {
                events.extend(matching);
                let (skipped, covered) = (Vec::new(), Vec::new());
                let part = part.clone();
                let page = Page { part, number, events, skipped, covered, progress: None, resume: None };
                Ok(outlet.send(Update::Page(page))?)
            });
            stopped = page;
            stopped.is_ok()
        })
        .map_err(Stop::from)?;
    stopped
}

fn read(held: &mut Held, outlet: &Outlet) -> Result<(), Stop> {
    while let Some(page) = held.page() {
        outlet.send(Update::Page(page?))?;
    }
    Ok(())
}

fn end(held: &Held, window: Interval, result: Result<(), Stop>, outlet: &Outlet) {
    let failure = match result {
        Ok(()) => None,
        Err(Stop::Cancelled) => {
            held.parts().for_each(|(part, _)| outlet.end(part.clone(), End::Cancelled));
            return;
        }
        Err(Stop::Failed(error)) => Some(broken(&error)),
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
