//! Random filters and events for property tests, of the query and of what must agree with it.

use proptest::prelude::*;
use proptest::sample::select;

use super::{Bounds, Expr, Folded, Glob, Has, Query, Regex, Subject, Test};
use crate::event::field::{Field, TABLE, Type};
use crate::event::{
    Actor, Change, ChangeOp, Event, Identity, Kind, KindSet, Number, Outcome, Rank, Record, Target,
};
use crate::json::{Json, Node, Pointer};
use crate::timestamp::{DAY, Timestamp};

/// Texts that filters stumble over, and short ones that often coincide.
pub fn any_text() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "[abAB]{1,2}",
        2 => "[ab*/,. \"\\\\()<>~:@=01-]{0,6}",
        1 => select(vec!["AND", "OR", "NOT", "-", "/a/", "/", "..", "a..b", "/../x", "İß", "\u{1b}[0m", "\u{202e}", "10.0.0.1", "2026-05-18", "5xx", "@/a"])
            .prop_map(str::to_owned),
        1 => any::<String>(),
    ]
    .boxed()
}

fn glob() -> impl Strategy<Value = Test> {
    prop::collection::vec(any_text(), 1..4).prop_map(|texts| {
        let last = texts.len() - 1;
        let pieces: Vec<Folded> = texts
            .iter()
            .enumerate()
            .filter(|(at, text)| *at == 0 || *at == last || !text.is_empty())
            .map(|(_, text)| Folded::new(text))
            .collect();
        match pieces.as_slice() {
            [first, last] if first.typed().is_empty() && last.typed().is_empty() => Test::Present,
            _ => Test::Whole(Glob { pieces }),
        }
    })
}

fn regex() -> impl Strategy<Value = Test> {
    select(vec!["a", "^a|b$", "(a|b)b?", "(?i)A", "[)/]a", "a,b", "/", r"\x20", r"\)"])
        .prop_map(|source| Test::Regex(Regex(regex::Regex::new(source).expect("a regular expression"))))
}

fn bounds<T: Copy + PartialOrd + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Bounds<T>> {
    (value.clone(), value, 0..3, any::<bool>()).prop_map(|(a, b, shape, inclusive)| match shape {
        0 => Bounds::from(a, inclusive),
        1 => Bounds::up_to(a, inclusive),
        _ if a <= b => Bounds::closed(a, b),
        _ => Bounds::closed(b, a),
    })
}

/// Instants that often coincide, fall on days' edges, or lie anywhere.
pub fn any_time() -> impl Strategy<Value = Timestamp> + Clone {
    prop_oneof![
        (0i64..3, -1i64..2).prop_map(|(day, near)| Timestamp::from_micros(20_000 * DAY + day * DAY + near)),
        any::<i64>().prop_map(Timestamp::from_micros),
    ]
}

fn network() -> impl Strategy<Value = Test> {
    select(vec!["10.0.0.0/8", "10.0.0.1", "::1", "2001:db8::/32", "0.0.0.0/0", "::/0"])
        .prop_map(|text| Test::Net(super::parse::network(text).expect("a network")))
}

/// The tests of one leaf on a field of this type; `None`: at a pointer.
fn tests(kind: Option<Type>) -> BoxedStrategy<Vec<Test>> {
    let some = |test: BoxedStrategy<Test>| prop::collection::vec(test, 1..3).boxed();
    let part = any_text().prop_map(|text| Test::Part(Folded::new(&text)));
    // At most one regular expression in a list, and last: others cannot be typed.
    let with_regex = |others: BoxedStrategy<Vec<Test>>| {
        (others, prop::option::weighted(0.2, regex()))
            .prop_map(|(mut tests, last)| {
                tests.extend(last);
                tests
            })
            .boxed()
    };
    match kind {
        Some(Type::Text | Type::Paths) => {
            with_regex(
                prop_oneof![
                    some(prop_oneof![6 => glob(), 1 => Just(Test::Present)].boxed()),
                    some(part.boxed()),
                ]
                .boxed(),
            )
        }
        Some(Type::Raw) => with_regex(some(prop_oneof![6 => part, 1 => Just(Test::Present)].boxed())),
        Some(Type::Address) => {
            // A text that is an address is asked for as one.
            let text = glob().prop_filter("an address", |test| match test {
                Test::Whole(glob) => glob.as_exact().is_none_or(|text| super::parse::network(text).is_none()),
                _ => true,
            });
            with_regex(
                prop_oneof![
                    some(prop_oneof![3 => network(), 1 => text, 1 => Just(Test::Present)].boxed()),
                    some(part.boxed()),
                ]
                .boxed(),
            )
        }
        Some(Type::Status) => some(
            prop_oneof![
                bounds((-1i32..700).prop_map(f64::from)).prop_map(Test::Number),
                (0u8..10).prop_map(Test::StatusClass),
                Just(Test::Present),
            ]
            .boxed(),
        ),
        Some(Type::Latency) => some(
            prop_oneof![
                bounds(prop_oneof![(0i32..4).prop_map(|n| f64::from(n) / 2.0), -1e300..1e300f64])
                    .prop_map(Test::Number),
                Just(Test::Present)
            ]
            .boxed(),
        ),
        Some(Type::Time) => {
            some(prop_oneof![5 => bounds(any_time()).prop_map(Test::Time), 1 => Just(Test::Present)].boxed())
        }
        Some(Type::Has) => some(select(Has::ALL.to_vec()).prop_map(Test::Has).boxed()),
        Some(Type::Is) => some(select(Kind::ALL.to_vec()).prop_map(Test::Is).boxed()),
        None => with_regex(
            prop_oneof![
                some(
                    prop_oneof![
                        4 => glob(),
                        2 => bounds((-2i32..6).prop_map(f64::from)).prop_map(Test::Number),
                        1 => Just(Test::Present),
                    ]
                    .boxed()
                ),
                some(part.boxed()),
            ]
            .boxed(),
        ),
    }
}

fn leaf() -> impl Strategy<Value = Expr> {
    let word = prop_oneof![3 => any_text().prop_map(|text| Test::Part(Folded::new(&text))), 1 => regex()];
    let pointer = prop_oneof![
        select(vec!["/n", "/s", "/deep/0", "/a b", "/a~1b", ""])
            .prop_map(|text| Pointer::parse(text).expect("a pointer")),
        prop::collection::vec(any_text(), 0..3).prop_map(Pointer::from_tokens),
    ];
    prop_oneof![
        2 => word.prop_map(|test| Expr::leaf(Subject::Words, vec![test])),
        6 => select(TABLE.iter().collect::<Vec<_>>()).prop_flat_map(|row| {
            tests(Some(row.kind)).prop_map(move |tests| Expr::leaf(Subject::Field(row.field), tests))
        }),
        2 => (pointer, tests(None)).prop_map(|(pointer, tests)| Expr::leaf(Subject::Pointer(pointer), tests)),
    ]
}

/// Any filter that can be typed.
pub fn any_query() -> BoxedStrategy<Query> {
    let expr = leaf().prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::all_of),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::any_of),
            inner.prop_map(Expr::negated),
        ]
    });
    prop_oneof![20 => expr.prop_map(|expr| Query { expr }), 1 => Just(Query::all())].boxed()
}

/// Half of the slots empty, the others often alike.
fn slot() -> BoxedStrategy<Option<String>> {
    prop::option::of(any_text()).boxed()
}

fn number() -> impl Strategy<Value = Number> {
    select(vec!["0", "0.5", "1", "1.0", "412.50", "1e3", "-2"])
        .prop_map(|text| Number::parse(text).expect("a number"))
}

fn change() -> impl Strategy<Value = Change> {
    let op = select(vec![ChangeOp::Add, ChangeOp::Remove, ChangeOp::Replace, ChangeOp::Move, ChangeOp::Copy]);
    let side = || prop::option::of(any_text().prop_map(|text| Json::from_text(&text)));
    (op, "(/[ab]){0,2}", side(), side()).prop_map(|(op, path, before, after)| Change {
        op,
        path,
        before,
        after,
    })
}

fn record() -> impl Strategy<Value = Record> {
    (any_text(), select(vec!["1", "1.0", "412", "true", "null", "\"1\"", "[1,\"a\"]", "{}"]), any_text())
        .prop_map(|(text, value, key)| {
            let (text, key) = (Json::from_text(&text), Json::from_text(&key));
            let record = format!(
                "{{\"n\":{value},\"s\":{text},\"deep\":[{value}],{key}:1,\"a b\":{text},\"a/b\":{text}}}"
            );
            Record::from_node(Node::parse(&record).expect("JSON"))
        })
}

/// Any event; ids, times and values often coincide.
/// Boxed in parts: as one value its strategy would fill a test thread's stack.
pub fn any_event() -> BoxedStrategy<Event> {
    let actor =
        (slot(), slot(), slot(), slot()).prop_map(|(kind, id, name, email)| Actor { kind, id, name, email });
    let target = (slot(), slot(), slot()).prop_map(|(kind, id, name)| Target { kind, id, name });
    let status = prop::option::of(prop_oneof![200i64..600, Just(0), Just(700)]);
    let ip = prop::option::of(prop_oneof![
        select(vec![
            "10.0.0.1",
            "10.9.9.9",
            "::ffff:10.0.0.1",
            "::1",
            "2001:db8::5",
            "unknown",
            "10.0.0.1:80"
        ])
        .prop_map(str::to_owned),
        any_text(),
    ]);
    let changes = prop::option::of(prop::collection::vec(change(), 0..3));
    let head =
        (select(vec!["s1", "s2"]), prop::option::of("[a-c]"), prop::option::of("[w]"), any_time(), status);
    let texts = (slot(), slot(), slot(), slot(), slot(), slot(), slot(), slot(), slot());
    let rest = (any::<bool>(), prop::option::of(number()), changes, 0u16..1024, any::<bool>(), record());
    (head.boxed(), texts.boxed(), actor.boxed(), target.boxed(), ip.boxed(), rest.boxed())
        .prop_map(|(head, texts, actor, target, ip, rest)| {
            let (source, id, workspace, time, status) = head;
            let (action, method, endpoint, organization, project, client, user_agent, request_id, message) =
                texts;
            let (success, latency_ms, changes, kinds, single, record) = rest;
            let identity = match &id {
                Some(id) => Identity::of_id(source, workspace.as_deref(), id),
                None => Identity::of_record(source, workspace.as_deref(), &record),
            };
            Event {
                source: source.into(),
                provider: "system".into(),
                workspace: workspace.map(Into::into),
                id,
                time,
                status,
                outcome: if success { Outcome::Success } else { Outcome::Failure },
                as_read: None,
                action,
                method,
                endpoint,
                actor,
                target,
                organization,
                project,
                ip,
                client,
                user_agent,
                latency_ms,
                request_id,
                message,
                changes,
                kinds: KindSet::from_bits(kinds),
                identity,
                rank: if single { Rank::Single } else { Rank::ListRow },
                record,
            }
        })
        .boxed()
}

/// An event of nothing but its time, to be filled in by a test.
pub fn bare_event(id: &str, time: &str) -> Event {
    let record = Record::from_kept(&format!("{{\"id\":{}}}", Json::from_text(id)));
    Event {
        source: "prod".into(),
        provider: "system".into(),
        workspace: None,
        id: Some(id.to_owned()),
        time: Timestamp::parse(time).expect("a time"),
        status: None,
        outcome: Outcome::Success,
        as_read: None,
        action: None,
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
        identity: Identity::of_id("prod", None, id),
        rank: Rank::ListRow,
        record,
    }
}

/// Fields, to choose from.
pub fn any_field() -> impl Strategy<Value = Field> {
    select(TABLE.iter().map(|row| row.field).collect::<Vec<_>>())
}
