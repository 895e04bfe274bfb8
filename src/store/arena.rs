//! Many texts in one piece of memory, each found by its number.
//!
//! Not here: which texts are the same (`store::dictionary`), and which row has which
//! (`store::column`).

/// Texts, one after the other, numbered from 0.
#[derive(Debug, Clone, Default)]
pub struct Arena {
    text: String,
    ends: Ends,
    /// What folding would change, where that was found out after the last text came.
    case: Option<Case>,
}

/// What folding would change in the texts of an arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    /// Nothing: ASCII without upper case.
    Folded,
    /// Upper-case ASCII.
    Ascii,
    /// There is more than ASCII.
    Unicode,
}

impl Case {
    /// What folding would change in a text.
    pub fn of(text: &str) -> Self {
        if !text.is_ascii() {
            return Self::Unicode;
        }
        // Without an early end, so that many bytes are looked at in one instruction.
        let has_upper = |bytes: &[u8]| bytes.iter().fold(false, |any, byte| any | byte.is_ascii_uppercase());
        if text.as_bytes().chunks(1024).any(has_upper) { Self::Ascii } else { Self::Folded }
    }
}

/// Where each text ends: in four bytes as long as they suffice.
#[derive(Debug, Clone)]
enum Ends {
    Narrow(Vec<u32>),
    Wide(Vec<usize>),
}

impl Default for Ends {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

impl Arena {
    /// Adds a text; its number is the length before.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.case = None;
        let end = self.text.len();
        match (&mut self.ends, u32::try_from(end)) {
            (Ends::Narrow(ends), Ok(end)) => ends.push(end),
            (Ends::Narrow(ends), Err(_)) => {
                let wide = ends.iter().map(|end| *end as usize).chain([end]).collect();
                self.ends = Ends::Wide(wide);
            }
            (Ends::Wide(ends), _) => ends.push(end),
        }
    }

    /// The text of this number.
    pub fn get(&self, number: usize) -> Option<&str> {
        let start = number.checked_sub(1).map_or(Some(0), |before| self.end(before))?;
        self.text.get(start..self.end(number)?)
    }

    /// All texts, one after the other without anything between.
    pub fn whole(&self) -> &str {
        &self.text
    }

    /// What folding would change.
    pub fn case(&self) -> Case {
        self.case.unwrap_or_else(|| Case::of(&self.text))
    }

    /// Where the text of this number ends in [`Self::whole`].
    pub fn end(&self, number: usize) -> Option<usize> {
        match &self.ends {
            Ends::Narrow(ends) => ends.get(number).map(|end| *end as usize),
            Ends::Wide(ends) => ends.get(number).copied(),
        }
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        match &self.ends {
            Ends::Narrow(ends) => ends.len(),
            Ends::Wide(ends) => ends.len(),
        }
    }

    /// All texts, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        (0..self.len()).map_while(move |number| {
            let end = self.end(number)?;
            self.text.get(std::mem::replace(&mut start, end)..end)
        })
    }

    /// Whether the text of this number is this one.
    pub fn is(&self, number: usize, text: &str) -> bool {
        let start = number.checked_sub(1).map_or(Some(0), |before| self.end(before));
        let span = start.zip(self.end(number));
        span.is_some_and(|(start, end)| {
            end - start == text.len() && self.text.as_bytes().get(start..end) == Some(text.as_bytes())
        })
    }

    /// Gives back what room was left over, once all texts have come.
    pub fn shrink(&mut self) {
        self.case = Some(self.case());
        self.text.shrink_to_fit();
        match &mut self.ends {
            Ends::Narrow(ends) => ends.shrink_to_fit(),
            Ends::Wide(ends) => ends.shrink_to_fit(),
        }
    }

    /// Bytes that it occupies.
    pub fn memory_bytes(&self) -> usize {
        let ends = match &self.ends {
            Ends::Narrow(ends) => ends.capacity() * size_of::<u32>(),
            Ends::Wide(ends) => ends.capacity() * size_of::<usize>(),
        };
        self.text.capacity() + ends
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_comes_back_by_its_number(texts in prop::collection::vec(any::<String>(), 0..40), widen_at in 0usize..50) {
            let mut arena = Arena::default();
            for (number, text) in texts.iter().enumerate() {
                if number == widen_at && let Ends::Narrow(ends) = &arena.ends {
                    arena.ends = Ends::Wide(ends.iter().map(|end| *end as usize).collect());
                }
                arena.push(text);
            }
            arena.shrink();
            prop_assert_eq!(arena.len(), texts.len());
            prop_assert!(arena.iter().eq(texts.iter().map(String::as_str)));
            prop_assert_eq!(arena.get(texts.len()), None);
        }
    }
}
