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
