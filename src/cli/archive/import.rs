//! Taking files into the archive: the systems' own records, each under a source's name.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::app::config::{Config, Loaded};
use crate::archive::{Appended, Batch, Ledger};
use crate::cli::collector::{Came, Collector, Kind};
use crate::cli::failure::{Failure, Status};
use crate::cli::messages::{Messages, counted};
use crate::event::{Event, Rank};
use crate::files::{self, Need, Origin};
use crate::interval::Interval;
use crate::place::Place;
use crate::provider::Provider;
use crate::provider::mapping::Context;
use crate::provider::registry::Registry;
use crate::source::Part;
use crate::sync::origin;
use crate::text::visible;

/// What is to be taken in.
pub struct Wanted<'a> {
    /// The files.
    pub files: &'a [PathBuf],
    /// The name under which all of them go; `None`: what their entries bear, or the file's name.
    pub source: Option<&'a str>,
    /// The system that wrote them, where their records do not tell.
    pub provider: Option<&'a str>,
}

/// Takes the files in; gives what to say of it.
pub async fn run(
    wanted: &Wanted<'_>,
    loaded: Loaded,
    place: &Place,
    messages: &Messages,
) -> Result<(String, Status), Failure> {
    let provider = wanted.provider.map(|name| loaded.registry.get(name)).transpose();
    let provider = provider.map_err(|error| Failure::usage(format!("--provider: {error}")))?;
    let mut import = Import {
        archive: place.open()?,
        name: wanted.source.map(Arc::from),
        config: loaded.config,
        registry: Arc::new(loaded.registry),
        taken: BTreeMap::new(),
        foreign: BTreeMap::new(),
    };
    let _lock = super::lock(place)?;
    let inputs = files::inputs(wanted.files.iter().map(|path| Origin::new(path)), &[]);
    let feed = files::start_with(inputs, Arc::clone(&import.registry), provider, Need::Records);
    let mut collector = Collector::new(vec![(Kind::File, feed)], Interval::ALL, messages.clone());
    let worth = import.archive.worth_appending();
    let mut gathered: Vec<Event> = Vec::new();
    let mut is_over = false;
    while !is_over {
        match collector.next().await {
            Some(Came { events, .. }) => gathered.extend(events),
            None => is_over = true,
        }
        if gathered.len() >= worth || is_over {
            let events = std::mem::take(&mut gathered);
            import = spawn_blocking(move || {
                import.take(&events)?;
                Ok::<_, Failure>(import)
            })
            .await
            .map_err(Failure::broken)??;
        }
    }
    let mut status = collector.finish().status;
    let mut text = String::new();
    for (name, taken) in &import.taken {
        let _ = writeln!(
            text,
            "{}: {} new, {} already there",
            visible(name),
            counted(taken.new + taken.replaced),
            counted(taken.already)
        );
    }
    for (name, count) in &import.foreign {
        status = status.max(Status::Broken);
        messages.error(&format!(
            "{}: {} entries are not records of their system and were left out; an export that can be taken in again has --format raw",
            visible(name),
            counted(*count)
        ));
    }
    Ok((text, status))
}

struct Import {
    archive: Box<dyn Ledger>,
    name: Option<Arc<str>>,
    config: Config,
    registry: Arc<Registry>,
    taken: BTreeMap<Arc<str>, Appended>,
    foreign: BTreeMap<Arc<str>, u64>,
}

impl Import {
    fn take(&mut self, events: &[Event]) -> Result<(), Failure> {
        let mut by_name: BTreeMap<(Arc<str>, Arc<str>), Vec<Event>> = BTreeMap::new();
        for event in events {
            let name = self.name.clone().unwrap_or_else(|| event.source.clone());
            let provider = self.registry.get(&event.provider).map_err(Failure::usage)?;
            match record(event, &name, &provider) {
                Some(event) => by_name.entry((name, event.provider.clone())).or_default().push(event),
                None => *self.foreign.entry(name).or_default() += 1,
            }
        }
        for ((name, provider), events) in by_name {
            let configured = self.config.sources.iter().find(|source| source.name == name);
            let descriptor = self.registry.get(&provider).map_err(Failure::usage)?;
            let origin = match configured {
                // Held to the config too: records of another system are refused under its name.
                Some(source) if source.provider == provider => origin(source, &descriptor)?,
                Some(source) => {
                    return Err(Failure::usage(format!(
                        "the records are of {provider}, and the config's `{}` is {}: say --source NAME",
                        visible(&name),
                        source.provider
                    )));
                }
                None => String::new(),
            };
            self.archive.claim(&name, &provider, &origin)?;
            let part = Part { source: name.clone(), value: None };
            let appended = self.archive.append(&[Batch::of(&part, &events)])?;
            let taken = self.taken.entry(name).or_default();
            for some in appended {
                *taken += some;
            }
        }
        Ok(())
    }
}

/// The entry that a record is under a source's name; `None` where the event was not read from the
/// system's own record.
fn record(event: &Event, name: &Arc<str>, provider: &Provider) -> Option<Event> {
    // A record that tells changes, of a system that tells them of single records alone, is one.
    let is_single = provider.detail.is_some() && event.changes.is_some();
    let context = Context {
        source: name.clone(),
        provider: event.provider.clone(),
        workspace: None,
        rank: if is_single { Rank::Single } else { Rank::ListRow },
    };
    let read = provider.mapping.event(event.record.node(), &context).ok()?;
    (read.time == event.time && read.id == event.id).then_some(read)
}
