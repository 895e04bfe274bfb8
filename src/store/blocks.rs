//! The records of a segment in compressed blocks.
//!
//! A block has a hundred records or so, so that one is unpacked in less than a tenth of a millisecond; blocks share a
//! dictionary, which makes them nearly as small as one stream would be. When segments are merged
//! whole, one after the other, as pages become that came in order of time, their blocks are not
//! packed anew.
//!
//! Not here: records that are kept otherwise (`store::records`).

use std::sync::Arc;

use zstd::bulk::{Compressor, Decompressor};

use super::arena::Arena;

/// Records of so many rows, in the order of the rows.
#[derive(Debug, Clone)]
pub struct Blocks {
    pieces: Box<[Piece]>,
}

/// Some of the rows.
#[derive(Debug, Clone)]
struct Piece {
    first_row: u32,
    packed: Arc<Packed>,
}

/// Blocks that share a dictionary: the first texts themselves.
#[derive(Debug)]
struct Packed {
    dictionary: Box<[u8]>,
    bytes: Box<[u8]>,
    index: Box<[Block]>,
    /// Where each row's text begins in its unpacked block.
    starts: Box<[u16]>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    first_row: u32,
    /// Where its bytes end; they begin where those of the block before end.
    end: u32,
    /// Its bytes when they are unpacked.
    unpacked: u32,
}

/// Bytes of text after which a block ends: larger ones take less room and more time to look at one.
const BLOCK: usize = 32 << 10;
/// Bytes of text that are the blocks' dictionary.
const DICTIONARY: usize = 24 << 10;
/// How hard it is compressed: of blocks this small and this much alike, harder makes no less.
const LEVEL: i32 = 1;
/// The most pieces: each has a dictionary of its own.
const PIECES: usize = 16;

/// A block that is unpacked.
#[derive(Default)]
pub struct Open {
    /// Of the piece.
    decompressor: Option<(usize, Decompressor<'static>)>,
    /// The piece and the block in it.
    block: Option<(usize, usize)>,
    text: String,
}

impl Blocks {
    /// `None` where it cannot be done: no memory, or too much for 32-bit places.
    pub fn of(texts: &Arena) -> Option<Self> {
        let packed = Arc::new(Packed::of(texts)?);
        Some(Self { pieces: [Piece { first_row: 0, packed }].into() })
    }

    /// Those of some segments, one after the other; `None` where they are to be packed anew.
    pub fn join(all: &[&Self]) -> Option<Self> {
        let mut first_row = 0;
        let mut pieces = Vec::new();
        for piece in all.iter().flat_map(|blocks| &blocks.pieces) {
            pieces.push(Piece { first_row, packed: Arc::clone(&piece.packed) });
            first_row += piece.packed.starts.len() as u32;
        }
        (pieces.len() <= PIECES).then(|| Self { pieces: pieces.into() })
    }

    /// The record of a row.
    pub fn get(&self, row: usize) -> Option<String> {
        self.look(row, &mut Open::default()).map(str::to_owned)
    }

    /// The record of a row; the block that was looked at last is not unpacked again.
    pub fn look<'o>(&self, row: usize, open: &'o mut Open) -> Option<&'o str> {
        let place = self.pieces.partition_point(|piece| piece.first_row as usize <= row).checked_sub(1)?;
        let Piece { first_row, packed } = &self.pieces[place];
        packed.look(row - *first_row as usize, place, open)
    }

    /// Bytes that they occupy.
    pub fn memory_bytes(&self) -> usize {
        let bytes = |piece: &Piece| {
            let packed = &piece.packed;
            packed.dictionary.len()
                + packed.bytes.len()
                + size_of_val(&*packed.index)
                + size_of_val(&*packed.starts)
        };
        self.pieces.iter().map(bytes).sum()
    }
}

impl Packed {
    fn of(texts: &Arena) -> Option<Self> {
        let whole = texts.whole();
        let dictionary = &whole.as_bytes()[..whole.len().min(DICTIONARY)];
        let mut compressor = Compressor::with_dictionary(LEVEL, dictionary).ok()?;
        let (mut bytes, mut blocks, mut starts) = (Vec::new(), Vec::new(), Vec::with_capacity(texts.len()));
        let (mut first_row, mut from, mut start) = (0, 0, 0);
        for row in 0..texts.len() {
            starts.push(u16::try_from(start - from).ok()?);
            start = texts.end(row)?;
            if start - from >= BLOCK || row + 1 == texts.len() {
                bytes.extend(compressor.compress(&whole.as_bytes()[from..start]).ok()?);
                blocks.push(Block {
                    first_row,
                    end: u32::try_from(bytes.len()).ok()?,
                    unpacked: u32::try_from(start - from).ok()?,
                });
                (first_row, from) = (row as u32 + 1, start);
            }
        }
        Some(Self {
            dictionary: dictionary.into(),
            bytes: bytes.into(),
            index: blocks.into(),
            starts: starts.into(),
        })
    }

    /// The record of a row of this piece.
    fn look<'o>(&self, row: usize, piece: usize, open: &'o mut Open) -> Option<&'o str> {
        let at = self.index.partition_point(|block| block.first_row as usize <= row).checked_sub(1)?;
        let block = self.index[at];
        if open.block != Some((piece, at)) {
            let begin = at.checked_sub(1).map_or(0, |before| self.index[before].end as usize);
            let packed = self.bytes.get(begin..block.end as usize)?;
            let (_, decompressor) = match &mut open.decompressor {
                Some(known) if known.0 == piece => known,
                other => other.insert((piece, Decompressor::with_dictionary(&self.dictionary).ok()?)),
            };
            let unpacked = decompressor.decompress(packed, block.unpacked as usize).ok()?;
            open.text = String::from_utf8(unpacked).ok()?;
            open.block = Some((piece, at));
        }
        let last = self.index.get(at + 1).is_some_and(|next| next.first_row as usize == row + 1);
        let end = if last { None } else { self.starts.get(row + 1) };
        open.text
            .get(*self.starts.get(row)? as usize..end.map_or(block.unpacked as usize, |end| *end as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(from: usize, count: usize) -> Vec<String> {
        (from..from + count)
            .map(|number| format!("{{\"n\":{number},\"t\":\"{}\"}}", "ab".repeat(number % 300)))
            .collect()
    }

    fn blocks(texts: &[String]) -> Blocks {
        let mut arena = Arena::default();
        for text in texts {
            arena.push(text);
        }
        Blocks::of(&arena).expect("there is room")
    }

    #[test]
    fn joined_blocks_have_the_records_of_all() {
        let parts: Vec<Vec<String>> = (0..PIECES).map(|part| texts(part * 1000, 100 + part)).collect();
        let packed: Vec<Blocks> = parts.iter().map(|texts| blocks(texts)).collect();
        let joined = Blocks::join(&packed.iter().collect::<Vec<_>>()).expect("they are few");
        let all = parts.concat();
        let mut open = Open::default();
        // There and back again, so that each piece is opened more than once.
        for row in (0..all.len()).chain((0..all.len()).rev()) {
            assert_eq!(joined.look(row, &mut open), Some(all[row].as_str()));
        }
        assert_eq!(joined.get(all.len()), None);
        assert_eq!(joined.memory_bytes(), packed.iter().map(Blocks::memory_bytes).sum::<usize>());
        assert!(Blocks::join(&[&joined, &packed[0]]).is_none(), "too many dictionaries");
    }
}
