//! JSON values over lines as they please: an array of records, streamed item by item, or a
//! pretty-printed record or envelope, held whole.

use std::io::BufRead;

use super::content::{Content, is_space};
use super::place::Place;
use super::taker::{MAX_ENVELOPE_BYTES, MAX_RECORD_BYTES, Stop, Taker};
use crate::json::Node;

/// Reads every value.
pub(super) fn read(content: &mut Content, taker: &mut Taker<'_>) -> Result<(), Stop> {
    loop {
        match next_byte(content, is_space)? {
            None => return Ok(()),
            Some(b'[') => {
                content.consume(1);
                array(content, taker)?;
            }
            Some(b'{') => match value_length(content, MAX_ENVELOPE_BYTES)? {
                Value::Here(length) => {
                    let alone = !taker.began && content.is_last(length);
                    take(content, length, alone, taker)?;
                    content.consume(length);
                }
                Value::TooLong => {
                    return Err(Stop::broken(format!(
                        "it holds one JSON object of more than {} MiB; make it one record a line",
                        MAX_ENVELOPE_BYTES >> 20
                    )));
                }
                Value::Unended => return Err(Stop::broken("it ends in the middle of a JSON object")),
            },
            Some(_) => return Err(Stop::broken("no JSON stands behind what was read of it")),
        }
    }
}

/// Reads the items of an array whose bracket was consumed.
fn array(content: &mut Content, taker: &mut Taker<'_>) -> Result<(), Stop> {
    let mut items = 0u64;
    loop {
        let cut_off = || Stop::broken(format!("it ends in the middle of its array, after {items} items"));
        match next_byte(content, |byte| is_space(byte) || byte == b',')? {
            None => return Err(cut_off()),
            Some(b']') => {
                content.consume(1);
                taker.end_of_array();
                return Ok(());
            }
            Some(_) => {}
        }
        match value_length(content, MAX_RECORD_BYTES)? {
            Value::Here(length) => {
                take(content, length, false, taker)?;
                content.consume(length);
            }
            Value::TooLong => taker.malformed(format!("longer than {} MiB", MAX_RECORD_BYTES >> 20))?,
            Value::Unended => return Err(cut_off()),
        }
        items += 1;
        if content.buffered().is_empty() {
            taker.flush()?;
        }
    }
}

fn take(content: &Content, length: usize, alone: bool, taker: &mut Taker<'_>) -> Result<(), Stop> {
    let bytes = &content.buffered()[..length];
    match std::str::from_utf8(bytes) {
        Ok(text) => taker.quick(text, Place::Item).unwrap_or_else(|| match Node::parse(text) {
            Ok(node) => taker.value(node, Place::Item, alone),
            Err(error) => taker.malformed(format!("no JSON: {error} of it")),
        }),
        Err(error) => taker.malformed(format!("not UTF-8 at byte {} of it", error.valid_up_to() + 1)),
    }
}

/// The next byte that is not passed over; it is not consumed.
fn next_byte(content: &mut Content, pass: impl Fn(u8) -> bool) -> Result<Option<u8>, Stop> {
    loop {
        let bytes = content.fill_buf()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if let Some(at) = bytes.iter().position(|byte| !pass(*byte)) {
            let byte = bytes[at];
            content.consume(at);
            return Ok(Some(byte));
        }
        let count = bytes.len();
        content.consume(count);
    }
}

enum Value {
    /// It stands at the front of the buffer, so many bytes long.
    Here(usize),
    /// It was longer than allowed, and is consumed.
    TooLong,
    /// The text ends before it does.
    Unended,
}

/// Brings the next value into the buffer.
fn value_length(content: &mut Content, most: usize) -> Result<Value, Stop> {
    let mut end = End::default();
    let mut looked = 0;
    loop {
        let fresh = &content.buffered()[looked..];
        if let Some(at) = end.within(fresh) {
            return Ok(Value::Here(looked + at));
        }
        looked += fresh.len();
        if looked > most {
            content.consume(looked);
            return pass_over(content, end);
        }
        if !content.read_more()? {
            return Ok(if end.is_scalar() { Value::Here(looked) } else { Value::Unended });
        }
    }
}

fn pass_over(content: &mut Content, mut end: End) -> Result<Value, Stop> {
    loop {
        let bytes = content.fill_buf()?;
        if bytes.is_empty() {
            return Ok(Value::Unended);
        }
        let (count, ended) = match end.within(bytes) {
            Some(at) => (at, true),
            None => (bytes.len(), false),
        };
        content.consume(count);
        if ended {
            return Ok(Value::TooLong);
        }
    }
}

/// Looks for the end of a value in text that comes piece by piece. What stands inside need not be
/// valid: brackets and strings are all that counts.
#[derive(Debug, Default)]
struct End {
    depth: u64,
    in_string: bool,
    escaped: bool,
    scalar: bool,
}

impl End {
    /// Whether the value is a number or a word, which the text's end may end.
    fn is_scalar(&self) -> bool {
        self.scalar
    }

    /// How many bytes of this piece are the value's, where it ends here.
    fn within(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                    at += 1;
                    continue;
                }
                at += memchr::memchr2(b'"', b'\\', &bytes[at..])?;
                self.escaped = bytes[at] == b'\\';
                self.in_string = self.escaped;
                at += 1;
                if !self.in_string && self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            match bytes[at] {
                b'"' if !self.scalar => self.in_string = true,
                b'{' | b'[' if !self.scalar => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ if self.depth > 0 => {}
                b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n' if self.scalar => return Some(at),
                // A closing bracket of the wrong kind is passed over as a value of its own.
                b'}' => return Some(at + 1),
                _ => self.scalar = true,
            }
            at += 1;
        }
        None
    }
}

/// Whether an empty array stands anywhere in the text (or what looks like one, inside a string).
pub(super) fn has_empty_array(text: &[u8]) -> bool {
    memchr::memchr_iter(b'[', text)
        .any(|at| text[at + 1..].iter().find(|byte| !is_space(**byte)) == Some(&b']'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Where the value ends that the text begins with, fed in pieces of so many bytes.
    fn end(text: &str, piece: usize) -> Option<usize> {
        let mut end = End::default();
        let mut before = 0;
        for piece in text.as_bytes().chunks(piece) {
            if let Some(at) = end.within(piece) {
                return Some(before + at);
            }
            before += piece.len();
        }
        None
    }

    #[test]
    fn a_value_ends_where_its_brackets_do() {
        for piece in 1..6 {
            assert_eq!(end(r#"{"a":"}\"]","b":[{}]},1"#, piece), Some(21));
            assert_eq!(end(r#""x\\",2"#, piece), Some(5));
            assert_eq!(end("12.5e3 ,", piece), Some(6));
            assert_eq!(end("nonsense]", piece), Some(8));
            assert_eq!(end("{bad},{}", piece), Some(5));
            assert_eq!(end("},{}", piece), Some(1));
            assert_eq!(end("[[", piece), None);
        }
    }

    proptest! {
        #[test]
        fn every_json_value_ends_at_its_end(texts in prop::collection::vec(any::<String>(), 0..4), number in any::<i32>(), piece in 1usize..40) {
            let value = serde_json::json!({ "texts": texts, "n": number, "in": { "": texts } });
            for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("json"), serde_json::Value::from(texts.concat()).to_string()] {
                prop_assert_eq!(end(&format!("{text},"), piece), Some(text.len()));
            }
        }
    }

    #[test]
    fn an_empty_array_is_seen() {
        assert!(has_empty_array(b"{\"events\": [ ]}"));
        assert!(!has_empty_array(b"{\"events\": [1]"));
        assert!(!has_empty_array(b"["));
    }
}
