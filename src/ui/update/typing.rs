//! The filter line while it is typed in, and pastes.

use crate::ui::effect::Effect;
use crate::ui::keymap::{Action, Key};
use crate::ui::model::{Model, Region, Want};
use crate::ui::notes::Weight;
use crate::ui::overlay::{Overlay, line};
use crate::ui::pane::filter::completion::{self, Taken};
use crate::ui::widget::prompt::Outcome;

use super::{arrive, cell};

/// A text was pasted: into a prompt, or nowhere.
pub(super) fn paste(model: &mut Model, text: &str) {
    // A layer may look at the model, which then is without it.
    if let Some(mut layer) = model.overlays.pop() {
        layer.paste(model, text);
        if let Overlay::Line(state) = &layer {
            line::follow(state, model);
        }
        model.overlays.push(layer);
        return;
    }
    if model.focus == Region::Facets
        && let Some(state) = model.facets.as_mut().filter(|state| state.list.narrowing)
    {
        state.list.paste(text);
        return;
    }
    if model.filter.is_editing() && model.filter.prompt.paste(text) == Outcome::Changed {
        filter_live(model);
    }
}

/// A key in the filter line.
pub(super) fn typed(model: &mut Model, action: Option<Action>, key: Key, effects: &mut Vec<Effect>) {
    if choosing(model, action, key, effects) {
        return;
    }
    match model.filter.prompt.key(action, key) {
        Outcome::Changed => {
            filter_live(model);
            if model.filter.completion.is_some() {
                completion::open(model, false, effects);
            }
        }
        Outcome::Unchanged => {}
        Outcome::Keep if model.filter.error.is_some() => {
            // The caret says what is wrong; the last good filter stays in force.
        }
        Outcome::Keep => {
            completion::close(model);
            let typed = model.filter.prompt.text().to_owned();
            model.filter.prompt.remember(&typed);
            model.filter.seen = None;
            if let Some(before) = model.filter.before.take().filter(|before| *before != model.scope) {
                model.history.leave(before);
            }
        }
        Outcome::TakeBack => take_back(model, effects),
    }
}

/// A key of the list of choices; whether it was one.
fn choosing(model: &mut Model, action: Option<Action>, key: Key, effects: &mut Vec<Effect>) -> bool {
    let is_open = model.filter.completion.is_some();
    // Ctrl-p and Ctrl-n are the history's even while the list is open.
    let arrow = [Key::parse("Up"), Key::parse("Down")].contains(&Some(key));
    let step = match action {
        Some(Action::Complete) => Some(true),
        Some(Action::CompleteBack) => Some(false),
        Some(Action::NewerEntry) if arrow => Some(true),
        Some(Action::OlderEntry) if arrow => Some(false),
        _ => None,
    };
    match (step, action) {
        (Some(down), _) if is_open => {
            model.filter.completion.iter_mut().for_each(|list| list.step(down));
            true
        }
        (_, Some(Action::Complete | Action::CompleteBack)) => {
            let taken = completion::open(model, true, effects);
            after(model, taken, effects);
            true
        }
        (_, Some(Action::Keep)) if is_open => {
            if !model.filter.completion.as_ref().is_some_and(completion::Completion::has_choice) {
                completion::close(model);
                return false;
            }
            let taken = completion::take(model);
            after(model, taken, effects);
            true
        }
        (_, Some(Action::TakeBack)) => completion::close(model),
        (None, Some(Action::CursorLeft | Action::CursorRight | Action::LineStart | Action::LineEnd)) => {
            completion::close(model);
            false
        }
        _ => false,
    }
}

/// A choice was taken.
fn after(model: &mut Model, taken: Taken, effects: &mut Vec<Effect>) {
    match taken {
        Taken::Nothing => {}
        Taken::Text => {
            filter_live(model);
            // A field asks for its value at once.
            if model.filter.prompt.text()[..model.filter.prompt.cursor()].ends_with([':', '/']) {
                completion::open(model, false, effects);
            }
        }
        Taken::OfActor => of_actor(model, effects),
    }
}

/// The filter that was taken is asked of the selected row's actor, as a lens.
fn of_actor(model: &mut Model, effects: &mut Vec<Effect>) {
    let (text, now) = (model.filter.prompt.text().to_owned(), model.now);
    let Some(scope) = cell::of_actor(model, &text) else {
        model.filter.prompt.begin("");
        model.notes.tell(Weight::Info, "this row names no actor to look at", now);
        return;
    };
    if let Some(before) = model.filter.before.take() {
        model.history.leave(before);
    }
    model.filter.error = None;
    model.filter.seen = None;
    arrive(model, scope, effects);
}

/// The text was changed by a choice that came later.
pub(in crate::ui) fn retyped(model: &mut Model) {
    filter_live(model);
}

/// Ends typing; what was in force before is in force again.
pub(super) fn take_back(model: &mut Model, effects: &mut Vec<Effect>) {
    completion::close(model);
    model.filter.error = None;
    let seen = model.filter.seen.take();
    if let Some(before) = model.filter.before.take()
        && before != model.scope
    {
        arrive(model, before, effects);
        if let Some(seen) = seen {
            model.see_again(seen);
        }
    }
}

/// The filter as far as it is typed is in force at once, where it is one.
fn filter_live(model: &mut Model) {
    let typed = model.filter.prompt.text();
    match model.scope.with_text(typed, model.now) {
        Ok(scope) => {
            model.filter.error = None;
            if scope.query != model.scope.query {
                model.table.columns.forget();
                model.want = Want::Now;
            }
            model.scope = scope;
        }
        Err(error) => model.filter.error = Some(error),
    }
}
