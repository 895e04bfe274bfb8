//! One entry as text for people: every field that it has, its changes as a diff, its record.
//!
//! The text is safe for a terminal whatever stands in the entry.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use crate::event::field::{Field, TABLE, Type};
use crate::event::{Change, Event};
use crate::json::{Json, Node};
use crate::text::{json_escaped, visible};

/// How deep a record is indented; deeper values stand on the line that they begin on.
const DEEPEST: usize = 32;

/// How long the finest diff of one change is looked for.
const PATIENCE: Duration = Duration::from_millis(300);

/// Writes the entry. `local` is its time in the zone that the user wants, where that is not UTC.
pub fn text(event: &Event, local: Option<&str>) -> String {
    let mut text = String::new();
    for info in TABLE {
        // The record and the changes have sections of their own; `actor` and `target` stand there
        // name by name.
        if matches!(info.kind, Type::Raw | Type::Has | Type::Is | Type::Paths)
            || matches!(info.field, Field::Actor | Field::Target)
        {
            continue;
        }
        let Some(value) = event.text(info.field) else { continue };
        let mut value = visible(&value).into_owned();
        match info.field {
            Field::Time => value.extend(local.map(|local| format!("  ({local})"))),
            Field::Latency => value.push_str(" ms"),
            _ if value.is_empty() => value.push_str("\"\""),
            _ => {}
        }
        let _ = writeln!(text, "{:<13} {value}", info.name);
    }
    if let Some(workspace) = &event.workspace {
        let _ = writeln!(text, "{:<13} {}", "asked for", visible(workspace));
    }
    let kinds: Vec<&str> = crate::event::Kind::ALL
        .into_iter()
        .filter(|kind| event.kinds.contains(*kind))
        .map(crate::event::Kind::name)
        .collect();
    if !kinds.is_empty() {
        let _ = writeln!(text, "{:<13} {}", "is", kinds.join(" "));
    }
    match event.changes.as_deref() {
        None => {}
        Some([]) => text.push_str("\nCHANGES\n  nothing changed\n"),
        Some(changes) => {
            text.push_str("\nCHANGES\n");
            for change in changes {
                push_change(&mut text, change);
            }
        }
    }
    text.push_str("\nRECORD\n");
    text.push_str(&json_escaped_lines(&pretty(event.record.node())));
    text.push('\n');
    text
}

/// A path and what became of it: `-` before, `+` after.
fn push_change(text: &mut String, change: &Change) {
    let _ = writeln!(text, "  {} {}", change.op.name(), visible(&change.path));
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => push_diff(text, &lines(before), &lines(after)),
        (before, after) => {
            if let Some(before) = before {
                push_lines(text, '-', &lines(before));
            } else if change.op == crate::event::ChangeOp::Replace {
                text.push_str("  - before: not in what was fetched\n");
            }
            if let Some(after) = after {
                push_lines(text, '+', &lines(after));
            } else if matches!(change.op, crate::event::ChangeOp::Replace | crate::event::ChangeOp::Add) {
                text.push_str("  + after: not in what was fetched\n");
            }
        }
    }
}

fn lines(value: &Json) -> String {
    json_escaped_lines(&pretty(value.node()))
}

fn push_lines(text: &mut String, mark: char, lines: &str) {
    for line in lines.lines() {
        let _ = writeln!(text, "  {mark} {line}");
    }
}

fn push_diff(text: &mut String, before: &str, after: &str) {
    // Where two long texts have little in common, a coarser diff is soon enough.
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after);
    for change in diff.iter_all_changes() {
        let mark = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        let _ = writeln!(text, "  {mark} {}", change.value().trim_end_matches('\n'));
    }
}

/// JSON over lines with everything hostile escaped; the line feeds are ours.
fn json_escaped_lines(json: &str) -> String {
    let lines: Vec<Cow<'_, str>> = json.lines().map(json_escaped).collect();
    lines.join("\n")
}

/// A value over lines, a member or element a line, two spaces a level. Numbers and escapes stand as
/// they came.
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
    use proptest::prelude::*;

    use super::*;
    use crate::event::ChangeOp;
    use crate::query::generate::any_event;

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
        let mut text = String::new();
        push_change(&mut text, &change);
        text
    }

    #[test]
    fn changes_are_a_diff_whose_unknown_sides_are_said_to_be_unknown() {
        assert_eq!(change(ChangeOp::Replace, Some("30"), Some("90")), "  replace /k\n  - 30\n  + 90\n");
        assert_eq!(
            change(ChangeOp::Replace, Some("null"), None),
            "  replace /k\n  - null\n  + after: not in what was fetched\n"
        );
        assert_eq!(change(ChangeOp::Remove, Some("\"v\""), None), "  remove /k\n  - \"v\"\n");
        assert_eq!(change(ChangeOp::Add, None, None), "  add /k\n  + after: not in what was fetched\n");
        assert_eq!(
            change(ChangeOp::Replace, Some(r#"{"a":1,"b":2}"#), Some(r#"{"a":1,"b":3}"#)),
            "  replace /k\n    {\n      \"a\": 1,\n  -   \"b\": 2\n  +   \"b\": 3\n    }\n"
        );
    }

    proptest! {
        #[test]
        fn no_entry_drives_the_terminal(event in any_event()) {
            let shown = text(&event, None);
            prop_assert!(!shown.contains(|c: char| c != '\n' && crate::text::is_hostile(c)), "{shown:?}");
            let record = shown.split_once("\nRECORD\n").map(|(_, record)| record).expect("a record");
            prop_assert!(Node::parse(record).is_ok(), "{record}");
        }
    }
}
