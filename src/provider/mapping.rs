//! How a system's record becomes an [`Event`]: field sources, the time, the outcome, the client,
//! the kinds, the changes (the contract's section 4).
//!
//! Not here: how a descriptor says it (`provider::descriptor`), and the encodings of changes
//! (`provider::changes`).

mod entry;
mod kinds;
mod memo;
mod plan;
mod record;
mod script;
mod source;
mod tell;

use std::borrow::Cow;
use std::sync::Arc;

use super::changes::Encoding;
use super::time::TimeFormat;
use crate::event::field::{Field, FieldSet};
use crate::event::{self, Change, Event, KindSet, Outcome, Rank};
use crate::json::{Kind, Node};
use crate::text;
use crate::timestamp::Timestamp;

pub use entry::{Entry, PartyTexts, Text};
pub use kinds::{ClientRow, ClientTable, Full, KindTable};
pub use plan::Plan;
pub use record::{Look, Opened, Path};
pub use source::{Piece, TextSource};
pub use tell::{Columns, Number, Told};

/// How a system's records are read. Made by `provider::descriptor`.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// Where the id is.
    pub id: Option<TextSource>,
    /// Within what ids are unique.
    pub id_scope: IdScope,
    /// Where the time may be; the first that is one is taken.
    pub time: Vec<Path>,
    /// How times are written.
    pub time_format: TimeFormat,
    /// Where the HTTP status may be.
    pub status: Vec<Path>,
    /// What was done.
    pub action: Option<TextSource>,
    /// The HTTP method.
    pub method: Option<TextSource>,
    /// The HTTP path.
    pub endpoint: Option<TextSource>,
    /// Who did it: the first of these that the record has anything of.
    pub actor: Vec<Party>,
    /// What it was done to: the first of these that the record has anything of.
    pub target: Vec<Party>,
    /// The organisation.
    pub organization: Option<TextSource>,
    /// The project.
    pub project: Option<TextSource>,
    /// The address.
    pub ip: Option<TextSource>,
    /// The `User-Agent`.
    pub user_agent: Option<TextSource>,
    /// Where the duration in milliseconds may be.
    pub latency: Vec<Path>,
    /// The request's id.
    pub request_id: Option<TextSource>,
    /// The system's own words.
    pub message: Option<TextSource>,
    /// Which client, told by the user agent; `None` where clients are not told apart.
    pub client: Option<ClientTable>,
    /// Words at the end of an action that mean failure, in lower case.
    pub failure_endings: Vec<Box<str>>,
    /// The kinds of actions.
    pub kinds: KindTable,
    /// Where changes may be, and how they are told; the first that tells any is taken.
    pub changes: Vec<(Path, Encoding)>,
}

/// An actor or a target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Party {
    /// What it is.
    pub kind: Option<TextSource>,
    /// Its id.
    pub id: Option<TextSource>,
    /// Its name.
    pub name: Option<TextSource>,
    /// Its e-mail address; targets have none.
    pub email: Option<TextSource>,
    /// Its number in a plan (`mapping::plan`).
    pub(in crate::provider) number: usize,
}

impl Party {
    fn sources(&self) -> impl Iterator<Item = &TextSource> {
        [&self.kind, &self.id, &self.name, &self.email].into_iter().flatten()
    }

    /// Whether the record has anything of it that is not empty.
    fn is_in<'a>(&'a self, record: &impl Look<'a>, context: &'a Context) -> bool {
        self.sources()
            .filter(|source| !source.is_constant())
            .any(|source| source.read(record, context).is_some_and(|text| !text.is_empty()))
    }

    /// What the record has of it.
    fn texts<'a>(&'a self, record: &impl Look<'a>, context: &'a Context) -> PartyTexts<'a> {
        let read = |source: &'a Option<TextSource>| source.as_ref()?.read(record, context);
        PartyTexts {
            kind: read(&self.kind),
            id: read(&self.id),
            name: read(&self.name),
            email: read(&self.email),
        }
    }
}

/// Within what a system's ids are unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdScope {
    /// Within the system.
    #[default]
    System,
    /// Only within a fan-out value.
    FanOut,
}

/// What an entry has that its record does not say.
#[derive(Debug, Clone)]
pub struct Context {
    /// The source's name.
    pub source: Arc<str>,
    /// The descriptor's name.
    pub provider: Arc<str>,
    /// The fan-out value that was asked for, where the source fans out.
    pub workspace: Option<Arc<str>>,
    /// Whether it came as a list row or as a single record.
    pub rank: Rank,
}

/// Why a record became no entry. The rest of its page goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The record is no JSON object.
    #[error("not an object")]
    NotAnObject,
    /// The record has no usable time.
    #[error("no usable time at {at}: {found}")]
    NoTime {
        /// Where it was looked for.
        at: String,
        /// What was there, shortened, with visible marks for hostile characters.
        found: String,
    },
}

/// The fields of an actor.
const ACTOR: [Field; 5] =
    [Field::Actor, Field::ActorType, Field::ActorId, Field::ActorName, Field::ActorEmail];
/// The fields of a target.
const TARGET: [Field; 4] = [Field::Target, Field::TargetType, Field::TargetId, Field::TargetName];

/// The most characters of a wrong time that an error shows.
const SHOWN: usize = 60;

impl Mapping {
    /// Reads a record.
    pub fn event(&self, record: Node<'_>, context: &Context) -> Result<Event, Error> {
        if record.kind() != Kind::Object {
            return Err(Error::NotAnObject);
        }
        let entry = self.entry(&Opened::new(record), context, FieldSet::ALL, &mut Findings::default())?;
        Ok(entry.into_event())
    }

    /// Reads an object that was opened, in whatever way. Besides the time, the status and the class
    /// only the fields asked for are read, and what they depend on; of others the entry has nothing.
    fn entry<'a>(
        &'a self,
        record: &impl Look<'a>,
        context: &'a Context,
        asked: FieldSet,
        findings: &mut Findings,
    ) -> Result<Entry<'a>, Error> {
        let read = |fields: &[Field], source: &'a Option<TextSource>| {
            if asked.contains_any(fields) { source.as_ref()?.read(record, context) } else { None }
        };
        let time = self.time(record)?;
        let status = self.status.iter().find_map(|path| status(record.at(path)?));
        // Without a status the action tells the class.
        let action = match status {
            None => self.action.as_ref().and_then(|source| source.read(record, context)),
            Some(_) => read(&[Field::Action, Field::Outcome], &self.action),
        };
        let user_agent = read(&[Field::UserAgent, Field::Client], &self.user_agent);
        let clients = self.client.as_ref().filter(|_| asked.contains(Field::Client));
        let client = clients.and_then(|table| table.find(user_agent.as_deref(), &mut findings.clients));
        let party = |fields: &[Field], parties| {
            let found = if asked.contains_any(fields) { party(parties, record, context) } else { None };
            found.map(|party| party.texts(record, context)).unwrap_or_default()
        };
        let latency = || self.latency.iter().find_map(|path| number(record.at(path)?));
        let mut entry = Entry {
            context,
            scope: match self.id_scope {
                IdScope::System => None,
                IdScope::FanOut => context.workspace.as_deref(),
            },
            id: read(&[Field::Id], &self.id),
            time,
            status,
            outcome: self.outcome(status, action.as_deref()),
            action,
            method: read(&[Field::Method], &self.method),
            endpoint: read(&[Field::Endpoint], &self.endpoint),
            actor: party(&ACTOR, &self.actor),
            target: party(&TARGET, &self.target),
            organization: read(&[Field::Org], &self.organization),
            project: read(&[Field::Project], &self.project),
            ip: read(&[Field::Ip], &self.ip),
            client,
            user_agent,
            latency_ms: if asked.contains(Field::Latency) { latency() } else { None },
            request_id: read(&[Field::RequestId], &self.request_id),
            message: read(&[Field::Message], &self.message),
            changes: if asked.contains(Field::Changes) { self.changes(record) } else { None },
            kinds: KindSet::default(),
            record: record.whole(),
        };
        // A target has no address.
        entry.target.email = None;
        if asked.contains(Field::Is) {
            entry.kinds = self.kinds.find(|field| entry.text(field), &mut findings.kinds);
        }
        Ok(entry)
    }

    fn time<'a>(&self, record: &impl Look<'a>) -> Result<Timestamp, Error> {
        let usable = |path| match record.plain(path) {
            Some(text) => self.time_format.read_text(text),
            None => self.time_format.read(record.at(path)?),
        };
        self.time.iter().find_map(usable).ok_or_else(|| {
            let places: Vec<_> = self.time.iter().map(Path::to_string).collect();
            let found = self.time.iter().find_map(|path| record.at(path));
            Error::NoTime {
                at: places.join(", "),
                found: match found {
                    Some(node) => text::visible(&text::shortened(node.raw(), SHOWN)).into_owned(),
                    None => "nothing there".to_owned(),
                },
            }
        })
    }

    fn outcome(&self, status: Option<i64>, action: Option<&str>) -> Outcome {
        let refused = status.is_some_and(|status| status >= 400);
        if refused || action.is_some_and(|action| kinds::ends_in_word(action, &self.failure_endings)) {
            Outcome::Failure
        } else {
            Outcome::Success
        }
    }

    fn changes<'a>(&self, record: &impl Look<'a>) -> Option<Vec<Change>> {
        self.changes.iter().find_map(|(path, encoding)| encoding.read(record.at(path)?))
    }
}

/// The first party that the record has anything of; where it has nothing of any, one that is there
/// always (it may have an empty text), if it is the only one.
fn party<'a>(parties: &'a [Party], record: &impl Look<'a>, context: &'a Context) -> Option<&'a Party> {
    match parties {
        [only] => Some(only),
        several => several.iter().find(|party| record.may_have(party) && party.is_in(record, context)),
    }
}

/// An HTTP status: an integer, or an integer's text.
fn status(value: Node<'_>) -> Option<i64> {
    let text = match value.kind() {
        Kind::Number => Cow::Borrowed(value.raw()),
        Kind::String => value.text()?,
        _ => return None,
    };
    // A plus sign is no JSON.
    if text.starts_with('+') { None } else { text.parse().ok() }
}

/// A finite number, as it stands.
fn number(value: Node<'_>) -> Option<&str> {
    (value.kind() == Kind::Number && event::Number::is_finite(value.raw())).then(|| value.raw())
}

/// What was found out about texts of records before.
#[derive(Debug, Clone, Default)]
struct Findings {
    clients: kinds::Clients,
    kinds: kinds::Kinds,
}

impl Findings {
    /// Ready to remember; the default finds everything anew.
    fn remembering(mapping: &Mapping) -> Self {
        Self { clients: Some(memo::Memo::default()), kinds: mapping.kinds.remembering() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::Pointer;

    fn at(pointer: &str) -> Path {
        Path::new(&Pointer::parse(pointer).expect("a pointer"))
    }

    fn text_at(pointer: &str) -> TextSource {
        TextSource::At(at(pointer))
    }

    fn mapping() -> Mapping {
        Mapping {
            id: Some(text_at("/id")),
            time: vec![at("/time"), at("/at")],
            status: vec![at("/status")],
            action: Some(text_at("/action")),
            latency: vec![at("/ms")],
            target: ["run", "unit"]
                .map(|name| Party {
                    kind: Some(TextSource::Constant(name.into())),
                    id: Some(text_at(&format!("/{name}/id"))),
                    ..Party::default()
                })
                .into(),
            ..Mapping::default()
        }
    }

    fn context(workspace: Option<&str>) -> Context {
        Context {
            source: "s".into(),
            provider: "p".into(),
            workspace: workspace.map(Into::into),
            rank: Rank::ListRow,
        }
    }

    fn event(json: &str) -> Result<Event, Error> {
        mapping().event(Node::parse(json).expect("JSON"), &context(None))
    }

    #[test]
    fn a_record_without_an_object_or_a_usable_time_is_no_entry() {
        assert_eq!(event("[1]"), Err(Error::NotAnObject));
        assert_eq!(event("null"), Err(Error::NotAnObject));
        for (record, said) in [
            ("{}", "no usable time at /time, /at: nothing there"),
            (r#"{"time":1779062400}"#, "no usable time at /time, /at: 1779062400"),
            (r#"{"time":null}"#, "no usable time at /time, /at: null"),
            ("{\"time\":\"\u{202e}\"}", "no usable time at /time, /at: \"⟨202E⟩\""),
        ] {
            assert_eq!(event(record).expect_err(record).to_string(), said);
        }
        let second = event(r#"{"time":"soon","at":"2026-05-18 00:00:00"}"#).expect("an entry");
        assert_eq!(second.time.to_string(), "2026-05-18T00:00:00.000000Z");
    }

    #[test]
    fn a_status_is_an_integer_or_its_text_and_a_duration_any_number() {
        let of = |status: &str| {
            let json = format!(r#"{{"time":"2026-05-18T00:00:00Z","status":{status},"ms":{status}}}"#);
            let event = event(&json).expect("an entry");
            (event.status, event.latency_ms.map(|ms| ms.as_str().to_owned()))
        };
        assert_eq!(of("503"), (Some(503), Some("503".to_owned())));
        assert_eq!(of("\"404\""), (Some(404), None));
        assert_eq!(of("-1"), (Some(-1), Some("-1".to_owned())));
        assert_eq!(of("412.50"), (None, Some("412.50".to_owned())));
        assert_eq!(of("1e400"), (None, None));
        assert_eq!(of("99999999999999999999").0, None);
        for other in ["\"4xx\"", "\"\"", "\"+5\"", "\" 5\"", "true", "null", "[5]", "{}"] {
            assert_eq!(of(other), (None, None), "{other}");
        }
    }

    #[test]
    fn the_first_party_that_is_there_is_taken() {
        let target = |record: &str| {
            let json = format!(r#"{{"time":"2026-05-18T00:00:00Z",{record}}}"#);
            let target = event(&json).expect("an entry").target;
            (target.kind, target.id)
        };
        let is = |kind: &str, id: &str| (Some(kind.to_owned()), Some(id.to_owned()));
        assert_eq!(target(r#""unit":{"id":2},"run":{"id":1}"#), is("run", "1"));
        assert_eq!(target(r#""unit":{"id":2},"run":{"id":null}"#), is("unit", "2"));
        assert_eq!(target(r#""unit":"x""#), (None, None));
    }

    #[test]
    fn identity_is_the_id_within_its_scope_and_else_the_record() {
        let mut mapping = mapping();
        let of = |mapping: &Mapping, json: &str, workspace| {
            let record = format!(r#"{{"time":"2026-05-18T00:00:00Z",{json}}}"#);
            let node = Node::parse(&record).expect("JSON");
            mapping.event(node, &context(workspace)).expect("an entry").identity
        };
        let (one, two) = (Some("ws_1"), Some("ws_2"));
        assert_eq!(of(&mapping, r#""id":"a","x":1"#, one), of(&mapping, r#""id":"a","x":2"#, two));
        assert_eq!(of(&mapping, r#""id":7"#, None), of(&mapping, r#""id":"7""#, None));
        assert_ne!(of(&mapping, r#""id":"","x":1"#, None), of(&mapping, r#""id":"","x":2"#, None));
        assert_eq!(of(&mapping, r#""x": 1"#, None), of(&mapping, r#""x":1"#, None));
        mapping.id_scope = IdScope::FanOut;
        assert_ne!(of(&mapping, r#""id":"a""#, one), of(&mapping, r#""id":"a""#, two));
    }

    #[test]
    fn depth_does_no_harm_and_the_record_is_kept() {
        let deep = format!(
            r#"{{"time":"2026-05-18T00:00:00Z","id":{}{}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        let event = event(&deep).expect("an entry");
        assert_eq!(event.id, None);
        assert_eq!(event.record.as_str(), deep);
    }

    proptest! {
        #[test]
        fn no_record_makes_the_mapping_panic(
            id in "\\PC{0,6}", time in "[0-9TZ: .+-]{0,26}", status in any::<i64>(), extra in any::<f64>()
        ) {
            let json = serde_json::json!({
                "id": id, "time": time, "status": status, "action": id, "ms": extra, "run": {"id": extra},
            }).to_string();
            if let Ok(event) = event(&json) {
                prop_assert_eq!(event.id, Some(id));
                prop_assert_eq!(event.status, Some(status));
                prop_assert_eq!(event.record.as_str(), json);
            }
        }
    }
}
