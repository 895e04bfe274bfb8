//! Headless commands on a terminal: what is escaped there, and what is drawn.

use std::io::Read;
use std::sync::mpsc;
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::home::{END, Home};

/// How long a command may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a command writes to a terminal 80 cells wide, by a shell's words for it.
fn on_a_terminal(home: &Home, words: &str) -> String {
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).expect("a terminal");
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", &words.replace("auditty", env!("CARGO_BIN_EXE_auditty"))]);
    command.cwd(home.path("."));
    command.env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TERM", "xterm");
    command.env("XDG_CONFIG_HOME", home.path("config"));
    command.env("XDG_STATE_HOME", home.path("state"));
    let mut child = pair.slave.spawn_command(command).expect("runs");
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut all = Vec::new();
        // A terminal whose program has ended gives an error where a file has its end.
        let _ = reader.read_to_end(&mut all);
        let _ = sender.send(all);
    });
    child.wait().expect("ends");
    let all = receiver.recv_timeout(PATIENCE).expect("the terminal's end");
    String::from_utf8(all).expect("text")
}

/// A record whose action would clear the screen.
const HOSTILE: &str = "{\"request_id\":\"r\",\"timestamp\":\"2026-05-18T00:00:00Z\",\"method\":\"\\u001b[2J\",\"endpoint\":\"\u{202e}x\",\"status\":200}\n";

#[test]
fn data_on_a_terminal_cannot_drive_it() {
    let home = Home::empty();
    home.write("log.ndjson", HOSTILE);
    for format in ["ndjson", "json", "csv", "raw", "ecs", "hec"] {
        let out = on_a_terminal(&home, &format!("auditty export log.ndjson --format {format} 2>/dev/null"));
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{format}: {out:?}");
        let is_marked =
            if format == "csv" { out.contains("␛[2J ⟨202E⟩x") } else { out.contains("\\u202e") };
        assert!(is_marked, "{format}: {out}");
    }
    let shown = on_a_terminal(&home, "auditty show log.ndjson r 2>/dev/null");
    assert!(shown.contains("␛[2J ⟨202E⟩x") && !shown.contains('\u{1b}'), "{shown}");
    // Into a file or a pipe the data go as they are.
    let piped = home.run(&["export", "log.ndjson", "--format", "csv"]).whole();
    assert!(piped.contains("\u{1b}[2J \u{202e}x"));
}

#[test]
fn a_histogram_is_a_plot_on_a_terminal() {
    let home = Home::empty();
    home.write("log.ndjson", HOSTILE);
    let plot = on_a_terminal(&home, "auditty histogram log.ndjson 2>/dev/null");
    assert!(plot.contains("1 entries   2 2xx 1"), "{plot}");
    assert!(plot.lines().all(|line| line.trim_end().chars().count() <= 80), "{plot}");
}

#[test]
fn progress_is_drawn_where_standard_error_is_a_terminal() {
    let home = Home::demo();
    let window = "--since 2026-05-14 --until 2026-05-22";
    let drawn = on_a_terminal(&home, &format!("auditty export pki {window} >out.ndjson"));
    assert!(drawn.contains("pki") && drawn.contains("entries"), "{drawn:?}");
    assert!(home.text("out.ndjson").lines().count() > 1_000);
    // A sync draws a bar a source, and leaves a line a source; for cron, nothing.
    let drawn = on_a_terminal(&home, &format!("XDG_DATA_HOME=$PWD/data auditty sync pki keys --now {END}"));
    for source in ["pki", "keys"] {
        let line = format!("auditty: {source}: ");
        assert!(drawn.matches(source).count() > 1 && drawn.contains(&line), "{drawn:?}");
    }
    let drawn =
        on_a_terminal(&home, &format!("XDG_DATA_HOME=$PWD/data auditty sync pki keys --quiet --now {END}"));
    assert_eq!(drawn.trim(), "");
}
