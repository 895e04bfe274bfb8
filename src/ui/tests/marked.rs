//! Marked entries as a ticket, and over sessions.

use super::*;
use crate::ui::overlay::Overlay;
use crate::ui::session::{Saved, SavedMark, View};

/// A week of requests with one changed setting, not fetched before the 17th.
fn stage() -> Stage {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    let mut events = entries::week_of_requests("prod");
    events.push(entries::settings_changed("prod", at("2026-05-20T09:12:44.5Z")));
    stage.page("prod", events, Interval::new(at("2026-05-17T00:00:00Z"), week().until));
    stage
}

fn ticket(stage: &mut Stage) -> String {
    stage.take_effects();
    stage.press("Y 9");
    let effects = stage.take_effects();
    let copied = effects.into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    });
    copied.expect("a ticket")
}

fn mark(stage: &mut Stage, clock: &str, note: &str) {
    stage.press("@");
    stage.type_text(clock);
    stage.press("Enter m");
    if !note.is_empty() {
        stage.press(";");
        stage.type_text(note);
        stage.press("Enter");
    }
}

#[test]
fn a_ticket_has_the_marked_rows_oldest_first_with_notes_diffs_and_the_coverage() {
    let mut stage = stage();
    mark(&mut stage, "05-20 09:12:44", "who | allowed this?");
    mark(&mut stage, "05-19", "");
    mark(&mut stage, "05-18", "the first one");
    stage.press("g");
    stage.press("Y");
    assert!(stage.text().contains("Markdown for a ticket: the 3 marked rows"), "{}", stage.text());
    stage.press("Esc");
    let ticket = ticket(&mut stage);
    let rows: Vec<&str> = ticket.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    let times: Vec<&str> = rows.iter().map(|row| &row[6..16]).collect();
    assert_eq!(times, ["2026-05-18", "2026-05-19", "2026-05-20"], "{ticket}");
    assert!(rows[0].contains("the first one") && rows[2].contains("who &#124; allowed this?"), "{ticket}");
    assert!(rows[2].contains("`evt_77`") && rows[2].contains("2026-05-20T09:12:44.500000Z"), "{ticket}");
    assert!(ticket.contains("Changes of 3:") && ticket.contains("- 30\n+ 7"), "{ticket}");
    let last = ticket.lines().last().unwrap_or_default();
    let coverage = "1,472 matched of 1,472 fetched; 63 % of the window covered; being fetched 05-14 10:00 to 05-17 00:00";
    assert_eq!(last, coverage);
}

#[test]
fn without_a_mark_the_ticket_is_of_the_selected_row_and_says_so() {
    let mut stage = stage();
    stage.press("Y");
    assert!(stage.text().contains("ticket: the selected row, as none is marked"), "{}", stage.text());
    stage.press("Esc");
    let ticket = ticket(&mut stage);
    assert_eq!(ticket.lines().filter(|line| line.starts_with("| ")).count(), 3, "{ticket}");
}

#[test]
fn a_ticket_tells_what_is_known_of_a_marked_entry_by_now() {
    let mut stage = stage();
    mark(&mut stage, "05-20 09:12:44", "");
    let mut known = entries::settings_changed("prod", at("2026-05-20T09:12:44.5Z"));
    known.changes.iter_mut().flatten().for_each(|change| change.after = None);
    known.message = Some("told later".to_owned());
    // It is far from what the screen shows when its better copy comes.
    stage.press("G");
    stage.store.append(vec![known]);
    let ticket = ticket(&mut stage);
    assert!(ticket.contains("+ after: not in what was fetched") && !ticket.contains("+ 7"), "{ticket}");
}

#[test]
fn marks_and_columns_come_back_with_the_session_once_their_entries_are_loaded() {
    let mut before = stage();
    mark(&mut before, "05-20 09:12:44", "who allowed this?");
    mark(&mut before, "05-18", "");
    before.press("C G Enter Esc");
    let columns = before.model.table.columns.chosen().map(<[_]>::to_vec);
    assert!(columns.is_some(), "columns were chosen");
    let saved = before.model.session().expect("sources are open");
    assert!(!saved.text().contains("billing"), "no entry is kept: {}", saved.text());
    let saved = Saved::parse(&saved.text()).expect("our own text");

    let mut with = settings(Name::Dark, (80, 24));
    with.setup.saved = saved.clone();
    let mut stage = Stage::new(with);
    stage.begin("prod");
    stage.press("[");
    assert_eq!(stage.model.table.columns.chosen().map(<[_]>::to_vec), columns);
    assert_eq!((stage.model.marks.len(), stage.model.marks.waiting()), (0, 2));
    stage.press("M");
    assert!(stage.text().contains("2 more marks of an earlier session"), "{}", stage.text());
    stage.press("Esc");
    // Nothing is lost where they are saved before their entries came.
    assert_eq!(stage.model.session().map(|saved| saved.last[0].marks.len()), Some(2));
    stage.page("prod", entries::week_of_requests("prod"), week());
    assert_eq!((stage.model.marks.len(), stage.model.marks.waiting()), (1, 1));
    stage.page("prod", vec![entries::settings_changed("prod", at("2026-05-20T09:12:44.5Z"))], week());
    assert_eq!((stage.model.marks.len(), stage.model.marks.waiting()), (2, 0));
    stage.press("M");
    assert!(stage.text().contains("who allowed this?"), "{}", stage.text());
    stage.press("Enter");
    assert_eq!(stage.model.selected().and_then(|row| row.event.id.clone()).as_deref(), Some("evt_77"));
    assert_eq!(stage.model.marks.in_order()[0].note, "who allowed this?", "in the order of marking");
}

#[test]
fn marks_of_a_session_that_nobody_went_back_to_are_kept() {
    let mut before = stage();
    mark(&mut before, "05-18", "noted");
    let mut with = settings(Name::Dark, (80, 24));
    with.setup.saved = before.model.session().expect("sources are open");
    let mut fresh = Stage::new(with);
    fresh.begin("prod");
    fresh.page("prod", entries::week_of_requests("prod"), week());
    mark(&mut fresh, "05-19", "");
    let marks = fresh.model.session().expect("sources are open").last[0].marks.clone();
    let notes: Vec<&str> = marks.iter().map(|mark| mark.note.as_str()).collect();
    assert_eq!(notes, ["noted", ""]);
}

#[test]
fn a_saved_view_brings_its_columns_and_adds_its_marks() {
    let mut stage = stage();
    mark(&mut stage, "05-18", "seen");
    stage.press("C G Enter Esc :");
    stage.type_text("save night");
    stage.press("Enter M - C s Esc");
    assert!(stage.model.marks.is_empty() && stage.model.table.columns.chosen().is_none());
    mark(&mut stage, "05-19", "mine");
    stage.press("S Enter");
    assert_eq!(stage.model.marks.len(), 2, "its mark stands beside mine");
    assert!(stage.model.table.columns.chosen().is_some());
}

#[test]
fn a_session_file_of_an_earlier_version_is_read_and_garbage_in_it_left_out() {
    let older = r#"{"last":[{"sources":["prod"],"since":"2026-05-14T10:00:00Z","until":"2026-05-21T10:00:00Z",
        "saved":"2026-05-20T00:00:00Z","filter":"class:5xx"}],"views":[]}"#;
    let mut saved = Saved::parse(older).expect("an older file");
    assert_eq!((&saved.last[0].columns, saved.last[0].marks.len()), (&None, 0));
    let mark = SavedMark { entry: "no number".to_owned(), ..SavedMark::default() };
    let columns = Some(vec!["time".to_owned(), "colour".to_owned(), "action".to_owned()]);
    saved.last[0] = View { marks: vec![mark], columns, ..saved.last[0].clone() };
    let mut with = settings(Name::Dark, (80, 24));
    with.setup.saved = saved;
    let mut stage = Stage::new(with);
    stage.press("[");
    assert_eq!(stage.model.scope.text, "class:5xx");
    assert_eq!(stage.model.table.columns.chosen().map(<[_]>::len), Some(2));
    assert_eq!(stage.model.marks.waiting(), 0);
}

#[test]
fn the_lens_is_part_of_the_session() {
    let mut stage = stage();
    mark(&mut stage, "05-20 09:12:44", "");
    stage.press("a");
    assert_eq!(stage.model.answer.matched, 1);
    let saved = stage.model.session().expect("sources are open");
    let mut with = settings(Name::Dark, (80, 24));
    with.setup.saved = saved;
    let mut again = Stage::new(with);
    again.begin("prod");
    again.press("[");
    again.page("prod", vec![entries::settings_changed("prod", at("2026-05-20T09:12:44.5Z"))], week());
    again.page("prod", entries::week_of_requests("prod"), week());
    assert_eq!(again.model.answer.matched, 1, "{}", again.model.scope.text);
}

#[test]
fn the_list_of_marks_is_sorted_and_narrowed() {
    let mut stage = stage();
    mark(&mut stage, "05-19", "the middle");
    mark(&mut stage, "05-20 09:12:44", "the change");
    mark(&mut stage, "05-18", "the first");
    let notes = |stage: &Stage| -> Vec<&'static str> {
        let text = stage.text();
        let known = ["the middle", "the change", "the first"];
        text.lines().filter_map(|line| known.into_iter().find(|note| line.contains(note))).collect()
    };
    stage.press("M");
    assert_eq!(notes(&stage), ["the change", "the middle", "the first"]);
    stage.press("s");
    assert_eq!(notes(&stage), ["the first", "the middle", "the change"]);
    stage.press("s");
    assert_eq!(notes(&stage), ["the first", "the change", "the middle"]);
    stage.press("/");
    stage.type_text("MIDDLE");
    assert_eq!(notes(&stage), ["the middle"]);
    stage.press("Enter Enter");
    assert!(stage.model.overlays.is_empty());
    assert_eq!(
        stage.model.selected().map(|row| row.event.time.rfc3339(0)[..10].to_owned()).as_deref(),
        Some("2026-05-19")
    );
    stage.press("M / x Esc -");
    assert_eq!(stage.model.marks.len(), 2);
    assert!(matches!(stage.model.overlays.last(), Some(Overlay::Marks(_))));
}

#[test]
fn the_selected_row_shows_its_mark_too() {
    for (theme, ascii, [here, marked, both]) in [
        (Name::Dark, false, ["▌", "•", "◘"]),
        (Name::Mono, false, ["▌", "•", "◘"]),
        (Name::Mono, true, [">", "*", "@"]),
    ] {
        let mut stage = Stage::whole(theme, (80, 24));
        stage.model.theme = crate::ui::theme::Theme::builtin(theme, Depth::True, ascii);
        let y = usize::from(stage.model.regions().table.y) + 1;
        let signs = |stage: &Stage| [y, y + 1].map(|y| stage.line(y).chars().take(1).collect::<String>());
        assert_eq!(signs(&stage), [here, " "]);
        stage.press("m");
        assert_eq!(signs(&stage), [both, " "]);
        stage.press("j");
        assert_eq!(signs(&stage), [marked, here]);
        stage.press("k m");
        assert_eq!(signs(&stage), [here, " "]);
    }
}

#[test]
fn every_row_that_has_finds_bears_a_badge() {
    let mut stage = Stage::new(settings(Name::Dark, (120, 36)));
    stage.begin("prod");
    let texts = ["\u{202e}gpj", "=HYPERLINK(\"x\")", "\u{1b}[2J", "+1", "harmless"];
    let event = |(number, text): (usize, &&str)| {
        let mut event = entries::request("prod", number as u64, week().since.plus(number as i64), 200);
        event.target.name = Some((*text).to_owned());
        event
    };
    stage.page("prod", texts.iter().enumerate().map(event).collect(), week());
    let badges = |stage: &Stage| {
        let text = stage.text();
        let rows = text.lines().filter(|line| line.contains("05-14 10:00"));
        rows.filter(|row| row.contains(" ! ") || row.contains(" = ")).count()
    };
    assert_eq!(badges(&stage), 4, "{}", stage.text());
    stage.press("/");
    stage.type_text("has:control,bidi,formula");
    stage.press("Enter");
    assert_eq!((stage.model.answer.matched, badges(&stage)), (4, 4), "{}", stage.text());
    stage.press("Enter");
    assert!(stage.text().contains("a text that a spreadsheet would run"), "{}", stage.text());
}
