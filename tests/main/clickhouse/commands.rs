//! The commands: `sync`, `--offline`, `archive`, the explorer, and what is refused.

use auditty::demo::System;
use auditty::text::counted;
use portable_pty::CommandBuilder;

use super::server::{PASSWORD, Server};
use crate::cli::home::{END, Home, held};
use crate::pty::Pty;

pub const FOUR: [&str; 4] = ["files", "pki", "keys", "logfire"];
const WINDOW: [&str; 4] = ["--since", "2026-05-14T00:00:00Z", "--until", END];

/// The demo's config.
pub fn config() -> String {
    Home::demo().text("config/auditty/config.toml")
}

/// A home whose archive on the server holds four of the systems, and one with the same on disk.
fn synced(server: &Server) -> (Home, Home) {
    let sync = [&["sync", "--quiet", "--now", END][..], &FOUR].concat();
    let homes = (super::home(server, &config()), Home::demo());
    homes.0.run(&sync).ends(0);
    homes.1.run(&sync).ends(0);
    homes
}

/// What a command says, and how it ends; parts are told of as they come, so in any order.
fn said(home: &Home, asked: &[&str]) -> (Option<i32>, String, Vec<String>) {
    let ran = home.run(asked);
    let mut told: Vec<String> = ran.err.lines().map(str::to_owned).collect();
    told.sort_unstable();
    (ran.code, ran.out, told)
}

/// Filters that are asked about.
const FILTERS: [&str; 6] =
    ["", "is:delete", "changes:*", "alice OR ip:10.0.0.0/8", "-actor:* OR target~a", "raw~İ"];

/// The same questions get the same answers.
#[track_caller]
pub fn says_the_same(there: &Home, here: &Home, filters: &[&str]) {
    for filter in filters {
        for command in [
            &["histogram", "--format", "json"][..],
            &["export", "--format", "ndjson", "--limit", "70"],
            &["export", "--format", "raw"],
        ] {
            let asked = [command, &["--offline", "-f", filter], &FOUR, &WINDOW].concat();
            assert_eq!(said(there, &asked), said(here, &asked), "{asked:?}");
        }
    }
    let id = &held(System::Fastio, "id")[0];
    let show = [&["show", "files", id, "--offline"][..], &WINDOW].concat();
    assert_eq!(said(there, &show), said(here, &show));
}

#[test]
fn offline_says_just_what_the_archive_on_disk_says() {
    let Some(server) = Server::shared() else { return };
    let (there, here) = synced(server);
    says_the_same(&there, &here, &FILTERS);
    // A second sync finds all of it, and a part that is not covered is told.
    let again = there.run(&["sync", "--now", END, "pki"]).ends(0);
    assert!(again.err.contains("pki: 0 new"), "{}", again.err);
    let window = ["--since", "2026-05-21T00:00:00Z", "--until", "2026-05-22T00:00:00Z"];
    for command in ["export", "histogram"] {
        let asked = [&[command, "pki", "--offline"][..], &window].concat();
        let (found, meant) = (there.run(&asked).ends(1), here.run(&asked).ends(1));
        assert_eq!((found.out, found.err), (meant.out, meant.err));
    }
}

#[test]
fn single_records_take_the_place_of_list_rows() {
    let Some(server) = Server::shared() else { return };
    let (there, here) = (super::home(server, &config()), Home::demo());
    let sync = ["sync", "--quiet", "--changes", "--now", END, "logfire"];
    for home in [&there, &here] {
        home.run(&sync).ends(0);
    }
    let export = [&["export", "logfire", "--offline", "--format", "ndjson"][..], &WINDOW].concat();
    assert_eq!(there.run(&export).whole(), here.run(&export).whole());
    let told = [&["export", "logfire", "--offline", "-f", "changes:*"][..], &WINDOW].concat();
    assert!(there.run(&told).whole().lines().count() > 10);
}

#[test]
fn what_the_engine_cannot_be_asked_is_refused() {
    let Some(server) = Server::shared() else { return };
    let home = super::home(server, &config());
    home.run(&["sync", "--quiet", "--now", END, "pki"]).ends(0);
    for filter in ["@/id:1", "raw:/x/"] {
        for command in ["export", "histogram"] {
            let refused =
                home.run(&[&[command, "pki", "--offline", "-f", filter][..], &WINDOW].concat()).ends(2);
            assert!(refused.err.contains("not on this engine: "), "{}", refused.err);
            assert_eq!(refused.out, "");
        }
    }
}

#[test]
fn status_verify_prune_and_path_look_after_it() {
    let Some(server) = Server::shared() else { return };
    let home = super::home(server, &config());
    for nothing in [&["status"][..], &["verify"], &["prune", "--before", "2026-01-01"]] {
        let missing = home.run(&[&["archive"], nothing].concat()).ends(1);
        assert!(missing.err.contains("`auditty sync` makes one"), "{}", missing.err);
    }
    let sync = ["sync", "--quiet", "--changes", "--now", END, "pki", "logfire"];
    home.run(&sync).ends(0);
    let path = home.run(&["archive", "path"]).whole();
    assert!(path.starts_with("clickhouse://default@127.0.0.1:"), "{path}");
    let status = home.run(&["archive", "status"]).whole();
    assert!(status.contains("pki (fastpki") && status.contains("█"), "{status}");
    let verified = home.run(&["archive", "verify"]).whole();
    assert!(verified.ends_with(" records are as they were stored\n"), "{verified}");

    // The list rows of single records have nothing to stand for any more.
    let pruned = home.run(&["archive", "prune", "--before", "2026-05-18"]).whole();
    assert!(
        pruned.contains("entries before 2026-05-18T00:00:00.000000Z are gone, and ")
            && pruned.contains(" rows that other copies had taken the place of"),
        "{pruned}"
    );
    home.run(&["archive", "verify"]).whole();
    let again = home.run(&["archive", "prune", "--before", "2026-05-18"]).whole();
    assert_eq!(again, "0 entries before 2026-05-18T00:00:00.000000Z are gone\n");
    // What was let go is missing, and comes back on request.
    let export = ["export", "pki", "--offline", "--since", "2026-05-17", "--until", "2026-05-21"];
    let rest = home.run(&export).ends(1);
    assert!(
        rest.err.contains("missing: 2026-05-17T00:00:00.000000Z to 2026-05-18T00:00:00.000000Z"),
        "{}",
        rest.err
    );
    home.run(&["sync", "pki", "--quiet", "--since", "2026-05-14", "--until", END]).ends(0);
    assert!(home.run(&export).whole().lines().count() > rest.out.lines().count());
}

#[test]
fn two_syncs_at_once_leave_each_entry_once() {
    let Some(server) = Server::shared() else { return };
    let home = super::home(server, &config());
    let sync = || home.run(&["sync", "--now", END, "pki", "keys"]).ends(0);
    std::thread::scope(|scope| {
        let other = scope.spawn(sync);
        sync();
        other.join().expect("it ends well");
    });
    let here = Home::demo();
    here.run(&["sync", "--quiet", "--now", END, "pki", "keys"]).ends(0);
    let records = |home: &Home| {
        let verified = home.run(&["archive", "verify"]).whole();
        verified.split_once(" records ").expect("so many").0.to_owned()
    };
    assert_eq!(records(&home), records(&here));
}

#[test]
fn files_are_taken_in_under_a_name() {
    let Some(server) = Server::shared() else { return };
    let home = super::home(server, &config());
    home.run_all(&["export", "pki", "--format", "raw", "-o", "pki.ndjson"]).ends(0);
    let count = counted(held(System::Fastpki, "id").len() as u64);
    let taken = home.run(&["archive", "import", "pki.ndjson"]).whole();
    assert_eq!(taken, format!("pki: {count} new, 0 already there\n"));
    // As one insert: each makes work for the server.
    let path = home.run(&["archive", "path"]).whole();
    let database = path.trim().rsplit('/').next().expect("a name");
    assert_eq!(
        server.ask(&format!("SELECT uniqExact(written) FROM {database}.auditty_entries_v1")).trim(),
        "1"
    );
    let taken = home.run(&["archive", "import", "pki.ndjson"]).whole();
    assert_eq!(taken, format!("pki: 0 new, {count} already there\n"));
    let synced = home.run(&["sync", "pki", "--since", "2025-01-01", "--until", END]).ends(0);
    assert!(synced.err.contains(&format!("pki: 0 new, {count} already there")), "{}", synced.err);
    let other = home.run(&["archive", "import", "pki.ndjson", "--source", "keys"]).ends(2);
    assert!(other.err.contains("the config's `keys` is fileguard"), "{}", other.err);
}

#[test]
fn a_server_that_refuses_or_is_not_there_is_told_and_the_password_is_not() {
    let Some(server) = Server::shared() else { return };
    let database = server.database();
    let config = config();
    let archive = |user: &str, port: u16, secret: &str| {
        Home::with(&format!(
            "archive = \"clickhouse://{user}@127.0.0.1:{port}/{database}\"\narchive_password = {secret}\n{config}"
        ))
    };
    let sync = ["sync", "--quiet", "--now", END, "pki"];
    let secret = archive("tester", server.port, "{ file = 'secret' }");
    secret.write("config/auditty/secret", format!("{PASSWORD}\n"));
    secret.run(&sync).ends(0);
    let wrong = archive("tester", server.port, "{ command = ['printf', 'hunter2'] }");
    let refused = wrong.run(&sync).ends(3);
    assert!(!refused.err.contains("hunter2"), "{}", refused.err);
    let missing = archive("tester", server.port, "{ env = 'NOT_SET_ANYWHERE' }").run(&sync).ends(2);
    assert!(missing.err.contains("NOT_SET_ANYWHERE"), "{}", missing.err);
    // Nobody listens on the port of a listener that is gone.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("bound").port()
    };
    let gone = archive("default", port, "{ command = ['printf', 'hunter2'] }").run(&sync).ends(4);
    assert!(gone.err.contains("cannot be reached"), "{}", gone.err);
    let none = super::home(server, &config).run(&["export", "pki", "--offline"]).ends(1);
    assert!(none.err.contains("`auditty sync` makes one"), "{}", none.err);
}

#[test]
fn the_explorer_asks_the_server() {
    let Some(server) = Server::shared() else { return };
    let home = super::home(server, &config());
    home.run(&["sync", "--quiet", "--now", END, "pki", "keys"]).ends(0);
    let of = |filter: &str| {
        let asked = [&["export", "pki", "keys", "--offline", "-f", filter][..], &WINDOW].concat();
        home.run(&asked).whole().lines().count()
    };
    let (all, deleted) = (of(""), of("is:delete"));
    assert!(deleted > 0 && deleted < all);
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_auditty"));
    command.args(["explore", "pki", "keys", "--offline", "--theme", "mono", "--clipboard", "file"]);
    command.args(WINDOW);
    command.env("HOME", home.path(""));
    for (name, folder) in [("CONFIG", "config"), ("DATA", "data"), ("STATE", "state")] {
        command.env(format!("XDG_{name}_HOME"), home.path(folder));
    }
    for name in ["TMUX", "STY", "NO_COLOR", "COLORTERM", "AUDITTY_CONFIG"] {
        command.env_remove(name);
    }
    let grouped = |count: usize| counted(count as u64);
    let mut pty = Pty::start(command, 120, 40);
    pty.wait_for(&format!("{}/", grouped(all)));
    pty.wait_for("all fetched");
    pty.keys("/is:delete\r");
    pty.wait_for(&format!("{}/", grouped(deleted)));
    // What cannot be asked is said, and what was there stays.
    pty.keys("/\u{15}@/id:1\r");
    pty.wait_for("not on this engine");
    pty.keys("/\u{15}\r");
    pty.wait_for(&format!("{}/", grouped(all)));
    pty.keys("q");
    assert_eq!(pty.wait(), 0, "{}", pty.text());
}
