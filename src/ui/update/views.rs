//! Saved views, the last session, other sources: going there, and telling what to keep.

use crate::interval::Interval;
use crate::timestamp::Timestamp;
use crate::ui::arrangement::{Arrangement, Standing};
use crate::ui::effect::Effect;
use crate::ui::model::Model;
use crate::ui::notes::Weight;
use crate::ui::pane::table::columns::Column;
use crate::ui::scope::Scope;
use crate::ui::session::{View, same, time};
use crate::ui::setup::{Open, Wish};

use super::{go, leaving};

/// What is looked at.
pub(crate) fn present(model: &Model, name: &str) -> View {
    let stamp = |time: Timestamp| time.rfc3339(6);
    let Scope { text, query, window, zoom, lens } = &model.scope;
    // A lens is a filter too; what stands on top of it is only a part.
    let filter = if lens.is_some() { query.to_string() } else { text.clone() };
    let Arrangement { standing, columns, at, no_histogram } = model.arrangement();
    View {
        name: name.to_owned(),
        saved: stamp(model.now),
        sources: names(model),
        filter,
        since: stamp(window.since),
        until: stamp(window.until),
        last: (window.until >= model.started).then(|| window.micros()),
        zoom: zoom.map(|zoom| [stamp(zoom.since), stamp(zoom.until)]),
        sort: standing.words(),
        at: at.map(stamp),
        no_histogram,
        columns: columns.map(|columns| columns.iter().map(Column::name).collect()),
        marks: model.marks.saved(),
    }
}

/// The names of the open sources.
pub(crate) fn names(model: &Model) -> Vec<String> {
    model.feed.sources().iter().map(|source| source.name.to_string()).collect()
}

/// Saves what is looked at by a name.
pub(super) fn save(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let now = model.now;
    let view = present(model, name);
    let replaced = model.setup.saved.save(view);
    effects.push(Effect::Keep(model.setup.saved.text()));
    let words = if replaced { "saved anew" } else { "saved" };
    model.notes.tell(Weight::Info, format!("{name} is {words}; S lists the views"), now);
}

/// The instant at which a window that ends in the present ends.
fn window(view: &View, now: Timestamp) -> Option<Interval> {
    let window = match view.last.filter(|_| !view.name.is_empty()) {
        Some(length) => Interval::new(now.plus(-length), now),
        None => Interval::new(time(&view.since)?, time(&view.until)?),
    };
    (!window.is_empty()).then_some(window)
}

/// Looks at a view; of other sources once they are open.
pub(crate) fn look_at(model: &mut Model, view: &View, effects: &mut Vec<Effect>) {
    let now = model.now;
    if !same(&view.sources, &names(model)) {
        let wish = Wish { open: Open::Sources(view.sources.clone()), view: Some(view.clone()) };
        open(model, wish, effects);
        return;
    }
    let scope = window(view, now).and_then(|window| Scope::new(&view.filter, window, now).ok());
    let Some(scope) = scope else {
        model.notes.tell(Weight::Failure, "that view cannot be read any more", now);
        return;
    };
    let zoom = view.zoom.as_ref().and_then(|[since, until]| {
        let zoom = Interval::new(time(since)?, time(until)?);
        let inside = zoom.intersect(scope.window);
        (!inside.is_empty()).then_some(inside)
    });
    let scope = Scope { zoom, ..scope };
    model.marks.restore(&view.marks);
    go(model, scope, effects);
    model.arrange(&arrangement(view));
}

/// How the rows of a view stood; what an older or a newer version called otherwise is left out.
fn arrangement(view: &View) -> Arrangement {
    let columns = |names: &Vec<String>| names.iter().filter_map(|name| Column::parse(name).ok()).collect();
    Arrangement {
        standing: view.sort.as_deref().and_then(|sort| Standing::parse(sort).ok()).unwrap_or_default(),
        columns: view.columns.as_ref().map(columns),
        at: view.at.as_deref().and_then(time),
        no_histogram: view.no_histogram,
    }
}

/// Opens something else in place of what is open, which is left as for good.
pub(super) fn open(model: &mut Model, wish: Wish, effects: &mut Vec<Effect>) {
    leaving::leave(model, Some(wish), effects);
}

/// Goes back to what was looked at last time, once; whether there was such.
pub(super) fn restore(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let Some(view) = model.last_session.take() else { return false };
    look_at(model, &view, effects);
    let now = model.now;
    let words = format!("as it was on {}", day(&view));
    model.notes.tell(Weight::Info, words, now);
    true
}

/// The day on which a view was saved, as short as the screen has it.
pub(crate) fn day(view: &View) -> String {
    view.saved.get(5..10).unwrap_or("before").to_owned()
}
