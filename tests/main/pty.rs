//! In a real pseudo-terminal: what the terminal is left as, in every way that the program may end
//! or pause, and that hostile bytes never reach it. Every test waits for text, with a deadline.

mod explorer;
#[cfg(feature = "demo")]
mod kept;
mod modes;
#[cfg(feature = "demo")]
mod sessions;
mod stand_in;

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long anything may take; reached only where something is broken.
const DEADLINE: Duration = Duration::from_secs(30);

fn not_zero(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells).expect("a terminal has cells")
}

/// A program in a terminal.
pub(crate) struct Pty {
    child: Box<dyn Child + Send + Sync>,
    /// `None` once the terminal was hung up.
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    output: mpsc::Receiver<Vec<u8>>,
    reader: Option<JoinHandle<()>>,
    /// The reader is to end after what it reads next.
    last_read: Arc<AtomicBool>,
    screen: vt100::Parser,
    /// Every byte that came.
    bytes: Vec<u8>,
}

impl Pty {
    /// Starts the command in a terminal of this size.
    pub(crate) fn start(mut command: CommandBuilder, columns: u16, rows: u16) -> Self {
        command.env("TERM", "xterm-256color");
        command.env("RUST_BACKTRACE", "0");
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let keys = pair.master.take_writer().expect("a writer");
        let (sender, output) = mpsc::channel();
        let last_read = Arc::new(AtomicBool::new(false));
        let is_last = Arc::clone(&last_read);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                let sent = sender.send(buffer[..length].to_vec());
                if sent.is_err() || is_last.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        Self {
            child,
            master: Some(pair.master),
            keys: Some(keys),
            output,
            reader: Some(reader),
            last_read,
            screen: vt100::Parser::new(not_zero(rows), not_zero(columns), 0),
            bytes: Vec::new(),
        }
    }

    /// What the screen shows.
    pub(crate) fn text(&self) -> String {
        self.screen.screen().contents()
    }

    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    /// Every byte that came so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How often these bytes came so far.
    pub(crate) fn count(&self, bytes: &str) -> usize {
        self.bytes.windows(bytes.len()).filter(|window| *window == bytes.as_bytes()).count()
    }

    /// Where these bytes came first.
    pub(crate) fn first(&self, bytes: &str) -> Option<usize> {
        self.bytes.windows(bytes.len()).position(|window| window == bytes.as_bytes())
    }

    /// Types.
    pub(crate) fn keys(&mut self, keys: &str) {
        let writer = self.keys.as_mut().expect("the terminal is there");
        writer.write_all(keys.as_bytes()).and_then(|()| writer.flush()).expect("typed");
    }

    /// Another size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().expect("the terminal is there").resize(size).expect("another size");
        self.screen.screen_mut().set_size(not_zero(rows), not_zero(columns));
    }

    /// Sends a signal by its name: `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.process());
        assert!(std::process::Command::new("sh").args(["-c", &command]).status().expect("sh").success());
    }

    fn process(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// Waits until the screen shows the text.
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("{text:?} on the screen"), |pty| pty.text().contains(text));
    }

    /// Waits until so it is.
    pub(crate) fn wait_until(&mut self, what: &str, is: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is(self) {
            assert!(self.take(deadline), "waited in vain for {what}:\n{}", self.text());
        }
    }

    /// Takes what comes next; false where nothing did until then, or will.
    fn take(&mut self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.output.recv_timeout(left) {
            Ok(bytes) => {
                self.screen.process(&bytes);
                self.bytes.extend_from_slice(&bytes);
                true
            }
            Err(_) => false,
        }
    }

    /// Waits until the program is stopped, as a shell would see it.
    pub(crate) fn wait_for_stop(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let state = std::process::Command::new("ps")
                .args(["-o", "state=", "-p", &self.process().to_string()])
                .output()
                .expect("ps");
            if String::from_utf8_lossy(&state.stdout).trim_start().starts_with('T') {
                break;
            }
            assert!(Instant::now() < deadline, "it does not stop:\n{}", self.text());
            self.take(Instant::now() + Duration::from_millis(5));
        }
    }

    /// Hangs the terminal up, once the key has made the program write something: the last of our
    /// handles on it, the reader's, is let go only after a read.
    pub(crate) fn hang_up(&mut self, key: &str) {
        self.last_read.store(true, Ordering::SeqCst);
        self.keys(key);
        self.reader.take().expect("once").join().expect("it reads");
        self.keys = None;
        self.master = None;
    }

    /// Whether the terminal is as a shell wants it: lines are gathered and echoed.
    pub(crate) fn is_cooked(&self) -> bool {
        let master = self.master.as_ref().expect("the terminal is there");
        let flags = format!("{:?}", master.get_termios().expect("its modes").local_flags);
        flags.contains("ICANON") && flags.contains("ECHO") && flags.contains("ISIG")
    }

    /// Waits for the end; the exit status.
    pub(crate) fn wait(&mut self) -> u32 {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().expect("our child") {
                // What it wrote last may still be on its way: until the terminal's other side is
                // closed, and at most for a while where a grandchild holds it.
                while self.take(Instant::now() + Duration::from_millis(500)) {}
                assert_eq!(status.signal(), None, "{}", self.text());
                return status.exit_code();
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.text());
            self.take(Instant::now() + Duration::from_millis(5));
        }
    }

    /// The terminal is as it was before: every mode undone, in the bytes and in the driver.
    pub(crate) fn assert_restored(&self) {
        let screen = self.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert!(!screen.bracketed_paste(), "pastes are plain again");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is free");
        assert_eq!(self.count("\x1b[?1049h"), self.count("\x1b[?1049l"), "as often left as entered");
        assert!(self.is_cooked(), "raw mode is off");
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Where a test fails the program must not stay behind, not even stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
