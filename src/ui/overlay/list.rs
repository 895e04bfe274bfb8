//! A list of lines that is scrolled and narrowed by typing, and the title that says by what.

use std::borrow::Borrow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::text;
use crate::ui::cells::Text;
use crate::ui::keymap::{Action, Key};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::prompt::{self, Prompt};

use super::{draw_lines, frame};

/// A list that is scrolled by lines and narrowed by typing.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// The first line shown.
    pub top: usize,
    /// What it is narrowed by.
    pub search: Prompt,
    /// Whether that is being typed.
    pub narrowing: bool,
}

impl List {
    /// Whether any of the texts holds what the list is narrowed by.
    pub fn shows<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let wanted = text::fold(self.search.text());
        wanted.is_empty() || texts.into_iter().any(|found| text::fold(found).contains(&wanted))
    }

    /// Pastes into what is typed; whether that changed it.
    pub fn paste(&mut self, text: &str) -> bool {
        let changed = self.narrowing && self.search.paste(text) == prompt::Outcome::Changed;
        if changed {
            self.top = 0;
        }
        changed
    }

    /// Gives it a key; `lines` is how many lines there are, `page` how many are shown. Whether it was
    /// one of the list's own.
    pub fn key(&mut self, action: Option<Action>, key: Key, lines: usize, page: usize) -> bool {
        if self.narrowing {
            match self.search.key(action, key) {
                prompt::Outcome::Keep => self.narrowing = false,
                prompt::Outcome::TakeBack => {
                    self.narrowing = false;
                    self.search.begin("");
                }
                prompt::Outcome::Changed => self.top = 0,
                prompt::Outcome::Unchanged => {}
            }
            return true;
        }
        let last = lines.saturating_sub(page);
        self.top = match action {
            Some(Action::Narrow) => {
                self.narrowing = true;
                self.top
            }
            Some(Action::Down) => self.top + 1,
            Some(Action::Up) => self.top.saturating_sub(1),
            Some(Action::PageDown) => self.top + page,
            Some(Action::PageUp) => self.top.saturating_sub(page),
            Some(Action::First) => 0,
            Some(Action::Last) => last,
            _ => return false,
        }
        .min(last);
        true
    }

    /// Draws its lines in a frame; gives where the cursor is to stand.
    pub fn draw(
        &self,
        title: &str,
        lines: &[impl Borrow<Text>],
        place: Rect,
        buffer: &mut Buffer,
        theme: &Theme,
    ) -> Option<Position> {
        let (title, typed_at) = narrowed_title(title, self, theme);
        let inside = frame(buffer, place, &title, theme);
        draw_lines(buffer, inside, lines, self.top, theme);
        self.narrowing
            .then(|| Position::new((place.x + typed_at).min(place.right().saturating_sub(2)), place.y))
    }
}

/// A layer's title with what its list is narrowed by, and where the cursor stands in it, counted from
/// the frame's left.
pub fn narrowed_title(title: &str, list: &List, theme: &Theme) -> (String, u16) {
    let typed = list.search.text();
    let searched = list.narrowing || !typed.is_empty();
    let title = if searched { format!("{title} / {}", text::visible(typed)) } else { title.to_owned() };
    let behind = text::visible(&typed[list.search.cursor()..]).len();
    let before = title.get(..title.len() - behind).unwrap_or(&title);
    let at = 3 + Text::entry(before, Role::Title, theme).width();
    (title, at.min(usize::from(u16::MAX / 2)) as u16)
}
