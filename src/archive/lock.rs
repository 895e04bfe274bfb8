//! One writer at a time: a lock that ends with its process, however that ends.
//!
//! Transactions keep the file right whoever writes; this keeps two syncs from fetching the same
//! pages twice.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Error;

/// The file that is locked, beside the archive's.
const FILE: &str = "sync.lock";
/// How often it is tried again.
const AGAIN: Duration = Duration::from_millis(50);

/// The right to sync; ends when it is dropped, or with the process.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a folder (which must be there), waiting for at most so long. `None`:
    /// another process has it still.
    pub fn take(folder: &Path, at_most: Duration) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE);
        let failed = |source| Error::Io { path: path.clone(), source };
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(failed)?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self { _file: file })),
                Err(TryLockError::WouldBlock) if begun.elapsed() >= at_most => return Ok(None),
                Err(TryLockError::WouldBlock) => sleep(AGAIN.min(at_most)),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
    }
}
