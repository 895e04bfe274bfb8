//! Where something stands in a file, as messages name it.

use std::fmt;

/// Where something stands in a file.
#[derive(Clone, Copy)]
pub(super) enum Place<'p> {
    /// The item's number says it.
    Item,
    /// A line, from 1.
    Line(u64),
    /// A line that is counted only when somebody wants to know.
    Counted(&'p dyn Fn() -> u64),
    /// A row of a table, from 1, the header counted.
    Row(u64),
}

impl Place<'_> {
    /// Whether it says anything.
    pub(super) fn is_said(self) -> bool {
        !matches!(self, Self::Item)
    }

    /// Why a record is none, behind its place.
    pub(super) fn located(self, why: impl fmt::Display) -> String {
        if self.is_said() { format!("{self}: {why}") } else { why.to_string() }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item => Ok(()),
            Self::Line(number) => write!(out, "line {number}"),
            Self::Counted(count) => write!(out, "line {}", count()),
            Self::Row(number) => write!(out, "row {number}"),
        }
    }
}
