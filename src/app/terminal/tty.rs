//! How frames are sent: gathered whole, and written at once inside a synchronized update.
//!
//! Only what changes is sent: a frame that changes nothing sends no byte, and the cursor is not
//! hidden or moved to where it is already. Over a slow link the bytes are what one waits for.
//!
//! Not here: the terminal's modes (`app::terminal`), and what a frame looks like (`ui`).

use std::io::{self, Write};
use std::sync::Arc;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use super::Session;
use crate::app::event_loop::Surface;

/// Begins a synchronized update: the terminal shows nothing until its end.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Taken where the terminal does not tell its size.
const DEFAULT_SIZE: Size = Size { width: 80, height: 24 };

/// A terminal behind a writer.
#[derive(Debug)]
pub struct Tty<W> {
    out: W,
    /// [`BEGIN`] and the frame so far.
    frame: Vec<u8>,
    /// Whether the cursor is shown; `None`: not known.
    cursor_shown: Option<bool>,
    /// Where the cursor is; `None`: not known.
    cursor: Option<Position>,
    kind: Kind,
}

/// What is behind the writer.
#[derive(Debug)]
enum Kind {
    /// The terminal of this session.
    Terminal(Arc<Session>),
    /// Nothing: bytes are counted, or a screen is drawn to a file. The size is fixed.
    Fixed(Size),
}

impl<W: Write> Tty<W> {
    /// The session's terminal, written to by `out`.
    pub fn new(out: W, session: Arc<Session>) -> Self {
        Self::with(out, Kind::Terminal(session))
    }

    /// No terminal at all: a writer with a fixed size.
    pub fn fixed(out: W, size: Size) -> Self {
        Self::with(out, Kind::Fixed(size))
    }

    fn with(out: W, kind: Kind) -> Self {
        Self { out, frame: BEGIN.to_vec(), cursor_shown: None, cursor: None, kind }
    }

    /// The writer.
    pub fn writer(&self) -> &W {
        &self.out
    }

    /// What the terminal shows, and where its cursor is, is no longer known.
    fn forget(&mut self) {
        self.frame.truncate(BEGIN.len());
        self.cursor_shown = None;
        self.cursor = None;
    }

    fn show(&mut self, shown: bool) -> io::Result<()> {
        if self.cursor_shown == Some(shown) {
            return Ok(());
        }
        self.cursor_shown = Some(shown);
        if shown { queue!(self.frame, Show) } else { queue!(self.frame, Hide) }
    }

    /// The library's own way to write cells and regions, onto the frame.
    fn onto_frame(&mut self) -> CrosstermBackend<&mut Vec<u8>> {
        // It ends elsewhere than it began.
        self.cursor = None;
        CrosstermBackend::new(&mut self.frame)
    }
}

impl<W: Write> Backend for Tty<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        // The view marks what is hostile long before; should it ever miss something, this is the
        // last place where a control character can be kept from the terminal.
        let barred = Cell::new("\u{fffd}");
        let cells = content.map(|(x, y, cell)| {
            let raw = cell.symbol().chars().any(char::is_control);
            (x, y, if raw { &barred } else { cell })
        });
        self.onto_frame().draw(cells)
    }

    fn append_lines(&mut self, lines: u16) -> io::Result<()> {
        self.onto_frame().append_lines(lines)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.show(false)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.show(true)
    }

    /// Where it was put last. The terminal is never asked: the answer would come among the keys.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or(Position::ORIGIN))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor == Some(position) {
            return Ok(());
        }
        self.cursor = Some(position);
        queue!(self.frame, MoveTo(position.x, position.y))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.onto_frame().clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(match &self.kind {
            Kind::Fixed(size) => *size,
            Kind::Terminal(_) => match crossterm::terminal::size() {
                Ok((width, height)) if width > 0 && height > 0 => Size { width, height },
                _ => DEFAULT_SIZE,
            },
        })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    /// Sends the frame in one write; nothing where it changed nothing.
    fn flush(&mut self) -> io::Result<()> {
        if self.frame.len() == BEGIN.len() {
            return Ok(());
        }
        self.frame.extend_from_slice(END);
        let sent = self.out.write_all(&self.frame).and_then(|()| self.out.flush());
        self.frame.truncate(BEGIN.len());
        sent
    }

    fn scroll_region_up(&mut self, region: std::ops::Range<u16>, lines: u16) -> io::Result<()> {
        self.onto_frame().scroll_region_up(region, lines)
    }

    fn scroll_region_down(&mut self, region: std::ops::Range<u16>, lines: u16) -> io::Result<()> {
        self.onto_frame().scroll_region_down(region, lines)
    }
}

impl<W: Write> Surface for Tty<W> {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.out.flush()
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.forget();
        match &self.kind {
            Kind::Terminal(session) => session.suspend(),
            Kind::Fixed(_) => Ok(()),
        }
    }

    fn page(&mut self, text: &str) -> io::Result<()> {
        self.forget();
        let mut bytes = super::PAGE_ON.to_vec();
        for line in text.split('\n') {
            // The text has no control characters; should it ever, they end here.
            bytes.extend(line.chars().filter(|c| !c.is_control()).collect::<String>().bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n-- any key: back to auditty -- ");
        self.send(&bytes)
    }

    fn reassert(&mut self) -> io::Result<()> {
        self.forget();
        match &self.kind {
            Kind::Terminal(session) => session.reassert(),
            Kind::Fixed(_) => Ok(()),
        }
    }

    fn mouse(&mut self, ours: bool) -> io::Result<()> {
        match &self.kind {
            Kind::Terminal(session) => session.mouse(ours),
            Kind::Fixed(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::widgets::Paragraph;

    use super::*;

    /// Remembers each write by itself.
    #[derive(Debug, Default)]
    struct Writes(Vec<String>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn terminal() -> Terminal<Tty<Writes>> {
        Terminal::new(Tty::fixed(Writes::default(), Size::new(20, 4))).expect("no I/O")
    }

    fn draw(terminal: &mut Terminal<Tty<Writes>>, text: &str, cursor: Option<(u16, u16)>) {
        terminal
            .draw(|frame| {
                frame.render_widget(Paragraph::new(text), frame.area());
                if let Some(cursor) = cursor {
                    frame.set_cursor_position(cursor);
                }
            })
            .expect("no I/O");
    }

    #[test]
    fn a_frame_is_one_write_inside_a_synchronized_update() {
        let mut terminal = terminal();
        draw(&mut terminal, "one\ntwo\nthree", Some((3, 2)));
        let [write] = &terminal.backend().writer().0[..] else { panic!("one write") };
        assert!(write.starts_with("\x1b[?2026h") && write.ends_with("\x1b[?2026l"), "{write:?}");
        assert!(write.contains("three") && write.contains("\x1b[?25h\x1b[3;4H"), "{write:?}");
    }

    #[test]
    fn a_frame_that_changes_nothing_sends_nothing() {
        let mut terminal = terminal();
        draw(&mut terminal, "same", Some((1, 0)));
        draw(&mut terminal, "same", Some((1, 0)));
        assert_eq!(terminal.backend().writer().0.len(), 1);
        draw(&mut terminal, "same", None);
        assert_eq!(terminal.backend().writer().0[1], "\x1b[?2026h\x1b[?25l\x1b[?2026l");
        draw(&mut terminal, "same", None);
        assert_eq!(terminal.backend().writer().0.len(), 2);
    }

    #[test]
    fn the_cursor_moves_back_after_cells_were_drawn() {
        let mut terminal = terminal();
        draw(&mut terminal, "a", Some((5, 0)));
        draw(&mut terminal, "b", Some((5, 0)));
        assert!(terminal.backend().writer().0[1].contains("\x1b[1;6H"));
    }

    #[test]
    fn no_control_character_gets_past() {
        let mut tty = Tty::fixed(Writes::default(), Size::new(20, 4));
        let cells = ["\x1b[31m", "\u{9b}", "é"].map(Cell::new);
        tty.draw(cells.iter().enumerate().map(|(x, cell)| (x as u16, 0, cell))).expect("no I/O");
        Backend::flush(&mut tty).expect("no I/O");
        let sent = &tty.writer().0[0];
        assert!(!sent.contains("\x1b[31m") && !sent.contains('\u{9b}'), "{sent:?}");
        assert!(sent.contains("\u{fffd}\u{fffd}é"), "{sent:?}");
    }

    #[test]
    fn a_plain_page_is_outside_the_alternate_screen_and_has_no_control_characters() {
        let mut tty = Tty::fixed(Writes::default(), Size::new(20, 4));
        tty.page("one\n\u{1b}[2Jtwo").expect("no I/O");
        let sent = tty.writer().0.concat();
        assert!(sent.contains("\x1b[?1049l") && sent.contains("one\r\n[2Jtwo\r\n"), "{sent:?}");
        assert!(sent.ends_with("any key: back to auditty -- "), "{sent:?}");
    }

    #[test]
    fn after_a_pause_everything_is_drawn_anew() {
        let mut terminal = terminal();
        draw(&mut terminal, "same", None);
        terminal.backend_mut().suspend().expect("no I/O");
        terminal.clear().expect("no I/O");
        draw(&mut terminal, "same", None);
        let again = &terminal.backend().writer().0[1];
        assert!(again.contains("same") && again.contains("\x1b[?25l"), "{again:?}");
    }
}
