//! What the archive holds, newest first, as entries: block by block, each read when it is asked for.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::block::{Block, Dead};
use super::{Archive, Error};
use crate::event::Event;
use crate::interval::Interval;
use crate::json::Node;
use crate::provider::Provider;
use crate::provider::mapping::Context;
use crate::source::Part;
use crate::timestamp::Timestamp;

/// The records of some parts inside a window, as they stood when it was made, newest blocks first.
///
/// It reads through a connection of its own, so a sync may go on writing meanwhile.
#[derive(Debug)]
pub struct Load {
    connection: Connection,
    file: PathBuf,
    window: Interval,
    parts: Vec<(Part, Arc<Provider>)>,
    heads: VecDeque<Head>,
    total: usize,
}

#[derive(Debug, Clone, Copy)]
struct Head {
    id: i64,
    part: usize,
    newest: i64,
    live: usize,
    raw: usize,
}

/// A block that was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// Of what.
    pub part: Part,
    /// Its entries inside the window, newest first.
    pub events: Vec<Event>,
    /// Records that became no entry.
    pub unreadable: Vec<Unreadable>,
    /// All entries of the window that are newer than this, of every part, have been loaded.
    pub down_to: Timestamp,
    /// How many of the blocks are loaded, in 0..=1.
    pub progress: f64,
}

/// A record that the descriptor reads no entry from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// When it happened, as it was kept.
    pub time: Timestamp,
    /// Why.
    pub why: String,
}

impl Archive {
    /// What is held of some parts, each read by its descriptor.
    pub fn load(&self, parts: Vec<(Part, Arc<Provider>)>, window: Interval) -> Result<Load, Error> {
        let Self { connection, file, .. } = match self.file.parent() {
            Some(folder) => Self::open_read_only_within(folder, Some(self.patience))?,
            None => return Err(Error::Missing { path: self.file.clone() }),
        };
        let mut load = Load { connection, file, window, parts, heads: VecDeque::new(), total: 0 };
        load.find().map_err(|e| Error::of(&self.file, e))?;
        Ok(load)
    }
}

impl Load {
    /// Finds the blocks, and holds on to the archive as it is now.
    fn find(&mut self) -> rusqlite::Result<()> {
        self.connection.execute_batch("BEGIN")?;
        let mut heads = Vec::new();
        for (place, (part, _)) in self.parts.iter().enumerate() {
            let Some(id) = super::find_part(&self.connection, part)? else { continue };
            let mut statement = self.connection.prepare_cached(
                "SELECT id, newest, live, raw FROM block WHERE part = ?1 AND newest >= ?2 AND oldest < ?3 AND live > 0",
            )?;
            let (since, until) = (self.window.since.micros(), self.window.until.micros());
            let found = statement.query_map(params![id, since, until], |row| {
                let size = |at| row.get::<_, i64>(at).map(|size| usize::try_from(size).unwrap_or(usize::MAX));
                Ok(Head { id: row.get(0)?, part: place, newest: row.get(1)?, live: size(2)?, raw: size(3)? })
            })?;
            for head in found {
                heads.push(head?);
            }
        }
        heads.sort_by_key(|head| (std::cmp::Reverse(head.newest), head.part, head.id));
        self.total = heads.len();
        self.heads = heads.into();
        Ok(())
    }

    /// How many blocks are still to be loaded.
    pub fn left(&self) -> usize {
        self.heads.len()
    }

    /// The parts, by the numbers that blocks have them under.
    pub(super) fn parts(&self) -> &[(Part, Arc<Provider>)] {
        &self.parts
    }

    /// What is loaded.
    pub(super) fn window(&self) -> Interval {
        self.window
    }

    /// How many records stand in the next block, and how many bytes it has unpacked.
    pub(super) fn next_size(&self) -> Option<(usize, usize)> {
        self.heads.front().map(|head| (head.live, head.raw))
    }

    /// All entries of the window that are newer than this, of every part, are in blocks that were
    /// given out.
    pub(super) fn down_to(&self) -> Timestamp {
        self.heads.front().map_or(self.window.since, |next| Timestamp::from_micros(next.newest))
    }

    /// How many of the blocks were given out, in 0..=1.
    pub(super) fn progress(&self) -> f64 {
        1.0 - self.heads.len() as f64 / self.total.max(1) as f64
    }

    /// The next block as it rests.
    pub(super) fn next_packed(&mut self) -> Option<Result<Packed, Error>> {
        let head = self.heads.pop_front()?;
        let found = self
            .connection
            .prepare_cached("SELECT dead, body FROM block WHERE id = ?1")
            .and_then(|mut found| {
                found.query_row([head.id], |row| {
                    Ok((row.get::<_, Option<Vec<u8>>>(0)?, row.get::<_, Vec<u8>>(1)?))
                })
            })
            .map_err(|e| Error::of(&self.file, e));
        let file = &self.file;
        Some(found.map(|(dead, body)| Packed {
            part: head.part,
            id: head.id,
            raw: head.raw,
            dead,
            body,
            file: file.clone(),
        }))
    }

    fn block(&self, packed: &Packed) -> Result<Loaded, Error> {
        let (part, provider) = &self.parts[packed.part];
        let damaged = |why: String| packed.damaged(part, &why);
        let block = Block::unpack(&packed.body, packed.raw, None).map_err(damaged)?;
        let dead = Dead::of(packed.dead.clone());
        let mut loaded = Loaded {
            part: part.clone(),
            events: Vec::with_capacity(block.len()),
            unreadable: Vec::new(),
            down_to: self.down_to(),
            progress: self.progress(),
        };
        let mut context = Context {
            source: part.source.clone(),
            provider: (*provider.name).into(),
            workspace: part.value.clone(),
            rank: crate::event::Rank::ListRow,
        };
        for slot in (0..block.len()).filter(|slot| !dead.contains(*slot)) {
            let Some((_, time, rank, text)) = block.record(slot) else { continue };
            if !self.window.contains(time) {
                continue;
            }
            // Whoever can write to the file can write what is no JSON into it.
            let node = Node::parse(text).map_err(|error| damaged(format!("record {}: {error}", slot + 1)))?;
            context.rank = rank;
            match provider.mapping.event(node, &context) {
                Ok(event) if self.window.contains(event.time) => loaded.events.push(event),
                Ok(_) => {}
                Err(error) => loaded.unreadable.push(Unreadable { time, why: error.to_string() }),
            }
        }
        Ok(loaded)
    }
}

/// A block as it rests.
#[derive(Debug)]
pub(super) struct Packed {
    /// The number of its part.
    pub(super) part: usize,
    /// How many bytes it has unpacked.
    pub(super) raw: usize,
    /// Which of its records were superseded.
    pub(super) dead: Option<Vec<u8>>,
    /// The compressed bytes.
    pub(super) body: Vec<u8>,
    id: i64,
    file: PathBuf,
}

impl Packed {
    /// What is wrong with it, as an error.
    pub(super) fn damaged(&self, part: &Part, why: &str) -> Error {
        Error::damaged(&self.file, format!("block {} of {part}: {why}", self.id))
    }
}

impl Iterator for Load {
    type Item = Result<Loaded, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.next_packed()?.and_then(|packed| self.block(&packed)))
    }
}
