//! Usage, config, filter and descriptor errors: one clear message, status 2, nothing sent, nothing
//! written. Lists, checks, help, completions, the man page.

use super::home::{Home, mode};

#[test]
fn what_is_typed_wrongly_is_said_and_ends_with_2() {
    let home = Home::demo();
    for (arguments, said) in [
        (&["export"][..], "SOURCE|FILE"),
        (&["exprot", "api"], "export"),
        (&["export", "api", "--frmat", "csv"], "--format"),
        (&["export", "api", "--format", "cvs"], "csv"),
        (&["export", "api", "--manifest"], "--output"),
        (&["export", "api", "--since", "yesterday"], "--since"),
        (&["export", "api", "--until", "x"], "--until"),
        (&["export", "api", "--since", "1h", "--until", "2h"], "empty"),
        (&["export", "api", "--since", "now"], "empty"),
        (&["export", "api", "--limit=-1"], "limit"),
        (&["export", "api", "--max-memory", "much"], "bytes"),
        (&["export", "api", "--tz", "Mars"], "Mars"),
        (&["export", "api", "--provider", "tofupilto"], "tofupilot"),
        (&["export", "apo"], "api"),
        (&["export", "./apo"], "no file"),
        (&["export", "."], "folder"),
        (&["export", "api", "-o", "config"], "regular file"),
        (&["export", "api", "-o", "no/such/folder/x.csv"], "folder"),
        (&["export", "api", "-o", "."], "no file's name"),
        (&["histogram", "api", "--limit", "3"], "--limit"),
        (&["histogram", "api", "--format", "xml"], "plot"),
        (&["explore", "api", "--limit", "3"], "--limit"),
        (&["providers", "show", "tofupilto"], "tofupilot"),
        (&["check", "apo"], "api"),
        (&["demo", "--serve", "--listen", "0.0.0.0:0"], "this machine"),
        (&["demo", "--serve", "--listen", "here"], "127.0.0.1:PORT"),
        (&["demo", "--generate", "many"], "--generate"),
        (&["demo", "--generate", "1", "--format", "xml"], "ndjson"),
        (&["demo", "--generate", "1", "--filter", "x"], "--format alone"),
        (&["demo", "--generate", "1", "--config", "x"], "--format alone"),
        (&["demo", "--generate", "1", "--mouse"], "--format alone"),
    ] {
        let ran = home.run(arguments).ends(2);
        assert!(ran.err.contains(said), "{arguments:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{arguments:?}");
    }
}

#[test]
fn a_wrong_filter_is_answered_with_the_column_and_a_caret() {
    let ran = Home::demo().run(&["export", "api", "-f", "alice stauts:5xx"]).ends(2);
    let lines: Vec<&str> = ran.err.lines().collect();
    assert!(lines[0].contains("column 7") && lines[0].contains("status"), "{}", ran.err);
    assert_eq!(lines[1], "  alice stauts:5xx");
    assert_eq!(lines[2], "        ^^^^^^");
}

#[test]
fn hostile_words_of_the_user_reach_no_terminal() {
    let home = Home::demo();
    for arguments in [
        &["export", "\u{1b}[2Jx"][..],
        &["export", "api", "-f", "(\u{1b}[2J"],
        &["export", "api", "--since", "\u{1b}[2J"],
        &["export", "api", "--format", "\u{1b}[2J"],
        &["\u{1b}[2J"],
        &["show", "api", "\u{1b}[2J", "--since", "2026-05-21T09:59:00Z", "--until", "2026-05-21T10:00:00Z"],
    ] {
        let ran = home.run(arguments);
        assert_ne!(ran.code, Some(0));
        assert!(!ran.err.contains('\u{1b}'), "{arguments:?}: {:?}", ran.err);
    }
}

#[test]
fn a_wrong_config_names_its_line_and_key() {
    let home =
        Home::with("default = \"prod\"\n[sources.prod]\nprovider = \"tofupilot\"\ntokne = { env = \"X\" }\n");
    for arguments in [&["export", "prod"][..], &["sources"], &["check"], &["histogram", "prod"]] {
        let ran = home.run(arguments).ends(2);
        assert!(
            ran.err.contains("config.toml:4") && ran.err.contains("tokne") && ran.err.contains("token"),
            "{}",
            ran.err
        );
    }
    // What only the explorer has a use for is held to be right everywhere.
    home.write("keys.toml", "[sources.other]\nprovider = \"tofupilot\"\n[keys]\nqiut = \"x\"\n");
    for command in ["sources", "check", "providers"] {
        let ran = home.run(&[command, "--config", "keys.toml"]).ends(2);
        let names_it = ["keys.toml:4", "`keys.qiut`", "\"quit\""].iter().all(|part| ran.err.contains(part));
        assert!(names_it, "{}", ran.err);
    }
    let ran = home.run(&["sources", "--config", "nosuch.toml"]).ends(2);
    assert!(ran.err.contains("nosuch.toml"), "{}", ran.err);
    home.write("other.toml", "[sources.other]\nprovider = \"tofupilot\"\n");
    let listed = home.run(&["sources", "--config", "other.toml"]).whole();
    assert!(listed.starts_with("other  tofupilot  https://tofupilot.app  $TOFUPILOT_API_KEY"), "{listed}");
    let mut by_variable = home.command(&["sources"]);
    let out = by_variable.env("AUDITTY_CONFIG", "other.toml").output().expect("runs").stdout;
    assert_eq!(String::from_utf8(out).expect("text"), listed);
}

#[test]
fn no_config_is_no_error_where_none_is_needed() {
    let home = Home::empty();
    let ran = home.run(&["sources"]).ends(0);
    assert!(ran.err.contains("no sources") && ran.out.is_empty(), "{}", ran.err);
    home.run(&["check"]).ends(2);
    let ran = home.run(&["export", "prod"]).ends(2);
    assert!(ran.err.contains("config.toml") && ran.err.contains("auditty demo"), "{}", ran.err);
    assert!(!home.path("data").exists(), "nothing is kept unasked");
}

#[test]
fn sources_are_listed_and_checked() {
    let home = Home::demo();
    let listed = home.run(&["sources"]).whole();
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["api", "files", "pki", "keys", "logfire"]);
    let of_default: Vec<&str> = listed.lines().filter(|line| line.ends_with("(default)")).collect();
    assert!(matches!(of_default[..], [line] if line.starts_with("api ")), "{listed}");
    assert!(listed.contains("workspace_id=ws_flight_ops,ws_quality"), "{listed}");
    let checked = home.run(&["check"]).whole();
    assert_eq!(checked.lines().count(), 6, "one a source, and one a workspace: {checked}");
    assert!(checked.lines().all(|line| line.contains(": ok, ")), "{checked}");
    assert_eq!(home.run(&["check", "pki"]).whole().lines().count(), 1);
}

#[test]
fn providers_are_listed_shown_and_checked() {
    let home = Home::empty();
    let listed = home.run(&["providers"]).whole();
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["fastio", "fastpki", "fileguard", "logfire", "tofupilot"]);
    for name in names {
        let toml = home.run(&["providers", "show", name]).whole();
        let file = format!("{name}.toml");
        home.write(&file, &toml);
        let ran = home.run(&["providers", "check", &file]).whole();
        assert!(ran.contains("is a valid descriptor"), "{ran}");
        home.write(&file, toml.replacen("name", "nmae", 1));
        let wrong = home.run(&["providers", "check", &file]).ends(2);
        assert!(wrong.err.contains(&file) && wrong.err.contains("nmae"), "{}", wrong.err);
    }
    // A descriptor of one's own stands beside the config.
    let own = home.run(&["providers", "show", "logfire"]).whole().replacen("\"logfire\"", "\"ownfire\"", 1);
    home.write("config/auditty/providers/own.toml", own);
    assert!(home.run(&["providers"]).whole().contains("ownfire"));
}

#[test]
fn help_version_completions_and_the_man_page_are_there() {
    let home = Home::empty();
    let help = home.run(&["--help"]).whole();
    for command in [
        "explore",
        "open",
        "demo",
        "export",
        "show",
        "histogram",
        "sources",
        "check",
        "providers",
        "sync",
        "archive",
        "completions",
        "man",
    ] {
        assert!(help.contains(&format!("  {command}")), "{command} in {help}");
        let of_command = home.run(&[command, "--help"]).whole();
        assert!(of_command.contains("Usage: auditty"), "{of_command}");
        for later in ["--now", "--every"] {
            assert!(!of_command.contains(later), "{command} offers {later}");
        }
    }
    assert_eq!(home.run(&["--version"]).whole(), format!("auditty {}\n", env!("CARGO_PKG_VERSION")));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(home.run(&["completions", shell]).whole().contains("auditty"), "{shell}");
    }
    let man = home.run(&["man"]).whole();
    assert!(
        man.contains(".TH auditty 1") && man.contains("AUDITTY EXPORT") && man.contains("\\-\\-manifest"),
        "{man}"
    );
}

#[test]
fn what_was_said_is_in_the_log_and_no_token_is() {
    let home = Home::demo();
    let ran = home.run(&["export", "nosuch"]).ends(2);
    let log = home.text("state/auditty/auditty.log");
    assert!(log.contains("unknown source `nosuch`") && ran.err.contains("unknown source `nosuch`"), "{log}");
    assert_eq!(mode(&home.path("state/auditty/auditty.log")), 0o600);
}
