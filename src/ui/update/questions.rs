//! Keys that ask: facets, why, two fields, columns, find, jump to a time, what the filter removed.

use std::sync::Arc;

use crate::answer::Order;
use crate::interval::Interval;
use crate::ui::effect::Effect;
use crate::ui::find::{self, Find};
use crate::ui::keymap::{Action, Key};
use crate::ui::model::{Model, Region, Want};
use crate::ui::notes::Weight;
use crate::ui::overlay::{Outcome, Overlay, columns, line, pairs, why};
use crate::ui::pane::facets;
use crate::ui::pane::table::Hold;
use crate::ui::study::{Slot, Study};

use super::{cell, go, keys};

/// A key that asks something.
pub(super) fn key(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let now = model.now;
    match action {
        Action::Facets if model.facets.is_some() => close_facets(model),
        Action::Facets => {
            model.facets = Some(facets::State::default());
            model.want = Want::Now;
            keys::focus(model, Region::Facets);
        }
        Action::Why => match why::open(model) {
            Ok((state, number, study)) => {
                model.overlays.push(Overlay::Why(state));
                effects.push(Effect::Study { number, study });
            }
            Err(words) => model.notes.tell(Weight::Info, words, now),
        },
        Action::TwoFields => model.overlays.push(Overlay::Pairs(pairs::State::default())),
        Action::Columns => {
            let state = columns::open(model);
            model.overlays.push(Overlay::Columns(state));
        }
        Action::Find => model.overlays.push(Overlay::Line(line::State::new(line::Kind::Find))),
        Action::GoToTime => model.overlays.push(Overlay::Line(line::State::new(line::Kind::Time))),
        Action::NextHit => effects.extend(find::step(model, true)),
        Action::PreviousHit => effects.extend(find::step(model, false)),
        Action::Reveal => reveal(model),
        _ => {}
    }
}

/// What a layer asks for.
pub(super) fn layer(model: &mut Model, outcome: Outcome, effects: &mut Vec<Effect>) {
    match outcome {
        Outcome::Query(query) => {
            let scope = model.scope.with_query(query);
            go(model, scope, effects);
        }
        Outcome::Filter { field, value, include } => cell::filter(model, field, &value, include, effects),
        Outcome::Study(study) => ask(model, study, effects),
        Outcome::Find { text, query } => {
            if !query.is_all() {
                model.find = Some(Find { text, query: Arc::new(query) });
            }
            effects.extend(find::step(model, true));
        }
        Outcome::GoTo(stretch) => go_to(model, stretch),
        // The others are another layer's.
        _ => {}
    }
}

/// Asks again what a layer tells of the loaded entries, where more are loaded by now. While pages come
/// in, the next question waits for the answer to the last.
pub(super) fn follow(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.answer.loaded;
    if model.studies.is_open(Slot::Layer) {
        return;
    }
    let again = model.overlays.iter_mut().rev().find_map(|layer| {
        let (loaded, study) = match layer {
            Overlay::Why(state) => (&mut state.loaded, Study::Why(state.question.clone())),
            Overlay::Pairs(state) => (&mut state.loaded, Study::Pairs(state.question.clone()?)),
            _ => return None,
        };
        (std::mem::replace(loaded, now) != now).then_some(study)
    });
    if let Some(study) = again {
        ask(model, study, effects);
    }
}

fn ask(model: &mut Model, study: Study, effects: &mut Vec<Effect>) {
    let number = model.studies.begin(study.slot());
    effects.push(Effect::Study { number, study });
}

/// A key while the facets have the focus; whether it was theirs.
pub(super) fn facets(model: &mut Model, action: Option<Action>, key: Key, effects: &mut Vec<Effect>) -> bool {
    match facets::key(model, action, key) {
        None => false,
        Some(facets::Outcome::Stay) => true,
        Some(facets::Outcome::Filter { field, value, include }) => {
            let query = (*model.scope.query).clone();
            let again = include && query.clone().include(field, &value).is_some_and(|same| same == query);
            if again {
                let scope = model.scope.with_query(query.without_value(field, &value));
                go(model, scope, effects);
            } else {
                cell::filter(model, field, &value, include, effects);
            }
            true
        }
    }
}

/// Closes the facets.
pub(super) fn close_facets(model: &mut Model) {
    model.facets = None;
    model.studies.drop_open(Slot::Facets);
    model.want = Want::Now;
    keys::focus(model, Region::Table);
}

/// Goes to a time; the window stays.
fn go_to(model: &mut Model, stretch: Interval) {
    let (view, now) = (model.scope.view(), model.now);
    let inside = stretch.intersect(view);
    if inside.is_empty() {
        let at = model.zone().bound(stretch.since, true);
        let words = format!("{at} lies outside of what is shown; t chooses another window");
        model.notes.tell(Weight::Notice, words, now);
        return;
    }
    let time = match model.order {
        Order::NewestFirst => inside.until.plus(-1),
        Order::OldestFirst => inside.since,
    };
    model.table.hold = Hold::Time(time);
    model.want = Want::Now;
    if model.focus == Region::Histogram {
        model.histogram.cursor = view.bucket(inside.since);
    }
}

/// Shows what the filter removed, or hides it again; the row keeps its place.
fn reveal(model: &mut Model) {
    let now = model.now;
    if !model.reveal && *model.scope.query == *model.revealed() {
        model.notes.tell(Weight::Info, "there is no filter: nothing is removed", now);
        return;
    }
    model.reveal = !model.reveal;
    model.want = Want::Now;
    if let Some(row) = model.selected() {
        model.table.hold = Hold::Row(row.id);
    }
    let words = if model.reveal {
        "dimmed: what the filter removes; \\ hides it again"
    } else {
        "what the filter removes is hidden again"
    };
    model.notes.tell(Weight::Info, words, now);
}
