//! Whole sessions of the built program on the demo server, in a real terminal: other sources, the
//! plain page, what is kept from one run to the next, the first config.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Pty;
use super::explorer::{Home, PROGRAM, quit};
use crate::keys::stage::SERVED;
use auditty::demo::System;

/// A day of the demo.
const DAY: [&str; 4] = ["--since", "2026-05-20T10:00:00Z", "--until", "2026-05-21T10:00:00Z"];

/// `auditty explore` on one source of the demo server.
fn explore(home: &Home, source: &str, (columns, rows): (u16, u16)) -> Pty {
    let config = SERVED.config();
    let mut arguments = vec!["explore", source, "--theme", "dark", "--config"];
    arguments.push(config.to_str().expect("a plain path"));
    arguments.extend(DAY);
    Pty::start(home.command(PROGRAM, &arguments), columns, rows)
}

/// Ends the program without keeping what it fetched.
fn leave(mut pty: Pty) {
    pty.keys("q");
    pty.wait_for("q again");
    quit(pty);
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode()
        & 0o777
}

#[test]
fn another_source_is_opened_in_place_and_two_are_merged() {
    let home = Home::new();
    let mut pty = explore(&home, "pki", (80, 24));
    pty.wait_for("433/433");
    // The fourth of the list: the upload guard.
    pty.keys("S");
    pty.wait_for("[x] pki");
    pty.keys("jjj\r");
    // What was fetched of the one is not dropped unasked for the other.
    pty.wait_for("q: drop 433 and open keys");
    pty.keys("\x1b");
    pty.wait_for("433/433");
    pty.keys("Sjjj\rq");
    pty.wait_for("164/164");
    pty.wait_for("Bench Uploa");
    assert!(!pty.text().contains("cert_create"), "{}", pty.text());
    pty.keys("Sjj+\r");
    pty.wait_for("q: drop 164 and open keys pki");
    pty.keys("q");
    pty.wait_for("597/597");
    pty.wait_for("SOURCE");
    leave(pty);
}

#[test]
fn the_plain_page_stands_outside_the_alternate_screen_until_a_key() {
    let home = Home::new();
    let mut pty = explore(&home, "pki", (80, 24));
    pty.wait_for("433/433");
    pty.keys("\r");
    pty.wait_for("DETAIL");
    pty.keys("|");
    pty.wait_until("the plain page", |pty| {
        !pty.screen().alternate_screen() && pty.text().contains("\"action\":\"login_success\"")
    });
    // The key ends the page and does nothing else.
    pty.keys("x");
    pty.wait_until("the explorer again", |pty| {
        pty.screen().alternate_screen() && pty.text().contains("DETAIL")
    });
    assert!(!pty.text().contains("Export"), "{}", pty.text());
    pty.keys("q");
    pty.wait_for("TABLE");
    leave(pty);
}

#[test]
fn a_session_is_restored_by_its_key_and_a_saved_view_outlives_the_program() {
    let home = Home::new();
    let mut pty = explore(&home, "pki", (80, 24));
    pty.wait_for("433/433");
    pty.keys("7");
    pty.wait_for(" 12/433");
    pty.keys(":save failed logins\r");
    pty.wait_for("failed logins is saved");
    pty.keys("6");
    pty.wait_for("class:success,failure");
    pty.keys("7");
    pty.wait_for("421/433");
    pty.keys("jjj");
    pty.wait_for("\u{258c}05-21 09:53:54");
    leave(pty);
    assert_eq!(mode(&home.path().join("state/auditty/session.json")), 0o600);
    let kept = std::fs::read_to_string(home.path().join("state/auditty/session.json")).expect("kept");
    assert!(!kept.contains("login_success"), "no entry is kept: {kept}");

    // The next start is fresh.
    let mut pty = explore(&home, "pki", (80, 24));
    pty.wait_for("433/433");
    pty.wait_for("[ restores the session of");
    pty.wait_for("\u{258c}05-21 09:57:59");
    pty.keys("[");
    pty.wait_for("421/433");
    pty.wait_for("/ class:success");
    pty.wait_for("\u{258c}05-21 09:53:54");
    pty.keys("S");
    pty.wait_for("view failed logins");
    pty.keys("G\r");
    pty.wait_for(" 12/433");
    pty.wait_for("/ class:failure");
    leave(pty);
}

#[test]
fn the_first_run_writes_a_config_that_works_from_then_on() {
    let home = Home::new();
    let mut pty = Pty::start(home.command(PROGRAM, &["--theme", "dark"]), 80, 24);
    pty.wait_for("WELCOME");
    pty.keys("c");
    pty.wait_for("write it, and check it");
    // The third system; its address; a command for its token.
    pty.keys("\r\r");
    pty.wait_for("(fileguard)");
    pty.keys("jj\r");
    pty.keys(&SERVED.server.base_url(System::Fileguard));
    pty.keys("\r\rprintf demo\r");
    pty.wait_for("printf demo");
    pty.keys("\r");
    // It is opened; what the demo has lies in the past.
    pty.wait_for("fileguard  7d");
    pty.keys("tc2026-05-20T10:00:00Z..2026-05-21T10:00:00Z\r");
    pty.wait_for("164/164");
    leave(pty);

    let config = home.path().join("config/auditty/config.toml");
    assert_eq!(mode(&config), 0o600);
    let text = std::fs::read_to_string(&config).expect("a config");
    assert!(text.contains("default = \"fileguard\"") && text.contains("[\"printf\", \"demo\"]"), "{text}");
    let arguments = [&["--theme", "dark"][..], &DAY[..]].concat();
    let mut pty = Pty::start(home.command(PROGRAM, &arguments), 80, 24);
    pty.wait_for("164/164");
    leave(pty);
}

#[test]
fn marks_and_their_notes_outlive_the_program() {
    let home = Home::new();
    let mut pty = explore(&home, "pki", (80, 24));
    pty.wait_for("433/433");
    pty.keys("m;the one before\rjjm");
    pty.wait_for("marked, 2 in all");
    pty.keys(";where it \u{201c}began\u{201d}\r");
    pty.keys("M");
    pty.wait_for("MARKS");
    pty.wait_for("where it \u{201c}began\u{201d}");
    pty.keys("\x1b");
    leave(pty);

    // A session in between that looks at nothing of it keeps them all the same.
    let mut pty = explore(&home, "pki", (80, 24));
    pty.wait_for("433/433");
    pty.keys("jm");
    pty.wait_for("marked, 1 in all");
    leave(pty);

    let mut pty = explore(&home, "pki", (120, 36));
    pty.wait_for("433/433");
    pty.keys("[");
    pty.wait_for("as it was on");
    pty.keys("M");
    pty.wait_for("MARKS");
    for note in ["the one before", "where it \u{201c}began\u{201d}"] {
        pty.wait_for(note);
    }
    // They are of entries that are here, and lead to them.
    pty.keys("\r");
    pty.wait_for("TABLE");
    pty.keys("Y9");
    pty.wait_for("sent");
    leave(pty);
}
