//! The line under the cursor in a list, and the lines that are seen.

use crate::ui::keymap::Action;

/// Where one stands in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Choice {
    /// The line under the cursor.
    pub cursor: usize,
    /// The first line that is seen.
    pub top: usize,
}

impl Choice {
    /// Moves, among so many lines of which so many are seen; whether the action was a movement.
    pub fn act(&mut self, action: Option<Action>, lines: usize, page: usize) -> bool {
        let far = page.saturating_sub(1).max(1);
        self.cursor = match action {
            Some(Action::Down) => self.cursor + 1,
            Some(Action::Up) => self.cursor.saturating_sub(1),
            Some(Action::PageDown) => self.cursor + far,
            Some(Action::PageUp) => self.cursor.saturating_sub(far),
            Some(Action::First) => 0,
            Some(Action::Last) => lines,
            _ => return false,
        };
        self.settle(lines, page);
        true
    }

    /// Keeps the cursor on a line and the line in sight.
    pub fn settle(&mut self, lines: usize, page: usize) {
        self.cursor = self.cursor.min(lines.saturating_sub(1));
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(page.max(1)));
        self.top = self.top.min(lines.saturating_sub(page));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_on_a_line_and_in_sight() {
        let mut choice = Choice::default();
        assert!(!choice.act(Some(Action::Help), 9, 4));
        choice.act(Some(Action::Last), 9, 4);
        assert_eq!(choice, Choice { cursor: 8, top: 5 });
        choice.act(Some(Action::PageUp), 9, 4);
        assert_eq!(choice, Choice { cursor: 5, top: 5 });
        choice.act(Some(Action::Up), 9, 4);
        assert_eq!(choice, Choice { cursor: 4, top: 4 });
        choice.settle(2, 4);
        assert_eq!(choice, Choice { cursor: 1, top: 0 });
        choice.act(Some(Action::Down), 0, 4);
        assert_eq!(choice, Choice::default());
    }
}
