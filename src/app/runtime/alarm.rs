//! Wakes the loop at the earliest instant that was asked for.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::app::event_loop::Mail;
use crate::fetch::clock::Clock;
use crate::timestamp::Timestamp;
use crate::ui::message::Message;

/// The longest single sleep: a wall clock that is set meanwhile is noticed this soon.
const LONGEST: Duration = Duration::from_mins(1);

/// One alarm.
pub(super) struct Alarm {
    handle: Handle,
    clock: Arc<dyn Clock>,
    mail: mpsc::Sender<Mail>,
    pending: Option<(Timestamp, JoinHandle<()>)>,
}

impl Alarm {
    pub(super) fn new(handle: Handle, clock: Arc<dyn Clock>, mail: mpsc::Sender<Mail>) -> Self {
        Self { handle, clock, mail, pending: None }
    }

    /// Wakes at this instant, unless it wakes earlier anyway.
    pub(super) fn set(&mut self, time: Timestamp) {
        if let Some((before, task)) = &self.pending {
            if !task.is_finished() && *before <= time {
                return;
            }
            task.abort();
        }
        let (clock, mail) = (Arc::clone(&self.clock), self.mail.clone());
        let task = self.handle.spawn(async move {
            loop {
                let left = time.micros().saturating_sub(clock.now().micros());
                let Ok(left @ 1..) = u64::try_from(left) else { break };
                clock.sleep(Duration::from_micros(left).min(LONGEST)).await;
            }
            // A loop that has ended needs no waking.
            let _ = mail.send(Mail::Message(Message::Woke)).await;
        });
        self.pending = Some((time, task));
    }
}
