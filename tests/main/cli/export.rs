//! `export`, `show` and what they write.

use auditty::demo::System;
use sha2::{Digest, Sha256};

use super::home::{Home, WORLD, held, mode};

const SYSTEMS: [(System, &str); 5] = [
    (System::Tofupilot, "request_id"),
    (System::Fastio, "id"),
    (System::Fastpki, "id"),
    (System::Fileguard, "audit_id"),
    (System::Logfire, "id"),
];

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("a text takes it");
        digits
    })
}

#[test]
fn each_system_is_exported_whole_and_newest_first() {
    let home = Home::demo();
    for (system, key) in SYSTEMS {
        let out = home.run_all(&["export", system.source()]).ends(0);
        assert_eq!(out.err, "");
        let entries = out.entries();
        let times: Vec<&str> = entries.iter().map(|entry| entry["time"].as_str().expect("a time")).collect();
        assert!(times.is_sorted_by(|newer, older| newer >= older), "{system:?}");
        let (mut ours, mut theirs) = (out.ids(), held(system, key));
        ours.sort();
        theirs.sort();
        assert!(ours == theirs, "{system:?}: {} of {}", ours.len(), theirs.len());
        assert!(
            entries
                .iter()
                .all(|entry| entry["source"] == system.source() && entry["provider"] == system.provider())
        );
    }
}

#[test]
fn raw_gives_the_systems_own_records_to_the_byte() {
    let home = Home::demo();
    for system in [System::Fastio, System::Fastpki, System::Fileguard, System::Logfire] {
        let out = home.run_all(&["export", system.source(), "--format", "raw"]).whole();
        let mut ours: Vec<&str> = out.lines().collect();
        let mut theirs: Vec<&str> = WORLD.records(system).iter().map(|record| &*record.json).collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert!(ours == theirs, "{system:?}");
    }
}

#[test]
fn every_format_has_as_many_entries() {
    let home = Home::demo();
    let count = WORLD.records(System::Logfire).len();
    for format in ["ndjson", "raw", "ecs", "hec"] {
        let out = home.run_all(&["export", "logfire", "--format", format]).whole();
        assert_eq!(out.lines().count(), count, "{format}");
        assert!(out.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{format}");
    }
    let json = home.run_all(&["export", "logfire", "--format", "json"]).whole();
    let list: Vec<serde_json::Value> = serde_json::from_str(&json).expect("an array");
    assert_eq!(list.len(), count);
    let csv = home.run_all(&["export", "logfire", "--format", "csv"]).whole();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.records().collect::<Result<Vec<_>, _>>().expect("rows").len(), count);
    assert!(
        csv.starts_with(
            "time,source,status,class,action,actor,target,ip,client,latency_ms,request_id,id\r\n"
        )
    );
    let hec = home.run_all(&["export", "logfire", "--format", "hec", "--limit", "1"]).whole();
    let envelope: serde_json::Value = serde_json::from_str(&hec).expect("json");
    assert_eq!(
        (&envelope["host"], &envelope["sourcetype"]),
        (&"127.0.0.1".into(), &"auditty:logfire".into())
    );
}

#[test]
fn several_sources_are_one_timeline_in_the_contracts_order() {
    let home = Home::demo();
    let out = home.run_all(&["export", "pki", "keys", "logfire"]).ends(0);
    let expected: usize = [System::Fastpki, System::Fileguard, System::Logfire]
        .iter()
        .map(|system| WORLD.records(*system).len())
        .sum();
    let keys: Vec<(std::cmp::Reverse<String>, String, String)> = out
        .entries()
        .iter()
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            (std::cmp::Reverse(text("time")), text("source"), text("id"))
        })
        .collect();
    assert_eq!(keys.len(), expected);
    assert!(keys.is_sorted());
    // The same source named twice is read once.
    let twice = home.run_all(&["export", "pki", "pki", "--limit", "5"]).whole();
    assert_eq!(twice.lines().count(), 5);
}

#[test]
fn the_window_is_since_inclusive_and_until_exclusive_to_the_microsecond() {
    let home = Home::demo();
    let newest = home.run_all(&["export", "logfire", "--limit", "3"]).entries();
    let time = |at: usize| newest[at]["time"].as_str().expect("a time");
    let ids = |since: &str, until: &str| {
        home.run(&["export", "logfire", "--since", since, "--until", until]).ends(0).ids()
    };
    assert_eq!(
        ids(time(2), time(0)),
        [&newest[1], &newest[2]].map(|entry| entry["id"].as_str().expect("id"))
    );
    let (day, micros) = time(1).trim_end_matches('Z').split_at(20);
    let after = format!("{day}{:06}Z", micros.parse::<u32>().expect("digits") + 1);
    assert_eq!(ids(time(1), &after), [newest[1]["id"].as_str().expect("id")]);
    assert!(ids(&after, time(0)).is_empty());
}

#[test]
fn limit_gives_the_newest_that_match_pushed_or_not() {
    let home = Home::demo();
    // The last day is enough of the largest log.
    let day = ["--since", "2026-05-20", "--until", "2026-05-22"];
    let whole = home.run(&[&["export", "api", "-f", "status:5xx"][..], &day].concat()).ids();
    for more in [&[][..], &["--no-push"]] {
        let limited =
            home.run(&[&["export", "api", "-f", "status:5xx", "--limit", "7"][..], &day, more].concat());
        assert_eq!(limited.ids(), whole[..7], "{more:?}");
    }
    for arguments in [
        &["export", "files", "-f", "actor.type:agent"][..],
        &["export", "files", "pki", "keys", "logfire", "-f", "-action:login*"],
    ] {
        let all = home.run_all(arguments).ends(0).ids();
        assert!(all.len() > 7, "{arguments:?}");
        let limited = home.run_all(&[arguments, &["--limit", "7"]].concat()).ends(0).ids();
        assert_eq!(limited, all[..7], "{arguments:?}");
        let here = home.run_all(&[arguments, &["--limit", "7", "--no-push"]].concat()).ends(0).ids();
        assert_eq!(here, limited, "{arguments:?}");
    }
    let filtered = home.run_all(&["export", "pki", "-f", "action:login_failure"]).entries();
    assert!(!filtered.is_empty() && filtered.iter().all(|entry| entry["action"] == "login_failure"));
    assert_eq!(home.run_all(&["export", "pki", "-f", ""]).ids().len(), WORLD.records(System::Fastpki).len());
    assert_eq!(home.run_all(&["export", "pki", "--limit", "0"]).whole(), "");
}

#[test]
fn changes_fetches_the_single_records_of_what_matched() {
    let home = Home::demo();
    let arguments = ["export", "logfire", "-f", "action:UPDATE", "--limit", "20"];
    let listed = home.run_all(&arguments).entries();
    assert!(listed.iter().all(|entry| entry["changes"].is_null()));
    let single = home.run_all(&[&arguments[..], &["--changes"]].concat()).entries();
    assert_eq!(single.len(), 20);
    assert!(single.iter().all(|entry| entry["changes"].is_array()));
    let raw = home.run_all(&[&arguments[..], &["--changes", "--format", "raw"]].concat()).whole();
    assert!(raw.lines().all(|line| line.contains("\"downgrade_patches\"")));
    // A filter that looks at changes finds them, and what one entry was the next earlier became.
    let changed = home.run_all(&["export", "logfire", "-f", "changes:*", "--changes"]).entries();
    assert!(changed.len() > 100);
    let known = changed.iter().flat_map(|entry| entry["changes"].as_array().expect("a list"));
    assert!(known.clone().any(|change| change.get("after").is_some()));
    assert!(known.clone().any(|change| change["op"] == "replace" && change.get("after").is_none()));
}

#[test]
fn a_file_is_written_whole_private_and_with_its_manifest() {
    let home = Home::demo();
    let arguments = [
        "export",
        "logfire",
        "pki",
        "-f",
        "action:LOGIN,login_failure",
        "--limit",
        "9",
        "-o",
        "out.csv",
        "--manifest",
    ];
    assert_eq!(home.run_all(&arguments).whole(), "");
    let csv = home.text("out.csv");
    assert_eq!(csv.lines().count(), 10, "the extension tells the format: {csv}");
    assert_eq!((mode(&home.path("out.csv")), mode(&home.path("out.csv.manifest.json"))), (0o600, 0o600));
    assert!(!home.path("out.csv.part").exists());
    let text = home.text("out.csv.manifest.json");
    let manifest: serde_json::Value = serde_json::from_str(&text).expect("json");
    let places: Vec<usize> = [
        "tool", "version", "sources", "since", "until", "filter", "limit", "count", "first", "last", "file",
        "sha256", "complete",
    ]
    .iter()
    .map(|key| text.find(&format!("\n  \"{key}\":")).unwrap_or_else(|| panic!("{key} in {text}")))
    .collect();
    assert!(places.is_sorted());
    assert_eq!(manifest["tool"], "auditty");
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest["sources"], serde_json::json!(["logfire", "pki"]));
    assert_eq!(manifest["since"], "2025-01-01T00:00:00.000000Z");
    assert_eq!(manifest["until"], "2026-05-22T00:00:00.000000Z");
    assert_eq!(manifest["filter"], "action:LOGIN,login_failure");
    assert_eq!((&manifest["limit"], &manifest["count"]), (&9.into(), &9.into()));
    assert_eq!(manifest["sha256"], hex(csv.as_bytes()));
    assert_eq!((&manifest["file"], &manifest["complete"]), (&"out.csv".into(), &true.into()));
    let first = csv.lines().nth(1).expect("a row");
    let last = csv.lines().last().expect("a row");
    for (side, row) in [("first", first), ("last", last)] {
        assert!(row.starts_with(manifest[side]["time"].as_str().expect("a time")), "{side}");
        assert!(row.ends_with(manifest[side]["id"].as_str().expect("an id")), "{side}");
    }
    let format_stands_above =
        home.run_all(&["export", "logfire", "--limit", "1", "-o", "x.csv", "--format", "ndjson"]);
    format_stands_above.whole();
    assert!(home.text("x.csv").starts_with('{'));
    for (name, begins) in [("x.json", "["), ("x.ndjson", "{"), ("x.jsonl", "{"), ("x", "{")] {
        home.run_all(&["export", "logfire", "--limit", "1", "-o", name]).whole();
        assert!(home.text(name).starts_with(begins), "{name}");
    }
}

#[test]
fn columns_stand_in_the_header_as_typed() {
    let home = Home::demo();
    let csv = home.run_all(&[
        "export",
        "logfire",
        "--format",
        "csv",
        "--columns",
        "id,user,time,@/resource_type",
        "--limit",
        "2",
    ]);
    let csv = csv.whole();
    assert!(csv.starts_with("id,user,time,@/resource_type\r\n"), "{csv}");
    let wrong = home.run(&["export", "logfire", "--format", "csv", "--columns", "id,acter"]).ends(2);
    assert!(wrong.err.contains("acter") && wrong.err.contains("actor"), "{}", wrong.err);
    home.run(&["export", "logfire", "--columns", "id"]).ends(2);
}

#[test]
fn entities_replace_what_the_source_reads() {
    let home = Home::demo();
    let all = home.run_all(&["export", "keys"]).entries();
    let entity = all.iter().find(|entry| entry["target"]["type"] == "api_key").expect("one");
    let id = entity["target"]["id"].as_str().expect("an id");
    let of_entity = home.run_all(&["export", "keys", "--entity", &format!("api_key/{id}")]).entries();
    let expected = all
        .iter()
        .filter(|entry| entry["target"]["id"] == id && entry["target"]["type"] == "api_key")
        .count();
    assert_eq!(of_entity.len(), expected);
    let wrong = home.run(&["export", "logfire", "--entity", "file/1"]).ends(2);
    assert!(wrong.err.contains("logfire"), "{}", wrong.err);
    home.run(&["export", "keys", "--entity", "file"]).ends(2);
}

#[test]
fn what_was_exported_is_read_back_as_it_stands() {
    let home = Home::demo();
    let first = home.run_all(&["export", "logfire", "keys", "--changes", "--limit", "300"]).whole();
    for (name, format) in [("a.ndjson", "ndjson"), ("a.json", "json")] {
        home.run_all(&[
            "export",
            "logfire",
            "keys",
            "--changes",
            "--limit",
            "300",
            "--format",
            format,
            "-o",
            name,
        ])
        .whole();
        assert_eq!(home.run(&["export", name]).whole(), first, "{format}");
    }
    home.run(&["export", "a.ndjson", "-o", "a.csv"]).whole();
    let again = home.run(&["export", "a.csv", "--format", "csv"]).whole();
    assert_eq!(again, home.text("a.csv"));
    let back = home.run(&["export", "a.csv", "--limit", "1"]).entries().remove(0);
    assert!(back["provider"].is_null() && back["method"].is_null() && back["changes"].is_null(), "{back}");
    for format in ["raw", "hec"] {
        let refused = home.run(&["export", "a.csv", "--format", format]).ends(2);
        assert_eq!(refused.out, "");
    }
    // A system's own records are read as well as its own API is.
    home.run_all(&["export", "logfire", "--format", "raw", "-o", "raw.ndjson"]).whole();
    let of_file = home.run(&["export", "raw.ndjson"]).entries();
    let of_api = home.run_all(&["export", "logfire"]).entries();
    assert_eq!(of_file.len(), of_api.len());
    assert!(of_file.iter().all(|entry| entry["source"] == "raw" && entry["provider"] == "logfire"));
}

#[test]
fn files_and_sources_are_merged_and_a_source_wins_over_a_file_of_its_name() {
    let home = Home::demo();
    home.run_all(&["export", "pki", "--limit", "4", "--format", "raw", "-o", "pki"]).whole();
    let both = home.run_all(&["export", "pki", "./pki"]).entries();
    let named = |name: &str| both.iter().filter(|entry| entry["source"] == name).count();
    assert_eq!(named("pki"), WORLD.records(System::Fastpki).len());
    assert_eq!(named("pki~2"), 4);
    // Beside a source, a file is read over the same default window.
    home.write("old", home.text("pki").replace("2026-", "2001-"));
    let recent = home.run(&["export", "pki", "./old"]).ends(0);
    assert!(recent.err.contains("4 entries of files lie outside the last seven days"), "{}", recent.err);
    // What comes twice in files is kept twice.
    assert_eq!(home.run(&["export", "./pki", "./pki"]).whole().lines().count(), 8);
    let input = std::fs::read(home.path("pki")).expect("a file");
    let piped = home.run_with_input(&["export", "-"], &input).entries();
    assert_eq!((piped.len(), &piped[0]["source"]), (4, &"stdin".into()));
}

#[test]
fn show_tells_all_of_one_entry() {
    let home = Home::demo();
    let entries =
        home.run_all(&["export", "logfire", "--changes", "-f", "action:UPDATE", "--limit", "1"]).entries();
    let id = entries[0]["id"].as_str().expect("an id");
    let text = home.run(&["show", "logfire", id]).whole();
    assert!(
        text.contains(&format!("id            {id}\n"))
            && text.contains("\nCHANGES\n")
            && text.contains("\nRECORD\n{"),
        "{text}"
    );
    assert!(text.contains("downgrade_patches"), "the single record is shown");
    let json = home.run(&["show", "logfire", id, "--format", "ndjson"]).whole();
    assert!(json.contains(id));
    let listed = home.run_all(&["export", "api", "--limit", "1", "-f", "status:5xx"]).entries();
    let id = listed[0]["id"].as_str().expect("an id");
    let shown = home.run_all(&["show", "api", id, "--tz", "Europe/Berlin"]).whole();
    assert!(shown.contains("+02:00)"), "{shown}");
    home.run_all(&["export", "keys", "-o", "keys.ndjson", "--limit", "5"]).whole();
    let of_file = home.run(&["export", "keys.ndjson", "--limit", "1"]).ids().remove(0);
    assert!(home.run(&["show", "keys.ndjson", &of_file]).whole().contains(&of_file));
    let none = home.run_all(&["show", "api", "nosuch"]).ends(1);
    assert!(none.err.contains("no entry of api has the id `nosuch`") && none.out.is_empty(), "{}", none.err);
}

#[test]
fn the_default_window_of_sources_is_the_last_seven_days() {
    let home = Home::demo();
    home.run(&["export", "pki", "-o", "out.ndjson", "--manifest"]).whole();
    let manifest: serde_json::Value =
        serde_json::from_str(&home.text("out.ndjson.manifest.json")).expect("json");
    let time = |key: &str| {
        auditty::timestamp::Timestamp::parse(manifest[key].as_str().expect("a time")).expect("a time")
    };
    assert_eq!(time("until").micros() - time("since").micros(), 7 * auditty::timestamp::DAY);
}
