//! What a system tells late, tells no more, or tells otherwise.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::cli::home::{Home, Ran};

/// A log that is read by `skip` and `limit`, newest first, and heeds no window.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<(u64, String, String)>>>);

impl Log {
    pub fn add(&self, id: u64, time: &str, action: &str) {
        let mut log = self.0.lock().expect("one at a time");
        log.retain(|(known, ..)| *known != id);
        log.push((id, time.to_owned(), action.to_owned()));
        log.sort_by(|a, b| b.1.cmp(&a.1));
    }

    pub fn forget(&self, id: u64) {
        self.0.lock().expect("one at a time").retain(|(known, ..)| *known != id);
    }
}

impl Respond for Log {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let number = |name: &str, otherwise: usize| {
            let found = request.url.query_pairs().find(|(key, _)| key == name);
            found.map_or(otherwise, |(_, value)| value.parse().expect("a number"))
        };
        let log = self.0.lock().expect("one at a time");
        let page = log.iter().skip(number("skip", 0)).take(number("limit", 1000));
        let page: Vec<_> = page
            .map(|(id, time, action)| json!({"id": id, "created_at": time, "action": action, "user_id": 1}))
            .collect();
        ResponseTemplate::new(200).set_body_json(page).set_delay(Duration::from_millis(20))
    }
}

struct Place {
    home: Home,
    log: Log,
    _server: MockServer,
}

impl Place {
    async fn new(more: &str) -> Self {
        let server = MockServer::start().await;
        let log = Log::default();
        Mock::given(matchers::any()).respond_with(log.clone()).mount(&server).await;
        Self { home: Home::one("fastpki", &server.uri(), more), log, _server: server }
    }

    fn sync(&self, arguments: &[&str]) -> Ran {
        self.home.run(&[&["sync"], arguments].concat())
    }

    /// What the archive holds: id and action, newest first.
    fn held(&self) -> Vec<String> {
        let ran =
            self.home.run(&["export", "one", "--offline", "--since", "2026-01-01", "--until", "2026-06-01"]);
        let entries = ran.entries();
        entries
            .iter()
            .map(|entry| {
                format!("{} {}", entry["id"].as_str().unwrap_or("?"), entry["action"].as_str().unwrap_or("?"))
            })
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn late_arrivals_are_found_in_the_overlap_and_further_back_on_request() {
    let place = Place::new("").await;
    place.log.add(1, "2026-05-20T11:50:00Z", "create");
    place.log.add(2, "2026-05-20T11:59:00Z", "update");
    let ran = place.sync(&["--now", "2026-05-20T12:00:00Z"]).ends(0);
    assert_eq!(ran.err, "auditty: one: 2 new, 0 already there, 2 requests, no waits, no gaps\n");
    // In the overlap, before it, and after it.
    place.log.add(3, "2026-05-20T11:51:00Z", "late");
    place.log.add(4, "2026-05-20T11:30:00Z", "very late");
    place.log.add(5, "2026-05-20T12:30:00Z", "new");
    let ran = place.sync(&["--now", "2026-05-20T13:00:00Z"]).ends(0);
    assert!(ran.err.contains("one: 2 new, 2 already there"), "{}", ran.err);
    assert_eq!(place.held(), ["5 new", "2 update", "3 late", "1 create"]);
    let ran = place.sync(&["--now", "2026-05-20T13:00:00Z", "--since", "2026-05-20T11:00:00Z"]).ends(0);
    assert!(ran.err.contains("one: 1 new, 4 already there"), "{}", ran.err);
    assert_eq!(place.held(), ["5 new", "2 update", "3 late", "1 create", "4 very late"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_system_deletes_stays_and_what_it_tells_otherwise_is_renewed() {
    let place = Place::new("").await;
    place.log.add(1, "2026-05-20T11:50:00Z", "create");
    place.log.add(2, "2026-05-20T11:59:00Z", "update");
    place.sync(&["--now", "2026-05-20T12:00:00Z", "--quiet"]).ends(0);
    place.log.forget(1);
    place.log.add(2, "2026-05-20T11:59:00Z", "delete");
    let ran = place.sync(&["--now", "2026-05-20T12:05:00Z"]).ends(0);
    assert!(ran.err.contains("0 new, 0 already there, 1 renewed"), "{}", ran.err);
    assert_eq!(place.held(), ["2 delete", "1 create"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_leaves_a_gap_that_is_named_and_the_next_sync_fills_it() {
    let place = Place::new("").await;
    place.log.add(1, "2026-05-20T11:50:00Z", "create");
    let broken = MockServer::start().await;
    let refuses = ResponseTemplate::new(403).set_body_json(json!({"detail": "no"}));
    Mock::given(matchers::any()).respond_with(refuses).mount(&broken).await;
    let home = Home::one("fastpki", &broken.uri(), "");
    let ran = home.run(&["sync", "--now", "2026-05-20T12:00:00Z"]).ends(3);
    assert!(
        ran.err.contains("missing: 2026-02-19T12:00:00.000000Z to 2026-05-20T12:00:00.000000Z"),
        "{}",
        ran.err
    );
    broken.reset().await;
    Mock::given(matchers::any()).respond_with(place.log.clone()).mount(&broken).await;
    home.run(&["sync", "--now", "2026-05-20T12:00:00Z"]).ends(0);
    home.run(&["export", "one", "--offline", "--since", "2026-05-20", "--until", "2026-05-20T12:00:00Z"])
        .whole();
}
