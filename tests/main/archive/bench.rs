//! A server that is asked by `sync`, and what the archive holds beside what the server does.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auditty::archive::Archive;
use auditty::demo::{self, Listeners, Options, Rate, Server, System};
use auditty::event::Record;
use auditty::fetch::Fetcher;
use auditty::fetch::clock::FakeClock;
use auditty::interval::Interval;
use auditty::json::Node;
use auditty::provider::registry::Registry;
use auditty::source::Source;
use auditty::sync::Configured;
use auditty::timestamp::{DAY, SECOND, Timestamp};

use crate::cli::home::WORLD;

pub struct Bench {
    pub server: Server,
    pub fetcher: Fetcher,
}

impl Bench {
    /// The world behind a server without rate limits whose answers take so long. Its clock stands a
    /// minute behind the world's end, so that its own reads lie outside of every window here.
    pub async fn new(delay: Duration) -> Self {
        let boundless = Rate { burst: 1_000_000, per_second: 1_000_000 };
        let clock = Arc::new(FakeClock::at(WORLD.end().plus(60 * SECOND)));
        let options = Options {
            delay,
            fastio: boundless,
            fileguard: boundless,
            clock: Arc::<FakeClock>::clone(&clock),
        };
        let listeners = Listeners::any().await.expect("ports");
        let server = demo::serve(&WORLD, listeners, &options).expect("serves");
        Self { server, fetcher: Fetcher::with_jitter(clock, || 0.5) }
    }

    /// A system's source, with small pages where they can be chosen.
    pub fn source(&self, system: System) -> Configured {
        let mut source: Source = demo::sources(&self.server).swap_remove(system as usize);
        source.page_size = page_size(system);
        // One after the other, so that an interruption falls amid them.
        source.concurrency = Some(1);
        let provider = Registry::shipped().get(&source.provider).expect("shipped");
        (Arc::new(source), provider)
    }

    /// What a system holds of a window, as sorted records behind their workspaces.
    pub fn held(&self, system: System, window: Interval) -> Vec<(String, String)> {
        let held = self.server.held(system).into_iter().filter(|record| window.contains(record.time));
        let mut held: Vec<_> = held
            .map(|record| {
                let record_text = Record::from_node(Node::parse(&record.json).expect("JSON"));
                (record.workspace.unwrap_or_default().to_owned(), record_text.as_str().to_owned())
            })
            .collect();
        held.sort_unstable();
        held
    }
}

/// The config of all five, with pages so small that a walk is many requests.
pub fn paged_config(server: &Server) -> String {
    System::ALL.into_iter().fold(demo::config_toml(server), |config, system| {
        let head = format!("[sources.{}]\n", system.source());
        match page_size(system) {
            Some(size) => config.replace(&head, &format!("{head}page_size = {size}\n")),
            None => config,
        }
    })
}

/// Pages so small that a walk has many.
fn page_size(system: System) -> Option<u32> {
    match system {
        System::Tofupilot => Some(200),
        System::Fastio | System::Fileguard => Some(50),
        System::Fastpki => Some(100),
        System::Logfire => None,
    }
}

/// The present of a first sync of a system, so that it has enough to do and not too much.
pub fn present(system: System) -> Timestamp {
    match system {
        System::Tofupilot => WORLD.end().plus(-5 * DAY),
        _ => WORLD.end(),
    }
}

/// The window of a first sync.
pub fn first_window(system: System) -> Interval {
    let now = present(system);
    Interval::new(now.plus(-90 * DAY), now)
}

/// What the archive of a folder holds of a system, as [`Bench::held`]; nothing twice, everything as
/// it was stored.
pub fn archived(folder: &Path, (source, provider): &Configured) -> Vec<(String, String)> {
    let archive = Archive::open_read_only(folder).expect("there is one");
    let checked = archive.verify().expect("everything is as it was stored");
    let parts = Fetcher::parts(source, provider).expect("parts");
    let parts = parts.into_iter().map(|part| (part, provider.clone())).collect();
    let mut all = Vec::new();
    for loaded in archive.load(parts, Interval::ALL).expect("it can be read") {
        let loaded = loaded.expect("it is whole");
        assert_eq!(loaded.unreadable, []);
        for event in loaded.events {
            all.push((
                event.workspace.as_deref().unwrap_or_default().to_owned(),
                event.record.as_str().to_owned(),
            ));
        }
    }
    assert_eq!(checked.records, all.len() as u64);
    all.sort_unstable();
    all
}

/// Whether two lists are the same, without printing thousands of records.
#[track_caller]
pub fn assert_same(found: &[(String, String)], expected: &[(String, String)]) {
    let differs = found.iter().zip(expected).find(|(found, expected)| found != expected);
    assert!(found == expected, "{} and not {}; {differs:?}", found.len(), expected.len());
}
