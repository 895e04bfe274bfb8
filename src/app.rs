//! Where things happen: the terminal, the loop, and everything that touches the world.
//!
//! `update` and `view` (`ui`) are pure; here are the hands that feed them. One thread, the UI's,
//! runs the loop ([`event_loop`]): it receives one thing, updates, perhaps draws, and never waits
//! for anything else. All that takes time is begun by [`runtime`] and comes back as a message.
//!
//! [`run`] puts them together. Not here: what the user typed to get here (`cli`).

pub mod clipboard;
pub mod config;
pub mod event_loop;
pub mod input;
pub mod look;
pub mod runtime;
pub mod terminal;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ratatui::{Frame, Terminal};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::fetch::clock::Clock;
use crate::interval::Interval;
use crate::ui::effect::Effect;
use crate::ui::keymap::Keymap;
use crate::ui::message::{Message, Now};
use crate::ui::model::{Model, Settings};
use crate::ui::setup::Setup;
use clipboard::Clipboard;
use clipboard::plan::{Choice, Surroundings};
use event_loop::{EventLoop, Program};
use input::Joiner;
use look::Look;
use runtime::Runtime;
use runtime::origin::Origin;
use terminal::tty::Tty;
use terminal::{Guard, Session, raw_events, signals};

/// How many requests of signals may wait for the loop; a full queue says that it does not listen.
const CONTROLS: usize = 8;

/// What the explorer starts with.
pub struct Start {
    /// Where its entries come from.
    pub origin: Arc<dyn Origin>,
    /// The window, its end fixed; of files [`Interval::ALL`], until what they hold is known.
    pub window: Interval,
    /// The filter, already found to be right.
    pub filter: String,
    /// How it looks.
    pub look: Look,
    /// The zone of displayed times; `None`: UTC.
    pub tz: Option<chrono_tz::Tz>,
    /// Which key does what.
    pub keymap: Keymap,
    /// Whether the mouse is captured.
    pub mouse: bool,
    /// How a text is handed over.
    pub clipboard: Choice,
    /// How long a lone ESC is held ([`input::ESC_HOLD`] where the config says nothing).
    pub esc_hold: Duration,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What was opened, and what else could be.
    pub setup: Setup,
}

/// Runs the explorer on the terminal until it ends; gives the exit status. What it fetches runs on
/// this tokio runtime, the loop on the calling thread, which must be none of the runtime's.
///
/// An error is [`terminal::Error`] where the explorer cannot be on this terminal at all, else what
/// broke it; the terminal is given back by then.
pub fn run(start: Start, handle: &Handle) -> anyhow::Result<u8> {
    let Start { origin, window, filter, look, tz, keymap, mouse, clipboard, esc_hold, clock, setup } = start;
    let variable = |name: &str| std::env::var(name).ok();
    let session = Session::of_stdout(mouse)?;
    // The terminal is asked before anything else reads it.
    let theme = look.theme(variable, terminal::background::ask);
    let clipboard = Clipboard::new(clipboard, Surroundings::of(variable));

    let (mail, mail_receiver) = mpsc::channel(runtime::MAILS);
    let (controls, controls_receiver) = mpsc::channel(CONTROLS);
    signals::watch(&session, &controls).context("signals cannot be watched")?;
    let guard = Guard::enter(&session)?;
    let terminal = Terminal::new(Tty::new(session.writer()?, Arc::clone(&session)))?;
    let size = terminal.size()?;
    let settings = Settings {
        window,
        filter,
        sources: origin.sources(),
        theme,
        keymap,
        tz,
        now: clock.now(),
        size: (size.width, size.height),
        setup: Setup { mouse, ..setup },
    };
    let (model, first) = Model::new(settings);
    let runtime = Runtime::new(handle.clone(), origin, clipboard, Arc::clone(&clock), &mail, &controls)
        .context("no thread could be begun")?;
    let mut event_loop = EventLoop {
        program: model,
        terminal,
        inputs: raw_events()?,
        mail: mail_receiver,
        controls: controls_receiver,
        runtime,
        clock,
        joiner: Joiner::new(esc_hold),
    };
    let end = handle.block_on(event_loop.run(first));
    // The user sees the shell again before anything is waited for.
    drop(guard);
    let EventLoop { runtime, mail, .. } = event_loop;
    drop(mail);
    runtime.close();
    match end {
        Err(error) if terminal::is_gone(&error) => Ok(signals::HUNG_UP),
        end => end,
    }
}

impl Program for Model {
    fn update(&mut self, message: Message, now: Now) -> Vec<Effect> {
        crate::ui::update::update(self, message, now)
    }

    fn view(&mut self, frame: &mut Frame) {
        crate::ui::view::view(self, frame);
    }
}
