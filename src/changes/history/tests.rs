//! Histories of told changes, and the law: states rebuilt from random undo patches are the true ones.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::event::{Change, ChangeOp, KindSet};
use crate::json::Node;
use crate::provider::changes::Encoding;
use crate::provider::mapping::Path;
use crate::query::generate::bare_event;

fn pointer(text: &str) -> Pointer {
    Pointer::parse(text).expect("a pointer")
}

fn whole(value: &Value) -> State {
    State::Whole(Json::from_node(Node::parse(&value.to_string()).expect("JSON")))
}

fn mapping() -> Mapping {
    let pairs = Encoding::Pairs { prefixes: vec![("previous_".into(), "new_".into())] };
    Mapping {
        changes: vec![
            (Path::new(&pointer("/undo")), Encoding::UndoPatch),
            (Path::new(&pointer("/details")), pairs),
        ],
        ..Mapping::default()
    }
}

/// An entry on a project, of this day of May, by this actor, with this record.
fn entry(day: usize, who: &str, record: &Value) -> Event {
    let mut event = bare_event(&format!("id{day:03}"), "2026-05-01T10:00:00Z");
    event.time = event.time.plus((day as i64 - 1) * crate::timestamp::DAY);
    event.actor.name = Some(who.to_owned());
    event.target.kind = Some("project".to_owned());
    event.target.id = Some("p1".to_owned());
    event.record = crate::event::Record::from_kept(&record.to_string());
    event
}

fn history_from(events: &[Event], latest: State) -> History {
    let mapping = mapping();
    let record = RecordKey::of(&events[0]).expect("a record");
    History::new(&record, events.iter().cloned().map(Arc::new), |_| Some(&mapping), latest)
}

fn history(events: &[Event]) -> History {
    history_from(events, State::Unknown)
}

fn words(history: &History) -> Vec<String> {
    history.paths().iter().map(|path| history.words(&history.path(path), &Signs::UNICODE)).collect()
}

fn undo(day: usize, who: &str, patch: impl Into<Value>) -> Event {
    entry(day, who, &json!({ "undo": patch.into() }))
}

#[test]
fn each_paths_values_with_who_and_when() {
    let events = [
        undo(18, "bot-4", json!([{"op": "replace", "path": "/retention_days", "value": 30}])),
        undo(
            12,
            "alice",
            json!([{"op": "replace", "path": "/retention_days", "value": 90},
            {"op": "remove", "path": "/labels/team"}]),
        ),
        undo(
            20,
            "carol",
            json!([{"op": "replace", "path": "/retention_days", "value": 7},
            {"op": "add", "path": "/labels", "value": {"team": "a\u{1b}b"}}]),
        ),
    ];
    let history = history(&events);
    assert_eq!(
        words(&history),
        [
            "retention_days  90 → 30 alice 05-12 → 7 bot-4 05-18 → ? carol 05-20",
            "/labels/team  ∅ → a␛b alice 05-12 → ∅ carol 05-20",
            r#"labels  {} → {"team":"a\u001bb"} alice 05-12 → ∅ carol 05-20"#,
        ]
    );
    assert!(history.breaks().is_empty());
    assert_eq!(history.state(1).at(&pointer("/retention_days")), whole(&json!(30)));
    assert_eq!(history.state(3).at(&pointer("/retention_days")), State::Present);
    assert_eq!(history.state(3).at(&pointer("/other")), State::Unknown);
    // What is known of the end fills the last side.
    let known = history_from(&events, whole(&json!({"retention_days": 1, "name": "n"})));
    assert_eq!(words(&known)[0], "retention_days  90 → 30 alice 05-12 → 7 bot-4 05-18 → 1 carol 05-20");
    assert_eq!(
        known.state(1).complete().map(|json| json.to_string()).as_deref(),
        Some(r#"{"labels":{"team":"a\u001bb"},"name":"n","retention_days":30}"#)
    );
}

#[test]
fn pairs_chain_forwards_too_and_a_broken_chain_is_said() {
    let pair = |day, who, before: Value, after: Value| {
        entry(day, who, &json!({"details": {"previous_status": before, "new_status": after}}))
    };
    let events = [
        pair(12, "alice", json!("on"), json!("off")),
        entry(13, "dora", &json!({"details": {"previous_owner": "a"}})),
        pair(14, "bob", json!("off"), json!({"mode": 1.0})),
        pair(18, "bot-4", json!("on"), json!("off")),
    ];
    let history = history(&events);
    assert_eq!(
        words(&history)[0],
        "status  on → off alice 05-12 → {\"mode\":1.0} bob 05-14 ≠ on → off bot-4 05-18"
    );
    assert_eq!(words(&history)[1], "owner  a → ? dora 05-13");
    let status = pointer("/status");
    assert_eq!(
        history.breaks(),
        [Break {
            path: status.clone(),
            step: 2,
            next: Some(3),
            after: whole(&json!({"mode": 1.0})),
            before: whole(&json!("on")),
        }]
    );
    // `off` of the first entry is carried over the second's other path.
    assert_eq!(history.state(2).at(&status), whole(&json!("off")));
    assert_eq!(history.state(4).at(&status), whole(&json!("off")));
    // The same numbers in another spelling, and members in another order, are no break.
    let events = [
        pair(1, "a", json!(0), json!({"a": 1, "b": [1.0]})),
        entry(
            2,
            "b",
            &serde_json::from_str(r#"{"details":{"previous_status":{"b":[1.00],"a":1}}}"#).expect("JSON"),
        ),
    ];
    assert!(self::history(&events).breaks().is_empty());
}

#[test]
fn what_was_removed_cannot_be_there_later_nor_what_was_added_before() {
    let events = [
        undo(1, "a", json!([{"op": "add", "path": "/x", "value": 1}])),
        undo(2, "b", json!([{"op": "replace", "path": "/x", "value": 2}])),
        undo(3, "c", json!([{"op": "remove", "path": "/x"}])),
    ];
    let history = history(&events);
    let broken: Vec<_> = history.breaks().iter().map(|broken| (broken.step, broken.next)).collect();
    assert_eq!(broken, [(0, Some(1)), (1, Some(2))]);
    assert_eq!(words(&history), ["x  1 → ∅ a 05-01 ≠ 2 → ? b 05-02 ≠ ∅ → ? c 05-03"]);
}

#[test]
fn what_does_not_tell_lets_nothing_through_unless_it_only_looks() {
    let change = |day, value: i64| undo(day, "a", json!([{"op": "replace", "path": "/x", "value": value}]));
    let silent = |kinds: &[Kind], outcome| {
        let mut event = entry(2, "eve", &json!({}));
        event.kinds = KindSet::default();
        for kind in kinds {
            event.kinds.insert(*kind);
        }
        event.outcome = outcome;
        event
    };
    let line = |event| words(&history(&[change(1, 1), event, change(3, 2)]))[0].clone();
    assert_eq!(
        line(silent(&[Kind::Update], Outcome::Success)),
        "x  1 → ? a 05-01 → [2] eve 05-02 → ? a 05-03"
    );
    assert_eq!(line(silent(&[Kind::Read], Outcome::Success)), "x  1 → 2 a 05-01 → ? a 05-03");
    assert_eq!(line(silent(&[Kind::Update], Outcome::Failure)), "x  1 → 2 a 05-01 → ? a 05-03");
    assert_eq!(
        line(silent(&[Kind::Read, Kind::Role], Outcome::Success)),
        "x  1 → ? a 05-01 → [2] eve 05-02 → ? a 05-03"
    );
    let events = [change(1, 1), silent(&[Kind::Update], Outcome::Success)];
    assert_eq!(history(&events).untold().collect::<Vec<_>>(), [1]);
}

#[test]
fn only_entries_on_the_record_count_and_without_a_mapping_their_changes_do() {
    let mut elsewhere = undo(2, "x", json!([{"op": "replace", "path": "/x", "value": 9}]));
    elsewhere.target.id = Some("p2".to_owned());
    let mut event = undo(1, "a", json!("unread"));
    event.changes = Some(vec![
        Change { op: ChangeOp::Replace, path: "/x".into(), before: Some(Json::from_text("b")), after: None },
        Change { op: ChangeOp::Move, path: "/y".into(), before: None, after: None },
    ]);
    let record = RecordKey::of(&event).expect("a record");
    assert_eq!(record.filter().to_string(), "source:prod target.type:project target.id:p1");
    assert!(record.filter().matches(&event) && !record.filter().matches(&elsewhere));
    let events = [elsewhere, event.clone(), event].map(Arc::new);
    let history = History::new(&record, events, |_| None, State::Unknown);
    // The same entry twice is one; of a move without its origin nothing is known but where it went.
    assert_eq!(history.steps().len(), 1);
    assert_eq!(history.state(0).at(&pointer("/y")), State::Present);
    assert_eq!(history.state(0).at(&pointer("/x")), State::Unknown);
}

#[test]
fn elements_of_a_list_that_is_not_known_whole_are_not_confused() {
    let events = [
        undo(1, "a", json!([{"op": "replace", "path": "/l/1", "value": "one"}])),
        // The second entry took away the first element: what stood at 1 stands at 0 since.
        undo(2, "b", json!([{"op": "add", "path": "/l/0", "value": "zero"}])),
        undo(3, "c", json!([{"op": "replace", "path": "/l/1", "value": "two"}])),
    ];
    let history = history(&events);
    assert!(history.breaks().is_empty());
    assert_eq!(history.state(1).at(&pointer("/l/0")), whole(&json!("zero")));
    assert_eq!(history.state(1).at(&pointer("/l/1")), State::Present);
    assert_eq!(history.state(2).at(&pointer("/l/1")), whole(&json!("two")));
}

#[test]
fn work_is_bounded_and_what_is_left_is_unknown() {
    let big: Vec<Value> = (0..200).map(|n| json!(n)).collect();
    let events: Vec<Event> = (1..20)
        .map(|day| {
            undo(
                day,
                "a",
                json!([{"op": "replace", "path": "/l", "value": big}, {"op": "remove", "path": "/l/0"}]),
            )
        })
        .collect();
    let steps = history(&events).steps().to_vec();
    let cut = History::rebuilt(steps, State::Unknown, &mut Budget::new(3_000));
    assert_eq!(cut.extent(), Extent::Cut);
    assert_eq!(cut.steps().len(), 19);
    assert_eq!(cut.state(0), &State::Unknown);
    assert_ne!(cut.state(18), &State::Unknown);
    assert_eq!(history(&events).extent(), Extent::Whole);
}

/// Every path of a value but the root, with whether its parent is an array.
fn places(value: &Value, at: &Pointer, found: &mut Vec<(Pointer, bool)>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            found.push((at.child(key), false));
            places(value, &at.child(key), found);
        }),
        Value::Array(list) => list.iter().enumerate().for_each(|(index, value)| {
            found.push((at.child(&index.to_string()), true));
            places(value, &at.child(&index.to_string()), found);
        }),
        _ => {}
    }
}

fn containers(value: &Value, at: &Pointer, found: &mut Vec<Pointer>) {
    if value.is_object() || value.is_array() {
        found.push(at.clone());
    }
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| containers(value, &at.child(key), found)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(index, value)| containers(value, &at.child(&index.to_string()), found)),
        _ => {}
    }
}

fn parent(path: &Pointer) -> (Pointer, String) {
    let (last, way) = path.tokens().split_last().expect("not the root");
    (Pointer::from_tokens(way.iter().cloned()), last.to_string())
}

fn take(value: &mut Value, path: &Pointer) -> Value {
    let (way, last) = parent(path);
    match value.pointer_mut(&way.to_string()).expect("there") {
        Value::Object(map) => map.remove(&last).expect("there"),
        Value::Array(list) => list.remove(last.parse().expect("an index")),
        _ => unreachable!("a container"),
    }
}

fn put(value: &mut Value, path: &Pointer, new: Value) {
    let (way, last) = parent(path);
    match value.pointer_mut(&way.to_string()).expect("there") {
        Value::Object(map) => assert!(map.insert(last, new).is_none(), "the place was free"),
        Value::Array(list) if last == "-" => list.push(new),
        Value::Array(list) => list.insert(last.parse().expect("an index"), new),
        _ => unreachable!("a container"),
    }
}

/// A free place in a container: a new member, or any place of an array.
fn free_place(value: &Value, choice: usize, key: &str) -> Option<Pointer> {
    let mut found = Vec::new();
    containers(value, &Pointer::default(), &mut found);
    let at = found.get(choice % found.len().max(1))?;
    match value.pointer(&at.to_string())? {
        Value::Object(map) if map.contains_key(key) => None,
        Value::Object(_) => Some(at.child(key)),
        Value::Array(list) => Some(at.child(&(choice / 7 % (list.len() + 1)).to_string())),
        _ => None,
    }
}

/// Changes a value, and gives the operation that undoes it. `None`: this change does not fit.
fn altered(value: &mut Value, (kind, choice, key, new): &(u8, usize, String, Value)) -> Option<Value> {
    let mut found = Vec::new();
    places(value, &Pointer::default(), &mut found);
    let chosen = (!found.is_empty()).then(|| found[choice % found.len()].clone());
    match kind {
        0 => {
            let (path, _) = chosen?;
            let old = std::mem::replace(value.pointer_mut(&path.to_string())?, new.clone());
            Some(json!({"op": "replace", "path": path.to_string(), "value": old}))
        }
        1 => {
            let path = free_place(value, *choice, key)?;
            put(value, &path, new.clone());
            Some(json!({"op": "remove", "path": path.to_string()}))
        }
        2 => {
            let (path, in_array) = chosen?;
            let old = take(value, &path);
            let (way, last) = parent(&path);
            let was_last = in_array && value.pointer(&way.to_string())?.as_array()?.len().to_string() == last;
            let path = if was_last && choice % 2 == 0 { way.child("-") } else { path };
            Some(json!({"op": "add", "path": path.to_string(), "value": old}))
        }
        3 => {
            let (path, _) = chosen?;
            let mut after = value.clone();
            let moved = take(&mut after, &path);
            let to = free_place(&after, choice / 3, key)?;
            put(&mut after, &to, moved);
            *value = after;
            // The undo takes it from there, and puts it where it was.
            Some(json!({"op": "move", "from": to.to_string(), "path": path.to_string()}))
        }
        4 => {
            // A value goes that stands elsewhere too: undoing copies it from there.
            let (path, _) = chosen?;
            let mut after = value.clone();
            let old = take(&mut after, &path);
            let mut left = Vec::new();
            places(&after, &Pointer::default(), &mut left);
            let twin = left.into_iter().find(|(at, _)| after.pointer(&at.to_string()) == Some(&old))?;
            *value = after;
            Some(json!({"op": "copy", "from": twin.0.to_string(), "path": path.to_string()}))
        }
        _ => {
            let old = std::mem::replace(value, new.clone());
            Some(json!({"op": "replace", "path": "", "value": old}))
        }
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..3).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ab0~/-]{0,2}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

type Alteration = (u8, usize, String, Value);

fn alterations() -> impl Strategy<Value = Vec<Alteration>> {
    let kind =
        prop_oneof![4 => Just(0u8), 4 => Just(1), 4 => Just(2), 2 => Just(3), 1 => Just(4), 1 => Just(5)];
    prop::collection::vec((kind, 0usize..1000, "[ab01~/-]{1,2}", any_value()), 0..5)
}

/// Whether nothing that is known is untrue.
fn is_true_of(state: &State, truth: Option<&Value>) -> bool {
    match (state, truth) {
        (State::Unknown, _) | (State::Absent, None) | (State::Present, Some(_)) => true,
        (State::Absent, Some(_)) | (_, None) => false,
        (State::Whole(json), Some(truth)) => {
            serde_json::from_str::<Value>(json.as_str()).ok().as_ref() == Some(truth)
        }
        (State::Object(members), Some(truth)) => truth.as_object().is_some_and(|map| {
            map.len() == members.len()
                && members
                    .iter()
                    .all(|(name, member)| is_true_of(member, map.get(&**name)) && map.contains_key(&**name))
        }),
        (State::Array(elements), Some(truth)) => truth.as_array().is_some_and(|list| {
            list.len() == elements.len()
                && elements.iter().zip(list).all(|(element, truth)| is_true_of(element, Some(truth)))
        }),
        (State::Parts(parts), Some(truth)) => {
            (truth.is_object() || truth.is_array())
                && parts.iter().all(|(token, part)| {
                    is_true_of(part, truth.pointer(&Pointer::default().child(token).to_string()))
                })
        }
    }
}

/// The true states, and the entries that undo each step.
fn told(first: Value, steps: &[Vec<Alteration>]) -> (Vec<Value>, Vec<Event>) {
    let mut truth = vec![first];
    let mut events = Vec::new();
    for (number, alterations) in steps.iter().enumerate() {
        let mut now = truth[number].clone();
        let mut patch: Vec<Value> =
            alterations.iter().filter_map(|alteration| altered(&mut now, alteration)).collect();
        patch.reverse();
        events.push(undo(number + 1, "a", Value::from(patch)));
        truth.push(now);
    }
    (truth, events)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn from_the_last_state_every_state_is_rebuilt(
        first in any_value(),
        steps in prop::collection::vec(alterations(), 1..6),
    ) {
        let (truth, events) = told(first, &steps);
        let history = history_from(&events, whole(truth.last().expect("one")));
        for (number, truth) in truth.iter().enumerate() {
            let complete = history.state(number).complete();
            prop_assert!(complete.is_some(), "{number} {:?}", history.state(number));
            prop_assert!(is_true_of(history.state(number), Some(truth)), "{number} {:?} {truth}", history.state(number));
            let read: Option<Value> = complete.and_then(|json| serde_json::from_str(json.as_str()).ok());
            prop_assert_eq!(read.as_ref(), Some(truth));
        }
        prop_assert_eq!(history.breaks(), &[]);
    }

    #[test]
    fn without_it_nothing_untrue_is_said_and_what_was_told_is_known(
        first in any_value(),
        steps in prop::collection::vec((alterations(), prop::bool::weighted(0.15)), 1..8),
        shuffled in any::<bool>(),
    ) {
        let (alterations, silent): (Vec<_>, Vec<bool>) = steps.into_iter().unzip();
        let (truth, mut events) = told(first, &alterations);
        for (event, silent) in events.iter_mut().zip(&silent) {
            if *silent {
                event.record = crate::event::Record::from_kept("{}");
            }
        }
        let given: Vec<Event> = if shuffled { events.iter().rev().cloned().collect() } else { events.clone() };
        let history = history(&given);
        for (number, truth) in truth.iter().enumerate() {
            prop_assert!(is_true_of(history.state(number), Some(truth)), "{number} {:?} {truth}", history.state(number));
        }
        prop_assert_eq!(history.breaks(), &[]);
        // The last operation to undo stands as it was told.
        for (number, event) in events.iter().enumerate() {
            let operations = Undo::patch(event.record.node().member("undo").unwrap_or(Node::parse("[]").expect("JSON")));
            let Some(last) = operations.and_then(|mut list| list.pop()) else { continue };
            if let super::super::undo::UndoOp::Replace(Some(value)) = last.op {
                prop_assert!(!history.state(number).at(&last.path).contradicts(&State::Whole(value)));
                prop_assert!(history.state(number).at(&last.path).complete().is_some());
            }
        }
    }
}
