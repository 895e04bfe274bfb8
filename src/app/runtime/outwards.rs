//! What leaves the explorer for the program around it: files, exports, what is kept, a config; each
//! on a thread where waiting for a disk or a server delays nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{mpsc, watch};

use super::Runtime;
use super::asked::{Asked, refused};
use super::keeper::Kept;
use crate::app::event_loop::Mail;
use crate::app::outside::Outside;
use crate::event::Event;
use crate::keep::{Keeper, Standing, Written};
use crate::text::visible;
use crate::ui::message::{Exported, Keeping, Lacking, Message};
use crate::ui::overlay::export::Order;
use crate::ui::overlay::welcome::form::NewSource;

/// After how many entries an export tells how far it is: often enough to be watched, seldom enough
/// to cost nothing.
const TOLD: usize = 5_000;

/// The program around, and the export that goes on.
pub(super) struct Outwards {
    pub(super) outside: Arc<dyn Outside>,
    kept: Kept,
    mail: mpsc::Sender<Mail>,
    cancelled: Arc<AtomicBool>,
    /// Whether keeping is stopped.
    keeping: Arc<AtomicBool>,
}

impl Outwards {
    pub(super) fn new(outside: Arc<dyn Outside>, kept: Kept, mail: mpsc::Sender<Mail>) -> Self {
        Self { outside, kept, mail, cancelled: Arc::default(), keeping: Arc::default() }
    }
}

impl Runtime {
    /// The same with a program around it.
    #[must_use]
    pub fn with_outside(mut self, outside: Arc<dyn Outside>) -> Self {
        self.outwards.outside = outside;
        self
    }

    /// Does it on a thread that may wait, and tells the loop what came of it, if anything.
    fn beside(&self, work: impl FnOnce(&dyn Outside) -> Option<Message> + Send + 'static) {
        let (outside, mail) = (Arc::clone(&self.outwards.outside), self.outwards.mail.clone());
        self.handle.spawn_blocking(move || {
            if let Some(message) = work(&*outside) {
                // Where the loop is gone there is nobody left to tell.
                let _ = mail.blocking_send(Mail::Message(message));
            }
        });
    }

    pub(super) fn write(&self, path: String, content: String, what: &'static str) {
        self.beside(move |outside| {
            let result = outside.write(Path::new(&path), content.as_bytes());
            Some(Message::Wrote { what, result })
        });
    }

    pub(super) fn keep(&self, text: String) {
        self.beside(move |outside| {
            let error = outside.keep(&text).err()?;
            Some(Message::Wrote { what: "what is to be kept", result: Err(error) })
        });
    }

    pub(super) fn configure(&self, source: NewSource) {
        self.beside(move |outside| {
            let result = outside.configure(&source).map(|()| source.name);
            Some(Message::Configured(result))
        });
    }

    pub(super) fn copy_request(&self, event: &Event) {
        match self.origin.request(event) {
            Ok(command) => self.copy(command),
            Err(why) => self.not_copied(why),
        }
    }

    pub(super) fn cancel_export(&self) {
        self.outwards.cancelled.store(true, Ordering::SeqCst);
    }

    /// Keeps in the archive what was fetched and it lacks.
    pub(super) fn keep_fetched(&mut self) {
        self.outwards.keeping = Arc::default();
        let cancelled = Arc::clone(&self.outwards.keeping);
        let (kept, mail) = (self.outwards.kept.clone(), self.outwards.mail.clone());
        let archive = self.origin.keeper();
        self.beside(move |_| {
            let told = match archive {
                Some(archive) => keep(&archive, &kept, &mail, &cancelled),
                None => Keeping::Failed("there is no archive to keep it in".to_owned()),
            };
            Some(Message::Keeping(told))
        });
    }

    pub(super) fn cancel_keeping(&self) {
        self.outwards.keeping.store(true, Ordering::SeqCst);
    }

    pub(super) fn export(&mut self, order: Order) {
        self.outwards.cancelled = Arc::default();
        let cancelled = Arc::clone(&self.outwards.cancelled);
        let (kept, mail) = (self.outwards.kept.clone(), self.outwards.mail.clone());
        self.beside(move |outside| {
            Some(Message::Exported(export(outside, &order, &kept, &mail, &cancelled)))
        });
    }
}

/// Tells the loop what the archive lacks, whenever that is another.
pub(super) async fn tell_lacking(mut standing: watch::Receiver<Standing>, mail: mpsc::Sender<Mail>) {
    let mut told = 0;
    loop {
        let now = lacking(&standing.borrow_and_update());
        // What was told between by others may say otherwise: each change is told, whatever it says.
        if now.version != told {
            told = now.version;
            if mail.send(Mail::Message(Message::Lacking(now))).await.is_err() {
                return;
            }
        }
        if standing.changed().await.is_err() {
            return;
        }
    }
}

/// What the archive lacks, as the loop is told of it.
pub(super) fn lacking(standing: &Standing) -> Lacking {
    let failure = standing.failure.as_deref().map(|why| visible(why).into_owned());
    Lacking { count: standing.lacking, failure, version: standing.version }
}

fn keep(archive: &Keeper, kept: &Kept, mail: &mpsc::Sender<Mail>, cancelled: &AtomicBool) -> Keeping {
    let store = || Arc::clone(&kept.snapshots.borrow());
    let mut goes_on = |written, of| {
        // A loop that is busy is told the next time.
        let _ = mail.try_send(Mail::Message(Message::Keeping(Keeping::Going { written, of })));
        !cancelled.load(Ordering::SeqCst)
    };
    match archive.write(&store, &mut goes_on) {
        Ok(Written::Whole(written)) => Keeping::Done { written },
        Ok(Written::Stopped(written)) => Keeping::Stopped { written },
        Err(error) => {
            tracing::error!("what was fetched is not kept: {error}");
            Keeping::Failed(visible(&error.to_string()).into_owned())
        }
    }
}

fn export(
    outside: &dyn Outside,
    order: &Order,
    kept: &Kept,
    mail: &mpsc::Sender<Mail>,
    cancelled: &AtomicBool,
) -> Exported {
    if let Some(asked) = &kept.asked {
        return export_asked(outside, order, asked, mail, cancelled);
    }
    let snapshot = Arc::clone(&kept.snapshots.borrow());
    let matching = snapshot.events_matching(&order.filter, order.window);
    let of = matching.len();
    let mut events = matching.map(|mut event| {
        kept.fill(&mut event);
        Ok(event)
    });
    write_out(outside, order, &mut events, of, mail, cancelled)
}

/// How many pages of a server's entries may wait to be written.
const PAGES_AHEAD: usize = 2;

/// Exports what a server answers, page by page.
fn export_asked(
    outside: &dyn Outside,
    order: &Order,
    asked: &Asked,
    mail: &mpsc::Sender<Mail>,
    cancelled: &AtomicBool,
) -> Exported {
    let unwanted = || cancelled.load(Ordering::SeqCst);
    let failed = |error| refused(error).map_or(Exported::Cancelled, Exported::Failed);
    let of = match asked.asker.matched(&order.filter, order.window, &unwanted) {
        Ok(of) => of as usize,
        Err(error) => return failed(error),
    };
    let (pages, written) = std::sync::mpsc::sync_channel(PAGES_AHEAD);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut each = |mut page: Vec<Event>| {
                let mut entries: Vec<&mut Event> = page.iter_mut().collect();
                let filled = asked.asker.fill(&mut entries, order.window, &unwanted);
                pages.send(filled.map(|()| page)).is_ok()
            };
            let walked = asked.asker.walk(&order.filter, order.window, u64::MAX, &unwanted, &mut each);
            if let Err(error) = walked {
                // Where nobody takes it, the writing has ended before.
                let _ = pages.send(Err(error));
            }
        });
        let told = |error| Err(refused(error).unwrap_or_else(|| "it was stopped".to_owned()));
        let mut events = written.into_iter().flat_map(|page| match page {
            Ok(page) => page.into_iter().map(Ok).collect(),
            Err(error) => vec![told(error)],
        });
        write_out(outside, order, &mut events, of, mail, cancelled)
    })
}

fn write_out(
    outside: &dyn Outside,
    order: &Order,
    events: &mut dyn Iterator<Item = Result<Event, String>>,
    of: usize,
    mail: &mpsc::Sender<Mail>,
    cancelled: &AtomicBool,
) -> Exported {
    let mut goes_on = |written: usize| {
        if written.is_multiple_of(TOLD) {
            // A loop that is busy is told the next time.
            let _ = mail.try_send(Mail::Message(Message::Exported(Exported::Going { written, of })));
        }
        !cancelled.load(Ordering::SeqCst)
    };
    match outside.export(order, events, &mut goes_on) {
        Ok(Some(written)) => Exported::Done { path: visible(&order.path).into_owned(), written },
        Ok(None) => Exported::Cancelled,
        Err(why) => Exported::Failed(why),
    }
}
