//! Columns of a segment: for each row a small code, for each code a value that is kept once.
//!
//! Not here: what the columns mean (`store::segment`), and which rows a filter takes
//! (`store::scan`).

use std::sync::Arc;

use super::arena::Arena;
use super::bitmap::{Bitmap, Ranked};
use super::dictionary::{ABSENT, Code, Dictionary, Values};

/// A code for each row, in the fewest bytes that hold them.
#[derive(Debug, Clone)]
pub enum Codes {
    /// Every row has this one.
    Same(Code),
    /// Row `n` has code `n + 1`: every value stands once, in the order of the rows.
    Each,
    /// Codes below 256.
    Bytes(Box<[u8]>),
    /// Codes below 65,536.
    Words(Box<[u16]>),
    /// Any codes.
    Wide(Box<[u32]>),
}

impl Codes {
    /// Packs the codes of a segment's rows.
    pub fn pack(codes: &[Code]) -> Self {
        let first = codes.first().copied().unwrap_or(ABSENT);
        if codes.iter().all(|code| *code == first) {
            return Self::Same(first);
        }
        if codes.iter().enumerate().all(|(row, code)| *code as usize == row + 1) {
            return Self::Each;
        }
        let most = codes.iter().copied().max().unwrap_or(ABSENT);
        if u8::try_from(most).is_ok() {
            Self::Bytes(codes.iter().map(|code| *code as u8).collect())
        } else if u16::try_from(most).is_ok() {
            Self::Words(codes.iter().map(|code| *code as u16).collect())
        } else {
            Self::Wide(codes.into())
        }
    }

    /// The code of a row.
    pub fn get(&self, row: usize) -> Code {
        match self {
            Self::Same(code) => *code,
            Self::Each => row as Code + 1,
            Self::Bytes(codes) => Code::from(codes[row]),
            Self::Words(codes) => Code::from(codes[row]),
            Self::Wide(codes) => codes[row],
        }
    }

    /// The rows of `within` whose code is accepted.
    pub fn rows_accepted(&self, accepted: &CodeSet, within: &Bitmap) -> Bitmap {
        match self {
            Self::Same(code) if accepted.contains(*code) => within.clone(),
            Self::Same(_) => Bitmap::none(within.len()),
            Self::Each => Bitmap::of_those(within, |row| accepted.contains(row as Code + 1)),
            Self::Bytes(codes) => Bitmap::of_those(within, |row| accepted.contains(Code::from(codes[row]))),
            Self::Words(codes) => Bitmap::of_those(within, |row| accepted.contains(Code::from(codes[row]))),
            Self::Wide(codes) => Bitmap::of_those(within, |row| accepted.contains(codes[row])),
        }
    }

    /// Bytes that they occupy.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Same(_) | Self::Each => 0,
            Self::Bytes(codes) => codes.len(),
            Self::Words(codes) => codes.len() * size_of::<u16>(),
            Self::Wide(codes) => codes.len() * size_of::<u32>(),
        }
    }
}

/// A set of codes of one dictionary; [`ABSENT`] is never in it.
#[derive(Debug, Clone, Default)]
pub struct CodeSet {
    codes: Bitmap,
    any: bool,
}

impl CodeSet {
    /// The codes of those values, numbered from 1, for which the predicate holds.
    pub fn of<'a>(
        count: usize,
        values: impl Iterator<Item = &'a str>,
        mut holds: impl FnMut(&str) -> bool,
    ) -> Self {
        let mut codes = Bitmap::none(count + 1);
        let mut any = false;
        for (number, value) in values.take(count).enumerate() {
            if holds(value) {
                codes.insert(number + 1);
                any = true;
            }
        }
        Self { codes, any }
    }

    /// Whether the code is in it.
    pub fn contains(&self, code: Code) -> bool {
        self.codes.contains(code as usize)
    }

    /// Whether no code is in it.
    pub fn is_none(&self) -> bool {
        !self.any
    }
}

/// A column of texts, each row's present (perhaps empty) or absent.
#[derive(Debug, Clone)]
pub struct TextColumn {
    codes: Codes,
    /// The values, where they are not in the store's dictionary.
    own: Option<Arc<Arena>>,
}

impl TextColumn {
    /// Builds the column of these rows: by codes of the store's dictionary, or, where that does not
    /// take them, with a dictionary of its own.
    pub fn build(rows: &[Option<&str>], shared: &mut Dictionary) -> Self {
        let mut codes = Vec::with_capacity(rows.len());
        for row in rows {
            match row.map_or(Some(ABSENT), |value| shared.intern(value)) {
                Some(code) => codes.push(code),
                None => return Self::build_own(rows),
            }
        }
        Self { codes: Codes::pack(&codes), own: None }
    }

    fn build_own(rows: &[Option<&str>]) -> Self {
        let mut known: hashbrown::HashMap<&str, Code> = hashbrown::HashMap::new();
        let mut values = Arena::default();
        let codes: Vec<Code> = rows
            .iter()
            .map(|row| {
                row.map_or(ABSENT, |value| {
                    *known.entry(value).or_insert_with(|| {
                        values.push(value);
                        values.len() as Code
                    })
                })
            })
            .collect();
        values.shrink();
        Self { codes: Codes::pack(&codes), own: Some(Arc::new(values)) }
    }

    /// The column of rows picked from other columns of the same store: `(column, row)` each.
    pub fn pick(columns: &[&Self], picks: &[(usize, usize)], shared: &Values) -> Self {
        if columns.iter().all(|column| column.own.is_none()) {
            let codes: Vec<Code> =
                picks.iter().map(|(column, row)| columns[*column].codes.get(*row)).collect();
            return Self { codes: Codes::pack(&codes), own: None };
        }
        // Some values are kept by their own segments; those in the dictionary join them.
        let rows: Vec<_> = picks.iter().map(|(column, row)| columns[*column].get(*row, shared)).collect();
        Self::build_own(&rows)
    }

    /// The codes of the rows.
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// The values by code from 1, where the column keeps them itself.
    pub fn own_values(&self) -> Option<&Arena> {
        self.own.as_deref()
    }

    /// The value of a row, where the column keeps its values itself.
    pub fn own_value(&self, row: usize) -> Option<&str> {
        self.own.as_ref()?.get((self.codes.get(row) as usize).checked_sub(1)?)
    }

    /// The value of a row; `shared` are the store's values of this column.
    pub fn get<'a>(&'a self, row: usize, shared: &'a Values) -> Option<&'a str> {
        match &self.own {
            Some(_) => self.own_value(row),
            None => shared.get(self.codes.get(row)),
        }
    }

    /// Bytes that it occupies, without the store's dictionary.
    pub fn memory_bytes(&self) -> usize {
        self.codes.memory_bytes() + self.own.as_ref().map_or(0, |own| own.memory_bytes())
    }
}

/// A column of few distinct small values: statuses, sets of kinds.
#[derive(Debug, Clone)]
pub struct ValueColumn<T> {
    codes: Codes,
    /// The distinct values; code `n` is value `n - 1`.
    values: Box<[T]>,
}

impl<T: Copy + Eq + std::hash::Hash> ValueColumn<T> {
    /// Builds the column of these rows.
    pub fn build(rows: impl Iterator<Item = T>) -> Self {
        let mut known: hashbrown::HashMap<T, Code> = hashbrown::HashMap::new();
        let mut values = Vec::new();
        let codes: Vec<Code> = rows
            .map(|value| {
                *known.entry(value).or_insert_with(|| {
                    values.push(value);
                    values.len() as Code
                })
            })
            .collect();
        Self { codes: Codes::pack(&codes), values: values.into() }
    }

    /// The value of a row.
    pub fn get(&self, row: usize) -> T {
        self.values[self.codes.get(row) as usize - 1]
    }

    /// The distinct values; code `n` of [`Self::codes`] is value `n - 1`.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The codes of the rows.
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// The rows of `within` whose value is accepted; each distinct value is asked about once.
    pub fn rows_where(&self, within: &Bitmap, mut accept: impl FnMut(T) -> bool) -> Bitmap {
        let mut accepted = CodeSet { codes: Bitmap::none(self.values.len() + 1), any: false };
        for (number, value) in self.values.iter().enumerate() {
            if accept(*value) {
                accepted.codes.insert(number + 1);
                accepted.any = true;
            }
        }
        self.codes.rows_accepted(&accepted, within)
    }

    /// Bytes that it occupies.
    pub fn memory_bytes(&self) -> usize {
        self.codes.memory_bytes() + size_of_val(&*self.values)
    }
}

/// A column that few rows have a value in.
#[derive(Debug, Clone)]
pub struct SparseColumn<T> {
    present: Ranked,
    values: Box<[T]>,
}

impl<T> SparseColumn<T> {
    /// Builds the column of these rows.
    pub fn build(rows: Vec<Option<T>>) -> Self {
        let present = Ranked::new(Bitmap::of(rows.len(), |row| rows[row].is_some()));
        Self { present, values: rows.into_iter().flatten().collect() }
    }

    /// The value of a row.
    pub fn get(&self, row: usize) -> Option<&T> {
        self.present.bitmap().contains(row).then(|| &self.values[self.present.rank(row)])
    }

    /// The rows that have a value.
    pub fn present(&self) -> &Bitmap {
        self.present.bitmap()
    }

    /// The values, in the order of their rows.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// Bytes that it occupies, without what its values point to.
    pub fn memory_bytes(&self) -> usize {
        self.present.bitmap().memory_bytes() * 3 / 2 + size_of_val(&*self.values)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts() -> impl Strategy<Value = Vec<Option<String>>> {
        let value = prop_oneof![Just(String::new()), "[a-c]{0,2}", "x{1,9}"];
        prop::collection::vec(prop::option::of(value), 0..80)
    }

    fn rows(texts: &[Option<String>]) -> Vec<Option<&str>> {
        texts.iter().map(Option::as_deref).collect()
    }

    proptest! {
        #[test]
        fn a_column_gives_back_its_rows_whoever_keeps_the_values(a in texts(), b in texts(), order in any::<u64>()) {
            let mut shared = Dictionary::new(crate::store::Limits { longest: 4, ..Default::default() });
            let (first, second) = (TextColumn::build(&rows(&a), &mut shared), TextColumn::build(&rows(&b), &mut shared));
            for (column, texts) in [(&first, &a), (&second, &b)] {
                for (row, text) in texts.iter().enumerate() {
                    prop_assert_eq!(column.get(row, shared.values()), text.as_deref());
                }
            }
            let mut picks: Vec<_> = (0..a.len()).map(|row| (0, row)).chain((0..b.len()).map(|row| (1, row))).collect();
            let count = picks.len().max(1);
            picks.rotate_left(order as usize % count);
            let joined = TextColumn::pick(&[&first, &second], &picks, shared.values());
            for (row, (column, from)) in picks.iter().enumerate() {
                prop_assert_eq!(joined.get(row, shared.values()), [&a, &b][*column][*from].as_deref());
            }
        }

        #[test]
        fn codes_come_back_however_they_are_packed(most in prop::sample::select(vec![0u32, 1, 255, 256, 65_535, 65_536, u32::MAX]), codes in prop::collection::vec(any::<u32>(), 0..200)) {
            let codes: Vec<Code> = codes.iter().map(|code| code % most.max(1)).collect();
            let packed = Codes::pack(&codes);
            for (row, code) in codes.iter().enumerate() {
                prop_assert_eq!(packed.get(row), *code);
            }
            let each: Vec<Code> = (1..=codes.len() as Code).collect();
            let packed = Codes::pack(&each);
            prop_assert!(each.iter().enumerate().all(|(row, code)| packed.get(row) == *code));
        }

        #[test]
        fn small_values_and_sparse_ones_come_back(values in prop::collection::vec(prop::option::of(0i64..5), 0..200)) {
            let dense = ValueColumn::build(values.iter().copied());
            let sparse = SparseColumn::build(values.clone());
            for (row, value) in values.iter().enumerate() {
                prop_assert_eq!(dense.get(row), *value);
                prop_assert_eq!(sparse.get(row), value.as_ref());
            }
            let all = Bitmap::of_range(values.len(), 0..values.len());
            let even = dense.rows_where(&all, |value| value.is_some_and(|value| value % 2 == 0));
            prop_assert_eq!(even, Bitmap::of(values.len(), |row| values[row].is_some_and(|value| value % 2 == 0)));
        }
    }
}
