//! The law: whatever comes in whatever batches, the store answers as a plain list of events does
//! that is sorted, filtered by `Query::matches` and counted one by one.

pub(crate) mod given;
mod plain;
mod ways;
mod why;

use std::sync::Arc;

use proptest::prelude::*;

use super::{Duplicates, Limits, Snapshot, Store};
use crate::answer::{Answer, FacetQuestion, Question, RowId};
use crate::event::Identity;
use crate::event::field::Field;
use crate::interval::Interval;
use crate::query::{Expr, Folded, Query, Subject, Test};
use crate::timestamp::Timestamp;
use plain::Plain;
use ways::Way;

/// Sizes that make a few dozen events many segments in many tiers, with values shared and not.
const TINY: Limits = Limits { rows: 16, fan_in: 2, probe: 3, longest: 5, large: 4, spread: 0 };

fn limits() -> impl Strategy<Value = Limits> {
    prop_oneof![
        Just(TINY),
        Just(Limits { rows: 64, fan_in: 3, ..Limits::default() }),
        Just(Limits { probe: 8, ..Limits::default() }),
    ]
}

fn duplicates() -> impl Strategy<Value = Duplicates> {
    prop_oneof![Just(Duplicates::KeepOne), Just(Duplicates::KeepAll)]
}

fn holds_everything(snapshot: &Snapshot, plain: &Plain) -> Result<(), TestCaseError> {
    prop_assert_eq!(snapshot.len(), plain.len());
    prop_assert_eq!(snapshot.is_empty(), plain.len() == 0);
    prop_assert_eq!(snapshot.time_bounds(), plain.time_bounds());
    let every = plain.rows().iter().map(|(_, event)| event.identity).chain([Identity(u128::MAX)]).collect();
    let located = snapshot.locate_identities(&every, &|| false).expect("nobody cancels it");
    prop_assert!(!located.contains_key(&Identity(u128::MAX)));
    prop_assert_eq!(located.len(), every.len() - 1);
    for (id, event) in plain.rows() {
        let held = snapshot.event(*id);
        prop_assert_eq!(held.as_ref(), Some(event));
        let found = snapshot.event(located[&event.identity]);
        prop_assert_eq!(found.map(|found| found.identity), Some(event.identity));
    }
    prop_assert_eq!(snapshot.event(RowId(plain.ever() as u64)), None);
    prop_assert_eq!(snapshot.event(RowId(u64::MAX)), None);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_store_answers_as_a_plain_list_does(
        duplicates in duplicates(),
        limits in limits(),
        batches in prop::collection::vec((ways::way(), prop::collection::vec(given::event(), 0..24)), 1..12),
        questions in prop::collection::vec(given::question(), 1..6),
    ) {
        let mut store = Store::with_limits(duplicates, limits);
        let mut plain = Plain::new(duplicates);
        let mut moments = Vec::new();
        for (way, batch) in batches {
            way.note(&mut plain, &batch);
            way.append(&mut store, batch, limits);
            moments.push((store.snapshot(), plain.clone()));
        }
        for (snapshot, plain) in &moments {
            holds_everything(snapshot, plain)?;
        }
        // What was seen first is still seen when all has come, and the last moment sees all.
        for (snapshot, plain) in [&moments[0], &moments[moments.len() / 2], &moments[moments.len() - 1]] {
            for question in &questions {
                // The second time, much of it is remembered.
                prop_assert_eq!(snapshot.answer(question), plain.answer(question));
                prop_assert_eq!(snapshot.answer(question), plain.answer(question));
                let matching = snapshot.events_matching(&question.filter, question.window);
                let newest = Question::newest(question.filter.clone(), question.window, usize::MAX);
                let expected: Vec<_> = plain.answer(&newest).rows.iter().map(|row| (*row.event).clone()).collect();
                prop_assert_eq!(matching.len(), expected.len());
                prop_assert_eq!(matching.collect::<Vec<_>>(), expected);
            }
        }
    }

    #[test]
    fn every_leaf_takes_the_rows_that_it_means(
        limits in limits(),
        batches in prop::collection::vec((ways::way(), prop::collection::vec(given::event(), 0..40)), 1..4),
        filters in prop::collection::vec(given::filter(), 40),
    ) {
        let mut store = Store::with_limits(Duplicates::KeepOne, limits);
        let mut plain = Plain::new(Duplicates::KeepOne);
        for (way, batch) in batches {
            way.note(&mut plain, &batch);
            way.append(&mut store, batch, limits);
        }
        let snapshot = store.snapshot();
        for filter in filters {
            let asked = Question::newest(Arc::new(filter), Interval::ALL, usize::MAX);
            prop_assert_eq!(&snapshot.answer(&asked).rows, &plain.answer(&asked).rows, "{:?}", asked.filter);
        }
    }

    #[test]
    fn each_letter_typed_takes_the_rows_that_it_means(
        limits in limits(),
        requests in any::<bool>(),
        batches in prop::collection::vec((ways::way(), prop::collection::vec((given::event(), given::request()), 0..30)), 2..5),
        words in prop::collection::vec((given::typed(), prop::option::of(given::field())), 1..6),
        beside in prop::option::of(given::filter()),
    ) {
        let mut store = Store::with_limits(Duplicates::KeepOne, limits);
        let mut plain = Plain::new(Duplicates::KeepOne);
        let last = batches.len() - 1;
        let mut words = words.into_iter().flat_map(|(typed, field)| typed.into_iter().map(move |word| (word, field)));
        for (place, (way, batch)) in batches.into_iter().enumerate() {
            // The last batch may break what held of all before it.
            let of = |(event, request)| if requests && place < last { request } else { event };
            let batch: Vec<_> = batch.into_iter().map(of).collect();
            way.note(&mut plain, &batch);
            way.append(&mut store, batch, limits);
            // Typed while entries come in: some of it is known of some of the segments.
            let snapshot = store.snapshot();
            for (word, field) in words.by_ref().take(if place == last { usize::MAX } else { 2 }) {
                let subject = field.map_or(Subject::Words, Subject::Field);
                let leaf = Expr::leaf(subject, vec![Test::Part(Folded::new(&word))]);
                let expr = Expr::all_of(std::iter::once(leaf).chain(beside.clone().map(|query| query.expr)));
                let asked = Question::newest(Arc::new(Query { expr }), Interval::ALL, usize::MAX);
                prop_assert_eq!(&snapshot.answer(&asked).rows, &plain.answer(&asked).rows, "{:?}", asked.filter);
            }
        }
    }

    #[test]
    fn what_is_known_of_all_values_tells_nothing_else_of_some(
        duplicates in duplicates(),
        batches in prop::collection::vec((ways::way(), prop::collection::vec(given::identified(), 0..40)), 1..6),
        questions in prop::collection::vec((given::question(), given::field(), 0usize..9), 1..5),
    ) {
        // Hardly any value is shared, and each answer of much finds out which ones stand more than once.
        let limits = Limits { rows: 16, probe: 2, ..TINY };
        let mut store = Store::with_limits(duplicates, limits);
        let mut plain = Plain::new(duplicates);
        for (way, batch) in batches {
            way.note(&mut plain, &batch);
            way.append(&mut store, batch, limits);
            let snapshot = store.snapshot();
            for (question, field, top) in &questions {
                let fields = [*field, Field::Id, Field::RequestId, Field::Target];
                let facets = fields.map(|field| FacetQuestion { field, top: *top }).to_vec();
                let asked = Question { facets, ..question.clone() };
                let everything = Question { filter: Arc::new(Query::all()), ..asked.clone() };
                for question in [&everything, &asked] {
                    prop_assert_eq!(snapshot.answer(question).facets, plain.answer(question).facets);
                }
            }
        }
    }

    #[test]
    fn completion_lists_the_commonest_values(
        batch in prop::collection::vec(given::event(), 0..60),
        field in given::field(),
        prefix in prop_oneof![Just(String::new()), given::text()],
        limit in 0usize..6,
    ) {
        let mut store = Store::with_limits(Duplicates::KeepOne, TINY);
        let mut plain = Plain::new(Duplicates::KeepOne);
        plain.append(&batch);
        store.append(batch);
        prop_assert_eq!(store.snapshot().values(field, &prefix, limit), plain.values(field, &prefix, limit));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn many_rows_of_one_segment_are_counted_right(
        batch in prop::collection::vec(given::event(), 300..700),
        more in prop::collection::vec(given::event(), 0..300),
        question in given::question(),
    ) {
        let mut store = Store::with_duplicates(Duplicates::KeepAll);
        let mut plain = Plain::new(Duplicates::KeepAll);
        let limits = Limits { spread: 0, large: 128, ..Limits::default() };
        for (way, batch) in [(Way::Page, batch), (Way::InFile, more)] {
            way.note(&mut plain, &batch);
            way.append(&mut store, batch, limits);
        }
        prop_assert_eq!(store.snapshot().answer(&question), plain.answer(&question));
        let everything = Question { filter: Arc::new(Query::all()), ..question };
        prop_assert_eq!(store.snapshot().answer(&everything), plain.answer(&everything));
    }
}

fn question() -> Question {
    Question::newest(Arc::new(Query::all()), Interval::ALL, 10)
}

#[test]
fn an_empty_store_has_an_empty_answer() {
    let store = Store::new();
    assert_eq!(store.snapshot().answer(&question()), Answer::default());
    assert_eq!(store.snapshot().time_bounds(), None);
    assert!(store.snapshot().values(Field::Action, "", 5).is_empty());
}

#[test]
fn a_cancelled_question_has_no_answer() {
    let mut store = Store::new();
    store.append(vec![given::plain_event(1, 1)]);
    assert_eq!(store.snapshot().answer_until(&question(), &|| true), None);
    assert_eq!(store.snapshot().answer_until(&question(), &|| false).map(|answer| answer.matched), Some(1));
}

#[test]
fn a_richer_copy_keeps_its_row_and_an_older_snapshot_its_copy() {
    let mut store = Store::new();
    let first = given::plain_event(1, 10);
    store.append(vec![first.clone(), given::plain_event(2, 20)]);
    let before = store.snapshot();
    let located = before.locate_identities(&[first.identity].into(), &|| false);
    let row = located.expect("nobody cancels it")[&first.identity];

    let richer = crate::event::Event {
        rank: crate::event::Rank::Single,
        message: Some("more".into()),
        ..first.clone()
    };
    store.append(vec![richer.clone()]);
    store.append(vec![first.clone()]);
    assert_eq!(before.event(row), Some(first));
    assert_eq!(store.snapshot().event(row), Some(richer));
    assert_eq!(store.snapshot().len(), 2);
}

#[test]
fn segments_stay_few_while_pages_come() {
    let mut store = Store::new();
    let mut number = 0;
    for _page in 0..700 {
        store.append(
            (0..100)
                .map(|_| {
                    number += 1;
                    given::plain_event(number, number.into())
                })
                .collect(),
        );
        assert!(store.parts.len() <= 7 * 4 + number as usize / 32_768, "{} segments", store.parts.len());
    }
    let snapshot = store.snapshot();
    assert_eq!(snapshot.len(), 70_000);
    let answer = snapshot.answer(&Question { rows: 69_999..80_000, ..question() });
    assert_eq!(answer.rows.iter().map(|row| row.event.time).collect::<Vec<_>>(), [Timestamp::from_micros(1)]);
    assert!(store.memory_bytes() > snapshot.memory_bytes() && snapshot.memory_bytes() > 70_000 * 16);
}
