//! `sync` killed at random points (kill -9): another one ends with just what the systems hold.

use std::hash::{BuildHasher, RandomState};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use auditty::archive::Archive;
use auditty::demo::System;

use super::bench::{Bench, archived, assert_same, first_window, paged_config, present};
use crate::cli::home::Home;

/// How often each system's sync is killed: fifty times in all.
const KILLS: u32 = 10;
/// How long each answer takes at least, so that a walk takes a while.
const DELAY: Duration = Duration::from_millis(4);

/// A number in `0.0..1.0`.
pub fn chance() -> f64 {
    (RandomState::new().hash_one(0u8) >> 11) as f64 / (1u64 << 53) as f64
}

#[test]
fn a_sync_that_is_killed_fifty_times_loses_nothing_and_keeps_nothing_twice() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let bench = runtime.block_on(Bench::new(DELAY));
    let config = paged_config(&bench.server);
    let mut amid = 0;
    for system in System::ALL {
        amid += kills(&bench, &config, system);
    }
    // Where a kill falls is chance; that so many of fifty come too late is none.
    assert!(amid >= 10, "only {amid} kills came before the end of what they were to interrupt");
}

/// Kills a system's syncs; how many of them were still at work.
fn kills(bench: &Bench, config: &str, system: System) -> u32 {
    let now = present(system).to_string();
    let arguments = ["sync", "--quiet", "--now", &now, system.source()];
    let source = bench.source(system);
    let held = bench.held(system, first_window(system));
    assert!(held.len() > 500, "{system:?}: {}", held.len());

    let home = Home::with(config);
    let begun = Instant::now();
    home.run(&arguments).ends(0);
    let whole = begun.elapsed();
    assert_same(&archived(&home.path("data/auditty"), &source), &held);

    let mut amid = 0;
    let mut home = Home::with(config);
    let mut left = whole;
    for _ in 0..KILLS {
        // A kill at any moment of what is left to do; once nothing is, another archive is begun.
        amid += u32::from(kill_after(&home, &arguments, left.mul_f64(chance())));
        let folder = home.path("data/auditty");
        if Archive::file_in(&folder).exists() {
            let archive = Archive::open_read_only(&folder).expect("whatever is there can be read");
            archive.verify().expect("whatever is there is whole");
        }
        if chance() < 0.4 {
            home.run(&arguments).ends(0);
            assert_same(&archived(&folder, &source), &held);
            home = Home::with(config);
            left = whole;
        } else {
            left = left.mul_f64(0.9);
        }
    }
    home.run(&arguments).ends(0);
    assert_same(&archived(&home.path("data/auditty"), &source), &held);
    amid
}

/// Runs a sync and kills it; whether it was still at work.
pub fn kill_after(home: &Home, arguments: &[&str], moment: Duration) -> bool {
    let mut command = home.command(arguments);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    // Nobody sends: it is the moment that is waited for.
    let (_sender, never) = mpsc::channel::<()>();
    let _ = never.recv_timeout(moment);
    let at_work = child.try_wait().expect("a child").is_none();
    child.kill().expect("it may have ended already");
    child.wait().expect("a child");
    at_work
}
