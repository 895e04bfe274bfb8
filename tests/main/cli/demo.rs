//! `demo --serve`, `demo --generate`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::home::{Home, Ran};

#[test]
fn the_printed_config_serves_all_five() {
    let home = Home::empty();
    let mut child = home
        .command(&["demo", "--serve", "--now", "2026-05-21T10:30:00Z"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("runs");
    let mut config = String::new();
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let line = line.expect("text");
        if line.is_empty() {
            break;
        }
        config.push_str(&line);
        config.push('\n');
    }
    assert_eq!(config.matches("token = { command = [\"printf\", \"demo\"] }").count(), 5, "{config}");
    home.write("config/auditty/config.toml", &config);
    for source in ["api", "files", "pki", "keys", "logfire"] {
        let ran = home.run(&[
            "export",
            source,
            "--limit",
            "1",
            "--since",
            "2026-05-20",
            "--until",
            "2026-05-21T10:00:00Z",
        ]);
        let entries = ran.ends(0).entries();
        assert_eq!(entries.len(), 1, "{source}");
        assert!(entries[0]["time"].as_str().is_some_and(|time| time < "2026-05-21T10:00:00"), "{source}");
    }
    let status = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
    assert_eq!(child.wait().expect("ends").code(), Some(130));
}

#[test]
fn a_generated_log_is_as_long_as_asked_and_read_back() {
    let home = Home::empty();
    let lines = home.run(&["demo", "--generate", "300"]).whole();
    assert_eq!(lines.lines().count(), 300);
    assert_eq!(home.run(&["demo", "--generate", "300", "--format", "ndjson"]).whole(), lines);
    home.write("made.ndjson", &lines);
    let read = home.run(&["export", "made.ndjson"]).ends(0);
    assert_eq!(read.entries().len(), 300);
    assert!(read.entries().iter().all(|entry| entry["provider"] == "tofupilot"));
    let cells = home.run(&["demo", "--generate", "300", "--format", "csv"]).whole();
    assert!(cells.starts_with("timestamp,method,endpoint,status,"), "{cells}");
    home.write("made.csv", &cells);
    let again: Vec<_> = home.run(&["export", "made.csv"]).ids();
    assert_eq!(again, Ran::ids(&read));
    assert_eq!(home.run(&["demo", "--generate", "0"]).whole(), "");
}

#[test]
fn a_generated_log_ends_quietly_where_nobody_reads_on() {
    let home = Home::empty();
    let mut child = home
        .command(&["demo", "--generate", "1000000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("text");
    assert!(line.starts_with('{') && line.ends_with("}\n"), "{line}");
    let ended = child.wait_with_output().expect("ends");
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &b""[..]));
}
