//! Where the archive is, as the config says it, and how it is opened there.
//!
//! Not here: how entries rest (`archive`).

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::archive::{Archive, Error, Ledger, Lock};
use crate::engine::Engine;

/// Where the archive is.
#[derive(Debug, Clone)]
pub enum Place {
    /// On disk, in this folder.
    Folder(PathBuf),
    /// On a server.
    Server {
        /// Which.
        engine: Arc<Engine>,
        /// A folder of this machine where its writers tell one another that they are at work.
        locks: PathBuf,
    },
}

impl Place {
    /// Opens it for writing; what is not there is made.
    pub fn open(&self) -> Result<Box<dyn Ledger>, Error> {
        match self {
            Self::Folder(folder) => Ok(Box::new(Archive::open(folder)?)),
            Self::Server { engine, .. } => Ok(Box::new(engine.open()?)),
        }
    }

    /// Opens it for reading; nothing is made.
    pub fn open_read_only(&self) -> Result<Box<dyn Ledger>, Error> {
        self.open_read_only_within(None)
    }

    /// The same, waiting for another process that keeps it to itself for at most so long (`None`: as
    /// long as ever).
    pub fn open_read_only_within(&self, patience: Option<Duration>) -> Result<Box<dyn Ledger>, Error> {
        match self {
            Self::Folder(folder) => Ok(Box::new(Archive::open_read_only_within(folder, patience)?)),
            Self::Server { engine, .. } => Ok(Box::new(engine.open_read_only()?)),
        }
    }

    /// Whether what it holds of a window can be read into memory as a matter of course, whatever is
    /// asked of it: a server may hold any number of entries.
    pub fn is_at_hand(&self) -> bool {
        match self {
            Self::Folder(_) => true,
            Self::Server { .. } => false,
        }
    }

    /// Where that is so, the archive itself, opened for reading, waiting for another process that
    /// keeps it to itself for at most so long.
    pub fn at_hand(&self, patience: Option<Duration>) -> Result<Option<Archive>, Error> {
        match self {
            Self::Folder(folder) => Archive::open_read_only_within(folder, patience).map(Some),
            Self::Server { .. } => Ok(None),
        }
    }

    /// Takes the right to write, waiting for at most so long. `None`: another process of this machine
    /// has it still. What is not there must have been made.
    pub fn lock(&self, at_most: Duration) -> Result<Option<Lock>, Error> {
        match self {
            Self::Folder(folder) => Lock::take(folder, at_most),
            Self::Server { engine, locks } => {
                let address = engine.address().to_string();
                let name: String =
                    address.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
                let folder = locks.join(name);
                let failed = |source| Error::Io { path: folder.clone(), source };
                DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
                Lock::take(&folder, at_most)
            }
        }
    }
}
