//! The deeper questions, asked of the demo's week: why the worst hour is unlike the rest, where an
//! actor stands, and what became of each record that was changed.

use std::collections::HashMap;
use std::sync::Arc;

use auditty::answer::lens::Lens;
use auditty::answer::pairs::PairQuestion;
use auditty::answer::why::WhyQuestion;
use auditty::answer::{Histogram, Question};
use auditty::changes::history::{Extent, History, Signs, Told};
use auditty::changes::state::State;
use auditty::changes::{Chain, Duplicates, RecordKey};
use auditty::demo::System;
use auditty::event::Event;
use auditty::event::field::Field;
use auditty::interval::{BUCKETS, Interval};
use auditty::json::{Json, Pointer};
use auditty::provider::registry::Registry;
use auditty::query::Query;
use auditty::store::Store;

use super::mapped::mapped;

fn events(system: System) -> Vec<Event> {
    mapped(system).iter().map(|(event, _)| event.clone()).collect()
}

#[test]
fn the_worst_hour_is_explained() {
    let mut store = Store::new();
    store.append(events(System::Tofupilot));
    let snapshot = store.snapshot();
    let window = snapshot.time_bounds().expect("a week of entries");
    let all = Arc::new(Query::all());
    let question = Question { histogram: Some(window), ..Question::newest(Arc::clone(&all), window, 0) };
    let histogram: Histogram = snapshot.answer(&question).histogram.expect("asked for");
    let worst = (0..BUCKETS).max_by_key(|bucket| histogram.counts[*bucket][3]).expect("a bucket");
    let inside = window.bucket_interval(worst);
    let why = snapshot
        .why(&WhyQuestion { filter: Arc::clone(&all), window, inside, top: 12, per_field: 3 }, &|| false)
        .expect("nobody cancels it");
    assert_eq!(why.inside, histogram.counts[worst].iter().sum::<u64>());
    assert_eq!(why.inside + why.outside, histogram.total());
    let class = why.values.iter().find(|value| value.field == Field::Class).expect("the class stands out");
    assert_eq!((&*class.value, class.inside.count), ("5xx", histogram.counts[worst][3]));
    assert!(class.is_remarkable() && class.inside.ratio() > 3.0 * class.outside.ratio(), "{class:?}");

    // Included as a filter, each value finds just as many entries as were counted.
    for value in &why.values {
        let filter = Query::all().include(value.field, &value.value).expect("a value can be asked for");
        let found = snapshot.answer(&Question::newest(Arc::new(filter), inside, 0)).matched as u64;
        assert_eq!(found, value.inside.count, "{value:?}");
    }

    let fields = (Field::Endpoint, Field::Class);
    let pairs = snapshot
        .pairs(&PairQuestion { filter: all, window: inside, fields, top: 5 }, &|| false)
        .expect("nobody cancels it");
    let first = &pairs.pairs[0];
    let filter = pairs.include(&Query::all(), first).expect("a pair can be asked for");
    let found = snapshot.answer(&Question::newest(Arc::new(filter), inside, 0));
    assert_eq!(found.matched as u64, first.count);
}

#[test]
fn an_actor_is_found_in_every_log() {
    let mut store = Store::new();
    for system in System::ALL {
        store.append(events(system));
    }
    let snapshot = store.snapshot();
    // Whoever is named in most logs.
    let mut sources: HashMap<&str, Vec<&str>> = HashMap::new();
    for system in System::ALL {
        for (event, _) in mapped(system) {
            let Some(name) = event.actor.name.as_deref() else { continue };
            let known = sources.entry(name).or_default();
            if !known.contains(&&*event.source) {
                known.push(&event.source);
            }
        }
    }
    let (name, known) = sources
        .iter()
        .max_by_key(|(name, known)| (known.len(), std::cmp::Reverse(**name)))
        .expect("actors have names");
    assert!(known.len() >= 2, "somebody is known to several systems");
    let lens = Lens::of_value(Field::ActorName, name).expect("a name");
    let found = lens
        .ask(Interval::ALL, 0..10, |question| Some(snapshot.answer(question)))
        .expect("nobody cancels it");
    assert!(known.iter().all(|source| found.sources.iter().any(|count| &*count.value == *source)));
    assert!(found.answer.rows.is_sorted_by_key(|row| row.event.time));
    let most = found.groups.iter().map(|(_, count)| *count).max().expect("groups");
    assert!(most <= found.answer.matched as u64 && most > 0);
}

/// Where one entry's `after` is not the `before` of the next one that tells of just the same path,
/// with nothing untold between.
fn plainly_broken(history: &History) -> Vec<(usize, String)> {
    let mut last: HashMap<&str, (usize, &Json)> = HashMap::new();
    let mut broken = Vec::new();
    for (number, step) in history.steps().iter().enumerate() {
        if step.told == Told::Nothing {
            last.clear();
        }
        for change in step.event.changes.iter().flatten() {
            if let (Some((made, after)), Some(before)) = (last.remove(&*change.path), &change.before)
                && after != before
            {
                broken.push((made, change.path.clone()));
            }
            if let Some(after) = &change.after {
                last.insert(&change.path, (number, after));
            }
        }
    }
    broken.sort();
    broken
}

#[test]
fn every_record_has_a_history_and_breaks_are_where_sides_disagree() {
    let (mut several, mut known, mut breaks) = (0, 0, 0);
    for system in [System::Fileguard, System::Logfire] {
        let provider = Registry::shipped().get(system.provider()).expect("a shipped descriptor");
        let mut chain = Chain::new(Duplicates::KeepOne);
        let mut records: HashMap<RecordKey, Vec<Arc<Event>>> = HashMap::new();
        for event in events(system) {
            chain.note(&event);
            if let Some(key) = RecordKey::of(&event) {
                records.entry(key).or_default().push(Arc::new(event));
            }
        }
        for (key, events) in records {
            assert!(events.iter().all(|event| key.filter().matches(event)));
            let history = History::new(&key, events, |_| Some(&provider.mapping), State::Unknown);
            assert_eq!(history.extent(), Extent::Whole);
            let broken: Vec<(usize, String)> =
                history.breaks().iter().map(|broken| (broken.step, broken.path.to_string())).collect();
            assert_eq!(broken, plainly_broken(&history), "{key:?}");
            breaks += broken.len();
            for path in history.paths() {
                let line = history.path(&path);
                several += usize::from(line.turns.len() > 2);
                assert!(history.words(&line, &Signs::UNICODE).contains(" → "));
            }
            // What the table says of a change is what the history says of it.
            for (number, step) in history.steps().iter().enumerate() {
                let mut filled = (*step.event).clone();
                chain.fill(&mut filled);
                for change in filled.changes.iter().flatten() {
                    let path = Pointer::parse(&change.path).expect("a pointer");
                    if history.breaks().iter().any(|broken| (broken.step, &broken.path) == (number, &path)) {
                        continue;
                    }
                    let after = history.state(number + 1).at(&path);
                    if let (Some(told), Some(rebuilt)) = (&change.after, after.complete()) {
                        assert_eq!(told, &rebuilt);
                        known += 1;
                    }
                }
            }
        }
    }
    // A few files are moved twice out of the same context.
    assert!(several >= 3 && known > 20 && breaks < known / 10, "{several} {known} {breaks}");
}
