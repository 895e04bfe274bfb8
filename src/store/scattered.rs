//! What segments counted of values that no dictionary has all of, each value with its hash, scattered by
//! it into shares: no two shares have a value in common.
//!
//! Not here: how values of several segments meet in a share (`store::distinct`).

use std::borrow::Cow;

use super::bitmap::Bitmap;
use super::column::Texts;
use super::dictionary::{ABSENT, Code, Values, hash};
use super::order::Lane;
use super::packed::Own;
use super::repeats::Repeats;
use super::slot::Slot;

/// Values that were counted together.
#[derive(Debug)]
pub struct Source<'a> {
    /// The column's place among the field's.
    pub column: usize,
    /// Who keeps the values.
    pub values: Kept<'a>,
    /// Those that may stand in other sources too, share by share.
    entries: Vec<Entry>,
    /// Where each share ends.
    ends: Box<[u32]>,
    /// The numbers (codes less one) of those that stand here once and nowhere else.
    pub once: Option<Bitmap>,
}

/// Who keeps the values of a source.
#[derive(Debug, Clone, Copy)]
pub enum Kept<'a> {
    /// The segment of this lane; its entries have the values' codes there.
    Own(usize, &'a Own),
    /// The store; its entries have the values' codes there.
    Shared(&'a Values),
}

/// A value that was counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Entry {
    /// The value's.
    pub hash: u64,
    /// How many rows have it.
    pub count: u32,
    /// The value's, in its source.
    pub code: Code,
}

/// What one lane counted of one column.
pub enum Counted<'a> {
    /// Of values of the segment's own.
    Own(Source<'a>),
    /// By the segment's codes, for which these are the store's.
    Shared(&'a [Code], Vec<u32>),
}

impl<'a> Kept<'a> {
    /// The text of a code.
    pub fn text(self, code: Code) -> Cow<'a, str> {
        let text = match self {
            Self::Own(_, own) => own.get(code as usize - 1),
            Self::Shared(values) => values.get(code),
        };
        text.unwrap_or_default()
    }

    /// The hash of the text of a code.
    pub fn hash(self, code: Code, scratch: &mut String) -> u64 {
        match self {
            Self::Own(_, own) => hash(own.look(code as usize - 1, scratch).unwrap_or_default()),
            Self::Shared(values) => hash(values.look(code, scratch).unwrap_or_default()),
        }
    }
}

impl<'a> Source<'a> {
    /// Hashes values that were counted, and puts them share by share, of which there are 2 to the power
    /// of `bits`.
    pub fn new(
        column: usize,
        values: Kept<'a>,
        counted: impl Iterator<Item = (Code, u32)>,
        bits: u32,
    ) -> Self {
        let mut scratch = String::new();
        let hashed: Vec<Entry> = counted
            .map(|(code, count)| Entry { hash: values.hash(code, &mut scratch), count, code })
            .collect();
        let share = |entry: &Entry| share_of(entry.hash, bits);
        let mut ends = vec![0u32; 1 << bits];
        for entry in &hashed {
            ends[share(entry)] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            // First where the share begins; each entry that is put there moves it on to its end.
            sum += std::mem::replace(end, sum);
        }
        let mut entries = vec![Entry::default(); hashed.len()];
        for entry in hashed {
            let at = &mut ends[share(&entry)];
            entries[*at as usize] = entry;
            *at += 1;
        }
        Self { column, values, entries, ends: ends.into(), once: None }
    }

    /// The entries of a share.
    pub fn share(&self, share: usize) -> &[Entry] {
        let start = share.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.entries[start as usize..self.ends[share] as usize]
    }

    /// The entries of all shares.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// Counts one lane, and how many of its rows have no value.
pub fn count_lane<'a>(
    slots: &'static [Slot],
    place: usize,
    lane: &Lane<'a>,
    shared: &'a [Values],
    bits: u32,
    repeats: Option<&Repeats>,
) -> (Vec<Counted<'a>>, u64) {
    let segment = lane.segment;
    let mut left = lane.rows.to_bitmap();
    let mut counted = Vec::with_capacity(slots.len());
    for (at, slot) in slots.iter().enumerate() {
        let column = segment.text_column(*slot);
        let without = without_value(lane, *slot, &shared[*slot as usize]);
        let counts = || {
            let mut counts = column.codes().counts_in(column.len(), &left);
            for (count, without) in counts.iter_mut().zip(&without) {
                *count *= u32::from(1 - without);
            }
            counts
        };
        counted.push(match (column.texts(), repeats) {
            (Texts::Shared(codes), _) => Counted::Shared(codes, counts()),
            (Texts::Own(own), None) => {
                let counted = (0..).zip(counts()).filter(|(_, count)| *count > 0);
                Counted::Own(Source::new(at, Kept::Own(place, own), counted, bits))
            }
            (Texts::Own(own), Some(repeats)) => {
                let mut once = column.codes().numbers(column.len(), &left);
                for (number, _) in without[1..].iter().enumerate().filter(|(_, without)| **without == 1) {
                    once.remove(number);
                }
                let repeated = repeats.numbers(segment.number(), at).map(|repeated| {
                    once.subtract(repeated);
                    let counts = counts();
                    let count = move |number| (number as Code + 1, counts[number + 1]);
                    repeated.rows().map(count).filter(|(_, count)| *count > 0)
                });
                let source = Source::new(at, Kept::Own(place, own), repeated.into_iter().flatten(), bits);
                Counted::Own(Source { once: Some(once), ..source })
            }
        });
        left = column.codes().rows_where_code(&without, &left);
    }
    (counted, left.count() as u64)
}

/// The share of a hash: its highest bits.
pub fn share_of(hash: u64, bits: u32) -> usize {
    (hash.rotate_left(bits) & ((1 << bits) - 1)) as usize
}

/// The segment's codes of a column that are no value, [`ABSENT`] and empty texts: a 1 for each.
pub fn without_value(lane: &Lane<'_>, slot: Slot, shared: &Values) -> Vec<u8> {
    let column = lane.segment.text_column(slot);
    let mut table = vec![0; column.len() + 1];
    table[ABSENT as usize] = 1;
    match column.texts() {
        Texts::Shared(codes) => {
            if let Some(empty) = shared.empty()
                && let Some(number) = codes.iter().position(|code| *code == empty)
            {
                table[number + 1] = 1;
            }
        }
        Texts::Own(own) => own.empties().for_each(|number| table[number + 1] = 1),
    }
    table
}
