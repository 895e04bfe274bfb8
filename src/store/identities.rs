//! Which entry has which identity: eight bytes an entry, found by hash.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::dictionary::spread;
use crate::event::Identity;

/// From identity to ordinal. It keeps a part of each identity's hash alone, so what it finds are
/// candidates, to be compared with the identity that their row bears.
#[derive(Debug, Default)]
pub struct Identities {
    entries: HashTable<Entry>,
    hasher: DefaultHashBuilder,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u32,
    ordinal: u32,
}

impl Identities {
    /// Notes the ordinal of an identity.
    pub fn insert(&mut self, identity: Identity, ordinal: u32) {
        let tag = self.tag(identity);
        self.entries.insert_unique(spread(tag), Entry { tag, ordinal }, |entry| spread(entry.tag));
    }

    /// The ordinals that may be this identity's; its own is among them where it was noted.
    pub fn candidates(&self, identity: Identity) -> impl Iterator<Item = u32> + '_ {
        let tag = self.tag(identity);
        self.entries.iter_hash(spread(tag)).filter(move |entry| entry.tag == tag).map(|entry| entry.ordinal)
    }

    /// Bytes that it occupies.
    pub fn memory_bytes(&self) -> usize {
        self.entries.allocation_size()
    }

    fn tag(&self, identity: Identity) -> u32 {
        (self.hasher.hash_one(identity.0) >> 32) as u32
    }
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
    }
}
