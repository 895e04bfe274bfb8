//! Literal texts looked for in many texts at once: one pass over all of them, not one for each.
//!
//! Not here: what a test means. Whatever is found is what [`Test::matches_folded`] says; tests that
//! need no literal, and texts beyond ASCII, are asked one by one. What a regular expression needs is
//! told by `store::needed`.

use std::borrow::Cow;

use memchr::memmem::Finder;

use super::arena::{Arena, Case};
use super::needed::{Needed, needed};
use super::packed::{Own, Packed};
use super::seek::{Letters, Seek};
use crate::query::{Glob, Test};
use crate::text;

/// The literals that tests on texts need, where all of them need one.
#[derive(Debug)]
pub struct Literals<'q> {
    tests: &'q [Test],
    literals: Vec<Literal<'q>>,
}

/// A text that a test needs, or one of several.
#[derive(Debug)]
struct Literal<'q> {
    finder: Finder<'static>,
    /// What is looked for.
    piece: Cow<'q, str>,
    test: &'q Test,
    hit: Hit,
}

/// What it says of a text that a piece stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hit {
    /// Standing in the folded text, that it passes.
    Passes,
    /// Standing in the text as it is, that it passes.
    PassesAsItIs,
    /// Standing in the folded text, that it may pass.
    MayPass,
}

impl<'q> Literal<'q> {
    fn new(piece: impl Into<Cow<'q, str>>, test: &'q Test, hit: Hit) -> Self {
        let piece = piece.into();
        Self { finder: Finder::new(piece.as_bytes()).into_owned(), piece, test, hit }
    }

    /// Those that a test needs one of; none where it needs none.
    fn of(test: &'q Test) -> Vec<Self> {
        let literals = match test {
            Test::Part(part) => vec![Self::new(part.folded(), test, Hit::Passes)],
            Test::Whole(glob) => vec![Self::new(longest_piece(glob), test, Hit::MayPass)],
            Test::Regex(regex) => match needed(regex) {
                Needed::Exactly(piece) => vec![Self::new(piece, test, Hit::PassesAsItIs)],
                Needed::OneOf(pieces) => {
                    pieces.into_iter().map(|piece| Self::new(piece, test, Hit::MayPass)).collect()
                }
                Needed::Unknown => Vec::new(),
            },
            _ => Vec::new(),
        };
        if literals.iter().any(|literal| literal.piece.is_empty()) { Vec::new() } else { literals }
    }

    /// How packed texts are asked for it; `None` where none of them can have it.
    fn in_packed<'p>(&'p self, packed: &'p Packed) -> Option<Seek<'p>> {
        let letters = if self.hit == Hit::PassesAsItIs { Letters::AsTheyAre } else { Letters::Folded };
        let seek = packed.seek(&*self.piece, letters);
        (!seek.is_vain()).then_some(seek)
    }
}

impl<'q> Literals<'q> {
    /// The literals of these tests; `None` where a test needs none.
    pub fn of(tests: &'q [Test]) -> Option<Self> {
        let literals: Vec<Vec<Literal<'q>>> = tests.iter().map(Literal::of).collect();
        let each = !literals.is_empty() && literals.iter().all(|literals| !literals.is_empty());
        each.then(|| Self { tests, literals: literals.into_iter().flatten().collect() })
    }

    /// The literals themselves, folded, and whether a text that, folded, has it passes.
    pub fn pieces(&self) -> impl Iterator<Item = (Cow<'_, str>, bool)> {
        self.literals.iter().map(|literal| (text::folded(&literal.piece), literal.hit == Hit::Passes))
    }

    /// Whether whatever has a text that passes as a part of it passes too.
    pub fn pass_in_part(&self) -> bool {
        self.literals.iter().all(|literal| literal.hit != Hit::MayPass)
    }

    /// Whether a text passes one of the tests; its folded form is at hand.
    pub fn pass(&self, value: &str, folded: &str) -> bool {
        self.literals.iter().any(|literal| {
            let found = |text: &str| literal.finder.find(text.as_bytes()).is_some();
            match literal.hit {
                Hit::Passes => found(folded),
                Hit::PassesAsItIs => found(value),
                Hit::MayPass => found(folded) && literal.test.matches_folded(value, folded),
            }
        })
    }

    /// Tells the numbers of those texts that pass one of the tests, each at least once.
    pub fn find(&self, texts: &Arena, mut found: impl FnMut(usize)) {
        let (as_it_is, folded): (Vec<_>, Vec<_>) =
            self.literals.iter().partition(|literal| literal.hit == Hit::PassesAsItIs);
        for literal in as_it_is {
            find_one(texts.whole(), texts, literal, &mut found);
        }
        if folded.is_empty() {
            return;
        }
        let haystack = match texts.case() {
            Case::Folded => Cow::Borrowed(texts.whole()),
            Case::Ascii => Cow::Owned(texts.whole().to_ascii_lowercase()),
            Case::Unicode => {
                for (number, value) in texts.iter().enumerate() {
                    let folded = text::fold(value);
                    if self.tests.iter().any(|test| test.matches_folded(value, &folded)) {
                        found(number);
                    }
                }
                return;
            }
        };
        for literal in folded {
            find_one(&haystack, texts, literal, &mut found);
        }
    }

    /// Sets the bit of each of a segment's own texts that passes one of the tests, the lowest of the
    /// first word being text 0.
    pub fn find_own(&self, own: &Own, words: &mut [u64]) {
        let packed = match own {
            Own::Plain(texts) => return self.find(texts, |number| words[number / 64] |= 1 << (number % 64)),
            Own::Packed(packed) => packed,
        };
        for literal in &self.literals {
            let Some(seek) = literal.in_packed(packed) else { continue };
            if literal.hit != Hit::MayPass {
                seek.find(words);
                continue;
            }
            let mut having = vec![0; own.len().div_ceil(64)];
            seek.find(&mut having);
            for (at, (word, mut left)) in words.iter_mut().zip(having).enumerate() {
                left &= !*word;
                while left != 0 {
                    let bit = left.trailing_zeros();
                    *word |= u64::from(passes(literal.test, own, at * 64 + bit as usize)) << bit;
                    left &= left - 1;
                }
            }
        }
    }

    /// A way to ask about packed texts one by one; `None` where they are not packed.
    pub fn among<'o>(&'o self, own: &'o Own) -> Option<impl Fn(usize) -> bool + 'o> {
        let Own::Packed(packed) = own else { return None };
        let seeks: Vec<_> =
            self.literals.iter().filter_map(|literal| Some((literal.in_packed(packed)?, literal))).collect();
        Some(move |number| {
            seeks.iter().any(|(seek, literal)| {
                seek.holds(number) && (literal.hit != Hit::MayPass || passes(literal.test, own, number))
            })
        })
    }
}

/// Whether the test passes for a text of a segment's own.
fn passes(test: &Test, own: &Own, number: usize) -> bool {
    own.get(number).is_some_and(|text| test.matches_text(&text))
}

/// Looks for a literal in texts that stand one after the other, as they are or folded.
fn find_one(haystack: &str, texts: &Arena, literal: &Literal<'_>, found: &mut impl FnMut(usize)) {
    let (mut at, mut number, mut start) = (0, 0, 0);
    while let Some(hit) = haystack.as_bytes().get(at..).and_then(|rest| literal.finder.find(rest)) {
        let hit = at + hit;
        let end = loop {
            let Some(end) = texts.end(number) else { return };
            if end > hit {
                break end;
            }
            start = end;
            number += 1;
        };
        if hit + literal.piece.len() > end {
            // It begins in one text and ends in another.
            at = hit + 1;
            continue;
        }
        let passes = literal.hit != Hit::MayPass
            || texts
                .whole()
                .get(start..end)
                .zip(haystack.get(start..end))
                .is_some_and(|(value, folded)| literal.test.matches_folded(value, folded));
        if passes {
            found(number);
        }
        at = end;
    }
}

fn longest_piece(glob: &Glob) -> &str {
    glob.pieces.iter().map(crate::query::Folded::folded).max_by_key(|piece| piece.len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::{Folded, Regex};

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![4 => "[abAB]{0,4}", 1 => "(a|İ|é){0,3}", 1 => "[0-9a-f]{8,10}"]
    }

    /// Texts of any kind, or ids alone, which are packed.
    fn texts() -> impl Strategy<Value = Vec<String>> {
        prop_oneof![
            prop::collection::vec(text(), 0..30),
            prop::collection::vec("(A|b|)[0-9a-b]{8}(b|)", 0..150),
        ]
    }

    fn regex() -> impl Strategy<Value = String> {
        prop_oneof![
            "[abA1f]{1,3}",
            Just("^a.*b$".to_owned()),
            "(?i)[aB]{1,2}",
            "[ab1]{1,2}([ab]|é)",
            Just("[0-9a]{3}".to_owned())
        ]
    }

    fn test() -> impl Strategy<Value = Test> {
        let glob = prop::collection::vec("[abB]{0,2}", 1..4)
            .prop_map(|pieces| Glob { pieces: pieces.iter().map(|piece| Folded::new(piece)).collect() });
        prop_oneof![
            "[abA1f]{0,3}".prop_map(|part| Test::Part(Folded::new(&part))),
            glob.prop_map(Test::Whole),
            regex().prop_map(|source| Test::Regex(Regex(
                regex::Regex::new(&source).expect("a regular expression")
            ))),
            text().prop_map(|text| Test::Whole(Glob::exact(&text))),
        ]
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_the_tests_say(
            texts in texts(),
            tests in prop::collection::vec(test(), 1..3),
        ) {
            let mut arena = Arena::default();
            for text in &texts {
                arena.push(text);
            }
            let Some(literals) = Literals::of(&tests) else { return Ok(()) };
            let expected: Vec<usize> =
                (0..texts.len()).filter(|number| tests.iter().any(|test| test.matches_text(&texts[*number]))).collect();
            let sorted = |mut found: Vec<usize>| { found.sort_unstable(); found.dedup(); found };
            let mut found = Vec::new();
            literals.find(&arena, |number| found.push(number));
            prop_assert_eq!(sorted(found), expected.clone());
            let mut words = vec![0u64; texts.len().div_ceil(64)];
            literals.find_own(&Own::of(arena), &mut words);
            let found = (0..texts.len()).filter(|number| words[number / 64] >> (number % 64) & 1 == 1);
            prop_assert_eq!(found.collect::<Vec<_>>(), expected.clone());
            let own = Own::of(texts.iter().fold(Arena::default(), |mut arena, text| { arena.push(text); arena }));
            if let Some(passes) = literals.among(&own) {
                prop_assert_eq!((0..texts.len()).filter(|number| passes(*number)).collect::<Vec<_>>(), expected);
            }
        }
    }
}
