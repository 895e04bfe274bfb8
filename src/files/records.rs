//! A file as the place where its records rest, for as long as it does not change.
//!
//! Every stretch that was read is known by a hash. While length and times of the file are what they
//! were, its bytes are; where they are not (a log that grows, one that is rotated in place), or were
//! too young to tell, a stretch is read and hashed anew before a record of it is given out, and a
//! record whose stretch changed is lost: another one's bytes are never taken for it.

use std::fs::{File, Metadata};
use std::hash::BuildHasher;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use hashbrown::DefaultHashBuilder;

use crate::store::RecordSource;
use crate::timestamp::{SECOND, Timestamp};

/// How old a change must be, microseconds, so that a later one has another time: file systems count in
/// ticks of a few milliseconds.
const SETTLED: i64 = SECOND / 10;

/// A file whose records are given out.
#[derive(Debug)]
pub(super) struct FileRecords {
    file: File,
    /// How long it was when it was opened.
    len: u64,
    /// What it was like then, where that was old enough to tell a later change.
    state: Option<State>,
    hasher: DefaultHashBuilder,
    /// By their places, none over another.
    stretches: RwLock<Vec<Stretch>>,
    /// The stretches that were read anew of late and found as they were: their bytes are right for
    /// good, whatever becomes of the file.
    recent: Mutex<Vec<(u64, Arc<[u8]>)>>,
}

/// How many stretches are held: neighbouring records are looked at together.
const RECENT: usize = 4;

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

    /// Whether a change from now on would be told.
    fn is_settled(&self, now: Timestamp) -> bool {
        let changed = self.changed.0.saturating_mul(SECOND).saturating_add(self.changed.1 / 1_000);
        now.micros().saturating_sub(changed) > SETTLED
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
        let state = State::of(&file.metadata()?);
        Ok(Self {
            len: state.len,
            state: Some(state).filter(|state| state.is_settled(Timestamp::now())),
            file,
            hasher: DefaultHashBuilder::default(),
            stretches: RwLock::default(),
            recent: Mutex::default(),
        })
    }

    /// The file's length when it was opened.
    pub(super) fn len(&self) -> u64 {
        self.len
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

    /// The bytes that are asked for, of stretches that are as they were when they were read; `None`:
    /// some are not. What was never read is not given out.
    fn checked(&self, at: u64, len: usize) -> Option<Vec<u8>> {
        let end = at.checked_add(len as u64)?;
        let stretches = self.stretches.read().unwrap_or_else(PoisonError::into_inner);
        let first = stretches.partition_point(|stretch| stretch.end <= at);
        let asked: Vec<Stretch> =
            stretches[first..].iter().take_while(|stretch| stretch.start < end).copied().collect();
        drop(stretches);
        let mut found = Vec::with_capacity(len);
        for stretch in asked {
            let from = at + found.len() as u64;
            if stretch.start > from {
                break;
            }
            let bytes = self.stretch(stretch)?;
            let until = stretch.end.min(end);
            found.extend(&bytes[(from - stretch.start) as usize..(until - stretch.start) as usize]);
        }
        (!found.is_empty()).then_some(found)
    }

    /// The bytes of a stretch as they were when it was read.
    fn stretch(&self, stretch: Stretch) -> Option<Arc<[u8]>> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = recent.iter().find(|(start, _)| *start == stretch.start) {
            return Some(Arc::clone(bytes));
        }
        let bytes = self.bytes(stretch.start, (stretch.end - stretch.start) as usize)?;
        if self.hasher.hash_one(&*bytes) != stretch.hash {
            return None;
        }
        let bytes: Arc<[u8]> = bytes.into();
        recent.truncate(RECENT - 1);
        recent.insert(0, (stretch.start, Arc::clone(&bytes)));
        Some(bytes)
    }

    /// Whether the file is surely as it was when it was opened.
    fn is_unchanged(&self) -> bool {
        self.state.is_some() && self.file.metadata().is_ok_and(|about| Some(State::of(&about)) == self.state)
    }
}

impl RecordSource for FileRecords {
    fn read(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
        if self.is_unchanged() {
            let bytes = self.bytes(offset, len);
            if self.is_unchanged() {
                return bytes;
            }
        }
        self.checked(offset, len)
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

    fn change(path: &std::path::Path, change: impl FnOnce(&mut File)) {
        change(&mut OpenOptions::new().write(true).open(path).expect("opens"));
    }

    /// The records of a file that was last changed long ago, as far as its times tell.
    fn settled(mut records: FileRecords) -> FileRecords {
        records.state = Some(State::of(&records.file.metadata().expect("it is there")));
        records
    }

    #[test]
    fn a_change_that_is_too_young_would_not_tell_another() {
        let state = |micros: i64| State {
            len: 1,
            modified: (0, 0),
            changed: (micros.div_euclid(SECOND), micros.rem_euclid(SECOND) * 1_000),
        };
        let now = Timestamp::from_micros(1_779_062_400_000_000);
        assert!(state(now.micros() - 2 * SETTLED).is_settled(now));
        assert!(!state(now.micros() - SETTLED / 2).is_settled(now));
        assert!(!state(now.micros() + SECOND).is_settled(now), "a clock that runs ahead");
    }

    #[test]
    fn what_was_read_is_given_out_again() {
        let (_file, records) = opened();
        assert_eq!(records.len(), 16);
        assert_eq!(records.read(8, 7).as_deref(), Some(&b"{\"b\":2}"[..]));
        assert_eq!(records.read(8, 700).as_deref(), Some(&b"{\"b\":2}\n"[..]));
        assert_eq!(records.read(3, 8).as_deref(), Some(&b"\":1}\n{\"b"[..]));
        let records = settled(records);
        assert_eq!(records.read(8, 700).as_deref(), Some(&b"{\"b\":2}\n"[..]));
    }

    #[test]
    fn a_file_that_grows_loses_nothing() {
        let (file, records) = opened();
        let records = settled(records);
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
        assert_eq!(records.read(0, 7).as_deref(), Some(&b"{\"a\":1}"[..]), "it was looked at anew before");
        let (file, records) = opened();
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
