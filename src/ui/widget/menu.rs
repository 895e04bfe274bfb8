//! A list of lines of which one is chosen: a cursor that stays in sight, a marker beside it.
//!
//! Not here: what the lines mean, and narrowing them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::cells::{Cut, Text};
use crate::ui::keymap::Action;
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::scrollbar;

/// Which line is chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Menu {
    /// The line under the cursor.
    pub cursor: usize,
}

impl Menu {
    /// Moves the cursor among so many lines, of which so many are shown; whether it was a movement.
    pub fn moves(&mut self, action: Option<Action>, lines: usize, page: usize) -> bool {
        let last = lines.saturating_sub(1);
        self.cursor = match action {
            Some(Action::Down | Action::NewerEntry) => self.cursor.saturating_add(1),
            Some(Action::Up | Action::OlderEntry) => self.cursor.saturating_sub(1),
            Some(Action::PageDown) => self.cursor.saturating_add(page.max(1)),
            Some(Action::PageUp) => self.cursor.saturating_sub(page.max(1)),
            Some(Action::First) => 0,
            Some(Action::Last) => last,
            _ => return false,
        }
        .min(last);
        true
    }

    /// The first line shown where so many fit: the cursor is in sight, and not further down than
    /// needed.
    pub fn top(&self, page: usize) -> usize {
        (self.cursor + 1).saturating_sub(page.max(1))
    }

    /// Draws the lines with the marker and a scrollbar; the column left of the place is the marker's,
    /// the one right of it, but one, the scrollbar's.
    pub fn draw(&self, lines: &[Text], place: Rect, buffer: &mut Buffer, theme: &Theme) {
        let page = usize::from(place.height);
        let top = self.top(page);
        for ((number, line), y) in lines.iter().enumerate().skip(top).zip(place.top()..place.bottom()) {
            if number == self.cursor {
                Text::own(theme.glyphs().marker, Role::Accent, theme).draw(
                    buffer,
                    place.x.saturating_sub(1),
                    y,
                    1,
                );
            }
            let line = line.clone().fitted(usize::from(place.width), Cut::End, theme);
            line.draw(buffer, place.x, y, place.width);
        }
        let bar = Rect { x: place.right() + 1, width: 1, ..place };
        scrollbar::draw(buffer, bar, lines.len(), top, page, theme);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_among_the_lines_and_in_sight() {
        let mut menu = Menu::default();
        assert!(menu.moves(Some(Action::Up), 3, 2));
        assert_eq!((menu.cursor, menu.top(2)), (0, 0));
        for _ in 0..5 {
            menu.moves(Some(Action::Down), 3, 2);
        }
        assert_eq!((menu.cursor, menu.top(2)), (2, 1));
        menu.moves(Some(Action::First), 3, 2);
        assert_eq!(menu.cursor, 0);
        menu.moves(Some(Action::Last), 0, 2);
        assert_eq!(menu.cursor, 0, "an empty list has no last line");
        assert!(!menu.moves(Some(Action::Choose), 3, 2));
    }
}
