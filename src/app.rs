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
pub mod outside;
pub mod picture;
pub mod runtime;
pub mod terminal;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ratatui::Terminal;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::fetch::clock::Clock;
use crate::ui::effect::Effect;
use crate::ui::keymap::Keymap;
use crate::ui::message::{Message, Now};
use crate::ui::model::{Model, Settings};
use crate::ui::setup::{AutoTheme, Setup};
use crate::ui::zone::Zones;
use clipboard::Clipboard;
use clipboard::plan::{Choice, Surroundings};
use event_loop::{EventLoop, Program, Surface};
use input::Joiner;
use look::Look;
use outside::{Opening, Outside};
use runtime::Runtime;
use terminal::tty::Tty;
use terminal::{Guard, Session, raw_events, signals};

/// How many requests of signals may wait for the loop; a full queue says that it does not listen.
const CONTROLS: usize = 8;

/// What the explorer starts with.
pub struct Start {
    /// What is opened first.
    pub opening: Opening,
    /// The program around.
    pub outside: Arc<dyn Outside>,
    /// How it looks.
    pub look: Look,
    /// The zones of displayed times besides UTC.
    pub zones: Zones,
    /// Which key does what.
    pub keymap: Keymap,
    /// Whether the mouse is captured.
    pub mouse: bool,
    /// How a text is handed over.
    pub clipboard: Choice,
    /// How long a lone ESC is held ([`input::ESC_HOLD`] where the config says nothing).
    pub esc_hold: Duration,
    /// How much memory what is loaded may take, bytes.
    pub max_memory: u64,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Runs the explorer on the terminal until it ends; gives the exit status. What it fetches runs on
/// this tokio runtime, the loop on the calling thread, which must be none of the runtime's.
///
/// An error is [`terminal::Error`] where the explorer cannot be on this terminal at all, else what
/// broke it; the terminal is given back by then.
pub fn run(start: Start, handle: &Handle) -> anyhow::Result<u8> {
    let Start { opening, outside, look, zones, keymap, mouse, clipboard, esc_hold, max_memory, clock } =
        start;
    let variable = |name: &str| std::env::var(name).ok();
    let session = Session::of_stdout(mouse)?;
    let mut theme = look.theme(variable);
    let auto_theme = look::auto(variable);
    let mut follows = look.name.is_none();
    let mut asks = follows && auto_theme == AutoTheme::Background;

    let (controls, mut controls_receiver) = mpsc::channel(CONTROLS);
    signals::watch(&session, &controls).context("signals cannot be watched")?;
    let guard = Guard::enter(&session)?;
    let mut inputs = raw_events()?;
    let mut next = Some((opening, None));
    let mut end = Ok(0);
    let mut mouse = mouse;
    while let Some((Opening { origin, window, filter, setup }, view)) = next.take() {
        let (mail, mail_receiver) = mpsc::channel(runtime::MAILS);
        let mut terminal = Terminal::new(Tty::new(session.writer()?, Arc::clone(&session)))?;
        terminal.clear()?;
        let size = terminal.size()?;
        let settings = Settings {
            window,
            filter,
            sources: origin.sources(),
            theme: theme.clone(),
            keymap: keymap.clone(),
            zones,
            now: clock.now(),
            size: (size.width, size.height),
            setup: Setup { mouse, auto_theme, follows, ..setup },
        };
        let (mut model, mut first) = Model::new(settings);
        if let Some(view) = &view {
            first.extend(model.begin_with(view));
        }
        if std::mem::take(&mut asks) {
            first.push(Effect::AskBackground);
        }
        let clipboard = Clipboard::new(clipboard, Surroundings::of(variable));
        let runtime = Runtime::new(handle.clone(), origin, clipboard, Arc::clone(&clock), &mail, &controls)
            .context("no thread could be begun")?
            .with_memory(max_memory)
            .with_outside(Arc::clone(&outside));
        let mut event_loop = EventLoop {
            program: model,
            terminal,
            inputs,
            mail: mail_receiver,
            controls: controls_receiver,
            runtime,
            clock: Arc::clone(&clock),
            joiner: Joiner::new(esc_hold),
        };
        loop {
            end = handle.block_on(event_loop.run(std::mem::take(&mut first)));
            let Some(wish) = event_loop.program.take_wish().filter(|_| end.is_ok()) else { break };
            // A token's command may ask for something: the terminal is the user's meanwhile.
            session.leave();
            match outside.open(&wish.open) {
                Ok(opening) => {
                    session.enter()?;
                    next = Some((opening, wish.view));
                    break;
                }
                // What is open stays as it is.
                Err(why) => {
                    event_loop.program.tell_failure(why);
                    event_loop.terminal.backend_mut().reassert()?;
                    event_loop.terminal.clear()?;
                }
            }
        }
        let EventLoop { program, runtime, mail, .. } = event_loop;
        (inputs, controls_receiver) = (event_loop.inputs, event_loop.controls);
        // Nobody waits for what was still under way.
        drop(mail);
        if next.is_none() {
            // The user sees the shell again before anything is waited for.
            session.leave();
        }
        runtime.close();
        if let Some(saved) = program.session()
            && let Err(error) = outside.keep(&saved.text())
        {
            tracing::warn!("the session was not kept: {error}");
        }
        if next.is_some() {
            (theme, follows, mouse) = program.into_look();
        }
    }
    drop(guard);
    match end {
        Err(error) if terminal::is_gone(&error) => Ok(signals::HUNG_UP),
        end => end,
    }
}

impl Program for Model {
    fn update(&mut self, message: Message, now: Now) -> Vec<Effect> {
        crate::ui::update::update(self, message, now)
    }

    fn view(&mut self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        crate::ui::view::draw(self, area, buffer)
    }

    fn is_about_to_know(&self) -> bool {
        Self::is_about_to_know(self)
    }

    fn scrolling(&self) -> Option<Range<u16>> {
        crate::ui::view::scrolling(self)
    }
}
