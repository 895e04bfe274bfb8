//! Leaving: what was fetched and the archive lacks is never thrown away unasked.

use crate::ui::cells::grouped;
use crate::ui::effect::Effect;
use crate::ui::keymap::Action;
use crate::ui::leaving::Leaving;
use crate::ui::message::{Keeping, Lacking};
use crate::ui::model::Model;
use crate::ui::notes::Weight;
use crate::ui::setup::Wish;

/// Leaves, for what is to be opened or for good; or asks first, once.
pub(super) fn leave(model: &mut Model, next: Option<Wish>, effects: &mut Vec<Effect>) {
    match model.kept.leaving {
        Leaving::Keeping { .. } => {
            let now = model.now;
            model.notes.tell(Weight::Info, "what was fetched is being kept; Ctrl-c stops that", now);
        }
        Leaving::Not if model.kept.lacking.count > 0 => {
            model.kept.leaving = Leaving::Asked;
            model.kept.next = next;
        }
        Leaving::Not | Leaving::Asked => {
            model.wish = next;
            effects.push(Effect::Leave);
        }
    }
}

/// It was to be left, and something that was fetched just now would be lost.
pub(super) fn would_lose(model: &mut Model, lacking: Lacking) {
    model.kept.lacking = lacking;
    model.kept.next = model.wish.take();
    model.kept.leaving = Leaving::Asked;
}

/// The loop ends, and begins anew where something is to be opened.
fn end(model: &mut Model, next: Option<Wish>, effects: &mut Vec<Effect>) {
    model.wish = next;
    effects.push(Effect::Quit(0));
}

/// A key while it is asked; whether it was the answer. Any other takes the question away, and does
/// what it does.
pub(super) fn answer(model: &mut Model, action: Option<Action>, effects: &mut Vec<Effect>) -> bool {
    let next = model.kept.next.clone();
    if !take_back(model) {
        return false;
    }
    match action {
        Some(Action::Quit) => end(model, next, effects),
        Some(Action::KeepFetched) => {
            begin(model, true, effects);
            model.kept.next = next;
        }
        Some(Action::StepBack) => {}
        _ => return false,
    }
    true
}

/// Takes the question away; whether there was one.
pub(super) fn take_back(model: &mut Model) -> bool {
    let was_asked = model.kept.leaving == Leaving::Asked;
    if was_asked {
        model.kept.leaving = Leaving::Not;
        model.kept.next = None;
    }
    was_asked
}

/// Begins to keep what was fetched.
pub(super) fn begin(model: &mut Model, ends: bool, effects: &mut Vec<Effect>) {
    let (now, of) = (model.now, model.kept.lacking.count);
    if matches!(model.kept.leaving, Leaving::Keeping { .. }) {
        return;
    }
    if of == 0 {
        model.notes.tell(Weight::Info, "nothing was fetched that is to be kept", now);
        return;
    }
    if ends && model.feed.is_active() {
        // What is still on its way is not waited for.
        effects.push(Effect::CancelFetch);
        model.errands.cancel();
    }
    model.kept.leaving = Leaving::Keeping { written: 0, of, ends };
    effects.push(Effect::KeepFetched);
}

/// Stops keeping; whether there was anything to stop.
pub(super) fn cancel(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let is_keeping = matches!(model.kept.leaving, Leaving::Keeping { .. });
    if is_keeping {
        effects.push(Effect::CancelKeeping);
    }
    is_keeping
}

/// What the archive lacks of what was fetched.
pub(super) fn lacking(model: &mut Model, lacking: Lacking, effects: &mut Vec<Effect>) {
    let now = model.now;
    if lacking.version < model.kept.lacking.version {
        return;
    }
    if let Some(why) = lacking.failure.as_ref().filter(|_| lacking.failure != model.kept.lacking.failure) {
        let words = format!("what is fetched is kept no more: {why}");
        model.notes.tell(Weight::Failure, words, now);
    }
    model.kept.lacking = lacking;
    // It was to be left, and there is nothing to be asked any more.
    let next = model.kept.next.clone();
    if model.kept.lacking.count == 0 && take_back(model) {
        end(model, next, effects);
    }
}

/// How keeping goes.
pub(super) fn kept(model: &mut Model, keeping: Keeping, effects: &mut Vec<Effect>) {
    let now = model.now;
    let Leaving::Keeping { ends, .. } = model.kept.leaving else { return };
    let count = |written: usize| grouped(written as u64);
    if let Keeping::Going { written, of } = keeping {
        model.kept.leaving = Leaving::Keeping { written, of, ends };
        return;
    }
    model.kept.leaving = Leaving::Not;
    let next = model.kept.next.take();
    match keeping {
        Keeping::Done { .. } if ends => end(model, next, effects),
        Keeping::Done { written } => {
            model.notes.tell(Weight::Info, format!("{} entries are in the archive", count(written)), now);
        }
        Keeping::Stopped { written } => {
            let words = format!("keeping is stopped: {} are in the archive, the rest is not", count(written));
            model.notes.tell(Weight::Notice, words, now);
        }
        Keeping::Failed(why) => model.notes.tell(Weight::Failure, format!("not kept: {why}"), now),
        Keeping::Going { .. } => {}
    }
}
