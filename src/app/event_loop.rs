//! The loop: it receives one thing, updates, perhaps draws, and does nothing else.
//!
//! A frame is drawn when nothing more waits, or 16 ms after the first change that was not drawn,
//! at most one in 16 ms, and none without a change. Where an answer is about to come that changes what
//! is seen, the frame waits a moment for it: without it a second frame would have to follow, 16 ms
//! later.
//!
//! Generic over the backend, over the stream of the terminal's events and over the clock, so that tests
//! run this loop and no other.
//!
//! Not here: what things mean (`ui::update`), how they look (`ui::view`), and doing what an update
//! asks for (`app::runtime`); but the effects that concern the terminal or the loop itself are done
//! here: suspend and quit, the mouse, the plain page, the question for the terminal's background.

#[cfg(test)]
mod bytes;
mod scrolling;
#[cfg(test)]
mod tests;

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use crossterm::event::Event;
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::{Backend, TestBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::input::Joiner;
use super::terminal::background;
use crate::fetch::clock::Clock;
use crate::ui::effect::Effect;
use crate::ui::message::{Input, Lacking, Message, Now};

/// The shortest time between two frames, and the longest that a change waits for its frame.
pub const FRAME: Duration = Duration::from_millis(16);

/// The longest that a frame waits for an answer that is about to come. Nobody sees that a letter comes
/// so much later; most answers are quicker.
pub const GRACE: Duration = Duration::from_millis(6);

/// How long the first frame waits for the terminal to tell its background, where it is asked. A terminal
/// at hand answers in a few milliseconds; of one that does not, or that is far away, nobody waits to see
/// something: the frame is drawn anew when it answers after all.
pub const FIRST_FRAME: Duration = Duration::from_millis(20);

/// How long the terminal may take to answer before it counts as silent. An answer that comes later
/// is no key all the same.
pub const ANSWER: Duration = Duration::from_secs(3);

/// What the loop drives: the explorer, and in tests something smaller.
pub trait Program {
    /// Takes in what happened; what it wants done comes back.
    fn update(&mut self, message: Message, now: Now) -> Vec<Effect>;
    /// Draws itself as it is, into a blank buffer of this area; gives where the cursor is to stand.
    fn view(&mut self, area: Rect, buffer: &mut Buffer) -> Option<Position>;
    /// Whether what is seen is about to be another, by an answer that was asked for.
    fn is_about_to_know(&self) -> bool {
        false
    }
    /// The lines of a list over the whole width, which may have moved since the last frame.
    fn scrolling(&self) -> Option<Range<u16>> {
        None
    }
}

/// Does what an update asks for: begins it, and never waits.
pub trait Perform {
    /// Begins it.
    fn perform(&mut self, effect: Effect);

    /// What would be lost by ending now, whether the loop was told of it yet or not.
    fn would_lose(&self) -> Option<Lacking> {
        None
    }
}

/// A backend that frames and other bytes are sent to.
pub trait Surface: Backend {
    /// Sends bytes that are no frame, between frames.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Gives the terminal back, stops the process until it is continued, and takes the terminal
    /// again.
    fn suspend(&mut self) -> io::Result<()>;
    /// Shows a plain text outside the alternate screen; [`Self::reassert`] comes back.
    fn page(&mut self, text: &str) -> io::Result<()>;
    /// Sets every mode of the terminal anew.
    fn reassert(&mut self) -> io::Result<()>;
    /// Captures the mouse, or leaves it to the terminal.
    fn mouse(&mut self, ours: bool) -> io::Result<()>;
}

/// Drawn to memory: there is no terminal that could take more than frames.
impl Surface for TestBackend {
    fn send(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn page(&mut self, _text: &str) -> io::Result<()> {
        Ok(())
    }

    fn reassert(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn mouse(&mut self, _ours: bool) -> io::Result<()> {
        Ok(())
    }
}

/// What the runtime sends to the loop.
#[derive(Debug)]
pub enum Mail {
    /// Something happened.
    Message(Message),
    /// Something happened to a fetch; it counts only while that fetch is the present one.
    OfFetch {
        /// What.
        message: Message,
        /// Cancelled once another fetch took its place.
        superseded: CancellationToken,
    },
    /// Bytes for the terminal (the clipboard's).
    Bytes(Vec<u8>),
}

/// What goes before everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// End with this exit status.
    Quit(u8),
    /// Suspend the process.
    Suspend,
    /// Somebody else may have drawn: set the modes and draw everything anew.
    Redraw,
    /// A part of the program broke down, and what is shown would no longer be true.
    Broken(String),
}

/// The loop and everything it drives.
pub struct EventLoop<P, B: Surface, I, X> {
    /// The explorer.
    pub program: P,
    /// Where it is drawn.
    pub terminal: Terminal<B>,
    /// The terminal's events.
    pub inputs: I,
    /// What the runtime tells.
    pub mail: mpsc::Receiver<Mail>,
    /// What signals ask for.
    pub controls: mpsc::Receiver<Control>,
    /// Who does what is asked for.
    pub runtime: X,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Joins what a slow link cut.
    pub joiner: Joiner,
}

/// One thing that the loop receives.
enum Incoming {
    Control(Control),
    /// The time of [`Pace::timer`] is over.
    FrameDue,
    Input(Option<io::Result<Event>>),
    /// The joiner has held long enough.
    HoldOver,
    /// The terminal was asked, and has not answered in time.
    Unanswered,
    Mail(Mail),
}

/// When the next frame is drawn.
struct Pace {
    /// Something changed since the last frame.
    changed: bool,
    /// Runs from a frame (the next one waits for its end), else from the first undrawn change.
    timer: Option<BoxFuture<'static, ()>>,
    /// The timer runs from a frame.
    resting: bool,
}

/// What the loop holds while it runs, besides its parts.
struct Held {
    pace: Pace,
    /// The joiner's time.
    hold: Option<BoxFuture<'static, ()>>,
    /// How long an answer of the terminal is waited for yet.
    answer: Option<BoxFuture<'static, ()>>,
    /// What was looked at ahead.
    ahead: Option<Incoming>,
    /// What the terminal shows, where that is known.
    shown: Option<Buffer>,
    /// Where the next frame is drawn: the one that was shown before the last.
    spare: Buffer,
    /// A plain page is shown: nothing is drawn until a key is pressed.
    paged: bool,
}

impl<P, B, I, X> EventLoop<P, B, I, X>
where
    P: Program,
    B: Surface,
    B::Error: Send + Sync + 'static,
    I: Stream<Item = io::Result<Event>> + Unpin,
    X: Perform,
{
    /// Runs until the end that `first` or a later update asks for; gives the exit status. An error
    /// is the terminal's, or the sentence of [`Control::Broken`].
    pub async fn run(&mut self, first: Vec<Effect>) -> anyhow::Result<u8> {
        let mut held = Held {
            pace: Pace { changed: true, timer: None, resting: false },
            hold: None,
            answer: None,
            ahead: None,
            shown: None,
            spare: Buffer::default(),
            paged: false,
        };
        let mut end = self.perform(first, &mut held)?;
        if end.is_none() {
            end = self.tell_size(&mut held)?;
        }
        if held.answer.is_some() {
            // Rather a frame a moment later than one in the wrong colours.
            held.pace = Pace { changed: true, timer: Some(self.clock.sleep(FIRST_FRAME)), resting: true };
        }
        loop {
            if let Some(status) = end {
                return Ok(status);
            }
            let incoming = match self.receive(&mut held).now_or_never() {
                Some(incoming) => incoming,
                None if held.pace.changed && !held.pace.resting && !self.program.is_about_to_know() => {
                    self.draw(&mut held)?;
                    continue;
                }
                None => self.receive(&mut held).await,
            };
            end = self.handle(incoming, &mut held)?;
            if held.pace.changed && held.pace.timer.is_none() {
                let wait = if self.program.is_about_to_know() { GRACE } else { FRAME };
                held.pace.timer = Some(self.clock.sleep(wait));
            }
        }
    }

    /// The next thing, the pressing ones first: a flood of pages never keeps a key waiting.
    async fn receive(&mut self, held: &mut Held) -> Incoming {
        if let Some(incoming) = held.ahead.take() {
            return incoming;
        }
        tokio::select! {
            biased;
            Some(control) = self.controls.recv() => Incoming::Control(control),
            () = over(held.pace.timer.as_mut()) => Incoming::FrameDue,
            event = self.inputs.next() => Incoming::Input(event),
            () = over(held.hold.as_mut()) => Incoming::HoldOver,
            () = over(held.answer.as_mut()) => Incoming::Unanswered,
            Some(mail) = self.mail.recv() => Incoming::Mail(mail),
        }
    }

    fn handle(&mut self, incoming: Incoming, held: &mut Held) -> anyhow::Result<Option<u8>> {
        match incoming {
            Incoming::Control(Control::Quit(status)) => return Ok(Some(status)),
            Incoming::Control(Control::Broken(why)) => anyhow::bail!(why),
            Incoming::Control(Control::Suspend) => return self.suspend(held),
            Incoming::Control(Control::Redraw) => {
                self.terminal.backend_mut().reassert()?;
                return self.draw_anew(held);
            }
            Incoming::FrameDue => {
                held.pace.timer = None;
                held.pace.resting = false;
                if held.pace.changed {
                    self.draw(held)?;
                }
            }
            Incoming::Input(None) => anyhow::bail!("the terminal is gone"),
            Incoming::Input(Some(event)) => {
                let mut event = event.context("the terminal cannot be read")?;
                // A new size is asked for once a page ends.
                if let (Event::Resize(..), false) = (&event, held.paged) {
                    event = self.last_resize(event, held);
                    // Whatever the size is now: what the terminal showed may be cut or wrapped, also
                    // where it was another size only between two frames.
                    self.terminal.clear()?;
                    held.shown = None;
                }
                let inputs = self.joiner.feed(event);
                held.hold = self.joiner.waits().map(|time| self.clock.sleep(time));
                return self.tell_inputs(inputs, held);
            }
            Incoming::HoldOver => {
                held.hold = None;
                let inputs = self.joiner.expire();
                return self.tell_inputs(inputs, held);
            }
            Incoming::Unanswered => {
                self.joiner.await_no_answer();
                return self.tell_inputs(vec![Input::Background(None)], held);
            }
            Incoming::Mail(Mail::Message(message)) => return self.tell(message, held),
            Incoming::Mail(Mail::OfFetch { message, superseded }) => {
                if !superseded.is_cancelled() {
                    return self.tell(message, held);
                }
            }
            Incoming::Mail(Mail::Bytes(bytes)) => self.terminal.backend_mut().send(&bytes)?,
        }
        Ok(None)
    }

    /// Of sizes that came one after another only the last one counts.
    fn last_resize(&mut self, mut event: Event, held: &mut Held) -> Event {
        while let Some(next) = self.inputs.next().now_or_never() {
            match next {
                Some(Ok(later @ Event::Resize(..))) => event = later,
                other => {
                    held.ahead = Some(Incoming::Input(other));
                    break;
                }
            }
        }
        event
    }

    fn tell_inputs(&mut self, inputs: Vec<Input>, held: &mut Held) -> anyhow::Result<Option<u8>> {
        for input in inputs {
            if let Input::Background(_) = input {
                held.answer = None;
                // The first frame waits for nothing more.
                held.pace.resting &= held.shown.is_some();
            } else if held.paged {
                // A key ends the page and means nothing else.
                if let Input::Key(_) = input {
                    held.paged = false;
                    self.terminal.backend_mut().reassert()?;
                    return self.draw_anew(held);
                }
                continue;
            }
            if let Some(status) = self.tell(Message::Input(input), held)? {
                return Ok(Some(status));
            }
        }
        Ok(None)
    }

    fn tell_size(&mut self, held: &mut Held) -> anyhow::Result<Option<u8>> {
        let size = self.terminal.size()?;
        self.tell(Message::Input(Input::Resize(size.width, size.height)), held)
    }

    fn tell(&mut self, message: Message, held: &mut Held) -> anyhow::Result<Option<u8>> {
        let effects = self.program.update(message, self.clock.now());
        held.pace.changed = true;
        self.perform(effects, held)
    }

    /// Does what concerns the loop, hands on the rest; gives the exit status where it is the end.
    fn perform(&mut self, effects: Vec<Effect>, held: &mut Held) -> anyhow::Result<Option<u8>> {
        for effect in effects {
            match effect {
                Effect::Quit(status) => return Ok(Some(status)),
                // A key goes before the news of a page that came just now.
                Effect::Leave => match self.runtime.would_lose() {
                    None => return Ok(Some(0)),
                    Some(lacking) => {
                        if let Some(status) = self.tell(Message::WouldLose(lacking), held)? {
                            return Ok(Some(status));
                        }
                    }
                },
                Effect::Suspend => {
                    if let Some(status) = self.suspend(held)? {
                        return Ok(Some(status));
                    }
                }
                Effect::AskBackground => {
                    self.terminal.backend_mut().send(background::QUESTION)?;
                    self.joiner.await_answer();
                    held.answer = Some(self.clock.sleep(ANSWER));
                }
                Effect::Mouse(ours) => self.terminal.backend_mut().mouse(ours)?,
                Effect::Page(text) => {
                    self.terminal.backend_mut().page(&text)?;
                    held.paged = true;
                }
                other => self.runtime.perform(other),
            }
        }
        Ok(None)
    }

    fn suspend(&mut self, held: &mut Held) -> anyhow::Result<Option<u8>> {
        self.terminal.backend_mut().suspend()?;
        self.draw_anew(held)
    }

    /// Nothing on the screen is trusted any more; the size may be another too.
    fn draw_anew(&mut self, held: &mut Held) -> anyhow::Result<Option<u8>> {
        self.terminal.clear()?;
        held.shown = None;
        held.pace.changed = true;
        self.tell_size(held)
    }

    fn draw(&mut self, held: &mut Held) -> anyhow::Result<()> {
        if held.paged {
            held.pace.changed = false;
            return Ok(());
        }
        self.send_frame(held).context("the terminal cannot be written to")?;
        held.pace = Pace { changed: false, timer: Some(self.clock.sleep(FRAME)), resting: true };
        Ok(())
    }
}

impl<P, B, I, X> EventLoop<P, B, I, X>
where
    P: Program,
    B: Surface,
    B::Error: Send + Sync + 'static,
{
    /// Draws the frame, and sends what of it the terminal does not show already.
    fn send_frame(&mut self, held: &mut Held) -> anyhow::Result<()> {
        self.terminal.autoresize()?;
        let area = self.terminal.get_frame().area();
        let mut next = std::mem::take(&mut held.spare);
        next.resize(area);
        next.reset();
        let mut cursor = self.program.view(area, &mut next);
        let shown = held.shown.take();
        if let Some(shown) = &shown {
            self.scroll(shown, &next)?;
        }
        let Self { terminal, program, .. } = self;
        terminal.draw(|frame| {
            if frame.area() != next.area {
                // It has another size since a moment ago.
                next.resize(frame.area());
                next.reset();
                cursor = program.view(frame.area(), &mut next);
            }
            frame.buffer_mut().content.clone_from_slice(&next.content);
            if let Some(cursor) = cursor {
                frame.set_cursor_position(cursor);
            }
        })?;
        held.spare = shown.unwrap_or_default();
        held.shown = Some(next);
        Ok(())
    }

    /// Has the terminal move what merely moved since the last frame, so that it is not sent again.
    fn scroll(&mut self, shown: &Buffer, next: &Buffer) -> anyhow::Result<()> {
        let Some(band) = self.program.scrolling() else { return Ok(()) };
        let terminal = &mut self.terminal;
        if let Some(scroll) = scrolling::find(shown, next, band) {
            let moved = scrolling::scrolled(shown, &scroll);
            let scrolling::Scroll { band, lines, up } = scroll;
            if up {
                terminal.backend_mut().scroll_region_up(band, lines)?;
            } else {
                terminal.backend_mut().scroll_region_down(band, lines)?;
            }
            // What the terminal shows now is what the next frame is compared with.
            *terminal.current_buffer_mut() = moved;
            terminal.swap_buffers();
        }
        Ok(())
    }
}

/// Waits for the time where there is one, else for ever.
async fn over(time: Option<&mut BoxFuture<'static, ()>>) {
    match time {
        Some(time) => time.await,
        None => std::future::pending().await,
    }
}
