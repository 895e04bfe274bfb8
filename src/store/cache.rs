//! What was found before: the rows that a leaf of a filter takes of a segment, and the values it
//! takes of a dictionary. While `a AND b` becomes `a AND bc`, `a` is not asked again; when a page
//! comes, only its segment and its new values are.
//!
//! Segments never change and dictionaries only grow, so nothing here is ever wrong; it is bounded
//! in bytes, and what was not used for longest goes first. Not here: what a leaf takes
//! (`store::scan`).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use super::bitmap::Bitmap;
use super::slot::Slot;
use crate::query::Leaf;

/// Leaves and what was found of them.
#[derive(Debug)]
pub struct Cache {
    /// The one that was used last stands last.
    leaves: Mutex<Vec<Arc<Found>>>,
    limit: usize,
}

/// The bytes that may be remembered.
const LIMIT: usize = 48 << 20;
/// The most leaves.
const LEAVES: usize = 64;

impl Default for Cache {
    fn default() -> Self {
        Self { leaves: Mutex::default(), limit: LIMIT }
    }
}

impl Cache {
    /// What was found of a leaf.
    pub fn leaf(&self, leaf: &Leaf) -> Arc<Found> {
        let mut leaves = locked(&self.leaves);
        let found = match leaves.iter().position(|found| found.leaf == *leaf) {
            Some(at) => leaves.remove(at),
            None => Arc::new(Found::new(leaf.clone())),
        };
        leaves.push(Arc::clone(&found));
        found
    }

    /// Forgets what was not used for longest, as far as there is too much.
    pub fn trim(&self) {
        let mut leaves = locked(&self.leaves);
        let mut bytes: usize = leaves.iter().map(|found| found.memory_bytes()).sum();
        let mut out = 0;
        while out < leaves.len() && (bytes > self.limit || leaves.len() - out > LEAVES) {
            bytes -= leaves[out].memory_bytes();
            out += 1;
        }
        leaves.drain(..out);
    }

    /// Bytes that are remembered.
    pub fn memory_bytes(&self) -> usize {
        locked(&self.leaves).iter().map(|found| found.memory_bytes()).sum()
    }
}

/// What was found of one leaf.
#[derive(Debug)]
pub struct Found {
    leaf: Leaf,
    /// By the number of the segment; `None` where it takes no row.
    rows: Mutex<HashMap<u64, Option<Arc<Bitmap>>>>,
    codes: Mutex<HashMap<u8, Arc<CodeSet>>>,
    bytes: AtomicUsize,
}

impl Found {
    fn new(leaf: Leaf) -> Self {
        Self { leaf, rows: Mutex::default(), codes: Mutex::default(), bytes: AtomicUsize::new(0) }
    }

    /// The rows of `within`, of a segment, that it takes; `None` where that is not known.
    pub fn rows(&self, segment: u64, within: &Bitmap) -> Option<Bitmap> {
        let known = locked(&self.rows).get(&segment).cloned()?;
        Some(known.map_or_else(
            || Bitmap::none(within.len()),
            |rows| {
                let mut rows = (*rows).clone();
                rows.intersect(within);
                rows
            },
        ))
    }

    /// Remembers the rows that it takes of all rows of a segment.
    pub fn remember(&self, segment: u64, rows: &Bitmap) {
        let rows = (!rows.is_none()).then(|| Arc::new(rows.clone()));
        self.bytes.fetch_add(64 + rows.as_ref().map_or(0, |rows| rows.memory_bytes()), Ordering::Relaxed);
        locked(&self.rows).insert(segment, rows);
    }

    /// The values of a column that it takes, as far as they are known.
    pub fn codes(&self, slot: Slot) -> Arc<CodeSet> {
        locked(&self.codes).get(&(slot as u8)).cloned().unwrap_or_default()
    }

    /// Remembers the values of a column that it takes.
    pub fn remember_codes(&self, slot: Slot, codes: &Arc<CodeSet>) {
        self.bytes.fetch_add(codes.memory_bytes(), Ordering::Relaxed);
        let before = locked(&self.codes).insert(slot as u8, Arc::clone(codes));
        self.bytes.fetch_sub(before.map_or(0, |before| before.memory_bytes()), Ordering::Relaxed);
    }

    fn memory_bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// A panic of another thread leaves nothing half done here.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A set of codes of a dictionary whose first values were tested.
#[derive(Debug, Clone, Default)]
pub struct CodeSet {
    /// A bit for each code, from 1.
    words: Vec<u64>,
    /// How many values were tested.
    tested: usize,
    any: bool,
}

impl CodeSet {
    /// The set of these bits, of so many values that were tested.
    pub fn new(words: Vec<u64>, tested: usize) -> Self {
        Self { any: words.iter().any(|word| *word != 0), words, tested }
    }

    /// The bits of the values before this one, a multiple of 64.
    pub fn words_before(&self, value: usize) -> &[u64] {
        &self.words[..(value / 64).min(self.words.len())]
    }

    /// How many values were tested.
    pub fn tested(&self) -> usize {
        self.tested
    }

    /// Whether the code is in it; an absent value's never is.
    pub fn contains(&self, code: u32) -> bool {
        let Some(number) = (code as usize).checked_sub(1) else { return false };
        self.words.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Whether no code is in it.
    pub fn is_none(&self) -> bool {
        !self.any
    }

    fn memory_bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{Folded, Subject, Test};

    fn leaf(word: &str) -> Leaf {
        Leaf { subject: Subject::Words, tests: vec![Test::Part(Folded::new(word))] }
    }

    #[test]
    fn what_was_found_is_found_again_until_there_is_too_much() {
        let cache = Cache { limit: 200 * 3, ..Cache::default() };
        let all = Bitmap::of_range(640, 0..640);
        let odd = Bitmap::of(640, |row| row % 2 == 1);
        for word in ["a", "b", "c", "a", "d"] {
            cache.leaf(&leaf(word)).remember(7, &odd);
            cache.trim();
        }
        assert_eq!(cache.leaf(&leaf("a")).rows(7, &all), Some(odd));
        assert_eq!(cache.leaf(&leaf("a")).rows(8, &all), None);
        assert_eq!(cache.leaf(&leaf("b")).rows(7, &all), None);
        assert!(cache.memory_bytes() <= 600);
        cache.leaf(&leaf("e")).remember(1, &Bitmap::none(640));
        assert_eq!(cache.leaf(&leaf("e")).rows(1, &all), Some(Bitmap::none(640)));
    }
}
