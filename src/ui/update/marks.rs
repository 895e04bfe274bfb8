//! Marking entries, going from mark to mark, comparing.

use std::sync::Arc;

use crate::answer::RowId;
use crate::event::Event;
use crate::ui::keymap::Action;
use crate::ui::marks::Mark;
use crate::ui::model::{Model, Region, Want};
use crate::ui::notes::Weight;
use crate::ui::overlay::{Overlay, ask, compare};
use crate::ui::pane::table::Hold;

use super::keys;

/// What a key does with marks.
pub(super) fn key(model: &mut Model, action: Action) {
    match action {
        Action::Mark => toggle(model),
        Action::Marks if model.marks.is_empty() && model.marks.waiting() == 0 => {
            tell(model, "nothing is marked; m marks a row");
        }
        Action::Marks => {
            model.marks.look_up();
            model.overlays.push(Overlay::Marks(Box::default()));
        }
        Action::NextMark => step(model, false),
        Action::PreviousMark => step(model, true),
        Action::NoteMark => note(model),
        Action::Compare => {
            if let Some(comparison) = comparison(model) {
                model.overlays.push(comparison);
            }
        }
        _ => {}
    }
}

fn tell(model: &mut Model, words: impl Into<String>) {
    let now = model.now;
    model.notes.tell(Weight::Info, words, now);
}

fn toggle(model: &mut Model) {
    let Some((row, event)) = model.selected().map(|row| (row.id, row.event.clone())) else {
        return tell(model, "no row is selected");
    };
    let marked = model.marks.toggle(row, &event);
    let count = model.marks.len();
    tell(
        model,
        if marked {
            format!("marked, {count} in all{}", note_hint(model))
        } else {
            "not marked any more".into()
        },
    );
}

/// Which key writes a note.
fn note_hint(model: &Model) -> String {
    model.keymap.clause(" (", Action::NoteMark, "writes a note)")
}

/// The next marked entry in the table's time, older or newer than the selected one.
fn step(model: &mut Model, newer: bool) {
    if model.marks.is_empty() {
        return tell(model, "nothing is marked; m marks a row");
    }
    let here = model.selected().map(|row| row.event.clone());
    let marks = model.marks.newest_first();
    let beyond = |mark: &&&Mark| {
        here.as_ref().is_none_or(|here| {
            let order = mark.event.newest_first(here);
            if newer { order.is_lt() } else { order.is_gt() }
        })
    };
    let found = if newer { marks.iter().rev().find(beyond) } else { marks.iter().find(beyond) };
    match found.map(|mark| Mark::clone(mark)) {
        Some(mark) => go_to(model, &mark),
        None => tell(model, if newer { "no newer mark" } else { "no older mark" }),
    }
}

/// Goes to a marked entry's row.
pub(in crate::ui) fn go_to(model: &mut Model, mark: &Mark) {
    select(model, mark.row, &mark.event);
    if !mark.note.is_empty() {
        tell(model, mark.note.clone());
    }
}

/// Goes to a row; says so where the filter or the window hides it.
pub(in crate::ui) fn select(model: &mut Model, row: RowId, event: &Arc<Event>) {
    if !model.scope.view().contains(event.time) {
        return tell(model, "it lies outside the window that is looked at");
    }
    if !model.scope.query.matches(event) {
        return tell(model, "the filter hides it; X clears the filter");
    }
    model.table.hold = Hold::Row(row);
    model.want = Want::Now;
    if model.focus == Region::Histogram {
        keys::focus(model, Region::Table);
    }
}

fn note(model: &mut Model) {
    let Some((row, event)) = model.selected().map(|row| (row.id, row.event.clone())) else {
        return tell(model, "no row is selected");
    };
    // A note is worth a mark.
    if model.marks.get(event.identity).is_none() {
        model.marks.toggle(row, &event);
    }
    let known = model.marks.get(event.identity).map(|mark| mark.note.clone()).unwrap_or_default();
    model.overlays.push(Overlay::Ask(ask::State::new(event.identity, &known)));
}

/// The two marked last beside one another; says so where there are fewer.
pub(in crate::ui) fn comparison(model: &mut Model) -> Option<Overlay> {
    let Some(events) = model.marks.last_two().map(|marks| marks.map(|mark| mark.event.clone())) else {
        let words = match model.marks.len() {
            0 => "nothing is marked; m marks two rows, d compares them",
            _ => "one row is marked; m marks another, d compares them",
        };
        tell(model, words);
        return None;
    };
    Some(Overlay::Compare(compare::State::new(events)))
}
