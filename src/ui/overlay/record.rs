//! A record's history, oldest to newest: the entries on it, what each changed, the state that it left,
//! and where the chain is broken; or one path's values alone.
//!
//! ```text
//! span: from when on, and how to reach further back
//! how many entries, how many do not tell, what is being fetched
//! the steps, a line each              │  the chosen step: its changes, breaks, the state since
//! ```
//!
//! Below 140 columns the chosen step stands below the list. Not here: what is fetched for it
//! (`update::record`), and the chaining (`changes::history`).

mod lines;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::changes::RecordKey;
use crate::changes::history::{Step, Told};
use crate::event::field::Field;
use crate::event::{Event, Identity};
use crate::json::Pointer;
use crate::timestamp::Timestamp;
use crate::ui::cells::{Cut, Text};
use crate::ui::keymap::{Action, Key};
use crate::ui::layout::SIDE_WIDTH;
use crate::ui::model::Model;
use crate::ui::theme::{Name, Role};
use crate::ui::trace::Trace;
use crate::ui::widget::{aligned, scrollbar};
use crate::ui::zone::Zone;

use super::rows::Rows;
use super::{Outcome, Overlay, frame, full, narrowed_title};

/// From when on the record's entries are at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// From the start of the window that is looked at.
    Window(Timestamp),
    /// From an instant inside it: before that there are gaps.
    Loaded(Timestamp),
    /// From an instant before it, fetched for this history.
    Fetched(Timestamp),
    /// All that the system keeps: its own route for one record told it.
    Whole,
}

impl Span {
    /// The instant.
    pub fn since(self) -> Option<Timestamp> {
        match self {
            Self::Window(since) | Self::Loaded(since) | Self::Fetched(since) => Some(since),
            Self::Whole => None,
        }
    }
}

/// The layer's state.
#[derive(Debug, Clone)]
pub struct State {
    /// Which record.
    pub record: RecordKey,
    /// The entry that it was opened on.
    pub from: Identity,
    /// The path whose history alone is shown.
    pub path: Option<Pointer>,
    /// Whether its source has single records, which may tell more.
    pub has_single: bool,
    /// Whether more can be fetched than what lies in the window.
    pub reaches: bool,
    /// The number of the newest request for it.
    pub number: u64,
    /// What is known; `None`: not yet.
    pub trace: Option<Arc<Trace>>,
    /// Entries that were fetched for it and are not loaded.
    pub besides: Vec<Arc<Event>>,
    /// Whether entries came, at first those that are loaded, whose single records nobody asked for yet.
    pub brought: bool,
    /// From when on.
    pub span: Span,
    /// What is being fetched for it now: as of then it reaches back that far.
    pub fetching: Option<Span>,
    /// Why fetching failed.
    pub failed: Option<String>,
    /// The steps, or the turns of the path: the chosen one, and what they are narrowed by.
    pub rows: Rows,
    /// The first line shown of the chosen step.
    pub scroll: usize,
    /// What the chosen step says, and what that was made for.
    said: Option<(Basis, Vec<Text>)>,
}

/// What the words of a step depend on.
#[derive(Debug, Clone, PartialEq)]
struct Basis {
    /// Its address: the one before lives until this one is here.
    trace: usize,
    /// Whether the list is narrowed, which may leave no step.
    narrowed: bool,
    step: Option<usize>,
    path: Option<Pointer>,
    columns: u16,
    theme: Name,
    zone: Zone,
}

impl State {
    /// The history of a record, not known yet; `from` is the entry that it is opened on.
    pub fn new(record: RecordKey, from: Identity, number: u64, span: Span) -> Self {
        Self {
            record,
            from,
            path: None,
            has_single: false,
            reaches: false,
            number,
            trace: None,
            besides: Vec::new(),
            brought: true,
            span,
            fetching: None,
            failed: None,
            rows: Rows::default(),
            scroll: 0,
            said: None,
        }
    }

    /// The lines of the chosen step.
    fn said(&self) -> &[Text] {
        self.said.as_ref().map_or(&[], |(_, lines)| lines)
    }

    /// The numbers of the steps that are listed.
    pub fn listed(&self) -> Vec<usize> {
        let Some(trace) = &self.trace else { return Vec::new() };
        let mut listed: Vec<usize> = match &self.path {
            None => (0..trace.history.steps().len()).collect(),
            Some(path) => trace.history.path(path).turns.iter().map(|turn| turn.step).collect(),
        };
        if !self.rows.list.search.text().is_empty() {
            listed.retain(|step| self.shows(&trace.history.steps()[*step]));
        }
        listed
    }

    /// Whether a step has what the list is narrowed by: in who did what, or in the paths that changed.
    fn shows(&self, step: &Step) -> bool {
        let fields = [Field::Actor, Field::Action, Field::Status].map(|field| step.event.text(field));
        let paths: Vec<String> = match &step.told {
            Told::Undo(told) => told.iter().map(|undo| undo.path.to_string()).collect(),
            Told::Nothing => Vec::new(),
        };
        let fields = fields.iter().flatten().map(|text| &**text);
        self.rows.list.shows(fields.chain(paths.iter().map(String::as_str)))
    }

    /// The chosen step's number.
    pub fn step(&self) -> Option<usize> {
        self.listed().get(self.rows.cursor).copied()
    }

    /// What came of the question for it: the same step stays chosen, at first that of the entry that it
    /// was opened on, where that is listed, else the newest.
    pub fn take(&mut self, trace: &Arc<Trace>) {
        let chosen = self.step().zip(self.trace.as_ref());
        let chosen = chosen.map_or(self.from, |(step, trace)| trace.history.steps()[step].event.identity);
        let at = |step: &usize| trace.history.steps()[*step].event.identity == chosen;
        self.trace = Some(trace.clone());
        let listed = self.listed();
        self.rows.cursor = listed.iter().position(at).unwrap_or(listed.len().saturating_sub(1));
    }

    /// The keys that matter, each with a word or two, the way out last.
    pub fn hints(&self) -> &'static [(Action, &'static str)] {
        const EARLIER: (Action, &str) = (Action::Earlier, "90 d earlier");
        const REST: [(Action, &str); 4] = [
            (Action::MoveDown, "scroll"),
            (Action::Choose, "its row"),
            (Action::Narrow, "narrow"),
            (Action::StepBack, "close"),
        ];
        const ALL: [(Action, &str); 6] =
            [EARLIER, (Action::FetchSingles, "single records"), REST[0], REST[1], REST[2], REST[3]];
        let untold = |trace: &Arc<Trace>| trace.history.untold().next().is_some();
        match (self.reaches(), self.has_single && self.trace.as_ref().is_some_and(untold)) {
            (true, true) => &ALL,
            (false, true) => &ALL[1..],
            (true, false) => &[EARLIER, REST[0], REST[1], REST[2], REST[3]],
            (false, false) => &ALL[2..],
        }
    }

    /// Whether more can be fetched than what is known of it.
    pub fn reaches(&self) -> bool {
        self.reaches && self.span != Span::Whole
    }
}

/// Where list and chosen step lie.
struct Places {
    head: Rect,
    list: Rect,
    rule: Rect,
    step: Rect,
}

fn places(state: &State, model: &Model, inside: Rect) -> Places {
    let head = (lines::head(state, model, usize::from(inside.width)).len() as u16).min(inside.height);
    let body = Rect { y: inside.y + head, height: inside.height - head, ..inside };
    let head = Rect { height: head, ..inside };
    if model.size.0 >= SIDE_WIDTH {
        let list = Rect { width: body.width / 2, ..body };
        let rule = Rect { x: list.right(), width: 1.min(body.width - list.width), ..body };
        let step = Rect { x: rule.right() + 1, width: body.right().saturating_sub(rule.right() + 1), ..body };
        return Places { head, list, rule, step };
    }
    let rows = state.listed().len().max(1) as u16;
    let height = rows.min((body.height * 2 / 5).max(3)).min(body.height);
    let list = Rect { height, ..body };
    let rule = Rect { y: list.bottom(), height: 1.min(body.height - height), ..body };
    let step = Rect { y: rule.bottom(), height: body.bottom().saturating_sub(rule.bottom()), ..body };
    Places { head, list, rule, step }
}

fn inside(model: &Model) -> Rect {
    let place = full(model.area());
    Rect::new(place.x + 2, place.y + 1, place.width.saturating_sub(4), place.height.saturating_sub(2))
}

/// Makes what the chosen step says anew where that is another: comparing long values takes its time.
pub fn prepare(model: &mut Model) {
    let Some(place) = model.overlays.iter().position(|layer| matches!(layer, Overlay::Record(_))) else {
        return;
    };
    let Overlay::Record(state) = &model.overlays[place] else { return };
    let basis = Basis {
        trace: state.trace.as_ref().map_or(0, |trace| Arc::as_ptr(trace) as usize),
        narrowed: !state.rows.list.search.text().is_empty(),
        step: state.step(),
        path: state.path.clone(),
        columns: model.size.0,
        theme: model.theme.name,
        zone: model.zone(),
    };
    if state.said.as_ref().is_some_and(|(known, _)| *known == basis) {
        return;
    }
    let width = usize::from(places(state, model, inside(model)).step.width);
    let lines = lines::step(state, model, width);
    if let Overlay::Record(state) = &mut model.overlays[place] {
        state.said = Some((basis, lines));
    }
}

/// A key; `model` is without this layer.
pub fn key(state: &mut State, model: &mut Model, action: Option<Action>, key: Key) -> Outcome {
    let places = places(state, model, inside(model));
    let listed = state.listed().len();
    let page = usize::from(places.list.height);
    match action {
        _ if state.rows.key(action, key, listed, page) => state.scroll = 0,
        // What the chosen step says may be longer than its place.
        Some(Action::MoveDown | Action::MoveUp) => {
            let lines = state.said().len();
            let height = usize::from(places.step.height);
            let far = height.saturating_sub(1).max(1);
            let to = if action == Some(Action::MoveDown) {
                state.scroll + far
            } else {
                state.scroll.saturating_sub(far)
            };
            state.scroll = to.min(lines.saturating_sub(height));
        }
        Some(Action::Choose) => return choose(state, model),
        Some(Action::RecordHistory) if state.path.is_some() => {
            let step = state.step();
            state.path = None;
            state.rows = Rows { cursor: step.unwrap_or(0), ..Rows::default() };
            state.scroll = 0;
        }
        Some(Action::Earlier) => return crate::ui::update::record::earlier(state, model),
        Some(Action::FetchSingles) => return crate::ui::update::record::fetch_untold(state, model),
        Some(Action::RecordHistory) => return Outcome::Close,
        _ => return Outcome::Unused,
    }
    // What is listed, and so its place, may be another now.
    let page = usize::from(self::places(state, model, inside(model)).list.height);
    state.rows.go_to(state.rows.cursor, state.listed().len(), page);
    Outcome::Stay
}

/// Goes to the chosen entry in the table.
fn choose(state: &State, model: &mut Model) -> Outcome {
    let row = state.step().and_then(|step| {
        let trace = state.trace.as_ref()?;
        Some((*trace.rows.get(step)?, trace.history.steps()[step].event.clone()))
    });
    match row {
        Some((Some(row), event)) => {
            crate::ui::update::marks::select(model, row, &event);
            Outcome::Close
        }
        Some((None, _)) => {
            let now = model.now;
            let words = "this entry was fetched for the history alone and is not among the rows";
            model.notes.tell(crate::ui::notes::Weight::Info, words, now);
            Outcome::Stay
        }
        None => Outcome::Stay,
    }
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let kind = state.record.kind.as_deref().unwrap_or("record");
    let title = if state.rows.is_typing() || !state.rows.list.search.text().is_empty() {
        // What is typed needs the room more.
        format!("History of {kind}")
    } else {
        format!("History of {kind} {} ({})", state.record.id, state.record.source)
    };
    let place = full(area);
    let (title, typed_at) = narrowed_title(&crate::text::visible(&title), &state.rows.list, theme);
    let inside = frame(buffer, place, &title, theme);
    let places = places(state, model, inside);
    let head = lines::head(state, model, usize::from(inside.width));
    for (line, y) in head.iter().zip(places.head.top()..places.head.bottom()) {
        line.draw(buffer, inside.x, y, inside.width);
    }
    let listed = state.listed();
    let height = usize::from(places.list.height);
    let (cursor, top) = state.rows.seen(listed.len(), height);
    let width = usize::from(places.list.width.saturating_sub(1));
    let seen = top.min(listed.len())..(top + height).min(listed.len());
    let by: Vec<Vec<Text>> = listed[seen.clone()].iter().map(|step| lines::by(state, *step, theme)).collect();
    let columns = aligned::widths(by.iter().map(Vec::as_slice), width / 2);
    for ((at, by), y) in seen.zip(&by).zip(places.list.top()..) {
        let line = lines::listed(state, model, (listed[at], at == cursor), (by, &columns), width);
        line.fitted(width, Cut::End, theme).draw(buffer, places.list.x, y, places.list.width);
    }
    let beside = places.rule.height > 1;
    let bar = if beside { places.list.right() - 1 } else { inside.right() + 1 };
    let bar = Rect { x: bar, width: 1, ..places.list };
    scrollbar::draw(buffer, bar, listed.len(), top, height, theme);
    for y in places.rule.top()..places.rule.bottom() {
        for x in places.rule.left()..places.rule.right() {
            let glyph = if beside { theme.glyphs().divider } else { theme.glyphs().rule };
            Text::own(glyph, Role::Dim, theme).draw(buffer, x, y, 1);
        }
    }
    super::draw_lines(buffer, places.step, state.said(), state.scroll, theme);
    state.rows.is_typing().then(|| Position::new((place.x + typed_at).min(place.right() - 2), place.y))
}
