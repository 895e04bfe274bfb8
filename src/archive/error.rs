//! What can go wrong with an archive, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ffi::{self, ErrorCode};

use crate::text::visible;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no archive.
    #[error("there is no archive at {}: `auditty sync` makes one", shown(path))]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is no archive.
    #[error("{} is not an archive of auditty; it is left as it is", shown(path))]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A later auditty wrote it.
    #[error(
        "the archive {} has version {found} and this auditty knows versions up to {known}: a newer auditty reads it",
        shown(path)
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// A source's name means another system than it did.
    #[error(
        "the archive's entries of `{}` come from {}, and the config's `{}` is {}: give the new one another name",
        visible(name),
        visible(was),
        visible(name),
        visible(is)
    )]
    OtherSystem {
        /// The name.
        name: String,
        /// What it was.
        was: String,
        /// What it is now.
        is: String,
    },
    /// The disk, or a quota, is full. What was being written is not there; all else is.
    #[error("no space is left for the archive {}; what it holds is whole", shown(path))]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another process writes for longer than is waited.
    #[error("another process is writing to the archive {}", shown(path))]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("the archive {} is damaged: {why}", shown(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How.
        why: String,
    },
    /// The file or its folder cannot be used.
    #[error("{}: {source}", shown(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The archive is a server's, and something is wrong with that.
    #[error("{message}")]
    Server {
        /// What, in words.
        message: String,
        /// What kind of failure it is.
        fault: Fault,
    },
    /// Anything else that the database says.
    #[error("the archive {}: {source}", shown(path))]
    Database {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: rusqlite::Error,
    },
}

/// What kind of failure a server's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The config is wrong, or what is asked.
    Config,
    /// It does not let the user in.
    Refused,
    /// It does not answer.
    Unreachable,
    /// Anything else.
    Broken,
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

impl Error {
    /// What an error of the database means.
    pub(super) fn of(file: &Path, error: rusqlite::Error) -> Self {
        let path = file.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Foreign { path },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, why: error.to_string() },
            _ => Self::Database { path, source: error },
        }
    }

    /// Whether the file was left amid a change that only a writer can take back. Once an archive is
    /// made, its changes need no such thing; its making does.
    pub(super) fn is_unfinished(&self) -> bool {
        let Self::Database { source, .. } = self else { return false };
        source.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_READONLY_ROLLBACK)
    }

    /// A damaged file.
    pub(super) fn damaged(file: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { path: file.to_owned(), why: why.into() }
    }
}
