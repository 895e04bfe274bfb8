//! The detail of one entry: everything that is known of it, in sections, with its changes as a diff.
//!
//! The lines are made once (`detail/sections`) and kept until entry, width, folds, zone or age change.
//! Where the system tells more of a single record, that is asked for when the detail is opened.

mod find;
pub mod sections;
pub mod subject;

use std::collections::HashSet;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::answer::RowId;
use crate::event::Event;
use crate::json::Pointer;
use crate::timestamp::Timestamp;
use crate::ui::cells::{Cut, Text, grouped};
use crate::ui::model::{Model, Region, Single};
use crate::ui::notes::Weight;
use crate::ui::theme::Role;
use crate::ui::widget::{jsontree, scrollbar};
use crate::ui::zone::{self, Zone};

use subject::Subject;

/// The detail's state.
#[derive(Debug, Clone)]
pub struct State {
    /// The row that it is of.
    pub row: RowId,
    /// The entry.
    pub event: Arc<Event>,
    /// The first line shown.
    pub top: usize,
    /// The line under the cursor.
    pub cursor: usize,
    /// Containers of the record that are not as they are at first (open or folded).
    pub folds: HashSet<Pointer>,
    /// When to ask for the single record, unless another row is looked at by then.
    pub ask_at: Option<Timestamp>,
    wanted: String,
    made: Option<(Basis, Vec<Line>)>,
}

/// What the lines were made of.
#[derive(Debug, Clone, PartialEq)]
struct Basis {
    event: Arc<Event>,
    single: Option<Single>,
    has_single: bool,
    width: u16,
    zone: Zone,
    /// How old the entry is, in words.
    age: String,
    folds: HashSet<Pointer>,
    theme: crate::ui::theme::Name,
}

/// A line of the detail.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it says.
    pub text: Text,
    /// The container of the record that it folds.
    pub fold: Option<Pointer>,
    /// What it speaks of.
    pub subject: Option<Subject>,
    /// On the first line of several that were one: all that they say, for finding.
    pub whole: Box<str>,
}

impl State {
    /// The detail of a row, from its top.
    pub fn new(row: RowId, event: Arc<Event>) -> Self {
        Self {
            row,
            event,
            top: 0,
            cursor: 0,
            folds: HashSet::new(),
            ask_at: None,
            wanted: String::new(),
            made: None,
        }
    }

    /// The lines, made by [`prepare`].
    pub fn lines(&self) -> &[Line] {
        self.made.as_ref().map_or(&[], |(_, lines)| lines)
    }

    /// Puts the cursor on a line; `page` is how many lines are seen.
    pub fn go_to(&mut self, line: usize, page: usize) {
        let count = self.lines().len();
        self.cursor = line.min(count.saturating_sub(1));
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(page));
        self.top = self.top.min(count.saturating_sub(page));
    }

    /// What the line under the cursor speaks of.
    pub fn subject(&self) -> Option<&Subject> {
        self.lines().get(self.cursor)?.subject.as_ref()
    }

    /// Folds or unfolds the container under the cursor; whether there is one.
    pub fn fold(&mut self) -> bool {
        let Some(pointer) = self.lines().get(self.cursor).and_then(|line| line.fold.clone()) else {
            return false;
        };
        if !self.folds.remove(&pointer) {
            self.folds.insert(pointer);
        }
        true
    }
}

/// How many lines the detail shows.
pub fn page(model: &Model) -> usize {
    usize::from(model.regions().detail.height.saturating_sub(1)).max(1)
}

/// Makes the lines anew where what they are made of has changed.
pub fn prepare(model: &mut Model) {
    let width = model.regions().detail.width.saturating_sub(2);
    let zone = model.zone();
    let page = page(model);
    let Some(state) = &model.detail else { return };
    let basis = Basis {
        event: state.event.clone(),
        single: model.singles.get(&state.event.identity).cloned(),
        has_single: model.source(&state.event).is_some_and(|source| source.has_single),
        width,
        zone,
        age: zone::length(model.now.micros() - state.event.time.micros()),
        folds: state.folds.clone(),
        theme: model.theme.name,
    };
    if state.made.as_ref().is_some_and(|(known, _)| *known == basis) {
        return;
    }
    let source = model.source(&state.event);
    let lines = sections::lines(
        &state.event,
        &sections::Context {
            source,
            single: basis.single.as_ref(),
            zone,
            now: model.now,
            folds: &state.folds,
            width: usize::from(width),
            theme: &model.theme,
        },
    );
    if let Some(state) = &mut model.detail {
        state.made = Some((basis, lines));
        state.go_to(state.cursor, page);
    }
}

/// Finds a text in the open detail and goes to the first line that holds it.
pub fn find(model: &mut Model, wanted: &str) {
    let now = model.now;
    let Some(state) = &mut model.detail else { return };
    state.find(wanted);
    if wanted.is_empty() {
        model.notes.tell(Weight::Info, "nothing is looked for any more", now);
        return;
    }
    prepare(model);
    hit(model, false, true);
}

/// Goes to the next line that holds what is looked for, or to the one before; `here`: the cursor's
/// own line counts too.
pub fn hit(model: &mut Model, before: bool, here: bool) {
    let (now, page) = (model.now, page(model));
    let Some(state) = &mut model.detail else { return };
    let wanted = state.wanted().to_owned();
    if wanted.is_empty() {
        model.notes.tell(Weight::Info, "nothing is looked for; f finds", now);
    } else if let Some(line) = state.next_hit(before, here) {
        state.go_to(line, page);
        let words = match state.hits() {
            1 => format!("{wanted}: 1 line"),
            hits => format!("{wanted}: {hits} lines; n the next, N the one before"),
        };
        model.notes.tell(Weight::Info, words, now);
    } else {
        model.notes.tell(Weight::Info, format!("{wanted}: not in this record"), now);
    }
}

/// The folds with which every container of the record is open.
pub fn unfolded(event: &Event) -> HashSet<Pointer> {
    let (rows, _) = jsontree::lines(event.record.node(), |_, _, _| true, |_, _| false);
    rows.into_iter()
        .filter(|row| row.open == Some(true) && !sections::is_open_at_first(row.depth, row.node))
        .map(|row| row.pointer)
        .collect()
}

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let Some(state) = &model.detail else { return };
    let focused = model.focus == Region::Detail && model.overlays.is_empty();
    let role = if focused { Role::HeaderFocused } else { Role::Header };
    Text::own(&" ".repeat(usize::from(area.width)), role, theme).draw(buffer, area.x, area.y, area.width);
    let place = match model.selected() {
        Some(row) if row.event.identity == state.event.identity => {
            let [at, of] = [model.table.selected + 1, model.answer.listed].map(|count| grouped(count as u64));
            format!(" {at} of {of} ")
        }
        _ => " not among the rows ".to_owned(),
    };
    let place = Text::own(&place, role, theme);
    let start = place.draw_right(buffer, area.right(), area.y, area.width);
    let title = state.event.action.as_deref().or(state.event.id.as_deref()).unwrap_or("entry");
    let mut header = Text::own(" ", role, theme);
    header.push_entry(title, theme.style(role), theme);
    let room = usize::from(start.saturating_sub(area.x + 1));
    header.fitted(room, Cut::End, theme).draw(buffer, area.x, area.y, room as u16);

    let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let lines = state.lines();
    for (line, y) in lines.iter().enumerate().skip(state.top).zip(list.top()..list.bottom()) {
        let (at, line) = line;
        if at == state.cursor && model.focus == Region::Detail {
            Text::own(theme.glyphs().marker, Role::Accent, theme).draw(buffer, area.x, y, 1);
        }
        line.text.draw(buffer, area.x + 1, y, area.width.saturating_sub(2));
    }
    let bar = Rect { x: area.right() - 1, width: 1, ..list };
    scrollbar::draw(buffer, bar, lines.len(), state.top, usize::from(list.height), theme);
}
