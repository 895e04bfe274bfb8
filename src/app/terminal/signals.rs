//! What signals do to the explorer.
//!
//! SIGTERM and SIGINT end it like a key would, but never later than after two seconds. On SIGHUP the
//! terminal is usually gone, and reading it would spin: the process ends at once and joins nothing.
//! SIGTSTP from outside suspends, SIGCONT draws anew. Where SIGHUP was ignored when the program was
//! started (`nohup`, `trap '' HUP`), it ends nothing as long as the terminal is there.
//!
//! Not here: Ctrl-c and Ctrl-z, which are keys in raw mode.

use std::io;
use std::sync::{Arc, mpsc as std_mpsc};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use tokio::sync::mpsc;

use super::Session;
use crate::app::event_loop::Control;
use crate::fetch::auth;

/// How long the loop may take to end on its own before it is ended (it may hang in a write to a
/// terminal that is stopped).
const PATIENCE: Duration = Duration::from_secs(2);

/// How long giving the terminal back may take on SIGHUP: a terminal that is gone answers at once,
/// one that is stopped never does.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Exit statuses by signal, 128 and its number (the contract's section 1).
const INTERRUPTED: u8 = 130;
const TERMINATED: u8 = 143;
/// The terminal was hung up.
pub const HUNG_UP: u8 = 129;

/// Watches the signals from now on, on a thread of its own; what they ask of the loop goes to
/// `controls`.
pub fn watch(session: &Arc<Session>, controls: &mpsc::Sender<Control>) -> io::Result<()> {
    let stays = is_ignored(SIGHUP);
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGCONT])?;
    let (session, controls) = (Arc::clone(session), controls.clone());
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            match signal {
                SIGHUP if stays && session.is_there() => {}
                SIGHUP => end_now(&session, HUNG_UP),
                SIGTERM => end(&session, &controls, TERMINATED),
                SIGINT => end(&session, &controls, INTERRUPTED),
                // Where the queue is full one of them is on its way already.
                SIGTSTP => drop(controls.try_send(Control::Suspend)),
                _ if session.was_own_stop() => {}
                _ => drop(controls.try_send(Control::Redraw)),
            }
        }
    })?;
    Ok(())
}

/// Whether the process was started with the signal ignored; asked before the signal is listened to.
/// Only Linux tells; elsewhere a signal that was ignored is listened to.
pub fn is_ignored(signal: i32) -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores(&status, signal))
}

/// Whether the kernel's account of a process has this signal among the ignored ones.
fn ignores(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask & (1 << (signal - 1)) != 0
}

/// Asks the loop to end, and ends the process where it does not.
fn end(session: &Arc<Session>, controls: &mpsc::Sender<Control>, status: u8) {
    if controls.try_send(Control::Quit(status)).is_err() {
        end_now(session, status);
    }
    let session = Arc::clone(session);
    thread::spawn(move || {
        thread::sleep(PATIENCE);
        end_now(&session, status);
    });
}

/// Gives the terminal back as far as it can be, and ends the process.
fn end_now(session: &Arc<Session>, status: u8) -> ! {
    let (done, wait) = std_mpsc::channel();
    let session = Arc::clone(session);
    thread::spawn(move || {
        session.leave();
        // Nobody listens any more where it took too long.
        let _ = done.send(());
    });
    let _ = wait.recv_timeout(LAST_WORDS);
    let _commands = auth::end_commands();
    std::process::exit(i32::from(status));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_signal_is_a_bit_of_the_mask() {
        let status = "Name:\tauditty\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001001\n";
        assert!(ignores(status, SIGHUP) && ignores(status, signal_hook::consts::SIGPIPE));
        assert!(!ignores(status, SIGTERM) && !ignores(status, SIGINT));
        assert!(!ignores("SigIgn:\tnonsense", SIGHUP) && !ignores("", SIGHUP));
    }
}
