//! The archive held to a plain model: whatever is appended, in whatever order and however often, and
//! however often the file is closed between.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::tests::{event, open, part, provider, time};
use super::{Archive, Batch, WalkChange};
use crate::event::{Event, Identity, Rank};
use crate::interval::{Interval, IntervalSet};
use crate::query::Query;
use crate::source::Part;
use crate::store::{Duplicates, Store};

/// One entry of a batch: its number, its second, its rank and what it says.
type Row = (u8, u16, bool, u8);

#[derive(Debug, Clone)]
enum Step {
    Append { part: bool, rows: Vec<Row>, covered: (u16, u16), walk: Option<u8> },
    Prune(u16),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let rows = prop::collection::vec((any::<u8>(), 0u16..400, any::<bool>(), 0u8..3), 0..40);
    prop_oneof![
        8 => (any::<bool>(), rows, (0u16..400, 0u16..400), prop::option::of(any::<u8>()))
            .prop_map(|(part, rows, covered, walk)| Step::Append { part, rows, covered, walk }),
        1 => (0u16..400).prop_map(Step::Prune),
        1 => Just(Step::Reopen),
    ]
}

/// What a part should hold.
#[derive(Debug, Default)]
struct Model {
    entries: BTreeMap<Identity, Event>,
    coverage: IntervalSet,
    walk: Option<(Interval, String)>,
}

impl Model {
    fn take(&mut self, event: Event) {
        match self.entries.get(&event.identity) {
            Some(known) if known.rank > event.rank => {}
            _ => {
                self.entries.insert(event.identity, event);
            }
        }
    }
}

fn held(archive: &Archive, part: &Part, window: Interval) -> Vec<Event> {
    let load = archive.load(vec![(part.clone(), provider())], window).expect("it can be read");
    let mut events = Vec::new();
    let mut down_to = window.until;
    for loaded in load {
        let loaded = loaded.expect("it is whole");
        assert!(loaded.unreadable.is_empty());
        assert!(loaded.events.iter().all(|event| event.time <= down_to));
        down_to = loaded.down_to;
        events.extend(loaded.events);
    }
    events.sort_by(Event::newest_first);
    assert_eq!(as_rows(archive, part, window), events);
    events
}

/// The same as rows for a store.
fn as_rows(archive: &Archive, part: &Part, window: Interval) -> Vec<Event> {
    let load = archive.load(vec![(part.clone(), provider())], window).expect("it can be read");
    let mut store = Store::with_duplicates(Duplicates::KeepAll);
    let mut down_to = Interval::ALL.until;
    load.rows(|rows| {
        assert!(rows.unreadable.is_empty());
        let newest = rows.telling.iter().map(|event| event.time).max();
        assert!(newest.is_none_or(|newest| newest <= down_to) && rows.down_to <= down_to);
        assert!(rows.telling.iter().all(|event| event.rank == Rank::Single));
        down_to = rows.down_to;
        store.append_batch(rows.batch);
        true
    })
    .expect("it is whole");
    store.snapshot().events_matching(&Query::all(), window).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn an_archive_holds_what_was_put_in_and_not_let_go(steps in prop::collection::vec(step(), 1..24)) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut archive = open(folder.path());
        let parts = [part(Some("a")), part(None)];
        let mut models = [Model::default(), Model::default()];
        for step in steps {
            match step {
                Step::Append { part, rows, covered, walk } => {
                    let at = usize::from(part);
                    let events: Vec<Event> = rows
                        .into_iter()
                        .map(|(number, second, single, says)| {
                            let rank = if single { Rank::Single } else { Rank::ListRow };
                            event(&parts[at], &format!("e{number}"), i64::from(second), rank, &says.to_string())
                        })
                        .collect();
                    let interval = Interval::new(
                        time(i64::from(covered.0.min(covered.1))),
                        time(i64::from(covered.0.max(covered.1))),
                    );
                    let state = walk.map(|n| n.to_string());
                    let known = models[at].entries.len() as u64;
                    let appended = archive
                        .append(&[Batch {
                            part: &parts[at],
                            events: &events,
                            covered: &[interval],
                            walk: state.as_deref().map_or(WalkChange::Over, |state| WalkChange::At {
                                window: interval,
                                state,
                            }),
                            whole_until: Some(interval.until),
                        }])
                        .expect("it is taken in")[0];
                    let model = &mut models[at];
                    let given = events.len() as u64;
                    for event in events {
                        model.take(event);
                    }
                    prop_assert_eq!(appended.new, model.entries.len() as u64 - known);
                    prop_assert_eq!(appended.new + appended.already + appended.replaced, given);
                    model.coverage.insert(interval);
                    model.walk = state.map(|state| (interval, state));
                    prop_assert_eq!(archive.whole_until(&parts[at]).expect("read"), Some(interval.until));
                }
                Step::Prune(second) => {
                    let before = time(i64::from(second));
                    let pruned = archive.prune(before).expect("it is pruned");
                    let count = |models: &[Model; 2]| models.iter().map(|model| model.entries.len() as u64).sum::<u64>();
                    let held = count(&models);
                    for model in &mut models {
                        model.entries.retain(|_, event| event.time >= before);
                        model.coverage.remove(Interval::new(crate::timestamp::Timestamp::MIN, before));
                        model.walk.take_if(|(window, _)| window.since < before);
                    }
                    prop_assert_eq!(pruned.entries, held - count(&models));
                }
                Step::Reopen => {
                    drop(archive);
                    archive = open(folder.path());
                }
            }
        }
        let checked = archive.verify().expect("everything is as it was stored");
        prop_assert_eq!(checked.records, models.iter().map(|model| model.entries.len() as u64).sum::<u64>());
        for (part, model) in parts.iter().zip(&models) {
            for window in [Interval::ALL, Interval::new(time(100), time(200))] {
                let mut expected: Vec<Event> =
                    model.entries.values().filter(|event| window.contains(event.time)).cloned().collect();
                expected.sort_by(Event::newest_first);
                prop_assert_eq!(held(&archive, part, window), expected);
            }
            prop_assert_eq!(&archive.coverage(part).expect("read"), &model.coverage);
            let walk = archive.walk(part).expect("read").map(|walk| (walk.window, walk.state));
            prop_assert_eq!(&walk, &model.walk);
        }
    }
}

#[test]
fn a_larger_log_comes_back_newest_first_from_few_blocks() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = open(folder.path());
    let part = part(None);
    for page in 0..60 {
        let events: Vec<Event> = (0..100)
            .map(|row| event(&part, &format!("{page}-{row}"), 10_000 - page * 100 - row, Rank::ListRow, "x"))
            .collect();
        archive.append(&[Batch::of(&part, &events)]).expect("it is taken in");
    }
    let load = archive.load(vec![(part.clone(), provider())], Interval::ALL).expect("read");
    assert!(load.left() < 40, "{} blocks", load.left());
    let first = load.into_iter().next().expect("a block").expect("whole");
    assert_eq!(first.events.first().map(|event| event.time), Some(time(10_000)));
    assert_eq!(held(&archive, &part, Interval::ALL).len(), 6_000);
    assert_eq!(archive.verify().expect("whole").records, 6_000);
}
