//! Why is this stretch of time unlike the rest: the field values that stand in it more often than
//! outside it, best first.
//!
//! The score is Dunning's log-likelihood ratio G² (T. Dunning, "Accurate Methods for the Statistics
//! of Surprise and Coincidence", 1993) over the two-by-two table of entries inside and outside, with
//! and without the value. It heeds both how unlike the two shares are and how many entries say so,
//! and stays honest where counts are small. Only over-representation inside counts.
//!
//! Not here: how it is counted (`store::why`).

use std::cmp::Ordering;
use std::sync::Arc;

use crate::event::field::Field;
use crate::interval::Interval;
use crate::query::Query;

/// The fields whose values are compared, in the order in which equal scores stand.
pub const FIELDS: [Field; 16] = [
    Field::Actor,
    Field::ActorType,
    Field::Action,
    Field::Method,
    Field::Endpoint,
    Field::Target,
    Field::TargetType,
    Field::Ip,
    Field::Client,
    Field::UserAgent,
    Field::Status,
    Field::Class,
    Field::Source,
    Field::Org,
    Field::Project,
    Field::Is,
];

/// How often a value must stand inside to be listed: what occurs once explains nothing.
pub const LEAST: u64 = 2;

/// The score that chance exceeds once in a thousand for a single value (χ² with one degree of
/// freedom). A reading aid: many values are compared at once, so that some exceed it by chance.
pub const REMARKABLE: f64 = 10.828;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct WhyQuestion {
    /// Which entries.
    pub filter: Arc<Query>,
    /// Of which time.
    pub window: Interval,
    /// The stretch that is to be explained: the brush. What of it lies outside the window is not
    /// looked at; the rest of the window is what it is compared with.
    pub inside: Interval,
    /// How many values are wanted over all fields.
    pub top: usize,
    /// How many values are wanted of each field.
    pub per_field: usize,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Why {
    /// How many matching entries lie inside.
    pub inside: u64,
    /// How many matching entries lie in the rest of the window. 0: there is nothing to compare with,
    /// and no value is listed.
    pub outside: u64,
    /// The most over-represented values of all fields: score descending, then by value, then in the
    /// order of [`FIELDS`].
    pub values: Vec<Excess>,
    /// The same of each field, in the order of [`FIELDS`]; fields without any are left out.
    pub fields: Vec<FieldExcess>,
}

/// The over-represented values of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldExcess {
    /// The field.
    pub field: Field,
    /// Its values: score descending, then by value.
    pub values: Vec<Excess>,
}

/// A value that stands inside more often than outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Excess {
    /// The field.
    pub field: Field,
    /// The value, as a facet has it ([`super::FacetQuestion`]).
    pub value: Box<str>,
    /// Of the entries inside, those that have it.
    pub inside: Share,
    /// Of the entries outside, those that have it.
    pub outside: Share,
    /// Dunning's G², above 0.
    pub score: f64,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
}

impl Share {
    /// The part of the whole, 0 to 1; 0 of nothing.
    pub fn ratio(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.count as f64 / self.of as f64 }
    }
}

impl Excess {
    /// The value with its score; `None` where it is not over-represented, or stands inside less than
    /// [`LEAST`] times.
    pub fn of(field: Field, value: &str, inside: Share, outside: Share) -> Option<Self> {
        let score = excess_score(inside, outside);
        (inside.count >= LEAST && score > 0.0).then(|| Self {
            field,
            value: value.into(),
            inside,
            outside,
            score,
        })
    }

    /// How many times as often it stands inside as outside; `None` where it stands outside never.
    pub fn times(&self) -> Option<f64> {
        (self.outside.count > 0).then(|| self.inside.ratio() / self.outside.ratio())
    }

    /// Whether the score is above [`REMARKABLE`].
    pub fn is_remarkable(&self) -> bool {
        self.score > REMARKABLE
    }

    /// The order of lists: score descending, then by value, then in the order of [`FIELDS`].
    pub fn best_first(&self, other: &Self) -> Ordering {
        let place = |field| FIELDS.iter().position(|known| *known == field);
        other
            .score
            .total_cmp(&self.score)
            .then_with(|| self.value.cmp(&other.value))
            .then_with(|| place(self.field).cmp(&place(other.field)))
    }
}

impl Why {
    /// The answer made of every over-represented value of each field, in any order.
    pub fn of(question: &WhyQuestion, inside: u64, outside: u64, fields: Vec<FieldExcess>) -> Self {
        let mut why = Self { inside, outside, ..Self::default() };
        for mut field in fields {
            best(&mut field.values, question.top.max(question.per_field));
            why.values.extend(field.values.iter().take(question.top).cloned());
            field.values.truncate(question.per_field);
            if !field.values.is_empty() {
                why.fields.push(field);
            }
        }
        best(&mut why.values, question.top);
        why
    }
}

/// Keeps the best so many, best first.
fn best(values: &mut Vec<Excess>, most: usize) {
    if most < values.len() {
        values.select_nth_unstable_by(most, Excess::best_first);
        values.truncate(most);
    }
    values.sort_unstable_by(Excess::best_first);
}

/// Dunning's G² where the share inside is the greater one, else 0.
///
/// `2 Σ O ln(O ÷ E)` over the four cells of the table, `E` being what a cell would hold if the value
/// had nothing to do with the place. Counts beyond the whole are read as the whole.
pub fn excess_score(inside: Share, outside: Share) -> f64 {
    let cells = |share: Share| {
        let with = share.count.min(share.of);
        [with as f64, (share.of - with) as f64]
    };
    let (here, there) = (cells(inside), cells(outside));
    let more_inside =
        u128::from(inside.count) * u128::from(outside.of) > u128::from(outside.count) * u128::from(inside.of);
    if !more_inside || inside.of == 0 || outside.of == 0 {
        return 0.0;
    }
    let total = inside.of as f64 + outside.of as f64;
    let term = |observed: f64, row: u64, column: f64| {
        if observed == 0.0 { 0.0 } else { observed * (observed * total / (row as f64 * column)).ln() }
    };
    let sum: f64 = (0..2)
        .map(|with| {
            let column = here[with] + there[with];
            term(here[with], inside.of, column) + term(there[with], outside.of, column)
        })
        .sum();
    (2.0 * sum).max(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn share(count: u64, of: u64) -> Share {
        Share { count, of }
    }

    #[test]
    fn the_score_is_the_one_of_the_textbook() {
        // Dunning's own table 1993, "the swiss": k(AB) 110, k(A~B) 2442, k(~AB) 111, k(~A~B) 29114,
        // published as 270.72.
        let score = excess_score(share(110, 110 + 2442), share(111, 111 + 29_114));
        assert!((score - 270.72).abs() < 0.01, "{score}");
        // The same number by way of entropies: 2 (H(cells) − H(rows) − H(columns)).
        let entropy = |cells: &[f64]| {
            let sum: f64 = cells.iter().sum();
            cells.iter().filter(|cell| **cell > 0.0).map(|cell| cell * (cell / sum).ln()).sum::<f64>()
        };
        let expected =
            2.0 * (entropy(&[30.0, 70.0, 20.0, 180.0]) - entropy(&[100.0, 200.0]) - entropy(&[50.0, 250.0]));
        let score = excess_score(share(30, 100), share(20, 200));
        assert!((score - expected).abs() < 1e-9, "{score} {expected}");
    }

    #[test]
    fn only_what_stands_inside_more_often_and_more_than_once_is_listed() {
        let excess = |inside, outside| Excess::of(Field::Actor, "a", inside, outside);
        assert_eq!(excess(share(1, 2), share(0, 100)), None);
        assert_eq!(excess(share(2, 10), share(20, 100)), None);
        assert_eq!(excess(share(2, 10), share(21, 100)), None);
        assert_eq!(excess(share(5, 5), share(0, 0)), None);
        let found = excess(share(5, 5), share(0, 100)).expect("over-represented");
        assert!(found.is_remarkable() && found.times().is_none());
        let found = excess(share(2, 10), share(10, 100)).expect("over-represented");
        assert!(!found.is_remarkable());
        assert_eq!(found.times(), Some(2.0));
    }

    proptest! {
        #[test]
        fn the_score_grows_with_the_evidence_and_is_never_negative(
            a in 0u64..200, b in 0u64..200, c in 0u64..200, d in 0u64..200,
        ) {
            let (inside, outside) = (share(a, a + b), share(c, c + d));
            let score = excess_score(inside, outside);
            prop_assert!(score >= 0.0 && score.is_finite());
            prop_assert_eq!(score > 0.0, inside.ratio() > outside.ratio() && c + d > 0);
            // Ten times as many entries of the same shares say ten times as much.
            let tenfold = excess_score(share(10 * a, 10 * (a + b)), share(10 * c, 10 * (c + d)));
            prop_assert!((tenfold - 10.0 * score).abs() <= 1e-6 * tenfold.max(1.0));
        }
    }
}
