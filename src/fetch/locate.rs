//! The request that brings one entry: what the detail asks, and what is copied for use elsewhere.
//!
//! Not here: sending it.

use url::Url;

use super::error::message;
use super::origin::Origins;
use super::pager::Position;
use super::plan::{Template, fill, join, parts};
use super::{Error, ErrorKind};
use crate::event::Event;
use crate::interval::Interval;
use crate::provider::Provider;
use crate::source::Source;

/// The URL of the single record of this id. `workspace` is the fan-out value that the entry came
/// under. A system without such a route is an error, as is a value that cannot stand in a path.
pub fn single(
    source: &Source,
    provider: &Provider,
    base: &Url,
    workspace: Option<&str>,
    id: &str,
) -> Result<Url, Error> {
    let wrong = |text: String| Error::new(ErrorKind::Config, message(&source.name, &text));
    let detail = provider
        .detail
        .as_ref()
        .ok_or_else(|| wrong(format!("{} has no route for single records", provider.title)))?;
    // A variable's value is the fan-out value where that is one of its own, else its only one.
    let mut values = vec![("id", id)];
    for (name, known) in &source.vars {
        let value = match workspace {
            Some(workspace) => known.iter().find(|value| **value == workspace).or(known.first()),
            None => known.first(),
        };
        values.extend(value.map(|value| (name.as_str(), value.as_str())));
    }
    let path = fill(&detail.path, &values).map_err(wrong)?;
    join(base, &path).ok_or_else(|| wrong(format!("the path {path} is none")))
}

/// The URL of a request whose answer has the entry: its single record where the system has that
/// route, else the first page of its part of the log at its very instant (where the system takes no
/// window: the first page of all).
pub fn entry(source: &Source, provider: &Provider, event: &Event) -> Result<Url, Error> {
    let base = Origins::of(source, provider)?.base;
    let id = event.id.as_deref().filter(|id| !id.is_empty());
    if let (Some(_), Some(id)) = (&provider.detail, id) {
        return single(source, provider, &base, event.workspace.as_deref(), id);
    }
    let plans = parts(source, provider)?;
    let own = plans.iter().find(|plan| plan.part.value == event.workspace);
    let plan = own.or(plans.first()).ok_or_else(|| {
        Error::new(ErrorKind::Config, message(&source.name, "it has no part that could be asked"))
    })?;
    let template = Template::new(source, provider, plan, &base)?;
    Ok(template.page(provider, Interval::new(event.time, event.time.plus(1)), &Position::First))
}
