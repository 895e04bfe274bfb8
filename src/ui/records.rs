//! What the records of some rows hold beside the fields: the pointers of their values, and the values
//! at a pointer. For the choice of columns and for completion, so of the rows at hand alone.

use std::collections::BTreeMap;

use crate::answer::Row;
use crate::json::{Kind, Pointer};

/// How many rows are looked at.
const ROWS: usize = 60;
/// How many pointers are gathered.
const POINTERS: usize = 200;
/// How deep.
const DEPTH: usize = 5;

/// The pointers of the single values in these rows' records, in the order they are met, with how many
/// of the rows have each. Elements of lists are left out: their places mean little.
pub fn pointers(rows: &[Row]) -> Vec<(Pointer, usize)> {
    let mut found: Vec<(Pointer, usize)> = Vec::new();
    let mut places: BTreeMap<Pointer, usize> = BTreeMap::new();
    for row in rows.iter().take(ROWS) {
        let mut waiting = vec![(Pointer::default(), row.event.record.node())];
        while let Some((at, node)) = waiting.pop() {
            if node.kind() == Kind::Object {
                if at.tokens().len() < DEPTH {
                    let first = waiting.len();
                    waiting
                        .extend(node.members().take(POINTERS).map(|(name, value)| (at.child(&name), value)));
                    waiting[first..].reverse();
                }
                continue;
            }
            if node.kind() == Kind::Array || at.is_root() {
                continue;
            }
            match places.get(&at) {
                Some(place) => found[*place].1 += 1,
                None if found.len() < POINTERS => {
                    places.insert(at.clone(), found.len());
                    found.push((at, 1));
                }
                None => {}
            }
        }
    }
    found
}

/// The single values at a pointer of these rows' records, commonest first, with how many rows have
/// each.
pub fn values(rows: &[Row], pointer: &Pointer) -> Vec<(Box<str>, u64)> {
    let mut counts: BTreeMap<Box<str>, u64> = BTreeMap::new();
    for row in rows {
        if let Some(value) = row.event.record.node().at(pointer).and_then(crate::json::Node::scalar) {
            *counts.entry((&*value).into()).or_default() += 1;
        }
    }
    let mut values: Vec<(Box<str>, u64)> = counts.into_iter().collect();
    values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    values
}
