//! Fetching single records in numbers: those of all that matched, or those that a history needs.

use std::sync::Arc;

use crate::answer::RowId;
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
    rows: impl IntoIterator<Item = (RowId, Arc<Event>)>,
    effects: &mut Vec<Effect>,
) {
    model.batch.get_or_insert_default().add(rows);
    pump(model, effects);
}

/// Asks for as many as may be under way; at the end says what became of it.
pub(super) fn pump(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(batch) = &mut model.batch else { return };
    while let Some((row, event)) = batch.take_next() {
        // Where the detail asked for it already, that answer counts here too.
        if model.singles.get(&event.identity) != Some(&Single::Loading) {
            model.singles.insert(event.identity, Single::Loading);
            model.singles_asked.insert(row, event.identity);
            effects.push(Effect::Single { row, event });
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

/// Stops fetching them; whether there was anything to stop.
pub(super) fn cancel(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let Some(batch) = &mut model.batch else { return false };
    batch.cancel();
    let now = model.now;
    model.notes.tell(Weight::Notice, "no more single records are asked for; Ctrl-c again quits", now);
    pump(model, effects);
    true
}
