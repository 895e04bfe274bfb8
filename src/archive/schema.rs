//! The tables, their version, and how an older version becomes this one.
//!
//! `application_id` tells an archive from other applications' files, `user_version` its version.
//! Each step from one version to the next is SQL text; all steps that a file needs run in one
//! transaction.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::Error;

/// `audt`, in the file's header.
pub const APPLICATION: i64 = 0x6175_6474;

/// What leads from each version to the next, beginning with the empty file (version 0).
const STEPS: &[&str] = &[
    // 1: the tables.
    "CREATE TABLE source(
         id INTEGER PRIMARY KEY,
         name TEXT NOT NULL UNIQUE,
         provider TEXT NOT NULL,
         origin TEXT NOT NULL) STRICT;
     CREATE TABLE part(
         id INTEGER PRIMARY KEY,
         source INTEGER NOT NULL REFERENCES source(id),
         value TEXT,
         whole_until INTEGER) STRICT;
     CREATE UNIQUE INDEX part_value ON part(source, ifnull(value, x''));
     CREATE TABLE entry(
         part INTEGER NOT NULL,
         identity BLOB NOT NULL,
         time INTEGER NOT NULL,
         rank INTEGER NOT NULL,
         digest INTEGER NOT NULL,
         PRIMARY KEY(part, identity)) STRICT, WITHOUT ROWID;
     CREATE TABLE block(
         id INTEGER PRIMARY KEY,
         part INTEGER NOT NULL REFERENCES part(id),
         newest INTEGER NOT NULL,
         oldest INTEGER NOT NULL,
         count INTEGER NOT NULL,
         live INTEGER NOT NULL,
         raw INTEGER NOT NULL,
         hash BLOB NOT NULL,
         dead BLOB,
         body BLOB NOT NULL) STRICT;
     CREATE INDEX block_time ON block(part, newest, oldest, live);
     CREATE TABLE covered(
         part INTEGER NOT NULL,
         since INTEGER NOT NULL,
         until INTEGER NOT NULL,
         PRIMARY KEY(part, since)) STRICT, WITHOUT ROWID;
     CREATE TABLE walk(
         part INTEGER PRIMARY KEY,
         since INTEGER NOT NULL,
         until INTEGER NOT NULL,
         state TEXT NOT NULL) STRICT;",
    // 2: entries whose single record could not be had.
    "CREATE TABLE without_single(
         part INTEGER NOT NULL,
         identity BLOB NOT NULL,
         tries INTEGER NOT NULL,
         PRIMARY KEY(part, identity)) STRICT, WITHOUT ROWID;",
];

/// The version that is written.
pub const VERSION: i64 = STEPS.len() as i64;

/// Whether the file is an archive of this version. Another application's and a newer one are errors.
pub fn is_current(connection: &Connection, file: &Path) -> Result<bool, Error> {
    let found = version(connection).map_err(|e| Error::of(file, e))?;
    match found {
        Found::Archive(VERSION) => Ok(true),
        Found::Archive(older @ 0..VERSION) if older >= 0 => Ok(false),
        Found::Archive(found) => Err(Error::Newer { path: file.to_owned(), found, known: VERSION }),
        Found::Foreign => Err(Error::Foreign { path: file.to_owned() }),
    }
}

/// Makes the tables in an empty file, or brings an older archive up to date; then sets how it is
/// written: each commit is on disk when it returns.
pub fn settle(connection: &Connection, file: &Path) -> Result<(), Error> {
    let failed = |e| Error::of(file, e);
    let current = is_current(connection, file)?;
    if !current {
        // Only a file without pages takes it; it lets a pruned archive become smaller.
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL;").map_err(failed)?;
    }
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
             PRAGMA checkpoint_fullfsync = ON; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;",
        )
        .map_err(failed)?;
    if current {
        return Ok(());
    }
    let step =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(failed)?;
    // Another process may have done it meanwhile.
    if let Found::Archive(from @ 0..VERSION) = version(&step).map_err(failed)? {
        for sql in &STEPS[from as usize..] {
            step.execute_batch(sql).map_err(failed)?;
        }
        step.pragma_update(None, "application_id", APPLICATION).map_err(failed)?;
        step.pragma_update(None, "user_version", VERSION).map_err(failed)?;
    }
    step.commit().map_err(failed)
}

enum Found {
    /// An archive of this version; 0: an empty file.
    Archive(i64),
    Foreign,
}

fn version(connection: &Connection) -> rusqlite::Result<Found> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application == APPLICATION {
        return Ok(Found::Archive(version));
    }
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(if application == 0 && version == 0 && tables == 0 { Found::Archive(0) } else { Found::Foreign })
}
