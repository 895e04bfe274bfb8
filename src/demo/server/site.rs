//! One system: its part of the world, what came to it since it was started, who may ask.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::demo::{Record, System, World};
use crate::fetch::clock::Clock;
use crate::timestamp::Timestamp;

use super::exchange::{Asked, Reply};
use super::limit::Bucket;
use super::{Options, fastio, fastpki, fileguard, logfire, tofupilot};

/// The token that may read everything.
pub(super) const READER: &str = "demo";
/// A token that is known and may not read the log.
pub(super) const VIEWER: &str = "demo-viewer";
/// How many entries of its own a system keeps; of more, the newest.
const MOST_ADDED: usize = 100_000;

/// A system that answers.
#[derive(Debug)]
pub(super) struct Site {
    system: System,
    world: Arc<World>,
    clock: Arc<dyn Clock>,
    live: Mutex<Live>,
}

/// What changes while a system answers.
#[derive(Debug)]
pub(super) struct Live {
    added: VecDeque<Record>,
    dropped: u64,
    /// What is left of the rate limit, where the system has one.
    pub(super) bucket: Bucket,
    /// When logins were tried of late.
    pub(super) logins: VecDeque<Timestamp>,
    /// Tokens that logins gave, and when they end.
    pub(super) tokens: VecDeque<(String, Timestamp)>,
}

/// A system while it answers one request.
pub(super) struct Desk<'a> {
    pub(super) world: &'a World,
    pub(super) system: System,
    pub(super) now: Timestamp,
    pub(super) live: MutexGuard<'a, Live>,
}

/// Why somebody may not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no token.
    NoToken,
    /// The token is not known.
    UnknownToken,
    /// The token is known and may not.
    Forbidden,
}

impl Site {
    pub(super) fn new(system: System, world: Arc<World>, options: &Options) -> Self {
        let clock = Arc::clone(&options.clock);
        let rate = if system == System::Fastio { options.fastio } else { options.fileguard };
        let live = Live {
            added: VecDeque::new(),
            dropped: 0,
            bucket: Bucket::new(rate, clock.now()),
            logins: VecDeque::new(),
            tokens: VecDeque::new(),
        };
        Self { system, world, clock, live: Mutex::new(live) }
    }

    /// Answers.
    pub(super) fn answer(&self, asked: &Asked) -> Reply {
        let mut desk = self.desk();
        match self.system {
            System::Tofupilot => tofupilot::answer(&mut desk, asked),
            System::Fastio => fastio::answer(&mut desk, asked),
            System::Fastpki => fastpki::answer(&mut desk, asked),
            System::Fileguard => fileguard::answer(&mut desk, asked),
            System::Logfire => logfire::answer(&desk, asked),
        }
    }

    /// Everything, newest first.
    pub(super) fn held(&self) -> Vec<Record> {
        self.desk().below(None).map(|(_, record)| record.clone()).collect()
    }

    fn desk(&self) -> Desk<'_> {
        // A panic while answering leaves nothing half done: entries are added whole.
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        Desk { world: &self.world, system: self.system, now: self.clock.now(), live }
    }
}

impl Desk<'_> {
    /// Whether the request bears a token that may read.
    pub(super) fn admit(&self, asked: &Asked) -> Result<(), Refusal> {
        match asked.token() {
            None => Err(Refusal::NoToken),
            Some(READER) => Ok(()),
            Some(VIEWER) => Err(Refusal::Forbidden),
            Some(token) => {
                let valid = |(given, ends): &(String, Timestamp)| given == token && self.now < *ends;
                if self.live.tokens.iter().any(valid) { Ok(()) } else { Err(Refusal::UnknownToken) }
            }
        }
    }

    /// How many entries there have been.
    pub(super) fn count(&self) -> u64 {
        self.base().len() as u64 + self.live.dropped + self.live.added.len() as u64
    }

    /// The time of an entry that is added now: after everything else.
    pub(super) fn time_to_add(&self) -> Timestamp {
        let last = self.live.added.back().map_or(self.world.end(), |record| record.time);
        self.now.max(last)
    }

    /// Adds an entry to the log.
    pub(super) fn add(&mut self, record: Record) {
        if self.live.added.len() >= MOST_ADDED {
            self.live.added.pop_front();
            self.live.dropped += 1;
        }
        self.live.added.push_back(record);
    }

    /// The entries whose number (from 0, the oldest) is below this one, or all, newest first. An
    /// entry's number never changes, so it makes a cursor that new entries do not shift.
    pub(super) fn below(&self, number: Option<u64>) -> impl Iterator<Item = (u64, &Record)> {
        let base = self.base();
        let first_added = base.len() as u64 + self.live.dropped;
        let below = number.unwrap_or(u64::MAX);
        let added = self.live.added.iter().enumerate().rev();
        let added = added.map(move |(at, record)| (first_added + at as u64, record));
        let added = added.filter(move |(number, _)| *number < below);
        let skip = (base.len() as u64).saturating_sub(below) as usize;
        let numbers = (0..base.len() as u64).rev();
        added.chain(numbers.zip(base).skip(skip))
    }

    fn base(&self) -> &[Record] {
        self.world.records(self.system)
    }
}

/// A filter of the server: the values at these pointers are just these.
#[derive(Debug, Default)]
pub(super) struct Filter(Vec<(&'static str, String)>);

impl Filter {
    /// Adds a condition, where there is a value.
    pub(super) fn and(&mut self, pointer: &'static str, value: Option<&str>) {
        self.0.extend(value.map(|value| (pointer, value.to_owned())));
    }

    /// Whether an entry passes.
    pub(super) fn passes(&self, record: &Record) -> bool {
        self.0.iter().all(|(pointer, value)| record.value(pointer) == *value)
    }
}

/// A page of entries, and the number of its last where more come after it.
pub(super) fn page<'a>(
    mut entries: impl Iterator<Item = (u64, &'a Record)>,
    limit: usize,
) -> (Vec<&'a str>, Option<u64>) {
    let mut items = Vec::with_capacity(limit.min(1_000));
    let mut last = None;
    for (number, record) in entries.by_ref().take(limit) {
        items.push(&*record.json);
        last = Some(number);
    }
    let more = entries.next().is_some();
    (items, last.filter(|_| more))
}
