//! Keeping what is fetched to be looked at (the explorer's `--keep`): pages go on to whoever reads
//! them and into the archive, on a thread of its own, so that neither waits for the other for long.
//!
//! Not here: fetching what is missing (`sync`). Where a filter was pushed, the entries are kept and
//! the window does not count as covered (the contract's section 7).

use std::collections::HashSet;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use crate::archive::{Batch, Ledger};
use crate::event::Event;
use crate::fetch::{Part, Running, Update};
use crate::interval::Interval;

/// So many pages may wait for the disk before fetching is held back.
const WAITING: usize = 64;
/// Updates that may wait to be read, as many as of a fetch itself.
const UPDATES: usize = 32;

/// Puts pages into an archive. Dropping it waits until all of them are there.
#[derive(Debug)]
pub struct Keeper {
    pages: Option<SyncSender<Kept>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Kept {
    part: Part,
    events: Vec<Event>,
    covered: Vec<Interval>,
}

impl Keeper {
    /// Keeps in this archive, whose sources have been claimed.
    pub fn new(archive: Box<dyn Ledger>) -> io::Result<Self> {
        let (pages, kept) = sync_channel(WAITING);
        let thread =
            std::thread::Builder::new().name("keeping".to_owned()).spawn(move || write(archive, &kept))?;
        Ok(Self { pages: Some(pages), thread: Some(thread) })
    }

    /// The same updates, their pages kept; within a tokio runtime.
    pub fn keep(&self, running: Running) -> Running {
        let Running { updates: mut from, control } = running;
        let Some(pages) = self.pages.clone() else { return Running { updates: from, control } };
        let (to, updates) = mpsc::channel(UPDATES);
        tokio::spawn(async move {
            let mut filtered: HashSet<Part> = HashSet::new();
            loop {
                let update = tokio::select! {
                    biased;
                    () = to.closed() => return,
                    update = from.recv() => update,
                };
                let Some(update) = update else { return };
                if let Update::Began { part, pushed, .. } = &update
                    && !pushed.is_empty()
                {
                    filtered.insert(part.clone());
                }
                let kept = match &update {
                    Update::Page(page) => Some(Kept {
                        part: page.part.clone(),
                        events: page.events.clone(),
                        covered: if filtered.contains(&page.part) {
                            Vec::new()
                        } else {
                            page.covered.clone()
                        },
                    }),
                    _ => None,
                };
                // First to the screen.
                if to.send(update).await.is_err() {
                    return;
                }
                let Some(kept) = kept else { continue };
                let pages = pages.clone();
                // The archive may be gone (a full disk): that was said, and looking goes on.
                let _ = tokio::task::spawn_blocking(move || pages.send(kept)).await;
            }
        });
        Running { updates, control }
    }

    /// Keeps a single record of a part.
    pub fn single(&self, part: Part, event: Event) {
        if let Some(pages) = &self.pages {
            // One that finds no room comes again when its entry is looked at again.
            let _ = pages.try_send(Kept { part, events: vec![event], covered: Vec::new() });
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.pages = None;
        if let Some(thread) = self.thread.take() {
            // It ended early after an error that it has logged.
            let _ = thread.join();
        }
    }
}

fn write(mut archive: Box<dyn Ledger>, kept: &Receiver<Kept>) {
    while let Ok(first) = kept.recv() {
        let all: Vec<Kept> = std::iter::once(first).chain(kept.try_iter()).collect();
        let batches: Vec<Batch<'_>> = all
            .iter()
            .map(|kept| Batch { covered: &kept.covered, ..Batch::of(&kept.part, &kept.events) })
            .collect();
        if let Err(error) = archive.append(&batches) {
            // Coverage is only what was written, so nothing is claimed that is not there.
            tracing::error!("what is fetched is kept no more: {error}");
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Archive;
    use crate::fetch::{Control, End, Page};
    use crate::interval::IntervalSet;
    use crate::json::Node;
    use crate::provider::mapping::Context;
    use crate::provider::registry::Registry;
    use crate::timestamp::Timestamp;

    fn part() -> Part {
        Part { source: "prod".into(), value: None }
    }

    fn event(id: u32) -> Event {
        let provider = Registry::shipped().get("fastpki").expect("shipped");
        let context = Context {
            source: "prod".into(),
            provider: "fastpki".into(),
            workspace: None,
            rank: crate::event::Rank::ListRow,
        };
        let record = format!(r#"{{"id":{id},"created_at":"2026-05-18T00:00:{id:02}Z","action":"x"}}"#);
        provider.mapping.event(Node::parse(&record).expect("JSON"), &context).expect("an entry")
    }

    fn window() -> Interval {
        let time = |text| Timestamp::parse(text).expect("a time");
        Interval::new(time("2026-05-18T00:00:00Z"), time("2026-05-18T00:01:00Z"))
    }

    /// Lets a fetch of one page pass; what was read, and what the archive then covers and holds.
    async fn kept(pushed: &[&str]) -> (usize, IntervalSet, u64) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut archive = Archive::open(folder.path()).expect("it opens");
        archive.claim("prod", "fastpki", "").expect("new");
        let keeper = Keeper::new(Box::new(archive)).expect("a thread");
        let (sender, updates) = mpsc::channel(8);
        let page = Page {
            part: part(),
            number: 1,
            events: vec![event(1), event(2)],
            skipped: Vec::new(),
            covered: vec![window()],
            progress: None,
            resume: None,
        };
        let pushed = pushed.iter().map(|term| (*term).to_owned()).collect();
        let began = Update::Began { part: part(), window: window(), pushed };
        for update in [began, Update::Page(page), Update::Ended { part: part(), end: End::Whole }] {
            sender.send(update).await.expect("room");
        }
        drop(sender);
        let mut running = keeper.keep(Running { updates, control: Control::default() });
        let mut read = 0;
        while running.updates.recv().await.is_some() {
            read += 1;
        }
        keeper.single(part(), Event { rank: crate::event::Rank::Single, ..event(3) });
        drop(keeper);
        let archive = Archive::open_read_only(folder.path()).expect("there");
        (read, archive.coverage(&part()).expect("read"), archive.verify().expect("whole").records)
    }

    #[tokio::test]
    async fn pages_are_read_and_kept_and_a_pushed_filter_covers_nothing() {
        let all = std::iter::once(window()).collect();
        assert_eq!(kept(&[]).await, (3, all, 3));
        assert_eq!(kept(&["action:x"]).await, (3, IntervalSet::new(), 3));
    }
}
