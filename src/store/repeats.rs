//! Which values of a field stand more than once in a store, of those that segments keep themselves.
//! Of the others a filter leaves each at most once, so that nobody need look whether they are the same
//! as any other.
//!
//! Not here: how that is found out (`store::distinct`).

use hashbrown::HashMap;

use super::bitmap::Bitmap;
use super::slot::Slot;

/// The values of a field that stand more than once.
#[derive(Debug, PartialEq, Eq)]
pub struct Repeats {
    /// The columns that the field is made of.
    slots: &'static [Slot],
    /// The segments that they were looked for in, all of the store's.
    segments: Box<[u64]>,
    /// By the segment and the column's place among the field's, their numbers (codes less one).
    numbers: HashMap<(u64, usize), Bitmap>,
}

impl Repeats {
    /// These, of the columns of all segments of a store.
    pub fn new(slots: &'static [Slot], segments: Box<[u64]>, numbers: HashMap<(u64, usize), Bitmap>) -> Self {
        Self { slots, segments, numbers }
    }

    /// Whether they are of these columns and segments.
    pub fn is_of(&self, slots: &[Slot], segments: &[u64]) -> bool {
        self.slots == slots && *self.segments == *segments
    }

    /// Whether both are worth keeping: of other columns, and of the same segments.
    pub fn is_beside(&self, other: &Self) -> bool {
        self.slots != other.slots && self.segments == other.segments
    }

    /// The numbers of those in a segment's column; `None` where it has none.
    pub fn numbers(&self, segment: u64, column: usize) -> Option<&Bitmap> {
        self.numbers.get(&(segment, column))
    }

    /// Bytes that they occupy.
    pub fn memory_bytes(&self) -> usize {
        let numbers: usize = self.numbers.values().map(Bitmap::memory_bytes).sum();
        numbers + size_of_val(&*self.segments) + self.numbers.len() * size_of::<((u64, usize), Bitmap)>()
    }
}
