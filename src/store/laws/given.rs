//! Random entries, filters and questions, of few enough values that they meet often.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;

use crate::answer::stack::StackBy;
use crate::answer::{Anchor, FacetQuestion, Order, Question, RowId, Sort};
use crate::event::field::Field;
use crate::event::{
    Actor, Change, ChangeOp, Event, Identity, Kind, KindSet, Number, Outcome, Rank, Record, Target,
};
use crate::interval::Interval;
use crate::json::{Json, Pointer};
use crate::query::{Bound, Bounds, Expr, Folded, Glob, Has, Leaf, Query, Regex, Subject, Test};
use crate::timestamp::Timestamp;

const TEXTS: [&str; 14] = [
    "",
    "a",
    "A",
    "alice",
    "Alice B",
    "=1+1",
    "\u{202e}x",
    "\u{1b}[0m",
    "10.0.0.1",
    "::ffff:10.0.0.9",
    "10.0.0.300",
    "İ",
    "POST /x",
    "2001:db8::1",
];
const RECORDS: [&str; 6] = [
    "{}",
    r#"{"n":1,"s":"Alice"}"#,
    r#"{"n":1.0,"s":null}"#,
    r#"{"n":-5,"s":""}"#,
    r#"{"n":true,"s":{"t":[1,"a"]}}"#,
    r#"{"n":1,"n":2}"#,
];
const POINTERS: [&str; 5] = ["", "/n", "/s", "/s/t/1", "/none"];
const LATENCIES: [&str; 5] = ["0", "412", "412.50", "1e3", "-1"];
const STATUSES: [i64; 8] = [-1, 0, 200, 204, 301, 404, 503, 999];
const NETS: [&str; 4] = ["10.0.0.0/8", "10.0.0.1/32", "2001:db8::/32", "0.0.0.0/0"];
const REGEXES: [&str; 7] = ["^a", "(?i)ALICE", "", "\\d{2}", "lice", "A", "(T /|0.0)\\S$"];

pub fn text() -> impl Strategy<Value = String> {
    select(&TEXTS[..]).prop_map(str::to_owned)
}

fn slot() -> impl Strategy<Value = Option<String>> {
    prop::option::of(text())
}

pub fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        8 => (0i64..40).prop_map(Timestamp::from_micros),
        8 => (0i64..4000).prop_map(Timestamp::from_micros),
        1 => select(vec![Timestamp::MIN, Timestamp::MAX]),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let op = select(vec![ChangeOp::Add, ChangeOp::Remove, ChangeOp::Replace, ChangeOp::Move, ChangeOp::Copy]);
    let side = || prop::option::of(text().prop_map(|text| Json::from_text(&text)));
    (op, select(vec!["", "/a", "/b/c"]), side(), side()).prop_map(|(op, path, before, after)| Change {
        op,
        path: path.to_owned(),
        before,
        after,
    })
}

pub fn event() -> impl Strategy<Value = Event> {
    let place = (select(vec!["prod", "eu"]), prop::option::of(select(vec!["w1", "w2"])), slot(), time());
    let what = (
        prop::option::of(select(&STATUSES[..])),
        any::<bool>(),
        prop::option::of(select(&LATENCIES[..])),
        prop::option::weighted(0.3, prop::collection::vec(change(), 0..3)),
        0u16..1024,
        // Mostly few identities, so that copies come; sometimes one of its own.
        prop_oneof![0u128..60, any::<u128>()],
        any::<bool>(),
        select(&RECORDS[..]),
    );
    (place, prop::collection::vec(slot(), 17), what).prop_map(
        |(
            (source, workspace, id, time),
            mut texts,
            (status, failed, latency, changes, kinds, identity, single, record),
        )| {
            let mut next = || texts.pop().flatten();
            Event {
                source: source.into(),
                provider: next().unwrap_or_default().into(),
                workspace: workspace.map(Arc::from),
                id,
                time,
                status,
                outcome: if failed { Outcome::Failure } else { Outcome::Success },
                as_read: None,
                action: next(),
                method: next(),
                endpoint: next(),
                actor: Actor { kind: next(), id: next(), name: next(), email: next() },
                target: Target { kind: next(), id: next(), name: next() },
                organization: next(),
                project: next(),
                ip: next(),
                client: next(),
                user_agent: next(),
                latency_ms: latency.and_then(Number::parse),
                request_id: next(),
                message: Some(format!("{}{identity}", next().unwrap_or_default())),
                changes,
                kinds: KindSet::from_bits(kinds),
                identity: Identity(identity),
                rank: if single { Rank::Single } else { Rank::ListRow },
                record: Record::from_kept(record),
            }
        },
    )
}

/// An entry whose action is made of method and endpoint, as where systems have none of their own.
pub fn request() -> impl Strategy<Value = Event> {
    event().prop_map(|mut event| {
        event.action = match (&event.method, &event.endpoint) {
            (Some(method), Some(endpoint)) => Some(format!("{method} {endpoint}")),
            (one, other) => one.clone().or_else(|| other.clone()),
        };
        event
    })
}

/// An entry with ids that few others have, or none.
pub fn identified() -> impl Strategy<Value = Event> {
    let id = || prop_oneof![9 => (0u32..90).prop_map(|id| Some(format!("req_{id:08x}"))), 1 => slot()];
    (event(), id(), id(), id()).prop_map(|(mut event, id, request_id, target)| {
        (event.id, event.request_id, event.target.id) = (id, request_id, target);
        event
    })
}

/// Texts that are typed letter by letter, and what stands in one of them after the other.
pub fn typed() -> impl Strategy<Value = Vec<String>> {
    let word = prop_oneof![
        4 => text(),
        1 => select(vec!["alice b", "10.0.0.1", "post /x", "1:db8", "A A", "a alice b", "i\u{307}"]).prop_map(str::to_owned),
    ];
    (word, any::<prop::sample::Index>()).prop_map(|(word, missing)| {
        let ends = word.char_indices().map(|(at, character)| at + character.len_utf8());
        let mut typed: Vec<String> = ends.map(|end| word[..end].to_owned()).collect();
        // A paste leaves letters out.
        if typed.len() > 2 {
            typed.remove(missing.index(typed.len()));
        }
        typed
    })
}

/// An entry with a number, and little else.
pub fn plain_event(number: u32, micros: i64) -> Event {
    Event {
        source: "prod".into(),
        provider: "system".into(),
        workspace: None,
        id: Some(format!("id {number}")),
        time: Timestamp::from_micros(micros),
        status: None,
        outcome: Outcome::Success,
        as_read: None,
        action: Some(format!("action {}", number % 7)),
        method: None,
        endpoint: None,
        actor: Actor::default(),
        target: Target::default(),
        organization: None,
        project: None,
        ip: None,
        client: None,
        user_agent: None,
        latency_ms: None,
        request_id: None,
        message: None,
        changes: None,
        kinds: KindSet::default(),
        identity: Identity(u128::from(number)),
        rank: Rank::ListRow,
        record: Record::from_kept("{}"),
    }
}

pub fn field() -> impl Strategy<Value = Field> {
    (0..Field::COUNT).prop_map(|number| crate::event::field::TABLE[number].field)
}

fn bounds<T: Clone + std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Bounds<T>> {
    let bound = (value, any::<bool>()).prop_map(|(value, inclusive)| Bound { value, inclusive });
    prop::array::uniform2(prop::option::of(bound)).prop_map(|[low, high]| Bounds { low, high })
}

/// Any test, fitting its subject or not.
fn test() -> impl Strategy<Value = Test> {
    let number = select(vec![-1.0, 0.0, 1.0, 204.0, 412.0, 412.5, 503.0]);
    let time = time();
    let glob = prop::collection::vec(text(), 1..4)
        .prop_map(|pieces| Glob { pieces: pieces.iter().map(|piece| Folded::new(piece)).collect() });
    let regex = select(&REGEXES[..]).prop_map(|regex| Regex(regex::Regex::new(regex).expect("a regex")));
    prop_oneof![
        Just(Test::Present),
        glob.prop_map(Test::Whole),
        text().prop_map(|text| Test::Part(Folded::new(&text))),
        regex.prop_map(Test::Regex),
        bounds(number).prop_map(Test::Number),
        (0u8..10).prop_map(Test::StatusClass),
        bounds(time).prop_map(Test::Time),
        select(&NETS[..]).prop_map(|net| Test::Net(net.parse().expect("a net"))),
        select(vec![Has::Control, Has::Bidi, Has::Formula]).prop_map(Test::Has),
        select(&Kind::ALL[..]).prop_map(Test::Is),
        // Values of the fields that are words.
        select(vec!["5xx", "success", "failure", "unknown", "prod"])
            .prop_map(|word| Test::Whole(Glob::exact(word))),
    ]
}

/// A leaf whose tests fit its subject, mostly.
fn leaf() -> impl Strategy<Value = Leaf> {
    use crate::event::field::Type;
    let subject = prop_oneof![
        2 => Just(Subject::Words),
        6 => field().prop_map(Subject::Field),
        1 => select(&POINTERS[..]).prop_map(|text| Subject::Pointer(Pointer::parse(text).expect("a pointer"))),
    ];
    let fits = |subject: &Subject, test: &Test| match subject {
        Subject::Field(field) => match field.info().kind {
            Type::Time => matches!(test, Test::Time(_) | Test::Present),
            Type::Status => matches!(test, Test::Number(_) | Test::StatusClass(_) | Test::Present),
            Type::Latency => matches!(test, Test::Number(_) | Test::Present),
            Type::Has => matches!(test, Test::Has(_)),
            Type::Is => matches!(test, Test::Is(_)),
            Type::Text | Type::Address | Type::Paths | Type::Raw => true,
        },
        Subject::Words | Subject::Pointer(_) => true,
    };
    (subject, prop::collection::vec(test(), 12), any::<bool>()).prop_map(move |(subject, mut tests, any)| {
        if !any {
            tests.retain(|test| fits(&subject, test));
        }
        tests.truncate(2);
        Leaf { subject, tests }
    })
}

pub fn filter() -> impl Strategy<Value = Query> {
    let expr = leaf().prop_map(Expr::Leaf).prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::Or),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    });
    prop_oneof![1 => Just(Query::all()), 5 => expr.prop_map(|expr| Query { expr })]
}

pub fn window() -> impl Strategy<Value = Interval> {
    let between = |(a, b): (Timestamp, Timestamp)| Interval::new(a.min(b), a.max(b));
    let any = |(a, b)| Interval::new(a, b);
    prop_oneof![
        2 => Just(Interval::ALL),
        3 => (time(), time()).prop_map(between),
        1 => (time(), time()).prop_map(any),
    ]
}

pub fn question() -> impl Strategy<Value = Question> {
    let order = select(vec![Order::NewestFirst, Order::OldestFirst]);
    let anchor =
        prop_oneof![(0u64..300).prop_map(|id| Anchor::Row(RowId(id))), time().prop_map(Anchor::Time)];
    let facet = (field(), 0usize..6).prop_map(|(field, top)| FacetQuestion { field, top });
    let rows = (prop_oneof![0usize..20, 0usize..400], prop_oneof![0usize..20, 0usize..400]);
    (
        filter(),
        window(),
        (order, prop::option::of((field(), any::<bool>())), prop::option::of(filter())),
        rows,
        prop::option::of(anchor),
        prop::option::of(window()),
        prop::collection::vec(facet, 0..4),
        prop::option::of(select(&StackBy::ALL[..])),
        any::<bool>(),
        prop::option::of(filter().prop_map(Arc::new)),
    )
        .prop_map(|parts| {
            let (
                filter,
                window,
                (order, sort, among),
                (start, count),
                locate,
                histogram,
                facets,
                stack,
                volume,
                told,
            ) = parts;
            Question {
                filter: Arc::new(filter),
                window,
                order,
                sort: sort.map(|(field, descending)| Sort { field, descending }),
                among: among.map(Arc::new),
                rows: start..start + count,
                locate,
                histogram,
                facets,
                stack,
                volume,
                told,
            }
        })
}
