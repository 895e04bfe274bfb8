//! The archive as a source: what it holds of a window comes out as the same [`Update`]s as from the
//! network, newest first, and what it does not cover is told as missing (the contract's `--offline`).
//!
//! Not here: how records rest (`archive`), and filling the gaps (`sync`).

pub mod held;

use std::sync::Arc;

use crate::archive;
use crate::fetch::outlet::{Cancelled, Outlet};
use crate::fetch::{End, Error, Part, Running, Update};
use crate::interval::Interval;
use crate::place::Place;
use crate::sync::Configured;
use held::{Held, broken};

/// How many pages may wait to be taken; each is a block of at most 1,024 entries.
const PAGES_AHEAD: usize = 4;

/// Begins to read what the archive holds of a source, on a thread of its own.
pub fn start(place: Place, source: Configured, window: Interval) -> Running {
    let part = Part { source: source.0.name.clone(), value: None };
    Outlet::thread("the archive", PAGES_AHEAD, part, move |outlet| {
        read_all(&place, &source, window, outlet);
    })
}

fn read_all(place: &Place, source: &Configured, window: Interval, outlet: &Outlet) {
    match Held::open(place, source, window, None, |_| vec![window]) {
        Ok(mut held) => {
            let result = read(&mut held, window, outlet);
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

impl From<archive::Error> for Stop {
    fn from(error: archive::Error) -> Self {
        Self::Failed(error)
    }
}

fn read(held: &mut Held, window: Interval, outlet: &Outlet) -> Result<(), Stop> {
    for (part, _) in held.parts() {
        outlet.send(Update::Began { part: part.clone(), window, pushed: Vec::new() })?;
    }
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
