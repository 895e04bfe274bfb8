//! Keys that come in one breath, ahead of the answers that they are about, do what the same keys do
//! one by one.

use proptest::prelude::*;

use super::*;
use crate::ui::pane::table::Hold;

fn copied(stage: &Stage) -> Vec<&str> {
    let copy = stage.effects.iter();
    copy.filter_map(|effect| if let Effect::Copy(text) = effect { Some(text.as_str()) } else { None })
        .collect()
}

/// A week of one system, whose answers come only when they are asked for.
fn slow() -> Stage {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.take_effects();
    stage.answering = false;
    stage
}

/// Answers what is asked, and what comes of that.
fn answer(stage: &mut Stage) {
    stage.answering = true;
    while let Some(at) =
        stage.effects.iter().position(|effect| matches!(effect, Effect::Ask { .. } | Effect::Study { .. }))
    {
        let effect = stage.effects.remove(at);
        stage.perform(vec![effect]);
    }
    stage.answering = false;
}

fn selected(stage: &Stage) -> Arc<Event> {
    stage.model.selected().expect("a row is selected").event.clone()
}

#[test]
fn a_class_and_a_copy_in_one_breath_copy_what_is_of_the_class() {
    let mut stage = slow();
    stage.press("5 y");
    assert_eq!(copied(&stage), [""; 0], "no row of the class is here yet");
    assert!(stage.line(23).contains("1 key ahead of the rows"), "{}", stage.line(23));
    answer(&mut stage);
    assert!(selected(&stage).status.is_some_and(|status| status >= 500));
    let id = selected(&stage).copy_id().map(str::to_owned);
    assert_eq!(copied(&stage), Vec::from_iter(id.as_deref()), "the row that is on the screen now");
    // What follows waits for its turn, and no key is lost.
    stage.press("1 j m 4 j Enter");
    answer(&mut stage);
    let detail = stage.model.detail.as_ref().expect("the detail is open");
    assert_eq!((detail.event.status, stage.model.table.selected), (selected(&stage).status, 1));
    assert!(selected(&stage).status.is_some_and(|status| (400..500).contains(&status)));
    assert_eq!(stage.model.marks.len(), 1);
}

#[test]
fn failures_in_one_breath_are_so_many_failures_on() {
    let mut one_by_one = Stage::whole(Name::Dark, (80, 24));
    one_by_one.press("e e e");
    let mut stage = slow();
    stage.press("e e e");
    answer(&mut stage);
    assert_eq!(selected(&stage).identity, selected(&one_by_one).identity);
}

#[test]
fn a_page_that_comes_keeps_no_key_waiting() {
    let mut stage = slow();
    stage.page("prod", entries::incident("prod"), week());
    assert!(stage.effects.iter().any(|effect| matches!(effect, Effect::Ask { .. })));
    let shown = selected(&stage).copy_id().map(str::to_owned);
    stage.press("y j");
    assert_eq!(copied(&stage), Vec::from_iter(shown.as_deref()), "the row that is on the screen");
    assert_eq!(stage.model.table.selected, 1);
}

#[test]
fn a_step_while_a_page_is_counted_is_not_taken_back() {
    let mut stage = slow();
    stage.press("j");
    stage.page("prod", entries::incident("prod"), week());
    stage.press("j");
    let row = selected(&stage);
    answer(&mut stage);
    assert_eq!(selected(&stage).identity, row.identity);
    assert_eq!(stage.model.answer.listed, 1_471 + entries::incident("prod").len());
}

#[test]
fn keys_that_are_about_no_row_never_wait_and_ctrl_c_lets_go() {
    let mut stage = slow();
    stage.press("5 4 /");
    assert!(stage.model.filter.is_editing());
    stage.press("Esc 2 y y Ctrl-z");
    assert!(stage.effects.contains(&Effect::Suspend));
    stage.press("Ctrl-c");
    assert!(stage.line(23).contains("let go: 2 keys ahead of the rows"), "{}", stage.line(23));
    assert!(!stage.effects.contains(&Effect::CancelFetch), "nothing else is cancelled");
    answer(&mut stage);
    assert_eq!(copied(&stage), [""; 0]);
    // What cannot be answered lets go as well.
    stage.press("5 y");
    let generation = stage.model.generation;
    stage.effects.clear();
    stage.send(Message::Unanswered { generation, why: "not on this engine".into() });
    stage.press("y");
    assert_eq!(copied(&stage).len(), 1, "the row that is on the screen");
}

/// Keys after which other rows are looked at.
const ELSEWHERE: [&str; 19] =
    ["1", "2", "4", "5", "O", "s", "h", "l", "+", "-", "[", "]", "X", "T", "*", "a", "\\", "Enter", "Esc"];
/// Keys that are about rows.
const ROWS: [&str; 18] = [
    "j", "k", "PgDn", "PgUp", "Ctrl-d", "Ctrl-u", "g", "G", "e", "E", "w", "W", "y", "m", "'", "\"", "n", "N",
];

/// The selected row is asked for before one goes elsewhere: who goes on without it never was there.
fn script() -> impl Strategy<Value = Vec<&'static str>> {
    let step =
        (prop::sample::select(&ELSEWHERE[..]), prop::collection::vec(prop::sample::select(&ROWS[..]), 1..4));
    let steps = prop::collection::vec(step, 1..6);
    steps.prop_map(|steps| {
        steps.into_iter().flat_map(|(first, rest)| std::iter::once(first).chain(rest).chain(["y"])).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn keys_in_one_breath_do_what_they_do_one_by_one(
        keys in script(),
        breaths in prop::collection::vec(1usize..6, 1..6),
        columns in prop::sample::select(vec![80u16, 160]),
    ) {
        let whole = || {
            let mut stage = Stage::whole(Name::Dark, (columns, 24));
            stage.press("f \"503\" Enter g");
            stage.take_effects();
            stage
        };
        let (mut one_by_one, mut bunched) = (whole(), whole());
        one_by_one.press(&keys.join(" "));
        bunched.answering = false;
        let mut rest = &keys[..];
        for breath in breaths.iter().cycle() {
            let (now, later) = rest.split_at((*breath).min(rest.len()));
            bunched.press(&now.join(" "));
            answer(&mut bunched);
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(copied(&bunched), copied(&one_by_one), "{:?}", &keys);
        prop_assert_eq!(&bunched.model.scope, &one_by_one.model.scope, "{:?}", &keys);
        let row = |stage: &Stage| stage.model.selected().map(|row| row.event.identity);
        prop_assert_eq!(row(&bunched), row(&one_by_one), "{:?}", &keys);
        prop_assert!(!matches!(bunched.model.table.hold, Hold::Place));
        prop_assert_eq!(bunched.model.ahead.len(), 0);
    }
}
