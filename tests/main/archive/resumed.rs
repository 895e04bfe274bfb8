//! An interrupted sync goes on where it was: what came is not asked for again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use auditty::archive::Archive;
use auditty::demo::System;
use auditty::fetch::clock::FakeClock;
use auditty::fetch::{Fetcher, Update};
use auditty::provider::registry::Registry;
use auditty::source::{Secret, Source};
use auditty::sync::{Configured, Progress, Summary, Wanted, sync};
use auditty::timestamp::{DAY, SECOND, Timestamp};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::bench::{Bench, archived, assert_same, first_window, present};
use super::late::Log;

/// Syncs a system; with a number of pages, only until so many have come and were taken in.
async fn run(
    bench: &Bench,
    folder: &std::path::Path,
    system: System,
    pages: Option<u64>,
    later: i64,
) -> Option<Summary> {
    let now = present(system).plus(later);
    run_source(&bench.fetcher, bench.source(system), folder, now, pages).await
}

/// Whether a system's few windows may all have come before the first was taken in.
fn all_at_once(system: System) -> bool {
    system == System::Logfire
}

async fn run_source(
    fetcher: &Fetcher,
    source: Configured,
    folder: &std::path::Path,
    now: Timestamp,
    pages: Option<u64>,
) -> Option<Summary> {
    let archive = Archive::open(folder).expect("it opens");
    let sources = [source];
    let enough = CancellationToken::new();
    let came = Mutex::new(0);
    let mut tell = |progress: Progress<'_>| {
        let mut came = came.lock().expect("one thread");
        match progress {
            Progress::Fetch(Update::Page(_)) => *came += 1,
            Progress::Kept(..) if pages.is_some_and(|pages| *came >= pages) => enough.cancel(),
            _ => {}
        }
    };
    let syncing = sync(fetcher, Box::new(archive), &sources, Wanted::default(), now, &mut tell);
    tokio::select! {
        biased;
        () = enough.cancelled() => None,
        summaries = syncing => Some(summaries.expect("nothing fails").remove(0)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_before_an_interruption_is_not_asked_for_again() {
    let bench = Bench::new(Duration::from_millis(10)).await;
    for system in System::ALL {
        let whole_folder = tempfile::tempdir().expect("a folder");
        let whole = run(&bench, whole_folder.path(), system, None, 0).await.expect("it ends").requests;
        assert!(whole >= 5, "{system:?}: {whole} requests");
        let folder = tempfile::tempdir().expect("a folder");
        let half = whole / 2;
        let first = run(&bench, folder.path(), system, Some(half), 0).await;
        assert!(first.is_none() || all_at_once(system), "{system:?}");
        let rest = run(&bench, folder.path(), system, None, 0).await.expect("it ends");
        assert_eq!((rest.failure, rest.missing.is_empty()), (None, true), "{system:?}");
        // The page that came last may be looked at again, and the ten minutes before the end.
        assert!(rest.requests <= whole - half + 6, "{system:?}: {} of {whole} after {half}", rest.requests);
        assert_same(
            &archived(folder.path(), &bench.source(system)),
            &bench.held(system, first_window(system)),
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_walk_that_goes_on_later_brings_what_came_meanwhile_too() {
    let bench = Bench::new(Duration::from_millis(10)).await;
    let later = 6 * 3600 * SECOND;
    for system in System::ALL {
        let folder = tempfile::tempdir().expect("a folder");
        let first = run(&bench, folder.path(), system, Some(3), -DAY).await;
        assert!(first.is_none() || all_at_once(system), "{system:?}");
        assert!(
            run(&bench, folder.path(), system, Some(2), -DAY + later)
                .await
                .is_none_or(|summary| summary.failure.is_none())
        );
        let rest = run(&bench, folder.path(), system, None, -DAY + 2 * later).await.expect("it ends");
        assert_eq!((rest.failure, rest.missing.is_empty()), (None, true), "{system:?}");
        let mut window = first_window(system);
        window.since = window.since.plus(-DAY);
        window.until = window.until.plus(-DAY + 2 * later);
        assert_same(&archived(folder.path(), &bench.source(system)), &bench.held(system, window));
        // And the next one asks for the last ten minutes alone.
        let next =
            run(&bench, folder.path(), system, None, -DAY + 2 * later + SECOND).await.expect("it ends");
        assert!(next.requests <= 3 && next.taken.replaced == 0, "{system:?}: {next:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn single_records_that_were_taken_in_are_not_asked_for_again() {
    let bench = Bench::new(Duration::ZERO).await;
    let folder = tempfile::tempdir().expect("a folder");
    let source = bench.source(System::Logfire);
    let part = Fetcher::parts(&source.0, &source.1).expect("parts").remove(0);
    let (sources, now) = ([source], present(System::Logfire));
    let wanted = Wanted { changes: true, ..Wanted::default() };
    let singles = |kept: u64, enough: CancellationToken| {
        move |progress: Progress<'_>| {
            if matches!(progress, Progress::Singles(_, came) if came >= kept) {
                enough.cancel();
            }
        }
    };
    // Cut off as soon as a hundred are said to be there.
    let (archive, enough) = (Archive::open(folder.path()).expect("it opens"), CancellationToken::new());
    let mut tell = singles(100, enough.clone());
    tokio::select! {
        biased;
        () = enough.cancelled() => {}
        _ = sync(&bench.fetcher, Box::new(archive), &sources, wanted, now, &mut tell) => panic!("not so soon"),
    }
    let archive = Archive::open(folder.path()).expect("it opens");
    let held = archive.status().expect("read").iter().map(|status| status.entries).sum::<u64>();
    let mut tell = singles(u64::MAX, CancellationToken::new());
    let rest = sync(&bench.fetcher, Box::new(archive), &sources, wanted, now, &mut tell).await;
    let rest = rest.expect("it ends").remove(0);
    assert!(rest.singles > 0 && rest.singles <= held - 100, "{} of {held}", rest.singles);
    let archive = Archive::open(folder.path()).expect("it opens");
    assert_eq!(archive.list_rows(&part).expect("read"), None, "each is there as a single record");
    archive.verify().expect("it is whole");
}

fn noon() -> Timestamp {
    Timestamp::parse("2026-05-20T12:00:00Z").expect("a time")
}

fn configured(provider: &str, url: &str, page_size: u32) -> Configured {
    let mut source = Source::new("one", provider);
    source.base_url = Some(url.to_owned());
    source.token = Some(Secret::Command(vec!["printf".to_owned(), "demo".to_owned()]));
    source.page_size = Some(page_size);
    source.concurrency = Some(1);
    source.vars = vec![("workspace_id".to_owned(), vec!["w".to_owned()])];
    (Arc::new(source), Registry::shipped().get(provider).expect("shipped"))
}

/// The ids that the archive of a folder holds.
fn ids(folder: &std::path::Path, source: &Configured) -> Vec<u64> {
    let id = |(_, record): (String, String)| {
        let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
        record["id"].as_u64().or_else(|| record["id"].as_str()?.parse().ok()).expect("a number")
    };
    let mut ids: Vec<u64> = archived(folder, source).into_iter().map(id).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_moved_meanwhile_is_fetched_anew_and_nothing_is_passed_over() {
    let server = MockServer::start().await;
    let log = Log::default();
    Mock::given(matchers::any()).respond_with(log.clone()).mount(&server).await;
    let source = configured("fastpki", &server.uri(), 2);
    let fetcher = Fetcher::with_jitter(Arc::new(FakeClock::at(noon())), || 0.5);
    let minute = |minute: u64| format!("2026-05-20T11:{minute:02}:00Z");
    // The system lets go of more than a page before the place, and what was behind it moves up.
    for gone in [&[][..], &[17, 18, 19]] {
        for id in 0..20 {
            log.add(id, &minute(id), "create");
        }
        let folder = tempfile::tempdir().expect("a folder");
        assert!(run_source(&fetcher, source.clone(), folder.path(), noon(), Some(3)).await.is_none());
        for id in gone {
            log.forget(*id);
        }
        let rest = run_source(&fetcher, source.clone(), folder.path(), noon(), None).await.expect("it ends");
        assert_eq!((rest.failure, rest.missing.is_empty()), (None, true));
        assert_eq!(ids(folder.path(), &source), (0..20).collect::<Vec<_>>(), "{gone:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_that_is_known_no_more_leads_to_a_fresh_walk() {
    let page = |ids: &[u64], next: Option<&str>| {
        let item = |id: &u64| json!({"id": id.to_string(), "timestamp": format!("2026-05-20T11:{id:02}:00Z"), "action": "x"});
        json!({"events": ids.iter().map(item).collect::<Vec<_>>(), "next_cursor": next, "has_more": next.is_some()})
    };
    let answer = |body: serde_json::Value| ResponseTemplate::new(200).set_body_json(body);
    let at = |cursor: &'static str| Mock::given(matchers::query_param("cursor", cursor));
    let first = || Mock::given(matchers::query_param_is_missing("cursor"));
    let server = MockServer::start().await;
    first().respond_with(answer(page(&[9, 8, 7], Some("a")))).mount(&server).await;
    at("a").respond_with(answer(page(&[6, 5], Some("b")))).mount(&server).await;
    let delayed = answer(page(&[4, 3], None)).set_delay(Duration::from_secs(20));
    at("b").respond_with(delayed).mount(&server).await;
    let source = configured("fastio", &server.uri(), 100);
    let fetcher = Fetcher::with_jitter(Arc::new(FakeClock::at(noon())), || 0.5);
    let folder = tempfile::tempdir().expect("a folder");
    assert!(run_source(&fetcher, source.clone(), folder.path(), noon(), Some(2)).await.is_none());
    assert_eq!(ids(folder.path(), &source), [5, 6, 7, 8, 9]);
    server.reset().await;
    let refused = ResponseTemplate::new(410).set_body_json(json!({"error": "expired"}));
    at("b").respond_with(refused).expect(1).mount(&server).await;
    // Once below what had come, and once for the window's last ten minutes.
    first().respond_with(answer(page(&[5, 4, 3], None))).expect(2).mount(&server).await;
    let rest = run_source(&fetcher, source.clone(), folder.path(), noon(), None).await.expect("it ends");
    assert_eq!((rest.failure, rest.missing.is_empty(), rest.taken.new), (None, true, 2));
    assert_eq!(ids(folder.path(), &source), (3..=9).collect::<Vec<_>>());
}
