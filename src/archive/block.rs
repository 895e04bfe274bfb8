//! A block: some records of a part, newest first, compressed together.
//!
//! Unpacked it is a number of records, then for each its identity, time, rank and length, then the
//! records' texts one after another. Not here: which block a record goes to (`archive::append`).

use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::event::{Identity, Rank};
use crate::timestamp::Timestamp;

/// The most records of a block.
pub const MOST_RECORDS: usize = 1024;
/// A block with so many bytes of text takes no further record.
const ENOUGH_BYTES: usize = 2 << 20;
/// More bytes than a block can have: one record and its page's limit.
const MOST_BYTES: usize = 1 << 30;
/// zstd's level: slower ones win little on blocks of this size.
const LEVEL: i32 = 3;
/// Identity, time, rank, length.
const HEAD: usize = 16 + 8 + 1 + 4;

/// A record as the archive keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Which entry it is of.
    pub identity: Identity,
    /// When that happened.
    pub time: Timestamp,
    /// Whether it came as a list row or alone.
    pub rank: Rank,
    /// Its text.
    pub text: String,
}

/// A block, packed.
#[derive(Debug)]
pub struct Packed {
    /// The newest record's time.
    pub newest: Timestamp,
    /// The oldest record's time.
    pub oldest: Timestamp,
    /// How many records.
    pub count: usize,
    /// How many bytes unpacked.
    pub raw: usize,
    /// The SHA-256 of the unpacked bytes.
    pub hash: [u8; 32],
    /// The compressed bytes.
    pub body: Vec<u8>,
}

/// A block, unpacked.
#[derive(Debug)]
pub struct Block {
    heads: Vec<(Identity, Timestamp, Rank, Range<usize>)>,
    texts: String,
}

/// Cuts records, newest first, into blocks of about equal size.
pub fn cut(records: &[Kept]) -> Vec<&[Kept]> {
    let bytes: usize = records.iter().map(|kept| kept.text.len()).sum();
    let blocks = records.len().div_ceil(MOST_RECORDS).max(bytes.div_ceil(ENOUGH_BYTES)).max(1);
    let (most, enough) = (records.len().div_ceil(blocks), bytes.div_ceil(blocks));
    let mut pieces = Vec::new();
    let (mut from, mut size) = (0, 0);
    for (at, kept) in records.iter().enumerate() {
        size += kept.text.len();
        if at + 1 - from >= most || size >= enough.max(1) || at + 1 == records.len() {
            pieces.push(&records[from..=at]);
            (from, size) = (at + 1, 0);
        }
    }
    pieces
}

/// Packs records that stand newest first; `None` without any, or where one is too long to be kept.
pub fn pack(records: &[Kept]) -> Option<Packed> {
    let (newest, oldest) = (records.first()?.time, records.last()?.time);
    let texts: usize = records.iter().map(|kept| kept.text.len()).sum();
    let mut raw = Vec::with_capacity(4 + records.len() * HEAD + texts);
    raw.extend(u32::try_from(records.len()).ok()?.to_le_bytes());
    for kept in records {
        raw.extend(kept.identity.0.to_be_bytes());
        raw.extend(kept.time.micros().to_le_bytes());
        raw.push(rank_number(kept.rank));
        raw.extend(u32::try_from(kept.text.len()).ok()?.to_le_bytes());
    }
    for kept in records {
        raw.extend(kept.text.as_bytes());
    }
    if raw.len() > MOST_BYTES {
        return None;
    }
    let mut packer = zstd::bulk::Compressor::new(LEVEL).ok()?;
    packer.include_checksum(true).ok()?;
    let body = packer.compress(&raw).ok()?;
    Some(Packed {
        newest,
        oldest,
        count: records.len(),
        raw: raw.len(),
        hash: Sha256::digest(&raw).into(),
        body,
    })
}

impl Block {
    /// Unpacks a block of `raw` bytes; with a hash, it is held to that. The error says what is
    /// wrong with it.
    pub fn unpack(body: &[u8], raw: usize, hash: Option<&[u8]>) -> Result<Self, String> {
        if raw > MOST_BYTES {
            return Err(format!("it would have {raw} bytes"));
        }
        let bytes = zstd::bulk::decompress(body, raw).map_err(|error| error.to_string())?;
        if bytes.len() != raw {
            return Err(format!("it has {} bytes and not {raw}", bytes.len()));
        }
        if hash.is_some_and(|hash| Sha256::digest(&bytes)[..] != *hash) {
            return Err("its hash differs from what was stored".to_owned());
        }
        Self::read(&bytes).ok_or_else(|| "its records cannot be told apart".to_owned())
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (count, mut rest) = bytes.split_first_chunk::<4>()?;
        let count = u32::from_le_bytes(*count) as usize;
        let texts = std::str::from_utf8(rest.get(count.checked_mul(HEAD)?..)?).ok()?.to_owned();
        let mut heads = Vec::with_capacity(count);
        let mut from = 0usize;
        for _ in 0..count {
            let (identity, after) = rest.split_first_chunk::<16>()?;
            let (time, after) = after.split_first_chunk::<8>()?;
            let (rank, after) = after.split_first()?;
            let (length, after) = after.split_first_chunk::<4>()?;
            rest = after;
            let until = from.checked_add(u32::from_le_bytes(*length) as usize)?;
            texts.get(from..until)?;
            let time = Timestamp::checked_from_micros(i64::from_le_bytes(*time))?;
            let identity = Identity(u128::from_be_bytes(*identity));
            heads.push((identity, time, rank_of(i64::from(*rank))?, from..until));
            from = until;
        }
        (from == texts.len()).then_some(Self { heads, texts })
    }

    /// How many records it has.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Where the record of an entry is, among those that `stands` lets through.
    pub fn slot(&self, identity: Identity, stands: impl Fn(usize) -> bool) -> Option<usize> {
        (0..self.len()).find(|slot| self.heads[*slot].0 == identity && stands(*slot))
    }

    /// The identity, time, rank and text of a record; `None` beyond the last.
    pub fn record(&self, slot: usize) -> Option<(Identity, Timestamp, Rank, &str)> {
        let (identity, time, rank, text) = self.heads.get(slot)?;
        Some((*identity, *time, *rank, self.texts.get(text.clone())?))
    }

    /// A record, by itself.
    pub fn kept(&self, slot: usize) -> Option<Kept> {
        let (identity, time, rank, text) = self.record(slot)?;
        Some(Kept { identity, time, rank, text: text.to_owned() })
    }
}

/// Which records of a block were superseded, a bit each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dead(Vec<u8>);

impl Dead {
    /// As it is stored.
    pub fn of(bytes: Option<Vec<u8>>) -> Self {
        Self(bytes.unwrap_or_default())
    }

    /// As it is stored.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the record was superseded.
    pub fn contains(&self, slot: usize) -> bool {
        self.0.get(slot / 8).is_some_and(|byte| byte & (1 << (slot % 8)) != 0)
    }

    /// It is.
    pub fn insert(&mut self, slot: usize) {
        if self.0.len() <= slot / 8 {
            self.0.resize(slot / 8 + 1, 0);
        }
        self.0[slot / 8] |= 1 << (slot % 8);
    }
}

/// The first eight bytes of the SHA-256 of a record's text.
pub fn digest(text: &str) -> i64 {
    let whole: [u8; 32] = Sha256::digest(text).into();
    let mut first = [0; 8];
    first.copy_from_slice(&whole[..8]);
    i64::from_be_bytes(first)
}

/// A rank as it is stored.
pub fn rank_number(rank: Rank) -> u8 {
    match rank {
        Rank::ListRow => 0,
        Rank::Single => 1,
    }
}

/// A stored rank.
pub fn rank_of(number: i64) -> Option<Rank> {
    match number {
        0 => Some(Rank::ListRow),
        1 => Some(Rank::Single),
        _ => None,
    }
}
