//! Handing over, other sources, the first run: key scripts and looks.

use super::*;
use crate::ui::message::Exported;
use crate::ui::overlay::export::Order;
use crate::ui::overlay::welcome::{NewSource, NewToken};
use crate::ui::session::{Saved, View};
use crate::ui::setup::{Known, Open, Opened, Setup, Wish};

fn known(name: &str) -> Known {
    Known { name: name.into(), title: "A system".into() }
}

fn copied(stage: &mut Stage, keys: &str) -> String {
    stage.take_effects();
    stage.press(keys);
    let effects = stage.take_effects();
    let copied = effects.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.clone()),
        _ => None,
    });
    copied.unwrap_or_else(|| panic!("{keys} copies nothing: {effects:?}"))
}

#[test]
fn the_copy_menu_hands_over_each_of_its_texts() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("j");
    let id = stage.model.selected().and_then(|row| row.event.copy_id()).expect("a row").to_owned();
    assert_eq!(copied(&mut stage, "y"), id);
    assert!(copied(&mut stage, "Y 1").contains("\"region\": \"eu-1\""));
    assert!(copied(&mut stage, "Y 2").contains("\"latency_ms\""));
    assert!(copied(&mut stage, "Y 3").contains(&format!("\t{id}")));
    assert!(copied(&mut stage, "Y 4").contains(&format!("id:{id}")));
    stage.press("Y j j j j Enter");
    let effects = stage.take_effects();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::CopyRequest(_))), "{effects:?}");
    stage.press("Y 6");
    assert!(stage.line(23).contains("no filter is in force"), "{}", stage.line(23));
    stage.press("Esc 5");
    assert_eq!(copied(&mut stage, "Y 6"), "class:5xx");
    let line = copied(&mut stage, "Y 7");
    let whole =
        "auditty explore --since=2026-05-14T10:00:00Z --until=2026-05-21T10:00:00Z --filter='class:5xx' prod";
    assert_eq!(line, whole);
    assert!(copied(&mut stage, "Y 8").contains("05-15"));
    let ticket = copied(&mut stage, "Y 9");
    assert!(ticket.ends_with("8 matched of 1,471 fetched; the whole window covered"), "{ticket}");
    assert!(stage.model.overlays.is_empty());
    stage.press("Y Y");
    assert!(stage.model.overlays.is_empty(), "its key closes it too");
}

#[test]
fn the_palette_does_what_is_named() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.take_effects();
    stage.press(":");
    stage.type_text("suspend");
    stage.press("Enter");
    assert_eq!(stage.take_effects(), [Effect::Suspend]);
    stage.press("Ctrl-p");
    stage.type_text("theme mono");
    stage.press("Enter");
    assert_eq!(stage.model.theme.name, Name::Mono);
    stage.press(":");
    stage.type_text("theme auto");
    stage.press("Enter");
    assert!(stage.line(23).contains("at the start alone"), "{}", stage.line(23));
    stage.press(":");
    stage.type_text("mouse");
    stage.press("Enter Ctrl-t");
    let effects = stage.take_effects();
    assert!(effects.contains(&Effect::Mouse(true)) && effects.contains(&Effect::Mouse(false)), "{effects:?}");
    stage.press(":");
    stage.type_text("screenshot a.svg");
    stage.press("Enter");
    let effects = stage.take_effects();
    let written = effects.iter().find_map(|effect| match effect {
        Effect::Write { path, content, .. } if path == "a.svg" => Some(content),
        _ => None,
    });
    let svg = written.expect("a picture");
    assert!(svg.starts_with("<svg") && svg.contains("TIME Z") && !svg.contains("Palette"));
    stage.send(Message::Wrote { what: "the picture", result: Ok("a.svg".to_owned()) });
    assert!(stage.line(23).contains("the picture is in a.svg"), "{}", stage.line(23));
    stage.press(":");
    stage.type_text("xyzzy");
    stage.press("Enter");
    assert!(stage.text().contains("nothing is called that"));
    stage.press("Esc");
    assert!(stage.model.overlays.is_empty());
}

#[test]
fn an_export_is_ordered_watched_and_cancelled() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("5 x");
    assert!(stage.text().contains("--manifest prod"), "{}", stage.text());
    stage.take_effects();
    stage.press("Enter");
    let effects = stage.take_effects();
    let [Effect::Export(Order { path, manifest: true, complete: true, window, filter, .. }), ..] =
        &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!(path, "prod-2026-05-14-2026-05-21.ndjson");
    assert_eq!((*window, filter.to_string().as_str()), (week(), "class:5xx"));
    stage.send(Message::Exported(Exported::Going { written: 5_000, of: 10_000 }));
    assert!(stage.line(0).contains("exporting 50%"), "{}", stage.line(0));
    stage.press("Ctrl-c");
    assert!(stage.take_effects().contains(&Effect::CancelExport));
    stage.send(Message::Exported(Exported::Cancelled));
    assert!(stage.line(23).contains("nothing is left of it"), "{}", stage.line(23));
    // Another format, another name, no manifest.
    stage.press("x g Enter j Enter");
    stage.press("Ctrl-u");
    stage.type_text("out.csv");
    stage.press("Enter j Enter G Enter");
    let effects = stage.take_effects();
    let order = effects.iter().find_map(|effect| match effect {
        Effect::Export(order) => Some(order),
        _ => None,
    });
    let order = order.expect("an order");
    assert_eq!((order.path.as_str(), order.format.name(), order.manifest), ("out.csv", "raw", false));
    stage.send(Message::Exported(Exported::Done { path: "out.csv".to_owned(), written: 8 }));
    assert!(stage.line(23).contains("exported 8 entries to out.csv"), "{}", stage.line(23));
}

#[test]
fn other_sources_are_opened_alone_or_merged() {
    let mut with = settings(Name::Dark, (80, 24));
    with.setup = Setup { known: vec![known("prod"), known("pki")], ..Setup::default() };
    let wish = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Some(Wish { open: Open::Sources(names), view: None })
    };
    let mut stage = Stage::new(with.clone());
    stage.press("S Enter");
    assert!(stage.line(23).contains("open already"), "{}", stage.line(23));
    stage.press("j Enter");
    assert_eq!(stage.model.take_wish(), wish(&["pki"]));
    assert!(stage.take_effects().contains(&Effect::Quit(0)));
    let mut stage = Stage::new(with);
    stage.press("S j + Enter");
    assert_eq!(stage.model.take_wish(), wish(&["prod", "pki"]));
}

#[test]
fn a_saved_view_is_gone_back_to_and_of_other_sources_opened() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("5 O :");
    stage.type_text("save night");
    stage.press("Enter");
    let effects = stage.take_effects();
    let kept = effects.iter().find_map(|effect| match effect {
        Effect::Keep(text) => Some(Saved::parse(text).expect("our own text")),
        _ => None,
    });
    let view = kept.expect("kept").views.remove(0);
    assert_eq!((view.name.as_str(), view.filter.as_str(), view.oldest_first), ("night", "class:5xx", true));
    stage.press("X O S j Enter");
    assert!(stage.model.overlays.is_empty());
    assert_eq!(stage.model.scope.text, "class:5xx");
    assert_eq!(stage.model.order, crate::answer::Order::OldestFirst);
    stage.press("[");
    assert_eq!(stage.model.scope.text, "", "a view is a step in the one history");

    let mut with = settings(Name::Dark, (80, 24));
    let other = View { sources: vec!["pki".to_owned()], ..view };
    with.setup.saved.save(other.clone());
    let mut stage = Stage::new(with);
    stage.press("S Enter");
    let wish = Wish { open: Open::Sources(vec!["pki".to_owned()]), view: Some(other) };
    assert_eq!(stage.model.take_wish(), Some(wish));
}

#[test]
fn the_last_session_is_one_key_away_and_then_the_history_is_as_always() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("5 j j");
    let saved = stage.model.session().expect("sources are open");
    assert!(!saved.text().contains("station-"), "no entry is kept");
    let mut with = settings(Name::Dark, (80, 24));
    with.setup.saved = saved;
    let mut stage = Stage::new(with);
    assert!(stage.line(23).contains("[ restores the session of 05-21"), "{}", stage.line(23));
    assert_eq!(stage.model.scope.text, "", "the start is fresh");
    stage.press("[");
    assert_eq!(stage.model.scope.text, "class:5xx");
    stage.press("[");
    assert_eq!(stage.model.scope.text, "");
    stage.press("[");
    assert!(stage.line(23).contains("nothing to go back to"), "{}", stage.line(23));
}

fn first_run(size: (u16, u16)) -> Stage {
    let mut with = settings(Name::Dark, size);
    with.sources = Vec::new();
    with.setup.opened = Opened::Nothing;
    with.setup.providers = vec![("one".to_owned(), "One".to_owned()), ("two".to_owned(), "Two".to_owned())];
    Stage::new(with)
}

#[test]
fn the_first_run_leads_to_the_demo_in_one_key() {
    for key in ["Enter", "d"] {
        let mut stage = first_run((80, 24));
        assert!(!stage.effects.iter().any(|effect| matches!(effect, Effect::Fetch { .. })));
        stage.press(key);
        assert_eq!(stage.model.take_wish(), Some(Wish { open: Open::Demo, view: None }));
    }
    let mut stage = first_run((80, 24));
    stage.press("o");
    stage.type_text("/tmp/a log.ndjson");
    stage.press("Enter");
    let wish = Wish { open: Open::File("/tmp/a log.ndjson".to_owned()), view: None };
    assert_eq!(stage.model.take_wish(), Some(wish));
}

#[test]
fn the_first_run_writes_a_config_and_opens_what_it_says() {
    let mut stage = first_run((80, 24));
    stage.press("c G Enter");
    assert!(stage.line(23).contains("where the token comes from is missing"), "{}", stage.line(23));
    stage.press("g Enter j Enter");
    stage.type_text("prod");
    stage.press("Enter j Enter");
    stage.type_text("$TOKEN");
    stage.press("Enter Enter");
    let token = NewToken::Variable("TOKEN".to_owned());
    let (name, provider) = ("prod".to_owned(), "two".to_owned());
    let source = NewSource { name, provider, base_url: String::new(), token };
    assert!(stage.take_effects().contains(&Effect::WriteConfig(source)));
    stage.send(Message::Configured(Err("c.toml is written, but: 401".to_owned())));
    assert!(stage.line(23).contains("c.toml is written, but: 401"), "{}", stage.line(23));
    stage.send(Message::Configured(Ok("prod".to_owned())));
    let wish = Wish { open: Open::Sources(vec!["prod".to_owned()]), view: None };
    assert_eq!(stage.model.take_wish(), Some(wish));
}

#[test]
fn requests_are_logged_under_the_messages() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.fetched(Update::Requested(crate::fetch::Exchange {
        part: part("prod"),
        method: "GET",
        url: "https://log.example.com/api?limit=100".to_owned(),
        status: Some(503),
        took: std::time::Duration::from_millis(412),
        bytes: 1_234,
        attempt: 2,
    }));
    stage.press("L");
    let text = stage.text();
    assert!(
        text.contains("503  412 ms  1.2k bytes  try 2  GET") && text.contains("https://log.example.com/api"),
        "{text}"
    );
}

#[test]
fn the_looks_of_the_layers() {
    for (size, suffix) in [((80, 24), "80x24"), ((120, 36), "120x36"), ((200, 60), "200x60")] {
        for (keys, name) in [(":", "palette"), ("Y", "copy"), ("x", "export"), ("S", "sources"), ("L", "log")]
        {
            let mut with = Stage::whole(Name::Dark, size);
            with.model.setup.known = vec![known("prod"), known("pki")];
            with.press(keys);
            insta::assert_snapshot!(format!("{name}_{suffix}"), with.text());
        }
        insta::assert_snapshot!(format!("welcome_{suffix}"), first_run(size).text());
    }
    let mut form = first_run((80, 24));
    form.press("c");
    insta::assert_snapshot!("welcome_form_80x24", form.text());
}
