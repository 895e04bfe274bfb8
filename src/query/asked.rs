//! What a filter is asked of: an entry, in whatever way it is held.

use std::borrow::Cow;

use crate::event::field::Field;
use crate::event::{Class, Event, KindSet, Outcome};
use crate::json::Node;
use crate::timestamp::Timestamp;

/// An entry that a filter can be asked of. Two that are the same entry answer alike.
pub trait Asked {
    /// When it happened.
    fn time(&self) -> Timestamp;

    /// The HTTP status.
    fn status(&self) -> Option<i64>;

    /// How long it took, in milliseconds.
    fn latency(&self) -> Option<f64>;

    /// The class.
    fn class(&self) -> Class;

    /// Whether it went well.
    fn outcome(&self) -> Outcome;

    /// What kinds of action it is.
    fn kinds(&self) -> KindSet;

    /// Whether any of a field's texts is so, empty ones among them ([`Event::values`]).
    fn any_value(&self, field: Field, is_so: impl FnMut(&str) -> bool) -> bool;

    /// The system's record.
    fn record(&self) -> Node<'_>;

    /// The system's record as `raw` exports it.
    fn raw(&self) -> Cow<'_, str>;
}

impl Asked for Event {
    fn time(&self) -> Timestamp {
        self.time
    }

    fn status(&self) -> Option<i64> {
        self.status
    }

    fn latency(&self) -> Option<f64> {
        self.latency_ms.as_ref().map(crate::event::Number::value)
    }

    fn class(&self) -> Class {
        self.class()
    }

    fn outcome(&self) -> Outcome {
        self.outcome
    }

    fn kinds(&self) -> KindSet {
        self.kinds
    }

    fn any_value(&self, field: Field, is_so: impl FnMut(&str) -> bool) -> bool {
        self.values(field).into_iter().any(is_so)
    }

    fn record(&self) -> Node<'_> {
        self.record.node()
    }

    fn raw(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.record.as_str())
    }
}
