//! The histogram's bars by another field than the class: the commonest values, the rest, and nothing.
//!
//! Not here: how it is counted (`store`), and its colours (`ui::widget::bars`).

use crate::event::Class;
use crate::event::field::Field;
use crate::interval::BUCKETS;

/// How many parts a bar has at most: as many as there are classes, so that both are drawn alike.
pub const PARTS: usize = Class::COUNT;
/// How many values have a part of their own: the commonest ones.
pub const NAMED: usize = PARTS - 2;
/// The part of all other values.
pub const OTHERS: usize = NAMED;
/// The part of what has no value, or the empty text.
pub const ABSENT: usize = NAMED + 1;

/// What bars are stacked by instead of the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StackBy {
    /// The action.
    Action,
    /// What kind of actor it was.
    ActorType,
    /// The source.
    Source,
}

impl StackBy {
    /// All, in the order of the key that goes through them.
    pub const ALL: [Self; 3] = [Self::Action, Self::ActorType, Self::Source];

    /// The field whose values are counted.
    pub fn field(self) -> Field {
        match self {
            Self::Action => Field::Action,
            Self::ActorType => Field::ActorType,
            Self::Source => Field::Source,
        }
    }

    /// The field in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::ActorType => "actor type",
            Self::Source => "source",
        }
    }
}

/// Counts of the histogram's buckets by a field's values.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// By what.
    pub by: StackBy,
    /// The commonest values among the rows inside the histogram's window, commonest first, ties by
    /// value ascending; at most [`NAMED`].
    pub names: Vec<Box<str>>,
    /// A bucket's counts: of each name, [`OTHERS`], [`ABSENT`]; 144 of them. A bucket's sum is that of
    /// the histogram's.
    pub counts: Vec<[u64; PARTS]>,
}

impl Stack {
    /// A stack of nothing.
    pub fn empty(by: StackBy) -> Self {
        Self { by, names: Vec::new(), counts: vec![[0; PARTS]; BUCKETS] }
    }

    /// How many there are of each part in all.
    pub fn totals(&self) -> [u64; PARTS] {
        let mut totals = [0; PARTS];
        for counts in &self.counts {
            totals.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
        }
        totals
    }
}
