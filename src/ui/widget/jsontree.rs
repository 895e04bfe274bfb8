//! A line of a JSON value's tree, and a JSON value as indented text.
//!
//! The value is looked at in place and without recursion, so that neither its depth nor its size
//! costs more than the lines that are shown. Not here: which lines there are, and folding
//! (`pane::detail`).

use crate::json::{Kind, Node};
use crate::ui::cells::{Text, grouped};
use crate::ui::theme::{Role, Theme};

/// The most lines of one indented value.
pub const MOST_LINES: usize = 5_000;
/// The deepest value that is indented.
pub const MOST_DEPTH: usize = 64;

/// What stands deeper than this in a tree is not indented further, lest it leave the screen.
const MOST_INDENTED: usize = 16;

/// A line of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// How deep it stands, the outermost value's own members at 0.
    pub depth: usize,
    /// Its name, or its place in an array.
    pub name: &'a str,
    /// Its value.
    pub node: Node<'a>,
    /// How many values it holds itself; `None` where it is shown as the text that it is.
    pub size: Option<usize>,
    /// Whether what it holds is shown.
    pub open: bool,
}

/// A value in its role: a container as what it holds, anything else as JSON, of a long one the
/// beginning and how much follows.
pub fn value(node: Node<'_>, size: Option<usize>, theme: &Theme) -> Text {
    let role = match node.kind() {
        Kind::String => Role::JsonString,
        Kind::Number => Role::JsonNumber,
        Kind::Bool | Kind::Null => Role::JsonWord,
        Kind::Array | Kind::Object => Role::Dim,
    };
    match (node.kind(), size) {
        (Kind::Array, Some(size)) => Text::own(&format!("[{}]", counted(size, "element")), role, theme),
        (Kind::Object, Some(size)) => Text::own(&format!("{{{}}}", counted(size, "member")), role, theme),
        _ => {
            let mut text = Text::new();
            text.push_long(node.raw(), theme.style(role), theme);
            text
        }
    }
}

fn counted(size: usize, what: &str) -> String {
    match size {
        0 => String::new(),
        1 => format!("1 {what}"),
        size => format!("{} {what}s", grouped(size as u64)),
    }
}

/// A line of a tree as text: indentation, fold sign, name, value.
pub fn text(line: &Line<'_>, theme: &Theme) -> Text {
    let mut text = Text::own(&"  ".repeat(line.depth.min(MOST_INDENTED)), Role::Text, theme);
    let folds = line.size.is_some_and(|size| size > 0);
    let sign = if folds { theme.glyphs().fold[usize::from(line.open)] } else { " " };
    text.push_own(sign, Role::Dim, theme);
    text.push_own(" ", Role::Dim, theme);
    text.push_entry(line.name, theme.style(Role::JsonKey), theme);
    text.push_own("  ", Role::Dim, theme);
    text.extend(value(line.node, line.size, theme));
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
                if node.members().next().is_none() && node.elements().next().is_none() {
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
    fn a_line_tells_what_it_holds_and_of_a_long_value_the_beginning() {
        let theme = Theme::builtin(Name::Dark, Depth::True, false);
        let shown = |json: &str, size, open| {
            let node = Node::parse(json).expect("valid");
            text(&Line { depth: 1, name: "who", node, size, open }, &theme).plain()
        };
        assert_eq!(shown(r#"{"name":"bo","roles":[]}"#, Some(2), false), "  ▸ who  {2 members}");
        assert_eq!(shown("[7]", Some(1), true), "  ▾ who  [1 element]");
        assert_eq!(shown("{}", Some(0), true), "    who  {}");
        assert_eq!(shown("[[7]]", None, false), "    who  [[7]]");
        assert_eq!(shown(r#""bo\u001bb""#, None, false), r#"    who  "bo\u001bb""#);
        let long = shown(&format!("\"{}\"", "x".repeat(20_000)), None, false);
        assert!(long.starts_with("    who  \"xx") && long.ends_with("xx … 3,618 more bytes"), "{long}");
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
        assert_eq!(indented(node), None);
        let wide = format!("[{}1]", "1,".repeat(20_000));
        let node = Node::parse(&wide).expect("valid");
        assert_eq!(indented(node), None);
    }
}
