//! A program of a few lines on the true terminal, signals and loop, in place of the explorer: it can
//! be told to panic, which the explorer cannot.
//!
//! It is this test binary, started again in a pseudo-terminal with [`ON`] set.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use auditty::app::event_loop::{EventLoop, Perform, Program};
use auditty::app::input::{ESC_HOLD, Joiner};
use auditty::app::terminal::tty::Tty;
use auditty::app::terminal::{Guard, Session, is_gone, raw_events, signals};
use auditty::fetch::clock::SystemClock;
use auditty::ui::effect::Effect;
use auditty::ui::message::{Input, Message, Now};
use crossterm::event::{KeyCode, KeyModifiers};
use portable_pty::CommandBuilder;
use ratatui::Terminal;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tokio::sync::mpsc;

use super::Pty;

/// Set where this binary is the stand-in. `mouse` captures the mouse too,
/// `patient` holds a lone Esc for as long as a test on a busy machine may need.
const ON: &str = "AUDITTY_TEST_STAND_IN";

/// Starts it in a terminal of this size.
pub(super) fn start(columns: u16, rows: u16) -> Pty {
    start_with("plain", columns, rows)
}

pub(super) fn start_with(mode: &str, columns: u16, rows: u16) -> Pty {
    let mut command = CommandBuilder::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "pty::stand_in::stand_in", "--nocapture", "--test-threads=1"]);
    command.env(ON, mode);
    let mut pty = Pty::start(command, columns, rows);
    pty.wait_for("heard:");
    pty
}

/// Shows what it hears. `q` quits with 7, Ctrl-z suspends, `P` panics here, `W` in a worker,
/// `B` hangs for ever.
struct Heard(String);

impl Program for Heard {
    fn update(&mut self, message: Message, _now: Now) -> Vec<Effect> {
        let Message::Input(input) = message else { return Vec::new() };
        let heard = match input {
            Input::Resize(columns, rows) => format!("<{columns}x{rows}>"),
            Input::Paste(text) => format!("<paste {text:?}>"),
            Input::Background(told) => format!("<{told:?}>"),
            Input::Mouse(mouse) => format!("<{:?} {}>", mouse.kind, mouse.column),
            Input::Key(key) => match key.code {
                KeyCode::Char('q') => return vec![Effect::Quit(7)],
                KeyCode::Char('z') if key.modifiers == KeyModifiers::CONTROL => return vec![Effect::Suspend],
                KeyCode::Char('P') => panic!("on purpose"),
                KeyCode::Char('W') => {
                    let worker = std::thread::spawn(|| panic!("in a worker"));
                    assert!(worker.join().is_err());
                    "<worker>".to_owned()
                }
                KeyCode::Char('B') => return vec![Effect::Pause],
                KeyCode::Char(c) if key.modifiers.is_empty() => c.to_string(),
                code => format!("<{code:?}>"),
            },
        };
        self.0.push_str(&heard);
        Vec::new()
    }

    fn view(&mut self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        ratatui::widgets::Widget::render(format!("heard:{}", self.0), area, buffer);
        None
    }
}

/// Hangs.
struct Hangs;

impl Perform for Hangs {
    fn perform(&mut self, _effect: Effect) {
        std::io::stderr().write_all(b"it hangs").expect("a terminal");
        loop {
            std::thread::park();
        }
    }
}

/// No test by itself: the stand-in where [`ON`] is set.
#[test]
fn stand_in() {
    let Some(mode) = std::env::var_os(ON) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let session = Session::of_stdout(mode == "mouse").expect("a terminal");
    let (controls, controls_receiver) = mpsc::channel(4);
    let (_mail, mail) = mpsc::channel(1);
    signals::watch(&session, &controls).expect("signals");
    let guard = Guard::enter(&session).expect("a terminal");
    let hold = if mode == "patient" { Duration::from_secs(20) } else { ESC_HOLD };
    let writer = session.writer().expect("a terminal");
    let mut event_loop = EventLoop {
        program: Heard(String::new()),
        terminal: Terminal::new(Tty::new(writer, session)).expect("a terminal"),
        inputs: raw_events().expect("a terminal"),
        mail,
        controls: controls_receiver,
        runtime: Hangs,
        clock: Arc::new(SystemClock),
        joiner: Joiner::new(hold),
    };
    let end = runtime.block_on(event_loop.run(Vec::new()));
    drop(guard);
    let status = match end {
        Err(error) if is_gone(&error) => signals::HUNG_UP,
        end => end.expect("no other error"),
    };
    std::process::exit(i32::from(status));
}
