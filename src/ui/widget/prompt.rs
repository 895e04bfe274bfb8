//! A line of text being typed: readline's keys, an earlier entry by key, a view that scrolls with
//! the cursor.
//!
//! Not here: what the text means, and how it is coloured.

use tui_input::{Input, InputRequest};
use unicode_segmentation::UnicodeSegmentation;

use crate::text;
use crate::ui::keymap::{Action, Key};

/// The longest text that a prompt takes, in bytes.
const MOST: usize = 16 * 1024;
/// How many entries a prompt remembers.
const REMEMBERED: usize = 100;

/// A prompt.
#[derive(Debug, Clone, Default)]
pub struct Prompt {
    input: Input,
    kept: Vec<String>,
    /// Which kept entry is shown, counted from the newest, and what stood there before.
    browsing: Option<(usize, String)>,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The text is another.
    Changed,
    /// The cursor moved, or nothing happened.
    Unchanged,
    /// The text is to be kept.
    Keep,
    /// It is to be taken back.
    TakeBack,
}

impl Prompt {
    /// The text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The cursor's place in the text, in bytes.
    pub fn cursor(&self) -> usize {
        let text = self.input.value();
        text.char_indices().nth(self.input.cursor()).map_or(text.len(), |(at, _)| at)
    }

    /// Begins with a text, the cursor behind it.
    pub fn begin(&mut self, text: &str) {
        self.input = Input::new(text.to_owned());
        self.browsing = None;
    }

    /// Puts a text in place of a stretch (on character boundaries), the cursor behind it.
    pub fn replace(&mut self, range: std::ops::Range<usize>, with: &str) {
        let text = self.input.value();
        let (Some(before), Some(after)) = (text.get(..range.start), text.get(range.end..)) else { return };
        if before.len() + with.len() + after.len() > MOST {
            return;
        }
        let cursor = before.chars().count() + with.chars().count();
        self.input = Input::new(format!("{before}{with}{after}")).with_cursor(cursor);
        self.browsing = None;
    }

    /// Remembers an entry.
    pub fn remember(&mut self, text: &str) {
        if text.is_empty() || self.kept.last().is_some_and(|last| last == text) {
            return;
        }
        self.kept.push(text.to_owned());
        if self.kept.len() > REMEMBERED {
            self.kept.remove(0);
        }
    }

    /// A pasted text: line breaks become spaces, control characters go.
    pub fn paste(&mut self, pasted: &str) -> Outcome {
        let mut changed = Outcome::Unchanged;
        for character in pasted.trim_end_matches(['\r', '\n']).chars() {
            let character = if matches!(character, '\n' | '\r' | '\t') { ' ' } else { character };
            if self.insert(character) == Outcome::Changed {
                changed = Outcome::Changed;
            }
        }
        changed
    }

    fn insert(&mut self, character: char) -> Outcome {
        if text::is_control(character) || self.input.value().len() + character.len_utf8() > MOST {
            return Outcome::Unchanged;
        }
        self.input.handle(InputRequest::InsertChar(character));
        Outcome::Changed
    }

    /// A key: an action of the prompt, or a character.
    pub fn key(&mut self, action: Option<Action>, key: Key) -> Outcome {
        let request = match action {
            None => return key.character().map_or(Outcome::Unchanged, |character| self.insert(character)),
            Some(Action::Keep) => return Outcome::Keep,
            Some(Action::TakeBack) => return Outcome::TakeBack,
            Some(Action::OlderEntry) => return self.browse(true),
            Some(Action::NewerEntry) => return self.browse(false),
            Some(Action::CursorLeft) => InputRequest::GoToPrevChar,
            Some(Action::CursorRight) => InputRequest::GoToNextChar,
            Some(Action::WordLeft) => InputRequest::GoToPrevWord,
            Some(Action::WordRight) => InputRequest::SetCursor(self.word_end()),
            Some(Action::LineStart) => InputRequest::GoToStart,
            Some(Action::LineEnd) => InputRequest::GoToEnd,
            Some(Action::DeleteLeft) => InputRequest::DeletePrevChar,
            Some(Action::DeleteRight) => InputRequest::DeleteNextChar,
            Some(Action::DeleteWordLeft) => InputRequest::DeletePrevWord,
            Some(Action::DeleteToStart) => InputRequest::DeleteFromStart,
            Some(Action::DeleteToEnd) => InputRequest::DeleteTillEnd,
            Some(Action::Yank) => InputRequest::Yank,
            Some(_) => return Outcome::Unchanged,
        };
        let before = self.input.value().to_owned();
        self.input.handle(request);
        if self.input.value() == before { Outcome::Unchanged } else { Outcome::Changed }
    }

    /// The end of the word at the cursor or after it, in characters: readline's `forward-word`.
    fn word_end(&self) -> usize {
        let at = self.input.cursor();
        let mut rest = self.input.value().chars().skip(at).peekable();
        let mut end = at;
        for in_word in [false, true] {
            while rest.next_if(|character| character.is_alphanumeric() == in_word).is_some() {
                end += 1;
            }
        }
        end
    }

    fn browse(&mut self, older: bool) -> Outcome {
        // An entry that stands there already would be a key without an effect.
        let is_there = |kept: &[String]| kept.last().is_some_and(|last| *last == self.input.value());
        let first = usize::from(is_there(&self.kept));
        let (place, typed) = match self.browsing.take() {
            None if older && self.kept.len() > first => (first, self.input.value().to_owned()),
            None => return Outcome::Unchanged,
            Some((place, typed)) if older => ((place + 1).min(self.kept.len() - 1), typed),
            Some((place, typed)) => match place.checked_sub(1) {
                Some(newer) if newer > 0 || self.kept.last() != Some(&typed) => (newer, typed),
                _ => {
                    self.input = Input::new(typed);
                    return Outcome::Changed;
                }
            },
        };
        self.input = Input::new(self.kept[self.kept.len() - 1 - place].clone());
        self.browsing = Some((place, typed));
        Outcome::Changed
    }
}

/// Where to begin showing a text, in bytes, so that the cursor is inside `width` cells with a few
/// before it; `measure` is the width of a piece of the text as it will be shown.
pub fn scroll(text: &str, cursor: usize, width: usize, measure: impl Fn(&str) -> usize) -> usize {
    // One cell for the cursor behind the text.
    if measure(text) < width {
        return 0;
    }
    let before = &text[..cursor];
    let mut room = width.saturating_sub(2);
    let mut start = cursor;
    for (at, grapheme) in before.grapheme_indices(true).rev() {
        let next = measure(grapheme);
        if next > room {
            break;
        }
        room -= next;
        start = at;
    }
    start
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::keymap::{Focus, Keymap};

    fn press(prompt: &mut Prompt, keys: &str) -> Outcome {
        let keymap = Keymap::default();
        let mut outcome = Outcome::Unchanged;
        for written in keys.split_whitespace() {
            let key = Key::parse(written).unwrap_or_else(|| panic!("{written} is a key"));
            outcome = prompt.key(keymap.action(Focus::Prompt, key), key);
        }
        outcome
    }

    #[test]
    fn edits_as_readline_does() {
        let mut prompt = Prompt::default();
        prompt.begin("status:5xx actor:alice");
        press(&mut prompt, "Ctrl-w x Ctrl-a - Ctrl-e y");
        assert_eq!(prompt.text(), "-status:5xx xy");
        press(&mut prompt, "Ctrl-u");
        assert_eq!((prompt.text(), prompt.cursor()), ("", 0));
        press(&mut prompt, "Ctrl-y");
        assert_eq!(prompt.text(), "-status:5xx xy");
        press(&mut prompt, "Ctrl-a Right Ctrl-k");
        assert_eq!(prompt.text(), "-");
        prompt.begin("status:5xx actor:alice");
        let ends = (0..4).map(|_| {
            press(&mut prompt, "Alt-f");
            prompt.cursor()
        });
        assert_eq!(ends.collect::<Vec<_>>(), [22, 22, 22, 22]);
        press(&mut prompt, "Ctrl-a");
        let ends = (0..3).map(|_| {
            press(&mut prompt, "Alt-f");
            prompt.cursor()
        });
        assert_eq!(ends.collect::<Vec<_>>(), [6, 10, 16]);
        assert_eq!(press(&mut prompt, "Enter"), Outcome::Keep);
        assert_eq!(press(&mut prompt, "Esc"), Outcome::TakeBack);
        assert_eq!(press(&mut prompt, "Left"), Outcome::Unchanged);
    }

    #[test]
    fn earlier_entries_come_back_and_what_was_typed_too() {
        let mut prompt = Prompt::default();
        for entry in ["one", "two", "two", ""] {
            prompt.remember(entry);
        }
        prompt.begin("typed");
        press(&mut prompt, "Up");
        assert_eq!(prompt.text(), "two");
        press(&mut prompt, "Ctrl-p Up Up");
        assert_eq!(prompt.text(), "one");
        press(&mut prompt, "Down Ctrl-n");
        assert_eq!(prompt.text(), "typed");
        // Where the last entry stands there already, the one before it comes.
        prompt.begin("two");
        press(&mut prompt, "Up");
        assert_eq!(prompt.text(), "one");
        press(&mut prompt, "Down");
        assert_eq!(prompt.text(), "two");
        assert_eq!(press(&mut prompt, "Down"), Outcome::Unchanged);
    }

    #[test]
    fn a_paste_is_one_line_without_control_characters() {
        let mut prompt = Prompt::default();
        assert_eq!(prompt.paste("a\u{1b}[31m\nb\tc\u{7f}\r\n"), Outcome::Changed);
        assert_eq!(prompt.text(), "a[31m b c");
        prompt.begin("");
        prompt.paste(&"x".repeat(MOST + 10));
        assert_eq!(prompt.text().len(), MOST);
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_in_view(typed in "[a-z日é ]{0,60}", at in 0usize..60, width in 4usize..40) {
            let cursor = typed.char_indices().map(|(at, _)| at).nth(at).unwrap_or(typed.len());
            let measure = |piece: &str| unicode_width::UnicodeWidthStr::width(piece);
            let start = scroll(&typed, cursor, width, measure);
            prop_assert!(start <= cursor && measure(&typed[start..cursor]) < width);
        }
    }
}
