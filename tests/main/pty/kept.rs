//! The built program over the archive, in a real terminal: `--keep`, and what `q` asks.

use portable_pty::CommandBuilder;

use super::Pty;
use crate::cli::home::{END, Home};

const WINDOW: [&str; 4] = ["--since", "2026-05-20T00:00:00Z", "--until", END];

/// The explorer on the certificates' log.
fn explore(home: &Home, more: &[&str], (columns, rows): (u16, u16)) -> Pty {
    let arguments = [&["explore", "pki", "--theme", "dark"][..], &WINDOW, more].concat();
    let plain = home.command(&arguments);
    let mut command = CommandBuilder::new(plain.get_program());
    command.args(&arguments);
    command.env_clear();
    for (name, value) in plain.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    Pty::start(command, columns, rows)
}

/// How many entries the archive has of the window, which it covers whole.
fn archived(home: &Home) -> usize {
    let ran = home.run(&[&["export", "pki", "--offline"][..], &WINDOW].concat());
    ran.ends(0).ids().len()
}

#[test]
fn q_asks_once_k_keeps_and_the_next_session_asks_nothing() {
    let home = Home::demo();
    let all = home.run(&[&["export", "pki"][..], &WINDOW].concat()).ends(0).ids().len();
    let mut pty = explore(&home, &[], (80, 24));
    pty.wait_for("all fetched");
    pty.keys("q");
    pty.wait_for(&format!("q again: drop {all} \u{b7} k: keep them in the archive"));
    pty.keys("q");
    assert_eq!(pty.wait(), 0, "{}", pty.text());
    pty.assert_restored();
    assert!(!home.path("data").exists(), "nothing was written");

    let mut pty = explore(&home, &[], (120, 36));
    pty.wait_for("all fetched");
    pty.keys("qk");
    assert_eq!(pty.wait(), 0, "{}", pty.text());
    pty.assert_restored();
    assert_eq!(archived(&home), all);
    let status = home.run(&["archive", "status"]).ends(0).out;
    assert!(status.contains(&format!("  {all} entries")), "{status}");

    // What the archive has is on the screen, the rest was asked for, and is there already.
    let mut pty = explore(&home, &[], (80, 24));
    pty.wait_for("all fetched");
    pty.wait_for(&format!("{all}/{all}"));
    pty.keys("q");
    assert_eq!(pty.wait(), 0, "{}", pty.text());
}

#[test]
fn keep_keeps_as_it_comes_and_a_full_disk_is_said() {
    let home = Home::demo();
    let mut pty = explore(&home, &["--keep"], (80, 24));
    pty.wait_for("all fetched");
    pty.keys("q");
    assert_eq!(pty.wait(), 0, "{}", pty.text());
    let kept = archived(&home);
    assert!(kept > 10);
    home.run(&["archive", "prune", "--before", "2026-05-22"]).ends(0);
    let file = rusqlite::Connection::open(home.path("data/auditty/archive.sqlite")).expect("it opens");
    file.execute_batch(
        "CREATE TRIGGER full BEFORE INSERT ON block BEGIN SELECT RAISE(ABORT, 'no room'); END",
    )
    .expect("a trigger");
    let mut pty = explore(&home, &["--keep"], (120, 36));
    pty.wait_for("not kept");
    pty.wait_for(&format!("{kept}/{kept}"));
    pty.keys("q");
    pty.wait_for(&format!("q again: drop {kept}"));
    pty.keys("k");
    pty.wait_for("no room");
    file.execute_batch("DROP TRIGGER full").expect("no trigger");
    pty.keys("q");
    pty.wait_for("k: keep them");
    pty.keys("k");
    assert_eq!(pty.wait(), 0, "{}", pty.text());
    pty.assert_restored();
    assert_eq!(archived(&home), kept);
}
