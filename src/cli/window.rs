//! The window of a command: `[since, until)`, by the rules of the contract's section 1.

use super::failure::Failure;
use crate::interval::Interval;
use crate::timestamp::{DAY, Timestamp};

/// How long the window is where only its end, or nothing, is said.
const DEFAULT: i64 = 7 * DAY;

/// The bounds that were typed, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// The first instant inside.
    pub since: Option<Timestamp>,
    /// The first instant behind.
    pub until: Option<Timestamp>,
}

impl Bounds {
    /// Reads the texts of `--since` and `--until`; ages count back from `now`.
    pub fn read(since: Option<&str>, until: Option<&str>, now: Timestamp) -> Result<Self, Failure> {
        let read = |flag: &str, text: Option<&str>| {
            text.map(|text| Timestamp::parse_moment(text, now))
                .transpose()
                .map_err(|error| Failure::usage(format!("{flag}: {error}")))
        };
        let bounds = Self { since: read("--since", since)?, until: read("--until", until)? };
        if let (Some(since), Some(until)) = (bounds.since, bounds.until) {
            ordered(since, until)?;
        }
        Ok(bounds)
    }

    /// The window over sources: the last seven days up to its end, which is now where none is said.
    pub fn over_sources(self, now: Timestamp) -> Result<Interval, Failure> {
        let until = self.until.unwrap_or(now);
        let since = self.since.unwrap_or_else(|| until.plus(-DEFAULT));
        ordered(since, until)?;
        Ok(Interval::new(since, until))
    }

    /// What is taken of files: everything on the sides that are open.
    pub fn over_files(self) -> Interval {
        Interval::new(self.since.unwrap_or(Interval::ALL.since), self.until.unwrap_or(Interval::ALL.until))
    }

    /// The window over files whose entries lie between these: from the oldest to one microsecond
    /// behind the newest. `None` where there is no entry to set an open side by.
    pub fn around(self, oldest_and_newest: Option<(Timestamp, Timestamp)>) -> Option<Interval> {
        let since = self.since.or(oldest_and_newest.map(|(oldest, _)| oldest))?;
        let until = self.until.or(oldest_and_newest.map(|(_, newest)| newest.plus(1)))?;
        // Every entry may lie on the other side of the bound that was said: a window of nothing.
        Some(match (self.since, self.until) {
            (None, Some(_)) => Interval::new(since.min(until.plus(-1)), until),
            _ => Interval::new(since, until.max(since.plus(1))),
        })
    }
}

fn ordered(since: Timestamp, until: Timestamp) -> Result<(), Failure> {
    if since < until {
        return Ok(());
    }
    Err(Failure::usage(format!("the window is empty: since {since} is not before until {until}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    fn now() -> Timestamp {
        time("2026-05-21T10:00:00Z")
    }

    fn over_sources(since: Option<&str>, until: Option<&str>) -> Result<String, Failure> {
        let window = Bounds::read(since, until, now())?.over_sources(now())?;
        Ok(format!("{} {}", window.since.rfc3339(0), window.until.rfc3339(0)))
    }

    #[test]
    fn the_last_seven_days_are_asked_where_nothing_is_said() {
        assert_eq!(over_sources(None, None), Ok("2026-05-14T10:00:00Z 2026-05-21T10:00:00Z".to_owned()));
        assert_eq!(
            over_sources(Some("90m"), None),
            Ok("2026-05-21T08:30:00Z 2026-05-21T10:00:00Z".to_owned())
        );
        assert_eq!(
            over_sources(None, Some("2026-01-08")),
            Ok("2026-01-01T00:00:00Z 2026-01-08T00:00:00Z".to_owned())
        );
    }

    #[test]
    fn an_empty_window_and_a_text_that_is_no_time_are_usage_errors() {
        for (since, until) in [
            (Some("1h"), Some("2h")),
            (Some("now"), None),
            (Some("now"), Some("now")),
            (Some("soon"), None),
            (None, Some("")),
        ] {
            let failure = over_sources(since, until).expect_err("wrong");
            assert_eq!(failure.status, super::super::failure::Status::Usage, "{failure}");
        }
    }

    #[test]
    fn files_are_taken_from_their_oldest_entry_to_just_behind_their_newest() {
        let entries = Some((time("2026-05-18T00:00:00Z"), time("2026-05-19T00:00:00Z")));
        let around = |since, until| Bounds::read(since, until, now()).expect("bounds").around(entries);
        let window = around(None, None).expect("entries");
        assert_eq!(window.since, time("2026-05-18T00:00:00Z"));
        assert_eq!(window.until, time("2026-05-19T00:00:00.000001Z"));
        assert_eq!(around(Some("2026-05-18T12:00:00Z"), None).map(Interval::micros), Some(DAY / 2 + 1));
        // All of them are older, or newer, than what was said.
        assert_eq!(around(Some("2026-05-20"), None).map(Interval::micros), Some(1));
        assert_eq!(around(None, Some("2026-05-17")).map(Interval::micros), Some(1));
        assert_eq!(Bounds::default().around(None), None);
        assert_eq!(Bounds::default().over_files(), Interval::ALL);
    }
}
