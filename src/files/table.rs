//! CSV under a header: auditty's own, or any with a column for each top-level key of a system's
//! records (RFC 4180; a quoted cell may hold line breaks).

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use super::content::Content;
use super::kept::Columns;
use super::place::Place;
use super::taker::{MAX_RECORD_BYTES, Stop, Taker};
use crate::event::Record;
use crate::fetch::ErrorKind;
use crate::json::Node;

/// Lets so many bytes pass between two rows, so that a quote that is never closed does not draw the
/// whole file into memory.
struct Allowance<R> {
    inner: R,
    left: Rc<Cell<usize>>,
}

impl<R: Read> Read for Allowance<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other(format!(
                "a row is longer than {} MiB (is a quote never closed?)",
                MAX_RECORD_BYTES >> 20
            )));
        }
        let most = into.len().min(self.left.get());
        let count = self.inner.read(&mut into[..most])?;
        self.left.set(self.left.get() - count);
        Ok(count)
    }
}

/// Reads every row.
pub(super) fn read(content: Content, taker: &mut Taker<'_>) -> Result<(), Stop> {
    let left = Rc::new(Cell::new(MAX_RECORD_BYTES));
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(Allowance { inner: content, left: left.clone() });
    let header = reader.byte_headers().map_err(stop)?.clone();
    let header: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let own = Columns::of(header.iter().map(String::as_str));
    if own.is_none() && !taker.owns(&object(&header, &vec!["x"; header.len()])) {
        return Err(Stop::Failed {
            kind: ErrorKind::Config,
            why: "it is no JSON, and as CSV its header has no columns that a known system's records have; \
                  say whose it is with --provider NAME (`auditty providers` lists them)"
                .to_owned(),
        });
    }
    let mut row = csv::ByteRecord::new();
    // As a spreadsheet counts them, the header being the first.
    let mut number = 1u64;
    loop {
        left.set(MAX_RECORD_BYTES);
        number += 1;
        if !reader.read_byte_record(&mut row).map_err(stop)? {
            return Ok(());
        }
        let place = Place::Row(number);
        if row.len() != header.len() {
            let why = format_args!("{} cells under a header of {}", row.len(), header.len()).to_string();
            taker.malformed(place.located(why))?;
            continue;
        }
        let cells: Result<Vec<&str>, _> = row.iter().map(std::str::from_utf8).collect();
        let Ok(cells) = cells else {
            taker.malformed(place.located("not UTF-8"))?;
            continue;
        };
        let record = object(&header, &cells);
        match &own {
            Some(columns) => match columns.entry(&cells, Record::from_kept(&record), taker.source()) {
                Ok(event) => taker.kept(event, &record)?,
                Err(why) => taker.malformed(place.located(why))?,
            },
            None => match taker.quick(&record, place) {
                Some(taken) => taken?,
                None => match Node::parse(&record) {
                    Ok(node) => taker.record(node, place)?,
                    Err(error) => taker.malformed(place.located(error))?,
                },
            },
        }
    }
}

fn stop(error: csv::Error) -> Stop {
    let text = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Stop::from(error),
        _ => Stop::broken(text),
    }
}

/// A row as a JSON object: the header's names as keys, the cells as texts, an empty one as null.
fn object(header: &[String], cells: &[&str]) -> String {
    let mut object = String::from("{");
    for (name, cell) in header.iter().zip(cells) {
        if object.len() > 1 {
            object.push(',');
        }
        object.push_str(&serde_json::Value::from(name.as_str()).to_string());
        object.push(':');
        match *cell {
            "" => object.push_str("null"),
            cell => object.push_str(&serde_json::Value::from(cell).to_string()),
        }
    }
    object.push('}');
    object
}
