//! A batch among entries that are kept once: its columns stay as they are, and rows that are known
//! already are buried in it. Those of them that are to stand are taken in anew, one by one, for they
//! are few.
//!
//! Not here: a batch of entries that nobody compares (`store::Store::add_batch`).

use std::collections::HashSet;

use super::batch::Batch;
use super::dictionary::Values;
use super::segment::Segment;
use super::{FULL, Part, Store, locate};
use crate::event::{Event, Identity, Rank};

/// How the copies of a batch stand to those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Copies {
    /// They came later: of equals they stand.
    Newer,
    /// They are from before: of equals those stand that are there.
    Older,
}

impl Store {
    /// Adds a batch; the store keeps one entry of each identity.
    pub(super) fn add_unique(&mut self, batch: Batch, copies: Copies) {
        let first = self.next;
        let segment = Segment::of_batch(batch, first, &mut self.dictionaries);
        let shared = self.values();
        let mut new = New { first, rows: Vec::with_capacity(segment.len()) };
        let (mut buried, mut again): (Vec<usize>, Vec<Event>) = (Vec::new(), Vec::new());
        let mut raised: HashSet<Identity> = HashSet::new();
        for arrived in 0..segment.len() as u32 {
            let Some(row) = segment.row_of_ordinal(first.checked_add(arrived).expect(FULL)) else { continue };
            let (identity, rank) = (segment.identity(row, &shared), segment.rank(row));
            let Some(standing) = self.rank_among(&segment, &new, identity, &shared) else {
                let ordinal = self.number();
                self.identities.insert(identity, ordinal);
                new.rows.push(row);
                continue;
            };
            let stands = match copies {
                Copies::Newer => rank >= standing,
                // Of two ranks the higher one: a second copy of it is no better than the first.
                Copies::Older => rank > standing && raised.insert(identity),
            };
            if stands {
                again.push(segment.event(row, &shared));
            }
            buried.push(row);
        }
        if !new.rows.is_empty() {
            self.parts.push(new.part(segment, &buried));
        }
        if !again.is_empty() {
            self.add(again);
        }
    }

    /// The rank of the copy that stands of an entry, in the store or among the new rows.
    fn rank_among(
        &self,
        segment: &Segment,
        new: &New,
        identity: Identity,
        shared: &[Values],
    ) -> Option<Rank> {
        self.identities.candidates(identity).find_map(|ordinal| {
            let (segment, row) = if let Some(place) = ordinal.checked_sub(new.first) {
                (segment, *new.rows.get(place as usize)?)
            } else {
                let (part, row) = locate(&self.parts, ordinal)?;
                (&*self.parts[part].segment, row)
            };
            (segment.identity(row, shared) == identity).then(|| segment.rank(row))
        })
    }
}

/// The rows of a segment that are new, in the order of arrival: their numbers follow one another.
struct New {
    first: u32,
    rows: Vec<usize>,
}

impl New {
    /// The segment as a part of the store. Rows that are buried bear numbers that later ones bear
    /// too, as rows do that were superseded.
    fn part(&self, segment: Segment, buried: &[usize]) -> Part {
        if buried.is_empty() {
            return Part::new(segment);
        }
        let mut ordinals = vec![0; segment.len()];
        for (row, ordinal) in self.rows.iter().chain(buried).zip(self.first..) {
            ordinals[*row] = ordinal;
        }
        let mut part = Part::new(segment.numbered(&ordinals));
        for row in buried {
            part.bury(*row);
        }
        part
    }
}
