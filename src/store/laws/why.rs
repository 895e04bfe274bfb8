//! The law of `why` and of pairs: what a plain list of events counts one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::given;
use super::limits;
use super::plain::{Plain, values};
use crate::answer::pairs::{Pair, PairQuestion, Pairs};
use crate::answer::why::{Excess, FIELDS, FieldExcess, Share, Why, WhyQuestion};
use crate::event::field::Field;
use crate::event::{Event, Outcome};
use crate::interval::Interval;
use crate::query::Query;
use crate::store::{Duplicates, Snapshot, Store};

fn filled(limits: super::Limits, batches: Vec<Vec<Event>>) -> (Arc<Snapshot>, Vec<Event>) {
    let mut store = Store::with_limits(Duplicates::KeepOne, limits);
    let mut plain = Plain::new(Duplicates::KeepOne);
    for batch in batches {
        plain.append(&batch);
        store.append(batch);
    }
    (store.snapshot(), plain.rows().iter().map(|(_, event)| event.clone()).collect())
}

fn matching<'a>(events: &'a [Event], filter: &Query, window: Interval) -> Vec<&'a Event> {
    events.iter().filter(|event| window.contains(event.time) && filter.matches(event)).collect()
}

/// G² as the entropies of the table's cells, rows and columns: another way to the same number.
fn by_entropy(inside: Share, outside: Share) -> f64 {
    let entropy = |cells: &[u64]| -> f64 {
        let sum = cells.iter().sum::<u64>() as f64;
        let term = |cell: &u64| if *cell == 0 { 0.0 } else { *cell as f64 * (*cell as f64 / sum).ln() };
        cells.iter().map(term).sum()
    };
    let (a, b) = (inside.count, inside.of - inside.count);
    let (c, d) = (outside.count, outside.of - outside.count);
    2.0 * (entropy(&[a, b, c, d]) - entropy(&[a + b, c + d]) - entropy(&[a + c, b + d]))
}

/// Every value that stands inside twice or more, and with a greater share than outside.
fn plain_excess(field: Field, inside: &[&Event], outside: &[&Event]) -> Vec<Excess> {
    let of = |event: &Event| values(field, event).unwrap_or_default();
    let candidates: BTreeSet<String> = inside.iter().flat_map(|event| of(event)).collect();
    let share = |events: &[&Event], value: &str| Share {
        count: events.iter().filter(|event| of(event).contains(value)).count() as u64,
        of: events.len() as u64,
    };
    candidates
        .into_iter()
        .map(|value| (share(inside, &value), share(outside, &value), value))
        .filter(|(here, there, _)| {
            here.count >= 2 && there.of > 0 && here.count * there.of > there.count * here.of
        })
        .map(|(here, there, value)| Excess {
            field,
            value: value.into(),
            inside: here,
            outside: there,
            score: by_entropy(here, there),
        })
        .collect()
}

fn plain_why(question: &WhyQuestion, events: &[Event]) -> Why {
    let matching = matching(events, &question.filter, question.window);
    let (inside, outside): (Vec<&Event>, Vec<&Event>) =
        matching.into_iter().partition(|event| question.inside.contains(event.time));
    let fields = FIELDS
        .into_iter()
        .map(|field| FieldExcess { field, values: plain_excess(field, &inside, &outside) })
        .collect();
    Why::of(question, inside.len() as u64, outside.len() as u64, fields)
}

/// The scores apart, which may differ in their last digits.
fn without_scores(values: &[Excess]) -> BTreeMap<(Field, Box<str>), (Share, Share)> {
    values.iter().map(|value| ((value.field, value.value.clone()), (value.inside, value.outside))).collect()
}

fn plain_pairs(question: &PairQuestion, events: &[Event]) -> Pairs {
    let mut counted: BTreeMap<(String, String), Pair> = BTreeMap::new();
    let mut absent = 0;
    let (first, second) = question.fields;
    for event in matching(events, &question.filter, question.window) {
        let (Some(lefts), Some(rights)) = (values(first, event), values(second, event)) else { continue };
        absent += u64::from(lefts.is_empty() || rights.is_empty());
        for left in &lefts {
            for right in &rights {
                let pair = counted.entry((left.clone(), right.clone())).or_insert(Pair {
                    values: (left.as_str().into(), right.as_str().into()),
                    count: 0,
                    failures: 0,
                    first: event.time,
                    last: event.time,
                });
                pair.count += 1;
                pair.failures += u64::from(event.outcome == Outcome::Failure);
                pair.first = pair.first.min(event.time);
                pair.last = pair.last.max(event.time);
            }
        }
    }
    let distinct = counted.len();
    let mut pairs: Vec<Pair> = counted.into_values().collect();
    pairs.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.values.cmp(&b.values)));
    pairs.truncate(question.top);
    Pairs { fields: question.fields, pairs, distinct, absent }
}

fn filter() -> impl Strategy<Value = Arc<Query>> {
    prop_oneof![2 => Just(Query::all()), 1 => given::filter()].prop_map(Arc::new)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn why_is_what_a_plain_count_says(
        limits in limits(),
        batches in prop::collection::vec(prop::collection::vec(given::event(), 0..40), 1..5),
        filter in filter(),
        window in given::window(),
        inside in given::window(),
        top in 0usize..8,
        per_field in 0usize..4,
    ) {
        let (snapshot, events) = filled(limits, batches);
        let question = WhyQuestion { filter, window, inside, top: usize::MAX, per_field: usize::MAX };
        let (found, expected) =
            (snapshot.why(&question, &|| false).expect("nobody cancels it"), plain_why(&question, &events));
        prop_assert_eq!((found.inside, found.outside), (expected.inside, expected.outside));
        prop_assert_eq!(without_scores(&found.values), without_scores(&expected.values));
        prop_assert!(found.values.is_sorted_by(|a, b| a.best_first(b).is_lt()));
        for value in &found.values {
            let score = by_entropy(value.inside, value.outside);
            prop_assert!((value.score - score).abs() <= 1e-9 * score.max(1.0), "{} {}", value.score, score);
        }
        for field in &found.fields {
            let of_field: Vec<Excess> =
                found.values.iter().filter(|value| value.field == field.field).cloned().collect();
            prop_assert_eq!(&field.values, &of_field);
        }
        // A shorter list is the beginning of the long one.
        let few = snapshot.why(&WhyQuestion { top, per_field, ..question }, &|| false).expect("answered");
        prop_assert_eq!(&few.values[..], &found.values[..top.min(found.values.len())]);
        for field in few.fields {
            let whole = found.fields.iter().find(|whole| whole.field == field.field).expect("the same fields");
            prop_assert_eq!(&field.values[..], &whole.values[..per_field.min(whole.values.len())]);
        }
    }

    #[test]
    fn pairs_are_what_a_plain_count_says(
        limits in limits(),
        batches in prop::collection::vec(prop::collection::vec(given::event(), 0..40), 1..5),
        filter in filter(),
        window in given::window(),
        fields in (given::field(), given::field()),
        top in prop_oneof![0usize..6, Just(usize::MAX)],
    ) {
        let (snapshot, events) = filled(limits, batches);
        let question = PairQuestion { filter, window, fields, top };
        prop_assert_eq!(snapshot.pairs(&question, &|| false), Some(plain_pairs(&question, &events)));
    }
}

#[test]
fn the_value_of_a_wave_is_found_and_chance_is_not() {
    let mut store = Store::new();
    // 1,000 entries by ten actors; in [400, 500) one of them does half of everything.
    let event = |number: u32| {
        let mut event = given::plain_event(number, number.into());
        let noisy = (400..500).contains(&number) && number.is_multiple_of(2);
        event.actor.name = Some(if noisy { "bot-4".into() } else { format!("user {}", number % 10) });
        event.ip = Some(format!("10.0.0.{}", number % 250));
        event
    };
    store.append((0..1000).map(event).collect());
    let at = crate::timestamp::Timestamp::from_micros;
    let question = WhyQuestion {
        filter: Arc::new(Query::all()),
        window: Interval::ALL,
        inside: Interval::new(at(400), at(500)),
        top: 3,
        per_field: 1,
    };
    let why = store.snapshot().why(&question, &|| false).expect("answered");
    assert_eq!((why.inside, why.outside), (100, 900));
    let best = &why.values[0];
    assert_eq!((best.field, &*best.value), (Field::Actor, "bot-4"));
    assert_eq!((best.inside, best.outside), (Share { count: 50, of: 100 }, Share { count: 0, of: 900 }));
    assert!(best.is_remarkable() && !why.values[1].is_remarkable());
    assert_eq!(store.snapshot().why(&question, &|| true), None);
    let nothing_outside = WhyQuestion { inside: Interval::ALL, ..question };
    assert!(store.snapshot().why(&nothing_outside, &|| false).expect("answered").values.is_empty());
}
