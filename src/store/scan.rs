//! From a filter to the rows of a segment that match it.
//!
//! A plan is made once for a question: each leaf on texts is tested against every distinct value
//! that segments share (`store::asked`). Then each segment is asked for its rows, the cheap parts of
//! an AND first, so that what must be looked at row by row (records, paths) is asked about few rows.
//! What is known from the last plans is not asked again (`store::cache`).
//!
//! Not here: what a test means; that is `query::matches`, asked of values instead of events.

use std::sync::Arc;

use super::asked::{Asked, Means, Parts, TextTest, any_matches_text};
use super::bitmap::Bitmap;
use super::cache::{CodeSet, Found, Taken};
use super::column::Texts;
use super::cores::Cores;
use super::literal::Literals;
use super::packed::Own;
use super::raw;
use super::segment::Segment;
use super::slot::Slot;
use crate::event::field::{Field, Type};
use crate::json::{Node, Pointer};
use crate::query::{Expr, Leaf, Query, Subject, Test};

/// A filter made ready for the segments of one snapshot.
#[derive(Debug)]
pub struct Plan<'q> {
    step: Step<'q>,
    /// From so many rows on, what is found of a segment is remembered.
    large: usize,
}

impl<'q> Plan<'q> {
    /// Tests the filter's leaves against the values that segments share; `None` where it was
    /// cancelled.
    pub fn new(query: &'q Query, means: &Means<'_>, cores: &Cores<'_>) -> Option<Self> {
        Some(Self { step: Step::new(&query.expr, means, cores)?, large: means.large })
    }

    /// Whether it takes every row.
    pub fn takes_all(&self) -> bool {
        matches!(&self.step, Step::And(steps) if steps.is_empty())
    }

    /// The rows of `within` that match.
    pub fn rows(&self, segment: &Segment, within: Bitmap) -> Bitmap {
        if within.is_none() { within } else { self.step.rows(segment, &within, segment.len() >= self.large) }
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
    Leaf(Ask<'q>, Arc<Found>, Option<Wider>),
}

/// What was found of a leaf that takes at least as much.
#[derive(Debug)]
struct Wider {
    found: Arc<Found>,
    /// Of the values that segments share, it takes the very same.
    same_shared: bool,
}

/// A leaf.
#[derive(Debug)]
enum Ask<'q> {
    /// One of the tests on the text of one of the columns.
    Text(TextTest<'q>, Option<Literals<'q>>, Vec<(Slot, Arc<CodeSet>)>, Parts),
    Status(&'q [Test]),
    Class(&'q [Test]),
    Outcome(&'q [Test]),
    Kinds(&'q [Test]),
    Time(&'q [Test]),
    Paths(&'q [Test]),
    Raw(&'q [Test]),
    Pointer(&'q Pointer, &'q [Test]),
}

impl<'q> Step<'q> {
    fn new(expr: &'q Expr, means: &Means<'_>, cores: &Cores<'_>) -> Option<Self> {
        let cheapest_first = |parts: &'q [Expr]| {
            let steps: Option<Vec<Self>> = parts.iter().map(|part| Self::new(part, means, cores)).collect();
            let mut steps = steps?;
            steps.sort_by_key(Self::cost);
            Some(steps)
        };
        Some(match expr {
            Expr::And(parts) => Self::And(cheapest_first(parts)?),
            Expr::Or(parts) => Self::Or(cheapest_first(parts)?),
            Expr::Not(inner) => Self::Not(Box::new(Self::new(inner, means, cores)?)),
            Expr::Leaf(leaf) => {
                let wider = means.cache.wider(leaf);
                let found = means.cache.leaf(leaf);
                let ask = Ask::new(leaf, &found, wider.as_deref(), means, cores)?;
                let wider =
                    wider.map(|wider| Wider { same_shared: ask.takes_shared_as(&wider), found: wider });
                Self::Leaf(ask, found, wider)
            }
        })
    }

    /// How much it costs to ask about a row, by order of magnitude.
    fn cost(&self) -> u8 {
        match self {
            Self::Leaf(ask, ..) => ask.cost(),
            Self::Not(inner) => inner.cost(),
            Self::And(steps) | Self::Or(steps) => steps.iter().map(Self::cost).max().unwrap_or(0),
        }
    }

    /// The rows of `within` that match; what is found is remembered where it is worth it.
    fn rows(&self, segment: &Segment, within: &Bitmap, remember: bool) -> Bitmap {
        match self {
            Self::And(steps) => {
                let mut rows = within.clone();
                for step in steps {
                    if rows.is_none() {
                        break;
                    }
                    rows = step.rows(segment, &rows, remember);
                }
                rows
            }
            Self::Or(steps) => any_of(within, steps.iter(), |step, left| step.rows(segment, left, remember)),
            Self::Not(inner) => {
                let mut rows = within.clone();
                rows.subtract(&inner.rows(segment, within, remember));
                rows
            }
            Self::Leaf(ask, ..) if !remember || ask.is_free() => ask.rows(segment, within).0,
            Self::Leaf(ask, found, wider) => {
                let number = segment.number();
                if let Some(taken) = found.taken(number) {
                    return taken.within(within);
                }
                let known = wider.as_ref().and_then(|wider| wider.found.taken(number));
                let same_shared = wider.as_ref().is_some_and(|wider| wider.same_shared);
                if let Some(taken) = &known
                    && (taken.rows.is_none() || (same_shared && taken.by_shared))
                {
                    found.remember(number, taken.clone());
                    return taken.within(within);
                }
                let all = within.count() == within.len();
                if !all && ask.is_costly(segment, within) {
                    let within = known.map_or_else(|| within.clone(), |taken| taken.within(within));
                    return ask.rows(segment, &within).0;
                }
                let every = match known {
                    Some(Taken { rows: Some(rows), .. }) => rows,
                    _ => Arc::new(Bitmap::of_range(segment.len(), 0..segment.len())),
                };
                let (mut rows, by_shared) = ask.rows(segment, &every);
                let taken = (!rows.is_none()).then(|| Arc::new(rows.clone()));
                found.remember(number, Taken { rows: taken, by_shared });
                rows.intersect(within);
                rows
            }
        }
    }
}

impl<'q> Ask<'q> {
    fn new(
        leaf: &'q Leaf,
        found: &Found,
        wider: Option<&Found>,
        means: &Means<'_>,
        cores: &Cores<'_>,
    ) -> Option<Self> {
        let tests = leaf.tests.as_slice();
        let words = || Field::words().flat_map(Slot::of_field).copied().collect();
        let text = |test, slots: Vec<Slot>| {
            let literals = match test {
                TextTest::Text(tests) => Literals::of(tests),
                _ => None,
            };
            let pieces = literals.as_ref().is_some_and(Literals::pass_in_part);
            let parts = if pieces && leaf.subject == Subject::Words { Parts::LeftOut } else { Parts::Asked };
            let asked = Asked { test, literals: literals.as_ref(), parts, found, wider };
            let accepted = asked.accepted(&slots, means, cores)?;
            Some(Self::Text(test, literals, slots.into_iter().zip(accepted).collect(), parts))
        };
        let field = match &leaf.subject {
            Subject::Pointer(pointer) => return Some(Self::Pointer(pointer, tests)),
            Subject::Words => return text(TextTest::Text(tests), words()),
            Subject::Field(field) => *field,
        };
        Some(match field.info().kind {
            Type::Time => Self::Time(tests),
            Type::Status => Self::Status(tests),
            Type::Raw => Self::Raw(tests),
            Type::Is => Self::Kinds(tests),
            Type::Has => return text(TextTest::Has(tests), words()),
            Type::Latency => return text(TextTest::Number(tests), Slot::of_field(field).to_vec()),
            Type::Text | Type::Address | Type::Paths => match field {
                Field::Class => Self::Class(tests),
                Field::Outcome => Self::Outcome(tests),
                Field::Changes => Self::Paths(tests),
                _ => return text(TextTest::Text(tests), Slot::of_field(field).to_vec()),
            },
        })
    }

    fn cost(&self) -> u8 {
        match self {
            Self::Time(_) | Self::Status(_) | Self::Class(_) | Self::Outcome(_) | Self::Kinds(_) => 0,
            Self::Text(..) => 1,
            Self::Paths(_) => 2,
            Self::Pointer(..) => 3,
            Self::Raw(_) => 4,
        }
    }

    /// Whether another leaf takes the very values that it takes of those that segments share.
    fn takes_shared_as(&self, other: &Found) -> bool {
        match self {
            Self::Text(_, _, columns, _) => columns.iter().all(|(slot, accepted)| {
                let theirs = other.codes(*slot);
                if accepted.is_none() { theirs.is_none() } else { theirs == *accepted }
            }),
            _ => false,
        }
    }

    /// Whether it is found as quickly as it would be remembered.
    fn is_free(&self) -> bool {
        matches!(self, Self::Time(_) | Self::Class(_) | Self::Outcome(_))
    }

    /// Whether it is quicker to ask about these rows alone than about all.
    fn is_costly(&self, segment: &Segment, within: &Bitmap) -> bool {
        match self {
            Self::Text(_, _, columns, _) => {
                let own = |(slot, _): &(Slot, _)| matches!(segment.text_column(*slot).texts(), Texts::Own(_));
                columns.iter().any(own) && within.count() < within.len() / 8
            }
            _ => self.cost() > 1,
        }
    }

    /// The rows of `within` that match, and whether values that segments share take all of them.
    fn rows(&self, segment: &Segment, within: &Bitmap) -> (Bitmap, bool) {
        let Self::Text(test, literals, columns, parts) = self else {
            return (self.rows_by_value(segment, within), false);
        };
        let is_own = |(slot, _): &&(Slot, _)| matches!(segment.text_column(*slot).texts(), Texts::Own(_));
        let asked = |(slot, _): &&(Slot, _)| *parts == Parts::Asked || !segment.is_part(*slot);
        let text_rows = |(slot, accepted): &(Slot, Arc<CodeSet>), left: &Bitmap| {
            text_rows(segment, *slot, *test, literals.as_ref(), accepted, left)
        };
        // Values that are shared first: what they take need not be looked for among ids.
        let shared = columns.iter().filter(|column| !is_own(column)).filter(asked);
        let mut rows = any_of(within, shared, text_rows);
        let mut left = within.clone();
        left.subtract(&rows);
        let mut seen: Option<&Arc<Own>> = None;
        let own = columns.iter().filter(is_own).filter(asked).filter(|(slot, _)| {
            let Texts::Own(own) = segment.text_column(*slot).texts() else { return false };
            !seen.replace(own).is_some_and(|seen| Arc::ptr_eq(seen, own))
        });
        let more = any_of(&left, own, text_rows);
        rows.unite(&more);
        (rows, more.is_none())
    }

    /// The rows of `within` that match; what is asked is no text.
    fn rows_by_value(&self, segment: &Segment, within: &Bitmap) -> Bitmap {
        match self {
            Self::Text(..) => unreachable!("texts are asked by their columns"),
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
                        rows.unite(of_class.bitmap());
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
            Self::Raw(tests) => raw::rows_passing(segment.records(), tests, within),
            Self::Pointer(pointer, tests) => segment.rows_recorded(within, |record| {
                let node = Node::parse(record).ok().and_then(|node| node.at(pointer));
                node.is_some_and(|node| tests.iter().any(|test| test.matches_json(node)))
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
    literals: Option<&Literals<'_>>,
    accepted: &CodeSet,
    within: &Bitmap,
) -> Bitmap {
    let column = segment.text_column(slot);
    let own = match column.texts() {
        Texts::Shared(_) if accepted.is_none() => return Bitmap::none(within.len()),
        Texts::Shared(codes) => {
            let mut table = vec![0; codes.len() + 1];
            for (place, code) in table[1..].iter_mut().zip(codes) {
                *place = u8::from(accepted.contains(*code));
            }
            return column.codes().rows_accepted(&table, within);
        }
        Texts::Own(own) => own,
    };
    // Few rows: their own values are the quicker ones to test.
    let number = |row| (column.codes().get(row) as usize).checked_sub(1);
    let rows = within.count();
    if rows < own.len() / 16
        && let Some(passes) = literals.and_then(|literals| literals.among(own))
    {
        return Bitmap::of_those(within, |row| number(row).is_some_and(&passes));
    }
    if rows < own.len() / 64 || (literals.is_none() && rows < own.len() / 2) {
        let value = |row| own.get(number(row)?);
        return Bitmap::of_those(within, |row| value(row).is_some_and(|value| test.passes(&value)));
    }
    let mut words = vec![0; own.len().div_ceil(64)];
    test.find(literals, own, &mut words);
    column.codes().rows_numbered(&words, within)
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
