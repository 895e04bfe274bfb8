//! The log file, `$XDG_STATE_HOME/auditty/auditty.log`: every error and notice that was shown, no
//! secret and no log data. It and its predecessor together stay under 10 MB; mode 0600.
//!
//! The file is opened when the first line is written, so that a command without trouble costs nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

/// How long the log file may become before it is set aside, bytes: half of the bound, as the one
/// that was set aside before is kept.
const MOST: u64 = 5_000_000;

/// Sends what is traced to the log file. Does nothing where a subscriber is set already.
pub fn begin(state_folder: &Path) {
    let rotating = Rotating::new(state_folder.join("auditty.log"), MOST);
    let subscriber = tracing_subscriber::fmt()
        .with_writer(rotating)
        .with_ansi(false)
        .with_target(true)
        .with_max_level(tracing::Level::INFO)
        .finish();
    // Set already: by a test's harness, whose own it stays.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// A file that is set aside as `NAME.1` when it is full; cheap to clone.
#[derive(Debug, Clone)]
struct Rotating(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    path: PathBuf,
    most: u64,
    open: Option<(File, u64)>,
}

impl Rotating {
    fn new(path: PathBuf, most: u64) -> Self {
        Self(Arc::new(Mutex::new(State { path, most, open: None })))
    }
}

impl State {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.open.is_none() {
            self.open = Some(open(&self.path)?);
        }
        if let Some((_, length)) = &self.open
            && length + line.len() as u64 > self.most
        {
            self.open = None;
            std::fs::rename(&self.path, aside(&self.path))?;
            self.open = Some(open(&self.path)?);
        }
        if let Some((file, length)) = &mut self.open {
            file.write_all(line)?;
            *length += line.len() as u64;
        }
        Ok(())
    }
}

fn aside(path: &Path) -> PathBuf {
    super::output::beside(path, ".1")
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

impl<'a> MakeWriter<'a> for Rotating {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(self.clone())
    }
}

/// Writes one event's line.
struct Line(Rotating);

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).write(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_log_stays_within_its_bound_and_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/auditty/auditty.log");
        let log = Rotating::new(path.clone(), 100);
        assert!(!path.exists());
        for number in 0..50 {
            let line = format!("line {number} of the log\n");
            log.make_writer().write_all(line.as_bytes()).expect("writes");
        }
        let length = |path: &Path| std::fs::metadata(path).expect("there").len();
        assert!(length(&path) <= 100 && length(&aside(&path)) <= 100);
        assert!(std::fs::read_to_string(&path).expect("text").ends_with("line 49 of the log\n"));
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    }
}
