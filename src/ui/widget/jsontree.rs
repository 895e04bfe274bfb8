//! A JSON value as foldable lines, and as indented text.
//!
//! The value is looked at in place and without recursion, so that neither its depth nor its size
//! costs more than the lines that are shown. Not here: folding by key (`pane::detail`).

use crate::json::{Kind, Node, Pointer};
use crate::ui::cells::Text;
use crate::ui::theme::{Role, Theme};

/// The most lines of one tree or one indented value.
pub const MOST_LINES: usize = 5_000;
/// The deepest value that is indented.
pub const MOST_DEPTH: usize = 64;

/// A line of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// How deep it stands, the value's own members at 0.
    pub depth: usize,
    /// Where its value is.
    pub pointer: Pointer,
    /// Its value.
    pub node: Node<'a>,
    /// Whether its members are shown; `None` for a value without any.
    pub open: Option<bool>,
}

/// The lines of a container's members. `open` says of a container at a depth whether its members
/// are shown, `skip` whether a value is left out (a container of which nothing is left is left out
/// too). Beyond [`MOST_LINES`] it ends; the second value says so.
pub fn lines<'a>(
    root: Node<'a>,
    open: impl Fn(&Pointer, usize, Node<'_>) -> bool,
    skip: impl Fn(&Pointer, Node<'_>) -> bool,
) -> (Vec<Line<'a>>, bool) {
    let mut lines = Vec::new();
    let mut waiting: Vec<(usize, Pointer, Node<'a>)> = Vec::new();
    let push = |waiting: &mut Vec<(usize, Pointer, Node<'a>)>, depth, at: &Pointer, node: Node<'a>| {
        let first = waiting.len();
        for (key, value) in node.members().take(MOST_LINES + 1) {
            waiting.push((depth, at.child(&key), value));
        }
        for (index, value) in node.elements().take(MOST_LINES + 1).enumerate() {
            waiting.push((depth, at.child(&index.to_string()), value));
        }
        waiting[first..].reverse();
    };
    push(&mut waiting, 0, &Pointer::default(), root);
    while let Some((depth, pointer, node)) = waiting.pop() {
        if lines.len() >= MOST_LINES {
            return (lines, true);
        }
        if skip(&pointer, node) {
            continue;
        }
        let open = size(node).map(|size| size > 0 && open(&pointer, depth, node));
        if open == Some(true) {
            push(&mut waiting, depth + 1, &pointer, node);
        }
        lines.push(Line { depth, pointer, node, open });
    }
    (lines, false)
}

/// How many members or elements a container has, counted up to a few thousand; `None` for other values.
pub fn size(node: Node<'_>) -> Option<usize> {
    match node.kind() {
        Kind::Object => Some(node.members().take(MOST_LINES).count()),
        Kind::Array => Some(node.elements().take(MOST_LINES).count()),
        _ => None,
    }
}

/// A value in its role: a text without quotes where that cannot be mistaken, else as JSON.
pub fn value(node: Node<'_>, theme: &Theme) -> Text {
    let role = match node.kind() {
        Kind::String => Role::JsonString,
        Kind::Number => Role::JsonNumber,
        Kind::Bool | Kind::Null => Role::JsonWord,
        Kind::Array | Kind::Object => Role::Dim,
    };
    match node.kind() {
        Kind::Array => Text::own(&format!("[{}]", counted(node, "element")), role, theme),
        Kind::Object => Text::own(&format!("{{{}}}", counted(node, "member")), role, theme),
        _ => Text::entry(node.raw(), role, theme),
    }
}

fn counted(node: Node<'_>, what: &str) -> String {
    match size(node).unwrap_or(0) {
        0 => String::new(),
        1 => format!("1 {what}"),
        MOST_LINES => format!("{MOST_LINES} {what}s or more"),
        size => format!("{size} {what}s"),
    }
}

/// A line of a tree as text: indentation, fold sign, name, value.
pub fn text(line: &Line<'_>, theme: &Theme) -> Text {
    let mut text = Text::own(&"  ".repeat(line.depth.min(40)), Role::Text, theme);
    let sign = match line.open {
        Some(open) if size(line.node) != Some(0) => theme.glyphs().fold[usize::from(open)],
        _ => " ",
    };
    text.push_own(sign, Role::Dim, theme);
    text.push_own(" ", Role::Dim, theme);
    let name = line.pointer.tokens().last().map(|token| &**token).unwrap_or_default();
    text.push_entry(name, theme.style(Role::JsonKey), theme);
    text.push_own("  ", Role::Dim, theme);
    text.extend(value(line.node, theme));
    text
}

/// A value as indented JSON text, a line each; `None` where it has more lines than [`MOST_LINES`] or
/// is deeper than [`MOST_DEPTH`].
pub fn indented(root: Node<'_>) -> Option<Vec<String>> {
    enum Step<'a> {
        Value(usize, Option<String>, Node<'a>, bool),
        Close(usize, char, bool),
    }
    let mut lines = Vec::new();
    let mut steps = vec![Step::Value(0, None, root, true)];
    while let Some(step) = steps.pop() {
        if lines.len() >= MOST_LINES || steps.len() > MOST_LINES {
            return None;
        }
        let comma = |last: bool| if last { "" } else { "," };
        match step {
            Step::Close(depth, bracket, last) => {
                lines.push(format!("{}{bracket}{}", "  ".repeat(depth.min(40)), comma(last)));
            }
            Step::Value(depth, name, node, last) => {
                let indent = "  ".repeat(depth.min(40));
                let name =
                    name.map(|name| format!("{}: ", serde_json::Value::from(name))).unwrap_or_default();
                let (open, close) = match node.kind() {
                    Kind::Object => ('{', '}'),
                    Kind::Array => ('[', ']'),
                    _ => {
                        lines.push(format!("{indent}{name}{}{}", node.raw(), comma(last)));
                        continue;
                    }
                };
                if size(node) == Some(0) {
                    lines.push(format!("{indent}{name}{open}{close}{}", comma(last)));
                    continue;
                }
                if depth >= MOST_DEPTH {
                    return None;
                }
                lines.push(format!("{indent}{name}{open}"));
                steps.push(Step::Close(depth, close, last));
                let first = steps.len();
                for (key, value) in node.members().take(MOST_LINES) {
                    steps.push(Step::Value(depth + 1, Some(key.into_owned()), value, false));
                }
                for value in node.elements().take(MOST_LINES) {
                    steps.push(Step::Value(depth + 1, None, value, false));
                }
                if let Some(Step::Value(_, _, _, last)) = steps.last_mut() {
                    *last = true;
                }
                steps[first..].reverse();
            }
        }
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Depth, Name};

    const RECORD: &str = r#"{"id":7,"who":{"name":"bo\u001bb","roles":["a","b"]},"none":null,"empty":{}}"#;

    #[test]
    fn shows_open_containers_and_folds_the_rest() {
        let theme = Theme::builtin(Name::Dark, Depth::True, false);
        let node = Node::parse(RECORD).expect("valid");
        let shown = |open: fn(&Pointer, usize, Node<'_>) -> bool| -> Vec<String> {
            let (lines, cut) = lines(node, open, |pointer, _| pointer.to_string() == "/id");
            assert!(!cut);
            lines.iter().map(|line| text(line, &theme).plain()).collect()
        };
        assert_eq!(shown(|_, _, _| false), ["▸ who  {2 members}", "  none  null", "  empty  {}"]);
        assert_eq!(
            shown(|_, depth, _| depth == 0),
            [
                "▾ who  {2 members}",
                "    name  \"bo\\u001bb\"",
                "  ▸ roles  [2 elements]",
                "  none  null",
                "  empty  {}"
            ]
        );
    }

    #[test]
    fn indented_text_is_the_same_json() {
        let node = Node::parse(RECORD).expect("valid");
        let lines = indented(node).expect("few lines");
        assert_eq!(lines.len(), 12);
        let read = lines.join("\n");
        assert_eq!(Node::parse(&read).expect("valid").compact(), RECORD);
    }

    #[test]
    fn depth_and_size_do_no_harm() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let node = Node::parse(&deep).expect("valid");
        assert_eq!(lines(node, |_, _, _| false, |_, _| false).0.len(), 1);
        assert_eq!(indented(node), None);
        let wide = format!("[{}1]", "1,".repeat(20_000));
        let node = Node::parse(&wide).expect("valid");
        let (shown, cut) = lines(node, |_, _, _| true, |_, _| false);
        assert_eq!((shown.len(), cut), (MOST_LINES, true));
    }
}
