//! The histogram under the hand: what bars are stacked by, their scale, the volume behind a filter,
//! the mouse.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::*;
use crate::answer::stack::StackBy;
use crate::ui::model::Region;
use crate::ui::widget::bars::Curve;

pub(super) fn mouse(stage: &mut Stage, kind: MouseEventKind, column: u16, row: u16) {
    let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    stage.send(Message::Input(Input::Mouse(event)));
}

const PRESS: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
const DRAG: MouseEventKind = MouseEventKind::Drag(MouseButton::Left);

#[test]
fn a_key_goes_through_what_bars_are_stacked_by() {
    let mut stage = Stage::whole(Name::Dark, (200, 60));
    stage.press("Tab k");
    assert_eq!(stage.model.histogram.stack, Some(StackBy::Action));
    assert!(stage.line(59).contains("bars by action"), "{}", stage.line(59));
    let stack = stage.model.answer.stack.clone().expect("asked for");
    let histogram = stage.model.answer.histogram.clone().expect("asked for");
    for (one, other) in stack.counts.iter().zip(&histogram.counts) {
        assert_eq!(one.iter().sum::<u64>(), other.iter().sum::<u64>());
    }
    let beside = stage.text();
    assert!(stack.names.iter().take(3).all(|name| beside.contains(&name[..12])), "{beside}");
    stage.press("k");
    assert_eq!(stage.model.histogram.stack, Some(StackBy::ActorType));
    assert_eq!(stage.model.answer.stack.as_ref().map(|stack| stack.names.len()), Some(0));
    assert!(stage.text().contains("none"), "no entry has an actor type");
    stage.press("k");
    assert_eq!(stage.model.histogram.stack, Some(StackBy::Source));
    stage.press("k");
    assert_eq!((stage.model.histogram.stack, stage.model.answer.stack.clone()), (None, None));
    assert!(stage.line(59).contains("bars by class"));
}

#[test]
fn the_square_root_lifts_what_is_small_and_says_so() {
    let mut stage = Stage::whole(Name::Dark, (200, 60));
    let filled = |stage: &Stage| {
        let area = stage.model.regions().histogram;
        let buffer = stage.buffer();
        (area.top()..area.top() + 8)
            .flat_map(|y| (5..149).map(move |x| (x, y)))
            .filter(|at| buffer[*at].symbol() == "█")
            .count()
    };
    let linear = filled(&stage);
    stage.press("Tab j");
    assert_eq!(stage.model.histogram.curve, Curve::Root);
    assert!(filled(&stage) > linear);
    assert!(stage.text().contains("√"), "the axis says so");
    stage.press("j");
    assert_eq!((stage.model.histogram.curve, filled(&stage) > linear), (Curve::Linear, false));
}

#[test]
fn the_whole_volume_stands_behind_a_filter_where_all_is_fetched_and_a_column_is_a_bucket() {
    let mut stage = Stage::whole(Name::Dark, (200, 60));
    assert_eq!(stage.model.answer.volume, None, "nothing is hidden");
    let all: Vec<u64> = stage
        .model
        .answer
        .histogram
        .as_ref()
        .expect("asked for")
        .counts
        .iter()
        .map(|counts| counts.iter().sum())
        .collect();
    stage.press("5");
    assert_eq!(stage.model.answer.volume.as_ref(), Some(&all));
    let dim = stage.model.theme.style(crate::ui::theme::Role::Volume).fg;
    let buffer = stage.buffer();
    assert!(buffer.content().iter().any(|cell| Some(cell.bg) == dim));
    assert!(stage.text().contains(&format!("/{}", all.iter().max().expect("144"))), "its own scale is said");
    stage.resize((120, 36));
    assert_eq!(stage.model.answer.volume, None, "two buckets a column");
    let mut partly = Stage::new(settings(Name::Dark, (200, 60)));
    partly.begin("prod");
    partly.page(
        "prod",
        entries::week_of_requests("prod"),
        Interval::new(at("2026-05-17T00:00:00Z"), week().until),
    );
    partly.press("5");
    assert_eq!(partly.model.answer.volume, None, "what is not known is not drawn");
}

#[test]
fn a_drag_brushes_and_a_click_chooses() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    mouse(&mut stage, PRESS, 5 + 20, 4);
    assert_eq!((stage.model.focus, stage.model.histogram.cursor), (Region::Histogram, Some(40)));
    assert_eq!(stage.model.histogram.brush, None);
    mouse(&mut stage, DRAG, 5 + 24, 4);
    mouse(&mut stage, DRAG, 5 + 30, 20);
    assert_eq!(stage.model.histogram.brushed(), Some(40..=60), "also below the bars");
    mouse(&mut stage, DRAG, 0, 4);
    assert_eq!(stage.model.histogram.brushed(), Some(0..=40));
    mouse(&mut stage, PRESS, 5 + 10, 3);
    assert_eq!((stage.model.histogram.cursor, stage.model.histogram.brush), (Some(20), None));
    mouse(&mut stage, MouseEventKind::ScrollUp, 30, 4);
    assert_eq!(stage.model.histogram.cursor, Some(21));
    let table = stage.model.regions().table;
    mouse(&mut stage, PRESS, 20, table.y + 3);
    let place = stage.model.table.top + 2;
    assert_eq!((stage.model.focus, stage.model.table.selected), (Region::Table, place));
    let top = stage.model.table.top;
    mouse(&mut stage, MouseEventKind::ScrollDown, 20, table.y + 3);
    let seen = |stage: &Stage| (stage.model.table.top, stage.model.table.selected);
    assert_eq!(seen(&stage), (top + 3, top + 3), "the view moves, and takes along what would be out of it");
    mouse(&mut stage, MouseEventKind::ScrollUp, 20, table.y + 3);
    assert_eq!(seen(&stage), (top, top + 3), "what is seen stays chosen");
    mouse(&mut stage, PRESS, 20, table.y + 3);
    mouse(&mut stage, PRESS, 20, table.y + 3);
    assert_eq!(stage.model.focus, Region::Detail, "a click on the selected row opens it");
    mouse(&mut stage, PRESS, 20, 8);
    mouse(&mut stage, MouseEventKind::ScrollUp, 20, 8);
    stage.press("Esc ?");
    mouse(&mut stage, PRESS, 20, 4);
    mouse(&mut stage, MouseEventKind::ScrollDown, 20, 8);
    assert_eq!(stage.model.overlays.len(), 1, "a layer is not clicked through");
}

#[test]
fn a_click_on_a_facet_is_a_filter() {
    let mut stage = Stage::whole(Name::Dark, (160, 48));
    stage.press("b");
    let area = stage.model.regions().facets;
    mouse(&mut stage, MouseEventKind::ScrollDown, area.x + 3, area.y + 3);
    let inside = |line: &str| line.chars().take(usize::from(area.width)).collect::<String>();
    let text = stage.text();
    let line = text.lines().position(|line| inside(line).contains("POST /api/v2/runs"));
    let line = line.unwrap_or_else(|| panic!("no such facet: {text}"));
    mouse(&mut stage, PRESS, area.x + 3, line as u16);
    assert_eq!(stage.model.scope.text, "action:\"POST /api/v2/runs\"");
}

#[test]
fn a_swap_without_a_brush_says_so() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("Tab s");
    assert!(stage.line(23).contains("there is no brush"), "{}", stage.line(23));
    stage.press("g v l l l s");
    assert_eq!((stage.model.histogram.cursor, stage.model.histogram.brush), (Some(0), Some(3)));
}

#[test]
fn where_there_is_no_room_the_harmless_counts_of_a_bucket_give_way() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    let thousands = |number: u64| {
        let time = at("2026-05-18T12:00:00Z").plus(number as i64 * 1_000);
        let status = if number == 0 { 503 } else { [200, 404, 302, 200][number as usize % 4] };
        entries::request("prod", 100_000 + number, time, status)
    };
    stage.page("prod", (0..4_000).map(thousands).chain(entries::incident("prod")).collect(), week());
    stage.press("Tab g v G");
    let line = stage.text().lines().find(|line| line.contains("brush ")).map(str::to_owned);
    let line = line.expect("the brush in words");
    assert!(line.contains("5xx 9") && line.contains("failure 2"), "{line}");
    assert!(!line.contains("2xx"), "{line}");
    for columns in 72..100 {
        stage.resize((columns, 24));
        let line = stage.text().lines().find(|line| line.contains("brush ")).map(str::to_owned);
        let line = line.expect("the brush in words");
        assert!(!line.contains('…') && line.contains("5xx 9"), "whole counts or none: {line}");
    }
}

#[test]
fn the_scale_of_the_volume_behind_a_filter_is_a_whole_number() {
    let mut stage = Stage::whole(Name::Dark, (160, 48));
    let many = |number: u64| {
        entries::request("prod", 200_000 + number, at("2026-05-18T12:00:00Z").plus(number as i64), 200)
    };
    stage.page("prod", (0..2_600).map(many).collect(), week());
    stage.press("5");
    let axis: Vec<String> = (2..10).map(|y| stage.line(y).chars().take(5).collect()).collect();
    assert_eq!(axis[..2], ["    5", "/2.6k"], "{axis:?}");
}

#[test]
fn bars_by_another_field_say_so_as_long_as_they_are() {
    for (size, ascii) in [((80, 24), false), ((80, 24), true), ((120, 36), false)] {
        let mut stage = Stage::whole(Name::Dark, size);
        stage.model.theme = Theme::builtin(Name::Dark, Depth::True, ascii);
        stage.press("Tab k");
        stage.now = stage.now.plus(60 * crate::timestamp::SECOND);
        stage.send(Message::Woke);
        let bars = |stage: &Stage| {
            let area = stage.model.regions().histogram;
            (area.top()..area.bottom()).map(|y| stage.line(usize::from(y))).collect::<String>()
        };
        assert!(bars(&stage).contains("by action"), "{}", stage.text());
        stage.press("k k k");
        assert!(!bars(&stage).contains("by "), "{}", stage.text());
    }
}

#[test]
fn names_beside_the_bars_that_begin_alike_are_told_apart() {
    let mut stage = Stage::whole(Name::Dark, (120, 36));
    let long = |number: u64| {
        let mut event = entries::request("prod", 300_000 + number, at("2026-05-18T12:00:00Z"), 200);
        let end = ["restart", "suspend"][number as usize % 2];
        event.action = Some(format!("POST /api/v2/organisations/stations/{end}"));
        event
    };
    stage.page("prod", (0..4_000).map(long).collect(), week());
    stage.press("Tab k");
    let text = stage.text();
    for end in ["restart", "suspend"] {
        assert!(text.contains(&format!("POST /api/v…ions/{end}")), "{text}");
    }
}

#[test]
fn of_what_a_bucket_holds_by_another_field_whole_counts_stand() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("Tab k g v G");
    for columns in 60..160 {
        stage.resize((columns, 24));
        let line = stage.text().lines().find(|line| line.contains("brush ")).map(str::to_owned);
        let line = line.expect("the brush in words");
        let cut = ["……", "0…", "1…", "2…", "3…"].into_iter().find(|cut| line.contains(cut));
        assert_eq!(cut, None, "{line}");
        assert!(columns < 90 || line.contains("GET /api/v2/runs 330"), "{line}");
        let after = line.rsplit_once("  …").map_or("", |(_, after)| after);
        assert!(after.trim_matches(['─', ' ']).is_empty(), "{line}");
    }
}
