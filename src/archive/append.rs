//! Taking in: batches of entries with what they cover and where their walk goes on, in one
//! transaction.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::block::{Block, Dead, Kept, cut, digest, pack, rank_number, rank_of};
use super::{Archive, Error, find_part, interval};
use crate::event::{Event, Identity, Rank};
use crate::interval::{Interval, IntervalSet};
use crate::source::Part;
use crate::timestamp::Timestamp;

/// Blocks with fewer standing records than this, and less text than half of what a block takes, are
/// small.
const SMALL_RECORDS: i64 = 256;
const SMALL_BYTES: i64 = 1 << 20;
/// So many small blocks of a part become as few as hold their records.
const MANY_SMALL: usize = 32;

/// What is to be taken in of a part.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// Of what.
    pub part: &'a Part,
    /// Entries, in any order; each is kept once.
    pub events: &'a [Event],
    /// What is covered with them.
    pub covered: &'a [Interval],
    /// What becomes of the part's walk.
    pub walk: WalkChange<'a>,
    /// Up to when the part is now whole, where a sync says so.
    pub whole_until: Option<Timestamp>,
}

impl<'a> Batch<'a> {
    /// Entries alone.
    pub fn of(part: &'a Part, events: &'a [Event]) -> Self {
        Self { part, events, covered: &[], walk: WalkChange::AsItWas, whole_until: None }
    }
}

/// What becomes of a part's walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkChange<'a> {
    /// Nothing.
    AsItWas,
    /// It goes on from here.
    At {
        /// What it is to fetch.
        window: Interval,
        /// Where it goes on.
        state: &'a str,
    },
    /// It is over.
    Over,
}

/// What became of the entries of some batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appended {
    /// They were not there.
    pub new: u64,
    /// They were there already, as they are.
    pub already: u64,
    /// They were there, and now stand in a richer or newer copy.
    pub replaced: u64,
}

impl std::ops::AddAssign for Appended {
    fn add_assign(&mut self, other: Self) {
        self.new += other.new;
        self.already += other.already;
        self.replaced += other.replaced;
    }
}

impl Archive {
    /// Takes in batches, in one transaction: all of them, or after an error none. What became of
    /// each batch's entries comes back. An entry that is there already is
    /// kept once: the higher rank stands, of equals the one that comes last. The parts' sources must
    /// have been claimed.
    pub fn append(&mut self, batches: &[Batch<'_>]) -> Result<Vec<Appended>, Error> {
        let file = self.file.clone();
        let failed = |e| Error::of(&file, e);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let mut appended = Vec::with_capacity(batches.len());
        for batch in batches {
            let part = part_row(&transaction, batch.part).map_err(failed)?;
            appended.push(take_in(&transaction, &file, part, batch.events)?);
            cover(&transaction, part, batch.covered).map_err(failed)?;
            set_walk(&transaction, part, batch.walk).map_err(failed)?;
            if let Some(until) = batch.whole_until {
                transaction
                    .execute("UPDATE part SET whole_until = ?2 WHERE id = ?1", params![part, until.micros()])
                    .map_err(failed)?;
            }
            settle(&transaction, &file, part)?;
        }
        transaction.commit().map_err(failed)?;
        Ok(appended)
    }

    /// Which of these entries are not held, or in a copy that would give way to this one.
    pub fn lacking(&self, part: &Part, events: &[Event]) -> Result<Vec<Identity>, Error> {
        let Some(id) = self.part_id(part)? else {
            return Ok(events.iter().map(|event| event.identity).collect());
        };
        let mut lacking = Vec::new();
        for event in events {
            let known = known(&self.connection, id, event.identity).map_err(|e| self.failed(e))?;
            let stands = known.is_some_and(|known| known.outranks(event.rank, digest(event.record.as_str())));
            if !stands {
                lacking.push(event.identity);
            }
        }
        Ok(lacking)
    }

    /// The archive's tests fill a disk by this.
    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// The row of a part, made where there is none.
fn part_row(connection: &Connection, part: &Part) -> rusqlite::Result<i64> {
    if let Some(id) = find_part(connection, part)? {
        return Ok(id);
    }
    let source: i64 = connection
        .prepare_cached("SELECT id FROM source WHERE name = ?1")?
        .query_row([&*part.source], |row| row.get(0))?;
    connection
        .execute("INSERT INTO part(source, value) VALUES (?1, ?2)", params![source, part.value.as_deref()])?;
    Ok(connection.last_insert_rowid())
}

/// Of each identity the copy that stands, with a digest of its record.
fn standing(events: &[Event]) -> Vec<(&Event, i64)> {
    let mut places: HashMap<Identity, usize> = HashMap::with_capacity(events.len());
    let mut standing: Vec<&Event> = Vec::with_capacity(events.len());
    for event in events {
        match places.get(&event.identity) {
            Some(place) if event.rank >= standing[*place].rank => standing[*place] = event,
            Some(_) => {}
            None => {
                places.insert(event.identity, standing.len());
                standing.push(event);
            }
        }
    }
    standing.into_iter().map(|event| (event, digest(event.record.as_str()))).collect()
}

fn take_in(connection: &Connection, file: &Path, part: i64, events: &[Event]) -> Result<Appended, Error> {
    let failed = |e| Error::of(file, e);
    let standing = standing(events);
    let mut appended = Appended { already: (events.len() - standing.len()) as u64, ..Appended::default() };
    let mut superseded = Vec::new();
    let mut kept = Vec::with_capacity(standing.len());
    for (event, digest) in standing {
        match known(connection, part, event.identity).map_err(failed)? {
            Some(known) if known.outranks(event.rank, digest) => {
                appended.already += 1;
                continue;
            }
            Some(known) => {
                appended.replaced += 1;
                superseded.push((event.identity, known.time));
            }
            None => appended.new += 1,
        }
        connection
            .prepare_cached(
                "INSERT INTO entry(part, identity, time, rank, digest) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET time = ?3, rank = ?4, digest = ?5",
            )
            .and_then(|mut statement| {
                let identity = event.identity.0.to_be_bytes();
                let rank = rank_number(event.rank);
                statement.execute(params![part, identity, event.time.micros(), rank, digest])
            })
            .map_err(failed)?;
        kept.push(Kept {
            identity: event.identity,
            time: event.time,
            rank: event.rank,
            text: event.record.as_str().to_owned(),
        });
    }
    bury(connection, file, part, superseded)?;
    store(connection, file, part, kept)?;
    Ok(appended)
}

/// What stands of an entry.
struct Standing {
    time: Timestamp,
    rank: Rank,
    digest: i64,
}

impl Standing {
    /// Whether it goes on standing when a copy of this rank and record comes.
    fn outranks(&self, rank: Rank, digest: i64) -> bool {
        self.rank > rank || (self.rank == rank && self.digest == digest)
    }
}

fn known(connection: &Connection, part: i64, identity: Identity) -> rusqlite::Result<Option<Standing>> {
    connection
        .prepare_cached("SELECT time, rank, digest FROM entry WHERE part = ?1 AND identity = ?2")?
        .query_row(params![part, identity.0.to_be_bytes()], |row| {
            Ok(Standing {
                time: Timestamp::from_micros(row.get(0)?),
                rank: rank_of(row.get(1)?).unwrap_or(Rank::ListRow),
                digest: row.get(2)?,
            })
        })
        .optional()
}

/// A stored block, without its body.
struct Head {
    id: i64,
    raw: usize,
    dead: Dead,
}

/// Marks the records of superseded entries; the times are those that they were stored with.
fn bury(
    connection: &Connection,
    file: &Path,
    part: i64,
    mut superseded: Vec<(Identity, Timestamp)>,
) -> Result<(), Error> {
    let failed = |e| Error::of(file, e);
    superseded.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
    while let Some((_, time)) = superseded.first() {
        // Each block that has this time, until all of them at this time are found.
        let at = *time;
        for id in blocks_at(connection, part, at).map_err(failed)? {
            let (head, block) = read_block(connection, file, id)?;
            let mut dead = head.dead;
            let before = superseded.len();
            superseded.retain(|(identity, _)| match block.slot(*identity, |slot| !dead.contains(slot)) {
                Some(slot) => {
                    dead.insert(slot);
                    false
                }
                None => true,
            });
            write_dead(connection, id, &dead, before - superseded.len()).map_err(failed)?;
        }
        if superseded.first().is_some_and(|(_, time)| *time == at) {
            return Err(Error::damaged(
                file,
                format!("an entry of {at} is known and its record is in no block"),
            ));
        }
    }
    Ok(())
}

fn write_dead(connection: &Connection, id: i64, dead: &Dead, newly: usize) -> rusqlite::Result<()> {
    if newly > 0 {
        connection
            .prepare_cached("UPDATE block SET dead = ?2, live = live - ?3 WHERE id = ?1")?
            .execute(params![id, dead.bytes(), newly as i64])?;
        connection.prepare_cached("DELETE FROM block WHERE id = ?1 AND live <= 0")?.execute([id])?;
    }
    Ok(())
}

fn read_block(connection: &Connection, file: &Path, id: i64) -> Result<(Head, Block), Error> {
    let (head, body) = connection
        .prepare_cached("SELECT raw, dead, body FROM block WHERE id = ?1")
        .and_then(|mut found| {
            found.query_row([id], |row| {
                let raw = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX);
                Ok((Head { id, raw, dead: Dead::of(row.get(1)?) }, row.get::<_, Vec<u8>>(2)?))
            })
        })
        .map_err(|e| Error::of(file, e))?;
    let block = Block::unpack(&body, head.raw, None);
    let block = block.map_err(|why| Error::damaged(file, format!("block {}: {why}", head.id)))?;
    Ok((head, block))
}

/// The record that stands of an entry, where it is a single record.
pub(super) fn single_text(
    connection: &Connection,
    file: &Path,
    part: i64,
    identity: Identity,
) -> Result<Option<String>, Error> {
    let failed = |e| Error::of(file, e);
    let standing = known(connection, part, identity).map_err(failed)?;
    let Some(Standing { time, rank: Rank::Single, .. }) = standing else { return Ok(None) };
    for id in blocks_at(connection, part, time).map_err(failed)? {
        let (head, block) = read_block(connection, file, id)?;
        if let Some(slot) = block.slot(identity, |slot| !head.dead.contains(slot)) {
            return Ok(block.kept(slot).map(|kept| kept.text));
        }
    }
    Ok(None)
}

/// The blocks that may have a record of this time.
fn blocks_at(connection: &Connection, part: i64, time: Timestamp) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare_cached(
            "SELECT id FROM block WHERE part = ?1 AND newest >= ?2 AND oldest <= ?2 AND live > 0",
        )?
        .query_map(params![part, time.micros()], |row| row.get(0))?
        .collect()
}

/// Stores records, in any order, as blocks.
pub(super) fn store(
    connection: &Connection,
    file: &Path,
    part: i64,
    mut records: Vec<Kept>,
) -> Result<(), Error> {
    records.sort_by(|a, b| b.time.cmp(&a.time).then(a.identity.cmp(&b.identity)));
    for piece in cut(&records) {
        let packed = pack(piece)
            .ok_or_else(|| Error::damaged(file, "a record is too long to be kept in it".to_owned()))?;
        connection
            .prepare_cached(
                "INSERT INTO block(part, newest, oldest, count, live, raw, hash, body)
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    part,
                    packed.newest.micros(),
                    packed.oldest.micros(),
                    packed.count as i64,
                    packed.raw as i64,
                    packed.hash,
                    packed.body
                ])
            })
            .map_err(|e| Error::of(file, e))?;
    }
    Ok(())
}

/// Takes a block's standing records out, to be stored anew.
pub(super) fn take_out(connection: &Connection, file: &Path, id: i64) -> Result<Vec<Kept>, Error> {
    let (head, block) = read_block(connection, file, id)?;
    let stands = |slot: &usize| !head.dead.contains(*slot);
    let records = (0..block.len()).filter(stands).filter_map(|slot| block.kept(slot)).collect();
    connection
        .prepare_cached("DELETE FROM block WHERE id = ?1")
        .and_then(|mut statement| statement.execute([id]))
        .map_err(|e| Error::of(file, e))?;
    Ok(records)
}

/// Makes few blocks of many small ones.
fn settle(connection: &Connection, file: &Path, part: i64) -> Result<(), Error> {
    let small: Vec<i64> = connection
        .prepare_cached("SELECT id FROM block WHERE part = ?1 AND live < ?2 AND raw < ?3")
        .and_then(|mut found| {
            found.query_map(params![part, SMALL_RECORDS, SMALL_BYTES], |row| row.get(0))?.collect()
        })
        .map_err(|e| Error::of(file, e))?;
    if small.len() < MANY_SMALL {
        return Ok(());
    }
    let mut records = Vec::new();
    for id in small {
        records.extend(take_out(connection, file, id)?);
    }
    store(connection, file, part, records)
}

/// The part's coverage.
pub(super) fn covered(connection: &Connection, part: i64) -> rusqlite::Result<IntervalSet> {
    let mut statement = connection.prepare_cached("SELECT since, until FROM covered WHERE part = ?1")?;
    statement.query_map([part], interval)?.collect()
}

/// Writes a part's coverage.
pub(super) fn write_covered(connection: &Connection, part: i64, set: &IntervalSet) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM covered WHERE part = ?1")?.execute([part])?;
    let mut insert =
        connection.prepare_cached("INSERT INTO covered(part, since, until) VALUES (?1, ?2, ?3)")?;
    for part_of_it in set.parts() {
        insert.execute(params![part, part_of_it.since.micros(), part_of_it.until.micros()])?;
    }
    Ok(())
}

fn cover(connection: &Connection, part: i64, added: &[Interval]) -> rusqlite::Result<()> {
    if added.is_empty() {
        return Ok(());
    }
    let before = covered(connection, part)?;
    let mut after = before.clone();
    for stretch in added {
        after.insert(*stretch);
    }
    if after != before {
        write_covered(connection, part, &after)?;
    }
    Ok(())
}

fn set_walk(connection: &Connection, part: i64, walk: WalkChange<'_>) -> rusqlite::Result<()> {
    match walk {
        WalkChange::AsItWas => {}
        WalkChange::At { window, state } => {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO walk(part, since, until, state) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![part, window.since.micros(), window.until.micros(), state])?;
        }
        WalkChange::Over => {
            connection.prepare_cached("DELETE FROM walk WHERE part = ?1")?.execute([part])?;
        }
    }
    Ok(())
}
