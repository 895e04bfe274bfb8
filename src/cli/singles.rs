//! Single records, fetched politely for `--changes`: a few at a time, and no more of a source that
//! refuses or does not answer.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::StreamExt;

use super::failure::Status;
use super::messages::{Messages, counted};
use super::selection::Configured;
use crate::event::{Event, Identity, Rank};
use crate::fetch::{Error, ErrorKind, Fetcher, Part};
use crate::text::visible;

/// How many single records of a source are asked for at once, where the source says nothing.
const AT_ONCE: usize = 4;

/// An entry whose single record is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    identity: Identity,
    source: Arc<str>,
    workspace: Option<Arc<str>>,
    id: String,
}

/// Where a single record is asked for: its source, its fan-out value, its id.
type Place = (Arc<str>, Option<Arc<str>>, String);

/// Fetches single records of several sources.
pub struct Singles {
    fetcher: Fetcher,
    sources: HashMap<Arc<str>, Configured>,
    messages: Messages,
    /// Entries that were asked for, whatever came of it.
    asked: HashSet<Identity>,
    /// Those that are known not to be there, and how the server said so.
    lacking: HashMap<Place, Error>,
    /// Sources that are not asked any more.
    given_up: HashSet<Arc<str>>,
    failed: HashMap<Arc<str>, u64>,
    fetched: u64,
    status: Status,
}

impl Singles {
    /// For these sources.
    pub fn new(fetcher: Fetcher, sources: &[Configured], messages: Messages) -> Self {
        let by_name = sources.iter().map(|pair| (pair.0.name.clone(), pair.clone())).collect();
        Self {
            fetcher,
            sources: by_name,
            messages,
            asked: HashSet::new(),
            lacking: HashMap::new(),
            given_up: HashSet::new(),
            failed: HashMap::new(),
            fetched: 0,
            status: Status::Whole,
        }
    }

    /// The single record that would tell more of this entry; `None` where its system has no such
    /// route, or where it was asked for before.
    pub fn wanted(&self, event: &Event) -> Option<Wanted> {
        let (_, provider) = self.sources.get(&event.source)?;
        provider.detail.as_ref()?;
        let id = event.id.as_ref().filter(|id| !id.is_empty())?;
        let is_new = event.rank == Rank::ListRow && !self.asked.contains(&event.identity);
        is_new.then(|| Wanted {
            identity: event.identity,
            source: event.source.clone(),
            workspace: event.workspace.clone(),
            id: id.clone(),
        })
    }

    /// A single record was asked for in vain: it is not asked for again, and counts as failed where it is
    /// wanted.
    pub fn lacks(&mut self, source: &Arc<str>, workspace: Option<Arc<str>>, id: &str, error: Error) {
        self.lacking.insert((source.clone(), workspace, id.to_owned()), error);
    }

    /// Fetches them; what could not be had is missing in the answer and told at the end.
    pub async fn fetch(&mut self, wanted: Vec<Wanted>) -> Vec<Event> {
        let mut came = Vec::new();
        let mut by_source: HashMap<Arc<str>, Vec<Wanted>> = HashMap::new();
        for one in wanted {
            if !self.asked.insert(one.identity) {
                continue;
            }
            let place = (one.source.clone(), one.workspace.clone(), one.id.clone());
            if let Some(error) = self.lacking.remove(&place) {
                self.note_failure(&one.source, &error);
            } else {
                by_source.entry(one.source.clone()).or_default().push(one);
            }
        }
        for (name, wanted) in by_source {
            let Some((source, provider)) = self.sources.get(&name).cloned() else { continue };
            let part = Part { source: name.clone(), value: None };
            let at_once = source.concurrency.unwrap_or(AT_ONCE).max(1);
            let fetcher = self.fetcher.clone();
            let mut answers = futures::stream::iter(wanted)
                .map(|one| {
                    let (fetcher, source, provider) = (fetcher.clone(), source.clone(), provider.clone());
                    async move { fetcher.single(&source, &provider, one.workspace.as_deref(), &one.id).await }
                })
                .buffer_unordered(at_once);
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok(event) => {
                        self.fetched += 1;
                        came.push(event);
                        let words = format!("{} single records", counted(self.fetched));
                        self.messages.progress(&part, None, &words);
                    }
                    Err(error) => self.note_failure(&name, &error),
                }
                if self.given_up.contains(&name) {
                    break;
                }
            }
            self.messages.progress_ended(&part);
        }
        came
    }

    fn note_failure(&mut self, name: &Arc<str>, error: &Error) {
        self.status = self.status.max(error.kind.into());
        let failed = self.failed.entry(name.clone()).or_default();
        *failed += 1;
        if *failed == 1 {
            self.messages.error(&error.message);
        }
        // What one entry's record lacks, another's may have; a source that refuses refuses all.
        if error.kind != ErrorKind::Broken {
            self.given_up.insert(name.clone());
        }
    }

    /// Tells what could not be had; gives the highest status.
    pub fn finish(self) -> Status {
        for (name, failed) in &self.failed {
            let rest = if self.given_up.contains(name) { ", and no more were asked for" } else { "" };
            self.messages.error(&format!(
                "{}: {} single records could not be fetched{rest}: changes of their entries are missing",
                visible(name),
                counted(*failed)
            ));
        }
        self.status
    }
}
