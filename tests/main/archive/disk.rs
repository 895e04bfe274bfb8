//! A disk on which no more can be written: what is there is whole, it is told, and nothing is lost
//! once there is room again.

use std::process::{Command, Output};

use crate::cli::home::{END, Home};

const THREE: [&str; 3] = ["pki", "keys", "files"];
const WINDOW: [&str; 4] = ["--since", "2026-05-14T00:00:00Z", "--until", END];

/// Runs the program where no file may become larger than so many blocks of 512 bytes.
fn run_within(home: &Home, blocks: u32, arguments: &[&str]) -> Output {
    let inner = home.command(arguments);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "ulimit -f $0 && exec \"$@\"", &blocks.to_string()]).arg(inner.get_program());
    shell.args(inner.get_args()).env_clear().current_dir(home.path(""));
    shell.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.output().expect("a shell")
}

#[test]
fn a_sync_that_finds_no_room_tells_it_and_the_next_one_ends_whole() {
    let (home, other) = (Home::demo(), Home::demo());
    let sync = [&["sync", "--quiet", "--now", END][..], &THREE].concat();
    other.run(&sync).ends(0);
    for blocks in [200, 600, 1_000] {
        let ran = run_within(&home, blocks, &sync);
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(1), "{told}");
        assert!(told.starts_with("auditty: ") && told.contains("archive.sqlite"), "{told}");
        home.run(&["archive", "verify"]).whole();
    }
    home.run(&sync).ends(0);
    let export = [&["export", "--offline", "--format", "raw"][..], &THREE, &WINDOW].concat();
    assert_eq!(home.run(&export).whole(), other.run(&export).whole());
    home.run(&["archive", "verify"]).whole();
}

#[test]
fn an_export_that_finds_no_room_leaves_the_older_file() {
    let home = Home::demo();
    let export = [&["export", "pki", "-o", "out.ndjson"][..], &WINDOW].concat();
    let older = home.write("out.ndjson", "older\n");
    let ran = run_within(&home, 100, &export);
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{told}");
    assert!(told.starts_with("auditty: ") && told.contains("out.ndjson"), "{told}");
    assert_eq!(std::fs::read_to_string(&older).expect("there"), "older\n");
}
