//! What a filter means, one event at a time: the meaning that the store and every engine is held to.
//!
//! A test of a value is the same code whether it is asked of an event or of a dictionary's entry:
//! the `matches_…` functions of [`Test`].
//!
//! - What is absent passes no test, so `-status:5xx` matches an entry without a status.
//! - An empty text is a value (`message:""`), but not present (`message:*`).
//! - An `ip` that is no address passes tests of its text alone; a mapped address is its v4 address.
//! - `@/pointer`: `null` is absent. Booleans and numbers are their JSON text; a number besides equals
//!   the number typed (`412` and `412.0`), whole numbers digit by digit. Arrays and objects are
//!   their JSON text, white space removed.
//! - `changes:*`: at least one path changed.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::net::IpAddr;

use super::asked::Asked;
use super::parse::address;
use super::{Expr, Glob, Has, Leaf, Query, Subject, Test};
use crate::event::field::{Field, Type};
use crate::event::{Event, KindSet};
use crate::json::{Kind as JsonKind, Node};
use crate::text::{self, folded};
use crate::timestamp::Timestamp;

impl Query {
    /// Whether the event matches.
    pub fn matches(&self, event: &Event) -> bool {
        self.matches_any(event)
    }

    /// Whether an entry matches, in whatever way it is held.
    pub fn matches_any(&self, entry: &impl Asked) -> bool {
        self.expr.matches(entry)
    }
}

impl Expr {
    /// Whether the event matches.
    pub fn matches(&self, event: &impl Asked) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.matches(event)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(event)),
            Self::Not(inner) => !inner.matches(event),
            Self::Leaf(leaf) => leaf.matches(event),
        }
    }
}

impl Leaf {
    /// Whether the event passes one of the tests.
    pub fn matches(&self, event: &impl Asked) -> bool {
        self.tests.iter().any(|test| test.matches(&self.subject, event))
    }
}

impl Test {
    /// Whether the event's value of the subject passes.
    pub fn matches(&self, subject: &Subject, event: &impl Asked) -> bool {
        match subject {
            Subject::Words => {
                Field::words().any(|field| event.any_value(field, |value| self.matches_text(value)))
            }
            Subject::Pointer(pointer) => {
                event.record().at(pointer).is_some_and(|node| self.matches_json(node))
            }
            Subject::Field(field) => self.matches_field(*field, event),
        }
    }

    fn matches_field(&self, field: Field, event: &impl Asked) -> bool {
        match field.info().kind {
            Type::Time => self.matches_time(event.time()),
            Type::Status => event.status().is_some_and(|status| self.matches_status(status)),
            Type::Latency => event.latency().is_some_and(|number| self.matches_number(number)),
            Type::Raw => self.matches_text(&event.raw()),
            Type::Is => self.matches_kinds(event.kinds()),
            Type::Has => match self {
                Self::Has(has) => {
                    Field::words().any(|field| event.any_value(field, |value| has.matches(value)))
                }
                _ => false,
            },
            Type::Text | Type::Address | Type::Paths => match field {
                Field::Class => self.matches_text(event.class().name()),
                Field::Outcome => self.matches_text(event.outcome().name()),
                _ => event.any_value(field, |value| self.matches_text(value)),
            },
        }
    }

    /// Whether a text passes: a text field's value (present, possibly empty), an address, a path, or
    /// the whole record for `raw`. Tests of another type never pass.
    pub fn matches_text(&self, value: &str) -> bool {
        let folded = if self.needs_folding() { folded(value) } else { Cow::Borrowed("") };
        self.matches_folded(value, &folded)
    }

    /// The same, of a value whose folded form ([`crate::text::fold`]) is at hand.
    pub fn matches_folded(&self, value: &str, folded: &str) -> bool {
        match self {
            Self::Present => !value.is_empty(),
            Self::Whole(glob) => glob.matches_folded(folded),
            Self::Part(part) => contains(folded, part.folded()),
            Self::Regex(regex) => regex.0.is_match(value),
            Self::Net(_) => address(value).is_some_and(|address| self.matches_address(address)),
            Self::Has(has) => has.matches(value),
            Self::Number(_) | Self::StatusClass(_) | Self::Time(_) | Self::Is(_) => false,
        }
    }

    /// Whether the test looks at a text's folded form.
    pub fn needs_folding(&self) -> bool {
        matches!(self, Self::Whole(_) | Self::Part(_))
    }

    /// Whether an HTTP status that is there passes.
    pub fn matches_status(&self, status: i64) -> bool {
        match self {
            Self::Present => true,
            Self::StatusClass(hundred) => {
                let first = i64::from(*hundred) * 100;
                (first..first + 100).contains(&status)
            }
            Self::Number(bounds) => bounds.contain(&(status as f64)),
            _ => false,
        }
    }

    /// Whether a number that is there passes: a latency in milliseconds.
    pub fn matches_number(&self, number: f64) -> bool {
        match self {
            Self::Present => true,
            Self::Number(bounds) => bounds.contain(&number),
            _ => false,
        }
    }

    /// Whether an instant passes.
    pub fn matches_time(&self, time: Timestamp) -> bool {
        match self {
            Self::Present => true,
            Self::Time(bounds) => bounds.contain(&time),
            _ => false,
        }
    }

    /// Whether an address (a mapped one already as v4: [`address`]) lies in the block.
    pub fn matches_address(&self, address: IpAddr) -> bool {
        matches!(self, Self::Net(network) if network.contains(&address))
    }

    /// Whether kinds of action pass.
    pub fn matches_kinds(&self, kinds: KindSet) -> bool {
        matches!(self, Self::Is(kind) if kinds.contains(*kind))
    }

    /// Whether a value of the record passes.
    pub fn matches_json(&self, node: Node<'_>) -> bool {
        let text = match node.kind() {
            JsonKind::Null => return false,
            JsonKind::String => node.text().unwrap_or_default(),
            JsonKind::Bool | JsonKind::Number => Cow::Borrowed(node.raw()),
            JsonKind::Array | JsonKind::Object => node.compact(),
        };
        match self {
            Self::Number(bounds) => {
                let number = (node.kind() == JsonKind::Number).then(|| text.parse().ok()).flatten();
                number.is_some_and(|number: f64| bounds.contain(&number))
            }
            Self::Whole(glob) if node.kind() == JsonKind::Number => {
                self.matches_text(&text) || glob.as_exact().is_some_and(|typed| same_number(typed, &text))
            }
            _ => self.matches_text(&text),
        }
    }
}

impl Glob {
    /// Whether a folded value is one that it stands for.
    pub fn matches_folded(&self, value: &str) -> bool {
        let [first, middle @ .., last] = self.pieces.as_slice() else {
            return self.pieces.first().is_some_and(|only| only.folded() == value);
        };
        // Most values differ in the first byte from what they are held to: no call is needed for these.
        let mut rest = value;
        if let Some(byte) = first.folded().as_bytes().first() {
            if value.as_bytes().first() != Some(byte) {
                return false;
            }
            match value.strip_prefix(first.folded()) {
                Some(behind) => rest = behind,
                None => return false,
            }
        }
        for piece in middle {
            match memchr::memmem::find(rest.as_bytes(), piece.folded().as_bytes()) {
                Some(at) => rest = &rest[at + piece.folded().len()..],
                None => return false,
            }
        }
        rest.ends_with(last.folded())
    }

    /// The same of a text of ASCII as it stands: nothing is folded for it.
    pub fn matches_ascii(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.pieces.as_slice() else {
            return self.pieces.first().is_some_and(|only| only.folded().eq_ignore_ascii_case(text));
        };
        let Some((start, mut rest)) = text.as_bytes().split_at_checked(first.folded().len()) else {
            return false;
        };
        if !start.eq_ignore_ascii_case(first.folded().as_bytes()) {
            return false;
        }
        for piece in middle.iter().map(|piece| piece.folded().as_bytes()).filter(|piece| !piece.is_empty()) {
            match rest.windows(piece.len()).position(|here| here.eq_ignore_ascii_case(piece)) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        let last = last.folded().as_bytes();
        rest.len().checked_sub(last.len()).is_some_and(|at| rest[at..].eq_ignore_ascii_case(last))
    }
}

impl Has {
    /// Whether the text has it.
    pub fn matches(self, value: &str) -> bool {
        match self {
            Self::Control => text::has_control(value),
            Self::Bidi => text::has_bidi(value),
            Self::Formula => text::has_formula(value),
        }
    }
}

fn contains(text: &str, part: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()
}

/// Whether a text as typed is the JSON number. Whole numbers are compared as they stand: those of
/// more than 15 digits would be mistaken for their neighbours.
fn same_number(typed: &str, number: &str) -> bool {
    let is_whole = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_whole(typed) && is_whole(number) {
        return typed == number;
    }
    match (serde_json::from_str::<f64>(typed), number.parse::<f64>()) {
        (Ok(typed), Ok(number)) => typed.partial_cmp(&number) == Some(Ordering::Equal),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
