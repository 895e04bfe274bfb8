//! How the texts of rows become a column: a dictionary of the segment's own first, made on any
//! thread, whose distinct values then meet the store's.
//!
//! Not here: rows as a whole (`store::batch`), and the column that comes of it (`store::column`).

use std::sync::Arc;

use hashbrown::{HashMap, HashTable};

use super::Limits;
use super::arena::Arena;
use super::column::{Codes, TextColumn, Texts};
use super::dictionary::{ABSENT, Code, Dictionary, Values, hash};
use super::packed::Own;

/// A column that grows row by row.
#[derive(Debug)]
pub struct Drafting {
    limits: Limits,
    /// A code for each row, from 1 in the order of first appearance; rows behind the last that has a
    /// value are not here.
    codes: Vec<Code>,
    values: Arena,
    hashes: Vec<u64>,
    index: HashTable<Code>,
    /// Values that came of late.
    recent: Box<[Recent; RECENT]>,
    /// How many rows have a value.
    present: usize,
    /// Values hardly repeat, so that they are no longer compared: each row's is one of its own.
    each: bool,
}

/// How many values that came of late are remembered.
const RECENT: usize = 64;

/// A value that came of late, by its ends.
#[derive(Debug, Clone, Copy, Default)]
struct Recent {
    ends: Ends,
    /// [`ABSENT`] where there is none.
    code: Code,
}

/// A text's length and its bytes at both ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ends {
    first: u64,
    last: u64,
    len: u32,
}

impl Ends {
    /// Texts of at most so many bytes are the same where their ends are.
    const WHOLE: usize = 16;

    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let len = bytes.len() as u32;
        let eight = bytes.first_chunk::<8>().zip(bytes.last_chunk::<8>());
        let four = bytes.first_chunk::<4>().zip(bytes.last_chunk::<4>());
        let (first, last) = match (eight, four) {
            (Some((first, last)), _) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            (None, Some((first, last))) => {
                (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
            }
            (None, None) => (bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), 0),
        };
        Self { first, last, len }
    }

    /// Its place among [`RECENT`] (the odd number is the golden ratio's).
    fn place(self) -> usize {
        let mixed = self.first ^ self.last.rotate_left(29) ^ u64::from(self.len);
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize
    }
}

/// A column of a batch.
#[derive(Debug, Clone)]
pub struct Draft {
    codes: Codes,
    texts: DraftTexts,
}

#[derive(Debug, Clone)]
enum DraftTexts {
    /// Values that the store's dictionary may take.
    Shareable { values: Arena, hashes: Vec<u64>, present: usize },
    /// Values that hardly repeat.
    Own(Arc<Own>),
}

impl Drafting {
    /// An empty column.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            codes: Vec::new(),
            values: Arena::default(),
            hashes: Vec::new(),
            index: HashTable::new(),
            recent: Box::new([Recent::default(); RECENT]),
            present: 0,
            each: false,
        }
    }

    /// Gives a row its text; rows come in their order, those without one are left out. The code is the
    /// same for the same text, unless values hardly repeat, and never the same for others.
    #[inline]
    pub fn set(&mut self, row: usize, text: &str) -> Code {
        let code = self.code(text);
        self.set_code(row, code);
        code
    }

    /// Gives a row the text that has this code.
    #[inline]
    pub fn set_again(&mut self, row: usize, code: Code) {
        self.present += 1;
        self.set_code(row, code);
    }

    #[inline]
    fn set_code(&mut self, row: usize, code: Code) {
        debug_assert!(row >= self.codes.len(), "a row has one text");
        if self.codes.len() < row {
            self.codes.resize(row, ABSENT);
        }
        self.codes.push(code);
    }

    fn code(&mut self, text: &str) -> Code {
        self.present += 1;
        if self.each {
            self.values.push(text);
            return self.values.len() as Code;
        }
        let ends = Ends::of(text);
        let place = ends.place();
        let recent = self.recent[place];
        if recent.code != ABSENT
            && recent.ends == ends
            && (text.len() <= Ends::WHOLE || self.values.is(recent.code as usize - 1, text))
        {
            return recent.code;
        }
        let code = self.known_or_new(text);
        self.recent[place] = Recent { ends, code };
        code
    }

    fn known_or_new(&mut self, text: &str) -> Code {
        let hash = hash(text);
        let values = &self.values;
        if let Some(known) = self.index.find(hash, |code| values.is(*code as usize - 1, text)) {
            return *known;
        }
        self.values.push(text);
        self.hashes.push(hash);
        let (code, hashes) = (self.values.len() as Code, &self.hashes);
        self.index.insert_unique(hash, code, |code| hashes[*code as usize - 1]);
        self.each = self.present >= self.limits.probe && self.values.len() > self.present / 8 * 7;
        code
    }

    /// The code of a row.
    #[inline]
    pub fn row_code(&self, row: usize) -> Code {
        self.codes.get(row).copied().unwrap_or(ABSENT)
    }

    /// The text of a row.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.values.get((self.row_code(row) as usize).checked_sub(1)?)
    }

    /// Whether each row that has a value has one of its own, in the order of the rows.
    fn is_each(&self) -> bool {
        let present = self.codes.iter().filter(|code| **code != ABSENT);
        self.present == self.values.len() && present.zip(1..).all(|(code, number)| *code == number)
    }

    /// The column of so many rows, in this order or as they came. It is empty then, and has the room that
    /// it took.
    pub fn finish(&mut self, rows: usize, order: Option<&[u32]>) -> Draft {
        let draft = self.draft(rows, order);
        self.codes.clear();
        self.values = Arena::default();
        self.hashes = Vec::new();
        self.index.clear();
        self.recent.fill(Recent::default());
        (self.present, self.each) = (0, false);
        draft
    }

    fn draft(&mut self, rows: usize, order: Option<&[u32]>) -> Draft {
        if self.codes.is_empty() {
            let texts = DraftTexts::Shareable { values: Arena::default(), hashes: Vec::new(), present: 0 };
            return Draft { codes: Codes::Same(ABSENT), texts };
        }
        self.codes.resize(rows, ABSENT);
        if self.each && order.is_none() && self.is_each() {
            let own = Own::of(std::mem::take(&mut self.values));
            return Draft { codes: Codes::pack(&self.codes), texts: DraftTexts::Own(Arc::new(own)) };
        }
        if self.each {
            // Values in the order of their rows need no codes.
            let mut values = Arena::default();
            let mut take = |row: usize| match self.get(row) {
                Some(text) => {
                    values.push(text);
                    values.len() as Code
                }
                None => ABSENT,
            };
            let codes: Vec<Code> = match order {
                None => (0..self.codes.len()).map(&mut take).collect(),
                Some(order) => order.iter().map(|row| take(*row as usize)).collect(),
            };
            return Draft { codes: Codes::pack(&codes), texts: DraftTexts::Own(Arc::new(Own::of(values))) };
        }
        let codes = match order {
            None => Codes::pack(&self.codes),
            Some(order) => {
                let codes: Vec<Code> = order.iter().map(|row| self.codes[*row as usize]).collect();
                Codes::pack(&codes)
            }
        };
        let values = std::mem::take(&mut self.values);
        let hardly_repeat = values.len() >= self.limits.probe && values.len() > self.present / 2;
        let texts = if hardly_repeat {
            DraftTexts::Own(Arc::new(Own::of(values)))
        } else {
            let hashes = std::mem::take(&mut self.hashes);
            DraftTexts::Shareable { values, hashes, present: self.present }
        };
        Draft { codes, texts }
    }
}

impl Draft {
    /// The same column once more, its own values kept once.
    pub fn twin(&self) -> Self {
        self.clone()
    }

    /// The column, its values shared where the dictionary takes them.
    pub fn settle(self, shared: &mut Dictionary) -> TextColumn {
        let texts = match self.texts {
            DraftTexts::Own(own) => Texts::Own(own),
            DraftTexts::Shareable { values, hashes, present } => {
                match shared.intern(&values, &hashes, present) {
                    Some(codes) => Texts::Shared(codes),
                    None => Texts::Own(Arc::new(Own::of(values))),
                }
            }
        };
        TextColumn::new(self.codes, texts)
    }
}

/// The column of rows picked from other columns of the same store: `(column, row)` each.
pub fn pick(columns: &[&TextColumn], picks: &[(usize, usize)], shared: &Values) -> TextColumn {
    let codes: Option<Vec<Code>> =
        picks.iter().map(|(column, row)| columns[*column].shared_code(*row)).collect();
    if let Some(codes) = codes {
        let mut known: HashMap<Code, Code> = HashMap::new();
        let mut values = Vec::new();
        let codes: Vec<Code> = codes
            .into_iter()
            .map(|shared| {
                if shared == ABSENT {
                    return ABSENT;
                }
                *known.entry(shared).or_insert_with(|| {
                    values.push(shared);
                    values.len() as Code
                })
            })
            .collect();
        return TextColumn::new(Codes::pack(&codes), Texts::Shared(values.into()));
    }
    // Some values are kept by their own segments; those in the dictionary join them.
    let mut draft = Drafting::new(Limits::default());
    for (place, (column, row)) in picks.iter().enumerate() {
        if let Some(text) = columns[*column].get(*row, shared) {
            draft.set(place, &text);
        }
    }
    let Draft { codes, texts } = draft.finish(picks.len(), None);
    let own = match texts {
        DraftTexts::Own(own) => own,
        DraftTexts::Shareable { values, .. } => Arc::new(Own::of(values)),
    };
    TextColumn::new(codes, Texts::Own(own))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn short_texts_are_the_same_where_their_ends_are(a in "[ab]{0,16}", b in "[ab]{0,16}") {
            prop_assert_eq!(Ends::of(&a) == Ends::of(&b), a == b);
            prop_assert!(Ends::of(&a).place() < RECENT);
        }

        #[test]
        fn rows_come_back_in_the_order_asked(
            texts in prop::collection::vec(prop::option::of("[ab]{0,3}|[ab]{9,20}"), 0..60),
            turn in 0usize..60,
            probe in prop::sample::select(vec![2, 4096]),
        ) {
            let mut drafting = Drafting::new(Limits { probe, ..Limits::default() });
            for (row, text) in texts.iter().enumerate() {
                if let Some(text) = text {
                    drafting.set(row, text);
                }
            }
            let mut order: Vec<u32> = (0..texts.len() as u32).collect();
            order.rotate_left(turn % texts.len().max(1));
            let mut shared = Dictionary::new(Limits::default());
            let column = drafting.finish(texts.len(), Some(&order)).settle(&mut shared);
            for (row, from) in order.iter().enumerate() {
                let held = column.get(row, shared.values());
                prop_assert_eq!(held.as_deref(), texts[*from as usize].as_deref());
            }
        }
    }
}
