//! What was found before: the rows that a filter, or a leaf of one, takes of a segment, and the
//! values that a leaf takes of a dictionary. While `a AND b` becomes `a AND bc`, `a` is not asked
//! again, and `bc` is asked about what `b` took; when a page comes, only its segment and its new
//! values are; whoever scrolls asks nothing new at all.
//!
//! Segments never change and dictionaries only grow, so nothing here is ever wrong; it is bounded
//! in bytes, and what was not used for longest goes first. Not here: what a leaf takes
//! (`store::scan`).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use super::bitmap::{Bitmap, Ranked};
use super::order::ByClass;
use super::repeats::Repeats;
use super::slot::Slot;
use crate::query::{Leaf, Query, Test};

/// Filters and leaves, and what was found of them.
#[derive(Debug)]
pub struct Cache {
    /// The one that was used last stands last.
    leaves: Mutex<Vec<Arc<Found>>>,
    /// The same.
    filters: Mutex<Vec<Arc<Filtered>>>,
    /// Of some fields, of the store as it was last.
    repeats: Mutex<Vec<Arc<Repeats>>>,
    limit: usize,
}

/// The bytes that may be remembered.
const LIMIT: usize = 32 << 20;
/// The most leaves.
const LEAVES: usize = 64;
/// The most fields whose repeated values are remembered.
const FIELDS: usize = 4;
/// The most whole filters: the last few keystrokes, or what several panes ask.
const FILTERS: usize = 8;

impl Default for Cache {
    fn default() -> Self {
        Self { leaves: Mutex::default(), filters: Mutex::default(), repeats: Mutex::default(), limit: LIMIT }
    }
}

impl Cache {
    /// What was found of a leaf.
    pub fn leaf(&self, leaf: &Leaf) -> Arc<Found> {
        last_used(&self.leaves, |found| found.leaf == *leaf, || Found::new(leaf.clone()))
    }

    /// What was found of another leaf that takes at least what this one takes: the one that takes
    /// least, as far as can be told.
    pub fn wider(&self, leaf: &Leaf) -> Option<Arc<Found>> {
        let leaves = locked(&self.leaves);
        let wider = leaves.iter().filter_map(|found| Some((widens(&found.leaf, leaf)?, found)));
        wider.max_by_key(|(len, _)| *len).map(|(_, found)| Arc::clone(found))
    }

    /// What was found of a whole filter.
    pub fn filter(&self, query: &Query) -> Arc<Filtered> {
        last_used(&self.filters, |filtered| filtered.query == *query, || Filtered::new(query.clone()))
    }

    /// Which values of these columns stand more than once in these segments, where that is known.
    pub fn repeats(&self, slots: &[Slot], segments: &[u64]) -> Option<Arc<Repeats>> {
        locked(&self.repeats).iter().find(|repeats| repeats.is_of(slots, segments)).cloned()
    }

    /// Remembers it, and forgets what is known of other segments.
    pub fn remember_repeats(&self, repeats: &Arc<Repeats>) {
        let mut all = locked(&self.repeats);
        all.retain(|other| other.is_beside(repeats));
        all.push(Arc::clone(repeats));
        let most = all.len().saturating_sub(FIELDS);
        all.drain(..most);
    }

    /// Forgets what was not used for longest, as far as there is too much.
    pub fn trim(&self) {
        forget(&self.filters, self.limit / 2, FILTERS, Filtered::memory_bytes);
        forget(&self.leaves, self.limit / 2, LEAVES, Found::memory_bytes);
    }

    /// Bytes that are remembered.
    pub fn memory_bytes(&self) -> usize {
        let leaves: usize = locked(&self.leaves).iter().map(|found| found.memory_bytes()).sum();
        let repeats: usize = locked(&self.repeats).iter().map(|repeats| repeats.memory_bytes()).sum();
        let filters: usize = locked(&self.filters).iter().map(|filtered| filtered.memory_bytes()).sum();
        leaves + filters + repeats
    }
}

/// The one that is meant, or a new one; it stands last from now on.
fn last_used<T>(list: &Mutex<Vec<Arc<T>>>, is: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> Arc<T> {
    let mut list = locked(list);
    let one = match list.iter().position(|one| is(one)) {
        Some(at) => list.remove(at),
        None => Arc::new(new()),
    };
    list.push(Arc::clone(&one));
    one
}

fn forget<T>(list: &Mutex<Vec<Arc<T>>>, limit: usize, most: usize, bytes_of: impl Fn(&T) -> usize) {
    let mut list = locked(list);
    let mut bytes: usize = list.iter().map(|one| bytes_of(one)).sum();
    let mut out = 0;
    while out < list.len() && (bytes > limit || list.len() - out > most) {
        bytes -= bytes_of(&list[out]);
        out += 1;
    }
    list.drain(..out);
}

/// Whether one leaf takes at least what another takes: whatever has the longer piece of text has
/// the shorter one. How long the shorter one is.
fn widens(wide: &Leaf, narrow: &Leaf) -> Option<usize> {
    let ([Test::Part(short)], [Test::Part(long)]) = (wide.tests.as_slice(), narrow.tests.as_slice()) else {
        return None;
    };
    let widens = wide.subject == narrow.subject
        && short.folded() != long.folded()
        && long.folded().contains(short.folded());
    widens.then(|| short.folded().len())
}

/// The rows that a whole filter takes.
#[derive(Debug)]
pub struct Filtered {
    query: Query,
    /// By the number of the segment, superseded rows among them.
    rows: Mutex<HashMap<u64, (Arc<Ranked>, ByClass)>>,
    bytes: AtomicUsize,
}

impl Filtered {
    fn new(query: Query) -> Self {
        Self { query, rows: Mutex::default(), bytes: AtomicUsize::new(0) }
    }

    /// The rows that it takes of a segment, and how many of them are of each class; `None` where that is
    /// not known.
    pub fn rows(&self, segment: u64) -> Option<(Arc<Ranked>, ByClass)> {
        locked(&self.rows).get(&segment).cloned()
    }

    /// Remembers the rows that it takes of all rows of a segment.
    pub fn remember(&self, segment: u64, rows: &Arc<Ranked>, by_class: ByClass) {
        if locked(&self.rows).insert(segment, (Arc::clone(rows), by_class)).is_none() {
            self.bytes.fetch_add(96 + rows.memory_bytes(), Ordering::Relaxed);
        }
    }

    fn memory_bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// What was found of one leaf.
#[derive(Debug)]
pub struct Found {
    leaf: Leaf,
    /// By the number of the segment.
    rows: Mutex<HashMap<u64, Taken>>,
    codes: Mutex<HashMap<u8, Arc<CodeSet>>>,
    bytes: AtomicUsize,
}

/// The rows that a leaf takes of a segment.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Them; `None` where it takes none.
    pub rows: Option<Arc<Bitmap>>,
    /// All of them are taken by values that segments share.
    pub by_shared: bool,
}

impl Taken {
    /// Those of `within`.
    pub fn within(&self, within: &Bitmap) -> Bitmap {
        self.rows.as_ref().map_or_else(
            || Bitmap::none(within.len()),
            |rows| {
                let mut rows = (**rows).clone();
                rows.intersect(within);
                rows
            },
        )
    }
}

impl Found {
    fn new(leaf: Leaf) -> Self {
        Self { leaf, rows: Mutex::default(), codes: Mutex::default(), bytes: AtomicUsize::new(0) }
    }

    /// The rows that it takes of a segment; `None` where that is not known.
    pub fn taken(&self, segment: u64) -> Option<Taken> {
        locked(&self.rows).get(&segment).cloned()
    }

    /// Remembers the rows that it takes of all rows of a segment.
    pub fn remember(&self, segment: u64, taken: Taken) {
        let bytes = 64 + taken.rows.as_ref().map_or(0, |rows| rows.memory_bytes());
        if locked(&self.rows).insert(segment, taken).is_none() {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

    /// The bits of so many values from this one, a multiple of 64, on, where all were tested.
    pub fn words_of(&self, value: usize, count: usize) -> Option<&[u64]> {
        if self.tested < value + count {
            return None;
        }
        self.words.get(value / 64..(value + count).div_ceil(64))
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

    fn taken(rows: &Bitmap) -> Taken {
        Taken { rows: Some(Arc::new(rows.clone())), by_shared: true }
    }

    #[test]
    fn what_was_found_is_found_again_until_there_is_too_much() {
        let cache = Cache { limit: 150 * 3 * 2, ..Cache::default() };
        let all = Bitmap::of_range(640, 0..640);
        let odd = Bitmap::of(640, |row| row % 2 == 1);
        for word in ["a", "b", "c", "a", "d"] {
            cache.leaf(&leaf(word)).remember(7, taken(&odd));
            cache.trim();
        }
        assert_eq!(cache.leaf(&leaf("a")).taken(7).map(|taken| taken.within(&all)), Some(odd));
        assert!(cache.leaf(&leaf("a")).taken(8).is_none());
        assert!(cache.leaf(&leaf("b")).taken(7).is_none());
        assert!(cache.memory_bytes() <= 600);
        cache.leaf(&leaf("e")).remember(1, Taken { rows: None, by_shared: true });
        let none = cache.leaf(&leaf("e")).taken(1).map(|taken| taken.within(&all));
        assert_eq!(none, Some(Bitmap::none(640)));
    }

    #[test]
    fn the_rows_of_the_last_filters_are_kept() {
        let cache = Cache::default();
        let query = |word: &str| Query { expr: crate::query::Expr::Leaf(leaf(word)) };
        let rows = Arc::new(Ranked::new(Bitmap::of_range(64, 3..5)));
        for word in ["a", "b", "c", "d", "a", "e", "f", "g", "h", "i"] {
            cache.filter(&query(word)).remember(1, &rows, ByClass::default());
            cache.trim();
        }
        let known: Vec<bool> =
            ["b", "a", "i"].iter().map(|word| cache.filter(&query(word)).rows(1).is_some()).collect();
        assert_eq!(known, [false, true, true]);
    }

    #[test]
    fn a_longer_piece_is_asked_of_what_a_shorter_one_took() {
        let cache = Cache::default();
        for word in ["", "a", "mat", "MATL", "x", "matlab x"] {
            cache.leaf(&leaf(word));
        }
        let wider = |leaf: &Leaf| match &cache.wider(leaf)?.leaf.tests[..] {
            [Test::Part(part)] => Some(part.typed().to_owned()),
            _ => None,
        };
        assert_eq!(wider(&leaf("matlab")).as_deref(), Some("MATL"));
        assert_eq!(wider(&leaf("matl")).as_deref(), Some("mat"));
        assert_eq!(wider(&leaf("mxm")).as_deref(), Some("x"));
        assert_eq!(wider(&leaf("mm")).as_deref(), Some(""));
        let of_field = Subject::Field(crate::event::field::Field::Action);
        let elsewhere = Leaf { subject: of_field, tests: vec![Test::Part(Folded::new("matlab"))] };
        assert_eq!(wider(&elsewhere), None);
        let either = Leaf {
            subject: Subject::Words,
            tests: ["mat", "q"].map(|word| Test::Part(Folded::new(word))).to_vec(),
        };
        assert_eq!(wider(&either), None);
    }
}
