//! `auditty export --follow`: the entries of a window, then each that arrives, oldest first, for a
//! pipe into another system.
//!
//! Each round asks every source for what lies behind its place, less ten minutes for what comes late,
//! and writes what it has not written. The place moves on when a round came whole, and is saved once
//! what was written has left, so that an entry may come twice after a crash and never too seldom.
//!
//! A source that refuses is asked no more; the others are followed on, and its status is told when none
//! is left.

mod place;

use std::collections::{HashMap, HashSet};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::arguments::ExportArguments;
use super::failure::{Failure, Status};
use super::messages::Messages;
use super::output;
use super::reading;
use super::selection::{Configured, Selection};
use super::singles::Singles;
use crate::event::Event;
use crate::export::{Column, Exporter, Format, Options};
use crate::fetch::{End, ErrorKind, Fetcher, Request, Update};
use crate::gather::{Duplicates, Gather};
use crate::interval::Interval;
use crate::sync::OVERLAP;
use crate::text::visible;
use place::Places;

/// How long it rests between two rounds, where nothing else is said.
const REST: Duration = Duration::from_secs(10);

/// What a round brought of a source.
struct Round {
    name: Arc<str>,
    window: Interval,
    /// Why it did not come whole.
    failure: Option<(ErrorKind, String)>,
}

/// Refuses what cannot go together with following.
pub fn check(arguments: &ExportArguments, format: Format) -> Result<(), Failure> {
    let wrong = |why: &str| Err(Failure::usage(format!("--follow {why}")));
    if arguments.output.as_deref().is_some_and(|path| path != Path::new("-")) {
        return wrong("never ends, so there is no whole file for -o: redirect standard output");
    }
    if arguments.reading.until.is_some() {
        return wrong("goes on with time, so it takes no --until");
    }
    if arguments.reading.offline {
        return wrong("waits for what arrives, which --offline does not ask for");
    }
    if format == Format::Json {
        return wrong("would never close the array of json: use ndjson");
    }
    Ok(())
}

/// Follows; ends with a failure, a closed pipe or a signal.
pub async fn run(
    arguments: &ExportArguments,
    format: Format,
    columns: Vec<Column>,
    selection: &Selection,
    fetcher: &Fetcher,
    messages: &Messages,
) -> Result<Status, Failure> {
    if !selection.files.is_empty() {
        return Err(Failure::usage("--follow: a file does not tell what arrives; name sources"));
    }
    let options =
        Options { columns, terminal: io::stdout().is_terminal(), origins: reading::origins(selection) };
    let follow = Follow {
        selection,
        fetcher,
        messages,
        places: Places::read(arguments.state.as_deref())?,
        exporter: Exporter::new(format, options, BufWriter::with_capacity(64 * 1024, io::stdout())),
        changes: arguments.changes,
        state: arguments.state.as_deref(),
        troubles: HashMap::new(),
        given_up: HashSet::new(),
        status: Status::Whole,
    };
    // A place that cannot be saved is of no use to anybody: better nothing is asked at all.
    place::check(arguments.state.as_deref())?;
    reading::tell_unfetched_changes(selection, arguments.changes, messages);
    let rest = arguments.every.map_or(REST, Duration::from_millis);
    let following = follow.rounds(rest, arguments.limit);
    tokio::select! {
        ended = following => ended,
        // Where nothing arrives nothing is written, and no write would ever fail.
        () = output::reader_gone() => {
            messages.clear();
            Ok(Status::Whole)
        }
    }
}

/// What follows a round.
enum Next {
    /// Another one.
    Goes,
    /// None.
    Ends(Status),
}

struct Follow<'a, W: Write> {
    selection: &'a Selection,
    fetcher: &'a Fetcher,
    messages: &'a Messages,
    places: Places,
    exporter: Exporter<W>,
    changes: bool,
    state: Option<&'a Path>,
    /// What each source's last round failed of, so that it is said once.
    troubles: HashMap<Arc<str>, String>,
    /// Sources that are asked no more.
    given_up: HashSet<Arc<str>>,
    /// The highest status of those.
    status: Status,
}

impl<W: Write> Follow<'_, W> {
    /// Rounds, until there is no sense in another one.
    async fn rounds(mut self, rest: Duration, limit: Option<usize>) -> Result<Status, Failure> {
        let mut first = !self.places.is_resumed();
        loop {
            match self.round(first, limit).await? {
                Next::Goes => {}
                Next::Ends(status) => return Ok(status),
            }
            first = false;
            tokio::time::sleep(rest).await;
        }
    }

    async fn round(&mut self, first: bool, limit: Option<usize>) -> Result<Next, Failure> {
        let (mut events, rounds) = self.fetch().await?;
        if self.changes {
            events = self.with_singles(events).await;
        }
        events.retain(|event| self.places.is_new(event));
        let written = if first {
            &events[..events.len().min(limit.unwrap_or(usize::MAX))]
        } else {
            events.reverse();
            &events[..]
        };
        self.messages.clear();
        if let Err(error) = self.write(written) {
            if output::is_broken_pipe(&error) {
                return Ok(Next::Ends(Status::Whole));
            }
            return Err(Failure::broken(format!("cannot write to standard output: {error}")));
        }
        self.places.note(&events);
        for round in &rounds {
            // Whoever is refused, or asks wrongly, is so the next time too.
            if let Some((kind @ (ErrorKind::Config | ErrorKind::Refused), _)) = &round.failure {
                self.given_up.insert(round.name.clone());
                self.status = self.status.max((*kind).into());
            }
        }
        for round in rounds {
            match &round.failure {
                None => {
                    self.places.advance(&round.name, round.window.until);
                    if self.troubles.remove(&round.name).is_some() {
                        self.messages.notice(&format!("{}: it goes on", visible(&round.name)));
                    }
                }
                Some((_, why)) if self.given_up.contains(&round.name) => {
                    let others =
                        if self.is_over() { "" } else { "\n  it is asked no more; the others go on" };
                    self.messages.error(&format!("{why}{others}"));
                }
                Some((_, why)) => {
                    if self.troubles.insert(round.name.clone(), why.clone()).as_ref() != Some(why) {
                        self.messages.error(why);
                    }
                }
            }
        }
        self.places.save(self.state)?;
        Ok(if self.is_over() { Next::Ends(self.status) } else { Next::Goes })
    }

    /// Whether there is nobody left to ask.
    fn is_over(&self) -> bool {
        self.selection.sources.iter().all(|(source, _)| self.given_up.contains(&source.name))
    }

    /// What every source has behind its place, newest first, each entry once.
    async fn fetch(&self) -> Result<(Vec<Event>, Vec<Round>), Failure> {
        let selection = self.selection;
        let now = self.fetcher.now();
        let windows: Vec<(&Configured, Interval)> = selection
            .sources
            .iter()
            .filter(|(source, _)| !self.given_up.contains(&source.name))
            .map(|source| (source, self.places.window(&source.0.name, selection.window.since, now)))
            .collect();
        let whole = Interval::new(
            windows.iter().map(|(_, window)| window.since).min().unwrap_or(now),
            windows.iter().map(|(_, window)| window.until).max().unwrap_or(now),
        );
        let filter = selection.filter.clone();
        let gather = Gather::new(filter, whole, None, selection.max_memory, Duplicates::KeepOne);
        let gather = Mutex::new(gather);
        let fetching = windows.into_iter().map(|(source, window)| self.fetch_one(source, window, &gather));
        let rounds: Result<Vec<Round>, Failure> =
            futures::future::join_all(fetching).await.into_iter().collect();
        let gather = gather.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok((gather.finish(), rounds?))
    }

    async fn fetch_one(
        &self,
        (source, provider): &Configured,
        window: Interval,
        gather: &Mutex<Gather>,
    ) -> Result<Round, Failure> {
        let selection = self.selection;
        let request = Request {
            push: selection.push.then(|| selection.filter.clone()),
            filter: Some(selection.filter.clone()),
            ..Request::new(source.clone(), provider.clone(), window)
        };
        let mut round = Round { name: source.name.clone(), window, failure: None };
        let mut running = self.fetcher.start(request);
        while let Some(update) = running.updates.recv().await {
            match update {
                Update::Page(page) => {
                    if let Some(first) = page.skipped.first() {
                        self.messages.notice(&format!(
                            "skipped {} entries: {} page {} item {}: {}",
                            page.skipped.len(),
                            visible(&page.part.to_string()),
                            first.page,
                            first.item,
                            visible(&first.why)
                        ));
                    }
                    let mut gather = gather.lock().unwrap_or_else(PoisonError::into_inner);
                    for event in page.events {
                        gather.push(event).map_err(Failure::broken)?;
                    }
                }
                Update::Ended { end: End::Failed { error, .. }, .. } => {
                    let graver = round
                        .failure
                        .as_ref()
                        .is_none_or(|(known, _)| known.exit_code() < error.kind.exit_code());
                    if graver {
                        round.failure = Some((error.kind, error.message.clone()));
                    }
                }
                // What cannot be told will not be told the next time either.
                Update::Ended { end: End::Gaps { why, .. }, .. } => self.messages.error(&why),
                _ => {}
            }
        }
        Ok(round)
    }

    async fn with_singles(&self, events: Vec<Event>) -> Vec<Event> {
        let mut singles = Singles::new(self.fetcher.clone(), &self.selection.sources, self.messages.clone());
        let new = events.iter().filter(|event| self.places.is_new(event));
        let wanted = new.filter_map(|event| singles.wanted(event)).collect();
        let mut richer: HashMap<_, _> =
            singles.fetch(wanted).await.into_iter().map(|event| (event.identity, event)).collect();
        singles.finish();
        events.into_iter().map(|event| richer.remove(&event.identity).unwrap_or(event)).collect()
    }

    fn write(&mut self, events: &[Event]) -> io::Result<()> {
        self.exporter.begin()?;
        events.iter().try_for_each(|event| self.exporter.write(event))?;
        self.exporter.flush()
    }
}

/// The stretch before a place that is asked for again.
const AGAIN: i64 = OVERLAP;
