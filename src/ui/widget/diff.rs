//! One changed path as a block: `-` before, `+` after, a side that is not known said to be unknown,
//! long text as a word diff, nested values as an indented diff of what differs.
//!
//! Not here: how changes become known (`provider::changes`, `changes`).

use std::time::Duration;

use similar::{Algorithm, ChangeTag, TextDiff};

use crate::event::{Change, ChangeOp};
use crate::json::{Json, Kind, Node};
use crate::ui::cells::Text;
use crate::ui::theme::{Role, Theme};

use super::jsontree;

/// Lines of what did not change that stand around what did.
const CONTEXT: usize = 1;
/// The most bytes of a side of which words are compared; longer sides stand whole.
const MOST_WORDS: usize = 8_000;
/// After so long the lines of two values that have little in common are compared more roughly: what
/// is shown is right all the same, and longer than it need be.
const LONGEST: Duration = Duration::from_millis(200);
/// Two texts with less in common than this stand as a whole line each.
const ALIKE: f32 = 0.4;

/// The lines of a change, not yet wrapped.
pub fn lines(change: &Change, theme: &Theme) -> Vec<Text> {
    let mut lines = vec![heading(change, theme)];
    let unknown = |sign: &str, side: &str, role: Role| {
        Text::own(sign, role, theme).and(&format!("{side}: not in what was fetched"), Role::Dim, theme)
    };
    match (change.op, &change.before, &change.after) {
        (ChangeOp::Move | ChangeOp::Copy, None, None) => {}
        (ChangeOp::Add, None, None) => lines.push(unknown("+ ", "value", Role::Added)),
        (ChangeOp::Remove, None, None) => lines.push(unknown("- ", "value", Role::Removed)),
        (_, Some(before), Some(after)) => lines.extend(both(before, after, theme)),
        (op, before, after) => {
            match before {
                Some(before) => lines.extend(whole("- ", before.node(), Role::Removed, theme)),
                None if op == ChangeOp::Replace => lines.push(unknown("- ", "before", Role::Removed)),
                None => {}
            }
            match after {
                Some(after) => lines.extend(whole("+ ", after.node(), Role::Added, theme)),
                None if op == ChangeOp::Replace => lines.push(unknown("+ ", "after", Role::Added)),
                None => {}
            }
        }
    }
    lines
}

fn heading(change: &Change, theme: &Theme) -> Text {
    let word = match change.op {
        ChangeOp::Add => "added",
        ChangeOp::Remove => "removed",
        ChangeOp::Replace => "changed",
        ChangeOp::Move => "moved here",
        ChangeOp::Copy => "copied here",
    };
    let path = if change.path.is_empty() { "(the whole)" } else { &change.path };
    let mut heading = Text::entry(path, Role::JsonKey, theme);
    heading.push_own(&format!("  {word}"), Role::Dim, theme);
    heading
}

/// One side alone.
fn whole(sign: &str, node: Node<'_>, role: Role, theme: &Theme) -> Vec<Text> {
    let line = |text: &str| {
        let mut line = Text::own(sign, role, theme);
        line.push_long(text, theme.style(role), theme);
        line
    };
    match node.kind() {
        Kind::Array | Kind::Object => match jsontree::indented(node) {
            Some(lines) => lines.iter().map(|text| line(text)).collect(),
            None => vec![line(node.raw())],
        },
        _ => vec![line(node.raw())],
    }
}

/// What differs between two values, whatever they are.
pub fn between(before: &Json, after: &Json, theme: &Theme) -> Vec<Text> {
    if before == after {
        return vec![Text::own("  nothing", Role::Dim, theme)];
    }
    both(before, after, theme)
}

fn both(before: &Json, after: &Json, theme: &Theme) -> Vec<Text> {
    let container = |json: &Json| matches!(json.node().kind(), Kind::Array | Kind::Object);
    if container(before) && container(after) {
        let sides = (jsontree::indented(before.node()), jsontree::indented(after.node()));
        if let (Some(old), Some(new)) = sides {
            return nested(&old, &new, theme);
        }
    } else if let (Kind::String, Kind::String) = (before.node().kind(), after.node().kind())
        && let Some(lines) = words(before.as_str(), after.as_str(), theme)
    {
        return lines;
    }
    let mut lines = whole("- ", before.node(), Role::Removed, theme);
    lines.extend(whole("+ ", after.node(), Role::Added, theme));
    lines
}

/// Two values compared line by line.
pub fn compared<'a>(old: &[&'a str], new: &[&'a str]) -> TextDiff<'a, 'a, str> {
    TextDiff::configure().algorithm(Algorithm::Patience).timeout(LONGEST).diff_slices(old, new)
}

/// What differs between two indented values, with a little around it.
fn nested<'a>(old: &'a [String], new: &'a [String], theme: &Theme) -> Vec<Text> {
    // A comma that only says that more follows is no difference.
    let bare = |lines: &'a [String]| -> Vec<&'a str> {
        lines.iter().map(|line| line.trim_end_matches(',')).collect()
    };
    let (old, new) = (bare(old), bare(new));
    let diff = compared(&old, &new);
    let mut lines = Vec::new();
    for (place, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if place > 0 || group.first().is_some_and(|op| op.old_range().start > 0 && op.new_range().start > 0) {
            lines.push(Text::own("  …", Role::Dim, theme));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, role) = match change.tag() {
                ChangeTag::Equal => ("  ", Role::Dim),
                ChangeTag::Delete => ("- ", Role::Removed),
                ChangeTag::Insert => ("+ ", Role::Added),
            };
            let mut line = Text::own(sign, role, theme);
            line.push_long(change.value(), theme.style(role), theme);
            lines.push(line);
        }
    }
    let shown = diff.grouped_ops(CONTEXT).last().and_then(|group| group.last().copied());
    if shown.is_some_and(|op| op.old_range().end < old.len() || op.new_range().end < new.len()) {
        lines.push(Text::own("  …", Role::Dim, theme));
    }
    if lines.is_empty() {
        // The same in other words: key order, or spelling of numbers.
        lines.push(Text::own("  the same value, written otherwise", Role::Dim, theme));
    }
    lines
}

/// Two texts with the words that differ marked; `None` where they have too little in common.
fn words(before: &str, after: &str, theme: &Theme) -> Option<Vec<Text>> {
    if before.len().max(after.len()) > MOST_WORDS {
        return None;
    }
    let diff = TextDiff::from_words(before, after);
    if diff.ratio() < ALIKE || !before.contains(' ') {
        return None;
    }
    let mut removed = Text::own("- ", Role::Removed, theme);
    let mut added = Text::own("+ ", Role::Added, theme);
    for change in diff.iter_all_changes() {
        let word = change.value();
        match change.tag() {
            ChangeTag::Equal => {
                removed.push_entry(word, theme.style(Role::Removed), theme);
                added.push_entry(word, theme.style(Role::Added), theme);
            }
            ChangeTag::Delete => removed.push_entry(word, theme.style(Role::RemovedPart), theme),
            ChangeTag::Insert => added.push_entry(word, theme.style(Role::AddedPart), theme),
        }
    }
    Some(vec![removed, added])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Depth, Name};

    fn json(text: &str) -> Json {
        Json::from_node(Node::parse(text).expect("valid"))
    }

    fn shown(op: ChangeOp, before: Option<&str>, after: Option<&str>) -> Vec<String> {
        let theme = Theme::builtin(Name::Dark, Depth::True, false);
        let change = Change { op, path: "/days".into(), before: before.map(json), after: after.map(json) };
        lines(&change, &theme).iter().map(Text::plain).collect()
    }

    #[test]
    fn sides_that_are_not_known_are_said_to_be_unknown() {
        assert_eq!(
            shown(ChangeOp::Replace, Some("30"), None),
            ["/days  changed", "- 30", "+ after: not in what was fetched"]
        );
        assert_eq!(
            shown(ChangeOp::Replace, None, Some("\"x\"")),
            ["/days  changed", "- before: not in what was fetched", "+ \"x\""]
        );
        assert_eq!(shown(ChangeOp::Replace, Some("null"), Some("7")), ["/days  changed", "- null", "+ 7"]);
        assert_eq!(shown(ChangeOp::Add, None, None), ["/days  added", "+ value: not in what was fetched"]);
        assert_eq!(shown(ChangeOp::Remove, Some("1"), None), ["/days  removed", "- 1"]);
        assert_eq!(shown(ChangeOp::Move, None, None), ["/days  moved here"]);
    }

    #[test]
    fn nested_values_show_what_differs() {
        let before = r#"{"a":1,"b":{"x":[1,2,3],"y":true},"c":"s","d":4,"e":5}"#;
        let after = r#"{"a":1,"b":{"x":[1,9,3],"y":true},"c":"s","d":4,"e":5,"f":6}"#;
        assert_eq!(
            shown(ChangeOp::Replace, Some(before), Some(after)),
            [
                "/days  changed",
                "  …",
                "        1",
                "-       2",
                "+       9",
                "        3",
                "  …",
                "    \"e\": 5",
                "+   \"f\": 6",
                "  }",
            ]
        );
    }

    #[test]
    fn what_is_left_out_behind_the_last_difference_is_said() {
        assert_eq!(
            shown(ChangeOp::Replace, Some(r#"{"a":1,"b":2,"c":3}"#), Some(r#"{"a":9,"b":2,"c":3}"#)),
            ["/days  changed", "  {", "-   \"a\": 1", "+   \"a\": 9", "    \"b\": 2", "  …"]
        );
    }

    #[test]
    fn long_text_is_compared_by_words() {
        let lines = shown(
            ChangeOp::Replace,
            Some("\"keep logs for thirty days in the archive\""),
            Some("\"keep logs for seven days in the archive\""),
        );
        assert_eq!(lines.len(), 3);
        let theme = Theme::builtin(Name::Dark, Depth::True, false);
        let marked = words("\"a b c\"", "\"a x c\"", &theme).expect("alike");
        assert_eq!(marked[0].plain(), "- \"a b c\"");
        assert_ne!(marked[0], Text::own("- \"a b c\"", Role::Removed, &theme), "b is marked");
    }
}
