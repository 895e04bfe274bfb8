//! One entry's single record, with all its details. Not here: when it is asked for, and keeping it.

use super::body::{BadBody, Body, at, context};
use super::client::Sending;
use super::error::message;
use super::retry::Failure;
use super::session::{Asker, Session};
use super::{Error, ErrorKind, Part, plan};
use crate::event::{Event, Rank};

/// Asks for the record of this id. `workspace` is the fan-out value that the entry came under.
pub async fn single(session: &Session, workspace: Option<&str>, id: &str) -> Result<Event, Error> {
    let provider = &session.provider;
    let source = &session.source;
    let wrong = |text: String| Error::new(ErrorKind::Config, message(&source.name, &text));
    let detail = provider
        .detail
        .as_ref()
        .ok_or_else(|| wrong(format!("{} has no route for single records", provider.title)))?;
    let part = Part { source: source.name.clone(), value: workspace.map(Into::into) };
    // A variable's value is the fan-out value where that is one of its own, else its only one.
    let mut values = vec![("id", id)];
    for (name, known) in &source.vars {
        let value = match workspace {
            Some(workspace) => known.iter().find(|value| **value == workspace).or(known.first()),
            None => known.first(),
        };
        values.extend(value.map(|value| (name.as_str(), value.as_str())));
    }
    let path = plan::fill(&detail.path, &values).map_err(wrong)?;
    let url = plan::join(&session.client.origins().base, &path)
        .ok_or_else(|| wrong(format!("the path {path} is none")))?;
    let context = context(&part, provider, Rank::Single);
    let asker = Asker::quiet(part);
    let read = |answer: super::client::Answer| {
        let unexpected = |text: String| BadBody { failure: Failure::Body, text };
        // Asking again gives the same record.
        let unusable = |text: String| BadBody { failure: Failure::Final, text };
        let read = Body::read(provider, answer.body, |opened| {
            let record = at(opened, &detail.record);
            let record =
                record.ok_or_else(|| unexpected(format!("it has no record at {}", detail.record)))?;
            let event = provider.mapping.event(record, &context);
            event.map_err(|error| unusable(format!("its record: {error}")))
        });
        read.map(|(_, event)| event)
    };
    session.get(&asker, &Sending::get(url), read).await.map_err(|refusal| refusal.error)
}
