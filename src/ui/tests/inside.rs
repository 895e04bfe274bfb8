//! The detail under the hand, marks, comparison, single records in numbers.

use super::*;
use crate::event::{ChangeOp, Rank};
use crate::ui::model::Region;
use crate::ui::overlay::Overlay;

/// One entry with changes of every kind among a week of requests.
pub(super) fn with_changes(theme: Name, size: (u16, u16)) -> Stage {
    let mut stage = Stage::whole(theme, size);
    let changed = entries::settings_changed("prod", week().until.plus(-1));
    stage.page("prod", vec![changed], week());
    stage.press("g Enter");
    stage
}

/// Puts the detail's cursor on the first line that holds a text.
pub(super) fn on(stage: &mut Stage, text: &str) {
    let lines = stage.model.detail.as_ref().expect("open").texts(&stage.model.theme);
    let at = lines.iter().position(|line| line.contains(text));
    let at = at.unwrap_or_else(|| panic!("no line has {text}"));
    stage.press("g");
    (0..at).for_each(|_| stage.press("j"));
}

fn filter(stage: &Stage) -> &str {
    &stage.model.scope.text
}

#[test]
fn the_value_under_the_cursor_goes_into_the_filter_and_out_of_it() {
    let mut stage = with_changes(Name::Dark, (80, 24));
    on(&mut stage, "alice");
    stage.press("+");
    assert_eq!((filter(&stage), stage.model.answer.matched), ("actor.name:alice", 1));
    stage.press("+");
    assert!(stage.line(23).contains("the filter says so already"));
    stage.press("-");
    assert_eq!((filter(&stage), stage.model.answer.matched), ("-actor.name:alice", 1_471));
    stage.press("[ [");
    assert_eq!(filter(&stage), "");
    on(&mut stage, "/retention_days");
    stage.press("+");
    assert_eq!((filter(&stage), stage.model.answer.matched), ("changes:/retention_days", 1));
    stage.press("X");
    on(&mut stage, "CHANGES");
    stage.press("+");
    assert!(stage.line(23).contains("no field"), "{}", stage.line(23));
}

#[test]
fn a_leaf_of_the_record_is_asked_for_by_its_pointer() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("Enter");
    on(&mut stage, "region");
    stage.press("+");
    assert_eq!((filter(&stage), stage.model.answer.matched), ("@/region:eu-1", 1_471));
    let parsed = crate::query::parse::parse(filter(&stage), week().until).expect("it can be typed");
    assert_eq!(parsed.to_string(), filter(&stage));
    assert!(parsed.matches(&stage.model.detail.as_ref().expect("open").event));
    stage.press("-");
    assert_eq!((filter(&stage), stage.model.answer.matched), ("-@/region:eu-1", 0));
    stage.press("X");
    on(&mut stage, "count");
    stage.press("+");
    assert_eq!(stage.model.answer.matched, 1_471, "a number too: {}", filter(&stage));
    let typed = crate::query::parse::parse(filter(&stage), week().until).expect("it can be typed");
    assert!(typed.matches(&stage.events[0]));
    stage.press("X");
    on(&mut stage, "retries");
    stage.press("+");
    assert!(stage.line(23).contains("unfold it"), "{}", stage.line(23));
    stage.take_effects();
    stage.press("c");
    let copied: Vec<_> =
        stage.take_effects().into_iter().filter(|one| matches!(one, Effect::Copy(_))).collect();
    let [Effect::Copy(text)] = &copied[..] else { panic!("{copied:?}") };
    assert!(text.contains("\"busy\""), "a container is copied as JSON: {text}");
}

#[test]
fn the_lens_takes_the_value_under_the_cursor() {
    let mut stage = with_changes(Name::Dark, (80, 24));
    on(&mut stage, "alice");
    stage.press("*");
    assert!(stage.model.scope.lens.is_some());
    assert_eq!(stage.model.answer.matched, 1);
    stage.press("[");
    assert!(stage.model.scope.lens.is_none());
    assert_eq!(stage.model.answer.matched, 1_472);
}

#[test]
fn find_opens_what_is_folded_and_goes_from_hit_to_hit() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("Enter");
    on(&mut stage, "reasons");
    assert!(!stage.text().contains("0  \"busy\""), "folded at first");
    stage.press("g f");
    stage.type_text("BUSY");
    stage.press("Enter");
    let line = |stage: &Stage| {
        let state = stage.model.detail.as_ref().expect("open");
        state.texts(&stage.model.theme).swap_remove(state.cursor)
    };
    let first = line(&stage);
    assert!(first.contains("busy"), "{first}");
    assert!(stage.line(23).contains("hit 1 of 3 for BUSY"), "{}", stage.line(23));
    let place = stage.model.detail.as_ref().expect("open").cursor;
    stage.press("n");
    assert!(stage.line(23).contains("hit 2 of 3 for BUSY"), "{}", stage.line(23));
    assert_ne!(stage.model.detail.as_ref().expect("open").cursor, place);
    assert!(line(&stage).contains("busy"));
    stage.press("N");
    assert_eq!(stage.model.detail.as_ref().expect("open").cursor, place);
    stage.press("f Ctrl-u");
    stage.type_text("nowhere at all");
    stage.press("Enter");
    // However often it is asked for: an answer to a key is not counted.
    for _ in 0..2 {
        assert!(stage.line(23).ends_with("nowhere at all: not in this record"), "{}", stage.line(23));
        stage.press("n");
    }
    stage.press("f Esc");
    assert!(stage.model.overlays.is_empty());
}

#[test]
fn finding_in_the_detail_follows_what_is_typed_and_goes_on_in_the_next_record() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("Enter j");
    let place =
        |stage: &Stage| stage.model.detail.as_ref().map(|state| (state.cursor, state.top, state.count()));
    let before = place(&stage);
    stage.press("f");
    assert!(stage.line(23).contains("a text in this record"), "{}", stage.line(23));
    stage.type_text("bus");
    assert!(stage.line(23).starts_with("FIND  bus   hit 1 of 3; n N go on"), "{}", stage.line(23));
    assert!(stage.text().contains("\"busy\"") && place(&stage) != before, "it goes there: {}", stage.text());
    stage.type_text("z");
    assert!(stage.line(23).starts_with("FIND  busz   not in this record"), "{}", stage.line(23));
    assert_eq!(place(&stage), before, "and back");
    stage.press("Backspace");
    assert_ne!(place(&stage), before);
    stage.press("Esc");
    assert_eq!(place(&stage), before, "taken back, what was folded too");
    stage.press("f");
    stage.send(Message::Input(Input::Paste("busy".into())));
    assert_ne!(place(&stage), before);
    stage.press("Ctrl-c");
    assert_eq!(place(&stage), before);
    stage.press("f \"busy\" Enter n");
    assert!(stage.line(23).contains("hit 2 of 3 for busy"), "{}", stage.line(23));
    // The next record, where it is looked for too.
    stage.press("J n");
    assert!(stage.line(23).contains("hit 1 of 3 for busy"), "{}", stage.line(23));
    stage.press("f");
    assert!(stage.line(23).contains("Enter: busy"), "{}", stage.line(23));
    stage.press("Enter");
    assert!(stage.line(23).contains("hit 2 of 3 for busy"), "{}", stage.line(23));
}

#[test]
fn marks_stand_in_columns_where_there_is_room() {
    let mut stage = Stage::whole(Name::Dark, (200, 60));
    stage.press("j m j j m ;");
    stage.type_text("the first one");
    stage.press("Enter M");
    let starts = |stage: &Stage| -> Vec<Option<usize>> {
        [1, 2]
            .map(|y| stage.line(y).find("/api/v2/runs").map(|at| stage.line(y)[..at].chars().count()))
            .to_vec()
    };
    let [Some(first), Some(second)] = starts(&stage)[..] else { panic!("{}", stage.text()) };
    assert_eq!(first, second + 1, "POST and GET begin in one column: {}", stage.text());
    stage.resize((60, 24));
    assert!(stage.line(1).contains("201  POST"), "{}", stage.text());
}

#[test]
fn the_plain_page_has_everything_and_nothing_hostile() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    stage.page("prod", entries::incident("prod"), week());
    stage.press("j j");
    while stage.model.selected().is_some_and(|row| row.event.id.as_deref() != Some("41")) {
        stage.press("j");
    }
    stage.press("Enter");
    stage.take_effects();
    stage.press("|");
    let effects = stage.take_effects();
    let Some(Effect::Page(text)) = effects.iter().find(|one| matches!(one, Effect::Page(_))) else {
        panic!("{effects:?}")
    };
    assert!(text.contains("WHAT HAPPENED") && text.contains("RECORD"));
    assert!(!text.chars().any(|c| crate::text::is_hostile(c) && c != '\n'), "{text:?}");
    assert!(text.contains("⟨202E⟩"));
}

#[test]
fn marks_are_set_listed_noted_gone_to_and_compared() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("d");
    assert!(stage.line(23).contains("nothing is marked"), "{}", stage.line(23));
    stage.press("M");
    assert!(stage.line(23).contains("nothing is marked"));
    stage.press("j m d");
    assert!(stage.line(23).contains("one row is marked"));
    stage.press("j j j m");
    assert_eq!(stage.model.marks.len(), 2);
    stage.press("j");
    assert!(stage.text().contains("•"), "marked rows bear a sign");
    stage.press("g '");
    assert_eq!(stage.model.table.selected, 1);
    stage.press("'");
    assert_eq!(stage.model.table.selected, 4);
    stage.press("'");
    assert!(stage.line(23).contains("no older mark"));
    stage.press("\"");
    assert_eq!(stage.model.table.selected, 1);
    stage.press("\"");
    assert!(stage.line(23).contains("no newer mark"));
    stage.press(";");
    stage.type_text("first of the wave");
    stage.press("Enter M");
    assert!(stage.text().contains("first of the wave"), "{}", stage.text());
    stage.press("j ;");
    stage.type_text("second");
    stage.press("Enter d");
    assert!(matches!(stage.model.overlays.last(), Some(Overlay::Compare(_))));
    let text = stage.text();
    assert!(text.contains("FIELDS") && text.contains("- request_id"), "{text}");
    stage.press("Esc Enter");
    assert_eq!((stage.model.overlays.len(), stage.model.table.selected), (0, 4));
    assert!(stage.line(23).contains("second"), "its note is told");
    stage.press("M - -");
    assert_eq!((stage.model.overlays.len(), stage.model.marks.len()), (0, 0));
    stage.press("m 5");
    stage.press("'");
    assert!(
        stage.line(23).contains("X clears the filter") || stage.line(23).contains("no older"),
        "{}",
        stage.line(23)
    );
}

#[test]
fn a_wide_screen_compares_side_by_side() {
    let mut stage = Stage::whole(Name::Dark, (160, 48));
    stage.press("m j m d");
    let text = stage.text();
    let request = text.lines().find(|line| line.contains("request_id")).expect("a line");
    assert_eq!(request.matches("request_id").count(), 2, "{request}");
}

/// A system with single records, of which the list says nothing of changes.
pub(super) fn silent(size: (u16, u16)) -> Stage {
    let mut settings = settings(Name::Dark, size);
    settings.sources[0].has_single = true;
    let mut stage = Stage::new(settings);
    stage.begin("prod");
    let events = (0..4u8).map(|number| {
        let mut event =
            entries::settings_changed("prod", week().until.plus(-1 - i64::from(number) * 60_000_000));
        event.id = Some(format!("evt_{number}"));
        event.identity = crate::event::Identity::of_id("prod", None, &format!("evt_{number}"));
        event.changes = None;
        event.rank = Rank::ListRow;
        event
    });
    stage.page("prod", events.collect(), week());
    stage.end("prod", End::Whole);
    stage
}

/// The single record of what was asked for.
pub(super) fn told(event: &Event) -> Event {
    let value = format!("{}", event.id.as_deref().map_or(0, str::len));
    let json = crate::json::Json::from_node(crate::json::Node::parse(&value).expect("json"));
    let change = crate::event::Change {
        op: ChangeOp::Replace,
        path: "/retention_days".to_owned(),
        before: Some(json),
        after: None,
    };
    Event { changes: Some(vec![change]), rank: Rank::Single, ..event.clone() }
}

pub(super) fn singles(stage: &mut Stage) -> Vec<Arc<Event>> {
    let mut wanted = Vec::new();
    for effect in stage.take_effects() {
        match effect {
            Effect::Single(event) => wanted.push(event),
            other => stage.effects.push(other),
        }
    }
    wanted
}

/// The single record of an entry comes, or not; what is no row becomes none.
pub(super) fn bring(stage: &mut Stage, of: &Event, result: Result<Event, String>) {
    let identity = of.identity;
    if let Ok(event) = &result
        && stage.store.rank_of(identity).is_some()
    {
        stage.store.append(vec![event.clone()]);
    }
    let snapshot = Some(stage.store.snapshot());
    stage.send(Message::Single { identity, result: result.map(Box::new), snapshot });
}

#[test]
fn a_changes_filter_says_that_not_all_is_known_and_d_fetches_the_rest() {
    let mut stage = silent((80, 24));
    stage.press("/");
    stage.type_text("changes:/retention_days");
    stage.press("Enter");
    assert_eq!(stage.model.answer.matched, 0);
    assert!(stage.text().contains("changes known for 0 of 4: D fetches the rest"), "{}", stage.text());
    stage.take_effects();
    stage.press("D");
    let effects = stage.take_effects();
    let Some(Effect::Untold { number, filter, window, sources }) =
        effects.iter().find(|one| matches!(one, Effect::Untold { .. })).cloned()
    else {
        panic!("{effects:?}")
    };
    assert_eq!(filter.to_string(), "source:prod", "what the changes filter hides is counted too");
    assert!(stage.text().contains("counting"));
    let names: Vec<&str> = sources.iter().map(|name| &**name).collect();
    let untold = stage.store.snapshot().untold(&filter, window, &names, 100);
    assert_eq!((untold.count, untold.matched), (4, 4));
    stage.send(Message::Untold { number, untold: Box::new(untold) });
    let text = stage.text();
    assert!(
        text.contains("changes are known for 0 of 4") && text.contains("the other 4 cost one request each"),
        "{text}"
    );
    assert_eq!(singles(&mut stage).len(), 0, "nothing is sent before the word");
    stage.press("Enter");
    let first = singles(&mut stage);
    assert_eq!(first.len(), 2, "two at a time");
    assert!(stage.line(23).contains("single records 0 of 4"), "{}", stage.line(23));
    bring(&mut stage, &first[0], Ok(told(&first[0])));
    bring(&mut stage, &first[1], Err("500".to_owned()));
    let rest = singles(&mut stage);
    assert_eq!(rest.len(), 2);
    for event in rest {
        bring(&mut stage, &event, Ok(told(&event)));
    }
    assert!(stage.line(23).contains("3 single records fetched; 1 failed: 500"), "{}", stage.line(23));
    assert_eq!(stage.model.answer.matched, 3);
    stage.press("g");
    assert!(stage.line(23).contains("changes known for 3 of 4"), "{}", stage.line(23));
}

#[test]
fn single_records_in_numbers_stop_at_ctrl_c_and_say_where_there_are_none() {
    let mut stage = silent((80, 24));
    stage.press("D");
    let untold = stage.store.snapshot().untold(&crate::query::Query::all(), week(), &["prod"], 100);
    stage.send(Message::Untold { number: 1, untold: Box::new(untold) });
    stage.press("Enter");
    let first = singles(&mut stage);
    bring(&mut stage, &first[0], Ok(told(&first[0])));
    assert_eq!(singles(&mut stage).len(), 1);
    stage.press("Ctrl-c");
    let words = "single records 1 of 4: the rest is let go; Ctrl-c again quits";
    assert!(stage.line(23).contains(words), "{}", stage.line(23));
    assert!(stage.take_effects().contains(&Effect::EndSingles), "also those that are under way");
    assert!(stage.model.is_settled(), "and nobody waits for them");
    bring(&mut stage, &first[1], Err("500".to_owned()));
    assert_eq!(singles(&mut stage).len(), 0);
    assert!(!stage.line(23).contains("500"), "{}", stage.line(23));
    let mut none = Stage::whole(Name::Dark, (80, 24));
    none.press("D");
    assert!(none.line(23).contains("no open system has single records"), "{}", none.line(23));
}

/// Answers what a history asks for.
pub(super) fn trace(stage: &mut Stage) -> usize {
    let effects = stage.take_effects();
    let mut answered = 0;
    for effect in effects {
        match effect {
            Effect::Trace { number, record, besides } => {
                let answer = stage.store.snapshot().answer(&crate::ui::trace::Trace::question(&record));
                let trace = crate::ui::trace::Trace::new(&record, &answer, &besides, None);
                stage.send(Message::Traced { number, trace: Arc::new(trace) });
                answered += 1;
            }
            other => stage.effects.push(other),
        }
    }
    answered
}

#[test]
fn a_history_fetches_what_the_list_does_not_say_and_rebuilds_the_states() {
    let mut stage = silent((80, 24));
    stage.take_effects();
    stage.press("o");
    assert_eq!(trace(&mut stage), 1);
    let text = stage.text();
    assert!(text.contains("History of project prj_5 (prod)"), "{text}");
    assert!(text.contains("from 05-14 10:00, the window's start; < fetches 90 d earlier"), "{text}");
    assert!(text.contains("4 entries  single records 0 of 4"), "{text}");
    loop {
        let asked = singles(&mut stage);
        if asked.is_empty() {
            break;
        }
        for event in &asked {
            bring(&mut stage, event, Ok(told(event)));
        }
    }
    assert_eq!(trace(&mut stage), 1, "asked again once they are here");
    let text = stage.text();
    assert!(text.contains("retention_days 5 → 5"), "{text}");
    assert!(text.contains("STATE SINCE"), "{text}");
    stage.press("g");
    assert!(stage.text().contains("- 5"), "{}", stage.text());
    stage.press("<");
    let effects = stage.take_effects();
    let Some(Effect::Earlier { number, window, .. }) = effects.last().cloned() else { panic!("{effects:?}") };
    assert_eq!(window.until, week().since);
    assert!(stage.text().contains("fetching 90 d earlier"));
    let old = Event {
        id: Some("evt_old".into()),
        identity: crate::event::Identity::of_id("prod", None, "evt_old"),
        time: window.since.plus(1),
        ..told(&stage.events[0])
    };
    stage.send(Message::Earlier { number, result: Ok(vec![old]) });
    assert_eq!(trace(&mut stage), 1);
    assert!(stage.text().contains("5 entries"), "{}", stage.text());
    assert!(stage.text().contains("fetched for this history"));
    stage.press("g Enter");
    assert!(stage.line(23).contains("is not among the rows"), "{}", stage.line(23));
    stage.press("<");
    stage.take_effects();
    stage.press("q");
    assert_eq!(stage.take_effects(), [Effect::EndEarlier], "nobody looks at it any more");
}

#[test]
fn enter_on_a_changed_path_shows_that_path_alone() {
    let mut stage = with_changes(Name::Dark, (80, 24));
    on(&mut stage, "/retention_days");
    stage.take_effects();
    stage.press("Enter");
    assert_eq!(trace(&mut stage), 1);
    let text = stage.text();
    assert!(text.contains("retention_days  30 → 7 alice 05-21"), "{text}");
    stage.press("o");
    let Some(Overlay::Record(state)) = stage.model.overlays.last() else { panic!("open") };
    assert_eq!(state.path, None, "the whole record");
    stage.press("Esc");
    assert_eq!(stage.model.focus, Region::Detail);
    let mut none = Stage::whole(Name::Dark, (80, 24));
    none.press("o");
    assert!(none.line(23).contains("names no target by an id"), "{}", none.line(23));
}

#[test]
fn a_broken_chain_is_said_at_its_place() {
    let mut stage = Stage::new(settings(Name::Dark, (120, 36)));
    stage.begin("prod");
    let entry = |id: &str, hour: i64, before: &str, after: &str| {
        let json = |text: &str| crate::json::Json::from_node(crate::json::Node::parse(text).expect("json"));
        let mut event = entries::settings_changed("prod", week().until.plus(-hour * 3_600_000_000));
        event.id = Some(id.to_owned());
        event.identity = crate::event::Identity::of_id("prod", None, id);
        event.changes = Some(vec![crate::event::Change {
            op: ChangeOp::Replace,
            path: "/days".into(),
            before: Some(json(before)),
            after: Some(json(after)),
        }]);
        event
    };
    stage.page("prod", vec![entry("a", 9, "30", "7"), entry("b", 3, "14", "90")], week());
    stage.press("o");
    trace(&mut stage);
    let text = stage.text();
    assert!(text.contains("the chain is broken once"), "{text}");
    stage.press("k");
    let text = stage.text();
    assert!(text.contains("chain broken  days 30 → 7"), "{text}");
    assert!(
        text.contains("+ 7 ") && !text.contains("+ 14"),
        "its own word, not what was found later: {text}"
    );
    assert!(text.contains("this entry left 7, the next on it") && text.contains("found 14"), "{text}");
}

#[test]
fn what_is_pasted_narrows_a_list_and_the_cursor_is_on_what_is_left() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("V G /");
    stage.send(Message::Input(Input::Paste("outcome".into())));
    stage.press("Enter Enter");
    assert!(stage.text().contains("Two fields: outcome and"), "{}", stage.text());
}
