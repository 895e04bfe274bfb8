//! Entries from the archive alone (`--offline`).

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::gathered::gathered;
use super::{Begun, Listener, Origin};
use crate::changes::{Duplicates, RecordKey};
use crate::engine::Asker;
use crate::event::Event;
use crate::fetch::Part;
use crate::handover::request::curl;
use crate::interval::Interval;
use crate::offline::{self, Rows};
use crate::place::Place;
use crate::provider::Provider;
use crate::query::Query;
use crate::sync::Configured;
use crate::ui::feed::SourceInfo;

/// What the archive holds of configured sources, merged into one timeline.
#[derive(Debug)]
pub struct Archived {
    place: Place,
    sources: Vec<Configured>,
    /// Where the archive is a server's, questions go to it.
    asker: Option<Arc<Asker>>,
}

impl Archived {
    /// These sources, as the archive holds them.
    pub fn new(place: Place, sources: Vec<Configured>) -> Self {
        let asker = match &place {
            // What is wrong with a source is told when it is read.
            Place::Server { engine, .. } => engine.asker_of(&sources).ok().map(Arc::new),
            Place::Folder(_) => None,
        };
        Self { place, sources, asker }
    }
}

impl Origin for Archived {
    fn sources(&self) -> Vec<SourceInfo> {
        let info = |(source, provider): &Configured| SourceInfo {
            name: Arc::clone(&source.name),
            title: provider.title.clone(),
            // What the system has let go is here still.
            retention_days: None,
            has_single: false,
            has_entity: false,
            pushes: Vec::new(),
        };
        self.sources.iter().map(info).collect()
    }

    fn begin(
        &self,
        window: Interval,
        _push: Option<Arc<Query>>,
        parts: Option<&[(Part, Interval)]>,
    ) -> Option<Vec<Begun>> {
        let (place, is_at_hand) = (&self.place, self.place.is_at_hand());
        let begun = self.sources.iter().filter_map(|source| {
            let window = super::stretch_of(&source.0.name, window, parts)?;
            let (place, of) = (place.clone(), source.clone());
            let running = if is_at_hand {
                offline::load(place, of, window)
            } else {
                offline::start(place, of, window, Rows::Counted)
            };
            Some(Begun { running, max_events: source.0.max_events })
        });
        Some(begun.collect())
    }

    fn request(&self, event: &Event) -> Result<String, String> {
        let known = self.sources.iter().find(|(source, _)| source.name == event.source);
        let (source, provider) = known.ok_or("its source is not open")?;
        curl(event, source, provider).map_err(|error| error.to_string())
    }

    fn asker(&self) -> Option<Arc<Asker>> {
        self.asker.clone()
    }

    fn duplicates(&self) -> Duplicates {
        Duplicates::KeepOne
    }

    /// The window is fixed before anything is read.
    fn follows(&self, _came: Interval) -> Option<Interval> {
        None
    }

    fn provider(&self, event: &Event) -> Option<Arc<Provider>> {
        let of = |(source, _): &&Configured| source.name == event.source;
        self.sources.iter().find(of).map(|(_, provider)| Arc::clone(provider))
    }

    fn history(
        &self,
        record: &RecordKey,
        window: Interval,
        listener: Listener,
    ) -> BoxFuture<'static, Result<Vec<Event>, String>> {
        let known = self.sources.iter().find(|(source, _)| source.name == record.source).cloned();
        let (place, record) = (self.place.clone(), record.clone());
        async move {
            let rows = Rows::Matching(Arc::new(record.filter()), None);
            let running = offline::start(place, known.ok_or("its source is not open")?, window, rows);
            let _end = running.control.cancel.clone().drop_guard();
            gathered(running, &record, &listener).await
        }
        .boxed()
    }

    fn single(&self, _event: &Event, _listener: Listener) -> BoxFuture<'static, Result<Event, String>> {
        async { Err("offline, the archive holds no more than this".to_owned()) }.boxed()
    }
}
