//! How many bytes a key sends: the true loop, the explorer and the real backend at 80×24 in true
//! colour, on a week of entries.

use std::io::Write;
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context as TaskContext, Waker};

use crossterm::event::KeyEvent;
use futures::channel::mpsc as script;
use ratatui::layout::Size;

use super::tests::HandClock;
use super::*;
use crate::app::input::ESC_HOLD;
use crate::app::terminal::tty::Tty;
use crate::fetch::{End, Page, Update};
use crate::store::Store;
use crate::ui::keymap::Key;
use crate::ui::model::Model;
use crate::ui::tests::{entries, part, settings, week};
use crate::ui::theme::Name;

/// What was sent so far.
#[derive(Debug, Default, Clone)]
struct Sent(Arc<Mutex<Vec<u8>>>);

impl Sent {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Answers questions at once; fetches nothing.
struct Answering(Store, mpsc::Sender<Mail>);

impl Perform for Answering {
    fn perform(&mut self, effect: Effect) {
        if let Effect::Ask { generation, question } = effect {
            let answer = Box::new(self.0.snapshot().answer(&question));
            let mail = Mail::Message(Message::Answered { generation, answer });
            self.1.try_send(mail).expect("room");
        }
    }
}

struct Stage<'a> {
    run: Pin<&'a mut dyn Future<Output = anyhow::Result<u8>>>,
    keys: script::UnboundedSender<io::Result<Event>>,
    clock: HandClock,
    sent: Sent,
    /// What a terminal makes of all that was sent.
    screen: vt100::Parser,
}

impl Stage<'_> {
    /// Runs until nothing more happens; what was sent.
    fn settle(&mut self) -> usize {
        for _ in 0..20 {
            self.clock.advance(FRAME * 4);
            let poll = self.run.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
            assert!(poll.is_pending(), "the loop goes on");
        }
        let sent = self.sent.take();
        self.screen.process(&sent);
        sent.len()
    }

    fn press(&mut self, written: &str) -> usize {
        let event: KeyEvent = Key::parse(written).expect("a key").event();
        self.keys.unbounded_send(Ok(Event::Key(event))).expect("the loop listens");
        self.settle()
    }

    /// Every cell: what stands in it, a blank where nothing does, and its colours.
    fn cells(&self) -> Vec<(String, vt100::Color, vt100::Color)> {
        let screen = self.screen.screen();
        let places = (0..24).flat_map(|y| (0..80).map(move |x| (y, x)));
        let cell = |(y, x)| {
            let cell = screen.cell(y, x).expect("on the screen");
            let text = if cell.has_contents() { cell.contents().to_owned() } else { " ".to_owned() };
            let ink = if text == " " { vt100::Color::Default } else { cell.fgcolor() };
            (text, ink, cell.bgcolor())
        };
        places.map(cell).collect()
    }

    fn shown(&self) -> String {
        self.screen.screen().contents()
    }
}

/// The loop on a week of entries at 80×24, its first frames sent already.
fn with_stage(theme: Name, play: impl FnOnce(&mut Stage<'_>)) {
    with_stage_of(theme, (80, 24), play);
}

/// The same on a screen of another size.
fn with_stage_of(theme: Name, (columns, rows): (u16, u16), play: impl FnOnce(&mut Stage<'_>)) {
    let settings = settings(theme, (columns, rows));
    let clock = HandClock::default();
    let sent = Sent::default();
    let (mail, mail_receiver) = mpsc::channel(64);
    let (_controls, controls) = mpsc::channel(4);
    let (keys, inputs) = script::unbounded();
    let (model, first) = Model::new(settings);
    let mut store = Store::new();
    store.append(entries::week_of_requests("prod"));
    let snapshot = Some(store.snapshot());
    let page = Page {
        part: part("prod"),
        number: 1,
        events: Vec::new(),
        skipped: Vec::new(),
        covered: vec![week()],
        progress: None,
        resume: None,
    };
    for (update, snapshot) in [
        (Update::Began { part: part("prod"), window: week(), pushed: Vec::new() }, None),
        (Update::Page(page), snapshot),
        (Update::Ended { part: part("prod"), end: End::Whole }, None),
    ] {
        mail.try_send(Mail::Message(Message::Fetched { update, snapshot })).expect("room");
    }
    let mut event_loop = EventLoop {
        program: model,
        terminal: Terminal::new(Tty::fixed(sent.clone(), Size::new(columns, rows))).expect("no I/O"),
        inputs,
        mail: mail_receiver,
        controls,
        runtime: Answering(store, mail),
        clock: Arc::new(clock.clone()),
        joiner: Joiner::new(ESC_HOLD),
    };
    let run = pin!(event_loop.run(first));
    let size = |cells| std::num::NonZero::new(cells).expect("a screen has cells");
    let mut stage =
        Stage { run, keys, clock, sent, screen: vt100::Parser::new(size(rows), size(columns), 0) };
    assert!(stage.settle() > 2_000, "the first screen is sent");
    play(&mut stage);
}

/// Presses a key so often; how many bytes it sent where the list's first line stayed, and where it
/// moved. `line` is where the list begins on the screen.
fn pressed(stage: &mut Stage<'_>, key: &str, times: usize, line: usize) -> (Vec<usize>, Vec<usize>) {
    let (mut moves, mut scrolls) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let before = stage.shown();
        let bytes = stage.press(key);
        // The first two lines: the marker may leave the one and come to the other.
        let top = |shown: &str| -> Vec<String> {
            let lines = shown.lines().skip(line).take(3);
            lines.map(|line| line.chars().skip(1).take(60).collect()).collect()
        };
        let scrolled = top(&before) != top(&stage.shown());
        if scrolled { scrolls.push(bytes) } else { moves.push(bytes) }
    }
    (moves, scrolls)
}

/// Moving sends at most 400 bytes, scrolling by a line at most 800.
fn hold_the_limits(stage: &mut Stage<'_>, what: &str, line: usize) {
    for key in ["j", "k"] {
        let (moves, scrolls) = pressed(stage, key, 60, line);
        assert!(!moves.is_empty() && scrolls.len() > 10, "{what} {key}: {} {}", moves.len(), scrolls.len());
        assert!(moves.iter().max() <= Some(&400), "{what} {key}: {moves:?}");
        assert!(scrolls.iter().max() <= Some(&800), "{what} {key}: {scrolls:?}");
    }
}

#[test]
fn moving_the_selection_sends_at_most_400_bytes_and_scrolling_a_line_800() {
    for theme in [Name::Dark, Name::Light, Name::Mono, Name::Contrast] {
        with_stage(theme, |stage| hold_the_limits(stage, &format!("{theme:?}"), 9));
    }
}

#[test]
fn so_it_is_with_a_chosen_cell_marks_and_ages() {
    for theme in [Name::Dark, Name::Mono] {
        for keys in ["l l", "l l l l l", "m j j m j m l", "u", "u u", "i l"] {
            with_stage(theme, |stage| {
                // The last key takes away what the others may have said.
                keys.split(' ').chain(["g"]).for_each(|key| {
                    stage.press(key);
                });
                let line = if keys.starts_with('i') { 3 } else { 9 };
                hold_the_limits(stage, &format!("{theme:?} {keys}"), line);
            });
        }
    }
}

#[test]
fn so_it_is_inside_the_detail_and_in_lists() {
    for theme in [Name::Dark, Name::Mono] {
        with_stage(theme, |stage| {
            stage.press("Enter");
            let (moves, scrolls) = pressed(stage, "j", 40, 3);
            assert!(moves.iter().max() <= Some(&400), "{theme:?}: {moves:?}");
            assert!(!scrolls.is_empty() && scrolls.iter().max() <= Some(&800), "{theme:?}: {scrolls:?}");
        });
        for layer in ["?", "C", "V"] {
            with_stage(theme, |stage| {
                stage.press(layer);
                for key in ["j", "k"] {
                    for _ in 0..40 {
                        let bytes = stage.press(key);
                        assert!(bytes <= 800, "{theme:?} {layer} {key}: {bytes}");
                    }
                }
            });
        }
    }
}

#[test]
fn so_it_is_with_the_detail_below_where_the_entry_stays_the_same() {
    with_stage_of(Name::Dark, (80, 40), |stage| {
        stage.press("Enter");
        let (moves, scrolls) = pressed(stage, "j", 40, 26);
        assert!(moves.iter().max() <= Some(&400), "{moves:?}");
        assert!(!scrolls.is_empty() && scrolls.iter().max() <= Some(&800), "{scrolls:?}");
    });
}

/// What a frame of changed cells may cost besides them: its ends, a scroll, the cursor.
const FRAME_BYTES: usize = 120;
/// What one changed cell may cost at most: a colour for ink and ground, a place, a character.
const CELL_BYTES: usize = 12;

#[test]
fn the_next_record_sends_what_differs_from_the_one_before_and_nothing_else() {
    for theme in [Name::Dark, Name::Mono] {
        with_stage(theme, |stage| {
            stage.press("Enter");
            for key in ["J", "K"] {
                for _ in 0..40 {
                    let before = stage.cells();
                    let bytes = stage.press(key);
                    let after = stage.cells();
                    let changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
                    let limit = FRAME_BYTES + CELL_BYTES * changed;
                    assert!(bytes <= limit, "{theme:?} {key}: {bytes} bytes for {changed} cells");
                }
            }
        });
    }
}

#[test]
fn a_scrolled_screen_is_the_screen_that_a_fresh_one_would_be() {
    with_stage(Name::Dark, |stage| {
        for _ in 0..45 {
            stage.press("j");
        }
        stage.press("k");
        let scrolled = stage.cells();
        // Everything is drawn anew: nothing may look otherwise.
        stage.keys.unbounded_send(Ok(Event::Resize(80, 24))).expect("the loop listens");
        assert!(stage.settle() > 2_000, "the whole screen is sent");
        assert!(stage.cells() == scrolled, "what was scrolled looks otherwise");
    });
}

#[test]
fn an_idle_explorer_sends_nothing() {
    with_stage(Name::Dark, |stage| {
        stage.press("j");
        for _ in 0..10 {
            assert_eq!(stage.settle(), 0);
        }
    });
}
