//! An entry as its record's own text: what [`Event`] owns, borrowed.
//!
//! Not here: how the parts are found (`provider::mapping`).

use std::borrow::Cow;

use super::Context;
use crate::event::field::Field;
use crate::event::{Actor, Change, Class, Event, Identity, KindSet, Number, Outcome, Record, Target};
use crate::json::Node;
use crate::query::asked::Asked;
use crate::timestamp::Timestamp;

/// A text of a record: borrowed where it stands there as it is.
pub type Text<'a> = Option<Cow<'a, str>>;

/// One entry, borrowed from its record, the mapping and the [`Context`].
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// What its record does not say.
    pub context: &'a Context,
    /// The fan-out value within which its id is unique, where that is so.
    pub scope: Option<&'a str>,
    /// The entry's id in its system.
    pub id: Text<'a>,
    /// When it happened.
    pub time: Timestamp,
    /// The HTTP status.
    pub status: Option<i64>,
    /// Whether it went well.
    pub outcome: Outcome,
    /// What was done.
    pub action: Text<'a>,
    /// The HTTP method.
    pub method: Text<'a>,
    /// The HTTP path.
    pub endpoint: Text<'a>,
    /// Who did it.
    pub actor: PartyTexts<'a>,
    /// What it was done to; it has no e-mail address.
    pub target: PartyTexts<'a>,
    /// The organisation.
    pub organization: Text<'a>,
    /// The project.
    pub project: Text<'a>,
    /// The address.
    pub ip: Text<'a>,
    /// Which kind of client did it.
    pub client: Option<&'a str>,
    /// The `User-Agent` header.
    pub user_agent: Text<'a>,
    /// How long it took, milliseconds: a finite number's JSON text.
    pub latency_ms: Option<&'a str>,
    /// The request's id.
    pub request_id: Text<'a>,
    /// The system's own words.
    pub message: Text<'a>,
    /// What it changed.
    pub changes: Option<Vec<Change>>,
    /// What kinds of action it is.
    pub kinds: KindSet,
    /// The system's own record, as it came.
    pub record: Node<'a>,
}

/// The texts of an actor or a target.
#[derive(Debug, Clone, Default)]
pub struct PartyTexts<'a> {
    /// What it is.
    pub kind: Text<'a>,
    /// Its id.
    pub id: Text<'a>,
    /// Its name.
    pub name: Text<'a>,
    /// Its e-mail address.
    pub email: Text<'a>,
}

impl PartyTexts<'_> {
    /// The name, else the id; an empty text counts as absent.
    fn shown(&self) -> Text<'_> {
        let text = [&self.name, &self.id].into_iter().flatten().find(|text| !text.is_empty());
        text.map(|text| Cow::Borrowed(&**text))
    }
}

impl Entry<'_> {
    /// The class that the histogram stacks by.
    pub fn class(&self) -> Class {
        Class::of(self.status, self.outcome)
    }

    /// The text of a field, as [`Event::text`] has it.
    pub fn text(&self, field: Field) -> Text<'_> {
        match field {
            Field::Source => Some(Cow::Borrowed(&self.context.source)),
            Field::Provider => Some(Cow::Borrowed(&self.context.provider)),
            Field::Time => Some(Cow::Owned(self.time.to_string())),
            Field::Status => self.status.map(|status| Cow::Owned(status.to_string())),
            Field::Class => Some(Cow::Borrowed(self.class().name())),
            Field::Outcome => Some(Cow::Borrowed(self.outcome.name())),
            Field::Latency => self.latency_ms.map(Cow::Borrowed),
            Field::Changes => {
                let json = |list: &Vec<Change>| serde_json::to_string(list).unwrap_or_default();
                self.changes.as_ref().map(|list| Cow::Owned(json(list)))
            }
            Field::Raw => Some(self.record.compact()),
            Field::Has | Field::Is => None,
            Field::Actor => self.actor.shown(),
            Field::Target => self.target.shown(),
            _ => self.slot(field).map(Cow::Borrowed),
        }
    }

    /// The text of a field that is one text of the entry's own.
    fn slot(&self, field: Field) -> Option<&str> {
        let text = match field {
            Field::Client => return self.client,
            Field::Id => &self.id,
            Field::Action => &self.action,
            Field::Method => &self.method,
            Field::Endpoint => &self.endpoint,
            Field::ActorType => &self.actor.kind,
            Field::ActorId => &self.actor.id,
            Field::ActorName => &self.actor.name,
            Field::ActorEmail => &self.actor.email,
            Field::TargetType => &self.target.kind,
            Field::TargetId => &self.target.id,
            Field::TargetName => &self.target.name,
            Field::Org => &self.organization,
            Field::Project => &self.project,
            Field::Ip => &self.ip,
            Field::UserAgent => &self.user_agent,
            Field::RequestId => &self.request_id,
            Field::Message => &self.message,
            _ => return None,
        };
        text.as_deref()
    }

    /// Which entry it is.
    pub fn identity(&self) -> Identity {
        let source = &self.context.source;
        match self.id.as_deref().filter(|id| !id.is_empty()) {
            Some(id) => Identity::of_id(source, self.scope, id),
            None => Identity::of_record(source, self.scope, &Record::from_node(self.record)),
        }
    }

    /// The entry with texts of its own.
    pub fn into_event(self) -> Event {
        let own = |text: Text<'_>| text.map(Cow::into_owned);
        let source = &self.context.source;
        let identity = self.identity();
        let record = Record::from_node(self.record);
        Event {
            source: source.clone(),
            provider: self.context.provider.clone(),
            workspace: self.context.workspace.clone(),
            id: own(self.id),
            time: self.time,
            status: self.status,
            outcome: self.outcome,
            as_read: None,
            action: own(self.action),
            method: own(self.method),
            endpoint: own(self.endpoint),
            actor: Actor {
                kind: own(self.actor.kind),
                id: own(self.actor.id),
                name: own(self.actor.name),
                email: own(self.actor.email),
            },
            target: Target {
                kind: own(self.target.kind),
                id: own(self.target.id),
                name: own(self.target.name),
            },
            organization: own(self.organization),
            project: own(self.project),
            ip: own(self.ip),
            client: self.client.map(str::to_owned),
            user_agent: own(self.user_agent),
            latency_ms: self.latency_ms.and_then(Number::parse),
            request_id: own(self.request_id),
            message: own(self.message),
            changes: self.changes,
            kinds: self.kinds,
            identity,
            rank: self.context.rank,
            record,
        }
    }
}

impl Asked for Entry<'_> {
    fn time(&self) -> Timestamp {
        self.time
    }

    fn status(&self) -> Option<i64> {
        self.status
    }

    fn latency(&self) -> Option<f64> {
        self.latency_ms.and_then(Number::parse).map(|number| number.value())
    }

    fn class(&self) -> Class {
        self.class()
    }

    fn outcome(&self) -> Outcome {
        self.outcome
    }

    fn kinds(&self) -> KindSet {
        self.kinds
    }

    fn any_value(&self, field: Field, mut is_so: impl FnMut(&str) -> bool) -> bool {
        match field {
            Field::Source => is_so(&self.context.source),
            Field::Provider => is_so(&self.context.provider),
            Field::Actor => {
                let Self { actor: PartyTexts { name, id, email, .. }, .. } = self;
                [name, id, email].into_iter().flatten().any(|text| is_so(text))
            }
            Field::Target => {
                let Self { target: PartyTexts { name, id, .. }, .. } = self;
                [name, id].into_iter().flatten().any(|text| is_so(text))
            }
            Field::Changes => self.changes.iter().flatten().any(|change| is_so(&change.path)),
            _ => self.slot(field).is_some_and(is_so),
        }
    }

    fn record(&self) -> Node<'_> {
        self.record
    }

    fn raw(&self) -> Cow<'_, str> {
        self.record.compact()
    }
}
