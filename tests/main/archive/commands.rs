//! The commands around the archive: `--offline`, `archive …`, two syncs at once, other systems.

use std::time::Duration;

use auditty::archive::Lock;
use auditty::demo::System;

use crate::cli::home::{END, Home, held, mode};

/// A home whose archive holds everything but the request log, whose sync is the longest.
fn synced() -> Home {
    let home = Home::demo();
    home.run(&["sync", "--quiet", "--now", END, "files", "pki", "keys", "logfire"]).ends(0);
    home
}

const WINDOW: [&str; 4] = ["--since", "2026-05-14T00:00:00Z", "--until", END];

#[test]
fn offline_says_just_what_online_says() {
    let home = synced();
    let four = ["files", "pki", "keys", "logfire"];
    for format in ["ndjson", "csv", "raw"] {
        let export = [&["export"][..], &four, &WINDOW, &["--format", format]].concat();
        let online = home.run(&export).whole();
        assert_eq!(home.run(&[&export[..], &["--offline"]].concat()).whole(), online, "{format}");
    }
    let filtered = [&["export"][..], &four, &WINDOW, &["-f", "is:delete", "--limit", "3"]].concat();
    let online = home.run(&filtered).whole();
    assert_eq!(online.lines().count(), 3);
    assert_eq!(home.run(&[&filtered[..], &["--offline"]].concat()).whole(), online);
    let histogram = [&["histogram"][..], &four, &WINDOW, &["--format", "json"]].concat();
    let online = home.run(&histogram).whole();
    assert_eq!(home.run(&[&histogram[..], &["--offline"]].concat()).whole(), online);
    let id = &held(System::Fastio, "id")[0];
    let shown = home.run(&[&["show", "files", id, "--offline"][..], &WINDOW].concat()).whole();
    assert!(shown.contains(id.as_str()), "{shown}");
}

#[test]
fn offline_sends_nothing_and_needs_no_token() {
    let home = synced();
    let config = home.text("config/auditty/config.toml");
    home.write("config/auditty/config.toml", config.replace("\"printf\", \"demo\"", "\"false\""));
    home.run(&["export", "pki"]).ends(2);
    let ran = home.run(&[&["export", "pki", "--offline"][..], &WINDOW].concat());
    assert_eq!(
        ran.ids().len(),
        home.run(&[&["export", "pki", "--offline"][..], &WINDOW].concat()).ids().len()
    );
    assert!(ran.ends(0).out.lines().count() > 100);
}

#[test]
fn a_window_that_is_covered_in_part_gives_what_there_is_and_names_the_rest() {
    let home = synced();
    let window = ["--since", "2026-05-21T00:00:00Z", "--until", "2026-05-22T00:00:00Z"];
    let ran = home.run(&[&["export", "pki", "--offline"][..], &window].concat()).ends(1);
    assert!(ran.out.lines().count() > 0);
    assert!(
        ran.err.contains("missing: 2026-05-21T10:00:00.000000Z to 2026-05-22T00:00:00.000000Z"),
        "{}",
        ran.err
    );
    // A source that was never synced lacks all of it.
    let ran = home.run(&[&["export", "api", "--offline"][..], &window].concat()).ends(1);
    assert_eq!(ran.out, "");
    assert!(
        ran.err.contains("missing: 2026-05-21T00:00:00.000000Z to 2026-05-22T00:00:00.000000Z"),
        "{}",
        ran.err
    );
}

#[test]
fn without_an_archive_it_is_said_how_to_make_one_and_none_is_made() {
    let home = Home::demo();
    for arguments in [
        &["export", "pki", "--offline"][..],
        &["archive", "status"],
        &["archive", "verify"],
        &["archive", "prune", "--before", "2026-01-01"],
    ] {
        let ran = home.run(arguments).ends(1);
        assert!(ran.err.contains("`auditty sync` makes one"), "{}", ran.err);
    }
    assert!(!home.path("data").exists());
}

#[test]
fn status_verify_prune_and_path_look_after_it() {
    let home = synced();
    let path = home.run(&["archive", "path"]).whole();
    let file = home.path("data/auditty/archive.sqlite");
    assert_eq!(path, format!("{}\n", file.display()));
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&home.path("data/auditty")), 0o700);
    let status = home.run(&["archive", "status"]).whole();
    let entries = home.run(&["export", "pki", "--since", "2026-02-20T10:00:00Z", "--until", END]).ids().len();
    let of_pki = format!("  {} entries", thousands(entries));
    let line = status.lines().skip_while(|line| !line.starts_with("pki (fastpki, http://127.0.0.1:")).nth(1);
    assert!(line.is_some_and(|line| line.starts_with(&of_pki)), "{status}");
    let cells: Vec<_> =
        status.lines().filter(|line| line.contains('█') && !line.contains("covered")).collect();
    assert!(cells.len() == 5 && cells.iter().all(|line| line.trim().chars().count() == 144), "{status}");
    assert!(home.run(&["archive", "verify"]).whole().contains("are as they were stored"));
    let before = std::fs::metadata(&file).expect("there").len();
    let pruned = home.run(&["archive", "prune", "--before", "2026-05-20"]).whole();
    assert!(pruned.contains("entries before 2026-05-20T00:00:00.000000Z are gone"), "{pruned}");
    assert!(std::fs::metadata(&file).expect("there").len() < before);
    home.run(&["archive", "verify"]).whole();
    // What was let go is missing, and comes back on request.
    let export = ["export", "pki", "--offline", "--since", "2026-05-19", "--until", "2026-05-21"];
    home.run(&export).ends(1);
    home.run(&["sync", "pki", "--quiet", "--since", "2026-05-18", "--until", "2026-05-21"]).ends(0);
    home.run(&export).whole();
}

fn thousands(count: usize) -> String {
    let text = count.to_string();
    match text.len() {
        0..=3 => text,
        more => format!("{},{}", &text[..more - 3], &text[more - 3..]),
    }
}

#[test]
fn a_second_sync_waits_for_the_first_and_ends_well() {
    let home = Home::demo();
    let config = home.text("config/auditty/config.toml");
    home.write(
        "config/auditty/config.toml",
        config.replace("[sources.pki]\n", "[sources.pki]\ntimeout = 1\n"),
    );
    std::fs::create_dir_all(home.path("data/auditty")).expect("a folder");
    let lock = Lock::take(&home.path("data/auditty"), Duration::ZERO).expect("usable").expect("free");
    let ran = home.run(&["sync", "pki", "--now", END]).ends(0);
    assert!(
        ran.err.contains("waiting for at most 1 s") && ran.err.contains("another sync is still at work"),
        "{}",
        ran.err
    );
    let prune = home.run(&["archive", "prune", "--before", "2026-01-01"]).ends(1);
    assert!(prune.err.contains("a sync is at work"), "{}", prune.err);
    drop(lock);
    let ran = home.run(&["sync", "pki", "--now", END]).ends(0);
    assert!(ran.err.contains("pki: "), "{}", ran.err);
}

#[test]
fn a_name_that_means_another_system_is_refused_before_anything_is_sent() {
    let home = synced();
    let config = home.text("config/auditty/config.toml");
    let other = config.replace("[sources.pki]", "[sources.x]").replace("[sources.keys]", "[sources.pki]");
    home.write("config/auditty/config.toml", other);
    for arguments in [&["sync", "--now", END][..], &["export", "pki", "--offline"]] {
        let ran = home.run(arguments).ends(2);
        assert!(ran.err.contains("entries of `pki` come from fastpki at http://127.0.0.1"), "{}", ran.err);
    }
}

#[test]
fn single_records_are_fetched_once_and_kept() {
    let home = Home::demo();
    let sync = ["sync", "logfire", "--changes", "--since", "2025-01-01", "--until", END];
    let first = home.run(&sync).ends(0);
    let count = held(System::Logfire, "id").len();
    assert!(first.err.contains(&format!("{} single records", thousands(count))), "{}", first.err);
    let again = home.run(&sync).ends(0);
    assert!(!again.err.contains("single records"), "{}", again.err);
    let window = ["--since", "2026-05-20", "--until", END];
    let online = home.run(&[&["export", "logfire", "--changes"][..], &window].concat()).whole();
    let offline = home.run(&[&["export", "logfire", "--offline"][..], &window].concat()).whole();
    assert!(online.contains("\"before\""));
    assert_eq!(offline, online);
}

#[test]
fn files_of_records_are_taken_in_under_a_name_and_other_files_are_not() {
    let home = Home::demo();
    home.run_all(&["export", "pki", "--format", "raw", "-o", "pki.ndjson"]).ends(0);
    home.run_all(&["export", "pki", "-o", "own.ndjson"]).ends(0);
    let count = held(System::Fastpki, "id").len();
    let taken = home.run(&["archive", "import", "pki.ndjson"]).whole();
    assert_eq!(taken, format!("pki: {} new, 0 already there\n", thousands(count)));
    let taken = home.run(&["archive", "import", "pki.ndjson"]).whole();
    assert_eq!(taken, format!("pki: 0 new, {} already there\n", thousands(count)));
    // Of files nobody knows what they lack.
    let offline = home.run_all(&["export", "pki", "--offline"]).ends(1);
    assert_eq!(offline.ids().len(), count);
    // What is synced later is the same log.
    let synced = home.run(&["sync", "pki", "--since", "2025-01-01", "--until", END]).ends(0);
    assert!(
        synced.err.contains(&format!("pki: 0 new, {} already there", thousands(count))),
        "{}",
        synced.err
    );
    let ran = home.run(&["archive", "import", "own.ndjson", "--source", "old"]).ends(1);
    assert!(
        ran.err.contains("not records of their system") && ran.err.contains("--format raw"),
        "{}",
        ran.err
    );
    let ran = home.run(&["archive", "import", "pki.ndjson", "--source", "keys"]).ends(2);
    assert!(ran.err.contains("the config's `keys` is fileguard"), "{}", ran.err);
    home.run(&["archive", "import", "missing.ndjson"]).ends(2);
}

#[test]
fn flags_that_sync_does_not_take_are_usage_errors() {
    let home = Home::demo();
    for wrong in [
        &["sync", "--filter", "x"][..],
        &["sync", "--limit", "1"],
        &["sync", "nobody"],
        &["sync", "--since", "2026-05-02", "--until", "2026-05-01"],
        &["sync", "--since", "now"],
        &["archive"],
        &["archive", "prune"],
    ] {
        home.run(wrong).ends(2);
    }
    assert!(!home.path("data").exists(), "nothing was made");
}
