//! Entries from local files or standard input, read once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;

use super::{Begun, Listener, Origin};
use crate::changes::{Duplicates, RecordKey};
use crate::event::Event;
use crate::fetch::Part;
use crate::files::{self, Input};
use crate::interval::Interval;
use crate::provider::Provider;
use crate::provider::registry::Registry;
use crate::query::Query;
use crate::timestamp::Timestamp;
use crate::ui::feed::SourceInfo;

/// Files, merged into one timeline.
#[derive(Debug)]
pub struct Files {
    inputs: Vec<Input>,
    registry: Arc<Registry>,
    provider: Option<Arc<Provider>>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    begun: AtomicBool,
}

impl Files {
    /// These files; `provider` where the user says which system wrote them.
    pub fn new(inputs: Vec<Input>, registry: Arc<Registry>, provider: Option<Arc<Provider>>) -> Self {
        Self { inputs, registry, provider, since: None, until: None, begun: AtomicBool::new(false) }
    }

    /// With the sides of the window that the user set; an open side lies where the entries end.
    pub fn between(self, since: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self { since, until, ..self }
    }
}

impl Origin for Files {
    fn sources(&self) -> Vec<SourceInfo> {
        let title = self.provider.as_ref().map_or("file", |provider| &provider.title);
        let info = |input: &Input| SourceInfo {
            name: Arc::clone(&input.source),
            title: title.into(),
            retention_days: None,
            has_single: false,
            has_entity: false,
            pushes: Vec::new(),
        };
        self.inputs.iter().map(info).collect()
    }

    fn begin(
        &self,
        _window: Interval,
        _push: Option<Arc<Query>>,
        _parts: Option<&[(Part, Interval)]>,
    ) -> Option<Vec<Begun>> {
        if self.begun.swap(true, Ordering::SeqCst) {
            return None;
        }
        let running = files::load(self.inputs.clone(), Arc::clone(&self.registry), self.provider.clone());
        Some(vec![Begun { running, max_events: usize::MAX }])
    }

    fn duplicates(&self) -> Duplicates {
        Duplicates::KeepAll
    }

    fn follows(&self, came: Interval) -> Option<Interval> {
        let window = Interval::new(self.since.unwrap_or(came.since), self.until.unwrap_or(came.until));
        (!window.is_empty()).then_some(window)
    }

    fn request(&self, _event: &Event) -> Result<String, String> {
        Err("it came from a file: no request fetches it".to_owned())
    }

    fn provider(&self, event: &Event) -> Option<Arc<Provider>> {
        self.registry.get(&event.provider).ok()
    }

    fn history(
        &self,
        _record: &RecordKey,
        _window: Interval,
        _listener: Listener,
    ) -> BoxFuture<'static, Result<Vec<Event>, String>> {
        async { Err("a file holds no more than this".to_owned()) }.boxed()
    }

    fn single(&self, _event: &Event, _listener: Listener) -> BoxFuture<'static, Result<Event, String>> {
        async { Err("a file holds no more than this".to_owned()) }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::{End, Update};
    use crate::files::Origin as From;

    fn seconds(since: i64, until: i64) -> Interval {
        Interval::new(Timestamp::from_micros(since), Timestamp::from_micros(until))
    }

    #[tokio::test]
    async fn files_are_read_once_whatever_window_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("empty.ndjson");
        std::fs::write(&path, "").expect("a file");
        let inputs = files::inputs([From::new(&path)], &[]);
        let files = Files::new(inputs, Arc::new(Registry::shipped()), None);
        let mut begun = files.begin(Interval::ALL, None, None).expect("the first time");
        let mut ends = 0;
        while let Some(update) = begun[0].running.updates.recv().await {
            ends += usize::from(matches!(update, Update::Ended { end: End::Whole, .. }));
        }
        assert_eq!(ends, 1);
        assert!(files.begin(seconds(1, 2), None, None).is_none());
    }

    #[test]
    fn the_window_follows_what_came_on_its_open_sides() {
        let files = |since: Option<i64>, until: Option<i64>| {
            let time = |micros: Option<i64>| micros.map(Timestamp::from_micros);
            Files::new(Vec::new(), Arc::new(Registry::shipped()), None).between(time(since), time(until))
        };
        assert_eq!(files(None, None).follows(seconds(10, 21)), Some(seconds(10, 21)));
        assert_eq!(files(Some(5), None).follows(seconds(10, 21)), Some(seconds(5, 21)));
        assert_eq!(files(None, Some(15)).follows(seconds(10, 21)), Some(seconds(10, 15)));
        assert_eq!(files(Some(30), None).follows(seconds(10, 21)), None);
    }
}
