//! The loop itself, moved step by step: scripted events, a clock moved by hand, a diary of what it did.

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
pub(super) struct HandClock(Arc<Mutex<i64>>);

impl HandClock {
    fn micros(&self) -> i64 {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn advance(&self, time: Duration) {
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
                    'l' => vec![Effect::Leave],
                    'p' => vec![Effect::Pause],
                    '|' => vec![Effect::Page("plain".to_owned())],
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

    /// An answer is about to come after each `?`, and is what comes next.
    fn is_about_to_know(&self) -> bool {
        self.0.ends_with('?')
    }

    fn view(&mut self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        note(&self.1, format!("frame {}", self.0));
        ratatui::widgets::Widget::render(self.0.as_str(), area, buffer);
        None
    }
}

struct Told(Diary);

impl Perform for Told {
    /// Whatever was paused would be lost.
    fn would_lose(&self) -> Option<Lacking> {
        let diary = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let paused = diary.iter().any(|line| line == "effect Pause");
        paused.then_some(Lacking { count: 3, failure: None, version: 9 })
    }

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
    on_stage_with(Vec::new(), play);
}

fn on_stage_with(first: Vec<Effect>, play: impl FnOnce(&mut Stage)) {
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
    let run = pin!(event_loop.run(first));
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
fn the_first_frame_waits_a_moment_for_the_terminal_to_tell_its_background() {
    let before = FIRST_FRAME.saturating_sub(Duration::from_millis(1));
    on_stage_with(vec![Effect::AskBackground], |stage| {
        assert_eq!([stage.step(), stage.after(before)].concat(), [""; 0]);
        assert_eq!(stage.after(Duration::from_millis(1)), ["frame <40x2>"]);
        // It does not answer: that is told, once.
        let did = stage.after(ANSWER);
        assert_eq!(did, ["frame <40x2><Input(Background(None))>"]);
        assert_eq!(stage.after(ANSWER), [""; 0]);
    });
    on_stage_with(vec![Effect::AskBackground], |stage| {
        stage.step();
        stage.clock.advance(before);
        stage.keys("\x1b]11;rgb:ffff/ffff/ffff\x1b\\");
        assert_eq!(stage.step(), ["frame <40x2><Input(Background(Some(Light)))>"]);
        assert_eq!(stage.after(ANSWER), [""; 0], "it has answered");
    });
}

#[test]
fn a_late_answer_of_the_terminal_does_not_end_the_plain_page() {
    on_stage_with(vec![Effect::AskBackground], |stage| {
        stage.keys("|");
        stage.step();
        stage.keys("\x1b]11;rgb:0/0/0\x1b\\");
        let under_it = [stage.step(), stage.after(FRAME)].concat();
        assert!(!under_it.iter().any(|did| did.starts_with("frame")), "{under_it:?}");
        stage.keys("x");
        let after = [stage.step(), stage.after(FRAME)].concat();
        assert_eq!(after, ["frame <40x2>|<Input(Background(Some(Dark)))><40x2>"]);
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
fn a_frame_waits_a_moment_for_an_answer_that_is_about_to_come() {
    on_stage(|stage| {
        stage.step();
        stage.after(FRAME);
        stage.keys("a?");
        assert_eq!(stage.step(), [""; 0]);
        stage.mail(Mail::Message(Message::Woke));
        assert_eq!(stage.step(), ["frame <40x2>a?<Woke>"], "one frame for both");
        stage.after(FRAME);
        // It takes longer: the key is seen before it.
        stage.keys("?");
        assert_eq!(stage.step(), [""; 0]);
        assert_eq!(stage.after(GRACE), ["frame <40x2>a?<Woke>?"]);
        stage.mail(Mail::Message(Message::Woke));
        assert_eq!(stage.step(), [""; 0]);
        assert_eq!(stage.after(FRAME), ["frame <40x2>a?<Woke>?<Woke>"]);
        // Without a change there is no frame, whatever is about to come.
        stage.after(FRAME);
        assert_eq!(stage.after(FRAME), [""; 0]);
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
    let frames = diary.lock().expect("one thread").iter().filter(|line| line.starts_with("frame")).count();
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
fn leaving_asks_about_what_the_loop_was_not_told_of_yet() {
    on_stage(|stage| {
        stage.step();
        stage.keys("l");
        assert_eq!(stage.step(), ["end 0"]);
    });
    on_stage(|stage| {
        stage.step();
        stage.keys("pl");
        let did = [stage.step(), stage.after(FRAME)].concat();
        assert!(did[1].contains("pl<WouldLose(Lacking { count: 3"), "{did:?}");
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
        stage.mail(Mail::Message(Message::Copied {
            text: "y".to_owned(),
            handed: Handed::Sent("x".to_owned()),
        }));
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

#[test]
fn a_plain_page_stands_until_a_key_and_nothing_is_drawn_over_it() {
    on_stage(|stage| {
        stage.step();
        stage.keys("|");
        stage.step();
        stage.mail(Mail::Message(Message::Woke));
        let under_it = [stage.step(), stage.after(FRAME)].concat();
        assert!(!under_it.iter().any(|did| did.starts_with("frame")), "{under_it:?}");
        stage.event(Event::Resize(60, 20));
        assert!(!stage.after(FRAME).iter().any(|did| did.starts_with("frame")));
        stage.keys("q");
        let after = [stage.step(), stage.after(FRAME)].concat();
        assert!(after.iter().any(|did| did.starts_with("frame")), "{after:?}");
        assert!(!after.iter().any(|did| did.starts_with("end")), "the key means nothing else: {after:?}");
    });
}
