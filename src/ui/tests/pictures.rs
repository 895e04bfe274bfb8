//! How histories, comparisons, marks and the histogram's other faces look: text at three sizes, styles
//! at 80×24 in dark and mono, without Unicode.

use super::inside::{on, silent, told, trace, with_changes};
use super::snapshots::styles;
use super::*;
use crate::ui::theme::Depth;

/// Every size, the styles in dark and mono, and plain characters, of what a script leads to.
fn pictures(name: &str, stage_of: impl Fn(Name, (u16, u16)) -> Stage) {
    for (wide, high) in [(80, 24), (120, 36), (200, 60)] {
        insta::assert_snapshot!(format!("{name}_{wide}x{high}"), stage_of(Name::Dark, (wide, high)).text());
    }
    for theme in [Name::Dark, Name::Mono] {
        let stage = stage_of(theme, (80, 24));
        insta::assert_snapshot!(format!("{name}_80x24_{}", theme.name()), styles(&stage.buffer()));
    }
    let mut plain = stage_of(Name::Dark, (80, 24));
    plain.model.theme = Theme::builtin(Name::Dark, Depth::True, true);
    plain.resize((80, 24));
    let text = plain.text();
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(format!("{name}_80x24_ascii"), text);
}

#[test]
fn bars_by_action_under_a_square_root() {
    pictures("stacked", |theme, size| {
        let mut stage = Stage::whole(theme, size);
        stage.press("Tab k j h h h");
        stage
    });
}

#[test]
fn the_volume_behind_a_filter() {
    let mut stage = Stage::whole(Name::Dark, (200, 60));
    stage.press("4 5");
    insta::assert_snapshot!("volume_200x60", stage.text());
    insta::assert_snapshot!("volume_200x60_dark", styles(&stage.buffer()));
}

#[test]
fn the_list_of_marks() {
    pictures("marks", |theme, size| {
        let mut stage = Stage::whole(theme, size);
        stage.press("j m j j m ;");
        stage.type_text("the first one");
        stage.press("Enter M");
        stage
    });
}

#[test]
fn two_entries_compared() {
    pictures("compare", |theme, size| {
        let mut stage = Stage::whole(theme, size);
        stage.press("m j j m d");
        stage
    });
}

#[test]
fn a_record_through_time() {
    pictures("history", |theme, size| {
        let mut stage = silent(size);
        stage.model.theme = Theme::builtin(theme, Depth::True, false);
        let rows: Vec<_> = stage.events.clone();
        let known: Vec<Event> = rows.iter().skip(1).map(|event| told(event)).collect();
        stage.page("prod", known, week());
        stage.press("o");
        trace(&mut stage);
        stage.press("k");
        stage
    });
}

#[test]
fn one_path_through_time() {
    pictures("path", |theme, size| {
        let mut stage = with_changes(theme, size);
        on(&mut stage, "/retention_days");
        stage.press("Enter");
        trace(&mut stage);
        stage
    });
}

#[test]
fn the_question_before_single_records() {
    pictures("singles", |theme, size| {
        let mut stage = silent(size);
        stage.model.theme = Theme::builtin(theme, Depth::True, false);
        stage.press("D");
        let untold = stage.store.snapshot().untold(&crate::query::Query::all(), week(), &["prod"], 3);
        stage.send(Message::Untold { number: 1, untold: Box::new(untold) });
        stage
    });
}

#[test]
fn a_line_that_is_asked_for() {
    pictures("find", |theme, size| {
        let mut stage = with_changes(theme, size);
        stage.press("f");
        stage.type_text("retention");
        stage
    });
}
