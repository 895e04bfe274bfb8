//! Every record of the world, read by its system's descriptor.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, LazyLock};

use auditty::demo::{Record, System};
use auditty::event::{Class, Event, Kind, Outcome, Rank};
use auditty::json::Node;
use auditty::provider::mapping::Context;
use auditty::provider::registry::{Recognition, Registry};
use serde_json::Value;

use super::WORLD;

pub type Mapped = Vec<(Event, &'static Record)>;

/// The entries of a system's records, in their order, single records where there are some.
pub fn mapped(system: System) -> &'static Mapped {
    static ALL: LazyLock<[Mapped; 5]> = LazyLock::new(|| System::ALL.map(map));
    &ALL[system as usize]
}

fn map(system: System) -> Mapped {
    let provider = Registry::shipped().get(system.provider()).expect("a shipped descriptor");
    let read = |record: &'static Record| {
        let context = Context {
            source: system.source().into(),
            provider: system.provider().into(),
            workspace: record.workspace.map(Arc::from),
            rank: if record.single.is_some() { Rank::Single } else { Rank::ListRow },
        };
        let text = record.single.as_deref().unwrap_or(&record.json);
        let node = Node::parse(text).expect("valid JSON");
        (provider.mapping.event(node, &context).expect(text), record)
    };
    WORLD.records(system).iter().map(read).collect()
}

#[test]
fn every_record_becomes_an_entry_that_keeps_it() {
    for system in System::ALL {
        let id = match system {
            System::Tofupilot => "request_id",
            System::Fileguard => "audit_id",
            System::Fastio | System::Fastpki | System::Logfire => "id",
        };
        let mut identities = HashSet::new();
        for (event, record) in mapped(system) {
            assert_eq!(event.time, record.time);
            assert_eq!(event.record.as_str(), record.single.as_deref().unwrap_or(&record.json));
            let row: Value = serde_json::from_str(&record.json).expect("valid JSON");
            let written = row[id].as_str().map_or_else(|| row[id].to_string(), str::to_owned);
            assert_eq!(event.id.as_ref(), Some(&written));
            assert!(identities.insert(event.identity), "{}", record.json);
        }
    }
}

#[test]
fn every_record_is_recognised_in_a_file() {
    let registry = Registry::shipped();
    // Of the many requests, which are much alike, a share will do.
    let some = |system: System| {
        let step = if system == System::Tofupilot { 20 } else { 1 };
        WORLD.records(system).iter().step_by(step).map(move |record| (system, record))
    };
    for (system, record) in System::ALL.into_iter().flat_map(some) {
        let node = Node::parse(&record.json).expect("valid JSON");
        let Recognition::Provider(provider) = registry.recognise(node) else {
            panic!("of no system: {}", record.json);
        };
        assert_eq!(&*provider.name, system.provider());
    }
}

#[test]
fn classes_clients_and_kinds_are_all_there() {
    let count = |system: System, test: &dyn Fn(&Event) -> bool| {
        mapped(system).iter().filter(|(event, _)| test(event)).count()
    };
    let mut clients = BTreeMap::<_, usize>::new();
    for (event, _) in mapped(System::Tofupilot) {
        *clients.entry(event.client.as_deref().unwrap_or_default()).or_default() += 1;
        assert!(event.status.is_some() && event.latency_ms.is_some());
    }
    let names: Vec<_> = clients.into_keys().collect();
    assert_eq!(names, ["C#", "C++", "CLI", "HTTP", "MATLAB", "Python", "Rust"]);
    for class in [Class::S2xx, Class::S3xx, Class::S4xx, Class::S5xx] {
        assert!(count(System::Tofupilot, &|event| event.class() == class) > 200, "{class:?}");
    }
    assert!(
        count(System::Tofupilot, &|event| event.target.name.as_deref().is_some_and(|n| n.starts_with("nw-")))
            > 500
    );
    let failed = |event: &Event| event.outcome == Outcome::Failure;
    let logins = WORLD.records(System::Fastpki).iter().filter(|r| r.json.contains("login_failure")).count();
    assert_eq!(count(System::Fastpki, &failed), logins);
    let denied =
        |record: &&Record| record.json.contains("login_failed") || record.json.contains("access_denied");
    let denied = WORLD.records(System::Fastio).iter().filter(denied).count();
    assert!(denied > 2);
    assert_eq!(count(System::Fastio, &failed), denied);
    assert_eq!(count(System::Logfire, &failed) + count(System::Fileguard, &failed), 0);
    for (system, kinds) in [
        (
            System::Fastio,
            vec![Kind::Create, Kind::Update, Kind::Delete, Kind::Read, Kind::Login, Kind::Role, Kind::Export],
        ),
        (
            System::Fastpki,
            vec![Kind::Create, Kind::Update, Kind::Delete, Kind::Login, Kind::Role, Kind::Key, Kind::Export],
        ),
        (System::Fileguard, vec![Kind::Create, Kind::Update, Kind::Delete, Kind::Key]),
        (System::Tofupilot, vec![Kind::Create, Kind::Update, Kind::Delete, Kind::Read, Kind::Key]),
        (
            System::Logfire,
            vec![Kind::Create, Kind::Update, Kind::Delete, Kind::Login, Kind::Logout, Kind::Key],
        ),
    ] {
        for kind in kinds {
            assert!(count(system, &|event| event.kinds.contains(kind)) > 0, "{system:?} {kind:?}");
        }
    }
}

#[test]
fn changes_are_read_from_pairs_and_from_undo_patches() {
    let status =
        mapped(System::Fileguard).iter().filter(|(_, record)| record.json.contains("previous_status"));
    let mut seen = 0;
    for (event, _) in status {
        let changes = event.changes.as_ref().expect("a pair is a change");
        seen += 1;
        assert!(
            changes.len() == 1 && changes[0].path == "/status" && changes[0].after.is_some(),
            "{changes:?}"
        );
    }
    assert!(seen > 20);
    let (mut none, mut nothing, mut some) = (0, 0, 0);
    for (event, record) in mapped(System::Logfire) {
        let single: Value = serde_json::from_str(event.record.as_str()).expect("valid JSON");
        match (single["downgrade_patches"].as_array().map(Vec::len), &event.changes) {
            (None, None) => none += 1,
            (Some(0), Some(changes)) if changes.is_empty() => nothing += 1,
            (Some(_), Some(changes)) if !changes.is_empty() => some += 1,
            (_, changes) => panic!("{changes:?} of {}", record.json),
        }
    }
    assert!(none > 800 && nothing > 1 && some > 100, "{none} {nothing} {some}");
}
