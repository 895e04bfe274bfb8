//! One entry's single record, with all its details. Not here: when it is asked for, and keeping it.

use tokio::sync::mpsc;

use super::body::{BadBody, Body, at, context};
use super::client::Sending;
use super::retry::Failure;
use super::session::{Asker, Session};
use super::{Error, Part, Patience, Update, locate};
use crate::event::{Event, Rank};

/// Asks for the record of this id. `workspace` is the fan-out value that the entry came under. Where
/// somebody listens, requests and waits are told, and a long wait is waited for.
pub async fn single(
    session: &Session,
    workspace: Option<&str>,
    id: &str,
    updates: Option<mpsc::Sender<Update>>,
) -> Result<Event, Error> {
    let provider = &session.provider;
    let source = &session.source;
    let base = &session.client.origins().base;
    let url = locate::single(source, provider, base, workspace, id)?;
    let record_at = provider.detail.as_ref().map(|detail| detail.record.clone()).unwrap_or_default();
    let part = Part { source: source.name.clone(), value: workspace.map(Into::into) };
    let context = context(&part, provider, Rank::Single);
    let patience = if updates.is_some() { Patience::Interactive } else { Patience::Headless };
    let asker = Asker { patience, updates, ..Asker::quiet(part) };
    let read = |answer: super::client::Answer| {
        let unexpected = |text: String| BadBody { failure: Failure::Body, text };
        // Asking again gives the same record.
        let unusable = |text: String| BadBody { failure: Failure::Final, text };
        let read = Body::read(provider, answer.body, |opened| {
            let record = at(opened, &record_at);
            let record = record.ok_or_else(|| unexpected(format!("it has no record at {record_at}")))?;
            let event = provider.mapping.event(record, &context);
            event.map_err(|error| unusable(format!("its record: {error}")))
        });
        read.map(|(_, event)| event)
    };
    session.get(&asker, &Sending::get(url), read).await.map_err(|refusal| refusal.error)
}
