//! Writing entries to the server and reading them back, as [`Ledger`] has it.
//!
//! A server has no transactions over tables, so the order of writes keeps what it says true: first
//! that entries of some stretch of time are being written, then the entries, then which older copies
//! they supersede, and last, in one row, what is covered with them and that the writing is over. Cut
//! off anywhere, coverage is never told of what is not there; the next writer finds the stretch that
//! was being written and makes sure that each entry in it stands once. A source has one writer.

use std::collections::HashMap;
use std::sync::Arc;

use super::client::Client;
use super::column::{self, Digest16, copy_name, rank_number, rank_of};
use super::literal::{Value, list, literal};
use super::schema::{ENTRIES, SUPERSEDED, WITHOUT_SINGLE};
use super::state::{self, Kind, PartState, SourceState, value_of};
use super::wire::{Malformed, Reader, Writer};
use super::{Engine, Error, malformed};
use crate::archive::{
    self, Appended, Batch, Checked, Known, Ledger, Loaded, Loading, Pruned, Status, Walk, WalkChange,
};
use crate::event::{Event, Identity, Rank};
use crate::interval::{Interval, IntervalSet};
use crate::provider::Provider;
use crate::source::Part;
use crate::timestamp::{DAY, Timestamp};

/// So many entries are worth an insert: each makes a part on the server's disk that is merged later.
const WORTH: usize = 10_000;
/// No insert is larger, bytes.
const MOST_BYTES: usize = 64 << 20;
/// So many identities are looked for at once.
const IDENTITIES: usize = 10_000;
/// Copies of an entry are looked for so far before and after its time, microseconds: a system may
/// write a time more finely in a single record, or in another zone, but not on another day.
const AROUND: i64 = DAY;
/// So many entries of a log are loaded at once.
const PAGE: usize = 1_000;

/// A server's tables, open.
#[derive(Debug)]
pub struct ServerLedger {
    engine: Arc<Engine>,
    /// What is known of parts that this writes, as it wrote it last.
    held: HashMap<Part, Held>,
    /// Tells rows of this writer from those of others that are written in the same microsecond.
    writer: u64,
    written: u64,
}

#[derive(Debug, Clone)]
struct Held {
    state: PartState,
    written: u64,
}

/// A row that stands.
#[derive(Debug, Clone, Copy)]
struct Standing {
    time: Timestamp,
    copy: Digest16,
    digest: Digest16,
    rank: Rank,
    written: u64,
    /// Where it is among what is yet to be inserted; `None`: it is on the server.
    fresh: Option<usize>,
}

impl Standing {
    /// Whether it goes on standing when a copy of this rank and content comes.
    fn outranks(&self, rank: Rank, digest: Digest16) -> bool {
        self.rank > rank || (self.rank == rank && self.digest == digest)
    }
}

/// What is to be written of some batches.
#[derive(Default)]
struct Changes<'a> {
    /// Entries, their rows' names and contents; `None`: superseded before it was written.
    fresh: Vec<Option<(&'a Event, Standing)>>,
    /// Rows on the server that stand no more.
    superseded: Vec<(Timestamp, Digest16)>,
}

impl ServerLedger {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        let writer = engine.client.name();
        Self { engine, held: HashMap::new(), writer, written: 0 }
    }

    pub(super) fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.engine)
    }

    pub(super) fn client(&self) -> &Client {
        &self.engine.client
    }

    /// A number greater than all before it, over the runs of the program too.
    fn next_written(&mut self, known: u64) -> u64 {
        let now = u64::try_from(Timestamp::now().micros()).unwrap_or(0);
        self.written = now.max(self.written + 1).max(known + 1);
        self.written
    }

    fn part_state(&self, part: &Part) -> Result<Option<Held>, Error> {
        if let Some(held) = self.held.get(part) {
            return Ok(Some(held.clone()));
        }
        let all = state::all::<PartState>(self.client(), Kind::Part, Some(&part.source))?;
        let found = all.into_iter().find(|known| known.part == *part);
        Ok(found.map(|known| Held { state: known.state, written: known.written }))
    }

    /// What is known of a part that is about to be written. What an earlier writer left unfinished is
    /// put right.
    pub(super) fn hold(&mut self, part: &Part) -> Result<(), Error> {
        if !self.held.contains_key(part) {
            let held = self.part_state(part)?.unwrap_or(Held { state: PartState::default(), written: 0 });
            if let Some(window) = held.state.in_doubt() {
                self.put_right(&part.source, window)?;
            }
            self.held.insert(part.clone(), held);
        }
        Ok(())
    }

    /// What is to be written next of a part that is held.
    pub(super) fn held_state(&mut self, part: &Part) -> Option<&mut PartState> {
        self.held.get_mut(part).map(|held| &mut held.state)
    }

    /// Makes sure that each entry of a source stands once in a stretch of time.
    fn put_right(&self, source: &str, window: Interval) -> Result<(), Error> {
        let within = Self::standing_in(source, window);
        let sql = format!(
            "SELECT identity, time, copy, digest, rank, written FROM {ENTRIES} WHERE {within} AND identity GLOBAL IN \
             (SELECT identity FROM {ENTRIES} WHERE {within} GROUP BY identity HAVING count() > 1) FORMAT RowBinary"
        );
        let mut best: HashMap<Identity, Standing> = HashMap::new();
        let mut superseded = Vec::new();
        for (identity, standing) in self.read_standing(&sql)? {
            let order = |one: &Standing| (one.rank, one.written, one.copy.0);
            match best.get_mut(&identity) {
                Some(known) if order(known) >= order(&standing) => {
                    superseded.push((standing.time, standing.copy));
                }
                Some(known) => {
                    superseded.push((known.time, known.copy));
                    *known = standing;
                }
                None => drop(best.insert(identity, standing)),
            }
        }
        self.supersede(&superseded)
    }

    /// The rows of a source that stand in a stretch of time, and a day around it.
    fn standing_in(source: &str, window: Interval) -> String {
        let (since, until) = (window.since.plus(-AROUND), window.until.plus(AROUND));
        format!(
            "source = {} AND time >= {since} AND time <= {until} AND copy GLOBAL NOT IN \
             (SELECT copy FROM {SUPERSEDED} WHERE time >= {since} AND time <= {until})",
            literal(source),
            since = literal(since),
            until = literal(until)
        )
    }

    fn read_standing(&self, sql: &str) -> Result<Vec<(Identity, Standing)>, Error> {
        let answer = self.client().read(sql, &|| false)?;
        let mut reader = Reader::new(&answer);
        let mut found = Vec::new();
        let digest = |bytes: &[u8]| bytes.try_into().map(Digest16).map_err(|_| Malformed);
        while !reader.is_empty() {
            let mut read = || {
                let identity = Identity(u128::from_be_bytes(digest(reader.bytes()?)?.0));
                let time = Timestamp::checked_from_micros(reader.i64()?).ok_or(Malformed)?;
                let (copy, said) = (digest(reader.bytes()?)?, digest(reader.bytes()?)?);
                let (rank, written) = (rank_of(reader.byte()?), reader.u64()?);
                Ok((identity, Standing { time, copy, digest: said, rank, written, fresh: None }))
            };
            found.push(read().map_err(|error| malformed(self.client(), error))?);
        }
        Ok(found)
    }

    /// What stands of these entries.
    fn known_of(&self, source: &str, events: &[&Event]) -> Result<HashMap<Identity, Standing>, Error> {
        let mut known = HashMap::new();
        let mut by_time: Vec<&Event> = events.to_vec();
        // Neighbours in time are looked for together, so that little of the table is read.
        by_time.sort_by_key(|event| event.time);
        for some in by_time.chunks(IDENTITIES) {
            let (Some(first), Some(last)) = (some.first(), some.last()) else { continue };
            let identities: Vec<[u8; 16]> = some.iter().map(|event| event.identity.0.to_be_bytes()).collect();
            let sql = format!(
                "SELECT identity, time, copy, digest, rank, written FROM {ENTRIES} WHERE {} AND identity IN {} \
                 FORMAT RowBinary",
                Self::standing_in(source, Interval::new(first.time, last.time)),
                list(identities.iter().map(|identity| Value::Bytes(identity)))
            );
            known.extend(self.read_standing(&sql)?);
        }
        Ok(known)
    }

    /// Sorts out what of some batches is new, already there, or in the place of another copy.
    fn sort_out<'a>(
        &self,
        batches: &[Batch<'a>],
        written: u64,
        changes: &mut Changes<'a>,
    ) -> Result<Vec<Appended>, Error> {
        let mut of_source: HashMap<&str, Vec<&'a Event>> = HashMap::new();
        for batch in batches {
            of_source.entry(&batch.part.source).or_default().extend(batch.events);
        }
        let mut known: HashMap<Identity, Standing> = HashMap::new();
        for (source, events) in of_source {
            known.extend(self.known_of(source, &events)?);
        }
        let mut appended = Vec::with_capacity(batches.len());
        for batch in batches {
            let mut counts = Appended::default();
            for event in batch.events {
                let digest = column::digest(event);
                let standing = known.get(&event.identity).copied();
                if standing.is_some_and(|standing| standing.outranks(event.rank, digest)) {
                    counts.already += 1;
                    continue;
                }
                match standing {
                    Some(Standing { fresh: Some(place), .. }) => {
                        changes.fresh[place] = None;
                        counts.replaced += 1;
                    }
                    Some(standing) => {
                        changes.superseded.push((standing.time, standing.copy));
                        counts.replaced += 1;
                    }
                    None => counts.new += 1,
                }
                let place = changes.fresh.len();
                let copy = copy_name(event.identity, written, self.writer, place);
                let (time, rank) = (event.time, event.rank);
                let standing = Standing { time, copy, digest, rank, written, fresh: Some(place) };
                changes.fresh.push(Some((event, standing)));
                known.insert(event.identity, standing);
            }
            appended.push(counts);
        }
        Ok(appended)
    }

    fn insert(&self, changes: &Changes<'_>) -> Result<(), Error> {
        let sql = format!("INSERT INTO {ENTRIES} ({}) FORMAT RowBinary", column::names());
        let mut rows = Writer::default();
        for (event, standing) in changes.fresh.iter().flatten() {
            column::write(&mut rows, event, standing.copy, standing.digest, standing.written);
            if rows.0.len() >= MOST_BYTES {
                self.client().insert(&sql, std::mem::take(&mut rows.0))?;
            }
        }
        if !rows.0.is_empty() {
            self.client().insert(&sql, rows.0)?;
        }
        self.supersede(&changes.superseded)
    }

    fn supersede(&self, rows: &[(Timestamp, Digest16)]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut writer = Writer::default();
        for (time, copy) in rows {
            writer.number(time.micros().to_le_bytes());
            writer.bytes(&copy.0);
        }
        self.client().insert(&format!("INSERT INTO {SUPERSEDED} (time, copy) FORMAT RowBinary"), writer.0)
    }

    /// Writes what is known of some parts, unless another process wrote it meanwhile.
    pub(super) fn write_states(&mut self, parts: &[Part]) -> Result<(), Error> {
        for source in parts.iter().map(|part| &part.source).collect::<std::collections::BTreeSet<_>>() {
            for known in state::all::<PartState>(self.client(), Kind::Part, Some(source))? {
                let ours = self.held.get(&known.part);
                if parts.contains(&known.part) && ours.is_some_and(|held| held.written != known.written) {
                    return Err(Error::Busy {
                        place: self.engine.address().to_string(),
                        name: crate::text::visible(source).into_owned(),
                    });
                }
            }
        }
        for part in parts {
            let known = self.held.get(part).map_or(0, |held| held.written);
            let written = self.next_written(known);
            if let Some(held) = self.held.get_mut(part) {
                held.written = written;
            }
        }
        let states: Vec<_> = parts
            .iter()
            .filter_map(|part| {
                let held = self.held.get(part)?;
                Some((part.clone(), held.written, &held.state))
            })
            .collect();
        state::write(self.client(), Kind::Part, &states)
    }

    fn append_all(&mut self, batches: &[Batch<'_>]) -> Result<Vec<Appended>, Error> {
        let mut parts: Vec<Part> = Vec::new();
        for batch in batches {
            if !parts.contains(batch.part) {
                parts.push(batch.part.clone());
            }
        }
        parts.iter().try_for_each(|part| self.hold(part))?;
        let written = self.next_written(0);
        let mut changes = Changes::default();
        let appended = self.sort_out(batches, written, &mut changes)?;

        let times = changes.fresh.iter().flatten().map(|(event, _)| event.time);
        let times: Vec<Timestamp> = times.chain(changes.superseded.iter().map(|(time, _)| *time)).collect();
        if let (Some(oldest), Some(newest)) = (times.iter().min(), times.iter().max()) {
            for part in &parts {
                if let Some(held) = self.held.get_mut(part) {
                    held.state.writing = Some((oldest.micros(), newest.micros()));
                }
            }
            self.write_states(&parts)?;
            self.insert(&changes)?;
        }

        for batch in batches {
            let Some(Held { state, .. }) = self.held.get_mut(batch.part) else { continue };
            let mut coverage = state.coverage();
            batch.covered.iter().for_each(|stretch| coverage.insert(*stretch));
            state.cover(&coverage);
            match batch.walk {
                WalkChange::AsItWas => {}
                WalkChange::At { window, state: walk } => state.set_walk(Some((window, walk))),
                WalkChange::Over => state.set_walk(None),
            }
            if let Some(until) = batch.whole_until {
                state.set_whole_until(until);
            }
            state.writing = None;
        }
        self.write_states(&parts)?;
        Ok(appended)
    }

    fn count_of(&self, part: &Part, and: &str) -> Result<(u64, i64, i64, u64), Error> {
        let sql = format!(
            "SELECT count(), min(time), max(time), sum(length(record)) FROM {ENTRIES} WHERE {}{and} FORMAT RowBinary",
            Self::of_part(part)
        );
        let answer = self.client().read(&sql, &|| false)?;
        let mut reader = Reader::new(&answer);
        let mut read = || Ok((reader.u64()?, reader.i64()?, reader.i64()?, reader.u64()?));
        read().map_err(|error| malformed(self.client(), error))
    }

    /// The rows of a part that stand.
    fn of_part(part: &Part) -> String {
        let has = format!("bitAnd(present, {}) != 0", 1u32 << column::WORKSPACE);
        let under = match &part.value {
            Some(value) => format!("{has} AND workspace = {}", literal(&**value)),
            None => format!("NOT ({has})"),
        };
        format!(
            "source = {} AND {under} AND copy GLOBAL NOT IN (SELECT copy FROM {SUPERSEDED})",
            literal(&*part.source)
        )
    }
}

impl Ledger for ServerLedger {
    fn worth_appending(&self) -> usize {
        WORTH
    }

    fn claim(&mut self, name: &str, provider: &str, origin: &str) -> Result<(), archive::Error> {
        let known = self.known(name)?;
        if let Some(known) = &known {
            known.check(provider, origin)?;
            if !known.origin.is_empty() || origin.is_empty() {
                return Ok(());
            }
        }
        let part = Part { source: name.into(), value: None };
        let state = SourceState { provider: provider.to_owned(), origin: origin.to_owned() };
        let written = self.next_written(0);
        Ok(state::write(self.client(), Kind::Source, &[(part, written, &state)])?)
    }

    fn known(&self, name: &str) -> Result<Option<Known>, archive::Error> {
        let found = state::all::<SourceState>(self.client(), Kind::Source, Some(name))?;
        Ok(found.into_iter().next().map(known))
    }

    fn sources(&self) -> Result<Vec<Known>, archive::Error> {
        Ok(state::all(self.client(), Kind::Source, None)?.into_iter().map(known).collect())
    }

    fn parts(&self, source: &str) -> Result<Vec<Part>, archive::Error> {
        let found = state::all::<PartState>(self.client(), Kind::Part, Some(source))?;
        Ok(found.into_iter().map(|known| known.part).collect())
    }

    fn coverage(&self, part: &Part) -> Result<IntervalSet, archive::Error> {
        Ok(self.part_state(part)?.map(|held| held.state.coverage()).unwrap_or_default())
    }

    fn walk(&self, part: &Part) -> Result<Option<Walk>, archive::Error> {
        Ok(self.part_state(part)?.and_then(|held| held.state.walk()))
    }

    fn whole_until(&self, part: &Part) -> Result<Option<Timestamp>, archive::Error> {
        Ok(self.part_state(part)?.and_then(|held| held.state.whole_until()))
    }

    fn append(&mut self, batches: &[Batch<'_>]) -> Result<Vec<Appended>, archive::Error> {
        let appended = self.append_all(batches);
        if appended.is_err() {
            // What was to be known by now may not be what the server knows.
            self.held.clear();
        }
        Ok(appended?)
    }

    fn list_rows(&self, part: &Part) -> Result<Option<Interval>, archive::Error> {
        let (count, oldest, newest, _) =
            self.count_of(part, &format!(" AND rank = {}", rank_number(Rank::ListRow)))?;
        let time = Timestamp::from_micros;
        Ok((count > 0).then(|| Interval::new(time(oldest), time(newest).plus(1))))
    }

    fn without_single(&self, part: &Part) -> Result<HashMap<Identity, u32>, archive::Error> {
        let sql = format!(
            "SELECT identity, toUInt32(count()) FROM {WITHOUT_SINGLE} WHERE source = {} AND value = {} \
             GROUP BY identity FORMAT RowBinary",
            literal(&*part.source),
            literal(&*value_of(part))
        );
        let answer = self.client().read(&sql, &|| false)?;
        let mut reader = Reader::new(&answer);
        let mut found = HashMap::new();
        while !reader.is_empty() {
            let mut read = || {
                let identity = reader.bytes()?.try_into().map_err(|_| Malformed)?;
                Ok((Identity(u128::from_be_bytes(identity)), reader.u32()?))
            };
            let (identity, tries) = read().map_err(|error| malformed(self.client(), error))?;
            found.insert(identity, tries);
        }
        Ok(found)
    }

    fn note_without_single(&mut self, part: &Part, entries: &[Identity]) -> Result<(), archive::Error> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut rows = Writer::default();
        for entry in entries {
            rows.bytes(part.source.as_bytes());
            rows.bytes(value_of(part).as_bytes());
            rows.bytes(&entry.0.to_be_bytes());
        }
        let sql = format!("INSERT INTO {WITHOUT_SINGLE} (source, value, identity) FORMAT RowBinary");
        Ok(self.client().insert(&sql, rows.0)?)
    }

    fn load(&self, parts: Vec<(Part, Arc<Provider>)>, window: Interval) -> Result<Loading, archive::Error> {
        let parts = parts.into_iter().map(|(part, _)| (Self::of_part(&part), part)).collect();
        Ok(Box::new(Walking { engine: Arc::clone(&self.engine), parts, at: 0, window, left: window }))
    }

    fn verify(&self) -> Result<Checked, archive::Error> {
        Ok(self.verify_all()?)
    }

    fn prune(&mut self, before: Timestamp) -> Result<Pruned, archive::Error> {
        let pruned = self.prune_before(before);
        // What was to be known by now may not be what the server knows.
        self.held.clear();
        Ok(pruned?)
    }

    fn status(&self) -> Result<Vec<Status>, archive::Error> {
        let mut all = Vec::new();
        for known in state::all::<PartState>(self.client(), Kind::Part, None)? {
            let (entries, oldest, newest, bytes) = self.count_of(&known.part, "")?;
            let time = |micros| (entries > 0).then(|| Timestamp::from_micros(micros));
            let (oldest, newest, coverage) = (time(oldest), time(newest), known.state.coverage());
            all.push(Status { part: known.part, entries, oldest, newest, coverage, bytes });
        }
        Ok(all)
    }
}

fn known(state: state::Known<SourceState>) -> Known {
    Known { name: state.part.source, provider: state.state.provider, origin: state.state.origin }
}

/// Entries of some parts, one part after the other, each newest first, some thousand at a time.
struct Walking {
    engine: Arc<Engine>,
    /// The parts and which rows are theirs.
    parts: Vec<(String, Part)>,
    at: usize,
    window: Interval,
    /// What of the window is still to come of the part at hand.
    left: Interval,
}

impl Walking {
    fn page(&mut self, rows: &str, part: &Part) -> Result<Loaded, Error> {
        let client = &self.engine.client;
        // Of the oldest instant of a page all entries come with it: the next one begins before it.
        let within = |window: Interval| {
            format!("{rows} AND time >= {} AND time < {}", literal(window.since), literal(window.until))
        };
        let sql = format!(
            "SELECT toInt64(min(at)) FROM (SELECT time AS at FROM {ENTRIES} WHERE {} ORDER BY time DESC LIMIT {PAGE}) \
             FORMAT RowBinary",
            within(self.left)
        );
        let answer = client.read(&sql, &|| false)?;
        let oldest = Reader::new(&answer).i64().map_err(|error| malformed(client, error))?;
        let oldest = Timestamp::from_micros(oldest).max(self.left.since);
        let sql = format!(
            "SELECT {} FROM {ENTRIES} WHERE {} ORDER BY time DESC, identity FORMAT RowBinary",
            column::read_names(),
            within(Interval::new(oldest, self.left.until))
        );
        let answer = client.read(&sql, &|| false)?;
        let mut reader = Reader::new(&answer);
        let mut events = Vec::new();
        while !reader.is_empty() {
            events.push(column::read(&mut reader).map_err(|error| malformed(client, error))?);
        }
        self.left.until = if events.is_empty() { self.left.since } else { oldest };
        let whole = self.window.micros().max(1) as f64;
        let share = self.left.micros() as f64 / whole;
        let progress = (self.at as f64 + 1.0 - share) / self.parts.len() as f64;
        // Other parts may have newer ones still, until the last of them is under way.
        let down_to = if self.at + 1 == self.parts.len() { self.left.until } else { self.window.until };
        Ok(Loaded { part: part.clone(), events, unreadable: Vec::new(), down_to, progress })
    }
}

impl Iterator for Walking {
    type Item = Result<Loaded, archive::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.left.is_empty() {
            self.at += 1;
            if self.at >= self.parts.len() {
                return None;
            }
            self.left = self.window;
        }
        let (rows, part) = self.parts.get(self.at)?.clone();
        let page = self.page(&rows, &part);
        if page.is_err() {
            // What failed is not asked again and again.
            (self.at, self.left.until) = (self.parts.len(), self.left.since);
        }
        Some(page.map_err(Into::into))
    }
}
