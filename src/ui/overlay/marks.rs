//! The marked entries: go to one, take its mark away, write its note, compare.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::event::field::Field;
use crate::ui::cells::{Cut, Text};
use crate::ui::keymap::{Action, Key};
use crate::ui::marks::Mark;
use crate::ui::model::Model;
use crate::ui::pane::table;
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::{aligned, scrollbar};

use super::rows::Rows;
use super::{Outcome, Overlay, ask, frame, full};

/// In which order they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum By {
    /// As the table has them.
    #[default]
    Newest,
    /// As a ticket has them.
    Oldest,
    /// As they were marked, the last one first: the two that are compared stand on top.
    Marked,
}

impl By {
    fn next(self) -> Self {
        match self {
            Self::Newest => Self::Oldest,
            Self::Oldest => Self::Marked,
            Self::Marked => Self::Newest,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Newest => "newest first",
            Self::Oldest => "oldest first",
            Self::Marked => "marked last first",
        }
    }
}

/// The layer's state.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Its lines: the cursor, and what they are narrowed by.
    pub rows: Rows,
    by: By,
}

/// The fields of an entry that its line has.
const FIELDS: [Field; 3] = [Field::Action, Field::Actor, Field::Target];

impl State {
    /// The marks that the typed text leaves, in their order.
    fn shown<'m>(&self, model: &'m Model) -> Vec<&'m Mark> {
        let mut marks: Vec<&Mark> = match self.by {
            By::Newest | By::Oldest => model.marks.newest_first(),
            By::Marked => model.marks.in_order().iter().rev().collect(),
        };
        if self.by == By::Oldest {
            marks.reverse();
        }
        marks.retain(|mark| {
            let values: Vec<_> = FIELDS.iter().filter_map(|field| mark.event.text(*field)).collect();
            let id = mark.event.copy_id().unwrap_or_default();
            self.rows.list.shows(values.iter().map(|value| &**value).chain([mark.note.as_str(), id]))
        });
        marks
    }
}

/// How many lines are seen; what is said below them takes one.
fn page(model: &Model) -> usize {
    let said = u16::from(model.marks.waiting() > 0);
    usize::from(full(model.area()).height.saturating_sub(2 + said)).max(1)
}

/// A key; `model` is without this layer.
pub fn key(state: &mut State, model: &mut Model, action: Option<Action>, key: Key) -> Outcome {
    let page = page(model);
    let count = state.shown(model).len();
    if state.rows.key(action, key, count, page) {
        let count = state.shown(model).len();
        state.rows.go_to(state.rows.cursor, count, page);
        return Outcome::Stay;
    }
    match action {
        Some(Action::Marks) => return Outcome::Close,
        Some(Action::SortList) => {
            state.by = state.by.next();
            state.rows.go_to(0, count, page);
            return Outcome::Stay;
        }
        _ => {}
    }
    let chosen = state.shown(model).get(state.rows.cursor).map(|mark| Mark::clone(mark));
    match (action, chosen) {
        (Some(Action::Choose), Some(mark)) => {
            crate::ui::update::marks::go_to(model, &mark);
            Outcome::Close
        }
        (Some(Action::Exclude | Action::Mark), Some(mark)) => {
            model.marks.remove(mark.event.identity);
            let count = state.shown(model).len();
            state.rows.go_to(state.rows.cursor, count, page);
            if model.marks.is_empty() { Outcome::Close } else { Outcome::Stay }
        }
        (Some(Action::NoteMark), Some(mark)) => {
            Outcome::Above(Overlay::Ask(ask::State::new(mark.event.identity, &mark.note)))
        }
        (Some(Action::Compare), _) => match crate::ui::update::marks::comparison(model) {
            Some(comparison) => Outcome::Above(comparison),
            None => Outcome::Stay,
        },
        (Some(Action::Choose | Action::Exclude | Action::Mark | Action::NoteMark), None) => Outcome::Stay,
        _ => Outcome::Unused,
    }
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let place = full(area);
    let title = format!("Marks, {}", state.by.words());
    let (title, typed_at) = super::narrowed_title(&title, &state.rows.list, theme);
    let inside = frame(buffer, place, &title, theme);
    let waiting = model.marks.waiting();
    let list = Rect { height: inside.height.saturating_sub(u16::from(waiting > 0)), ..inside };
    let width = usize::from(inside.width);
    let marks = state.shown(model);
    let seen = usize::from(list.height);
    let values: Vec<Vec<Text>> = marks.iter().map(|mark| values(mark, theme)).collect();
    let widths = aligned::widths(values.iter().map(Vec::as_slice), width.saturating_sub(BEFORE));
    for (number, y) in (state.rows.list.top..marks.len()).zip(list.top()..list.bottom()) {
        let chosen = number == state.rows.cursor;
        if chosen {
            Text::own(theme.glyphs().marker, Role::Accent, theme).draw(buffer, inside.x - 1, y, 1);
        }
        let line = line(marks[number], chosen, (&values[number], &widths), model);
        line.fitted(width, Cut::End, theme).draw(buffer, list.x, y, list.width);
    }
    if marks.is_empty() && !model.marks.is_empty() {
        Text::own("no mark has that", Role::Dim, theme).draw(buffer, list.x, list.y, list.width);
    }
    let bar = Rect { x: inside.right() + 1, width: 1, ..list };
    scrollbar::draw(buffer, bar, marks.len(), state.rows.list.top, seen, theme);
    // The keys stand in the bottom line.
    let words = match waiting {
        0 => String::new(),
        1 => "1 more mark of an earlier session: its entry is not loaded".to_owned(),
        several => format!("{several} more marks of an earlier session: their entries are not loaded"),
    };
    let foot = Text::own(&words, Role::Notice, theme).fitted(width, Cut::End, theme);
    foot.draw(buffer, inside.x, inside.bottom() - 1, inside.width);
    state.rows.is_typing().then(|| Position::new((place.x + typed_at).min(place.right() - 2), place.y))
}

/// How many cells time and status take.
const BEFORE: usize = 18;

/// What a mark says behind time and status.
fn values(mark: &Mark, theme: &Theme) -> Vec<Text> {
    let of = |field: &Field| {
        let value = mark.event.text(*field);
        value.map_or_else(Text::new, |value| Text::entry(&value, Role::Text, theme))
    };
    // The note comes first: what one wrote oneself is not what a narrow screen cuts.
    let note = Text::entry(&mark.note, Role::Notice, theme);
    std::iter::once(note).chain(FIELDS.iter().map(of)).collect()
}

fn line(mark: &Mark, chosen: bool, (values, widths): (&[Text], &[usize]), model: &Model) -> Text {
    let theme = &model.theme;
    let role = if chosen { Role::Selected } else { Role::Text };
    let mut line = Text::own(&format!("{} ", model.zone().stamp(mark.event.time)), role, theme);
    line.extend(table::status(&mark.event, theme));
    aligned::push(&mut line, values, widths, theme);
    line
}
