//! `json` and `ndjson`: the normalised entry, every key present in the contract's order, and the
//! same entry flat, as `hec` has it.

use serde::Serialize;

use crate::event::{Change, Event, Number};

#[derive(Serialize)]
struct Entry<'a> {
    source: &'a str,
    /// `None`: read back from a table without that column.
    provider: Option<&'a str>,
    id: Option<&'a str>,
    time: String,
    status: Option<i64>,
    outcome: &'static str,
    class: &'static str,
    action: Option<&'a str>,
    method: Option<&'a str>,
    endpoint: Option<&'a str>,
    actor: ActorKeys<'a>,
    target: TargetKeys<'a>,
    organization: Option<&'a str>,
    project: Option<&'a str>,
    ip: Option<&'a str>,
    client: Option<&'a str>,
    user_agent: Option<&'a str>,
    latency_ms: Option<&'a Number>,
    request_id: Option<&'a str>,
    message: Option<&'a str>,
    changes: Option<&'a [Change]>,
}

#[derive(Serialize)]
struct ActorKeys<'a> {
    r#type: Option<&'a str>,
    id: Option<&'a str>,
    name: Option<&'a str>,
    email: Option<&'a str>,
}

#[derive(Serialize)]
struct TargetKeys<'a> {
    r#type: Option<&'a str>,
    id: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> Entry<'a> {
    fn of(event: &'a Event) -> Self {
        Self {
            source: &event.source,
            provider: Some(&*event.provider).filter(|name| !name.is_empty()),
            id: event.id.as_deref(),
            time: event.time.to_string(),
            status: event.status,
            outcome: event.outcome.name(),
            class: event.class().name(),
            action: event.action.as_deref(),
            method: event.method.as_deref(),
            endpoint: event.endpoint.as_deref(),
            actor: ActorKeys {
                r#type: event.actor.kind.as_deref(),
                id: event.actor.id.as_deref(),
                name: event.actor.name.as_deref(),
                email: event.actor.email.as_deref(),
            },
            target: TargetKeys {
                r#type: event.target.kind.as_deref(),
                id: event.target.id.as_deref(),
                name: event.target.name.as_deref(),
            },
            organization: event.organization.as_deref(),
            project: event.project.as_deref(),
            ip: event.ip.as_deref(),
            client: event.client.as_deref(),
            user_agent: event.user_agent.as_deref(),
            latency_ms: event.latency_ms.as_ref(),
            request_id: event.request_id.as_deref(),
            message: event.message.as_deref(),
            changes: event.changes.as_deref(),
        }
    }
}

/// The entry as one JSON object on one line.
pub(super) fn object(event: &Event) -> String {
    json(&Entry::of(event))
}

/// The entry flat, keys dotted, without nulls, `changes` as JSON text.
#[derive(Serialize)]
pub(super) struct Flat<'a> {
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i64>,
    outcome: &'static str,
    class: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
    #[serde(rename = "actor.type", skip_serializing_if = "Option::is_none")]
    actor_type: Option<&'a str>,
    #[serde(rename = "actor.id", skip_serializing_if = "Option::is_none")]
    actor_id: Option<&'a str>,
    #[serde(rename = "actor.name", skip_serializing_if = "Option::is_none")]
    actor_name: Option<&'a str>,
    #[serde(rename = "actor.email", skip_serializing_if = "Option::is_none")]
    actor_email: Option<&'a str>,
    #[serde(rename = "target.type", skip_serializing_if = "Option::is_none")]
    target_type: Option<&'a str>,
    #[serde(rename = "target.id", skip_serializing_if = "Option::is_none")]
    target_id: Option<&'a str>,
    #[serde(rename = "target.name", skip_serializing_if = "Option::is_none")]
    target_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<&'a Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<String>,
}

impl<'a> Flat<'a> {
    pub(super) fn of(event: &'a Event) -> Self {
        let Entry {
            source,
            provider,
            id,
            time,
            status,
            outcome,
            class,
            action,
            method,
            endpoint,
            actor,
            target,
            organization,
            project,
            ip,
            client,
            user_agent,
            latency_ms,
            request_id,
            message,
            changes,
        } = Entry::of(event);
        Self {
            source,
            provider,
            id,
            time,
            status,
            outcome,
            class,
            action,
            method,
            endpoint,
            actor_type: actor.r#type,
            actor_id: actor.id,
            actor_name: actor.name,
            actor_email: actor.email,
            target_type: target.r#type,
            target_id: target.id,
            target_name: target.name,
            organization,
            project,
            ip,
            client,
            user_agent,
            latency_ms,
            request_id,
            message,
            changes: changes.map(|changes| json(&changes)),
        }
    }
}

/// JSON text of what serialises without fail: texts, numbers and JSON that is valid already.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts, numbers and valid JSON serialise")
}
