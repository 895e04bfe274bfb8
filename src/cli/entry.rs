//! One entry as text for people: every field that it has, its changes as a diff, its record.
//!
//! The text is safe for a terminal whatever stands in the entry.

use std::fmt::Write as _;

use crate::event::Event;
use crate::event::field::{Field, TABLE, Type};
use crate::handover::lines;
use crate::text::visible;

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
                let _ = writeln!(text, "  {} {}", change.op.name(), visible(&change.path));
                for line in lines::diff(change) {
                    let _ = writeln!(text, "  {line}");
                }
            }
        }
    }
    text.push_str("\nRECORD\n");
    text.push_str(&lines::json(event.record.node()));
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::Node;
    use crate::query::generate::any_event;

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
