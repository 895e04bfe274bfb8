//! How much memory what is loaded may take: once it takes more, nothing further is loaded, and what
//! is told of it says so.
//!
//! Not here: counting the bytes (`store`), and how much a user allows (`cli::memory`).

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use crate::fetch::{End, Error, ErrorKind, Part};
use crate::interval::Interval;
use crate::text;

/// The room that entries may take, shared by who takes them in and who fetches them.
#[derive(Debug, Clone)]
pub(super) struct Room {
    most: Arc<AtomicU64>,
    full: CancellationToken,
}

impl Room {
    /// Room without an end.
    pub(super) fn new() -> Self {
        Self { most: Arc::new(AtomicU64::new(u64::MAX)), full: CancellationToken::new() }
    }

    /// Entries may take so many bytes.
    pub(super) fn set(&self, most: u64) {
        self.most.store(most, Ordering::SeqCst);
    }

    /// Whether they take more.
    pub(super) fn is_full(&self) -> bool {
        self.full.is_cancelled()
    }

    /// Until they take more.
    pub(super) fn filled(&self) -> WaitForCancellationFuture<'_> {
        self.full.cancelled()
    }
}

/// Who holds what comes against the room, and remembers of what something was turned away.
#[derive(Debug)]
pub(super) struct Doorkeeper {
    room: Room,
    cut: HashSet<Part>,
}

impl Doorkeeper {
    pub(super) fn new(room: Room) -> Self {
        Self { room, cut: HashSet::new() }
    }

    /// A part begins: nothing of it was turned away yet.
    pub(super) fn begins(&mut self, part: &Part) {
        self.cut.remove(part);
    }

    /// Whether something of this part may come in.
    pub(super) fn admits(&mut self, part: &Part) -> bool {
        if self.room.is_full() && !self.cut.contains(part) {
            self.cut.insert(part.clone());
        }
        !self.room.is_full()
    }

    /// All that came in takes so many bytes now.
    pub(super) fn measured(&self, bytes: u64) {
        if bytes > self.room.most.load(Ordering::SeqCst) {
            self.room.full.cancel();
        }
    }

    /// How a part really ended: whole it is only if nothing of it was turned away. `came` is how many
    /// entries came in, of all parts.
    pub(super) fn end(&mut self, part: &Part, end: End, came: usize) -> End {
        let was_cut = self.cut.remove(part);
        let stopped = self.room.is_full() && matches!(end, End::Cancelled);
        if !was_cut && !stopped {
            return end;
        }
        let limit = text::bytes(self.room.most.load(Ordering::SeqCst));
        let came = text::counted(came as u64);
        let message = format!(
            "{part}: {came} entries fill --max-memory ({limit}): the rest is not loaded; begin again with more of it, or with less to load"
        );
        let error = Error { kind: ErrorKind::Broken, message, retry_at: None };
        // What did not come may be of any time; what is covered is known besides.
        End::Failed { error: Arc::new(error), missing: vec![Interval::ALL] }
    }
}
