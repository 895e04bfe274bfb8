//! From one source's updates to the keeper, and the wheel to steer it by.
//!
//! It counts what came: at `max_events` the source pauses, says so, and goes on for as many more
//! once it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::keeper::{Job, News};
use super::origin::Begun;
use super::room::Room;
use crate::fetch::{Control, Update};

/// Steers one source's fetching.
pub(super) struct Steering {
    control: Control,
    quota: Arc<Quota>,
}

/// How many entries may come before the source pauses.
struct Quota {
    came: AtomicUsize,
    allowed: AtomicUsize,
    step: usize,
}

impl Steering {
    pub(super) fn pause(&self) {
        self.control.paused.send_replace(true);
    }

    /// Goes on; past `max_events` for as many more.
    pub(super) fn resume(&self) {
        self.quota.grant();
        self.control.paused.send_replace(false);
    }

    /// Stops, as the user wants it: reading the archive too.
    pub(super) fn cancel(&self) {
        self.end();
        self.control.reading.cancel();
    }

    /// Ends fetching; what the archive holds goes on coming.
    pub(super) fn end(&self) {
        self.control.cancel.cancel();
    }
}

impl Quota {
    fn new(step: usize) -> Self {
        Self { came: AtomicUsize::new(0), allowed: AtomicUsize::new(step), step }
    }

    /// Counts what came; the number at which it pauses, where that is reached just now.
    fn reached(&self, events: usize) -> Option<usize> {
        let before = self.came.fetch_add(events, Ordering::SeqCst);
        let allowed = self.allowed.load(Ordering::SeqCst);
        (before < allowed && before + events >= allowed).then_some(before + events)
    }

    /// Allows as many again beyond what came, where that was all that was allowed.
    fn grant(&self) {
        let came = self.came.load(Ordering::SeqCst);
        if came >= self.allowed.load(Ordering::SeqCst) {
            self.allowed.store(came.saturating_add(self.step), Ordering::SeqCst);
        }
    }
}

/// The wheel, and the task that forwards until the source's end. The last of the `remaining` ones of
/// a fetch tells that it is over. Once the room is full it stops the source, and forwards how that
/// ended.
pub(super) fn prepare(
    begun: Begun,
    (fetch, superseded): (u64, CancellationToken),
    room: Room,
    remaining: Arc<AtomicUsize>,
    jobs: mpsc::Sender<Job>,
) -> (Steering, impl Future<Output = ()> + Send + 'static) {
    let quota = Arc::new(Quota::new(begun.max_events));
    let control = begun.running.control.clone();
    let steering = Steering { control: control.clone(), quota: Arc::clone(&quota) };
    let mut running = begun.running;
    let forward = async move {
        let mut stopped = false;
        loop {
            let update = tokio::select! {
                biased;
                () = room.filled(), if !stopped => {
                    stopped = true;
                    control.cancel.cancel();
                    control.reading.cancel();
                    continue;
                }
                update = running.updates.recv() => update,
            };
            let Some(update) = update else { break };
            // What the archive holds counts whatever is fetched meanwhile.
            if let Update::Archived(archived) = update {
                if jobs.send(Job::Archived(archived)).await.is_err() {
                    return;
                }
                continue;
            }
            if superseded.is_cancelled() {
                continue;
            }
            let came = match &update {
                Update::Page(page) => Some((&page.part, page.events.len())),
                Update::Rows(rows) => Some((&rows.part, rows.entries)),
                _ => None,
            };
            let full = came.and_then(|(part, entries)| {
                let came = quota.reached(entries)?;
                Some(News::Full { source: Arc::clone(&part.source), came })
            });
            if full.is_some() {
                control.paused.send_replace(true);
            }
            for news in [Some(News::Update(update)), full].into_iter().flatten() {
                let superseded = superseded.clone();
                if jobs.send(Job::OfFetch { news, fetch, superseded }).await.is_err() {
                    return;
                }
            }
        }
        if remaining.fetch_sub(1, Ordering::SeqCst) == 1 {
            // The keeper ends only with the program.
            let _ = jobs.send(Job::OfFetch { news: News::Over, fetch, superseded }).await;
        }
    };
    (steering, forward)
}
