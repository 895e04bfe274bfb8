//! What a JSON value of a file is: a record, or a response of an API with many of them inside.

use super::kept::Members;
use super::systems::{Owner, Systems};
use crate::json::{Kind, Node};

/// What a JSON value of a file is.
pub(super) enum Value<'a> {
    /// One record (or what should have been one).
    Record(Node<'a>),
    /// An array of records.
    Records(Node<'a>),
}

/// Tells what the value is.
///
/// `first`: nothing of the file was taken for a record yet, so that an envelope is likelier than a
/// record without marker keys that has a list of objects where envelopes have their items. `alone`:
/// nothing else stands in the file.
pub(super) fn value<'a>(node: Node<'a>, systems: &Systems, first: bool, alone: bool) -> Value<'a> {
    match node.kind() {
        Kind::Array if begins_with_object(node) => return Value::Records(node),
        Kind::Object => {}
        _ => return Value::Record(node),
    }
    if Members::of(node).is_some() {
        return Value::Record(node);
    }
    let is_known = |record: Node<'_>| {
        record.kind() == Kind::Object
            && (Members::of(record).is_some() || matches!(systems.owner(record), Owner::System(_)))
    };
    if !first && is_known(node) {
        return Value::Record(node);
    }
    let lists = || {
        systems.items().iter().filter_map(|pointer| node.at(pointer)).filter(|at| at.kind() == Kind::Array)
    };
    // What bears as many marker keys as its list's items is a record with a list in it.
    let own = systems.marks(node);
    let holds_records = |list: &Node<'_>| {
        let first = list.elements().next();
        first.is_some_and(|item| is_known(item) && (own == 0 || systems.marks(item) > own))
    };
    if let Some(list) = lists().find(holds_records) {
        return Value::Records(list);
    }
    if alone && let Some(empty) = lists().find(|list| list.elements().next().is_none()) {
        return Value::Records(empty);
    }
    if is_known(node) {
        return Value::Record(node);
    }
    // An envelope of a system that no descriptor knows: its one array of objects.
    let mut arrays = node.members().map(|(_, value)| value).filter(|value| begins_with_object(*value));
    match (arrays.next(), arrays.next()) {
        (Some(only), None) if alone || holds_records(&only) => Value::Records(only),
        _ => Value::Record(node),
    }
}

fn begins_with_object(node: Node<'_>) -> bool {
    node.elements().next().is_some_and(|item| item.kind() == Kind::Object)
}
