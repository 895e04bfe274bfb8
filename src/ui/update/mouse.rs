//! The mouse, where it is switched on: the wheel scrolls what it stands over, a click chooses, a drag
//! in the histogram brushes. Everything it does a key does too.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use crate::ui::effect::Effect;
use crate::ui::keymap::{Action, Key};
use crate::ui::model::{Model, Region};
use crate::ui::pane::{detail, facets, table};
use crate::ui::widget::bars::Plan;

use super::{buckets, keys};

/// How many lines a turn of the wheel moves.
const WHEEL: usize = 3;

/// The mouse was used.
pub(super) fn mouse(model: &mut Model, event: MouseEvent, effects: &mut Vec<Effect>) {
    let at = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::ScrollDown => wheel(model, at, true, effects),
        MouseEventKind::ScrollUp => wheel(model, at, false, effects),
        _ if !model.overlays.is_empty() || model.filter.is_editing() => {}
        MouseEventKind::Down(MouseButton::Left) => click(model, at, effects),
        MouseEventKind::Drag(MouseButton::Left) => drag(model, at),
        _ => {}
    }
}

fn wheel(model: &mut Model, at: Position, down: bool, effects: &mut Vec<Effect>) {
    if !model.overlays.is_empty() {
        // As the arrow keys do in the layer on top.
        let key = Key::parse(if down { "Down" } else { "Up" }).expect("a key");
        (0..WHEEL).for_each(|_| keys::press(model, key, effects));
        return;
    }
    if model.filter.is_editing() {
        return;
    }
    let regions = model.regions();
    if regions.histogram.contains(at) {
        let step = if down { Action::BucketLeft } else { Action::BucketRight };
        if model.focus != Region::Histogram {
            keys::focus(model, Region::Histogram);
        }
        keys::act(model, step, effects);
        return;
    }
    if regions.facets.contains(at) {
        keys::focus(model, Region::Facets);
        let key = Key::parse(if down { "Down" } else { "Up" }).expect("a key");
        (0..WHEEL).for_each(|_| keys::press(model, key, effects));
        return;
    }
    if regions.detail.contains(at) {
        let page = detail::page(model);
        if let Some(state) = &mut model.detail {
            let (top, cursor) = scrolled(state.top, state.cursor, down, state.count(), page);
            state.top = top;
            state.go_to(cursor, page);
        }
    } else if regions.table.contains(at) {
        let (lines, page) = (table::lines(model, model.answer.listed), model.page());
        let (top, selected) = scrolled(model.table.top, model.table.selected, down, lines, page);
        model.table.top = top;
        keys::select(model, selected);
    }
}

/// The first line that is seen and the chosen one after a turn of the wheel: the view moves, and what is
/// chosen stays so as long as it is seen.
fn scrolled(top: usize, chosen: usize, down: bool, lines: usize, page: usize) -> (usize, usize) {
    let last = lines.saturating_sub(page);
    let top = if down { (top + WHEEL).min(last.max(top)) } else { top.saturating_sub(WHEEL) };
    (top, chosen.clamp(top, top + page.saturating_sub(1)))
}

fn click(model: &mut Model, at: Position, effects: &mut Vec<Effect>) {
    let regions = model.regions();
    if regions.filter.contains(at) {
        keys::act(model, Action::Filter, effects);
    } else if regions.histogram.contains(at) {
        if let Some(bucket) = bucket(model, regions.histogram, at.x) {
            keys::focus(model, Region::Histogram);
            buckets::go_to(model, bucket);
        }
    } else if regions.facets.contains(at) {
        keys::focus(model, Region::Facets);
        let line = usize::from(at.y - regions.facets.y).checked_sub(1);
        if line.is_some_and(|line| facets::point(model, line)) {
            let enter = Key::parse("Enter").expect("a key");
            keys::press(model, enter, effects);
        }
    } else if regions.detail.contains(at) {
        keys::focus(model, Region::Detail);
        let page = detail::page(model);
        if let (Some(state), Some(line)) =
            (&mut model.detail, usize::from(at.y).checked_sub(usize::from(regions.detail.y) + 1))
        {
            let line = state.top + line;
            state.go_to(line, page);
        }
    } else if regions.table.contains(at) {
        let again = model.focus == Region::Table;
        keys::focus(model, Region::Table);
        let rows = table::rows(model, regions.table);
        let Some(line) = at.y.checked_sub(rows.y) else { return };
        let place = model.table.top + usize::from(line);
        if place >= model.answer.matched {
            return;
        }
        if again && place == model.table.selected {
            keys::act(model, Action::OpenDetail, effects);
        } else {
            keys::select(model, place);
        }
    }
}

/// A drag begins a brush where the button was pressed and moves its other end.
fn drag(model: &mut Model, at: Position) {
    if model.focus != Region::Histogram {
        return;
    }
    let area = model.regions().histogram;
    let Some(bucket) = bucket(model, area, at.x) else { return };
    if model.histogram.brush.is_none() {
        model.histogram.brush = model.histogram.cursor;
    }
    buckets::go_to(model, bucket);
}

/// The bucket under a column of the screen; beyond the bars' ends the outermost one. Of two in a
/// column the left one.
fn bucket(model: &Model, area: Rect, x: u16) -> Option<usize> {
    let plan = Plan::new(model.size.0);
    let first = area.x + plan.axis;
    let column = x.saturating_sub(first).min(plan.columns().checked_sub(1)?);
    Some(plan.buckets(column).start)
}
