//! The terminal as a thing that is entered and left: its modes, and every way in which the program
//! ends or pauses.
//!
//! [`Session`] knows whether the terminal is ours, and gives it back exactly once, from whichever
//! thread comes first: the normal end, an error, a panic of the UI's thread, a signal.
//!
//! Not here: what is drawn (`ui`), when (`app::event_loop`), and how it is sent ([`tty`]).

pub mod background;
pub mod signals;
pub mod tty;

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use futures::{Stream, StreamExt};
use tokio::sync::mpsc;

/// Alternate screen, bracketed paste; the cursor is hidden until a frame shows it.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?25l";

/// Presses, drags and the wheel in the SGR form; not every movement.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";

const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// Whatever a frame cut short may have left (synchronized update, colours, a scroll region), then
/// what [`ENTER`] did, undone.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[r\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// For a plain page: the mouse is the terminal's again, the screen the one with scrollback, keys still
/// come one by one.
const PAGE_ON: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[r\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?1049l\x1b[?25h\r\n";

/// How many raw events may wait for the loop. It takes them in microseconds; beyond this the rest
/// waits in the terminal's own queue.
const RAW_EVENTS: usize = 256;

/// Why the explorer cannot be on this terminal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Standard output is a file or a pipe.
    #[error(
        "the explorer draws on a terminal, and standard output is none; `auditty export` writes entries to a file or a pipe"
    )]
    NoTerminal,
    /// The terminal's modes could not be set.
    #[error("the terminal cannot be prepared: {0}")]
    Modes(#[source] io::Error),
    /// Neither standard input nor the terminal itself can be read.
    #[error("no keys can be read from the terminal: {0}")]
    Keys(#[source] io::Error),
}

/// The errors of a terminal that was hung up, the same numbers on Linux and macOS: `EIO` where it is
/// read or written, `ENXIO` where it is opened.
const GONE: [i32; 2] = [5, 6];

/// Whether this failed because the terminal was hung up. The signal that says so may come later than
/// the failure of a write.
pub fn is_gone(error: &anyhow::Error) -> bool {
    let io = |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref::<io::Error>()?.raw_os_error();
    error.chain().any(|cause| io(cause).is_some_and(|number| GONE.contains(&number)))
}

/// The terminal while it is ours.
#[derive(Debug)]
pub struct Session {
    out: File,
    entered: AtomicBool,
    mouse: AtomicBool,
    /// The process is about to stop by its own will; the SIGCONT that follows is no news.
    stopping: AtomicBool,
}

impl Session {
    /// The terminal behind standard output, not yet entered.
    pub fn of_stdout(mouse: bool) -> Result<Arc<Self>, Error> {
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            return Err(Error::NoTerminal);
        }
        let out = stdout.as_fd().try_clone_to_owned().map_err(Error::Modes)?;
        Ok(Self::on(File::from(out), mouse))
    }

    fn on(out: File, mouse: bool) -> Arc<Self> {
        Arc::new(Self {
            out,
            entered: AtomicBool::new(false),
            mouse: AtomicBool::new(mouse),
            stopping: AtomicBool::new(false),
        })
    }

    /// A writer straight to the terminal, unbuffered.
    pub fn writer(&self) -> io::Result<File> {
        self.out.try_clone()
    }

    /// Whether the terminal is ours at present.
    pub fn is_entered(&self) -> bool {
        self.entered.load(Ordering::SeqCst)
    }

    /// Whether the terminal is there still: one that was hung up is none any more.
    fn is_there(&self) -> bool {
        self.out.is_terminal()
    }

    /// Takes the terminal.
    pub fn enter(&self) -> io::Result<()> {
        enable_raw_mode()?;
        // From here on `leave` has something to undo, even if the write fails.
        self.entered.store(true, Ordering::SeqCst);
        let mut bytes = ENTER.to_vec();
        if self.mouse.load(Ordering::SeqCst) {
            bytes.extend_from_slice(MOUSE_ON);
        }
        (&self.out).write_all(&bytes)
    }

    /// Gives the terminal back as it was; does nothing where that is done. What fails here fails
    /// because the terminal is gone, and nobody is left to be told.
    pub fn leave(&self) {
        if !self.entered.swap(false, Ordering::SeqCst) {
            return;
        }
        let mut bytes = Vec::new();
        if self.mouse.load(Ordering::SeqCst) {
            bytes.extend_from_slice(MOUSE_OFF);
        }
        bytes.extend_from_slice(LEAVE);
        let _ = (&self.out).write_all(&bytes);
        let _ = disable_raw_mode();
    }

    /// Sets every mode anew, after somebody else may have changed them (the process was stopped and
    /// continued from outside).
    pub fn reassert(&self) -> io::Result<()> {
        disable_raw_mode()?;
        self.enter()
    }

    /// Captures the mouse, or leaves it to the terminal; so it stays over a suspension.
    pub fn mouse(&self, ours: bool) -> io::Result<()> {
        self.mouse.store(ours, Ordering::SeqCst);
        (&self.out).write_all(if ours { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Gives the terminal back, stops the process as Ctrl-z would outside, and takes the terminal
    /// again once it is continued. In raw mode Ctrl-z is a key and stops nothing by itself.
    pub fn suspend(&self) -> io::Result<()> {
        self.leave();
        self.stopping.store(true, Ordering::SeqCst);
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        self.enter()
    }

    /// Whether the process was continued after a stop of its own will; asked once a stop.
    fn was_own_stop(&self) -> bool {
        self.stopping.swap(false, Ordering::SeqCst)
    }
}

/// Gives the terminal back when the owner's scope ends, however it ends.
#[derive(Debug)]
pub struct Guard(Arc<Session>);

impl Guard {
    /// Takes the terminal until the guard is dropped. A panic of this thread, which must be the
    /// UI's, gives it back before its message is printed; a panic of any other thread is logged, for
    /// printed it would only scribble over the screen.
    pub fn enter(session: &Arc<Session>) -> Result<Self, Error> {
        session.enter().map_err(|error| {
            session.leave();
            Error::Modes(error)
        })?;
        bind_panic_hook(Arc::clone(session));
        Ok(Self(Arc::clone(session)))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.leave();
    }
}

fn bind_panic_hook(session: Arc<Session>) {
    let ui = thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if thread::current().id() == ui {
            session.leave();
        }
        if session.is_entered() {
            let thread = thread::current();
            tracing::error!(thread = thread.name().unwrap_or("unnamed"), "panic: {panic}");
        } else {
            before(panic);
        }
    }));
}

/// The terminal's raw events, read by a thread of its own from standard input, or from the terminal
/// itself where standard input is none. The thread matters: in the middle of an escape sequence the
/// library's read blocks, and its stream remembers only the first waker that it was polled with.
/// From this function's return on no key and no change of size is missed.
pub fn raw_events() -> Result<impl Stream<Item = io::Result<Event>> + Unpin, Error> {
    let (sender, mut receiver) = mpsc::channel(RAW_EVENTS);
    let (ready, is_ready) = std::sync::mpsc::channel();
    let read = move || {
        // The stream panics where there is nothing to read from; this says why.
        let opened = crossterm::event::poll(Duration::ZERO).map(|_| EventStream::new());
        let mut events = match opened {
            Ok(events) => {
                // Whoever waits for this has not gone.
                let _ = ready.send(Ok(()));
                events
            }
            Err(error) => {
                let _ = ready.send(Err(error));
                return;
            }
        };
        futures::executor::block_on(async {
            while let Some(event) = events.next().await {
                let failed = event.is_err();
                if sender.send(event).await.is_err() || failed {
                    return;
                }
            }
        });
    };
    thread::Builder::new().name("terminal".to_owned()).spawn(read).map_err(Error::Modes)?;
    let opened = is_ready.recv().unwrap_or_else(|_| Err(io::Error::other("the reading thread broke down")));
    opened.map_err(Error::Keys)?;
    Ok(futures::stream::poll_fn(move |context| receiver.poll_recv(context)))
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_terminal_that_is_gone_is_known_by_its_error() {
        let failed = |error: io::Error| Err::<(), _>(error).context("drawing").expect_err("it failed");
        for number in GONE {
            assert!(is_gone(&failed(io::Error::from_raw_os_error(number))));
        }
        assert!(!is_gone(&failed(io::ErrorKind::StorageFull.into())));
    }
}
