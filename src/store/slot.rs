//! The texts of an entry that the store keeps a column of, and which of them a field is made of.

use crate::event::Event;
use crate::event::field::Field;

/// A text of an entry that has a column of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Slot {
    /// The source's name.
    Source,
    /// The descriptor's name.
    Provider,
    /// The fan-out value.
    Workspace,
    /// The entry's id.
    Id,
    /// What was done.
    Action,
    /// The HTTP method.
    Method,
    /// The HTTP path.
    Endpoint,
    /// What the actor is.
    ActorType,
    /// The actor's id.
    ActorId,
    /// The actor's name.
    ActorName,
    /// The actor's e-mail address.
    ActorEmail,
    /// What the target is.
    TargetType,
    /// The target's id.
    TargetId,
    /// The target's name.
    TargetName,
    /// The organisation.
    Organization,
    /// The project.
    Project,
    /// The address.
    Ip,
    /// The kind of client.
    Client,
    /// The `User-Agent` header.
    UserAgent,
    /// The latency's text, as the record has it.
    Latency,
    /// The request's id.
    RequestId,
    /// The system's own words.
    Message,
}

/// Columns whose texts may all be parts of what the same rows have in another, as where an action is
/// made of method and endpoint: the part, and the whole.
pub const PARTS: [(Slot, Slot); 2] = [(Slot::Method, Slot::Action), (Slot::Endpoint, Slot::Action)];

impl Slot {
    /// All of them, in the order of the columns.
    pub const ALL: [Self; 22] = [
        Self::Source,
        Self::Provider,
        Self::Workspace,
        Self::Id,
        Self::Action,
        Self::Method,
        Self::Endpoint,
        Self::ActorType,
        Self::ActorId,
        Self::ActorName,
        Self::ActorEmail,
        Self::TargetType,
        Self::TargetId,
        Self::TargetName,
        Self::Organization,
        Self::Project,
        Self::Ip,
        Self::Client,
        Self::UserAgent,
        Self::Latency,
        Self::RequestId,
        Self::Message,
    ];

    /// The text that an entry has there.
    pub fn text(self, event: &Event) -> Option<&str> {
        match self {
            Self::Source => Some(&event.source),
            Self::Provider => Some(&event.provider),
            Self::Workspace => event.workspace.as_deref(),
            Self::Id => event.id.as_deref(),
            Self::Action => event.action.as_deref(),
            Self::Method => event.method.as_deref(),
            Self::Endpoint => event.endpoint.as_deref(),
            Self::ActorType => event.actor.kind.as_deref(),
            Self::ActorId => event.actor.id.as_deref(),
            Self::ActorName => event.actor.name.as_deref(),
            Self::ActorEmail => event.actor.email.as_deref(),
            Self::TargetType => event.target.kind.as_deref(),
            Self::TargetId => event.target.id.as_deref(),
            Self::TargetName => event.target.name.as_deref(),
            Self::Organization => event.organization.as_deref(),
            Self::Project => event.project.as_deref(),
            Self::Ip => event.ip.as_deref(),
            Self::Client => event.client.as_deref(),
            Self::UserAgent => event.user_agent.as_deref(),
            Self::Latency => event.latency_ms.as_ref().map(crate::event::Number::as_str),
            Self::RequestId => event.request_id.as_deref(),
            Self::Message => event.message.as_deref(),
        }
    }

    /// The columns whose first non-empty text is the field's shown text ([`Event::text`]): those
    /// that a filter looks into, but that an actor is never shown by its e-mail address.
    pub fn shown(field: Field) -> &'static [Self] {
        match field {
            Field::Actor => &[Self::ActorName, Self::ActorId],
            _ => Self::of_field(field),
        }
    }

    /// The columns that a filter on the field looks into; none for fields that are no text of these
    /// columns.
    pub fn of_field(field: Field) -> &'static [Self] {
        match field {
            Field::Source => &[Self::Source],
            Field::Provider => &[Self::Provider],
            Field::Id => &[Self::Id],
            Field::Action => &[Self::Action],
            Field::Method => &[Self::Method],
            Field::Endpoint => &[Self::Endpoint],
            Field::Actor => &[Self::ActorName, Self::ActorId, Self::ActorEmail],
            Field::ActorType => &[Self::ActorType],
            Field::ActorId => &[Self::ActorId],
            Field::ActorName => &[Self::ActorName],
            Field::ActorEmail => &[Self::ActorEmail],
            Field::Target => &[Self::TargetName, Self::TargetId],
            Field::TargetType => &[Self::TargetType],
            Field::TargetId => &[Self::TargetId],
            Field::TargetName => &[Self::TargetName],
            Field::Org => &[Self::Organization],
            Field::Project => &[Self::Project],
            Field::Ip => &[Self::Ip],
            Field::Client => &[Self::Client],
            Field::UserAgent => &[Self::UserAgent],
            Field::Latency => &[Self::Latency],
            Field::RequestId => &[Self::RequestId],
            Field::Message => &[Self::Message],
            Field::Time
            | Field::Status
            | Field::Class
            | Field::Outcome
            | Field::Changes
            | Field::Raw
            | Field::Has
            | Field::Is => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_the_order_of_the_enum() {
        for (place, slot) in Slot::ALL.into_iter().enumerate() {
            assert_eq!(slot as usize, place);
        }
        assert!(
            Field::words().all(|field| Slot::of_field(field).len() == 1),
            "a word looks into single columns"
        );
    }
}
