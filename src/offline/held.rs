//! What the archive holds of a source's window: which parts there are, what they cover, and how much
//! of that has been read.
//!
//! Not here: reading it (`offline`, `filling`), and how records rest (`archive`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::archive::{self, Ledger, LoadedRows};
use crate::fetch::{Archived, Error as FetchError, Fetcher, Part};
use crate::interval::{Interval, IntervalSet};
use crate::provider::Provider;
use crate::sync::{Configured, kind, origin};
use crate::timestamp::Timestamp;

/// Why it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// The source's own settings.
    #[error(transparent)]
    Source(#[from] FetchError),
}

impl From<Error> for FetchError {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Archive(error) => kind(error),
            Error::Source(error) => error.kind,
        };
        Self { kind, message: error.to_string(), retry_at: None }
    }
}

/// What is held, as it stood when it was looked at.
#[derive(Debug)]
pub struct Held {
    source: Arc<str>,
    provider: Arc<Provider>,
    window: Interval,
    reading: Interval,
    parts: BTreeMap<Part, OfPart>,
}

/// What is held of a part.
#[derive(Debug)]
pub struct OfPart {
    /// What the archive covers, of all time.
    pub coverage: IntervalSet,
    /// Whether its coverage counts: what came from files says nothing of what is missing.
    pub counts: bool,
    /// What of its coverage was told.
    told: IntervalSet,
}

impl OfPart {
    /// What of a window was not told to be covered: ascending.
    pub fn untold(&self, window: Interval) -> Vec<Interval> {
        self.told.missing_in(window)
    }
}

impl Held {
    /// Looks at the parts of a source that the config names, and, where no entities are asked for, at
    /// what was taken in from files, which has no part of its own. Of a part only what is `unread`
    /// need be read.
    pub fn new(
        archive: &dyn Ledger,
        (source, provider): &Configured,
        window: Interval,
        unread: impl Fn(&Part) -> Vec<Interval>,
    ) -> Result<Self, Error> {
        let mut parts = Fetcher::parts(source, provider)?;
        if let Some(known) = archive.known(&source.name)? {
            known.check(&provider.name, &origin(source, provider).unwrap_or_default())?;
        }
        let whole = Part { source: source.name.clone(), value: None };
        if source.entities.is_empty()
            && !parts.contains(&whole)
            && archive.parts(&source.name)?.contains(&whole)
        {
            parts.push(whole);
        }
        let gaps: IntervalSet = parts.iter().flat_map(unread).collect();
        let reading = match gaps.parts() {
            [] => Interval::new(window.since, window.since),
            [first, .., last] => Interval::new(first.since, last.until),
            [only] => *only,
        };
        let fans_out = parts.iter().any(|part| part.value.is_some());
        let mut states = BTreeMap::new();
        for part in parts {
            let coverage = archive.coverage(&part)?;
            let counts = part.value.is_some() || !fans_out;
            states.insert(part, OfPart { coverage, counts, told: IntervalSet::new() });
        }
        Ok(Self { source: source.name.clone(), provider: provider.clone(), window, reading, parts: states })
    }

    /// The parts, and what is held of each.
    pub fn parts(&self) -> impl Iterator<Item = (&Part, &OfPart)> {
        self.parts.iter()
    }

    /// What is to be read of which time: a little more than what is unread may be.
    pub fn to_read(&self) -> (Vec<(Part, Arc<Provider>)>, Interval) {
        let parts = self.parts.keys().map(|part| (part.clone(), self.provider.clone())).collect();
        (parts, self.reading)
    }

    /// What of a part is covered by entries down to an instant, and was not told yet. With
    /// everything read, that instant is the end of what was to be read.
    pub fn cover(&mut self, part: &Part, down_to: Timestamp) -> Vec<Interval> {
        let window = self.window;
        // Of the instant itself there may be more to come.
        let since = if down_to <= self.reading.since { window.since } else { down_to.plus(1) };
        let Some(state) = self.parts.get_mut(part) else { return Vec::new() };
        let read = Interval::new(since, window.until);
        let covered: Vec<Interval> = state
            .coverage
            .parts()
            .iter()
            .flat_map(|stretch| state.told.missing_in(stretch.intersect(read)))
            .collect();
        for stretch in &covered {
            state.told.insert(*stretch);
        }
        covered
    }

    /// Rows that were read of it, with what they cover of each part.
    pub fn archived(&mut self, rows: LoadedRows) -> Archived {
        let LoadedRows { batch, telling, unreadable, down_to, progress } = rows;
        let unreadable = unreadable
            .into_iter()
            .map(|(part, record)| format!("{part}: the entry of {}: {}", record.time, record.why))
            .collect();
        let covered = self.cover_all(down_to);
        let source = self.source.clone();
        Archived { source, batch: Some(Box::new(batch)), telling, unreadable, covered, progress }
    }

    /// What is covered once everything was read.
    pub fn last(&mut self) -> Archived {
        let covered = self.cover_all(self.reading.since);
        Archived {
            source: self.source.clone(),
            batch: None,
            telling: Vec::new(),
            unreadable: Vec::new(),
            covered,
            progress: 1.0,
        }
    }

    fn cover_all(&mut self, down_to: Timestamp) -> Vec<(Part, Interval)> {
        let parts: Vec<Part> = self.parts.keys().cloned().collect();
        let of = |part: Part| {
            let covered = self.cover(&part, down_to);
            covered.into_iter().map(move |stretch| (part.clone(), stretch))
        };
        parts.into_iter().flat_map(of).collect()
    }
}
