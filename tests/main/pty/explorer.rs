//! The explorer itself, the built program, in a real terminal.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use portable_pty::CommandBuilder;
use tempfile::TempDir;

use super::Pty;

pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_auditty");

/// Entries of one system, newest first; the second is an attacker's.
const ENTRIES: &[&str] = &[
    r#"{"id":"al_3","timestamp":"2026-05-18T00:00:02Z","action":"file.read","actor":{"type":"human","id":"u_1","name":"alice"},"resource":{"type":"file","id":"f_1","path":"/plans"},"ip_address":"10.0.0.9"}"#,
    r#"{"id":"al_2","timestamp":"2026-05-18T00:00:01Z","action":"file.\u001b[31mred","actor":{"type":"agent","id":"u_2","name":"\u001b]0;owned\u0007mal\u202elory"},"resource":{"type":"file","id":"f_2","path":"/a\u009b5n\u200bb"},"ip_address":"10.0.0.4","extra":{"key\u001b[2J":"\u001bP0;owned\u001b\\"}}"#,
    r#"{"id":"al_1","timestamp":"2026-05-18T00:00:00Z","action":"file.write","actor":{"type":"human","id":"u_1","name":"alice"},"resource":{"type":"file","id":"f_1","path":"/plans"},"ip_address":"10.0.0.9"}"#,
];

/// A folder of the test's own: home, state, a file of entries.
pub(super) struct Home(TempDir);

impl Home {
    pub(super) fn new() -> Self {
        let home = Self(tempfile::tempdir().expect("a folder"));
        std::fs::write(home.file(), ENTRIES.join("\n")).expect("a file");
        home
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self) -> PathBuf {
        self.path().join("entries.ndjson")
    }

    /// The command, with every folder of the user inside this one, over SSH and without tmux.
    pub(super) fn command(&self, program: &str, arguments: &[&str]) -> CommandBuilder {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        for (name, value) in self.variables() {
            command.env(name, value);
        }
        for name in ["TMUX", "STY", "NO_COLOR", "COLORTERM", "AUDITTY_CONFIG"] {
            command.env_remove(name);
        }
        command
    }

    fn variables(&self) -> [(&'static str, PathBuf); 6] {
        let path = |name: &str| self.path().join(name);
        [
            ("HOME", path("")),
            ("XDG_CONFIG_HOME", path("config")),
            ("XDG_DATA_HOME", path("data")),
            ("XDG_STATE_HOME", path("state")),
            ("XDG_RUNTIME_DIR", path("")),
            ("SSH_TTY", path("tty")),
        ]
    }

    /// The explorer on the file of entries, once it shows them.
    fn open(&self, columns: u16, rows: u16) -> Pty {
        let file = self.file();
        let command = self.command(PROGRAM, &["open", "--theme", "dark", &file.to_string_lossy()]);
        let mut pty = Pty::start(command, columns, rows);
        pty.wait_for("alice");
        pty.wait_for("3/3");
        pty
    }
}

pub(super) fn quit(mut pty: Pty) -> Pty {
    pty.keys("q");
    assert_eq!(pty.wait(), 0, "{}", pty.text());
    pty.assert_restored();
    pty
}

#[cfg(feature = "demo")]
#[test]
fn the_demo_shows_all_five_systems_in_one_timeline_and_its_end_is_clean() {
    let home = Home::new();
    let mut pty = Pty::start(home.command(PROGRAM, &["demo", "--theme", "dark"]), 120, 36);
    for source in ["api", "files", "pki", "keys", "logfire"] {
        pty.wait_for(source);
    }
    // Entries come while keys are heard; failures alone, of a system without HTTP statuses.
    pty.wait_for("success");
    pty.keys("7");
    pty.wait_for("class:failure");
    pty.keys("?");
    pty.wait_for("HELP");
    pty.keys("\x1b");
    quit(pty);
}

#[cfg(feature = "demo")]
#[test]
fn the_first_run_leads_to_the_demo_in_one_key() {
    let home = Home::new();
    let mut pty = Pty::start(home.command(PROGRAM, &["--theme", "dark"]), 80, 24);
    pty.wait_for("WELCOME");
    pty.wait_for("try the demo");
    pty.keys("d");
    // All five of its systems; which counts have room beside the keys is another matter.
    pty.wait_for("api +4");
    pty.wait_for("/api/v2/");
    quit(pty);
}

#[test]
fn a_config_without_a_default_opens_the_choice_of_sources() {
    let home = Home::new();
    let config = home.path().join("config.toml");
    let text = "[sources.prod]\nprovider = \"tofupilot\"\ntoken = { command = [\"printf\", \"x\"] }\n";
    std::fs::write(&config, text).expect("a file");
    let arguments = ["--theme", "dark", "--config", &config.to_string_lossy()];
    let mut pty = Pty::start(home.command(PROGRAM, &arguments), 80, 24);
    pty.wait_for("SOURCES");
    pty.wait_for("prod");
    pty.keys("\x1b");
    quit(pty);
}

#[test]
fn entries_of_a_file_are_shown_and_the_end_is_clean() {
    let home = Home::new();
    let pty = quit(home.open(80, 24));
    assert_eq!(pty.count("\x1b[?1049h"), 1);
}

#[test]
fn standard_input_is_read_while_keys_come_from_the_terminal() {
    let home = Home::new();
    let script = format!("cat '{}' | '{PROGRAM}' open --theme dark -", home.file().display());
    let mut pty = Pty::start(home.command("sh", &["-c", &script]), 80, 24);
    pty.wait_for("alice");
    pty.wait_for("stdin");
    quit(pty);
}

#[test]
fn no_byte_of_an_entry_reaches_the_terminal_raw() {
    let home = Home::new();
    let mut pty = home.open(120, 40);
    // The row, then everything that the detail has, the record verbatim at its end.
    pty.wait_for("mal\u{27e8}202E\u{27e9}");
    pty.keys("j\r");
    pty.wait_for("al_2");
    pty.keys("G");
    pty.keys("gG");
    // Typed or pasted, it is in the prompt, as harmless.
    pty.keys("/");
    pty.keys("\x1b[200~x\x1b]0;owned\x07y\x1b[201~");
    pty.wait_for("x]0;ownedy");
    pty.keys("\x1b");
    pty.keys("\x1b");
    pty.keys("q");
    pty.keys("q");
    assert_eq!(pty.wait(), 0, "{}", pty.text());
    pty.assert_restored();
    for raw in ["\x1b[31mred", "\x1b]0;", "\x1bP0;", "\u{9b}5n", "\u{202e}", "\u{200b}", "key\x1b[2J"] {
        assert_eq!(pty.count(raw), 0, "{raw:?} was sent");
    }
}

#[test]
fn a_paste_goes_to_the_prompt_only() {
    let home = Home::new();
    let mut pty = home.open(80, 24);
    // None of these are commands.
    pty.keys("\x1b[200~qqq\x03\x1b[201~");
    pty.keys("/\x1b[200~action:file.write\x1b[201~\r");
    pty.wait_for("1/3");
    quit(pty);
}

/// The question for the terminal's background.
const ASKED: &str = "\x1b]11;?\x07";

#[test]
fn the_theme_follows_the_terminal_and_its_late_answer_is_never_typed() {
    let home = Home::new();
    let file = home.file();
    let command = home.command(PROGRAM, &["open", &file.to_string_lossy()]);
    let mut pty = Pty::start(command, 80, 24);
    // The terminal says nothing for so long that the screen is drawn without its answer.
    pty.wait_for("3/3");
    assert_eq!(pty.count(ASKED), 1, "it is asked once");
    let inks =
        |pty: &Pty| (0..24).map(|y| pty.screen().cell(y, 1).map(vt100::Cell::fgcolor)).collect::<Vec<_>>();
    let dark = inks(&pty);
    pty.keys("/");
    pty.wait_for("take back");
    // It comes in pieces, as over a slow line, while a filter is typed.
    pty.keys("al\x1b]11;rgb:ff");
    pty.wait_for("/ al");
    pty.keys("ff/ffff/ff");
    pty.keys("ff\x1b\\");
    pty.wait_until("other colours", |pty| inks(pty) != dark);
    pty.keys("ice");
    pty.wait_for("/ alice");
    pty.wait_for("2/3");
    assert!(!pty.text().contains("ff/"), "{}", pty.text());
    pty.keys("\r");
    pty.wait_for("TABLE");
    // By hand: it is asked again, and this time it is the palette that the answer must not be typed into.
    pty.keys(":theme auto\r");
    pty.wait_for("the terminal is asked");
    pty.wait_until("asked again", |pty| pty.count(ASKED) == 2);
    pty.keys(":");
    pty.wait_for("Palette");
    pty.keys("sus\x1b]11;rgb:1e1e/1e1e/1e1e\x07");
    pty.wait_until("the colours from before", |pty| inks(pty)[..2] == dark[..2]);
    pty.wait_for(":sus");
    assert!(!pty.text().contains("1e1e"), "{}", pty.text());
    pty.keys("\x1b");
    quit(pty);
}

#[test]
fn another_size_keeps_what_is_selected() {
    let home = Home::new();
    let mut pty = home.open(80, 24);
    pty.keys("j\r");
    pty.wait_for("al_2");
    for (columns, rows) in [(120, 36), (40, 10), (200, 60), (20, 5), (80, 24)] {
        pty.resize(columns, rows);
    }
    pty.wait_for("al_2");
    pty.keys("\x1b");
    quit(pty);
}

#[test]
fn ctrl_z_and_fg() {
    let home = Home::new();
    let mut pty = home.open(80, 24);
    pty.keys("\x1a");
    pty.wait_for_stop();
    pty.wait_until("the terminal given back", |pty| !pty.screen().alternate_screen());
    pty.assert_restored();
    pty.signal("CONT");
    pty.wait_until("the terminal taken again", |pty| pty.screen().alternate_screen());
    pty.wait_for("alice");
    quit(pty);
}

#[test]
fn ctrl_c_twice_is_130_and_signals_have_their_status() {
    let home = Home::new();
    let mut pty = home.open(80, 24);
    pty.keys("\x03\x03");
    assert_eq!(pty.wait(), 130);
    pty.assert_restored();
    for (signal, status) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let mut pty = home.open(80, 24);
        pty.signal(signal);
        assert_eq!(pty.wait(), status, "{signal}");
        pty.assert_restored();
    }
}

#[test]
fn a_hang_up_ends_it() {
    let home = Home::new();
    let mut pty = home.open(80, 24);
    pty.hang_up("?");
    let status = pty.wait();
    let log = std::fs::read_to_string(home.path().join("state/auditty/auditty.log")).unwrap_or_default();
    assert_eq!(status, 129, "{log}");
}

#[test]
fn a_hang_up_that_was_ignored_at_the_start_ends_it_only_with_the_terminal() {
    let home = Home::new();
    let script = format!("trap '' HUP; exec '{PROGRAM}' open --theme dark '{}'", home.file().display());
    let open = || {
        let mut pty = Pty::start(home.command("sh", &["-c", &script]), 80, 24);
        pty.wait_for("3/3");
        pty
    };
    let mut pty = open();
    pty.signal("HUP");
    pty.keys("?");
    pty.wait_for("HELP");
    pty.keys("\x1b");
    quit(pty);
    let mut pty = open();
    pty.hang_up("?");
    assert_eq!(pty.wait(), 129);
}

#[test]
fn what_cannot_be_opened_leaves_what_is_open_in_place() {
    let home = Home::new();
    let config = home.path().join("config.toml");
    let text = "[sources.broken]\nprovider = \"tofupilot\"\ntoken = { command = [\"false\"] }\n";
    std::fs::write(&config, text).expect("a file");
    let (config, file) = (config.to_string_lossy().into_owned(), home.file());
    let arguments = ["open", "--theme", "dark", "--config", &config, &file.to_string_lossy()];
    let mut pty = Pty::start(home.command(PROGRAM, &arguments), 80, 24);
    pty.wait_for("3/3");
    pty.keys("/alice\r");
    pty.wait_for("2/3");
    pty.keys("jmS\r");
    pty.wait_for("broken");
    pty.wait_until("why not, and the rows as they were", |pty| {
        let text = pty.text();
        text.contains("\"false\" failed") && text.contains("2/3") && text.contains("al_1")
    });
    pty.keys("M");
    pty.wait_for("MARKS");
    pty.keys("\x1b");
    quit(pty);
}

#[test]
fn a_key_that_changes_nothing_sends_nothing() {
    let home = Home::new();
    let mut pty = home.open(80, 24);
    // The first row is selected: there is nothing above it, nothing older to go back to.
    let frames = |pty: &Pty| pty.count("\x1b[?2026h");
    pty.keys("?");
    pty.wait_for("HELP");
    pty.keys("\x1b");
    pty.wait_until("the help gone", |pty| !pty.text().contains("HELP"));
    let before = frames(&pty);
    pty.keys("kkggk");
    pty.keys("?");
    pty.wait_until("the help again", |pty| pty.text().contains("HELP") && frames(pty) > before);
    assert_eq!(frames(&pty), before + 1, "only the help was drawn");
    pty.keys("\x1b");
    quit(pty);
}

#[test]
fn the_id_is_copied_by_osc_52_over_ssh() {
    let home = Home::new();
    let mut pty = home.open(80, 24);
    pty.keys("y");
    pty.wait_for("sent");
    // al_3 in base64.
    assert_eq!(pty.count("\x1b]52;c;YWxfMw==\x07"), 1);
    quit(pty);
}

#[test]
fn without_a_terminal_it_says_so() {
    let home = Home::new();
    let out = Command::new(PROGRAM)
        .arg("open")
        .arg(home.file())
        .envs(home.variables())
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("auditty: the explorer draws on a terminal") && said.contains("export"), "{said}");
    assert!(out.stdout.is_empty());
}
