//! The normalised entry as JSON: every key present, null where the system has nothing, in the
//! contract's order (section 4).
//!
//! Not here: the formats that wrap it (`export`).

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Actor, Class, Event, Outcome, Target};

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(21))?;
        map.serialize_entry("source", &*self.source)?;
        // Read back from a table without that column, it is not known.
        map.serialize_entry("provider", &Some(&*self.provider).filter(|name| !name.is_empty()))?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("time", &self.time.to_string())?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("outcome", &self.outcome_told().map(Outcome::name))?;
        map.serialize_entry("class", &self.class_told().map(Class::name))?;
        map.serialize_entry("action", &self.action)?;
        map.serialize_entry("method", &self.method)?;
        map.serialize_entry("endpoint", &self.endpoint)?;
        map.serialize_entry("actor", &self.actor)?;
        map.serialize_entry("target", &self.target)?;
        map.serialize_entry("organization", &self.organization)?;
        map.serialize_entry("project", &self.project)?;
        map.serialize_entry("ip", &self.ip)?;
        map.serialize_entry("client", &self.client)?;
        map.serialize_entry("user_agent", &self.user_agent)?;
        map.serialize_entry("latency_ms", &self.latency_ms)?;
        map.serialize_entry("request_id", &self.request_id)?;
        map.serialize_entry("message", &self.message)?;
        map.serialize_entry("changes", &self.changes)?;
        map.end()
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(4))?;
        map.serialize_entry("type", &self.kind)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("email", &self.email)?;
        map.end()
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(3))?;
        map.serialize_entry("type", &self.kind)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("name", &self.name)?;
        map.end()
    }
}
