//! Rows of a segment that were selected: a stretch of them, or a set. Most questions without a
//! filter select stretches, which cost nothing to make or to count.

use std::ops::Range;
use std::sync::Arc;

use super::bitmap::{Bitmap, Ranked};

/// Selected rows of a segment.
#[derive(Debug, Clone)]
pub enum Selected {
    /// All rows of a stretch, of so many.
    Stretch(Range<usize>, usize),
    /// These.
    Set(Arc<Ranked>),
}

impl Selected {
    /// The rows of a set.
    pub fn of_set(rows: Bitmap) -> Self {
        Self::Set(Arc::new(Ranked::new(rows)))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Stretch(rows, _) => rows.len(),
            Self::Set(rows) => rows.count(),
        }
    }

    /// Whether a row is selected.
    pub fn contains(&self, row: usize) -> bool {
        match self {
            Self::Stretch(rows, _) => rows.contains(&row),
            Self::Set(rows) => rows.bitmap().contains(row),
        }
    }

    /// How many selected rows stand before this one (which may be the end).
    pub fn rank(&self, row: usize) -> usize {
        match self {
            Self::Stretch(rows, _) => row.clamp(rows.start, rows.end) - rows.start,
            Self::Set(rows) => rows.rank(row),
        }
    }

    /// The row that so many selected rows stand before.
    pub fn select(&self, rank: usize) -> Option<usize> {
        match self {
            Self::Stretch(rows, _) => (rank < rows.len()).then(|| rows.start + rank),
            Self::Set(rows) => rows.select(rank),
        }
    }

    /// The first selected row that is `from` or later.
    pub fn next(&self, from: usize) -> Option<usize> {
        match self {
            Self::Stretch(rows, _) => Some(from.max(rows.start)).filter(|row| *row < rows.end),
            Self::Set(rows) => rows.bitmap().next(from),
        }
    }

    /// The selected rows, ascending.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        let (stretch, set) = match self {
            Self::Stretch(rows, _) => (rows.clone(), None),
            Self::Set(rows) => (0..0, Some(rows.bitmap().rows())),
        };
        stretch.chain(set.into_iter().flatten())
    }

    /// How many rows of another set, inside a stretch, are selected.
    pub fn count_both_in(&self, other: &Ranked, stretch: Range<usize>) -> usize {
        match self {
            Self::Stretch(rows, _) => {
                let both = stretch.start.max(rows.start)..stretch.end.min(rows.end);
                if both.is_empty() { 0 } else { other.rank(both.end) - other.rank(both.start) }
            }
            Self::Set(rows) => rows.bitmap().count_both_in(other.bitmap(), stretch),
        }
    }

    /// The rows as a set.
    pub fn to_bitmap(&self) -> Bitmap {
        match self {
            Self::Stretch(rows, len) => Bitmap::of_range(*len, rows.clone()),
            Self::Set(rows) => rows.bitmap().clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_stretch_is_the_set_of_its_rows(
            len in 1usize..300, start in 0usize..300, end in 0usize..300, from in 0usize..310, to in 0usize..310,
        ) {
            let (start, end) = (start.min(end).min(len), end.max(start).min(len));
            let stretch = Selected::Stretch(start..end, len);
            let set = Selected::of_set(stretch.to_bitmap());
            let odd = Ranked::new(Bitmap::of(len, |row| row % 2 == 1));
            let both = |rows: &Selected| rows.count_both_in(&odd, from..to);
            prop_assert_eq!(stretch.count(), set.count());
            prop_assert_eq!(stretch.contains(from), set.contains(from));
            prop_assert_eq!(stretch.rank(from), set.rank(from));
            prop_assert_eq!(stretch.select(from), set.select(from));
            prop_assert_eq!(stretch.next(from), set.next(from));
            prop_assert_eq!(both(&stretch), both(&set));
            prop_assert!(stretch.rows().eq(set.rows()));
        }
    }
}
