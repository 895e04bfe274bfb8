//! Fetching single records in numbers: those of all that matched, or those that a history needs.

use std::sync::Arc;

use crate::event::{Event, Identity};
use crate::store::Untold;
use crate::ui::effect::Effect;
use crate::ui::model::{Model, Single};
use crate::ui::notes::Weight;
use crate::ui::overlay::{Overlay, singles};

/// Asks how many single records all that matched would need, and says what that costs.
pub(super) fn ask(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now;
    if model.batch.is_some() {
        model.notes.tell(Weight::Info, "single records are being fetched; Ctrl-c stops that", now);
        return;
    }
    let sources: Vec<Arc<str>> =
        model.feed.sources().iter().filter(|one| one.has_single).map(|one| one.name.clone()).collect();
    let Some(filter) = model.telling() else {
        let words = "no open system has single records: its list says all there is";
        model.notes.tell(Weight::Info, words, now);
        return;
    };
    model.untold_asked += 1;
    effects.push(Effect::Untold { number: model.untold_asked, filter, window: model.scope.view(), sources });
    model.overlays.push(Overlay::Singles(singles::State::Counting));
}

/// They were counted.
pub(super) fn counted(model: &mut Model, number: u64, untold: Untold) {
    let now = model.now;
    if number != model.untold_asked {
        return;
    }
    let layer = model.overlays.iter().position(|one| matches!(one, Overlay::Singles(_)));
    let Some(layer) = layer else { return };
    if untold.count == 0 {
        model.overlays.remove(layer);
        let words = match untold.matched {
            0 => "nothing here is of a system that has single records".to_owned(),
            _ => format!("changes are known for all {} already", untold.matched),
        };
        model.notes.tell(Weight::Info, words, now);
    } else {
        model.overlays[layer] = Overlay::Singles(singles::State::Ready(untold));
    }
}

/// Begins to fetch these, beside those that are under way.
pub(in crate::ui) fn begin(
    model: &mut Model,
    events: impl IntoIterator<Item = Arc<Event>>,
    effects: &mut Vec<Effect>,
) {
    model.batch.get_or_insert_default().add(events);
    pump(model, effects);
}

/// Asks for as many as may be under way; at the end says what became of it.
pub(super) fn pump(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(batch) = &mut model.batch else { return };
    while let Some(event) = batch.take_next() {
        // Where the detail asked for it already, that answer counts here too.
        if model.singles.get(&event.identity) != Some(&Single::Loading) {
            model.singles.insert(event.identity, Single::Loading);
            effects.push(Effect::Single(event));
        }
    }
    if batch.is_over() {
        let (words, well) = batch.outcome();
        let now = model.now;
        model.batch = None;
        model.notes.tell(if well { Weight::Info } else { Weight::Failure }, words, now);
        super::record::again(model, effects);
    }
}

/// One came, or not.
pub(super) fn came(
    model: &mut Model,
    identity: Identity,
    result: Result<(), &str>,
    effects: &mut Vec<Effect>,
) {
    if let Some(batch) = &mut model.batch
        && batch.came(identity, result)
    {
        pump(model, effects);
    }
}

/// Nothing waits where nothing is fetched besides the window.
pub(super) fn settle(model: &mut Model) {
    if model.asides.next_wait().is_some() && model.reaching.is_none() && !model.loads_singles() {
        model.asides.clear();
    }
}

/// Lets go of all single records that are being fetched, and of those that wait; whether there were
/// any. What was let go is asked for again by the user's word alone.
pub(super) fn cancel(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let batch = model.batch.take();
    let loading = model.singles.values_mut().filter(|single| **single == Single::Loading);
    let let_go = loading.map(|single| *single = Single::Failed("cancelled".to_owned())).count();
    if batch.is_none() && let_go == 0 {
        return false;
    }
    effects.push(Effect::EndSingles);
    let now = model.now;
    let words = match batch {
        Some(batch) => format!("{}: the rest is let go; Ctrl-c again quits", batch.progress()),
        None => "the single record is let go; Ctrl-c again quits".to_owned(),
    };
    model.notes.tell(Weight::Notice, words, now);
    // What came so far is told.
    super::record::again(model, effects);
    true
}
