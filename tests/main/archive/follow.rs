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

/// Two sources, each with a server of its own.
fn two(a: &MockServer, b: &MockServer) -> Home {
    let source = |name: &str, server: &MockServer| {
        let token = "token = { command = [\"printf\", \"demo\"] }";
        format!("[sources.{name}]\nprovider = \"fastpki\"\nbase_url = \"{}\"\n{token}\n", server.uri())
    };
    Home::with(&format!("{}{}", source("one", a), source("two", b)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_refuses_leaves_the_others_going_and_the_last_one_ends_it() {
    let (gone, stays) = (MockServer::start().await, MockServer::start().await);
    let (lost, log) = (Log::default(), Log::default());
    Mock::given(matchers::any()).respond_with(lost.clone()).mount(&gone).await;
    Mock::given(matchers::any()).respond_with(log.clone()).mount(&stays).await;
    let home = two(&gone, &stays);
    lost.add(1, &ago(100), "first");
    let mut command = home.command(&["export", "one", "two", "--follow", "--every", "20"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    let said = child.stderr.take().expect("it is piped");
    let said = std::thread::spawn(move || std::io::read_to_string(said).expect("text"));
    let out = child.stdout.take().expect("it is piped");
    let mut following = Following { child, lines: BufReader::new(out).lines() };
    assert_eq!(following.next(1), ["first"]);
    gone.reset().await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(403)).mount(&gone).await;
    while gone.received_requests().await.expect("kept").is_empty() {
        tokio::task::yield_now().await;
    }
    log.add(2, &ago(50), "second");
    assert_eq!(following.next(1), ["second"], "the other one is followed on");
    log.add(3, &ago(40), "third");
    assert_eq!(following.next(1), ["third"]);
    assert_eq!(gone.received_requests().await.expect("kept").len(), 1, "it is asked no more");
    stays.reset().await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(401)).mount(&stays).await;
    assert_eq!(following.child.wait().expect("it ends").code(), Some(3));
    let said = said.join().expect("it is read");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[0].contains("one: 403") && lines[1].contains("asked no more"), "{said}");
    assert!(lines[2].contains("two: 401"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_cannot_be_saved_is_found_before_anything_is_asked() {
    let server = MockServer::start().await;
    let log = Log::default();
    log.add(1, &ago(100), "first");
    Mock::given(matchers::any()).respond_with(log).mount(&server).await;
    let home = Home::one("fastpki", &server.uri(), "");
    let ran = home.run(&["export", "one", "--follow", "--state", "no/such/place"]).ends(2);
    assert!(ran.err.contains("--state") && ran.err.contains("folder"), "{}", ran.err);
    assert_eq!(ran.out, "");
    assert!(server.received_requests().await.expect("kept").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_is_noticed_while_nothing_arrives() {
    let server = MockServer::start().await;
    let log = Log::default();
    log.add(1, &ago(100), "first");
    Mock::given(matchers::any()).respond_with(log).mount(&server).await;
    let home = Home::one("fastpki", &server.uri(), "");
    // The next round would come in ten minutes, and write nothing.
    let arguments = ["export", "one", "--follow", "--state", "place", "--every", "600000"];
    let mut command = home.command(&arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    let out = child.stdout.take().expect("it is piped");
    let mut following = Following { child, lines: BufReader::new(out).lines() };
    assert_eq!(following.next(1), ["first"]);
    drop(following.lines);
    let ended = following.child.wait_with_output().expect("it ends");
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr)), (Some(0), "".into()));
    assert!(home.path("place").exists(), "its place is saved");
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
