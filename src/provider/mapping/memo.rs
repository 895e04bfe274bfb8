//! What was found out about texts of late, so that what stands in a thousand records is not looked
//! at a thousand times.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

/// How many texts are remembered: the values of most columns of a log, and the commonest of the others.
/// Few enough to stay in a core's own cache.
const REMEMBERED: usize = 256;
/// Texts longer than this many bytes are not worth it.
const LONGEST: usize = 96;

/// A finding for each of the texts that came of late.
#[derive(Debug, Clone)]
pub(super) struct Memo<T> {
    hasher: DefaultHashBuilder,
    places: Vec<Place<T>>,
}

/// A text, here and not elsewhere in memory, and what was found out about it.
#[derive(Debug, Clone, Copy)]
struct Place<T> {
    bytes: [u8; LONGEST],
    /// `None`: nothing is remembered here.
    len: Option<u8>,
    found: T,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { hasher: DefaultHashBuilder::default(), places: Vec::new() }
    }
}

impl<T: Copy + Default> Memo<T> {
    /// The finding for a text; `find` finds it where it is not remembered.
    #[inline]
    pub(super) fn get(&mut self, text: &str, find: impl FnOnce(&str) -> T) -> T {
        let Some(len) = u8::try_from(text.len()).ok().filter(|_| text.len() <= LONGEST) else {
            return find(text);
        };
        if self.places.is_empty() {
            self.places = vec![Place { bytes: [0; LONGEST], len: None, found: T::default() }; REMEMBERED];
        }
        let place = &mut self.places[self.hasher.hash_one(text) as usize % REMEMBERED];
        if place.len != Some(len) || place.bytes[..text.len()] != *text.as_bytes() {
            place.found = find(text);
            place.len = Some(len);
            place.bytes[..text.len()].copy_from_slice(text.as_bytes());
        }
        place.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_was_found() {
        let mut memo = Memo::<usize>::default();
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
