//! Updates from a thread that reads and may wait, as from a task that fetches: room is waited for,
//! pauses are heeded, and nothing goes on when nobody wants it.

use tokio::sync::mpsc::{self, Sender};
use tokio_util::sync::CancellationToken;

use super::{Control, End, Error, ErrorKind, Part, Running, Update};
use crate::interval::Interval;

/// Nobody wants it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled;

/// Where a thread's updates go.
#[derive(Debug)]
pub struct Outlet {
    sender: Sender<Update>,
    control: Control,
}

impl Outlet {
    /// Begins a thread that reads what messages call `named`; `ahead` updates may wait to be taken.
    /// Where there is no thread to be had, that is told as the end of the part.
    pub fn thread(
        named: &str,
        ahead: usize,
        part: Part,
        read: impl FnOnce(&Self) + Send + 'static,
    ) -> Running {
        let (sender, updates) = mpsc::channel(ahead.max(1));
        let control = Control::default();
        let outlet = Self { sender: sender.clone(), control: control.clone() };
        // A thread, not a task: reading and unpacking wait on the disk and the processor, and may
        // wait for ever, which must not hold up a runtime's end.
        let begun = std::thread::Builder::new().name("reading".to_owned()).spawn(move || read(&outlet));
        if let Err(error) = begun {
            let message = format!("{named}: no thread to read it: {error}");
            let error = Error { kind: ErrorKind::Broken, message, retry_at: None };
            let end = End::Failed { error: error.into(), missing: vec![Interval::ALL] };
            // There is room: nothing was sent.
            let _ = sender.try_send(Update::Ended { part, end });
        }
        Running { updates, control }
    }

    /// Where the updates of a thread go that nobody pauses, until this is cancelled.
    pub fn under(sender: Sender<Update>, cancel: CancellationToken) -> Self {
        Self { sender, control: Control { cancel, ..Control::default() } }
    }

    /// Hands an update over, waiting while there is no room or reading is paused.
    pub fn send(&self, update: Update) -> Result<(), Cancelled> {
        let mut paused = self.control.paused.subscribe();
        futures::executor::block_on(async {
            let handing = async {
                // The sender lives in `self.control`, so that this cannot fail.
                let _ = paused.wait_for(|paused| !paused).await;
                self.sender.send(update).await.map_err(|_| Cancelled)
            };
            tokio::select! {
                biased;
                () = self.control.cancel.cancelled() => Err(Cancelled),
                handed = handing => handed,
            }
        })
    }

    /// Whether nobody wants it any more.
    pub fn is_cancelled(&self) -> bool {
        self.control.cancel.is_cancelled()
    }

    /// Hands over how a part ended, whether it is cancelled or not.
    pub fn end(&self, part: Part, end: End) {
        // Nobody listening any more is nothing to report.
        let _ = self.sender.blocking_send(Update::Ended { part, end });
    }
}
