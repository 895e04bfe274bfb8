//! The mouse: the wheel, a click, a drag in the histogram, a click on a facet.

use super::*;
use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

fn stage(script: &str, size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(WAVE, size);
    stage.press(script, true);
    stage
}

fn mouse(stage: &Stage, kind: MouseEventKind, column: u16, row: u16) {
    stage.event(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
}

const CLICK: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
const DRAG: MouseEventKind = MouseEventKind::Drag(MouseButton::Left);

#[test]
fn the_wheel_moves_what_it_stands_over() {
    let mut stage = stage("", (80, 24));
    mouse(&stage, MouseEventKind::ScrollDown, 30, 15);
    stage.until_all("three rows down", &[Shows("▌05-20 09:37:46 201 POST")]);
    mouse(&stage, MouseEventKind::ScrollUp, 30, 15);
    stage.until_all(
        "and up again, the same row chosen",
        &[Shows(" 05-20 09:37:57 201 POST"), Shows("▌05-20 09:37:46 201 POST")],
    );
    mouse(&stage, MouseEventKind::ScrollDown, 30, 4);
    stage.until_all("a bucket older", &[Shows("HISTOGRAM"), Line(7, "05-20 09:37:39→09:37:43Z   0")]);
}

#[test]
fn a_click_chooses_a_row_and_another_one_opens_it() {
    let mut stage = stage("", (80, 24));
    mouse(&stage, CLICK, 30, 11);
    stage.until_all("the row", &[Shows("▌05-20 09:37:47 201 POST")]);
    mouse(&stage, CLICK, 30, 11);
    stage.until_all("its detail", &[Shows("DETAIL"), Shows("request id   req_df843b752baf3f29")]);
}

#[test]
fn a_click_on_the_filter_line_edits_it() {
    let mut stage = stage("", (80, 24));
    mouse(&stage, CLICK, 10, 1);
    stage.press("station-08", true);
    stage.until_all("the filter", &[Line(1, "/ station-08"), Line(0, " 15/264"), Shows("FILTER")]);
}

#[test]
fn a_drag_in_the_histogram_brushes() {
    let mut stage = stage("", (80, 24));
    // Two buckets a column, from the fifth column on.
    mouse(&stage, CLICK, 5, 4);
    stage.until_all("the first bucket", &[Line(7, "05-20 09:28→09:28:04Z   5  failed 100.0 %  5xx 5")]);
    for column in 6..=10 {
        mouse(&stage, DRAG, column, 4);
    }
    stage.until_all("a brush of eleven buckets", &[Line(7, "brush 05-20 09:28→09:28:45Z")]);
    stage.press("<Enter>", true);
    stage.until_all("its zoom", &[Line(0, "zoom 05-20 09:28→09:28:45Z")]);
}

#[test]
fn a_click_on_a_facet_includes_its_value() {
    let mut stage = stage("b", (160, 48));
    let line = (0..48).find(|y| stage.seen().line(*y).contains("  5xx     ")).expect("a facet");
    mouse(&stage, CLICK, 4, u16::try_from(line).expect("a small screen"));
    stage.until_all("the filter", &[Line(1, "/ class:5xx"), Line(0, "104/264")]);
}
