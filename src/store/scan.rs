//! From a filter to the rows of a segment that match it.
//!
//! A plan is made once for a question: each leaf on texts is tested against every distinct value
//! that segments share, those of the last plan excepted (`store::cache`). Then each segment is asked for its rows, the cheap parts of an AND first, so
//! that what must be looked at row by row (records, paths) is asked about few rows.
//!
//! Not here: what a test means; that is `query::matches`, asked of values instead of events.

use std::borrow::Cow;
use std::sync::Arc;

use super::bitmap::Bitmap;
use super::cache::{Cache, CodeSet, Found};
use super::column::Texts;
use super::cores::Cores;
use super::dictionary::{CHUNK, Values};
use super::literal::Literals;
use super::packed::Own;
use super::segment::Segment;
use super::slot::Slot;
use crate::event::Number;
use crate::event::field::{Field, Type};
use crate::json::{Node, Pointer};
use crate::query::{Expr, Leaf, Query, Subject, Test};
use crate::text;

/// A filter made ready for the segments of one snapshot.
#[derive(Debug)]
pub struct Plan<'q> {
    step: Step<'q>,
    /// From so many rows on, what is found of a segment is remembered.
    large: usize,
}

/// What a plan is made with.
pub struct Means<'m> {
    /// The values that segments share, by column.
    pub shared: &'m [Values],
    /// What was found before.
    pub cache: &'m Cache,
    /// From so many rows on, what is found of a segment is remembered.
    pub large: usize,
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
    Leaf(Ask<'q>, Arc<Found>),
}

/// A leaf.
#[derive(Debug)]
enum Ask<'q> {
    /// One of the tests on the text of one of the columns.
    Text(TextTest<'q>, Option<Literals<'q>>, Vec<(Slot, Arc<CodeSet>)>),
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
                let found = means.cache.leaf(leaf);
                Self::Leaf(Ask::new(leaf, &found, means, cores)?, found)
            }
        })
    }

    /// How much it costs to ask about a row, by order of magnitude.
    fn cost(&self) -> u8 {
        match self {
            Self::Leaf(ask, _) => ask.cost(),
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
            Self::Leaf(ask, _) if !remember || ask.is_free() => ask.rows(segment, within),
            Self::Leaf(ask, found) => {
                if let Some(rows) = found.rows(segment.number(), within) {
                    return rows;
                }
                let all = within.count() == within.len();
                if !all && ask.is_costly(segment, within) {
                    return ask.rows(segment, within);
                }
                let every = Bitmap::of_range(segment.len(), 0..segment.len());
                let mut rows = ask.rows(segment, if all { within } else { &every });
                found.remember(segment.number(), &rows);
                if !all {
                    rows.intersect(within);
                }
                rows
            }
        }
    }
}

impl<'q> Ask<'q> {
    fn new(leaf: &'q Leaf, found: &Found, means: &Means<'_>, cores: &Cores<'_>) -> Option<Self> {
        let tests = leaf.tests.as_slice();
        let words = || Field::words().flat_map(Slot::of_field).copied().collect();
        let text = |test, slots: Vec<Slot>| {
            let literals = match test {
                TextTest::Text(tests) => Literals::of(tests),
                _ => None,
            };
            let accepted = accepted(test, literals.as_ref(), &slots, found, means, cores)?;
            Some(Self::Text(test, literals, slots.into_iter().zip(accepted).collect()))
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

    /// Whether it is found as quickly as it would be remembered.
    fn is_free(&self) -> bool {
        matches!(self, Self::Time(_) | Self::Class(_) | Self::Outcome(_))
    }

    /// Whether it is quicker to ask about these rows alone than about all.
    fn is_costly(&self, segment: &Segment, within: &Bitmap) -> bool {
        match self {
            Self::Text(_, _, columns) => {
                let own = |(slot, _): &(Slot, _)| matches!(segment.text_column(*slot).texts(), Texts::Own(_));
                columns.iter().any(own) && within.count() < within.len() / 8
            }
            _ => self.cost() > 1,
        }
    }

    /// The rows of `within` that match.
    fn rows(&self, segment: &Segment, within: &Bitmap) -> Bitmap {
        match self {
            Self::Text(test, literals, columns) => {
                let mut seen: Option<&Arc<Own>> = None;
                // Values that are shared first: what they take need not be looked for among ids.
                let is_own =
                    |(slot, _): &&(Slot, _)| matches!(segment.text_column(*slot).texts(), Texts::Own(_));
                let shared = columns.iter().filter(|column| !is_own(column));
                any_of(within, shared.chain(columns.iter().filter(is_own)), |(slot, accepted), left| {
                    let column = segment.text_column(*slot);
                    if let Texts::Own(own) = column.texts() {
                        if seen.is_some_and(|seen| Arc::ptr_eq(seen, own)) {
                            return Bitmap::none(left.len());
                        }
                        seen = Some(own);
                    }
                    text_rows(segment, *slot, *test, literals.as_ref(), accepted, left)
                })
            }
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
            Self::Raw(tests) => {
                let literals = Literals::of(tests);
                let mut folded = String::new();
                segment.rows_recorded(within, |record| match &literals {
                    Some(literals) if record.is_ascii() => {
                        folded.clear();
                        folded.push_str(record);
                        folded.make_ascii_lowercase();
                        literals.pass(&folded)
                    }
                    _ => any_matches_text(tests, record),
                })
            }
            Self::Pointer(pointer, tests) => segment.rows_recorded(within, |record| {
                let node = Node::parse(record).ok().and_then(|node| node.at(pointer));
                node.is_some_and(|node| tests.iter().any(|test| test.matches_json(node)))
            }),
        }
    }
}

/// The values that pass, of the columns that segments share; those that were tested for an earlier
/// question are not tested again. `None` where it was cancelled.
fn accepted(
    test: TextTest<'_>,
    literals: Option<&Literals<'_>>,
    slots: &[Slot],
    found: &Found,
    means: &Means<'_>,
    cores: &Cores<'_>,
) -> Option<Vec<Arc<CodeSet>>> {
    /// Chunks that are worth a thread's turn.
    const TURN: usize = 8;
    let known: Vec<Arc<CodeSet>> = slots.iter().map(|slot| found.codes(*slot)).collect();
    let mut turns = Vec::new();
    for (place, (slot, known)) in slots.iter().zip(&known).enumerate() {
        let values = &means.shared[*slot as usize];
        if known.tested() < values.len() {
            let chunks = &values.chunks()[known.tested() / CHUNK..];
            turns.extend(chunks.chunks(TURN).map(|chunks| (place, chunks)));
        }
    }
    let work = |(place, chunks): &(usize, &[Arc<Own>])| {
        let mut words = vec![0u64; chunks.len() * CHUNK / 64];
        for (chunk, words) in chunks.iter().zip(words.chunks_mut(CHUNK / 64)) {
            let mut accept = |number: usize| words[number / 64] |= 1 << (number % 64);
            if let Some(literals) = literals {
                literals.find_own(chunk, accept);
            } else {
                let passing = chunk.iter().enumerate().filter(|(_, value)| test.passes(value));
                passing.for_each(|(number, _)| accept(number));
            }
        }
        (*place, words)
    };
    // A turn takes some ten microseconds; a thread takes longer than that to begin.
    let worked = if turns.len() > 4 { cores.each(&turns, work)? } else { turns.iter().map(work).collect() };
    let mut fresh: Vec<Option<Vec<u64>>> = vec![None; slots.len()];
    for (place, words) in worked {
        let known = &known[place];
        fresh[place]
            .get_or_insert_with(|| known.words_before(known.tested() / CHUNK * CHUNK).to_vec())
            .extend(words);
    }
    let sets = slots.iter().zip(known).zip(fresh).map(|((slot, known), fresh)| match fresh {
        None => known,
        Some(words) => {
            let codes = Arc::new(CodeSet::new(words, means.shared[*slot as usize].len()));
            found.remember_codes(*slot, &codes);
            codes
        }
    });
    Some(sets.collect())
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
    let mut table = vec![0; column.len() + 1];
    match column.texts() {
        Texts::Shared(_) if accepted.is_none() => return Bitmap::none(within.len()),
        Texts::Shared(codes) => {
            let taken = codes.iter().map(|code| u8::from(accepted.contains(*code)));
            table[1..].iter_mut().zip(taken).for_each(|(place, taken)| *place = taken);
        }
        // Fewer rows than values: the rows' own values are the quicker ones to test.
        Texts::Own(own) if within.count() < own.len() / 2 => {
            let number = |row| (column.codes().get(row) as usize).checked_sub(1);
            if let Some(passes) = literals.and_then(|literals| literals.among(own)) {
                return Bitmap::of_those(within, |row| number(row).is_some_and(&passes));
            }
            if literals.is_none() || within.count() < own.len() / 64 {
                let value = |row| own.get(number(row)?);
                return Bitmap::of_those(within, |row| value(row).is_some_and(|value| test.passes(&value)));
            }
            if let Some(literals) = literals {
                literals.find_own(own, |number| table[number + 1] = 1);
            }
        }
        Texts::Own(own) => match literals {
            Some(literals) => literals.find_own(own, |number| table[number + 1] = 1),
            None => {
                for (place, value) in table[1..].iter_mut().zip(own.iter()) {
                    *place = u8::from(test.passes(&value));
                }
            }
        },
    }
    column.codes().rows_accepted(&table, within)
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
