//! JSON and changes laid out over lines, safe for a terminal and for a ticket whatever stands in
//! them.

use std::borrow::Cow;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use crate::event::{Change, ChangeOp};
use crate::json::Node;
use crate::text::json_escaped;

/// How deep a value is indented; deeper ones stand on the line that they begin on.
const DEEPEST: usize = 32;

/// How long the finest diff of one change is looked for.
const PATIENCE: Duration = Duration::from_millis(300);

/// A value over lines, a member or element a line, two spaces a level, everything hostile as
/// `\uXXXX`: still the same JSON. Numbers and escapes stand as they came; no line feed at the end.
pub fn json(node: Node<'_>) -> String {
    let pretty = pretty(node);
    let lines: Vec<Cow<'_, str>> = pretty.lines().map(json_escaped).collect();
    lines.join("\n")
}

/// What became of a changed path, line by line: `- ` what it was, `+ ` what it is since, two spaces
/// before what both have. A side that is not known is said to be unknown.
pub fn diff(change: &Change) -> Vec<String> {
    let mut lines = Vec::new();
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            let (before, after) = (json(before.node()), json(after.node()));
            // Where two long texts have little in common, a coarser diff is soon enough.
            let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(&before, &after);
            for line in diff.iter_all_changes() {
                let mark = match line.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                lines.push(format!("{mark} {}", line.value().trim_end_matches('\n')));
            }
        }
        (before, after) => {
            match before {
                Some(before) => lines.extend(json(before.node()).lines().map(|line| format!("- {line}"))),
                None if change.op == ChangeOp::Replace => {
                    lines.push("- before: not in what was fetched".to_owned());
                }
                None => {}
            }
            match after {
                Some(after) => lines.extend(json(after.node()).lines().map(|line| format!("+ {line}"))),
                None if matches!(change.op, ChangeOp::Replace | ChangeOp::Add) => {
                    lines.push("+ after: not in what was fetched".to_owned());
                }
                None => {}
            }
        }
    }
    lines
}

fn pretty(node: Node<'_>) -> String {
    let compact = node.compact();
    let mut out = String::with_capacity(compact.len() * 2);
    let mut depth = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut characters = compact.chars().peekable();
    let new_line = |out: &mut String, depth: usize| {
        if depth <= DEEPEST {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
    };
    while let Some(character) = characters.next() {
        if in_string {
            out.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        match character {
            '{' | '[' => {
                out.push(character);
                if let Some(close @ ('}' | ']')) = characters.peek().copied() {
                    out.push(close);
                    characters.next();
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                // The bracket that closes a level stands where the level began.
                if depth < DEEPEST {
                    new_line(&mut out, depth);
                }
                out.push(character);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            '"' => {
                in_string = true;
                out.push('"');
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Json;

    fn node(text: &str) -> Node<'_> {
        Node::parse(text).expect("json")
    }

    #[test]
    fn a_record_is_laid_out_and_its_numbers_stand() {
        let text = pretty(node(r#"{"a":[1.50,{}],"b":{"c":"x,{\"y\\","d":[]}}"#));
        assert_eq!(
            text,
            "{\n  \"a\": [\n    1.50,\n    {}\n  ],\n  \"b\": {\n    \"c\": \"x,{\\\"y\\\\\",\n    \"d\": []\n  }\n}"
        );
    }

    #[test]
    fn a_deep_record_does_no_harm() {
        let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
        let laid_out = pretty(node(&deep));
        assert!(laid_out.len() < 200_000);
        assert_eq!(node(&laid_out).compact(), deep);
    }

    fn change(op: ChangeOp, before: Option<&str>, after: Option<&str>) -> String {
        let side = |text: &str| Json::from_node(node(text));
        let change = Change { op, path: "/k".to_owned(), before: before.map(side), after: after.map(side) };
        diff(&change).join("\n")
    }

    #[test]
    fn changes_are_a_diff_whose_unknown_sides_are_said_to_be_unknown() {
        assert_eq!(change(ChangeOp::Replace, Some("30"), Some("90")), "- 30\n+ 90");
        assert_eq!(change(ChangeOp::Replace, Some("null"), None), "- null\n+ after: not in what was fetched");
        assert_eq!(change(ChangeOp::Remove, Some("\"v\""), None), "- \"v\"");
        assert_eq!(change(ChangeOp::Add, None, None), "+ after: not in what was fetched");
        assert_eq!(
            change(ChangeOp::Replace, Some(r#"{"a":1,"b":2}"#), Some(r#"{"a":1,"b":3}"#)),
            "  {\n    \"a\": 1,\n-   \"b\": 2\n+   \"b\": 3\n  }"
        );
    }
}
