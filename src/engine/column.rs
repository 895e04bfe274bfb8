//! An entry as a row of the server's table: which columns there are, and how an entry goes into them
//! and comes out again.
//!
//! An absent text and an empty one are the same text with a different bit in `present`, since plain
//! columns know no absence. A text that lower-casing its ASCII letters does not fold has its folded
//! form beside it (`f_…`, else empty), so that the server compares as [`crate::text::fold`] does.

use std::net::IpAddr;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::wire::{Malformed, Reader, Writer};
use crate::event::field::Field;
use crate::event::{
    Actor, Change, ChangeOp, Event, Identity, Kind, KindSet, Number, Outcome, Rank, Record, Target,
};
use crate::json::{Json, Node};
use crate::query::parse::address;
use crate::text::{fold, has_bidi, has_control, has_formula};
use crate::timestamp::Timestamp;

/// The columns that are one text of an entry: the place is the bit of `present`.
pub const TEXTS: [(Field, &str); 20] = [
    (Field::Source, "source"),
    (Field::Provider, "provider"),
    (Field::Id, "id"),
    (Field::Action, "action"),
    (Field::Method, "method"),
    (Field::Endpoint, "endpoint"),
    (Field::ActorType, "actor_type"),
    (Field::ActorId, "actor_id"),
    (Field::ActorName, "actor_name"),
    (Field::ActorEmail, "actor_email"),
    (Field::TargetType, "target_type"),
    (Field::TargetId, "target_id"),
    (Field::TargetName, "target_name"),
    (Field::Org, "organization"),
    (Field::Project, "project"),
    (Field::Ip, "ip"),
    (Field::Client, "client"),
    (Field::UserAgent, "user_agent"),
    (Field::RequestId, "request_id"),
    (Field::Message, "message"),
];
/// The bits of `present` after those of the texts.
pub const WORKSPACE: u32 = 20;
/// There is a status.
pub const STATUS: u32 = 21;
/// There is a latency.
pub const LATENCY: u32 = 22;
/// There is change information, if only that nothing changed.
pub const CHANGES: u32 = 23;

/// The bits of `hostile`.
pub const CONTROL: u8 = 1;
/// A character that changes the direction of text.
pub const BIDI: u8 = 2;
/// A text that a spreadsheet would run.
pub const FORMULA: u8 = 4;

/// The columns besides, in the order in which rows are written, with their types.
const OTHERS: [(&str, &str); 20] = [
    ("time", "Int64"),
    ("identity", "String"),
    ("copy", "String"),
    ("digest", "String"),
    ("rank", "UInt8"),
    ("written", "UInt64"),
    ("present", "UInt32"),
    ("class", "UInt8"),
    ("outcome", "UInt8"),
    ("status", "Int64"),
    ("latency_ms", "Float64"),
    ("latency", "String"),
    ("kinds", "UInt16"),
    ("hostile", "UInt8"),
    ("address", "String"),
    ("workspace", "String"),
    ("changes", "String"),
    ("paths", "Array(String)"),
    ("record", "String"),
    ("f_record", "String"),
];

/// The columns that an entry is read from, in order.
const READ: [&str; 11] = [
    "time",
    "identity",
    "rank",
    "present",
    "outcome",
    "status",
    "latency",
    "kinds",
    "workspace",
    "changes",
    "record",
];

/// All columns with their types.
pub fn definitions() -> Vec<(String, &'static str)> {
    let texts =
        TEXTS.iter().flat_map(|(_, name)| [((*name).to_owned(), "String"), (format!("f_{name}"), "String")]);
    OTHERS.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).chain(texts).collect()
}

/// The names of all columns, in the order in which rows are written.
pub fn names() -> String {
    definitions().into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(",")
}

/// What is asked for where entries are read.
pub fn read_names() -> String {
    let texts = TEXTS.iter().map(|(_, name)| *name);
    READ.into_iter().chain(texts).collect::<Vec<_>>().join(",")
}

/// The place of a text column and its name.
pub fn text_column(field: Field) -> Option<(u32, &'static str)> {
    let place = TEXTS.iter().position(|(known, _)| *known == field)?;
    Some((place as u32, TEXTS[place].1))
}

/// The first half of a SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest16(pub [u8; 16]);

/// What an entry says, whatever part it came under: the same for copies that say the same.
pub fn digest(event: &Event) -> Digest16 {
    let mut writer = Writer::default();
    writer.byte(rank_number(event.rank));
    write_said(&mut writer, &Event { workspace: None, ..event.clone() });
    first_half(&writer.0)
}

/// A name for one row that no other row has.
pub fn copy_name(identity: Identity, written: u64, writer: u64, place: usize) -> Digest16 {
    let mut bytes = identity.0.to_be_bytes().to_vec();
    for number in [written, writer, place as u64] {
        bytes.extend(number.to_le_bytes());
    }
    first_half(&bytes)
}

fn first_half(bytes: &[u8]) -> Digest16 {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(bytes)[..16]);
    Digest16(half)
}

/// The number of a rank in its column.
pub fn rank_number(rank: Rank) -> u8 {
    match rank {
        Rank::ListRow => 0,
        Rank::Single => 1,
    }
}

/// The rank of a column's number.
pub fn rank_of(number: u8) -> Rank {
    if number == 0 { Rank::ListRow } else { Rank::Single }
}

/// An address as 32 hexadecimal digits, version 4 as the mapped one; empty for what is none.
pub fn address_digits(text: &str) -> String {
    match address(text) {
        Some(IpAddr::V4(v4)) => format!("{:032x}", v4.to_ipv6_mapped().to_bits()),
        Some(IpAddr::V6(v6)) => format!("{:032x}", v6.to_bits()),
        None => String::new(),
    }
}

/// What stands in the folded column: nothing where the server's own lower-casing of ASCII is enough.
fn folded(text: &str) -> String {
    if text.is_ascii() { String::new() } else { fold(text) }
}

fn present(event: &Event) -> u32 {
    let texts = (0u32..).zip(TEXTS).filter(|(_, (field, _))| !event.values(*field).is_empty());
    let others = [
        (WORKSPACE, event.workspace.is_some()),
        (STATUS, event.status.is_some()),
        (LATENCY, event.latency_ms.is_some()),
        (CHANGES, event.changes.is_some()),
    ];
    let others = others.into_iter().filter(|(_, is_there)| *is_there).map(|(bit, _)| bit);
    texts.map(|(bit, _)| bit).chain(others).fold(0, |bits, bit| bits | 1 << bit)
}

fn hostile(event: &Event) -> u8 {
    let mut bits = 0;
    for value in Field::words().flat_map(|field| event.values(field)) {
        bits |= u8::from(has_control(value)) * CONTROL;
        bits |= u8::from(has_bidi(value)) * BIDI;
        bits |= u8::from(has_formula(value)) * FORMULA;
    }
    bits
}

/// Writes a row; `written` tells later copies from earlier ones.
pub fn write(writer: &mut Writer, event: &Event, copy: Digest16, digest: Digest16, written: u64) {
    writer.number(event.time.micros().to_le_bytes());
    writer.bytes(&event.identity.0.to_be_bytes());
    writer.bytes(&copy.0);
    writer.bytes(&digest.0);
    writer.byte(rank_number(event.rank));
    writer.number(written.to_le_bytes());
    write_said(writer, event);
}

/// The columns from `present` on.
fn write_said(writer: &mut Writer, event: &Event) {
    writer.number(present(event).to_le_bytes());
    writer.byte(event.class().index() as u8);
    writer.byte(u8::from(event.outcome == Outcome::Failure));
    writer.number(event.status.unwrap_or_default().to_le_bytes());
    let latency = event.latency_ms.as_ref();
    writer.number(latency.map_or(0.0, Number::value).to_le_bytes());
    writer.bytes(latency.map_or("", Number::as_str).as_bytes());
    writer.number(event.kinds.bits().to_le_bytes());
    writer.byte(hostile(event));
    writer.bytes(event.ip.as_deref().map(address_digits).unwrap_or_default().as_bytes());
    writer.bytes(event.workspace.as_deref().unwrap_or_default().as_bytes());
    let changes = event.changes.as_ref().map(|changes| serde_json::to_string(changes).unwrap_or_default());
    writer.bytes(changes.unwrap_or_default().as_bytes());
    writer.texts(event.values(Field::Changes).into_iter());
    writer.bytes(event.record.as_str().as_bytes());
    writer.bytes(folded(event.record.as_str()).as_bytes());
    for (field, _) in TEXTS {
        let text = event.values(field).first().copied().unwrap_or_default();
        writer.bytes(text.as_bytes());
        writer.bytes(folded(text).as_bytes());
    }
}

/// What a row of [`names`] is, and whether it says what its digest was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// When it happened.
    pub time: Timestamp,
    /// Whose it is.
    pub source: String,
    /// The system's name for it.
    pub id: String,
    /// Whether it is as it was written.
    pub is_as_written: bool,
}

/// Reads a row of [`names`] and holds what it says to its digest, byte by byte.
pub fn check(reader: &mut Reader<'_>) -> Result<Checked, Malformed> {
    let time = Timestamp::checked_from_micros(reader.i64()?).ok_or(Malformed)?;
    let (_identity, _copy) = (reader.bytes()?, reader.bytes()?);
    let stored = reader.bytes()?;
    let rank = reader.byte()?;
    reader.u64()?;
    let mut said = Writer::default();
    said.byte(rank);
    // The digest says the same of a row whatever part it came under.
    said.number((reader.u32()? & !(1 << WORKSPACE)).to_le_bytes());
    let (mut source, mut id) = (String::new(), String::new());
    for (name, kind) in definitions().iter().skip_while(|(name, _)| name != "present").skip(1) {
        match *kind {
            "UInt8" => said.byte(reader.byte()?),
            "UInt16" => said.number(reader.u16()?.to_le_bytes()),
            "Int64" | "Float64" => said.number(reader.u64()?.to_le_bytes()),
            "Array(String)" => {
                let texts = reader.texts()?;
                said.texts(texts.into_iter());
            }
            _ => {
                let text = reader.bytes()?;
                match name.as_str() {
                    "source" => source = String::from_utf8_lossy(text).into_owned(),
                    "id" => id = String::from_utf8_lossy(text).into_owned(),
                    _ => {}
                }
                said.bytes(if name == "workspace" { b"" } else { text });
            }
        }
    }
    let is_as_written = first_half(&said.0).0 == stored;
    Ok(Checked { time, source, id, is_as_written })
}

/// Reads a row of [`read_names`].
pub fn read(reader: &mut Reader<'_>) -> Result<Event, Malformed> {
    let time = Timestamp::checked_from_micros(reader.i64()?).ok_or(Malformed)?;
    let identity = Identity(u128::from_be_bytes(reader.bytes()?.try_into().map_err(|_| Malformed)?));
    let rank = rank_of(reader.byte()?);
    let present = reader.u32()?;
    let has = |bit: u32| present & 1 << bit != 0;
    let outcome = if reader.byte()? == 0 { Outcome::Success } else { Outcome::Failure };
    let status = reader.i64()?;
    let latency = reader.text()?;
    let kinds = KindSet::from_bits(reader.u16()? & ((1 << Kind::ALL.len()) - 1));
    let workspace = reader.text()?;
    let changes = reader.text()?;
    let record = reader.text()?;
    // What is kept as a record is looked into as JSON without further ado.
    Node::parse(record).map_err(|_| Malformed)?;
    let mut texts = Vec::with_capacity(TEXTS.len());
    for bit in 0..TEXTS.len() as u32 {
        let text = reader.text()?;
        texts.push(has(bit).then(|| text.to_owned()));
    }
    let mut texts = texts.into_iter();
    let mut next = || texts.next().flatten();
    Ok(Event {
        source: next().ok_or(Malformed)?.into(),
        provider: next().ok_or(Malformed)?.into(),
        workspace: has(WORKSPACE).then(|| Arc::from(workspace)),
        id: next(),
        time,
        status: has(STATUS).then_some(status),
        outcome,
        as_read: None,
        action: next(),
        method: next(),
        endpoint: next(),
        actor: Actor { kind: next(), id: next(), name: next(), email: next() },
        target: Target { kind: next(), id: next(), name: next() },
        organization: next(),
        project: next(),
        ip: next(),
        client: next(),
        user_agent: next(),
        latency_ms: if has(LATENCY) { Some(Number::parse(latency).ok_or(Malformed)?) } else { None },
        request_id: next(),
        message: next(),
        changes: if has(CHANGES) { Some(read_changes(changes)?) } else { None },
        kinds,
        identity,
        rank,
        record: Record::from_kept(record),
    })
}

fn read_changes(text: &str) -> Result<Vec<Change>, Malformed> {
    let side = |node: Node<'_>, name: &str| node.member(name).map(Json::from_node);
    let change = |node: Node<'_>| {
        let op = node.member("op").and_then(Node::text).ok_or(Malformed)?;
        Ok(Change {
            op: ChangeOp::named(&op).ok_or(Malformed)?,
            path: node.member("path").and_then(Node::text).ok_or(Malformed)?.into_owned(),
            before: side(node, "before"),
            after: side(node, "after"),
        })
    };
    Node::parse(text).map_err(|_| Malformed)?.elements().map(change).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::laws::given;

    /// What a server would answer of rows that were put in.
    fn answered(rows: &[u8]) -> Vec<u8> {
        let mut reader = Reader::new(rows);
        let mut writer = Writer::default();
        while !reader.is_empty() {
            let mut read = || -> Result<(), Malformed> {
                let mut head = Writer::default();
                head.number(reader.i64()?.to_le_bytes());
                head.bytes(reader.bytes()?);
                reader.bytes()?;
                reader.bytes()?;
                head.byte(reader.byte()?);
                reader.u64()?;
                head.number(reader.u32()?.to_le_bytes());
                reader.byte()?;
                head.byte(reader.byte()?);
                head.number(reader.i64()?.to_le_bytes());
                reader.u64()?;
                head.bytes(reader.bytes()?);
                head.number(reader.u16()?.to_le_bytes());
                reader.byte()?;
                reader.bytes()?;
                head.bytes(reader.bytes()?);
                head.bytes(reader.bytes()?);
                for _ in 0..reader.byte()? {
                    reader.bytes()?;
                }
                head.bytes(reader.bytes()?);
                reader.bytes()?;
                for _ in TEXTS {
                    head.bytes(reader.bytes()?);
                    reader.bytes()?;
                }
                writer.0.extend(head.0);
                Ok(())
            };
            read().expect("as it was written");
        }
        writer.0
    }

    proptest! {
        #[test]
        fn an_entry_comes_out_as_it_went_in(events in prop::collection::vec(given::event(), 0..5)) {
            let mut writer = Writer::default();
            for (place, event) in events.iter().enumerate() {
                write(&mut writer, event, copy_name(event.identity, 1, 2, place), digest(event), 1);
            }
            let answer = answered(&writer.0);
            let mut reader = Reader::new(&answer);
            for event in &events {
                prop_assert_eq!(read(&mut reader), Ok(event.clone()));
            }
            prop_assert!(reader.is_empty());
        }
    }

    #[test]
    fn addresses_are_digits_in_their_order() {
        assert_eq!(address_digits("10.0.0.9"), "00000000000000000000ffff0a000009");
        assert_eq!(address_digits("::ffff:10.0.0.9"), address_digits("10.0.0.9"));
        assert_eq!(address_digits("2001:db8::1"), "20010db8000000000000000000000001");
        assert_eq!(address_digits("10.0.0.300"), "");
    }

    #[test]
    fn a_copy_that_says_the_same_under_another_part_is_the_same() {
        let event = given::plain_event(1, 1);
        let under = |part: &str| Event { workspace: Some(part.into()), ..event.clone() };
        assert_eq!(digest(&under("a")), digest(&under("b")));
        let richer = Event { rank: Rank::Single, ..event.clone() };
        assert_ne!(digest(&event), digest(&richer));
        assert_eq!(definitions().len(), 60);
    }
}
