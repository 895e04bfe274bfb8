use proptest::prelude::*;

use super::*;
use crate::answer::Histogram;
use crate::event::{Change, ChangeOp};
use crate::json::Json;
use crate::query::generate::{any_event, any_query, any_time, bare_event};
use crate::query::parse::parse;
use crate::timestamp::Timestamp;

fn filter(text: &str) -> Arc<Query> {
    Arc::new(parse(text, Timestamp::default()).expect("a filter"))
}

fn gather(text: &str, limit: Option<usize>) -> Gather {
    Gather::new(filter(text), Interval::ALL, limit, u64::MAX, Duplicates::KeepOne)
}

fn ids(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.id.as_deref().unwrap_or("?")).collect()
}

fn at(id: &str, second: usize) -> Event {
    bare_event(id, &format!("2026-05-18T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60))
}

/// What is left by the rule, by looking at everything again each time.
fn plainly(events: &[Event], filter: &Query, window: Interval, duplicates: Duplicates) -> Vec<Event> {
    let mut standing: Vec<Event> = Vec::new();
    for event in events {
        let earlier = standing.iter().position(|other| other.identity == event.identity);
        match earlier.filter(|_| duplicates == Duplicates::KeepOne) {
            None => standing.push(event.clone()),
            Some(earlier) if standing[earlier].rank <= event.rank => standing[earlier] = event.clone(),
            Some(_) => {}
        }
    }
    standing.retain(|event| window.contains(event.time) && filter.matches(event));
    standing.sort_by(Event::newest_first);
    standing
}

fn without_after(mut events: Vec<Event>) -> Vec<Event> {
    for change in events.iter_mut().filter_map(|event| event.changes.as_mut()).flatten() {
        change.after = None;
    }
    events
}

#[test]
fn of_one_identity_the_higher_rank_stands_and_of_equals_the_last() {
    let mut row = at("a", 1);
    row.action = Some("first".into());
    let mut later = row.clone();
    later.action = Some("later".into());
    let mut single = row.clone();
    (single.rank, single.action) = (Rank::Single, Some("single".into()));
    let stands = |events: &[&Event], text: &str| {
        let mut gather = gather(text, None);
        for event in events {
            gather.push((*event).clone()).expect("room");
        }
        gather.finish().into_iter().next().and_then(|event| event.action)
    };
    assert_eq!(stands(&[&row, &later], ""), Some("later".into()));
    assert_eq!(stands(&[&row, &single, &later], ""), Some("single".into()));
    // A copy that no longer matches takes the earlier one out, in whichever order they come.
    assert_eq!(stands(&[&row, &later], "action:first"), None);
    assert_eq!(stands(&[&row, &single], "action:first"), None);
    assert_eq!(stands(&[&single, &row], "action:first"), None);
    assert_eq!(stands(&[&later, &row], "action:first"), Some("first".into()));
}

#[test]
fn a_limit_keeps_the_newest_without_holding_the_rest() {
    let mut gather = gather("", Some(3));
    let count = 3 * RESERVE;
    // Neither oldest nor newest first.
    for number in 0..count {
        let second = number * 7919 % count;
        gather.push(at(&format!("id{second:05}"), second)).expect("room");
    }
    assert!(gather.len() <= 2 * RESERVE + 3);
    let expected: Vec<String> = (0..3).map(|place| format!("id{:05}", count - 1 - place)).collect();
    assert_eq!(ids(&gather.finish()), expected);
}

#[test]
fn a_filter_on_changes_holds_all_until_the_single_records_came() {
    let mut gather = gather("-changes:*", Some(1));
    for second in 0..3 * RESERVE {
        gather.push(at(&format!("id{second:05}"), second)).expect("room");
    }
    for second in 1..3 * RESERVE {
        let mut single = at(&format!("id{second:05}"), second);
        single.rank = Rank::Single;
        single.changes =
            Some(vec![Change { op: ChangeOp::Add, path: "/x".into(), before: None, after: None }]);
        gather.push(single).expect("room");
    }
    assert_eq!(ids(&gather.finish()), ["id00000"]);
}

#[test]
fn what_a_filter_hides_still_tells_what_came_after() {
    let change = |before: &str| Change {
        op: ChangeOp::Replace,
        path: "/role".into(),
        before: Some(Json::from_text(before)),
        after: None,
    };
    let (mut first, mut second) = (at("a", 1), at("b", 2));
    for (event, before, action) in [(&mut first, "member", "shown"), (&mut second, "admin", "hidden")] {
        event.target.id = Some("user_1".into());
        event.changes = Some(vec![change(before)]);
        event.action = Some(action.into());
    }
    let mut gather = gather("action:shown", None);
    gather.push(second).expect("room");
    gather.push(first).expect("room");
    let found = gather.finish();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].changes.as_ref().expect("changes")[0].after, Some(Json::from_text("admin")));
}

#[test]
fn too_much_is_a_clear_error_and_loses_nothing() {
    let event = at("a", 1);
    let room = 10 * weight(&event);
    let mut gather = Gather::new(filter(""), Interval::ALL, None, room, Duplicates::KeepOne);
    let mut refused = None;
    for second in 0..100 {
        if let Err(error) = gather.push(at(&format!("id{second}"), second)) {
            refused = Some((second, error));
            break;
        }
    }
    let (second, error) = refused.expect("more than there is room for");
    assert!((5..=12).contains(&second), "{second}");
    assert!(error.to_string().contains("--max-memory"), "{error}");
    assert_eq!(gather.finish().len(), second + 1);
    // What does not match takes no room.
    let mut none = Gather::new(filter("nowhere"), Interval::ALL, None, room, Duplicates::KeepOne);
    assert!((0..100).all(|second| none.push(at(&format!("id{second}"), second)).is_ok()));
    let mut tally = Tally::new(filter(""), Interval::ALL, 4096, Duplicates::KeepOne);
    assert!((0..1000).any(|second| tally.push(&at(&format!("id{second}"), second)).is_err()));
}

#[test]
fn a_record_weighs_what_it_is_long() {
    let mut event = at("a", 1);
    let before = weight(&event);
    event.message = Some("x".repeat(10_000));
    assert!(weight(&event) >= before + 10_000);
}

proptest! {
    #[test]
    fn gathers_and_counts_what_the_plain_rule_leaves(
        events in prop::collection::vec(any_event(), 0..12),
        query in any_query(),
        limit in prop::option::of(0usize..4),
        keep_all in any::<bool>(),
        a in any_time(),
        b in any_time(),
    ) {
        let duplicates = if keep_all { Duplicates::KeepAll } else { Duplicates::KeepOne };
        let window = Interval::new(a.min(b), a.max(b).plus(1));
        let filter = Arc::new(query);
        let mut gather = Gather::new(filter.clone(), window, limit, u64::MAX, duplicates);
        let mut tally = Tally::new(filter.clone(), window, u64::MAX, duplicates);
        for event in &events {
            prop_assert!(gather.push(event.clone()).is_ok());
            prop_assert!(tally.push(event).is_ok());
        }
        let mut expected = plainly(&events, &filter, window, duplicates);
        let mut counts = Histogram::empty(window);
        for event in &expected {
            counts.count(event.time, event.class());
        }
        prop_assert_eq!(tally.matched(), counts.total());
        prop_assert_eq!(tally.finish(), counts);
        expected.truncate(limit.unwrap_or(usize::MAX));
        prop_assert_eq!(without_after(gather.finish()), without_after(expected));
    }
}
