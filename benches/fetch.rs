//! How near a fetch comes to what the server allows: 100,000 entries from a server that answers each
//! page of 100 in 20 ms. Prints, for each way of paging, the share of the time that no fetch could
//! have saved (pages × 20 ms, divided by the requests that may be under way at once).
//!
//! `cargo bench --bench fetch`; the number of pages may be given as an argument.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use auditty::fetch::clock::SystemClock;
use auditty::fetch::{End, Fetcher, Request, Update};
use auditty::interval::Interval;
use auditty::provider::registry::Registry;
use auditty::source::{Secret, Source};
use auditty::timestamp::{DAY, SECOND, Timestamp};
use axum::extract::{RawQuery, State};
use axum::http::Uri;
use axum::serve::ListenerExt;

/// Entries a page.
const PAGE: usize = 100;
/// How long the server takes for each.
const DELAY: Duration = Duration::from_millis(20);

/// What a system is asked for, and what of the server's time may overlap.
struct Case {
    system: &'static str,
    paging: &'static str,
    page_size: Option<u32>,
    at_once: u32,
    goal: f64,
}

const CASES: [Case; 5] = [
    Case { system: "fastio", paging: "cursor", page_size: None, at_once: 1, goal: 0.95 },
    Case { system: "tofupilot", paging: "descent", page_size: None, at_once: 1, goal: 0.95 },
    Case { system: "fastpki", paging: "offset", page_size: Some(100), at_once: 4, goal: 0.85 },
    Case { system: "fileguard", paging: "page", page_size: None, at_once: 4, goal: 0.85 },
    Case { system: "logfire", paging: "windows", page_size: None, at_once: 4, goal: 0.85 },
];

struct Log {
    system: &'static str,
    pages: usize,
    requests: AtomicU64,
}

fn end() -> Timestamp {
    Timestamp::from_micros(1_779_321_600 * SECOND)
}

impl Log {
    /// The record of this place, newest first, a second apart.
    fn record(&self, place: usize) -> String {
        let at = end().plus(-(place as i64 + 1) * SECOND);
        self.record_at(place, at)
    }

    fn record_at(&self, place: usize, at: Timestamp) -> String {
        match self.system {
            "fastio" => format!(
                r#"{{"id":"evt_{place}","timestamp":"{at}","actor":{{"type":"agent","id":"agt_{}","name":"Bot {}"}},"action":"file.download","resource":{{"type":"file","id":"file_{place}","path":"/reports/q{place}.pdf"}},"ip_address":"10.0.0.{}"}}"#,
                place % 7,
                place % 7,
                place % 250
            ),
            "tofupilot" => format!(
                r#"{{"timestamp":"{}","method":"POST","endpoint":"/api/v2/runs","status":200,"latency_ms":{},"key_id":"key_1","caller":"station-7","source_ip":"10.0.0.9","user_agent":"tofupilot-rust/2.1.5","request_id":"req_{place}"}}"#,
                at.rfc3339(3),
                place % 900
            ),
            "fastpki" => format!(
                r#"{{"id":{place},"created_at":"{at}","action":"cert_create","user_id":1,"username":"admin","organization_id":1,"resource_type":"certificate","resource_id":{place},"detail":"Created certificate 'host{place}.example.com'"}}"#
            ),
            "fileguard" => format!(
                r#"{{"audit_id":"aud_{place}","audit_type":"api_key","action":"enabled","entity_type":"api_key","entity_id":"key_{place}","entity_name":"Key","performed_by_id":"usr_1","performed_by_name":"Ana","performed_by_type":"user","details":{{"previous_status":"disabled","new_status":"active"}},"ip_address":"10.0.0.1","user_agent":"Mozilla/5.0","created_at":"{at}"}}"#
            ),
            _ => format!(
                r#"{{"id":"{place}","created_at":"{at}","organization_name":"acme","project_name":"web","user_name":"ana","action":"INSERT","resource_type":"read_tokens","record_id":"{place}","ip_address":"10.0.0.1"}}"#
            ),
        }
    }

    fn page(&self, from: usize) -> String {
        let to = (from + PAGE).min(self.pages * PAGE).max(from);
        (from..to).map(|place| self.record(place)).collect::<Vec<_>>().join(",")
    }

    fn answer(&self, query: &str) -> String {
        let param = |name: &str| {
            url::form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let number = |name: &str| param(name).and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
        let all = self.pages * PAGE;
        match self.system {
            "fastio" => {
                let from = number("cursor");
                let to = from + PAGE;
                format!(r#"{{"events":[{}],"has_more":{},"next_cursor":"{to}"}}"#, self.page(from), to < all)
            }
            "tofupilot" => {
                let to = param("to").and_then(|text| Timestamp::parse(&text)).unwrap_or_else(end);
                let from = (end().micros() - to.micros()).div_euclid(SECOND).max(0) as usize;
                format!(r#"{{"data":[{}]}}"#, self.page(from))
            }
            "fastpki" => format!("[{}]", self.page(number("skip"))),
            "fileguard" => {
                let page = number("page");
                let (items, more) = (self.page((page - 1) * PAGE), page < self.pages);
                format!(
                    r#"{{"status":"SUCCESS","data":{{"data":[{items}],"pagination":{{"page":{page},"total_pages":{},"has_next":{more}}}}}}}"#,
                    self.pages
                )
            }
            _ => {
                let until = param("end_time").and_then(|text| Timestamp::parse(&text)).unwrap_or_else(end);
                let records =
                    (0..PAGE).map(|place| self.record_at(place, until.plus(-(place as i64 + 1) * SECOND)));
                format!("[{}]", records.collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// Answers after the delay; making the answer is part of it.
async fn answer(State(log): State<Arc<Log>>, _: Uri, RawQuery(query): RawQuery) -> String {
    let began = Instant::now();
    log.requests.fetch_add(1, Ordering::Relaxed);
    let body = log.answer(&query.unwrap_or_default());
    // Timers are coarse: the last millisecond is waited for by asking the clock.
    tokio::time::sleep(DELAY.saturating_sub(began.elapsed() + Duration::from_millis(2))).await;
    while began.elapsed() < DELAY {
        tokio::task::yield_now().await;
    }
    body
}

/// The share of the shortest possible time, the entries that came, and the requests.
async fn run(case: &Case, pages: usize) -> (f64, usize, u64) {
    let log = Arc::new(Log { system: case.system, pages, requests: AtomicU64::new(0) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&log));
    let prompt = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let server = tokio::spawn(async move { axum::serve(prompt, router).await });

    let mut source = Source::new("bench", case.system);
    source.base_url = Some(format!("http://{address}"));
    source.token = Some(Secret::Command(vec!["printf".to_owned(), "demo".to_owned()]));
    source.page_size = case.page_size;
    source.vars = vec![("workspace_id".to_owned(), vec!["ws_1".to_owned()])];
    // Where the system has windows, as many as there are to be pages.
    let days = if case.paging == "windows" { pages as i64 * 90 } else { 7 };
    let window = Interval::new(end().plus(-days * DAY), end());
    let provider = Registry::shipped().get(case.system).expect("a shipped descriptor");
    let source = Arc::new(source);
    let fetcher = Fetcher::new(Arc::new(SystemClock));
    fetcher.prepare(&source, &provider).await.expect("ready");
    let began = Instant::now();
    let mut running = fetcher.start(Request::new(source, provider, window));
    let mut entries = 0;
    while let Some(update) = running.updates.recv().await {
        match update {
            Update::Page(page) => entries += page.events.len(),
            Update::Ended { end: End::Whole, .. } => {}
            Update::Ended { end, .. } => panic!("{}: {end:?}", case.paging),
            _ => {}
        }
    }
    let took = began.elapsed();
    server.abort();
    let requests = log.requests.load(Ordering::Relaxed);
    let needed = if case.paging == "windows" { requests } else { pages as u64 };
    let least = DELAY.as_secs_f64() * needed as f64 / f64::from(case.at_once);
    (least / took.as_secs_f64(), entries, requests)
}

#[allow(clippy::print_stdout)]
#[tokio::main]
async fn main() {
    let pages = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000);
    for case in &CASES {
        let (share, entries, requests) = run(case, pages).await;
        println!(
            "{:<8} {entries:>7} entries, {requests:>5} requests, {} at once: {:.3} of the shortest time (goal {:.2})",
            case.paging, case.at_once, share, case.goal
        );
    }
}
