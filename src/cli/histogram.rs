//! A histogram as JSON or CSV (the contract's section 6); as a plot it is drawn by [`crate::handover::plot`].

use std::io::{self, Write};

use serde::Serialize;

use crate::answer::Histogram;
use crate::event::Class;
use crate::interval::{BUCKETS, Interval, IntervalSet};

/// A histogram and how much of the truth it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// The counts.
    pub histogram: Histogram,
    /// Whether everything that the window has was counted.
    pub complete: bool,
    /// What of the window was not fetched.
    pub missing: IntervalSet,
}

#[derive(Serialize)]
struct Stretch {
    since: String,
    until: String,
}

impl Stretch {
    fn of(interval: Interval) -> Self {
        Self { since: interval.since.to_string(), until: interval.until.to_string() }
    }
}

/// In the contract's order.
#[derive(Serialize)]
struct Json<'a> {
    since: String,
    until: String,
    classes: [&'static str; Class::COUNT],
    counts: &'a [[u64; Class::COUNT]],
    total: u64,
    complete: bool,
    missing: Vec<Stretch>,
}

impl Counted {
    /// Writes it as one JSON object and a line feed.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let window = self.histogram.window;
        let json = Json {
            since: window.since.to_string(),
            until: window.until.to_string(),
            classes: Class::ALL.map(Class::name),
            counts: &self.histogram.counts,
            total: self.histogram.total(),
            complete: self.complete,
            missing: self.missing.parts().iter().map(|gap| Stretch::of(gap.intersect(window))).collect(),
        };
        serde_json::to_writer(&mut *out, &json)?;
        out.write_all(b"\n")
    }

    /// Writes it as CSV: a header, then a row a bucket, numbered from 0.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "bucket,since,until")?;
        for class in Class::ALL {
            write!(out, ",{}", class.name())?;
        }
        out.write_all(b"\r\n")?;
        for bucket in 0..BUCKETS {
            let time = self.histogram.window.bucket_interval(bucket);
            write!(out, "{bucket},{},{}", time.since, time.until)?;
            for count in self.histogram.counts[bucket] {
                write!(out, ",{count}")?;
            }
            out.write_all(b"\r\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::{DAY, Timestamp};

    fn counted() -> Counted {
        let since = Timestamp::parse("2026-05-14T00:00:00Z").expect("a time");
        let window = Interval::new(since, since.plus(DAY));
        let mut histogram = Histogram::empty(window);
        histogram.count(since, Class::S5xx);
        histogram.count(since.plus(DAY - 1), Class::Unknown);
        let missing = IntervalSet::from_iter([Interval::new(since.plus(5), since.plus(7))]);
        Counted { histogram, complete: false, missing }
    }

    fn written(write: impl Fn(&Counted, &mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&counted(), &mut out).expect("writes");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn json_has_the_keys_in_order_and_144_buckets_of_7() {
        let json = written(Counted::write_json);
        assert!(json.starts_with(concat!(
            r#"{"since":"2026-05-14T00:00:00.000000Z","until":"2026-05-15T00:00:00.000000Z","#,
            r#""classes":["2xx","3xx","4xx","5xx","success","failure","unknown"],"counts":[[0,0,0,1,0,0,0],"#
        )));
        assert!(json.ends_with(concat!(
            r#"[0,0,0,0,0,0,1]],"total":2,"complete":false,"missing":[{"since":"2026-05-14T00:00:00.000005Z","#,
            r#""until":"2026-05-14T00:00:00.000007Z"}]}"#,
            "\n"
        )));
        let value: serde_json::Value = serde_json::from_str(&json).expect("json");
        assert_eq!(value["counts"].as_array().map(Vec::len), Some(144));
    }

    #[test]
    fn csv_has_a_header_and_a_row_a_bucket() {
        let csv = written(Counted::write_csv);
        let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 145);
        assert_eq!(lines[0], "bucket,since,until,2xx,3xx,4xx,5xx,success,failure,unknown");
        assert_eq!(lines[1], "0,2026-05-14T00:00:00.000000Z,2026-05-14T00:10:00.000000Z,0,0,0,1,0,0,0");
        assert_eq!(lines[144], "143,2026-05-14T23:50:00.000000Z,2026-05-15T00:00:00.000000Z,0,0,0,0,0,0,1");
    }
}
