//! A session on the demo server: the true loop, model, runtime and doors, drawn to memory, with
//! everything that leaves it kept for the test.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use auditty::app::clipboard::Clipboard;
use auditty::app::clipboard::plan::{Choice, Multiplexer, Surroundings, Way};
use auditty::app::event_loop::{EventLoop, FRAME, Program};
use auditty::app::input::Joiner;
use auditty::app::look::Look;
use auditty::app::outside::{Opening, Outside};
use auditty::app::runtime::{MAILS, Runtime};
use auditty::cli::arguments::{Arguments, ExplorerArguments};
use auditty::cli::outside::Doors;
use auditty::demo::{self, Listeners, Options, Rate, Server};
use auditty::fetch::clock::Clock;
use auditty::timestamp::Timestamp;
use auditty::ui::effect::Effect;
use auditty::ui::keymap::{Key, Keymap};
use auditty::ui::message::{Message, Now};
use auditty::ui::model::{Model, Settings};
use auditty::ui::setup::Setup;
use auditty::ui::theme::Name;
use auditty::ui::zone::Zones;
use clap::Parser;
use crossterm::event::Event;
use futures::channel::mpsc as inputs;
use futures::future::BoxFuture;
use ratatui::Terminal;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::Then;
use super::surface::{Did, Recorder, Seen, Shown};
use crate::screen::Shifted;
use crate::whole::WORLD;

/// How long anything may take; reached only where something is broken.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long a lone Esc is held here: every test that presses one waits so long.
const ESC_HOLD: Duration = Duration::from_millis(5);

/// A clock that began where the world ends, and in which a frame is due at once.
#[derive(Debug)]
struct Hasty(Shifted);

impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        self.0.sleep(if time == FRAME { Duration::ZERO } else { time })
    }
}

fn hasty() -> Arc<dyn Clock> {
    Arc::new(Hasty(Shifted(Instant::now())))
}

/// A demo server, and a config that leads to it.
pub(crate) struct Served {
    runtime: tokio::runtime::Runtime,
    pub(crate) server: Server,
    folder: TempDir,
    clock: Arc<dyn Clock>,
}

impl Served {
    /// Serves the world without limits, each answer after so long a time.
    pub(super) fn new(delay: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let plenty = Rate { burst: 100_000, per_second: 100_000 };
        let clock = hasty();
        let options = Options { delay, fastio: plenty, fileguard: plenty, clock: Arc::clone(&clock) };
        let server = runtime.block_on(async {
            let listeners = Listeners::any().await.expect("free ports");
            demo::serve(&WORLD, listeners, &options).expect("a server")
        });
        let folder = tempfile::tempdir().expect("a folder");
        let served = Self { runtime, server, folder, clock };
        let archive = served.folder.path().join("archive");
        let config = format!("archive = \"{}\"\n{}", archive.display(), demo::config_toml(&served.server));
        std::fs::write(served.config(), config).expect("a config");
        served
    }

    /// The config that leads to it.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }
}

/// The server of all sessions that change nothing on it.
pub(crate) static SERVED: LazyLock<Served> = LazyLock::new(|| Served::new(Duration::ZERO));

/// The server of sessions that are to be met while they fetch.
pub(super) static SLOW: LazyLock<Served> = LazyLock::new(|| Served::new(Duration::from_millis(60)));

/// The explorer, telling what each frame is of.
struct Watched(Model, Arc<Mutex<Shown>>);

impl Program for Watched {
    fn update(&mut self, message: Message, now: Now) -> Vec<Effect> {
        let input = matches!(message, Message::Input(_));
        let lacking = if let Message::Lacking(lacking) = &message { Some(lacking.count) } else { None };
        let effects = self.0.update(message, now);
        let mut shown = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        shown.inputs += usize::from(input);
        shown.lacking = lacking.unwrap_or(shown.lacking);
        shown.settled = self.0.is_settled();
        effects
    }

    fn view(&mut self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        self.0.view(area, buffer)
    }

    fn scrolling(&self) -> Option<std::ops::Range<u16>> {
        self.0.scrolling()
    }
}

/// A session.
pub(super) struct Stage {
    frames: Receiver<Seen>,
    done: Receiver<Did>,
    /// What was done so far, as far as it was looked at.
    did: Vec<Did>,
    keys: inputs::UnboundedSender<io::Result<Event>>,
    seen: Seen,
    end: Option<std::thread::JoinHandle<u8>>,
    /// Where the session may write.
    folder: TempDir,
}

/// What `auditty explore` is typed with, besides the config.
pub(super) fn arguments(served: &Served, typed: &str) -> (Vec<String>, ExplorerArguments) {
    let config = served.config();
    let words = ["auditty", "explore", "--config", config.to_str().expect("a plain path")];
    let words = words.into_iter().chain(typed.split_whitespace());
    match Arguments::try_parse_from(words).expect("well typed").command {
        Some(auditty::cli::arguments::Command::Explore { sources, explorer }) => (sources, explorer),
        other => panic!("{other:?}"),
    }
}

/// Keys as `--keys` reads them.
pub(super) fn keys(written: &str) -> Vec<Key> {
    let written = format!("--keys={written}");
    let words = ["auditty", "explore", "a", "--screenshot", "a.svg", &written];
    match Arguments::try_parse_from(words).expect(&written).command {
        Some(auditty::cli::arguments::Command::Explore { explorer, .. }) => explorer.keys.0,
        other => panic!("{other:?}"),
    }
}

impl Stage {
    /// `auditty explore` with these words, once it has come to rest.
    pub(super) fn open(typed: &str, size: (u16, u16)) -> Self {
        let mut stage = Self::begin(&SERVED, None, typed, size);
        stage.rest();
        stage
    }

    /// Waits until all is fetched, and told to be lacked by the archive.
    pub(super) fn rest(&mut self) {
        let told = |seen: &Seen| seen.lacking > 0 || seen.line(0).contains(" 0/0 ");
        self.wait("all is fetched", |seen| seen.settled && told(seen));
    }

    /// `auditty explore` with these words on a server nobody else reads, by its clock, once something
    /// is drawn.
    pub(super) fn alone(served: &Served, typed: &str, size: (u16, u16)) -> Self {
        Self::begin(served, Some(Arc::clone(&served.clock)), typed, size)
    }

    /// `auditty explore` with these words, by this clock or one that begins where the world ends,
    /// once something is drawn.
    pub(super) fn begin(
        served: &Served,
        clock: Option<Arc<dyn Clock>>,
        typed: &str,
        size: (u16, u16),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let typed = typed.replace("FOLDER", folder.path().to_str().expect("a plain path"));
        let (sources, explorer) = arguments(served, &typed);
        let handle = served.runtime.handle().clone();
        let clock = clock.unwrap_or_else(hasty);
        let doors = Doors::new(&explorer, &handle, WORLD.end()).with_clock(Arc::clone(&clock));
        let opening = doors.sources(&sources, &explorer).expect("it opens");
        let (done_sender, done) = channel();
        let (frame_sender, frames) = channel();
        let (keys, inputs) = inputs::unbounded();
        let ascii = explorer.ascii;
        let chosen = explorer.reading.tz.as_deref().map(|name| name.parse().expect("a zone"));
        // The machine that tests run on has no part in what they see.
        let zones = Zones { chosen, ..Zones::default() };
        let runtime_dir = folder.path().to_owned();
        let end = std::thread::spawn(move || {
            let begun = Begun { opening, doors: Arc::new(doors), clock, ascii, zones, size, runtime_dir };
            begun.run(&handle, frame_sender, &done_sender, inputs)
        });
        let seen = Seen::default();
        let mut stage = Self { frames, done, did: Vec::new(), keys, seen, end: Some(end), folder };
        stage.wait("the first frame", |_| true);
        stage
    }

    /// Where the session may write: `FOLDER` in what is typed.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the screen shows.
    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Sends an event.
    pub(super) fn event(&self, event: Event) {
        // A session that has ended takes none.
        let _ = self.keys.unbounded_send(Ok(event));
    }

    /// Sends a key, waiting for nothing.
    pub(super) fn send(&self, key: Key) {
        self.event(Event::Key(key.event()));
    }

    /// What was done besides drawing.
    pub(super) fn did(&self) -> &[Did] {
        &self.did
    }

    /// Presses keys, each once the screen shows what came of the one before, and where `rests` once
    /// all that was begun is done; `FOLDER` is typed as the session's folder.
    pub(super) fn press(&mut self, written: &str, rests: bool) {
        let folder = self.folder.path().to_str().expect("a plain path").to_owned();
        for key in keys(&written.replace("FOLDER", &folder)) {
            self.press_key(key, rests);
        }
    }

    /// Presses a key and waits as [`Self::press`] does.
    pub(super) fn press_key(&mut self, key: Key, rests: bool) {
        let before = self.seen.inputs;
        self.send(key);
        let taken = |seen: &Seen| seen.inputs > before && (seen.settled || !rests);
        self.wait(&format!("what comes of {key}"), taken);
    }

    /// The first frame from the present one on that is so.
    pub(super) fn wait(&mut self, what: &str, is: impl Fn(&Seen) -> bool) {
        self.wait_with(what, |stage| is(&stage.seen));
    }

    /// Waits until all this is so.
    pub(super) fn until_all(&mut self, what: &str, then: &[Then]) {
        let is_so = |stage: &Self, then: &Then| then.is_so(stage, &stage.seen, &stage.did);
        let deadline = Instant::now() + DEADLINE;
        while !then.iter().all(|then| is_so(self, then)) {
            if !self.next(deadline) {
                let not: Vec<_> = then.iter().filter(|then| !is_so(self, then)).collect();
                panic!("{what}: not so is {not:?}:\n{}\n{:?}", self.seen.text(), self.did);
            }
        }
    }

    /// Waits until something that was done is so.
    pub(super) fn wait_did(&mut self, what: &str, is: impl Fn(&Did) -> bool) {
        self.wait_with(what, |stage| stage.did.iter().any(&is));
    }

    fn wait_with(&mut self, what: &str, is: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is(self) {
            let more = self.next(deadline);
            assert!(more, "waited in vain for {what}:\n{}\n{:?}", self.seen.text(), self.did);
        }
    }

    /// Takes the next frame, and what else was done; false where the time is over.
    fn next(&mut self, deadline: Instant) -> bool {
        // What is done without a frame, as writing a file, is looked for now and then.
        const NOW_AND_THEN: Duration = Duration::from_millis(5);
        match self.frames.recv_timeout(NOW_AND_THEN) {
            Ok(seen) => self.seen = seen,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => std::thread::park_timeout(NOW_AND_THEN),
        }
        self.did.extend(self.done.try_iter());
        Instant::now() < deadline
    }

    /// Ends the session, whatever is on the screen.
    pub(super) fn close(&mut self) {
        self.keys.close_channel();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.close();
        if let Some(end) = self.end.take() {
            let ended = end.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the session broke down");
        }
    }
}

/// What the loop is begun with.
struct Begun {
    opening: Opening,
    doors: Arc<Doors>,
    clock: Arc<dyn Clock>,
    ascii: bool,
    zones: Zones,
    size: (u16, u16),
    runtime_dir: PathBuf,
}

impl Begun {
    /// Runs the loop to its end; its exit status.
    fn run(
        self,
        handle: &tokio::runtime::Handle,
        frames: Sender<Seen>,
        done: &Sender<Did>,
        inputs: inputs::UnboundedReceiver<io::Result<Event>>,
    ) -> u8 {
        let Self { opening, doors, clock, ascii, zones, size, runtime_dir } = self;
        let Opening { origin, window, filter, setup } = opening;
        let settings = Settings {
            window,
            filter,
            sources: origin.sources(),
            theme: Look { name: Some(Name::Dark), ascii }.theme(|_| None),
            keymap: Keymap::default(),
            zones,
            now: clock.now(),
            size,
            // What an earlier session left is no part of this one.
            setup: Setup { saved: auditty::ui::session::Saved::default(), ..setup },
        };
        let (model, first) = Model::new(settings);
        let (mail, mail_receiver) = mpsc::channel(MAILS);
        let (controls, controls_receiver) = mpsc::channel(4);
        let surroundings =
            Surroundings { remote: true, display: false, multiplexer: Multiplexer::None, runtime_dir };
        let clipboard = Clipboard::new(Choice::Only(Way::Osc52), surroundings);
        let runtime = Runtime::new(handle.clone(), origin, clipboard, Arc::clone(&clock), &mail, &controls)
            .expect("threads")
            .with_outside(doors as Arc<dyn Outside>);
        let shown = Arc::new(Mutex::new(Shown::default()));
        let recorder = Recorder::new(size, Arc::clone(&shown), frames, done.clone());
        let mut event_loop = EventLoop {
            program: Watched(model, shown),
            terminal: Terminal::new(recorder).expect("no I/O"),
            inputs,
            mail: mail_receiver,
            controls: controls_receiver,
            runtime,
            clock,
            joiner: Joiner::new(ESC_HOLD),
        };
        // A test that has seen enough hangs up.
        let status = handle.block_on(event_loop.run(first)).unwrap_or(129);
        let _ = done.send(Did::Ended(status));
        let EventLoop { mut program, runtime, mail, .. } = event_loop;
        drop(mail);
        if let Some(wish) = program.0.take_wish() {
            let _ = done.send(Did::Wished(wish.open));
        }
        runtime.close();
        status
    }
}
