//! The archive beneath a fetch: what it holds comes at once, and only what it lacks is asked for.

use std::path::Path;
use std::time::Duration;

use auditty::archive::Archive;
use auditty::demo::System;
use auditty::event::{Event, Record};
use auditty::fetch::{Control, End, Fetcher, Request, Update};
use auditty::filling::Filling;
use auditty::interval::{Interval, IntervalSet};
use auditty::place::Place;
use auditty::query::Query;
use auditty::store::{Duplicates, Store};
use auditty::sync::{Configured, OVERLAP, Wanted, sync};
use auditty::timestamp::{DAY, SECOND, Timestamp};

use super::bench::{Bench, assert_same};
use crate::cli::home::WORLD;

const HOUR: i64 = 3_600 * SECOND;

/// What was told of one window.
#[derive(Default)]
struct Told {
    archived: Vec<Event>,
    fetched: Vec<Event>,
    began: usize,
    pushed: Vec<String>,
    covered: IntervalSet,
    notices: Vec<String>,
    requests: usize,
    ends: Vec<End>,
}

impl Told {
    async fn of(filling: &std::sync::Arc<Filling>, request: Request) -> Self {
        let mut told = Self::default();
        let mut running = filling.start(request);
        while let Some(update) = running.updates.recv().await {
            told.take(update, &running.control);
        }
        told
    }

    fn take(&mut self, update: Update, _control: &Control) {
        match update {
            Update::Began { pushed, .. } => {
                self.began += 1;
                self.pushed.extend(pushed);
            }
            Update::Archived(archived) => {
                archived.covered.iter().for_each(|(_, stretch)| self.covered.insert(*stretch));
                let mut store = Store::with_duplicates(Duplicates::KeepAll);
                archived.batch.into_iter().for_each(|batch| store.append_batch(*batch));
                self.archived.extend(store.snapshot().events_matching(&Query::all(), Interval::ALL));
            }
            Update::Page(page) => {
                page.covered.iter().for_each(|stretch| self.covered.insert(*stretch));
                self.fetched.extend(page.events);
            }
            Update::Notice { text, .. } => self.notices.push(text),
            Update::Rows(_) | Update::Sifted(_) => panic!("these come of files alone"),
            Update::Requested(_) => self.requests += 1,
            Update::Ended { end, .. } => self.ends.push(end),
            Update::Waiting { .. } | Update::Resumed { .. } => {}
        }
    }

    /// Every entry once, as [`Bench::held`].
    fn all(&self) -> Vec<(String, String)> {
        let row = |event: &Event| {
            let record = Record::clone(&event.record);
            (event.workspace.as_deref().unwrap_or_default().to_owned(), record.as_str().to_owned())
        };
        let mut all: Vec<_> = self.archived.iter().chain(&self.fetched).map(row).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    #[track_caller]
    fn is_whole(&self, window: Interval) {
        assert!(self.ends.iter().all(|end| matches!(end, End::Whole)), "{:?}", self.ends);
        assert!(self.covered.covers(window), "{:?}", self.covered);
    }
}

fn place(folder: &tempfile::TempDir) -> Place {
    Place::Folder(folder.path().to_owned())
}

/// The last week.
fn week() -> Interval {
    Interval::new(WORLD.end().plus(-7 * DAY), WORLD.end())
}

/// An archive of everything up to so long before the world's end.
async fn synced(bench: &Bench, folder: &Path, source: &Configured, before: i64) {
    let wanted = Wanted { since: Some(week().since.plus(-DAY)), ..Wanted::default() };
    let archive = Archive::open(folder).expect("it opens");
    let now = WORLD.end().plus(-before);
    sync(&bench.fetcher, Box::new(archive), std::slice::from_ref(source), wanted, now, &mut |_| {})
        .await
        .expect("it ends well");
}

fn request(source: &Configured, window: Interval) -> Request {
    Request::new(source.0.clone(), source.1.clone(), window)
}

#[tokio::test]
async fn what_is_held_is_told_at_once_and_only_the_rest_is_asked_for() {
    let bench = Bench::new(Duration::ZERO).await;
    for system in System::ALL {
        let folder = tempfile::tempdir().expect("a folder");
        let source = bench.source(system);
        synced(&bench, folder.path(), &source, DAY).await;
        let filling = Filling::new(place(&folder), bench.fetcher.clone());
        let told = Told::of(&filling, request(&source, week())).await;
        told.is_whole(week());
        assert_same(&told.all(), &bench.held(system, week()));
        let parts = told.ends.len();
        assert_eq!((told.began, told.notices.len()), (parts, 0), "{:?}", told.notices);
        // Ten minutes before the end of what is held are asked for once more, and nothing before them.
        let asked_since = WORLD.end().plus(-DAY - OVERLAP);
        assert!(told.fetched.iter().all(|event| event.time >= asked_since));
        let held_until = WORLD.end().plus(-DAY);
        assert!(told.archived.iter().all(|event| event.time < held_until));
        assert!(!told.archived.is_empty() && !told.fetched.is_empty(), "{system:?}");
        // What was read is not read again, and what is covered not asked for again.
        let past = Interval::new(week().since, WORLD.end().plus(-2 * DAY));
        let again = Told::of(&filling, request(&source, past)).await;
        again.is_whole(past);
        assert_eq!((again.archived.len(), again.requests), (0, 0), "{system:?}");
        // A wider window reads what it needs and asks for what nobody holds.
        let wider = Interval::new(week().since.plus(-2 * DAY), week().until);
        let more = Told::of(&filling, request(&source, wider)).await;
        more.is_whole(wider);
        assert!(more.archived.iter().all(|event| event.time < week().since), "{system:?}");
    }
}

#[tokio::test]
async fn of_one_part_alone_nothing_of_the_others_is_asked() {
    let bench = Bench::new(Duration::ZERO).await;
    let mut several = 0;
    for system in System::ALL {
        let folder = tempfile::tempdir().expect("a folder");
        let source = bench.source(system);
        let parts = Fetcher::parts(&source.0, &source.1).expect("a right source");
        several += usize::from(parts.len() > 1);
        let filling = Filling::new(place(&folder), bench.fetcher.clone());
        let only = parts.last().cloned();
        let told = Told::of(&filling, Request { only: only.clone(), ..request(&source, week()) }).await;
        told.is_whole(week());
        assert_eq!((told.began, told.ends.len()), (1, 1), "{system:?}");
        let of = |event: &Event| event.workspace.as_deref().map(str::to_owned);
        let value = only.and_then(|part| part.value).filter(|_| parts.len() > 1);
        if let Some(value) = value {
            assert!(told.fetched.iter().all(|event| of(event).as_deref() == Some(&*value)), "{system:?}");
        }
    }
    assert!(several > 0, "one of them fans out");
}

#[tokio::test]
async fn a_pushed_filter_narrows_only_what_is_fetched() {
    let bench = Bench::new(Duration::ZERO).await;
    let folder = tempfile::tempdir().expect("a folder");
    let source = bench.source(System::Tofupilot);
    synced(&bench, folder.path(), &source, HOUR).await;
    let filling = Filling::new(place(&folder), bench.fetcher.clone());
    let filter = auditty::query::parse::parse("status:5xx", WORLD.end()).expect("a filter");
    let pushing = Request { push: Some(filter.into()), ..request(&source, week()) };
    let told = Told::of(&filling, pushing).await;
    assert_eq!(told.pushed, ["status:5xx"]);
    told.is_whole(week());
    assert!(told.archived.iter().any(|event| event.status == Some(200)));
    assert!(told.fetched.iter().all(|event| event.status >= Some(500)));
}

/// Has the archive's file changed by `spoil`, and looks whether everything comes all the same.
async fn spoiled(spoil: impl Fn(&Path)) -> Told {
    let bench = Bench::new(Duration::ZERO).await;
    let folder = tempfile::tempdir().expect("a folder");
    let source = bench.source(System::Fastpki);
    synced(&bench, folder.path(), &source, HOUR).await;
    spoil(&Archive::file_in(folder.path()));
    let filling = Filling::new(place(&folder), bench.fetcher.clone());
    let told = Told::of(&filling, request(&source, week())).await;
    assert_same(&told.all(), &bench.held(System::Fastpki, week()));
    told.is_whole(week());
    told
}

fn sql(file: &Path, sql: &str) {
    rusqlite::Connection::open(file).expect("it opens").execute_batch(sql).expect("it can");
}

#[tokio::test]
async fn an_archive_that_fails_is_told_and_everything_is_fetched() {
    let one = |told: &Told, words: &str| {
        assert_eq!(told.notices.len(), 1, "{:?}", told.notices);
        assert!(told.notices[0].contains(words), "{:?}", told.notices);
    };
    let told = spoiled(|file| sql(file, "PRAGMA user_version = 99")).await;
    one(&told, "version 99");
    assert_eq!(told.archived.len(), 0);
    let told = spoiled(|file| std::fs::write(file, "no archive at all, but a text").expect("written")).await;
    one(&told, "is not an archive");
    let told = spoiled(|file| sql(file, "UPDATE source SET origin = 'https://elsewhere.test'")).await;
    one(&told, "give the new one another name");
    // The newest blocks can be read, and an older one cannot.
    let told = spoiled(|file| {
        sql(
            file,
            "UPDATE block SET body = x'00' WHERE id =
                 (SELECT id FROM block ORDER BY newest DESC LIMIT 1 OFFSET 2)",
        );
    })
    .await;
    one(&told, "cannot be read on");
    assert!(!told.archived.is_empty());
    // Nobody has ever synced: that is nothing to tell.
    let told = spoiled(|file| std::fs::remove_file(file).expect("it was there")).await;
    assert_eq!((told.archived.len(), told.notices.len()), (0, 0));
}

#[tokio::test]
async fn an_archive_that_another_process_keeps_to_itself_is_not_waited_for_long() {
    let bench = Bench::new(Duration::ZERO).await;
    let folder = tempfile::tempdir().expect("a folder");
    let source = bench.source(System::Fastpki);
    synced(&bench, folder.path(), &source, HOUR).await;
    let locked = rusqlite::Connection::open(Archive::file_in(folder.path())).expect("it opens");
    locked
        .execute_batch("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        .expect("locked");
    let filling = Filling::new(place(&folder), bench.fetcher.clone());
    let told = Told::of(&filling, request(&source, week())).await;
    told.is_whole(week());
    assert_same(&told.all(), &bench.held(System::Fastpki, week()));
    assert!(told.notices[0].contains("another process"), "{:?}", told.notices);
}

#[tokio::test]
async fn a_server_that_fails_leaves_what_is_held_and_names_only_what_is_missing() {
    let bench = Bench::new(Duration::ZERO).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (source, provider) = bench.source(System::Fastpki);
    synced(&bench, folder.path(), &(source.clone(), provider.clone()), HOUR).await;
    let mut refused = auditty::source::Source::clone(&source);
    refused.token = Some(auditty::source::Secret::Command(vec!["printf".to_owned(), "wr0ng".to_owned()]));
    refused.login = None;
    let filling = Filling::new(place(&folder), bench.fetcher.clone());
    let told = Told::of(&filling, request(&(refused.into(), provider), week())).await;
    let [End::Failed { missing, .. }] = &told.ends[..] else { panic!("{:?}", told.ends) };
    assert_eq!(*missing, [Interval::new(WORLD.end().plus(-HOUR), WORLD.end())]);
    assert!(told.covered.covers(Interval::new(week().since, WORLD.end().plus(-HOUR))));
    assert!(!told.archived.is_empty());
}

#[tokio::test]
async fn what_was_taken_in_from_files_comes_too_and_covers_nothing() {
    let bench = Bench::new(Duration::ZERO).await;
    let folder = tempfile::tempdir().expect("a folder");
    // Its config fans out, and files have no part of that.
    let source = bench.source(System::Fastio);
    let mut archive = Archive::open(folder.path()).expect("it opens");
    archive.claim(&source.0.name, &source.1.name, "").expect("new");
    let record = r#"{"id":"old","timestamp":"2026-05-20T00:00:00Z","action":"file.read"}"#;
    let context = auditty::provider::mapping::Context {
        source: source.0.name.clone(),
        provider: source.0.provider.clone(),
        workspace: None,
        rank: auditty::event::Rank::ListRow,
    };
    let node = auditty::json::Node::parse(record).expect("JSON");
    let event = source.1.mapping.event(node, &context).expect("an entry");
    let part = auditty::fetch::Part { source: source.0.name.clone(), value: None };
    archive.append(&[auditty::archive::Batch::of(&part, &[event])]).expect("taken in");
    drop(archive);
    let filling = Filling::new(place(&folder), bench.fetcher.clone());
    let told = Told::of(&filling, request(&source, week())).await;
    told.is_whole(week());
    assert_eq!((told.archived.len(), told.began, told.ends.len()), (1, 3, 3));
    assert_eq!(told.fetched.len(), bench.held(System::Fastio, week()).len());
    assert!(Timestamp::parse("2026-05-20T00:00:00Z") == Some(told.archived[0].time));
}
