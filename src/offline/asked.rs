//! An archive that is a server's: it is asked for the entries that match, and for nothing else.

use std::sync::Arc;

use super::held::{self, Held};
use super::{Rows, Stop, began, pages};
use crate::engine::{self, Engine};
use crate::event::Event;
use crate::fetch::outlet::Outlet;
use crate::fetch::{Page, Part, Update};
use crate::interval::Interval;
use crate::place::Place;
use crate::query::Query;
use crate::sync::Configured;

impl From<engine::Error> for Stop {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::Cancelled => Self::Cancelled,
            error => Self::Failed(error.into()),
        }
    }
}

/// Hands over what is wanted of a source, then what is covered.
pub fn read(
    place: &Place,
    source: &Configured,
    window: Interval,
    rows: &Rows,
    outlet: &Outlet,
) -> Result<(Held, Result<(), Stop>), held::Error> {
    let Place::Server { engine, .. } = place else { return pages(place, source, window, outlet) };
    let archive = place.open_read_only()?;
    let mut held = Held::new(&*archive, source, window, |_| Vec::new())?;
    let hand_over = || {
        began(&held, window, outlet)?;
        let mut number = 0;
        if let Rows::Matching(filter, limit) = rows {
            number = matching(engine, &held, source, (filter, window, *limit), outlet)?;
        }
        for (part, stretch) in held.last().covered {
            number += 1;
            let (events, skipped, covered) = (Vec::new(), Vec::new(), vec![stretch]);
            let progress = Some(1.0);
            let page = Page { part, number, events, skipped, covered, progress, resume: None };
            outlet.send(Update::Page(page))?;
        }
        Ok(())
    };
    let mut hand_over = hand_over;
    let result = hand_over();
    Ok((held, result))
}

/// Asks for the entries that match, and hands them over as pages of the first part; how many pages.
fn matching(
    engine: &Arc<Engine>,
    held: &Held,
    (source, _): &Configured,
    (filter, window, limit): (&Query, Interval, Option<usize>),
    outlet: &Outlet,
) -> Result<u64, Stop> {
    let parts: Vec<Part> = held.parts().map(|(part, _)| part.clone()).collect();
    let Some(part) = parts.first().cloned() else { return Ok(0) };
    let asker = engine.asker(std::slice::from_ref(source), &parts);
    let unwanted = || outlet.is_cancelled();
    let most = limit.map_or(u64::MAX, |limit| limit as u64);
    let (mut number, mut stopped) = (0, Ok(()));
    asker.walk(filter, window, most, &unwanted, &mut |matching| {
        number += 1;
        let entries: Vec<&Event> = matching.iter().collect();
        // What tells of their changes comes with them, as later entries do anywhere.
        stopped = asker.later(&entries, window, &unwanted).map_err(Stop::from).and_then(|mut events| {
            events.extend(matching);
            let (skipped, covered) = (Vec::new(), Vec::new());
            let part = part.clone();
            let page = Page { part, number, events, skipped, covered, progress: None, resume: None };
            Ok(outlet.send(Update::Page(page))?)
        });
        stopped.is_ok()
    })?;
    stopped.map(|()| number)
}
