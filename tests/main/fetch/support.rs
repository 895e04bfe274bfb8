//! A source at a small server, a fetch of it, and everything that it told.

use std::fmt::Write;
use std::sync::Arc;

use auditty::fetch::clock::FakeClock;
use auditty::fetch::{End, Error, Exchange, Fetcher, Page, Part, Request, Running, Update, Wait};
use auditty::interval::Interval;
use auditty::provider::registry::Registry;
use auditty::provider::{Provider, descriptor};
use auditty::source::{Secret, Source};
use auditty::timestamp::Timestamp;
use serde_json::{Value, json};
use wiremock::{MockServer, Request as Asked, Respond, ResponseTemplate};

/// The token that every source of these tests has.
pub const TOKEN: &str = "t0p-s3cret";

pub fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

/// The present of these tests.
pub fn now() -> Timestamp {
    time("2026-05-21T10:00:00Z")
}

/// The last seven days.
pub fn week() -> Interval {
    Interval::new(time("2026-05-14T10:00:00Z"), now())
}

pub fn provider(name: &str) -> Arc<Provider> {
    Registry::shipped().get(name).expect("a shipped descriptor")
}

/// A source of a system at this address.
pub fn source(system: &str, base_url: &str) -> Source {
    let mut source = Source::new("prod", system);
    source.base_url = Some(base_url.to_owned());
    source.token = Some(command(TOKEN));
    if system == "fastio" {
        source.vars = vec![("workspace_id".to_owned(), vec!["ws_1".to_owned()])];
    }
    source
}

/// A command that tells a secret.
pub fn command(secret: &str) -> Secret {
    Secret::Command(vec!["printf".to_owned(), secret.to_owned()])
}

/// A fetcher whose waits take no time, and its clock. Back-offs are not spread.
pub fn fetcher() -> (Fetcher, FakeClock) {
    let clock = FakeClock::at(now());
    (Fetcher::with_jitter(Arc::new(clock.clone()), || 0.5), clock)
}

/// What a fetch of a week told.
pub async fn fetched(source: Source) -> Told {
    fetched_with(source, |_| {}).await
}

/// What a fetch told that was asked for in this way.
pub async fn fetched_with(source: Source, change: impl FnOnce(&mut Request)) -> Told {
    let (fetcher, clock) = fetcher();
    let mut told = run(&fetcher, source, change).await;
    told.sleeps = clock.sleeps().iter().map(std::time::Duration::as_secs_f64).collect();
    told
}

/// The same with a fetcher of one's own.
pub async fn run(fetcher: &Fetcher, source: Source, change: impl FnOnce(&mut Request)) -> Told {
    let provider = provider(&source.provider);
    let mut request = Request::new(Arc::new(source), provider, week());
    change(&mut request);
    told(fetcher.start(request)).await
}

/// A shipped descriptor with one text in its file replaced by another.
pub fn changed(name: &str, from: &str, to: &str) -> Arc<Provider> {
    let toml = &provider(name).toml;
    assert!(toml.contains(from), "{from}");
    Arc::new(descriptor::read("changed.toml", &toml.replace(from, to)).expect("a descriptor"))
}

/// Everything that a fetch told.
#[derive(Debug, Default)]
pub struct Told {
    pub began: Vec<(Part, Vec<String>)>,
    pub pages: Vec<Page>,
    pub waits: Vec<(Wait, u32)>,
    pub resumed: usize,
    pub notices: Vec<String>,
    pub exchanges: Vec<Exchange>,
    pub ends: Vec<(Part, End)>,
    pub sleeps: Vec<f64>,
    /// Everything, as debug text: no secret may be in it.
    pub debug: String,
}

pub async fn told(mut running: Running) -> Told {
    let mut told = Told::default();
    while let Some(update) = running.updates.recv().await {
        let _ = writeln!(told.debug, "{update:?}");
        match update {
            Update::Began { part, pushed, .. } => told.began.push((part, pushed)),
            Update::Page(page) => told.pages.push(page),
            Update::Archived(_) => panic!("there is no archive here"),
            Update::Waiting { why, attempt, .. } => told.waits.push((why, attempt)),
            Update::Resumed { .. } => told.resumed += 1,
            Update::Notice { text, .. } => told.notices.push(text),
            Update::Rows(_) | Update::Sifted(_) => panic!("these come of files alone"),
            Update::Requested(exchange) => told.exchanges.push(exchange),
            Update::Ended { part, end } => told.ends.push((part, end)),
        }
    }
    assert_eq!(told.began.len(), told.ends.len(), "every part that began ended: {}", told.debug);
    assert!(!told.debug.contains(TOKEN), "the token is told: {}", told.debug);
    told
}

impl Told {
    /// The ids of the entries in the order delivered.
    pub fn ids(&self) -> Vec<&str> {
        self.pages.iter().flat_map(|page| &page.events).filter_map(|event| event.id.as_deref()).collect()
    }

    /// The ids, each once, sorted.
    pub fn distinct(&self) -> Vec<&str> {
        let mut ids = self.ids();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The one part's end.
    pub fn end(&self) -> &End {
        let [(_, end)] = self.ends.as_slice() else { panic!("not one part: {:?}", self.ends) };
        end
    }

    /// The one part's failure, and what is missing.
    pub fn failure(&self) -> (&Error, &[Interval]) {
        match self.end() {
            End::Failed { error, missing } => (error, missing),
            other => panic!("no failure: {other:?}"),
        }
    }

    #[track_caller]
    pub fn assert_whole(&self) {
        assert!(self.ends.iter().all(|(_, end)| matches!(end, End::Whole)), "{:?}", self.ends);
        let mut last = std::collections::HashMap::new();
        for page in &self.pages {
            let number = last.entry(&page.part).or_insert(0);
            *number += 1;
            assert_eq!(page.number, *number, "pages are numbered in order");
        }
    }

    /// What the pages of all parts say is covered, together.
    pub fn covered(&self) -> auditty::interval::IntervalSet {
        self.pages.iter().flat_map(|page| page.covered.iter().copied()).collect()
    }
}

/// The value of a query parameter of a request.
pub fn param(asked: &Asked, name: &str) -> Option<String> {
    asked.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The time in a query parameter.
pub fn time_param(asked: &Asked, name: &str) -> Option<Timestamp> {
    param(asked, name).map(|text| time(&text))
}

/// A server that answers every request by this rule.
pub async fn server(rule: impl Fn(&Asked) -> ResponseTemplate + Send + Sync + 'static) -> MockServer {
    struct Rule<F>(F);
    impl<F: Fn(&Asked) -> ResponseTemplate + Send + Sync> Respond for Rule<F> {
        fn respond(&self, asked: &Asked) -> ResponseTemplate {
            (self.0)(asked)
        }
    }
    let server = MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(Rule(rule)).mount(&server).await;
    server
}

/// An answer of 200 with this JSON.
pub fn ok(json: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_string(json.to_string())
}

/// An answer of an error with these words.
pub fn error(status: u16, words: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(json!({ "message": words }).to_string())
}

/// The requests that a server got.
pub async fn asked(server: &MockServer) -> Vec<Asked> {
    server.received_requests().await.expect("requests are recorded")
}

/// An entry of a system with this number as its id, so many minutes before the end of the week.
pub fn entry(system: &str, id: usize, minutes_ago: i64) -> Value {
    let at = now().plus(-minutes_ago * 60_000_000).rfc3339(3);
    match system {
        "fastio" => json!({"id": id.to_string(), "timestamp": at, "action": "file.read"}),
        "fastpki" => json!({"id": id, "created_at": at, "action": "cert_create"}),
        "fileguard" => json!({"audit_id": id.to_string(), "created_at": at, "action": "enabled"}),
        "tofupilot" => {
            json!({"request_id": id.to_string(), "timestamp": at, "method": "GET", "endpoint": "/api/v2/runs", "status": 200})
        }
        "logfire" => json!({"id": id.to_string(), "created_at": at, "action": "LOGIN"}),
        other => panic!("no system {other}"),
    }
}

/// Entries numbered from 1, newest first, a minute apart.
pub fn entries(system: &str, count: usize) -> Vec<Value> {
    (1..=count).map(|id| entry(system, id, id as i64)).collect()
}

/// The ids that [`entries`] has, as texts, sorted.
pub fn numbers(count: usize) -> Vec<String> {
    let mut numbers: Vec<_> = (1..=count).map(|id| id.to_string()).collect();
    numbers.sort_unstable();
    numbers
}
