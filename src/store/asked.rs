//! Leaves on texts asked of the values that segments share: each distinct value once, over all cores,
//! and none of which the answer is known.
//!
//! Not here: which rows have those values (`store::scan`).

use std::borrow::Cow;
use std::sync::Arc;

use super::cache::{Cache, CodeSet, Found};
use super::cores::Cores;
use super::dictionary::{CHUNK, Values};
use super::literal::Literals;
use super::packed::Own;
use super::slot::Slot;
use crate::event::Number;
use crate::query::Test;
use crate::text;

/// What a plan is made with.
pub struct Means<'m> {
    /// The values that segments share, by column.
    pub shared: &'m [Values],
    /// What was found before.
    pub cache: &'m Cache,
    /// From so many rows on, what is found of a segment is remembered.
    pub large: usize,
    /// Whether what a column has is in every segment a part of what another has that words are
    /// looked for in too.
    pub is_part: &'m dyn Fn(Slot) -> bool,
}

/// What is done with columns whose texts are all parts of another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// They are looked into as all others.
    Asked,
    /// What has a piece of a part has it of the whole, which is asked.
    LeftOut,
}

/// How a text is tested.
#[derive(Debug, Clone, Copy)]
pub enum TextTest<'q> {
    /// Any of these, of the text.
    Text(&'q [Test]),
    /// The text is a number's.
    Number(&'q [Test]),
    /// Tests other than `has:` do not pass.
    Has(&'q [Test]),
}

impl TextTest<'_> {
    /// Whether a text passes.
    pub fn passes(self, value: &str) -> bool {
        match self {
            Self::Text(tests) => any_matches_text(tests, value),
            Self::Number(tests) => Number::parse(value)
                .is_some_and(|number| tests.iter().any(|test| test.matches_number(number.value()))),
            Self::Has(tests) => tests.iter().any(|test| matches!(test, Test::Has(has) if has.matches(value))),
        }
    }
}

impl TextTest<'_> {
    /// Sets the bit of each text that passes, the lowest of the first word being text 0.
    pub fn find(self, literals: Option<&Literals<'_>>, own: &Own, words: &mut [u64]) {
        match literals {
            Some(literals) => literals.find_own(own, words),
            None => {
                for (number, value) in own.iter().enumerate() {
                    words[number / 64] |= u64::from(self.passes(&value)) << (number % 64);
                }
            }
        }
    }
}

/// Whether one of the tests passes, the text folded at most once.
pub fn any_matches_text(tests: &[Test], value: &str) -> bool {
    let folded =
        if tests.iter().any(Test::needs_folding) { Cow::Owned(text::fold(value)) } else { Cow::Borrowed("") };
    tests.iter().any(|test| test.matches_folded(value, &folded))
}

/// A leaf on texts that is asked of the values that segments share.
pub struct Asked<'a, 'q> {
    /// How a text is tested.
    pub test: TextTest<'q>,
    /// The literals that it needs, where it needs any.
    pub literals: Option<&'a Literals<'q>>,
    /// What is done with parts.
    pub parts: Parts,
    /// What was found of it before.
    pub found: &'a Found,
    /// What was found of a leaf that takes at least as much.
    pub wider: Option<&'a Found>,
}

/// Chunks that are worth a thread's turn.
const TURN: usize = 8;

/// So few values of a chunk are quicker asked one by one.
const FEW: u32 = 8;

impl Asked<'_, '_> {
    /// The values that pass, by column; those that were tested for an earlier question are not tested
    /// again, and those that a wider leaf does not take are not tested at all. `None` where it was
    /// cancelled.
    pub fn accepted(
        &self,
        slots: &[Slot],
        means: &Means<'_>,
        cores: &Cores<'_>,
    ) -> Option<Vec<Arc<CodeSet>>> {
        let known: Vec<Arc<CodeSet>> = slots.iter().map(|slot| self.found.codes(*slot)).collect();
        let wider: Vec<Option<Arc<CodeSet>>> =
            slots.iter().map(|slot| self.wider.map(|wider| wider.codes(*slot))).collect();
        let mut turns = Vec::new();
        for (place, (slot, known)) in slots.iter().zip(&known).enumerate() {
            let values = &means.shared[*slot as usize];
            let left_out = self.parts == Parts::LeftOut && (means.is_part)(*slot);
            if known.tested() < values.len() && !left_out {
                let first = known.tested() / CHUNK;
                let chunks = values.chunks()[first..].chunks(TURN).enumerate();
                turns.extend(chunks.map(|(turn, chunks)| (place, first + turn * TURN, chunks)));
            }
        }
        let work = |(place, first, chunks): &(usize, usize, &[Arc<Own>])| {
            let mut words = vec![0u64; chunks.len() * CHUNK / 64];
            for (at, (chunk, words)) in chunks.iter().zip(words.chunks_mut(CHUNK / 64)).enumerate() {
                let among = wider[*place].as_ref();
                let among = among.and_then(|wider| wider.words_of((first + at) * CHUNK, chunk.len()));
                self.find(chunk, among, words);
            }
            (*place, words)
        };
        // A turn takes some ten microseconds; a thread takes longer than that to begin.
        let worked =
            if turns.len() > 4 { cores.each(&turns, work)? } else { turns.iter().map(work).collect() };
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
                self.found.remember_codes(*slot, &codes);
                codes
            }
        });
        Some(sets.collect())
    }

    /// Sets the bit of each value of a chunk that passes; where it is known among which those are, of
    /// those alone.
    fn find(&self, chunk: &Own, among: Option<&[u64]>, words: &mut [u64]) {
        match among {
            Some(among) if among.iter().map(|word| word.count_ones()).sum::<u32>() <= FEW => {
                for (at, (word, among)) in words.iter_mut().zip(among).enumerate() {
                    let mut left = *among;
                    while left != 0 {
                        let bit = left.trailing_zeros();
                        let passes =
                            chunk.get(at * 64 + bit as usize).is_some_and(|value| self.test.passes(&value));
                        *word |= u64::from(passes) << bit;
                        left &= left - 1;
                    }
                }
            }
            _ => self.test.find(self.literals, chunk, words),
        }
    }
}
