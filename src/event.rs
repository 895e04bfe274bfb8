//! What happened: one normalised entry of an audit log (the contract's section 4).
//!
//! Not here: how a system's record becomes an entry (`provider::mapping`), and how an entry is
//! written (`export`).

pub mod field;
mod normalised;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::json::{Json, Node};
use crate::timestamp::Timestamp;
use field::Field;

/// One entry of an audit log, normalised, with the system's own record beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The configured source's name, or the file's.
    pub source: Arc<str>,
    /// The descriptor's name.
    pub provider: Arc<str>,
    /// The fan-out value that the entry was fetched under (a workspace, an
    /// entity), where the source fans out.
    pub workspace: Option<Arc<str>>,
    /// The entry's id in its system.
    pub id: Option<String>,
    /// When it happened.
    pub time: Timestamp,
    /// The HTTP status.
    pub status: Option<i64>,
    /// Whether it went well.
    pub outcome: Outcome,
    /// Outcome and class as auditty's own table had them, where it lacked a column of the two;
    /// `None`: they follow from the rest.
    pub as_read: Option<AsRead>,
    /// What was done.
    pub action: Option<String>,
    /// The HTTP method.
    pub method: Option<String>,
    /// The HTTP path.
    pub endpoint: Option<String>,
    /// Who did it.
    pub actor: Actor,
    /// What it was done to.
    pub target: Target,
    /// The organisation's name or id.
    pub organization: Option<String>,
    /// The project, or the workspace of systems that have such.
    pub project: Option<String>,
    /// The address it came from, as text.
    pub ip: Option<String>,
    /// Which kind of client did it.
    pub client: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// How long it took, in milliseconds, as the record has it.
    pub latency_ms: Option<Number>,
    /// The request's id.
    pub request_id: Option<String>,
    /// The system's own words.
    pub message: Option<String>,
    /// What it changed: `None` where the record bears no change information, an empty list where
    /// it says that nothing changed.
    pub changes: Option<Vec<Change>>,
    /// What kinds of action it is, by the descriptor's table (`is:`).
    pub kinds: KindSet,
    /// Which entry this is; the same for every copy of it.
    pub identity: Identity,
    /// Whether it came as a list row or as a single record.
    pub rank: Rank,
    /// The system's own record.
    pub record: Record,
}

impl Event {
    /// The class that the histogram stacks by, and the row's colour.
    pub fn class(&self) -> Class {
        self.as_read.and_then(|read| read.class).unwrap_or_else(|| Class::of(self.status, self.outcome))
    }

    /// The outcome as it is written: `None` where a table without that column was read back.
    pub fn outcome_told(&self) -> Option<Outcome> {
        self.as_read.map_or(Some(self.outcome), |read| read.outcome)
    }

    /// The class as it is written: `None` where a table without that column was read back.
    pub fn class_told(&self) -> Option<Class> {
        self.as_read.map_or_else(|| Some(self.class()), |read| read.class)
    }

    /// The text of a field, as the table shows it and a CSV cell holds it: `actor` and `target` are
    /// the name, else the id. `None` where the system has nothing; `is` and `has` have no text.
    pub fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        match field {
            Field::Time => Some(Cow::Owned(self.time.to_string())),
            Field::Status => self.status.map(|status| Cow::Owned(status.to_string())),
            Field::Class => self.class_told().map(|class| Cow::Borrowed(class.name())),
            Field::Outcome => self.outcome_told().map(|outcome| Cow::Borrowed(outcome.name())),
            Field::Latency => self.latency_ms.as_ref().map(|n| Cow::Borrowed(n.as_str())),
            Field::Changes => {
                self.changes.as_ref().map(|list| Cow::Owned(serde_json::to_string(list).unwrap_or_default()))
            }
            Field::Raw => Some(Cow::Borrowed(self.record.as_str())),
            Field::Has | Field::Is => None,
            Field::Source => Some(Cow::Borrowed(&self.source)),
            Field::Provider => Some(Cow::Borrowed(&self.provider)),
            Field::Actor => name_or_id(self.actor.name.as_deref(), self.actor.id.as_deref()),
            Field::Target => name_or_id(self.target.name.as_deref(), self.target.id.as_deref()),
            _ => self.slot(field)?.as_deref().map(Cow::Borrowed),
        }
    }

    /// Every non-empty text of a field, in the field's own order (`actor`:
    /// name, id, email; `target`: name, id; `changes`: each path). Nothing for fields that are no
    /// text (time, status, class, outcome, latency, raw, has, is).
    pub fn texts(&self, field: Field) -> Vec<&str> {
        let mut texts = self.values(field);
        texts.retain(|text| !text.is_empty());
        texts
    }

    /// As [`Self::texts`], empty texts included: what a filter's tests see. An empty text is a value
    /// (`message:""` finds it) that counts as absent for `field:*` alone.
    pub fn values(&self, field: Field) -> Vec<&str> {
        match field {
            Field::Source => vec![&*self.source],
            Field::Provider => vec![&*self.provider],
            Field::Actor => [&self.actor.name, &self.actor.id, &self.actor.email]
                .into_iter()
                .filter_map(Option::as_deref)
                .collect(),
            Field::Target => {
                [&self.target.name, &self.target.id].into_iter().filter_map(Option::as_deref).collect()
            }
            Field::Changes => self.changes.iter().flatten().map(|change| change.path.as_str()).collect(),
            _ => self.slot(field).and_then(Option::as_deref).into_iter().collect(),
        }
    }

    /// The plain text slot of a field that is one text of the entry's own.
    fn slot(&self, field: Field) -> Option<&Option<String>> {
        Some(match field {
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
            Field::Client => &self.client,
            Field::UserAgent => &self.user_agent,
            Field::RequestId => &self.request_id,
            Field::Message => &self.message,
            _ => return None,
        })
    }

    /// The id that a copy key takes: the request id, else the id.
    pub fn copy_id(&self) -> Option<&str> {
        self.request_id.as_deref().or(self.id.as_deref()).filter(|id| !id.is_empty())
    }

    /// The order of every list of entries, newest first: time descending, then source name, id,
    /// workspace and the record's bytes, all ascending (the contract's section 1).
    pub fn newest_first(&self, other: &Self) -> std::cmp::Ordering {
        other
            .time
            .cmp(&self.time)
            .then_with(|| self.source.cmp(&other.source))
            .then_with(|| self.id.as_deref().unwrap_or("").cmp(other.id.as_deref().unwrap_or("")))
            .then_with(|| self.workspace.cmp(&other.workspace))
            .then_with(|| self.record.as_str().cmp(other.record.as_str()))
    }
}

/// The name, else the id; an empty text counts as absent.
fn name_or_id<'a>(name: Option<&'a str>, id: Option<&'a str>) -> Option<Cow<'a, str>> {
    [name, id].into_iter().flatten().find(|text| !text.is_empty()).map(Cow::Borrowed)
}

/// Outcome and class as a table had them that auditty wrote and reads back; `None` where it has no
/// such column (the contract's section 4: keys without a column are null).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsRead {
    /// The `outcome` column.
    pub outcome: Option<Outcome>,
    /// The `class` column.
    pub class: Option<Class>,
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actor {
    /// What the actor is (human, agent, user, `api_key` …), in the system's own word.
    pub kind: Option<String>,
    /// The actor's id.
    pub id: Option<String>,
    /// The actor's name.
    pub name: Option<String>,
    /// The actor's e-mail address.
    pub email: Option<String>,
}

/// What was acted on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// What the target is, in the system's own word.
    pub kind: Option<String>,
    /// The target's id.
    pub id: Option<String>,
    /// The target's name.
    pub name: Option<String>,
}

/// Whether an action went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It did.
    Success,
    /// It did not.
    Failure,
}

impl Outcome {
    /// The word in exports and filters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// The class of an entry: the status's hundred where there is an HTTP status, else the outcome.
/// The order is the histogram's stacking order (the contract's section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// Status 200 to 299.
    S2xx,
    /// Status 300 to 399.
    S3xx,
    /// Status 400 to 499.
    S4xx,
    /// Status 500 to 599.
    S5xx,
    /// No status, and it went well.
    Success,
    /// No status, and it did not go well.
    Failure,
    /// A status outside 200 to 599.
    Unknown,
}

impl Class {
    /// How many classes there are.
    pub const COUNT: usize = 7;
    /// All of them, in stacking order.
    pub const ALL: [Self; Self::COUNT] =
        [Self::S2xx, Self::S3xx, Self::S4xx, Self::S5xx, Self::Success, Self::Failure, Self::Unknown];

    /// The class of an entry with this status and outcome.
    pub fn of(status: Option<i64>, outcome: Outcome) -> Self {
        match (status, outcome) {
            (Some(200..=299), _) => Self::S2xx,
            (Some(300..=399), _) => Self::S3xx,
            (Some(400..=499), _) => Self::S4xx,
            (Some(500..=599), _) => Self::S5xx,
            (Some(_), _) => Self::Unknown,
            (None, Outcome::Success) => Self::Success,
            (None, Outcome::Failure) => Self::Failure,
        }
    }

    /// The word in exports and filters.
    pub fn name(self) -> &'static str {
        match self {
            Self::S2xx => "2xx",
            Self::S3xx => "3xx",
            Self::S4xx => "4xx",
            Self::S5xx => "5xx",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Unknown => "unknown",
        }
    }

    /// Its place in [`Self::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

/// A finite number as the record has it: its text stands, its value compares.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    text: Box<str>,
    value: f64,
}

impl Number {
    /// A JSON number's text; `None` where it is no finite number.
    pub fn parse(text: &str) -> Option<Self> {
        let value: f64 = serde_json::from_str(text).ok()?;
        value.is_finite().then(|| Self { text: text.into(), value })
    }

    /// Whether a JSON number's text is a finite number.
    pub fn is_finite(text: &str) -> bool {
        // So few digits without an exponent are finite for sure.
        let is_small = text.len() <= 300 && !text.bytes().any(|byte| matches!(byte, b'e' | b'E'));
        is_small || Self::parse(text).is_some()
    }

    /// The text, as the record has it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value.
    pub fn value(&self) -> f64 {
        self.value
    }
}

impl serde::Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        serde_json::value::RawValue::from_string(self.text.to_string())
            .map_err(serde::ser::Error::custom)?
            .serialize(out)
    }
}

/// What a change did to its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeOp {
    /// It came to be.
    Add,
    /// It was taken away.
    Remove,
    /// It got another value.
    Replace,
    /// It was moved here from elsewhere.
    Move,
    /// It was copied here from elsewhere.
    Copy,
}

impl ChangeOp {
    /// The RFC 6902 word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Move => "move",
            Self::Copy => "copy",
        }
    }

    /// The one of this word.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Add, Self::Remove, Self::Replace, Self::Move, Self::Copy];
        all.into_iter().find(|op| op.name() == name)
    }
}

/// One changed path. A side that is not known is left out; `null` is a value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// What happened to the path.
    pub op: ChangeOp,
    /// An RFC 6901 pointer into the changed thing, as text.
    pub path: String,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// What it is since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
}

/// A kind of action, for `is:` (the contract's sections 5 and 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Something came to be.
    Create,
    /// Something was changed.
    Update,
    /// Something was taken away.
    Delete,
    /// Something was read.
    Read,
    /// Somebody came in, or tried to.
    Login,
    /// Somebody left.
    Logout,
    /// Something was taken out, private keys above all.
    Export,
    /// Somebody's rights were changed.
    Role,
    /// A key or token was touched.
    Key,
    /// A read of the log by auditty itself.
    Itself,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::Read,
        Self::Login,
        Self::Logout,
        Self::Export,
        Self::Role,
        Self::Key,
        Self::Itself,
    ];

    /// The word after `is:`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Read => "read",
            Self::Login => "login",
            Self::Logout => "logout",
            Self::Export => "export",
            Self::Role => "role",
            Self::Key => "key",
            Self::Itself => "self",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A set of [`Kind`]s, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct KindSet(u16);

impl KindSet {
    /// Adds a kind.
    pub fn insert(&mut self, kind: Kind) {
        self.0 |= 1 << kind as u8;
    }

    /// Whether the kind is in it.
    pub fn contains(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// Its bits, [`Kind::Create`] the lowest.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// The set of these bits.
    pub fn from_bits(bits: u16) -> Self {
        Self(bits)
    }
}

/// Which entry an entry is: source and id (with the fan-out value where ids are unique only within
/// it), without an id the record, as the first half of a SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity(pub u128);

impl Identity {
    /// The identity of an entry with an id. `scope` is the fan-out value where the descriptor says
    /// that ids are unique only within it.
    pub fn of_id(source: &str, scope: Option<&str>, id: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [source, scope.unwrap_or_default(), id] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self::first_half(&hash.finalize())
    }

    /// The identity of an entry without an id: its record's, in the id's place. `scope` as for
    /// [`Self::of_id`].
    pub fn of_record(source: &str, scope: Option<&str>, record: &Record) -> Self {
        let mut hash = Sha256::new();
        for part in [source, scope.unwrap_or_default()] {
            hash.update(part);
            hash.update([0]);
        }
        hash.update(record.as_str());
        Self::first_half(&hash.finalize())
    }

    fn first_half(digest: &[u8]) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        Self(u128::from_be_bytes(half))
    }
}

/// How much a copy of an entry tells: of two with one [`Identity`], the higher stands; of equals,
/// the one that was fetched last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rank {
    /// A row of a list.
    ListRow,
    /// The single record, with all its details.
    Single,
}

/// The system's own record: valid JSON text without insignificant white space, else verbatim (key
/// order, number text, escapes, duplicate keys). Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record(Arc<str>);

impl Record {
    /// The record that the node is.
    pub fn from_node(node: Node<'_>) -> Self {
        Self(node.compact().into())
    }

    /// A record that was kept: valid, compact JSON text.
    pub fn from_kept(text: &str) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The record, to be looked into.
    pub fn node(&self) -> Node<'_> {
        Node::from_kept(&self.0)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
