//! A value of which only parts may be known, as indented lines; what is not known is said.

use crate::changes::state::State;
use crate::json::Pointer;
use crate::ui::cells::Text;
use crate::ui::theme::{Role, Theme};

use super::jsontree::{self, MOST_LINES};

/// The lines of a state that stands at `root`, at most a few thousand. At some paths other words stand
/// in the place of what is known.
pub fn lines(state: &State, root: &Pointer, instead: &[(&Pointer, Text)], theme: &Theme) -> Vec<Text> {
    let mut tree = Tree { instead: instead.iter().map(Some).collect(), lines: Vec::new(), theme };
    tree.add(state, None, root, 1);
    // What is known may be one value that has the path inside.
    for (path, words) in tree.instead.iter().flatten() {
        let mut line = Text::own("  ", Role::Text, theme);
        line.push_entry(&path.to_string(), theme.style(Role::JsonKey), theme);
        line.push_own("  ", Role::Text, theme);
        line.extend(words.clone());
        tree.lines.push(line);
    }
    let mut lines = tree.lines;
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines.push(Text::own("  … more than is shown", Role::Notice, theme));
    }
    lines
}

/// The lines so far.
struct Tree<'a> {
    /// What stands at some paths, until it does.
    instead: Vec<Option<&'a (&'a Pointer, Text)>>,
    lines: Vec<Text>,
    theme: &'a Theme,
}

impl Tree<'_> {
    fn begin(&self, name: Option<&str>, depth: usize) -> Text {
        let mut line = Text::own(&"  ".repeat(depth.min(40)), Role::Text, self.theme);
        if let Some(name) = name {
            line.push_entry(name, self.theme.style(Role::JsonKey), self.theme);
            line.push_own("  ", Role::Text, self.theme);
        }
        line
    }

    /// The words that stand here in the place of what is known.
    fn instead(&mut self, at: &Pointer) -> Option<Text> {
        let is_here = |(path, _): &(&Pointer, Text)| *path == at;
        let here = self.instead.iter_mut().find(|words| words.is_some_and(is_here))?;
        here.take().map(|(_, words)| words.clone())
    }

    /// Adds what stands at a path. The depth of what is opened is bounded (`changes::state::DEEPEST`),
    /// and so this recursion.
    fn add(&mut self, state: &State, name: Option<&str>, at: &Pointer, depth: usize) {
        if self.lines.len() > MOST_LINES {
            return;
        }
        let theme = self.theme;
        let mut begun = self.begin(name, depth);
        if let Some(words) = self.instead(at) {
            begun.extend(words);
            self.lines.push(begun);
            return;
        }
        let below = depth + usize::from(name.is_some());
        match state {
            State::Unknown => self.lines.push(begun.and("? not known", Role::Dim, theme)),
            State::Present => self.lines.push(begun.and("? something, not known what", Role::Dim, theme)),
            State::Absent => {
                let words = if theme.ascii { "(none) not there" } else { "∅ not there" };
                self.lines.push(begun.and(words, Role::Dim, theme));
            }
            State::Whole(json) => {
                let whole = jsontree::indented(json.node()).unwrap_or_else(|| vec![json.as_str().to_owned()]);
                for (place, text) in whole.iter().enumerate() {
                    let mut line = if place == 0 { begun.clone() } else { self.begin(None, depth) };
                    line.push_long(text, theme.style(Role::JsonString), theme);
                    self.lines.push(line);
                }
            }
            State::Object(members) | State::Parts(members) => {
                if members.is_empty() {
                    self.lines.push(begun.and("{}", Role::Dim, theme));
                } else if name.is_some() {
                    self.lines.push(begun);
                }
                for (name, member) in members {
                    self.add(member, Some(name), &at.child(name), below);
                }
                if matches!(state, State::Parts(_)) {
                    let words = "… what else there is, is not known";
                    self.lines.push(self.begin(None, below).and(words, Role::Dim, theme));
                }
            }
            State::Array(elements) => {
                if elements.is_empty() {
                    self.lines.push(begun.and("[]", Role::Dim, theme));
                } else if name.is_some() {
                    self.lines.push(begun);
                }
                for (place, element) in elements.iter().enumerate() {
                    let name = place.to_string();
                    self.add(element, Some(&name), &at.child(&name), below);
                }
            }
        }
    }
}
