//! A record's history: where it opens, how it is gone through, narrowed and scrolled.

use super::inside::trace;
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
