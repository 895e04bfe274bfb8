//! Whole sessions: the true loop, model and runtime against the demo server, drawn to memory. Keys
//! go in, and what the screen says is compared with what the server holds.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use auditty::app::clipboard::Clipboard;
use auditty::app::clipboard::plan::{Choice, Multiplexer, Surroundings, Way};
use auditty::app::event_loop::{EventLoop, Perform, Program};
use auditty::app::input::{ESC_HOLD, Joiner};
use auditty::app::look::Look;
use auditty::app::runtime::origin::Origin;
use auditty::app::runtime::origin::systems::Systems;
use auditty::app::runtime::{MAILS, Runtime};
use auditty::demo::{self, Listeners, Options, Server, System};
use auditty::fetch::Fetcher;
use auditty::fetch::clock::Clock;
use auditty::interval::Interval;
use auditty::provider::registry::Registry;
use auditty::source::Secret;
use auditty::sync::Configured;
use auditty::timestamp::{DAY, Timestamp};
use auditty::ui::effect::Effect;
use auditty::ui::keymap::Keymap;
use auditty::ui::message::{Message, Now};
use auditty::ui::model::{Model, Settings};
use auditty::ui::theme::Name;
use crossterm::event::{Event, KeyCode, KeyEvent};
use futures::channel::mpsc as keys;
use futures::future::BoxFuture;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tokio::sync::mpsc;

use super::whole::WORLD;

mod kept;

/// How long anything may take; reached only where something is broken.
const DEADLINE: Duration = Duration::from_mins(1);

/// A clock that began at the end of the demo's world.
#[derive(Debug)]
pub(crate) struct Shifted(pub(crate) Instant);

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        WORLD.end().plus(i64::try_from(self.0.elapsed().as_micros()).expect("a short test"))
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// The model, with each frame shown to the test.
struct Seen(Model, Sender<String>);

impl Program for Seen {
    fn update(&mut self, message: Message, now: Now) -> Vec<Effect> {
        self.0.update(message, now)
    }

    fn view(&mut self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let cursor = self.0.view(area, buffer);
        // The test may have seen enough.
        let _ = self.1.send(text(buffer));
        cursor
    }
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let line = |cells: &[ratatui::buffer::Cell]| -> String {
        cells.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned()
    };
    buffer.content.chunks(width).map(line).collect::<Vec<_>>().join("\n")
}

/// The runtime, with what was asked of it noted.
struct Noted(Runtime, Arc<Mutex<Vec<Effect>>>);

impl Perform for Noted {
    fn perform(&mut self, effect: Effect) {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).push(effect.clone());
        self.0.perform(effect);
    }
}

/// A session on the demo.
struct Stage {
    runtime: tokio::runtime::Runtime,
    server: Server,
    frames: Receiver<String>,
    keys: keys::UnboundedSender<io::Result<Event>>,
    effects: Arc<Mutex<Vec<Effect>>>,
    end: tokio::task::JoinHandle<u8>,
}

impl Stage {
    /// Opens these systems of the demo; `wrong` is one whose token the server refuses.
    fn open(systems: &[System], wrong: Option<System>, size: (u16, u16)) -> Self {
        Self::open_as(systems, wrong, size, u64::MAX, |systems, _| systems)
    }

    /// The same, and entries may take so many bytes.
    fn with_memory(systems: &[System], wrong: Option<System>, size: (u16, u16), most: u64) -> Self {
        Self::open_as(systems, wrong, size, most, |systems, _| systems)
    }

    /// The same, over an archive or kept in one as `of` has it, who is given the sources too.
    fn open_as(
        systems: &[System],
        wrong: Option<System>,
        size: (u16, u16),
        most: u64,
        of: impl FnOnce(Systems, Vec<Configured>) -> Systems,
    ) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let clock: Arc<dyn Clock> = Arc::new(Shifted(Instant::now()));
        let options = Options { clock: Arc::clone(&clock), ..Options::default() };
        let server = runtime.block_on(async {
            let listeners = Listeners::any().await.expect("free ports");
            demo::serve(&WORLD, listeners, &options).expect("a server")
        });
        let registry = Registry::shipped();
        let chosen = demo::sources(&server).into_iter().filter_map(|mut source| {
            let system = systems.iter().find(|system| *source.name == *system.source())?;
            if wrong == Some(*system) {
                source.token = Some(Secret::Command(vec!["printf".to_owned(), "wr0ng".to_owned()]));
            }
            let provider = registry.get(&source.provider).expect("shipped");
            Some((Arc::new(source), provider))
        });
        let chosen: Vec<Configured> = chosen.collect();
        let systems = Systems::new(chosen.clone(), Fetcher::new(Arc::clone(&clock)));
        let origin: Arc<dyn Origin> = Arc::new(of(systems, chosen));

        let (mail, mail_receiver) = mpsc::channel(MAILS);
        let (controls, controls_receiver) = mpsc::channel(4);
        let surroundings = Surroundings {
            remote: true,
            display: false,
            multiplexer: Multiplexer::None,
            runtime_dir: std::env::temp_dir(),
        };
        let settings = Settings {
            window: Interval::new(WORLD.end().plus(-7 * DAY), WORLD.end()),
            filter: String::new(),
            sources: origin.sources(),
            theme: Look { name: Some(Name::Dark), ascii: false }.theme(|_| None),
            keymap: Keymap::default(),
            zones: auditty::ui::zone::Zones::default(),
            now: clock.now(),
            size,
            setup: auditty::ui::setup::Setup::default(),
        };
        let (model, first) = Model::new(settings);
        let clipboard = Clipboard::new(Choice::Only(Way::Osc52), surroundings);
        let hands =
            Runtime::new(runtime.handle().clone(), origin, clipboard, Arc::clone(&clock), &mail, &controls)
                .expect("threads")
                .with_memory(most);
        let (seen, frames) = channel();
        let (keys, inputs) = keys::unbounded();
        let effects = Arc::new(Mutex::new(Vec::new()));
        let mut event_loop = EventLoop {
            program: Seen(model, seen),
            terminal: Terminal::new(TestBackend::new(size.0, size.1)).expect("no I/O"),
            inputs,
            mail: mail_receiver,
            controls: controls_receiver,
            runtime: Noted(hands, Arc::clone(&effects)),
            clock,
            joiner: Joiner::new(ESC_HOLD),
        };
        let end = runtime.spawn(async move {
            // The keeper of signals lives as long as the loop.
            let _controls = controls;
            event_loop.run(first).await.expect("no error")
        });
        Self { runtime, server, frames, keys, effects, end }
    }

    fn keys(&self, keys: &str) {
        for c in keys.chars() {
            let code = if c == '\r' { KeyCode::Enter } else { KeyCode::Char(c) };
            self.keys.unbounded_send(Ok(Event::Key(KeyEvent::from(code)))).expect("the loop listens");
        }
    }

    /// The first frame from now on that is so.
    fn wait_until(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + DEADLINE;
        let mut last = String::new();
        loop {
            match self.frames.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(frame) if is(&frame) => return frame,
                Ok(frame) => last = frame,
                Err(error) => panic!("waited in vain for {what} ({error}):\n{last}"),
            }
        }
    }

    fn wait_for(&self, text: &str) -> String {
        self.wait_until(&format!("{text:?}"), |frame| frame.contains(text))
    }

    /// How often something was asked of the runtime.
    fn asked(&self, is: impl Fn(&Effect) -> bool) -> usize {
        self.effects.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|effect| is(effect)).count()
    }

    /// How many entries of a system lie inside the window and are so.
    fn held(&self, system: System, is: impl Fn(&str) -> bool) -> usize {
        let window = Interval::new(WORLD.end().plus(-7 * DAY), WORLD.end());
        self.server
            .held(system)
            .iter()
            .filter(|record| window.contains(record.time) && is(&record.json))
            .count()
    }

    fn quit(self) {
        self.keys("q");
        assert_eq!(self.runtime.block_on(self.end).expect("it ends"), 0);
    }
}

/// A count as the screen writes it.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[test]
fn all_five_systems_are_one_timeline_and_every_entry_is_counted() {
    let stage = Stage::open(&System::ALL, None, (160, 48));
    let total: usize = System::ALL.iter().map(|system| stage.held(*system, |_| true)).sum();
    stage.wait_for(&format!("{0}/{0}", grouped(total)));
    // What is typed filters what is loaded, and never fetches.
    stage.keys("/status:5xx\r");
    let failures = stage.held(System::Tofupilot, |json| json.contains("\"status\":5"));
    stage.wait_for(&format!("{}/{}", grouped(failures), grouped(total)));
    stage.keys("X/source:logfire\r");
    let logfire = stage.held(System::Logfire, |_| true);
    stage.wait_for(&format!("{}/{}", grouped(logfire), grouped(total)));
    assert_eq!(stage.asked(|effect| matches!(effect, Effect::Fetch { .. })), 1);
    stage.quit();
}

#[test]
fn a_single_record_is_fetched_when_its_entry_is_opened() {
    let stage = Stage::open(&[System::Logfire], None, (160, 60));
    let total = grouped(stage.held(System::Logfire, |_| true));
    stage.wait_for(&format!("{total}/{total}"));
    stage.keys("/action:UPDATE\r");
    stage.wait_until("updates", |frame| {
        frame.contains("/ action:UPDATE") && !frame.contains(&format!("{total}/{total}"))
    });
    stage.keys("\r");
    // The list row says nothing of changes; the single record says what was before.
    stage.wait_for("downgrade_patches");
    assert_eq!(stage.asked(|effect| matches!(effect, Effect::Single(_))), 1);
    stage.keys("q");
    stage.quit();
}

#[test]
fn what_does_not_fit_into_memory_is_not_loaded_and_the_screen_says_so() {
    let size = (160, 48);
    let stage = Stage::with_memory(&[System::Tofupilot], None, size, 200_000);
    let frame = stage.wait_for("entries fill --max-memory (200 kB): the rest is not loaded");
    let told = frame.lines().last().expect("a bottom line");
    assert!(told.contains("api: ") && told.contains("--max-memory"), "{told}");
    let loaded = told.split("api: ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a count");
    let count: usize = loaded.replace(',', "").parse().expect("a number");
    assert!((1..stage.held(System::Tofupilot, |_| true)).contains(&count), "{told}");
    // What was loaded is there to be looked at, and the message can be read again.
    stage.wait_for(&format!("{loaded}/{loaded}"));
    stage.keys("L");
    stage.wait_until("the messages", |frame| {
        frame.lines().take(40).any(|line| line.contains("entries fill --max-memory"))
    });
    stage.keys("q");
    stage.quit();
}

#[test]
fn a_token_that_is_refused_is_told_and_the_other_systems_go_on() {
    let stage = Stage::open(&[System::Tofupilot, System::Fastpki], Some(System::Tofupilot), (160, 48));
    let others = grouped(stage.held(System::Fastpki, |_| true));
    let frame = stage.wait_until("the failure and the other entries", |frame| {
        frame.contains("401") && frame.contains(&format!("{others}/{others}"))
    });
    assert!(!frame.contains("wr0ng"), "no token is shown:\n{frame}");
    stage.quit();
}
