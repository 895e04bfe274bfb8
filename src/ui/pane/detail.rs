//! The detail of one entry: everything that is known of it, in sections, with its changes as a diff.
//!
//! The sheet (`detail/sheet`) is made once and kept until entry, width, folds, zone or age change.
//! Where the system tells more of a single record, that is asked for when the detail is opened.

mod find;
mod record;
mod sections;
pub mod sheet;
pub mod subject;

use std::collections::HashSet;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::answer::RowId;
use crate::event::Event;
use crate::json::Pointer;
use crate::text;
use crate::timestamp::Timestamp;
use crate::ui::cells::{Cut, Text, grouped};
use crate::ui::model::{Model, Region, Single};
use crate::ui::theme::{Name, Role};
use crate::ui::widget::scrollbar;
use crate::ui::zone::{self, Zone};

pub use find::{Before, place, seek, step, take_back};
use sheet::{Context, Sheet};
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
    /// When to ask for the single record, unless another row is looked at by then.
    pub ask_at: Option<Timestamp>,
    /// Containers of the record that are not as they are at first (open or folded).
    folds: HashSet<Pointer>,
    /// How often folds or what is looked for have changed.
    changed: u64,
    /// What is looked for, as it was typed.
    wanted: String,
    made: Option<Made>,
}

/// The sheet, and what it was made of.
#[derive(Debug, Clone)]
struct Made {
    basis: Basis,
    sheet: Sheet,
    /// The lines that hold what is looked for.
    hits: Vec<usize>,
}

/// What a sheet is made of.
#[derive(Debug, Clone)]
struct Basis {
    event: Arc<Event>,
    single: Option<Single>,
    has_single: bool,
    width: u16,
    zone: Zone,
    /// How old the entry is, in words.
    age: String,
    changed: u64,
    theme: Name,
}

impl PartialEq for Basis {
    fn eq(&self, other: &Self) -> bool {
        let rest = |basis: &Self| (basis.has_single, basis.width, basis.zone, basis.changed, basis.theme);
        // The entry is shared: comparing its record would cost as much as it is long, at each key.
        Arc::ptr_eq(&self.event, &other.event)
            && rest(self) == rest(other)
            && (&self.single, &self.age) == (&other.single, &other.age)
    }
}

impl State {
    /// The detail of a row, from its top.
    pub fn new(row: RowId, event: Arc<Event>) -> Self {
        Self {
            row,
            event,
            top: 0,
            cursor: 0,
            ask_at: None,
            folds: HashSet::new(),
            changed: 0,
            wanted: String::new(),
            made: None,
        }
    }

    /// How many lines there are; none until [`prepare`] has made them.
    pub fn count(&self) -> usize {
        self.made.as_ref().map_or(0, |made| made.sheet.count())
    }

    /// Puts the cursor on a line; `page` is how many lines are seen.
    pub fn go_to(&mut self, line: usize, page: usize) {
        let count = self.count();
        self.cursor = line.min(count.saturating_sub(1));
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(page));
        self.top = self.top.min(count.saturating_sub(page));
    }

    /// What the line under the cursor speaks of.
    pub fn subject(&self) -> Option<Subject> {
        self.made.as_ref()?.sheet.subject(self.cursor, &self.event)
    }

    /// Folds or unfolds the container under the cursor; whether there is one.
    pub fn fold(&mut self) -> bool {
        let made = self.made.as_ref();
        let Some(pointer) = made.and_then(|made| made.sheet.fold(self.cursor, &self.event)) else {
            return false;
        };
        if !self.folds.remove(&pointer) {
            self.folds.insert(pointer);
        }
        self.changed += 1;
        true
    }

    /// Looks for a text from now on; what folds hide is unfolded. An empty one is nothing.
    pub fn look_for(&mut self, wanted: &str) {
        wanted.clone_into(&mut self.wanted);
        self.changed += 1;
        if let Some(made) = self.made.as_ref().filter(|_| !wanted.is_empty()) {
            find::open_to(&text::fold(wanted), &self.event, made.sheet.outline(), &mut self.folds);
        }
    }

    /// What is looked for, as it was typed.
    pub fn wanted(&self) -> &str {
        &self.wanted
    }

    /// The lines that hold it.
    pub fn hits(&self) -> &[usize] {
        self.made.as_ref().map_or(&[], |made| &made.hits)
    }

    /// Its lines as text.
    #[cfg(test)]
    pub fn texts(&self, theme: &crate::ui::theme::Theme) -> Vec<String> {
        let texts = self.made.iter().flat_map(|made| made.sheet.texts(0..usize::MAX, &self.event, theme));
        texts.map(|text| text.plain()).collect()
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
    let Some(mut state) = model.detail.take() else { return };
    let event = state.event.clone();
    let source = model.source(&event);
    let basis = Basis {
        event: event.clone(),
        single: model.singles.get(&event.identity).cloned(),
        has_single: source.is_some_and(|source| source.has_single),
        width,
        zone,
        age: zone::length(model.now.micros() - event.time.micros()),
        changed: state.changed,
        theme: model.theme.name,
    };
    let known = state.made.as_ref();
    if known.is_some_and(|made| made.basis == basis) {
        model.detail = Some(state);
        return;
    }
    let wanted = text::fold(&state.wanted);
    let outline = if let Some(made) = known.filter(|made| Arc::ptr_eq(&made.basis.event, &event)) {
        made.sheet.outline().clone()
    } else {
        let outline: Arc<_> = record::outline(&event).into();
        // What is looked for is looked for in each entry.
        if !wanted.is_empty() {
            find::open_to(&wanted, &event, &outline, &mut state.folds);
        }
        outline
    };
    let context = Context {
        source,
        single: basis.single.as_ref(),
        zone,
        now: model.now,
        folds: Some(&state.folds),
        width: usize::from(width),
        theme: &model.theme,
    };
    let sheet = Sheet::new(&event, outline, context);
    let hits = sheet.hits(&wanted, &event, &model.theme);
    state.made = Some(Made { basis, sheet, hits });
    state.go_to(state.cursor, page);
    model.detail = Some(state);
}

/// All of the open detail as plain text, nothing folded and no line broken; hostile characters are
/// visible marks.
pub fn plain(model: &Model) -> Option<String> {
    /// No line is as wide.
    const UNBROKEN: usize = usize::MAX / 4;
    let state = model.detail.as_ref()?;
    let event = &state.event;
    let context = Context {
        source: model.source(event),
        single: model.singles.get(&event.identity),
        zone: model.zone(),
        now: model.now,
        folds: None,
        width: UNBROKEN,
        theme: &model.theme,
    };
    let sheet = Sheet::new(event, record::outline(event).into(), context);
    let texts = sheet.texts(0..sheet.count(), event, &model.theme);
    let lines: Vec<String> = texts.iter().map(|text| text.plain().trim_end().to_owned()).collect();
    Some(lines.join("\n"))
}

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let Some(state) = &model.detail else { return };
    let focused = model.has_focus(Region::Detail);
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
    let Some(made) = &state.made else { return };
    let seen = state.top..state.top + usize::from(list.height);
    let texts = made.sheet.texts(seen.clone(), &state.event, theme);
    for ((at, text), y) in seen.zip(texts).zip(list.top()..list.bottom()) {
        if at == state.cursor && model.focus == Region::Detail {
            Text::own(theme.glyphs().marker, Role::Accent, theme).draw(buffer, area.x, y, 1);
        }
        text.draw(buffer, area.x + 1, y, area.width.saturating_sub(2));
    }
    let bar = Rect { x: area.right() - 1, width: 1, ..list };
    scrollbar::draw(buffer, bar, state.count(), state.top, usize::from(list.height), theme);
}
