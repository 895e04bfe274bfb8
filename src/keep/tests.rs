//! What is kept as it comes, what is noted, and what is written down of it later.

use super::*;
use crate::archive::{Archive, Lock};
use crate::event::Rank;
use crate::interval::IntervalSet;
use crate::json::Node;
use crate::provider::mapping::Context;
use crate::provider::registry::Registry;
use crate::source::Source;
use crate::store::Store;
use crate::timestamp::Timestamp;

fn part() -> Part {
    Part { source: "prod".into(), value: None }
}

fn event(id: u32) -> Event {
    let provider = Registry::shipped().get("fastpki").expect("shipped");
    let context =
        Context { source: "prod".into(), provider: "fastpki".into(), workspace: None, rank: Rank::ListRow };
    let record = format!(
        r#"{{"id":{id},"created_at":"2026-05-18T00:{:02}:{:02}Z","action":"x"}}"#,
        id / 60 % 60,
        id % 60
    );
    provider.mapping.event(Node::parse(&record).expect("JSON"), &context).expect("an entry")
}

fn events(ids: std::ops::Range<u32>) -> Vec<Event> {
    ids.map(event).collect()
}

fn window() -> Interval {
    let time = |text| Timestamp::parse(text).expect("a time");
    Interval::new(time("2026-05-18T00:00:00Z"), time("2026-05-18T01:00:00Z"))
}

fn sources() -> Vec<Configured> {
    let provider = Registry::shipped().get("fastpki").expect("shipped");
    vec![(Arc::new(Source::new("prod", "fastpki")), provider)]
}

struct Stage {
    folder: tempfile::TempDir,
    store: Store,
}

impl Stage {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), store: Store::new() }
    }

    fn place(&self) -> Place {
        Place::Folder(self.folder.path().to_owned())
    }

    fn writing(&self) -> Result<Keeper, Error> {
        Keeper::writing(self.place(), sources())
    }

    fn noting(&self) -> Keeper {
        Keeper::noting(self.place(), sources()).expect("a thread")
    }

    /// A page comes, as to the store, so to the keeper.
    fn comes(&mut self, keeper: &Keeper, events: Vec<Event>, covered: &[Interval]) {
        self.store.append(events.clone());
        keeper.expect(events.len());
        keeper.came(part(), events, covered.to_vec());
    }

    /// What the archive covers and how many records it has.
    fn archived(&self) -> (IntervalSet, u64) {
        let archive = Archive::open_read_only(self.folder.path()).expect("there");
        (archive.coverage(&part()).expect("read"), archive.verify().expect("whole").records)
    }

    fn write(&self, keeper: &Keeper) -> Result<Written, Error> {
        let snapshot = self.store.snapshot();
        keeper.write(&|| Arc::clone(&snapshot), &mut |_, _| true)
    }

    fn sql(&self, sql: &str) {
        let connection = rusqlite::Connection::open(Archive::file_in(self.folder.path())).expect("it opens");
        connection.execute_batch(sql).expect("it can");
    }
}

/// Waits until so many are told to be lacking.
fn lacks(keeper: &Keeper, count: usize) {
    let mut standing = keeper.standing();
    let told = async {
        standing.wait_for(|standing| standing.lacking == count && standing.pending == 0).await.is_ok()
    };
    assert!(futures::executor::block_on(told));
}

fn all() -> IntervalSet {
    std::iter::once(window()).collect()
}

#[test]
fn what_came_is_there_once_it_is_finished_whoever_else_holds_the_keeper() {
    let mut stage = Stage::new();
    let keeper = Arc::new(stage.writing().expect("it opens"));
    let other = Arc::clone(&keeper);
    keeper.began(&part(), false);
    for page in 0..30 {
        stage.comes(&keeper, events(page * 40..page * 40 + 40), &[]);
    }
    stage.comes(&keeper, Vec::new(), &[window()]);
    assert!(keeper.finish(Duration::from_mins(1)));
    assert_eq!(stage.archived(), (all(), 1_200));
    drop(other);
}

#[test]
fn what_comes_is_kept_and_a_pushed_filter_covers_nothing() {
    for (is_filtered, covered) in [(false, all()), (true, IntervalSet::new())] {
        let mut stage = Stage::new();
        let keeper = stage.writing().expect("it opens");
        keeper.began(&part(), is_filtered);
        stage.comes(&keeper, events(1..3), &[window()]);
        stage.comes(&keeper, vec![Event { rank: Rank::Single, ..event(3) }], &[]);
        assert_eq!((keeper.standing().borrow().lacking, &keeper.standing().borrow().failure), (0, &None));
        drop(keeper);
        assert_eq!(stage.archived(), (covered, 3));
    }
}

#[test]
fn what_is_noted_is_written_only_on_request_and_covers_what_was_fetched_whole() {
    let mut stage = Stage::new();
    let keeper = stage.noting();
    keeper.began(&part(), false);
    stage.comes(&keeper, events(1..2_500), &[window()]);
    lacks(&keeper, 2_499);
    assert!(!Archive::file_in(stage.folder.path()).exists(), "no archive is made");
    assert_eq!(stage.write(&keeper).expect("it can"), Written::Whole(2_499));
    assert_eq!(stage.archived(), (all(), 2_499));
    assert_eq!(keeper.standing().borrow().lacking, 0);
    // What comes again is there already; a richer copy is not.
    stage.comes(&keeper, events(1..10), &[]);
    let single = Event { rank: Rank::Single, ..event(3) };
    stage.comes(&keeper, vec![single], &[]);
    lacks(&keeper, 1);
    assert_eq!(stage.write(&keeper).expect("it can"), Written::Whole(1));
    stage.comes(&keeper, vec![event(3)], &[]);
    stage.comes(&keeper, vec![event(2_600)], &[]);
    lacks(&keeper, 1);
}

#[test]
fn what_is_stopped_or_fails_is_noted_still() {
    let mut stage = Stage::new();
    let keeper = stage.noting();
    keeper.began(&part(), false);
    stage.comes(&keeper, events(1..2_501), &[window()]);
    lacks(&keeper, 2_500);
    let snapshot = stage.store.snapshot();
    let stopped = keeper.write(&|| Arc::clone(&snapshot), &mut |written, of| {
        assert_eq!((written, of), (1_000, 2_500));
        false
    });
    assert_eq!(stopped.expect("it can"), Written::Stopped(1_000));
    assert_eq!((keeper.standing().borrow().lacking, stage.archived()), (1_500, (IntervalSet::new(), 1_000)));
    let lock = Lock::take(stage.folder.path(), Duration::ZERO).expect("usable").expect("free");
    assert!(matches!(stage.write(&keeper), Err(Error::Locked)));
    drop(lock);
    stage.sql("CREATE TRIGGER full BEFORE INSERT ON block BEGIN SELECT RAISE(ABORT, 'no room'); END");
    let error = stage.write(&keeper).expect_err("no room").to_string();
    assert!(error.contains("no room"), "{error}");
    assert_eq!((keeper.standing().borrow().lacking, stage.archived().1), (1_500, 1_000));
    stage.sql("DROP TRIGGER full");
    assert_eq!(stage.write(&keeper).expect("it can"), Written::Whole(1_500));
    assert_eq!(stage.archived(), (all(), 2_500));
}

#[test]
fn a_disk_that_fills_up_ends_the_keeping_and_what_comes_is_noted() {
    let mut stage = Stage::new();
    let keeper = stage.writing().expect("it opens");
    keeper.began(&part(), false);
    let [newer, older] = [window().bucket_edge(72), window().since];
    stage.comes(&keeper, events(1..5), &[Interval::new(newer, window().until)]);
    while stage.archived().1 < 4 {
        std::thread::yield_now();
    }
    stage.sql("CREATE TRIGGER full BEFORE INSERT ON block BEGIN SELECT RAISE(ABORT, 'no room'); END");
    stage.comes(&keeper, events(5..9), &[Interval::new(older, newer)]);
    stage.comes(&keeper, events(3..12), &[]);
    // The first four are there, and what was to be covered with the others is not.
    lacks(&keeper, 7);
    let failure = keeper.standing().borrow().failure.clone().expect("it is told");
    assert!(failure.contains("no room"), "{failure}");
    assert_eq!(stage.archived().0.parts(), [Interval::new(newer, window().until)]);
    stage.sql("DROP TRIGGER full");
    assert_eq!(stage.write(&keeper).expect("it can"), Written::Whole(7));
    assert_eq!(stage.archived(), (all(), 11));
}

#[test]
fn what_the_store_no_longer_holds_covers_nothing() {
    let mut stage = Stage::new();
    let keeper = stage.noting();
    stage.comes(&keeper, events(1..5), &[window()]);
    lacks(&keeper, 4);
    stage.store = Store::new();
    stage.store.append(events(2..3));
    assert_eq!(stage.write(&keeper).expect("it can"), Written::Whole(1));
    assert_eq!(stage.archived(), (IntervalSet::new(), 1));
    stage.comes(&keeper, events(1..5), &[window()]);
    lacks(&keeper, 3);
    keeper.forget();
    assert_eq!(stage.write(&keeper).expect("nothing to do"), Written::Whole(0));
}

#[test]
fn another_system_under_the_name_is_refused() {
    let stage = Stage::new();
    let mut archive = Archive::open(stage.folder.path()).expect("it opens");
    archive.claim("prod", "fastpki", "https://elsewhere.test").expect("new");
    assert!(matches!(stage.writing(), Err(Error::Claim(_))));
    let keeper = stage.noting();
    assert!(matches!(stage.write(&keeper), Err(Error::Claim(_))));
}
