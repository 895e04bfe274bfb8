//! The choice of the table's columns: shown or hidden, their order, and values out of the record by
//! their pointer. Every change is seen at once behind the layer and lasts for the session.
//!
//! Not here: how wide columns are (`pane::table::columns`).

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::event::field::TABLE;
use crate::json::Pointer;
use crate::ui::cells::{Cut, Text};
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::pane::table::{self, columns};
use crate::ui::records;
use crate::ui::theme::Role;
use crate::ui::widget::scrollbar;
use columns::Column;

use super::rows::Rows;
use super::{Outcome, frame, full};

/// The layer's state.
#[derive(Debug, Clone)]
pub struct State {
    /// Its lines: the cursor, and what they are narrowed by.
    pub rows: Rows,
    /// All columns: those that are shown first, in their order.
    columns: Vec<(Column, bool)>,
}

/// The layer on the present columns.
pub fn open(model: &Model) -> State {
    let several = model.feed.sources().len() > 1;
    let columns = &model.table.columns;
    let shown: Vec<Column> = columns.chosen().map_or_else(|| columns.present(several), <[Column]>::to_vec);
    let fields =
        TABLE.iter().filter(|info| info.field.is_column()).filter_map(|info| Column::parse(info.name).ok());
    let paths = records::pointers(&model.answer.rows).into_iter().map(|(pointer, _)| Column::Path(pointer));
    let mut columns: Vec<(Column, bool)> = shown.into_iter().map(|column| (column, true)).collect();
    for column in columns::SHOWN.into_iter().chain(fields).chain(paths) {
        if !columns.iter().any(|(known, _)| *known == column) {
            columns.push((column, false));
        }
    }
    State { rows: Rows::default(), columns }
}

impl State {
    /// The places of the columns that the typed text leaves.
    fn places(&self) -> Vec<usize> {
        let matches = |(_, (column, _)): &(usize, &(Column, bool))| {
            self.rows.list.shows([column.name().as_str(), &column.label(), &column.about()])
        };
        self.columns.iter().enumerate().filter(matches).map(|(place, _)| place).collect()
    }

    /// The column that a typed pointer would be, where it is one that is not listed.
    fn typed(&self) -> Option<Column> {
        let typed = self.rows.list.search.text().trim();
        let pointer = Pointer::parse(typed.strip_prefix('@').unwrap_or(typed))?;
        let column = Column::Path(pointer.clone());
        (!pointer.is_root() && !self.columns.iter().any(|(known, _)| *known == column)).then_some(column)
    }

    fn count(&self) -> usize {
        self.places().len() + usize::from(self.typed().is_some())
    }

    /// Moves the column under the cursor past its neighbour among those that are shown.
    fn shift(&mut self, down: bool) -> bool {
        let Some(place) = self.places().get(self.rows.cursor).copied() else { return false };
        let other = if down { Some(place + 1) } else { place.checked_sub(1) };
        let both_shown =
            |other: usize| self.columns[place].1 && self.columns.get(other).is_some_and(|(_, on)| *on);
        let Some(other) = other.filter(|other| both_shown(*other)) else { return false };
        self.columns.swap(place, other);
        true
    }
}

/// Makes the choice the table's.
fn take(state: &State, model: &mut Model) {
    let chosen = state.columns.iter().filter(|(_, on)| *on).map(|(column, _)| column.clone()).collect();
    model.table.columns.choose(Some(chosen));
    model.table.columns.take(&model.answer.rows, &model.theme);
}

/// How many lines are seen.
fn page(area: Rect) -> usize {
    usize::from(full(area).height.saturating_sub(2)).max(1)
}

/// Gives it a key.
pub fn key(state: &mut State, model: &mut Model, action: Option<Action>, key: Key) -> Outcome {
    let (count, page) = (state.count(), page(model.area()));
    if state.rows.key(action, key, count, page) {
        let count = state.count();
        state.rows.go_to(state.rows.cursor, count, page);
        return Outcome::Stay;
    }
    match action {
        Some(Action::Columns) => return Outcome::Close,
        Some(Action::Choose | Action::Include | Action::Exclude) => {
            let hide = action == Some(Action::Exclude);
            let show = action == Some(Action::Include);
            match (state.places().get(state.rows.cursor).copied(), state.typed()) {
                (Some(place), _) => {
                    let on = show || !state.columns[place].1 && !hide;
                    let (column, _) = state.columns.remove(place);
                    // A shown column stands after the shown ones, a hidden one right behind them.
                    let first_hidden = state.columns.iter().position(|(_, on)| !on);
                    let to = if on {
                        first_hidden.unwrap_or(state.columns.len())
                    } else {
                        place.max(first_hidden.unwrap_or(state.columns.len()))
                    };
                    state.columns.insert(to.min(state.columns.len()), (column, on));
                    take(state, model);
                }
                (None, Some(column)) if !hide => {
                    let first_hidden = state.columns.iter().position(|(_, on)| !on);
                    state.columns.insert(first_hidden.unwrap_or(state.columns.len()), (column, true));
                    take(state, model);
                }
                _ => {}
            }
        }
        Some(moving @ (Action::MoveDown | Action::MoveUp)) => {
            let down = moving == Action::MoveDown;
            if state.shift(down) {
                let to = if down { state.rows.cursor + 1 } else { state.rows.cursor.saturating_sub(1) };
                state.rows.go_to(to, count, page);
                take(state, model);
            }
        }
        Some(Action::SortList) => {
            model.table.columns.choose(None);
            model.table.columns.take(&model.answer.rows, &model.theme);
            *state = open(model);
        }
        _ => return Outcome::Unused,
    }
    Outcome::Stay
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let place = full(area);
    let (title, typed_at) = super::narrowed_title("Columns", &state.rows.list, theme);
    let inside = frame(buffer, place, &title, theme);
    let fits = table::laid_out(model, model.regions().table);
    let width = usize::from(inside.width);
    let places = state.places();
    let typed = state.typed();
    for (number, y) in (state.rows.list.top..state.count()).zip(inside.top()..inside.bottom()) {
        if number == state.rows.cursor {
            Text::own(theme.glyphs().marker, Role::Accent, theme).draw(buffer, inside.x - 1, y, 1);
        }
        let (column, on) = match places.get(number) {
            Some(place) => (&state.columns[*place].0, state.columns[*place].1),
            None => match &typed {
                Some(column) => (column, false),
                None => break,
            },
        };
        let mut text = Text::own(if on { "[x] " } else { "[ ] " }, Role::Key, theme);
        let mut name = Text::entry(&column.name(), if on { Role::Text } else { Role::Dim }, theme);
        let padding = 24usize.saturating_sub(name.width());
        name.push_own(&" ".repeat(padding.max(1)), Role::Dim, theme);
        text.extend(name);
        if on && !fits.iter().any(|(shown, _)| shown == column) {
            text.push_own("no room  ", Role::Notice, theme);
        }
        text.push_own(&column.about(), Role::Dim, theme);
        text.fitted(width, Cut::End, theme).draw(buffer, inside.x, y, inside.width);
    }
    if state.count() == 0 {
        let words = "no column is called that; a /pointer into the record can be one";
        Text::own(words, Role::Dim, theme).fitted(width, Cut::End, theme).draw(
            buffer,
            inside.x,
            inside.y,
            inside.width,
        );
    }
    let bar = Rect { x: inside.right() + 1, width: 1, ..inside };
    scrollbar::draw(buffer, bar, state.count(), state.rows.list.top, usize::from(inside.height), theme);
    state.rows.is_typing().then(|| Position::new((place.x + typed_at).min(place.right() - 2), place.y))
}
