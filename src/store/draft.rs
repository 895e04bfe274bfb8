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
    /// A code for each row, from 1 in the order of first appearance.
    codes: Vec<Code>,
    values: Arena,
    hashes: Vec<u64>,
    index: HashTable<Code>,
    /// How many rows have a value.
    present: usize,
    /// Values hardly repeat, so that they are no longer compared: each row's is one of its own.
    each: bool,
}

/// A column of a batch.
#[derive(Debug)]
pub struct Draft {
    codes: Codes,
    texts: DraftTexts,
}

#[derive(Debug)]
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
            present: 0,
            each: false,
        }
    }

    /// Adds a row.
    pub fn push(&mut self, text: Option<&str>) {
        let code = text.map_or(ABSENT, |text| self.code(text));
        self.codes.push(code);
    }

    fn code(&mut self, text: &str) -> Code {
        self.present += 1;
        if self.each {
            self.values.push(text);
            return self.values.len() as Code;
        }
        if let Some(last) = self.codes.last()
            && *last != ABSENT
            && self.values.get(*last as usize - 1) == Some(text)
        {
            return *last;
        }
        let hash = hash(text);
        let values = &self.values;
        if let Some(known) = self.index.find(hash, |code| values.get(*code as usize - 1) == Some(text)) {
            return *known;
        }
        self.values.push(text);
        self.hashes.push(hash);
        let (code, hashes) = (self.values.len() as Code, &self.hashes);
        self.index.insert_unique(hash, code, |code| hashes[*code as usize - 1]);
        self.each = self.present >= self.limits.probe && self.values.len() > self.present / 8 * 7;
        code
    }

    /// The text of a row.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.values.get((self.codes[row] as usize).checked_sub(1)?)
    }

    /// The column of these rows in this order, or of all rows as they came.
    pub fn finish(mut self, order: Option<&[u32]>) -> Draft {
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
            self.codes = match order {
                None => (0..self.codes.len()).map(&mut take).collect(),
                Some(order) => order.iter().map(|row| take(*row as usize)).collect(),
            };
            return Draft {
                codes: Codes::pack(&self.codes),
                texts: DraftTexts::Own(Arc::new(Own::of(values))),
            };
        }
        if let Some(order) = order {
            self.codes = order.iter().map(|row| self.codes[*row as usize]).collect();
        }
        let codes = Codes::pack(&self.codes);
        let hardly_repeat = self.values.len() >= self.limits.probe && self.values.len() > self.present / 2;
        let texts = if hardly_repeat {
            DraftTexts::Own(Arc::new(Own::of(self.values)))
        } else {
            DraftTexts::Shareable { values: self.values, hashes: self.hashes, present: self.present }
        };
        Draft { codes, texts }
    }
}

impl Draft {
    /// Makes two columns that say the same keep it once.
    pub fn unify(&mut self, other: &Self) {
        if let (DraftTexts::Own(mine), DraftTexts::Own(theirs)) = (&mut self.texts, &other.texts)
            && mine.len() == theirs.len()
            && mine.iter().eq(theirs.iter())
        {
            *mine = Arc::clone(theirs);
        }
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
    for (column, row) in picks {
        draft.push(columns[*column].get(*row, shared).as_deref());
    }
    let Draft { codes, texts } = draft.finish(None);
    let own = match texts {
        DraftTexts::Own(own) => own,
        DraftTexts::Shareable { values, .. } => Arc::new(Own::of(values)),
    };
    TextColumn::new(codes, Texts::Own(own))
}
