//! A plain file of a record a line, read in pieces by all cores, the newest part first: into rows
//! whose records stay in the file, or for a question alone.
//!
//! The first piece is small and comes alone, so that something is seen at once; the others come as
//! they are done. Where they stand in the file's order does not matter: the store sorts. The number
//! of a line is counted only where a message names it.
//!
//! Not here: what a line is (`lines`, `taker`), and files that must be read from the front.

mod rows;

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::content::is_space;
use super::cutter::{Cutter, Direction};
use super::gather::Gather;
use super::lines;
use super::place::Place;
use super::records::FileRecords;
use super::systems::Systems;
use super::taker::{MAX_RECORD_BYTES, Stop, Taker, Unowned};
use crate::fetch::outlet::Outlet;
use crate::fetch::{Part, Skipped, Update};
use crate::provider::quick::QuickReader;
use crate::store::SharedRecords;
use crate::timestamp::Timestamp;

pub(super) use rows::{ForStore, InFile};

/// How large the pieces are. Tests have small ones.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    /// Bytes of the first: some hundreds of entries, read in a few milliseconds.
    first: u64,
    /// Bytes of the others, at least: less, and the store's segments are small.
    least: u64,
    /// Bytes that are read at a time: what a core's own cache holds.
    chunk: usize,
    /// Bytes of a line, at most.
    line: usize,
}

const SIZES: Sizes = Sizes { first: 256 << 10, least: 1 << 20, chunk: 512 << 10, line: MAX_RECORD_BYTES };

/// Bytes of a piece, at most.
const MOST: u64 = 64 << 20;
/// How many pieces each core is to have, where the file is large enough: the more, the less a core
/// waits for another at the end.
const PIECES_A_CORE: u64 = 4;
/// How many threads read at most: more wait for the one that appends.
const MOST_THREADS: usize = 8;

/// What pieces become.
pub(super) trait Pieces: Sync {
    /// How many lines a piece should have, about.
    fn lines(&self) -> u64;

    /// Gathers a piece's entries; `place` tells where in the file the bytes stand that are being taken.
    fn piece<'p>(
        &'p self,
        part: &Part,
        file: &'p SharedRecords,
        place: &'p Cell<InFile>,
    ) -> Box<dyn Piece + 'p>;
}

/// What gathers a piece's entries.
pub(super) trait Piece: Gather {
    /// What could not be read.
    fn skipped(&mut self) -> &mut Vec<Skipped>;

    /// What is told of the piece, in order; nothing where it holds nothing.
    fn updates(self: Box<Self>, part: &Part) -> Vec<Update>;
}

/// A file that was looked into.
pub(super) struct Opened {
    /// The file.
    pub(super) file: File,
    /// Where its first line begins.
    pub(super) begin: u64,
    /// Its first entry's time.
    pub(super) first: Timestamp,
}

/// Reads the file.
pub(super) fn read(
    opened: Opened,
    pieces: &dyn Pieces,
    part: &Part,
    systems: &Systems,
    outlet: &Outlet,
) -> Result<(), Stop> {
    read_sized(SIZES, opened, pieces, part, systems, outlet)
}

fn read_sized(
    sizes: Sizes,
    opened: Opened,
    pieces: &dyn Pieces,
    part: &Part,
    systems: &Systems,
    outlet: &Outlet,
) -> Result<(), Stop> {
    let Opened { file, begin, first } = opened;
    let file = Arc::new(FileRecords::new(file)?);
    let tail = tail(&file, begin)?;
    let newest_last =
        lines::first_time(tail.rsplit(|byte| *byte == b'\n'), part, systems).is_some_and(|last| last > first);
    let direction = if newest_last { Direction::Backwards } else { Direction::Forwards };
    let mut cutter = Cutter::new(&file, begin..file.len(), direction);
    let reader = Reader {
        sizes,
        pieces,
        part,
        systems,
        file: &file,
        shared: Arc::clone(&file) as SharedRecords,
        counted: Counted::new(&file, begin),
    };
    let mut delivery = Delivery { outlet, read: 0, whole: (file.len() - begin).max(1), unowned: None };

    let mut hands = Hands { quick: None, buffer: Vec::new() };
    let Some(piece) = cutter.next(sizes.first)? else { return Ok(()) };
    let lines = hands.read(&reader, piece.clone()).and_then(|read| {
        let lines = read.lines;
        delivery.take(read).map(|()| lines)
    })?;
    let size = piece_size(pieces.lines() * (piece.end - piece.start) / lines.max(1), file.len() - begin)
        .max(sizes.least);
    side_by_side(&reader, hands.quick.as_ref(), &Mutex::new(cutter), size, &mut delivery)?;
    delivery.unowned.map_or(Ok(()), |(_, unowned)| Err(unowned.stop()))
}

/// Bytes at a file's end in which a whole line is looked for.
const TAIL: u64 = 64 << 10;

/// The last of the file's bytes.
fn tail(file: &FileRecords, begin: u64) -> io::Result<Vec<u8>> {
    let from = file.len().saturating_sub(TAIL).max(begin);
    let mut bytes = vec![0; (file.len() - from) as usize];
    file.fill(&mut bytes, from)?;
    Ok(bytes)
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS)
}

/// Bytes of a piece, where its lines have about so many. Of a smaller file they are fewer, but not so
/// few that the store would have to put them together, as long as each core has a piece.
fn piece_size(bytes: u64, whole: u64) -> u64 {
    let cores = cores() as u64;
    let large = least(bytes).min(whole / cores);
    bytes.min((whole / (cores * PIECES_A_CORE)).max(large)).min(MOST)
}

/// The least size of pieces of about this size.
fn least(size: u64) -> u64 {
    size / 5 * 3
}

/// Reads the pieces that are left, by all cores.
fn side_by_side(
    reader: &Reader<'_>,
    quick: Option<&QuickReader>,
    cutter: &Mutex<Cutter<'_>>,
    size: u64,
    delivery: &mut Delivery<'_>,
) -> Result<(), Stop> {
    let over = AtomicBool::new(false);
    // A piece that waits costs about as much memory as one that is being read.
    let (sender, receiver) = sync_channel(1);
    thread::scope(|scope| {
        for _ in 0..cores() {
            let (sender, over) = (sender.clone(), &over);
            let mut hands = Hands { quick: quick.cloned(), buffer: Vec::new() };
            let work = move || hands.work(reader, cutter, size, &sender, over);
            if thread::Builder::new().name("reading".to_owned()).spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        drop(sender);
        let result = delivery.take_all(receiver);
        over.store(true, Ordering::Relaxed);
        result
    })?;
    // Where no thread could be had, this one does it.
    let mut hands = Hands { quick: quick.cloned(), buffer: Vec::new() };
    while let Some(piece) = cut(cutter, size)? {
        delivery.take(hands.read(reader, piece)?)?;
    }
    Ok(())
}

/// The next piece: smaller ones near the end, so that no core waits long for another, but not so small
/// that the store would have to put them together.
fn cut(cutter: &Mutex<Cutter<'_>>, size: u64) -> io::Result<Option<Range<u64>>> {
    let mut cutter = cutter.lock().unwrap_or_else(PoisonError::into_inner);
    let share = cutter.left() / (2 * cores() as u64);
    cutter.next(share.clamp(least(size), size))
}

/// What all threads share.
struct Reader<'a> {
    sizes: Sizes,
    pieces: &'a dyn Pieces,
    part: &'a Part,
    systems: &'a Systems,
    file: &'a FileRecords,
    shared: SharedRecords,
    counted: Counted<'a>,
}

/// A piece that was read.
struct Read {
    updates: Vec<Update>,
    unowned: Option<Unowned>,
    piece: Range<u64>,
    lines: u64,
}

/// Hands over what was read.
struct Delivery<'a> {
    outlet: &'a Outlet,
    read: u64,
    whole: u64,
    /// The first of the file in the file's order, and where its piece begins.
    unowned: Option<(u64, Unowned)>,
}

impl Delivery<'_> {
    fn take_all(&mut self, receiver: Receiver<Result<Read, Stop>>) -> Result<(), Stop> {
        // The receiver goes when this ends early, and with it whoever waits to send.
        receiver.into_iter().try_for_each(|read| self.take(read?))
    }

    fn take(&mut self, read: Read) -> Result<(), Stop> {
        self.read += read.piece.end - read.piece.start;
        let progress = Some((self.read as f64 / self.whole as f64).min(1.0));
        if let Some(unowned) = read.unowned {
            self.unowned = Some(match self.unowned.take() {
                None => (read.piece.start, unowned),
                Some((start, before)) if start < read.piece.start => (start, before.and(&unowned)),
                Some((_, before)) => (read.piece.start, unowned.and(&before)),
            });
        }
        for mut update in read.updates {
            match &mut update {
                Update::Rows(rows) => rows.progress = progress,
                Update::Sifted(sifted) => sifted.progress = progress,
                _ => {}
            }
            self.outlet.send(update)?;
        }
        Ok(())
    }
}

/// What a thread needs of its own.
struct Hands {
    /// Lent to whoever takes a piece's lines.
    quick: Option<QuickReader>,
    buffer: Vec<u8>,
}

impl Hands {
    /// Reads piece after piece.
    fn work(
        &mut self,
        reader: &Reader<'_>,
        cutter: &Mutex<Cutter<'_>>,
        size: u64,
        sender: &SyncSender<Result<Read, Stop>>,
        over: &AtomicBool,
    ) {
        while !over.load(Ordering::Relaxed) {
            let read = match cut(cutter, size) {
                Ok(None) => return,
                Ok(Some(piece)) => self.read(reader, piece),
                Err(error) => Err(error.into()),
            };
            let failed = read.is_err();
            if sender.send(read).is_err() || failed {
                return;
            }
        }
    }

    /// Reads a piece.
    fn read(&mut self, reader: &Reader<'_>, piece: Range<u64>) -> Result<Read, Stop> {
        let place = Cell::new(InFile::default());
        let mut gather = reader.pieces.piece(reader.part, &reader.shared, &place);
        let quick = self.quick.take().unwrap_or_else(|| reader.systems.quick(&reader.part.source));
        let mut taker = Taker::with(quick, reader.part, reader.systems, &mut *gather);
        taker.began = true;
        let lines = self.lines(reader, &piece, &place, &mut taker)?;
        taker.flush()?;
        let unowned = taker.unowned.take();
        self.quick = Some(taker.into_quick());
        if !gather.skipped().is_empty() {
            let before = reader.counted.before(piece.start)?.items;
            for skipped in gather.skipped().iter_mut().filter(|skipped| skipped.page == 1) {
                skipped.item += before as usize;
            }
        }
        Ok(Read { updates: gather.updates(reader.part), unowned, piece, lines })
    }

    /// Takes the lines of a piece; how many there were.
    fn lines(
        &mut self,
        reader: &Reader<'_>,
        piece: &Range<u64>,
        place: &Cell<InFile>,
        taker: &mut Taker<'_>,
    ) -> Result<u64, Stop> {
        let mut number = 0;
        // Where in the file the buffer begins, and how much of it is filled.
        let (mut at, mut filled) = (piece.start, 0);
        while at < piece.end {
            let more = reader.sizes.chunk.min((piece.end - at) as usize - filled);
            if self.buffer.len() < filled + more {
                self.buffer.resize(filled + more, 0);
            }
            let buffer = &mut self.buffer[..filled + more];
            reader.file.fill(&mut buffer[filled..], at + filled as u64).map_err(shorter)?;
            filled += more;
            let is_last = at + filled as u64 == piece.end;
            let whole = match memchr::memrchr(b'\n', buffer) {
                _ if is_last => filled,
                Some(end) => end + 1,
                None if filled <= reader.sizes.line => continue,
                None => {
                    number += 1;
                    let line = || reader.counted.line(piece.start, number);
                    let why = format!("longer than {} MiB", reader.sizes.line >> 20);
                    taker.malformed(Place::Counted(&line).located(why))?;
                    at = behind_line(reader.file, at + filled as u64, piece.end)?;
                    filled = 0;
                    continue;
                }
            };
            // Rows whose order their records decide are compared before the piece is done.
            reader.file.remember(at, &buffer[..whole]);
            place.set(InFile { offset: at, address: buffer.as_ptr() as usize });
            take_lines(&buffer[..whole], &mut number, taker, &|number| {
                reader.counted.line(piece.start, number)
            })?;
            buffer.copy_within(whole.., 0);
            (at, filled) = (at + whole as u64, filled - whole);
        }
        Ok(number)
    }
}

/// Where the next line begins, from somewhere in a line on.
fn behind_line(file: &FileRecords, mut at: u64, end: u64) -> Result<u64, Stop> {
    let mut bytes = vec![0; SIZES.chunk];
    while at < end {
        let count = SIZES.chunk.min((end - at) as usize);
        file.fill(&mut bytes[..count], at).map_err(shorter)?;
        if let Some(found) = memchr::memchr(b'\n', &bytes[..count]) {
            return Ok(at + found as u64 + 1);
        }
        at += count as u64;
    }
    Ok(end)
}

/// What a failure to read at a place that was there means.
fn shorter(error: io::Error) -> Stop {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Stop::broken("it became shorter while it was read"),
        _ => error.into(),
    }
}

/// Takes lines, the first of which is the one behind line `number` of its piece.
fn take_lines(
    bytes: &[u8],
    number: &mut u64,
    taker: &mut Taker<'_>,
    count: &dyn Fn(u64) -> u64,
) -> Result<(), Stop> {
    // Looked at as a whole, that it is text costs next to nothing.
    let text = std::str::from_utf8(bytes).ok();
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', bytes).chain(std::iter::once(bytes.len()));
    for end in ends.filter(|end| *end < bytes.len() || bytes.last() != Some(&b'\n')) {
        let line = start..end;
        start = end + 1;
        *number += 1;
        if bytes[line.clone()].iter().all(|byte| is_space(*byte)) {
            continue;
        }
        let line_number = *number;
        let counted = || count(line_number);
        let place = Place::Counted(&counted);
        match text {
            Some(text) => lines::take_text(&text[line], place, false, taker)?,
            None => lines::take(&bytes[line], place, false, taker)?,
        }
    }
    Ok(())
}

/// Counts the lines before a place, when somebody wants to know.
struct Counted<'a> {
    file: &'a FileRecords,
    /// What stands before each of some places, ascending.
    known: Mutex<Vec<(u64, Counts)>>,
}

/// What stands before a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    lines: u64,
    /// Lines that are not blank.
    items: u64,
}

impl<'a> Counted<'a> {
    fn new(file: &'a FileRecords, begin: u64) -> Self {
        Self { file, known: Mutex::new(vec![(begin, Counts::default())]) }
    }

    /// What stands before a place where a line begins. The file is read up to there, once.
    fn before(&self, place: u64) -> io::Result<Counts> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let next = known.partition_point(|(at, _)| *at <= place);
        let (mut at, mut counts) = known[next - 1];
        let mut bytes = vec![0; SIZES.chunk];
        let mut blank = true;
        while at < place {
            let count = SIZES.chunk.min((place - at) as usize);
            self.file.fill(&mut bytes[..count], at)?;
            for byte in &bytes[..count] {
                if *byte == b'\n' {
                    counts.lines += 1;
                    counts.items += u64::from(!blank);
                    blank = true;
                } else {
                    blank &= is_space(*byte);
                }
            }
            at += count as u64;
        }
        if known[next - 1].0 != place {
            known.insert(next, (place, counts));
        }
        Ok(counts)
    }

    /// The number in the file of a line of the piece that begins at a place. Of a file that can no
    /// longer be read it is the number in the piece: that failure is told as well.
    fn line(&self, piece: u64, number: u64) -> u64 {
        self.before(piece).map_or(number, |counts| counts.lines + number)
    }
}

#[cfg(test)]
mod tests;
