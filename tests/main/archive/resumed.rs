//! An interrupted sync goes on where it was: what came is not asked for again.

use std::sync::Mutex;
use std::time::Duration;

use auditty::archive::Archive;
use auditty::demo::System;
use auditty::fetch::Update;
use auditty::sync::{Progress, Summary, Wanted, sync};
use auditty::timestamp::{DAY, SECOND};
use tokio_util::sync::CancellationToken;

use super::bench::{Bench, archived, assert_same, first_window, present};

/// Syncs a system; with a number of pages, only until so many have come and were taken in.
async fn run(
    bench: &Bench,
    folder: &std::path::Path,
    system: System,
    pages: Option<u64>,
    later: i64,
) -> Option<Summary> {
    let archive = Archive::open(folder).expect("it opens");
    let sources = [bench.source(system)];
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
    let now = present(system).plus(later);
    let syncing = sync(&bench.fetcher, archive, &sources, Wanted::default(), now, &mut tell);
    tokio::select! {
        biased;
        () = enough.cancelled() => None,
        summaries = syncing => Some(summaries.expect("nothing fails").remove(0)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_before_an_interruption_is_not_asked_for_again() {
    let bench = Bench::new(Duration::from_millis(2)).await;
    for system in System::ALL {
        let whole_folder = tempfile::tempdir().expect("a folder");
        let whole = run(&bench, whole_folder.path(), system, None, 0).await.expect("it ends").requests;
        assert!(whole >= 5, "{system:?}: {whole} requests");
        let folder = tempfile::tempdir().expect("a folder");
        let half = whole / 2;
        assert!(run(&bench, folder.path(), system, Some(half), 0).await.is_none(), "{system:?}");
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
    let bench = Bench::new(Duration::from_millis(2)).await;
    let later = 6 * 3600 * SECOND;
    for system in System::ALL {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(run(&bench, folder.path(), system, Some(3), -DAY).await.is_none(), "{system:?}");
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
