//! A record's history: asked of the store, completed by single records and by what is fetched for it.

use std::sync::Arc;

use crate::changes::RecordKey;
use crate::event::{Event, Rank};
use crate::interval::Interval;
use crate::json::Pointer;
use crate::query::Query;
use crate::timestamp::{DAY, Timestamp};
use crate::ui::effect::Effect;
use crate::ui::model::{Model, Single};
use crate::ui::notes::Weight;
use crate::ui::overlay::record::{Span, State};
use crate::ui::overlay::{Outcome, Overlay};
use crate::ui::setup::Opened;
use crate::ui::trace::Trace;

use super::singles;

/// How far back one more request reaches, microseconds.
const REACH: i64 = 90 * DAY;
/// At most so many single records are fetched for a history unasked.
const UNASKED: usize = 50;

/// Opens the history of the record that the selected entry speaks of; of one path alone, where one
/// is given.
pub(super) fn open(model: &mut Model, path: Option<Pointer>, effects: &mut Vec<Effect>) {
    let now = model.now;
    let event = match (&model.detail, model.selected()) {
        (Some(detail), _) => Some(detail.event.clone()),
        (None, row) => row.map(|row| row.event.clone()),
    };
    let Some(event) = event else {
        return model.notes.tell(Weight::Info, "no row is selected", now);
    };
    let Some(record) = RecordKey::of(&event) else {
        let words = "this entry names no target by an id, so it has no history";
        return model.notes.tell(Weight::Info, words, now);
    };
    let window = model.scope.window;
    let since = model.feed.unbroken_since(window, &Query::all());
    let span = if since == window.since { Span::Window(since) } else { Span::Loaded(since) };
    model.traces += 1;
    let source = model.source(&event);
    let by_entity = source.is_some_and(|source| source.has_entity);
    let mut state = State::new(record.clone(), event.identity, model.traces, span);
    state.path = path;
    state.has_single = source.is_some_and(|source| source.has_single);
    state.reaches = !matches!(model.setup.opened, Opened::Files(_));
    effects.push(trace(&state));
    if by_entity && record.kind.is_some() {
        state.fetching = Some(Span::Whole);
        effects.push(Effect::Earlier {
            number: state.number,
            record,
            window: Interval::new(Timestamp::from_micros(0), window.until),
        });
    }
    model.overlays.push(Overlay::Record(Box::new(state)));
}

fn trace(state: &State) -> Effect {
    Effect::Trace { number: state.number, record: state.record.clone(), besides: state.besides.clone() }
}

fn layer(model: &mut Model) -> Option<&mut State> {
    model.overlays.iter_mut().rev().find_map(|layer| match layer {
        Overlay::Record(state) => Some(&mut **state),
        _ => None,
    })
}

/// Asks the store again: it has more since.
pub(super) fn again(model: &mut Model, effects: &mut Vec<Effect>) {
    effects.extend(layer(model).map(|state| trace(state)));
}

/// The store's answer came: what it does not tell is fetched.
pub(super) fn traced(model: &mut Model, number: u64, trace: &Arc<Trace>, effects: &mut Vec<Effect>) {
    let Some(state) = layer(model).filter(|state| state.number == number) else { return };
    state.take(trace);
    if std::mem::take(&mut state.brought) {
        // What was asked for in vain is asked for again by the user's word alone.
        let vain = |event: &Event| matches!(model.singles.get(&event.identity), Some(Single::Failed(_)));
        let mut events = untold(model, trace);
        events.retain(|event| !vain(event));
        if !events.is_empty() {
            // The newest tell most of what is there now.
            let from = events.len().saturating_sub(UNASKED);
            singles::begin(model, events.into_iter().skip(from), effects);
        }
    }
}

/// The entries whose single records may tell what they changed.
fn untold(model: &Model, trace: &Trace) -> Vec<Arc<Event>> {
    let steps = trace.history.steps();
    let wanted = |event: &Event| {
        let has_single = model.source(event).is_some_and(|source| source.has_single);
        has_single && event.rank == Rank::ListRow && event.id.is_some()
    };
    trace.history.untold().map(|step| &steps[step].event).filter(|event| wanted(event)).cloned().collect()
}

/// An entry's single record came: one that is no row is kept with the history that it was fetched for,
/// which the store is asked for again once all have come.
pub(super) fn enrich(model: &mut Model, event: &Arc<Event>) {
    let besides = layer(model).into_iter().flat_map(|state| &mut state.besides);
    for poor in besides.filter(|known| known.identity == event.identity && known.rank < event.rank) {
        *poor = event.clone();
    }
}

/// Fetches the single records that are still wanted, by the user's word; `model` is without the layer.
pub(in crate::ui) fn fetch_untold(state: &State, model: &mut Model) -> Outcome {
    let events = state.trace.as_ref().map(|trace| untold(model, trace)).unwrap_or_default();
    let now = model.now;
    if events.is_empty() {
        model.notes.tell(Weight::Info, "no single record would tell more", now);
        return Outcome::Stay;
    }
    let mut effects = Vec::new();
    singles::begin(model, events, &mut effects);
    Outcome::StayWith(effects)
}

/// Fetches what lies before; `model` is without the layer.
pub(in crate::ui) fn earlier(state: &mut State, model: &mut Model) -> Outcome {
    let now = model.now;
    let Some(since) = state.span.since() else {
        model.notes.tell(Weight::Info, "this is all that the system keeps", now);
        return Outcome::Stay;
    };
    if !state.reaches {
        model.notes.tell(Weight::Info, "a file holds no more than this", now);
        return Outcome::Stay;
    }
    if state.fetching.is_some() {
        model.notes.tell(Weight::Info, "that is being fetched", now);
        return Outcome::Stay;
    }
    let kept = model.feed.sources().iter().find(|source| source.name == state.record.source);
    let Some(kept) = kept else {
        model.notes.tell(Weight::Info, "its source is not open", now);
        return Outcome::Stay;
    };
    let oldest = kept.retention_days.map(|days| now.plus(-i64::from(days) * DAY));
    if oldest.is_some_and(|oldest| since <= oldest) {
        model.notes.tell(Weight::Info, "the system keeps nothing older", now);
        return Outcome::Stay;
    }
    let window = Interval::new(since.plus(-REACH), since);
    state.fetching = Some(Span::Fetched(window.since));
    state.failed = None;
    Outcome::StayWith(vec![Effect::Earlier { number: state.number, record: state.record.clone(), window }])
}

/// What was fetched for a history came, or not.
pub(super) fn fetched(
    model: &mut Model,
    number: u64,
    result: Result<Vec<Event>, String>,
    effects: &mut Vec<Effect>,
) {
    let Some(state) = layer(model).filter(|state| state.number == number) else { return };
    let reached = state.fetching.take();
    match result {
        Ok(events) => {
            state.span = reached.unwrap_or(state.span);
            state.besides.extend(events.into_iter().map(Arc::new));
            state.brought = true;
            effects.push(trace(state));
        }
        Err(why) => state.failed = Some(why),
    }
}

/// Lets go of what is being fetched for the history on top; whether there was anything.
pub(super) fn cancel(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Record(state)) = model.overlays.last_mut() else { return false };
    let reached = state.fetching.take().is_some();
    let singles = singles::cancel(model, effects);
    if reached && !singles {
        let now = model.now;
        model.notes.tell(Weight::Notice, "what was being fetched is let go; Ctrl-c again quits", now);
    }
    reached || singles
}

/// What is fetched for a history that nobody looks at any more is stopped.
pub(super) fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    let wanted = layer(model).filter(|state| state.fetching.is_some()).map(|state| state.number);
    if model.reaching.is_some() && wanted != model.reaching {
        effects.push(Effect::EndEarlier);
    }
    model.reaching = wanted;
}
