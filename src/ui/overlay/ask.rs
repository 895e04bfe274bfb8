//! The note of a mark, asked for in a line.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::event::Identity;
use crate::ui::cells::{Cut, Text};
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::theme::Role;
use crate::ui::widget::prompt::{self, Prompt};

use super::{Outcome, frame};

/// The layer's state.
#[derive(Debug, Clone)]
pub struct State {
    /// Of which marked entry.
    of: Identity,
    /// What is typed.
    pub prompt: Prompt,
}

impl State {
    /// Asks for the note of a marked entry, which has this one already.
    pub fn new(of: Identity, note: &str) -> Self {
        let mut prompt = Prompt::default();
        prompt.begin(note);
        Self { of, prompt }
    }
}

/// A key; `model` is without this layer.
pub fn key(state: &mut State, model: &mut Model, action: Option<Action>, key: Key) -> Outcome {
    match state.prompt.key(action, key) {
        prompt::Outcome::Keep => {
            model.marks.write(state.of, state.prompt.text().trim());
            Outcome::Close
        }
        prompt::Outcome::TakeBack => Outcome::Close,
        prompt::Outcome::Changed | prompt::Outcome::Unchanged => Outcome::Stay,
    }
}

/// Draws it over the lowest lines; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let height = 3.min(area.height.saturating_sub(1));
    let place = Rect { y: area.bottom() - 1 - height, height, ..area };
    let inside = frame(buffer, place, "Note on the mark", theme);
    let (typed, cursor) = (state.prompt.text(), state.prompt.cursor());
    let before = Text::entry(&typed[..cursor], Role::Prompt, theme).width();
    let room = usize::from(inside.width);
    let text = Text::entry(typed, Role::Prompt, theme);
    // The end is what one types at.
    let cut = if before + 1 >= room { Cut::Front } else { Cut::End };
    text.fitted(room.saturating_sub(1), cut, theme).draw(buffer, inside.x, inside.y, inside.width);
    let x = inside.x + before.min(room.saturating_sub(1)) as u16;
    Some(Position::new(x, inside.y))
}
