//! The messages so far, newest first, each in full.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::ui::cells::Text;
use crate::ui::model::Model;
use crate::ui::notes::Weight;
use crate::ui::theme::Role;

use super::{List, full};

fn lines(list: &List, model: &Model, width: usize) -> Vec<Text> {
    let theme = &model.theme;
    let mut lines = Vec::new();
    for note in model.notes.all().rev().filter(|note| list.shows([note.text.as_str()])) {
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
        lines.push(Text::own("none", Role::Dim, theme));
    }
    lines
}

/// How many lines there are, and how many are shown.
pub fn measure(list: &List, model: &Model) -> (usize, usize) {
    let place = full(model.area());
    let width = usize::from(place.width.saturating_sub(4));
    (lines(list, model, width).len(), usize::from(place.height.saturating_sub(2)))
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(list: &List, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let place = full(area);
    let lines = lines(list, model, usize::from(place.width.saturating_sub(4)));
    list.draw("Messages, newest first", &lines, place, buffer, &model.theme)
}
