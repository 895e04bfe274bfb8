//! The manifest beside an exported file: what was asked, what came, and the file's hash.

use std::path::Path;

use serde::Serialize;

use super::failure::Failure;
use super::output::{self, Written};
use crate::event::Event;
use crate::interval::Interval;

/// What stands in a manifest, in the contract's order.
#[derive(Debug, Clone, Serialize)]
pub struct Manifest {
    tool: &'static str,
    version: &'static str,
    sources: Vec<String>,
    since: Option<String>,
    until: Option<String>,
    filter: String,
    limit: Option<usize>,
    count: usize,
    first: Option<Line>,
    last: Option<Line>,
    file: String,
    sha256: String,
    complete: bool,
}

/// An entry as a manifest names it.
#[derive(Debug, Clone, Serialize)]
struct Line {
    id: Option<String>,
    time: String,
}

impl Line {
    fn of(event: &Event) -> Self {
        Self { id: event.id.clone(), time: event.time.to_string() }
    }
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// The sources' names, in the order given.
    pub sources: Vec<String>,
    /// The window; `None` where files without an entry leave it open.
    pub window: Option<Interval>,
    /// The filter as it was typed.
    pub filter: &'a str,
    /// The limit.
    pub limit: Option<usize>,
}

impl Manifest {
    /// The manifest of a file with these entries, in the file's order.
    pub fn new(asked: &Asked<'_>, events: &[Event], written: &Written, complete: bool) -> Self {
        Self::of_ends(asked, events.len(), [events.first(), events.last()], written, complete)
    }

    /// The manifest of a file of so many entries, of which these are the first and the last.
    pub fn of_ends(
        asked: &Asked<'_>,
        count: usize,
        [first, last]: [Option<&Event>; 2],
        written: &Written,
        complete: bool,
    ) -> Self {
        Self {
            tool: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            sources: asked.sources.clone(),
            since: asked.window.map(|window| window.since.to_string()),
            until: asked.window.map(|window| window.until.to_string()),
            filter: asked.filter.to_owned(),
            limit: asked.limit,
            count,
            first: first.map(Line::of),
            last: last.map(Line::of),
            file: written.path.to_string_lossy().into_owned(),
            sha256: written.sha256.clone(),
            complete,
        }
    }

    /// Writes it beside its file.
    pub fn write(&self, written: &Path) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(self).map_err(Failure::broken)?;
        text.push('\n');
        output::write_private(&output::beside(written, ".manifest.json"), text.as_bytes())
    }
}
