//! How often two fields' values come together: the two-field count.
//!
//! Not here: how it is counted (`store::pairs`).

use std::sync::Arc;

use crate::event::field::Field;
use crate::interval::Interval;
use crate::query::Query;
use crate::timestamp::Timestamp;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct PairQuestion {
    /// Which entries.
    pub filter: Arc<Query>,
    /// Of which time.
    pub window: Interval,
    /// The two fields. Their values are those of a facet ([`super::FacetQuestion`]): an entry that
    /// has several (`is`, `changes`) counts for each.
    pub fields: (Field, Field),
    /// How many of the commonest pairs are wanted.
    pub top: usize,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairs {
    /// The two fields.
    pub fields: (Field, Field),
    /// The pairs, commonest first, ties by the first and then the second value ascending.
    pub pairs: Vec<Pair>,
    /// How many distinct pairs there are in all.
    pub distinct: usize,
    /// How many matching entries lack a value of one of the fields, or of both; 0 where a field is
    /// not counted (`time`, `raw`, `has`).
    pub absent: u64,
}

/// Two values that came together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The values, as they stand in the entries (not folded).
    pub values: (Box<str>, Box<str>),
    /// How many matching entries have both.
    pub count: u64,
    /// How many of those failed.
    pub failures: u64,
    /// The oldest of them.
    pub first: Timestamp,
    /// The newest of them.
    pub last: Timestamp,
}

impl Pairs {
    /// The filter with this pair's two values included; `None` where a value cannot be asked for.
    pub fn include(&self, filter: &Query, pair: &Pair) -> Option<Query> {
        let (first, second) = self.fields;
        filter.clone().include(first, &pair.values.0)?.include(second, &pair.values.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_becomes_a_filter_that_can_be_typed() {
        let pair = Pair {
            values: ("Alice \"A\"".into(), "503".into()),
            count: 1,
            failures: 1,
            first: Timestamp::MIN,
            last: Timestamp::MAX,
        };
        let pairs = Pairs {
            fields: (Field::Actor, Field::Status),
            pairs: vec![pair.clone()],
            distinct: 1,
            absent: 0,
        };
        let filter = pairs.include(&Query::all(), &pair).expect("both can be asked for");
        assert_eq!(filter.to_string(), r#"actor:"Alice \"A\"" status:503"#);
        let pairs = Pairs { fields: (Field::Actor, Field::Has), ..pairs };
        assert_eq!(pairs.include(&Query::all(), &pair), None);
    }
}
