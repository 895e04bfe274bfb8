//! Values of a field counted by their texts, where no dictionary has them all: ids, and fields that
//! are made of several columns.
//!
//! Each segment counts by its own codes, each column's dictionary by the store's. Of each value that
//! was counted there remain its hash, its count and its place, scattered by hash into shares; a share
//! is small enough for a table that stays near its core, and no two shares have a value in common.
//! Values of one hash are compared by their texts. Values that stand once are only counted: where
//! they are among the commonest after all, nearly all are, and the smallest texts are found without
//! a table.
//!
//! Not here: fields of one column whose values are all shared (`store::facet`).

use std::borrow::Cow;

use hashbrown::HashTable;

use super::column::Texts;
use super::commonest::{Asked, commonest, least_of_top, tallies};
use super::cores::Cores;
use super::dictionary::{ABSENT, Code, Values, hash};
use super::facet::{Tally, Top};
use super::order::{Lane, Timeline};
use super::packed::Own;
use super::slot::Slot;

/// Values of a field by their texts, and how many rows have each.
#[derive(Debug)]
pub struct Distinct<'a> {
    slots: &'static [Slot],
    timeline: &'a Timeline<'a>,
    sources: Vec<Source<'a>>,
    /// The shares are told apart by so many of the highest bits of the hash.
    bits: u32,
    /// How many matching rows have no value.
    pub absent: u64,
}

/// Values that were counted together.
#[derive(Debug)]
struct Source<'a> {
    /// The column's place among the field's.
    column: usize,
    values: Kept<'a>,
    /// Share by share.
    entries: Vec<Entry>,
    /// Where each share ends.
    ends: Box<[u32]>,
}

/// Who keeps the values of a source.
#[derive(Debug, Clone, Copy)]
enum Kept<'a> {
    /// The segment of this lane; its entries have the values' codes there.
    Own(usize, &'a Own),
    /// The store; its entries have the values' codes there.
    Shared(&'a Values),
}

/// A value that was counted.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    hash: u64,
    count: u32,
    code: Code,
}

/// A value of all sources.
#[derive(Debug, Clone, Copy)]
struct Group {
    hash: u64,
    count: u32,
    /// One of the sources that have it, and its code there.
    source: u32,
    code: Code,
}

/// What one lane counted of one column.
enum Counted<'a> {
    Own(Source<'a>),
    /// By the segment's codes, for which these are the store's.
    Shared(&'a [Code], Vec<u32>),
}

/// What a share has.
struct Share {
    distinct: usize,
    /// The commonest of those that were asked for.
    top: Vec<Group>,
}

/// How many shares a large store's values make, as a power of two: ten million are 40,000 a share.
const BITS: u32 = 8;
/// Codes of the store that are worth a thread's turn.
const TURN: usize = 1 << 16;

impl<'a> Kept<'a> {
    fn text(self, code: Code) -> Cow<'a, str> {
        let text = match self {
            Self::Own(_, own) => own.get(code as usize - 1),
            Self::Shared(values) => values.get(code),
        };
        text.unwrap_or_default()
    }

    fn hash(self, code: Code, scratch: &mut String) -> u64 {
        match self {
            Self::Own(_, own) => hash(own.look(code as usize - 1, scratch).unwrap_or_default()),
            Self::Shared(values) => hash(values.look(code, scratch).unwrap_or_default()),
        }
    }
}

impl<'a> Distinct<'a> {
    /// Counts these columns over the matching rows: of each row the first text that is not empty.
    /// `None` where it was cancelled.
    pub fn count(slots: &'static [Slot], timeline: &'a Timeline<'a>, cores: &Cores<'_>) -> Option<Self> {
        let bits = if cores.threads() > 1 { BITS } else { 0 };
        let lanes: Vec<(usize, &Lane<'a>)> = timeline.lanes().iter().enumerate().collect();
        let counted =
            cores.each(&lanes, |(place, lane)| count_lane(slots, *place, lane, timeline.shared(), bits))?;
        let mut absent = 0;
        let mut sources = Vec::new();
        let mut by_column: Vec<Vec<(&[Code], Vec<u32>)>> = slots.iter().map(|_| Vec::new()).collect();
        for (columns, without) in counted {
            absent += without;
            for (column, counted) in columns.into_iter().enumerate() {
                match counted {
                    Counted::Own(source) => sources.push(source),
                    Counted::Shared(codes, counts) => by_column[column].push((codes, counts)),
                }
            }
        }
        for (column, (slot, counted)) in slots.iter().zip(by_column).enumerate() {
            if counted.is_empty() {
                continue;
            }
            let values = &timeline.shared()[*slot as usize];
            let mut sums = vec![0u32; values.len() + 1];
            for (codes, counts) in counted {
                for (code, count) in codes.iter().zip(&counts[1..]) {
                    sums[*code as usize] += count;
                }
            }
            let turns: Vec<(usize, &[u32])> = sums[1..].chunks(TURN).enumerate().collect();
            let scattered = cores.each(&turns, |(turn, counts)| {
                let first = (turn * TURN + 1) as Code;
                let counted = (first..).zip(counts.iter()).filter(|(_, count)| **count > 0);
                scatter(column, Kept::Shared(values), counted.map(|(code, count)| (code, *count)), bits)
            })?;
            sources.extend(scattered);
        }
        Some(Self { slots, timeline, sources, bits, absent })
    }

    /// The values and how many rows have each, in no order.
    pub fn counted(&self) -> Vec<(Cow<'a, str>, u64)> {
        let groups = (0..1 << self.bits).flat_map(|share| self.groups(share));
        groups.map(|group| (self.text(&group), u64::from(group.count))).collect()
    }

    /// The commonest values for which the predicate holds, ties by text ascending, and how many
    /// values there are in all. `None` where it was cancelled.
    pub fn top(
        &self,
        top: usize,
        holds: Option<&(dyn Fn(&str) -> bool + Sync)>,
        cores: &Cores<'_>,
    ) -> Option<Top<'a>> {
        // Of all values those that stand once are looked at last.
        let least = if holds.is_some() { 1 } else { 2 };
        let shares: Vec<usize> = (0..1 << self.bits).collect();
        let shares = cores.each(&shares, |share| {
            let groups = self.groups(*share);
            Share { distinct: groups.len(), top: self.commonest(&groups, top, least, holds) }
        })?;
        let distinct = shares.iter().map(|share| share.distinct).sum();
        let mut groups: Vec<Group> = shares.into_iter().flat_map(|share| share.top).collect();
        if least > 1 && groups.len() < top && groups.len() < distinct {
            groups.extend(self.smallest_of_one(&groups, top - groups.len(), cores)?);
        }
        Some((self.tell(&self.commonest(&groups, top, 1, None)), distinct))
    }

    /// The values of a share.
    fn groups(&self, share: usize) -> Vec<Group> {
        let count = self.sources.iter().map(|source| source.share(share).len()).sum();
        let mut table: HashTable<u32> = HashTable::with_capacity(count);
        let mut groups: Vec<Group> = Vec::with_capacity(count);
        for (number, source) in self.sources.iter().enumerate() {
            for entry in source.share(share) {
                // The highest bits, which a table tells its slots apart by, are the same in all of a share.
                let spread = |hash: u64| hash.rotate_left(32);
                let is = |at: &u32| {
                    let group = &groups[*at as usize];
                    group.hash == entry.hash && self.is_text(group, source.values, entry.code)
                };
                if let Some(known) = table.find(spread(entry.hash), is) {
                    groups[*known as usize].count += entry.count;
                    continue;
                }
                let at = groups.len() as u32;
                table.insert_unique(spread(entry.hash), at, |at| spread(groups[*at as usize].hash));
                groups.push(Group {
                    hash: entry.hash,
                    count: entry.count,
                    source: number as u32,
                    code: entry.code,
                });
            }
        }
        groups
    }

    /// Whether a value is the one of another place.
    fn is_text(&self, group: &Group, values: Kept<'a>, code: Code) -> bool {
        let mine = self.sources[group.source as usize].values;
        match (mine, values) {
            (Kept::Shared(a), Kept::Shared(b)) if std::ptr::eq(a, b) => group.code == code,
            (Kept::Own(_, a), Kept::Own(_, b)) => a.is_same(group.code as usize - 1, b, code as usize - 1),
            _ => mine.text(group.code) == values.text(code),
        }
    }

    fn text(&self, group: &Group) -> Cow<'a, str> {
        self.sources[group.source as usize].values.text(group.code)
    }

    /// The commonest of these that at least so many rows have.
    fn commonest(
        &self,
        groups: &[Group],
        top: usize,
        least: u32,
        holds: Option<&(dyn Fn(&str) -> bool + Sync)>,
    ) -> Vec<Group> {
        let asked =
            |group: &&Group| group.count >= least && holds.is_none_or(|holds| holds(&self.text(group)));
        let asked: Vec<&Group> = groups.iter().filter(asked).collect();
        // What is rarer than the commonest so many need not be compared by its text.
        let counts: Vec<u32> = std::iter::once(0).chain(asked.iter().map(|group| group.count)).collect();
        let least = least_of_top(&counts, top, |_| true);
        let texts = asked.into_iter().filter(|group| group.count >= least);
        let texts = texts.map(|group| (*group, self.text(group))).collect();
        let winners = commonest(texts, top, |(a, a_text), (b, b_text)| {
            b.count.cmp(&a.count).then_with(|| a_text.cmp(b_text))
        });
        winners.into_iter().map(|(group, _)| group).collect()
    }

    /// So many of the smallest texts of each source, where all values but these stand once.
    fn smallest_of_one(&self, commoner: &[Group], count: usize, cores: &Cores<'_>) -> Option<Vec<Group>> {
        let sources: Vec<(usize, &Source<'a>)> = self.sources.iter().enumerate().collect();
        let found = cores.each(&sources, |(number, source)| {
            let stands_once = |entry: &&Entry| {
                let is = |group: &Group| {
                    group.hash == entry.hash && self.is_text(group, source.values, entry.code)
                };
                !commoner.iter().any(is)
            };
            let codes = source.entries.iter().filter(stands_once).map(|entry| entry.code);
            let codes: Vec<Code> = match source.values {
                Kept::Own(_, own) => {
                    let numbers = own.smallest(codes.map(|code| code as usize - 1), count);
                    numbers.into_iter().map(|number| number as Code + 1).collect()
                }
                Kept::Shared(_) => codes.collect(),
            };
            let mut scratch = String::new();
            let group = |code: Code| Group {
                hash: source.values.hash(code, &mut scratch),
                count: 1,
                source: *number as u32,
                code,
            };
            let groups: Vec<Group> = codes.into_iter().map(group).collect();
            self.commonest(&groups, count, 1, None)
        })?;
        Some(found.concat())
    }

    /// What all rows tell of these values, in their order.
    fn tell(&self, winners: &[Group]) -> Vec<(Cow<'a, str>, Tally)> {
        let mut told: Vec<(Cow<'a, str>, Tally)> =
            winners.iter().map(|group| (self.text(group), Tally::NONE)).collect();
        // By lane and column: the segment's codes of the winners.
        let lanes = self.timeline.lanes();
        let mut here: Vec<Vec<Vec<Asked>>> =
            lanes.iter().map(|_| vec![Vec::new(); self.slots.len()]).collect();
        let mut shared: Vec<Vec<(Code, usize)>> = vec![Vec::new(); self.slots.len()];
        for (place, group) in winners.iter().enumerate() {
            for source in &self.sources {
                let same = source.share(share_of(group.hash, self.bits)).iter().filter(|entry| {
                    entry.hash == group.hash && self.is_text(group, source.values, entry.code)
                });
                for Entry { code, .. } in same {
                    match source.values {
                        Kept::Own(lane, _) => {
                            here[lane][source.column].push(Asked { code: *code, place });
                        }
                        Kept::Shared(_) => shared[source.column].push((*code, place)),
                    }
                }
            }
        }
        for (lane, here) in lanes.iter().zip(&mut here) {
            for ((slot, here), shared) in self.slots.iter().zip(here).zip(&shared) {
                let Texts::Shared(codes) = lane.segment.text_column(*slot).texts() else { continue };
                if !shared.is_empty() {
                    here.extend(codes.iter().enumerate().filter_map(|(number, code)| {
                        let (_, place) = shared.iter().find(|(known, _)| known == code)?;
                        Some(Asked { code: number as Code + 1, place: *place })
                    }));
                }
            }
        }
        for (lane, here) in lanes.iter().zip(here) {
            if here.iter().all(Vec::is_empty) {
                continue;
            }
            let mut left = lane.rows.to_bitmap();
            for (slot, here) in self.slots.iter().zip(here) {
                let column = lane.segment.text_column(*slot);
                if !here.is_empty() {
                    let counts = column.codes().counts(column.len(), left.rows());
                    for (place, tally) in tallies(column.codes(), &counts, &here, &left, lane.segment) {
                        told[place].1.add(tally);
                    }
                }
                let without = without_value(lane, *slot, &self.timeline.shared()[*slot as usize]);
                left = column.codes().rows_where_code(&without, &left);
            }
        }
        told
    }
}

impl Source<'_> {
    fn share(&self, share: usize) -> &[Entry] {
        let start = share.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.entries[start as usize..self.ends[share] as usize]
    }
}

/// Counts one lane, and how many of its rows have no value.
fn count_lane<'a>(
    slots: &'static [Slot],
    place: usize,
    lane: &Lane<'a>,
    shared: &'a [Values],
    bits: u32,
) -> (Vec<Counted<'a>>, u64) {
    let segment = lane.segment;
    let mut left = lane.rows.to_bitmap();
    let mut counted = Vec::with_capacity(slots.len());
    for (at, slot) in slots.iter().enumerate() {
        let column = segment.text_column(*slot);
        let without = without_value(lane, *slot, &shared[*slot as usize]);
        let mut counts = if at == 0 {
            column.codes().counts(column.len(), lane.rows.rows())
        } else {
            column.codes().counts(column.len(), left.rows())
        };
        for (count, without) in counts.iter_mut().zip(&without) {
            *count *= u32::from(1 - without);
        }
        counted.push(match column.texts() {
            Texts::Shared(codes) => Counted::Shared(codes, counts),
            Texts::Own(own) => {
                let counted = (0..).zip(counts).filter(|(_, count)| *count > 0);
                Counted::Own(scatter(at, Kept::Own(place, own), counted, bits))
            }
        });
        left = column.codes().rows_where_code(&without, &left);
    }
    (counted, left.count() as u64)
}

/// Hashes values that were counted, and puts them share by share.
fn scatter(
    column: usize,
    values: Kept<'_>,
    counted: impl Iterator<Item = (Code, u32)>,
    bits: u32,
) -> Source<'_> {
    let mut scratch = String::new();
    let hashed: Vec<Entry> =
        counted.map(|(code, count)| Entry { hash: values.hash(code, &mut scratch), count, code }).collect();
    let share = |entry: &Entry| share_of(entry.hash, bits);
    let mut ends = vec![0u32; 1 << bits];
    for entry in &hashed {
        ends[share(entry)] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        // First where the share begins; each entry that is put there moves it on to its end.
        sum += std::mem::replace(end, sum);
    }
    let mut entries = vec![Entry::default(); hashed.len()];
    for entry in hashed {
        let at = &mut ends[share(&entry)];
        entries[*at as usize] = entry;
        *at += 1;
    }
    Source { column, values, entries, ends: ends.into() }
}

/// The share of a hash: its highest bits.
fn share_of(hash: u64, bits: u32) -> usize {
    (hash.rotate_left(bits) & ((1 << bits) - 1)) as usize
}

/// The segment's codes of a column that are no value, [`ABSENT`] and empty texts: a 1 for each.
fn without_value(lane: &Lane<'_>, slot: Slot, shared: &Values) -> Vec<u8> {
    let column = lane.segment.text_column(slot);
    let mut table = vec![0; column.len() + 1];
    table[ABSENT as usize] = 1;
    match column.texts() {
        Texts::Shared(codes) => {
            if let Some(empty) = shared.empty()
                && let Some(number) = codes.iter().position(|code| *code == empty)
            {
                table[number + 1] = 1;
            }
        }
        Texts::Own(own) => own.empties().for_each(|number| table[number + 1] = 1),
    }
    table
}
