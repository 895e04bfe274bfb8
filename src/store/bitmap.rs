//! Sets of a segment's rows, a bit each, in fixed words of our own.
//!
//! Not here: what a set means (matching rows, failures, superseded rows).

use std::ops::Range;

/// Bits in a word.
const WORD: usize = u64::BITS as usize;

/// A set of the rows `0..len`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bitmap {
    words: Box<[u64]>,
    len: usize,
}

impl Bitmap {
    /// No row of `len`.
    pub fn none(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(WORD)].into(), len }
    }

    /// The rows of a range, of `len` rows in all. What lies beyond `len` is left out.
    pub fn of_range(len: usize, range: Range<usize>) -> Self {
        let mut set = Self::none(len);
        for (at, word) in set.words.iter_mut().enumerate() {
            *word = mask(at, &(range.start..range.end.min(len)));
        }
        set
    }

    /// The rows for which the predicate holds.
    pub fn of(len: usize, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut set = Self::none(len);
        for (at, word) in set.words.iter_mut().enumerate() {
            for row in at * WORD..((at + 1) * WORD).min(len) {
                *word |= u64::from(holds(row)) << (row % WORD);
            }
        }
        set
    }

    /// The rows of these words, the lowest bit of the first being row 0. Bits beyond `len` are 0.
    pub fn of_words(len: usize, words: impl Iterator<Item = u64>) -> Self {
        let words: Box<[u64]> = words.collect();
        debug_assert_eq!(words.len(), len.div_ceil(WORD));
        Self { words, len }
    }

    /// The rows of `within` for which the predicate holds; it is asked about those alone.
    pub fn of_those(within: &Self, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut set = Self::none(within.len);
        for (at, (word, source)) in set.words.iter_mut().zip(&within.words).enumerate() {
            let mut left = *source;
            while left != 0 {
                let bit = left.trailing_zeros() as usize;
                *word |= u64::from(holds(at * WORD + bit)) << bit;
                left &= left - 1;
            }
        }
        set
    }

    /// The rows in words, the lowest bit of the first being row 0.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// How many rows there are, in the set or not.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no row is in the set.
    pub fn is_none(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Whether the row is in the set.
    pub fn contains(&self, row: usize) -> bool {
        self.words.get(row / WORD).is_some_and(|word| word >> (row % WORD) & 1 == 1)
    }

    /// Adds a row (below `len`).
    pub fn insert(&mut self, row: usize) {
        self.words[row / WORD] |= 1 << (row % WORD);
    }

    /// Takes a row (below `len`) out.
    pub fn remove(&mut self, row: usize) {
        self.words[row / WORD] &= !(1 << (row % WORD));
    }

    /// Keeps what is in both. Both sets are of the same rows.
    pub fn intersect(&mut self, other: &Self) {
        self.zip(other, |mine, theirs| mine & theirs);
    }

    /// Adds what is in the other. Both sets are of the same rows.
    pub fn unite(&mut self, other: &Self) {
        self.zip(other, |mine, theirs| mine | theirs);
    }

    /// Takes out what is in the other. Both sets are of the same rows.
    pub fn subtract(&mut self, other: &Self) {
        self.zip(other, |mine, theirs| mine & !theirs);
    }

    fn zip(&mut self, other: &Self, join: impl Fn(u64, u64) -> u64) {
        debug_assert_eq!(self.len, other.len);
        for (mine, theirs) in self.words.iter_mut().zip(&other.words) {
            *mine = join(*mine, *theirs);
        }
    }

    /// How many rows are in the set.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// How many rows are in both sets. Both sets are of the same rows.
    pub fn count_both(&self, other: &Self) -> usize {
        self.words.iter().zip(&other.words).map(|(a, b)| (a & b).count_ones() as usize).sum()
    }

    /// How many rows of a range are in both sets. Both sets are of the same rows.
    pub fn count_both_in(&self, other: &Self, rows: Range<usize>) -> usize {
        let rows = rows.start..rows.end.min(self.len);
        if rows.is_empty() {
            return 0;
        }
        let (first, last) = (rows.start / WORD, (rows.end - 1) / WORD);
        let both = |at: usize| self.words[at] & other.words[at];
        if first == last {
            return (both(first) & mask(first, &rows)).count_ones() as usize;
        }
        let inner = self.words[first + 1..last].iter().zip(&other.words[first + 1..last]);
        let inner: u32 = inner.map(|(a, b)| (a & b).count_ones()).sum();
        let ends =
            (both(first) & mask(first, &rows)).count_ones() + (both(last) & mask(last, &rows)).count_ones();
        (inner + ends) as usize
    }

    /// The rows of the set, ascending.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(at * WORD + bit)
            })
        })
    }

    /// The first row of the set that is `from` or later.
    pub fn next(&self, from: usize) -> Option<usize> {
        let first = from / WORD;
        let begun = self.words.get(first)? >> (from % WORD) << (from % WORD);
        if begun != 0 {
            return Some(first * WORD + begun.trailing_zeros() as usize);
        }
        let (at, word) = self.words.iter().enumerate().skip(first + 1).find(|(_, word)| **word != 0)?;
        Some(at * WORD + word.trailing_zeros() as usize)
    }

    /// The last row of the set that is before `end`.
    pub fn last_before(&self, end: usize) -> Option<usize> {
        let end = end.min(self.len);
        (0..end.div_ceil(WORD)).rev().find_map(|at| {
            let word = self.words[at] & mask(at, &(0..end));
            (word != 0).then(|| at * WORD + word.ilog2() as usize)
        })
    }

    /// Bytes that it occupies.
    pub fn memory_bytes(&self) -> usize {
        self.words.len() * size_of::<u64>()
    }
}

/// The bits of word `at` that lie in the range of rows.
fn mask(at: usize, range: &Range<usize>) -> u64 {
    let start = range.start.clamp(at * WORD, (at + 1) * WORD) - at * WORD;
    let end = range.end.clamp(at * WORD, (at + 1) * WORD) - at * WORD;
    if start >= end {
        return 0;
    }
    (u64::MAX << start) & (u64::MAX >> (WORD - end))
}

/// A set with the counts that make rank and select quick.
#[derive(Debug, Clone)]
pub struct Ranked {
    rows: Bitmap,
    /// How many rows of the set stand before each word; one more than there are words.
    before: Box<[u32]>,
}

impl Ranked {
    /// Counts a set once.
    pub fn new(rows: Bitmap) -> Self {
        let mut before = Vec::with_capacity(rows.words.len() + 1);
        let mut sum = 0;
        before.push(sum);
        for word in &rows.words {
            sum += word.count_ones();
            before.push(sum);
        }
        Self { rows, before: before.into() }
    }

    /// The set.
    pub fn bitmap(&self) -> &Bitmap {
        &self.rows
    }

    /// How many rows are in the set.
    pub fn count(&self) -> usize {
        self.before.last().copied().unwrap_or(0) as usize
    }

    /// Bytes that it occupies.
    pub fn memory_bytes(&self) -> usize {
        self.rows.memory_bytes() + size_of_val(&*self.before)
    }

    /// Those rows of the set whose rank has the bit 1.
    pub fn spread(&self, ranks: &[u64]) -> Bitmap {
        let mut rank = 0;
        let word_of = |word: &u64| {
            let (mut left, mut out) = (*word, 0);
            // The bits of the ranks in this word, the first lowest.
            let at = rank / WORD;
            let low = ranks.get(at).copied().unwrap_or(0) >> (rank % WORD);
            let high = ranks.get(at + 1).copied().unwrap_or(0).checked_shl((WORD - rank % WORD) as u32);
            let mut bits = low | high.unwrap_or(0);
            rank += word.count_ones() as usize;
            if bits == 0 {
                return 0;
            }
            while left != 0 {
                out |= (bits & 1) << left.trailing_zeros();
                bits >>= 1;
                left &= left - 1;
            }
            out
        };
        Bitmap::of_words(self.rows.len, self.rows.words.iter().map(word_of))
    }

    /// The ranks of those of the rows that are in the set. The other way of [`Self::spread`].
    pub fn gather(&self, rows: &Bitmap) -> Bitmap {
        let mut ranks = Bitmap::none(self.count());
        for ((word, rows), rank) in self.rows.words.iter().zip(&rows.words).zip(&self.before) {
            let both = word & rows;
            let mut bits = 0;
            if both == *word {
                bits = u64::MAX.checked_shr(word.count_zeros()).unwrap_or(0);
            } else {
                let mut left = both;
                while left != 0 {
                    let below = (1 << left.trailing_zeros()) - 1;
                    bits |= 1 << (word & below).count_ones();
                    left &= left - 1;
                }
            }
            if bits == 0 {
                continue;
            }
            let (at, shift) = (*rank as usize / WORD, *rank as usize % WORD);
            ranks.words[at] |= bits << shift;
            if let Some(next) = ranks.words.get_mut(at + 1) {
                *next |= bits.checked_shr((WORD - shift) as u32).unwrap_or(0);
            }
        }
        ranks
    }

    /// How many rows of the set stand before this row (which may be the end).
    pub fn rank(&self, row: usize) -> usize {
        let row = row.min(self.rows.len);
        let at = row / WORD;
        let inside = self.rows.words.get(at).map_or(0, |word| (word & mask(at, &(0..row))).count_ones());
        (self.before[at] + inside) as usize
    }

    /// The row of this rank: the one that so many rows of the set stand before.
    pub fn select(&self, rank: usize) -> Option<usize> {
        if rank >= self.count() {
            return None;
        }
        let at = self.before.partition_point(|before| *before as usize <= rank) - 1;
        let mut word = self.rows.words[at];
        for _ in self.before[at] as usize..rank {
            word &= word - 1;
        }
        Some(at * WORD + word.trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain() -> impl Strategy<Value = Vec<bool>> {
        prop::collection::vec(prop::bool::weighted(0.3), 0..300)
    }

    fn set(plain: &[bool]) -> Bitmap {
        Bitmap::of(plain.len(), |row| plain[row])
    }

    proptest! {
        #[test]
        fn a_bitmap_is_a_set_of_rows(a in plain(), from in 0usize..310, width in 0usize..310) {
            let bits = set(&a);
            let rows: Vec<usize> = (0..a.len()).filter(|row| a[*row]).collect();
            prop_assert_eq!(bits.rows().collect::<Vec<_>>(), rows.clone());
            prop_assert_eq!(bits.count(), rows.len());
            prop_assert_eq!(bits.is_none(), rows.is_empty());
            let range = from..from + width;
            let inside = rows.iter().filter(|row| range.contains(row)).count();
            prop_assert_eq!(bits.count_both(&Bitmap::of_range(a.len(), range.clone())), inside);
            let even = Bitmap::of(a.len(), |row| row % 2 == 0);
            let both = rows.iter().filter(|row| range.contains(row) && *row % 2 == 0).count();
            prop_assert_eq!(bits.count_both_in(&even, range.clone()), both);
            prop_assert_eq!(Bitmap::of_range(a.len(), range.clone()), Bitmap::of(a.len(), |row| range.contains(&row)));
            prop_assert_eq!(bits.next(from), rows.iter().copied().find(|row| *row >= from));
            prop_assert_eq!(bits.last_before(from), rows.iter().copied().rfind(|row| *row < from));
            prop_assert_eq!(bits.contains(from), rows.contains(&from));
            let odd = Bitmap::of_those(&bits, |row| { assert!(a[row]); row % 2 == 1 });
            prop_assert_eq!(odd.rows().collect::<Vec<_>>(), rows.iter().copied().filter(|row| row % 2 == 1).collect::<Vec<_>>());
        }

        #[test]
        fn sets_join_row_by_row(pairs in prop::collection::vec(any::<(bool, bool)>(), 0..300)) {
            let a = Bitmap::of(pairs.len(), |row| pairs[row].0);
            let b = Bitmap::of(pairs.len(), |row| pairs[row].1);
            let joined = |join: fn(&mut Bitmap, &Bitmap)| { let mut set = a.clone(); join(&mut set, &b); set };
            prop_assert_eq!(joined(Bitmap::intersect), Bitmap::of(pairs.len(), |row| pairs[row].0 && pairs[row].1));
            prop_assert_eq!(joined(Bitmap::unite), Bitmap::of(pairs.len(), |row| pairs[row].0 || pairs[row].1));
            prop_assert_eq!(joined(Bitmap::subtract), Bitmap::of(pairs.len(), |row| pairs[row].0 && !pairs[row].1));
        }

        #[test]
        fn rank_and_select_are_each_others_inverse(a in plain(), b in plain()) {
            let ranked = Ranked::new(set(&a));
            let rows: Vec<usize> = ranked.bitmap().rows().collect();
            prop_assert_eq!(ranked.count(), rows.len());
            for (rank, row) in rows.iter().enumerate() {
                prop_assert_eq!(ranked.select(rank), Some(*row));
                prop_assert_eq!(ranked.rank(*row), rank);
                prop_assert_eq!(ranked.rank(*row + 1), rank + 1);
            }
            let third = vec![u64::MAX / 7; rows.len().div_ceil(64)];
            let spread = rows.iter().enumerate().filter(|(rank, _)| rank % 64 % 3 == 1).map(|(_, row)| *row);
            prop_assert_eq!(ranked.spread(&third).rows().collect::<Vec<_>>(), spread.collect::<Vec<_>>());
            prop_assert!(ranked.spread(&[]).is_none());
            let some = Bitmap::of(a.len(), |row| b.get(row) == Some(&true) || b.len() % 3 == 0);
            let ranks = Bitmap::of(rows.len(), |rank| some.contains(rows[rank]));
            prop_assert_eq!(ranked.gather(&some), ranks);
            prop_assert_eq!(ranked.select(rows.len()), None);
            prop_assert_eq!(ranked.rank(a.len()), rows.len());
        }
    }
}
