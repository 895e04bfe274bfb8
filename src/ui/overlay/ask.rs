//! A line that is asked for: what to find in the detail, the note of a mark.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::event::Identity;
use crate::ui::cells::{Cut, Text};
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::pane::detail;
use crate::ui::theme::Role;
use crate::ui::widget::prompt::{self, Prompt};

use super::{Outcome, frame};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A text to find in the detail.
    FindInDetail,
    /// The note of a marked entry.
    Note(Identity),
}

/// The layer's state.
#[derive(Debug, Clone)]
pub struct State {
    /// What is asked for.
    pub what: What,
    /// What is typed.
    pub prompt: Prompt,
}

impl State {
    /// Asks, a text being there already.
    pub fn new(what: What, text: &str) -> Self {
        let mut prompt = Prompt::default();
        prompt.begin(text);
        Self { what, prompt }
    }
}

/// A key; `model` is without this layer.
pub fn key(state: &mut State, model: &mut Model, action: Option<Action>, key: Key) -> Outcome {
    match state.prompt.key(action, key) {
        prompt::Outcome::Keep => {
            let typed = state.prompt.text().to_owned();
            match state.what {
                What::FindInDetail => detail::find(model, &typed),
                What::Note(identity) => model.marks.write(identity, typed.trim()),
            }
            Outcome::Close
        }
        prompt::Outcome::TakeBack => Outcome::Close,
        prompt::Outcome::Changed | prompt::Outcome::Unchanged => Outcome::Stay,
    }
}

/// Draws it over the lowest lines; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let title = match state.what {
        What::FindInDetail => "Find in this record",
        What::Note(_) => "Note on the mark",
    };
    let height = 3.min(area.height.saturating_sub(1));
    let place = Rect { y: area.bottom() - 1 - height, height, ..area };
    let inside = frame(buffer, place, title, theme);
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
