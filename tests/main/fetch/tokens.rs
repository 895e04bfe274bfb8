//! Tokens by command, file and login: when they are asked for, again, and not; single records; checks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use auditty::event::Rank;
use auditty::fetch::{ErrorKind, Request};
use auditty::source::{Login, Secret, Source};
use serde_json::json;
use wiremock::{MockServer, Request as Asked, ResponseTemplate};

use super::support::*;

fn bearer(asked: &Asked) -> &str {
    asked.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A command that gives another token each time: the count of its runs, kept in a file.
fn counting(folder: &tempfile::TempDir) -> Secret {
    let path = folder.path().join("runs");
    let script = format!("echo x >> {0}; printf 'run-%s\\n' $(wc -l < {0})", path.display());
    Secret::Command(vec!["sh".to_owned(), "-c".to_owned(), script])
}

#[tokio::test]
async fn a_commands_token_is_asked_for_once_more_after_a_401_and_that_is_no_try() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = server(|asked| match bearer(asked) {
        "Bearer run-2" => ok(&json!({"events": entries("fastio", 1)})),
        _ => error(401, "expired"),
    })
    .await;
    let mut source = source("fastio", &server.uri());
    source.token = Some(counting(&folder));
    let told = fetched(source).await;
    told.assert_whole();
    let attempts: Vec<_> =
        told.exchanges.iter().map(|exchange| (exchange.status, exchange.attempt)).collect();
    assert_eq!(attempts, [(Some(401), 1), (Some(200), 1)]);
}

#[tokio::test]
async fn a_second_401_is_a_refusal() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = server(|_| error(401, "no")).await;
    let mut source = source("fastio", &server.uri());
    source.token = Some(counting(&folder));
    let told = fetched(source).await;
    assert_eq!(told.failure().0.kind, ErrorKind::Refused);
    assert_eq!(asked(&server).await.len(), 2);
}

#[tokio::test]
async fn what_gives_no_token_fails_before_anything_is_sent() {
    let server = server(|_| ok(&json!({"events": []}))).await;
    for (secret, named) in [
        (Secret::Command(vec!["false".to_owned()]), "the command \"false\""),
        (Secret::Env("AUDITTY_TEST_UNSET".to_owned()), "AUDITTY_TEST_UNSET"),
        (Secret::File("/no/such/token".into()), "/no/such/token"),
        (command("a\\nb"), "control character"),
    ] {
        let mut source = source("fastio", &server.uri());
        source.token = Some(secret);
        let (fetcher, _) = fetcher();
        let error = fetcher.prepare(&Arc::new(source.clone()), &provider("fastio")).await.expect_err(named);
        assert!(error.kind == ErrorKind::Config && error.message.contains(named), "{error}");
        let told = fetched(source).await;
        assert_eq!(told.failure().0.kind, ErrorKind::Config);
    }
    assert_eq!(asked(&server).await.len(), 0);
}

/// A certificate authority whose tokens are `token-1`, `token-2` …, of which only the last is good.
async fn authority(good: Arc<AtomicUsize>) -> MockServer {
    server(move |asked| {
        if asked.url.path() == "/api/v1/auth/token" {
            let form = String::from_utf8_lossy(&asked.body).into_owned();
            if form != "username=admin+%C3%A9&password=pa%26ss" {
                return ResponseTemplate::new(401).set_body_string(r#"{"detail":"Incorrect pa&ss"}"#);
            }
            let number = good.fetch_add(1, Ordering::SeqCst) + 1;
            return ok(&json!({"access_token": format!("token-{number}"), "token_type": "bearer"}));
        }
        if bearer(asked) != format!("Bearer token-{}", good.load(Ordering::SeqCst)) {
            return ResponseTemplate::new(401)
                .set_body_string(r#"{"detail":"Could not validate credentials"}"#);
        }
        ok(&json!([]))
    })
    .await
}

fn with_login(server: &MockServer, password: &str) -> Source {
    let mut source = source("fastpki", &server.uri());
    source.token = None;
    source.login = Some(Login { username: "admin é".to_owned(), password: command(password) });
    source
}

#[tokio::test]
async fn a_login_is_exchanged_at_the_start_when_it_runs_out_and_after_a_401() {
    let good = Arc::new(AtomicUsize::new(0));
    let server = authority(Arc::clone(&good)).await;
    let source = Arc::new(with_login(&server, "pa&ss"));
    let (fetcher, clock) = fetcher();
    let walk = || told(fetcher.start(Request::new(Arc::clone(&source), provider("fastpki"), week())));
    walk().await.assert_whole();
    walk().await.assert_whole();
    assert_eq!(good.load(Ordering::SeqCst), 1, "one login for both");
    clock.advance(15 * 60 * 1_000_000);
    walk().await.assert_whole();
    assert_eq!(good.load(Ordering::SeqCst), 2, "it ran out");
    good.fetch_add(5, Ordering::SeqCst);
    let told = walk().await;
    told.assert_whole();
    assert_eq!(good.load(Ordering::SeqCst), 8, "it was refused");
    let statuses: Vec<_> = told.exchanges.iter().filter_map(|exchange| exchange.status).collect();
    assert_eq!(statuses, [401, 200, 200]);
}

#[tokio::test]
async fn a_wrong_password_is_a_refusal_that_does_not_show_it() {
    let server = authority(Arc::default()).await;
    let told = fetched(with_login(&server, "wrong-pa&ss")).await;
    let (error, _) = told.failure();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains("/api/v1/auth/token") && !told.debug.contains("wrong-pa"), "{error}");
    assert!(error.message.contains("; check the user name and the password of `login` (POST "), "{error}");
    assert_eq!(asked(&server).await.len(), 1);
}

#[tokio::test]
async fn a_single_record_is_asked_for_by_its_encoded_id() {
    let server = server(|asked| {
        assert_eq!(asked.url.path(), "/api/v1/audit-logs/a%2Fb%20c/");
        ok(&json!({"id": "a/b c", "created_at": "2026-05-20T00:00:00Z", "action": "UPDATE",
                   "downgrade_patches": [{"op": "replace", "path": "/x", "value": 1}]}))
    })
    .await;
    let (fetcher, _) = fetcher();
    let source = Arc::new(source("logfire", &server.uri()));
    let event = fetcher.single(&source, &provider("logfire"), None, "a/b c").await.expect("a record");
    assert_eq!((event.rank, event.id.as_deref()), (Rank::Single, Some("a/b c")));
    assert_eq!(event.changes.map(|changes| changes.len()), Some(1));
    for id in ["..", ".", ""] {
        let error = fetcher.single(&source, &provider("logfire"), None, id).await.expect_err(id);
        assert_eq!(error.kind, ErrorKind::Config, "{error}");
    }
    let other = Arc::new(super::support::source("fastpki", &server.uri()));
    let error = fetcher.single(&other, &provider("fastpki"), None, "1").await.expect_err("no route");
    assert!(error.message.contains("no route for single records"), "{error}");
    assert_eq!(asked(&server).await.len(), 1);
}

#[tokio::test]
async fn a_check_asks_each_part_for_the_least() {
    let server = server(|asked| match asked.url.path() {
        "/v1/workspaces/ws_2/audit-logs" => error(403, "missing scope"),
        _ => ok(&json!({"events": entries("fastio", 1), "has_more": true, "next_cursor": "a"})),
    })
    .await;
    let mut source = source("fastio", &server.uri());
    source.vars = vec![("workspace_id".to_owned(), vec!["ws_1".to_owned(), "ws_2".to_owned()])];
    let (fetcher, _) = fetcher();
    let report = fetcher.check(&Arc::new(source), &provider("fastio")).await.expect("a report");
    assert_eq!(report.exit_code(), 3);
    let [good, bad] = report.parts.as_slice() else { panic!("{report:?}") };
    assert_eq!(good.result.as_ref().map(|reached| reached.entries).ok(), Some(1));
    let error = bad.result.as_ref().expect_err("refused");
    assert!(error.message.contains("audit_logs:read") && error.message.contains("missing scope"), "{error}");
    let asked = asked(&server).await;
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|asked| param(asked, "limit").as_deref() == Some("1")));
}

#[tokio::test]
async fn a_logins_answer_without_a_token_is_not_repeated_in_the_message() {
    for body in
        [r#"{"access_token": "half-a-t0ken"#, r#"{"token": "half-a-t0ken"}"#, r#"{"access_token": ""}"#]
    {
        let server = server(move |_| ResponseTemplate::new(200).set_body_string(body)).await;
        let told = fetched(with_login(&server, "pa&ss")).await;
        let (error, _) = told.failure();
        assert!(error.kind == ErrorKind::Broken && error.message.contains("/access_token"), "{error}");
        assert!(!told.debug.contains("half-a-t0ken"), "{}", told.debug);
    }
}
