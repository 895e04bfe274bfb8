//! What comes from the world: pages, answers, single records, what became of a copy.

use crate::answer::Question;
use crate::answer::{Answer, Order, Row};
use crate::event::{Event, Identity};
use crate::fetch::Update;
use crate::interval::Interval;
use crate::store::Snapshot;
use crate::ui::cells::grouped;
use crate::ui::effect::Effect;
use crate::ui::feed::News;
use crate::ui::find;
use crate::ui::keymap::Action;
use crate::ui::lens;
use crate::ui::message::{Exported, Handed};
use crate::ui::model::{Jump, Model, Purpose, Region, Single, Want};
use crate::ui::notes::Weight;
use crate::ui::overlay::{Overlay, welcome};
use crate::ui::pane::table::{self, Hold};
use crate::ui::pane::{facets, filter};
use crate::ui::scope::Scope;
use crate::ui::setup::{Open, Wish};

use crate::ui::study::{Slot, Studied};

use super::buckets;
use super::cell;

use super::{record, singles};

/// How many requests are kept for the log.
const REQUESTS: usize = 500;

/// Keeps a request for the log.
fn log(model: &mut Model, update: &Update) {
    if let Update::Requested(exchange) = update {
        model.requests.push_back((model.now, exchange.clone()));
        if model.requests.len() > REQUESTS {
            model.requests.pop_front();
        }
    }
}

/// What is fetched besides the walks told something.
pub(super) fn aside(model: &mut Model, update: &Update) {
    log(model, update);
    model.asides.take(update);
}

/// A source told something.
pub(super) fn fetched(model: &mut Model, update: &Update, snapshot: Option<&Snapshot>) {
    let now = model.now;
    log(model, update);
    for news in model.feed.take(update, now) {
        match news {
            News::Notice(text) => model.notes.tell(Weight::Notice, text, now),
            News::Failure(text) => model.notes.tell(Weight::Failure, text, now),
        }
    }
    let is_over = matches!(update, Update::Ended { .. }) && !model.feed.is_active();
    if is_over && model.errands.follow.is_none() {
        // In which pieces the rows came is not to be seen in how wide the columns are. While following a
        // fetch ends every few seconds, and what is read then stays where it is.
        model.table.columns.forget();
        model.want = model.want.max(Want::Soon);
    }
    if let Some(snapshot) = snapshot
        && !model.errands.keeps_still(snapshot.len())
    {
        model.want = model.want.max(Want::Soon);
    }
}

/// A source has fetched as many entries as it may at once, and pauses.
pub(super) fn full(model: &mut Model, source: &str, came: usize) {
    model.feed.fill(source);
    let (count, now) = (grouped(came as u64), model.now);
    let key = model.keymap.clause("; ", Action::Pause, "goes on");
    model.notes.tell(Weight::Notice, format!("{source}: paused at {count} entries (max_events){key}"), now);
}

/// The window follows what came, unless the user looks at another.
pub(super) fn spans(model: &mut Model, window: Interval) {
    let follows = model.spans.is_none_or(|before| before == model.scope.window);
    model.spans = Some(window);
    if follows {
        model.scope = Scope { window, ..model.scope.clone() };
        model.want = Want::Now;
    }
}

/// A question was answered.
pub(super) fn answered(model: &mut Model, generation: u64, answer: Answer, effects: &mut Vec<Effect>) {
    if generation != model.generation {
        return;
    }
    match model.open.take() {
        Some(Purpose::Screen { from, hold }) => screen(model, from, hold, answer),
        Some(Purpose::Hit(step)) => find::answered(model, step, &answer, effects),
        Some(Purpose::Jump(jump)) => jumped(model, jump, &answer, effects),
        Some(Purpose::OwnReads) => model.errands.own_reads(answer.matched),
        None => {}
    }
}

/// The answer for the screen: the selection stays on what it holds on to, which may be another row by
/// now than the one that was `held` when it was asked.
fn screen(model: &mut Model, from: usize, held: Hold, answer: Answer) {
    let matched = answer.listed;
    let (lines, page) = (table::lines(model, matched), model.page());
    let table = &mut model.table;
    let place = match table.hold {
        hold if hold == held => answer.place,
        Hold::Row(id) => answer.rows.iter().position(|row| row.id == id).map(|at| from + at),
        _ => None,
    };
    if ![held, Hold::First].contains(&table.hold) && place.is_none() {
        // Where it is now was not asked.
        model.want = Want::Now;
    }
    match (table.hold, place) {
        (Hold::First, _) => {
            table.selected = 0;
            table.top = 0;
        }
        (Hold::Row(_) | Hold::Time(_), Some(place)) => {
            // The row stays on the line of the screen that it stands on.
            let line = table.selected.saturating_sub(table.top);
            table.selected = place.min(matched.saturating_sub(1));
            table.top = table.selected.saturating_sub(line);
        }
        _ => table.selected = table.selected.min(matched.saturating_sub(1)),
    }
    table.scroll_into_view(lines, page);
    table.columns.take(&answer.rows, &model.theme);
    cell::tell_limit(model, &answer);
    model.marks.refresh(&answer.rows);
    model.answer = answer;
    model.answered_from = from;
    model.answered = Some(model.looked());
    model.errands.answered();
    // From now on the selection holds on to the row, wherever it moves.
    if let Some(row) = model.selected() {
        let found = match model.table.hold {
            Hold::Place => true,
            // The row of that time may not be here yet.
            Hold::Time(time) => row.event.time == time || !model.feed.is_active(),
            Hold::First | Hold::Row(_) => false,
        };
        if found {
            model.table.hold = Hold::Row(row.id);
        }
    }
    // Another view has other buckets: the cursor goes where the row is.
    if model.focus == Region::Histogram && model.histogram.cursor.is_none() && model.selected().is_some() {
        buckets::follow_selection(model);
    }
    let seen = model.table.top..(model.table.top + page).min(matched);
    let here = model.answered_from..model.answered_from + model.answer.rows.len();
    if !seen.is_empty() && (seen.start < here.start || seen.end > here.end) {
        // The rows that are seen now are others than those that were asked for.
        model.want = Want::Now;
    }
}

/// A study is done.
pub(super) fn studied(model: &mut Model, number: u64, studied: Studied) {
    if !model.studies.take(studied.slot(), number) {
        return;
    }
    let area = model.area();
    match studied {
        Studied::Facets(found) => facets::found(model, found),
        Studied::Lens(words) => lens::found(model, words),
        Studied::Values(values) => filter::completion::found(model, values),
        Studied::Marks(rows) => model.marks.found(rows),
        // The messages or help may stand above the layer by now.
        Studied::Why(why) => {
            let layer = model.overlays.iter_mut().rev().find_map(|layer| match layer {
                Overlay::Why(state) => Some(state),
                _ => None,
            });
            if let Some(state) = layer {
                state.take(why, area);
            }
        }
        Studied::Pairs(pairs) => {
            let layer = model.overlays.iter_mut().rev().find_map(|layer| match layer {
                Overlay::Pairs(state) => Some(state),
                _ => None,
            });
            if let Some(state) = layer {
                state.take(pairs, area);
            }
        }
    }
}

/// A question was not answered: what is on the screen stays.
pub(super) fn unanswered(model: &mut Model, generation: u64, why: String) {
    if generation == model.generation {
        if let Some(Purpose::Screen { .. }) = model.open.take() {
            model.refused = Some(why.clone());
        }
        model.ahead.forget();
        model.notes.tell(Weight::Failure, why, model.now);
    }
}

/// A study was not done.
pub(super) fn unstudied(model: &mut Model, number: u64, slot: Slot, why: String) {
    if !model.studies.take(slot, number) {
        return;
    }
    model.studies.refuse(slot, why.clone());
    match slot {
        Slot::Facets => facets::unknown(model),
        Slot::Lens => lens::found(model, String::new()),
        Slot::Values => filter::completion::unknown(model),
        // The layers say it where the counts would stand; what marks bear is known without their rows.
        Slot::Layer | Slot::Marks => {}
    }
    model.notes.tell(Weight::Failure, why, model.now);
}

/// How many candidates a jump asks for at first; more where that many entries share one instant.
const CANDIDATES: usize = 64;

/// Asks for the next row of some classes from the selected one on.
pub(super) fn ask_jump(
    model: &mut Model,
    newer: bool,
    classes: &'static [crate::event::Class],
) -> Option<Effect> {
    let from = model.selected()?.event.clone();
    send_jump(model, Jump { from, newer, classes, most: CANDIDATES })
}

fn send_jump(model: &mut Model, jump: Jump) -> Option<Effect> {
    let view = model.scope.view();
    let filter = (*model.scope.query).clone();
    let kept = match filter.classes() {
        Some(kept) => jump.classes.iter().copied().filter(|class| kept.contains(class)).collect(),
        None => jump.classes.to_vec(),
    };
    if kept.is_empty() {
        none_found(model, &jump, ": the filter leaves none");
        return None;
    }
    let (window, order) = if jump.newer {
        (Interval::new(jump.from.time, view.until), Order::OldestFirst)
    } else {
        (Interval::new(view.since, jump.from.time.plus(1)), Order::NewestFirst)
    };
    let question = Question {
        order,
        rows: 0..jump.most,
        ..Question::newest(filter.with_classes(&kept).into(), window, 0)
    };
    model.generation += 1;
    model.open = Some(Purpose::Jump(jump));
    Some(Effect::Ask { generation: model.generation, question })
}

/// The answer to a jump.
fn jumped(model: &mut Model, jump: Jump, answer: &Answer, effects: &mut Vec<Effect>) {
    let beyond = |row: &Row| {
        let order = row.event.newest_first(&jump.from);
        if jump.newer { order.is_lt() } else { order.is_gt() }
    };
    match answer.rows.iter().find(|row| beyond(row)) {
        Some(row) => {
            model.table.hold = Hold::Row(row.id);
            model.want = Want::Now;
        }
        None if answer.matched > answer.rows.len() => {
            let most = jump.most * 8;
            effects.extend(send_jump(model, Jump { most, ..jump }));
        }
        None => {
            none_found(model, &jump, " here");
            model.want = model.want.max(Want::Soon);
        }
    }
}

fn none_found(model: &mut Model, jump: &Jump, rest: &str) {
    let which = if jump.newer { "newer" } else { "older" };
    let names: Vec<&str> = jump.classes.iter().map(|class| class.name()).collect();
    let now = model.now;
    model.notes.tell(Weight::Info, format!("no {which} {}{rest}", names.join(" or ")), now);
}

/// A single record came, or not.
pub(super) fn single(
    model: &mut Model,
    identity: Identity,
    result: Result<Box<Event>, String>,
    more: bool,
    effects: &mut Vec<Effect>,
) {
    match result {
        Ok(event) => {
            model.singles.remove(&identity);
            let event = std::sync::Arc::new(*event);
            if let Some(state) = model.detail.as_mut().filter(|state| state.event.identity == event.identity)
            {
                state.event = event.clone();
            }
            model.marks.enrich(&event);
            record::enrich(model, &event);
            singles::came(model, identity, Ok(()), effects);
        }
        Err(why) => {
            // One that was let go may have failed meanwhile.
            if let Some(loading @ Single::Loading) = model.singles.get_mut(&identity) {
                *loading = Single::Failed(why.clone());
                singles::came(model, identity, Err(&why), effects);
            }
        }
    }
    if more {
        model.want = model.want.max(Want::Soon);
    }
}

/// What became of a copy.
pub(super) fn copied(model: &mut Model, text: &str, handed: Handed) {
    let now = model.now;
    let what = brief(text);
    match handed {
        Handed::Copied(way) => model.notes.tell(Weight::Info, format!("copied {what}: {way}"), now),
        Handed::Sent(way) => model.notes.tell(Weight::Info, format!("sent {what}: {way}"), now),
        Handed::Failed(why) => model.notes.tell(Weight::Failure, format!("not copied: {why}"), now),
    }
}

/// The most characters of a copied text that are told: beside them there is room for the way in 80
/// columns.
const TOLD: usize = 20;

/// A copied text in few words: itself where it is short, its beginning, or how many lines it has.
fn brief(text: &str) -> String {
    match text.lines().count() {
        0 | 1 => match text.char_indices().nth(TOLD) {
            Some(_) => text.chars().take(TOLD - 1).chain(['…']).collect(),
            None => text.to_owned(),
        },
        lines => format!("{} lines", grouped(lines as u64)),
    }
}

/// A file was written, or not.
pub(super) fn wrote(model: &mut Model, what: &str, result: Result<String, String>) {
    let now = model.now;
    match result {
        Ok(path) => model.notes.tell(Weight::Info, format!("{what} is in {path}"), now),
        Err(why) => model.notes.tell(Weight::Failure, format!("{what}: {why}"), now),
    }
}

/// How an export goes.
pub(super) fn exported(model: &mut Model, exported: Exported) {
    let now = model.now;
    model.exporting = None;
    match exported {
        Exported::Going { written, of } => model.exporting = Some((written, of)),
        Exported::Done { path, written } => {
            let words = format!("exported {} entries to {path}", grouped(written as u64));
            model.notes.tell(Weight::Info, words, now);
        }
        Exported::Cancelled => {
            model.notes.tell(Weight::Notice, "the export is cancelled; nothing is left of it", now);
        }
        Exported::Failed(why) => model.notes.tell(Weight::Failure, format!("not exported: {why}"), now),
    }
}

/// A config was written and its source checked, or not.
pub(super) fn configured(model: &mut Model, result: Result<String, String>, effects: &mut Vec<Effect>) {
    let now = model.now;
    match result {
        Ok(source) => {
            let wish = Wish { open: Open::Sources(vec![source]), view: None };
            super::views::open(model, wish, effects);
        }
        Err(why) => {
            let form = model.overlays.iter_mut().find_map(|layer| match layer {
                Overlay::Welcome(welcome::State { step: welcome::Step::Config(form), .. }) => Some(form),
                _ => None,
            });
            if let Some(form) = form {
                // Whole, where it is to be mended.
                form.failure = Some(why.clone());
            }
            model.notes.tell(Weight::Failure, why, now);
        }
    }
}
