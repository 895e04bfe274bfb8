//! Handing over, other sources, the first run: key scripts and looks.

use super::*;
use crate::timestamp::SECOND;
use crate::ui::message::Exported;
use crate::ui::overlay::export::Order;
use crate::ui::overlay::welcome::form::{NewSource, NewToken};
use crate::ui::session::{Saved, View};
use crate::ui::setup::{Known, Open, Opened, Setup, System, Wish};

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
    stage.press("j l l s O i g j j");
    let time = stage.model.selected().expect("a row").event.time.rfc3339(6);
    let line = copied(&mut stage, "Y 7");
    let arranged = format!("{} --sort=-actor --at={time} --no-histogram prod", &whole[..whole.len() - 5]);
    assert_eq!(line, arranged);
    stage.press("i s");
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
    assert!(stage.line(23).contains("the terminal is asked"), "{}", stage.line(23));
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
fn theme_auto_asks_the_terminal_and_follows_its_answer() {
    use crate::ui::setup::AutoTheme;
    use crate::ui::theme::Background;
    let choose = |stage: &mut Stage, theme: &str| {
        stage.take_effects();
        stage.press(":");
        stage.type_text(&format!("theme {theme}"));
        stage.press("Enter");
        stage.take_effects().contains(&Effect::AskBackground)
    };
    let told = |stage: &mut Stage, told| {
        stage.send(Message::Input(Input::Background(told)));
        stage.model.theme.name
    };
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    // A theme that was named does not follow an answer that comes late.
    assert_eq!(told(&mut stage, Some(Background::Light)), Name::Dark);
    assert!(choose(&mut stage, "auto"));
    assert_eq!(told(&mut stage, Some(Background::Light)), Name::Light);
    assert!(stage.line(23).contains("theme light, as the terminal is"), "{}", stage.line(23));
    assert_eq!(told(&mut stage, Some(Background::Dark)), Name::Dark);
    assert!(choose(&mut stage, "auto"));
    assert!(!choose(&mut stage, "contrast"));
    assert_eq!(told(&mut stage, Some(Background::Light)), Name::Contrast);
    // A terminal that does not answer is told of, once it was asked by hand.
    assert!(choose(&mut stage, "auto"));
    assert_eq!(told(&mut stage, None), Name::Contrast);
    assert!(stage.line(23).contains("does not tell its background; theme contrast"), "{}", stage.line(23));
    stage.press("g");
    assert_eq!(told(&mut stage, None), Name::Contrast);
    assert!(!stage.line(23).contains("background"), "{}", stage.line(23));
    // Where something else decides, nobody is asked.
    stage.model.setup.auto_theme = AutoTheme::Is(Name::Mono);
    assert!(!choose(&mut stage, "auto"));
    assert_eq!(stage.model.theme.name, Name::Mono);
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
    assert!(stage.take_effects().contains(&Effect::Leave));
    let mut stage = Stage::new(with);
    stage.press("S j + Enter");
    assert_eq!(stage.model.take_wish(), wish(&["prod", "pki"]));
}

#[test]
fn a_saved_view_is_gone_back_to_and_of_other_sources_opened() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("5 O j l l s :");
    stage.type_text("save night");
    stage.press("Enter");
    let effects = stage.take_effects();
    let kept = effects.iter().find_map(|effect| match effect {
        Effect::Keep(text) => Some(Saved::parse(text).expect("our own text")),
        _ => None,
    });
    let view = kept.expect("kept").views.remove(0);
    let sort = view.sort.as_deref().expect("it stands by something");
    assert_eq!((view.name.as_str(), view.filter.as_str(), sort), ("night", "class:5xx", "actor,time"));
    stage.press("X s O S j Enter");
    assert!(stage.model.overlays.is_empty());
    assert_eq!(stage.model.scope.text, "class:5xx");
    assert_eq!(stage.model.arrangement().standing.to_string(), "actor,time");
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

fn system(name: &str, vars: &[(&str, &str)]) -> System {
    System {
        name: name.to_owned(),
        title: name.to_uppercase(),
        base_url: Some(format!("https://{name}.example")),
        token: None,
        vars: vars.iter().map(|(name, words)| ((*name).to_owned(), (*words).to_owned())).collect(),
    }
}

pub(super) fn first_run(size: (u16, u16)) -> Stage {
    let mut with = settings(Name::Dark, size);
    with.sources = Vec::new();
    with.setup.opened = Opened::Nothing;
    with.setup.providers = vec![system("one", &[]), system("two", &[("workspace_id", "the workspace's id")])];
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
    stage.press("Enter G Enter");
    assert!(stage.line(23).contains("workspace_id is missing: TWO needs it"), "{}", stage.line(23));
    assert!(stage.line(23).contains("the workspace's id"), "{}", stage.line(23));
    // The cursor stands on what is missing.
    stage.press("Enter");
    stage.type_text(" ws_1, ws_2 ,");
    stage.press("Enter Enter");
    stage.type_text("$TOKEN");
    stage.press("Enter Enter");
    let token = Some(NewToken::Variable("TOKEN".to_owned()));
    let (name, provider) = ("prod".to_owned(), "two".to_owned());
    let vars = vec![("workspace_id".to_owned(), vec!["ws_1".to_owned(), "ws_2".to_owned()])];
    let source = NewSource { name, provider, base_url: String::new(), vars, token };
    assert!(stage.take_effects().contains(&Effect::WriteConfig(source)));
    stage.send(Message::Configured(Err("c.toml is written, but: 401".to_owned())));
    assert!(stage.line(23).contains("c.toml is written, but: 401"), "{}", stage.line(23));
    let long = format!("c.toml is written, but {} the token is refused", "now and then ".repeat(9));
    stage.send(Message::Configured(Err(long)));
    assert!(stage.text().contains("the token is refused"), "all of it: {}", stage.text());
    stage.press("Enter");
    assert!(!stage.text().contains("the token is refused"), "{}", stage.text());
    stage.send(Message::Configured(Ok("prod".to_owned())));
    let wish = Wish { open: Open::Sources(vec!["prod".to_owned()]), view: None };
    assert_eq!(stage.model.take_wish(), Some(wish));
}

#[test]
fn tab_goes_through_the_form_and_types_at_once() {
    let mut stage = first_run((80, 24));
    stage.press("c Enter Tab");
    stage.type_text("jack");
    stage.press("Tab");
    stage.type_text("https://jobs.example");
    stage.press("Tab");
    stage.type_text("ws_2");
    stage.press("Shift-Tab Shift-Tab");
    stage.type_text("-2");
    stage.press("Tab Tab Tab");
    stage.type_text("$TOKEN");
    stage.press("Tab Enter");
    let written = stage.take_effects().into_iter().find_map(|effect| match effect {
        Effect::WriteConfig(source) => Some(source),
        _ => None,
    });
    let source = written.unwrap_or_else(|| panic!("a config: {}", stage.text()));
    assert_eq!((source.name.as_str(), source.base_url.as_str()), ("jack-2", "https://jobs.example"));
    assert_eq!(source.vars, [("workspace_id".to_owned(), vec!["ws_2".to_owned()])]);
    assert_eq!(source.token, Some(NewToken::Variable("TOKEN".to_owned())));
}

#[test]
fn the_form_asks_for_what_a_system_needs_and_takes_its_own_for_the_rest() {
    let mut with = settings(Name::Dark, (80, 24));
    with.sources = Vec::new();
    with.setup.opened = Opened::Nothing;
    let own = System { token: Some("ONE_TOKEN".to_owned()), ..system("one", &[]) };
    let nowhere = System { base_url: None, ..own.clone() };
    with.setup.providers = vec![own, nowhere];
    let mut stage = Stage::new(with);
    stage.press("c G Enter");
    let (name, provider) = ("one".to_owned(), "one".to_owned());
    let source = NewSource { name, provider, base_url: String::new(), vars: Vec::new(), token: None };
    assert_eq!(stage.take_effects().last(), Some(&Effect::WriteConfig(source)), "its own token's variable");
    stage.press("g Enter G Enter");
    assert!(stage.line(23).contains("ONE has no address of its own"), "{}", stage.line(23));
    stage.press("Enter");
    stage.send(Message::Input(Input::Paste("https://pasted.example".to_owned())));
    assert!(stage.text().contains("https://pasted.example"), "{}", stage.text());
    stage.press("Esc Esc");
    assert!(stage.text().contains("try the demo"), "{}", stage.text());
}

#[test]
fn sources_and_views_are_narrowed_sorted_and_a_view_is_forgotten_by_the_same_key_twice() {
    let mut with = settings(Name::Dark, (80, 24));
    let names = ["prod", "pki", "agents"];
    with.setup = Setup { known: names.map(known).to_vec(), ..Setup::default() };
    for name in ["night", "day"] {
        let sources = vec!["prod".to_owned()];
        with.setup.saved.save(View { name: name.to_owned(), sources, ..View::default() });
    }
    let mut stage = Stage::new(with);
    let shown = |stage: &Stage| -> Vec<&'static str> {
        let all = ["view night", "view day", "prod  ", "pki  ", "agents  "];
        let text = stage.text();
        let lines = text.lines().filter(|line| line.contains('│') && line.contains(['[', 'v']));
        lines.filter_map(|line| all.into_iter().find(|one| line.contains(one))).collect()
    };
    stage.press("S");
    assert_eq!(shown(&stage), ["prod  ", "pki  ", "agents  ", "view night", "view day"]);
    stage.press("s");
    assert_eq!(shown(&stage), ["agents  ", "pki  ", "prod  ", "view day", "view night"]);
    stage.press("/");
    stage.type_text("NIGHT");
    assert_eq!(shown(&stage), ["view night"]);
    stage.press("Enter -");
    assert!(stage.line(23).contains("again forgets the view night"), "{}", stage.line(23));
    stage.press("j -");
    assert!(stage.line(23).contains("again forgets"), "another key in between: {}", stage.line(23));
    stage.take_effects();
    stage.press("-");
    let effects = stage.take_effects();
    let kept = effects.iter().find_map(|effect| match effect {
        Effect::Keep(text) => Some(Saved::parse(text).expect("our own text").views.len()),
        _ => None,
    });
    assert_eq!(kept, Some(1));
    stage.press("/ Ctrl-u Enter g + j + S");
    assert!(stage.model.overlays.is_empty(), "its key closes it");
}

#[test]
fn a_key_without_a_meaning_says_so_wherever_it_is_pressed() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.model.setup.known = vec![known("prod"), known("pki")];
    stage.press("~");
    assert!(stage.line(23).contains("~ does nothing here; ? shows the keys"), "{}", stage.line(23));
    stage.press("m");
    let layers = ["?", "t", "L", "Y", "x", "S", "M", "A", "V", "C", "j m d", "b"];
    for keys in layers {
        stage.press("g");
        stage.press(keys);
        stage.press("~");
        assert!(stage.line(23).contains("~ does nothing here"), "{keys}: {}", stage.line(23));
        if keys != "b" {
            stage.press("e");
            let said = stage.line(23);
            assert!(said.contains("e does nothing in here; Esc closes it"), "{keys}: {said}");
            stage.press(if keys == "L" { "u" } else { "u L" });
            assert!(stage.text().contains("Messages, newest first"), "{keys}: {}", stage.text());
            stage.press("?");
            assert!(stage.text().contains("Keys"), "{keys}: {}", stage.text());
            stage.press("Esc");
        }
        for _ in 0..4 {
            stage.press("Esc");
        }
        assert!(stage.model.overlays.is_empty() && stage.model.facets.is_none(), "{keys}");
    }
    stage.press("b <");
    assert!(stage.line(23).contains("earlier is for another place"), "{}", stage.line(23));
}

#[test]
fn an_action_chosen_by_name_in_a_layer_leaves_the_layers() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("C :");
    stage.type_text("class-5xx");
    stage.press("Enter");
    assert!(stage.model.overlays.is_empty());
    assert_eq!(stage.model.scope.text, "class:5xx");
    stage.press("C :");
    stage.type_text("theme mono");
    stage.press("Enter");
    assert_eq!((stage.model.overlays.len(), stage.model.theme.name), (1, Name::Mono));
}

#[test]
fn a_preset_on_the_rows_actor_is_one_step() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press(":");
    stage.type_text("failed logins");
    assert!(stage.text().contains("failed logins, then a success"), "{}", stage.text());
    stage.press("Enter");
    assert!(stage.model.scope.lens.is_some());
    assert_eq!(stage.model.scope.text, "is:login");
    stage.press("[");
    assert!(stage.model.scope.lens.is_none());
    assert_eq!(stage.model.scope.text, "");
    stage.press("/ Tab");
    for _ in 0..crate::ui::presets::ALL.len() - 1 {
        stage.press("Down");
    }
    stage.press("Enter");
    assert!(stage.model.scope.lens.is_some(), "the empty filter has it too");
}

#[test]
fn a_step_back_leads_out_of_what_is_revealed_and_out_of_the_lens() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("5 \\ Esc");
    assert!(!stage.model.reveal);
    assert_eq!(stage.model.scope.text, "class:5xx");
    stage.press("a");
    assert!(stage.model.scope.lens.is_some());
    stage.press("Esc");
    assert!(stage.model.scope.lens.is_none());
    assert_eq!(stage.model.scope.text, "class:5xx");
    stage.press("Esc");
    assert!(stage.line(23).contains("q quits"), "{}", stage.line(23));
}

#[test]
fn with_nothing_opened_the_screen_says_so() {
    let mut with = settings(Name::Dark, (80, 24));
    with.sources = Vec::new();
    with.setup.opened = Opened::Nothing;
    with.setup.known = vec![known("prod")];
    let mut stage = Stage::new(with);
    assert!(
        stage.line(0).contains("nothing opened") && !stage.line(0).contains("05-14"),
        "{}",
        stage.line(0)
    );
    stage.press("Esc");
    assert!(
        stage.text().contains("nothing is opened") && stage.text().contains("S lists"),
        "{}",
        stage.text()
    );
    stage.press(":");
    stage.type_text("columns");
    stage.press("Enter");
    assert!(stage.line(23).contains("nothing is opened yet"), "{}", stage.line(23));
    insta::assert_snapshot!("nothing_opened_80x24", stage.text());
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
fn the_time_layer_leaves_the_bottom_line_and_shows_what_is_chosen() {
    let mut stage = Stage::whole(Name::Dark, (40, 10));
    stage.press("t");
    assert!(stage.line(9).starts_with("TIME"), "{}", stage.text());
    stage.press("j j j j j j j j");
    assert!(stage.text().contains("custom"), "{}", stage.text());
    stage.press("Enter");
    stage.type_text("..2026-05-18");
    assert!(stage.text().contains("the start is missing"), "{}", stage.text());
    assert!(stage.line(9).starts_with("TIME"), "{}", stage.text());
}

#[test]
fn columns_narrowed_to_nothing_say_so() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("C / \"zzz\"");
    assert!(stage.text().contains("no column is called that"), "{}", stage.text());
    stage.press("Esc");
    assert!(!stage.text().contains("no column"), "{}", stage.text());
}

#[test]
fn the_header_of_the_table_stands_out_only_while_keys_go_there() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    let header = |stage: &Stage| {
        let area = stage.model.regions().table;
        stage.buffer()[(area.x + 1, area.y)].style()
    };
    let focused = header(&stage);
    stage.press("/");
    assert_ne!(header(&stage), focused);
    stage.press("Esc");
    assert_eq!(header(&stage), focused);
}

#[test]
fn many_keys_of_an_action_stay_in_their_column() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("? / \"history\"");
    let text = stage.text();
    let line = text.lines().find(|line| line.contains("back through filter")).expect("back").to_owned();
    let other = text.lines().find(|line| line.contains("forward again")).expect("forward").to_owned();
    assert_eq!(line.find("back through"), other.find("forward again"), "{text}");
    assert!(text.contains("Backspace"), "{text}");
}

#[test]
fn wide_facets_have_first_and_last_time_beside_each_value() {
    let mut stage = Stage::whole(Name::Dark, (200, 60));
    stage.press("b");
    let text = stage.text();
    assert!(text.contains("FIRST") && text.contains("LAST"), "{text}");
    assert!(text.contains("PATCH /api/v2/units/u_81/serial  "), "{text}");
    // The detail needs the room more.
    stage.press("Esc Enter b");
    assert!(!stage.text().contains("FIRST"), "{}", stage.text());
}

#[test]
fn the_window_of_a_start_is_in_force_though_the_screen_began_a_moment_later() {
    let begun = |later: i64| {
        let mut with = settings(Name::Dark, (80, 24));
        with.now = week().until.plus(later);
        let mut stage = Stage::new(with);
        stage.press("t");
        let text = stage.text();
        text.lines().find(|line| line.contains("last 7d")).map(str::to_owned).expect("a week")
    };
    assert!(begun(3 * SECOND).contains("in force"), "{}", begun(3 * SECOND));
    assert!(!begun(3_600 * SECOND).contains("in force"), "a week that ended an hour before");
}
