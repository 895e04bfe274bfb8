//! Which entry has which identity: found by hash, some ten bytes an entry.
//!
//! The table is of our own: one that doubles has room for twice the entries just when they are many,
//! and an entry's eight bytes would become nineteen.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use crate::event::Identity;

/// From identity to ordinal. It keeps a part of each identity's hash alone, so what it finds are
/// candidates, to be compared with the identity that their row bears.
#[derive(Debug, Default)]
pub struct Identities {
    /// An entry stands at its tag's place or, where that is taken, at the next free one; the place
    /// after the last is the first.
    places: Box<[Option<Entry>]>,
    len: usize,
    hasher: DefaultHashBuilder,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u32,
    /// One more than the ordinal, so that a free place takes no room of its own.
    number: std::num::NonZeroU32,
}

/// Of five places four may be taken.
const FULL: (usize, usize) = (4, 5);
/// Places at first.
const FEWEST: usize = 16;

impl Identities {
    /// Notes the ordinal of an identity.
    pub fn insert(&mut self, identity: Identity, ordinal: u32) {
        if (self.len + 1) * FULL.1 > self.places.len() * FULL.0 {
            self.grow();
        }
        let number = std::num::NonZeroU32::MIN.saturating_add(ordinal);
        let tag = self.tag(identity);
        put(&mut self.places, Entry { tag, number });
        self.len += 1;
    }

    /// The ordinals that may be this identity's; its own is among them where it was noted.
    pub fn candidates(&self, identity: Identity) -> impl Iterator<Item = u32> + '_ {
        let tag = self.tag(identity);
        let (before, after) = self.places.split_at(place(tag, self.places.len()));
        let taken = after.iter().chain(before).map_while(|entry| *entry);
        taken.filter(move |entry| entry.tag == tag).map(|entry| entry.number.get() - 1)
    }

    /// Bytes that it occupies.
    pub fn memory_bytes(&self) -> usize {
        size_of_val(&*self.places)
    }

    /// Makes room for a quarter more.
    fn grow(&mut self) {
        let more = (self.places.len() / 4).max(FEWEST);
        let mut places = vec![None; self.places.len() + more].into_boxed_slice();
        self.places.iter().flatten().for_each(|entry| put(&mut places, *entry));
        self.places = places;
    }

    fn tag(&self, identity: Identity) -> u32 {
        (self.hasher.hash_one(identity.0) >> 32) as u32
    }
}

/// The place of a tag among so many: in the order of the tags.
fn place(tag: u32, places: usize) -> usize {
    ((u64::from(tag) * places as u64) >> 32) as usize
}

/// Puts an entry where there is a free place.
fn put(places: &mut [Option<Entry>], entry: Entry) {
    let mut at = place(entry.tag, places.len());
    while places[at].is_some() {
        at = if at + 1 == places.len() { 0 } else { at + 1 };
    }
    places[at] = Some(entry);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_among_the_candidates() {
        let mut identities = Identities::default();
        for n in 0..5000u32 {
            identities.insert(Identity(u128::from(n) << 64), n);
        }
        for n in 0..5000u32 {
            assert!(identities.candidates(Identity(u128::from(n) << 64)).any(|ordinal| ordinal == n));
        }
        let strangers =
            (0..5000u128).filter(|n| identities.candidates(Identity(n + 1)).next().is_some()).count();
        assert!(strangers < 50, "{strangers}");
        assert!(identities.memory_bytes() < 5000 * 13, "{}", identities.memory_bytes());
        assert_eq!(Identities::default().candidates(Identity(1)).next(), None);
    }
}
