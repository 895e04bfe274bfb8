//! What the archive holds of a source's window, as pages, newest first, with what they cover.
//!
//! Not here: who takes the pages (`offline`, `filling`), and how records rest (`archive`).

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::archive::{self, Loading};
use crate::event::Event;
use crate::fetch::{Error as FetchError, ErrorKind, Fetcher, Page, Part, Skipped};
use crate::interval::{Interval, IntervalSet};
use crate::place::Place;
use crate::sync::{Configured, origin};
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

impl Error {
    /// Which kind of failure it is, for the exit status.
    pub fn kind(&self) -> ErrorKind {
        match self {
            // Another system under the same name is for the config to settle.
            Self::Archive(archive::Error::OtherSystem { .. }) => ErrorKind::Config,
            Self::Archive(_) => ErrorKind::Broken,
            Self::Source(error) => error.kind,
        }
    }
}

/// What is held, as it stood when it was opened. It is read by asking for page after page.
pub struct Held {
    load: Loading,
    window: Interval,
    parts: BTreeMap<Part, OfPart>,
    /// The parts whose last page is still to come, once all blocks are read.
    last: VecDeque<Part>,
}

/// What is held of a part.
#[derive(Debug)]
pub struct OfPart {
    /// What the archive covers, of all time.
    pub coverage: IntervalSet,
    /// Whether its coverage counts: what came from files says nothing of what is missing.
    pub counts: bool,
    pages: u64,
    /// What of its coverage was told.
    told: IntervalSet,
}

impl OfPart {
    /// What of a window is covered and was not told yet, or is not covered: ascending.
    pub fn untold(&self, window: Interval) -> Vec<Interval> {
        self.told.missing_in(window)
    }
}

impl Held {
    /// Opens the archive, for the parts of a source that the config names, and, where no
    /// entities are asked for, for what was taken in from files, which has no part of its own. Of a
    /// part only what is `unread` need be read (a little more may come). `patience` is how long
    /// another process is waited for that keeps the archive to itself; `None`: as long as ever.
    pub fn open(
        place: &Place,
        (source, provider): &Configured,
        window: Interval,
        patience: Option<Duration>,
        unread: impl Fn(&Part) -> Vec<Interval>,
    ) -> Result<Self, Error> {
        let mut parts = Fetcher::parts(source, provider)?;
        let archive = place.open_read_only_within(patience)?;
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
        let fans_out = parts.iter().any(|part| part.value.is_some());
        let mut states = BTreeMap::new();
        for part in &parts {
            let coverage = archive.coverage(part)?;
            let counts = part.value.is_some() || !fans_out;
            states.insert(part.clone(), OfPart { coverage, counts, pages: 0, told: IntervalSet::new() });
        }
        let gaps: IntervalSet = parts.iter().flat_map(unread).collect();
        let reading = match gaps.parts() {
            [] => Interval::new(window.since, window.since),
            [first, ..] => {
                Interval::new(first.since, gaps.parts().last().map_or(first.until, |last| last.until))
            }
        };
        let load = archive.load(parts.into_iter().map(|part| (part, provider.clone())).collect(), reading)?;
        let last = states.keys().cloned().collect();
        Ok(Self { load, window, parts: states, last })
    }

    /// The parts, and what is held of each.
    pub fn parts(&self) -> impl Iterator<Item = (&Part, &OfPart)> {
        self.parts.iter()
    }

    /// The next page; `None` after the last. A page covers what of its part's coverage has been read
    /// with it. After an error nothing more is to be had.
    pub fn page(&mut self) -> Option<Result<Page, archive::Error>> {
        match self.load.next() {
            Some(Ok(loaded)) => {
                let unreadable = loaded.unreadable.into_iter().enumerate();
                let skipped = unreadable
                    .map(|(at, record)| Skipped { page: 0, item: at + 1, why: record.why })
                    .collect();
                Some(Ok(self.of(loaded.part, loaded.events, skipped, loaded.down_to, loaded.progress)))
            }
            Some(Err(error)) => Some(Err(error)),
            None => {
                let part = self.last.pop_front()?;
                Some(Ok(self.of(part, Vec::new(), Vec::new(), self.window.since, 1.0)))
            }
        }
    }

    fn of(
        &mut self,
        part: Part,
        events: Vec<Event>,
        mut skipped: Vec<Skipped>,
        down_to: Timestamp,
        progress: f64,
    ) -> Page {
        let window = self.window;
        // Of the instant itself there may be more in the next block.
        let since = if down_to == window.since { down_to } else { down_to.plus(1) };
        let (mut covered, mut number) = (Vec::new(), 0);
        if let Some(state) = self.parts.get_mut(&part) {
            state.pages += 1;
            number = state.pages;
            for stretch in state.coverage.parts() {
                let loaded = stretch.intersect(Interval::new(since, window.until));
                covered.extend(state.told.missing_in(loaded));
            }
            for stretch in &covered {
                state.told.insert(*stretch);
            }
        }
        for record in &mut skipped {
            record.page = number;
        }
        Page { part, number, events, skipped, covered, progress: Some(progress), resume: None }
    }
}

/// A failure of the archive as the fetch layer tells failures.
pub fn broken(error: &dyn std::error::Error) -> Arc<FetchError> {
    Arc::new(FetchError { kind: ErrorKind::Broken, message: error.to_string(), retry_at: None })
}
