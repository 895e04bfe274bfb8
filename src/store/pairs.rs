//! How often two fields' values come together over the rows that match.
//!
//! The distinct values of each field are numbered as they are met (a code of a column is looked up
//! once a segment), so that a row costs two numbers and one count. Memory is bounded by the distinct
//! pairs, of which a row makes one, or the product of what it has of `is` and `changes`.
//!
//! Not here: what the answer means (`answer::pairs`).

use std::borrow::Cow;
use std::cmp::Ordering;

use hashbrown::HashMap;

use super::dictionary::{ABSENT, Code, Values};
use super::facet::Tally;
use super::order::Lane;
use super::slot::Slot;
use super::snapshot::Snapshot;
use crate::answer::pairs::{Pair, PairQuestion, Pairs};
use crate::event::field::Field;
use crate::event::{Kind, Outcome};

/// A value's number within its field.
pub(super) type Number = u32;

impl Snapshot {
    /// Counts the pairs of two fields' values; pure. `None` where it was cancelled.
    pub fn pairs(&self, question: &PairQuestion, cancelled: &dyn Fn() -> bool) -> Option<Pairs> {
        let fields = question.fields;
        let mut answer = Pairs { fields, pairs: Vec::new(), distinct: 0, absent: 0 };
        if [fields.0, fields.1].iter().any(|field| matches!(field, Field::Time | Field::Raw | Field::Has)) {
            return Some(answer);
        }
        let timeline = self.timeline(&question.filter, question.window, &self.cores(cancelled))?;
        let (mut firsts, mut seconds) = (Numbers::default(), Numbers::default());
        let mut tallies: HashMap<(Number, Number), Tally> = HashMap::new();
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for lane in timeline.lanes() {
            if cancelled() {
                return None;
            }
            let mut first = Reader::new(fields.0, lane, timeline.shared());
            let mut second = Reader::new(fields.1, lane, timeline.shared());
            for row in lane.rows.rows() {
                first.read(row, &mut firsts, &mut left);
                second.read(row, &mut seconds, &mut right);
                answer.absent += u64::from(left.is_empty() || right.is_empty());
                for a in &left {
                    for b in &right {
                        tallies.entry((*a, *b)).or_insert(Tally::NONE).add_row(lane.segment, row);
                    }
                }
            }
        }
        answer.distinct = tallies.len();
        let texts = |(a, b): (Number, Number)| (firsts.text(a), seconds.text(b));
        let mut pairs: Vec<_> = tallies.into_iter().map(|(pair, tally)| (texts(pair), tally)).collect();
        let order = |(a_values, a): &((&str, &str), Tally),
                     (b_values, b): &((&str, &str), Tally)|
         -> Ordering { b.count.cmp(&a.count).then_with(|| a_values.cmp(b_values)) };
        if question.top < pairs.len() {
            pairs.select_nth_unstable_by(question.top, order);
            pairs.truncate(question.top);
        }
        pairs.sort_unstable_by(order);
        answer.pairs = pairs
            .into_iter()
            .map(|((a, b), tally)| Pair {
                values: (a.into(), b.into()),
                count: tally.count,
                failures: tally.failures,
                first: tally.first,
                last: tally.last,
            })
            .collect();
        Some(answer)
    }
}

/// The distinct values of a field that were met, numbered.
#[derive(Debug, Default)]
pub(super) struct Numbers<'a> {
    numbers: HashMap<Cow<'a, str>, Number>,
    texts: Vec<Cow<'a, str>>,
}

impl<'a> Numbers<'a> {
    fn of(&mut self, text: Cow<'a, str>) -> Number {
        if let Some(number) = self.numbers.get(&text) {
            return *number;
        }
        let number = self.texts.len() as Number;
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        number
    }

    pub(super) fn text(&self, number: Number) -> &str {
        &self.texts[number as usize]
    }

    /// The texts by number.
    pub(super) fn texts(&self) -> &[Cow<'a, str>] {
        &self.texts
    }
}

/// Reads one field's values row by row of one segment.
pub(super) struct Reader<'a> {
    field: Field,
    lane: &'a Lane<'a>,
    shared: &'a [Values],
    slots: &'static [Slot],
    /// The numbers of the codes met so far, by slot; of an empty text too, which is no value.
    known: Vec<Vec<Known>>,
}

/// What is known of a code.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    NotYet,
    Empty,
    Value(Number),
}

impl<'a> Reader<'a> {
    pub(super) fn new(field: Field, lane: &'a Lane<'a>, shared: &'a [Values]) -> Self {
        let slots = Slot::shown(field);
        let codes = |slot: &Slot| lane.segment.text_column(*slot).len();
        let known = match field {
            Field::Status => vec![vec![Known::NotYet; lane.segment.statuses().values().len() + 1]],
            _ => slots.iter().map(|slot| vec![Known::NotYet; codes(slot) + 1]).collect(),
        };
        Self { field, lane, shared, slots, known }
    }

    /// The numbers of a row's values, into `found`.
    pub(super) fn read(&mut self, row: usize, numbers: &mut Numbers<'a>, found: &mut Vec<Number>) {
        found.clear();
        let segment = self.lane.segment;
        match self.field {
            Field::Status => {
                let code = segment.statuses().codes().get(row) as usize;
                if self.known[0][code] == Known::NotYet {
                    self.known[0][code] = segment.statuses().get(row).map_or(Known::Empty, |status| {
                        Known::Value(numbers.of(Cow::Owned(status.to_string())))
                    });
                }
                found.extend(value_of(self.known[0][code]));
            }
            Field::Class => found.push(numbers.of(Cow::Borrowed(segment.class(row).name()))),
            Field::Outcome => {
                let failed = segment.failures().contains(row);
                let outcome = if failed { Outcome::Failure } else { Outcome::Success };
                found.push(numbers.of(Cow::Borrowed(outcome.name())));
            }
            Field::Is => {
                let kinds = segment.kinds().get(row);
                let those = Kind::ALL.into_iter().filter(|kind| kinds.contains(*kind));
                found.extend(those.map(|kind| numbers.of(Cow::Borrowed(kind.name()))));
            }
            Field::Changes => {
                let changes = segment.changes().get(row).map_or(&[][..], |list| list);
                let paths = changes.iter().map(|change| change.path.as_str()).filter(|path| !path.is_empty());
                found.extend(paths.map(|path| numbers.of(Cow::Borrowed(path))));
                found.sort_unstable();
                found.dedup();
            }
            _ => found.extend(self.text(row, numbers)),
        }
    }

    /// The number of the first non-empty text that the row has in the field's columns.
    fn text(&mut self, row: usize, numbers: &mut Numbers<'a>) -> Option<Number> {
        self.slots.iter().zip(&mut self.known).find_map(|(slot, known)| {
            let column = self.lane.segment.text_column(*slot);
            let code: Code = column.codes().get(row);
            if code == ABSENT {
                return None;
            }
            let known = &mut known[code as usize];
            if *known == Known::NotYet {
                let text = column.get(row, &self.shared[*slot as usize]).filter(|text| !text.is_empty());
                *known = text.map_or(Known::Empty, |text| Known::Value(numbers.of(text)));
            }
            value_of(*known)
        })
    }
}

fn value_of(known: Known) -> Option<Number> {
    match known {
        Known::Value(number) => Some(number),
        Known::Empty | Known::NotYet => None,
    }
}
