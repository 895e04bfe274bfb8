//! Every way of paging, windows, pushing and coverage, as the contract's sections 3 and 7 have them.

use std::sync::Arc;

use auditty::fetch::{End, ErrorKind};
use auditty::interval::Interval;
use auditty::query::parse::parse;
use auditty::timestamp::{DAY, SECOND};
use serde_json::{Value, json};
use wiremock::{Request as Asked, ResponseTemplate};

use super::support::*;

fn slice(all: &[Value], from: usize, length: usize) -> Vec<Value> {
    all.iter().skip(from).take(length).cloned().collect()
}

fn number(asked: &Asked, name: &str) -> Option<usize> {
    param(asked, name).map(|text| text.parse().expect("a number"))
}

/// A fastio page of a log in which the cursor is `c` and the number of entries before it.
fn cursor_page(log: &[Value], asked: &Asked, length: usize) -> ResponseTemplate {
    let from = param(asked, "cursor").map_or(0, |cursor| cursor[1..].parse().expect("a cursor"));
    let more = from + length < log.len();
    let next = more.then(|| format!("c{}", from + length));
    ok(&json!({"events": slice(log, from, length), "has_more": more, "next_cursor": next}))
}

fn fastpki_page(log: &[Value], asked: &Asked, most: usize) -> ResponseTemplate {
    let limit = number(asked, "limit").expect("a limit").min(most);
    ok(&json!(slice(log, number(asked, "skip").expect("an offset"), limit)))
}

fn fileguard_page(log: &[Value], asked: &Asked) -> ResponseTemplate {
    let size = number(asked, "page_size").expect("a size");
    let page = number(asked, "page").expect("a page");
    let pages = log.len().div_ceil(size).max(1);
    let items = slice(log, (page - 1) * size, size);
    let pagination = json!({"page": page, "total_pages": pages, "has_next": page < pages});
    ok(&json!({"status": "SUCCESS", "data": {"data": items, "pagination": pagination}}))
}

#[tokio::test]
async fn a_cursor_is_followed_through_all_pages_with_the_same_window() {
    let log = entries("fastio", 250);
    let server = server(move |asked| cursor_page(&log, asked, 100)).await;
    let told = fetched(source("fastio", &server.uri())).await;
    told.assert_whole();
    assert_eq!(told.distinct(), numbers(250));
    assert_eq!(told.pages.iter().map(|page| page.events.len()).collect::<Vec<_>>(), [100, 100, 50]);
    assert!(told.covered().covers(week()));
    assert_eq!(told.pages.last().and_then(|page| page.progress), Some(1.0));
    let asked = asked(&server).await;
    assert_eq!(asked.len(), 3);
    for (index, request) in asked.iter().enumerate() {
        assert_eq!(request.url.path(), "/v1/workspaces/ws_1/audit-logs");
        assert_eq!(param(request, "start_date").as_deref(), Some("2026-05-14T10:00:00Z"));
        assert_eq!(param(request, "end_date").as_deref(), Some("2026-05-21T10:00:00Z"));
        assert_eq!(param(request, "limit").as_deref(), Some("100"));
        assert_eq!(param(request, "cursor"), (index > 0).then(|| format!("c{index}00")));
        let header =
            |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        assert_eq!(header("authorization"), format!("Bearer {TOKEN}"));
        assert_eq!(header("accept"), "application/json");
        assert_eq!(header("user-agent"), format!("auditty/{}", env!("CARGO_PKG_VERSION")));
        assert_eq!(header("accept-encoding"), "gzip");
    }
}

#[tokio::test]
async fn coverage_grows_downwards_page_by_page() {
    let log = entries("fastio", 30);
    let server = server(move |asked| cursor_page(&log, asked, 10)).await;
    let told = fetched(source("fastio", &server.uri())).await;
    let until = now();
    let oldest = |id: i64| until.plus(-id * 60 * SECOND + 1);
    let covered: Vec<_> = told.pages.iter().map(|page| page.covered.clone()).collect();
    assert_eq!(
        covered,
        [
            vec![Interval::new(oldest(10), until)],
            vec![Interval::new(oldest(20), oldest(10))],
            vec![Interval::new(week().since, oldest(20))],
        ]
    );
}

#[tokio::test]
async fn an_offset_walk_takes_the_servers_strides_and_ends_at_a_short_page() {
    for (count, gives, requests) in [(0, 1000, 1), (7, 1000, 2), (250, 100, 5)] {
        let log = entries("fastpki", count);
        let server = server(move |asked| fastpki_page(&log, asked, gives)).await;
        let mut source = source("fastpki", &server.uri());
        source.concurrency = Some(1);
        let told = fetched(source).await;
        told.assert_whole();
        assert_eq!(told.distinct(), numbers(count), "{count} entries, {gives} a page");
        assert!(told.covered().covers(week()));
        let asked = asked(&server).await;
        assert!(asked.len() <= requests, "{} requests for {count} entries, {gives} a page", asked.len());
        assert_eq!(number(&asked[0], "skip"), Some(0));
        assert!(asked.iter().all(|request| number(request, "limit") == Some(1000)));
        assert!(asked.iter().all(|request| time_param(request, "until").is_some_and(|until| until < now())));
        assert!(asked.iter().all(|request| time_param(request, "since") == Some(week().since)));
    }
}

#[tokio::test]
async fn pages_run_ahead_and_come_in_order() {
    let log = entries("fastpki", 2_000);
    let server = server(move |asked| {
        let skip = number(asked, "skip").expect("an offset");
        // The earlier a page, the slower: without reordering they would come backwards.
        let slow = std::time::Duration::from_millis(if skip == 0 { 0 } else { (2_000 - skip as u64) / 40 });
        fastpki_page(&log, asked, 100).set_delay(slow)
    })
    .await;
    let mut source = source("fastpki", &server.uri());
    source.page_size = Some(100);
    let told = fetched(source).await;
    told.assert_whole();
    let ids: Vec<usize> = told.ids().iter().map(|id| id.parse().expect("a number")).collect();
    assert_eq!(ids, (1..=2_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn page_numbers_end_where_the_server_says() {
    for count in [0, 100, 101, 450] {
        let log = entries("fileguard", count);
        let server = server(move |asked| fileguard_page(&log, asked)).await;
        let told = fetched(source("fileguard", &server.uri())).await;
        told.assert_whole();
        assert_eq!(told.distinct(), numbers(count));
        let mut pages: Vec<_> =
            asked(&server).await.iter().filter_map(|request| number(request, "page")).collect();
        pages.sort_unstable();
        assert_eq!(pages, (1..=count.div_ceil(100).max(1)).collect::<Vec<_>>(), "no page twice, none beyond");
    }
}

#[tokio::test]
async fn a_whole_page_older_than_the_window_ends_a_walk_that_comes_newest_first() {
    // 100 entries an hour apart: 42 pages of 4 in the last week, and the rest before it.
    let log: Vec<_> = (1..=1_000).map(|id| entry("fileguard", id, id as i64 * 60)).collect();
    let server = server(move |asked| fileguard_page(&log, asked)).await;
    let mut source = source("fileguard", &server.uri());
    (source.page_size, source.concurrency) = (Some(50), Some(1));
    let told = fetched(source).await;
    told.assert_whole();
    assert_eq!(told.ids().len(), 168);
    assert!(asked(&server).await.len() < 12, "{} of 20 pages", asked(&server).await.len());
    assert!(told.covered().covers(week()));
}

#[tokio::test]
async fn pages_that_do_not_come_newest_first_are_all_read() {
    let mut log: Vec<_> = (1..=1_000).map(|id| entry("fileguard", id, id as i64 * 60)).collect();
    log.reverse();
    let server = server(move |asked| fileguard_page(&log, asked)).await;
    let told = fetched_with(source("fileguard", &server.uri()), |request| request.limit = Some(3)).await;
    told.assert_whole();
    assert_eq!(told.ids().len(), 168);
}

#[tokio::test]
async fn each_entity_is_a_walk_of_its_own() {
    let server = server(|asked| {
        let (kind, id) = asked.url.path().rsplit_once('/').expect("a path");
        assert!(kind.ends_with("/api/v1/audit-logs/entity/api_key"), "{kind}");
        let log = vec![entry("fileguard", if id == "key_1" { 1 } else { 2 }, 5)];
        fileguard_page(&log, asked)
    })
    .await;
    let mut source = source("fileguard", &server.uri());
    source.entities = ["key_1", "k/2"]
        .map(|id| auditty::source::Entity { kind: "api_key".to_owned(), id: id.to_owned() })
        .to_vec();
    let told = fetched_with(source, |request| request.push = Some(query("action:enabled"))).await;
    told.assert_whole();
    let mut parts: Vec<_> = told.ends.iter().map(|(part, _)| part.to_string()).collect();
    parts.sort();
    assert_eq!(parts, ["prod api_key/k/2", "prod api_key/key_1"]);
    assert_eq!(told.distinct(), ["1", "2"]);
    let asked = asked(&server).await;
    assert!(asked.iter().any(|request| request.url.path().ends_with("/k%2F2")), "one segment");
    assert!(asked.iter().all(|request| param(request, "action").is_none()), "nothing is pushed there");
}

#[tokio::test]
async fn a_long_window_is_cut_into_windows_that_the_system_answers() {
    let server = server(|asked| {
        let (since, until) = (time_param(asked, "start_time"), time_param(asked, "end_time"));
        let (since, until) = (since.expect("required"), until.expect("sent"));
        if until.micros() - since.micros() > 90 * DAY {
            return error(400, "too long");
        }
        // An entry a day, at noon.
        let days = (0..400).map(|day| (day, time("2026-05-20T12:00:00Z").plus(-day * DAY)));
        let items: Vec<_> = days
            .filter(|(_, at)| since <= *at && *at < until)
            .map(|(day, at)| json!({"id": day.to_string(), "created_at": at.rfc3339(6), "action": "LOGIN"}))
            .collect();
        ok(&json!(items))
    })
    .await;
    let window = Interval::new(now().plus(-365 * DAY + 1), now().plus(7));
    let told = fetched_with(source("logfire", &server.uri()), |request| request.window = window).await;
    told.assert_whole();
    assert_eq!(told.distinct().len(), 365);
    assert!(told.covered().covers(window));
    let asked = asked(&server).await;
    let first = asked.iter().filter_map(|request| time_param(request, "end_time")).max();
    assert_eq!(first, Some(now().plus(SECOND)), "rounded outwards");
    let times: Vec<_> = told.pages.iter().flat_map(|page| &page.events).map(|event| event.time).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "windows come newest first");
}

#[tokio::test]
async fn a_window_that_fails_leaves_the_others_going() {
    let server = server(|asked| {
        let since = time_param(asked, "start_time").expect("required");
        if since == time("2026-05-18T10:00:00Z") {
            return error(500, "broken shard");
        }
        ok(&json!([{"id": since.rfc3339(0), "created_at": since.rfc3339(6), "action": "LOGIN"}]))
    })
    .await;
    let told = fetched(source("logfire", &server.uri())).await;
    assert_eq!(told.distinct(), ["2026-05-14T10:00:00Z", "2026-05-20T10:00:00Z"]);
    let (error, missing) = told.failure();
    assert_eq!(missing, [Interval::new(time("2026-05-18T10:00:00Z"), time("2026-05-20T10:00:00Z"))]);
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(error.message.contains("broken shard") && error.message.contains("after 6 requests"), "{error}");
}

#[tokio::test]
async fn a_refused_window_is_the_only_one_asked_for() {
    let server = server(|_| error(403, "no")).await;
    let told = fetched(source("logfire", &server.uri())).await;
    assert_eq!(told.failure().0.kind, ErrorKind::Refused);
    assert_eq!(asked(&server).await.len(), 1);
}

/// A tofupilot log that heeds `from` and `to`, so many a page.
fn by_time(log: &[Value], asked: &Asked, length: usize) -> Vec<Value> {
    let (from, to) = (time_param(asked, "from").expect("from"), time_param(asked, "to").expect("to"));
    let at = |entry: &Value| time(entry["timestamp"].as_str().expect("a time"));
    log.iter().filter(|entry| from <= at(entry) && at(entry) < to).take(length).cloned().collect()
}

#[tokio::test]
async fn a_page_without_any_lead_is_followed_by_time() {
    let log = entries("tofupilot", 95);
    let server = server(move |asked| ok(&json!({"results": by_time(&log, asked, 30)}))).await;
    let told = fetched(source("tofupilot", &server.uri())).await;
    told.assert_whole();
    assert_eq!(told.distinct(), numbers(95));
    assert!(told.covered().covers(week()));
    let asked = asked(&server).await;
    assert!(asked.iter().all(|request| param(request, "limit").is_none()), "only where page_size is set");
    let second = time_param(&asked[1], "to");
    assert_eq!(
        second,
        Some(now().plus(-30 * 60 * SECOND + 1_000)),
        "the oldest time seen plus one millisecond"
    );
}

#[tokio::test]
async fn a_page_full_of_one_instant_hides_a_gap_that_is_told() {
    let mut log = entries("tofupilot", 3);
    log.extend((10..40).map(|id| entry("tofupilot", id, 5)));
    log.push(entry("tofupilot", 50, 60));
    let server = server(move |asked| ok(&json!({"data": by_time(&log, asked, 12)}))).await;
    let told = fetched(source("tofupilot", &server.uri())).await;
    let full = now().plus(-5 * 60 * SECOND);
    let gap = Interval::new(full.plus(-1_000), full.plus(1_000));
    let End::Gaps { missing, why } = told.end() else { panic!("{:?}", told.end()) };
    assert_eq!(*missing, [gap]);
    assert!(why.starts_with("more entries of one instant") && why.contains(&gap.since.to_string()), "{why}");
    assert!(told.distinct().contains(&"50"), "the descent goes on below the gap");
    assert_eq!(told.covered().missing_in(week()), [gap]);
}

#[tokio::test]
async fn a_numeric_cursor_a_link_header_and_page_size_are_taken() {
    let log = entries("tofupilot", 25);
    let all = log.clone();
    let by_number = server(move |asked| {
        let from = number(asked, "cursor").unwrap_or(0);
        let meta = json!({"has_more": from + 10 < all.len(), "next_cursor": from + 10});
        ok(&json!({"data": slice(&all, from, 10), "meta": meta}))
    })
    .await;
    let mut sized = source("tofupilot", &by_number.uri());
    sized.page_size = Some(10);
    let told = fetched(sized).await;
    told.assert_whole();
    assert_eq!(told.distinct(), numbers(25));
    let asked_for = asked(&by_number).await;
    assert_eq!(asked_for.len(), 3);
    assert!(asked_for.iter().all(|request| number(request, "limit") == Some(10)));

    let by_link = server(move |asked| {
        let from = number(asked, "after").unwrap_or(0);
        let page = ok(&json!(slice(&log, from, 10)));
        let next = format!("</api/v2/audit-log?after={}>; rel=\"next\"", from + 10);
        if from + 10 < log.len() { page.insert_header("link", next.as_str()) } else { page }
    })
    .await;
    let told = fetched(source("tofupilot", &by_link.uri())).await;
    told.assert_whole();
    assert_eq!(told.distinct(), numbers(25));
    assert_eq!(asked(&by_link).await.len(), 3, "a walk that followed a link ends where there is none");
}

#[tokio::test]
async fn an_entry_that_comes_on_two_pages_is_delivered_with_both_and_has_one_identity() {
    let log = entries("tofupilot", 40);
    let server = server(move |asked| ok(&json!(by_time(&log, asked, 30)))).await;
    let told = fetched(source("tofupilot", &server.uri())).await;
    let identities: std::collections::HashSet<_> =
        told.pages.iter().flat_map(|page| &page.events).map(|event| event.identity).collect();
    assert_eq!(identities.len(), 40);
}

#[tokio::test]
async fn an_empty_page_with_a_new_cursor_is_followed_and_no_more_ends_whatever_the_cursor_says() {
    let server = server(|asked| match param(asked, "cursor").as_deref() {
        None => ok(&json!({"events": [], "has_more": true, "next_cursor": "a"})),
        Some("a") => ok(&json!({"events": entries("fastio", 1), "next_cursor": "b"})),
        Some(_) => ok(&json!({"events": [], "has_more": false, "next_cursor": "c"})),
    })
    .await;
    let told = fetched(source("fastio", &server.uri())).await;
    told.assert_whole();
    assert_eq!((told.ids(), asked(&server).await.len()), (vec!["1"], 3));
}

#[tokio::test]
async fn a_cursor_in_a_circle_and_more_without_a_cursor_name_the_page() {
    let circle =
        server(|_| ok(&json!({"events": entries("fastio", 2), "has_more": true, "next_cursor": "a"}))).await;
    let told = fetched(source("fastio", &circle.uri())).await;
    let (error, missing) = told.failure();
    assert_eq!(error.kind, ErrorKind::Broken);
    assert!(error.message.contains("prod ws_1: page 2") && error.message.contains("cursor"), "{error}");
    assert_eq!(told.distinct(), ["1", "2"], "what came before is delivered");
    assert_eq!(missing, [Interval::new(week().since, now().plus(-120 * SECOND + 1))]);

    let nowhere = server(|_| ok(&json!({"events": [], "has_more": true, "next_cursor": null}))).await;
    let told = fetched(source("fastio", &nowhere.uri())).await;
    let (error, _) = told.failure();
    assert!(error.message.contains("page 1") && error.message.contains("no cursor"), "{error}");
}

#[tokio::test]
async fn a_forgotten_cursor_begins_the_walk_again_once_at_the_oldest_time_seen() {
    for status in [400, 404, 410] {
        let log = entries("fastio", 30);
        let server = server(move |asked| {
            let end = time_param(asked, "end_date").expect("an end");
            match param(asked, "cursor") {
                Some(_) if end == now() => error(status, "cursor expired"),
                _ => {
                    let rest: Vec<_> = log
                        .iter()
                        .filter(|entry| time(entry["timestamp"].as_str().expect("a time")) < end)
                        .cloned()
                        .collect();
                    cursor_page(&rest, asked, 10)
                }
            }
        })
        .await;
        let told = fetched(source("fastio", &server.uri())).await;
        told.assert_whole();
        assert_eq!(told.distinct(), numbers(30));
        assert!(told.covered().covers(week()));
        let again = &asked(&server).await[2];
        assert_eq!(
            (param(again, "cursor"), time_param(again, "end_date")),
            (None, Some(now().plus(-599 * SECOND)))
        );
        assert!(told.notices.iter().any(|text| text.contains("page 2")), "{:?}", told.notices);
    }
    let server = server(|asked| match param(asked, "cursor") {
        None => ok(&json!({"events": entries("fastio", 1), "has_more": true, "next_cursor": "a"})),
        Some(_) => error(410, "gone"),
    })
    .await;
    let told = fetched(source("fastio", &server.uri())).await;
    let (error, _) = told.failure();
    assert!(error.message.contains("410") && error.message.contains("gone"), "{error}");
    assert_eq!(asked(&server).await.len(), 4);
}

fn query(text: &str) -> Arc<auditty::query::Query> {
    Arc::new(parse(text, now()).expect("a filter"))
}

#[tokio::test]
async fn a_filter_is_pushed_and_said() {
    let server = server(|_| ok(&json!([]))).await;
    let told = fetched_with(source("tofupilot", &server.uri()), |request| {
        request.push = Some(query("status:5xx method:get -endpoint:/x quota"));
    })
    .await;
    told.assert_whole();
    assert_eq!(told.began[0].1, ["status:5xx", "method:get"]);
    let request = &asked(&server).await[0];
    assert_eq!(param(request, "status").as_deref(), Some("5xx"));
    assert_eq!(param(request, "method").as_deref(), Some("GET"));
    assert_eq!(param(request, "endpoint"), None);
}

#[tokio::test]
async fn a_refused_filter_is_asked_without_once_more() {
    for status in [400, 422] {
        let server = server(move |asked| match param(asked, "action") {
            Some(_) => error(status, "unknown action"),
            None => ok(&json!({"events": entries("fastio", 3)})),
        })
        .await;
        let told = fetched_with(source("fastio", &server.uri()), |request| {
            request.push = Some(query("action:file.read"));
        })
        .await;
        told.assert_whole();
        assert_eq!(told.distinct(), numbers(3));
        assert_eq!(asked(&server).await.len(), 2);
        assert!(told.notices[0].contains("action:file.read"), "{:?}", told.notices);
    }
    let server = server(|_| error(422, "no such thing")).await;
    let told = fetched_with(source("fastio", &server.uri()), |request| {
        request.push = Some(query("action:file.read"));
    })
    .await;
    let (error, _) = told.failure();
    assert!(error.kind == ErrorKind::Broken && error.message.contains("no such thing"), "{error}");
    assert_eq!(asked(&server).await.len(), 2);
}

#[tokio::test]
async fn a_limit_stops_the_walk_once_the_newest_are_certain() {
    let log = entries("fastio", 1_000);
    let server = server(move |asked| cursor_page(&log, asked, 100)).await;
    let told = fetched_with(source("fastio", &server.uri()), |request| request.limit = Some(150)).await;
    assert!(matches!(told.end(), End::Limited), "{:?}", told.end());
    assert_eq!(told.pages.len(), 2);

    // At the limit's own instant, an entry of the next page may stand before one of this page.
    let mut ties = entries("fastio", 9);
    ties.extend((10..=25).map(|id| entry("fastio", id, 10)));
    ties.extend((26..100).map(|id| entry("fastio", id, id as i64)));
    let tied = super::support::server(move |asked| cursor_page(&ties, asked, 10)).await;
    let told = fetched_with(source("fastio", &tied.uri()), |request| {
        request.limit = Some(10);
        request.filter = Some(query("action:file.read"));
    })
    .await;
    assert_eq!(told.pages.len(), 3, "until an older one than the tenth has come");
}

#[tokio::test]
async fn entries_outside_the_window_are_left_out_whatever_the_server_does() {
    let mut log = vec![entry("fastpki", 1, -1), entry("fastpki", 2, 0)];
    log.extend([
        entry("fastpki", 3, 1),
        entry("fastpki", 4, 7 * 24 * 60),
        entry("fastpki", 5, 7 * 24 * 60 + 1),
    ]);
    let server = server(move |asked| fastpki_page(&log, asked, 1000)).await;
    let told = fetched(source("fastpki", &server.uri())).await;
    assert_eq!(told.ids(), ["3", "4"], "since inclusive, until exclusive");
}

#[tokio::test]
async fn malformed_items_are_skipped_and_named() {
    let server = server(|asked| match param(asked, "cursor") {
        None => ok(&json!({"events": entries("fastio", 2), "has_more": true, "next_cursor": "a"})),
        Some(_) => ok(&json!({"events": ["text", {"id": "9", "timestamp": 7}, entry("fastio", 3, 3)]})),
    })
    .await;
    let told = fetched(source("fastio", &server.uri())).await;
    told.assert_whole();
    assert_eq!(told.distinct(), numbers(3));
    let skipped: Vec<_> =
        told.pages.iter().flat_map(|page| &page.skipped).map(|one| (one.page, one.item)).collect();
    assert_eq!(skipped, [(2, 1), (2, 2)]);
}

#[tokio::test]
async fn a_window_beyond_the_retention_is_said() {
    let server = server(|_| ok(&json!([]))).await;
    let window = Interval::new(now().plus(-100 * DAY), now());
    let told = fetched_with(source("tofupilot", &server.uri()), |request| request.window = window).await;
    assert!(told.notices.iter().any(|text| text.contains("90 days")), "{:?}", told.notices);
    let mut longer = source("tofupilot", &server.uri());
    longer.retention_days = Some(365);
    let told = fetched_with(longer, |request| request.window = window).await;
    assert!(told.notices.is_empty(), "{:?}", told.notices);
}

#[tokio::test]
async fn a_source_fans_out_over_its_workspaces() {
    let server = server(|asked| {
        let workspace = asked.url.path().split('/').nth(3).expect("a workspace");
        let time = "2026-05-20T00:00:00Z";
        let nameless = json!({"timestamp": time, "action": "the same"});
        let named = json!({"id": "1", "timestamp": time, "action": workspace});
        ok(&json!({"events": [named, nameless, nameless]}))
    })
    .await;
    let mut source = source("fastio", &server.uri());
    source.vars = vec![("workspace_id".to_owned(), vec!["ws_1".to_owned(), "ws 2".to_owned()])];
    let told = fetched(source).await;
    told.assert_whole();
    assert_eq!(told.ends.len(), 2);
    let mut came: Vec<_> = told
        .pages
        .iter()
        .flat_map(|page| &page.events)
        .map(|event| (event.project.clone(), event.action.clone()))
        .collect();
    came.sort();
    let of = |project: &str, action: &str| (Some(project.to_owned()), Some(action.to_owned()));
    came.dedup();
    assert_eq!(
        came,
        [of("ws 2", "the same"), of("ws 2", "ws%202"), of("ws_1", "the same"), of("ws_1", "ws_1")]
    );
    let identities: std::collections::HashSet<_> =
        told.pages.iter().flat_map(|page| &page.events).map(|event| event.identity).collect();
    assert_eq!(identities.len(), 4, "the same id, or record without one, in two workspaces is two entries");
}

#[tokio::test]
async fn a_server_that_gives_the_same_page_for_every_place_is_an_error_that_names_the_page() {
    let server = server(|_| ok(&json!(entries("fastpki", 5)))).await;
    let told = fetched(source("fastpki", &server.uri())).await;
    let (error, _) = told.failure();
    assert!(error.kind == ErrorKind::Broken && error.message.contains("page 2"), "{error}");
    assert_eq!(told.distinct(), numbers(5));
}
