//! Writing that is cut off at any request, before it or after it was done: the next writer ends with
//! what was to be there, and nothing twice.

use std::sync::Arc;

use super::laws::{address, never, part, server::Server};
use super::{Engine, Error};
use crate::answer::Question;
use crate::archive::{Appended, Batch, Ledger, WalkChange};
use crate::event::{Event, Rank};
use crate::interval::{Interval, IntervalSet};
use crate::query::Query;
use crate::source::Source;
use crate::store::laws::given::plain_event;
use crate::timestamp::Timestamp;

fn between(since: i64, until: i64) -> Interval {
    Interval::new(Timestamp::from_micros(since), Timestamp::from_micros(until))
}

/// A first page, and a second one that has some of it in a richer copy.
fn pages() -> (Vec<Event>, Vec<Event>) {
    let first: Vec<Event> = (0..30).map(|number| plain_event(number, i64::from(number))).collect();
    let richer = first[20..].iter().map(|event| Event {
        rank: Rank::Single,
        message: Some("in full".to_owned()),
        ..event.clone()
    });
    let second = richer.chain((30..60).map(|number| plain_event(number, i64::from(number)))).collect();
    (first, second)
}

/// Cuts the second page's writing off at one request; whether that was reached.
fn cut(server: &Server, at: u32, done: bool) -> bool {
    let engine = Arc::new(Engine::new(address(server), None).expect("an address"));
    let part = part("prod");
    let (first, second) = pages();
    let mut ledger = engine.open().expect("it opens");
    ledger.append(&[Batch { covered: &[between(0, 30)], ..Batch::of(&part, &first) }]).expect("written");

    let batch = Batch {
        covered: &[between(30, 60)],
        walk: WalkChange::At { window: between(0, 90), state: "here" },
        whole_until: Some(Timestamp::from_micros(60)),
        ..Batch::of(&part, &second)
    };
    engine.client.cut_at(at, done);
    let is_cut = ledger.append(&[batch]).is_err();
    drop(ledger);

    // Another process comes.
    let engine = Arc::new(Engine::new(engine.address().clone(), None).expect("an address"));
    let mut ledger = engine.open().expect("it opens");
    let covered = ledger.coverage(&part).expect("read");
    let count = |engine: &Arc<Engine>| {
        let asker = engine.asker(&[Arc::new(Source::new("prod", "p"))], &[]);
        let question = Question::newest(Arc::new(Query::all()), Interval::ALL, 100);
        asker.answer(&question, &never).expect("answered")
    };
    if covered.covers(between(30, 60)) {
        assert_eq!(count(&engine).matched, 60, "what is covered is there (cut at {at})");
    }
    let appended = ledger.append(&[batch]).expect("written").remove(0);
    assert_eq!(appended.new + appended.already + appended.replaced, 40);

    let answer = count(&engine);
    assert_eq!(answer.rows.len(), 60, "cut at {at}");
    let richer = answer.rows.iter().filter(|row| row.event.rank == Rank::Single).count();
    assert_eq!(richer, 10, "cut at {at}");
    assert_eq!(answer.loaded, 60);
    let all: IntervalSet = std::iter::once(between(0, 60)).collect();
    assert_eq!(ledger.coverage(&part).expect("read"), all);
    assert_eq!(ledger.whole_until(&part).expect("read"), Some(Timestamp::from_micros(60)));
    assert_eq!(ledger.walk(&part).expect("read").map(|walk| walk.state).as_deref(), Some("here"));
    // Once more: all of it is there already.
    let again = ledger.append(&[Batch::of(&part, &second)]).expect("written");
    assert_eq!(again, [Appended { new: 0, already: 40, replaced: 0 }]);
    is_cut
}

#[test]
fn writing_that_is_cut_off_anywhere_ends_whole_and_with_nothing_twice() {
    let Some(server) = Server::shared() else { return };
    for done in [false, true] {
        let cuts = (0..100).take_while(|at| cut(server, *at, done)).count();
        assert!(cuts >= 5, "{cuts} requests were cut off");
    }
}

/// What a server holds in rows, standing or not, and in names of those that do not stand.
fn rows(server: &Server, database: &str) -> (u64, u64) {
    let count = |table: &str| {
        let sql = format!("SELECT count() FROM {database}.{table}");
        server.ask(&sql).trim().parse::<u64>().expect("a number")
    };
    (count(super::schema::ENTRIES), count(super::schema::SUPERSEDED))
}

/// Cuts off letting go at one request; whether that was reached.
fn cut_prune(server: &Server, at: u32, done: bool) -> bool {
    let engine = Arc::new(Engine::new(address(server), None).expect("an address"));
    let part = part("prod");
    let (first, second) = pages();
    let mut ledger = engine.open().expect("it opens");
    let covered = [between(0, 60)];
    ledger.append(&[Batch { covered: &covered, ..Batch::of(&part, &first) }]).expect("written");
    let walk = WalkChange::At { window: between(0, 90), state: "here" };
    ledger.append(&[Batch { walk, ..Batch::of(&part, &second) }]).expect("written");
    ledger.note_without_single(&part, &[first[3].identity, second[8].identity]).expect("written");
    let database = &engine.address().database;
    assert_eq!(rows(server, database), (70, 10));

    engine.client.cut_at(at, done);
    let before = Timestamp::from_micros(25);
    let is_cut = ledger.prune(before).is_err();
    drop(ledger);

    let engine = Arc::new(Engine::new(engine.address().clone(), None).expect("an address"));
    let mut ledger = engine.open().expect("it opens");
    let asker = engine.asker(&[Arc::new(Source::new("prod", "p"))], &[]);
    let held = |window| asker.matched(&Query::all(), window, &never).expect("counted");
    // Whatever is told as covered is there, and nothing twice.
    for stretch in ledger.coverage(&part).expect("read").parts() {
        assert_eq!(held(*stretch), stretch.micros() as u64, "cut at {at}");
    }
    assert_eq!(held(between(25, 60)), 35, "cut at {at}");
    ledger.verify().expect("each stands once");

    let pruned = ledger.prune(before).expect("let go");
    assert!(is_cut || (pruned.entries, pruned.superseded) == (0, 0), "{pruned:?}");
    assert_eq!(rows(server, database), (35, 0), "cut at {at}");
    assert_eq!(held(Interval::ALL), 35);
    let rest: IntervalSet = std::iter::once(between(25, 60)).collect();
    assert_eq!(ledger.coverage(&part).expect("read"), rest);
    assert_eq!(ledger.walk(&part).expect("read"), None);
    let noted = ledger.without_single(&part).expect("read");
    assert_eq!(noted.into_keys().collect::<Vec<_>>(), [second[8].identity]);
    assert_eq!(ledger.verify().expect("each is as it was written").records, 35);
    // What was let go is new when it comes again.
    let again = ledger.append(&[Batch::of(&part, &first)]).expect("written");
    assert_eq!(again, [Appended { new: 25, already: 5, replaced: 0 }]);
    is_cut
}

#[test]
fn letting_go_that_is_cut_off_anywhere_is_ended_by_the_next() {
    let Some(server) = Server::shared() else { return };
    for done in [false, true] {
        let cuts = (0..100).take_while(|at| cut_prune(server, *at, done)).count();
        assert!(cuts >= 8, "{cuts} requests were cut off");
    }
}

#[test]
fn what_was_changed_on_the_server_or_stands_twice_is_told() {
    let Some(server) = Server::shared() else { return };
    let engine = Arc::new(Engine::new(address(server), None).expect("an address"));
    let part = part("prod");
    let (first, second) = pages();
    let mut ledger = engine.open().expect("it opens");
    for some in [&first, &second] {
        ledger.append(&[Batch::of(&part, some)]).expect("written");
    }
    let checked = ledger.verify().expect("each is as it was written");
    assert_eq!((checked.records, checked.blocks), (60, None));
    let database = &engine.address().database;
    let entries = super::schema::ENTRIES;
    // One that stands once more, a moment later.
    let columns = super::column::names();
    let copied = columns.replacen("time,identity,copy", "time + 1,identity,reverse(copy)", 1);
    let copy = |condition: &str, columns_of: &str| {
        server.ask(&format!(
            "INSERT INTO {database}.{entries} ({columns}) SELECT {columns_of} FROM {database}.{entries} WHERE {condition}"
        ));
    };
    copy("time = 7", &copied);
    let twice = ledger.verify().expect_err("it stands twice").to_string();
    assert!(twice.contains("damaged: prod, ") && twice.contains("it stands 2 times"), "{twice}");
    server.ask(&format!(
        "INSERT INTO {database}.{} SELECT time, copy FROM {database}.{entries} WHERE time = 8 AND copy IN \
         (SELECT reverse(copy) FROM {database}.{entries} WHERE time = 7)",
        super::schema::SUPERSEDED
    ));
    assert_eq!(ledger.verify().expect("once again").records, 60);
    // One that says something else than was written, in a column that questions alone look at.
    let other = columns.replacen("identity,copy", "reverse(identity),reverse(copy)", 1);
    let other = other.replacen(",hostile,", ",toUInt8(hostile + 1),", 1);
    copy("time = 40", &other);
    let changed = ledger.verify().expect_err("it says something else").to_string();
    assert!(
        changed.contains("of 1970-01-01T00:00:00.000040Z: what it says differs from what was stored"),
        "{changed}"
    );
}

#[test]
fn a_source_has_one_writer() {
    let Some(server) = Server::shared() else { return };
    let engine = Arc::new(Engine::new(address(server), None).expect("an address"));
    let (mut one, mut other) = (engine.open().expect("it opens"), engine.open().expect("it opens"));
    let (part, (first, second)) = (part("prod"), pages());
    one.append(&[Batch::of(&part, &first)]).expect("written");
    other.append(&[Batch::of(&part, &first)]).expect("it comes after the first");
    let refused = one.append(&[Batch::of(&part, &second)]).expect_err("another wrote meanwhile");
    assert!(refused.to_string().contains("a source has one writer"), "{refused}");
    // It looks again, and goes on.
    one.append(&[Batch::of(&part, &second)]).expect("written");
    let asker = engine.asker(&[Arc::new(Source::new("prod", "p"))], &[]);
    assert_eq!(asker.matched(&Query::all(), Interval::ALL, &never).expect("counted"), 60);
}

#[test]
fn newer_tables_and_none_are_refused() {
    let Some(server) = Server::shared() else { return };
    let engine = Arc::new(Engine::new(address(server), None).expect("an address"));
    let missing = engine.open_read_only().expect_err("nothing is there");
    assert!(matches!(missing, Error::Missing { .. }), "{missing}");
    server.ask(&format!(
        "CREATE TABLE {}.auditty_entries_v7 (time Int64) ENGINE = MergeTree() ORDER BY time",
        engine.address().database
    ));
    for opened in [engine.open().map(drop), engine.open_read_only().map(drop)] {
        let newer = opened.expect_err("another version");
        assert!(newer.to_string().contains("version 7"), "{newer}");
    }
}

#[test]
fn a_question_that_nobody_waits_for_ends() {
    let Some(server) = Server::shared() else { return };
    let engine = Arc::new(Engine::new(address(server), None).expect("an address"));
    let slow = "SELECT count() FROM system.numbers WHERE number % 7 = 3 FORMAT RowBinary";
    let asked = std::cell::Cell::new(0);
    let unwanted = || {
        asked.set(asked.get() + 1);
        asked.get() > 3
    };
    let cancelled = engine.client.read(slow, &unwanted).expect_err("it would go on for ever");
    assert!(matches!(cancelled, Error::Cancelled), "{cancelled}");
}
