//! Where a command's data go: standard output, or a file that is whole or not there.
//!
//! A file is written beside its place as `FILE.part`, synced, and renamed when it is whole. Files
//! have mode 0600: they hold log data.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::io::Interest;
use tokio::net::unix::pipe;

use super::failure::Failure;
use super::signals::Unfinished;
use crate::text;

/// How often it is looked at whether standard output still has a reader.
const LOOKED_AT: Duration = Duration::from_secs(1);

/// A file under way.
#[derive(Debug)]
pub struct AtomicFile {
    file: BufWriter<Hashed>,
    /// Where it will stand.
    path: PathBuf,
    /// Where it stands meanwhile.
    part: PathBuf,
    unfinished: Unfinished,
}

#[derive(Debug)]
struct Hashed {
    file: File,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file that has been written: where it stands now, and its content's SHA-256 in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// `FILE` where it is whole, `FILE.part` where it is not.
    pub path: PathBuf,
    /// 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// `FILE.part` of `FILE`; generally, a path with something behind its name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn shown(path: &Path) -> String {
    text::visible(&path.to_string_lossy()).into_owned()
}

impl AtomicFile {
    /// Begins `FILE.part`. What a failed run left there is replaced.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        if path.file_name().is_none() {
            return Err(Failure::usage(format!("{}: that is no file's name", shown(path))));
        }
        // Renaming over a device, a pipe or a folder would not do what was meant.
        if let Ok(there) = std::fs::metadata(path)
            && !there.is_file()
        {
            return Err(Failure::usage(format!("{}: it is there, and is no regular file", shown(path))));
        }
        let part = beside(path, ".part");
        let begun = match std::fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => create_private(&part),
        };
        let file = begun.map_err(|error| {
            let message = format!("cannot write {}: {error}", shown(path));
            match error.kind() {
                io::ErrorKind::NotFound => Failure::usage(format!("{message} (is there such a folder?)")),
                _ => Failure::broken(message),
            }
        })?;
        let unfinished = Unfinished::new(&part);
        let file = BufWriter::with_capacity(256 * 1024, Hashed { file, hash: Sha256::new() });
        Ok(Self { file, path: path.to_owned(), part, unfinished })
    }

    /// Where it will stand.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it whole: synced and renamed to its own name.
    pub fn finish(self) -> io::Result<Written> {
        let Self { file, path, part, unfinished } = self;
        let sha256 = sync(file)?;
        unfinished.finish(|part| std::fs::rename(part, &path))?;
        sync_folder(&part);
        Ok(Written { path, sha256 })
    }

    /// Leaves it as `FILE.part`, synced: what came before a failure.
    pub fn leave(self) -> io::Result<Written> {
        let Self { file, path: _, part, unfinished } = self;
        let sha256 = sync(file)?;
        drop(unfinished);
        Ok(Written { path: part, sha256 })
    }

    /// Takes it away: nothing was written that is worth keeping.
    pub fn discard(self) {
        let Self { file, path: _, part, unfinished } = self;
        drop(file);
        // What is gone already is gone.
        let _ = std::fs::remove_file(&part);
        drop(unfinished);
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn sync(file: BufWriter<Hashed>) -> io::Result<String> {
    let hashed = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    hashed.file.sync_all()?;
    let mut digits = String::with_capacity(64);
    for byte in hashed.hash.finalize() {
        // Writing to a text never fails.
        let _ = write!(digits, "{byte:02x}");
    }
    Ok(digits)
}

/// Makes a rename last over a power cut, where the file system can.
fn sync_folder(of: &Path) {
    let folder = match of.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // Some file systems do not sync folders; the file itself is synced already.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// A new file that only its owner may read; it must not be there yet, not even as a link.
fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes a small private file in one go: whole or not there.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::broken(format!("cannot write {}: {error}", shown(path)));
    let mut file = AtomicFile::create(path)?;
    file.write_all(content).map_err(failed)?;
    file.finish().map_err(failed)?;
    Ok(())
}

/// Whether the failure is that the reader of a pipe went away, which ends a command quietly.
pub fn is_broken_pipe(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// Waits until whoever reads standard output has gone away, without writing anything; forever where it is
/// no pipe. That a terminal went away, a signal tells.
pub async fn reader_gone() {
    if let Some(pipe) = stdout_pipe() {
        while let Ok(state) = pipe.ready(Interest::WRITABLE).await {
            if state.is_write_closed() || state.is_error() {
                return;
            }
            // As long as there is room in it, that is told again and again, and nothing else.
            tokio::time::sleep(LOOKED_AT).await;
        }
    }
    std::future::pending::<()>().await;
}

/// Standard output for looking at its state, where it is a pipe or a socket.
fn stdout_pipe() -> Option<pipe::Sender> {
    let file = File::from(io::stdout().as_fd().try_clone_to_owned().ok()?);
    let kind = file.metadata().ok()?.file_type();
    // Making sure that it never blocks would make it so for all who share it.
    (kind.is_fifo() || kind.is_socket()).then(|| pipe::Sender::from_file_unchecked(file).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let folder = folder();
        let path = folder.path().join("out.csv");
        std::fs::write(&path, "older").expect("writes");
        let mut file = AtomicFile::create(&path).expect("begins");
        file.write_all(b"newer").expect("writes");
        file.flush().expect("writes");
        assert_eq!(std::fs::read(&path).expect("there"), b"older");
        let part = folder.path().join("out.csv.part");
        assert_eq!(std::fs::metadata(&part).expect("there").permissions().mode() & 0o777, 0o600);
        let written = file.finish().expect("finishes");
        assert_eq!(written.sha256, "804f51f71254c4081e37e7c887073560f4a6fa6cdad202e9ac67e032c43ed1e1");
        assert_eq!(std::fs::read(&path).expect("there"), b"newer");
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(!part.exists());
    }

    #[test]
    fn what_is_left_is_left_beside_the_older_file() {
        let folder = folder();
        let path = folder.path().join("out");
        std::fs::write(&path, "older").expect("writes");
        std::fs::write(beside(&path, ".part"), "of an earlier run").expect("writes");
        let mut file = AtomicFile::create(&path).expect("begins");
        file.write_all(b"half").expect("writes");
        let written = file.leave().expect("leaves");
        assert_eq!(written.path, beside(&path, ".part"));
        assert_eq!(std::fs::read(&written.path).expect("there"), b"half");
        assert_eq!(std::fs::read(&path).expect("there"), b"older");
        AtomicFile::create(&path).expect("begins").discard();
        assert!(!written.path.exists());
    }

    #[test]
    fn a_link_at_the_part_is_not_followed_and_a_folder_is_no_file() {
        let folder = folder();
        let path = folder.path().join("out");
        let victim = folder.path().join("victim");
        std::fs::write(&victim, "mine").expect("writes");
        std::os::unix::fs::symlink(&victim, beside(&path, ".part")).expect("links");
        let mut file = AtomicFile::create(&path).expect("begins");
        file.write_all(b"data").expect("writes");
        file.finish().expect("finishes");
        assert_eq!(std::fs::read(&victim).expect("there"), b"mine");
        assert!(AtomicFile::create(folder.path()).is_err());
        assert!(AtomicFile::create(&folder.path().join("no/such")).is_err());
    }
}
