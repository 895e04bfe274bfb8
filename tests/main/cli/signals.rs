//! Ctrl-C, SIGTERM, SIGHUP, and pipes whose reader goes away.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::home::{ALL, Home};

/// How long a test waits for what must come at once.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that takes connections and never answers.
fn silent_server() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}

fn signal(child: &Child, name: &str) {
    let status = std::process::Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

/// Waits until a file is there.
fn await_file(path: &Path) {
    let began = Instant::now();
    while !path.exists() {
        assert!(began.elapsed() < PATIENCE, "{} does not come", path.display());
        std::thread::yield_now();
    }
}

#[test]
fn a_signal_removes_what_is_unfinished_and_tells_itself_by_the_status() {
    let (listener, url) = silent_server();
    for (name, status) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let home = Home::one("fastpki", &url, "");
        home.write("out.ndjson", "older");
        let mut child = home
            .command(&["export", "one", "-o", "out.ndjson"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        // It has begun to ask, so that its file is there, and its ear for signals before that.
        drop(listener.accept().expect("a request"));
        await_file(&home.path("out.ndjson.part"));
        signal(&child, name);
        assert_eq!(child.wait().expect("ends").code(), Some(status), "{name}");
        assert!(!home.path("out.ndjson.part").exists(), "{name}");
        assert_eq!(home.text("out.ndjson"), "older", "{name}");
    }
}

#[test]
fn a_hangup_that_is_ignored_stays_ignored() {
    let (listener, url) = silent_server();
    let home = Home::one("fastpki", &url, "");
    let program = env!("CARGO_BIN_EXE_auditty");
    let mut command = home.command(&[]);
    let inherited: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
    command = std::process::Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" export one -o out", program]).current_dir(home.path("."));
    for (name, value) in inherited {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command.stderr(Stdio::null()).spawn().expect("runs");
    drop(listener.accept().expect("a request"));
    await_file(&home.path("out.part"));
    signal(&child, "-HUP");
    signal(&child, "-TERM");
    assert_eq!(child.wait().expect("ends").code(), Some(143));
}

/// Whether a process is at work: there, and not only waiting to be buried.
fn is_at_work(pid: &str) -> bool {
    let asked = std::process::Command::new("ps").args(["-o", "stat=", "-p", pid]).output().expect("ps runs");
    let state = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

#[test]
fn a_command_for_a_token_does_not_outlive_it() {
    let config = "[sources.one]\nprovider = \"fastpki\"\nbase_url = \"http://127.0.0.1:1\"\n\
        token = { command = [\"sh\", \"-c\", \"echo $$ > new; mv new pid; exec sleep 600\"] }\n";
    let home = Home::with(config);
    let mut child = home.command(&["export", "one"]).stderr(Stdio::null()).spawn().expect("runs");
    await_file(&home.path("pid"));
    let pid = home.text("pid").trim().to_owned();
    assert!(is_at_work(&pid));
    signal(&child, "-TERM");
    assert_eq!(child.wait().expect("ends").code(), Some(143));
    let began = Instant::now();
    while is_at_work(&pid) {
        assert!(began.elapsed() < PATIENCE, "the command is still at work");
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let home = Home::demo();
    for arguments in [
        &["export", "pki", "--since", "2026-01-14", "--until", "2026-05-22"][..],
        &["export", "pki", "--since", "2026-01-14", "--until", "2026-05-22", "--format", "json"],
        &["completions", "bash"],
        &["man"],
        &["providers", "show", "logfire"],
        &["histogram", "pki", ALL[0], ALL[1], ALL[2], ALL[3]],
    ] {
        let mut child =
            home.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
        // Gone before a byte is written, or amid many.
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
        assert_eq!(child.wait().expect("ends").code(), Some(0), "{arguments:?}: {said}");
        assert_eq!(said, "", "{arguments:?}");
    }
    let mut child = home
        .command(&["export", "pki", "--since", "2026-01-14", "--until", "2026-05-22"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("runs");
    let mut first = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    out.read_line(&mut first).expect("a line");
    drop(out);
    assert!(first.starts_with('{') && child.wait().expect("ends").success());
}

#[test]
fn standard_input_is_read_while_it_comes() {
    let home = Home::empty();
    let mut child = home
        .command(&["export", "-", "--provider", "tofupilot"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("runs");
    let mut input = child.stdin.take().expect("piped");
    for second in 0..3 {
        writeln!(input, r#"{{"request_id":"r{second}","timestamp":"2026-05-18T00:00:0{second}Z"}}"#)
            .expect("writes");
    }
    drop(input);
    let out = child.wait_with_output().expect("ends").stdout;
    assert_eq!(String::from_utf8(out).expect("text").lines().count(), 3);
}
