//! What keys do inside the detail, on the line under the cursor: filter by it, copy it, find, fold,
//! look at a changed path's history, print the whole page.

use crate::event::field::Field;
use crate::json::Pointer;
use crate::ui::effect::Effect;
use crate::ui::keymap::Action;
use crate::ui::model::Model;
use crate::ui::notes::Weight;
use crate::ui::overlay::{Overlay, line};
use crate::ui::pane::detail;
use crate::ui::pane::detail::subject::{Nothing, Subject};

use super::{cell, go, record};

/// A key inside the detail; whether it means something there.
pub(super) fn key(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    match action {
        Action::Include => narrow(model, true, effects),
        Action::Exclude => narrow(model, false, effects),
        Action::Lens => lens(model, effects),
        Action::CopyCell => copy(model, effects),
        Action::Fold => enter(model, effects),
        Action::Find => model.overlays.push(Overlay::Line(line::State::in_detail(model))),
        Action::NextHit => detail::step(model, false, false),
        Action::PreviousHit => detail::step(model, true, false),
        Action::PlainPage => effects.extend(detail::plain(model).map(Effect::Page)),
        _ => return false,
    }
    true
}

fn tell(model: &mut Model, words: impl Into<String>) {
    let now = model.now;
    model.notes.tell(Weight::Info, words, now);
}

/// Does something with what the line under the cursor speaks of.
fn with_subject<T>(
    model: &mut Model,
    act: impl FnOnce(&Model, &Subject, &crate::event::Event) -> Result<T, Nothing>,
) -> Option<T> {
    let state = model.detail.as_ref()?;
    let Some(subject) = state.subject() else {
        tell(model, "this line is no field");
        return None;
    };
    let event = state.event.clone();
    match act(model, &subject, &event) {
        Ok(done) => Some(done),
        Err(nothing) => {
            tell(model, nothing.to_string());
            None
        }
    }
}

fn narrow(model: &mut Model, include: bool, effects: &mut Vec<Effect>) {
    let query = with_subject(model, |model, subject, event| {
        subject.narrowed((*model.scope.query).clone(), event, include)
    });
    let Some(query) = query else { return };
    let scope = model.scope.with_query(query);
    if scope.query == model.scope.query {
        tell(model, "the filter says so already");
        return;
    }
    go(model, scope, effects);
}

/// The value wherever it stands; one out of the record is looked for in the fields of all entries.
fn lens(model: &mut Model, effects: &mut Vec<Effect>) {
    let value = with_subject(model, |_, subject, event| Ok((subject.clone(), subject.value(event)?)));
    match value {
        Some((Subject::Field(field), value)) => cell::lens(model, field, &value, effects),
        Some((Subject::Pointer(_), value)) => cell::lens(model, Field::Id, &value, effects),
        Some((Subject::Path(path), _)) => cell::lens(model, Field::Changes, &path, effects),
        None => {}
    }
}

fn copy(model: &mut Model, effects: &mut Vec<Effect>) {
    match with_subject(model, |_, subject, event| subject.copied(event)) {
        Some(text) if text.is_empty() => tell(model, "there is nothing to copy"),
        Some(text) => effects.push(Effect::Copy(text)),
        None => {}
    }
}

/// Enter: folds a container, shows a changed path's history.
fn enter(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(state) = &mut model.detail else { return };
    if state.fold() {
        return;
    }
    match state.subject() {
        Some(Subject::Path(path)) => {
            let path = Pointer::parse(&path);
            if path.is_none() {
                tell(model, "this path is no pointer, so nothing is known of its history");
            } else {
                record::open(model, path, effects);
            }
        }
        _ => tell(model, "nothing to fold here"),
    }
}
