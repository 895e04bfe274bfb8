//! NDJSON: a JSON value a line, read line by line; a line may also be a whole response of an API.

use super::content::{Content, is_space};
use super::taker::{MAX_ENVELOPE_BYTES, MAX_RECORD_BYTES, Stop, Taker};
use super::values;
use crate::json::Node;

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
        if !line.iter().all(|byte| is_space(*byte)) {
            let place = format!("line {number}");
            match std::str::from_utf8(line) {
                Ok(text) => match Node::parse(text) {
                    Ok(node) => taker.value(node, &place, alone)?,
                    Err(error) => taker.malformed(format!("{place}: no JSON: {}", said(&error)))?,
                },
                Err(error) => {
                    taker.malformed(format!("{place}: not UTF-8 at byte {}", error.valid_up_to() + 1))?;
                }
            }
        }
        std::io::BufRead::consume(content, length + usize::from(terminated));
        if content.buffered().is_empty() {
            // The next read may wait (standard input): nothing is held back meanwhile.
            taker.flush()?;
        }
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
