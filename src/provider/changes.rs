//! How systems tell what changed, and how that becomes a list of [`Change`]s (the contract's
//! section 4).
//!
//! Not here: what a later entry tells of an earlier one's `after` (`changes::chain`).

use std::collections::HashMap;

use crate::event::{Change, ChangeOp};
use crate::json::{Json, Kind, Node, Pointer};

/// A way of telling what changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 6902 operations that would undo the change: each tells what the value was.
    UndoPatch,
    /// Members in pairs, told by their prefixes: what `X` was before and is since.
    Pairs {
        /// The prefixes of the sides before and after, in the order of preference.
        prefixes: Vec<(Box<str>, Box<str>)>,
    },
}

impl Encoding {
    /// The changes that a value tells, in its own order. `None`: it bears no change information; an
    /// empty list: it says that nothing changed.
    pub fn read(&self, value: Node<'_>) -> Option<Vec<Change>> {
        match self {
            Self::UndoPatch => undo_patch(value),
            Self::Pairs { prefixes } => pairs(value, prefixes),
        }
    }
}

/// Undo operations. What cannot be read as one (it stays in the record) makes no change; a list of
/// nothing else does not say that nothing changed.
fn undo_patch(value: Node<'_>) -> Option<Vec<Change>> {
    if value.kind() != Kind::Array {
        return None;
    }
    let mut changes = Vec::new();
    let mut unreadable = false;
    for operation in value.elements() {
        match undo_operation(operation) {
            Undo::Change(change) => changes.push(change),
            Undo::Nothing => {}
            Undo::Unreadable => unreadable = true,
        }
    }
    (!changes.is_empty() || !unreadable).then_some(changes)
}

/// What one undo operation tells.
enum Undo {
    Change(Change),
    Nothing,
    Unreadable,
}

fn undo_operation(operation: Node<'_>) -> Undo {
    let word = operation.member("op").and_then(Node::text);
    let path = operation.member("path").and_then(Node::text).filter(|path| Pointer::parse(path).is_some());
    let (Some(word), Some(path)) = (word, path) else {
        return Undo::Unreadable;
    };
    let value = || operation.member("value").map(Json::from_node);
    let (op, before) = match &*word {
        "replace" => (ChangeOp::Replace, value()),
        // Undoing would put it back: the change took it away.
        "add" => (ChangeOp::Remove, value()),
        // Undoing would take it away: the change put it there.
        "remove" => (ChangeOp::Add, None),
        "move" => (ChangeOp::Move, None),
        "copy" => (ChangeOp::Copy, None),
        "test" => return Undo::Nothing,
        _ => return Undo::Unreadable,
    };
    Undo::Change(Change { op, path: path.into_owned(), before, after: None })
}

/// Pairs of members. A change stands where the first member of its pair stood; of a member that
/// stands twice the last counts.
fn pairs(value: Node<'_>, prefixes: &[(Box<str>, Box<str>)]) -> Option<Vec<Change>> {
    let mut changes: Vec<Change> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (key, member) in value.members() {
        let Some((name, is_before)) = prefixes.iter().find_map(|(before, after)| {
            let side = |prefix: &str| key.strip_prefix(prefix).filter(|name| !name.is_empty());
            side(before).map(|name| (name, true)).or_else(|| side(after).map(|name| (name, false)))
        }) else {
            continue;
        };
        let path = Pointer::default().child(name).to_string();
        let at = *places.entry(path).or_insert_with_key(|path| {
            let path = path.clone();
            changes.push(Change { op: ChangeOp::Replace, path, before: None, after: None });
            changes.len() - 1
        });
        let side = if is_before { &mut changes[at].before } else { &mut changes[at].after };
        *side = Some(Json::from_node(member));
    }
    (!changes.is_empty()).then_some(changes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(encoding: &Encoding, json: &str) -> Option<String> {
        let changes = encoding.read(Node::parse(json).expect("JSON"))?;
        Some(serde_json::to_string(&changes).expect("changes are JSON"))
    }

    fn undo(json: &str) -> Option<String> {
        read(&Encoding::UndoPatch, json)
    }

    fn paired(json: &str) -> Option<String> {
        let prefixes = vec![("previous_".into(), "new_".into())];
        read(&Encoding::Pairs { prefixes }, json)
    }

    #[test]
    fn an_undo_operation_tells_what_was() {
        assert_eq!(
            undo(
                r#"[{"op":"replace","path":"/a","value":30.0},{"op":"replace","path":"/b","value":null},
                {"op":"add","path":"/c/0","value":{"x":[1]}},{"op":"remove","path":"/d"},
                {"op":"test","path":"/a","value":1},{"op":"move","from":"/e","path":"/f"},
                {"op":"copy","from":"/g","path":"/h"},{"path":"","op":"replace","value":"w"}]"#
            )
            .as_deref(),
            Some(
                r#"[{"op":"replace","path":"/a","before":30.0},{"op":"replace","path":"/b","before":null},{"op":"remove","path":"/c/0","before":{"x":[1]}},{"op":"add","path":"/d"},{"op":"move","path":"/f"},{"op":"copy","path":"/h"},{"op":"replace","path":"","before":"w"}]"#
            )
        );
    }

    #[test]
    fn no_information_is_not_no_change() {
        assert_eq!(undo("null"), None);
        assert_eq!(undo("{}"), None);
        assert_eq!(undo(r#""[]""#), None);
        assert_eq!(undo("[]").as_deref(), Some("[]"));
        assert_eq!(undo(r#"[{"op":"test","path":"/a","value":1}]"#).as_deref(), Some("[]"));
        assert_eq!(undo(r#"[7,{"op":"spin","path":"/a"},{"op":"replace","path":"a"}]"#), None);
        assert_eq!(
            undo(r#"[7,{"op":"remove","path":"/~0~1"}]"#).as_deref(),
            Some(r#"[{"op":"add","path":"/~0~1"}]"#)
        );
        assert_eq!(paired("null"), None);
        assert_eq!(paired("{}"), None);
        assert_eq!(paired(r#"{"scopes":["upload"],"expires_in_days":365}"#), None);
        assert_eq!(paired(r#"{"previous_":1,"new_":2,"newer":3}"#), None);
    }

    #[test]
    fn pairs_give_one_replace_each_in_the_records_order() {
        assert_eq!(
            paired(
                r#"{"new_b":2,"previous_a":null,"x":0,"previous_b":1,"new_a":"t","new_c":3,"previous_d/e":4}"#
            )
            .as_deref(),
            Some(
                r#"[{"op":"replace","path":"/b","before":1,"after":2},{"op":"replace","path":"/a","before":null,"after":"t"},{"op":"replace","path":"/c","after":3},{"op":"replace","path":"/d~1e","before":4}]"#
            )
        );
    }

    proptest! {
        #[test]
        fn an_undo_patch_keeps_every_path_and_value_as_it_stands(
            steps in prop::collection::vec((0usize..5, "(/[a-z~/]{0,3}){0,2}", any::<Option<i64>>()), 0..8)
        ) {
            let words = ["replace", "add", "remove", "move", "copy"];
            let patch: Vec<_> = steps
                .iter()
                .filter(|(_, path, _)| Pointer::parse(path).is_some())
                .map(|(op, path, value)| serde_json::json!({"op": words[*op], "path": path, "value": value}))
                .collect();
            let text = serde_json::to_string(&patch).expect("JSON");
            let changes = Encoding::UndoPatch.read(Node::parse(&text).expect("JSON")).expect("a list");
            prop_assert_eq!(changes.len(), patch.len());
            for (change, step) in changes.iter().zip(&patch) {
                prop_assert_eq!(Some(change.path.as_str()), step["path"].as_str());
                prop_assert!(change.after.is_none());
                let tells = matches!(change.op, ChangeOp::Replace | ChangeOp::Remove);
                prop_assert_eq!(change.before.as_ref().map(Json::to_string), tells.then(|| step["value"].to_string()));
            }
        }
    }
}
