//! The archive: a lasting record of logs, on disk (the contract's sections 1 and 7).
//!
//! One `SQLite` file in a folder of its own. Records rest verbatim, in compressed blocks by part and
//! time (`archive::block`); they become entries when they are loaded, so that a better descriptor
//! serves old records too. Beside them stand, for each part (a source, and its fan-out value), which
//! identities are held, what of time is covered, and where an unfinished walk goes on; all of these
//! change in the transaction of the records that they stand for (`archive::append`). So whatever
//! moment a process is killed at, the file says no more and no less than what it holds.
//!
//! What blocks: everything here; call it on a thread that may wait. Not here: fetching (`sync`), and
//! deciding what to keep.

mod append;
mod block;
mod error;
mod ledger;
mod load;
mod lock;
mod rows;
mod schema;
mod singles;
mod upkeep;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::interval::{Interval, IntervalSet};
use crate::source::Part;
use crate::timestamp::Timestamp;

pub use append::{Appended, Batch, WalkChange};
pub use error::{Error, Fault};
pub use ledger::{Ledger, Loading};
pub use load::{Load, Loaded, Unreadable};
pub use lock::Lock;
pub use rows::LoadedRows;
pub use upkeep::{Checked, Pruned, Status};

/// The archive's file in its folder.
const FILE: &str = "archive.sqlite";
/// How long one writer's transaction waits for another's.
const BUSY: Duration = Duration::from_secs(30);

/// An open archive.
#[derive(Debug)]
pub struct Archive {
    connection: Connection,
    file: PathBuf,
    /// How long another process is waited for.
    patience: Duration,
}

/// A walk that was not finished: what it was to fetch, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// What it was to fetch.
    pub window: Interval,
    /// Where it goes on, as the fetch layer writes it.
    pub state: String,
}

/// A source as the archive knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: Arc<str>,
    /// The descriptor's name.
    pub provider: String,
    /// The origin that it is asked at; empty where only files were taken in.
    pub origin: String,
}

impl Archive {
    /// Opens the archive of a folder for writing. What is not there is made: the folder for its
    /// owner alone (0700), the file too (0600). An older archive is brought up to date; a newer one,
    /// and another application's file, are refused and left as they are.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let file = Self::file_in(folder);
        let failed = |source| Error::Io { path: file.clone(), source };
        if !folder.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        }
        let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&file);
        let made = made.map_err(failed)?;
        if made.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
            made.set_permissions(Permissions::from_mode(0o600)).map_err(failed)?;
        }
        drop(made);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let archive = Self::connect(file, flags, BUSY)?;
        schema::settle(&archive.connection, &archive.file)?;
        Ok(archive)
    }

    /// Opens the archive of a folder for reading. An older one is brought up to date first, and so is
    /// one whose making was interrupted.
    pub fn open_read_only(folder: &Path) -> Result<Self, Error> {
        Self::open_read_only_within(folder, None)
    }

    /// The same, waiting for another process that keeps the archive to itself for at most so long.
    pub fn open_read_only_within(folder: &Path, patience: Option<Duration>) -> Result<Self, Error> {
        let file = Self::file_in(folder);
        if !file.is_file() {
            return Err(Error::Missing { path: file });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let patience = patience.unwrap_or(BUSY);
        let archive = Self::connect(file.clone(), flags, patience)?;
        match schema::is_current(&archive.connection, &archive.file) {
            Ok(true) => return Ok(archive),
            Ok(false) => {}
            Err(error) if error.is_unfinished() => {}
            Err(error) => return Err(error),
        }
        drop(archive);
        drop(Self::open(folder)?);
        Self::connect(file, flags, patience)
    }

    /// The archive's file in a folder.
    pub fn file_in(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    fn connect(file: PathBuf, flags: OpenFlags, patience: Duration) -> Result<Self, Error> {
        let connection = Connection::open_with_flags(&file, flags).map_err(|e| Error::of(&file, e))?;
        connection.busy_timeout(patience).map_err(|e| Error::of(&file, e))?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection, file, patience })
    }

    /// The archive's file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What an error of the database means for this file.
    fn failed(&self, error: rusqlite::Error) -> Error {
        Error::of(&self.file, error)
    }

    /// Takes note of a source, or holds it to what is known of it: a name that now means another
    /// system is refused, so that two logs never mix. An `origin` that is empty is not known.
    pub fn claim(&mut self, name: &str, provider: &str, origin: &str) -> Result<(), Error> {
        let known = self.known(name)?;
        let Some(known) = known else {
            self.connection
                .execute(
                    "INSERT INTO source(name, provider, origin) VALUES (?1, ?2, ?3)",
                    params![name, provider, origin],
                )
                .map_err(|e| self.failed(e))?;
            return Ok(());
        };
        known.check(provider, origin)?;
        if known.origin.is_empty() && !origin.is_empty() {
            self.connection
                .execute("UPDATE source SET origin = ?2 WHERE name = ?1", params![name, origin])
                .map_err(|e| self.failed(e))?;
        }
        Ok(())
    }

    /// What is known of a source.
    pub fn known(&self, name: &str) -> Result<Option<Known>, Error> {
        self.connection
            .query_row("SELECT provider, origin FROM source WHERE name = ?1", [name], |row| {
                Ok(Known { name: name.into(), provider: row.get(0)?, origin: row.get(1)? })
            })
            .optional()
            .map_err(|e| self.failed(e))
    }

    /// Every source, by name.
    pub fn sources(&self) -> Result<Vec<Known>, Error> {
        self.rows("SELECT name, provider, origin FROM source ORDER BY name", [], |row| {
            Ok(Known { name: row.get::<_, String>(0)?.into(), provider: row.get(1)?, origin: row.get(2)? })
        })
    }

    /// The parts of a source that the archive has, by value.
    pub fn parts(&self, source: &str) -> Result<Vec<Part>, Error> {
        let name: Arc<str> = source.into();
        self.rows(
            "SELECT part.value FROM part JOIN source ON source.id = part.source
             WHERE source.name = ?1 ORDER BY part.value",
            [source],
            |row| {
                let value: Option<String> = row.get(0)?;
                Ok(Part { source: name.clone(), value: value.map(Into::into) })
            },
        )
    }

    /// What of time is covered: of these stretches, all entries that the system had are here.
    pub fn coverage(&self, part: &Part) -> Result<IntervalSet, Error> {
        let Some(id) = self.part_id(part)? else { return Ok(IntervalSet::new()) };
        let parts = self.rows("SELECT since, until FROM covered WHERE part = ?1", [id], interval)?;
        Ok(parts.into_iter().collect())
    }

    /// The walk of a part that was not finished.
    pub fn walk(&self, part: &Part) -> Result<Option<Walk>, Error> {
        let Some(id) = self.part_id(part)? else { return Ok(None) };
        self.connection
            .query_row("SELECT since, until, state FROM walk WHERE part = ?1", [id], |row| {
                Ok(Walk { window: interval(row)?, state: row.get(2)? })
            })
            .optional()
            .map_err(|e| self.failed(e))
    }

    /// Up to when the part was fetched whole by the last sync that ended well.
    pub fn whole_until(&self, part: &Part) -> Result<Option<Timestamp>, Error> {
        let Some(id) = self.part_id(part)? else { return Ok(None) };
        let micros: Option<i64> = self
            .connection
            .query_row("SELECT whole_until FROM part WHERE id = ?1", [id], |row| row.get(0))
            .map_err(|e| self.failed(e))?;
        Ok(micros.map(Timestamp::from_micros))
    }

    fn part_id(&self, part: &Part) -> Result<Option<i64>, Error> {
        find_part(&self.connection, part).map_err(|e| self.failed(e))
    }

    fn rows<T>(
        &self,
        sql: &str,
        with: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let read_all = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map(with, read)?;
            rows.collect::<rusqlite::Result<Vec<T>>>()
        };
        read_all().map_err(|e| self.failed(e))
    }
}

impl Known {
    /// Refuses another system under the same name.
    pub fn check(&self, provider: &str, origin: &str) -> Result<(), Error> {
        let other_origin = !origin.is_empty() && !self.origin.is_empty() && self.origin != origin;
        if self.provider == provider && !other_origin {
            return Ok(());
        }
        let shown = |provider: &str, origin: &str| match origin {
            "" => provider.to_owned(),
            origin => format!("{provider} at {origin}"),
        };
        Err(Error::OtherSystem {
            name: self.name.to_string(),
            was: shown(&self.provider, &self.origin),
            is: shown(provider, origin),
        })
    }
}

/// The row of a part; `None`: nothing of it was ever kept.
fn find_part(connection: &Connection, part: &Part) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT part.id FROM part JOIN source ON source.id = part.source
             WHERE source.name = ?1 AND part.value IS ?2",
        )?
        .query_row(params![&*part.source, part.value.as_deref()], |row| row.get(0))
        .optional()
}

/// The interval of a row's first two columns.
fn interval(row: &rusqlite::Row<'_>) -> rusqlite::Result<Interval> {
    Ok(Interval::new(Timestamp::from_micros(row.get(0)?), Timestamp::from_micros(row.get(1)?)))
}
