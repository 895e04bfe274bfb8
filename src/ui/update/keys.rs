//! What keys do: a key becomes an action by the keymap and the present focus, the action happens
//! here.

use crossterm::event::KeyEvent;

use crate::answer::{Order, Sort};
use crate::event::Class;
use crate::interval::BUCKETS;
use crate::timestamp::SECOND;
use crate::ui::effect::Effect;
use crate::ui::errands::Errand;
use crate::ui::keymap::{Action, Focus, Key};
use crate::ui::model::{Model, Region, Single, Want};
use crate::ui::notes::Weight;
use crate::ui::overlay::{self, List, Overlay, export, help, line, palette, sources, time};
use crate::ui::pane::detail;
use crate::ui::pane::table::{self, Hold};
use crate::ui::scope::Scope;
use crate::ui::setup::Opened;
use crate::ui::widget::menu::Menu;

use super::{
    ahead, arrive, buckets, cell, fetching, go, handing, inside, leaving, marks, pushed, questions, record,
    singles, typing, views,
};

/// Within how long a second Ctrl-c quits, microseconds.
const TWICE: i64 = SECOND;

/// The classes of `e` and `E`.
const FAILURES: &[Class] = &[Class::S5xx, Class::Failure];
/// The classes of `w` and `W`.
const REFUSALS: &[Class] = &[Class::S4xx];

/// A key was pressed.
pub(super) fn key(model: &mut Model, event: &KeyEvent, effects: &mut Vec<Effect>) {
    let key = Key::pressed(event);
    let action = model.keymap.action(model.key_focus(), key);
    // An Alt-letter without a meaning is Esc and the letter in one breath.
    if let (None, Some(plain)) = (action, key.without_alt()) {
        let escape = Key::parse("Esc").expect("Esc is a key");
        press(model, escape, effects);
        press(model, plain, effects);
        return;
    }
    press(model, key, effects);
}

pub(super) fn press(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    let focus = model.key_focus();
    let action = model.keymap.action(focus, key);
    if action == Some(Action::Cancel) {
        cancel(model, effects);
        return;
    }
    if leaving::answer(model, action, effects) {
        return;
    }
    // Where that was another key than an answer, it means what it does without the question.
    let focus = model.key_focus();
    let action = model.keymap.action(focus, key);
    // The next key makes room for counts and hints again; but a line up or down, which must cost little
    // on a slow line, leaves what is said to its time.
    if !matches!(action, Some(Action::Down | Action::Up)) {
        model.notes.dismiss();
    }
    if !model.overlays.is_empty() && (focus == Focus::Prompt || !is_above_layers(action)) {
        match overlay::key(model, action, key) {
            overlay::Outcome::Stay | overlay::Outcome::Close | overlay::Outcome::Above(_) => {}
            overlay::Outcome::Unused => beyond(model, action, key, effects),
            overlay::Outcome::StayWith(wanted) | overlay::Outcome::CloseWith(wanted) => {
                effects.extend(wanted);
            }
            overlay::Outcome::Window(window) => {
                let scope = Scope { window, zoom: None, ..model.scope.clone() };
                go(model, scope, effects);
            }
            outcome => {
                if let Some(outcome) = handing::layer(model, outcome, effects) {
                    questions::layer(model, outcome, effects);
                }
            }
        }
        return;
    }
    let in_facets = model.focus == Region::Facets && model.overlays.is_empty() && !model.filter.is_editing();
    if in_facets && questions::facets(model, action, key, effects) {
        return;
    }
    if focus == Focus::Prompt {
        typing::typed(model, action, key, effects);
        return;
    }
    match action {
        Some(action) => act(model, action, effects),
        None => unbound(model, key),
    }
}

/// Whether an action works in layers as it does everywhere, whatever the layer makes of its key.
fn is_above_layers(action: Option<Action>) -> bool {
    matches!(action, Some(Action::StepBack | Action::Quit | Action::Suspend))
}

/// A key that the topmost layer has no use for: what helps there too is done, of the rest it is said
/// where it works.
fn beyond(model: &mut Model, action: Option<Action>, key: Key, effects: &mut Vec<Effect>) {
    match action {
        Some(helps @ (Action::Help | Action::Messages | Action::Palette | Action::Zone | Action::Mouse)) => {
            act(model, helps, effects);
        }
        Some(_) => {
            let now = model.now;
            model.notes.tell(Weight::Info, format!("{key} does nothing in here; Esc closes it"), now);
        }
        None => unbound(model, key),
    }
}

/// Says that a key means nothing.
fn unbound(model: &mut Model, key: Key) {
    let now = model.now;
    let help = model.keymap.key_of(Action::Help).map(|key| format!("; {key} shows the keys"));
    let words = format!("{key} does nothing here{}", help.unwrap_or_default());
    model.notes.tell(Weight::Info, words, now);
}

/// Opens a layer above all others; where one of its kind is open already, that one is closed.
fn raise(model: &mut Model, layer: Overlay) {
    let kind = std::mem::discriminant(&layer);
    model.overlays.retain(|open| std::mem::discriminant(open) != kind);
    model.overlays.push(layer);
}

fn cancel(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now;
    if model.cancelled_at.is_some_and(|at| now.micros() - at.micros() < TWICE) {
        effects.push(Effect::Quit(130));
        return;
    }
    model.cancelled_at = Some(now);
    if ahead::cancel(model) || leaving::take_back(model) {
        return;
    }
    if let [Overlay::Welcome(state)] = &mut model.overlays[..] {
        state.step_back();
        return;
    }
    if record::cancel(model, effects) {
        return;
    }
    if let Some(layer) = model.overlays.pop() {
        if let Overlay::Line(state) = &layer {
            line::take_back(state, model);
        }
        return;
    }
    if model.filter.is_editing() {
        typing::take_back(model, effects);
    } else if model.exporting.is_some() {
        effects.push(Effect::CancelExport);
    } else if leaving::cancel(model, effects) {
        // What it was is said there.
    } else if model.feed.is_active() && model.batch.is_none() {
        singles::cancel(model, effects);
        effects.push(Effect::CancelFetch);
        model.errands.cancel();
        let rest = model.keymap.clause("; ", Action::RetryGaps, "fetches what is missing");
        model.notes.tell(Weight::Notice, format!("fetching is cancelled{rest}, Ctrl-c again quits"), now);
    } else if !singles::cancel(model, effects) {
        model.notes.tell(Weight::Info, "nothing runs; Ctrl-c again quits", now);
    }
}

pub(super) fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if model.focus == Region::Detail && inside::key(model, action, effects) {
        return;
    }
    match action {
        Action::Filter => {
            let text = model.scope.text.clone();
            model.filter.prompt.begin(&text);
            model.filter.at_hand.clone_from(&model.answer.rows);
            model.filter.before = Some(model.scope.clone());
            model.filter.seen = Some(model.seen());
            model.filter.error = None;
        }
        Action::ClearFilter => {
            let scope = model.scope.unfiltered();
            go(model, scope, effects);
        }
        Action::Class2xx => toggle(model, Class::S2xx, effects),
        Action::Class3xx => toggle(model, Class::S3xx, effects),
        Action::Class4xx => toggle(model, Class::S4xx, effects),
        Action::Class5xx => toggle(model, Class::S5xx, effects),
        Action::ClassSuccess => toggle(model, Class::Success, effects),
        Action::ClassFailure => toggle(model, Class::Failure, effects),
        Action::ClassUnknown => toggle(model, Class::Unknown, effects),
        Action::ClassAll => classes(model, &[], effects),
        Action::Time => model.overlays.push(Overlay::Time(time::State::new(model))),
        Action::Help => {
            let from = model.key_focus();
            raise(model, Overlay::Help(help::State::new(from)));
        }
        Action::Palette => raise(model, Overlay::Palette(palette::State::default())),
        Action::CopyMenu => {
            model.marks.look_up();
            model.overlays.push(Overlay::Copy(Menu::default()));
        }
        Action::Sources => {
            let state = sources::State::new(model);
            model.overlays.push(Overlay::Sources(state));
        }
        Action::Export => {
            let state = export::State::new(model);
            model.overlays.push(Overlay::Export(state));
        }
        Action::Messages => raise(model, Overlay::Messages(List::default())),
        Action::Zone => {
            model.times = model.zones.next(model.times);
            let (words, now) = (model.zones.words(model.times), model.now);
            model.notes.tell(Weight::Info, words, now);
        }
        Action::Back => step(model, false, effects),
        Action::Forward => step(model, true, effects),
        Action::CopyId => copy_id(model, effects),
        Action::NextFailure => buckets::next(model, false, FAILURES, effects),
        Action::PreviousFailure => buckets::next(model, true, FAILURES, effects),
        Action::Next4xx => buckets::next(model, false, REFUSALS, effects),
        Action::Previous4xx => buckets::next(model, true, REFUSALS, effects),
        Action::Order if model.sort.is_some() => {
            model.sort = model.sort.map(|sort| Sort { descending: !sort.descending, ..sort });
            model.want = Want::Now;
        }
        Action::Order => {
            model.order = match model.order {
                Order::NewestFirst => Order::OldestFirst,
                Order::OldestFirst => Order::NewestFirst,
            };
            model.want = Want::Now;
        }
        Action::ToggleHistogram => {
            model.histogram.hidden = !model.histogram.hidden;
            if model.histogram.hidden && model.focus == Region::Histogram {
                focus(model, Region::Table);
            }
            model.want = Want::Now;
        }
        Action::FocusNext => cycle(model, true),
        Action::FocusPrevious => cycle(model, false),
        Action::Pause => {
            let pause = !model.feed.is_paused();
            model.feed.set_paused(pause);
            effects.push(if pause { Effect::Pause } else { Effect::Resume });
            let words = if pause { "fetching is paused; p goes on" } else { "fetching goes on" };
            let now = model.now;
            model.notes.tell(Weight::Info, words, now);
        }
        Action::RetryGaps => retry(model, effects),
        Action::Facets
        | Action::Why
        | Action::TwoFields
        | Action::Columns
        | Action::Find
        | Action::NextHit
        | Action::PreviousHit
        | Action::GoToTime
        | Action::Reveal => questions::key(model, action, effects),
        Action::CellLeft
        | Action::CellRight
        | Action::Include
        | Action::Exclude
        | Action::CopyCell
        | Action::Lens
        | Action::LensActor
        | Action::SortColumn
        | Action::Around => cell::key(model, action, effects),
        Action::AskServer => fetching::ask_server(model, effects),
        Action::FetchNewer => fetching::fetch_newer(model, effects),
        Action::Follow => fetching::follow(model, effects),
        Action::HoldStill => fetching::hold(model),
        Action::Mouse => {
            model.mouse = !model.mouse;
            effects.push(Effect::Mouse(model.mouse));
            let words = if model.mouse {
                "the mouse is ours; its key again leaves it to the terminal"
            } else {
                "the mouse is the terminal's"
            };
            let now = model.now;
            model.notes.tell(Weight::Info, words, now);
        }
        Action::StepBack => step_back(model, effects),
        Action::Quit => quit(model, effects),
        Action::KeepFetched => leaving::begin(model, false, effects),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::OpenDetail => open_detail(model),
        Action::Brush
        | Action::SwapBrush
        | Action::ZoomTo
        | Action::ZoomIn
        | Action::ZoomOut
        | Action::Stack
        | Action::Curve => {
            buckets::key(model, action, effects);
        }
        Action::BucketLeft | Action::BucketRight | Action::BucketFirst | Action::BucketLast => {
            let cursor = model.histogram.cursor.unwrap_or(BUCKETS - 1);
            let next = match action {
                Action::BucketLeft => cursor.saturating_sub(1),
                Action::BucketRight => (cursor + 1).min(BUCKETS - 1),
                Action::BucketFirst => 0,
                _ => BUCKETS - 1,
            };
            buckets::go_to(model, next);
        }
        Action::Mark
        | Action::Marks
        | Action::NextMark
        | Action::PreviousMark
        | Action::NoteMark
        | Action::Compare => marks::key(model, action),
        Action::RecordHistory => record::open(model, None, effects),
        Action::FetchSingles => singles::ask(model, effects),
        Action::NextRecord => select(model, model.table.selected.saturating_add(1)),
        Action::PreviousRecord => select(model, model.table.selected.saturating_sub(1)),
        Action::RetrySingle => {
            if let Some(state) = &mut model.detail
                && let Some(Single::Failed(_)) = model.singles.get(&state.event.identity)
            {
                model.singles.remove(&state.event.identity);
                state.ask_at = Some(model.now);
            } else {
                let now = model.now;
                model.notes.tell(Weight::Info, "no single record failed here", now);
            }
        }
        movement if movement.is_movement() => match model.focus {
            Region::Detail => scroll_detail(model, movement),
            _ => move_selection(model, movement),
        },
        elsewhere => {
            let now = model.now;
            let words = format!("{} is for another place than this", elsewhere.name());
            model.notes.tell(Weight::Info, words, now);
        }
    }
}

/// How far an action moves from a line, with so many lines and so many on a page.
fn moved(action: Action, at: usize, lines: usize, page: usize) -> usize {
    let far = page.saturating_sub(1).max(1);
    match action {
        Action::Down => at.saturating_add(1),
        Action::Up => at.saturating_sub(1),
        Action::PageDown => at.saturating_add(far),
        Action::PageUp => at.saturating_sub(far),
        Action::HalfPageDown => at.saturating_add(page / 2),
        Action::HalfPageUp => at.saturating_sub(page / 2),
        Action::First => 0,
        Action::Last => lines.saturating_sub(1),
        _ => at,
    }
}

pub(super) fn move_selection(model: &mut Model, action: Action) {
    let page = model.page();
    let (at, matched) = (model.table.selected, model.answer.listed);
    let to = moved(action, at, matched, page);
    if matches!(action, Action::PageDown | Action::PageUp | Action::HalfPageDown | Action::HalfPageUp) {
        // The page moves with the selection, which keeps its line.
        let to = to.min(matched.saturating_sub(1));
        let shifted =
            if to >= at { model.table.top + (to - at) } else { model.table.top.saturating_sub(at - to) };
        model.table.top = shifted;
    }
    if action == Action::Last {
        model.table.top = table::lines(model, matched).saturating_sub(page);
    }
    select(model, to);
}

/// Selects a row by its place.
pub(super) fn select(model: &mut Model, place: usize) {
    let page = model.page();
    let matched = model.answer.listed;
    model.table.selected = place.min(matched.saturating_sub(1));
    model.scroll_into_view();
    model.table.hold = if model.table.selected == 0 {
        Hold::First
    } else {
        model.selected().map_or(Hold::Place, |row| Hold::Row(row.id))
    };
    let seen = model.table.top..(model.table.top + page).min(matched);
    let here = model.answered_from..model.answered_from + model.answer.rows.len();
    // Half a page before the answered rows end, the next ones are asked for.
    let ahead = (seen.end + page / 2).min(matched);
    let behind = seen.start.saturating_sub(page / 2);
    if seen.start < here.start || seen.end > here.end || model.table.hold == Hold::Place {
        model.want = Want::Now;
    } else if ahead > here.end || behind < here.start {
        model.want = model.want.max(Want::Soon);
    }
    if model.focus == Region::Histogram {
        model.histogram.cursor = None;
    }
}

pub(super) fn scroll_detail(model: &mut Model, action: Action) {
    let page = detail::page(model);
    if let Some(state) = &mut model.detail {
        let lines = state.count();
        let to = moved(action, state.cursor, lines, page);
        if matches!(action, Action::PageDown | Action::HalfPageDown) {
            state.top += to.min(lines.saturating_sub(1)).saturating_sub(state.cursor);
        }
        if matches!(action, Action::PageUp | Action::HalfPageUp) {
            state.top = state.top.saturating_sub(state.cursor - to);
        }
        state.go_to(to, page);
    }
}

fn toggle(model: &mut Model, class: Class, effects: &mut Vec<Effect>) {
    let mut lit = model.scope.query.classes().unwrap_or_default();
    match lit.iter().position(|known| *known == class) {
        Some(at) => {
            lit.remove(at);
        }
        None => lit.push(class),
    }
    classes(model, &lit, effects);
}

fn classes(model: &mut Model, lit: &[Class], effects: &mut Vec<Effect>) {
    let query = (*model.scope.query).clone().with_classes(lit);
    if query != *model.scope.query {
        let scope = model.scope.with_query(query);
        go(model, scope, effects);
    }
}

fn step(model: &mut Model, forward: bool, effects: &mut Vec<Effect>) {
    let there = if forward { model.history.forward(&model.scope) } else { model.history.back(&model.scope) };
    if let Some(scope) = there {
        arrive(model, scope, effects);
    } else if forward || !views::restore(model, effects) {
        let words = if forward { "nothing to go forward to" } else { "nothing to go back to" };
        let now = model.now;
        model.notes.tell(Weight::Info, words, now);
    }
}

fn copy_id(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now;
    match model.selected().and_then(|row| row.event.copy_id().map(str::to_owned)) {
        Some(id) => effects.push(Effect::Copy(id)),
        None if model.selected().is_some() => {
            model.notes.tell(Weight::Notice, "this entry has neither a request id nor an id", now);
        }
        None => model.notes.tell(Weight::Info, "no row is selected", now),
    }
}

pub(super) fn focus(model: &mut Model, region: Region) {
    model.focus = region;
    model.histogram.brush = None;
    model.histogram.cursor = None;
    if region == Region::Histogram {
        buckets::follow_selection(model);
    }
}

/// The next region that is on the screen.
fn cycle(model: &mut Model, forward: bool) {
    let regions = model.regions();
    let mut shown: Vec<Region> = [
        (Region::Facets, regions.facets),
        (Region::Table, regions.table),
        (Region::Histogram, regions.histogram),
        (Region::Detail, regions.detail),
    ]
    .into_iter()
    .filter(|(_, area)| area.area() > 0)
    .map(|(region, _)| region)
    .collect();
    if !forward {
        shown.reverse();
    }
    let at = shown.iter().position(|region| *region == model.focus).unwrap_or(0);
    if let Some(region) = shown.get((at + 1) % shown.len().max(1)).copied() {
        focus(model, region);
    }
}

fn retry(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now;
    if matches!(model.setup.opened, Opened::Files(_)) {
        model.notes.tell(Weight::Info, "a file is read once, whole: there is nothing to fetch", now);
        return;
    }
    match model.feed.missing(model.scope.window, &model.scope.query) {
        Some(window) => {
            let errand = Errand::new(window, pushed(model));
            fetching::begin(model, errand, effects);
            let words = format!("fetching what is missing of {}", model.zone().window(window));
            model.notes.tell(Weight::Info, words, now);
        }
        None => model.notes.tell(Weight::Info, "nothing is missing in this window", now),
    }
}

pub(super) fn open_detail(model: &mut Model) {
    let now = model.now;
    let Some(row) = model.selected() else {
        model.notes.tell(Weight::Info, "no row is selected", now);
        return;
    };
    let mut state = detail::State::new(row.id, row.event.clone());
    state.ask_at = Some(now);
    if model.detail.is_none() {
        model.detail = Some(state);
    } else if let Some(open) = &mut model.detail {
        open.ask_at = Some(now);
    }
    model.scroll_into_view();
    model.want = model.want.max(Want::Soon);
    focus(model, Region::Detail);
}

pub(super) fn close_detail(model: &mut Model) {
    model.detail = None;
    model.scroll_into_view();
    model.want = model.want.max(Want::Soon);
    focus(model, Region::Table);
}

/// One step back; never quits.
fn step_back(model: &mut Model, effects: &mut Vec<Effect>) {
    if let [Overlay::Welcome(state)] = &mut model.overlays[..] {
        if !state.step_back() {
            let now = model.now;
            model.notes.tell(Weight::Info, "q quits", now);
        }
        return;
    }
    if let Some(Overlay::Pairs(state)) = model.overlays.last_mut()
        && state.step_back()
    {
        return;
    }
    if model.overlays.pop().is_some() {
        return;
    }
    if model.focus == Region::Facets {
        questions::close_facets(model);
        return;
    }
    if model.histogram.brush.take().is_some() {
        return;
    }
    if model.focus == Region::Histogram {
        focus(model, Region::Table);
    } else if model.detail.is_some() {
        close_detail(model);
    } else if model.facets.is_some() {
        questions::close_facets(model);
    } else if model.reveal {
        questions::key(model, Action::Reveal, effects);
    } else if model.scope.lens.is_some() {
        step(model, false, effects);
    } else {
        let now = model.now;
        model.notes.tell(Weight::Info, "q quits", now);
    }
}

/// Closes a layer; at the root quits.
fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.setup.opened == Opened::Nothing && model.overlays.len() == 1 {
        effects.push(Effect::Quit(0));
        return;
    }
    if model.overlays.pop().is_some() {
        return;
    }
    if model.focus == Region::Facets {
        questions::close_facets(model);
    } else if model.detail.is_some() {
        close_detail(model);
    } else {
        leaving::leave(model, None, effects);
    }
}
