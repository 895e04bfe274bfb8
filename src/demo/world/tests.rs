//! The world is what its page says: the same for everybody, well-formed, believable, traceable.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::demo::calendar::{Calendar, HOUR};
use crate::demo::cast;
use crate::demo::{System, WORKSPACES, World};
use crate::interval::Interval;
use crate::text;
use crate::timestamp::{DAY, Timestamp};

use super::Record;

/// A Thursday.
const END: &str = "2026-05-21T10:00:00Z";

static WORLD: LazyLock<World> =
    LazyLock::new(|| World::generate(World::SEED, Timestamp::parse(END).expect("a time")));

fn calendar() -> Calendar {
    Calendar { end: WORLD.end() }
}

fn json(record: &Record) -> Value {
    serde_json::from_str(&record.json).expect("valid JSON")
}

fn digest(world: &World) -> String {
    let mut hash = Sha256::new();
    for record in System::ALL.iter().flat_map(|system| world.records(*system)) {
        hash.update(record.time.to_string());
        hash.update(record.workspace.unwrap_or_default());
        hash.update(&*record.json);
        hash.update(record.single.as_deref().unwrap_or_default());
    }
    hash.finalize().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[test]
fn the_same_seed_and_hour_give_the_same_bytes_on_every_machine() {
    // Were the order of a hash map or a float's last digit in it, this would not hold from run to run.
    assert_eq!(digest(&WORLD), "34098617c60b5f822db450c53861e49661cf051c37b1cb4d99ba1021737df4ce");
    let later_in_the_hour = WORLD.end().plus(HOUR - 1);
    assert!(World::generate(World::SEED, later_in_the_hour) == *WORLD);
    assert_ne!(digest(&World::generate(World::SEED + 1, WORLD.end())), digest(&WORLD));
}

#[test]
fn each_log_has_its_size_its_order_and_its_times() {
    for (system, least, most, in_week) in [
        (System::Tofupilot, 58_000, 62_000, 58_000),
        (System::Fastio, 2_800, 3_300, 2_300),
        (System::Fastpki, 2_300, 2_700, 2_300),
        (System::Fileguard, 1_100, 1_300, 850),
        (System::Logfire, 1_400, 1_600, 1_000),
    ] {
        let records = WORLD.records(system);
        assert!((least..=most).contains(&records.len()), "{system:?}: {}", records.len());
        assert!(records.is_sorted_by(|a, b| a.time >= b.time), "{system:?}");
        assert!(records.iter().all(|record| record.time < WORLD.end()), "{system:?}");
        assert!(WORLD.end().micros() - records[0].time.micros() < 6 * HOUR, "{system:?} goes on to the end");
        let week = calendar().week();
        let inside = records.iter().filter(|record| week.contains(record.time)).count();
        assert!(
            inside >= in_week && (system == System::Tofupilot || inside < records.len()),
            "{system:?}: {inside}"
        );
        let (id, time) = match system {
            System::Tofupilot => ("request_id", "timestamp"),
            System::Fastio => ("id", "timestamp"),
            System::Fileguard => ("audit_id", "created_at"),
            System::Fastpki | System::Logfire => ("id", "created_at"),
        };
        let mut ids = HashSet::new();
        for record in records {
            let row = json(record);
            let written = row[time].as_str().and_then(Timestamp::parse);
            assert_eq!(written, Some(record.time), "{}", record.json);
            assert!(ids.insert((record.workspace, row[id].to_string())), "{} comes twice", row[id]);
            assert_eq!(record.single.is_some(), system == System::Logfire);
        }
    }
}

#[test]
fn times_of_the_logs_are_written_as_their_systems_write_them() {
    let texts = |system: System, key: &str| -> Vec<String> {
        WORLD.records(system).iter().map(|r| json(r)[key].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert!(texts(System::Tofupilot, "timestamp").iter().all(|text| text.len() == 24 && text.ends_with('Z')));
    assert!(texts(System::Fastio, "timestamp").iter().all(|text| text.len() == 20 && text.ends_with('Z')));
    assert!(texts(System::Fileguard, "created_at").iter().all(|text| text.len() == 20));
    assert!(texts(System::Logfire, "created_at").iter().all(|text| text.len() == 27 && text.ends_with('Z')));
    let pki = texts(System::Fastpki, "created_at");
    assert!(pki.iter().all(|text| !text.ends_with('Z') && (text.len() == 26 || text.len() == 19)));
    assert!(pki.iter().any(|text| text.len() == 19), "a whole second has no fraction");
}

#[test]
fn ids_of_the_two_workspaces_meet() {
    let ids = |workspace| -> HashSet<String> {
        let records = WORLD.records(System::Fastio).iter();
        records.filter(|r| r.workspace == Some(workspace)).map(|r| r.value("/id")).collect()
    };
    let (first, second) = (ids(WORKSPACES[0]), ids(WORKSPACES[1]));
    assert!(first.len() > 1_000 && second.len() > 500 && !first.is_disjoint(&second));
}

/// How many requests of a stretch have a status of this beginning, of how many.
fn share(stretch: Interval, status: &str) -> (usize, usize) {
    let inside = || WORLD.records(System::Tofupilot).iter().filter(|r| stretch.contains(r.time));
    (inside().filter(|r| r.value("/status").starts_with(status)).count(), inside().count())
}

#[test]
fn two_waves_of_failures_and_a_storm_stand_out() {
    let calendar = calendar();
    for (wave, least) in [(calendar.first_wave(), 1_200), (calendar.second_wave(), 900)] {
        let (failed, all) = share(wave, "5");
        assert!(failed > least && failed * 10 > all * 4, "{failed} of {all}");
        let before = Interval::new(wave.since.plus(-wave.micros()), wave.since);
        let (failed, all) = share(before, "5");
        assert!(failed * 50 < all, "{failed} of {all}");
        let slow = WORLD.records(System::Tofupilot).iter().filter(|r| wave.contains(r.time));
        assert!(
            slow.filter(|r| r.value("/latency_ms").parse::<f64>().is_ok_and(|ms| ms > 10_000.0)).count()
                > 300
        );
    }
    let (refused, all) = share(calendar.storm(), "429");
    assert!(refused > 1_500 && refused * 10 > all * 8, "{refused} of {all}");
    let (refused, all) = share(calendar.week(), "429");
    assert!(refused * 20 < all, "{refused} of {all}");
}

#[test]
fn working_hours_weekends_and_a_noisy_station_show() {
    let of = |since: &str, hours: i64| {
        let since = Timestamp::parse(since).expect("a time");
        share(Interval::new(since, since.plus(hours * HOUR)), "").1
    };
    let (tuesday, saturday) = (of("2026-05-19T00:00:00Z", 24), of("2026-05-16T00:00:00Z", 24));
    assert!(saturday * 2 < tuesday, "{saturday} {tuesday}");
    assert!(of("2026-05-20T00:00:00Z", 4) * 6 < of("2026-05-19T08:00:00Z", 4));
    let noisy = format!("station-{}", cast::NOISY_STATION);
    let invalid = WORLD.records(System::Tofupilot).iter().filter(|r| r.value("/status") == "422");
    let (its, all) =
        invalid.fold((0, 0), |(its, all), r| (its + usize::from(r.value("/caller") == noisy), all + 1));
    assert!(its > 4_000 && its * 10 > all * 8, "{its} of {all}");
    let statuses: HashSet<_> = WORLD.records(System::Tofupilot).iter().map(|r| r.value("/status")).collect();
    for status in ["200", "201", "204", "301", "400", "401", "403", "404", "422", "429", "500", "503"] {
        assert!(statuses.contains(status), "{status}");
    }
    let clients: HashSet<_> = WORLD.records(System::Tofupilot).iter().filter_map(|r| r.client).collect();
    assert_eq!(clients.len(), 7, "{clients:?}");
}

/// The first entry at or after a time that the test holds for.
fn first(system: System, since: Timestamp, test: impl Fn(&Value) -> bool) -> Timestamp {
    let mut oldest_first = WORLD.records(system).iter().rev().filter(|record| record.time >= since);
    oldest_first.find(|record| test(&json(record))).map(|record| record.time).expect("it happened")
}

#[test]
fn the_night_can_be_followed_through_all_five() {
    let night = calendar().incident();
    let victim = cast::VICTIM.name;
    let ip = cast::INTRUDER_IP;
    let pki = |action: &'static str| move |row: &Value| row["action"] == action && row["username"] == victim;
    let failed = first(System::Fastpki, night, pki("login_failure"));
    let let_in = first(System::Fastpki, failed, pki("login_success"));
    let raised = first(System::Fastpki, let_in, pki("user_update"));
    let taken = first(System::Fastpki, raised, pki("ca_export_private_key"));
    let hidden = first(System::Logfire, taken, |row| {
        row["action"] == "UPDATE" && row["user_name"] == victim && row["ip_address"] == ip
    });
    let key = first(System::Fileguard, hidden, |row| {
        row["action"] == "created" && row["audit_type"] == "api_key" && row["ip_address"] == ip
    });
    let read = first(System::Tofupilot, key, |row| row["source_ip"] == ip && row["caller"]["name"] == victim);
    let role = first(System::Fastio, read, |row| {
        row["action"] == "role.update" && row["actor"]["name"] == victim && row["ip_address"] == ip
    });
    let deleted = first(System::Fastio, role, |row| {
        row["action"] == "file.delete" && row["actor"]["type"] == "agent" && row["ip_address"] == ip
    });
    let undone = first(System::Logfire, deleted, |row| row["action"] == "UPDATE" && row["ip_address"] == ip);
    assert!(undone.micros() - night.micros() < DAY / 4);
    first(System::Fastpki, undone, |row| {
        row["action"] == "org_remove_user" && row["username"] == cast::ADMIN.name
    });
    let failures = WORLD
        .records(System::Fastpki)
        .iter()
        .filter(|r| Interval::new(night, let_in).contains(r.time) && r.value("/action") == "login_failure");
    assert!(failures.count() >= 20);
    for system in System::ALL {
        let by_name = WORLD.records(system).iter().filter(|record| record.json.contains(victim)).count();
        assert!(by_name > 10, "one name finds the trail at {system:?}: {by_name}");
        let from_there = WORLD.records(system).iter().filter(|record| record.json.contains(ip)).count();
        // The certificate authority's log has no addresses.
        assert!(from_there > 5 || system == System::Fastpki, "{system:?}: {from_there}");
    }
}

#[test]
fn undo_patches_chain_and_settings_come_back() {
    let oldest_first: Vec<_> = WORLD.records(System::Logfire).iter().rev().collect();
    let single = |record: &Record| -> Value {
        serde_json::from_str(record.single.as_deref().expect("there is one")).expect("valid JSON")
    };
    let mut names = 0;
    let projects: HashSet<_> = oldest_first
        .iter()
        .filter(|r| r.value("/action") == "UPDATE" && !r.value("/record_id").starts_with("00000000"))
        .map(|r| r.value("/record_id"))
        .collect();
    assert_eq!(projects.len(), 6);
    for project in &projects {
        let mut name: Option<String> = None;
        for record in oldest_first.iter().filter(|r| r.value("/record_id") == *project) {
            let undo = single(record);
            for patch in undo["downgrade_patches"].as_array().into_iter().flatten() {
                if patch["path"] == "/project_name" {
                    names += 1;
                    assert!(name.is_none() || name.as_deref() == patch["value"].as_str(), "{undo}");
                }
            }
            name = Some(record.value("/project_name"));
        }
    }
    assert!(names > 10, "{names}");
    let night = calendar().incident();
    let retention: Vec<_> = oldest_first
        .iter()
        .filter(|r| Interval::new(night, night.plus(DAY / 4)).contains(r.time))
        .filter(|r| r.value("/ip_address") == cast::INTRUDER_IP)
        .flat_map(|r| single(r)["downgrade_patches"].as_array().cloned().unwrap_or_default())
        .map(|patch| (patch["path"].to_string(), patch["value"].to_string()))
        .collect();
    let is = |path: &str, value: &str| (path.to_owned(), value.to_owned());
    assert_eq!(
        retention,
        [
            is("\"/retention_days\"", "90"),
            is("\"/project_name\"", "\"flight-telemetry\""),
            is("\"/project_name\"", "\"telemetry-old\""),
            is("\"/retention_days\"", "1"),
        ]
    );
    for record in oldest_first {
        let (row, single) = (json(record), single(record));
        assert!(row.get("downgrade_patches").is_none() && row.get("metadata").is_none());
        let same = row.as_object().expect("an object").iter().all(|(key, value)| single[key] == *value);
        assert!(same && single.get("downgrade_patches").is_some() && single.get("metadata").is_some());
    }
}

#[test]
fn hostile_and_empty_values_are_among_them() {
    let all = || System::ALL.into_iter().flat_map(|system| WORLD.records(system));
    let any = |test: fn(&str) -> bool| {
        all().any(|record| {
            let mut values = vec![json(record)];
            while let Some(value) = values.pop() {
                match value {
                    Value::String(text) if test(&text) => return true,
                    Value::Array(list) => values.extend(list),
                    Value::Object(map) => values.extend(map.into_iter().map(|(_, value)| value)),
                    _ => {}
                }
            }
            false
        })
    };
    assert!(any(text::has_control) && any(text::has_bidi) && any(text::has_formula));
    assert!(any(str::is_empty) && any(|text| text.len() > 1_500) && any(|text| text.contains('\u{200b}')));
    assert!(any(|text| text.contains("愛子")) && all().any(|record| record.json.contains("null")));
}
