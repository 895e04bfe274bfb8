//! The filter line while it is typed in, and pastes.

use crate::ui::effect::Effect;
use crate::ui::keymap::{Action, Key};
use crate::ui::model::{Model, Want};
use crate::ui::overlay::{Overlay, help, time};
use crate::ui::scope::Scope;
use crate::ui::widget::prompt::Outcome;

use super::arrive;

/// A text was pasted: into a prompt, or nowhere.
pub(super) fn paste(model: &mut Model, text: &str) {
    match model.overlays.last_mut() {
        Some(Overlay::Time(state)) => return time::paste(state, text),
        Some(Overlay::Help(help::State { list, .. }) | Overlay::Messages(list)) => {
            if list.narrowing {
                list.search.paste(text);
            }
            return;
        }
        Some(Overlay::Ask(ask)) => {
            ask.prompt.paste(text);
            return;
        }
        Some(Overlay::Compare(compare)) => {
            if compare.list.narrowing {
                compare.list.search.paste(text);
            }
            return;
        }
        Some(Overlay::Marks(_) | Overlay::Singles(_) | Overlay::Record(_)) => return,
        None => {}
    }
    if model.filter.is_editing() && model.filter.prompt.paste(text) == Outcome::Changed {
        filter_live(model);
    }
}

/// A key in the filter line.
pub(super) fn typed(model: &mut Model, action: Option<Action>, key: Key, effects: &mut Vec<Effect>) {
    match model.filter.prompt.key(action, key) {
        Outcome::Changed => filter_live(model),
        Outcome::Unchanged => {}
        Outcome::Keep if model.filter.error.is_some() => {
            // The caret says what is wrong; the last good filter stays in force.
        }
        Outcome::Keep => {
            let typed = model.filter.prompt.text().to_owned();
            model.filter.prompt.remember(&typed);
            if let Some(before) = model.filter.before.take().filter(|before| *before != model.scope) {
                model.history.leave(before);
            }
        }
        Outcome::TakeBack => take_back(model, effects),
    }
}

/// Ends typing; what was in force before is in force again.
pub(super) fn take_back(model: &mut Model, effects: &mut Vec<Effect>) {
    model.filter.error = None;
    if let Some(before) = model.filter.before.take()
        && before != model.scope
    {
        arrive(model, before, effects);
    }
}

/// The filter as far as it is typed is in force at once, where it is one.
fn filter_live(model: &mut Model) {
    let typed = model.filter.prompt.text();
    match Scope::new(typed, model.scope.window, model.now) {
        Ok(scope) => {
            model.filter.error = None;
            let scope = Scope { zoom: model.scope.zoom, ..scope };
            if scope.query != model.scope.query {
                model.table.columns.forget();
                model.want = Want::Now;
            }
            model.scope = scope;
        }
        Err(error) => model.filter.error = Some(error),
    }
}
