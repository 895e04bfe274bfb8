//! The systems' own records of a segment's rows, verbatim.
//!
//! The rest of the store knows them by [`Records::get`] alone, so that compressed blocks can stand
//! behind it.

use std::borrow::Cow;

use super::arena::Arena;

/// The records of a segment, by row.
#[derive(Debug, Clone)]
pub struct Records {
    texts: Arena,
}

impl Records {
    /// Keeps the records of these rows.
    pub fn build<'a>(rows: impl Iterator<Item = Cow<'a, str>>) -> Self {
        let mut texts = Arena::default();
        rows.for_each(|record| texts.push(&record));
        texts.shrink();
        Self { texts }
    }

    /// The record of a row: compact JSON text, as it came.
    pub fn get(&self, row: usize) -> Cow<'_, str> {
        Cow::Borrowed(self.texts.get(row).expect("every row of a segment has a record"))
    }

    /// Bytes that they occupy.
    pub fn memory_bytes(&self) -> usize {
        self.texts.memory_bytes()
    }
}
