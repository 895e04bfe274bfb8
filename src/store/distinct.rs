//! Values of a field counted by their texts, where no dictionary has them all: ids, and fields that
//! are made of several columns.
//!
//! Each segment counts by its own codes, each column's dictionary by the store's. Of each value that
//! was counted there remain its hash, its count and its place, scattered by hash into shares
//! (`store::scattered`); a share is small enough for a table that stays near its core. Values of one
//! hash are compared by their texts. Values that stand once are only counted: where they are among the
//! commonest after all, nearly all are, and the smallest texts are found without a table. Once it is
//! known which values stand more than once in the whole store (`store::repeats`), the others are not
//! even hashed.
//!
//! Not here: fields of one column whose values are all shared (`store::facet`).

use std::borrow::Cow;

use hashbrown::{HashMap, HashTable};

use super::bitmap::Bitmap;
use super::column::{Codes, Texts};
use super::commonest::{Asked, commonest, least_of_top, tallies, tallies_of_few};
use super::cores::Cores;
use super::dictionary::Code;
use super::facet::{Tally, Top, sums};
use super::order::{Lane, Timeline};
use super::repeats::Repeats;
use super::scattered::{Counted, Entry, Kept, Source, count_lane, share_of, without_value};
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

/// A value of all sources.
#[derive(Debug, Clone, Copy)]
struct Group {
    /// `None`: it stands once, and is known to stand nowhere else.
    hash: Option<u64>,
    count: u32,
    /// One of the sources that have it, and its code there.
    source: u32,
    code: Code,
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

impl<'a> Distinct<'a> {
    /// Counts these columns over the matching rows: of each row the first text that is not empty. What
    /// is known of the whole store helps. `None` where it was cancelled.
    pub fn count(
        slots: &'static [Slot],
        timeline: &'a Timeline<'a>,
        repeats: Option<&Repeats>,
        cores: &Cores<'_>,
    ) -> Option<Self> {
        let bits = if cores.threads() > 1 { BITS } else { 0 };
        let lanes: Vec<(usize, &Lane<'a>)> = timeline.lanes().iter().enumerate().collect();
        let counted = cores.each(&lanes, |(place, lane)| {
            count_lane(slots, *place, lane, timeline.shared(), bits, repeats)
        })?;
        let mut absent = 0;
        let mut sources = Vec::new();
        let mut by_column: Vec<Vec<(&'a [Code], Vec<u32>)>> = slots.iter().map(|_| Vec::new()).collect();
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
            let counted: Vec<(&[Code], &[u32])> =
                counted.iter().map(|(codes, counts)| (*codes, counts.as_slice())).collect();
            let sums = sums(&counted, values.len(), cores)?;
            let turns: Vec<(usize, &[u32])> = sums[1..].chunks(TURN).enumerate().collect();
            let scattered = cores.each(&turns, |(turn, counts)| {
                let first = (turn * TURN + 1) as Code;
                let counted = (first..).zip(counts.iter()).filter(|(_, count)| **count > 0);
                let counted = counted.map(|(code, count)| (code, *count));
                Source::new(column, Kept::Shared(values), counted, bits)
            })?;
            sources.extend(scattered);
        }
        Some(Self { slots, timeline, sources, bits, absent })
    }

    /// The values and how many rows have each, in no order.
    pub fn counted(&self) -> Vec<(Cow<'a, str>, u64)> {
        let groups = (0..1 << self.bits).flat_map(|share| self.groups(share).0);
        groups.chain(self.once()).map(|group| (self.text(&group), u64::from(group.count))).collect()
    }

    /// What the whole store tells of values, of whose entries these are the counts. `None` where it was
    /// cancelled.
    pub fn repeats(&self, segments: Box<[u64]>, cores: &Cores<'_>) -> Option<Repeats> {
        let shares: Vec<usize> = (0..1 << self.bits).collect();
        let repeated = cores.each(&shares, |share| {
            let (groups, group_of) = self.groups(*share);
            let entries = self
                .sources
                .iter()
                .flat_map(|source| source.share(*share).iter().map(move |entry| (source, entry.code)));
            let repeated = entries.zip(group_of).filter(|(_, group)| groups[*group as usize].count > 1);
            repeated.map(|(of_source, _)| of_source).collect::<Vec<_>>()
        })?;
        let mut numbers: HashMap<(u64, usize), Bitmap> = HashMap::new();
        for (source, code) in repeated.into_iter().flatten() {
            if let Kept::Own(lane, own) = source.values {
                let segment = self.timeline.lanes()[lane].segment.number();
                let numbers = numbers.entry((segment, source.column));
                numbers.or_insert_with(|| Bitmap::none(own.len())).insert(code as usize - 1);
            }
        }
        Some(Repeats::new(self.slots, segments, numbers))
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
            let (groups, _) = self.groups(*share);
            Share { distinct: groups.len(), top: self.commonest(&groups, top, least, holds) }
        })?;
        let once = self.sources.iter().filter_map(|source| source.once.as_ref()).map(Bitmap::count);
        let distinct = shares.iter().map(|share| share.distinct).chain(once).sum();
        let mut groups: Vec<Group> = shares.into_iter().flat_map(|share| share.top).collect();
        if holds.is_some() {
            groups.extend(self.commonest(&self.once().collect::<Vec<_>>(), top, least, holds));
        }
        if least > 1 && groups.len() < top && groups.len() < distinct {
            groups.extend(self.smallest_of_one(&groups, top - groups.len(), cores)?);
        }
        Some((self.tell(&self.commonest(&groups, top, 1, None), cores)?, distinct))
    }

    /// The values that are known to stand nowhere else.
    fn once(&self) -> impl Iterator<Item = Group> {
        self.sources.iter().zip(0..).flat_map(|(source, number)| {
            let numbers = source.once.iter().flat_map(Bitmap::rows);
            numbers.map(move |at| Group { hash: None, count: 1, source: number, code: at as Code + 1 })
        })
    }

    /// The other values of a share, and which of them each of its entries is.
    fn groups(&self, share: usize) -> (Vec<Group>, Vec<u32>) {
        let count = self.sources.iter().map(|source| source.share(share).len()).sum();
        let mut table: HashTable<u32> = HashTable::with_capacity(count);
        let mut groups: Vec<Group> = Vec::with_capacity(count);
        let mut group_of: Vec<u32> = Vec::with_capacity(count);
        for (number, source) in self.sources.iter().enumerate() {
            for entry in source.share(share) {
                // The highest bits, which a table tells its slots apart by, are the same in all of a share.
                let spread = |hash: u64| hash.rotate_left(32);
                let is = |at: &u32| {
                    let group = &groups[*at as usize];
                    group.hash == Some(entry.hash) && self.is_text(group, source.values, entry.code)
                };
                if let Some(known) = table.find(spread(entry.hash), is) {
                    groups[*known as usize].count += entry.count;
                    group_of.push(*known);
                    continue;
                }
                let at = groups.len() as u32;
                table.insert_unique(spread(entry.hash), at, |at| {
                    spread(groups[*at as usize].hash.unwrap_or_default())
                });
                group_of.push(at);
                groups.push(Group {
                    hash: Some(entry.hash),
                    count: entry.count,
                    source: number as u32,
                    code: entry.code,
                });
            }
        }
        (groups, group_of)
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
            let commoner_here: Vec<&Group> = commoner.iter().filter(|group| group.count > 1).collect();
            let is_commoner = |entry: &Entry| {
                commoner_here.iter().any(|group| {
                    group.hash == Some(entry.hash) && self.is_text(group, source.values, entry.code)
                })
            };
            let entries: Vec<&Entry> = source.entries().iter().filter(|entry| !is_commoner(entry)).collect();
            let group = |hash, code| Group { hash, count: 1, source: *number as u32, code };
            let groups: Vec<Group> = match source.values {
                Kept::Own(_, own) => {
                    let places = entries.iter().map(|entry| entry.code as usize - 1);
                    let mut scratch = String::new();
                    let entries = own.smallest(places, count).into_iter().map(|number| {
                        let code = number as Code + 1;
                        group(Some(source.values.hash(code, &mut scratch)), code)
                    });
                    let once = source.once.iter().flat_map(|once| own.smallest(once.rows(), count));
                    entries.chain(once.map(|number| group(None, number as Code + 1))).collect()
                }
                Kept::Shared(_) => entries.iter().map(|entry| group(Some(entry.hash), entry.code)).collect(),
            };
            self.commonest(&groups, count, 1, None)
        })?;
        Some(found.concat())
    }

    /// What all rows tell of these values, in their order. `None` where it was cancelled.
    fn tell(&self, winners: &[Group], cores: &Cores<'_>) -> Option<Vec<(Cow<'a, str>, Tally)>> {
        let mut told: Vec<(Cow<'a, str>, Tally)> =
            winners.iter().map(|group| (self.text(group), Tally::NONE)).collect();
        // By lane and column: the segment's codes of the winners.
        let lanes = self.timeline.lanes();
        let mut here: Vec<Vec<Vec<Asked>>> =
            lanes.iter().map(|_| vec![Vec::new(); self.slots.len()]).collect();
        let mut shared: Vec<Vec<(Code, usize)>> = vec![Vec::new(); self.slots.len()];
        for (place, group) in winners.iter().enumerate() {
            let Some(hash) = group.hash else {
                told[place].1 = self.tell_once(group);
                continue;
            };
            for source in &self.sources {
                let same = source
                    .share(share_of(hash, self.bits))
                    .iter()
                    .filter(|entry| entry.hash == hash && self.is_text(group, source.values, entry.code));
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
        let asked = lanes.iter().zip(here).filter(|(_, here)| here.iter().any(|here| !here.is_empty()));
        let asked: Vec<_> = asked.collect();
        let tallies = cores.each(&asked, |(lane, here)| self.tell_lane(lane, here))?;
        for (place, tally) in tallies.into_iter().flatten() {
            told[place].1.add(tally);
        }
        Some(told)
    }

    /// What a lane tells of codes of the field's columns, by their places.
    fn tell_lane(&self, lane: &Lane<'_>, here: &[Vec<Asked>]) -> Vec<(usize, Tally)> {
        let mut told = Vec::new();
        for (at, (slot, here)) in self.slots.iter().zip(here).enumerate() {
            if !here.is_empty() {
                let column = lane.segment.text_column(*slot);
                let (codes, left) = (column.codes(), self.left(lane, at));
                told.extend(tallies_of_few(codes, column.len(), here, &left, lane.segment).unwrap_or_else(
                    || {
                        let counts = codes.counts_in(column.len(), &left);
                        tallies(codes, &counts, here, &left, lane.segment)
                    },
                ));
            }
        }
        told
    }

    /// The rows of a lane that have no value in the columns before this one.
    fn left(&self, lane: &Lane<'_>, column: usize) -> Bitmap {
        let mut left = lane.rows.to_bitmap();
        for slot in &self.slots[..column] {
            let without = without_value(lane, *slot, &self.timeline.shared()[*slot as usize]);
            left = lane.segment.text_column(*slot).codes().rows_where_code(&without, &left);
        }
        left
    }

    /// What its row tells of a value that stands nowhere else.
    fn tell_once(&self, group: &Group) -> Tally {
        let source = &self.sources[group.source as usize];
        let mut tally = Tally::NONE;
        if let Kept::Own(lane, _) = source.values {
            let lane = &self.timeline.lanes()[lane];
            let codes = lane.segment.text_column(self.slots[source.column]).codes();
            // A row that has a text in a column before may have this one here too.
            let row = match codes {
                Codes::Each => Some(group.code as usize - 1),
                _ => self.left(lane, source.column).rows().find(|row| codes.get(*row) == group.code),
            };
            if let Some(row) = row {
                tally.add_row(lane.segment, row);
            }
        }
        tally
    }
}
