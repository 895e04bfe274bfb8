//! `demo --serve`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::home::Home;

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
