//! The explorer without a terminal: the true loop, drawn to memory until all is fetched; then keys
//! are pressed, and the screen that stands in the end is a picture.
//!
//! Not here: how a screen becomes SVG (`ui::svg`), and the file.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event;
use futures::channel::mpsc as inputs;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::CONTROLS;
use super::clipboard::Clipboard;
use super::clipboard::plan::{Choice, Multiplexer, Surroundings};
use super::event_loop::{Control, EventLoop, Program};
use super::input::{ESC_HOLD, Joiner};
use super::look::Look;
use super::outside::{Opening, Outside};
use super::runtime::{self, Runtime};
use crate::fetch::clock::Clock;
use crate::ui::effect::Effect;
use crate::ui::keymap::{Key, Keymap};
use crate::ui::message::{Message, Now};
use crate::ui::model::{Model, Settings};
use crate::ui::theme::{Depth, Name, Theme};
use crate::ui::zone::Zones;

/// How long a screen is waited for; what stands there then is the picture.
const PATIENCE: Duration = Duration::from_mins(2);

/// What is drawn.
pub struct Picture {
    /// What is opened.
    pub opening: Opening,
    /// How it looks; a picture has all colours.
    pub look: Look,
    /// The zones of displayed times besides UTC.
    pub zones: Zones,
    /// Which key does what.
    pub keymap: Keymap,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Columns and rows.
    pub size: (u16, u16),
    /// What is pressed once all is fetched.
    pub keys: Vec<Key>,
    /// How much memory what is loaded may take, bytes.
    pub max_memory: u64,
}

/// The explorer, telling after each frame whether it has come to rest, and how often it drew.
struct Watched {
    model: Model,
    frames: u64,
    rests: watch::Sender<(bool, u64)>,
}

impl Program for Watched {
    fn update(&mut self, message: Message, now: Now) -> Vec<Effect> {
        self.model.update(message, now)
    }

    fn view(&mut self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let cursor = self.model.view(area, buffer);
        self.frames += 1;
        self.rests.send_replace((self.model.is_settled(), self.frames));
        cursor
    }
}

/// Draws the picture as an SVG document.
pub fn draw(picture: Picture, outside: &Arc<dyn Outside>, handle: &Handle) -> anyhow::Result<String> {
    let Picture { opening, look, zones, keymap, clock, size, keys, max_memory } = picture;
    let Opening { origin, window, filter, setup } = opening;
    let theme = Theme::builtin(look.name.unwrap_or(Name::Dark), Depth::True, look.ascii);
    let settings = Settings {
        window,
        filter,
        sources: origin.sources(),
        theme,
        keymap,
        zones,
        now: clock.now(),
        size,
        setup,
    };
    let (model, first) = Model::new(settings);
    let (mail, mail_receiver) = mpsc::channel(runtime::MAILS);
    let (controls, controls_receiver) = mpsc::channel(CONTROLS);
    let surroundings = Surroundings {
        remote: false,
        display: false,
        multiplexer: Multiplexer::None,
        runtime_dir: std::env::temp_dir(),
    };
    let clipboard = Clipboard::new(Choice::Auto, surroundings);
    let runtime = Runtime::new(handle.clone(), origin, clipboard, Arc::clone(&clock), &mail, &controls)?
        .with_memory(max_memory)
        .with_outside(Arc::clone(outside));
    let (presses, inputs) = inputs::unbounded::<io::Result<Event>>();
    let (rests, resting) = watch::channel((false, 0));
    let mut event_loop = EventLoop {
        program: Watched { model, frames: 0, rests },
        terminal: Terminal::new(TestBackend::new(size.0, size.1))?,
        inputs,
        mail: mail_receiver,
        controls: controls_receiver,
        runtime,
        clock,
        joiner: Joiner::new(ESC_HOLD),
    };
    let pressing = press(keys, presses, resting, controls);
    handle.block_on(async {
        tokio::select! {
            end = event_loop.run(first) => end.map(|_| ()),
            () = pressing => Ok(()),
        }
    })?;
    let EventLoop { program, runtime, mail, .. } = event_loop;
    drop(mail);
    runtime.close();
    Ok(program.model.picture())
}

/// Presses key after key, each once the screen has come to rest, and ends once it has after the
/// last.
async fn press(
    keys: Vec<Key>,
    presses: inputs::UnboundedSender<io::Result<Event>>,
    mut resting: watch::Receiver<(bool, u64)>,
    controls: mpsc::Sender<Control>,
) {
    let mut drawn = 0;
    let mut events = keys.into_iter().map(|key| Event::Key(key.event()));
    loop {
        let rested = resting.wait_for(|(rests, frames)| *rests && *frames > drawn);
        match tokio::time::timeout(PATIENCE, rested).await {
            Ok(Ok(state)) => drawn = state.1,
            // It takes too long: what stands there is the picture.
            Ok(Err(_)) | Err(_) => break,
        }
        let Some(event) = events.next() else { break };
        if presses.unbounded_send(Ok(event)).is_err() {
            break;
        }
    }
    // The loop ends by itself where it is gone already.
    let _ = controls.send(Control::Quit(0)).await;
    // The loop is what ends this.
    std::future::pending::<()>().await;
}
