//! Literal texts looked for in many texts at once: one pass over all of them, not one for each.
//!
//! Not here: what a test means. Whatever is found is what [`Test::matches_folded`] says; tests that
//! are no literals, and texts beyond ASCII, are asked one by one.

use std::borrow::Cow;

use memchr::memmem::Finder;

use super::arena::{Arena, Case};
use super::packed::Own;
use crate::query::{Glob, Test};
use crate::text;

/// The literals that tests on texts need, where all of them need one.
#[derive(Debug)]
pub struct Literals<'q> {
    tests: &'q [Test],
    finders: Vec<(Finder<'q>, &'q str, &'q Test)>,
}

impl<'q> Literals<'q> {
    /// The literals of these tests; `None` where a test needs none.
    pub fn of(tests: &'q [Test]) -> Option<Self> {
        let finders = tests
            .iter()
            .map(|test| {
                let piece = match test {
                    Test::Part(part) => part.folded(),
                    Test::Whole(glob) => longest_piece(glob),
                    _ => return None,
                };
                (!piece.is_empty()).then(|| (Finder::new(piece), piece, test))
            })
            .collect::<Option<_>>()?;
        Some(Self { tests, finders })
    }

    /// The literals themselves, folded, and whether a text that has it passes.
    pub fn pieces(&self) -> impl Iterator<Item = (&str, bool)> {
        self.finders.iter().map(|(_, piece, test)| (*piece, matches!(test, Test::Part(_))))
    }

    /// Whether a folded text passes one of the tests.
    pub fn pass(&self, folded: &str) -> bool {
        self.finders.iter().any(|(finder, _, test)| {
            finder.find(folded.as_bytes()).is_some()
                && match test {
                    Test::Whole(glob) => glob.matches_folded(folded),
                    _ => true,
                }
        })
    }

    /// Tells the numbers of those texts that pass one of the tests, each at least once.
    pub fn find(&self, texts: &Arena, mut found: impl FnMut(usize)) {
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
        for (finder, piece, test) in &self.finders {
            find_one(&haystack, texts, finder, piece.len(), test, &mut found);
        }
    }

    /// Sets the bit of each of a segment's own texts that passes one of the tests, the lowest of the
    /// first word being text 0.
    pub fn find_own(&self, own: &Own, words: &mut [u64]) {
        let packed = match own {
            Own::Plain(texts) => return self.find(texts, |number| words[number / 64] |= 1 << (number % 64)),
            Own::Packed(packed) => packed,
        };
        for (_, piece, test) in &self.finders {
            let seek = packed.seek(piece);
            if !matches!(test, Test::Whole(_)) {
                seek.find(words);
            } else if !seek.is_vain() {
                let mut having = vec![0; own.len().div_ceil(64)];
                seek.find(&mut having);
                for (at, (word, mut left)) in words.iter_mut().zip(having).enumerate() {
                    left &= !*word;
                    while left != 0 {
                        let bit = left.trailing_zeros();
                        *word |= u64::from(is_enough(test, own, at * 64 + bit as usize)) << bit;
                        left &= left - 1;
                    }
                }
            }
        }
    }

    /// A way to ask about packed texts one by one; `None` where they are not packed.
    pub fn among<'o>(&'o self, own: &'o Own) -> Option<impl Fn(usize) -> bool + 'o> {
        let Own::Packed(packed) = own else { return None };
        let seeks: Vec<_> = self.finders.iter().map(|(_, piece, test)| (packed.seek(piece), *test)).collect();
        Some(move |number| {
            seeks.iter().any(|(seek, test)| seek.holds(number) && is_enough(test, own, number))
        })
    }
}

/// Whether the test passes for a packed text that has its literal.
fn is_enough(test: &Test, own: &Own, number: usize) -> bool {
    match test {
        Test::Whole(_) => own.get(number).is_some_and(|text| test.matches_text(&text)),
        _ => true,
    }
}

fn find_one(
    haystack: &str,
    texts: &Arena,
    finder: &Finder<'_>,
    len: usize,
    test: &Test,
    found: &mut impl FnMut(usize),
) {
    let (mut at, mut number, mut start) = (0, 0, 0);
    while let Some(hit) = haystack.as_bytes().get(at..).and_then(|rest| finder.find(rest)) {
        let hit = at + hit;
        let end = loop {
            let Some(end) = texts.end(number) else { return };
            if end > hit {
                break end;
            }
            start = end;
            number += 1;
        };
        if hit + len > end {
            // It begins in one text and ends in another.
            at = hit + 1;
            continue;
        }
        let passes = match test {
            Test::Whole(glob) => haystack.get(start..end).is_some_and(|value| glob.matches_folded(value)),
            _ => true,
        };
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
    use crate::query::Folded;

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

    fn test() -> impl Strategy<Value = Test> {
        let glob = prop::collection::vec("[abB]{0,2}", 1..4)
            .prop_map(|pieces| Glob { pieces: pieces.iter().map(|piece| Folded::new(piece)).collect() });
        prop_oneof![
            "[abA1f]{0,3}".prop_map(|part| Test::Part(Folded::new(&part))),
            glob.prop_map(Test::Whole),
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
