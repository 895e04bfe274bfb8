//! The upload guard's log: keys, contexts, the tenant, files.

use serde::Serialize;
use serde_json::{Value, json};

use crate::demo::calendar::{Calendar, HOUR, MINUTE, Rhythm};
use crate::demo::cast::{self, ADMIN, CLIENTS, PEOPLE, Person, VICTIM, hostile};
use crate::demo::random::{Random, mix};
use crate::timestamp::{SECOND, Timestamp};

use super::Record;

#[derive(Debug, Clone, Serialize)]
struct Row {
    audit_id: String,
    audit_type: &'static str,
    action: &'static str,
    entity_type: &'static str,
    entity_id: String,
    entity_name: Option<String>,
    performed_by_id: String,
    performed_by_name: String,
    performed_by_email: Option<String>,
    performed_by_type: &'static str,
    performed_by_scopes: Vec<&'static str>,
    details: Value,
    ip_address: Option<&'static str>,
    user_agent: Option<&'static str>,
    created_at: String,
}

/// Entries of the ordinary week, and of the quarter before it.
const ORDINARY: usize = 860;
const EARLIER: usize = 320;

/// A key as it stands while the log goes on.
#[derive(Debug)]
struct Key {
    id: String,
    name: String,
    status: &'static str,
}

/// What the log has led to so far, so that each entry follows from those before it.
struct Guard {
    random: Random,
    keys: Vec<Key>,
    /// The most megabytes of an upload, for each context.
    limits: [(&'static str, i64); 3],
    plan: usize,
    files: u64,
}

const PLANS: [&str; 3] = ["starter", "team", "business"];

/// One thing of the story, in its order among the ordinary ones.
enum Entry {
    Ordinary,
    Told(Box<Row>),
}

pub(super) fn log(seed: u64, calendar: Calendar) -> Vec<Record> {
    let mut random = Random::new(seed, "uploads");
    let mut entries = Vec::new();
    for (stretch, count) in [(calendar.before_the_week(88), EARLIER), (calendar.week(), ORDINARY)] {
        let times = Rhythm::new(stretch).draw_all(&mut random, count);
        entries.extend(times.into_iter().map(|time| (time, Entry::Ordinary)));
    }
    let told = story(calendar).into_iter().chain(oddities(calendar));
    entries.extend(told.map(|(time, row)| (time, Entry::Told(Box::new(row)))));
    entries.sort_by_key(|(time, _)| *time);
    let mut guard = Guard {
        random,
        keys: Vec::new(),
        limits: [("patient_reports", 25), ("bench_uploads", 100), ("avatars", 2)],
        plan: 0,
        files: 100,
    };
    let records = (1..).zip(entries).map(|(number, (time, entry))| {
        let time = time.plus(-time.micros().rem_euclid(SECOND));
        let mut row = match entry {
            Entry::Ordinary => guard.ordinary(),
            Entry::Told(row) => *row,
        };
        row.audit_id = format!("aud_{:012x}", mix(number) >> 16);
        row.created_at = time.rfc3339(0);
        Record::new(time, &row)
    });
    records.collect()
}

fn row(
    action: &'static str,
    kind: &'static str,
    id: impl Into<String>,
    name: Option<&str>,
    details: Value,
) -> Row {
    Row {
        audit_id: String::new(),
        audit_type: kind,
        action,
        entity_type: kind,
        entity_id: id.into(),
        entity_name: name.map(str::to_owned),
        performed_by_id: "key_admin123".to_owned(),
        performed_by_name: "Admin Dashboard Key".to_owned(),
        performed_by_email: None,
        performed_by_type: "api_key",
        performed_by_scopes: vec!["admin"],
        details,
        ip_address: Some("10.0.0.1"),
        user_agent: Some("python-requests/2.28.0"),
        created_at: String::new(),
    }
}

impl Row {
    fn by(self, person: &Person) -> Self {
        Self {
            performed_by_id: format!("usr_{:03}", person.number),
            performed_by_name: person.name.to_owned(),
            performed_by_email: Some(person.email.to_owned()),
            performed_by_type: "user",
            ip_address: Some(person.ip),
            user_agent: Some(person.browser),
            ..self
        }
    }

    fn by_the_intruder(self) -> Self {
        let row = self.by(VICTIM);
        Self { ip_address: Some(cast::INTRUDER_IP), user_agent: Some(cast::INTRUDER_AGENT), ..row }
    }
}

fn was_and_is(previous: &str, new: &str) -> Value {
    json!({"previous_status": previous, "new_status": new})
}

impl Guard {
    fn ordinary(&mut self) -> Row {
        match self.random.below(100) {
            0..=49 => self.new_file(),
            50..=69 => {
                let number = self.random.below(self.files);
                let id = format!("file_{number}");
                if self.random.chance(600) {
                    row("deleted", "file", id, Some("upload.pdf"), json!({"reason": "expired"}))
                } else {
                    let details =
                        json!({"previous_context": "bench_uploads", "new_context": "patient_reports"});
                    row("updated", "file", id, Some("upload.pdf"), details).by(self.random.pick(&PEOPLE))
                }
            }
            70..=84 => self.context(),
            85 => self.tenant(),
            _ => self.key(),
        }
    }

    fn new_file(&mut self) -> Row {
        self.files += 1;
        let size = self.random.between(1_000, 90_000_000);
        let name = format!("bench-{:05}.pdf", self.random.below(100_000));
        let details = json!({"size_bytes": size, "context": "bench_uploads", "scan": "clean"});
        let row = row("created", "file", format!("file_{}", self.files), Some(&name), details);
        Row {
            performed_by_id: "key_uploader".to_owned(),
            performed_by_name: "Bench Upload Key".to_owned(),
            performed_by_scopes: vec!["upload", "metadata"],
            ip_address: Some("10.20.1.12"),
            user_agent: Some(CLIENTS[6].0),
            ..row
        }
    }

    fn context(&mut self) -> Row {
        let at = self.random.below(self.limits.len() as u64) as usize;
        let new = *self.random.pick(&[2, 5, 10, 25, 50, 100, 250]);
        let (name, limit) = &mut self.limits[at];
        let details = json!({"previous_max_size_mb": *limit, "new_max_size_mb": new});
        *limit = new;
        row("updated", "context", format!("ctx_{name}"), Some(name), details).by(self.random.pick(&PEOPLE))
    }

    fn tenant(&mut self) -> Row {
        let (previous, new) = (PLANS[self.plan % PLANS.len()], PLANS[(self.plan + 1) % PLANS.len()]);
        self.plan += 1;
        let details =
            json!({"previous_plan": previous, "new_plan": new, "previous_seats": null, "new_seats": 25});
        row("updated", "tenant", "tenant_northwind", Some("Northwind Test"), details).by(ADMIN)
    }

    fn key(&mut self) -> Row {
        let open = self.keys.iter().filter(|key| key.status != "revoked").count();
        let person = self.random.weighted(&PEOPLE, |person| person.busy);
        if open < 6 {
            let number = self.keys.len() as u64;
            let key = Key {
                id: format!("key_{:012x}", mix(!number) >> 16),
                name: format!("Bench key {}", number + 1),
                status: "active",
            };
            let details = json!({"scopes": ["upload", "download"], "expires_in_days": 365});
            let row = row("created", "api_key", &key.id, Some(&key.name), details).by(person);
            self.keys.push(key);
            return row;
        }
        let nth = self.random.below(open as u64) as usize;
        let roll = self.random.below(10);
        let Some(key) = self.keys.iter_mut().filter(|key| key.status != "revoked").nth(nth) else {
            return self.new_file();
        };
        let (action, new) = match (roll, key.status) {
            (0..=1, _) => ("revoked", "revoked"),
            (_, "active") => ("disabled", "disabled"),
            _ => ("enabled", "active"),
        };
        let details = was_and_is(key.status, new);
        key.status = new;
        row(action, "api_key", &key.id, Some(&key.name), details).by(person)
    }
}

/// The history that the system's own page shows, and the night's key, which outlived the morning
/// by a few hours.
fn story(calendar: Calendar) -> Vec<(Timestamp, Row)> {
    let production =
        |action, details| row(action, "api_key", "key_m1n2o3p4q5r6", Some("Production Upload Key"), details);
    let nightly = |action, details| row(action, "api_key", "key_nightlysync", Some("nightly-sync"), details);
    let night = calendar.incident();
    let mut rows = vec![
        (
            calendar.at(40, 10, 0),
            production("created", json!({"scopes": ["upload", "download", "metadata"], "expires_in_days": 365})),
        ),
        (calendar.at(5, 14, 30), production("disabled", was_and_is("active", "disabled")).by(ADMIN)),
        (calendar.at(5, 16, 0), production("enabled", was_and_is("disabled", "active")).by(ADMIN)),
        (calendar.at(30, 11, 0), row("created", "file", "file_1", Some("file 1.pdf"), json!({"size_bytes": 48_211})).by(ADMIN)),
        (
            night.plus(33 * MINUTE),
            nightly("created", json!({"scopes": ["admin", "download", "delete"], "expires_in_days": null}))
                .by_the_intruder(),
        ),
        (night.plus(34 * MINUTE), nightly("enabled", was_and_is("pending", "active")).by_the_intruder()),
        (
            night.plus(35 * MINUTE),
            row(
                "updated",
                "context",
                "ctx_flight_telemetry",
                Some("flight_telemetry"),
                json!({"previous_retention_days": 365, "new_retention_days": 1, "previous_public": false, "new_public": true}),
            )
            .by_the_intruder(),
        ),
        (
            night.plus(2 * HOUR + 7 * MINUTE),
            row(
                "updated",
                "context",
                "ctx_flight_telemetry",
                Some("flight_telemetry"),
                json!({"previous_retention_days": 1, "new_retention_days": 365, "previous_public": true, "new_public": false}),
            )
            .by_the_intruder(),
        ),
        (night.plus(6 * HOUR + 11 * MINUTE), nightly("disabled", was_and_is("active", "disabled")).by(ADMIN)),
        (night.plus(7 * HOUR), nightly("revoked", was_and_is("disabled", "revoked")).by(ADMIN)),
    ];
    for number in 0..12 {
        let file =
            row("deleted", "file", format!("file_{}", 20 + number), Some("telemetry.parquet"), json!({}));
        let file = Row {
            performed_by_id: "key_nightlysync".to_owned(),
            performed_by_name: "nightly-sync".to_owned(),
            ip_address: Some(cast::INTRUDER_IP),
            user_agent: Some(cast::INTRUDER_AGENT),
            ..file
        };
        rows.push((night.plus(58 * MINUTE + number * 5 * SECOND), file));
    }
    rows
}

/// Names that try to deceive, and details that are missing, one-sided or odd.
fn oddities(calendar: Calendar) -> Vec<(Timestamp, Row)> {
    let start = calendar.at(1, 15, 15);
    let named = |name: &str, details| row("created", "api_key", "key_odd", Some(name), details);
    let rows = [
        named(hostile::FORMULA, Value::Null),
        named(hostile::BIDI, json!({"scopes": [], "note": hostile::ESCAPES})),
        row("updated", "context", "ctx_odd", None, json!({"new_max_size_mb": 5})),
        row("updated", "context", "ctx_odd", Some(""), json!({"previous_max_size_mb": 5})),
        row(
            "updated",
            "context",
            "ctx/odd id",
            Some(&"long ".repeat(120)),
            json!({"previous_a/b": null, "new_a/b": {"deep": [1, 2]}}),
        ),
        Row { user_agent: None, ip_address: None, ..named("no client", json!({})) },
    ];
    (0..).zip(rows).map(|(number, row)| (start.plus(number * MINUTE), row)).collect()
}
