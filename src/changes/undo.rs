//! What an entry tells of a change, as operations that undo it: RFC 6902 patches as some systems give
//! them, pairs of sides, and the normalised changes of an entry whose record is not at hand.
//!
//! Not here: how a system's encoding becomes normalised changes (`provider::changes`).

use super::state::{Budget, Exhausted, State};
use crate::event::{Change, ChangeOp, Event};
use crate::json::{Json, Kind, Node, Pointer};
use crate::provider::changes::Encoding;
use crate::provider::mapping::{Look, Mapping, Opened};

/// One operation that undoes a part of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// What undoing does.
    pub op: UndoOp,
    /// Where.
    pub path: Pointer,
    /// What the change made of it, where the entry itself says so.
    pub after: Option<Json>,
}

/// What undoing does. A value that is not known is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoOp {
    /// Puts the old value back in the place of the new one.
    Replace(Option<Json>),
    /// Puts back what the change took away.
    Add(Option<Json>),
    /// Takes away what the change put there.
    Remove,
    /// Moves back to the path what stands elsewhere since; `None`: it is not known where.
    Move(Option<Pointer>),
    /// Copies to the path what stands elsewhere; `None`: it is not known where.
    Copy(Option<Pointer>),
}

impl Undo {
    /// The operation that a normalised change tells; `None` where its path is no pointer. Of a move
    /// it is not known from where.
    pub fn of_change(change: &Change) -> Option<Self> {
        let op = match change.op {
            ChangeOp::Replace => UndoOp::Replace(change.before.clone()),
            ChangeOp::Remove => UndoOp::Add(change.before.clone()),
            ChangeOp::Add => UndoOp::Remove,
            ChangeOp::Move => UndoOp::Move(None),
            ChangeOp::Copy => UndoOp::Copy(None),
        };
        Some(Self { op, path: Pointer::parse(&change.path)?, after: change.after.clone() })
    }

    /// The operations of an RFC 6902 patch, in its order, `test`s left out. `None` where it is no
    /// patch, or one of its operations cannot be read: half a patch undoes nothing.
    pub fn patch(patch: Node<'_>) -> Option<Vec<Self>> {
        if patch.kind() != Kind::Array {
            return None;
        }
        let mut operations = Vec::new();
        for operation in patch.elements() {
            let pointer = |name| operation.member(name).and_then(Node::text).and_then(|t| Pointer::parse(&t));
            let value = || operation.member("value").map(Json::from_node);
            let path = pointer("path")?;
            let op = match &*operation.member("op").and_then(Node::text)? {
                "replace" => UndoOp::Replace(value()),
                "add" => UndoOp::Add(value()),
                "remove" => UndoOp::Remove,
                "move" => UndoOp::Move(pointer("from")),
                "copy" => UndoOp::Copy(pointer("from")),
                "test" => continue,
                _ => return None,
            };
            operations.push(Self { op, path, after: None });
        }
        Some(operations)
    }

    /// What an entry tells of its change. With its system's mapping it is read from the record, so
    /// that it is what this entry says and not what a later one told of it, and moves say from
    /// where; else from the entry's changes. `None`: it tells nothing.
    pub fn told_by(event: &Event, mapping: Option<&Mapping>) -> Option<Vec<Self>> {
        let of_changes =
            |changes: &[Change]| changes.iter().map(Self::of_change).collect::<Option<Vec<Self>>>();
        let Some(mapping) = mapping.filter(|mapping| !mapping.changes.is_empty()) else {
            return of_changes(event.changes.as_ref()?);
        };
        let record = Opened::new(event.record.node());
        mapping.changes.iter().find_map(|(path, encoding)| {
            let told = record.at(path)?;
            let changes = encoding.read(told)?;
            match encoding {
                Encoding::UndoPatch => Self::patch(told),
                Encoding::Pairs { .. } => of_changes(&changes),
            }
        })
    }

    /// What must be true of a state for this operation to undo it: what stands at the path, as far
    /// as the entry says. An element's absence cannot be told by its index.
    pub fn claim(&self, state: &State) -> State {
        match self.op {
            UndoOp::Replace(_) | UndoOp::Remove => self.after.clone().map_or(State::Present, State::Whole),
            UndoOp::Add(_) if self.is_member(state) => State::Absent,
            UndoOp::Add(_) | UndoOp::Move(_) | UndoOp::Copy(_) => State::Unknown,
        }
    }

    /// Whether the path's last token is the name of an object's member for sure.
    fn is_member(&self, state: &State) -> bool {
        let Some((last, way)) = self.path.tokens().split_last() else { return false };
        match state.at(&Pointer::from_tokens(way.iter().cloned())) {
            State::Object(_) => true,
            State::Whole(json) => json.node().kind() == Kind::Object,
            State::Array(_) => false,
            _ => &**last != "-" && !last.bytes().all(|byte| byte.is_ascii_digit()),
        }
    }

    /// From the state after the change to the one before it.
    pub fn undo(&self, state: &mut State, budget: &mut Budget) -> Result<(), Exhausted> {
        let known = |value: &Option<Json>| value.clone().map_or(State::Present, State::Whole);
        match &self.op {
            UndoOp::Replace(before) => state.replace(&self.path, known(before), budget),
            UndoOp::Add(before) => state.add(&self.path, known(before), budget),
            UndoOp::Remove => state.remove(&self.path, budget),
            UndoOp::Move(Some(from)) => {
                let value = existing(state.at(from));
                state.remove(from, budget)?;
                state.add(&self.path, value, budget)
            }
            UndoOp::Move(None) => {
                *state = State::Unknown;
                state.add(&self.path, State::Present, budget)
            }
            UndoOp::Copy(from) => {
                let value = from.as_ref().map_or(State::Unknown, |from| state.at(from));
                state.add(&self.path, existing(value), budget)
            }
        }
    }

    /// From the state before the change to the one after it: of what was not told nothing is known.
    pub fn redo(&self, state: &mut State, budget: &mut Budget) -> Result<(), Exhausted> {
        let after = self.after.clone().map_or(State::Present, State::Whole);
        match &self.op {
            UndoOp::Replace(_) => state.replace(&self.path, after, budget),
            UndoOp::Remove => state.add(&self.path, after, budget),
            UndoOp::Add(_) | UndoOp::Copy(_) => state.take_back(&self.path, budget),
            UndoOp::Move(Some(from)) => {
                let value = match self.path.tokens().last() {
                    Some(token) if &**token == "-" => State::Present,
                    _ => existing(state.at(&self.path)),
                };
                state.take_back(&self.path, budget)?;
                state.add(from, value, budget)
            }
            UndoOp::Move(None) => {
                *state = State::Unknown;
                Ok(())
            }
        }
    }

    /// Whether it speaks of the path itself, of what holds it, or of a part of it.
    pub fn concerns(&self, path: &Pointer) -> bool {
        let related = |other: &Pointer| {
            let (a, b) = (path.tokens(), other.tokens());
            a.starts_with(b) || b.starts_with(a)
        };
        let from = match &self.op {
            UndoOp::Move(Some(from)) => Some(from),
            _ => None,
        };
        related(&self.path) || from.is_some_and(related)
    }
}

/// A value that is there, for sure.
fn existing(value: State) -> State {
    match value {
        State::Unknown | State::Absent => State::Present,
        known => known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::from_node(Node::parse(text).expect("JSON"))
    }

    /// What a patch makes of a document.
    fn applied(document: &str, patch: &str) -> Option<String> {
        let mut state = State::Whole(json(document));
        let mut budget = Budget::new(100_000);
        for operation in Undo::patch(Node::parse(patch).expect("JSON"))? {
            operation.undo(&mut state, &mut budget).expect("small");
        }
        state.complete().map(|json| json.to_string())
    }

    #[test]
    fn a_patch_is_applied_as_rfc_6902_says() {
        let cases = [
            (r#"{"a":1}"#, r#"[{"op":"add","path":"/b","value":[2]}]"#, r#"{"a":1,"b":[2]}"#),
            (r#"{"a":1}"#, r#"[{"op":"add","path":"/a","value":null}]"#, r#"{"a":null}"#),
            (
                r#"["x"]"#,
                r#"[{"op":"add","path":"/0","value":"w"},{"op":"add","path":"/2","value":"y"}]"#,
                r#"["w","x","y"]"#,
            ),
            (r#"["x"]"#, r#"[{"op":"add","path":"/-","value":{"z":[]}}]"#, r#"["x",{"z":[]}]"#),
            (r#"{"-":1}"#, r#"[{"op":"replace","path":"/-","value":2}]"#, r#"{"-":2}"#),
            (
                r#"{"l":[0,1,2]}"#,
                r#"[{"op":"remove","path":"/l/1"},{"op":"replace","path":"/l/1","value":"t"}]"#,
                r#"{"l":[0,"t"]}"#,
            ),
            (
                r#"{"a/b":1,"m~n":2}"#,
                r#"[{"op":"replace","path":"/a~1b","value":3},{"op":"remove","path":"/m~0n"}]"#,
                r#"{"a/b":3}"#,
            ),
            (r#"{"~1":1}"#, r#"[{"op":"replace","path":"/~01","value":10}]"#, r#"{"~1":10}"#),
            (r#"{"":1}"#, r#"[{"op":"add","path":"/","value":2}]"#, r#"{"":2}"#),
            (
                r#"{"a":{"b":1},"c":[]}"#,
                r#"[{"op":"move","from":"/a/b","path":"/c/0"}]"#,
                r#"{"a":{},"c":[1]}"#,
            ),
            ("[1,2,3,4]", r#"[{"op":"move","from":"/1","path":"/3"}]"#, "[1,3,4,2]"),
            (
                r#"{"a":[1,{"b":2}]}"#,
                r#"[{"op":"copy","from":"/a/1","path":"/c"},{"op":"replace","path":"/c/b","value":3}]"#,
                r#"{"a":[1,{"b":2}],"c":{"b":3}}"#,
            ),
            (r#"{"a":1}"#, r#"[{"op":"replace","path":"","value":"all"}]"#, r#""all""#),
            (
                r#"{"a":1}"#,
                r#"[{"op":"test","path":"/a","value":1},{"op":"add","path":"","value":[]}]"#,
                "[]",
            ),
            (
                r#"{"a":1,"a":2,"n":1.50}"#,
                r#"[{"op":"add","path":"/b","value":1e2}]"#,
                r#"{"a":2,"b":1e2,"n":1.50}"#,
            ),
        ];
        for (document, patch, expected) in cases {
            assert_eq!(applied(document, patch).as_deref(), Some(expected), "{document} {patch}");
        }
    }

    #[test]
    fn what_is_no_patch_is_none_and_what_does_not_fit_leaves_holes() {
        assert_eq!(applied("{}", r#"[{"op":"spin","path":"/a"}]"#), None);
        assert_eq!(applied("{}", r#"[{"op":"add","path":"a","value":1}]"#), None);
        assert_eq!(applied("{}", r#"{"op":"add","path":"/a","value":1}"#), None);
        for (document, patch) in [
            ("[1]", r#"[{"op":"add","path":"/7","value":1}]"#),
            ("[1]", r#"[{"op":"remove","path":"/01"}]"#),
            ("[1]", r#"[{"op":"replace","path":"/-","value":1}]"#),
            (r#"{"a":1}"#, r#"[{"op":"add","path":"/a/b","value":1}]"#),
            (r#"{"a":1}"#, r#"[{"op":"move","path":"/b"}]"#),
        ] {
            assert_eq!(applied(document, patch), None, "{document} {patch}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = "/a".repeat(100_000);
        let mut state = State::Unknown;
        let pointer = Pointer::parse(&deep).expect("a pointer");
        state.replace(&pointer, State::Present, &mut Budget::new(1_000)).expect("small");
        assert_eq!(state.at(&pointer), State::Unknown);
        assert_eq!(state.parts(9).len(), 1);
        let wide = json(&format!("[{}0]", "0,".repeat(10_000)));
        let mut state = State::Whole(wide);
        let first = Pointer::parse("/0").expect("a pointer");
        assert_eq!(state.remove(&first, &mut Budget::new(1_000)), Err(Exhausted));
        let nested = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let (a, b) = (State::Whole(json(&nested)), State::Whole(json(&nested)));
        assert!(!a.contradicts(&b));
    }
}
