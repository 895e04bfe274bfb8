//! What comes of one record out of a walk through many; its requests and waits are told. Not here:
//! which walk.

use super::Listener;
use crate::changes::RecordKey;
use crate::event::Event;
use crate::fetch::{End, Running, Update};
use crate::ui::trace::MOST;

/// What came of one record. Entries of its own route come under that route's name: it is put back to
/// the part that the record is known under.
pub(super) async fn gathered(
    mut running: Running,
    record: &RecordKey,
    listener: &Listener,
) -> Result<Vec<Event>, String> {
    let mut events: Vec<Event> = Vec::new();
    while let Some(update) = running.updates.recv().await {
        match update {
            Update::Page(page) => {
                for mut event in page.events {
                    event.workspace.clone_from(&record.workspace);
                    if RecordKey::of(&event).as_ref() == Some(record) && events.len() < MOST {
                        events.push(event);
                    }
                }
            }
            Update::Ended { end: End::Failed { error, .. }, .. } => return Err(error.to_string()),
            Update::Ended { end: End::Gaps { why, .. }, .. } => return Err(why),
            told @ (Update::Requested(_) | Update::Waiting { .. } | Update::Resumed { .. }) => {
                // Whoever listens ends with the program.
                let _ = listener.send(told).await;
            }
            _ => {}
        }
    }
    Ok(events)
}
