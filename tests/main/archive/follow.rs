//! `export --follow`: what arrives comes out, oldest first, and a restart goes on where it was.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use auditty::timestamp::{SECOND, Timestamp};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::late::Log;
use crate::cli::home::{Home, mode};

/// So many seconds ago.
fn ago(seconds: i64) -> String {
    Timestamp::now().plus(-seconds * SECOND).to_string()
}

struct Following {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Following {
    fn begin(home: &Home, more: &[&str]) -> Self {
        let arguments = [&["export", "one", "--follow", "--every", "20"][..], more].concat();
        let mut command = home.command(&arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("runs");
        let out = child.stdout.take().expect("it is piped");
        Self { child, lines: BufReader::new(out).lines() }
    }

    /// The actions of the next so many lines.
    fn next(&mut self, count: usize) -> Vec<String> {
        let line = |line: String| {
            let entry: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            entry["action"].as_str().expect("an action").to_owned()
        };
        self.lines.by_ref().take(count).map(|read| line(read.expect("text"))).collect()
    }

    fn kill(mut self) {
        self.child.kill().expect("it is at work");
        self.child.wait().expect("a child");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_comes_out_once_and_a_restart_goes_on_there() {
    let server = MockServer::start().await;
    let log = Log::default();
    Mock::given(matchers::any()).respond_with(log.clone()).mount(&server).await;
    let home = Home::one("fastpki", &server.uri(), "");
    log.add(1, &ago(4000), "first");
    log.add(2, &ago(3000), "second");
    let mut following = Following::begin(&home, &["--state", "place"]);
    assert_eq!(following.next(2), ["second", "first"], "newest first, as without --follow");
    log.add(3, &ago(60), "third");
    assert_eq!(following.next(1), ["third"]);
    // Late, but within ten minutes.
    log.add(4, &ago(300), "late");
    assert_eq!(following.next(1), ["late"]);
    // By then the place of what came before it has been saved.
    following.kill();
    assert_eq!(mode(&home.path("place")), 0o600);
    log.add(5, &ago(30), "fifth");
    log.add(6, &ago(20), "sixth");
    let mut following = Following::begin(&home, &["--state", "place"]);
    let mut came = following.next(2);
    if came[0] == "late" {
        // It left before its place was saved: at least once, not at most.
        came.remove(0);
        came.extend(following.next(1));
    }
    assert_eq!(came, ["fifth", "sixth"], "oldest first, and nothing of what was written");
    following.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_fails_for_a_while_is_followed_on_and_one_that_refuses_ends_it() {
    let server = MockServer::start().await;
    let log = Log::default();
    Mock::given(matchers::any()).respond_with(log.clone()).mount(&server).await;
    let home = Home::one("fastpki", &server.uri(), "");
    log.add(1, &ago(100), "first");
    let mut following = Following::begin(&home, &["--limit", "1", "-f", "action:*"]);
    assert_eq!(following.next(1), ["first"]);
    server.reset().await;
    let broken = ResponseTemplate::new(404).set_body_string("gone fishing");
    Mock::given(matchers::any()).respond_with(broken).up_to_n_times(3).mount(&server).await;
    Mock::given(matchers::any()).respond_with(log.clone()).with_priority(9).mount(&server).await;
    log.add(2, &ago(50), "second");
    assert_eq!(following.next(1), ["second"]);
    server.reset().await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(403)).mount(&server).await;
    let status = following.child.wait().expect("it ends");
    assert_eq!(status.code(), Some(3));
}

#[test]
fn what_cannot_be_followed_is_a_usage_error() {
    let home = Home::demo();
    home.write("some.ndjson", "");
    home.write("wrong", "{}");
    for wrong in [
        &["export", "pki", "--follow", "-o", "x"][..],
        &["export", "pki", "--follow", "--until", "2026-05-20"],
        &["export", "pki", "--follow", "--offline"],
        &["export", "pki", "--follow", "--format", "json"],
        &["export", "pki", "--state", "x"],
        &["export", "some.ndjson", "--follow"],
        &["export", "pki", "--follow", "--state", "wrong"],
    ] {
        home.run(wrong).ends(2);
    }
}
