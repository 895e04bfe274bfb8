//! The palette: every action by name, found by typing roughly what it is called; and what is only
//! said, never bound to a key: themes, a saved view's name, a picture's file.

use std::collections::HashSet;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::text;
use crate::ui::cells::{Cut, Text};
use crate::ui::keymap::{Action, Focus, Key, Keymap};
use crate::ui::model::Model;
use crate::ui::presets::{self, Preset};
use crate::ui::theme::{Name, Role};
use crate::ui::widget::menu::Menu;
use crate::ui::widget::prompt::{self, Prompt};

use super::{Outcome, centred, frame};

/// The palette's width, at most.
const WIDTH: u16 = 104;
/// The column of names.
const NAMES: usize = 20;

/// The layer's state.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What is typed.
    pub prompt: Prompt,
    /// Which line is chosen.
    pub menu: Menu,
}

/// What is chosen in the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// What a key of this focus does too.
    Act(Focus, Action),
    /// A filter for audit work.
    Preset(Preset),
    /// Another theme; `None`: what suits the terminal.
    Theme(Option<Name>),
    /// Saves what is looked at under a name.
    Save(String),
    /// Writes the screen as an SVG picture.
    Screenshot(String),
}

/// A line of the palette.
struct Line {
    command: Command,
    name: String,
    words: String,
    key: Option<Key>,
}

/// How many lines it shows on a screen of this area.
fn page(area: Rect) -> u16 {
    (area.height * 2 / 3).max(8)
}

/// All that can be chosen by name.
fn all(keymap: &Keymap) -> Vec<Line> {
    let mut seen = HashSet::new();
    let mut lines: Vec<Line> = keymap
        .bindings()
        .iter()
        .filter(|row| !matches!(row.focus, Focus::List | Focus::Time | Focus::Prompt))
        .filter(|row| row.action != Action::Palette && seen.insert(row.action))
        .map(|row| Line {
            command: Command::Act(row.focus, row.action),
            name: row.action.name().to_owned(),
            words: row.words.to_string(),
            // What answers a question is no key without it.
            key: row.keys.first().copied().filter(|_| row.focus != Focus::Leaving),
        })
        .collect();
    lines.extend(presets::ALL.into_iter().map(|preset| Line {
        command: Command::Preset(preset),
        name: preset.words.to_owned(),
        words: preset.filter.to_owned(),
        key: None,
    }));
    for theme in Name::ALL.into_iter().map(Some).chain([None]) {
        lines.push(Line {
            command: Command::Theme(theme),
            name: format!("theme {}", theme.map_or("auto", Name::name)),
            words: match theme {
                Some(_) => "colours".to_owned(),
                None => "colours: what suits the terminal".to_owned(),
            },
            key: None,
        });
    }
    lines
}

/// The two that take a word of one's own, as far as they are typed.
fn with_argument(typed: &str) -> Vec<Line> {
    let (word, argument) = typed.trim_start().split_once(' ').unwrap_or((typed.trim_start(), ""));
    let argument = argument.trim();
    let of = |name: &str, shape: &str, words: &str, command: Command| Line {
        command,
        name: format!("{name} {}", if argument.is_empty() { shape } else { argument }),
        words: words.to_owned(),
        key: None,
    };
    let mut lines = Vec::new();
    if !word.is_empty() && "save".starts_with(word) {
        let words = "keep filter, window and columns under this name (S lists them)";
        lines.push(of("save", "NAME", words, Command::Save(argument.to_owned())));
    }
    if !word.is_empty() && "screenshot".starts_with(word) {
        let words = "write this screen as a picture";
        lines.push(of("screenshot", "FILE.svg", words, Command::Screenshot(argument.to_owned())));
    }
    lines
}

/// How well a line is what was typed, the best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The letters of its name in order, with few gaps; the matcher's score.
    Name(u32),
    /// The words that explain it have one that begins with each word.
    Words,
    /// Each run of the letters begins a word of its name; the matcher's score.
    Initials(u32),
    /// Its name holds each word; the matcher's score.
    Part(u32),
    /// Its name begins with it; the shorter the rest, the better.
    Start(std::cmp::Reverse<usize>),
}

/// What is looked for among the lines.
struct Search {
    wanted: String,
    pattern: Pattern,
    matcher: Matcher,
}

impl Search {
    fn new(wanted: &str) -> Self {
        let pattern = Pattern::parse(wanted, CaseMatching::Ignore, Normalization::Smart);
        Self { wanted: text::fold(wanted), pattern, matcher: Matcher::new(Config::DEFAULT) }
    }

    /// `None`: it is not meant. Letters that lie scattered are no match: any word has some of them.
    fn rank(&mut self, line: &Line) -> Option<Rank> {
        let name = text::fold(&line.name);
        if let Some(rest) = name.strip_prefix(&self.wanted) {
            return Some(Rank::Start(std::cmp::Reverse(rest.len())));
        }
        let words = text::fold(&line.words);
        let begins = |wanted: &str| {
            let mut words = words.split(|letter: char| !letter.is_alphanumeric());
            words.any(|word| word.starts_with(wanted))
        };
        let mut wanted = self.wanted.split_whitespace();
        let explained = wanted.all(|word| name.contains(word) || begins(word)).then_some(Rank::Words);
        let mut buffer = Vec::new();
        let mut places = Vec::new();
        let haystack = Utf32Str::new(&name, &mut buffer);
        let Some(score) = self.pattern.indices(haystack, &mut self.matcher, &mut places) else {
            return explained;
        };
        if self.wanted.split_whitespace().all(|word| name.contains(word)) {
            return Some(Rank::Part(score));
        }
        places.sort_unstable();
        places.dedup();
        let starts = places.iter().enumerate().filter(|(n, at)| *n == 0 || places[n - 1] + 1 != **at);
        let starts: Vec<u32> = starts.map(|(_, at)| *at).collect();
        if starts.iter().all(|at| *at == 0 || !haystack.get(at - 1).is_alphanumeric()) {
            return Some(Rank::Initials(score));
        }
        // Two letters to a run at least.
        explained.or((starts.len() * 2 <= places.len()).then_some(Rank::Name(score)))
    }
}

/// The lines for what is typed, the best first.
fn lines(typed: &str, keymap: &Keymap) -> Vec<Line> {
    let typed = typed.trim_start_matches(':');
    let mut own = with_argument(typed);
    let wanted = typed.trim();
    let mut rest = all(keymap);
    if !wanted.is_empty() {
        let mut search = Search::new(wanted);
        let ranked = rest.into_iter().filter_map(|line| Some((search.rank(&line)?, line)));
        let mut ranked: Vec<(Rank, Line)> = ranked.collect();
        ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        rest = ranked.into_iter().map(|(_, line)| line).collect();
    }
    own.extend(rest);
    own
}

/// Gives it a key.
pub fn key(state: &mut State, model: &Model, action: Option<Action>, key: Key) -> Outcome {
    if matches!(action, Some(Action::OlderEntry | Action::NewerEntry)) {
        let count = lines(state.prompt.text(), &model.keymap).len();
        state.menu.moves(action, count, usize::from(page(model.area())));
        return Outcome::Stay;
    }
    match state.prompt.key(action, key) {
        prompt::Outcome::Keep => {
            match lines(state.prompt.text(), &model.keymap).into_iter().nth(state.menu.cursor) {
                Some(line) => Outcome::Command(line.command),
                None => Outcome::Stay,
            }
        }
        prompt::Outcome::TakeBack => Outcome::Close,
        prompt::Outcome::Changed => {
            state.menu.cursor = 0;
            Outcome::Stay
        }
        prompt::Outcome::Unchanged => Outcome::Stay,
    }
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let place = centred(super::full(area), WIDTH.min(area.width.saturating_sub(4)), page(area) + 4);
    let inside = frame(buffer, place, "Palette", theme);
    let typed = state.prompt.text();
    let mut line = Text::own(":", Role::Key, theme);
    line.push_entry(typed, theme.style(Role::Prompt), theme);
    line.draw(buffer, inside.x, inside.y, inside.width);
    let lines = lines(typed, &model.keymap);
    let width = usize::from(inside.width);
    let texts: Vec<Text> = lines
        .iter()
        .map(|line| {
            let name = Text::entry(&line.name, Role::Text, theme);
            let pad = NAMES.saturating_sub(name.width()).max(2);
            let key = line.key.map(|key| key.to_string()).unwrap_or_default();
            let room = width.saturating_sub(name.width() + pad + key.len() + 2);
            let words = Text::own(&line.words, Role::Dim, theme).fitted(room, Cut::End, theme);
            let gap = room.saturating_sub(words.width()) + 2;
            let mut text = name.and(&" ".repeat(pad), Role::Text, theme);
            text.extend(words);
            text.and(&" ".repeat(gap), Role::Text, theme).and(&key, Role::Key, theme)
        })
        .collect();
    // What the chosen line has no room for stands whole above the list.
    let chosen = lines.get(state.menu.cursor).zip(texts.get(state.menu.cursor));
    if let Some((line, text)) = chosen
        && !text.plain().contains(&line.words)
    {
        let words = Text::own(&line.words, Role::Notice, theme);
        words.fitted(width, Cut::End, theme).draw(buffer, inside.x, inside.y + 1, inside.width);
    }
    let list = Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside };
    if texts.is_empty() {
        Text::own("nothing is called that", Role::Dim, theme).draw(buffer, list.x, list.y, list.width);
    }
    state.menu.draw(&texts, list, buffer, theme);
    let before = Text::entry(&typed[..state.prompt.cursor()], Role::Prompt, theme).width() as u16 + 1;
    Some(Position::new((inside.x + before).min(inside.right().saturating_sub(1)), inside.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(typed: &str) -> Option<Command> {
        lines(typed, &Keymap::default()).into_iter().next().map(|line| line.command)
    }

    #[test]
    fn an_action_is_found_by_its_name_roughly() {
        assert_eq!(first("retry-gaps"), Some(Command::Act(Focus::Global, Action::RetryGaps)));
        assert_eq!(first("rtgaps"), Some(Command::Act(Focus::Global, Action::RetryGaps)));
        assert_eq!(first("suspend"), Some(Command::Act(Focus::Global, Action::Suspend)));
        assert_eq!(first(":mouse"), Some(Command::Act(Focus::Global, Action::Mouse)));
        assert_eq!(first("theme mono"), Some(Command::Theme(Some(Name::Mono))));
        assert_eq!(first("theme auto"), Some(Command::Theme(None)));
        assert_eq!(first("xyzzy-nothing"), None);
    }

    #[test]
    fn what_is_called_so_stands_first_and_scattered_letters_are_nothing() {
        let names = |typed: &str| -> Vec<String> {
            lines(typed, &Keymap::default()).into_iter().map(|line| line.name).collect()
        };
        let found = names("fetch");
        assert_eq!(found[..2], ["fetch-newer", "fetch-singles"], "{found:?}");
        for (typed, absurd) in [("fetch", "two-fields"), ("theme", "retry-single"), ("save", "same-actor")] {
            assert!(!names(typed).iter().any(|name| name == absurd), "{typed}: {:?}", names(typed));
        }
        assert_eq!(names("mark")[0], "mark");
        assert_eq!(names("rg")[0], "retry-gaps", "{:?}", names("rg"));
        assert!(names("window").contains(&"time".to_owned()), "{:?}", names("window"));
    }

    #[test]
    fn every_action_outside_lists_and_prompts_has_a_line() {
        let keymap = Keymap::default();
        let lines = all(&keymap);
        for row in keymap.bindings() {
            let named = matches!(row.focus, Focus::Global | Focus::Table | Focus::Histogram | Focus::Detail);
            let found = lines
                .iter()
                .any(|line| matches!(line.command, Command::Act(_, action) if action == row.action));
            assert!(!named || found || row.action == Action::Palette, "{}", row.action.name());
        }
    }

    #[test]
    fn what_takes_a_word_of_ones_own_shows_it() {
        assert_eq!(first("save night shift"), Some(Command::Save("night shift".to_owned())));
        assert_eq!(first("screenshot a.svg"), Some(Command::Screenshot("a.svg".to_owned())));
        assert_eq!(first("scr"), Some(Command::Screenshot(String::new())));
    }
}
