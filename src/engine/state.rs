//! What a server is told of sources and their parts: a JSON text each, of which the last one written
//! stands. All that is said of a part stands in one text, so that no half of it is ever there.

use serde::{Deserialize, Serialize};

use super::client::Client;
use super::literal::literal;
use super::schema::STATE;
use super::wire::{Reader, Writer};
use super::{Error, malformed};
use crate::archive::Walk;
use crate::interval::{Interval, IntervalSet};
use crate::source::Part;
use crate::timestamp::Timestamp;

/// What is known of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// The descriptor's name.
    pub provider: String,
    /// The origin that it is asked at; empty where it is not known.
    pub origin: String,
}

/// What is known of a part. Times are microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PartState {
    covered: Vec<(i64, i64)>,
    walk: Option<(i64, i64, String)>,
    whole_until: Option<i64>,
    /// Entries of this time are being written: they may be there twice.
    pub writing: Option<(i64, i64)>,
}

fn interval((since, until): (i64, i64)) -> Interval {
    Interval::new(Timestamp::from_micros(since), Timestamp::from_micros(until))
}

fn pair(interval: Interval) -> (i64, i64) {
    (interval.since.micros(), interval.until.micros())
}

impl PartState {
    /// What of time is covered.
    pub fn coverage(&self) -> IntervalSet {
        self.covered.iter().map(|stretch| interval(*stretch)).collect()
    }

    /// Sets what of time is covered.
    pub fn cover(&mut self, coverage: &IntervalSet) {
        self.covered = coverage.parts().iter().map(|stretch| pair(*stretch)).collect();
    }

    /// The walk that was not finished.
    pub fn walk(&self) -> Option<Walk> {
        let (since, until, state) = self.walk.clone()?;
        Some(Walk { window: interval((since, until)), state })
    }

    /// Sets it.
    pub fn set_walk(&mut self, walk: Option<(Interval, &str)>) {
        self.walk = walk.map(|(window, state)| {
            let (since, until) = pair(window);
            (since, until, state.to_owned())
        });
    }

    /// Up to when the part was fetched whole.
    pub fn whole_until(&self) -> Option<Timestamp> {
        self.whole_until.map(Timestamp::from_micros)
    }

    /// Sets it.
    pub fn set_whole_until(&mut self, until: Timestamp) {
        self.whole_until = Some(until.micros());
    }

    /// The time of entries that may be there twice.
    pub fn in_doubt(&self) -> Option<Interval> {
        self.writing.map(interval)
    }
}

/// Of what something is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A source.
    Source,
    /// A part of one.
    Part,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Part => "part",
        }
    }
}

/// How a part's value stands in its column: with a mark before it, so that none is not the empty one.
pub fn value_of(part: &Part) -> String {
    part.value.as_deref().map_or_else(String::new, |value| format!("={value}"))
}

/// The part of a column's value.
fn part_of(source: &str, value: &str) -> Part {
    Part { source: source.into(), value: value.strip_prefix('=').map(Into::into) }
}

/// A state that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known<T> {
    /// Of which part; of a source: the one without a value.
    pub part: Part,
    /// When it was written: greater than those before it.
    pub written: u64,
    /// What it says.
    pub state: T,
}

/// The states of all sources or parts, or of one source's.
pub fn all<T: for<'a> Deserialize<'a>>(
    client: &Client,
    kind: Kind,
    source: Option<&str>,
) -> Result<Vec<Known<T>>, Error> {
    let of = source.map_or_else(String::new, |source| format!(" AND source = {}", literal(source)));
    let sql = format!(
        "SELECT source, value, written, state FROM {STATE} WHERE kind = {}{of} \
         ORDER BY source, value, written DESC LIMIT 1 BY source, value FORMAT RowBinary",
        literal(kind.name())
    );
    let answer = client.read(&sql, &|| false)?;
    let mut reader = Reader::new(&answer);
    let mut found = Vec::new();
    while !reader.is_empty() {
        let mut read = || {
            let (source, value) = (reader.text()?, reader.text()?);
            Ok((part_of(source, value), reader.u64()?, reader.text()?))
        };
        let (part, written, text) = read().map_err(|error| malformed(client, error))?;
        let state = serde_json::from_str(text).map_err(|error| Error::Failed {
            place: client.address().to_string(),
            code: None,
            why: format!(
                "what is known of {} there cannot be read: {error}",
                crate::text::visible(&part.to_string())
            ),
        })?;
        found.push(Known { part, written, state });
    }
    Ok(found)
}

/// Writes states, each greater than what was there; all of them at once.
pub fn write<T: Serialize>(client: &Client, kind: Kind, states: &[(Part, u64, &T)]) -> Result<(), Error> {
    if states.is_empty() {
        return Ok(());
    }
    let mut rows = Writer::default();
    for (part, written, state) in states {
        rows.bytes(kind.name().as_bytes());
        rows.bytes(part.source.as_bytes());
        rows.bytes(value_of(part).as_bytes());
        rows.number(written.to_le_bytes());
        rows.bytes(serde_json::to_string(state).unwrap_or_default().as_bytes());
    }
    let sql = format!("INSERT INTO {STATE} (kind, source, value, written, state) FORMAT RowBinary");
    client.insert(&sql, rows.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_written_and_read() {
        let time = Timestamp::from_micros;
        let mut state = PartState::default();
        state
            .cover(&[Interval::new(time(1), time(2)), Interval::new(time(5), time(9))].into_iter().collect());
        state.set_walk(Some((Interval::new(time(3), time(4)), "{}")));
        state.set_whole_until(time(9));
        state.writing = Some((1, 7));
        let text = serde_json::to_string(&state).expect("text");
        let read: PartState = serde_json::from_str(&text).expect("a state");
        assert_eq!(read, state);
        assert_eq!(read.coverage().parts().len(), 2);
        assert_eq!(read.walk().map(|walk| walk.state), Some("{}".to_owned()));
        assert_eq!(read.whole_until(), Some(time(9)));
        assert_eq!(read.in_doubt(), Some(Interval::new(time(1), time(7))));
    }

    #[test]
    fn a_part_without_a_value_is_not_the_one_with_an_empty_value() {
        for value in [None, Some(""), Some("ws_1"), Some("=")] {
            let part = Part { source: "a".into(), value: value.map(Into::into) };
            assert_eq!(part_of("a", &value_of(&part)), part);
        }
    }
}
