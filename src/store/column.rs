//! Columns of a segment: for each row a small code of the segment's own, for each code a value that
//! is kept once: in the store's dictionary, or, where values hardly repeat, by the segment.
//!
//! Not here: what the columns mean (`store::segment`), how rows become columns (`store::draft`), and
//! which rows a filter takes (`store::scan`).

use std::borrow::Cow;
use std::sync::Arc;

use super::bitmap::{Bitmap, Ranked};
use super::dictionary::{ABSENT, Code, Values};
use super::packed::Own;

/// A code for each row, in the fewest bytes that hold them.
#[derive(Debug, Clone)]
pub enum Codes {
    /// Every row has this one.
    Same(Code),
    /// Row `n` has code `n + 1`: every value stands once, in the order of the rows.
    Each,
    /// The same of these rows alone; the others have [`ABSENT`].
    Present(Ranked),
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
        let mut next = 1;
        let each = codes.iter().all(|code| {
            let fits = *code == ABSENT || *code == next;
            next += Code::from(*code == next);
            fits
        });
        let most = codes.iter().copied().max().unwrap_or(ABSENT);
        if each && most as usize == codes.len() {
            Self::Each
        } else if each && most > 16 {
            Self::Present(Ranked::new(Bitmap::of(codes.len(), |row| codes[row] != ABSENT)))
        } else if u8::try_from(most).is_ok() {
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
            Self::Present(rows) if rows.bitmap().contains(row) => rows.rank(row) as Code + 1,
            Self::Present(_) => ABSENT,
            Self::Bytes(codes) => Code::from(codes[row]),
            Self::Words(codes) => Code::from(codes[row]),
            Self::Wide(codes) => codes[row],
        }
    }

    /// How many of the rows have each code, [`ABSENT`] among them: so many codes from 1.
    pub fn counts(&self, count: usize, rows: impl Iterator<Item = usize>) -> Vec<u32> {
        let mut counts = vec![0u32; count + 1];
        match self {
            Self::Each => rows.for_each(|row| counts[row + 1] += 1),
            Self::Bytes(codes) => rows.for_each(|row| counts[usize::from(codes[row])] += 1),
            Self::Words(codes) => rows.for_each(|row| counts[usize::from(codes[row])] += 1),
            _ => rows.for_each(|row| counts[self.get(row) as usize] += 1),
        }
        counts
    }

    /// The numbers of the values that rows have (a code less one), of so many.
    pub fn numbers(&self, count: usize, rows: &Bitmap) -> Bitmap {
        match self {
            Self::Each => return rows.clone(),
            Self::Present(present) => return present.gather(rows),
            _ => {}
        }
        let mut numbers = Bitmap::none(count);
        let codes = rows.rows().map(|row| self.get(row) as usize);
        codes.filter_map(|code| code.checked_sub(1)).for_each(|number| numbers.insert(number));
        numbers
    }

    /// As [`Self::counts`], of a set of rows.
    pub fn counts_in(&self, count: usize, rows: &Bitmap) -> Vec<u32> {
        match self {
            Self::Each | Self::Present(_) => {
                let mut counts = vec![0; count + 1];
                let numbers = self.numbers(count, rows);
                numbers.rows().for_each(|number| counts[number + 1] = 1);
                counts[ABSENT as usize] = (rows.count() - numbers.count()) as u32;
                counts
            }
            Self::Same(code) => {
                let mut counts = vec![0; count + 1];
                counts[*code as usize] = rows.count() as u32;
                counts
            }
            _ => self.counts(count, rows.rows()),
        }
    }

    /// The rows of `within` whose code is accepted: that has a 1 in the table. Codes beyond the
    /// table are not.
    pub fn rows_accepted(&self, table: &[u8], within: &Bitmap) -> Bitmap {
        if !table.contains(&1) {
            return Bitmap::none(within.len());
        }
        let bit = |code: usize| u64::from(table.get(code).copied().unwrap_or(0));
        let accepts = |code: Code| table.get(code as usize) == Some(&1);
        let few = within.count() < within.len() / 8;
        match self {
            Self::Same(code) if accepts(*code) => within.clone(),
            Self::Same(_) => Bitmap::none(within.len()),
            Self::Bytes(codes) if few => Bitmap::of_those(within, |row| accepts(codes[row].into())),
            Self::Words(codes) if few => Bitmap::of_those(within, |row| accepts(codes[row].into())),
            Self::Bytes(codes) => {
                let mut whole = [0; 256];
                whole.iter_mut().zip(table).for_each(|(one, accepted)| *one = u64::from(*accepted));
                words_within(codes, within, |code| whole[usize::from(code)])
            }
            Self::Words(codes) => {
                let mut whole = table.to_vec();
                whole.resize(1 << 16, 0);
                let whole: Box<[u8; 1 << 16]> = whole.try_into().expect("it has as many as were asked for");
                words_within(codes, within, |code| u64::from(whole[usize::from(code)]))
            }
            Self::Wide(codes) => words_within(codes, within, |code| bit(code as usize)),
            Self::Each | Self::Present(_) => {
                let numbers = table[1..].chunks(64);
                let words: Vec<u64> = numbers
                    .map(|bits| bits.iter().rev().fold(0, |word, bit| word << 1 | u64::from(*bit)))
                    .collect();
                self.rows_numbered(&words, within)
            }
        }
    }

    /// The same of a set of value numbers (a code less one), a bit each; numbers beyond it are not.
    pub fn rows_numbered(&self, numbers: &[u64], within: &Bitmap) -> Bitmap {
        let mut rows = match self {
            Self::Each => {
                let words = within.len().div_ceil(64);
                let beyond = std::iter::repeat_n(0, words.saturating_sub(numbers.len()));
                Bitmap::of_words(within.len(), numbers.iter().copied().take(words).chain(beyond))
            }
            Self::Present(rows) => rows.spread(numbers),
            _ => {
                let bits = numbers.iter().flat_map(|word| (0..64).map(move |bit| (word >> bit & 1) as u8));
                let table: Vec<u8> = std::iter::once(0).chain(bits).collect();
                return self.rows_accepted(&table, within);
            }
        };
        rows.intersect(within);
        rows
    }

    /// As [`Self::rows_accepted`], where the table may accept rows without a value.
    pub fn rows_where_code(&self, table: &[u8], within: &Bitmap) -> Bitmap {
        match self {
            Self::Present(rows) if table.first() == Some(&1) => {
                let mut without = within.clone();
                without.subtract(rows.bitmap());
                without.unite(&self.rows_accepted(table, within));
                without
            }
            _ => self.rows_accepted(table, within),
        }
    }

    /// Bytes that they occupy.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Same(_) | Self::Each => 0,
            Self::Present(rows) => rows.memory_bytes(),
            Self::Bytes(codes) => codes.len(),
            Self::Words(codes) => codes.len() * size_of::<u16>(),
            Self::Wide(codes) => codes.len() * size_of::<u32>(),
        }
    }
}

/// The rows of `within` whose code has the bit 1; 64 rows without any are not looked at.
fn words_within<C: Copy>(codes: &[C], within: &Bitmap, bit: impl Fn(C) -> u64) -> Bitmap {
    // Eight at a time, which do not wait for one another.
    let eight = |c: &[C; 8]| {
        (bit(c[0]) | bit(c[1]) << 1 | bit(c[2]) << 2 | bit(c[3]) << 3)
            | (bit(c[4]) << 4 | bit(c[5]) << 5 | bit(c[6]) << 6 | bit(c[7]) << 7)
    };
    let mut words = Vec::with_capacity(within.words().len());
    for (codes, within) in codes.chunks(64).zip(within.words()) {
        let mut word = 0;
        if *within != 0 {
            let (eights, rest) = codes.as_chunks::<8>();
            for (place, codes) in eights.iter().enumerate() {
                word |= eight(codes) << (8 * place);
            }
            for (place, code) in rest.iter().enumerate() {
                word |= bit(*code) << (8 * eights.len() + place);
            }
        }
        words.push(word & within);
    }
    Bitmap::of_words(within.len(), words.into_iter())
}

/// A column of texts, each row's present (perhaps empty) or absent.
#[derive(Debug, Clone)]
pub struct TextColumn {
    codes: Codes,
    texts: Texts,
}

/// The values of a text column by its codes, from 1.
#[derive(Debug, Clone)]
pub enum Texts {
    /// The store's codes of them.
    Shared(Box<[Code]>),
    /// Values of the segment's own.
    Own(Arc<Own>),
}

impl TextColumn {
    /// The column of these codes and values.
    pub fn new(codes: Codes, texts: Texts) -> Self {
        Self { codes, texts }
    }

    /// The codes of the rows, by which [`Self::texts`] has the values.
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// The values by code, from 1.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// How many codes there are.
    pub fn len(&self) -> usize {
        match &self.texts {
            Texts::Shared(codes) => codes.len(),
            Texts::Own(own) => own.len(),
        }
    }

    /// The store's code of a row's value; `None` where the column keeps its values itself.
    pub fn shared_code(&self, row: usize) -> Option<Code> {
        match &self.texts {
            Texts::Shared(codes) => {
                Some((self.codes.get(row) as usize).checked_sub(1).map_or(ABSENT, |number| codes[number]))
            }
            Texts::Own(_) => None,
        }
    }

    /// The value of a row; `shared` are the store's values of this column.
    pub fn get<'a>(&'a self, row: usize, shared: &'a Values) -> Option<Cow<'a, str>> {
        let number = (self.codes.get(row) as usize).checked_sub(1)?;
        match &self.texts {
            Texts::Shared(codes) => shared.get(codes[number]),
            Texts::Own(own) => own.get(number),
        }
    }

    /// Bytes that it occupies, without the store's dictionary.
    pub fn memory_bytes(&self) -> usize {
        let texts = match &self.texts {
            Texts::Shared(codes) => size_of_val(&**codes),
            Texts::Own(own) => own.memory_bytes(),
        };
        self.codes.memory_bytes() + texts
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
        let mut last = None;
        let codes: Vec<Code> = rows
            .map(|value| match last {
                Some((same, code)) if same == value => code,
                _ => {
                    let code = *known.entry(value).or_insert_with(|| {
                        values.push(value);
                        values.len() as Code
                    });
                    last = Some((value, code));
                    code
                }
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
        let table: Vec<u8> =
            std::iter::once(0).chain(self.values.iter().map(|value| u8::from(accept(*value)))).collect();
        self.codes.rows_accepted(&table, within)
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
    /// Builds the column of so many rows; no rows at all stand for rows without a value.
    pub fn build(len: usize, rows: Vec<Option<T>>) -> Self {
        let present = Ranked::new(Bitmap::of(len, |row| rows.get(row).is_some_and(Option::is_some)));
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
        self.present.memory_bytes() + size_of_val(&*self.values)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::Limits;
    use crate::store::dictionary::Dictionary;
    use crate::store::draft::{Drafting, pick};

    fn texts() -> impl Strategy<Value = Vec<Option<String>>> {
        let value = prop_oneof![Just(String::new()), "[a-c]{0,2}", "x{1,9}"];
        prop::collection::vec(prop::option::of(value), 0..80)
    }

    proptest! {
        #[test]
        fn a_column_gives_back_its_rows_whoever_keeps_the_values(a in texts(), b in texts(), order in any::<u64>()) {
            let mut shared = Dictionary::new(crate::store::Limits { longest: 4, ..Default::default() });
            let [first, second] = [&a, &b].map(|texts| {
                let mut draft = Drafting::new(Limits::default());
                for (row, text) in texts.iter().enumerate() {
                    if let Some(text) = text {
                        draft.set(row, text);
                    }
                }
                draft.finish(texts.len(), None).settle(&mut shared)
            });
            for (column, texts) in [(&first, &a), (&second, &b)] {
                let odd = Bitmap::of(texts.len(), |row| row % 2 == 1);
                let (codes, count) = (column.codes(), column.len());
                let counts = codes.counts(count, odd.rows());
                prop_assert_eq!(&codes.counts_in(count, &odd), &counts);
                let numbers = Bitmap::of(count, |number| counts[number + 1] > 0);
                prop_assert_eq!(codes.numbers(count, &odd), numbers);
                for (row, text) in texts.iter().enumerate() {
                    let held = column.get(row, shared.values());
                    prop_assert_eq!(held.as_deref(), text.as_deref());
                }
            }
            let mut picks: Vec<_> = (0..a.len()).map(|row| (0, row)).chain((0..b.len()).map(|row| (1, row))).collect();
            let count = picks.len().max(1);
            picks.rotate_left(order as usize % count);
            let joined = pick(&[&first, &second], &picks, shared.values());
            for (row, (column, from)) in picks.iter().enumerate() {
                let held = joined.get(row, shared.values());
                prop_assert_eq!(held.as_deref(), [&a, &b][*column][*from].as_deref());
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
            let mut next = 0;
            let present: Vec<Code> = codes.iter().map(|code| if code % 3 == 0 { 0 } else { next += 1; next }).collect();
            let packed = Codes::pack(&present);
            prop_assert!(present.iter().enumerate().all(|(row, code)| packed.get(row) == *code));
        }

        #[test]
        fn rows_are_accepted_by_their_codes(
            most in prop::sample::select(vec![2u32, 200, 300]),
            codes in prop::collection::vec((any::<u32>(), any::<bool>(), prop::bool::weighted(0.1)), 0..300),
            odd in any::<bool>(),
            each in any::<bool>(),
            few in any::<bool>(),
        ) {
            let mut next = 0;
            let plain: Vec<Code> = codes.iter().map(|(code, present, _)| {
                if each { if *present { next += 1; next } else { 0 } } else { code % most }
            }).collect();
            let table: Vec<u8> = (0..200u32).map(|code| u8::from(code > 0 && (odd || code % 2 == 0))).collect();
            let within = Bitmap::of(codes.len(), |row| if few { codes[row].2 } else { codes[row].1 });
            let expected = Bitmap::of_those(&within, |row| table.get(plain[row] as usize) == Some(&1));
            prop_assert_eq!(Codes::pack(&plain).rows_accepted(&table, &within), expected);
        }

        #[test]
        fn small_values_and_sparse_ones_come_back(values in prop::collection::vec(prop::option::of(0i64..5), 0..200)) {
            let dense = ValueColumn::build(values.iter().copied());
            let sparse = SparseColumn::build(values.len(), values.clone());
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
