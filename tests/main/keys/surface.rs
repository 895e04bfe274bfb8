//! A terminal in memory that keeps every frame, and all else that is done to it.

use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use auditty::app::event_loop::Surface;
use auditty::ui::setup::Open;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Size};

/// What a frame is of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shown {
    /// How many inputs were taken in.
    pub(super) inputs: usize,
    /// Whether all that was begun was done.
    pub(super) settled: bool,
    /// How many entries the archive lacks, as far as that was told.
    pub(super) lacking: usize,
}

/// A frame as the terminal shows it.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) inputs: usize,
    pub(super) settled: bool,
    pub(super) lacking: usize,
    pub(super) screen: Buffer,
}

impl Seen {
    /// A line as text, blanks at its end cut.
    pub(super) fn line(&self, y: usize) -> String {
        let width = usize::from(self.screen.area.width).max(1);
        let cells = self.screen.content.chunks(width).nth(y).unwrap_or_default();
        let mut line = String::new();
        let mut covered = 0;
        for symbol in cells.iter().map(Cell::symbol) {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            line.push_str(symbol);
            covered = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
        }
        line.trim_end().to_owned()
    }

    /// All lines.
    pub(super) fn text(&self) -> String {
        let lines: Vec<String> = (0..usize::from(self.screen.area.height)).map(|y| self.line(y)).collect();
        lines.join("\n")
    }
}

/// What was done besides drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Did {
    /// These bytes went to the terminal between frames.
    Sent(Vec<u8>),
    /// The process was stopped and went on.
    Suspended,
    /// This text was shown outside the alternate screen.
    Paged(String),
    /// The mouse was captured, or left to the terminal.
    Mouse(bool),
    /// The loop ended with this exit status.
    Ended(u8),
    /// It ended to open this in its place.
    Wished(Open),
}

/// The terminal.
pub(super) struct Recorder {
    inside: TestBackend,
    shown: Arc<Mutex<Shown>>,
    frames: Sender<Seen>,
    done: Sender<Did>,
}

impl Recorder {
    pub(super) fn new(
        (columns, rows): (u16, u16),
        shown: Arc<Mutex<Shown>>,
        frames: Sender<Seen>,
        done: Sender<Did>,
    ) -> Self {
        Self { inside: TestBackend::new(columns, rows), shown, frames, done }
    }

    fn done(&self, did: Did) {
        // The test may have seen enough.
        let _ = self.done.send(did);
    }
}

/// No I/O is done, so that nothing can fail.
fn sure<T>(result: Result<T, core::convert::Infallible>) -> io::Result<T> {
    result.map_err(|never| match never {})
}

impl Backend for Recorder {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        sure(self.inside.draw(content))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        sure(self.inside.hide_cursor())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        sure(self.inside.show_cursor())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        sure(self.inside.get_cursor_position())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        sure(self.inside.set_cursor_position(position))
    }

    fn clear(&mut self) -> io::Result<()> {
        sure(self.inside.clear())
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        sure(self.inside.clear_region(region))
    }

    fn size(&self) -> io::Result<Size> {
        sure(self.inside.size())
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        sure(self.inside.window_size())
    }

    /// The end of a frame.
    fn flush(&mut self) -> io::Result<()> {
        let Shown { inputs, settled, lacking } = *self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.frames.send(Seen { inputs, settled, lacking, screen: self.inside.buffer().clone() });
        sure(self.inside.flush())
    }

    fn scroll_region_up(&mut self, region: std::ops::Range<u16>, lines: u16) -> io::Result<()> {
        sure(self.inside.scroll_region_up(region, lines))
    }

    fn scroll_region_down(&mut self, region: std::ops::Range<u16>, lines: u16) -> io::Result<()> {
        sure(self.inside.scroll_region_down(region, lines))
    }
}

impl Surface for Recorder {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.done(Did::Sent(bytes.to_vec()));
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.done(Did::Suspended);
        Ok(())
    }

    fn page(&mut self, text: &str) -> io::Result<()> {
        self.done(Did::Paged(text.to_owned()));
        Ok(())
    }

    fn reassert(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn mouse(&mut self, ours: bool) -> io::Result<()> {
        self.done(Did::Mouse(ours));
        Ok(())
    }
}
