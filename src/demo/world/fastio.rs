//! The file store's logs: people and agents in two workspaces.

use serde::Serialize;

use crate::demo::calendar::{Calendar, HOUR, MINUTE, Rhythm};
use crate::demo::cast::{self, ADMIN, PEOPLE, Person, VICTIM, hostile};
use crate::demo::random::Random;
use crate::timestamp::{SECOND, Timestamp};

use super::{Record, WORKSPACES};

#[derive(Debug, Clone, Serialize)]
struct Row {
    id: String,
    timestamp: String,
    actor: Actor,
    action: &'static str,
    resource: Resource,
    ip_address: Option<&'static str>,
}

#[derive(Debug, Clone, Serialize)]
struct Actor {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    name: String,
}

#[derive(Debug, Clone, Serialize)]
struct Resource {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    path: Option<String>,
}

/// The agents, their ids and where they run.
const AGENTS: [(&str, &str, &str); 4] = [
    ("agt_12345", "DataProcessorBot", "192.168.1.50"),
    ("agt_20417", "OpenClaw", "192.168.1.51"),
    ("agt_33180", "ReportSummarizer", "10.20.9.4"),
    ("agt_90210", "sync-helper", cast::INTRUDER_IP),
];

/// What is done to files and how often by people and by agents.
const ACTIONS: [(&str, u64, u64); 12] = [
    ("file.download", 240, 420),
    ("file.upload", 210, 260),
    ("file.read", 260, 300),
    ("file.rename", 40, 30),
    ("file.delete", 18, 4),
    ("folder.create", 34, 40),
    ("share.create", 24, 0),
    ("comment.add", 70, 60),
    ("workspace.invite", 4, 0),
    ("role.update", 3, 0),
    ("auth.login", 90, 0),
    ("auth.login_failed", 6, 0),
];

const FOLDERS: [&str; 6] =
    ["/reports", "/flight-telemetry/raw", "/calibration", "/Prüfberichte/2026", "/fixtures/cad", "/試験記録"];
const FILES: [&str; 7] = [
    "q1_financials.pdf",
    "run-summary.csv",
    "burn-in.parquet",
    "board rev C.step",
    "Schlussbericht (final) v2.docx",
    "校正証明書.pdf",
    "notes.md",
];

/// Entries of the ordinary week, and of the quarter before it.
const ORDINARY: usize = 2_230;
const EARLIER: usize = 560;

pub(super) fn log(seed: u64, calendar: Calendar) -> Vec<Record> {
    let mut random = Random::new(seed, "files");
    let mut rows = Vec::with_capacity(3_100);
    for (stretch, count) in [(calendar.before_the_week(88), EARLIER), (calendar.week(), ORDINARY)] {
        for time in Rhythm::new(stretch).draw_all(&mut random, count) {
            let workspace = usize::from(random.chance(380));
            rows.push((time, workspace, ordinary(&mut random)));
        }
    }
    rows.extend(night(&mut random, calendar));
    rows.extend(oddities(calendar));
    rows.sort_by_key(|(time, ..)| *time);
    // Each workspace counts for itself: its ids are unique in it alone.
    let mut counted = [987_600_000_u64; WORKSPACES.len()];
    let numbered = rows.into_iter().map(|(time, workspace, mut row)| {
        let time = time.plus(-time.micros().rem_euclid(SECOND));
        counted[workspace] += 1;
        row.id = format!("evt_{}", counted[workspace]);
        row.timestamp = time.rfc3339(0);
        Record { workspace: Some(WORKSPACES[workspace]), ..Record::new(time, &row) }
    });
    numbered.collect()
}

fn row(actor: Actor, action: &'static str, resource: Resource, ip: Option<&'static str>) -> Row {
    Row { id: String::new(), timestamp: String::new(), actor, action, resource, ip_address: ip }
}

fn human(person: &Person) -> Actor {
    Actor { kind: "human", id: format!("usr_{:03}", person.number), name: person.name.to_owned() }
}

fn agent(number: usize) -> Actor {
    Actor { kind: "agent", id: AGENTS[number].0.to_owned(), name: AGENTS[number].1.to_owned() }
}

fn resource(kind: &'static str, id: impl Into<String>, path: Option<&str>) -> Resource {
    Resource { kind, id: id.into(), path: path.map(str::to_owned) }
}

fn ordinary(random: &mut Random) -> Row {
    let by_agent = random.chance(450);
    let (action, ..) = random.weighted(&ACTIONS, |action| if by_agent { action.2 } else { action.1 });
    let resource = match *action {
        "workspace.invite" | "role.update" => {
            let whom = random.pick(&PEOPLE);
            resource("user", format!("usr_{:03}", whom.number), Some(whom.name))
        }
        "auth.login" | "auth.login_failed" => resource("session", "", None),
        "folder.create" => resource("folder", random.uuid(), Some(*random.pick(&FOLDERS))),
        _ => {
            // A few hundred files, so that a file has a history.
            let number = random.below(400);
            let folder = FOLDERS[(number % FOLDERS.len() as u64) as usize];
            let file = FILES[(number % FILES.len() as u64) as usize];
            resource("file", format!("file_{number:04}"), Some(&format!("{folder}/{number:04}-{file}")))
        }
    };
    if by_agent {
        let number = random.below(3) as usize;
        row(agent(number), action, resource, Some(AGENTS[number].2))
    } else {
        let person = random.weighted(&PEOPLE, |person| person.busy);
        row(human(person), action, resource, Some(person.ip))
    }
}

/// The night: a login, a role, an agent let loose; and the morning, when it is thrown out.
fn night(random: &mut Random, calendar: Calendar) -> Vec<(Timestamp, usize, Row)> {
    let start = calendar.incident();
    let ip = Some(cast::INTRUDER_IP);
    let session = || resource("session", "", None);
    let bot = || resource("agent", AGENTS[3].0, Some(AGENTS[3].1));
    let mut rows = vec![
        (start.plus(31 * MINUTE), 0, row(human(VICTIM), "auth.login_failed", session(), ip)),
        (start.plus(31 * MINUTE + 40 * SECOND), 0, row(human(VICTIM), "auth.login", session(), ip)),
        (
            start.plus(41 * MINUTE),
            0,
            row(human(VICTIM), "role.update", resource("user", "usr_007", Some(VICTIM.name)), ip),
        ),
        (start.plus(43 * MINUTE), 0, row(human(VICTIM), "agent.create", bot(), ip)),
        (start.plus(44 * MINUTE), 0, row(human(VICTIM), "role.update", bot(), ip)),
        (
            start.plus(75 * MINUTE),
            0,
            row(human(VICTIM), "workspace.export", resource("workspace", WORKSPACES[0], None), ip),
        ),
        (start.plus(5 * HOUR + 52 * MINUTE), 0, row(human(ADMIN), "auth.login", session(), Some(ADMIN.ip))),
        (start.plus(6 * HOUR), 0, row(human(ADMIN), "agent.delete", bot(), Some(ADMIN.ip))),
        (
            start.plus(6 * HOUR + 4 * MINUTE),
            0,
            row(human(ADMIN), "role.update", resource("user", "usr_007", Some(VICTIM.name)), Some(ADMIN.ip)),
        ),
    ];
    for (action, minute, count) in [("file.download", 46, 120_i64), ("file.delete", 56, 64)] {
        for number in 0..count {
            let file = resource(
                "file",
                format!("file_9{number:03}"),
                Some(&format!("/flight-telemetry/raw/9{number:03}-{}", FILES[2])),
            );
            let time = start.plus(minute * MINUTE + number * 4 * SECOND + random.between(0, SECOND));
            rows.push((time, 0, row(agent(3), action, file, ip)));
        }
    }
    let denied = resource("workspace", WORKSPACES[1], None);
    rows.push((start.plus(64 * MINUTE), 1, row(agent(3), "workspace.access_denied", denied, ip)));
    rows
}

/// File names that try to deceive, and values that are empty, missing or long.
fn oddities(calendar: Calendar) -> Vec<(Timestamp, usize, Row)> {
    let start = calendar.at(1, 13, 30);
    let long = format!("/{}.bin", "deep/".repeat(160));
    let paths = [
        Some("/reports/invoice\u{202e}fdp.exe"),
        Some(hostile::C1),
        Some(hostile::FORMULA),
        Some("@SUM(1+1)*cmd|' /C calc'!A0"),
        Some("/tmp/\u{1b}[8mhidden\u{1b}[0m"),
        Some(""),
        Some(&long),
        None,
    ];
    let mut rows: Vec<_> = (0..)
        .zip(paths)
        .map(|(number, path)| {
            let name = if number == 5 { "" } else { hostile::ZERO_WIDTH };
            let actor = Actor { kind: "agent", id: "agt_66666".to_owned(), name: name.to_owned() };
            let ip = (number != 7).then_some("2001:db8:bad::66");
            (
                start.plus(number * 90 * SECOND),
                1,
                row(actor, "file.upload", resource("file", format!("file_odd{number}"), path), ip),
            )
        })
        .collect();
    // The file that the configuration's example names.
    rows.push((
        start,
        1,
        row(human(ADMIN), "file.read", resource("file", "file_1", Some("/reports/file 1.pdf")), None),
    ));
    rows
}
