//! NDJSON: a JSON value a line, read line by line; a line may also be a whole response of an API.

use super::content::{Content, is_space};
use super::envelope::{self, Value};
use super::gather::{Gather, Room};
use super::place::Place;
use super::systems::Systems;
use super::taker::{MAX_ENVELOPE_BYTES, MAX_RECORD_BYTES, Stop, Taker};
use super::values;
use crate::event::Event;
use crate::fetch::outlet::Cancelled;
use crate::fetch::{Part, Skipped};
use crate::json::Node;
use crate::provider::mapping::Entry;
use crate::timestamp::Timestamp;

/// Reads every line.
pub(super) fn read(content: &mut Content, taker: &mut Taker<'_>) -> Result<(), Stop> {
    let mut number = 0u64;
    loop {
        number += 1;
        // A response of an API on one line is the file's first; a record is never so long.
        let most = if taker.began { MAX_RECORD_BYTES } else { MAX_ENVELOPE_BYTES };
        let (length, terminated) = match line_length(content, most)? {
            Line::End => return Ok(()),
            Line::Here { length, terminated } => (length, terminated),
            Line::TooLong => {
                taker.malformed(format!("line {number}: longer than {} MiB", most >> 20))?;
                continue;
            }
        };
        // Looking ahead may wait, so it is done only where it may change what the line is taken for.
        let alone =
            !taker.began && values::has_empty_array(&content.buffered()[..length]) && content.is_last(length);
        let line = &content.buffered()[..length];
        if !is_blank(line) {
            take(line, Place::Line(number), alone, taker)?;
        }
        std::io::BufRead::consume(content, length + usize::from(terminated));
        if content.buffered().is_empty() {
            // The next read may wait (standard input): nothing is held back meanwhile.
            taker.flush()?;
        }
    }
}

/// Takes a line that is not blank.
pub(super) fn take(line: &[u8], place: Place<'_>, alone: bool, taker: &mut Taker<'_>) -> Result<(), Stop> {
    match std::str::from_utf8(line) {
        Ok(text) => take_text(text, place, alone, taker),
        Err(error) => {
            taker.malformed(place.located(format_args!("not UTF-8 at byte {}", error.valid_up_to() + 1)))
        }
    }
}

/// The same, of a line that is known to be UTF-8.
pub(super) fn take_text(
    text: &str,
    place: Place<'_>,
    alone: bool,
    taker: &mut Taker<'_>,
) -> Result<(), Stop> {
    if let Some(taken) = taker.quick(trimmed(text), place) {
        return taken;
    }
    match Node::parse(text) {
        Ok(node) => taker.value(node, place, alone),
        Err(error) => taker.malformed(place.located(format_args!("no JSON: {}", said(&error)))),
    }
}

/// A text without JSON's white space around it.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [b'{', .., b'}'] => text,
        _ => text.trim_matches([' ', '\t', '\r', '\n']),
    }
}

/// The time of the first line of a text that is not blank, where that is a record, and no response
/// with many.
pub(super) fn first_record(text: &[u8], part: &Part, systems: &Systems) -> Option<Timestamp> {
    let mut lines = text.split(|byte| *byte == b'\n');
    let line = lines.find(|line| !is_blank(line))?;
    let node = Node::parse(std::str::from_utf8(line).ok()?).ok()?;
    match envelope::value(node, systems, true, false) {
        Value::Record(_) => first_time([line], part, systems),
        Value::Records(_) => None,
    }
}

/// The time of the first of these lines that is an entry; the first few are looked at.
pub(super) fn first_time<'l>(
    lines: impl IntoIterator<Item = &'l [u8]>,
    part: &Part,
    systems: &Systems,
) -> Option<Timestamp> {
    let mut first = First::default();
    let mut taker = Taker::new(part, systems, &mut first);
    let mut lines = lines.into_iter().filter(|line| !is_blank(line)).take(FEW);
    // The gatherer stops it as soon as it has one.
    let _ = lines.try_for_each(|line| take(line, Place::Item, false, &mut taker));
    first.time
}

/// How many lines are looked at for one that is an entry.
const FEW: usize = 16;

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| is_space(*byte))
}

/// Looks at the first entry's time alone.
#[derive(Default)]
struct First {
    time: Option<Timestamp>,
}

impl Gather for First {
    fn entry(&mut self, entry: Entry<'_>) -> Room {
        self.time.get_or_insert(entry.time);
        Room::Full
    }

    fn event(&mut self, event: Event, _record: &str) -> Room {
        self.time.get_or_insert(event.time);
        Room::Full
    }

    fn is_empty(&self) -> bool {
        self.time.is_none()
    }

    fn hand_over(&mut self, _skipped: Vec<Skipped>) -> Result<(), Cancelled> {
        if self.time.is_some() { Err(Cancelled) } else { Ok(()) }
    }
}

/// What `serde_json` says of a line, without the line number that it counts itself.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    format!("{what} at column {}", error.column())
}

enum Line {
    /// There is none any more.
    End,
    /// It stands at the front of the buffer.
    Here { length: usize, terminated: bool },
    /// It was longer than allowed, and is consumed.
    TooLong,
}

/// Brings the next line into the buffer.
fn line_length(content: &mut Content, most: usize) -> Result<Line, Stop> {
    let mut looked = 0;
    loop {
        let bytes = content.buffered();
        if let Some(at) = memchr::memchr(b'\n', &bytes[looked..]) {
            return Ok(Line::Here { length: looked + at, terminated: true });
        }
        looked = bytes.len();
        if looked > most {
            pass_over_line(content)?;
            return Ok(Line::TooLong);
        }
        // A line that a failure cuts off is no entry; the failure tells of it.
        if !content.read_more()? {
            return Ok(match looked {
                0 => Line::End,
                length => Line::Here { length, terminated: false },
            });
        }
    }
}

fn pass_over_line(content: &mut Content) -> Result<(), Stop> {
    use std::io::BufRead;
    loop {
        let bytes = content.fill_buf()?;
        if bytes.is_empty() {
            return Ok(());
        }
        let end = memchr::memchr(b'\n', bytes);
        let count = end.map_or(bytes.len(), |at| at + 1);
        content.consume(count);
        if end.is_some() {
            return Ok(());
        }
    }
}
