//! What goes wrong: retries and their waits, refusals and their words, redirects, garbage, pauses,
//! cancelling.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auditty::fetch::{End, ErrorKind, Fetcher, Patience, Request, Update, Wait};
use auditty::source::Source;
use serde_json::json;
use wiremock::{MockServer, Request as Asked, ResponseTemplate};

use super::support::*;

/// A server that answers its requests in turn, the last answer for ever.
async fn in_turn(answers: Vec<ResponseTemplate>) -> MockServer {
    let count = AtomicUsize::new(0);
    server(move |_| {
        let turn = count.fetch_add(1, Ordering::SeqCst);
        answers[turn.min(answers.len() - 1)].clone()
    })
    .await
}

fn page() -> ResponseTemplate {
    ok(&json!({"events": entries("fastio", 2), "has_more": false}))
}

fn limited(header: &str, value: &str) -> ResponseTemplate {
    error(429, "slow down").insert_header(header, value)
}

fn fastio(server: &MockServer) -> Source {
    source("fastio", &server.uri())
}

#[tokio::test]
async fn failures_that_may_pass_are_tried_again_with_doubling_waits() {
    let garbage = |body: &str| ResponseTemplate::new(200).set_body_string(body);
    let answers = vec![
        error(500, "x"),
        error(502, "x"),
        garbage("<html><title>Sign in</title>"),
        garbage(r#"{"entries": []}"#),
        garbage(""),
        page(),
    ];
    let server = in_turn(answers).await;
    let told = fetched(fastio(&server)).await;
    told.assert_whole();
    assert_eq!(told.distinct(), ["1", "2"]);
    assert_eq!(told.sleeps, [0.5, 1.0, 2.0, 4.0, 8.0]);
    let retried: Vec<_> = (2..=6).map(|attempt| (Wait::Retry, attempt)).collect();
    assert_eq!(told.waits, retried);
    assert_eq!(told.resumed, 5);
    assert_eq!(
        told.exchanges.iter().map(|exchange| exchange.attempt).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6]
    );
}

#[tokio::test]
async fn after_six_requests_it_is_given_up_with_the_kind_of_the_last_failure() {
    let body = |text: &str| ResponseTemplate::new(200).set_body_string(text);
    for (answer, kind, words) in [
        (error(503, "maintenance"), ErrorKind::Unreachable, "maintenance"),
        (error(429, "slow"), ErrorKind::Unreachable, "429 Too Many Requests"),
        (body("<html><title>Sign in</title></html>"), ErrorKind::Broken, "an HTML page, \"Sign in\""),
        (body(r#"{"events": null}"#), ErrorKind::Broken, "no list of entries at /events"),
        (body(r#"{"events": [}"#), ErrorKind::Broken, "not the JSON expected"),
    ] {
        let server = in_turn(vec![answer]).await;
        let told = fetched(fastio(&server)).await;
        let (error, missing) = told.failure();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.starts_with("prod ws_1: ") && error.message.contains(words), "{error}");
        assert!(error.message.contains("after 6 requests"), "{error}");
        assert_eq!(missing, [week()]);
        assert_eq!(asked(&server).await.len(), 6);
    }
}

#[tokio::test]
async fn refusals_are_not_tried_again_and_have_the_servers_words_and_advice() {
    for (status, kind, advice) in [
        (400, ErrorKind::Broken, "400 Bad Request"),
        (401, ErrorKind::Refused, "Developer Settings"),
        (403, ErrorKind::Refused, "audit_logs:read"),
        (404, ErrorKind::Broken, "vars.workspace_id"),
        (422, ErrorKind::Broken, "422"),
    ] {
        let hostile = format!("no \u{1b}[31m{TOKEN} {}", "x".repeat(5_000));
        let server = in_turn(vec![error(status, &hostile)]).await;
        let mut source = fastio(&server);
        let token = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(token.path(), format!("{TOKEN}\n")).expect("written");
        source.token = Some(auditty::source::Secret::File(token.path().to_owned()));
        let told = fetched(source).await;
        let (error, _) = told.failure();
        assert_eq!(error.kind, kind);
        assert!(error.message.contains(advice), "{error}");
        assert!(error.message.contains("no ␛[31m***"), "{error}");
        assert!(error.message.len() < 1_200, "{} bytes", error.message.len());
        assert!(error.message.contains("/v1/workspaces/ws_1/audit-logs"), "where: {error}");
        assert_eq!(asked(&server).await.len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_says_when_is_waited_for_just_so_long() {
    let in_a_minute = "Thu, 21 May 2026 10:01:00 GMT";
    for (answer, waited) in [
        (limited("retry-after", "7"), 7.0),
        (limited("retry-after", "0"), 0.1),
        (limited("retry-after", in_a_minute), 60.0),
        (limited("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT"), 0.1),
        (limited("retry-after", "soon"), 0.5),
        (limited("x-ratelimit-reset", "9"), 9.0),
        (limited("ratelimit-reset", &(now().micros() / 1_000_000 + 11).to_string()), 11.0),
        (limited("x-ve-limit-expires", &(now().micros() / 1_000 + 12_000).to_string()), 12.0),
        (error(503, "busy").insert_header("retry-after", "5"), 5.0),
        (error(500, "broken").insert_header("retry-after", "5"), 0.5),
    ] {
        let server = in_turn(vec![answer, page()]).await;
        let told = fetched(fastio(&server)).await;
        told.assert_whole();
        assert_eq!(told.sleeps, [waited]);
    }
}

#[tokio::test]
async fn a_wait_of_over_five_minutes_is_not_begun_headless_and_is_counted_down_otherwise() {
    let server = in_turn(vec![limited("retry-after", "301"), page()]).await;
    let told = fetched(fastio(&server)).await;
    let (error, _) = told.failure();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert_eq!(error.retry_at, Some(now().plus(301_000_000)));
    assert!(error.message.contains("come back after 2026-05-21T10:05:01Z"), "{error}");
    assert_eq!(asked(&server).await.len(), 1);

    let server = in_turn(vec![limited("retry-after", "301"), page()]).await;
    let told = fetched_with(fastio(&server), |request| request.patience = Patience::Interactive).await;
    told.assert_whole();
    assert_eq!((told.sleeps, told.waits), (vec![301.0], vec![(Wait::RateLimited, 2)]));
}

#[tokio::test]
async fn a_429_counts_a_try_of_the_refused_page_alone() {
    // Page 2 is refused five times and comes at the sixth; the pages beside it are not at their end.
    let refusals = AtomicUsize::new(0);
    let server = server(move |asked| {
        let skip: usize = param(asked, "skip").expect("an offset").parse().expect("a number");
        if skip == 10 && refusals.fetch_add(1, Ordering::SeqCst) < 5 {
            return limited("retry-after", "2");
        }
        let log = entries("fastpki", 95);
        ok(&json!(log.iter().skip(skip).take(10).collect::<Vec<_>>()))
    })
    .await;
    let mut source = source("fastpki", &server.uri());
    source.page_size = Some(10);
    let told = fetched(source).await;
    told.assert_whole();
    assert_eq!(told.distinct(), numbers(95));
    assert!(told.exchanges.iter().all(|exchange| exchange.attempt == 1 || exchange.url.ends_with("skip=10")));
    assert_eq!(told.exchanges.iter().map(|exchange| exchange.attempt).max(), Some(6));
}

#[tokio::test]
async fn a_200_that_says_failure_is_one_and_is_not_tried_again() {
    let answer = json!({"status": "ERROR", "message": "tenant is closed", "data": {"data": []}});
    let server = in_turn(vec![ok(&answer)]).await;
    let told = fetched(source("fileguard", &server.uri())).await;
    let (error, _) = told.failure();
    assert!(error.kind == ErrorKind::Broken && error.message.contains("tenant is closed"), "{error}");
    assert_eq!(asked(&server).await.len(), 1);
}

#[tokio::test]
async fn what_came_before_a_failure_is_kept_and_the_gap_is_told() {
    let server = server(|asked| match param(asked, "cursor") {
        None => ok(&json!({"events": entries("fastio", 10), "has_more": true, "next_cursor": "a"})),
        Some(_) => error(500, "broken"),
    })
    .await;
    let told = fetched(fastio(&server)).await;
    assert_eq!(told.distinct(), numbers(10));
    let (_, missing) = told.failure();
    assert_eq!(missing.len(), 1);
    assert_eq!((missing[0].since, missing[0].until), (week().since, now().plus(-600_000_000 + 1)));
    assert_eq!(told.covered().missing_in(week()), missing);
}

#[tokio::test]
async fn redirects_are_followed_to_the_own_origin_at_most_five_times() {
    let redirect = |status: u16, to: &str| ResponseTemplate::new(status).insert_header("location", to);
    let path = "/v1/workspaces/ws_1/audit-logs?again=";
    for status in [301, 302, 303, 307, 308] {
        let server = server(move |asked| match param(asked, "again") {
            None => redirect(status, &format!("{path}1")),
            Some(_) => page(),
        })
        .await;
        let told = fetched(fastio(&server)).await;
        told.assert_whole();
        let bearer = format!("Bearer {TOKEN}");
        assert!(asked(&server).await.iter().all(|asked| asked.headers["authorization"] == bearer.as_str()));
    }
    let server = server(move |asked: &Asked| {
        let count: usize = param(asked, "again").and_then(|text| text.parse().ok()).unwrap_or(0);
        redirect(302, &format!("{path}{}", count + 1))
    })
    .await;
    let told = fetched(fastio(&server)).await;
    let (error, _) = told.failure();
    assert!(error.kind == ErrorKind::Broken && error.message.contains("more than 5 redirects"), "{error}");
    assert_eq!(asked(&server).await.len(), 6);
}

#[tokio::test]
async fn a_redirect_or_link_to_another_origin_is_not_followed_and_both_are_named() {
    let other = in_turn(vec![page()]).await;
    let to = format!("{}/v1/workspaces/ws_1/audit-logs", other.uri());
    let location = to.clone();
    let redirecting =
        server(move |_| ResponseTemplate::new(302).insert_header("location", location.as_str())).await;
    let told = fetched(fastio(&redirecting)).await;
    let (error, _) = told.failure();
    assert_eq!(error.kind, ErrorKind::Broken);
    assert!(error.message.contains(&redirecting.uri()) && error.message.contains(&other.uri()), "{error}");

    let link = format!("<{to}>; rel=\"next\"");
    let linking =
        server(move |_| ok(&json!(entries("tofupilot", 1))).insert_header("link", link.as_str())).await;
    let told = fetched(source("tofupilot", &linking.uri())).await;
    let (error, _) = told.failure();
    assert_eq!(error.kind, ErrorKind::Broken);
    assert!(error.message.contains(&linking.uri()) && error.message.contains(&other.uri()), "{error}");
    assert!(error.message.contains("page 1"), "{error}");
    assert_eq!(asked(&other).await.len(), 0, "nothing is sent there");
}

#[tokio::test]
async fn a_redirect_or_link_with_a_password_is_not_said_to_lead_elsewhere() {
    let with_password = |asked: &Asked| {
        let host = asked.headers["host"].to_str().expect("text");
        format!("http://me:secret@{host}/v1/workspaces/ws_1/audit-logs")
    };
    let redirecting =
        server(move |asked| ResponseTemplate::new(302).insert_header("location", with_password(asked))).await;
    let linking = server(move |asked| {
        let link = format!("<{}>; rel=\"next\"", with_password(asked));
        ok(&json!(entries("tofupilot", 1))).insert_header("link", link)
    })
    .await;
    for told in [fetched(fastio(&redirecting)).await, fetched(source("tofupilot", &linking.uri())).await] {
        let (error, _) = told.failure();
        assert_eq!(error.kind, ErrorKind::Broken);
        assert!(error.message.contains("with a user name or a password in it"), "{error}");
        assert!(!error.message.contains("another origin") && !error.message.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_dead_host_is_tried_six_times_and_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let told = fetched(source("fastio", &format!("http://{address}"))).await;
    let (error, missing) = told.failure();
    assert_eq!((error.kind, missing), (ErrorKind::Unreachable, &[week()][..]));
    assert!(error.message.contains(&address.to_string()) && error.message.contains("refused"), "{error}");
    assert_eq!(told.exchanges.len(), 6);
    assert!(told.exchanges.iter().all(|exchange| exchange.status.is_none()));
}

#[tokio::test]
async fn a_server_that_says_nothing_times_out() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let accepting = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    let mut source = source("fastio", &format!("http://{address}"));
    source.timeout = Duration::from_millis(20);
    let told = fetched(source).await;
    let (error, _) = told.failure();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(error.message.contains("0.02 s"), "{error}");
    accepting.abort();
}

#[tokio::test]
async fn a_body_that_trickles_may_take_ten_times_the_timeout_and_no_longer() {
    use tokio::io::AsyncWriteExt;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let trickling = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
                let mut going = stream.write_all(head).await.is_ok();
                let mut beat = tokio::time::interval(Duration::from_millis(5));
                while going {
                    beat.tick().await;
                    going = stream.write_all(b" ").await.is_ok();
                }
            });
        }
    });
    let mut source = source("fastio", &format!("http://{address}"));
    source.timeout = Duration::from_millis(200);
    let began = std::time::Instant::now();
    let told = fetched(source).await;
    let (error, _) = told.failure();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
    // Six requests of two seconds each, for a byte came before any silence was too long. Half of that
    // is far beyond six silences, and leaves room for a machine that stalls now and then.
    assert!(began.elapsed() >= Duration::from_secs(6), "{:?}", began.elapsed());
    trickling.abort();
}

#[tokio::test]
async fn a_compressed_body_and_one_with_a_byte_order_mark_are_read() {
    use std::io::Write;
    let text = format!("\u{feff} {} ", json!({"events": entries("fastio", 3)}));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).expect("written");
    let body = encoder.finish().expect("compressed");
    let server = server(move |_| {
        ResponseTemplate::new(200).set_body_bytes(body.clone()).insert_header("content-encoding", "gzip")
    })
    .await;
    let told = fetched(fastio(&server)).await;
    told.assert_whole();
    assert_eq!(told.distinct(), numbers(3));
}

#[tokio::test]
async fn plain_http_to_another_machine_fails_before_anything_is_sent() {
    let told = fetched(source("fastio", "http://192.0.2.1:9")).await;
    let (error, _) = told.failure();
    assert!(error.kind == ErrorKind::Config && error.message.contains("allow_http"), "{error}");
    assert!(told.exchanges.is_empty());
    let (fetcher, _) = fetcher();
    let mut missing = source("fastio", "http://127.0.0.1:9");
    missing.vars.clear();
    let error = fetcher.prepare(&Arc::new(missing), &provider("fastio")).await.expect_err("no workspace");
    assert!(error.kind == ErrorKind::Config && error.message.contains("vars.workspace_id"), "{error}");
}

/// A fetch of a log without an end, a page at a time.
async fn endless() -> (MockServer, Fetcher, Request) {
    let server = server(|asked| {
        let page: usize = param(asked, "cursor").map_or(1, |cursor| cursor.parse().expect("a number"));
        let next = (page + 1).to_string();
        ok(&json!({"events": [entry("fastio", page, 1)], "has_more": true, "next_cursor": next}))
    })
    .await;
    let (fetcher, _) = fetcher();
    let request = Request::new(Arc::new(fastio(&server)), provider("fastio"), week());
    (server, fetcher, request)
}

#[tokio::test]
async fn a_walk_can_be_stopped_and_says_so_last() {
    let (_server, fetcher, request) = endless().await;
    let mut running = fetcher.start(request);
    let mut last = None;
    while let Some(update) = running.updates.recv().await {
        if matches!(&update, Update::Page(page) if page.number == 3) {
            running.control.cancel.cancel();
        }
        last = Some(update);
    }
    assert!(matches!(last, Some(Update::Ended { end: End::Cancelled, .. })), "{last:?}");
}

#[tokio::test]
async fn nobody_listening_ends_the_requests() {
    let (server, fetcher, request) = endless().await;
    let mut running = fetcher.start(request);
    while let Some(update) = running.updates.recv().await {
        if matches!(update, Update::Page(_)) {
            break;
        }
    }
    let control = running.control.clone();
    drop(running);
    // The walk lets go of what steers it when it ends.
    control.paused.closed().await;
    let count = asked(&server).await.len();
    assert!(count < 100, "{count}");
}

#[tokio::test]
async fn a_reader_who_pauses_holds_the_fetching_back() {
    let (server, fetcher, request) = endless().await;
    let mut running = fetcher.start(request);
    let mut pages = 0;
    while pages < 5 {
        if let Some(Update::Page(_)) = running.updates.recv().await {
            pages += 1;
        }
    }
    running.control.paused.send_replace(true);
    // What was under way comes, then nothing: the walk waits for the pause to end.
    while let Ok(Some(update)) =
        tokio::time::timeout(Duration::from_millis(100), running.updates.recv()).await
    {
        pages += usize::from(matches!(update, Update::Page(_)));
    }
    let sent = asked(&server).await.len();
    assert!(sent <= pages + 1, "{sent} requests for {pages} pages");
    running.control.paused.send_replace(false);
    let more = running.updates.recv().await;
    assert!(more.is_some());
}

#[tokio::test]
async fn a_sibling_origin_counts_as_the_own_for_redirects_and_links_and_gets_the_token() {
    let sibling = server(|asked| match param(asked, "after") {
        None => ok(&json!(entries("tofupilot", 1))).insert_header("link", "</next?after=1>; rel=next"),
        Some(_) => ok(&json!([entry("tofupilot", 2, 2)])),
    })
    .await;
    let to = format!("{}/api/v2/audit-log", sibling.uri());
    let apex = server(move |_| ResponseTemplate::new(308).insert_header("location", to.as_str())).await;
    let provider = changed("tofupilot", "https://www.tofupilot.app", &sibling.uri());
    let told = fetched_with(source("tofupilot", &apex.uri()), |request| request.provider = provider).await;
    told.assert_whole();
    assert_eq!(told.distinct(), ["1", "2"]);
    let asked = asked(&sibling).await;
    assert_eq!(
        asked.iter().map(|asked| asked.url.path()).collect::<Vec<_>>(),
        ["/api/v2/audit-log", "/next"]
    );
    let bearer = format!("Bearer {TOKEN}");
    assert!(asked.iter().all(|asked| asked.headers["authorization"] == bearer.as_str()));
}

/// A server that writes these bytes for every request and closes the connection.
async fn raw(answer: &'static [u8]) -> (std::net::SocketAddr, tokio::task::JoinHandle<()>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => asked.push(byte),
                    Err(_) => break,
                }
            }
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    (address, serving)
}

#[tokio::test]
async fn a_broken_connection_is_tried_again_whatever_part_of_the_answer_came() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"events\": [",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{\"ev\r\n",
    ] {
        let (address, serving) = raw(answer).await;
        let told = fetched(source("fastio", &format!("http://{address}"))).await;
        let (error, _) = told.failure();
        assert_eq!(error.kind, ErrorKind::Unreachable, "{error} after {}", String::from_utf8_lossy(answer));
        assert!(error.message.contains(&address.to_string()), "{error}");
        assert_eq!(told.exchanges.len(), 6);
        serving.abort();
    }
    let broken_gzip = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope";
    let (address, serving) = raw(broken_gzip).await;
    let told = fetched(source("fastio", &format!("http://{address}"))).await;
    assert_eq!(told.failure().0.kind, ErrorKind::Broken);
    serving.abort();
}

/// A clock whose sleepers wait until they are let go.
#[derive(Debug)]
struct HeldClock {
    now: std::sync::Mutex<auditty::timestamp::Timestamp>,
    sleepers: tokio::sync::watch::Sender<usize>,
    go: tokio::sync::watch::Sender<bool>,
}

impl auditty::fetch::clock::Clock for HeldClock {
    fn now(&self) -> auditty::timestamp::Timestamp {
        *self.now.lock().expect("not poisoned")
    }

    fn sleep(&self, _: Duration) -> futures::future::BoxFuture<'static, ()> {
        self.sleepers.send_modify(|sleepers| *sleepers += 1);
        let mut go = self.go.subscribe();
        Box::pin(async move {
            let _ = go.wait_for(|go| *go).await;
        })
    }
}

#[tokio::test]
async fn a_429_makes_every_worker_of_the_source_wait() {
    let refused = AtomicUsize::new(0);
    let server = server(move |asked| {
        let skip: usize = param(asked, "skip").expect("an offset").parse().expect("a number");
        if skip == 10 && refused.fetch_add(1, Ordering::SeqCst) == 0 {
            return limited("retry-after", "60");
        }
        let log = entries("fastpki", 95);
        // The page beside it is slower than the refusal: when it has come, that has been heard.
        let page = ok(&json!(log.iter().skip(skip).take(10).collect::<Vec<_>>()));
        if skip == 20 { page.set_delay(Duration::from_millis(200)) } else { page }
    })
    .await;
    let clock = Arc::new(HeldClock {
        now: std::sync::Mutex::new(now()),
        sleepers: tokio::sync::watch::Sender::default(),
        go: tokio::sync::watch::Sender::default(),
    });
    let held = Arc::clone(&clock);
    let fetcher = Fetcher::with_jitter(held, || 0.5);
    let mut source = source("fastpki", &server.uri());
    (source.page_size, source.concurrency) = (Some(10), Some(2));
    let request = Request::new(Arc::new(source), provider("fastpki"), week());
    let fetch = tokio::spawn(told(fetcher.start(request)));
    // The refused worker and the others that may be under way all sleep now.
    clock.sleepers.subscribe().wait_for(|sleepers| *sleepers >= 3).await.expect("a clock");
    let sent = asked(&server).await.len();
    assert!(sent <= 3, "{sent} requests: the first page, the refused one, and the one beside it");
    *clock.now.lock().expect("not poisoned") = now().plus(60_000_000);
    clock.go.send_replace(true);
    let told = fetch.await.expect("a fetch");
    told.assert_whole();
    assert_eq!(told.distinct(), numbers(95));
}

#[tokio::test]
async fn the_other_parts_of_a_source_tell_that_they_wait_too() {
    let refused = AtomicUsize::new(0);
    let server = server(move |asked| {
        let first = asked.url.path().contains("ws_1");
        if first && param(asked, "cursor").is_none() && refused.fetch_add(1, Ordering::SeqCst) == 0 {
            return limited("retry-after", "60");
        }
        // The other workspace's first page comes when the refusal has been heard.
        let more = !first && param(asked, "cursor").is_none();
        let page = json!({"events": entries("fastio", 1), "has_more": more, "next_cursor": "a"});
        ok(&page).set_delay(Duration::from_millis(if more { 200 } else { 0 }))
    })
    .await;
    let clock = Arc::new(HeldClock {
        now: std::sync::Mutex::new(now()),
        sleepers: tokio::sync::watch::Sender::default(),
        go: tokio::sync::watch::Sender::default(),
    });
    let held = Arc::clone(&clock);
    let fetcher = Fetcher::with_jitter(held, || 0.5);
    let mut source = fastio(&server);
    source.vars = vec![("workspace_id".to_owned(), vec!["ws_1".to_owned(), "ws_2".to_owned()])];
    let request = Request::new(Arc::new(source), provider("fastio"), week());
    let fetch = tokio::spawn(told(fetcher.start(request)));
    clock.sleepers.subscribe().wait_for(|sleepers| *sleepers >= 2).await.expect("a clock");
    *clock.now.lock().expect("not poisoned") = now().plus(60_000_000);
    clock.go.send_replace(true);
    let told = fetch.await.expect("a fetch");
    told.assert_whole();
    let mut waits = told.waits.clone();
    waits.sort_by_key(|(_, attempt)| *attempt);
    assert_eq!(waits, [(Wait::RateLimited, 1), (Wait::RateLimited, 2)]);
    assert_eq!(told.resumed, 2);
}

#[tokio::test]
async fn a_walk_in_the_place_of_one_that_waits_tells_that_it_waits() {
    let server = in_turn(vec![limited("retry-after", "60"), page()]).await;
    let clock = Arc::new(HeldClock {
        now: std::sync::Mutex::new(now()),
        sleepers: tokio::sync::watch::Sender::default(),
        go: tokio::sync::watch::Sender::default(),
    });
    let fetcher = Fetcher::with_jitter(Arc::clone(&clock) as _, || 0.5);
    let source = Arc::new(fastio(&server));
    for _ in 0..2 {
        let request = Request::new(Arc::clone(&source), provider("fastio"), week());
        let mut running = fetcher.start(request);
        let waits = async {
            while let Some(update) = running.updates.recv().await {
                if let Update::Waiting { until, .. } = update {
                    return Some(until);
                }
            }
            None
        };
        let until = tokio::time::timeout(Duration::from_secs(20), waits).await.expect("it is told");
        assert_eq!(until, Some(now().plus(60_000_000)));
    }
    assert_eq!(asked(&server).await.len(), 1, "and nothing is asked meanwhile");
}

#[tokio::test]
async fn a_single_record_that_is_listened_to_tells_its_requests_and_its_waits() {
    let record = json!({"id": "1", "created_at": "2026-05-20T00:00:00Z", "action": "UPDATE"});
    let server = in_turn(vec![limited("Retry-After", "600"), ok(&record)]).await;
    let (fetcher, _) = fetcher();
    let source = Arc::new(source("logfire", &server.uri()));
    let (listener, mut updates) = tokio::sync::mpsc::channel(16);
    let logfire = provider("logfire");
    let single = fetcher.single_telling(&source, &logfire, None, "1", listener);
    assert_eq!(single.await.expect("a record").id.as_deref(), Some("1"));
    let mut told = Vec::new();
    while let Some(update) = updates.recv().await {
        told.push(match update {
            Update::Requested(exchange) => format!("{:?}", exchange.status),
            Update::Waiting { why, attempt, .. } => format!("{why:?} before try {attempt}"),
            Update::Resumed { .. } => "resumed".to_owned(),
            other => format!("{other:?}"),
        });
    }
    assert_eq!(told, ["Some(429)", "RateLimited before try 2", "resumed", "Some(200)"]);
}
