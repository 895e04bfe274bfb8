//! The marked entries, newest first: go to one, take its mark away, write its note, compare.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::event::field::Field;
use crate::ui::cells::{Cut, Text};
use crate::ui::keymap::Action;
use crate::ui::marks::Mark;
use crate::ui::model::Model;
use crate::ui::pane::table;
use crate::ui::theme::Role;

use super::choice::Choice;
use super::{Outcome, Overlay, ask, frame, full};

/// A key; `model` is without this layer.
pub fn key(choice: &mut Choice, model: &mut Model, action: Option<Action>) -> Outcome {
    let page = usize::from(full(model.area()).height.saturating_sub(2));
    if choice.act(action, model.marks.len(), page) {
        return Outcome::Stay;
    }
    let Some(mark) = model.marks.newest_first().get(choice.cursor).map(|mark| Mark::clone(mark)) else {
        return Outcome::Stay;
    };
    let identity = mark.event.identity;
    match action {
        Some(Action::Choose) => {
            crate::ui::update::marks::go_to(model, &mark);
            Outcome::Close
        }
        Some(Action::Exclude | Action::Mark) => {
            model.marks.remove(identity);
            choice.settle(model.marks.len(), page);
            if model.marks.is_empty() { Outcome::Close } else { Outcome::Stay }
        }
        Some(Action::NoteMark) => {
            Outcome::Above(Overlay::Ask(ask::State::new(ask::What::Note(identity), &mark.note)))
        }
        Some(Action::Compare) => match crate::ui::update::marks::comparison(model) {
            Some(comparison) => Outcome::Above(comparison),
            None => Outcome::Stay,
        },
        _ => Outcome::Stay,
    }
}

/// Draws it.
pub fn draw(choice: &Choice, model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let place = full(area);
    let inside =
        frame(buffer, place, "Marks, newest first   Enter goes there  - unmarks  ; note  d compares", theme);
    let marks = model.marks.newest_first();
    let width = usize::from(inside.width);
    let lines: Vec<Text> = marks
        .iter()
        .enumerate()
        .map(|(at, mark)| line(mark, at == choice.cursor, model).fitted(width, Cut::End, theme))
        .collect();
    super::draw_lines(buffer, inside, &lines, choice.top, theme);
}

fn line(mark: &Mark, chosen: bool, model: &Model) -> Text {
    let theme = &model.theme;
    let event = &*mark.event;
    let marker = if chosen { theme.glyphs().marker } else { " " };
    let mut line = Text::own(marker, Role::Accent, theme);
    let role = if chosen { Role::Selected } else { Role::Text };
    line.push_own(&format!("{} ", model.zone().stamp(event.time)), role, theme);
    line.extend(table::status(event, theme));
    // The note comes first: what one wrote oneself is not what a narrow screen cuts.
    if !mark.note.is_empty() {
        line.push_own("  ", Role::Text, theme);
        line.push_entry(&mark.note, theme.style(Role::Notice), theme);
    }
    for field in [Field::Action, Field::Actor, Field::Target] {
        if let Some(value) = event.text(field) {
            line.push_own("  ", Role::Text, theme);
            line.push_entry(&value, theme.style(Role::Text), theme);
        }
    }
    line
}
