//! Ctrl-C, SIGTERM and SIGHUP in headless commands: unfinished files are removed, commands for tokens
//! ended, and the exit status says which it was (130, 143, 129). A limit on the size of files is an error of writing.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use signal_hook::iterator::Signals;

use crate::app::terminal::signals::is_ignored;
use crate::fetch::auth;

/// Files that a signal removes: what is being written and not whole.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Begins to listen. `before_end` is called before the process ends.
pub fn listen(before_end: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut wanted = vec![SIGINT, SIGTERM];
    if !is_ignored(SIGHUP) {
        wanted.push(SIGHUP);
    }
    let mut signals = Signals::new(wanted)?;
    // Where nobody listened it would end the process without a word; so the write fails and is told of.
    flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // Held until the end, so that no file is finished or begun meanwhile.
            let unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
            for path in unfinished.iter() {
                // It may be gone already, and there is nobody left to tell.
                let _ = std::fs::remove_file(path);
            }
            let _commands = auth::end_commands();
            before_end();
            std::process::exit(128 + signal);
        }
    })?;
    Ok(())
}

/// A file that a signal removes for as long as this lives.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// From now on a signal removes the file.
    pub fn new(path: &Path) -> Self {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
        Self { path: path.to_owned() }
    }

    /// Does what makes the file whole; a signal comes before it or after it, never amid it.
    pub fn finish<T>(self, finishing: impl FnOnce(&Path) -> T) -> T {
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        let done = finishing(&self.path);
        unfinished.retain(|path| *path != self.path);
        drop(unfinished);
        done
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).retain(|path| *path != self.path);
    }
}
