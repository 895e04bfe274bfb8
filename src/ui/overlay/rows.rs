//! A list with a cursor that is narrowed by typing: what layers choose from.

use crate::ui::keymap::{Action, Key};

use super::List;

/// The list's state: where it is scrolled to, what it is narrowed by, and the line under the cursor.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Scrolling and narrowing.
    pub list: List,
    /// The line under the cursor.
    pub cursor: usize,
}

impl Rows {
    /// Gives it a key; `count` is how many lines there are, `page` how many are shown. Whether it was
    /// one of the list's own.
    pub fn key(&mut self, action: Option<Action>, key: Key, count: usize, page: usize) -> bool {
        if self.list.narrowing {
            self.list.key(action, key, count, page);
            self.go_to(0, count, page);
            return true;
        }
        let far = page.saturating_sub(1).max(1);
        let to = match action {
            Some(Action::Down) => self.cursor + 1,
            Some(Action::Up) => self.cursor.saturating_sub(1),
            Some(Action::PageDown) => self.cursor + far,
            Some(Action::PageUp) => self.cursor.saturating_sub(far),
            Some(Action::First) => 0,
            Some(Action::Last) => count.saturating_sub(1),
            Some(Action::Narrow) => {
                self.list.narrowing = true;
                return true;
            }
            _ => return false,
        };
        self.go_to(to, count, page);
        true
    }

    /// Puts the cursor on a line.
    pub fn go_to(&mut self, line: usize, count: usize, page: usize) {
        self.cursor = line.min(count.saturating_sub(1));
        self.list.top = self.list.top.min(self.cursor).max((self.cursor + 1).saturating_sub(page));
        self.list.top = self.list.top.min(count.saturating_sub(page));
    }
}
