//! The normalised entry flat, as `hec` has it. As an object of objects it is [`Event`]'s own
//! serialised form (`event::normalised`).

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::event::{Class, Event, Outcome};

/// The entry flat, keys dotted, without nulls, `changes` as JSON text.
pub(super) struct Flat<'a>(pub(super) &'a Event);

impl Serialize for Flat<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let event = self.0;
        let mut map = out.serialize_map(None)?;
        let put = |map: &mut S::SerializeMap, texts: &[(&str, Option<&str>)]| {
            texts
                .iter()
                .try_for_each(|(key, text)| text.map_or(Ok(()), |text| map.serialize_entry(key, text)))
        };
        let provider = Some(&*event.provider).filter(|name| !name.is_empty());
        put(
            &mut map,
            &[
                ("source", Some(&event.source)),
                ("provider", provider),
                ("id", event.id.as_deref()),
                ("time", Some(&event.time.to_string())),
            ],
        )?;
        if let Some(status) = event.status {
            map.serialize_entry("status", &status)?;
        }
        put(
            &mut map,
            &[
                ("outcome", event.outcome_told().map(Outcome::name)),
                ("class", event.class_told().map(Class::name)),
                ("action", event.action.as_deref()),
                ("method", event.method.as_deref()),
                ("endpoint", event.endpoint.as_deref()),
                ("actor.type", event.actor.kind.as_deref()),
                ("actor.id", event.actor.id.as_deref()),
                ("actor.name", event.actor.name.as_deref()),
                ("actor.email", event.actor.email.as_deref()),
                ("target.type", event.target.kind.as_deref()),
                ("target.id", event.target.id.as_deref()),
                ("target.name", event.target.name.as_deref()),
                ("organization", event.organization.as_deref()),
                ("project", event.project.as_deref()),
                ("ip", event.ip.as_deref()),
                ("client", event.client.as_deref()),
                ("user_agent", event.user_agent.as_deref()),
            ],
        )?;
        if let Some(latency) = &event.latency_ms {
            map.serialize_entry("latency_ms", latency)?;
        }
        put(&mut map, &[("request_id", event.request_id.as_deref()), ("message", event.message.as_deref())])?;
        if let Some(changes) = &event.changes {
            map.serialize_entry("changes", &json(changes))?;
        }
        map.end()
    }
}

/// JSON text of what serialises without fail: texts, numbers and JSON that is valid already.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts, numbers and valid JSON serialise")
}
