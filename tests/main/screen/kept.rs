//! Sessions over an archive: what it holds is on the screen and only the rest fetched, what is
//! fetched is kept, or asked about at the end.

use std::path::Path;

use auditty::archive::Archive;
use auditty::fetch::Part;
use auditty::interval::IntervalSet;
use auditty::keep::Keeper;
use auditty::place::Place;
use auditty::sync::{Wanted, sync};

use super::*;

fn week() -> Interval {
    Interval::new(WORLD.end().plus(-7 * DAY), WORLD.end())
}

fn place(folder: &Path) -> Place {
    Place::Folder(folder.to_owned())
}

/// Syncs these sources into the folder's archive: the week, up to so long before its end.
fn synced(folder: &Path, sources: &[Configured], before: i64, changes: bool) {
    let clock: Arc<dyn Clock> = Arc::new(Shifted(Instant::now()));
    let wanted = Wanted { since: Some(week().since), until: Some(week().until.plus(-before)), changes };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let archive = Archive::open(folder).expect("it opens");
    let fetcher = Fetcher::new(Arc::clone(&clock));
    let ended =
        runtime.block_on(sync(&fetcher, Box::new(archive), sources, wanted, clock.now(), &mut |_| {}));
    assert!(ended.expect("it ends well").iter().all(|summary| summary.failure.is_none()));
}

fn coverage(folder: &Path, source: &str) -> IntervalSet {
    let part = Part { source: source.into(), value: None };
    Archive::open_read_only(folder).expect("there is one").coverage(&part).expect("it can be read")
}

fn records(folder: &Path) -> u64 {
    Archive::open_read_only(folder).expect("there is one").verify().expect("it is whole").records
}

#[test]
fn what_the_archive_holds_is_shown_and_what_was_fetched_besides_is_asked_about() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    let stage = Stage::open_as(&[System::Fastpki], None, (160, 48), u64::MAX, |systems, sources| {
        synced(&path, &sources, DAY, false);
        let keeper = Keeper::noting(place(&path), sources).expect("a thread");
        systems.over_archive(place(&path)).keeping(keeper)
    });
    let total = stage.held(System::Fastpki, |_| true);
    stage.wait_until("everything", |frame| {
        frame.contains(&format!("{0}/{0}", grouped(total))) && frame.contains("all fetched")
    });
    let before = records(folder.path());
    let lacking = total as u64 - before;
    assert!(lacking > 5 && before > 100, "{lacking} of {total}");
    // What the archive has already is not counted.
    stage.keys("q");
    let question = format!("q again: drop {} · k: keep them", grouped(lacking as usize));
    stage.wait_for(&question);
    stage.keys("k");
    let Stage { runtime, server, end, .. } = stage;
    assert_eq!(runtime.block_on(end).expect("it ends"), 0);
    assert_eq!(records(folder.path()), total as u64);
    assert!(coverage(folder.path(), "pki").covers(week()), "a later sync asks for none of it");
    drop(server);
}

#[test]
fn following_with_keep_keeps_what_comes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    let stage = Stage::open_as(&[System::Tofupilot], None, (160, 48), u64::MAX, |systems, sources| {
        synced(&path, &sources, 0, false);
        let keeper = Keeper::writing(place(&path), sources).expect("it opens");
        systems.over_archive(place(&path)).keeping(keeper)
    });
    stage.wait_for("all fetched");
    let before = records(folder.path());
    // This system's log has our own reads in it: they are what is new.
    stage.keys("F");
    stage.wait_for("own reads hidden");
    let _ =
        stage.wait_until("the poll's end", |frame| !frame.contains("  0%") && frame.contains("following"));
    stage.quit();
    assert!(records(folder.path()) > before, "what came while following is kept");
    let covered = coverage(folder.path(), "api");
    assert!(covered.parts().last().is_some_and(|last| last.until > week().until), "{covered:?}");
}

#[test]
fn a_disk_that_is_full_is_an_error_on_the_screen_and_ends_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    let stage = Stage::open_as(&[System::Fastpki], None, (160, 48), u64::MAX, |systems, sources| {
        let keeper = Keeper::writing(place(&path), sources).expect("it opens");
        rusqlite::Connection::open(Archive::file_in(&path))
            .and_then(|file| {
                file.execute_batch(
                    "CREATE TRIGGER full BEFORE INSERT ON block BEGIN SELECT RAISE(ABORT, 'no room'); END",
                )
            })
            .expect("a trigger");
        systems.over_archive(place(&path)).keeping(keeper)
    });
    let total = grouped(stage.held(System::Fastpki, |_| true));
    stage.wait_until("everything, and the error", |frame| {
        frame.contains(&format!("{total}/{total}")) && frame.contains("× not kept")
    });
    stage.keys("q");
    stage.wait_for(&format!("q again: drop {total}"));
    stage.keys("k");
    stage.wait_for("not kept: the archive");
    rusqlite::Connection::open(Archive::file_in(folder.path()))
        .and_then(|file| file.execute_batch("DROP TRIGGER full"))
        .expect("no trigger");
    stage.keys("q");
    stage.wait_for(&format!("q again: drop {total}"));
    stage.keys("k");
    let Stage { runtime, end, server, .. } = stage;
    assert_eq!(runtime.block_on(end).expect("it ends"), 0);
    assert_eq!(grouped(records(folder.path()) as usize), total);
    assert!(coverage(folder.path(), "pki").covers(week()));
    drop(server);
}

#[test]
fn single_records_that_the_archive_has_are_not_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    let stage = Stage::open_as(&[System::Logfire], None, (160, 60), u64::MAX, |systems, sources| {
        synced(&path, &sources, 0, true);
        let keeper = Keeper::noting(place(&path), sources).expect("a thread");
        systems.over_archive(place(&path)).keeping(keeper)
    });
    let total = grouped(stage.held(System::Logfire, |_| true));
    stage.wait_until("everything", |frame| {
        frame.contains(&format!("{total}/{total}")) && frame.contains("all fetched")
    });
    stage.keys("D");
    stage.wait_for("changes are known for all");
    stage.keys("/action:UPDATE\r");
    stage.wait_until("updates", |frame| {
        frame.contains("/ action:UPDATE") && !frame.contains(&format!("{total}/{total}"))
    });
    stage.keys("\r");
    stage.wait_for("downgrade_patches");
    assert_eq!(stage.asked(|effect| matches!(effect, Effect::Single(_))), 0);
    stage.keys("q");
    // The ten minutes before the end were fetched again, and are there already.
    stage.quit();
}

#[test]
fn a_session_without_an_archive_asks_and_leaves_none_where_all_is_dropped() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("archive");
    let stage = Stage::open_as(&[System::Fastpki], None, (80, 24), u64::MAX, |systems, sources| {
        let keeper = Keeper::noting(place(&path), sources).expect("a thread");
        systems.over_archive(place(&path)).keeping(keeper)
    });
    let total = grouped(stage.held(System::Fastpki, |_| true));
    stage.wait_for("all fetched");
    stage.keys("q");
    stage.wait_for(&format!("q again: drop {total} · k: keep them in the archive"));
    stage.quit();
    assert!(!path.exists(), "nothing was written");
}
