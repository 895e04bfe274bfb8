//! The lens: one value, or one actor, wherever it stands in the entries of all sources, over the
//! whole window, oldest first. It is a scope like any other, so that back and forward lead there.
//!
//! Not here: the filter that it is, and its groups (`answer::lens`).

use std::sync::Arc;

use crate::answer::Order;
use crate::answer::lens::Lens;
use crate::interval::Interval;

use super::effect::Effect;
use super::model::{Model, Want};
use super::scope::Scope;
use super::study::{Slot, Study};

/// The groups of a lens, counted.
#[derive(Debug, Clone)]
pub struct LensWords {
    /// The lens that was counted.
    lens: Arc<Lens>,
    /// In which window.
    window: Interval,
    /// Over how many loaded entries.
    loaded: usize,
    /// The counts in words; empty while they are counted.
    words: String,
}

/// Another scope is arrived at: a lens is read oldest first, and what comes after it as before.
pub(super) fn arrive(model: &mut Model, scope: &Scope) {
    match (&model.scope.lens, &scope.lens) {
        (None, Some(_)) => {
            model.order_before_lens = Some(model.order);
            model.order = Order::OldestFirst;
            model.sort = None;
        }
        (Some(_), None) => {
            if let Some(order) = model.order_before_lens.take() {
                model.order = order;
            }
        }
        _ => {}
    }
    if scope.lens != model.scope.lens {
        model.lens_words = None;
        model.reveal = false;
        model.want = Want::Now;
    }
}

/// Has the groups of the lens in force counted where they are not, or more entries came.
pub(super) fn follow(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(lens) = model.scope.lens.clone() else { return };
    let (window, loaded) = (model.scope.window, model.answer.loaded);
    let known = model
        .lens_words
        .as_ref()
        .is_some_and(|words| words.lens == lens && (words.window, words.loaded) == (window, loaded));
    if known || model.studies.is_open(Slot::Lens) {
        return;
    }
    let words = model.lens_words.take().map(|known| known.words).unwrap_or_default();
    model.lens_words = Some(LensWords { lens: lens.clone(), window, loaded, words });
    let number = model.studies.begin(Slot::Lens);
    let study = Study::Lens { lens: (*lens).clone(), window };
    effects.push(Effect::Study { number, study });
}

/// The groups are counted.
pub(super) fn found(model: &mut Model, words: String) {
    if let Some(known) = &mut model.lens_words {
        known.words = words;
    }
}

/// The lens in force in words: its values, and where they stand.
pub fn words(model: &Model) -> Option<(String, &str)> {
    let lens = model.scope.lens.as_ref()?;
    let counted = model.lens_words.as_ref().map_or("", |known| known.words.as_str());
    Some((lens.values.join(", "), counted))
}
