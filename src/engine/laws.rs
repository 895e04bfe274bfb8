//! The law: the server answers as the store does, on the same entries, whatever is asked; and what a
//! literal says is what was to be said.

#[path = "../../tests/main/clickhouse/server.rs"]
pub mod server;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::client::Client;
use super::literal::{Value, literal};
use super::wire::Reader;
use super::{Address, Asker, Engine, Error};
use crate::answer::pairs::PairQuestion;
use crate::answer::why::WhyQuestion;
use crate::answer::{Anchor, Answer, Question, RowId};
use crate::archive::{Appended, Batch, Ledger};
use crate::event::field::Field;
use crate::event::{Event, Identity, Record};
use crate::interval::Interval;
use crate::source::{Part, Source};
use crate::store::laws::given;
use crate::store::{Snapshot, Store};
use crate::timestamp::Timestamp;
use server::Server;

pub fn address(server: &Server) -> Address {
    Address {
        secure: false,
        host: "127.0.0.1".to_owned(),
        port: server.port,
        user: "default".to_owned(),
        database: server.database(),
    }
}

/// So many questions are asked about the same entries.
const QUESTIONS: usize = 20;

pub fn never() -> bool {
    false
}

/// Entries such as systems have: those with one identity are copies of one, at about one time, and
/// no two others are alike in all that the order of entries looks at.
fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(given::event(), 1..100).prop_map(|events| {
        let mut times: BTreeMap<Identity, _> = BTreeMap::new();
        let mut sources = BTreeMap::new();
        events
            .into_iter()
            .map(|event| {
                let time = *times.entry(event.identity).or_insert(event.time);
                let source = sources.entry(event.identity).or_insert(event.source.clone()).clone();
                let record = event.record.as_str().strip_suffix('}').expect("an object").to_owned();
                let comma = if record.len() > 1 { "," } else { "" };
                let record = format!(r#"{record}{comma}"İ":"{:x}"}}"#, event.identity.0);
                Event { time, source, record: Record::from_kept(&record), ..event }
            })
            .collect()
    })
}

pub fn part(source: &str) -> Part {
    Part { source: source.into(), value: None }
}

fn append(ledger: &mut dyn Ledger, events: &[Event]) -> Appended {
    let mut all = Appended::default();
    for source in ["prod", "eu"] {
        let some: Vec<Event> = events.iter().filter(|event| &*event.source == source).cloned().collect();
        let part = part(source);
        for appended in ledger.append(&[Batch::of(&part, &some)]).expect("written") {
            all += appended;
        }
    }
    all
}

/// The question with rows of the other's numbers, and what numbers the rows of an answer stand for.
fn asked_of(asker: &Asker, question: &Question, store: &Snapshot) -> Question {
    let locate = match question.locate {
        Some(Anchor::Row(row)) => {
            let known = store.event(row).map(|event| asker.row_of(&event));
            Some(Anchor::Row(known.unwrap_or(RowId(u64::MAX))))
        }
        other => other,
    };
    Question { locate, ..question.clone() }
}

/// Answers without the numbers of their rows, which are each one's own.
fn plain(mut answer: Answer) -> Answer {
    answer.rows.iter_mut().for_each(|row| row.id = RowId(0));
    answer
}

/// The deeper questions, and all entries that match one after the other.
fn deeper(asker: &Asker, snapshot: &Snapshot, question: &Question) -> Result<(), TestCaseError> {
    let (filter, window) = (Arc::clone(&question.filter), question.window);
    let mut walked = Vec::new();
    let each = &mut |events: Vec<Event>| {
        walked.extend(events);
        true
    };
    if let Err(Error::Cannot(_)) = asker.walk(&filter, window, u64::MAX, &never, each) {
        return Ok(());
    }
    prop_assert_eq!(walked, snapshot.events_matching(&filter, window).collect::<Vec<_>>());
    let inside =
        question.histogram.unwrap_or(Interval::new(Timestamp::from_micros(5), Timestamp::from_micros(30)));
    let why = WhyQuestion { filter: filter.clone(), window, inside, top: 5, per_field: 3 };
    prop_assert_eq!(asker.why(&why, &never).ok(), snapshot.why(&why, &never));
    let fields: Vec<Field> = question.facets.iter().map(|facet| facet.field).collect();
    if let [first, second, ..] = fields[..] {
        let pairs = PairQuestion { filter, window, fields: (first, second), top: 4 };
        prop_assert_eq!(asker.pairs(&pairs, &never).ok(), snapshot.pairs(&pairs, &never));
    }
    Ok(())
}

fn same(server: &Server, answered: usize) {
    // More than half of what is asked at random cannot be asked there.
    let cases = (answered * 3).div_ceil(QUESTIONS) as u32;
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    // The same questions each time: what a server is asked is not to change with the weather.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let questions = prop::collection::vec(given::question(), QUESTIONS);
    let most = prop::sample::select(vec![0usize, 3, 10_000, 10_000, 10_000]);
    let (asked, refused) = (Cell::new(0), Cell::new(0));
    let given = (events(), questions, most);
    let result = runner.run(&given, |(events, questions, most)| {
        let engine = Arc::new(Engine::new(address(server), None).expect("an address"));
        let mut ledger = engine.open().expect("it opens");
        let mut store = Store::new();
        // All of it in two pages, and the older one once more.
        let (first, second) = events.split_at(events.len() / 2);
        for some in [first, second, first] {
            append(&mut ledger, some);
            store.append(some.to_vec());
        }
        let snapshot = store.snapshot();
        let sources = ["prod", "eu"].map(|name| Arc::new(Source::new(name, "p")));
        let asker = engine.asker(&sources, &[]).fetching(most);
        for question in questions {
            let question_there = asked_of(&asker, &question, &snapshot);
            match asker.answer(&question_there, &never) {
                Ok(answer) => {
                    let (found, meant) = (plain(answer), plain(snapshot.answer(&question)));
                    prop_assert_eq!(found, meant, "{:?}", question);
                }
                Err(Error::Cannot(_)) => refused.set(refused.get() + 1),
                Err(error) => return Err(TestCaseError::fail(format!("{error}: {question:?}"))),
            }
            deeper(&asker, &snapshot, &question)?;
            asked.set(asked.get() + 1);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (asked, refused) = (asked.get(), refused.get());
    assert!(asked - refused >= answered, "{refused} of {asked} questions were refused");
}

#[test]
fn the_server_answers_as_the_store_does() {
    if let Some(server) = Server::shared() {
        same(server, 200);
    }
}

#[test]
fn a_current_engine_answers_as_the_store_does() {
    if let Some(server) = Server::current() {
        same(server, 10);
    }
}

fn literals(server: &Server) {
    let client = Client::new(address(server), None).expect("an address");
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        ".{0,30}".prop_map(String::into_bytes),
        "['\"\\\\%_?{}$:;\u{0}\n-]{0,20}".prop_map(String::into_bytes),
    ];
    let given = (prop::collection::vec(bytes, 20), any::<i64>(), prop::num::f64::ANY);
    let result = runner.run(&given, |(texts, whole, number)| {
        let said: Vec<String> = texts.iter().map(|text| literal(Value::Bytes(text))).collect();
        let sql = format!(
            "SELECT {}, {}, {} FORMAT RowBinary",
            said.join(","),
            literal(whole),
            literal(Value::Float(number))
        );
        let answer = client.read(&sql, &never).expect("answered");
        let mut reader = Reader::new(&answer);
        for text in &texts {
            prop_assert_eq!(reader.bytes(), Ok(&**text));
        }
        prop_assert_eq!(reader.i64(), Ok(whole));
        prop_assert_eq!(reader.u64(), Ok(number.to_bits()));
        prop_assert!(reader.is_empty());
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn a_literal_is_what_was_to_be_said() {
    for server in [Server::shared(), Server::current()].into_iter().flatten() {
        literals(server);
    }
}
