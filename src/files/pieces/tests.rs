//! A file read in pieces is the file read from the front, whatever the pieces are.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::event::{Class, Event};
use crate::fetch::{End, Update};
use crate::files::gather::tells_changes;
use crate::files::sift::{Keep, Sieve};
use crate::files::{Input, Origin, start};
use crate::interval::Interval;
use crate::provider::registry::Registry;
use crate::query::generate::any_query;
use crate::store::{Duplicates, Store};

/// What came of a file.
#[derive(Debug, PartialEq)]
struct Came {
    events: Vec<Event>,
    changed: Vec<Event>,
    skipped: Vec<(u64, usize, String)>,
    failure: Option<String>,
}

impl Came {
    fn new(
        mut events: Vec<Event>,
        mut changed: Vec<Event>,
        skipped: Vec<Skipped>,
        failure: Option<String>,
    ) -> Self {
        events.sort_by(Event::newest_first);
        changed.sort_by(Event::newest_first);
        let places = skipped.into_iter().map(|skipped| (skipped.page, skipped.item, skipped.why));
        let mut skipped: Vec<_> = places.collect();
        skipped.sort();
        Self { events, changed, skipped, failure }
    }
}

const SOURCE: &str = "log";

/// The file as it is read from the front.
fn from_the_front(path: &std::path::Path) -> Came {
    let input = Input { source: SOURCE.into(), origin: Origin::new(path) };
    let mut running = start(vec![input], Arc::new(Registry::shipped()), None);
    let (mut events, mut skipped, mut failure) = (Vec::new(), Vec::new(), None);
    while let Some(update) = running.updates.blocking_recv() {
        match update {
            Update::Page(page) => {
                events.extend(page.events);
                skipped.extend(page.skipped);
            }
            Update::Ended { end: End::Failed { error, .. }, .. } => {
                failure = error.message.split_once(": ").map(|(_, why)| why.to_owned());
            }
            _ => {}
        }
    }
    let changed = events.iter().filter(|event| tells_changes(event.changes.as_deref())).cloned().collect();
    Came::new(events, changed, skipped, failure)
}

/// The file being read in pieces; `None` where its first line is no record.
fn begun(
    path: &std::path::Path,
    sizes: Sizes,
    pieces: impl Pieces + Send + 'static,
) -> Option<crate::fetch::Running> {
    let systems = Systems::new(Arc::new(Registry::shipped()), None);
    let part = Part { source: SOURCE.into(), value: None };
    let bytes = std::fs::read(path).expect("reads");
    let first = lines::first_record(&bytes, &part, &systems)?;
    let file = File::open(path).expect("opens");
    Some(Outlet::thread("it", 1, part.clone(), move |outlet| {
        let opened = Opened { file, begin: 0, first };
        let end = match read_sized(sizes, opened, &pieces, &part, &systems, outlet) {
            Ok(()) => End::Whole,
            Err(stop) => End::Gaps { missing: Vec::new(), why: said(stop) },
        };
        outlet.end(part, end);
    }))
}

/// The file as it is read in pieces; `None` where its first line is no record.
fn in_pieces(path: &std::path::Path, sizes: Sizes) -> Option<Came> {
    let mut running = begun(path, sizes, ForStore::default())?;
    let mut store = Store::with_duplicates(Duplicates::KeepAll);
    let (mut changed, mut skipped, mut failure) = (Vec::new(), Vec::new(), None);
    let mut count = 0;
    while let Some(update) = running.updates.blocking_recv() {
        match update {
            Update::Rows(rows) => {
                count += rows.entries;
                rows.batch.into_iter().for_each(|batch| store.append_batch(*batch));
                changed.extend(rows.changed);
                skipped.extend(rows.skipped);
                assert!(rows.progress.is_some_and(|share| (0.0..=1.0).contains(&share)));
            }
            Update::Ended { end: End::Gaps { why, .. }, .. } => failure = Some(why),
            _ => {}
        }
    }
    let question = crate::answer::Question::newest(Arc::default(), Interval::ALL, count);
    let answer = store.snapshot().answer(&question);
    let events = answer.rows.iter().map(|row| Event::clone(&row.event)).collect();
    Some(Came::new(events, changed, skipped, failure))
}

fn said(stop: Stop) -> String {
    match stop {
        Stop::Cancelled => "cancelled".to_owned(),
        Stop::Failed { why, .. } => why,
    }
}

fn request(id: u32, second: u32) -> String {
    format!(
        r#"{{"request_id":"r{id}","timestamp":"2026-05-18T00:{:02}:{:02}Z","method":"GET","endpoint":"/x/{id}","status":200,"latency_ms":{id},"key_id":"k1","caller":"al","source_ip":"10.0.0.9","user_agent":"x"}}"#,
        second / 60 % 60,
        second % 60
    )
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let valid = (0u32..50, 0u32..90).prop_map(|(id, second)| request(id, second));
    let text = prop_oneof![
        12 => valid.clone(),
        1 => valid.clone().prop_map(|line| line + "\r"),
        1 => valid.clone().prop_map(|line| format!("  {} ", line.replace(',', ", "))),
        1 => valid.prop_map(|line| line.replace("\"al\"", "\"a\\u006c\"").replace("Z\"", "+00:00\"")),
        1 => Just(r#"{"audit_id":"a1","audit_type":"file","action":"updated","entity_type":"file","entity_id":"f1","created_at":"2026-05-18T00:00:07Z","details":{"previous_a":1,"new_a":2}}"#.to_owned()),
        1 => Just(r#"{"a":1}"#.to_owned()),
        1 => Just("not json".to_owned()),
        1 => Just("[]".to_owned()),
        1 => Just(String::new()),
        1 => Just(" \t".to_owned()),
        1 => Just(request(1, 1).replace("2026", "20x6")),
    ];
    prop_oneof![
        20 => text.prop_map(String::into_bytes),
        1 => Just(b"{\"a\":\"\xff\"}".to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_file_in_pieces_is_the_file_from_the_front(
        lines in prop::collection::vec(line(), 0..60),
        rising in any::<bool>(),
        ended in any::<bool>(),
        first in 1u64..2_000,
        least in 1u64..3_000,
        chunk in 1usize..2_000,
    ) {
        let mut bytes = request(7, if rising { 0 } else { 3_000 }).into_bytes();
        for line in &lines {
            bytes.push(b'\n');
            bytes.extend(line);
        }
        bytes.push(b'\n');
        bytes.extend(request(8, 60).bytes());
        if ended {
            bytes.push(b'\n');
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        std::fs::write(&path, &bytes).expect("writes");
        let sizes = Sizes { first, least, chunk, ..SIZES };
        let expected = from_the_front(&path);
        prop_assert_eq!(in_pieces(&path, sizes), Some(expected));
    }
}

/// What a question leaves of a file.
#[derive(Debug, PartialEq)]
struct Left {
    came: Came,
    counted: Vec<(Timestamp, Class)>,
    entries: u64,
    times: Option<(Timestamp, Timestamp)>,
    outside: u64,
}

/// What the sieve should leave of what came of a file.
fn sifted_by_hand(came: Came, sieve: &Sieve) -> Left {
    let times = came.events.iter().map(|event| event.time);
    let times = times.clone().min().zip(times.max());
    let (inside, outside): (Vec<Event>, Vec<Event>) =
        came.events.into_iter().partition(|event| sieve.window.contains(event.time));
    let entries = (inside.len() + outside.len()) as u64;
    let matching: Vec<Event> = inside.iter().filter(|event| sieve.filter.matches(event)).cloned().collect();
    let mut counted: Vec<_> = matching.iter().map(|event| (event.time, event.class())).collect();
    counted.sort_unstable();
    let (events, counted, changed) = match sieve.keep {
        Keep::Entries => (matching, Vec::new(), came.changed),
        Keep::Times => (Vec::new(), counted, Vec::new()),
    };
    let came = Came { events, changed, ..came };
    Left { came, counted, entries, times, outside: outside.len() as u64 }
}

/// What it leaves.
fn sifted(mut running: crate::fetch::Running, sieve: &Sieve) -> Left {
    let (mut events, mut skipped, mut failure) = (Vec::new(), Vec::new(), None);
    let (mut counted, mut entries, mut outside) = (Vec::new(), 0, 0);
    let mut times: Option<(Timestamp, Timestamp)> = None;
    while let Some(update) = running.updates.blocking_recv() {
        match update {
            Update::Sifted(found) => {
                events.extend(found.events);
                skipped.extend(found.skipped);
                counted.extend(found.counted);
                entries += found.entries;
                outside += found.outside;
                if let Some((oldest, newest)) = found.times {
                    let (first, last) = times.get_or_insert((oldest, newest));
                    (*first, *last) = (oldest.min(*first), newest.max(*last));
                }
                assert!(found.progress.is_none_or(|share| (0.0..=1.0).contains(&share)));
            }
            Update::Ended { end: End::Failed { error, .. }, .. } => {
                failure = error.message.split_once(": ").map(|(_, why)| why.to_owned());
            }
            Update::Ended { end: End::Gaps { why, .. }, .. } => failure = Some(why),
            _ => {}
        }
    }
    // What only tells of others' changes comes as well, and whoever gathers asks the filter again.
    let changed = events.iter().filter(|event| tells_changes(event.changes.as_deref())).cloned().collect();
    events.retain(|event| sieve.window.contains(event.time) && sieve.filter.matches(event));
    counted.sort_unstable();
    Left { came: Came::new(events, changed, skipped, failure), counted, entries, times, outside }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_a_sieve_leaves_is_what_a_filter_leaves_of_all(
        lines in prop::collection::vec(line(), 0..40),
        first in 1u64..400,
        least in 1u64..400,
        chunk in 1usize..200,
        filter in any_query(),
        window in prop::option::of((0i64..3_600, 1i64..3_600)),
        keep in prop::sample::select(vec![Keep::Entries, Keep::Times]),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let mut bytes = request(7, 1_800).into_bytes();
        for line in &lines {
            bytes.push(b'\n');
            bytes.extend(line);
        }
        std::fs::write(&path, &bytes).expect("writes");
        let start = Timestamp::parse("2026-05-18T00:00:00Z").expect("a time");
        let window = window.map_or(Interval::ALL, |(since, seconds)| {
            let since = start.plus(since * crate::timestamp::SECOND);
            Interval::new(since, since.plus(seconds * crate::timestamp::SECOND))
        });
        let sieve = Sieve { filter: Arc::new(filter), window, keep };
        let expected = sifted_by_hand(from_the_front(&path), &sieve);
        let input = Input { source: SOURCE.into(), origin: Origin::new(&path) };
        let need = crate::files::Need::Entries;
        let registry = Arc::new(Registry::shipped());
        let running = crate::files::sift(vec![input], Arc::clone(&registry), None, need, sieve.clone());
        prop_assert_eq!(&sifted(running, &sieve), &expected);
        let sizes = Sizes { first, least, chunk, ..SIZES };
        let running = begun(&path, sizes, sieve.clone()).expect("it begins with a record");
        prop_assert_eq!(&sifted(running, &sieve), &expected);
    }
}

#[test]
fn a_line_that_is_longer_than_any_record_is_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let long = request(2, 2).replace("/x/2", &"y".repeat(3 << 20));
    let lines = [request(1, 1), long, request(3, 3)].join("\n");
    std::fs::write(&path, lines).expect("writes");
    for first in [1, 8 << 20] {
        let sizes = Sizes { first, line: 2 << 20, ..SIZES };
        let came = in_pieces(&path, sizes).expect("records");
        let ids: Vec<_> = came.events.iter().map(|event| event.id.clone().unwrap_or_default()).collect();
        assert_eq!(ids, ["r3", "r1"]);
        assert_eq!(came.skipped, [(1, 2, "line 2: longer than 2 MiB".to_owned())]);
    }
}

#[test]
fn the_newest_part_comes_first() {
    let folder = tempfile::tempdir().expect("a folder");
    for rising in [true, false] {
        let mut text = String::new();
        for number in 0..2_000u32 {
            let second = if rising { number } else { 3_000 - number };
            writeln!(text, "{}", request(number, second)).expect("memory takes it");
        }
        let path = folder.path().join("log");
        std::fs::write(&path, &text).expect("writes");
        let input = Input { source: SOURCE.into(), origin: Origin::new(&path) };
        let mut running = crate::files::load(vec![input], Arc::new(Registry::shipped()), None);
        let newest = if rising { 1_999 } else { 0 };
        let mut batches = 0;
        while let Some(update) = running.updates.blocking_recv() {
            let Update::Rows(rows) = update else { continue };
            let mut store = Store::with_duplicates(Duplicates::KeepAll);
            store.append_batch(*rows.batch.expect("rows"));
            let question = crate::answer::Question::newest(Arc::default(), Interval::ALL, 1);
            let answer = store.snapshot().answer(&question);
            let id = answer.rows[0].event.id.clone();
            assert_eq!(batches == 0, id == Some(format!("r{newest}")), "rising: {rising}");
            batches += 1;
        }
        assert_eq!(batches, 2);
    }
}

#[test]
fn reading_stops_when_nobody_wants_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let text: String = (0..20_000).map(|number| request(number, number % 3_600) + "\n").collect();
    std::fs::write(&path, text).expect("writes");
    let input = Input { source: SOURCE.into(), origin: Origin::new(&path) };
    let mut running = crate::files::load(vec![input], Arc::new(Registry::shipped()), None);
    while let Some(update) = running.updates.blocking_recv() {
        match update {
            Update::Rows(_) => running.control.cancel.cancel(),
            Update::Ended { end, .. } => {
                assert!(matches!(end, End::Cancelled), "{end:?}");
                return;
            }
            _ => {}
        }
    }
    panic!("it did not end");
}
