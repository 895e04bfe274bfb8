//! A record's history: where it opens, how it is gone through, narrowed and scrolled.

use super::inside::{bring, silent, singles, told, trace};
use super::*;
use crate::event::{ChangeOp, Rank};

/// Changes of one record: a step each, told in full.
fn changed(count: i64) -> Vec<Event> {
    let json = |number: i64| Some(crate::json::Json::from_text(&number.to_string()));
    let entry = |number: i64| {
        let mut event =
            entries::settings_changed("prod", week().until.plus((number - count - 1) * 1_000_000));
        event.id = Some(format!("c{number}"));
        event.identity = crate::event::Identity::of_id("prod", None, &format!("c{number}"));
        event.changes = Some(vec![crate::event::Change {
            op: ChangeOp::Replace,
            path: "/days".into(),
            before: json(number),
            after: json(number + 1),
        }]);
        event
    };
    (0..count).map(entry).collect()
}

#[test]
fn a_long_history_opens_on_the_entry_and_is_paged_through() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    stage.page("prod", changed(5_000), week());
    stage.press("G k k o");
    trace(&mut stage);
    let text = stage.text();
    assert!(text.contains("5,000 entries"), "{text}");
    let chosen = |stage: &Stage| {
        let text = stage.text();
        let line = text.lines().find(|line| line.starts_with("│ ▌")).expect("a chosen step").to_owned();
        line.split_once("days ").expect("what it changed").1.split_whitespace().next().map(str::to_owned)
    };
    assert_eq!(chosen(&stage).as_deref(), Some("2"), "the entry's own step, not the newest");
    stage.press("Space");
    assert_eq!(chosen(&stage).as_deref(), Some("8"), "a page of the list");
    stage.press("PgUp G");
    assert_eq!(chosen(&stage).as_deref(), Some("4999"));
    // At the side the list has its scrollbar too.
    stage.send(Message::Input(Input::Resize(160, 44)));
    let text = stage.text();
    assert!(text.lines().any(|line| line.contains("█│")), "{text}");
}

#[test]
fn what_a_step_says_is_scrolled_apart_from_the_list() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    let mut event = changed(1).swap_remove(0);
    let values: Vec<String> = (0..40).map(|number| format!("\"value {number}\"")).collect();
    let long = format!("[{}]", values.join(","));
    let long = crate::json::Json::from_node(crate::json::Node::parse(&long).expect("json"));
    event.changes.as_mut().expect("one")[0].after = Some(long);
    stage.page("prod", vec![event], week());
    stage.press("o");
    trace(&mut stage);
    assert!(!stage.text().contains("value 20"), "{}", stage.text());
    stage.press("J");
    assert!(stage.text().contains("value 20"), "{}", stage.text());
    stage.press("K");
    assert!(stage.text().contains("CHANGES"), "{}", stage.text());
}

#[test]
fn a_history_offers_no_more_than_there_is() {
    let mut stage = Stage::new(Settings {
        setup: crate::ui::setup::Setup {
            opened: crate::ui::setup::Opened::Files(vec!["log.ndjson".into()]),
            ..crate::ui::setup::Setup::default()
        },
        ..settings(Name::Dark, (80, 24))
    });
    stage.begin("prod");
    let mut untold = changed(2);
    untold[0].changes = None;
    untold[0].rank = Rank::ListRow;
    stage.page("prod", untold, week());
    stage.press("o");
    trace(&mut stage);
    let text = stage.text();
    assert!(text.contains("1 does not say what it changed"), "{text}");
    assert!(!text.contains("90 d earlier") && !text.contains("single records"), "{text}");
    stage.take_effects();
    stage.press("<");
    assert!(stage.line(23).contains("a file holds no more than this"), "{}", stage.line(23));
    assert_eq!(stage.take_effects().iter().filter(|one| matches!(one, Effect::Earlier { .. })).count(), 0);
}

#[test]
fn a_history_is_narrowed_by_who_did_what_to_which_path() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    let mut events = changed(40);
    events[7].actor.name = Some("mallory".into());
    events[9].changes.as_mut().expect("one")[0].path = "/owner".into();
    stage.page("prod", events, week());
    stage.press("o");
    trace(&mut stage);
    let steps = |stage: &Stage| stage.text().lines().filter(|line| line.contains("UPDATE")).count();
    assert!(steps(&stage) > 2, "{}", stage.text());
    stage.press("/");
    stage.send(Message::Input(Input::Paste("mallory".into())));
    assert_eq!(steps(&stage), 1, "{}", stage.text());
    assert!(stage.text().contains("│ ▌05-21 09:59:26 ok  mallory"), "{}", stage.text());
    assert!(stage.line(0).contains("History of project / mallory ─"), "{}", stage.line(0));
    stage.press("Ctrl-u \"/owner\" Enter");
    assert_eq!(steps(&stage), 1);
    assert!(stage.text().contains("owner 9 → 10"), "{}", stage.text());
    stage.press("/ \"zzz\" Enter");
    assert!(stage.text().contains("no entry has that"), "{}", stage.text());
    stage.press("/ Esc");
    assert!(steps(&stage) > 2, "{}", stage.text());
    assert!(stage.model.overlays.last().is_some(), "the layer is still there");
}

/// An entry from before the window, of which the list says nothing, as `<` brings it.
fn older(stage: &mut Stage) -> Event {
    stage.press("<");
    let effects = stage.take_effects();
    let Some(Effect::Earlier { number, window, .. }) = effects.last().cloned() else { panic!("{effects:?}") };
    let old = Event {
        id: Some("evt_old".into()),
        identity: crate::event::Identity::of_id("prod", None, "evt_old"),
        time: window.since.plus(1),
        ..Event::clone(&stage.events[0])
    };
    stage.send(Message::Earlier { number, result: Ok(vec![old.clone()]) });
    old
}

/// Gives every single record that is asked for.
fn bring_all(stage: &mut Stage) -> usize {
    let mut came = 0;
    loop {
        let asked = singles(stage);
        if asked.is_empty() {
            return came;
        }
        came += asked.len();
        for event in &asked {
            bring(stage, event, Ok(told(event)));
        }
    }
}

#[test]
fn what_was_fetched_for_a_history_gets_its_single_records_too() {
    let mut stage = silent((80, 24));
    stage.take_effects();
    stage.press("o");
    trace(&mut stage);
    assert_eq!(bring_all(&mut stage), 4);
    trace(&mut stage);
    assert_eq!(bring_all(&mut stage), 0, "the first of them tell all that there is");
    let rows = stage.store.snapshot().len();
    older(&mut stage);
    trace(&mut stage);
    let text = stage.text();
    assert!(text.contains("5 entries  single records 0 of 1"), "{text}");
    assert_eq!(bring_all(&mut stage), 1);
    trace(&mut stage);
    let text = stage.text();
    assert!(text.contains("5 entries") && !text.contains("does not say"), "{text}");
    assert!(stage.text().contains("retention_days 7 → 5"), "{text}");
    assert_eq!(stage.store.snapshot().len(), rows, "it is no row");
}

#[test]
fn single_records_that_failed_are_tried_again_by_the_users_word() {
    let mut stage = silent((80, 24));
    stage.take_effects();
    stage.press("o");
    trace(&mut stage);
    loop {
        let asked = singles(&mut stage);
        if asked.is_empty() {
            break;
        }
        for event in &asked {
            bring(&mut stage, event, Err("500".to_owned()));
        }
    }
    trace(&mut stage);
    older(&mut stage);
    trace(&mut stage);
    let asked = singles(&mut stage);
    assert_eq!(asked.len(), 1, "what failed is not asked for by itself: {asked:?}");
    bring(&mut stage, &asked[0], Err("500".to_owned()));
    trace(&mut stage);
    assert!(stage.text().contains("5 do not say what they changed"), "{}", stage.text());
    stage.press("D");
    assert!(stage.text().contains("single records 0 of 5"), "{}", stage.text());
    assert_eq!(bring_all(&mut stage), 5);
    trace(&mut stage);
    assert!(!stage.text().contains("not say"), "{}", stage.text());
}

#[test]
fn what_a_history_waits_for_is_counted_down_logged_and_let_go() {
    let mut stage = silent((80, 24));
    stage.take_effects();
    stage.press("o");
    trace(&mut stage);
    assert_eq!(singles(&mut stage).len(), 2);
    let until = stage.now.plus(12_000_000);
    let why = crate::fetch::Wait::RateLimited;
    let waits = || Update::Waiting { part: part("prod"), why, until, attempt: 2 };
    stage.send(Message::Aside(waits()));
    assert!(stage.text().contains("4 entries  single records 0 of 4  429: 12s"), "{}", stage.text());
    assert!(stage.take_effects().contains(&Effect::WakeAt(until.plus(-11_000_000))));
    stage.send(Message::Aside(Update::Requested(crate::fetch::Exchange {
        part: part("prod"),
        method: "GET",
        url: "https://audit.test/records/evt_0".to_owned(),
        status: Some(429),
        took: std::time::Duration::from_millis(7),
        bytes: 2,
        attempt: 1,
    })));
    stage.press("L");
    assert!(stage.text().contains("GET https://audit.test/records/evt_0"), "{}", stage.text());
    stage.press("Esc Ctrl-c");
    assert!(stage.take_effects().contains(&Effect::EndSingles));
    assert!(stage.line(23).contains("single records 0 of 4: the rest is let go"), "{}", stage.line(23));
    assert!(stage.text().contains("4 entries  4 do not say what they changed"), "{}", stage.text());
    // What is fetched from before the window.
    stage.now = stage.now.plus(2_000_000);
    stage.press("<");
    stage.take_effects();
    stage.send(Message::Aside(waits()));
    assert!(stage.text().contains("fetching 90 d earlier…  429: 10s"), "{}", stage.text());
    stage.press("Ctrl-c");
    assert!(stage.take_effects().contains(&Effect::EndEarlier));
    assert!(stage.line(23).contains("what was being fetched is let go"), "{}", stage.line(23));
    assert!(stage.text().contains("< fetches 90 d earlier"), "the layer is still there: {}", stage.text());
    stage.press("Esc");
    assert!(!stage.line(0).contains("429"), "nothing waits any more: {}", stage.line(0));
}

#[test]
fn the_record_that_the_detail_waits_for_is_counted_down_and_let_go() {
    let mut stage = silent((80, 24));
    stage.take_effects();
    stage.press("Enter");
    let asked = singles(&mut stage);
    let until = stage.now.plus(12_000_000);
    let why = crate::fetch::Wait::Retry;
    stage.send(Message::Aside(Update::Waiting { part: part("prod"), why, until, attempt: 3 }));
    assert!(stage.line(0).ends_with("try 3: 12s"), "{}", stage.line(0));
    stage.press("Ctrl-c");
    assert!(stage.take_effects().contains(&Effect::EndSingles));
    assert!(stage.line(23).contains("the single record is let go"), "{}", stage.line(23));
    let lines =
        |stage: &Stage| stage.model.detail.as_ref().expect("open").texts(&stage.model.theme).join("\n");
    assert!(lines(&stage).contains("could not be fetched: cancelled"), "{}", lines(&stage));
    stage.press("r");
    assert_eq!(singles(&mut stage), asked, "asked for again");
}

#[test]
fn a_history_promises_no_single_records_where_the_system_has_none() {
    for has_single in [false, true] {
        let mut stage = silent((80, 24));
        stage.model.feed = crate::ui::feed::Feed::new(vec![crate::ui::feed::SourceInfo {
            has_single,
            ..source("prod", "Test stations")
        }]);
        stage.press("o");
        trace(&mut stage);
        let text = stage.text();
        assert!(text.contains("the list does not say what it changed"), "{text}");
        assert_eq!(text.contains("its single record may"), has_single, "{text}");
    }
}

/// One record that was set to 30, and later found at 45.
fn broken(size: (u16, u16), value: &str) -> Stage {
    let mut stage = Stage::new(settings(Name::Dark, size));
    stage.begin("prod");
    let mut events = changed(3);
    let json = |text: &str| Some(crate::json::Json::from_node(crate::json::Node::parse(text).expect("json")));
    for (event, values) in events.iter_mut().zip([["7", value], ["45", "60"], ["60", "61"]]) {
        let change = &mut event.changes.as_mut().expect("one")[0];
        [change.before, change.after] = values.map(json);
    }
    stage.page("prod", events, week());
    stage.press("G o");
    trace(&mut stage);
    stage
}

#[test]
fn the_state_behind_a_broken_chain_says_what_was_left_and_what_was_found() {
    let mut stage = broken((80, 24), "30");
    let text = stage.text();
    assert!(text.contains("the chain is broken once"), "{text}");
    assert!(text.contains("days  30, later found 45"), "{text}");
    stage.press("j");
    assert!(!stage.text().contains("later found"), "{}", stage.text());
    // One path alone.
    let mut stage = broken((80, 24), "30");
    stage.press("Esc Enter");
    super::inside::on(&mut stage, "/days");
    stage.press("Enter");
    trace(&mut stage);
    assert!(stage.text().contains("  30, later found 45"), "{}", stage.text());
}

#[test]
fn long_values_of_a_history_take_the_room_that_there_is() {
    let value = format!("\"{}end\"", "x".repeat(60));
    let stage = broken((200, 60), &value);
    let text = stage.text();
    let listed = text.lines().find(|line| line.contains("│ ▌")).expect("the step").to_owned();
    assert!(listed.contains(&format!("7 → {}", "x".repeat(20))), "{text}");
    assert!(text.lines().filter(|line| line.contains("this entry left")).count() == 1, "{text}");
    assert!(text.contains("xend, the next") || text.contains("xend,"), "{text}");
    let narrow = broken((80, 24), &value).text();
    let listed = narrow.lines().find(|line| line.contains("│ ▌")).expect("the step").to_owned();
    assert!(listed.contains("7 → xxx"), "{narrow}");
}
