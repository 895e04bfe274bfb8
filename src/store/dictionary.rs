//! The distinct values of one text column, shared by all segments of a store: each value has a
//! code, so that a filter tests it once however many rows have it.
//!
//! A dictionary only grows. Its owner looks values up and adds them; snapshots hold its values as
//! they were, chunk by chunk. A column whose values are nearly all different gains nothing by it:
//! then the dictionary takes no more, and segments keep such values of their own
//! (`store::column`).

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::Limits;
use super::arena::Arena;
use super::packed::Own;

/// A value's number in a dictionary, from 1; 0 stands for an absent value.
pub type Code = u32;

/// The code of an absent value.
pub const ABSENT: Code = 0;

/// Values a chunk: what a snapshot may make the owner copy once when values are added.
pub const CHUNK: usize = 1024;

/// The most distinct values of one column that are shared.
const MOST: usize = 1 << 23;

/// The values of a dictionary at one moment, by code.
#[derive(Debug, Clone, Default)]
pub struct Values {
    chunks: Vec<Arc<Own>>,
    len: usize,
    empty: Option<Code>,
}

impl Values {
    /// The value of a code; `None` for [`ABSENT`] and for codes that were given later.
    pub fn get(&self, code: Code) -> Option<Cow<'_, str>> {
        let number = (code as usize).checked_sub(1)?;
        self.chunks.get(number / CHUNK)?.get(number % CHUNK)
    }

    /// Whether the value of a code is this one.
    pub fn is(&self, code: Code, value: &str) -> bool {
        (code as usize).checked_sub(1).is_some_and(|number| {
            self.chunks.get(number / CHUNK).is_some_and(|chunk| chunk.is(number % CHUNK, value))
        })
    }

    /// As [`Self::get`], written where there is room already.
    pub fn look<'a>(&'a self, code: Code, scratch: &'a mut String) -> Option<&'a str> {
        let number = (code as usize).checked_sub(1)?;
        self.chunks.get(number / CHUNK)?.look(number % CHUNK, scratch)
    }

    /// The code of the empty text, where it is one of them.
    pub fn empty(&self) -> Option<Code> {
        self.empty
    }

    /// How many values there are; their codes are `1..=len`.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The values in the order of their codes, from 1.
    #[cfg(test)]
    fn iter(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// The values in pieces of [`CHUNK`] each, the last of at most as many.
    pub fn chunks(&self) -> &[Arc<Own>] {
        &self.chunks
    }

    /// Bytes that they occupy.
    pub fn memory_bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.memory_bytes()).sum()
    }

    fn push(&mut self, value: &str) -> Code {
        if self.len.is_multiple_of(CHUNK) {
            if let Some(full) = self.chunks.last_mut() {
                Arc::make_mut(full).pack();
            }
            self.chunks.push(Arc::default());
        }
        let last = self.chunks.last_mut().expect("a chunk was just made where there was none");
        Arc::make_mut(last).push(value);
        self.len += 1;
        if value.is_empty() {
            self.empty = Some(self.len as Code);
        }
        self.len as Code
    }
}

/// A code by a part of its value's hash.
#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u32,
    code: Code,
}

/// A growing dictionary.
#[derive(Debug)]
pub struct Dictionary {
    limits: Limits,
    values: Values,
    /// The codes, by their values' hashes.
    codes: HashTable<Entry>,
    /// How many values were offered, repeated ones too.
    offered: usize,
    /// How many new values were not taken: a column of ids that had a few taken whenever there was
    /// room again would have half of all taken in the end.
    refused: usize,
}

impl Dictionary {
    /// An empty dictionary.
    pub fn new(limits: Limits) -> Self {
        Self { limits, values: Values::default(), codes: HashTable::new(), offered: 0, refused: 0 }
    }

    /// The values so far.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The codes of a batch's distinct values, which are added where they are new; `hashes` are
    /// theirs ([`hash`]), `offered` is how often they stand in the batch. `None` where the
    /// dictionary does not take them all.
    pub fn intern(&mut self, values: &Arena, hashes: &[u64], offered: usize) -> Option<Box<[Code]>> {
        self.offered += offered;
        if values.iter().any(|value| value.len() > self.limits.longest) {
            return None;
        }
        let mut codes: Vec<Code> =
            values.iter().zip(hashes).map(|(value, hash)| self.known(value, *hash)).collect();
        // All or none: what a segment keeps itself would only take room here.
        let new = codes.iter().filter(|code| **code == ABSENT).count();
        if !self.takes(new) {
            self.refused += new;
            return None;
        }
        for ((code, value), hash) in codes.iter_mut().zip(values.iter()).zip(hashes) {
            if *code == ABSENT {
                *code = self.add(value, *hash);
            }
        }
        Some(codes.into())
    }

    /// The code of a value; [`ABSENT`] where it is new.
    fn known(&self, value: &str, hash: u64) -> Code {
        let (values, tag) = (&self.values, tag(hash));
        let is = |entry: &Entry| entry.tag == tag && values.is(entry.code, value);
        self.codes.find(spread(tag), is).map_or(ABSENT, |entry| entry.code)
    }

    fn add(&mut self, value: &str, hash: u64) -> Code {
        let (code, tag) = (self.values.push(value), tag(hash));
        self.codes.insert_unique(spread(tag), Entry { tag, code }, |entry| spread(entry.tag));
        code
    }

    /// Whether so many new values are worth sharing: with them the values still repeat.
    fn takes(&self, new: usize) -> bool {
        let len = self.values.len + new;
        let repeats = len <= self.limits.probe || len + self.refused <= self.offered / 2;
        new == 0 || (len <= MOST && repeats)
    }

    /// Bytes that its index occupies, besides its values.
    pub fn index_bytes(&self) -> usize {
        self.codes.allocation_size()
    }
}

/// The part of a value's hash that is kept.
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// A hash of all 64 bits, as a table wants it, from a tag of 32 (the odd number is the golden
/// ratio's).
pub fn spread(tag: u32) -> u64 {
    u64::from(tag).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A value's hash, the same in all dictionaries of this run and no other's.
pub fn hash(value: &str) -> u64 {
    static HASHER: OnceLock<DefaultHashBuilder> = OnceLock::new();
    HASHER.get_or_init(DefaultHashBuilder::default).hash_one(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intern(dictionary: &mut Dictionary, value: &str) -> Option<Code> {
        let mut values = Arena::default();
        values.push(value);
        dictionary.intern(&values, &[hash(value)], 1).map(|codes| codes[0])
    }

    #[test]
    fn a_value_keeps_its_code_and_a_snapshot_its_values() {
        let mut dictionary = Dictionary::new(Limits::default());
        let words: Vec<String> = (0..3000).map(|n| format!("value {}", n % 1500)).collect();
        let codes: Vec<_> = words.iter().take(1000).map(|word| intern(&mut dictionary, word)).collect();
        let early = dictionary.values().clone();
        for (word, code) in words.iter().zip(&codes) {
            assert_eq!(intern(&mut dictionary, word), *code);
            assert_eq!(early.get(code.expect("taken")).as_deref(), Some(word.as_str()));
        }
        for word in &words {
            let code = intern(&mut dictionary, word).expect("taken");
            assert_eq!(dictionary.values().get(code).as_deref(), Some(word.as_str()));
        }
        assert_eq!((early.len(), dictionary.values().len()), (1000, 1500));
        assert_eq!(early.get(1001), None);
        assert_eq!(early.get(ABSENT), None);
        assert!(dictionary.values().iter().eq(words[..1500].iter().map(|word| Cow::Borrowed(word.as_str()))));
    }

    #[test]
    fn values_that_hardly_repeat_are_refused_and_old_ones_still_known() {
        let mut dictionary = Dictionary::new(Limits::default());
        let limits = Limits::default();
        for n in 0..limits.probe {
            assert!(intern(&mut dictionary, &n.to_string()).is_some());
        }
        assert_eq!(intern(&mut dictionary, "one more"), None);
        assert!(intern(&mut dictionary, "17").is_some());
        for _ in 0..2 * limits.probe {
            intern(&mut dictionary, "17");
        }
        assert!(intern(&mut dictionary, "one more").is_some(), "they repeat after all");
        assert_eq!(intern(&mut dictionary, &"x".repeat(limits.longest + 1)), None);
    }

    #[test]
    fn a_batch_that_is_not_taken_leaves_nothing_behind() {
        let limits = Limits { probe: 8, ..Limits::default() };
        let mut dictionary = Dictionary::new(limits);
        for page in 0..100 {
            let ids: Vec<String> = (0..8).map(|n| format!("id {page} {n}")).collect();
            let mut values = Arena::default();
            for id in &ids {
                values.push(id);
            }
            let hashes: Vec<u64> = ids.iter().map(|id| hash(id)).collect();
            assert_eq!(dictionary.intern(&values, &hashes, ids.len()).is_some(), page == 0);
        }
        assert_eq!(dictionary.values().len(), 8);
    }
}
