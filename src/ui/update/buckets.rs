//! The histogram's cursor, brush and zoom.

use crate::answer::Order;
use crate::answer::stack::StackBy;
use crate::event::Class;
use crate::interval::{BUCKETS, Interval};
use crate::timestamp::Timestamp;
use crate::ui::effect::Effect;
use crate::ui::keymap::Action;
use crate::ui::model::{Model, Region, Want};
use crate::ui::notes::Weight;
use crate::ui::pane::table::Hold;
use crate::ui::widget::bars::Curve;

use super::{go, incoming};

/// The next row, or in the histogram the next bucket, of some classes.
pub(super) fn next(model: &mut Model, newer: bool, classes: &'static [Class], effects: &mut Vec<Effect>) {
    if model.focus != Region::Histogram {
        effects.extend(incoming::ask_jump(model, newer, classes));
        return;
    }
    let cursor = model.histogram.cursor.unwrap_or(BUCKETS - 1);
    let Some(histogram) = &model.answer.histogram else { return };
    let has = |bucket: &usize| {
        histogram
            .counts
            .get(*bucket)
            .is_some_and(|counts| classes.iter().any(|class| counts[class.index()] > 0))
    };
    let found = if newer { (cursor + 1..BUCKETS).find(has) } else { (0..cursor).rev().find(has) };
    if let Some(bucket) = found {
        go_to(model, bucket);
    } else {
        let now = model.now;
        model.notes.tell(Weight::Info, if newer { "no newer one" } else { "no older one" }, now);
    }
}

/// Puts the histogram's cursor on a bucket; the table goes there.
pub(super) fn go_to(model: &mut Model, bucket: usize) {
    model.histogram.cursor = Some(bucket);
    if let Some(time) = first_instant(model, bucket) {
        model.table.hold = Hold::Time(time);
        model.want = Want::Now;
    }
}

pub(super) fn key(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let view = model.scope.view();
    let cursor = model.histogram.cursor.unwrap_or(BUCKETS - 1);
    match action {
        Action::Brush => {
            model.histogram.brush = if model.histogram.brush.is_some() { None } else { Some(cursor) };
        }
        Action::Stack => {
            let place = model.histogram.stack.and_then(|by| StackBy::ALL.iter().position(|one| *one == by));
            let next = StackBy::ALL.get(place.map_or(0, |place| place + 1)).copied();
            model.histogram.stack = next;
            model.want = Want::Now;
            let by = next.map_or("class", StackBy::words);
            let now = model.now;
            model.notes.tell(Weight::Info, format!("bars by {by}; the strip stays by class"), now);
        }
        Action::Curve => {
            let (curve, words) = match model.histogram.curve {
                Curve::Linear => (Curve::Root, "bars by the square root of the count"),
                Curve::Root => (Curve::Linear, "bars by the count"),
            };
            model.histogram.curve = curve;
            let now = model.now;
            model.notes.tell(Weight::Info, words, now);
        }
        Action::SwapBrush => {
            if let Some(other) = model.histogram.brush {
                model.histogram.brush = Some(cursor);
                go_to(model, other);
            } else {
                let now = model.now;
                model.notes.tell(Weight::Info, "there is no brush; v starts one", now);
            }
        }
        Action::ZoomTo => {
            let buckets = model.histogram.brushed().unwrap_or(cursor..=cursor);
            let stretch =
                Interval::new(view.bucket_edge(*buckets.start()), view.bucket_edge(*buckets.end() + 1));
            zoom(model, stretch, effects);
        }
        Action::ZoomIn => {
            let middle = view.bucket_interval(cursor);
            let centre = i64::midpoint(middle.since.micros(), middle.until.micros());
            let quarter = view.micros() / 4;
            let since = view.since.plus((centre - quarter - view.since.micros()).max(0));
            let since = since.min(view.until.plus(-2 * quarter));
            zoom(model, Interval::new(since, since.plus(2 * quarter)), effects);
        }
        Action::ZoomOut => {
            // Twice as wide around the same middle, moved so that it stays inside the window.
            let window = model.scope.window;
            let width = view.micros().saturating_mul(2);
            if width >= window.micros() {
                zoom(model, window, effects);
                return;
            }
            let since = view.since.plus(-(width / 4)).max(window.since).min(window.until.plus(-width));
            zoom(model, Interval::new(since, since.plus(width)), effects);
        }
        _ => {}
    }
}

fn zoom(model: &mut Model, stretch: Interval, effects: &mut Vec<Effect>) {
    let now = model.now;
    // Below this a bucket would be shorter than a microsecond.
    if stretch.micros() < BUCKETS as i64 {
        model.notes.tell(Weight::Info, "it does not go further in", now);
        return;
    }
    let scope = model.scope.zoomed(stretch);
    if scope.view() == model.scope.view() {
        model.notes.tell(Weight::Info, "this is the whole window; t chooses another", now);
        return;
    }
    go(model, scope, effects);
    follow_selection(model);
}

/// Puts the histogram's cursor on the selected row's bucket, else on the newest.
pub(super) fn follow_selection(model: &mut Model) {
    let view = model.scope.view();
    let bucket = model.selected().and_then(|row| view.bucket(row.event.time));
    model.histogram.cursor = Some(bucket.unwrap_or(BUCKETS - 1));
}

/// Where the table goes when the cursor stands on a bucket: its first instant in the table's order.
fn first_instant(model: &Model, bucket: usize) -> Option<Timestamp> {
    let stretch = model.scope.view().bucket_interval(bucket);
    (!stretch.is_empty()).then(|| match model.order {
        Order::NewestFirst => stretch.until.plus(-1),
        Order::OldestFirst => stretch.since,
    })
}
