//! A record opened once, so that twenty fields do not scan its text twenty times.

use std::borrow::Cow;

use super::Party;
use crate::json::{Node, Pointer};

/// What a record's values are found in.
pub trait Look<'a> {
    /// The value at a path; of a key that stands twice, the last.
    fn at(&self, path: &Path) -> Option<Node<'a>>;

    /// The record itself.
    fn whole(&self) -> Node<'a>;

    /// The value at a path as a text field reads it ([`Node::scalar`]).
    fn scalar(&self, path: &Path) -> Option<Cow<'a, str>> {
        self.at(path)?.scalar()
    }

    /// The value at a path where it is known to be a string without an escape; `None` tells nothing.
    fn plain(&self, _path: &Path) -> Option<&'a str> {
        None
    }

    /// Whether there may be anything of a party; `false` only where there is nothing for sure.
    fn may_have(&self, _party: &Party) -> bool {
        true
    }
}

/// A pointer, taken apart: the member of the record, and the way on from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    first: Option<Box<str>>,
    rest: Pointer,
    /// Its number in a plan (`mapping::plan`).
    pub(super) number: usize,
}

impl Path {
    /// Takes a pointer apart.
    pub fn new(pointer: &Pointer) -> Self {
        match pointer.tokens() {
            [] => Self { first: None, rest: Pointer::default(), number: 0 },
            [first, rest @ ..] => Self {
                first: Some(first.clone()),
                rest: Pointer::from_tokens(rest.iter().cloned()),
                number: 0,
            },
        }
    }

    /// The whole pointer.
    pub fn pointer(&self) -> Pointer {
        Pointer::from_tokens(self.first.iter().chain(self.rest.tokens()).cloned())
    }
}

/// As RFC 6901 text.
impl std::fmt::Display for Path {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.pointer().fmt(out)
    }
}

/// A record whose members have been found.
#[derive(Debug)]
pub struct Opened<'a> {
    whole: Node<'a>,
    members: Vec<(Cow<'a, str>, Node<'a>)>,
}

impl<'a> Opened<'a> {
    /// Opens a record; of no object, only the whole can be read.
    pub fn new(record: Node<'a>) -> Self {
        let mut members = Vec::with_capacity(16);
        members.extend(record.members());
        Self { whole: record, members }
    }

    /// Whether something, be it null, stands at a pointer.
    pub fn bears(&self, pointer: &Pointer) -> bool {
        let [first, rest @ ..] = pointer.tokens() else {
            return true;
        };
        let Some((_, member)) = self.members.iter().rev().find(|(key, _)| **key == **first) else {
            return false;
        };
        rest.is_empty() || member.at(&Pointer::from_tokens(rest.iter().cloned())).is_some()
    }
}

impl<'a> Look<'a> for Opened<'a> {
    fn at(&self, path: &Path) -> Option<Node<'a>> {
        let Some(first) = &path.first else {
            return Some(self.whole);
        };
        let (_, member) = self.members.iter().rev().find(|(key, _)| **key == **first)?;
        if path.rest.is_root() { Some(*member) } else { member.at(&path.rest) }
    }

    fn whole(&self) -> Node<'a> {
        self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_pointer_reads() {
        let record = Node::parse(r#"{"a":{"b":[1,{"c":null}]},"a~/":2,"d":1,"d":3}"#).expect("JSON");
        let opened = Opened::new(record);
        for text in ["", "/a", "/a/b/0", "/a/b/1/c", "/a~0~1", "/d", "/x", "/d/x", "/a/b/9"] {
            let pointer = Pointer::parse(text).expect("a pointer");
            assert_eq!(opened.at(&Path::new(&pointer)), record.at(&pointer), "{text}");
            assert_eq!(opened.bears(&pointer), record.at(&pointer).is_some(), "{text}");
            assert_eq!(Path::new(&pointer).to_string(), text);
        }
    }
}
