//! Logs of any size: requests of the same shapes as the world's, spread over its week, newest
//! first, written as they are made. The same count gives the same bytes, on every machine.
//!
//! Not here: the world's stories in full (`world`); of them the waves and the storm are there, at
//! their times and in proportion.

use std::io::{self, Write};

use super::calendar::{Calendar, Rhythm};
use super::random::Random;
use super::world::{EndlessRequests, World};
use crate::json::{Node, Pointer};
use crate::timestamp::Timestamp;

/// How a generated log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A record a line, as the system's own API gives it.
    Ndjson,
    /// The same with a header and a cell for each value; objects by their id or name.
    Csv,
}

/// The end of every generated log: all entries are earlier.
pub const END: &str = "2026-05-18T00:00:00Z";

/// The columns of CSV, each with the places its value may have.
const COLUMNS: [(&str, &[&str]); 13] = [
    ("timestamp", &["/timestamp"]),
    ("method", &["/method"]),
    ("endpoint", &["/endpoint"]),
    ("status", &["/status"]),
    ("latency_ms", &["/latency_ms"]),
    ("key_id", &["/key_id"]),
    ("caller", &["/caller", "/caller/name"]),
    ("source_ip", &["/source_ip"]),
    ("user_agent", &["/user_agent"]),
    ("request_id", &["/request_id"]),
    ("run_id", &["/run/id"]),
    ("unit_id", &["/unit/id"]),
    ("procedure_id", &["/procedure/id"]),
];

/// Writes a log of `count` entries.
pub fn write(count: u64, format: Format, out: &mut impl Write) -> io::Result<()> {
    let mut records = Records::new(count);
    match format {
        Format::Ndjson => records.try_for_each(|record| {
            out.write_all(record.as_bytes())?;
            out.write_all(b"\n")
        })?,
        Format::Csv => {
            let mut rows = csv::Writer::from_writer(&mut *out);
            rows.write_record(COLUMNS.map(|(name, _)| name))?;
            let pointers = COLUMNS.map(|(_, places)| {
                places.iter().filter_map(|place| Pointer::parse(place)).collect::<Vec<_>>()
            });
            for record in records {
                let node = Node::from_kept(&record);
                let cell = |places: &Vec<Pointer>| {
                    places.iter().find_map(|place| node.at(place)?.scalar()).unwrap_or_default().into_owned()
                };
                rows.write_record(pointers.iter().map(cell))?;
            }
            rows.flush()?;
        }
    }
    out.flush()
}

/// The records, newest first.
pub struct Records {
    requests: EndlessRequests,
    rhythm: Rhythm,
    random: Random,
    left: u64,
    count: u64,
}

impl Records {
    /// So many.
    pub fn new(count: u64) -> Self {
        let calendar = Calendar { end: Timestamp::parse(END).expect("it is a time") };
        Self {
            requests: EndlessRequests::new(World::SEED, calendar),
            rhythm: Rhythm::new(calendar.week()),
            random: Random::new(World::SEED, "generate"),
            left: count,
            count,
        }
    }
}

impl Iterator for Records {
    type Item = Box<str>;

    fn next(&mut self) -> Option<Box<str>> {
        self.left = self.left.checked_sub(1)?;
        // Each entry keeps to a slot of its own, so that times fall without being sorted.
        let place = self.left * 1_000 + self.random.below(1_000);
        let time = self.rhythm.quantile(place, self.count.saturating_mul(1_000));
        Some(self.requests.at(time).json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(count: u64, format: Format) -> String {
        let mut out = Vec::new();
        write(count, format, &mut out).expect("memory takes it");
        String::from_utf8(out).expect("it is text")
    }

    #[test]
    fn lines_are_records_newest_first_and_the_same_each_time() {
        let text = written(3_000, Format::Ndjson);
        assert_eq!(text, written(3_000, Format::Ndjson));
        let at = |place: &str, line: &str| {
            let node = Node::parse(line).expect("a line is JSON");
            node.at(&Pointer::parse(place).expect("a pointer"))
                .and_then(Node::scalar)
                .map(std::borrow::Cow::into_owned)
        };
        let times: Vec<_> = text.lines().map(|line| at("/timestamp", line).expect("a time")).collect();
        assert_eq!(times.len(), 3_000);
        assert!(times.is_sorted_by(|a, b| a >= b) && times[0].as_str() < END);
        assert!(times[2_999].starts_with("2026-05-11T"), "{}", times[2_999]);
        let mut ids: Vec<_> = text.lines().map(|line| at("/request_id", line)).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 3_000);
        let failed =
            text.lines().filter(|line| at("/status", line).is_some_and(|status| status.starts_with('5')));
        assert!(failed.count() > 10);
    }

    #[test]
    fn cells_say_what_lines_say() {
        let (lines, cells) = (written(500, Format::Ndjson), written(500, Format::Csv));
        let mut rows = csv::Reader::from_reader(cells.as_bytes());
        let records = rows.records().collect::<Result<Vec<_>, _>>().expect("it is CSV");
        assert_eq!(records.len(), 500);
        for (record, line) in records.iter().zip(lines.lines()) {
            for cell in record.iter().filter(|cell| !cell.is_empty()) {
                assert!(line.contains(cell), "{cell} in {line}");
            }
        }
    }
}
