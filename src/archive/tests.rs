//! What the archive does at its edges: other files, other versions, damage, a full disk, two at once.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rusqlite::Connection;

use super::{Archive, Batch, Error, Lock, WalkChange};
use crate::event::{Event, Rank};
use crate::interval::Interval;
use crate::json::Node;
use crate::provider::Provider;
use crate::provider::mapping::Context;
use crate::provider::registry::Registry;
use crate::source::Part;
use crate::timestamp::{SECOND, Timestamp};

pub fn time(second: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000 * SECOND + second * SECOND)
}

pub fn provider() -> Arc<Provider> {
    static PROVIDER: OnceLock<Arc<Provider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Registry::shipped().get("tofupilot").expect("it is shipped")))
}

pub fn part(value: Option<&str>) -> Part {
    Part { source: "prod".into(), value: value.map(Into::into) }
}

pub fn open(folder: &Path) -> Archive {
    let mut archive = Archive::open(folder).expect("it opens");
    archive.claim("prod", "tofupilot", "https://one.example").expect("it is the same system");
    archive
}

pub fn event(part: &Part, id: &str, second: i64, rank: Rank, says: &str) -> Event {
    let record = format!(
        r#"{{"request_id":"{id}","timestamp":"{}","method":"GET","endpoint":"/{says}","status":200}}"#,
        time(second)
    );
    let provider = provider();
    let context = Context {
        source: part.source.clone(),
        provider: (*provider.name).into(),
        workspace: part.value.clone(),
        rank,
    };
    provider.mapping.event(Node::parse(&record).expect("JSON"), &context).expect("an entry")
}

fn one(archive: &mut Archive, id: &str, second: i64) {
    let part = part(None);
    archive.append(&[Batch::of(&part, &[event(&part, id, second, Rank::ListRow, "x")])]).expect("taken in");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn only_the_owner_may_read_it() {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("a/b");
    let mut archive = open(&folder);
    one(&mut archive, "1", 1);
    let _lock = Lock::take(&folder, Duration::ZERO).expect("usable");
    assert_eq!(mode(&folder), 0o700);
    let mut files = 0;
    for file in fs::read_dir(&folder).expect("readable") {
        let file = file.expect("readable").path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        files += 1;
    }
    assert!(files >= 3, "the file, its log and the lock");
}

#[test]
fn other_files_are_refused_and_left_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = Archive::file_in(folder.path());
    fs::write(&file, "a text that is no database, and long enough to have a header of one hundred bytes, or so it seems to me").expect("written");
    assert!(matches!(Archive::open(folder.path()), Err(Error::Foreign { .. })));
    assert!(fs::read_to_string(&file).expect("readable").starts_with("a text"));
    fs::remove_file(&file).expect("gone");
    let other = Connection::open(&file).expect("it opens");
    other.execute_batch("CREATE TABLE bookmarks(url TEXT)").expect("it is made");
    drop(other);
    let before = fs::read(&file).expect("readable");
    for error in [Archive::open(folder.path()), Archive::open_read_only(folder.path())] {
        let error = error.expect_err("it is another's");
        assert!(error.to_string().contains("not an archive of auditty"), "{error}");
    }
    assert_eq!(fs::read(&file).expect("readable"), before);
}

#[test]
fn a_newer_version_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()));
    let file = Archive::file_in(folder.path());
    let newer = Connection::open(&file).expect("it opens");
    newer.pragma_update(None, "user_version", 99).expect("set");
    drop(newer);
    for error in [Archive::open(folder.path()), Archive::open_read_only(folder.path())] {
        let error = error.expect_err("it is newer").to_string();
        assert!(error.contains("version 99") && error.contains("newer auditty"), "{error}");
    }
}

#[test]
fn what_is_not_there_is_not_made_for_reading() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(Archive::open_read_only(folder.path()), Err(Error::Missing { .. })));
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
}

#[test]
fn a_name_that_now_means_another_system_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = open(folder.path());
    for (provider, origin) in [("tofupilot", "https://two.example"), ("logfire", "https://one.example")] {
        let error = archive.claim("prod", provider, origin).expect_err("another").to_string();
        assert!(error.contains("tofupilot at https://one.example") && error.contains(origin), "{error}");
    }
    archive.claim("prod", "tofupilot", "").expect("files of the same system");
    archive.claim("files", "fastio", "").expect("new");
    archive.claim("files", "fastio", "https://a.example").expect("now its origin is known");
    assert!(archive.claim("files", "fastio", "https://b.example").is_err());
}

#[test]
fn a_truncated_file_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = open(folder.path());
    (0..200).for_each(|n| one(&mut archive, &n.to_string(), n));
    drop(archive);
    let file = Archive::file_in(folder.path());
    let length = fs::metadata(&file).expect("there").len();
    fs::OpenOptions::new().write(true).open(&file).and_then(|file| file.set_len(length / 2)).expect("cut");
    let found = Archive::open(folder.path()).and_then(|archive| archive.verify());
    let error = found.expect_err("half of it is gone").to_string();
    assert!(error.contains("damaged"), "{error}");
}

#[test]
fn a_changed_record_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = open(folder.path());
    one(&mut archive, "1", 1);
    one(&mut archive, "2", 2);
    archive.verify().expect("whole");
    let wrong = [
        ("UPDATE entry SET digest = digest + 1 WHERE time = (SELECT min(time) FROM entry)", "hash differs"),
        ("UPDATE block SET hash = x'00' WHERE id = 1", "block 1 of prod: its hash differs"),
        ("UPDATE block SET count = 2 WHERE id = 2", "block 2 of prod: it has 1 records and not 2"),
        ("DELETE FROM entry WHERE time = (SELECT max(time) FROM entry)", "not known as an entry"),
        ("DELETE FROM block WHERE id = 1", "2 entries are known and 1 records are there"),
        ("UPDATE block SET body = substr(body, 1, 20) WHERE id = 2", "block 2 of prod"),
    ];
    for (sql, fault) in wrong {
        archive.connection().execute_batch(&format!("SAVEPOINT s; {sql}")).expect("changed");
        let file = archive.file.clone();
        let error = archive.verify_all().expect_err(sql).to_string();
        assert!(error.contains(fault) && error.contains(&*file.to_string_lossy()), "{error}");
        archive.connection().execute_batch("ROLLBACK TO s; RELEASE s").expect("back");
    }
    archive.verify().expect("whole again");
}

#[test]
fn a_full_disk_loses_nothing_that_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = open(folder.path());
    let part = part(None);
    one(&mut archive, "first", 0);
    let pages: i64 =
        archive.connection().pragma_query_value(None, "page_count", |row| row.get(0)).expect("read");
    archive.connection().pragma_update(None, "max_page_count", pages + 20).expect("set");
    let mut held = 1;
    let (mut covered, mut page) = (0, 0);
    let error = loop {
        // Texts that do not compress well, so that the file grows.
        let says = |row: i64| {
            (0..40).fold(String::new(), |mut text, n| {
                let _ = write!(text, "{:x}", (page * 31 + row * 17 + n) * 2_654_435_761_i64);
                text
            })
        };
        let events: Vec<Event> = (0..20)
            .map(|row| event(&part, &format!("{page}-{row}"), page * 20 + row, Rank::ListRow, &says(row)))
            .collect();
        let interval = Interval::new(time(page * 20), time(page * 20 + 20));
        let walk = WalkChange::At { window: interval, state: "here" };
        let batch = Batch { part: &part, events: &events, covered: &[interval], walk, whole_until: None };
        match archive.append(&[batch]) {
            Ok(appended) => held += appended[0].new,
            Err(error) => break error,
        }
        covered += 20;
        page += 1;
        assert!(page < 10_000, "the file never became full");
    };
    assert!(matches!(error, Error::Full { .. }) && error.to_string().contains("no space"), "{error}");
    assert!(held > 1);
    drop(archive);
    let archive = open(folder.path());
    assert_eq!(archive.verify().expect("whole").records, held);
    assert_eq!(archive.coverage(&part).expect("read").parts(), [Interval::new(time(0), time(covered))]);
}

#[test]
fn one_has_the_lock_and_its_end_frees_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Lock::take(folder.path(), Duration::ZERO).expect("usable");
    assert!(first.is_some());
    assert!(Lock::take(folder.path(), Duration::ZERO).expect("usable").is_none());
    drop(first);
    assert!(Lock::take(folder.path(), Duration::ZERO).expect("usable").is_some());
}

#[test]
fn a_reader_sees_what_stood_when_it_began() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = open(folder.path());
    one(&mut archive, "1", 1);
    let load = archive.load(vec![(part(None), provider())], Interval::ALL).expect("read");
    one(&mut archive, "2", 2);
    archive.prune(time(2)).expect("pruned");
    let seen: Vec<Event> = load.flat_map(|loaded| loaded.expect("whole").events).collect();
    assert_eq!(seen.iter().map(|event| event.id.as_deref()).collect::<Vec<_>>(), [Some("1")]);
}

/// A file of version 1, in the state that its auditty left it in.
fn version_1(folder: &Path) -> Connection {
    let file = Connection::open(Archive::file_in(folder)).expect("it opens");
    file.execute_batch(include_str!("tests/version_1.sql")).expect("the fixture is SQL");
    file
}

#[test]
fn an_older_version_is_brought_up_to_date_with_all_that_it_holds() {
    for for_reading in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        drop(version_1(folder.path()));
        let open = if for_reading { Archive::open_read_only } else { Archive::open };
        let archive = open(folder.path()).expect("it is brought up to date");
        let version: i64 =
            archive.connection().pragma_query_value(None, "user_version", |row| row.get(0)).expect("read");
        assert_eq!(version, super::schema::VERSION);
        assert_eq!(archive.verify().expect("whole").records, 2);
        let part = part(None);
        let load = archive.load(vec![(part.clone(), provider())], Interval::ALL).expect("read");
        let ids: Vec<_> =
            load.flat_map(|loaded| loaded.expect("whole").events).map(|event| event.id).collect();
        assert_eq!(ids, [Some("req_2".to_owned()), Some("req_1".to_owned())]);
        let day = |text| Timestamp::parse(text).expect("a time");
        let window = Interval::new(day("2026-05-18T00:00:00Z"), day("2026-05-19T00:00:00Z"));
        assert_eq!(archive.coverage(&part).expect("read").parts(), [window]);
        let walk = archive.walk(&part).expect("read").expect("there is one");
        assert_eq!((walk.window, walk.state.as_str()), (window, r#"{"kept":true}"#));
        assert_eq!(archive.whole_until(&part).expect("read"), Some(window.since));
        assert!(archive.without_single(&part).expect("the new table is there").is_empty());
    }
}

#[test]
fn an_update_that_fails_leaves_the_older_version_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = version_1(folder.path());
    file.execute_batch("CREATE TABLE without_single(x)").expect("in the way");
    drop(file);
    Archive::open(folder.path()).expect_err("the step fails");
    let file = Connection::open(Archive::file_in(folder.path())).expect("it opens");
    let version: i64 = file.pragma_query_value(None, "user_version", |row| row.get(0)).expect("read");
    assert_eq!(version, 1);
    let entries: i64 = file.query_row("SELECT count(*) FROM entry", [], |row| row.get(0)).expect("read");
    assert_eq!(entries, 2);
}

#[test]
fn tries_for_a_single_record_are_counted_and_go_with_their_entry() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = open(folder.path());
    one(&mut archive, "1", 1);
    one(&mut archive, "2", 2);
    let part = part(None);
    let rows = archive.list_rows(&part).expect("read").expect("two of them");
    assert_eq!(rows, Interval::new(time(1), time(2).plus(1)));
    let [first, second] = ["1", "2"].map(|id| event(&part, id, 1, Rank::ListRow, "x").identity);
    archive.note_without_single(&part, &[first, second]).expect("noted");
    archive.note_without_single(&part, &[second]).expect("noted");
    let tries = archive.without_single(&part).expect("read");
    assert_eq!((tries.get(&first), tries.get(&second)), (Some(&1), Some(&2)));
    archive.prune(time(2)).expect("pruned");
    assert_eq!(archive.without_single(&part).expect("read").into_iter().collect::<Vec<_>>(), [(second, 2)]);
    archive.append(&[Batch::of(&part, &[event(&part, "2", 2, Rank::Single, "x")])]).expect("taken in");
    assert_eq!(archive.list_rows(&part).expect("read"), None);
}

#[test]
fn an_archive_whose_making_was_cut_off_is_put_right_by_whoever_reads_it() {
    let outer = tempfile::tempdir().expect("a folder");
    let (first, cut) = (outer.path().join("first"), outer.path().join("cut"));
    drop(open(&first));
    fs::create_dir(&cut).expect("made");
    // As before the switch to a write-ahead log: a change is under way, and its journal is on disk.
    let file = Archive::file_in(&first);
    let connection = Connection::open(&file).expect("it opens");
    connection
        .execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN IMMEDIATE;
             CREATE TABLE filler(x); UPDATE source SET name = 'other';
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO filler SELECT zeroblob(1000) FROM n;",
        )
        .expect("under way");
    for name in ["archive.sqlite", "archive.sqlite-journal"] {
        fs::copy(first.join(name), cut.join(name)).expect("copied");
    }
    let archive = Archive::open_read_only(&cut).expect("it is put right");
    let names: Vec<_> = archive.sources().expect("read").into_iter().map(|known| known.name).collect();
    assert_eq!(names, ["prod".into()]);
}
