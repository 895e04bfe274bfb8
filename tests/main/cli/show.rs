//! `show` over the parts of a source, and over single records that are not there.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::home::Home;

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

const WINDOW: [&str; 4] = ["--since", "2026-05-18", "--until", "2026-05-19"];

/// A server that answers each path so.
fn serving(answers: &[(&str, ResponseTemplate)]) -> MockServer {
    RUNTIME.block_on(async {
        let server = MockServer::start().await;
        for (at, answer) in answers {
            Mock::given(path(*at)).respond_with(answer.clone()).mount(&server).await;
        }
        server
    })
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// A page of one workspace's of fastio's.
fn page(id: &str, action: &str) -> Value {
    json!({"events": [{"id": id, "timestamp": "2026-05-18T12:00:00Z", "action": action}], "has_more": false})
}

/// The actions of what is shown, the workspaces of the source being `a` and `b`.
fn shown(a: ResponseTemplate, b: ResponseTemplate, code: i32) -> Vec<String> {
    let server = serving(&[("/v1/workspaces/a/audit-logs", a), ("/v1/workspaces/b/audit-logs", b)]);
    let home = Home::one("fastio", &server.uri(), "vars = { workspace_id = [\"a\", \"b\"] }");
    let ran = home.run(&[&["show", "one", "e1", "--format", "ndjson"][..], &WINDOW].concat()).ends(code);
    let entries = ran.entries();
    entries.iter().map(|entry| entry["action"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn what_is_shown_of_several_parts_does_not_depend_on_which_answers_first() {
    let late = Duration::from_millis(300);
    for (first, second) in [(Duration::ZERO, late), (late, Duration::ZERO)] {
        let (a, b) = (ok(&page("e1", "of.a")).set_delay(first), ok(&page("e1", "of.b")).set_delay(second));
        assert_eq!(shown(a, b, 0), ["of.a", "of.b"], "an id of both workspaces");
        let (a, b) = (ok(&page("e1", "of.a")).set_delay(first), ok(&page("e2", "of.b")).set_delay(second));
        assert_eq!(shown(a, b, 0), ["of.a"]);
        let refused = ResponseTemplate::new(403).set_delay(second);
        assert_eq!(shown(ok(&page("e1", "of.a")).set_delay(first), refused, 3), ["of.a"]);
    }
}

#[test]
fn a_single_record_that_is_not_there_is_asked_for_once() {
    let listed = json!([{"id": "r1", "created_at": "2026-05-18T12:00:00Z", "action": "UPDATE"}]);
    let server = serving(&[("/api/v1/audit-logs/", ok(&listed))]);
    let home = Home::one("logfire", &server.uri(), "");
    let ran = home.run(&[&["show", "one", "r1"][..], &WINDOW].concat()).ends(1);
    assert!(ran.out.contains("UPDATE"), "what the list tells is shown: {}", ran.out);
    assert!(ran.err.contains("404") && ran.err.contains("could not be fetched"), "{}", ran.err);
    let asked = RUNTIME.block_on(server.received_requests()).expect("kept");
    let singles = asked.iter().filter(|request| request.url.path() == "/api/v1/audit-logs/r1/");
    assert_eq!(singles.count(), 1);
}
