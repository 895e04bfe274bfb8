//! The hands of the loop: begins what an update asks for and never waits for it. What comes of it
//! goes to the loop as mail.
//!
//! ```text
//!  origin ──updates──▶ forwarder (a task a source) ──▶ keeper (a thread, owns the store)
//!                                                        │ snapshot         │ mail
//!                                answers (a thread) ◀────┘                  ▼
//!                                        └──────────────mail───────────▶  the loop
//! ```
//!
//! Every arrow is a bounded channel: a loop that is slow slows the keeper, the keeper the
//! forwarders, they the fetching.
//!
//! Not here: what is worth doing (`ui::update`), and how entries are fetched (`fetch`, `files`).

mod alarm;
mod answers;
mod asked;
mod forward;
mod keeper;
pub mod origin;
mod outwards;
mod records;
mod room;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::clipboard::Clipboard;
use super::event_loop::{Control, Mail, Perform};
use super::outside::Nowhere;
use crate::fetch::Part;
use crate::fetch::clock::Clock;
use crate::interval::Interval;
use crate::query::Query;
use crate::ui::effect::Effect;
use crate::ui::message::{Handed, Lacking, Message};
use alarm::Alarm;
use answers::{Answers, Studying};
use forward::Steering;
use keeper::{Keeper, Kept};
use origin::Origin;
use outwards::Outwards;
use room::Room;

/// How many mails may wait for the loop. Each is small (a page's entries are in the store by then),
/// and the loop takes one in microseconds; this many bridge the time of a frame.
pub const MAILS: usize = 64;

/// How many texts may wait to be copied: each takes at most a few seconds, and nobody copies faster.
const COPIES: usize = 4;

/// How many single records are fetched at once: they are opened one after another by hand.
const SINGLES: usize = 2;

/// How long the clipboard may take to end.
const LAST_WORDS: Duration = Duration::from_millis(400);

/// How long the archive may take to take in what came last.
const LAST_PAGES: Duration = Duration::from_secs(20);

/// Begins what is asked for.
pub struct Runtime {
    handle: Handle,
    origin: Arc<dyn Origin>,
    keeper: Keeper,
    answers: Answers,
    kept: Kept,
    room: Room,
    studying: Studying,
    mail: mpsc::Sender<Mail>,
    /// The present fetch.
    fetch: Option<Fetch>,
    /// How many fetches were begun.
    fetches: u64,
    singles: Arc<Semaphore>,
    /// Ends the single records that are being fetched.
    end_singles: CancellationToken,
    /// What is being fetched for one record's history.
    reaching: Option<JoinHandle<()>>,
    alarm: Alarm,
    copies: mpsc::Sender<String>,
    clipboard: JoinHandle<()>,
    outwards: Outwards,
}

/// A fetch that was begun.
struct Fetch {
    superseded: CancellationToken,
    steering: Vec<Steering>,
}

impl Runtime {
    /// Begins the threads and tasks, the store being empty. They end when this is dropped, or when `mail` is closed.
    /// A thread that breaks down says so by `controls`.
    pub fn new(
        handle: Handle,
        origin: Arc<dyn Origin>,
        clipboard: Clipboard,
        clock: Arc<dyn Clock>,
        mail: &mpsc::Sender<Mail>,
        controls: &mpsc::Sender<Control>,
    ) -> std::io::Result<Self> {
        origin.anew();
        if let Some(archive) = origin.keeper() {
            handle.spawn(outwards::tell_lacking(archive.standing(), mail.clone()));
        }
        let room = Room::new();
        let (keeper, kept) = Keeper::begin(&origin, room.clone(), mail.clone(), controls.clone())?;
        let outwards = Outwards::new(Arc::new(Nowhere), kept.clone(), mail.clone());
        let studying = Studying::begin(&kept, mail, controls)?;
        let answers = Answers::begin(kept.clone(), mail.clone(), controls.clone())?;
        let (copies, texts) = mpsc::channel(COPIES);
        let clipboard = handle.spawn(copy(clipboard, texts, mail.clone()));
        Ok(Self {
            alarm: Alarm::new(handle.clone(), clock, mail.clone()),
            handle,
            origin,
            keeper,
            answers,
            kept,
            room,
            studying,
            mail: mail.clone(),
            fetch: None,
            fetches: 0,
            singles: Arc::new(Semaphore::new(SINGLES)),
            end_singles: CancellationToken::new(),
            reaching: None,
            copies,
            clipboard,
            outwards,
        })
    }

    /// Lets entries take so much memory, bytes: once they take more, no more are loaded, which is told
    /// as a failure of what was being fetched. Without it there is no limit.
    pub fn with_memory(self, most: u64) -> Self {
        self.room.set(most);
        self
    }

    /// Ends what must end in order: the desktop's clipboard may have to hand on what it holds, and the
    /// archive what came last.
    pub fn close(self) {
        if let Some(fetch) = &self.fetch {
            fetch.end();
            fetch.steering.iter().for_each(Steering::cancel);
        }
        drop(self.copies);
        let ended = async { tokio::time::timeout(LAST_WORDS, self.clipboard).await };
        if self.handle.block_on(ended).is_err() {
            tracing::warn!("the clipboard did not end in time");
        }
        // What was fetched is in the archive before the process ends.
        if let Some(archive) = self.origin.keeper()
            && !archive.finish(LAST_PAGES)
        {
            tracing::error!("the archive did not take in all that came in time");
        }
    }

    fn fetch(&mut self, window: Interval, push: Option<Arc<Query>>, parts: Option<&[(Part, Interval)]>) {
        let begun = {
            let _context = self.handle.enter();
            self.origin.begin(window, push, parts)
        };
        // Files are read once; whatever window is asked for, the reading goes on.
        let Some(begun) = begun else { return };
        if let Some(before) = &self.fetch {
            before.end();
        }
        self.fetches += 1;
        let superseded = CancellationToken::new();
        let mut steering = Vec::new();
        let remaining = Arc::new(AtomicUsize::new(begun.len()));
        for one in begun {
            let (jobs, remaining) = (self.keeper.jobs(), Arc::clone(&remaining));
            let (fetch, room) = ((self.fetches, superseded.clone()), self.room.clone());
            let (wheel, forward) = forward::prepare(one, fetch, room, remaining, jobs);
            steering.push(wheel);
            self.handle.spawn(forward);
        }
        self.fetch = Some(Fetch { superseded, steering });
    }

    fn steer(&self, turn: impl Fn(&Steering)) {
        self.fetch.iter().flat_map(|fetch| &fetch.steering).for_each(turn);
    }

    fn copy(&self, text: String) {
        if self.copies.try_send(text).is_err() {
            self.not_copied("the clipboard is still busy with the last text".to_owned());
        }
    }

    fn not_copied(&self, why: String) {
        let mail = self.mail.clone();
        let message = Message::Copied { text: String::new(), handed: Handed::Failed(why) };
        self.handle.spawn(async move { mail.send(Mail::Message(message)).await });
    }
}

impl Fetch {
    /// Another fetch takes its place: nothing of it is told any more.
    fn end(&self) {
        self.superseded.cancel();
        self.steering.iter().for_each(Steering::end);
    }
}

impl Perform for Runtime {
    fn would_lose(&self) -> Option<Lacking> {
        let lacking = outwards::lacking(&self.origin.keeper()?.standing().borrow());
        (lacking.count > 0).then_some(lacking)
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Ask { generation, question } => self.answers.ask(generation, question),
            Effect::Study { number, study } => self.studying.ask(number, study),
            Effect::Fetch { window, push, parts } => self.fetch(window, push, parts.as_deref()),
            Effect::Pause => self.steer(Steering::pause),
            Effect::Resume => self.steer(Steering::resume),
            Effect::CancelFetch => self.steer(Steering::cancel),
            Effect::Single(event) => self.single(&event),
            Effect::EndSingles => self.end_singles(),
            Effect::Untold { number, filter, window, sources } => {
                self.untold(number, filter, window, sources);
            }
            Effect::Trace { number, record, besides } => self.trace(number, record, besides),
            Effect::Earlier { number, record, window } => self.earlier(number, &record, window),
            Effect::EndEarlier => self.end_earlier(),
            Effect::Copy(text) => self.copy(text),
            Effect::CopyRequest(event) => self.copy_request(&event),
            Effect::Write { path, content, what } => self.write(path, content, what),
            Effect::Keep(text) => self.keep(text),
            Effect::Export(order) => self.export(order),
            Effect::CancelExport => self.cancel_export(),
            Effect::KeepFetched => self.keep_fetched(),
            Effect::CancelKeeping => self.cancel_keeping(),
            Effect::WriteConfig(source) => self.configure(source),
            Effect::WakeAt(time) => self.alarm.set(time),
            Effect::Suspend
            | Effect::Quit(_)
            | Effect::Leave
            | Effect::Mouse(_)
            | Effect::AskBackground
            | Effect::Page(_) => {
                unreachable!("the loop does these itself")
            }
        }
    }
}

/// Copies text after text, in order, until nobody can send one any more.
async fn copy(mut clipboard: Clipboard, mut texts: mpsc::Receiver<String>, mail: mpsc::Sender<Mail>) {
    while let Some(text) = texts.recv().await {
        let to_terminal = |bytes| mail.try_send(Mail::Bytes(bytes)).is_ok();
        let handed = clipboard.hand(&text, &to_terminal).await;
        if mail.send(Mail::Message(Message::Copied { text, handed })).await.is_err() {
            return;
        }
    }
}

/// Tells the loop if the thread that holds it panics: what is shown would no longer be true.
struct Watched {
    part: &'static str,
    controls: mpsc::Sender<Control>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let why = format!("{} broke down; this is a bug, and the log says more", self.part);
            // Where the loop is gone or told already, there is nothing more to tell.
            let _ = self.controls.try_send(Control::Broken(why));
        }
    }
}
