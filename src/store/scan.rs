//! From a filter to the rows of a segment that match it.
//!
//! A plan is made once for a question: each leaf on texts is tested against every distinct value
//! that segments share. Then each segment is asked for its rows, the cheap parts of an AND first, so
//! that what must be looked at row by row (records, paths) is asked about few rows.
//!
//! Not here: what a test means; that is `query::matches`, asked of values instead of events.

use std::borrow::Cow;

use super::bitmap::Bitmap;
use super::column::CodeSet;
use super::dictionary::Values;
use super::segment::Segment;
use super::slot::Slot;
use crate::event::Number;
use crate::event::field::{Field, Type};
use crate::json::{Node, Pointer};
use crate::query::{Expr, Leaf, Query, Subject, Test};
use crate::text;

/// A filter made ready for the segments of one snapshot.
#[derive(Debug)]
pub struct Plan<'q>(Step<'q>);

impl<'q> Plan<'q> {
    /// Tests the filter's leaves against the values that segments share, by column.
    pub fn new(query: &'q Query, shared: &[Values]) -> Self {
        Self(Step::new(&query.expr, shared))
    }

    /// The rows of `within` that match.
    pub fn rows(&self, segment: &Segment, within: Bitmap) -> Bitmap {
        if within.is_none() { within } else { self.0.rows(segment, &within) }
    }
}

/// A part of a plan.
#[derive(Debug)]
enum Step<'q> {
    /// All of them, the cheapest first.
    And(Vec<Self>),
    /// Any of them, the cheapest first.
    Or(Vec<Self>),
    Not(Box<Self>),
    /// One of the tests on the text of one of the columns.
    Text(TextTest<'q>, Vec<(Slot, CodeSet)>),
    Status(&'q [Test]),
    Class(&'q [Test]),
    Outcome(&'q [Test]),
    Kinds(&'q [Test]),
    Time(&'q [Test]),
    Paths(&'q [Test]),
    Raw(&'q [Test]),
    Pointer(&'q Pointer, &'q [Test]),
}

/// How a text is tested.
#[derive(Debug, Clone, Copy)]
enum TextTest<'q> {
    Text(&'q [Test]),
    /// The text is a number's.
    Number(&'q [Test]),
    /// Tests other than `has:` do not pass.
    Has(&'q [Test]),
}

impl TextTest<'_> {
    fn passes(self, value: &str) -> bool {
        match self {
            Self::Text(tests) => any_matches_text(tests, value),
            Self::Number(tests) => Number::parse(value)
                .is_some_and(|number| tests.iter().any(|test| test.matches_number(number.value()))),
            Self::Has(tests) => tests.iter().any(|test| matches!(test, Test::Has(has) if has.matches(value))),
        }
    }
}

/// Whether one of the tests passes, the text folded at most once.
fn any_matches_text(tests: &[Test], value: &str) -> bool {
    let folded =
        if tests.iter().any(Test::needs_folding) { Cow::Owned(text::fold(value)) } else { Cow::Borrowed("") };
    tests.iter().any(|test| test.matches_folded(value, &folded))
}

impl<'q> Step<'q> {
    fn new(expr: &'q Expr, shared: &[Values]) -> Self {
        let cheapest_first = |parts: &'q [Expr]| {
            let mut steps: Vec<Self> = parts.iter().map(|part| Self::new(part, shared)).collect();
            steps.sort_by_key(Self::cost);
            steps
        };
        match expr {
            Expr::And(parts) => Self::And(cheapest_first(parts)),
            Expr::Or(parts) => Self::Or(cheapest_first(parts)),
            Expr::Not(inner) => Self::Not(Box::new(Self::new(inner, shared))),
            Expr::Leaf(leaf) => Self::of_leaf(leaf, shared),
        }
    }

    fn of_leaf(leaf: &'q Leaf, shared: &[Values]) -> Self {
        let tests = leaf.tests.as_slice();
        let words = || Field::words().flat_map(Slot::of_field).copied().collect();
        let field = match &leaf.subject {
            Subject::Pointer(pointer) => return Self::Pointer(pointer, tests),
            Subject::Words => return Self::text(TextTest::Text(tests), words(), shared),
            Subject::Field(field) => *field,
        };
        match field.info().kind {
            Type::Time => Self::Time(tests),
            Type::Status => Self::Status(tests),
            Type::Raw => Self::Raw(tests),
            Type::Is => Self::Kinds(tests),
            Type::Has => Self::text(TextTest::Has(tests), words(), shared),
            Type::Latency => Self::text(TextTest::Number(tests), Slot::of_field(field).to_vec(), shared),
            Type::Text | Type::Address | Type::Paths => match field {
                Field::Class => Self::Class(tests),
                Field::Outcome => Self::Outcome(tests),
                Field::Changes => Self::Paths(tests),
                _ => Self::text(TextTest::Text(tests), Slot::of_field(field).to_vec(), shared),
            },
        }
    }

    fn text(test: TextTest<'q>, slots: Vec<Slot>, shared: &[Values]) -> Self {
        let accepted = |slot: Slot| {
            let values = &shared[slot as usize];
            (slot, CodeSet::of(values.len(), values.iter(), |value| test.passes(value)))
        };
        Self::Text(test, slots.into_iter().map(accepted).collect())
    }

    /// How much it costs to ask about a row, by order of magnitude.
    fn cost(&self) -> u8 {
        match self {
            Self::Time(_) | Self::Status(_) | Self::Class(_) | Self::Outcome(_) | Self::Kinds(_) => 0,
            Self::Text(..) => 1,
            Self::Paths(_) => 2,
            Self::Pointer(..) => 3,
            Self::Raw(_) => 4,
            Self::Not(inner) => inner.cost(),
            Self::And(steps) | Self::Or(steps) => steps.iter().map(Self::cost).max().unwrap_or(0),
        }
    }

    /// The rows of `within` that match.
    fn rows(&self, segment: &Segment, within: &Bitmap) -> Bitmap {
        match self {
            Self::And(steps) => {
                let mut rows = within.clone();
                for step in steps {
                    if rows.is_none() {
                        break;
                    }
                    rows = step.rows(segment, &rows);
                }
                rows
            }
            Self::Or(steps) => any_of(within, steps.iter(), |step, left| step.rows(segment, left)),
            Self::Not(inner) => {
                let mut rows = within.clone();
                rows.subtract(&inner.rows(segment, within));
                rows
            }
            Self::Text(test, columns) => any_of(within, columns.iter(), |(slot, accepted), left| {
                text_rows(segment, *slot, *test, accepted, left)
            }),
            Self::Status(tests) => segment.statuses().rows_where(within, |status| {
                status.is_some_and(|status| tests.iter().any(|test| test.matches_status(status)))
            }),
            Self::Kinds(tests) => {
                segment.kinds().rows_where(within, |kinds| tests.iter().any(|test| test.matches_kinds(kinds)))
            }
            Self::Class(tests) => {
                let mut rows = Bitmap::none(within.len());
                for (class, of_class) in segment.classes() {
                    if any_matches_text(tests, class.name()) {
                        rows.unite(of_class);
                    }
                }
                rows.intersect(within);
                rows
            }
            Self::Outcome(tests) => {
                use crate::event::Outcome::{Failure, Success};
                let mut rows = within.clone();
                if !any_matches_text(tests, Success.name()) {
                    rows.intersect(segment.failures());
                }
                if !any_matches_text(tests, Failure.name()) {
                    rows.subtract(segment.failures());
                }
                rows
            }
            Self::Time(tests) => any_of(within, tests.iter(), |test, left| {
                let mut rows = time_rows(segment, test);
                rows.intersect(left);
                rows
            }),
            Self::Paths(tests) => {
                let mut rows = within.clone();
                rows.intersect(segment.changes().present());
                Bitmap::of_those(&rows, |row| {
                    let changes = segment.changes().get(row).into_iter().flat_map(|list| list.iter());
                    changes.into_iter().any(|change| any_matches_text(tests, &change.path))
                })
            }
            Self::Raw(tests) => Bitmap::of_those(within, |row| any_matches_text(tests, &segment.record(row))),
            Self::Pointer(pointer, tests) => Bitmap::of_those(within, |row| {
                Node::from_kept(&segment.record(row))
                    .at(pointer)
                    .is_some_and(|node| tests.iter().any(|test| test.matches_json(node)))
            }),
        }
    }
}

/// The rows of `within` that one of the parts takes; each is asked only about those that none before
/// it took.
fn any_of<T>(
    within: &Bitmap,
    parts: impl Iterator<Item = T>,
    mut rows_of: impl FnMut(T, &Bitmap) -> Bitmap,
) -> Bitmap {
    let mut left = within.clone();
    for part in parts {
        if left.is_none() {
            break;
        }
        left.subtract(&rows_of(part, &left));
    }
    let mut rows = within.clone();
    rows.subtract(&left);
    rows
}

/// The rows of `within` whose text in a column passes.
fn text_rows(
    segment: &Segment,
    slot: Slot,
    test: TextTest<'_>,
    accepted: &CodeSet,
    within: &Bitmap,
) -> Bitmap {
    let column = segment.text_column(slot);
    let Some(own) = column.own_values() else {
        return if accepted.is_none() {
            Bitmap::none(within.len())
        } else {
            column.codes().rows_accepted(accepted, within)
        };
    };
    if within.count() <= own.len() {
        // Fewer rows than distinct values: the rows' own values are the quicker ones to test.
        return Bitmap::of_those(within, |row| column.own_value(row).is_some_and(|value| test.passes(value)));
    }
    let accepted = CodeSet::of(own.len(), own.iter(), |value| test.passes(value));
    column.codes().rows_accepted(&accepted, within)
}

/// The rows whose time passes: the segment is sorted by it.
fn time_rows(segment: &Segment, test: &Test) -> Bitmap {
    let rows = match test {
        Test::Present => 0..segment.len(),
        Test::Time(bounds) => {
            let first = bounds.high.map_or(0, |high| {
                if high.inclusive {
                    segment.newer_than(high.value)
                } else {
                    segment.not_older_than(high.value)
                }
            });
            let end = bounds.low.map_or(segment.len(), |low| {
                if low.inclusive { segment.not_older_than(low.value) } else { segment.newer_than(low.value) }
            });
            first..end
        }
        _ => 0..0,
    };
    Bitmap::of_range(segment.len(), rows)
}
