//! What keys do with a cell of the table: choosing it, its value as a filter, as a lens, copied; the
//! order by its column; and the steps that begin at a row.

use crate::answer::lens::Lens;
use crate::answer::{Answer, Sort};
use crate::event::Event;
use crate::event::field::Field;
use crate::interval::Interval;
use crate::json::Pointer;
use crate::timestamp::SECOND;
use crate::ui::cells::grouped;
use crate::ui::effect::Effect;
use crate::ui::keymap::Action;
use crate::ui::model::{Model, Region, Want};
use crate::ui::notes::Weight;
use crate::ui::pane::table::columns::Column;
use crate::ui::pane::table::{self, Hold};
use crate::ui::scope::Scope;

use super::go;

/// How far `T` looks before and after the row, microseconds.
const AROUND: i64 = 15 * 60 * SECOND;

/// A key of the table's cell.
pub(super) fn key(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::CellLeft => choose(model, false),
        Action::CellRight => choose(model, true),
        Action::SortColumn => sort(model),
        Action::Around => around(model, effects),
        Action::LensActor => lens_actor(model, effects),
        _ => on_value(model, action, effects),
    }
}

fn tell(model: &mut Model, words: impl Into<String>) {
    let now = model.now;
    model.notes.tell(Weight::Info, words, now);
}

fn choose(model: &mut Model, right: bool) {
    let shown: Vec<Column> = table::laid_out(model, model.regions().table)
        .into_iter()
        .map(|(column, _)| column)
        .filter(|column| *column != Column::Badge)
        .collect();
    let Some(at) = table::cell(model).and_then(|cell| shown.iter().position(|column| *column == cell)) else {
        return;
    };
    // The first press shows which cell is meant, if none was chosen yet.
    let next = match (&model.table.cell, right) {
        (None, _) => at,
        (Some(_), true) => at + 1,
        (Some(_), false) => at.saturating_sub(1),
    };
    let column = shown.get(next.min(shown.len() - 1)).cloned();
    if column.is_some() && model.table.cell == column {
        let end = if right { "last" } else { "first" };
        tell(model, format!("this is the {end} cell; C chooses columns"));
    }
    model.table.cell = column;
}

/// The selected row's entry and the chosen cell's column.
fn here(model: &mut Model) -> Option<(std::sync::Arc<Event>, Column)> {
    let row = model.selected().map(|row| row.event.clone());
    let Some(event) = row else {
        tell(model, "no row is selected");
        return None;
    };
    Some((event, table::cell(model)?))
}

fn on_value(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let Some((event, column)) = here(model) else { return };
    let Some(value) = column.value(&event).map(std::borrow::Cow::into_owned) else {
        let label = column.label();
        // An exclusion of nothing is a filter too, but no one means it by this key.
        tell(model, format!("this row has nothing under {label}"));
        return;
    };
    match action {
        Action::CopyCell => effects.push(Effect::Copy(value)),
        Action::Include | Action::Exclude if column == Column::Time => {
            from_here(model, &event, action == Action::Include, effects);
        }
        Action::Include | Action::Exclude => {
            let include = action == Action::Include;
            match (&column, column.field(&event)) {
                (Column::Path(pointer), _) => filter_at(model, pointer, &value, include, effects),
                (_, Some(field)) => filter(model, field, &value, include, effects),
                _ => {}
            }
        }
        Action::Lens => {
            // A value out of the record is looked for in the fields of all entries.
            let field = column.field(&event).unwrap_or(Field::Id);
            lens(model, field, &value, effects);
        }
        _ => {}
    }
}

/// Includes or excludes a field's value.
pub(super) fn filter(model: &mut Model, field: Field, value: &str, include: bool, effects: &mut Vec<Effect>) {
    let query = (*model.scope.query).clone();
    let query = if include { query.include(field, value) } else { query.exclude(field, value) };
    match query {
        Some(query) if query == *model.scope.query => tell(model, "the filter says so already"),
        Some(query) => {
            let scope = model.scope.with_query(query);
            go(model, scope, effects);
        }
        None => tell(model, format!("{} cannot be asked for that value", field.name())),
    }
}

/// Includes or excludes the record's value at a pointer.
pub(super) fn filter_at(
    model: &mut Model,
    pointer: &Pointer,
    value: &str,
    include: bool,
    effects: &mut Vec<Effect>,
) {
    let query = (*model.scope.query).clone();
    let query = if include {
        query.include_at(pointer.clone(), value)
    } else {
        query.exclude_at(pointer.clone(), value)
    };
    let scope = model.scope.with_query(query);
    go(model, scope, effects);
}

/// From this row on, or up to it.
fn from_here(model: &mut Model, event: &Event, from: bool, effects: &mut Vec<Effect>) {
    let view = model.scope.view();
    let stretch = if from {
        Interval::new(event.time, view.until)
    } else {
        Interval::new(view.since, event.time.plus(1))
    };
    let scope = model.scope.zoomed(stretch);
    if scope.view() == view {
        tell(model, "that is all of it already");
        return;
    }
    go(model, scope, effects);
}

/// A value wherever it stands.
pub(super) fn lens(model: &mut Model, field: Field, value: &str, effects: &mut Vec<Effect>) {
    match Lens::of_value(field, value) {
        Some(lens) => {
            let scope = model.scope.through(lens);
            go(model, scope, effects);
        }
        None => tell(model, "there is nothing to look for"),
    }
}

/// A filter on top of the lens on the selected row's actor; `None` where the row names none, or the
/// filter is none.
pub(super) fn of_actor(model: &Model, filter: &str) -> Option<Scope> {
    let lens = Lens::of_actor(&model.selected()?.event.actor)?;
    model.scope.through(lens).with_text(filter, model.now).ok()
}

/// The actor of the row, or of the detail's entry, which may be no row any more.
fn lens_actor(model: &mut Model, effects: &mut Vec<Effect>) {
    let of_detail = model.detail.as_ref().filter(|_| model.focus == Region::Detail);
    let of_row = || model.selected().map(|row| row.event.clone());
    let Some(event) = of_detail.map(|detail| detail.event.clone()).or_else(of_row) else {
        tell(model, "no row is selected");
        return;
    };
    match Lens::of_actor(&event.actor) {
        Some(lens) => {
            let scope = model.scope.through(lens);
            go(model, scope, effects);
        }
        None => tell(model, "this entry names no actor"),
    }
}

/// By the column, and back to time.
fn sort(model: &mut Model) {
    let Some((event, column)) = here(model) else { return };
    if let (Column::Path(_), _) | (_, None) = (&column, column.field(&event)) {
        tell(model, "a column out of the record has no order; its values can be filtered by + and -");
        return;
    }
    let field = match &column {
        Column::Field(field) => *field,
        other => other.field(&event).unwrap_or(Field::Time),
    };
    let again = model.sort.is_some_and(|sort| column.is_of(sort.field));
    if again || field == Field::Time {
        model.sort = None;
        tell(model, "by time");
    } else if field == Field::Raw {
        tell(model, "records have no order");
        return;
    } else {
        // The slow and the bad first, texts from a on.
        let descending = matches!(field, Field::Latency | Field::Status);
        model.sort = Some(Sort { field, descending });
        tell(model, format!("by {}; O turns it round, s goes back to time", field.name()));
    }
    model.want = Want::Now;
}

/// Says so where not all rows stand by the field.
pub(super) fn tell_limit(model: &mut Model, answer: &Answer) {
    let (Some(sort), Some(sorted)) = (model.sort, answer.sorted) else { return };
    if sorted < answer.listed && model.answer.sorted != answer.sorted {
        let [sorted, all] = [sorted, answer.listed].map(|count| grouped(count as u64));
        let now = model.now;
        let words = format!(
            "only the first {sorted} of {all} rows by time stand by {}; a filter helps",
            sort.field.name()
        );
        model.notes.tell(Weight::Notice, words, now);
    }
}

/// Everything within 15 minutes of the row.
fn around(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(row) = model.selected() else {
        tell(model, "no row is selected");
        return;
    };
    let (id, time) = (row.id, row.event.time);
    let stretch = Interval::new(time.plus(-AROUND), time.plus(AROUND + 1));
    let scope = model.scope.unfiltered().zoomed(stretch);
    if scope == model.scope {
        tell(model, "everything within 15 minutes is shown already");
        return;
    }
    let cut = !model.scope.window.covers(stretch);
    go(model, scope, effects);
    model.table.hold = Hold::Row(id);
    let key = model.keymap.key_of(Action::Back).map(|key| key.to_string()).unwrap_or_default();
    let of = if cut { ", as far as the window goes" } else { "" };
    tell(model, format!("everything within 15 minutes{of}; {key} returns"));
}
