//! auditty's own entries read back as they stand: an object of its `ndjson` or `json`, a row of its
//! `csv` (the contract's section 4).
//!
//! Not here: the records of systems (`provider::mapping`).

use std::borrow::Cow;
use std::sync::Arc;

use crate::event::field::Field;
use crate::event::{
    Actor, AsRead, Change, ChangeOp, Class, Event, Identity, KindSet, Number, Outcome, Rank, Record, Target,
};
use crate::json::{Json, Kind, Node};
use crate::timestamp::Timestamp;

/// The keys of a normalised entry, all of which an own object bears.
pub(super) const KEYS: [&str; 21] = [
    "source",
    "provider",
    "id",
    "time",
    "status",
    "outcome",
    "class",
    "action",
    "method",
    "endpoint",
    "actor",
    "target",
    "organization",
    "project",
    "ip",
    "client",
    "user_agent",
    "latency_ms",
    "request_id",
    "message",
    "changes",
];

/// The members of an own object, by [`KEYS`].
pub(super) struct Members<'a>([Option<Node<'a>>; KEYS.len()]);

impl<'a> Members<'a> {
    /// The members, where the value is an entry that auditty wrote: an object with every key of one.
    pub(super) fn of(node: Node<'a>) -> Option<Self> {
        let mut members = [None; KEYS.len()];
        for (place, (key, value)) in node.members().enumerate() {
            match (place, KEYS.iter().position(|known| **known == *key)) {
                // The records of systems are told at their first key, most of the time.
                (0, None) => return None,
                (_, None) => {}
                (_, Some(_)) if matches!(&*key, "actor" | "target") && value.kind() != Kind::Object => {
                    return None;
                }
                (_, Some(at)) => members[at] = Some(value),
            }
        }
        members.iter().all(Option::is_some).then_some(Self(members))
    }

    fn get(&self, key: &str) -> Option<Node<'a>> {
        self.0[KEYS.iter().position(|known| *known == key)?]
    }
}

/// Reads an own object, whose members are these. `source` names the entries that bear no source of
/// their own.
pub(super) fn entry(node: Node<'_>, members: &Members<'_>, source: &Arc<str>) -> Result<Event, String> {
    let text = |key: &str| members.get(key).and_then(Node::scalar).map(Cow::into_owned);
    let inner = |outer: &str, key: &str| {
        members.get(outer).and_then(|value| value.member(key)).and_then(Node::scalar).map(Cow::into_owned)
    };
    let own_source = text("source").map_or_else(|| source.clone(), Arc::from);
    let time = text("time").unwrap_or_default();
    let time = Timestamp::parse(&time).ok_or_else(|| no_time(&time))?;
    let status: Option<i64> = text("status").and_then(|status| status.parse().ok());
    let changes = match members.get("changes") {
        Some(list) if !list.is_null() => Some(changes(list)?),
        _ => None,
    };
    let record = Record::from_node(node);
    let id = text("id");
    Ok(Event {
        identity: identity(&own_source, id.as_deref(), &record),
        source: own_source,
        provider: text("provider").unwrap_or_default().into(),
        workspace: None,
        id,
        time,
        status,
        outcome: outcome(text("outcome").as_deref(), text("class").as_deref(), status),
        as_read: as_read(text("outcome").as_deref(), text("class").as_deref()),
        action: text("action"),
        method: text("method"),
        endpoint: text("endpoint"),
        actor: Actor {
            kind: inner("actor", "type"),
            id: inner("actor", "id"),
            name: inner("actor", "name"),
            email: inner("actor", "email"),
        },
        target: Target {
            kind: inner("target", "type"),
            id: inner("target", "id"),
            name: inner("target", "name"),
        },
        organization: text("organization"),
        project: text("project"),
        ip: text("ip"),
        client: text("client"),
        user_agent: text("user_agent"),
        latency_ms: members
            .get("latency_ms")
            .filter(|value| value.kind() == Kind::Number)
            .and_then(|value| Number::parse(value.raw())),
        request_id: text("request_id"),
        message: text("message"),
        changes,
        kinds: KindSet::default(),
        rank: Rank::ListRow,
        record,
    })
}

/// Reads a list of changes as `ndjson` and the `changes` cell of `csv` have it.
fn changes(list: Node<'_>) -> Result<Vec<Change>, String> {
    if list.kind() != Kind::Array {
        return Err("its changes are no list".to_owned());
    }
    list.elements()
        .map(|change| {
            let word = change.member("op").and_then(Node::text).unwrap_or_default();
            let op = [ChangeOp::Add, ChangeOp::Remove, ChangeOp::Replace, ChangeOp::Move, ChangeOp::Copy]
                .into_iter()
                .find(|op| op.name() == word)
                .ok_or("one of its changes has an op that is none")?;
            let path = change.member("path").and_then(Node::text).ok_or("one of its changes has no path")?;
            let side = |key: &str| change.member(key).map(Json::from_node);
            Ok(Change { op, path: path.into_owned(), before: side("before"), after: side("after") })
        })
        .collect()
}

fn identity(source: &str, id: Option<&str>, record: &Record) -> Identity {
    match id.filter(|id| !id.is_empty()) {
        Some(id) => Identity::of_id(source, None, id),
        None => Identity::of_record(source, None, record),
    }
}

/// Outcome and class as the row has them, where it does not have both.
fn as_read(outcome: Option<&str>, class: Option<&str>) -> Option<AsRead> {
    if outcome.is_some() && class.is_some() {
        return None;
    }
    let outcomes = [Outcome::Success, Outcome::Failure];
    Some(AsRead {
        outcome: outcomes.into_iter().find(|known| Some(known.name()) == outcome),
        class: Class::ALL.into_iter().find(|known| Some(known.name()) == class),
    })
}

/// The outcome as it stands; where there is none, what the class or the status says.
fn outcome(own: Option<&str>, class: Option<&str>, status: Option<i64>) -> Outcome {
    let failed = match (own, class) {
        (Some("failure"), _) => true,
        (Some("success"), _) => false,
        (_, Some(class)) if [Class::S4xx, Class::S5xx, Class::Failure].iter().any(|c| c.name() == class) => {
            true
        }
        (_, Some(class)) if [Class::S2xx, Class::S3xx, Class::Success].iter().any(|c| c.name() == class) => {
            false
        }
        _ => status.is_some_and(|status| status >= 400),
    };
    if failed { Outcome::Failure } else { Outcome::Success }
}

fn no_time(found: &str) -> String {
    match found {
        "" => "no usable time at /time".to_owned(),
        found => {
            format!("no usable time at /time: {}", crate::text::visible(&crate::text::shortened(found, 60)))
        }
    }
}

/// The columns of an own CSV file: what each holds. `None` for a column that no key is (`raw`,
/// `class`, a pointer): it is kept in the record alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns(Vec<Option<Field>>);

impl Columns {
    /// The columns of a header, where each is one that `export` takes: a field's name or alias, or a
    /// pointer behind `@`. `None`: the file is another program's.
    pub(super) fn of<'a>(header: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        header
            .into_iter()
            .map(|name| match Field::named(name) {
                Some(field) if field.is_column() => Some(Some(field)),
                _ => name.starts_with("@/").then_some(None),
            })
            .collect::<Option<Vec<_>>>()
            .map(Self)
    }

    /// Reads a row; `record` is the row as a JSON object of texts.
    pub(super) fn entry(&self, cells: &[&str], record: Record, source: &Arc<str>) -> Result<Event, String> {
        let text = |field: Field| {
            let at = self.0.iter().position(|column| *column == Some(field))?;
            cells.get(at).filter(|cell| !cell.is_empty()).map(|cell| unguarded(cell).to_owned())
        };
        // A column `actor` holds the name, else the id: what equals the id is no name.
        let shown = |whole: Field, id: Field, name: Field| {
            text(name).or_else(|| text(whole).filter(|shown| text(id).as_ref() != Some(shown)))
        };
        let own_source = text(Field::Source).map_or_else(|| source.clone(), Arc::from);
        let time = text(Field::Time).unwrap_or_default();
        let time = Timestamp::parse(&time).ok_or_else(|| no_time(&time))?;
        let status: Option<i64> = text(Field::Status).and_then(|status| status.parse().ok());
        let changes = match text(Field::Changes) {
            Some(list) => {
                let list = Node::parse(&list).map_err(|error| format!("its changes are no JSON: {error}"))?;
                Some(changes(list)?)
            }
            None => None,
        };
        let id = text(Field::Id);
        Ok(Event {
            identity: identity(&own_source, id.as_deref(), &record),
            source: own_source,
            provider: text(Field::Provider).unwrap_or_default().into(),
            workspace: None,
            id,
            time,
            status,
            outcome: outcome(text(Field::Outcome).as_deref(), text(Field::Class).as_deref(), status),
            as_read: as_read(text(Field::Outcome).as_deref(), text(Field::Class).as_deref()),
            action: text(Field::Action),
            method: text(Field::Method),
            endpoint: text(Field::Endpoint),
            actor: Actor {
                kind: text(Field::ActorType),
                id: text(Field::ActorId),
                name: shown(Field::Actor, Field::ActorId, Field::ActorName),
                email: text(Field::ActorEmail),
            },
            target: Target {
                kind: text(Field::TargetType),
                id: text(Field::TargetId),
                name: shown(Field::Target, Field::TargetId, Field::TargetName),
            },
            organization: text(Field::Org),
            project: text(Field::Project),
            ip: text(Field::Ip),
            client: text(Field::Client),
            user_agent: text(Field::UserAgent),
            latency_ms: text(Field::Latency).and_then(|number| Number::parse(&number)),
            request_id: text(Field::RequestId),
            message: text(Field::Message),
            changes,
            kinds: KindSet::default(),
            rank: Rank::ListRow,
            record,
        })
    }
}

/// A cell without the `'` that `export` sets before what a spreadsheet would run.
fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if crate::text::has_formula(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = r#"{"source":"prod","provider":"acme","id":"req_1","time":"2026-05-18T00:00:00.123000Z",
        "status":503,"outcome":"failure","class":"5xx","action":"POST /runs","method":"POST","endpoint":"/runs",
        "actor":{"type":null,"id":"key_1","name":"","email":null},"target":{"type":null,"id":null,"name":null},
        "organization":null,"project":null,"ip":"10.0.0.9","client":"Python","user_agent":"sdk/2.1",
        "latency_ms":412.50,"request_id":"req_1","message":null,
        "changes":[{"op":"replace","path":"/a","before":null},{"op":"add","path":"/b","after":[1, 2]}]}"#;

    fn read(text: &str) -> Result<Event, String> {
        let node = Node::parse(text).expect("json");
        entry(node, &Members::of(node).expect("own"), &"file".into())
    }

    #[test]
    fn an_own_object_is_told_by_bearing_every_key() {
        let is_entry = |text: &str| Members::of(Node::parse(text).expect("json")).is_some();
        assert!(is_entry(ENTRY));
        assert!(!is_entry(&ENTRY.replace("\"latency_ms\":412.50,", "")));
        assert!(!is_entry(r#"{"request_id":"r","timestamp":"t"}"#));
        assert!(!is_entry("[1]"));
    }

    #[test]
    fn an_own_object_comes_back_as_it_stands() {
        let event = read(ENTRY).expect("an entry");
        assert_eq!((&*event.source, &*event.provider), ("prod", "acme"));
        assert_eq!(event.time.to_string(), "2026-05-18T00:00:00.123000Z");
        assert_eq!((event.status, event.outcome, event.class()), (Some(503), Outcome::Failure, Class::S5xx));
        assert_eq!(event.actor.name.as_deref(), Some(""));
        assert_eq!(event.actor.id.as_deref(), Some("key_1"));
        assert_eq!(event.target, Target::default());
        assert_eq!(event.latency_ms.as_ref().map(Number::as_str), Some("412.50"));
        let changes = event.changes.expect("a list");
        assert_eq!(changes[0].before.as_ref().map(Json::as_str), Some("null"));
        assert_eq!(changes[0].after, None);
        assert_eq!(changes[1].after.as_ref().map(Json::as_str), Some("[1,2]"));
    }

    #[test]
    fn a_row_comes_back_with_its_guards_taken_off_and_null_where_there_is_no_column() {
        let header =
            ["time", "class", "action", "actor", "target", "target.id", "latency_ms", "changes", "@/x"];
        let columns = Columns::of(header).expect("own");
        let cells = [
            "2026-05-18T00:00:00.000001Z",
            "failure",
            "'=cmd()",
            "",
            "t1",
            "t1",
            "0.5",
            r#"[{"op":"remove","path":"/k","before":"v"}]"#,
            "zz",
        ];
        let event = columns.entry(&cells, Record::from_kept("{}"), &"shift".into()).expect("an entry");
        assert_eq!(event.action.as_deref(), Some("=cmd()"));
        assert_eq!((&*event.source, &*event.provider), ("shift", ""));
        assert_eq!((event.outcome, event.status), (Outcome::Failure, None));
        assert_eq!((event.outcome_told(), event.class_told()), (None, Some(Class::Failure)));
        let again = serde_json::to_string(&event).expect("JSON");
        assert!(again.contains(r#""outcome":null,"class":"failure""#), "{again}");
        let again = read(&again).expect("an entry");
        assert_eq!((again.outcome_told(), again.class_told()), (None, Some(Class::Failure)));
        assert_eq!(event.actor, Actor::default());
        assert_eq!((event.target.id.as_deref(), event.target.name), (Some("t1"), None));
        assert_eq!(event.latency_ms.as_ref().map(Number::as_str), Some("0.5"));
        assert_eq!(event.changes.map(|list| list.len()), Some(1));
        assert_eq!(Columns::of(["created_at", "action"]), None);
        assert_eq!(Columns::of(["time", "is"]), None);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let broken = ENTRY.replace("2026-05-18T00:00:00.123000Z", "yesterday");
        let error = read(&broken).expect_err("no time");
        assert_eq!(error, "no usable time at /time: yesterday");
        let broken = ENTRY.replace("replace", "explode");
        assert!(read(&broken).is_err());
    }

    #[test]
    fn a_quote_that_is_no_guard_stays() {
        assert_eq!(unguarded("'quoted'"), "'quoted'");
        assert_eq!(unguarded("'-1"), "-1");
        assert_eq!(unguarded("'@x"), "@x");
    }
}
