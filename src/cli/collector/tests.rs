//! Several feeds, how they end, and what is missing then.

use std::sync::Arc;

use super::*;
use crate::fetch::{Control, Error, ErrorKind, Page};

fn interval(since: i64, until: i64) -> Interval {
    Interval::new(Timestamp::from_micros(since), Timestamp::from_micros(until))
}

fn part(name: &str) -> Part {
    Part { source: name.into(), value: None }
}

fn running(updates: Vec<Update>) -> Running {
    let (sender, receiver) = tokio::sync::mpsc::channel(updates.len().max(1));
    for update in updates {
        sender.try_send(update).expect("room");
    }
    Running { updates: receiver, control: Control::default() }
}

fn began(name: &str) -> Update {
    Update::Began { part: part(name), window: interval(0, 100), pushed: Vec::new() }
}

fn page(name: &str, covered: Vec<Interval>) -> Update {
    Update::Page(Page {
        part: part(name),
        number: 1,
        events: Vec::new(),
        skipped: Vec::new(),
        covered,
        progress: None,
        resume: None,
    })
}

fn failed(name: &str, kind: ErrorKind, missing: Interval) -> Update {
    let error = Arc::new(Error { kind, message: format!("{name}: it broke"), retry_at: None });
    Update::Ended { part: part(name), end: End::Failed { error, missing: vec![missing] } }
}

fn drained(mut collector: Collector) -> (usize, Collected) {
    let pages = futures::executor::block_on(async {
        let mut pages = 0;
        while collector.next().await.is_some() {
            pages += 1;
        }
        pages
    });
    (pages, collector.finish())
}

#[test]
fn the_highest_status_stands_and_gaps_add_up() {
    let whole = running(vec![
        began("a"),
        page("a", vec![interval(0, 100)]),
        Update::Ended { part: part("a"), end: End::Whole },
    ]);
    let refused = running(vec![began("b"), failed("b", ErrorKind::Refused, interval(-50, 20))]);
    let broken =
        running(vec![began("c"), page("c", Vec::new()), failed("c", ErrorKind::Broken, interval(10, 40))]);
    let feeds = [whole, refused, broken].map(|running| (Kind::Source, running)).into();
    let (pages, collected) = drained(Collector::new(feeds, interval(0, 100), Messages::silent()));
    assert_eq!(pages, 2);
    assert_eq!(collected.status, Status::Refused);
    assert_eq!(collected.missing.parts(), [interval(0, 40)]);
}

#[test]
fn what_was_stopped_lacks_what_it_had_not_covered() {
    let running = running(vec![began("a"), page("a", vec![interval(60, 100)]), page("a", Vec::new())]);
    let feeds = vec![(Kind::Source, running)];
    let mut collector = Collector::new(feeds, interval(0, 100), Messages::silent());
    let first = futures::executor::block_on(collector.next());
    assert!(first.is_some());
    collector.stop();
    let collected = collector.finish();
    assert_eq!(collected.status, Status::Broken);
    assert_eq!(collected.missing.parts(), [interval(0, 60)]);
}

#[test]
fn enough_of_one_part_leaves_the_others_going() {
    let ended = |name: &str, end: End| Update::Ended { part: part(name), end };
    let gaps = || End::Gaps { missing: vec![interval(0, 100)], why: "a gap".to_owned() };
    // Of two parts that one feed brings, what follows of the first is of no account any more.
    let both = vec![
        began("a"),
        began("b"),
        page("a", Vec::new()),
        page("a", Vec::new()),
        ended("a", gaps()),
        page("b", Vec::new()),
        ended("b", End::Whole),
    ];
    let feeds = vec![(Kind::Source, running(both))];
    let mut collector = Collector::new(feeds, interval(0, 100), Messages::silent());
    let first = futures::executor::block_on(collector.next()).expect("a page");
    assert_eq!(first.part, part("a"));
    collector.enough(&first.part);
    let (pages, collected) = drained(collector);
    assert_eq!((pages, collected.status), (1, Status::Whole));

    // Each on its own: the other is told of, and the one that is enough is asked no more.
    let one =
        running(vec![began("a"), page("a", Vec::new()), failed("a", ErrorKind::Broken, interval(0, 9))]);
    let cancelled = one.control.cancel.clone();
    let other = running(vec![began("b"), failed("b", ErrorKind::Refused, interval(0, 100))]);
    let feeds = vec![(Kind::Source, one), (Kind::Source, other)];
    let mut collector = Collector::new(feeds, interval(0, 100), Messages::silent());
    futures::executor::block_on(collector.next()).expect("a page");
    collector.enough(&part("a"));
    assert!(cancelled.is_cancelled());
    assert_eq!(drained(collector).1.status, Status::Refused);
}

#[test]
fn nothing_to_collect_is_whole() {
    let (pages, collected) = drained(Collector::new(Vec::new(), Interval::ALL, Messages::silent()));
    assert_eq!((pages, collected.status), (0, Status::Whole));
}
