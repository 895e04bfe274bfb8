//! What happens to the explorer: one message in, the state changed, things to be done out. Never
//! waits, never does anything itself.
//!
//! What keys do is in `update/keys` (with `update/typing` and `update/buckets`), which of them wait for
//! rows in `update/ahead`, what comes from the world in `update/incoming`. Here is what every message
//! ends with: the question that is due, the detail's lines, the next wake-up.

pub(super) mod ahead;
mod buckets;
mod cell;
mod fetching;
pub(crate) mod handing;
mod incoming;
mod inside;
mod keys;
mod leaving;
pub(super) mod marks;
mod mouse;
mod questions;
pub(super) mod record;
pub(super) mod singles;
mod typing;
pub(crate) mod views;

pub(super) use typing::retyped;

use std::sync::Arc;

use crate::query::Query;
use crate::timestamp::{SECOND, Timestamp};

use super::effect::Effect;
use super::errands::Errand;
use super::lens;
use super::message::{Input, Message, Now};
use super::model::{Model, Region, Want};
use super::overlay::{compare, record as history};
use super::pane::{detail, facets};
use super::scope::Scope;
use super::zone;

/// Takes in a message at an instant.
pub fn update(model: &mut Model, message: Message, now: Now) -> Vec<Effect> {
    model.now = now;
    let mut effects = Vec::new();
    match message {
        Message::Input(told) => {
            if let Some(told) = ahead::sift(model, told) {
                input(model, told, &mut effects);
            }
        }
        Message::Fetched { update, snapshot } => incoming::fetched(model, &update, snapshot.as_deref()),
        Message::Full { source, came } => incoming::full(model, &source, came),
        Message::Over => fetching::over(model, &mut effects),
        Message::Spans(window) => incoming::spans(model, window),
        Message::Answered { generation, answer } => {
            incoming::answered(model, generation, *answer, &mut effects);
        }
        Message::Studied { number, studied } => incoming::studied(model, number, *studied),
        Message::Unanswered { generation, why } => incoming::unanswered(model, generation, why),
        Message::Unstudied { number, slot, why } => incoming::unstudied(model, number, slot, why),
        Message::Aside(update) => incoming::aside(model, &update),
        Message::Single { identity, result, snapshot } => {
            incoming::single(model, identity, result, snapshot.is_some(), &mut effects);
        }
        Message::Untold { number, untold } => singles::counted(model, number, *untold),
        Message::Traced { number, trace } => record::traced(model, number, &trace, &mut effects),
        Message::Earlier { number, result } => record::fetched(model, number, result, &mut effects),
        Message::Copied { text, handed } => incoming::copied(model, &text, handed),
        Message::Wrote { what, result } => incoming::wrote(model, what, result),
        Message::Lacking(lacking) => leaving::lacking(model, lacking, &mut effects),
        Message::WouldLose(lacking) => leaving::would_lose(model, lacking),
        Message::Keeping(keeping) => leaving::kept(model, keeping, &mut effects),
        Message::Exported(exported) => incoming::exported(model, exported),
        Message::Configured(result) => incoming::configured(model, result, &mut effects),
        Message::Woke => model.wake_at = None,
    }
    settle(model, &mut effects);
    while let Some(told) = ahead::next(model) {
        input(model, told, &mut effects);
        settle(model, &mut effects);
    }
    effects
}

/// What the terminal tells.
fn input(model: &mut Model, told: Input, effects: &mut Vec<Effect>) {
    match told {
        Input::Key(key) => keys::key(model, &key, effects),
        Input::Paste(text) => typing::paste(model, &text),
        Input::Mouse(event) => mouse::mouse(model, event, effects),
        Input::Background(told) => handing::background(model, told),
        Input::Resize(columns, rows) => {
            model.size = (columns, rows);
            model.scroll_into_view();
            model.want = Want::Now;
        }
    }
}

fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    seen_focus(model);
    follow(model);
    fetching::poll(model, effects);
    record::settle(model, effects);
    ask_single(model, effects);
    singles::settle(model);
    detail::prepare(model);
    compare::prepare(model);
    history::prepare(model);
    facets::follow(model, effects);
    questions::follow(model, effects);
    lens::follow(model, effects);
    crate::ui::marks::follow(model, effects);
    let due = match model.want {
        Want::Now => true,
        Want::Soon => model.open.is_none(),
        Want::Nothing => false,
    };
    if due {
        effects.push(model.ask());
    }
    effects.extend(fetching::count_own_reads(model));
    let wake = next_wake(model);
    if wake.is_some() && wake != model.wake_at {
        effects.extend(wake.map(Effect::WakeAt));
    }
    model.wake_at = wake;
}

/// The focus is on a region that is on the screen: a smaller screen may have taken it away.
fn seen_focus(model: &mut Model) {
    let regions = model.regions();
    let area = match model.focus {
        Region::Table => regions.table,
        Region::Histogram => regions.histogram,
        Region::Detail => regions.detail,
        Region::Facets => regions.facets,
    };
    if area.area() == 0 {
        model.focus = if regions.facets.area() > 0 {
            Region::Facets
        } else if model.detail.is_some() {
            Region::Detail
        } else {
            Region::Table
        };
    }
}

/// The detail shows the selected row.
fn follow(model: &mut Model) {
    let Some(row) = model.selected() else { return };
    let (id, event) = (row.id, row.event.clone());
    let Some(state) = &mut model.detail else { return };
    if state.event.identity == event.identity {
        // The same entry may have become richer, and its row another.
        state.row = id;
        if !std::sync::Arc::ptr_eq(&state.event, &event)
            && state.event != event
            && event.rank >= state.event.rank
        {
            state.event = event;
        }
    } else {
        let mut next = detail::State::new(id, event);
        next.look_for(state.wanted());
        next.ask_at = Some(model.now.plus(REST));
        model.detail = Some(next);
    }
}

/// How long a row is looked at before its single record is asked for by itself, microseconds: moving
/// through the table asks for none.
const REST: i64 = 300_000;

/// Asks for the single record of the entry that is looked at, once it is due.
fn ask_single(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now;
    let Some(state) = &mut model.detail else { return };
    if state.ask_at.is_none_or(|at| now < at) {
        return;
    }
    state.ask_at = None;
    let event = state.event.clone();
    let has_single = model.source(&event).is_some_and(|source| source.has_single);
    if !has_single || event.rank == crate::event::Rank::Single || event.id.is_none() {
        return;
    }
    if let std::collections::hash_map::Entry::Vacant(free) = model.singles.entry(event.identity) {
        free.insert(super::model::Single::Loading);
        effects.push(Effect::Single(event));
    }
}

/// When something changes on the screen by itself: a countdown, a message that goes, a row that was
/// looked at long enough, an age.
fn next_wake(model: &Model) -> Option<Timestamp> {
    let now = model.now;
    let countdown = model.next_wait().map(|wait| {
        // The next moment at which the number of seconds left is another.
        let (until, left) = (wait.until, wait.until.micros() - now.micros());
        if left > 0 { until.plus(-((left - 1) / SECOND) * SECOND) } else { now.plus(SECOND) }
    });
    let single = model.detail.as_ref().and_then(|state| state.ask_at);
    let poll = fetching::next_poll(model);
    [countdown, model.notes.goes_at(now), single, poll, next_age(model)].into_iter().flatten().min()
}

/// When one of the ages on the screen is another, at most once a minute.
fn next_age(model: &Model) -> Option<Timestamp> {
    let seen = model.table.top..model.table.top + model.page();
    let rows = seen.filter(|_| model.times == zone::Style::Relative).filter_map(|place| model.row(place));
    let opened = model.detail.as_ref().map(|detail| detail.event.time);
    let times = rows.map(|row| row.event.time).chain(opened);
    let soonest = times.map(|time| zone::ages_in(model.now.micros() - time.micros())).min()?;
    Some(model.now.plus(soonest))
}

/// Looks at something else, leaving a step back to here.
fn go(model: &mut Model, scope: Scope, effects: &mut Vec<Effect>) {
    if scope == model.scope {
        return;
    }
    model.history.leave(model.scope.clone());
    arrive(model, scope, effects);
}

/// Looks at something else: asks for it, and has fetched what was never asked for.
fn arrive(model: &mut Model, scope: Scope, effects: &mut Vec<Effect>) {
    let window = scope.window;
    let moved = window != model.scope.window;
    if scope.view() != model.scope.view() {
        model.histogram.cursor = None;
        model.histogram.brush = None;
    }
    lens::arrive(model, &scope);
    model.scope = scope;
    model.table.columns.forget();
    model.want = Want::Now;
    if moved {
        fetching::moved(model);
        if model.feed.missing(window, &model.scope.query).is_some() {
            let errand = Errand::new(window, pushed(model));
            fetching::begin(model, errand, effects);
        }
    }
}

/// What the servers are to filter by: the filter in force, as long as it asks for all that they were
/// asked for at the start. A filter that is typed is never sent by itself.
fn pushed(model: &Model) -> Option<Arc<Query>> {
    let query = &model.scope.query;
    let at_start = model.feed.pushable(model.pushed_at_start.as_deref()?).0;
    let now = model.feed.pushable(query).0;
    (!at_start.is_empty() && at_start.iter().all(|term| now.contains(term))).then(|| query.clone())
}
