//! `histogram`.

use std::fmt::Write as _;

use auditty::demo::System;
use auditty::interval::Interval;
use auditty::timestamp::Timestamp;

use super::home::{Home, WORLD};

fn time(value: &serde_json::Value) -> Timestamp {
    Timestamp::parse(value.as_str().expect("a text")).expect("a time")
}

#[test]
fn json_counts_what_export_gives_by_the_rule() {
    let home = Home::demo();
    for arguments in [
        &["pki"][..],
        &["logfire", "pki", "-f", "-action:UPDATE"],
        &["keys", "files", "-f", "actor.type:agent,user"],
    ] {
        let window = ["--since", "2026-05-14", "--until", "2026-05-21T09:00:00.000007Z"];
        let json = home.run(&[&["histogram"], arguments, &window].concat()).whole();
        let histogram: serde_json::Value = serde_json::from_str(&json).expect("json");
        assert_eq!(
            histogram["classes"],
            serde_json::json!(["2xx", "3xx", "4xx", "5xx", "success", "failure", "unknown"])
        );
        assert_eq!((&histogram["complete"], &histogram["missing"]), (&true.into(), &serde_json::json!([])));
        let entries = home.run(&[&["export"], arguments, &window].concat()).ends(0).entries();
        let window = Interval::new(time(&histogram["since"]), time(&histogram["until"]));
        let mut counts = vec![[0u64; 7]; 144];
        for entry in &entries {
            let bucket = window.bucket(time(&entry["time"])).expect("inside");
            let class = histogram["classes"]
                .as_array()
                .expect("names")
                .iter()
                .position(|name| *name == entry["class"]);
            counts[bucket][class.expect("a class")] += 1;
        }
        assert_eq!(histogram["counts"], serde_json::json!(counts));
        assert_eq!(histogram["total"], entries.len());
        assert!(entries.len() > 100);
    }
}

/// The contract's own arithmetic, written once more: floor((t − since) × 144 ÷ (until − since)).
#[test]
fn buckets_are_whole_microseconds_even_where_there_are_fewer_than_buckets() {
    let home = Home::empty();
    let mut log = String::new();
    for micros in 0..=100 {
        let status = 200 + 100 * (micros % 5);
        let _ = writeln!(
            log,
            r#"{{"request_id":"r{micros}","timestamp":"2026-05-18T00:00:00.{micros:06}Z","endpoint":"/x","status":{status}}}"#
        );
    }
    home.write("log.ndjson", log);
    let window = ["--since", "2026-05-18T00:00:00Z", "--until", "2026-05-18T00:00:00.0001Z"];
    let json = home.run(&[&["histogram", "log.ndjson"][..], &window].concat()).whole();
    let histogram: serde_json::Value = serde_json::from_str(&json).expect("json");
    let mut counts = vec![[0u64; 7]; 144];
    for micros in 0..100 {
        counts[micros * 144 / 100][[0, 1, 2, 3, 6][micros % 5]] += 1;
    }
    assert_eq!(histogram["counts"], serde_json::json!(counts));
    assert_eq!(histogram["total"], 100, "the end of the window is not in it");
}

#[test]
fn csv_and_plot_say_the_same() {
    let home = Home::demo();
    let window = ["--since", "2026-05-14", "--until", "2026-05-21"];
    let arguments = [&["histogram", "pki"][..], &window].concat();
    let csv = home.run(&[&arguments[..], &["--format", "csv"]].concat()).whole();
    assert!(csv.starts_with("bucket,since,until,2xx,3xx,4xx,5xx,success,failure,unknown\r\n0,2026-05-14T00:00:00.000000Z,2026-05-14T01:10:00.000000Z,"), "{csv}");
    let total: u64 = csv
        .lines()
        .skip(1)
        .flat_map(|line| line.split(',').skip(3))
        .map(|count| count.parse::<u64>().expect("a count"))
        .sum();
    let plot = home.run(&[&arguments[..], &["--format", "plot"]].concat()).whole();
    let grouped = |count: u64| format!("{},{:03} entries", count / 1000, count % 1000);
    assert!(total > 1000 && plot.contains(&grouped(total)), "{total} in {plot}");
    let mut narrow = home.command(&[&arguments[..], &["--format", "plot"]].concat());
    let narrow = String::from_utf8(narrow.env("COLUMNS", "50").output().expect("runs").stdout).expect("text");
    assert!(narrow.lines().take(15).all(|line| line.chars().count() <= 50), "{narrow}");
    let berlin = home.run(&[&arguments[..], &["--format", "plot", "--tz", "Europe/Berlin"]].concat()).whole();
    assert!(berlin.contains("2026-05-14 02:00:00 to 2026-05-21 02:00:00 Europe/Berlin"), "{berlin}");
}

#[test]
fn files_set_the_window_by_their_oldest_and_newest_entry() {
    let home = Home::demo();
    home.run_all(&["export", "keys", "--format", "raw", "-o", "log.ndjson"]).whole();
    let records = WORLD.records(System::Fileguard);
    let (newest, oldest) = (records[0].time, records[records.len() - 1].time);
    // The filter does not move the window.
    for filter in ["", "action:revoked", "nothing-has-this"] {
        let json = home.run(&["histogram", "log.ndjson", "-f", filter]).whole();
        let histogram: serde_json::Value = serde_json::from_str(&json).expect("json");
        assert_eq!((time(&histogram["since"]), time(&histogram["until"])), (oldest, newest.plus(1)));
    }
    let json = home.run(&["histogram", "log.ndjson", "--since", "2026-05-20"]).whole();
    let histogram: serde_json::Value = serde_json::from_str(&json).expect("json");
    assert_eq!(
        (&histogram["since"], time(&histogram["until"])),
        (&"2026-05-20T00:00:00.000000Z".into(), newest.plus(1))
    );
    home.write("empty.ndjson", "");
    let json = home.run(&["histogram", "empty.ndjson"]).whole();
    assert!(json.contains("\"total\":0"), "{json}");
}
