//! The observability platform's log: logins, projects and their settings, tokens. An update's
//! single record tells how to undo it, and the undo patches of one project follow from another.

use serde::Serialize;
use serde_json::{Value, json};

use crate::demo::calendar::{Calendar, HOUR, MINUTE, Rhythm};
use crate::demo::cast::{ADMIN, INTRUDER_IP, PEOPLE, Person, VICTIM, hostile};
use crate::demo::random::Random;
use crate::timestamp::Timestamp;

use super::{Record, written};

#[derive(Debug, Clone, Serialize)]
struct Row {
    id: String,
    created_at: String,
    organization_name: &'static str,
    project_name: Option<String>,
    user_name: String,
    action: &'static str,
    resource_type: Option<&'static str>,
    record_id: Option<String>,
    ip_address: Option<&'static str>,
}

/// The single record: the list row and what it changed.
#[derive(Debug, Serialize)]
struct Single<'a> {
    #[serde(flatten)]
    row: &'a Row,
    downgrade_patches: &'a Value,
    metadata: &'a Value,
}

/// Entries of the ordinary week, and of the 200 days before it.
const ORDINARY: usize = 1_060;
const EARLIER: usize = 420;

/// A project as its settings stand while the log goes on.
#[derive(Debug)]
struct Project {
    record: String,
    name: String,
    description: Option<String>,
    retention_days: i64,
    visibility: &'static str,
    /// Whether the label `reviewed` is there.
    reviewed: bool,
}

/// What the log has led to so far.
struct Platform {
    random: Random,
    projects: Vec<Project>,
    /// Tokens that were made and not yet deleted: kind, id, project.
    tokens: Vec<(&'static str, String, usize)>,
    /// The token that the intruder made.
    stolen: Option<String>,
}

/// One thing of the story, in its order among the ordinary ones.
#[derive(Clone, Copy)]
enum Entry {
    Ordinary,
    Login { by: &'static Person, ip: Option<&'static str> },
    Retention { by: &'static Person, ip: Option<&'static str>, days: i64 },
    Rename { by: &'static Person, ip: Option<&'static str>, name: &'static str },
    MakeToken { by: &'static Person, ip: Option<&'static str> },
    DeleteToken { by: &'static Person, ip: Option<&'static str> },
    Odd(usize),
}

/// The project of the night's story, and its proper name.
const TARGET: usize = 0;
const TARGET_NAME: &str = "flight-telemetry";
const RETENTIONS: [i64; 4] = [30, 90, 180, 365];

pub(super) fn log(seed: u64, calendar: Calendar) -> Vec<Record> {
    let mut random = Random::new(seed, "settings");
    let mut entries = Vec::new();
    for (stretch, count) in [(calendar.before_the_week(207), EARLIER), (calendar.week(), ORDINARY)] {
        let times = Rhythm::new(stretch).draw_all(&mut random, count);
        entries.extend(times.into_iter().map(|time| (time, Entry::Ordinary)));
    }
    entries.extend(story(calendar));
    entries.sort_by_key(|(time, _)| *time);
    let names =
        [TARGET_NAME, "bench-supervisor", "calibration", "Prüfdaten", "web-portal", "fastapi-example"];
    let projects = names
        .into_iter()
        .map(|name| Project {
            record: random.uuid(),
            name: name.to_owned(),
            description: None,
            retention_days: 90,
            visibility: "private",
            reviewed: false,
        })
        .collect();
    let mut platform = Platform { random, projects, tokens: Vec::new(), stolen: None };
    entries.into_iter().map(|(time, entry)| platform.record(time, entry)).collect()
}

fn story(calendar: Calendar) -> Vec<(Timestamp, Entry)> {
    let night = calendar.incident();
    let ip = Some(INTRUDER_IP);
    let (by, at) = (VICTIM, |minute: i64| night.plus(minute * MINUTE + 406_901));
    let mut entries = vec![
        (at(26), Entry::Login { by, ip }),
        (at(27), Entry::Retention { by, ip, days: 1 }),
        (at(28), Entry::MakeToken { by, ip }),
        (at(29), Entry::Rename { by, ip, name: "telemetry-old" }),
        (at(125), Entry::Rename { by, ip, name: TARGET_NAME }),
        (at(126), Entry::Retention { by, ip, days: 90 }),
        (night.plus(6 * HOUR + 20 * MINUTE), Entry::Login { by: ADMIN, ip: Some(ADMIN.ip) }),
        (night.plus(6 * HOUR + 31 * MINUTE), Entry::DeleteToken { by: ADMIN, ip: Some(ADMIN.ip) }),
    ];
    let odd = calendar.at(1, 16, 45);
    entries.extend((0..6).map(|number| (odd.plus(number as i64 * MINUTE + 1), Entry::Odd(number))));
    entries
}

impl Platform {
    fn record(&mut self, time: Timestamp, entry: Entry) -> Record {
        let mut patches = Value::Null;
        let mut metadata = Value::Null;
        let mut row = match entry {
            Entry::Ordinary => self.ordinary(&mut patches, &mut metadata),
            Entry::Login { by, ip } => row(by, ip, "LOGIN"),
            Entry::Retention { by, ip, days } => {
                self.retention(TARGET, days, &mut patches, row(by, ip, "UPDATE"))
            }
            Entry::Rename { by, ip, name } => self.rename(TARGET, name, &mut patches, row(by, ip, "UPDATE")),
            Entry::MakeToken { by, ip } => {
                let id = self.random.uuid();
                self.stolen = Some(id.clone());
                self.token("write_tokens", id, TARGET, row(by, ip, "INSERT"))
            }
            Entry::DeleteToken { by, ip } => {
                let id = self.stolen.take().unwrap_or_default();
                self.token("write_tokens", id, TARGET, row(by, ip, "DELETE"))
            }
            Entry::Odd(number) => odd(number, &mut patches, &mut metadata),
        };
        row.id = self.random.uuid();
        row.created_at = time.rfc3339(6);
        let single = Single { row: &row, downgrade_patches: &patches, metadata: &metadata };
        Record { single: Some(written(&single)), ..Record::new(time, &row) }
    }

    fn ordinary(&mut self, patches: &mut Value, metadata: &mut Value) -> Row {
        let by = self.random.weighted(&PEOPLE, |person| person.busy);
        let ip = (!self.random.chance(40)).then_some(by.ip);
        // The story's project is left alone by the ordinary ones, but for its tokens.
        let project = self.random.between(1, self.projects.len() as i64) as usize;
        match self.random.below(100) {
            0..=34 => {
                *metadata = json!({"method": self.random.pick(&["sso", "password", "passkey"])});
                row(by, ip, "LOGIN")
            }
            35..=54 => row(by, ip, "LOGOUT"),
            55..=69 => {
                let kind = *self.random.pick(&["read_tokens", "write_tokens"]);
                let project = if kind == "read_tokens" { TARGET } else { project };
                let id = self.random.uuid();
                self.tokens.push((kind, id.clone(), project));
                self.token(kind, id, project, row(by, ip, "INSERT"))
            }
            70..=79 if !self.tokens.is_empty() => {
                let token = self.random.below(self.tokens.len() as u64) as usize;
                let (kind, id, project) = self.tokens.swap_remove(token);
                self.token(kind, id, project, row(by, ip, "DELETE"))
            }
            80..=84 => {
                let days = *self.random.pick(&RETENTIONS);
                self.retention(project, days, patches, row(by, ip, "UPDATE"))
            }
            _ => self.update(project, patches, row(by, ip, "UPDATE")),
        }
    }

    fn of(&self, project: usize, row: Row) -> Row {
        let project = &self.projects[project];
        let (name, record) = (project.name.clone(), project.record.clone());
        Row { project_name: Some(name), resource_type: Some("projects"), record_id: Some(record), ..row }
    }

    /// Keeps entries so many days; where that is what they were kept, nothing changed.
    fn retention(&mut self, project: usize, days: i64, patches: &mut Value, row: Row) -> Row {
        let was = std::mem::replace(&mut self.projects[project].retention_days, days);
        *patches = if was == days { json!([]) } else { json!([undo("/retention_days", was)]) };
        self.of(project, row)
    }

    fn rename(&mut self, project: usize, name: &str, patches: &mut Value, row: Row) -> Row {
        let was = std::mem::replace(&mut self.projects[project].name, name.to_owned());
        *patches = json!([undo("/project_name", was)]);
        self.of(project, row)
    }

    /// Some other change of a project's settings.
    fn update(&mut self, project: usize, patches: &mut Value, row: Row) -> Row {
        let words = format!("Benches of hall {}", self.random.below(9) + 1);
        let roll = self.random.below(5);
        let settings = &mut self.projects[project];
        *patches = match roll {
            0 => json!([undo("/description", settings.description.replace(words))]),
            1 => {
                let was = settings.visibility;
                settings.visibility = if was == "private" { "public" } else { "private" };
                json!([undo("/visibility", was)])
            }
            2 => {
                let was = settings.name.clone();
                settings.name = match was.strip_suffix("-next") {
                    Some(name) => name.to_owned(),
                    None => format!("{was}-next"),
                };
                let before = settings.description.take();
                json!([undo("/project_name", was), undo("/description", before)])
            }
            _ => {
                settings.reviewed = !settings.reviewed;
                // To undo an addition is to remove, and the other way round.
                if settings.reviewed {
                    json!([{"op": "remove", "path": "/labels/reviewed"}])
                } else {
                    json!([{"op": "add", "path": "/labels/reviewed", "value": {"by": "qa", "level": 2}}])
                }
            }
        };
        self.of(project, row)
    }

    fn token(&self, kind: &'static str, id: String, project: usize, row: Row) -> Row {
        let name = self.projects[project].name.clone();
        Row { project_name: Some(name), resource_type: Some(kind), record_id: Some(id), ..row }
    }
}

fn row(by: &Person, ip: Option<&'static str>, action: &'static str) -> Row {
    Row {
        id: String::new(),
        created_at: String::new(),
        organization_name: "northwind-test",
        project_name: None,
        user_name: by.name.to_owned(),
        action,
        resource_type: None,
        record_id: None,
        ip_address: ip,
    }
}

fn undo(path: &str, was: impl Into<Value>) -> Value {
    json!({"op": "replace", "path": path, "value": was.into()})
}

/// Names that try to deceive, and patches of every form that RFC 6902 has.
fn odd(number: usize, patches: &mut Value, metadata: &mut Value) -> Row {
    let names = [hostile::BIDI, hostile::FORMULA, hostile::ESCAPES, "", hostile::ZERO_WIDTH, "Ω≈ç√∫˜µ≤≥÷"];
    *patches = match number {
        0 => json!([undo("/description", hostile::ESCAPES)]),
        1 => json!([{"op": "test", "path": "/a", "value": 1}, {"op": "move", "from": "/a", "path": "/b"}]),
        2 => json!([
            undo("/settings/with~1slash/and~0tilde", Value::Null),
            undo("/list/0", json!([1, {"two": 2.50}]))
        ]),
        3 => json!([]),
        4 => {
            json!([{"op": "copy", "from": "/x", "path": "/y"}, {"op": "add", "path": "/tags/-", "value": hostile::C1}])
        }
        _ => json!([undo("/description", "word ".repeat(700))]),
    };
    *metadata = json!({"note": names[number], "nested": {"list": [null, true, {"n": number}]}});
    let name = Some(names[number].to_owned());
    let record = Some(format!("00000000-0000-4000-8000-{number:012}"));
    let row = row(ADMIN, None, "UPDATE");
    Row { project_name: name, resource_type: Some("projects"), record_id: record, ..row }
}
