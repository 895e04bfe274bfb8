//! Key scripts: model in, keys in, effects and screens out.

use super::*;
use crate::event::{Class, Rank};
use crate::fetch::Wait;
use crate::query::Query;
use crate::timestamp::SECOND;
use crate::ui::message::Handed;
use crate::ui::model::Region;

fn selected_id(stage: &Stage) -> String {
    stage.model.selected().and_then(|row| row.event.copy_id()).unwrap_or_default().to_owned()
}

fn asked(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Ask { .. })).count()
}

#[test]
fn the_start_fetches_and_asks_and_pushes_the_filter_it_was_given() {
    let (_, effects) = Model::new(settings(Name::Dark, (80, 24)));
    let [Effect::Fetch { window, push: None, parts: None }, Effect::Ask { generation: 1, question }] =
        &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!((*window, question.histogram), (week(), Some(week())));
    let mut filtered = settings(Name::Dark, (80, 24));
    filtered.filter = "action:LOGIN".into();
    let (_, effects) = Model::new(filtered);
    let Effect::Fetch { push: Some(query), .. } = &effects[0] else { panic!("{effects:?}") };
    assert_eq!(query.to_string(), "action:LOGIN");
}

#[test]
fn a_wrong_filter_at_the_start_is_told_and_everything_shown() {
    let mut wrong = settings(Name::Dark, (80, 24));
    wrong.filter = "statsu:5".into();
    let stage = Stage::new(wrong);
    assert!(stage.line(23).contains("the filter is not in force: column 1"), "{}", stage.line(23));
    assert!(stage.model.scope.query.is_all());
}

#[test]
fn a_key_right_after_a_filter_was_taken_back_acts_on_the_rows_from_before() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("j j j");
    let (id, rows) = (selected_id(&stage), stage.text());
    stage.press("/");
    stage.type_text("status:503");
    assert_ne!(selected_id(&stage), id);
    // The answer to the filter that is in force again has not come yet.
    stage.answering = false;
    stage.take_effects();
    stage.press("Esc");
    assert_eq!(stage.text(), rows);
    stage.press("y");
    assert!(stage.take_effects().contains(&Effect::Copy(id.clone())));
    stage.press("j");
    let next = selected_id(&stage);
    assert_ne!(next, id);
    // It comes, and nothing moves.
    let Some(Effect::Ask { generation, question }) = Some(stage.model.ask()) else { panic!("a question") };
    let answer = Box::new(stage.store.snapshot().answer(&question));
    stage.send(Message::Answered { generation, answer });
    assert_eq!((selected_id(&stage), stage.model.table.selected), (next, 4));
}

#[test]
fn an_answer_is_about_to_come_only_where_it_changes_what_is_seen() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    assert!(!stage.model.is_about_to_know());
    stage.answering = false;
    for _ in 0..13 {
        stage.press("j");
        assert!(!stage.model.is_about_to_know(), "the rows are here, though more are asked for");
    }
    stage.press("G");
    assert!(stage.model.is_about_to_know(), "the last row is not here");
    stage.press("g");
    assert!(!stage.model.is_about_to_know());
    stage.press("5");
    assert!(stage.model.is_about_to_know(), "the rows are others");
}

#[test]
fn typing_filters_what_is_loaded_at_once_and_never_fetches() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.take_effects();
    stage.press("/");
    stage.type_text("status:503");
    assert_eq!(stage.model.answer.matched, 8);
    assert!(stage.line(0).contains(" 8/1,471"), "{}", stage.line(0));
    stage.type_text(" (");
    assert!(stage.model.filter.error.is_some());
    assert_eq!(stage.model.answer.matched, 8, "the last good filter stays in force");
    stage.press("Enter");
    assert!(stage.model.filter.is_editing(), "a wrong filter is not kept");
    stage.press("Esc");
    assert_eq!((stage.model.answer.matched, stage.model.scope.text.as_str()), (1_471, ""));
    assert_eq!(stage.take_effects(), []);
}

#[test]
fn pages_come_in_under_a_filter_that_is_being_typed() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    stage.press("/");
    stage.type_text("status:503");
    assert_eq!(stage.model.answer.matched, 0);
    stage.page("prod", entries::week_of_requests("prod"), week());
    assert_eq!(stage.model.answer.matched, 8);
    assert!(stage.model.filter.is_editing());
}

#[test]
fn a_page_asks_once_and_again_only_when_that_is_answered() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.answering = false;
    stage.take_effects();
    for _ in 0..5 {
        stage.page("prod", Vec::new(), week());
    }
    let effects = stage.take_effects();
    assert_eq!(asked(&effects), 1, "pages do not starve the answers");
    let Some(Effect::Ask { generation, question }) = effects.into_iter().next() else { panic!("a question") };
    let answered = Box::new(stage.store.snapshot().answer(&question));
    stage.send(Message::Answered { generation, answer: answered });
    assert_eq!(asked(&stage.take_effects()), 1, "what came since is asked for");
    stage.press("j /");
    stage.type_text("a");
    assert_eq!(asked(&stage.take_effects()), 1, "another filter is asked for at once");
    let stale = Box::new(Answer { matched: 7, ..Answer::default() });
    stage.send(Message::Answered { generation: 1, answer: stale });
    assert_ne!(stage.model.answer.matched, 7, "an old answer does not count");
}

#[test]
fn every_row_that_is_loaded_can_be_reached() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    let mut rows = stage.events.clone();
    rows.sort_by(|a, b| a.newest_first(b));
    for row in &rows {
        assert_eq!(Some(selected_id(&stage).as_str()), row.copy_id());
        stage.press("j");
    }
    stage.press("g");
    assert_eq!(stage.model.table.selected, 0);
    for keys in ["PgDn", "Ctrl-d", "Space"] {
        let before = stage.model.table.selected;
        stage.press(keys);
        assert!(stage.model.table.selected > before, "{keys}");
    }
    stage.press("PgUp Ctrl-u { PgUp PgUp");
    assert_eq!(stage.model.table.selected, 0);
    stage.press("G");
    assert_eq!(stage.model.table.selected, 1_470);
    assert_eq!(Some(selected_id(&stage).as_str()), rows[1_470].copy_id());
    stage.press("O");
    assert_eq!(stage.model.table.selected, 0, "the selection stays on its row");
    stage.press("j");
    assert_eq!(Some(selected_id(&stage).as_str()), rows[1_469].copy_id());
}

#[test]
fn the_selection_stays_on_its_row_and_line_while_rows_come_above_it() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    let mut events = entries::week_of_requests("prod");
    events.sort_by(crate::event::Event::newest_first);
    let later = events.split_off(40);
    let newest: Vec<_> = events;
    stage.page("prod", later, Interval::new(week().since, at("2026-05-20T00:00:00Z")));
    stage.press("j j j j j j j j j j j j j j j j j j");
    let (id, line) = (selected_id(&stage), stage.model.table.selected - stage.model.table.top);
    stage.page("prod", newest, week());
    assert_eq!((selected_id(&stage), stage.model.table.selected), (id, 58));
    assert_eq!(stage.model.table.selected - stage.model.table.top, line);
    stage.press("g");
    let fresh = entries::request("prod", 9_999, week().until.plus(-1), 200);
    stage.page("prod", vec![fresh], week());
    assert_eq!(stage.model.table.selected, 0, "who looks at the newest row keeps looking at the newest row");
    assert_eq!(stage.model.selected().map(|row| row.event.time), Some(week().until.plus(-1)));
}

#[test]
fn class_keys_write_the_filter() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    let text = |stage: &Stage| stage.model.scope.text.clone();
    stage.press("5");
    assert_eq!((text(&stage).as_str(), stage.model.answer.matched), ("class:5xx", 8));
    stage.press("4");
    assert_eq!((text(&stage).as_str(), stage.model.answer.matched), ("class:4xx,5xx", 57));
    stage.press("5");
    assert_eq!(text(&stage), "class:4xx");
    stage.press("1");
    assert_eq!(text(&stage), "");
    stage.press("7 [");
    assert_eq!(text(&stage), "");
    stage.press("[ [ [ [ [");
    assert_eq!(text(&stage), "");
    assert!(stage.line(23).contains("nothing to go back to"));
    stage.press("] Alt-Right");
    assert_eq!(text(&stage), "class:4xx,5xx");
    stage.press("Backspace");
    assert_eq!(text(&stage), "class:5xx");
    stage.press("X");
    assert_eq!(text(&stage), "");
    assert_eq!(Query::all(), *stage.model.scope.query);
}

#[test]
fn the_copy_key_takes_the_request_id_and_says_what_became_of_it() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.take_effects();
    stage.press("j y");
    assert_eq!(stage.take_effects(), [Effect::Copy(selected_id(&stage))]);
    let now = stage.now;
    let handed = |text: &str| Message::Copied {
        text: text.to_owned(),
        handed: Handed::Sent("the terminal (OSC 52)".into()),
    };
    // What was copied, and by which way: two copies do not look the same.
    stage.send(handed("{\n  \"id\": 7\n}"));
    assert!(stage.line(23).contains("sent 3 lines: the terminal (OSC 52)"), "{}", stage.line(23));
    stage.send(handed("curl -sS 'https://example.com/'"));
    assert!(stage.line(23).contains("sent curl -sS 'https://e…: the terminal"), "{}", stage.line(23));
    stage.send(handed("req_7\u{1b}[2J"));
    assert!(stage.line(23).contains("sent req_7␛[2J: the terminal (OSC 52)"), "{}", stage.line(23));
    assert_eq!(stage.take_effects(), [Effect::WakeAt(now.plus(4 * SECOND))]);
    stage.now = now.plus(4 * SECOND);
    stage.send(Message::Woke);
    assert!(stage.line(23).contains("2xx 1,397"), "the message goes");
    assert_eq!(stage.take_effects(), []);
}

#[test]
fn a_new_window_is_fetched_and_a_zoom_is_not() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.take_effects();
    stage.press("t 4");
    let day = Interval::new(at("2026-05-20T10:00:00Z"), week().until);
    assert_eq!(stage.model.scope.window, day);
    assert_eq!(stage.take_effects(), [], "all of it is here already");
    stage.press("[ t 6");
    let month = Interval::new(at("2026-04-21T10:00:00Z"), week().until);
    let older = Interval::new(month.since, week().since);
    assert_eq!(stage.take_effects(), [Effect::Fetch { window: older, push: None, parts: None }]);
    assert_eq!(stage.model.scope.window, month);
    stage.press("[ t c");
    stage.type_text("2026-05-18..2026-05-19");
    stage.press("Enter");
    assert_eq!(
        stage.model.scope.window,
        Interval::new(at("2026-05-18T00:00:00Z"), at("2026-05-19T00:00:00Z"))
    );
    assert!(stage.model.overlays.is_empty());
    stage.press("[ Tab z");
    assert!(stage.line(0).contains("zoom "), "{}", stage.line(0));
    let zoom = stage.model.scope.view();
    assert_eq!(zoom.micros(), week().micros() / 4 * 2);
    assert!(week().covers(zoom));
    stage.press("Z");
    assert_eq!(stage.model.scope.view(), week());
    stage.press("Enter");
    assert_eq!(stage.model.scope.view(), week().bucket_interval(143));
    stage.press("[");
    assert_eq!(stage.model.scope.view(), week());
    assert_eq!(stage.take_effects(), []);
}

#[test]
fn zooming_in_comes_to_an_end() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("Tab");
    for _ in 0..60 {
        stage.press("z");
    }
    assert!(stage.line(23).contains("it does not go further in"), "{}", stage.line(23));
    let view = stage.model.scope.view();
    assert!(view.micros() >= 144 && view.micros() < 600);
    for _ in 0..60 {
        stage.press("Z");
    }
    assert_eq!(stage.model.scope.view(), week());
}

#[test]
fn the_histogram_and_the_table_move_together() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("Tab");
    assert_eq!(stage.model.focus, Region::Histogram);
    stage.press("g");
    let oldest = stage.model.selected().map(|row| row.event.time).expect("a row");
    assert_eq!(week().bucket(oldest), Some(0));
    stage.press("l l l");
    let there = stage.model.selected().map(|row| row.event.time).expect("a row");
    assert!(week().bucket(there) <= Some(3));
    stage.press("G e");
    let cursor = stage.model.histogram.cursor.expect("a cursor");
    let counts = stage.model.answer.histogram.as_ref().expect("a histogram").counts[cursor];
    assert!(counts[Class::S5xx.index()] > 0, "the next older failure");
    stage.press("v h h s");
    assert_eq!(stage.model.histogram.cursor, Some(cursor));
    assert_eq!(stage.model.histogram.brushed(), Some(cursor - 2..=cursor));
    stage.press("Esc");
    assert_eq!(stage.model.histogram.brush, None);
    stage.press("Esc");
    assert_eq!(stage.model.focus, Region::Table);
}

#[test]
fn another_view_has_the_cursor_on_the_row_and_labels_stay_whole() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    assert!(stage.line(7).contains("05-21"), "the mark of the newest row cuts no time: {}", stage.line(7));
    stage.press("e Tab z");
    let row = selected_id(&stage);
    stage.press("[");
    assert_eq!((stage.model.scope.view(), selected_id(&stage)), (week(), row));
    let time = stage.model.selected().map(|row| row.event.time).expect("a row");
    assert_eq!(stage.model.histogram.cursor, week().bucket(time));
    assert!(stage.line(7).contains("05-19 "), "the bucket stands there in words: {}", stage.line(7));
    stage.press("i");
    stage.press("i");
    assert!(stage.line(7).contains("05-21"), "{}", stage.line(7));
}

#[test]
fn every_failure_is_reached_one_after_the_other() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    let mut failures: Vec<_> =
        stage.events.iter().filter(|event| event.class() == Class::S5xx).cloned().collect();
    failures.sort_by(|a, b| a.newest_first(b));
    for failure in &failures {
        stage.press("e");
        assert_eq!(Some(selected_id(&stage).as_str()), failure.copy_id());
    }
    stage.press("e");
    assert!(stage.line(23).contains("no older 5xx or failure here"), "{}", stage.line(23));
    for failure in failures.iter().rev().skip(1) {
        stage.press("E");
        assert_eq!(Some(selected_id(&stage).as_str()), failure.copy_id());
    }
    stage.press("w");
    assert_eq!(stage.model.selected().map(|row| row.event.class()), Some(Class::S4xx));
}

#[test]
fn a_jump_gets_past_a_crowd_at_one_instant() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    let time = at("2026-05-20T12:00:00Z");
    let mut crowd: Vec<_> = (0..150).map(|number| entries::request("prod", number, time, 503)).collect();
    crowd.push(entries::request("prod", 5_000, time.plus(-SECOND), 503));
    stage.page("prod", crowd, week());
    for place in 1..=150 {
        stage.press("e");
        assert_eq!(stage.model.table.selected, place);
    }
    stage.press("E");
    assert_eq!(stage.model.table.selected, 149);
}

fn with_single() -> Stage {
    let mut settings = settings(Name::Dark, (80, 24));
    settings.sources[0].has_single = true;
    let mut stage = Stage::new(settings);
    stage.begin("prod");
    stage.page("prod", entries::week_of_requests("prod"), week());
    stage.take_effects();
    stage
}

#[test]
fn the_single_record_is_asked_for_on_opening_and_its_states_are_shown() {
    let mut stage = with_single();
    stage.press("Enter");
    let [Effect::Single(event), Effect::WakeAt(_)] = &stage.take_effects()[..] else {
        panic!("one single record, and its age")
    };
    let (event, identity) = (event.clone(), event.identity);
    let loading =
        |stage: &Stage| stage.model.detail.as_ref().expect("open").texts(&stage.model.theme).join("\n");
    assert!(loading(&stage).contains("the single record is being fetched"));
    stage.send(Message::Single { identity, result: Err("500 twice".into()), snapshot: None });
    assert!(loading(&stage).contains("could not be fetched: 500 twice"));
    stage.press("r");
    assert!(matches!(&stage.take_effects()[..], [Effect::Single(_)]), "asked for again");
    let mut full = (*event).clone();
    full.rank = Rank::Single;
    full.changes = Some(Vec::new());
    stage.store.append(vec![full.clone()]);
    let more = Some(stage.store.snapshot());
    stage.send(Message::Single { identity, result: Ok(Box::new(full)), snapshot: more });
    assert!(loading(&stage).contains("nothing changed"));
    stage.press("r Esc Enter");
    assert!(
        !stage.take_effects().iter().any(|effect| matches!(effect, Effect::Single(_))),
        "it is here: asked for no more"
    );
}

#[test]
fn a_screen_rests_only_once_its_layers_know_what_they_show() {
    for layer in ["b", "A", "Tab A", "5 *"] {
        let mut stage = Stage::whole(Name::Dark, (80, 24));
        assert!(stage.model.is_settled());
        stage.answering = false;
        stage.press(layer);
        assert!(!stage.model.is_settled(), "{layer}");
        stage.answering = true;
        let effects = stage.take_effects();
        stage.perform(effects);
        assert!(stage.model.is_settled(), "{layer}");
    }
    let mut stage = with_single();
    stage.end("prod", End::Whole);
    stage.take_effects();
    stage.press("Enter");
    assert!(!stage.model.is_settled());
    let [Effect::Single(event), Effect::WakeAt(_)] = &stage.take_effects()[..] else {
        panic!("one single record, and its age")
    };
    let identity = event.identity;
    stage.send(Message::Single { identity, result: Err("500 twice".into()), snapshot: None });
    assert!(stage.model.is_settled());
    stage.press("Esc D");
    assert!(!stage.model.is_settled());
}

#[test]
fn moving_on_asks_for_a_single_record_only_where_one_rests() {
    let mut stage = with_single();
    stage.press("Enter J J");
    let effects = stage.take_effects();
    let singles = |effects: &[Effect]| effects.iter().filter(|e| matches!(e, Effect::Single(_))).count();
    assert_eq!(singles(&effects), 1, "only the one that was opened");
    assert!(effects.contains(&Effect::WakeAt(stage.now.plus(300_000))));
    stage.now = stage.now.plus(300_000);
    stage.send(Message::Woke);
    assert_eq!(singles(&stage.take_effects()), 1);
    assert_eq!(stage.model.table.selected, 2);
}

#[test]
fn the_countdown_wakes_at_each_second_and_then_no_more() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    stage.take_effects();
    let until = stage.now.plus(2_500_000);
    stage.fetched(Update::Waiting { part: part("prod"), why: Wait::RateLimited, until, attempt: 2 });
    assert!(stage.line(0).ends_with("429: 3s"), "{}", stage.line(0));
    for (left, shown) in [(2_000_000, "429: 2s"), (1_000_000, "429: 1s")] {
        let wake = until.plus(-left);
        assert_eq!(stage.take_effects(), [Effect::WakeAt(wake)]);
        stage.now = wake;
        stage.send(Message::Woke);
        assert!(stage.line(0).ends_with(shown), "{}", stage.line(0));
    }
    stage.take_effects();
    stage.fetched(Update::Resumed { part: part("prod") });
    assert_eq!(stage.take_effects(), []);
    assert!(!stage.line(0).contains("429"));
}

#[test]
fn pausing_retrying_and_cancelling() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    stage.take_effects();
    stage.press("p");
    assert!(stage.take_effects().contains(&Effect::Pause));
    assert!(stage.line(0).contains("paused: p goes on"));
    assert!(stage.line(7).contains('‖'), "{}", stage.line(7));
    stage.press("p");
    assert!(stage.take_effects().contains(&Effect::Resume));
    stage.press("Ctrl-c");
    assert!(stage.take_effects().contains(&Effect::CancelFetch));
    stage.end("prod", End::Cancelled);
    assert!(stage.line(7).contains('┄'));
    stage.press("R");
    assert!(stage.take_effects().contains(&Effect::Fetch { window: week(), push: None, parts: None }));
}

#[test]
fn escape_goes_back_and_never_quits_and_q_closes_before_it_quits() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.take_effects();
    stage.press("Enter ? q q");
    assert!(stage.model.overlays.is_empty() && stage.model.detail.is_none());
    assert!(!stage.take_effects().iter().any(|effect| matches!(effect, Effect::Quit(_))));
    stage.press("Esc Esc Esc");
    assert!(!stage.take_effects().iter().any(|effect| matches!(effect, Effect::Quit(_))));
    stage.press("q");
    assert!(stage.take_effects().contains(&Effect::Leave));
}

#[test]
fn a_second_ctrl_c_within_a_second_quits() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("/ Ctrl-c");
    assert!(!stage.model.filter.is_editing());
    stage.now = stage.now.plus(2 * SECOND);
    stage.press("Ctrl-c");
    assert!(!stage.take_effects().contains(&Effect::Quit(130)));
    stage.now = stage.now.plus(SECOND / 2);
    stage.press("Ctrl-c");
    assert!(stage.take_effects().contains(&Effect::Quit(130)));
}

#[test]
fn escape_and_a_letter_in_one_breath_are_two_keys() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("/");
    stage.type_text("station");
    stage.press("Alt-j");
    assert!(!stage.model.filter.is_editing(), "Esc took the filter back");
    assert_eq!(stage.model.table.selected, 1, "and j moved");
}

#[test]
fn a_paste_goes_into_a_prompt_or_nowhere() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.take_effects();
    stage.send(Message::Input(Input::Paste("q\rq".into())));
    assert_eq!(stage.take_effects(), []);
    stage.press("/");
    stage.send(Message::Input(Input::Paste("status:503\n".into())));
    assert_eq!(stage.model.answer.matched, 8);
}

#[test]
fn resizing_keeps_the_selection_in_view() {
    let mut stage = Stage::whole(Name::Dark, (200, 60));
    stage.press("PgDn PgDn j j");
    let id = selected_id(&stage);
    for size in [(80, 24), (40, 10), (120, 36), (20, 5), (80, 24)] {
        stage.resize(size);
        assert_eq!(selected_id(&stage), id);
        let seen = stage.model.table.top..stage.model.table.top + stage.model.page();
        assert!(seen.contains(&stage.model.table.selected));
    }
}

#[test]
fn no_key_does_harm_in_any_place_with_or_without_entries() {
    let keymap = Keymap::default();
    for many in [0, 40] {
        for before in ["", "Tab", "Enter", "Tab v h", "?", "? /", "t", "t c", "L", "/"] {
            let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
            stage.begin("prod");
            let events = entries::week_of_requests("prod").into_iter().take(many).collect();
            stage.page("prod", events, week());
            for binding in keymap.bindings() {
                stage.press("Esc Esc Esc Esc");
                stage.press(before);
                for key in &binding.keys {
                    stage.send(Message::Input(Input::Key(key.event())));
                }
            }
            stage.buffer();
        }
    }
}

#[test]
fn moving_the_selection_changes_few_cells() {
    // On a slow line every changed cell is a few bytes.
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    let before = stage.buffer();
    stage.press("j");
    let after = stage.buffer();
    let changed = before.diff(&after).len();
    assert!((1..=34).contains(&changed), "{changed} cells");
}

#[test]
fn a_smaller_screen_takes_the_focus_to_what_is_left() {
    let mut stage = Stage::whole(Name::Dark, (200, 60));
    stage.press("Enter Tab");
    assert_eq!(stage.model.focus, Region::Table);
    stage.resize((80, 24));
    assert_eq!(stage.model.focus, Region::Detail);
    stage.press("Esc Tab");
    assert_eq!(stage.model.focus, Region::Histogram);
    stage.resize((80, 12));
    assert_eq!(stage.model.focus, Region::Table);
}

#[test]
fn a_filter_that_was_pushed_is_pushed_on_and_a_looser_one_says_what_is_missing() {
    let mut filtered = settings(Name::Dark, (120, 24));
    filtered.filter = "status:5xx".into();
    let mut stage = Stage::new(filtered);
    let pushed = vec!["status:5xx".to_owned()];
    stage.fetched(Update::Began { part: part("prod"), window: week(), pushed });
    stage.page("prod", entries::week_of_requests("prod"), week());
    stage.take_effects();
    assert!(stage.line(1).contains("underlined: by the server (status:5xx)"), "{}", stage.line(1));
    stage.press("t 6");
    let [Effect::Fetch { push: Some(query), .. }] = &stage.take_effects()[..] else {
        panic!("a pushed fetch")
    };
    assert_eq!(query.to_string(), "status:5xx");
    stage.press("[ X");
    assert_eq!(stage.take_effects(), []);
    assert!(
        stage.line(23).contains("fetched for status:5xx alone: R fetches the rest"),
        "{}",
        stage.line(23)
    );
    assert!(stage.line(7).contains('┄'), "what was left out is not asked for");
    stage.press("R");
    assert!(stage.take_effects().contains(&Effect::Fetch { window: week(), push: None, parts: None }));
}

#[test]
fn a_source_that_is_full_pauses_alone_and_goes_on_at_a_key() {
    let mut two = settings(Name::Dark, (120, 24));
    two.sources = vec![source("prod", "Stations"), source("pki", "Keys")];
    let mut stage = Stage::new(two);
    stage.begin("prod");
    stage.begin("pki");
    stage.take_effects();
    stage.send(Message::Full { source: "prod".into(), came: 200_000 });
    assert!(stage.line(0).ends_with("prod paused: p goes on"), "{}", stage.line(0));
    assert!(stage.line(23).contains("prod: paused at 200,000 entries (max_events); p goes on"));
    stage.take_effects();
    stage.press("p");
    assert!(stage.take_effects().contains(&Effect::Resume));
    assert!(!stage.line(0).contains("paused"));
}

#[test]
fn the_window_of_files_follows_what_came() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    let spans = Interval::new(at("2026-05-18T00:00:00Z"), at("2026-05-19T00:00:00Z"));
    stage.send(Message::Spans(spans));
    assert_eq!(stage.model.scope.window, spans);
    assert_eq!(stage.model.answer.histogram.as_ref().map(|histogram| histogram.window), Some(spans));
}

#[test]
fn times_are_shown_in_utc_the_zone_of_tz_the_machines_and_relative() {
    let mut with = settings(Name::Dark, (80, 24));
    with.zones.chosen = Some(chrono_tz::Europe::Berlin);
    with.zones.local = crate::ui::zone::Local::Known(chrono_tz::America::New_York);
    let mut stage = Stage::new(with);
    stage.begin("prod");
    stage.page("prod", entries::week_of_requests("prod"), week());
    let header = |stage: &Stage| stage.line(8).trim().split("  ").next().unwrap_or_default().to_owned();
    let mut seen = vec![header(&stage)];
    for said in ["this machine's zone", "as ages", "as the gap", "in UTC", "in Europe/Berlin"] {
        stage.press("u");
        assert!(stage.line(23).contains(said), "{}", stage.line(23));
        seen.push(header(&stage));
    }
    assert_eq!(seen, ["TIME +02:00", "TIME -04:00", "AGO", "GAP", "TIME Z", "TIME +02:00"]);
}

#[test]
fn ages_refresh_by_themselves_at_most_once_a_minute_and_only_where_they_are_shown() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    // What is told at the start is gone.
    stage.now = stage.now.plus(60 * SECOND);
    stage.send(Message::Woke);
    stage.take_effects();
    stage.press("j");
    assert_eq!(stage.take_effects(), [], "without ages nothing wakes it");
    stage.press("u");
    stage.now = stage.now.plus(10 * SECOND);
    stage.send(Message::Woke);
    let wakes: Vec<Timestamp> = stage
        .take_effects()
        .iter()
        .filter_map(|effect| match effect {
            Effect::WakeAt(time) => Some(*time),
            _ => None,
        })
        .collect();
    let wake = wakes.last().copied().expect("it wakes by itself");
    let ahead = wake.micros() - stage.now.micros();
    assert!((60 * SECOND..=3_600 * SECOND).contains(&ahead), "{ahead}");
    let before = stage.text();
    stage.now = stage.now.plus(3_600 * SECOND);
    stage.send(Message::Woke);
    assert_ne!(stage.text(), before, "an hour later they are others");
    stage.press("u u");
    stage.now = stage.now.plus(20 * SECOND);
    stage.send(Message::Woke);
    stage.take_effects();
    stage.press("j");
    assert_eq!(stage.take_effects(), [], "in UTC it sleeps again");
    // The detail says how old the entry is.
    stage.press("Enter");
    let age = |stage: &Stage| stage.text().lines().find(|line| line.contains(" ago")).map(str::to_owned);
    let before = age(&stage);
    stage.now = stage.now.plus(48 * 3_600 * SECOND);
    stage.send(Message::Woke);
    assert!(before.is_some() && age(&stage) != before, "{before:?}");
}

#[test]
fn help_stays_on_the_bottom_line_whatever_else_is_said() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    let half = Interval::new(at("2026-05-18T00:00:00Z"), week().until);
    stage.page("prod", entries::week_of_requests("prod"), half);
    stage.press("/");
    stage.type_text("-endpoint:/api/v2/runs* actor:station-12 status:2xx latency:>1ms");
    stage.press("Enter");
    for width in [200, 120, 100, 80, 70, 60, 50, 40] {
        stage.resize((width, 24));
        let bottom = stage.line(23);
        assert!(bottom.ends_with('?'), "{width}: {bottom}");
        assert!(bottom.contains("48 % fetched. P"), "{width}: {bottom}");
        // What is counted is counted whole, whatever is cut.
        if let Some((_, count)) = bottom.split_once("  2xx ") {
            assert!(count.starts_with("65"), "{width}: {bottom}");
        }
    }
    stage.resize((80, 24));
    stage.press("X");
    insta::assert_snapshot!("bottom_80", stage.line(23));
    stage.press("4");
    insta::assert_snapshot!("bottom_80_offer", stage.line(23));
}
