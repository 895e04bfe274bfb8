//! A server with the world, a fetcher that speaks to it, one clock for both, and what came.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auditty::demo::{Listeners, Options, Record, Server, System, serve, sources};
use auditty::event::{Event, Identity};
use auditty::fetch::clock::Clock;
use auditty::fetch::{End, Exchange, Fetcher, Part, Request, Update, Wait};
use auditty::interval::{Interval, IntervalSet};
use auditty::json::{Node, Pointer};
use auditty::provider::Provider;
use auditty::provider::registry::Registry;
use auditty::source::Source;
use auditty::timestamp::{DAY, SECOND, Timestamp};
use futures::future::BoxFuture;

use super::WORLD;

/// A clock that stands still but for waits, which pass at once.
#[derive(Debug)]
pub struct Stepping(Mutex<Timestamp>);

impl Stepping {
    pub fn forward(&self, micros: i64) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.plus(micros);
    }
}

impl Clock for Stepping {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        self.forward(i64::try_from(time.as_micros()).unwrap_or(i64::MAX));
        Box::pin(tokio::task::yield_now())
    }
}

pub struct Bench {
    pub server: Server,
    pub fetcher: Fetcher,
    pub clock: Arc<Stepping>,
}

impl Bench {
    /// Serves the world; it is 23 minutes after its end.
    pub async fn new() -> Self {
        let clock = Arc::new(Stepping(Mutex::new(WORLD.end().plus(23 * 60 * SECOND + 456_789))));
        let options = Options { clock: Arc::<Stepping>::clone(&clock), ..Options::default() };
        let listeners = Listeners::any().await.expect("free ports");
        let server = serve(&WORLD, listeners, &options).expect("a server");
        Self { server, fetcher: Fetcher::with_jitter(Arc::<Stepping>::clone(&clock), || 0.5), clock }
    }

    /// The demo's own source of a system.
    pub fn source(&self, system: System) -> Source {
        sources(&self.server).swap_remove(system as usize)
    }

    /// Fetches a window of a system with the demo's own source.
    pub async fn fetch(&self, system: System, window: Interval) -> Gathered {
        self.gather(request(self.source(system), window)).await
    }

    /// Fetches until every part ended.
    pub async fn gather(&self, request: Request) -> Gathered {
        let mut gathered = Gathered::default();
        let window = request.window;
        let mut running = self.fetcher.start(request);
        while let Some(update) = running.updates.recv().await {
            gathered.take(update, window);
        }
        gathered
    }
}

/// A fetch of a source, with nothing pushed.
pub fn request(source: Source, window: Interval) -> Request {
    let provider = provider(&source.provider);
    Request::new(Arc::new(source), provider, window)
}

/// A shipped descriptor.
pub fn provider(name: &str) -> Arc<Provider> {
    Registry::shipped().get(name).expect("a shipped descriptor")
}

/// What a fetch brought.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Each entry once, newest first.
    pub events: Vec<Event>,
    pub ends: Vec<(Part, End)>,
    pub pages: usize,
    pub pushed: Vec<String>,
    pub notices: Vec<String>,
    pub rate_limited: usize,
    pub exchanges: Vec<Exchange>,
    covered: HashMap<Part, IntervalSet>,
    known: HashSet<Identity>,
}

impl Gathered {
    fn take(&mut self, update: Update, window: Interval) {
        match update {
            Update::Began { window: began, pushed, .. } => {
                assert_eq!(began, window);
                self.pushed.extend(pushed);
            }
            Update::Archived(_) => panic!("there is no archive here"),
            Update::Page(page) => {
                self.pages += 1;
                assert_eq!(page.skipped, [], "the world's records are all well-formed");
                let covered = self.covered.entry(page.part).or_default();
                page.covered.into_iter().for_each(|part| covered.insert(part));
                for event in page.events {
                    assert!(window.contains(event.time));
                    if self.known.insert(event.identity) {
                        self.events.push(event);
                    }
                }
            }
            Update::Waiting { why, .. } => self.rate_limited += usize::from(why == Wait::RateLimited),
            Update::Notice { text, .. } => self.notices.push(text),
            Update::Rows(_) | Update::Sifted(_) => panic!("these come of files alone"),
            Update::Requested(exchange) => self.exchanges.push(exchange),
            Update::Ended { part, end } => {
                if matches!(end, End::Whole) {
                    let covered = self.covered.entry(part.clone()).or_default();
                    assert!(covered.covers(window), "{part} is whole: {covered:?}");
                }
                self.ends.push((part, end));
                self.events.sort_by(Event::newest_first);
            }
            Update::Resumed { .. } => {}
        }
    }

    /// Asserts that every part came whole, and that these records are what came: no more, no less,
    /// in the order of every list.
    pub fn is_just(&self, system: System, records: impl IntoIterator<Item = Record>) {
        for (part, end) in &self.ends {
            assert!(matches!(end, End::Whole), "{part}: {end:?}");
        }
        let rows: Vec<_> = self.events.iter().map(row_of_event).collect();
        let expected = rows_of(system, records);
        let differ = rows.iter().zip(&expected).position(|(came, held)| came != held);
        assert_eq!(
            (rows.len(), differ),
            (expected.len(), None),
            "{system:?}: entries that came, entries held"
        );
    }
}

/// What two copies of an entry must have in common: time, id, workspace, record.
pub type Row = (Timestamp, String, Option<String>, String);

pub fn row_of_event(event: &Event) -> Row {
    let id = event.id.clone().unwrap_or_default();
    (event.time, id, event.workspace.as_deref().map(str::to_owned), event.record.as_str().to_owned())
}

/// The rows of records in the order of every list, made without the code that is tested.
pub fn rows_of(system: System, records: impl IntoIterator<Item = Record>) -> Vec<Row> {
    let id = match system {
        System::Tofupilot => "/request_id",
        System::Fileguard => "/audit_id",
        System::Fastio | System::Fastpki | System::Logfire => "/id",
    };
    let id = Pointer::parse(id).expect("a pointer");
    let mut rows: Vec<_> = records
        .into_iter()
        .map(|record| {
            let row = Node::parse(&record.json).expect("valid JSON");
            let id = row.at(&id).and_then(Node::scalar).expect("an id").into_owned();
            (record.time, id, record.workspace.map(str::to_owned), record.json.into_string())
        })
        .collect();
    rows.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (&a.1, &a.2, &a.3).cmp(&(&b.1, &b.2, &b.3))));
    rows
}

/// A window that holds all of the world: 300 days up to its end.
pub fn everything() -> Interval {
    Interval::new(WORLD.end().plus(-300 * DAY), WORLD.end())
}

/// The records of a system within a window.
pub fn within(system: System, window: Interval) -> impl Iterator<Item = Record> {
    WORLD.records(system).iter().filter(move |record| window.contains(record.time)).cloned()
}
