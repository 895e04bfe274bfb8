//! Entries for the stage: a week of requests with a daily rhythm and a wave of failures, and an
//! incident in a system without statuses. The same at every run.

use std::sync::Arc;

use crate::event::{Actor, Change, ChangeOp, Event, Identity, Number, Outcome, Rank, Record, Target};
use crate::json::{Json, Node};
use crate::timestamp::{SECOND, Timestamp};

/// A small generator of numbers (`SplitMix64`).
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below.max(1)
    }
}

/// An entry of which only the time is said.
pub(super) fn bare(source: &str, id: &str, time: Timestamp) -> Event {
    Event {
        source: Arc::from(source),
        time,
        identity: Identity::of_id(source, None, id),
        ..crate::query::generate::bare_event(id, "2026-05-18T00:00:00Z")
    }
}

/// A request with a status.
pub(super) fn request(source: &str, number: u64, time: Timestamp, status: i64) -> Event {
    let mut numbers = Numbers(number);
    let station = format!("station-{:02}", numbers.next(14) + 1);
    let (method, endpoint) = [
        ("POST", "/api/v2/runs"),
        ("GET", "/api/v2/runs"),
        ("POST", "/api/v2/units"),
        ("GET", "/api/v2/procedures"),
        ("PATCH", "/api/v2/units/u_81/serial"),
    ][numbers.next(5) as usize];
    let id = format!("req_01hx{:06}7f3kq{:03}", number * 7, number % 997);
    let latency = format!("{}.{}", 20 + numbers.next(400), numbers.next(10));
    let ip = format!("10.0.0.{}", numbers.next(30) + 1);
    let record = format!(
        "{{\"request_id\":\"{id}\",\"timestamp\":\"{}\",\"method\":\"{method}\",\"endpoint\":\"{endpoint}\",\"status\":{status},\
         \"latency_ms\":{latency},\"caller\":\"{station}\",\"source_ip\":\"{ip}\",\"user_agent\":\"tests/2.1\",\
         \"region\":\"eu-1\",\"retries\":{{\"count\":2,\"reasons\":[\"busy\",\"busy\"]}}}}",
        time.rfc3339(3)
    );
    Event {
        request_id: Some(id.clone()),
        status: Some(status),
        outcome: if status >= 400 { Outcome::Failure } else { Outcome::Success },
        as_read: None,
        action: Some(format!("{method} {endpoint}")),
        method: Some(method.to_owned()),
        endpoint: Some(endpoint.to_owned()),
        actor: Actor { name: Some(station), ..Actor::default() },
        ip: Some(ip),
        client: Some("Python".to_owned()),
        user_agent: Some("tests/2.1".to_owned()),
        latency_ms: Number::parse(&latency),
        record: Record::from_node(Node::parse(&record).expect("json")),
        ..bare(source, &id, time)
    }
}

/// A week of requests: more by day than by night, a wave of failures on the Tuesday.
pub(crate) fn week_of_requests(source: &str) -> Vec<Event> {
    let mut numbers = Numbers(7);
    let start = super::week().since;
    let mut events = Vec::new();
    for number in 0..2_400u64 {
        let time = start.plus((numbers.next(7 * 86_400) as i64) * SECOND + 123_456);
        let hour = time.micros().rem_euclid(86_400 * SECOND) / (3_600 * SECOND);
        let by_day = (7..19).contains(&hour);
        if !by_day && numbers.next(5) > 0 {
            continue;
        }
        let wave = time.micros() / (86_400 * SECOND)
            == super::at("2026-05-19T00:00:00Z").micros() / (86_400 * SECOND)
            && (13..15).contains(&hour);
        let status = match numbers.next(100) {
            0..40 if wave => 503,
            0..3 => 404,
            3 => 422,
            4 => 301,
            5..50 => 201,
            _ => 200,
        };
        events.push(request(source, number, time, status));
    }
    events
}

fn json(text: &str) -> Json {
    Json::from_node(Node::parse(text).expect("json"))
}

/// An entry with changes of every kind.
pub(super) fn settings_changed(source: &str, time: Timestamp) -> Event {
    let change = |op, path: &str, before: Option<&str>, after: Option<&str>| Change {
        op,
        path: path.to_owned(),
        before: before.map(json),
        after: after.map(json),
    };
    let record = r#"{"id":"evt_77","created_at":"2026-05-20T09:12:44.500000Z","user_name":"alice","action":"UPDATE","resource_type":"project","record_id":"prj_5","metadata":{"ip":"203.0.113.9","via":"web","flags":[]},"downgrade_patches":[{"op":"replace","path":"/retention_days","value":30}]}"#;
    Event {
        action: Some("UPDATE".to_owned()),
        actor: Actor { name: Some("alice".to_owned()), kind: Some("user".to_owned()), ..Actor::default() },
        target: Target { kind: Some("project".to_owned()), id: Some("prj_5".to_owned()), name: None },
        changes: Some(vec![
            change(ChangeOp::Replace, "/retention_days", Some("30"), Some("7")),
            change(ChangeOp::Replace, "/project_name", Some("\"billing\""), None),
            change(
                ChangeOp::Replace,
                "/alerts",
                Some(r#"{"mail":true,"to":["ops@example.com"],"level":"warn"}"#),
                Some(r#"{"mail":false,"to":["ops@example.com"],"level":"warn"}"#),
            ),
            change(ChangeOp::Add, "/tags/0", None, None),
            change(ChangeOp::Remove, "/owner", Some("\"bob\""), None),
        ]),
        rank: Rank::Single,
        record: Record::from_node(Node::parse(record).expect("json")),
        ..bare(source, "evt_77", time)
    }
}

/// An incident in a system without statuses: failed logins, a success, an export, an agent.
pub(super) fn incident(source: &str) -> Vec<Event> {
    let time = |clock: &str| super::at(&format!("2026-05-20T{clock}Z"));
    let entry = |id: &str, clock: &str, action: &str, actor: &str, kind: Option<&str>| Event {
        action: Some(action.to_owned()),
        outcome: if action.ends_with("failure") { Outcome::Failure } else { Outcome::Success },
        as_read: None,
        actor: Actor { name: Some(actor.to_owned()), kind: kind.map(str::to_owned), ..Actor::default() },
        ip: Some("203.0.113.9".to_owned()),
        ..bare(source, id, time(clock))
    };
    let mut hostile = entry("41", "09:04:10", "user_update", "mallory\u{1b}[2J\u{202e}gpj", None);
    hostile.message = Some("renamed to \u{200b}admin".to_owned());
    vec![
        entry("37", "09:02:11", "login_failure", "mallory", None),
        entry("38", "09:02:15", "login_failure", "mallory", None),
        entry("39", "09:02:31", "login_success", "mallory", None),
        hostile,
        entry("42", "09:06:02", "ca_export_private_key", "mallory", None),
        entry("43", "09:08:40", "delete", "cleanup-bot", Some("agent")),
    ]
}
