//! The loop: it receives one thing, updates, perhaps draws, and does nothing else.
//!
//! A frame is drawn when nothing more waits, or 16 ms after the first change that was not drawn,
//! at most one in 16 ms, and none without a change. Generic over the backend, over the stream of the
//! terminal's events and over the clock, so that tests run this loop and no other.
//!
//! Not here: what things mean (`ui::update`), how they look (`ui::view`), and doing what an update
//! asks for (`app::runtime`); but the effects that concern the terminal or the loop itself are done
//! here: suspend and quit.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use crossterm::event::Event;
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt};
use ratatui::backend::{Backend, TestBackend};
use ratatui::{Frame, Terminal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::input::Joiner;
use crate::fetch::clock::Clock;
use crate::ui::effect::Effect;
use crate::ui::message::{Input, Message, Now};

/// The shortest time between two frames, and the longest that a change waits for its frame.
pub const FRAME: Duration = Duration::from_millis(16);

/// What the loop drives: the explorer, and in tests something smaller.
pub trait Program {
    /// Takes in what happened; what it wants done comes back.
    fn update(&mut self, message: Message, now: Now) -> Vec<Effect>;
    /// Draws itself as it is.
    fn view(&mut self, frame: &mut Frame);
}

/// Does what an update asks for: begins it, and never waits.
pub trait Perform {
    /// Begins it.
    fn perform(&mut self, effect: Effect);
}

/// A backend that frames and other bytes are sent to.
pub trait Surface: Backend {
    /// Sends bytes that are no frame, between frames.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Gives the terminal back, stops the process until it is continued, and takes the terminal
    /// again.
    fn suspend(&mut self) -> io::Result<()>;
    /// Sets every mode of the terminal anew.
    fn reassert(&mut self) -> io::Result<()>;
}

/// Drawn to memory: there is no terminal that could take more than frames.
impl Surface for TestBackend {
    fn send(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn reassert(&mut self) -> io::Result<()> {
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
    /// What was looked at ahead.
    ahead: Option<Incoming>,
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
        let mut held =
            Held { pace: Pace { changed: true, timer: None, resting: false }, hold: None, ahead: None };
        let mut end = self.perform(first, &mut held)?;
        if end.is_none() {
            end = self.tell_size(&mut held)?;
        }
        loop {
            if let Some(status) = end {
                return Ok(status);
            }
            let incoming = match self.receive(&mut held).now_or_never() {
                Some(incoming) => incoming,
                None if held.pace.changed && !held.pace.resting => {
                    self.draw(&mut held)?;
                    continue;
                }
                None => self.receive(&mut held).await,
            };
            end = self.handle(incoming, &mut held)?;
            if held.pace.changed && held.pace.timer.is_none() {
                held.pace.timer = Some(self.clock.sleep(FRAME));
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
                if let Event::Resize(..) = event {
                    event = self.last_resize(event, held);
                    // Whatever the size is now: what the terminal showed may be cut or wrapped, also
                    // where it was another size only between two frames.
                    self.terminal.clear()?;
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
                Effect::Suspend => {
                    if let Some(status) = self.suspend(held)? {
                        return Ok(Some(status));
                    }
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
        held.pace.changed = true;
        self.tell_size(held)
    }

    fn draw(&mut self, held: &mut Held) -> anyhow::Result<()> {
        let Self { terminal, program, .. } = self;
        terminal.draw(|frame| program.view(frame)).context("the terminal cannot be written to")?;
        held.pace = Pace { changed: false, timer: Some(self.clock.sleep(FRAME)), resting: true };
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

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::sync::{Mutex, PoisonError};
    use std::task::{Context as TaskContext, Poll, Waker};

    use crossterm::event::{KeyCode, KeyEvent};
    use futures::channel::mpsc as script;

    use super::*;
    use crate::app::input::ESC_HOLD;
    use crate::timestamp::Timestamp;
    use crate::ui::message::Handed;

    /// A clock that the test moves by hand: a sleep ends when its end was reached.
    #[derive(Debug, Default, Clone)]
    struct HandClock(Arc<Mutex<i64>>);

    impl HandClock {
        fn micros(&self) -> i64 {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn advance(&self, time: Duration) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) += time.as_micros() as i64;
        }
    }

    impl Clock for HandClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.micros())
        }

        fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
            let (clock, end) = (self.clone(), self.micros() + time.as_micros() as i64);
            Box::pin(futures::future::poll_fn(move |_| {
                if clock.micros() >= end { Poll::Ready(()) } else { Poll::Pending }
            }))
        }
    }

    /// What the loop did, in order.
    type Diary = Arc<Mutex<Vec<String>>>;

    fn note(diary: &Diary, line: String) {
        diary.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// Shows what was typed; `q` quits with 7, `z` suspends, `p` pauses.
    struct Typed(String, Diary);

    impl Program for Typed {
        fn update(&mut self, message: Message, _now: Now) -> Vec<Effect> {
            let (typed, effects) = match message {
                Message::Input(Input::Key(KeyEvent { code: KeyCode::Char(c), .. })) => {
                    let effects = match c {
                        'q' => vec![Effect::Pause, Effect::Quit(7), Effect::Resume],
                        'z' => vec![Effect::Suspend],
                        'p' => vec![Effect::Pause],
                        _ => Vec::new(),
                    };
                    (c.to_string(), effects)
                }
                Message::Input(Input::Resize(columns, rows)) => (format!("<{columns}x{rows}>"), Vec::new()),
                other => (format!("<{other:?}>"), Vec::new()),
            };
            self.0.push_str(&typed);
            effects
        }

        fn view(&mut self, frame: &mut Frame) {
            note(&self.1, format!("frame {}", self.0));
            frame.render_widget(self.0.as_str(), frame.area());
        }
    }

    struct Told(Diary);

    impl Perform for Told {
        fn perform(&mut self, effect: Effect) {
            note(&self.0, format!("effect {effect:?}"));
        }
    }

    type Inputs = script::UnboundedReceiver<io::Result<Event>>;

    /// The loop, held at its next step.
    struct Stage<'a> {
        run: Pin<&'a mut dyn Future<Output = anyhow::Result<u8>>>,
        keys: script::UnboundedSender<io::Result<Event>>,
        mail: mpsc::Sender<Mail>,
        controls: mpsc::Sender<Control>,
        clock: HandClock,
        diary: Diary,
    }

    impl Stage<'_> {
        fn event(&self, event: Event) {
            self.keys.unbounded_send(Ok(event)).expect("the loop listens");
        }

        fn keys(&self, keys: &str) {
            for c in keys.chars() {
                let code = if c == '\x1b' { KeyCode::Esc } else { KeyCode::Char(c) };
                self.event(Event::Key(KeyEvent::from(code)));
            }
        }

        fn mail(&self, mail: Mail) {
            self.mail.try_send(mail).expect("room");
        }

        /// Runs the loop until it waits; what it did since.
        fn step(&mut self) -> Vec<String> {
            let poll = self.run.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
            let mut did = std::mem::take(&mut *self.diary.lock().unwrap_or_else(PoisonError::into_inner));
            if let Poll::Ready(end) = poll {
                did.push(match end {
                    Ok(status) => format!("end {status}"),
                    Err(error) => format!("error {error:#}"),
                });
            }
            did
        }

        fn after(&mut self, time: Duration) -> Vec<String> {
            self.clock.advance(time);
            self.step()
        }
    }

    fn on_stage(play: impl FnOnce(&mut Stage)) {
        let diary = Diary::default();
        let clock = HandClock::default();
        let (keys, inputs): (_, Inputs) = script::unbounded();
        let (mail, mail_receiver) = mpsc::channel(1000);
        let (controls, controls_receiver) = mpsc::channel(4);
        let mut event_loop = EventLoop {
            program: Typed(String::new(), Arc::clone(&diary)),
            terminal: Terminal::new(TestBackend::new(40, 2)).expect("no I/O"),
            inputs,
            mail: mail_receiver,
            controls: controls_receiver,
            runtime: Told(Arc::clone(&diary)),
            clock: Arc::new(clock.clone()),
            joiner: Joiner::new(ESC_HOLD),
        };
        let run = pin!(event_loop.run(Vec::new()));
        play(&mut Stage { run, keys, mail, controls, clock, diary });
    }

    #[test]
    fn the_first_frame_comes_at_once_and_then_nothing_without_a_change() {
        on_stage(|stage| {
            assert_eq!(stage.step(), ["frame <40x2>"]);
            for _ in 0..5 {
                assert_eq!(stage.after(Duration::from_secs(1)), [""; 0]);
            }
        });
    }

    #[test]
    fn a_key_at_rest_is_drawn_at_once_and_many_are_one_frame() {
        on_stage(|stage| {
            stage.step();
            stage.after(FRAME);
            stage.keys("a");
            assert_eq!(stage.step(), ["frame <40x2>a"]);
            stage.after(FRAME);
            stage.keys("bcd");
            assert_eq!(stage.step(), ["frame <40x2>abcd"]);
        });
    }

    #[test]
    fn there_are_sixteen_milliseconds_between_two_frames() {
        on_stage(|stage| {
            stage.step();
            stage.keys("a");
            assert_eq!(stage.step(), [""; 0]);
            stage.keys("b");
            assert_eq!(stage.after(Duration::from_millis(15)), [""; 0]);
            assert_eq!(stage.after(Duration::from_millis(1)), ["frame <40x2>ab"]);
        });
    }

    #[test]
    fn a_flood_is_drawn_after_sixteen_milliseconds_all_the_same() {
        /// Always has another key, a millisecond after the last one.
        struct Flood(HandClock, usize);
        impl Stream for Flood {
            type Item = io::Result<Event>;
            fn poll_next(mut self: Pin<&mut Self>, _: &mut TaskContext) -> Poll<Option<Self::Item>> {
                self.1 += 1;
                self.0.advance(Duration::from_millis(1));
                let c = if self.1 == 100 { 'q' } else { 'a' };
                Poll::Ready(Some(Ok(Event::Key(KeyEvent::from(KeyCode::Char(c))))))
            }
        }
        let diary = Diary::default();
        let clock = HandClock::default();
        let (_mail, mail_receiver) = mpsc::channel(1);
        let (_controls, controls_receiver) = mpsc::channel(1);
        let mut event_loop = EventLoop {
            program: Typed(String::new(), Arc::clone(&diary)),
            terminal: Terminal::new(TestBackend::new(40, 2)).expect("no I/O"),
            inputs: Flood(clock.clone(), 0),
            mail: mail_receiver,
            controls: controls_receiver,
            runtime: Told(Arc::clone(&diary)),
            clock: Arc::new(clock),
            joiner: Joiner::new(ESC_HOLD),
        };
        let end = event_loop.run(Vec::new()).now_or_never().expect("it never waits");
        assert_eq!(end.expect("no error"), 7);
        let frames =
            diary.lock().expect("one thread").iter().filter(|line| line.starts_with("frame")).count();
        assert_eq!(frames, 100 / 16);
    }

    #[test]
    fn keys_go_before_mail() {
        on_stage(|stage| {
            stage.step();
            for _ in 0..100 {
                stage.mail(Mail::Message(Message::Woke));
            }
            stage.keys("q");
            assert_eq!(stage.step(), ["effect Pause", "end 7"]);
        });
    }

    #[test]
    fn effects_are_done_in_order_up_to_the_end() {
        on_stage(|stage| {
            stage.keys("pq");
            assert_eq!(stage.step(), ["effect Pause", "effect Pause", "end 7"]);
        });
    }

    #[test]
    fn a_lone_esc_comes_when_its_time_is_over() {
        on_stage(|stage| {
            stage.step();
            stage.after(FRAME);
            stage.keys("\x1b");
            assert_eq!(stage.step(), [""; 0]);
            assert_eq!(stage.after(Duration::from_millis(49)), [""; 0]);
            let did = stage.after(Duration::from_millis(1));
            assert!(did[0].contains("Esc"), "{did:?}");
        });
    }

    #[test]
    fn of_many_sizes_the_last_one_counts_and_no_key_is_lost() {
        on_stage(|stage| {
            stage.step();
            stage.after(FRAME);
            for columns in [50, 60, 70] {
                stage.event(Event::Resize(columns, 20));
            }
            stage.keys("a");
            stage.event(Event::Resize(80, 20));
            assert_eq!(stage.step(), ["frame <40x2><70x20>a<80x20>"]);
        });
    }

    #[test]
    fn a_superseded_fetch_says_nothing_any_more() {
        on_stage(|stage| {
            stage.step();
            stage.after(FRAME);
            let superseded = CancellationToken::new();
            let of_fetch = |superseded: &CancellationToken| Mail::OfFetch {
                message: Message::Woke,
                superseded: superseded.clone(),
            };
            stage.mail(of_fetch(&superseded));
            superseded.cancel();
            assert_eq!(stage.step(), [""; 0]);
            stage.mail(of_fetch(&CancellationToken::new()));
            assert_eq!(stage.step(), ["frame <40x2><Woke>"]);
        });
    }

    #[test]
    fn bytes_are_no_change() {
        on_stage(|stage| {
            stage.step();
            stage.after(FRAME);
            stage.mail(Mail::Bytes(b"\x1b]52;c;\x07".to_vec()));
            assert_eq!(stage.step(), [""; 0]);
            stage.mail(Mail::Message(Message::Copied(Handed::Sent("x".to_owned()))));
            assert_eq!(stage.step().len(), 1);
        });
    }

    #[test]
    fn signals_end_it_and_go_before_everything() {
        on_stage(|stage| {
            stage.keys("abc");
            stage.controls.try_send(Control::Quit(143)).expect("room");
            assert_eq!(stage.step(), ["end 143"]);
        });
        on_stage(|stage| {
            stage.controls.try_send(Control::Broken("the store broke".to_owned())).expect("room");
            assert_eq!(stage.step(), ["error the store broke"]);
        });
    }

    #[test]
    fn a_pause_tells_the_size_and_draws_anew() {
        on_stage(|stage| {
            stage.step();
            stage.after(FRAME);
            stage.keys("z");
            assert_eq!(stage.step(), ["frame <40x2>z<40x2>"]);
            stage.after(FRAME);
            stage.controls.try_send(Control::Redraw).expect("room");
            assert_eq!(stage.step(), ["frame <40x2>z<40x2><40x2>"]);
        });
    }

    #[test]
    fn a_terminal_that_is_gone_is_an_error() {
        on_stage(|stage| {
            stage.step();
            stage.keys.close_channel();
            assert_eq!(stage.step(), ["error the terminal is gone"]);
        });
        on_stage(|stage| {
            stage.keys.unbounded_send(Err(io::Error::other("no"))).expect("the loop listens");
            assert_eq!(stage.step(), ["error the terminal cannot be read: no"]);
        });
    }
}
