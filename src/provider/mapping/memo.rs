//! What was found out about texts of late, so that what stands in a thousand records is not looked
//! at a thousand times.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

/// How many texts are remembered: the values of most columns of a log, and the commonest of the others.
const REMEMBERED: usize = 1 << 12;
/// Texts longer than this many bytes are not worth it.
const LONGEST: usize = 256;

/// A finding for each of the texts that came of late.
#[derive(Debug, Clone)]
pub(super) struct Memo<T> {
    hasher: DefaultHashBuilder,
    /// With each text its hash, so that most others are told from it without a look at it.
    places: Vec<Option<(u64, Box<str>, T)>>,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { hasher: DefaultHashBuilder::default(), places: Vec::new() }
    }
}

impl<T: Copy> Memo<T> {
    /// The finding for a text; `find` finds it where it is not remembered.
    #[inline]
    pub(super) fn get(&mut self, text: &str, find: impl FnOnce(&str) -> T) -> T {
        if text.len() > LONGEST {
            return find(text);
        }
        if self.places.is_empty() {
            self.places.resize_with(REMEMBERED, || None);
        }
        let hash = self.hasher.hash_one(text);
        let place = hash as usize % REMEMBERED;
        match &self.places[place] {
            Some((known_hash, known, found)) if *known_hash == hash && **known == *text => *found,
            _ => {
                let found = find(text);
                self.places[place] = Some((hash, text.into(), found));
                found
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_was_found() {
        let mut memo = Memo::default();
        let mut looked = 0;
        let mut get = |text: &str| {
            memo.get(text, |text| {
                looked += 1;
                text.len()
            })
        };
        for number in 0..3 * REMEMBERED {
            let text = format!("{}{number}", "x".repeat(if number % 5 == 0 { LONGEST } else { 0 }));
            assert_eq!((get(&text), get(&text)), (text.len(), text.len()));
        }
        let long = 3 * REMEMBERED / 5 + 1;
        assert_eq!(looked, 3 * REMEMBERED + long, "only long texts are looked at twice");
    }
}
