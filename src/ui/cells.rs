//! Text as the screen has it: measured in cells, cut and wrapped at grapheme boundaries, with every
//! hostile character as a visible mark in a warning style.
//!
//! This is the only way by which text reaches the screen. [`Text::entry`] is for what others wrote
//! (entries, servers, files), [`Text::own`] for the explorer's own words. Not here: which marks
//! there are ([`crate::text`]).

use std::fmt::Write;

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::text;
pub use crate::text::counted as grouped;

use super::theme::{Role, Theme};

/// Where a text that is too long is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The end goes: `station-1…`.
    End,
    /// The front goes, for ids, whose tails differ: `…7F3KQ2`.
    Front,
    /// What is between goes, where both begin and end tell: `POST /api…restart`.
    Middle,
}

/// The most bytes of one text that stand in a line (and those that it is broken into): what is longer
/// stands whole in the record alone.
const LONG: usize = 16 * 1024;

/// The most characters of one grapheme that are shown: a letter under a hundred accents would
/// otherwise reach into the lines around it. What is left out is marked.
const GRAPHEME_CHARS: usize = 6;

/// One line of styled text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    runs: Vec<Run>,
}

/// Text of one style. Nothing in it is hostile, nothing is of zero width.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    text: String,
    style: Style,
}

impl Text {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// What others wrote; hostile characters become marks.
    pub fn entry(text: &str, role: Role, theme: &Theme) -> Self {
        let mut line = Self::new();
        line.push_entry(text, theme.style(role), theme);
        line
    }

    /// The first `most` characters of what others wrote, with the glyph that says so where more
    /// follows.
    pub fn beginning(text: &str, most: usize, role: Role, theme: &Theme) -> Self {
        match text.char_indices().nth(most) {
            Some((end, _)) => Self::entry(&text[..end], role, theme).and(theme.glyphs().more, role, theme),
            None => Self::entry(text, role, theme),
        }
    }

    /// The explorer's own words.
    pub fn own(text: &str, role: Role, theme: &Theme) -> Self {
        let mut line = Self::new();
        line.push_own(text, role, theme);
        line
    }

    /// Adds the explorer's own words.
    pub fn push_own(&mut self, text: &str, role: Role, theme: &Theme) {
        if theme.ascii {
            // What becomes what is said as two characters, so that it is no comparison.
            let plain: String = text.replace('→', "->").chars().map(plain_glyph).collect();
            self.push_run(&plain, theme.style(role));
        } else {
            self.push_run(text, theme.style(role));
        }
    }

    /// The same, for a line that is built in one expression.
    pub fn and(mut self, text: &str, role: Role, theme: &Theme) -> Self {
        self.push_own(text, role, theme);
        self
    }

    /// Adds what others wrote, in this style; marks bear the warning style.
    pub fn push_entry(&mut self, entry: &str, style: Style, theme: &Theme) {
        let warning = theme.style(Role::Warning);
        if entry.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            self.push_run(entry, style);
            return;
        }
        for grapheme in entry.graphemes(true) {
            if stands_as_it_is(grapheme, theme) {
                self.push_run(grapheme, style);
                continue;
            }
            for (place, character) in grapheme.chars().enumerate() {
                if place == GRAPHEME_CHARS {
                    self.push_run(if theme.ascii { "~" } else { "…" }, warning);
                    break;
                }
                self.push_character(character, style, warning, theme.ascii);
            }
        }
    }

    /// The same of a text of any length: of a long one the beginning, and how much follows.
    pub fn push_long(&mut self, entry: &str, style: Style, theme: &Theme) {
        if entry.len() <= LONG {
            return self.push_entry(entry, style, theme);
        }
        let end = entry.floor_char_boundary(LONG);
        self.push_entry(&entry[..end], style, theme);
        let left = grouped((entry.len() - end) as u64);
        self.push_own(&format!(" … {left} more bytes"), Role::Notice, theme);
    }

    fn push_character(&mut self, character: char, style: Style, warning: Style, ascii: bool) {
        let mut buffer = [0; 4];
        let alone: &str = character.encode_utf8(&mut buffer);
        match text::mark(character) {
            Some(mark) if !ascii => self.push_run(&mark, warning),
            None if character.is_ascii() || (!ascii && alone.cell_width() > 0) => self.push_run(alone, style),
            found => {
                // Without Unicode, and for a mark that stands on no letter: the code point.
                let mut code = String::new();
                let _ = write!(code, "<{:02X}>", character as u32);
                self.push_run(&code, if found.is_some() || !ascii { warning } else { style });
            }
        }
    }

    fn push_run(&mut self, text: &str, style: Style) {
        if text.is_empty() {
            return;
        }
        match self.runs.last_mut() {
            Some(last) if last.style == style => last.text.push_str(text),
            _ => self.runs.push(Run { text: text.to_owned(), style }),
        }
    }

    /// Adds another line's runs.
    pub fn extend(&mut self, other: Self) {
        for run in other.runs {
            self.push_run(&run.text, run.style);
        }
    }

    /// Its width in cells.
    pub fn width(&self) -> usize {
        self.graphemes().map(|(grapheme, _)| usize::from(grapheme.cell_width())).sum()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The text alone.
    pub fn plain(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }

    /// Lays a style over all of it.
    pub fn patched(mut self, style: Style) -> Self {
        for run in &mut self.runs {
            run.style = run.style.patch(style);
        }
        self
    }

    fn graphemes(&self) -> impl Iterator<Item = (&str, Style)> {
        self.runs.iter().flat_map(|run| run.text.graphemes(true).map(move |grapheme| (grapheme, run.style)))
    }

    /// At most so many cells of it; where something goes, `…` says so.
    pub fn fitted(self, width: usize, cut: Cut, theme: &Theme) -> Self {
        if width == 0 {
            return Self::new();
        }
        if self.width() <= width {
            return self;
        }
        let sign = theme.glyphs().more;
        let mut fitted = Self::new();
        match cut {
            Cut::End => {
                let mut style = Style::default();
                let mut used = 0;
                for (grapheme, at) in self.graphemes() {
                    let next = usize::from(grapheme.cell_width());
                    style = at;
                    if used + next > width - 1 {
                        break;
                    }
                    used += next;
                    fitted.push_run(grapheme, at);
                }
                fitted.push_run(sign, style);
            }
            Cut::Front => {
                let graphemes: Vec<_> = self.graphemes().collect();
                let mut used = 0;
                let mut first = graphemes.len();
                while first > 0 {
                    let next = usize::from(graphemes[first - 1].0.cell_width());
                    if used + next > width - 1 {
                        break;
                    }
                    used += next;
                    first -= 1;
                }
                let style = graphemes.get(first).map_or(Style::default(), |(_, style)| *style);
                fitted.push_run(sign, style);
                for (grapheme, style) in &graphemes[first..] {
                    fitted.push_run(grapheme, *style);
                }
            }
            Cut::Middle => {
                // Each half with a sign of its own, of which one stays.
                let tail = width / 2;
                fitted = self.clone().fitted(width - tail, Cut::End, theme);
                fitted.extend(self.fitted(tail + 1, Cut::Front, theme).without_first());
            }
        }
        fitted
    }

    fn without_first(mut self) -> Self {
        if let Some(run) = self.runs.first_mut() {
            let first = run.text.graphemes(true).next().map_or(0, str::len);
            run.text.drain(..first);
        }
        self.runs.retain(|run| !run.text.is_empty());
        self
    }

    /// The same in lines of at most so many cells, broken after a space where one is near the end,
    /// else anywhere. Every line but the first is indented by `indent` cells.
    pub fn wrapped(&self, width: usize, indent: usize) -> Vec<Self> {
        let width = width.max(1);
        let indent = if indent * 2 > width { 0 } else { indent };
        let graphemes: Vec<_> = self.graphemes().collect();
        let mut lines = Vec::new();
        let mut start = 0;
        while start < graphemes.len() || lines.is_empty() {
            let mut line = Self::new();
            let mut room = width;
            if !lines.is_empty() && indent > 0 {
                line.push_run(&" ".repeat(indent), Style::default());
                room -= indent;
            }
            let mut used = 0;
            let mut end = start;
            let mut breaking = None;
            while end < graphemes.len() {
                let next = usize::from(graphemes[end].0.cell_width());
                if used + next > room && end > start {
                    break;
                }
                used += next;
                end += 1;
                if graphemes[end - 1].0 == " " && used * 2 > room {
                    breaking = Some(end);
                }
            }
            if end < graphemes.len()
                && let Some(after_space) = breaking
            {
                end = after_space;
            }
            for (grapheme, style) in &graphemes[start..end] {
                line.push_run(grapheme, *style);
            }
            lines.push(line);
            start = end;
        }
        lines
    }

    /// Draws it from `x`, at most `width` cells, and gives the column after it.
    pub fn draw(&self, buffer: &mut Buffer, x: u16, y: u16, width: u16) -> u16 {
        let area = buffer.area;
        if y < area.top() || y >= area.bottom() || x >= area.right() {
            return x;
        }
        let end = x.saturating_add(width).min(area.right());
        let mut at = x;
        for run in &self.runs {
            if at >= end {
                break;
            }
            at = buffer.set_stringn(at, y, &run.text, usize::from(end - at), run.style).0;
        }
        at
    }

    /// Draws it so that it ends before column `end`, at most `width` cells; gives where it begins.
    pub fn draw_right(&self, buffer: &mut Buffer, end: u16, y: u16, width: u16) -> u16 {
        let wide = (self.width() as u16).min(width);
        let x = end.saturating_sub(wide);
        self.draw(buffer, x, y, wide);
        x
    }
}

/// Whether a grapheme that others wrote is shown as it is, without marks.
fn stands_as_it_is(grapheme: &str, theme: &Theme) -> bool {
    let harmless = !grapheme.contains(text::is_hostile);
    let few = grapheme.chars().nth(GRAPHEME_CHARS).is_none();
    harmless && few && (!theme.ascii || grapheme.is_ascii()) && grapheme.cell_width() > 0
}

/// The end of the longest beginning of what others wrote that fits into so many cells, in bytes; of
/// a text that is not empty at least one grapheme.
pub fn fitting(entry: &str, width: usize, theme: &Theme) -> usize {
    let bytes = entry.as_bytes();
    let plain = bytes.iter().take(width).take_while(|byte| (b' '..=b'~').contains(*byte)).count();
    // What stands on the last letter belongs to it.
    if plain > 0 && (plain == width || plain == bytes.len()) && bytes.get(plain).is_none_or(u8::is_ascii) {
        return plain;
    }
    let (mut end, mut used) = (0, 0);
    for grapheme in entry.graphemes(true) {
        used += if stands_as_it_is(grapheme, theme) {
            usize::from(grapheme.cell_width())
        } else {
            Text::entry(grapheme, Role::Text, theme).width()
        };
        if used > width && end > 0 {
            break;
        }
        end += grapheme.len();
    }
    end
}

/// How many cells the widest of some values takes, each counted up to `most`.
pub fn widest<'a>(values: impl IntoIterator<Item = &'a str>, most: usize, theme: &Theme) -> usize {
    let widths = values.into_iter().map(|value| Text::beginning(value, most, Role::Text, theme).width());
    widths.max().unwrap_or(0).min(most)
}

/// The plain form of a glyph of the explorer's own words, for terminals without Unicode.
fn plain_glyph(glyph: char) -> char {
    match glyph {
        _ if glyph.is_ascii() => glyph,
        '…' => '~',
        '·' | '─' | '—' | '–' => '-',
        '▸' => '>',
        '←' => '<',
        '▾' | '↓' => 'v',
        '↑' => '^',
        '│' | '▕' | '▏' => '|',
        '×' => 'x',
        '✓' => '+',
        '✗' => '!',
        _ => '?',
    }
}

/// A whole number in at most four cells: `412`, `4.1k`, `48k`, `1.2M`.
pub fn short(number: u64) -> String {
    const UNITS: [(u64, char); 6] = [
        (1_000, 'k'),
        (1_000_000, 'M'),
        (1_000_000_000, 'G'),
        (1_000_000_000_000, 'T'),
        (1_000_000_000_000_000, 'P'),
        (1_000_000_000_000_000_000, 'E'),
    ];
    let Some((unit, letter)) = UNITS.iter().rev().find(|(unit, _)| number >= *unit) else {
        return number.to_string();
    };
    let tenths = number / (unit / 10);
    if tenths < 100 {
        format!("{}.{}{letter}", tenths / 10, tenths % 10)
    } else {
        format!("{}{letter}", tenths / 10)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::theme::{Depth, Name};

    fn theme(ascii: bool) -> Theme {
        Theme::builtin(Name::Dark, Depth::True, ascii)
    }

    #[test]
    fn hostile_text_is_marked_and_harmless_text_is_not() {
        let theme = self::theme(false);
        let text = Text::entry("a\u{1b}[2Jb\u{202e}c\td", Role::Text, &theme);
        assert_eq!(text.plain(), "a␛[2Jb⟨202E⟩c␉d");
        assert!(text.runs.iter().any(|run| run.text == "␛" && run.style == theme.style(Role::Warning)));
        assert_eq!(Text::entry("naïve 日本", Role::Text, &theme).plain(), "naïve 日本");
        let plain = self::theme(true);
        assert_eq!(Text::entry("naïve\u{1b}", Role::Text, &plain).plain(), "na<EF>ve<1B>");
        assert_eq!(Text::own("a → b…", Role::Text, &plain).plain(), "a -> b~");
        let beginning = |most, theme| Text::beginning("naïve\u{1b}", most, Role::Text, theme).plain();
        assert_eq!((beginning(2, &theme), beginning(6, &theme)), ("na…".to_owned(), "naïve␛".to_owned()));
        assert_eq!(beginning(2, &plain), "na~");
    }

    #[test]
    fn a_mark_on_no_letter_and_a_tower_of_accents_take_cells() {
        let theme = theme(false);
        assert_eq!(Text::entry("\u{301}", Role::Text, &theme).plain(), "<301>");
        let tower = format!("a{}", "\u{301}".repeat(50));
        assert!(Text::entry(&tower, Role::Text, &theme).width() < 40);
    }

    #[test]
    fn cuts_at_the_end_or_the_front() {
        let theme = theme(false);
        let cut = |cut| Text::entry("abcdefgh", Role::Text, &theme).fitted(4, cut, &theme).plain();
        assert_eq!(cut(Cut::End), "abc…");
        assert_eq!(cut(Cut::Front), "…fgh");
        assert_eq!(cut(Cut::Middle), "a…gh");
        let wide = Text::entry("日本語日本語", Role::Text, &theme).fitted(7, Cut::Middle, &theme);
        assert_eq!(wide.plain(), "日…語");
        assert_eq!(Text::entry("日本語", Role::Text, &theme).fitted(4, Cut::End, &theme).plain(), "日…");
    }

    #[test]
    fn counts_are_grouped_and_shortened() {
        assert_eq!(grouped(1_048_213), "1,048,213");
        assert_eq!(grouped(412), "412");
        assert_eq!(
            [0, 999, 1_000, 48_213, 999_999, 1_234_567, u64::MAX].map(short),
            ["0", "999", "1.0k", "48k", "999k", "1.2M", "18E"]
        );
    }

    #[test]
    fn of_a_long_text_the_beginning_stands() {
        let theme = theme(false);
        let mut text = Text::new();
        text.push_long(&"é".repeat(LONG), theme.style(Role::Text), &theme);
        let plain = text.plain();
        assert!(plain.ends_with("éé … 16,384 more bytes"), "{}", &plain[plain.len() - 40..]);
        assert_eq!(plain.chars().filter(|c| *c == 'é').count(), LONG / 2);
    }

    proptest! {
        #[test]
        fn a_text_is_taken_apart_into_pieces_that_fit(entry in "(.|[a-z\u{301}]|[ -~]{5,30}){0,20}", width in 1usize..40, ascii: bool) {
            let theme = theme(ascii);
            let mut rest = entry.as_str();
            while !rest.is_empty() {
                let (piece, behind) = rest.split_at(fitting(rest, width, &theme));
                let wide = |text: &str| Text::entry(text, Role::Text, &theme).width();
                prop_assert!(wide(piece) <= width || piece.graphemes(true).count() == 1, "{piece:?}");
                // No more would fit.
                if let Some(next) = behind.graphemes(true).next() {
                    prop_assert!(wide(piece) + wide(next) > width, "{piece:?} {next:?}");
                }
                rest = behind;
            }
        }

        #[test]
        fn no_text_is_wider_than_it_may_be_and_wrapping_loses_nothing(entry in any::<String>(), width in 1usize..40, ascii: bool) {
            let theme = theme(ascii);
            let text = Text::entry(&entry, Role::Text, &theme);
            prop_assert!(!text.plain().contains(text::is_hostile));
            for cut in [Cut::End, Cut::Front, Cut::Middle] {
                prop_assert!(text.clone().fitted(width, cut, &theme).width() <= width);
            }
            let lines = text.wrapped(width, 0);
            prop_assert_eq!(lines.iter().map(Text::plain).collect::<String>(), text.plain());
            let widest = text.plain().graphemes(true).map(|g| usize::from(g.cell_width())).max().unwrap_or(0);
            prop_assert!(lines.iter().all(|line| line.width() <= width.max(widest)));
        }
    }
}
