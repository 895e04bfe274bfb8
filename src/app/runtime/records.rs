//! What is found out about records: how many tell nothing of their changes, single records, one
//! record's history, and what is fetched for it.
//!
//! Looking through the store happens on a thread of the pool; what is fetched goes to the loop and
//! not into the store, for it lies outside the window that is covered.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::Runtime;
use super::keeper::Job;
use crate::app::event_loop::Mail;
use crate::changes::RecordKey;
use crate::event::Event;
use crate::fetch::Update;
use crate::interval::Interval;
use crate::query::Query;
use crate::ui::message::Message;
use crate::ui::overlay::singles::MOST;
use crate::ui::trace::Trace;

/// How many requests and waits may wait to be told: no request is held up by a frame.
const TOLD: usize = 16;

impl Runtime {
    /// Looks through the newest store, off the loop's thread; what it tells goes to the loop.
    fn look<F>(&self, look: F)
    where
        F: FnOnce(&crate::store::Snapshot) -> Message + Send + 'static,
    {
        let snapshot = Arc::clone(&self.kept.snapshots.borrow());
        let mail = self.mail.clone();
        self.handle.spawn_blocking(move || {
            // The loop ends before the runtime does: then nobody wants to know.
            let _ = mail.blocking_send(Mail::Message(look(&snapshot)));
        });
    }

    /// Counts the list rows that match and say nothing of their changes.
    pub(super) fn untold(&self, number: u64, filter: Arc<Query>, window: Interval, sources: Vec<Arc<str>>) {
        self.look(move |snapshot| {
            let sources: Vec<&str> = sources.iter().map(|source| &**source).collect();
            let untold = Box::new(snapshot.untold(&filter, window, &sources, MOST));
            Message::Untold { number, untold }
        });
    }

    /// Puts a record's history together.
    pub(super) fn trace(&self, number: u64, record: RecordKey, besides: Vec<Arc<Event>>) {
        let (origin, kept) = (Arc::clone(&self.origin), self.kept.clone());
        self.look(move |snapshot| {
            let question = Trace::question(&record);
            let answer = match &kept.asked {
                // Where the server does not answer, what is at hand is all that is known.
                Some(_) => kept.answer(&question, &|| false).unwrap_or_default(),
                None => snapshot.answer(&question),
            };
            let sample = answer.rows.first().map(|row| &row.event).or(besides.first());
            let provider = sample.and_then(|event| origin.provider(event));
            let trace = Arc::new(Trace::new(&record, &answer, &besides, provider.as_deref()));
            Message::Traced { number, trace }
        });
    }

    /// Fetches an entry's single record, as one of few at once.
    pub(super) fn single(&self, event: &Event) {
        let (listener, updates) = mpsc::channel(TOLD);
        let (identity, single) = (event.identity, self.origin.single(event, listener));
        let (turns, jobs, mail) = (Arc::clone(&self.singles), self.keeper.jobs(), self.mail.clone());
        let ended = self.end_singles.clone();
        self.handle.spawn(async move {
            let fetched = async {
                let _turn = turns.acquire().await;
                single.await
            };
            tokio::select! {
                () = ended.cancelled() => {}
                result = telling(fetched, updates, mail) => {
                    // The keeper ends only with the program.
                    let _ = jobs.send(Job::Single { identity, result: result.map(Box::new) }).await;
                }
            }
        });
    }

    /// Stops all of those: nothing of them is told any more.
    pub(super) fn end_singles(&mut self) {
        std::mem::take(&mut self.end_singles).cancel();
    }

    /// Fetches a record's entries of a window for its history alone.
    pub(super) fn earlier(&mut self, number: u64, record: &RecordKey, window: Interval) {
        self.end_earlier();
        let (listener, updates) = mpsc::channel(TOLD);
        let entries = {
            let _context = self.handle.enter();
            self.origin.history(record, window, listener)
        };
        let mail = self.mail.clone();
        self.reaching = Some(self.handle.spawn(async move {
            let result: Result<Vec<Event>, String> = telling(entries, updates, mail.clone()).await;
            let _ = mail.send(Mail::Message(Message::Earlier { number, result })).await;
        }));
    }

    /// Stops that.
    pub(super) fn end_earlier(&mut self) {
        if let Some(task) = self.reaching.take() {
            task.abort();
        }
    }
}

/// Does some fetching whose requests and waits are told to the loop, all of them before its result.
async fn telling<T>(
    work: impl Future<Output = T>,
    mut updates: mpsc::Receiver<Update>,
    mail: mpsc::Sender<Mail>,
) -> T {
    let tell = async {
        while let Some(update) = updates.recv().await {
            let _ = mail.send(Mail::Message(Message::Aside(update))).await;
        }
    };
    tokio::join!(work, tell).0
}
