//! What the archive holds, newest first, as rows for a store: many blocks at a time, read and made
//! into columns on all cores. What comes is what `archive::load` makes entries of.
//!
//! Not here: which blocks there are (`archive::load`).

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::block::{Block, Dead};
use super::load::Packed;
use super::{Error, Load, Unreadable};
use crate::event::{Event, Rank};
use crate::interval::Interval;
use crate::json::Node;
use crate::provider::Provider;
use crate::provider::mapping::{Context, Entry, Error as Unmapped};
use crate::provider::quick::QuickReader;
use crate::source::Part;
use crate::store::{Batch, Builder, Row, RowIdentity, RowRecord};
use crate::timestamp::Timestamp;

/// How many records the first groups of blocks have, about: something is to be seen soon.
const FIRST: [usize; 3] = [1, 4_000, 16_000];
/// How many records a later group has at most, unless one block has more: a store's segment takes
/// 65,536, and one that is more than half full is never merged with others.
const RECORDS: usize = 60_000;
/// How many bytes a group has at most unpacked, unless one block has more.
const BYTES: usize = 32 << 20;
/// The most threads that read: the store takes in what they make one after the other.
const THREADS: usize = 8;

/// Some blocks, ready for a store.
#[derive(Debug)]
pub struct LoadedRows {
    /// Their entries inside the window.
    pub batch: Batch,
    /// Those of them that tell of changes, or stand alone.
    pub telling: Vec<Event>,
    /// Records that became no entry.
    pub unreadable: Vec<(Part, Unreadable)>,
    /// All entries of the window that are newer than this, of every part, have been loaded.
    pub down_to: Timestamp,
    /// How many of the blocks are loaded, in 0..=1.
    pub progress: f64,
}

/// Blocks that are read together.
struct Group {
    blocks: Vec<Packed>,
    down_to: Timestamp,
    progress: f64,
}

/// Hands out groups of blocks, the newest first.
struct Groups {
    load: Load,
    next: usize,
    /// Why there are no more.
    failure: Option<Error>,
}

impl Groups {
    fn next(&mut self) -> Option<Result<Group, Error>> {
        if self.failure.is_some() {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let most = FIRST.get(number).copied().unwrap_or(RECORDS);
        let (mut records, mut bytes) = (0, 0);
        let mut blocks = Vec::new();
        while let Some((more, raw)) = self.load.next_size() {
            if !blocks.is_empty() && (records + more > most || bytes + raw > BYTES) {
                break;
            }
            match self.load.next_packed()? {
                Ok(block) => blocks.push(block),
                Err(error) => return Some(Err(error)),
            }
            (records, bytes) = (records + more, bytes + raw);
        }
        let group = Group { blocks, down_to: self.load.down_to(), progress: self.load.progress() };
        (!group.blocks.is_empty()).then_some(Ok(group))
    }
}

impl Load {
    /// Reads all blocks, and hands over what they hold until `take` wants no more; blocks. After an
    /// error everything newer was handed over.
    pub fn rows(self, mut take: impl FnMut(LoadedRows) -> bool) -> Result<(), Error> {
        let (parts, window) = (self.parts().to_vec(), self.window());
        let mut groups = Groups { load: self, next: 0, failure: None };
        let threads = thread::available_parallelism().map_or(1, NonZero::get).clamp(1, THREADS);
        thread::scope(|scope| {
            let workers: Vec<Worker> = (0..threads)
                .map(|_| {
                    // One group waits for each thread while it is at work.
                    let ((groups, given), (made, rows)) = (sync_channel(1), sync_channel(1));
                    let mut reader = Reader::new(&parts, window);
                    scope.spawn(move || {
                        for group in given {
                            // Nobody waiting any more is nothing to report.
                            let _ = made.send(reader.rows(&group));
                        }
                    });
                    Worker { groups, rows }
                })
                .collect();
            // In turn, so that what comes is in the order of the groups.
            let (mut given, mut taken) = (0, 0);
            loop {
                while given < taken + 2 * threads
                    && let Some(group) = groups.next()
                {
                    let rows = group.map(|group| workers[given % threads].groups.send(group));
                    if let Err(error) = rows {
                        // What is newer is on its way.
                        groups.failure = Some(error);
                        break;
                    }
                    given += 1;
                }
                if taken == given {
                    return groups.failure.map_or(Ok(()), Err);
                }
                let rows = workers[taken % threads].rows.recv().expect("a thread answers each group");
                taken += 1;
                if !take(rows?) {
                    return Ok(());
                }
            }
        })
    }
}

/// A thread that makes rows.
struct Worker {
    groups: SyncSender<Group>,
    rows: Receiver<Result<LoadedRows, Error>>,
}

/// Reads records of some parts. It learns as it goes.
struct Reader<'p> {
    parts: &'p [(Part, Arc<Provider>)],
    window: Interval,
    readers: HashMap<(usize, Rank), (Context, QuickReader)>,
}

impl<'p> Reader<'p> {
    fn new(parts: &'p [(Part, Arc<Provider>)], window: Interval) -> Self {
        Self { parts, window, readers: HashMap::new() }
    }

    fn rows(&mut self, group: &Group) -> Result<LoadedRows, Error> {
        let mut gathered = Gathered { builder: Builder::new(), telling: Vec::new(), unreadable: Vec::new() };
        for packed in &group.blocks {
            self.block(packed, &mut gathered)?;
        }
        let Gathered { mut builder, telling, unreadable } = gathered;
        let Group { down_to, progress, .. } = *group;
        Ok(LoadedRows { batch: builder.finish(), telling, unreadable, down_to, progress })
    }

    fn block(&mut self, packed: &Packed, gathered: &mut Gathered) -> Result<(), Error> {
        let (part, provider) = &self.parts[packed.part];
        let block =
            Block::unpack(&packed.body, packed.raw, None).map_err(|why| packed.damaged(part, &why))?;
        let dead = Dead::of(packed.dead.clone());
        for slot in (0..block.len()).filter(|slot| !dead.contains(*slot)) {
            let Some((_, time, rank, text)) = block.record(slot) else { continue };
            if !self.window.contains(time) {
                continue;
            }
            let (context, quick) =
                self.readers.entry((packed.part, rank)).or_insert_with(|| reader(part, provider, rank));
            let read = if let Some(read) = quick.entry(text) {
                read.map(|entry| gathered.entry(entry, self.window))
            } else {
                // Whoever can write to the file can write what is no JSON into it.
                let node = Node::parse(text)
                    .map_err(|error| packed.damaged(part, &format!("record {}: {error}", slot + 1)))?;
                provider.mapping.event(node, context).map(|event| gathered.event(event, self.window))
            };
            if let Err(error) = read {
                gathered.unreadable(part, time, &error);
            }
        }
        Ok(())
    }
}

/// Reads a part's records of a rank.
fn reader(part: &Part, provider: &Arc<Provider>, rank: Rank) -> (Context, QuickReader) {
    let context = Context {
        source: part.source.clone(),
        provider: (*provider.name).into(),
        workspace: part.value.clone(),
        rank,
    };
    let quick = QuickReader::within(provider.clone(), &context);
    (context, quick)
}

/// What is gathered of a group.
struct Gathered {
    builder: Builder,
    telling: Vec<Event>,
    unreadable: Vec<(Part, Unreadable)>,
}

impl Gathered {
    fn entry(&mut self, entry: Entry<'_>, window: Interval) {
        if !window.contains(entry.time) {
            return;
        }
        let record = entry.record.compact();
        let identity = RowIdentity::Known(entry.identity());
        self.builder.push(&Row::of_entry(&entry, identity, RowRecord::Text(&record)));
        if tells(entry.changes.is_some(), entry.context.rank) {
            self.telling.push(entry.into_event());
        }
    }

    fn event(&mut self, event: Event, window: Interval) {
        if window.contains(event.time) {
            self.builder.push(&Row::of_event(&event));
            if tells(event.changes.is_some(), event.rank) {
                self.telling.push(event);
            }
        }
    }

    fn unreadable(&mut self, part: &Part, time: Timestamp, error: &Unmapped) {
        self.unreadable.push((part.clone(), Unreadable { time, why: error.to_string() }));
    }
}

/// Whether an entry tells of others, or must be remembered beside them.
fn tells(has_changes: bool, rank: Rank) -> bool {
    has_changes || rank == Rank::Single
}
