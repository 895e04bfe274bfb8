//! Every key of the explorer, pressed in the true loop on real entries of the demo.
//!
//! A table of cases, a file for each focus: how to get there, what stands on the screen, the key,
//! what stands there after it. A test holds the table to the keymap: no key without a case, no case
//! of a key that there is not.

mod detail;
mod everywhere;
mod fetching;
mod handed;
mod histogram;
mod joined;
mod lists;
mod mouse;
mod prompts;
pub(crate) mod stage;
mod surface;
mod table;

use std::collections::BTreeSet;

use auditty::app::clipboard::osc52;
use auditty::app::clipboard::plan::Multiplexer;
use auditty::ui::keymap::{Focus, Key, Keymap};
use auditty::ui::setup::Open;

use stage::{SERVED, SLOW, Served, Stage};
use surface::{Did, Seen};

/// Ten minutes of requests, in which a wave of failures ends: 264 entries, 104 of them 5xx, 11 4xx.
const WAVE: &str = "api --since 2026-05-20T09:28:00Z --until 2026-05-20T09:38:00Z";
/// The last hour of requests: 840, of all classes but 5xx.
const HOUR: &str = "api --since 2026-05-21T09:00:00Z --until 2026-05-21T10:00:00Z";
/// A day of an upload guard: 164 entries that say what they changed; a route for one entity.
const GUARD: &str = "keys --since 2026-05-20T10:00:00Z --until 2026-05-21T10:00:00Z";
/// A day of a certificate authority: 433 entries, 12 of them failures.
const PKI: &str = "pki --since 2026-05-20T10:00:00Z --until 2026-05-21T10:00:00Z";
/// Two hours of an observability platform: changes are in its single records.
const SINGLES: &str = "logfire --since 2026-05-21T08:00:00Z --until 2026-05-21T10:00:00Z";

/// What is so after a key.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// This stands on the screen.
    Shows(&'static str),
    /// This does not.
    Gone(&'static str),
    /// This line holds this.
    Line(usize, &'static str),
    /// This went to the terminal's clipboard.
    Copied(&'static str),
    /// A plain page with this text is shown outside the alternate screen.
    Paged(&'static str),
    /// The process was stopped.
    Suspended,
    /// The mouse was captured, or left to the terminal.
    Mouse(bool),
    /// The explorer ended with this status.
    Ended(u8),
    /// It ended to open these sources in place of what was open.
    Opens(&'static [&'static str]),
    /// In the session's folder is a file of this name that holds this.
    File(&'static str, &'static str),
}
use Then::{Copied, Ended, File, Gone, Line, Opens, Paged, Shows, Suspended};

impl Then {
    fn is_so(self, stage: &Stage, seen: &Seen, did: &[Did]) -> bool {
        match self {
            Shows(text) => seen.text().contains(text),
            Gone(text) => !seen.text().contains(text),
            Line(y, text) => seen.line(y).contains(text),
            Copied(text) => {
                let bytes = osc52::sequence(text, Multiplexer::None).expect("short");
                did.contains(&Did::Sent(bytes))
            }
            Paged(text) => did.iter().any(|did| matches!(did, Did::Paged(page) if page.contains(text))),
            Suspended => did.contains(&Did::Suspended),
            Self::Mouse(ours) => did.last() == Some(&Did::Mouse(ours)),
            Ended(status) => did.contains(&Did::Ended(status)),
            Opens(names) => did.iter().any(|did| {
                let Did::Wished(Open::Sources(wished)) = did else { return false };
                wished.iter().map(|name| &**name).eq(names.iter().copied())
            }),
            File(name, text) => {
                std::fs::read_to_string(stage.folder().join(name)).is_ok_and(|content| content.contains(text))
            }
        }
    }
}

/// Where a session is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// On the server of all sessions.
    Shared,
    /// On a server of its own: its log tells how often it was read.
    Own,
    /// On one that takes its time for each answer.
    Slow,
}

/// A key of the keymap and what it does.
struct Case {
    focus: Focus,
    action: &'static str,
    /// The key and its twins; each is pressed in a session of its own.
    keys: &'static [&'static str],
    on: On,
    /// What `auditty explore` is given.
    opened: &'static str,
    size: (u16, u16),
    /// What is pressed to get there.
    script: &'static str,
    /// What stands on the screen then.
    before: &'static [&'static str],
    /// What is pressed after the key, where that tells what it did.
    after: &'static str,
    then: &'static [Then],
}

/// The key does this, at 80 by 24.
fn case(
    (focus, action, keys): (Focus, &'static str, &'static [&'static str]),
    (opened, script): (&'static str, &'static str),
    before: &'static [&'static str],
    then: &'static [Then],
) -> Case {
    Case { focus, action, keys, on: On::Shared, opened, size: (80, 24), script, before, after: "", then }
}

impl Case {
    fn on(self, on: On) -> Self {
        Self { on, ..self }
    }

    fn sized(self, columns: u16, rows: u16) -> Self {
        Self { size: (columns, rows), ..self }
    }

    fn after(self, after: &'static str) -> Self {
        Self { after, ..self }
    }

    /// Presses the key with this name.
    fn play(&self, key: &str) {
        let own;
        let mut stage = match self.on {
            On::Shared => Stage::begin(&SERVED, None, self.opened, self.size),
            On::Slow => Stage::begin(&SLOW, None, self.opened, self.size),
            On::Own => {
                own = Served::new(std::time::Duration::ZERO);
                Stage::alone(&own, self.opened, self.size)
            }
        };
        let rests = self.on != On::Slow;
        if rests {
            stage.rest();
        }
        stage.press(self.script, rests);
        let name = format!("{:?} {} by {key}", self.focus, self.action);
        let all = |seen: &Seen| self.before.iter().all(|text| seen.text().contains(text));
        stage.wait(&format!("what stands before {name}: {:?}", self.before), all);
        let already = self.then.iter().all(|then| then.is_so(&stage, stage.seen(), stage.did()));
        assert!(!already, "{name} changes nothing:\n{}", stage.seen().text());
        let key = Key::parse(key).expect("a key");
        if self.after.is_empty() {
            stage.send(key);
        } else {
            stage.press_key(key, rests);
            stage.press(self.after, rests);
        }
        stage.until_all(&name, self.then);
    }
}

/// Plays cases, and tells of all that fail.
fn play(cases: &[Case]) {
    let mut failed = Vec::new();
    for case in cases {
        for key in case.keys {
            let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case.play(key)));
            if played.is_err() {
                failed.push(format!("{:?} {} by {key}", case.focus, case.action));
            }
        }
    }
    assert!(failed.is_empty(), "{} failed: {failed:#?}", failed.len());
}

#[test]
fn every_key_of_the_keymap_has_a_case_and_every_case_a_key() {
    let keymap = Keymap::default();
    let row = |focus: Focus, action: &str, key: &str| format!("{focus:?} {action} {key}");
    let bound: BTreeSet<String> = keymap
        .bindings()
        .iter()
        .flat_map(|binding| {
            binding.keys.iter().map(|key| row(binding.focus, binding.action.name(), &key.to_string()))
        })
        .collect();
    let tables = [
        everywhere::cases(),
        everywhere::layers(),
        fetching::cases(),
        table::cases(),
        histogram::cases(),
        detail::cases(),
        lists::cases(),
        lists::times(),
        prompts::cases(),
    ];
    let played: BTreeSet<String> = tables
        .iter()
        .flatten()
        .flat_map(|case| case.keys.iter().map(|key| row(case.focus, case.action, key)))
        .collect();
    let missing: Vec<_> = bound.difference(&played).collect();
    let unknown: Vec<_> = played.difference(&bound).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "no case: {missing:#?}\nno key: {unknown:#?}");
}
