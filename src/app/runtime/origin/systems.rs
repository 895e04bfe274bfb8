//! Entries from configured sources, over the network.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::gathered::gathered;
use super::{Begun, Listener, Origin};
use crate::changes::{Duplicates, RecordKey};
use crate::event::Event;
use crate::fetch::{Fetcher, Part, Patience, Request, push};
use crate::filling::Filling;
use crate::handover::request::curl;
use crate::interval::Interval;
use crate::keep::Keeper;
use crate::place::Place;
use crate::provider::Provider;
use crate::query::Query;
use crate::source::{Entity, Source};
use crate::ui::feed::SourceInfo;

/// Configured sources, merged into one timeline.
#[derive(Debug)]
pub struct Systems {
    sources: Vec<(Arc<Source>, Arc<Provider>)>,
    fetcher: Fetcher,
    push: bool,
    keeper: Option<Arc<Keeper>>,
    /// The archive whose entries are shown at once, where there is one to look for.
    filling: Option<Arc<Filling>>,
}

impl Systems {
    /// These sources, each with the descriptor that it goes by.
    pub fn new(sources: Vec<(Arc<Source>, Arc<Provider>)>, fetcher: Fetcher) -> Self {
        Self { sources, fetcher, push: true, keeper: None, filling: None }
    }

    /// The same, the servers never being asked to filter (`--no-push`).
    pub fn without_push(self) -> Self {
        Self { push: false, ..self }
    }

    /// The same, what the archive holds being shown at once and only the rest fetched.
    pub fn over_archive(self, place: Place) -> Self {
        let filling = Filling::new(place, self.fetcher.clone());
        Self { filling: Some(filling), ..self }
    }

    /// The same, what is fetched being kept, or noted to be kept at the end.
    pub fn keeping(self, keeper: Keeper) -> Self {
        Self { keeper: Some(Arc::new(keeper)), ..self }
    }
}

impl Origin for Systems {
    fn sources(&self) -> Vec<SourceInfo> {
        let info = |(source, provider): &(Arc<Source>, Arc<Provider>)| SourceInfo {
            name: Arc::clone(&source.name),
            title: provider.title.clone(),
            retention_days: source.retention_days.or(provider.retention_days),
            has_single: provider.detail.is_some(),
            has_entity: provider.entity.is_some(),
            pushes: if self.push { push::of_source(source, provider) } else { Vec::new() },
        };
        self.sources.iter().map(info).collect()
    }

    fn begin(
        &self,
        window: Interval,
        push: Option<Arc<Query>>,
        parts: Option<&[(Part, Interval)]>,
    ) -> Option<Vec<Begun>> {
        let wanted = self.sources.iter().flat_map(|known| {
            let all = parts.is_none().then_some((known, None, window));
            let some = parts.into_iter().flatten().filter(|(part, _)| part.source == known.0.name);
            // A part without a value is all of a source of which none has begun, or its only one.
            let some = some.map(move |(part, stretch)| {
                (known, Some(part.clone()).filter(|part| part.value.is_some()), *stretch)
            });
            all.into_iter().chain(some)
        });
        let begun = wanted.map(|((source, provider), only, window)| {
            let request = Request {
                push: push.clone().filter(|_| self.push),
                patience: Patience::Interactive,
                only,
                ..Request::new(Arc::clone(source), Arc::clone(provider), window)
            };
            let running = match &self.filling {
                Some(filling) => filling.start(request),
                None => self.fetcher.start(request),
            };
            Begun { running, max_events: source.max_events }
        });
        Some(begun.collect())
    }

    fn duplicates(&self) -> Duplicates {
        Duplicates::KeepOne
    }

    /// The window is fixed before anything is fetched.
    fn follows(&self, _came: Interval) -> Option<Interval> {
        None
    }

    fn request(&self, event: &Event) -> Result<String, String> {
        let known = self.sources.iter().find(|(source, _)| source.name == event.source);
        let (source, provider) = known.ok_or("its source is not open")?;
        curl(event, source, provider).map_err(|error| error.to_string())
    }

    fn provider(&self, event: &Event) -> Option<Arc<Provider>> {
        let of = |(source, _): &&(Arc<Source>, Arc<Provider>)| source.name == event.source;
        self.sources.iter().find(of).map(|(_, provider)| Arc::clone(provider))
    }

    fn history(
        &self,
        record: &RecordKey,
        window: Interval,
        listener: Listener,
    ) -> BoxFuture<'static, Result<Vec<Event>, String>> {
        let known = self.sources.iter().find(|(source, _)| source.name == record.source).cloned();
        let (fetcher, record, push) = (self.fetcher.clone(), record.clone(), self.push);
        async move {
            let (source, provider) = known.ok_or("its source is not open")?;
            let running = fetcher.start(narrowed(&source, provider, &record, window, push));
            // Ends with this future, also where that is dropped.
            let _end = running.control.cancel.clone().drop_guard();
            gathered(running, &record, &listener).await
        }
        .boxed()
    }

    fn single(&self, event: &Event, listener: Listener) -> BoxFuture<'static, Result<Event, String>> {
        let known = self.sources.iter().find(|(source, _)| source.name == event.source).cloned();
        let (fetcher, workspace, id) = (self.fetcher.clone(), event.workspace.clone(), event.id.clone());
        let (filling, identity) = (self.filling.clone(), event.identity);
        async move {
            let (source, provider) = known.ok_or("its source is not open")?;
            let id = id.ok_or("it has no id to ask for")?;
            if let Some(filling) = filling {
                let part = Part { source: source.name.clone(), value: workspace.clone() };
                if let Some(held) = filling.single(part, provider.clone(), identity).await {
                    return Ok(held);
                }
            }
            let of = workspace.as_deref();
            let single = fetcher.single_telling(&source, &provider, of, &id, listener).await;
            single.map_err(|error| error.to_string())
        }
        .boxed()
    }

    fn keeper(&self) -> Option<Arc<Keeper>> {
        self.keeper.clone()
    }

    fn anew(&self) {
        self.filling.iter().for_each(|filling| filling.forget());
        self.keeper.iter().for_each(|keeper| keeper.forget());
    }
}

/// The request for what there is of one record.
fn narrowed(
    source: &Source,
    provider: Arc<Provider>,
    record: &RecordKey,
    window: Interval,
    push: bool,
) -> Request {
    let mut source = source.clone();
    let kind = record.kind.as_deref().filter(|_| provider.entity.is_some());
    let entity = kind.and_then(|kind| Entity::parse(&format!("{kind}/{}", record.id)));
    let push = (push && entity.is_none()).then(|| Arc::new(record.filter()));
    if let Some(entity) = entity {
        source.entities = vec![entity];
    }
    // Of a fan-out only the part that the record came under.
    if let Some(workspace) = &record.workspace {
        for (_, values) in &mut source.vars {
            if values.iter().any(|value| **value == **workspace) {
                *values = vec![workspace.to_string()];
            }
        }
    }
    let patience = Patience::Interactive;
    Request { push, patience, ..Request::new(Arc::new(source), provider, window) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::runtime::tests::event;
    use crate::event::Rank;
    use crate::fetch::clock::SystemClock;
    use crate::fetch::{End, ErrorKind, Update};
    use crate::provider::registry::Registry;
    use crate::timestamp::Timestamp;

    /// A source that fails before anything is sent: another machine, without TLS.
    fn systems() -> Systems {
        let registry = Registry::shipped();
        let provider = registry.iter().find(|provider| provider.detail.is_some()).expect("one has the route");
        let mut source = Source::new("prod", &provider.name);
        source.base_url = Some("http://192.0.2.1".to_owned());
        source.max_events = 77;
        Systems::new(vec![(Arc::new(source), provider)], Fetcher::new(Arc::new(SystemClock)))
    }

    #[tokio::test]
    async fn every_source_begins_and_a_failure_is_its_end() {
        let systems = systems();
        let window = Interval::new(Timestamp::from_micros(0), Timestamp::from_micros(1_000_000));
        let mut begun = systems.begin(window, None, None).expect("it begins");
        assert_eq!((begun.len(), begun[0].max_events), (1, 77));
        let mut end = None;
        while let Some(update) = begun[0].running.updates.recv().await {
            if let Update::Ended { part, end: End::Failed { error, .. } } = update {
                assert_eq!(&*part.source, "prod");
                end = Some(error.kind);
            }
        }
        assert_eq!(end, Some(ErrorKind::Config));
    }
    #[tokio::test]
    async fn only_the_parts_that_are_named_begin_each_with_its_own_stretch() {
        let systems = systems();
        let stretch =
            |since, until| Interval::new(Timestamp::from_micros(since), Timestamp::from_micros(until));
        let part =
            |source: &str, value: Option<&str>| Part { source: source.into(), value: value.map(Into::into) };
        let wanted = [(part("prod", None), stretch(3, 5)), (part("other", None), stretch(1, 9))];
        let mut begun = systems.begin(stretch(1, 9), None, Some(&wanted)).expect("it begins");
        assert_eq!(begun.len(), 1);
        let mut windows = Vec::new();
        while let Some(update) = begun[0].running.updates.recv().await {
            if let Update::Began { window, .. } = update {
                windows.push(window);
            }
        }
        assert_eq!(windows, [stretch(3, 5)]);
        let values = [(part("prod", Some("a")), stretch(1, 2)), (part("prod", Some("b")), stretch(3, 4))];
        assert_eq!(systems.begin(stretch(1, 9), None, Some(&values)).map(|begun| begun.len()), Some(2));
        assert_eq!(super::super::stretch_of("prod", stretch(1, 9), Some(&values)), Some(stretch(1, 4)));
        assert_eq!(super::super::stretch_of("other", stretch(1, 9), Some(&values)), None);
        assert_eq!(super::super::stretch_of("other", stretch(1, 9), None), Some(stretch(1, 9)));
    }

    fn nobody() -> Listener {
        tokio::sync::mpsc::channel(1).0
    }

    #[tokio::test]
    async fn a_single_record_that_cannot_be_asked_for_says_why() {
        let systems = systems();
        let known = event(1, Rank::ListRow);
        let why = systems.single(&known, nobody()).await.expect_err("nothing is sent");
        assert!(why.contains("http://192.0.2.1"), "{why}");
        let nameless = Event { id: None, ..known.clone() };
        assert_eq!(systems.single(&nameless, nobody()).await, Err("it has no id to ask for".to_owned()));
        let other = Event { source: "other".into(), ..known };
        assert_eq!(systems.single(&other, nobody()).await, Err("its source is not open".to_owned()));
    }
}
