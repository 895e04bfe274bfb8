//! What is asked of a log: the filter language's abstract syntax (the contract's section 5).
//!
//! Text becomes a [`Query`] in `query::parse`, a query becomes text in `query::print`
//! (`parse(print(q)) == q`), and `query::matches` says what it means, one event at a time. The
//! store and any engine must give what `matches` gives.
//!
//! A query is a tree of AND, OR and NOT over [`Leaf`]s; a leaf asks one [`Subject`] one or more
//! alternative [`Test`]s. A leaf on a text column depends on each distinct value alone, which is
//! what makes it cheap on dictionaries.
//!
//! Trees are kept in one normal form ([`Expr::all_of`], [`Expr::any_of`], [`Expr::negated`]): no AND
//! within an AND, no OR within an OR, none of either with a single part, no double negation. The
//! parser and `query::edit` build through these, so that equal questions are equal trees.

pub mod asked;
pub mod edit;
#[cfg(test)]
pub mod generate;
pub mod matches;
pub mod parse;
pub mod print;

use crate::event::Kind;
use crate::event::field::{Field, FieldSet};
use crate::json::Pointer;
use crate::timestamp::Timestamp;

/// A whole filter. An empty `And` is no filter: every event matches it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// The tree.
    pub expr: Expr,
}

impl Query {
    /// The query that everything matches.
    pub fn all() -> Self {
        Self::default()
    }

    /// Whether everything matches it because it asks nothing.
    pub fn is_all(&self) -> bool {
        self.expr == Expr::default()
    }

    /// The fields that decide whether an entry matches; what is asked of the record itself is none.
    pub fn fields(&self) -> FieldSet {
        let mut fields = FieldSet::default();
        self.expr.note_fields(&mut fields);
        fields
    }

    /// The conjuncts at the top: what an AND of all of them means is what the query means.
    pub fn conjuncts(&self) -> &[Expr] {
        match &self.expr {
            Expr::And(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// All of them; with none: everything.
    And(Vec<Expr>),
    /// Any of them (two or more).
    Or(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// One question about one subject.
    Leaf(Leaf),
}

impl Default for Expr {
    fn default() -> Self {
        Self::And(Vec::new())
    }
}

impl Expr {
    fn note_fields(&self, fields: &mut FieldSet) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.note_fields(fields)),
            Self::Not(inner) => inner.note_fields(fields),
            Self::Leaf(leaf) => match &leaf.subject {
                Subject::Words | Subject::Field(Field::Has) => {
                    Field::words().for_each(|field| fields.insert(field));
                }
                // Which kind an entry is may depend on any of them.
                Subject::Field(Field::Is) => *fields = FieldSet::ALL,
                Subject::Field(field) => fields.insert(*field),
                Subject::Pointer(_) => {}
            },
        }
    }

    /// One question.
    pub fn leaf(subject: Subject, tests: Vec<Test>) -> Self {
        Self::Leaf(Leaf { subject, tests })
    }

    /// All of them, in normal form.
    pub fn all_of(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::And(flat) }
    }

    /// Any of them (one or more), in normal form. One that asks nothing makes the whole ask nothing.
    pub fn any_of(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Or(inner) => flat.extend(inner),
                nothing if nothing == Self::default() => return nothing,
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::Or(flat) }
    }

    /// Not this, in normal form.
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

/// One question about one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// What is asked about.
    pub subject: Subject,
    /// Alternatives, one or more: any of them suffices (`status:4xx,5xx`).
    pub tests: Vec<Test>,
}

/// What a leaf asks about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A bare or quoted word: any of [`Field::words`].
    Words,
    /// One field.
    Field(Field),
    /// The record's value at a pointer: `@/pointer`.
    Pointer(Pointer),
}

/// One test of a subject's value. Text is compared by [`crate::text::fold`].
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `field:*`: there is a value, and it is not the empty string.
    Present,
    /// `field:value`, `*` standing for any run of characters: the whole value. `*` alone is
    /// [`Test::Present`] instead.
    Whole(Glob),
    /// `field~value`, or a word: a part of the value. Kept as typed; compared folded.
    Part(Folded),
    /// `field:/…/` or `/…/`: a regular expression, unanchored, case-sensitive.
    Regex(Regex),
    /// A number between bounds: status, latency in milliseconds, or a number at a pointer. One that
    /// was typed without an operator has both bounds inclusive and equal (at a pointer it is a
    /// [`Test::Whole`], since the value may be text). Two bounds are always both inclusive.
    Number(Bounds<f64>),
    /// `status:5xx`: the hundred, 0 to 9.
    StatusClass(u8),
    /// An instant between bounds. A date that was typed is here the first or last microsecond of its
    /// day. Two bounds are always both inclusive.
    Time(Bounds<Timestamp>),
    /// An address inside a block; a single address is a block of its own. Mapped v4 addresses and
    /// blocks are v4 here.
    Net(ipnet::IpNet),
    /// `has:`
    Has(Has),
    /// `is:`
    Is(Kind),
}

/// What `has:` looks for over the fields of the bare word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Has {
    /// Control characters.
    Control,
    /// Characters that change the direction of text.
    Bidi,
    /// A text that a spreadsheet would run.
    Formula,
}

impl Has {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Control, Self::Bidi, Self::Formula];

    /// The word after `has:`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Bidi => "bidi",
            Self::Formula => "formula",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|has| has.name() == name)
    }
}

/// A lower and an upper bound; an absent one bounds nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds<T> {
    /// The lower bound.
    pub low: Option<Bound<T>>,
    /// The upper bound.
    pub high: Option<Bound<T>>,
}

impl<T: Copy> Bounds<T> {
    /// From `low` to `high`, both ends in.
    pub fn closed(low: T, high: T) -> Self {
        let end = |value| Some(Bound { value, inclusive: true });
        Self { low: end(low), high: end(high) }
    }

    /// Only a lower bound.
    pub fn from(value: T, inclusive: bool) -> Self {
        Self { low: Some(Bound { value, inclusive }), high: None }
    }

    /// Only an upper bound.
    pub fn up_to(value: T, inclusive: bool) -> Self {
        Self { low: None, high: Some(Bound { value, inclusive }) }
    }
}

/// One bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound<T> {
    /// The value.
    pub value: T,
    /// Whether the value itself is inside.
    pub inclusive: bool,
}

impl<T: PartialOrd> Bounds<T> {
    /// Whether the value lies inside.
    pub fn contain(&self, value: &T) -> bool {
        let above =
            self.low.as_ref().is_none_or(|low| *value > low.value || (low.inclusive && *value == low.value));
        let below = self
            .high
            .as_ref()
            .is_none_or(|high| *value < high.value || (high.inclusive && *value == high.value));
        above && below
    }
}

/// A text kept as it was typed, with its folded form beside it. Equal where the typed texts are.
#[derive(Debug, Clone)]
pub struct Folded {
    typed: Box<str>,
    folded: Box<str>,
}

impl Folded {
    /// Folds a text.
    pub fn new(typed: &str) -> Self {
        Self { typed: typed.into(), folded: crate::text::fold(typed).into() }
    }

    /// The text as it was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// The folded text, to be looked for in folded values.
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

impl PartialEq for Folded {
    fn eq(&self, other: &Self) -> bool {
        self.typed == other.typed
    }
}

/// A whole value with `*` for any run of characters: the literal pieces between the stars. One
/// piece is an exact value; only the first and the last of several may be empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Glob {
    /// The pieces; `a*b` has two, `*` has two empty ones.
    pub pieces: Vec<Folded>,
}

impl Glob {
    /// The pattern that only this text is.
    pub fn exact(text: &str) -> Self {
        Self { pieces: vec![Folded::new(text)] }
    }

    /// The one value that it stands for, as typed, where it has no star.
    pub fn as_exact(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [only] => Some(only.typed()),
            _ => None,
        }
    }
}

/// A regular expression with the text that it was made of. Equal where the texts are.
#[derive(Debug, Clone)]
pub struct Regex(pub regex::Regex);

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}
