//! What goes wrong with servers and files: each cause its exit status and one clear message, and
//! nothing good is lost.

use std::sync::LazyLock;

use serde_json::json;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::home::{Home, mode};

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// A server that answers every request so.
fn answering(template: ResponseTemplate) -> MockServer {
    RUNTIME.block_on(async {
        let server = MockServer::start().await;
        Mock::given(method("GET")).respond_with(template).mount(&server).await;
        server
    })
}

/// An entry of fastio's.
fn entry(id: &str, time: &str) -> serde_json::Value {
    json!({"id": id, "timestamp": time, "action": "file.read", "actor": {"type": "human", "id": "u", "name": "U"},
        "resource": {"type": "file", "id": "f", "path": "/p"}})
}

const VARS: &str = "vars = { workspace_id = \"ws\" }";
const WINDOW: [&str; 4] = ["--since", "2026-05-18", "--until", "2026-05-19"];

/// Two pages of fastio's, the second of which is answered so.
fn broken_second_page(second: ResponseTemplate) -> MockServer {
    RUNTIME.block_on(async {
        let server = MockServer::start().await;
        Mock::given(query_param("cursor", "two")).respond_with(second).with_priority(1).mount(&server).await;
        let first = json!({"events": [entry("e2", "2026-05-18T12:00:00Z"), entry("e1", "2026-05-18T11:00:00Z")],
            "has_more": true, "next_cursor": "two"});
        Mock::given(path("/v1/workspaces/ws/audit-logs"))
            .respond_with(ResponseTemplate::new(200).set_body_json(first))
            .mount(&server)
            .await;
        server
    })
}

#[test]
fn each_cause_has_its_status() {
    for (status, code, said) in
        [(401, 3, "401"), (403, 3, "audit_logs:read"), (404, 1, "404"), (400, 1, "400")]
    {
        let server = answering(
            ResponseTemplate::new(status).set_body_json(json!({"error": {"text": "no, demo \u{1b}[2J"}})),
        );
        let home = Home::one("fastio", &server.uri(), VARS);
        for command in ["export", "histogram"] {
            let ran = home.run(&[command, "one"]).ends(code);
            assert!(ran.err.contains(said) && ran.err.contains("one"), "{}", ran.err);
            assert!(!ran.err.contains("demo") && ran.err.contains("***"), "the token is masked: {}", ran.err);
            assert!(!ran.err.contains('\u{1b}'));
        }
        let ran = home.run(&["check"]).ends(code);
        assert!(ran.out.starts_with("one ws: "), "{}", ran.out);
        let ran = home.run(&["show", "one", "x"]).ends(code);
        assert!(ran.err.contains(said), "{}", ran.err);
    }
    let busy = answering(ResponseTemplate::new(429).insert_header("Retry-After", "301"));
    let home = Home::one("fastio", &busy.uri(), VARS);
    let ran = home.run(&["export", "one"]).ends(4);
    assert!(ran.err.contains("come back"), "{}", ran.err);
    // Over several sources the highest stands.
    let refusing = answering(ResponseTemplate::new(403));
    let config = format!(
        "[sources.a]\nprovider = \"fastpki\"\nbase_url = \"{}\"\ntoken = {{ command = [\"printf\", \"t\"] }}\n\
         [sources.b]\nprovider = \"fastio\"\nbase_url = \"{}\"\ntoken = {{ command = [\"printf\", \"t\"] }}\n{VARS}\n",
        refusing.uri(),
        busy.uri()
    );
    assert_eq!(Home::with(&config).run(&["export", "b", "a"]).code, Some(4));
    assert_eq!(Home::with(&config).run(&["check"]).code, Some(4));
}

#[test]
fn what_must_fail_before_anything_is_sent_ends_with_2_and_leaves_no_file() {
    let server =
        answering(ResponseTemplate::new(200).set_body_json(json!({"events": [], "has_more": false})));
    let config = |source: &str| {
        format!("[sources.one]\nprovider = \"fastio\"\nbase_url = \"{}\"\n{source}\n", server.uri())
    };
    for (source, said) in [
        (config(VARS), "FASTIO_API_TOKEN"),
        (config("token = { env = \"NOT_SET\" }\nvars = { workspace_id = \"ws\" }"), "NOT_SET"),
        (config("token = { command = [\"false\"] }\nvars = { workspace_id = \"ws\" }"), "false"),
        (config("token = { command = [\"printf\", \"t\"] }"), "workspace_id"),
        (
            config("token = { command = [\"printf\", \"t\"] }\nvars = { workspace_id = \"ws\" }")
                .replace("127.0.0.1", "192.0.2.1"),
            "allow_http",
        ),
    ] {
        let home = Home::with(&source);
        for command in [
            &["export", "one", "-o", "out.csv"][..],
            &["histogram", "one"],
            &["check", "one"],
            &["show", "one", "x"],
        ] {
            let ran = home.run(command).ends(2);
            assert!(ran.err.contains(said), "{command:?}: {}", ran.err);
        }
        assert!(!home.path("out.csv").exists() && !home.path("out.csv.part").exists());
    }
    assert!(
        RUNTIME.block_on(server.received_requests()).is_some_and(|requests| requests.is_empty()),
        "nothing was sent"
    );
}

#[test]
fn what_came_before_a_failure_is_written_and_the_gap_is_told() {
    let server = broken_second_page(ResponseTemplate::new(403));
    let home = Home::one("fastio", &server.uri(), VARS);
    let arguments = [&["export", "one"][..], &WINDOW].concat();
    let ran = home.run(&arguments).ends(3);
    assert_eq!(ran.ids(), ["e2", "e1"]);
    assert!(ran.err.contains("missing: 2026-05-18T00:00:00.000000Z to 2026-05-18T11:00:00"), "{}", ran.err);
    let json = home.run(&[&arguments[..], &["--format", "json"]].concat()).ends(3).out;
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&json).expect("a closed array").len(), 2);

    let counted = home.run(&[&["histogram", "one"][..], &WINDOW].concat()).ends(3).out;
    let histogram: serde_json::Value = serde_json::from_str(&counted).expect("json");
    assert_eq!((&histogram["complete"], &histogram["total"]), (&false.into(), &2.into()));
    assert_eq!(histogram["missing"][0]["since"], "2026-05-18T00:00:00.000000Z");
    let plot = home.run(&[&["histogram", "one", "--format", "plot"][..], &WINDOW].concat()).ends(3).out;
    assert!(plot.contains("? not fetched: 2026-05-18 00:00:00 to "), "{plot}");

    home.write("out.json", "older");
    let ran = home.run(&[&arguments[..], &["-o", "out.json", "--manifest"]].concat()).ends(3);
    assert!(ran.err.contains("out.json.part"), "{}", ran.err);
    assert_eq!(home.text("out.json"), "older");
    assert_eq!(
        serde_json::from_str::<Vec<serde_json::Value>>(&home.text("out.json.part")).expect("closed").len(),
        2
    );
    assert_eq!(mode(&home.path("out.json.part")), 0o600);
    let manifest: serde_json::Value =
        serde_json::from_str(&home.text("out.json.part.manifest.json")).expect("a manifest");
    assert_eq!(
        (&manifest["complete"], &manifest["file"], &manifest["count"]),
        (&false.into(), &"out.json.part".into(), &2.into())
    );
    assert!(!home.path("out.json.manifest.json").exists());
}

#[test]
fn the_filter_is_pushed_unless_it_must_not_be() {
    let server =
        answering(ResponseTemplate::new(200).set_body_json(json!({"events": [], "has_more": false})));
    let home = Home::one("fastio", &server.uri(), VARS);
    let arguments = [&["export", "one", "-f", "actor.type:agent"][..], &WINDOW].concat();
    home.run(&arguments).whole();
    home.run(&[&arguments[..], &["--no-push"]].concat()).whole();
    let requests = RUNTIME.block_on(server.received_requests()).expect("kept");
    let pushed: Vec<bool> = requests
        .iter()
        .map(|request| request.url.query().unwrap_or("").contains("actor_type=agent"))
        .collect();
    assert_eq!(pushed, [true, false]);
}

#[test]
fn a_filter_for_changes_that_are_not_fetched_says_so() {
    let home = Home::demo();
    let said = |ran: super::home::Ran| {
        let ran = ran.ends(0);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        assert!(ran.err.starts_with("auditty: logfire: changes come with its single records"), "{}", ran.err);
        ran.out
    };
    assert_eq!(said(home.run_all(&["export", "logfire", "-f", "changes:*"])), "");
    said(home.run_all(&["histogram", "logfire", "keys", "-f", "action:UPDATE -changes:/x"]));
    // Where they are fetched, where the list tells them, and where nothing looks at them, nothing is said.
    home.run_all(&["export", "logfire", "-f", "changes:* action:UPDATE", "--changes", "--limit", "1"])
        .whole();
    home.run_all(&["export", "keys", "-f", "changes:*", "--limit", "1"]).whole();
    home.run_all(&["export", "logfire", "-f", "action:UPDATE", "--limit", "1"]).whole();
}

#[test]
fn a_window_older_than_what_a_system_keeps_is_said() {
    let server = answering(ResponseTemplate::new(200).set_body_json(json!([])));
    let home = Home::one("fastpki", &server.uri(), "retention = 30");
    let ran = home.run(&["export", "one", "--since", "2001-01-01", "--until", "2001-01-02"]).ends(0);
    assert!(ran.err.starts_with("auditty: one: ") && ran.err.contains("30 days"), "{}", ran.err);
}

#[test]
fn a_server_that_is_not_there_is_not_reachable() {
    // Taken, and given back: nobody listens there.
    let address =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let config = format!("http://{address}");
    let home = Home::one("fastpki", &config, "");
    let ran = home.run(&["check"]).ends(4);
    assert!(ran.out.contains("not reachable") && ran.err.contains(&config), "{}{}", ran.out, ran.err);
}

#[test]
fn a_later_success_takes_the_failures_place() {
    let home = Home::demo();
    home.write("out.ndjson.part", "half");
    home.write("out.ndjson.part.manifest.json", "{}");
    home.run_all(&["export", "pki", "--limit", "1", "-o", "out.ndjson", "--manifest"]).whole();
    assert!(!home.path("out.ndjson.part").exists() && !home.path("out.ndjson.part.manifest.json").exists());
    assert!(home.path("out.ndjson.manifest.json").exists());
}

#[test]
fn malformed_entries_are_skipped_counted_and_named() {
    let page = json!({"events": [entry("e1", "2026-05-18T12:00:00Z"), 7, {"id": "e3"}, entry("e4", "2026-05-18T10:00:00Z")], "has_more": false});
    let server = answering(ResponseTemplate::new(200).set_body_json(page));
    let home = Home::one("fastio", &server.uri(), VARS);
    let ran = home.run(&[&["export", "one"][..], &WINDOW].concat()).ends(0);
    assert_eq!(ran.ids(), ["e1", "e4"]);
    assert_eq!(ran.err.lines().count(), 1);
    assert!(ran.err.starts_with("auditty: skipped 2 entries: one ws page 1 item 2: "), "{}", ran.err);
    home.write("log.ndjson", format!("{}\nnot json\n", entry("e1", "2026-05-18T12:00:00Z")));
    let ran = home.run(&["export", "log.ndjson"]).ends(0);
    assert!(ran.err.starts_with("auditty: skipped 1 entries: log page 1 item 2: line 2: "), "{}", ran.err);
    assert_eq!(ran.ids(), ["e1"]);
}

#[test]
fn files_that_cannot_be_read_end_with_their_status() {
    let home = Home::empty();
    home.write("unknown.ndjson", "{\"eventTime\":\"2023-07-10T11:42:36Z\"}\n");
    for arguments in [
        &["export", "unknown.ndjson", "--format", "json", "-o", "out.json"][..],
        &["export", "unknown.ndjson", "--format", "csv"],
        &["histogram", "unknown.ndjson"],
        &["show", "unknown.ndjson", "x"],
    ] {
        let ran = home.run(arguments).ends(2);
        assert!(
            ran.err.contains("--provider") && ran.out.is_empty(),
            "{arguments:?}: {} {}",
            ran.err,
            ran.out
        );
    }
    assert!(!home.path("out.json").exists() && !home.path("out.json.part").exists());
    let good = entry("e1", "2026-05-18T12:00:00Z").to_string();
    home.write("torn.json", format!("[{good},"));
    let ran = home.run(&["export", "torn.json"]).ends(1);
    assert_eq!(ran.ids(), ["e1"]);
    assert!(ran.err.contains("torn.json"), "{}", ran.err);
    // Which time it lacks nobody knows, whatever window was asked for.
    for window in [&["--since", "2026-01-01"][..], &["--until", "2027-01-01"], &WINDOW] {
        let ran = home.run(&[&["export", "torn.json"], window].concat()).ends(1);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    }
    home.write("own.csv", home.run(&["export", "torn.json", "--format", "csv"]).out);
    for format in ["raw", "hec"] {
        let ran = home.run(&["export", "own.csv", "--format", format, "--until", "2027-01-01"]).ends(2);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    }
    let counted = home.run(&["histogram", "torn.json"]).ends(1).out;
    assert!(counted.contains("\"complete\":false"), "{counted}");
    // The others' entries come all the same, and the highest status stands.
    home.write("good.ndjson", &good);
    let ran = home.run(&["export", "good.ndjson", "unknown.ndjson", "torn.json"]).ends(2);
    assert_eq!(ran.ids(), ["e1", "e1"]);
}

#[test]
fn more_than_the_memory_allowed_is_a_clear_error() {
    let home = Home::demo();
    let ran = home.run_all(&["export", "pki", "--max-memory", "500K"]).ends(1);
    assert!(ran.err.contains("--max-memory") && ran.err.contains("--limit"), "{}", ran.err);
    let ran = home.run_all(&["export", "files", "--max-memory", "500K", "--limit", "10"]).ends(0);
    assert_eq!(ran.ids().len(), 10, "memory is bounded by what matches");
    home.run_all(&["histogram", "pki", "--max-memory", "10K"]).ends(1);
    // The explorer shows what it could load, and says that there is more.
    let made = home.run(&["demo", "--generate", "4000"]).whole();
    home.write("made.ndjson", made);
    home.run(&["open", "made.ndjson", "--max-memory", "100K", "--screenshot", "s.svg", "--keys", "L"])
        .ends(0);
    let picture = home.text("s.svg");
    assert!(picture.contains("fill --max-memory (102 kB)"), "{picture}");
}

#[test]
fn a_busy_server_is_not_said_to_have_had_too_many_requests() {
    for (status, said) in [(429, "too many requests"), (503, "the server is busy (503)")] {
        let server = RUNTIME.block_on(async {
            let server = MockServer::start().await;
            let busy = ResponseTemplate::new(status).insert_header("Retry-After", "11");
            Mock::given(method("GET")).respond_with(busy).up_to_n_times(1).mount(&server).await;
            server
        });
        let home = Home::one("fastpki", &server.uri(), "");
        let mut command = home.command(&["export", "one"]);
        let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("runs");
        let mut line = String::new();
        let mut err = std::io::BufReader::new(child.stderr.take().expect("piped"));
        std::io::BufRead::read_line(&mut err, &mut line).expect("text");
        child.kill().expect("it waits");
        child.wait().expect("a child");
        assert!(line.starts_with(&format!("auditty: one: {said}: waiting 1")), "{line}");
    }
}

/// A page of fastio's as the bytes that a server sends.
fn sends(page: &str) -> MockServer {
    answering(ResponseTemplate::new(200).set_body_raw(page.as_bytes().to_vec(), "text/html"))
}

#[test]
fn odd_records_come_out_verbatim_and_their_values_by_the_rules() {
    let odd = r#"{"id": 12345678901234567890123, "timestamp":"2026-05-18T12:00:60.9Z","action":"x\ud800y\u202e",
        "actor":true, "resource":{"id":1.50,"path":["no"]}, "n": 412.50, "big":1e400, "dup":1, "dup" : 2, "ip_address":""}"#;
    let verbatim = r#"{"id":12345678901234567890123,"timestamp":"2026-05-18T12:00:60.9Z","action":"x\ud800y\u202e","actor":true,"resource":{"id":1.50,"path":["no"]},"n":412.50,"big":1e400,"dup":1,"dup":2,"ip_address":""}"#;
    let deep = format!(
        r#"{{"id":"deep","timestamp":"2026-05-18 11:00:00","x":{}1{}}}"#,
        "[".repeat(9_000),
        "]".repeat(9_000)
    );
    let server = sends(&format!(r#"{{"events":[{odd},{deep}],"has_more":false}}"#));
    let home = Home::one("fastio", &server.uri(), VARS);
    let raw = home.run(&[&["export", "one", "--format", "raw"][..], &WINDOW].concat()).whole();
    assert_eq!(raw, format!("{verbatim}\n{deep}\n"));
    let entries = home.run(&[&["export", "one"][..], &WINDOW].concat()).ends(0).entries();
    let odd = &entries[0];
    assert_eq!(odd["id"], "12345678901234567890123");
    assert_eq!(odd["time"], "2026-05-18T12:00:59.999999Z");
    assert_eq!(odd["action"], "x\u{fffd}y\u{202e}");
    assert_eq!(odd["actor"]["name"], true.to_string().as_str());
    assert_eq!((&odd["target"]["id"], &odd["target"]["name"]), (&json!("1.50"), &json!(null)));
    assert_eq!((&odd["ip"], &odd["project"]), (&json!(""), &json!("ws")));
    assert_eq!(entries[1]["id"], "deep");
}

#[test]
fn a_gap_of_one_instant_is_told_once_and_stands_in_the_histogram() {
    let page: Vec<_> = (0..10)
        .map(|id| json!({"request_id": format!("r{id}"), "timestamp": "2026-05-18T12:00:00.5Z", "endpoint": "/x"}))
        .collect();
    let server = RUNTIME.block_on(async {
        let server = MockServer::start().await;
        Mock::given(query_param("to", "2026-05-18T12:00:00.499Z"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!([])))
            .with_priority(1)
            .mount(&server)
            .await;
        Mock::given(path("/api/v2/audit-log"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": page})))
            .mount(&server)
            .await;
        server
    });
    let home = Home::one("tofupilot", &server.uri(), "retention = 3650");
    let ran = home.run(&[&["histogram", "one"][..], &WINDOW].concat()).ends(1);
    assert!(ran.err.starts_with("auditty: one: more entries of one instant"), "{}", ran.err);
    let histogram = &ran.entries()[0];
    let gap = json!([{"since": "2026-05-18T12:00:00.499000Z", "until": "2026-05-18T12:00:00.501000Z"}]);
    assert_eq!((&histogram["missing"], &histogram["total"]), (&gap, &json!(10)));
}

#[test]
fn the_environments_proxy_is_asked_for_other_machines() {
    let proxy = sends(r#"{"events":[],"has_more":false}"#);
    let home = Home::one("fastio", "http://audit.invalid", &format!("{VARS}\nallow_http = true"));
    for variable in ["HTTP_PROXY", "all_proxy"] {
        let mut command = home.command(&[&["export", "one"][..], &WINDOW].concat());
        let output = command.env(variable, proxy.uri()).output().expect("runs");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn no_proxy_keeps_the_environments_proxy_out() {
    let proxy = sends(r#"{"events":[],"has_more":false}"#);
    let home = Home::one("fastio", "http://audit.invalid", &format!("{VARS}\nallow_http = true"));
    let mut command = home.command(&[&["export", "one"][..], &WINDOW].concat());
    command.env("HTTP_PROXY", proxy.uri()).env("NO_PROXY", "other.invalid,audit.invalid");
    let output = command.output().expect("runs");
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    let asked = RUNTIME.block_on(proxy.received_requests()).expect("kept");
    assert!(asked.is_empty(), "{asked:?}");
}
