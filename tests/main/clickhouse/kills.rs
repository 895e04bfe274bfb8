//! `sync` killed at random moments (kill -9): another one ends with just what the systems hold.

use std::time::{Duration, Instant};

use auditty::demo::System;
use auditty::timestamp::DAY;

use super::server::Server;
use crate::archive::bench::{Bench, paged_config};
use crate::archive::kills::{chance, kill_after};
use crate::cli::home::{Home, WORLD};

/// How often the sync is killed.
const KILLS: u32 = 6;
/// How long each answer takes at least, so that a walk takes a while.
const DELAY: Duration = Duration::from_millis(2);

#[test]
fn a_sync_into_a_server_that_is_killed_loses_nothing_and_keeps_nothing_twice() {
    let Some(server) = Server::shared() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let bench = runtime.block_on(Bench::new(DELAY));
    let config = paged_config(&bench.server);
    let config = config.replace("[sources.api]\n", "[sources.api]\nretention = 3650\n");
    // Five days less, so that the longest log is not all of it.
    let end = WORLD.end().plus(-5 * DAY);
    let now = end.to_string();
    let arguments = ["sync", "--quiet", "--now", &now];
    let home = super::home(server, &config);
    let begun = Instant::now();
    home.run(&arguments).ends(0);
    let mut left = begun.elapsed();
    let window = auditty::interval::Interval::new(end.plus(-90 * DAY), end);
    let same = |home: &Home| {
        for system in System::ALL {
            let held: Vec<String> =
                bench.held(system, window).into_iter().map(|(_, record)| record).collect();
            let (since, until) = (window.since.to_string(), window.until.to_string());
            let export = [
                "export",
                system.source(),
                "--offline",
                "--format",
                "raw",
                "--since",
                &since,
                "--until",
                &until,
            ];
            let out = home.run(&export).whole();
            let mut found: Vec<&str> = out.lines().collect();
            let mut held: Vec<&str> = held.iter().map(String::as_str).collect();
            found.sort_unstable();
            held.sort_unstable();
            assert!(found == held, "{system:?}: {} and not {}", found.len(), held.len());
        }
    };
    same(&home);

    let home = super::home(server, &config);
    let mut amid = 0;
    for _ in 0..KILLS {
        amid += u32::from(kill_after(&home, &arguments, left.mul_f64(chance())));
        left = left.mul_f64(0.9);
    }
    home.run(&arguments).ends(0);
    same(&home);
    // Where a kill falls is chance; that all of them come too late is none.
    assert!(amid > 0, "no kill came before the end of what it was to interrupt");
}
