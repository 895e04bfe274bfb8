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
    /// Whether something is being typed.
    pub fn is_typing(&self) -> bool {
        self.list.narrowing
    }

    /// Pastes into what is typed; the cursor goes to the first line that is left.
    pub fn paste(&mut self, text: &str) {
        if self.list.paste(text) {
            self.cursor = 0;
        }
    }

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
        self.cursor = line;
        (self.cursor, self.list.top) = self.seen(count, page);
    }

    /// The line under the cursor and the first line seen, where there are so many lines and so many are
    /// seen.
    pub fn seen(&self, count: usize, page: usize) -> (usize, usize) {
        let cursor = self.cursor.min(count.saturating_sub(1));
        let top = self.list.top.min(cursor).max((cursor + 1).saturating_sub(page));
        (cursor, top.min(count.saturating_sub(page)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_on_a_line_and_in_sight() {
        let mut rows = Rows::default();
        let mut act = |action, count, page| {
            let own = rows.key(Some(action), Key::parse("F12").expect("a key"), count, page);
            (own, rows.cursor, rows.list.top)
        };
        assert_eq!(act(Action::Help, 9, 4), (false, 0, 0));
        assert_eq!(act(Action::Last, 9, 4), (true, 8, 5));
        assert_eq!(act(Action::PageUp, 9, 4), (true, 5, 5));
        assert_eq!(act(Action::Up, 9, 4), (true, 4, 4));
        assert_eq!(act(Action::Down, 0, 4), (true, 0, 0));
        rows.cursor = 7;
        assert_eq!(rows.seen(2, 4), (1, 0), "fewer lines than there were");
    }
}
