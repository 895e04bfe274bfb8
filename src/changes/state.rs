//! A JSON value of which only parts may be known: the state of a record at a point of its history.
//!
//! Edits are those of RFC 6902 (`add`, `remove`, `replace` at an RFC 6901 pointer), applied to what
//! is known: an edit inside something unknown tells that it is a container, and where a container's
//! kind is open (`/list/2` may be an element or a member) only what holds for both kinds is kept.
//!
//! A value that nobody looks into stays whole, as its JSON text, and is opened level by level. The
//! depth of what is opened is bounded ([`DEEPEST`]), and the work by a [`Budget`].
//!
//! Not here: which edits an entry tells (`changes::undo`), and their order (`changes::history`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::json::{Json, Kind, Node, Pointer};

/// How many levels down an edit reaches; what lies deeper is not told apart.
pub const DEEPEST: usize = 64;

/// Members by their tokens.
type Members = BTreeMap<Box<str>, Arc<State>>;

/// A value of which only parts may be known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// It is not known whether there is anything, nor what.
    #[default]
    Unknown,
    /// There is nothing.
    Absent,
    /// There is something; what is not known.
    Present,
    /// All of it is known.
    Whole(Json),
    /// An object with just these members.
    Object(Members),
    /// An array of just these elements.
    Array(Vec<Arc<State>>),
    /// An object or an array, of which this is known: a member's value, or its absence.
    Parts(Members),
}

/// How much work may still be done, in members looked at and bytes opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(usize);

/// The budget was not enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too large to be rebuilt")]
pub struct Exhausted;

impl Budget {
    /// A budget of so many members and bytes.
    pub fn new(units: usize) -> Self {
        Self(units)
    }

    fn spend(&mut self, units: usize) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(units + 1).ok_or(Exhausted)?;
        Ok(())
    }
}

impl State {
    /// What is known at a pointer.
    pub fn at(&self, pointer: &Pointer) -> Self {
        let mut here = self;
        for (depth, token) in pointer.tokens().iter().enumerate() {
            here = match here {
                Self::Unknown | Self::Present => return Self::Unknown,
                Self::Absent => return Self::Absent,
                Self::Whole(json) => {
                    let rest = Pointer::from_tokens(pointer.tokens()[depth..].iter().cloned());
                    let node = json.node().at(&rest);
                    return node.map_or(Self::Absent, |node| Self::Whole(Json::from_node(node)));
                }
                Self::Object(members) => match members.get(token) {
                    Some(member) => member,
                    None => return Self::Absent,
                },
                Self::Array(elements) => match index(token).and_then(|index| elements.get(index)) {
                    Some(element) => element,
                    None => return Self::Absent,
                },
                Self::Parts(members) => match members.get(token) {
                    Some(member) => member,
                    None => return Self::Unknown,
                },
            };
        }
        here.clone()
    }

    /// Puts a value in the place of what is at the pointer (RFC 6902 `replace`).
    pub fn replace(&mut self, pointer: &Pointer, value: Self, budget: &mut Budget) -> Result<(), Exhausted> {
        self.edit(pointer, value, budget, |container, token, value| match container {
            Self::Object(members) | Self::Parts(members) => {
                members.insert(token.into(), Arc::new(value));
            }
            Self::Array(elements) => match index(token).and_then(|index| elements.get_mut(index)) {
                Some(element) => *element = Arc::new(value),
                None => *container = Self::parts_of(token, value),
            },
            _ => {}
        })
    }

    /// Adds a value: into an array before the element at the index, or at the end (`-`); as a member
    /// of an object; at the root in place of all (RFC 6902 `add`).
    pub fn add(&mut self, pointer: &Pointer, value: Self, budget: &mut Budget) -> Result<(), Exhausted> {
        self.edit(pointer, value, budget, |container, token, value| match container {
            Self::Object(members) => {
                members.insert(token.into(), Arc::new(value));
            }
            Self::Array(elements) => match place(token, elements.len()) {
                Some(index) => elements.insert(index, Arc::new(value)),
                None => *container = Self::parts_of(token, value),
            },
            Self::Parts(members) => {
                let is_object = is_object(members);
                if token == "-" && !is_object {
                    forget_shifted(members, |_| false);
                    members.remove(token);
                    return;
                }
                if let Some(index) = index(token)
                    && !is_object
                {
                    forget_shifted(members, |other| other >= index);
                }
                members.insert(token.into(), Arc::new(value));
            }
            _ => {}
        })
    }

    /// Takes away what is at the pointer (RFC 6902 `remove`).
    pub fn remove(&mut self, pointer: &Pointer, budget: &mut Budget) -> Result<(), Exhausted> {
        self.edit(pointer, Self::Absent, budget, |container, token, _| match container {
            Self::Object(members) => {
                members.remove(token);
            }
            Self::Array(elements) => match index(token).filter(|index| *index < elements.len()) {
                Some(index) => {
                    elements.remove(index);
                }
                None => *container = Self::Parts(Members::new()),
            },
            Self::Parts(members) => match index(token) {
                Some(index) if !is_object(members) => forget_shifted(members, |other| other >= index),
                _ => {
                    members.insert(token.into(), Arc::new(Self::Absent));
                }
            },
            _ => {}
        })
    }

    /// Takes back an [`Self::add`] at this pointer: as [`Self::remove`], but that `-` is an array's
    /// last element.
    pub fn take_back(&mut self, pointer: &Pointer, budget: &mut Budget) -> Result<(), Exhausted> {
        if pointer.tokens().last().is_none_or(|token| &**token != "-") {
            return self.remove(pointer, budget);
        }
        self.edit(pointer, Self::Absent, budget, |container, token, _| match container {
            Self::Object(members) => {
                members.remove(token);
            }
            Self::Array(elements) => {
                elements.pop();
            }
            Self::Parts(members) => {
                if !is_object(members) {
                    forget_shifted(members, |_| true);
                }
                members.insert(token.into(), Arc::new(Self::Absent));
            }
            _ => {}
        })
    }

    /// Edits the container that holds the pointer's last token; what it is made of is told apart
    /// first. At the root the value takes the place of all.
    fn edit(
        &mut self,
        pointer: &Pointer,
        value: Self,
        budget: &mut Budget,
        act: impl FnOnce(&mut Self, &str, Self),
    ) -> Result<(), Exhausted> {
        let tokens = pointer.tokens();
        let Some((last, way)) = tokens.split_last() else {
            *self = value;
            return Ok(());
        };
        let mut here = self;
        for token in way.iter().take(DEEPEST) {
            here = here.open(budget)?.child_mut(token);
        }
        if way.len() >= DEEPEST {
            *here = Self::Present;
            return Ok(());
        }
        act(here.open(budget)?, last, value);
        Ok(())
    }

    /// Tells a container's members apart; anything else becomes a container of which nothing is
    /// known.
    fn open(&mut self, budget: &mut Budget) -> Result<&mut Self, Exhausted> {
        let opened = match &*self {
            Self::Object(members) | Self::Parts(members) => {
                budget.spend(members.len())?;
                return Ok(self);
            }
            Self::Array(elements) => {
                budget.spend(elements.len())?;
                return Ok(self);
            }
            Self::Whole(json) => {
                budget.spend(json.as_str().len())?;
                Self::opened(json.node())
            }
            Self::Unknown | Self::Absent | Self::Present => None,
        };
        *self = opened.unwrap_or_else(|| Self::Parts(Members::new()));
        Ok(self)
    }

    /// One level of a container; `None` for any other value.
    fn opened(node: Node<'_>) -> Option<Self> {
        let whole = |node| Arc::new(Self::Whole(Json::from_node(node)));
        match node.kind() {
            Kind::Object => {
                Some(Self::Object(node.members().map(|(key, value)| (key.into(), whole(value))).collect()))
            }
            Kind::Array => Some(Self::Array(node.elements().map(whole).collect())),
            _ => None,
        }
    }

    /// A member of an opened container, made where it was not known.
    fn child_mut(&mut self, token: &str) -> &mut Self {
        if let Self::Array(elements) = self
            && index(token).is_none_or(|index| index >= elements.len())
        {
            *self = Self::Parts(Members::new());
        }
        match self {
            Self::Array(elements) => {
                let index = index(token).expect("what is no index of it was dealt with");
                Arc::make_mut(&mut elements[index])
            }
            Self::Object(members) | Self::Parts(members) => {
                Arc::make_mut(members.entry(token.into()).or_default())
            }
            other => other,
        }
    }

    fn parts_of(token: &str, value: Self) -> Self {
        // `-` is no element's place, and of an object it would not have come here.
        let member = (token != "-").then(|| (token.into(), Arc::new(value)));
        Self::Parts(member.into_iter().collect())
    }

    /// Whether both cannot be true of one value.
    pub fn contradicts(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) | (Self::Absent, Self::Absent) => false,
            (Self::Absent, _)
            | (_, Self::Absent)
            | (Self::Object(_), Self::Array(_))
            | (Self::Array(_), Self::Object(_)) => true,
            (Self::Present, _) | (_, Self::Present) => false,
            (Self::Whole(a), Self::Whole(b)) => !same(a.node(), b.node()),
            (Self::Whole(json), open) | (open, Self::Whole(json)) => match Self::opened(json.node()) {
                Some(opened) => open.contradicts(&opened),
                None => true,
            },
            (Self::Object(a), Self::Object(b)) => {
                !a.keys().eq(b.keys()) || a.values().zip(b.values()).any(|(a, b)| a.contradicts(b))
            }
            (Self::Array(a), Self::Array(b)) => {
                a.len() != b.len() || a.iter().zip(b).any(|(a, b)| a.contradicts(b))
            }
            (Self::Parts(a), Self::Parts(b)) => {
                a.iter().any(|(token, a)| b.get(token).is_some_and(|b| a.contradicts(b)))
            }
            (Self::Parts(parts), closed) | (closed, Self::Parts(parts)) => parts
                .iter()
                .any(|(token, part)| part.contradicts(&closed.at(&Pointer::default().child(token)))),
        }
    }

    /// What both tell of one value; where they contradict each other, this one.
    pub fn joined(&self, other: &Self, budget: &mut Budget) -> Result<Self, Exhausted> {
        budget.spend(0)?;
        let tells_more = match self {
            Self::Unknown => true,
            Self::Present => !matches!(other, Self::Absent | Self::Unknown),
            _ => false,
        };
        if tells_more {
            return Ok(other.clone());
        }
        Ok(match (self, other) {
            (Self::Object(members), _) => {
                budget.spend(members.len())?;
                let mut joined = members.clone();
                for (token, member) in &mut joined {
                    *member = Self::joined_child(member, other, token, budget)?;
                }
                Self::Object(joined)
            }
            (Self::Array(elements), _) => {
                budget.spend(elements.len())?;
                let mut joined = elements.clone();
                for (index, element) in joined.iter_mut().enumerate() {
                    *element = Self::joined_child(element, other, &index.to_string(), budget)?;
                }
                Self::Array(joined)
            }
            (Self::Parts(parts), Self::Parts(others)) => {
                budget.spend(parts.len() + others.len())?;
                let mut joined = others.clone();
                for (token, part) in parts {
                    let part = Self::joined_child(part, other, token, budget)?;
                    joined.insert(token.clone(), part);
                }
                Self::Parts(joined)
            }
            (Self::Parts(parts), Self::Whole(_) | Self::Object(_) | Self::Array(_)) => {
                let mut whole = other.clone();
                whole.open(budget)?;
                // What the parts say besides must fit the whole, or the whole is not this value's.
                let misfit = parts.iter().any(|(token, part)| {
                    let there = whole.at(&Pointer::default().child(token));
                    matches!(there, Self::Absent) != matches!(**part, Self::Absent)
                        && !matches!(**part, Self::Unknown)
                });
                if misfit || matches!(whole, Self::Parts(_)) {
                    return Ok(self.clone());
                }
                for (token, part) in parts {
                    if !matches!(**part, Self::Absent | Self::Unknown) {
                        let part = Self::joined_child(part, &whole, token, budget)?;
                        *whole.child_mut(token) = (*part).clone();
                    }
                }
                whole
            }
            (known, _) => known.clone(),
        })
    }

    fn joined_child(
        mine: &Arc<Self>,
        other: &Self,
        token: &str,
        budget: &mut Budget,
    ) -> Result<Arc<Self>, Exhausted> {
        if matches!(**mine, Self::Whole(_) | Self::Absent) {
            return Ok(Arc::clone(mine));
        }
        let theirs = other.at(&Pointer::default().child(token));
        Ok(Arc::new(mine.joined(&theirs, budget)?))
    }

    /// All of it as JSON, members in the order of their names where they were told apart; `None`
    /// where a part is not known, or where there is nothing.
    pub fn complete(&self) -> Option<Json> {
        let mut text = String::new();
        self.write_into(&mut text)?;
        Some(Json::from_node(Node::from_kept(&text)))
    }

    fn write_into(&self, out: &mut String) -> Option<()> {
        match self {
            Self::Whole(json) => out.push_str(json.as_str()),
            Self::Object(members) => {
                out.push('{');
                for (place, (name, member)) in members.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    out.push_str(Json::from_text(name).as_str());
                    out.push(':');
                    member.write_into(out)?;
                }
                out.push('}');
            }
            Self::Array(elements) => {
                out.push('[');
                for (place, element) in elements.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    element.write_into(out)?;
                }
                out.push(']');
            }
            Self::Unknown | Self::Absent | Self::Present | Self::Parts(_) => return None,
        }
        Some(())
    }

    /// What is known, part by part: each part that was not told apart further, with its pointer, in
    /// the order of the names; at most so many. A container of which nothing is known is a part.
    pub fn parts(&self, most: usize) -> Vec<(Pointer, &Self)> {
        let mut found = Vec::new();
        self.collect_parts(&Pointer::default(), most, &mut found);
        found
    }

    fn collect_parts<'a>(&'a self, at: &Pointer, most: usize, found: &mut Vec<(Pointer, &'a Self)>) {
        if found.len() >= most {
            return;
        }
        match self {
            Self::Object(members) | Self::Parts(members) if !members.is_empty() => {
                for (token, member) in members {
                    member.collect_parts(&at.child(token), most, found);
                }
            }
            Self::Array(elements) if !elements.is_empty() => {
                for (index, element) in elements.iter().enumerate() {
                    element.collect_parts(&at.child(&index.to_string()), most, found);
                }
            }
            part => found.push((at.clone(), part)),
        }
    }
}

/// An array index as RFC 6901 writes it.
fn index(token: &str) -> Option<usize> {
    let canonical = token == "0" || (!token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit()));
    canonical.then(|| token.parse().ok()).flatten()
}

/// Where an element is added to an array of this length.
fn place(token: &str, len: usize) -> Option<usize> {
    if token == "-" { Some(len) } else { index(token).filter(|index| *index <= len) }
}

/// Whether what is known of a container can be said of an object alone: it has a member whose name
/// is no index.
fn is_object(members: &Members) -> bool {
    members
        .iter()
        .any(|(token, member)| index(token).is_none() && !matches!(**member, State::Absent | State::Unknown))
}

/// Forgets those elements that an edit may have moved, and the absence of any: where elements come
/// or go, that is no longer known.
fn forget_shifted(members: &mut Members, moved: impl Fn(usize) -> bool) {
    members.retain(|token, member| {
        index(token).is_none_or(|index| !moved(index) && !matches!(**member, State::Absent))
    });
}

/// Whether two values are the same JSON: members in any order (of a name that stands twice the last
/// counts), numbers by value.
pub fn same(a: Node<'_>, b: Node<'_>) -> bool {
    same_within(a, b, DEEPEST)
}

fn same_within(a: Node<'_>, b: Node<'_>, depth: usize) -> bool {
    if a.raw() == b.raw() || depth == 0 {
        return a.compact() == b.compact();
    }
    match (a.kind(), b.kind()) {
        (Kind::String, Kind::String) => a.text() == b.text(),
        (Kind::Number, Kind::Number) => same_number(a.raw(), b.raw()),
        (Kind::Array, Kind::Array) => {
            let (mut a, mut b) = (a.elements(), b.elements());
            loop {
                match (a.next(), b.next()) {
                    (None, None) => return true,
                    (Some(a), Some(b)) if same_within(a, b, depth - 1) => {}
                    _ => return false,
                }
            }
        }
        (Kind::Object, Kind::Object) => {
            let (a, b): (BTreeMap<_, _>, BTreeMap<_, _>) = (a.members().collect(), b.members().collect());
            a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| same_within(*a, *b, depth - 1))
        }
        _ => false,
    }
}

/// Whole numbers digit by digit (those of more than 15 digits would be mistaken for their
/// neighbours), others by value.
fn same_number(a: &str, b: &str) -> bool {
    let is_whole = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_whole(a) && is_whole(b) {
        return a == b;
    }
    a.parse::<f64>().ok().zip(b.parse::<f64>().ok()).is_some_and(|(a, b)| a.total_cmp(&b).is_eq())
}
