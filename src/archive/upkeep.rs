//! Looking after the archive: what it holds, whether all of it is as it was stored, and letting the
//! oldest go.

use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::append::{covered, store, take_out, write_covered};
use super::block::{Block, Dead, digest, rank_number};
use super::{Archive, Error};
use crate::interval::{Interval, IntervalSet};
use crate::source::Part;
use crate::timestamp::Timestamp;

/// What is held of a part.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Which.
    pub part: Part,
    /// How many entries.
    pub entries: u64,
    /// The oldest entry's time.
    pub oldest: Option<Timestamp>,
    /// The newest entry's time.
    pub newest: Option<Timestamp>,
    /// What of time is covered.
    pub coverage: IntervalSet,
    /// Bytes of its compressed records.
    pub bytes: u64,
}

/// What was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checked {
    /// So many records are as they were stored.
    pub records: u64,
    /// In so many blocks; `None`: they rest in none.
    pub blocks: Option<u64>,
}

/// What was let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// So many entries.
    pub entries: u64,
    /// So many rows that stood no more, since a richer or newer copy of the entry came; on disk those
    /// go as they come.
    pub superseded: u64,
    /// Whether they are gone by now; a server may need a while for it.
    pub is_over: bool,
}

impl Archive {
    /// What is held, by source and value.
    pub fn status(&self) -> Result<Vec<Status>, Error> {
        let mut all = Vec::new();
        for known in self.sources()? {
            for part in self.parts(&known.name)? {
                all.push(self.status_of(part)?);
            }
        }
        Ok(all)
    }

    fn status_of(&self, part: Part) -> Result<Status, Error> {
        let id = self.part_id(&part)?;
        let coverage = self.coverage(&part)?;
        let counted = self.connection.query_row(
            "SELECT count(*), min(time), max(time),
                 (SELECT coalesce(sum(length(body)), 0) FROM block WHERE part = ?1)
             FROM entry WHERE part = ?1",
            [id],
            |row| {
                let time = |micros: Option<i64>| micros.map(Timestamp::from_micros);
                Ok((row.get::<_, i64>(0)?, time(row.get(1)?), time(row.get(2)?), row.get::<_, i64>(3)?))
            },
        );
        let (entries, oldest, newest, bytes) = counted.map_err(|e| self.failed(e))?;
        Ok(Status { part, entries: entries as u64, oldest, newest, coverage, bytes: bytes as u64 })
    }

    /// The size of the archive's file, bytes.
    pub fn file_bytes(&self) -> Result<u64, Error> {
        let found = std::fs::metadata(&self.file);
        Ok(found.map_err(|source| Error::Io { path: self.file.clone(), source })?.len())
    }

    /// Holds everything to what was stored: the database's own structure, each block's hash and
    /// number of records, each record's hash, and that every known entry has just one record. The
    /// error says what the first fault is.
    pub fn verify(&self) -> Result<Checked, Error> {
        self.connection.execute_batch("BEGIN").map_err(|e| self.failed(e))?;
        let checked = self.verify_all();
        let ended = self.connection.execute_batch("ROLLBACK").map_err(|e| self.failed(e));
        let checked = checked?;
        ended.map(|()| checked)
    }

    /// As [`Self::verify`], in whatever transaction is open.
    pub(super) fn verify_all(&self) -> Result<Checked, Error> {
        let faults: Vec<String> = self.rows("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if let Some(fault) = faults.into_iter().find(|fault| fault != "ok") {
            return Err(Error::damaged(&self.file, fault));
        }
        let (mut records, mut blocks) = (0, 0);
        for known in self.sources()? {
            for part in self.parts(&known.name)? {
                let Some(id) = self.part_id(&part)? else { continue };
                let checked = self.verify_part(&part, id)?;
                records += checked.records;
                blocks += checked.blocks.unwrap_or(0);
            }
        }
        Ok(Checked { records, blocks: Some(blocks) })
    }

    fn verify_part(&self, part: &Part, id: i64) -> Result<Checked, Error> {
        let blocks: Vec<i64> =
            self.rows("SELECT id FROM block WHERE part = ?1 ORDER BY newest DESC, id", [id], |row| {
                row.get(0)
            })?;
        let mut checked = Checked::default();
        for block in blocks {
            let records = self
                .verify_block(id, block)?
                .map_err(|why| Error::damaged(&self.file, format!("block {block} of {part}: {why}")))?;
            checked.records += records;
            *checked.blocks.get_or_insert(0) += 1;
        }
        let known: i64 = self
            .connection
            .query_row("SELECT count(*) FROM entry WHERE part = ?1", [id], |row| row.get(0))
            .map_err(|e| self.failed(e))?;
        if known as u64 != checked.records {
            let why = format!("{part}: {known} entries are known and {} records are there", checked.records);
            return Err(Error::damaged(&self.file, why));
        }
        Ok(checked)
    }

    /// How many records of a block stand; the inner error says what is wrong with it.
    fn verify_block(&self, part: i64, id: i64) -> Result<Result<u64, String>, Error> {
        let row = self.connection.query_row(
            "SELECT raw, dead, count, live, newest, oldest, hash, body FROM block WHERE id = ?1",
            [id],
            |row| {
                let numbers: [i64; 5] = [row.get(0)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
                Ok((numbers, Dead::of(row.get(1)?), row.get::<_, Vec<u8>>(6)?, row.get::<_, Vec<u8>>(7)?))
            },
        );
        let ([raw, count, live, newest, oldest], dead, hash, body) = row.map_err(|e| self.failed(e))?;
        let raw = usize::try_from(raw).unwrap_or(usize::MAX);
        let block = match Block::unpack(&body, raw, Some(&hash)) {
            Ok(block) => block,
            Err(why) => return Ok(Err(why)),
        };
        if block.len() as i64 != count {
            return Ok(Err(format!("it has {} records and not {count}", block.len())));
        }
        let mut standing = 0;
        for slot in (0..block.len()).filter(|slot| !dead.contains(*slot)) {
            let Some((identity, time, rank, text)) = block.record(slot) else { continue };
            standing += 1;
            let known: Option<(i64, u8, i64)> = self
                .connection
                .prepare_cached("SELECT time, rank, digest FROM entry WHERE part = ?1 AND identity = ?2")
                .and_then(|mut found| {
                    found
                        .query_row(params![part, identity.0.to_be_bytes()], |row| {
                            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                        })
                        .optional()
                })
                .map_err(|e| self.failed(e))?;
            let fault = match known {
                None => "it is not known as an entry",
                Some((_, _, stored)) if stored != digest(text) => "its hash differs from what was stored",
                Some((at, of, _)) if at != time.micros() || of != rank_number(rank) => {
                    "its time or rank differs from what was stored"
                }
                Some(_) if !(oldest..=newest).contains(&time.micros()) => "its time is outside its block's",
                Some(_) => continue,
            };
            return Ok(Err(format!("record {} of {time}: {fault}", slot + 1)));
        }
        if standing as i64 != live {
            return Ok(Err(format!("{standing} of its records stand and not {live}")));
        }
        Ok(Ok(standing))
    }

    /// Lets go of everything before an instant. That time is then no longer covered, and the file
    /// becomes smaller.
    pub fn prune(&mut self, before: Timestamp) -> Result<Pruned, Error> {
        let file = self.file.clone();
        let failed = |e| Error::of(&file, e);
        let parts: Vec<i64> = self.rows("SELECT id FROM part", [], |row| row.get(0))?;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let mut pruned = Pruned { is_over: true, ..Pruned::default() };
        for part in parts {
            transaction
                .execute("DELETE FROM block WHERE part = ?1 AND newest < ?2", params![part, before.micros()])
                .map_err(failed)?;
            let straddling: Vec<i64> = transaction
                .prepare("SELECT id FROM block WHERE part = ?1 AND oldest < ?2")
                .and_then(|mut found| {
                    found.query_map(params![part, before.micros()], |row| row.get(0))?.collect()
                })
                .map_err(failed)?;
            for id in straddling {
                let mut records = take_out(&transaction, &file, id)?;
                records.retain(|kept| kept.time >= before);
                store(&transaction, &file, part, records)?;
            }
            pruned.entries += transaction
                .execute("DELETE FROM entry WHERE part = ?1 AND time < ?2", params![part, before.micros()])
                .map_err(failed)? as u64;
            let mut coverage = covered(&transaction, part).map_err(failed)?;
            coverage.remove(Interval::new(Timestamp::MIN, before));
            write_covered(&transaction, part, &coverage).map_err(failed)?;
            // A walk that reaches there would bring some of it back.
            transaction
                .execute("DELETE FROM walk WHERE part = ?1 AND since < ?2", params![part, before.micros()])
                .map_err(failed)?;
        }
        transaction
            .execute(
                "DELETE FROM without_single WHERE NOT EXISTS (SELECT 1 FROM entry
                     WHERE entry.part = without_single.part AND entry.identity = without_single.identity)",
                [],
            )
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
        self.connection
            .prepare("PRAGMA incremental_vacuum")
            .and_then(|mut vacuum| {
                let mut rows = vacuum.query([])?;
                while rows.next()?.is_some() {}
                Ok(())
            })
            .map_err(failed)?;
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(failed)?;
        Ok(pruned)
    }

    /// How many entries a source has in all its parts, each counted once.
    pub fn distinct_entries(&self, source: &str) -> Result<u64, Error> {
        let count: i64 = self
            .connection
            .query_row(
                "SELECT count(DISTINCT entry.identity) FROM entry JOIN part ON part.id = entry.part
                 JOIN source ON source.id = part.source WHERE source.name = ?1",
                [source],
                |row| row.get(0),
            )
            .map_err(|e| self.failed(e))?;
        Ok(count as u64)
    }
}
