//! A value of which only parts may be known, as indented lines; what is not known is said.

use crate::changes::state::State;
use crate::ui::cells::Text;
use crate::ui::theme::{Role, Theme};

use super::jsontree::{self, MOST_LINES};

/// The lines of a state, at most a few thousand.
pub fn lines(state: &State, theme: &Theme) -> Vec<Text> {
    let mut lines = Vec::new();
    add(state, None, 1, &mut lines, theme);
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines.push(Text::own("  … more than is shown", Role::Notice, theme));
    }
    lines
}

/// The depth of what is opened is bounded (`changes::state::DEEPEST`), and so this recursion.
fn add(state: &State, name: Option<&str>, depth: usize, lines: &mut Vec<Text>, theme: &Theme) {
    if lines.len() > MOST_LINES {
        return;
    }
    let begin = || {
        let mut line = Text::own(&"  ".repeat(depth.min(40)), Role::Text, theme);
        if let Some(name) = name {
            line.push_entry(name, theme.style(Role::JsonKey), theme);
            line.push_own("  ", Role::Text, theme);
        }
        line
    };
    let said = |words: &str| begin().and(words, Role::Dim, theme);
    match state {
        State::Unknown => lines.push(said("? not known")),
        State::Present => lines.push(said("? something, not known what")),
        State::Absent if theme.ascii => lines.push(said("(none) not there")),
        State::Absent => lines.push(said("∅ not there")),
        State::Whole(json) => {
            let whole = jsontree::indented(json.node()).unwrap_or_else(|| vec![json.as_str().to_owned()]);
            for (place, text) in whole.iter().enumerate() {
                let mut line = if place == 0 {
                    begin()
                } else {
                    Text::own(&"  ".repeat(depth.min(40)), Role::Text, theme)
                };
                line.push_long(text, theme.style(Role::JsonString), theme);
                lines.push(line);
            }
        }
        State::Object(members) | State::Parts(members) => {
            if name.is_some() || members.is_empty() {
                lines.push(if members.is_empty() { said("{}") } else { begin() });
            }
            let below = depth + usize::from(name.is_some());
            for (name, member) in members {
                add(member, Some(name), below, lines, theme);
            }
            if matches!(state, State::Parts(_)) {
                let line = Text::own(&"  ".repeat(below.min(40)), Role::Text, theme);
                lines.push(line.and("… what else there is, is not known", Role::Dim, theme));
            }
        }
        State::Array(elements) => {
            if name.is_some() || elements.is_empty() {
                lines.push(if elements.is_empty() { said("[]") } else { begin() });
            }
            for (place, element) in elements.iter().enumerate() {
                add(element, Some(&place.to_string()), depth + usize::from(name.is_some()), lines, theme);
            }
        }
    }
}
