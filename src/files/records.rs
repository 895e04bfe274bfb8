//! A file as the place where its records rest, for as long as it does not change.
//!
//! Every stretch that was read is known by a hash. While length and times of the file are what they
//! were, its bytes are; where they are not (a log that grows, one that is rotated in place), a stretch
//! is looked at anew before a record of it is given out, and a record whose stretch changed is lost:
//! another one's bytes are never taken for it.

use std::fs::{File, Metadata};
use std::hash::BuildHasher;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Mutex, PoisonError, RwLock};

use hashbrown::{DefaultHashBuilder, HashSet};

use crate::store::RecordSource;

/// How often a file that changes while it is read is read again.
const TRIES: usize = 3;

/// A file whose records are given out.
#[derive(Debug)]
pub(super) struct FileRecords {
    file: File,
    /// What it was like when it was opened.
    state: State,
    hasher: DefaultHashBuilder,
    /// By their places, none over another.
    stretches: RwLock<Vec<Stretch>>,
    /// The stretches that were found unchanged, by their starts, and what the file was like then.
    checked: Mutex<Option<(State, HashSet<u64>)>>,
}

/// What tells that a file changed. The file is held open, so that one that is put in its place is no
/// change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    len: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl State {
    fn of(about: &Metadata) -> Self {
        Self {
            len: about.len(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }
}

/// Bytes that were read: whole lines.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    start: u64,
    end: u64,
    hash: u64,
}

impl FileRecords {
    /// Gives out records of this file.
    pub(super) fn new(file: File) -> io::Result<Self> {
        Ok(Self {
            state: State::of(&file.metadata()?),
            file,
            hasher: DefaultHashBuilder::default(),
            stretches: RwLock::default(),
            checked: Mutex::default(),
        })
    }

    /// The file's length when it was opened.
    pub(super) fn len(&self) -> u64 {
        self.state.len
    }

    /// Reads so many bytes from a place on; an end before that is an error.
    pub(super) fn fill(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        self.file.read_exact_at(bytes, at)
    }

    /// Remembers a stretch that was read, of whole lines.
    pub(super) fn remember(&self, start: u64, bytes: &[u8]) {
        let stretch = Stretch { start, end: start + bytes.len() as u64, hash: self.hasher.hash_one(bytes) };
        let mut stretches = self.stretches.write().unwrap_or_else(PoisonError::into_inner);
        let place = stretches.partition_point(|other| other.start < start);
        stretches.insert(place, stretch);
    }

    /// Up to so many bytes from a place on.
    fn bytes(&self, at: u64, len: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; len];
        let mut filled = 0;
        while filled < len {
            match self.file.read_at(&mut bytes[filled..], at + filled as u64) {
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
        bytes.truncate(filled);
        Some(bytes)
    }

    /// How many of the bytes that are asked for stand there as they were read, the file being
    /// otherwise than it was; `None`: some do not.
    fn unchanged(&self, now: State, at: u64, len: usize) -> Option<usize> {
        let end = at.checked_add(len as u64)?;
        let stretches = self.stretches.read().unwrap_or_else(PoisonError::into_inner);
        let first = stretches.partition_point(|stretch| stretch.end <= at);
        let asked: Vec<Stretch> =
            stretches[first..].iter().take_while(|stretch| stretch.start < end).copied().collect();
        drop(stretches);
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, known) = checked.get_or_insert_with(|| (now, HashSet::new()));
        if *state != now {
            (*state, *known) = (now, HashSet::new());
        }
        let mut covered = at;
        for stretch in asked {
            if stretch.start > covered {
                break;
            }
            if !known.contains(&stretch.start) {
                let bytes = self.bytes(stretch.start, (stretch.end - stretch.start) as usize)?;
                if self.hasher.hash_one(&*bytes) != stretch.hash {
                    return None;
                }
                known.insert(stretch.start);
            }
            covered = stretch.end.min(end);
        }
        (covered > at).then_some((covered - at) as usize)
    }

    fn state_now(&self) -> Option<State> {
        self.file.metadata().ok().map(|about| State::of(&about))
    }
}

impl RecordSource for FileRecords {
    fn read(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
        for _ in 0..TRIES {
            let now = self.state_now()?;
            let len = if now == self.state { len } else { self.unchanged(now, offset, len)? };
            let bytes = self.bytes(offset, len)?;
            if self.state_now()? == now {
                return Some(bytes);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;

    /// A file of two stretches, and its records.
    fn opened() -> (tempfile::NamedTempFile, FileRecords) {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(b"{\"a\":1}\n{\"b\":2}\n").expect("writes");
        let records = FileRecords::new(File::open(file.path()).expect("opens")).expect("it is there");
        records.remember(8, b"{\"b\":2}\n");
        records.remember(0, b"{\"a\":1}\n");
        (file, records)
    }

    /// Changes a file so that its times say so, however coarse they are.
    fn change(path: &std::path::Path, change: impl FnOnce(&mut File)) {
        let mut file = OpenOptions::new().write(true).open(path).expect("opens");
        change(&mut file);
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("sets");
    }

    #[test]
    fn what_was_read_is_given_out_again() {
        let (_file, records) = opened();
        assert_eq!(records.len(), 16);
        assert_eq!(records.read(8, 7).as_deref(), Some(&b"{\"b\":2}"[..]));
        assert_eq!(records.read(8, 700).as_deref(), Some(&b"{\"b\":2}\n"[..]));
    }

    #[test]
    fn a_file_that_grows_loses_nothing() {
        let (file, records) = opened();
        change(file.path(), |out| {
            out.write_all_at(b"{\"c\":3}\n", 16).expect("writes");
        });
        assert_eq!(records.read(8, 7).as_deref(), Some(&b"{\"b\":2}"[..]));
        assert_eq!(records.read(0, 700).as_deref(), Some(&b"{\"a\":1}\n{\"b\":2}\n"[..]));
        assert_eq!(records.read(16, 7), None, "what came later was never read");
    }

    #[test]
    fn what_was_changed_is_lost_and_never_another_ones() {
        let (file, records) = opened();
        change(file.path(), |out| {
            out.write_all_at(b"{\"b\":9}\n", 8).expect("writes");
        });
        assert_eq!(records.read(8, 7), None);
        assert_eq!(records.read(0, 16), None);
        assert_eq!(records.read(0, 7).as_deref(), Some(&b"{\"a\":1}"[..]));
        change(file.path(), |out| out.set_len(3).expect("cuts"));
        assert_eq!(records.read(0, 7), None);
    }

    #[test]
    fn another_file_in_its_place_changes_nothing() {
        let (file, records) = opened();
        let path = file.path().to_owned();
        std::fs::remove_file(&path).expect("removes");
        std::fs::write(&path, b"{\"x\":7}\n{\"y\":8}\n").expect("writes");
        assert_eq!(records.read(0, 7).as_deref(), Some(&b"{\"a\":1}"[..]));
    }
}
