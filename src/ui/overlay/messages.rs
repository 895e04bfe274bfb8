//! The messages so far, newest first, each in full.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::ui::cells::Text;
use crate::ui::model::Model;
use crate::ui::notes::Weight;
use crate::ui::theme::Role;

use super::{List, draw_lines, frame};

/// Where it lies: the whole screen but the bottom line.
fn place(area: Rect) -> Rect {
    Rect { height: area.height.saturating_sub(1), ..area }
}

fn lines(model: &Model, width: usize) -> Vec<Text> {
    let theme = &model.theme;
    let mut lines = Vec::new();
    for note in model.notes.all().rev() {
        let role = match note.weight {
            Weight::Info => Role::Text,
            Weight::Notice => Role::Notice,
            Weight::Failure => Role::Error,
        };
        let mut text = Text::own(&format!("{}  ", model.zone().stamp(note.time)), Role::Dim, theme);
        text.push_entry(&note.text, theme.style(role), theme);
        if note.times > 1 {
            text.push_own(&format!(" ({} times)", note.times), Role::Dim, theme);
        }
        lines.extend(text.wrapped(width, 16));
    }
    if lines.is_empty() {
        lines.push(Text::own("none so far", Role::Dim, theme));
    }
    lines
}

/// How many lines there are, and how many are shown.
pub fn measure(model: &Model) -> (usize, usize) {
    let place = place(model.area());
    (lines(model, usize::from(place.width.saturating_sub(4))).len(), usize::from(place.height.saturating_sub(2)))
}

/// Draws it.
pub fn draw(list: &List, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let inside = frame(buffer, place(area), "Messages, newest first", &model.theme);
    let lines = lines(model, usize::from(inside.width));
    draw_lines(buffer, inside, &lines, list.top, &model.theme);
    None
}
