//! The bounds of windows in words: no longer than they must be, and never so short that two bounds look
//! like one or an offset stands for times that have another.
//!
//! Not here: how long a window is in words (`zone`).

use crate::interval::{BUCKETS, Interval};
use crate::timestamp::{SECOND, Timestamp};

use super::Zone;

impl Zone {
    /// A bound of a window, no longer than it must be: `05-14`, `05-14 03:00`, `05-14 03:00:12`,
    /// with the year where `year` says so.
    pub fn bound(self, time: Timestamp, year: bool) -> String {
        joined(self.date_text(time, year), &self.clock_text(time, 0))
    }

    fn date_text(self, time: Timestamp, year: bool) -> String {
        let at = self.civil(time);
        let year = if year { format!("{:04}-", at.year) } else { String::new() };
        format!("{year}{:02}-{:02}", at.month, at.day)
    }

    /// The clock with so many digits of a second's fraction; nothing at midnight.
    pub(super) fn clock_text(self, time: Timestamp, digits: usize) -> String {
        let at = self.civil(time);
        let fraction = time.micros().rem_euclid(SECOND);
        if digits > 0 {
            let fraction = format!("{fraction:06}");
            format!("{:02}:{:02}:{:02}.{}", at.hour, at.minute, at.second, &fraction[..digits.min(6)])
        } else if at.second != 0 || fraction != 0 {
            format!("{:02}:{:02}:{:02}", at.hour, at.minute, at.second)
        } else if at.hour != 0 || at.minute != 0 {
            format!("{:02}:{:02}", at.hour, at.minute)
        } else {
            String::new()
        }
    }

    /// A window's bounds: `05-14→05-21Z`, `05-14 03:00→04:10Z`, and with fractions of a second where
    /// they would be hard to tell apart without. Where the clocks are set meanwhile each has its offset.
    pub fn window(self, window: Interval) -> String {
        self.stretch(window, window)
    }

    /// The bounds of a stretch of a window: where the window is of more than one year, with the year.
    pub fn stretch(self, stretch: Interval, of: Interval) -> String {
        let year = self.tells_years(of) || self.tells_years(stretch);
        let digits = digits(stretch);
        let [start, end] = [stretch.since, stretch.until].map(|time| self.clock_text(time, digits));
        let [first, last] = [stretch.since, stretch.until].map(|time| self.date_text(time, year));
        let end =
            if first == last && !start.is_empty() && !end.is_empty() { end } else { joined(last, &end) };
        format!("{}{}", self.from(stretch, &joined(first, &start)), self.to(stretch, &end))
    }

    /// The bounds of a stretch of a window where there is little room: their dates, of one day alone
    /// their clocks.
    pub fn brief(self, stretch: Interval, of: Interval) -> String {
        let year = self.tells_years(of) || self.tells_years(stretch);
        let [first, last] = [stretch.since, stretch.until].map(|time| self.date_text(time, year));
        if first != last {
            return format!("{}{}", self.from(stretch, &first), self.to(stretch, &last));
        }
        let digits = digits(stretch);
        let [start, end] = [stretch.since, stretch.until].map(|time| match self.clock_text(time, digits) {
            midnight if midnight.is_empty() => "00:00".to_owned(),
            clock => clock,
        });
        format!("{}{}", self.from(stretch, &start), self.to(stretch, &end))
    }

    /// The first bound, with its offset where the other's is another.
    fn from(self, window: Interval, bound: &str) -> String {
        let [start, end] = [window.since, window.until].map(|time| self.suffix(time));
        format!("{bound}{}→", if start == end { "" } else { &start })
    }

    fn to(self, window: Interval, bound: &str) -> String {
        format!("{bound}{}", self.suffix(window.until))
    }

    /// Whether dates of a window need the year.
    pub fn tells_years(self, window: Interval) -> bool {
        self.civil(window.since).year != self.civil(window.until).year
    }

    /// What the times of a window are in: `Z`, `+02:00`; where clocks are set meanwhile no offset is
    /// that of all of them, and the zone's place stands for it: `Berlin`.
    pub fn label(self, window: Interval) -> String {
        let offset = |bucket| self.civil(window.bucket_edge(bucket)).offset;
        match self {
            Self::Named(zone) if (1..=BUCKETS).any(|bucket| offset(bucket) != offset(0)) => {
                let name = zone.name();
                name.rsplit('/').next().unwrap_or(name).replace('_', " ")
            }
            _ => self.suffix(window.until),
        }
    }
}

/// A date with a clock, which is nothing at midnight.
fn joined(date: String, clock: &str) -> String {
    if clock.is_empty() { date } else { format!("{date} {clock}") }
}

/// How many digits of a second's fraction tell the bounds of a window apart; none where both are whole
/// seconds.
fn digits(window: Interval) -> usize {
    let width = window.micros();
    // A step of the last digit is no longer than the window.
    let digits = (0..6).find(|digits| width >= SECOND / 10_i64.pow(*digits)).unwrap_or(6) as usize;
    let whole = |time: Timestamp| time.micros().rem_euclid(SECOND) == 0;
    if whole(window.since) && whole(window.until) { 0 } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    fn window(since: &str, until: &str) -> Interval {
        Interval::new(at(since), at(until))
    }

    #[test]
    fn windows_are_no_longer_than_they_must_be() {
        let shown = |since, until| Zone::Utc.window(window(since, until));
        assert_eq!(shown("2026-05-14T00:00:00Z", "2026-05-21T00:00:00Z"), "05-14→05-21Z");
        assert_eq!(shown("2026-05-14T03:00:00Z", "2026-05-14T04:10:00Z"), "05-14 03:00→04:10Z");
        assert_eq!(shown("2026-05-14T03:00:00Z", "2026-05-15T04:10:07Z"), "05-14 03:00→05-15 04:10:07Z");
        assert_eq!(shown("2025-12-31T00:00:00Z", "2026-01-02T00:00:00Z"), "2025-12-31→2026-01-02Z");
        let berlin = Zone::Named(chrono_tz::Europe::Berlin);
        assert_eq!(
            berlin.window(window("2026-05-13T22:00:00Z", "2026-05-20T22:00:00Z")),
            "05-14→05-21+02:00"
        );
        assert_eq!(berlin.full(at("2026-05-20T12:00:00.5Z")), "2026-05-20 14:00:00.500000 +02:00");
    }

    #[test]
    fn where_clocks_are_set_each_bound_has_its_offset_and_no_offset_stands_for_all() {
        let berlin = Zone::Named(chrono_tz::Europe::Berlin);
        let spring = window("2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z");
        assert_eq!(berlin.window(spring), "03-28+01:00→03-31+02:00");
        assert_eq!(berlin.label(spring), "Berlin");
        assert_eq!(Zone::Utc.label(spring), "Z");
        // Both ends are in summer, the winter between them is not.
        let year = window("2025-07-01T00:00:00Z", "2026-07-01T00:00:00Z");
        assert_eq!(berlin.window(year), "2025-07-01 02:00→2026-07-01 02:00+02:00");
        assert_eq!(berlin.label(year), "Berlin");
        assert_eq!(berlin.label(window("2026-05-14T00:00:00Z", "2026-05-21T00:00:00Z")), "+02:00");
        let far = Zone::Named(chrono_tz::America::Argentina::Buenos_Aires);
        assert_eq!(far.label(window("2005-01-01T00:00:00Z", "2010-01-01T00:00:00Z")), "Buenos Aires");
    }

    #[test]
    fn bounds_are_told_apart_however_short_the_window() {
        let shown = |since, until| Zone::Utc.window(window(since, until));
        let [first, second] = ["2026-05-14T03:00:12.034722Z", "2026-05-14T03:00:12.069444Z"];
        assert_eq!(shown(first, second), "05-14 03:00:12.03→03:00:12.06Z");
        assert_eq!(
            shown("2026-05-14T03:00:12.034722Z", "2026-05-14T03:00:12.034723Z"),
            "05-14 03:00:12.034722→03:00:12.034723Z"
        );
        assert_eq!(shown("2026-05-14T03:00:12Z", "2026-05-14T03:00:13Z"), "05-14 03:00:12→03:00:13Z");
        assert_eq!(shown("2026-05-14T03:00:12Z", "2026-05-14T03:00:12.5Z"), "05-14 03:00:12.0→03:00:12.5Z");
        assert_eq!(shown("2026-05-14T03:00:12.9Z", "2026-05-14T04:00:12.9Z"), "05-14 03:00:12→04:00:12Z");
        for width in [1, 7, 64, 950, 7_001, 65_536, 999_999, 2_500_000, 20_000_000] {
            let since = at("2026-05-14T23:59:59.987654Z");
            let text = Zone::Utc.window(Interval::new(since, since.plus(width)));
            let (start, end) = text.split_once('→').expect("two bounds");
            assert!(!start.ends_with(end.trim_end_matches('Z')), "{text}");
        }
    }

    #[test]
    fn a_stretch_of_a_window_over_years_has_its_year() {
        let years = window("2019-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
        let inside = window("2023-05-14T00:00:00Z", "2023-06-01T00:00:00Z");
        assert_eq!(Zone::Utc.stretch(inside, years), "2023-05-14→2023-06-01Z");
        assert_eq!(Zone::Utc.stretch(inside, inside), "05-14→06-01Z");
        let day = window("2023-05-14T03:00:00Z", "2023-05-14T04:00:00Z");
        assert_eq!(Zone::Utc.stretch(day, years), "2023-05-14 03:00→04:00Z");
    }

    #[test]
    fn brief_bounds_are_dates_or_clocks() {
        let brief = |window: Interval| Zone::Utc.brief(window, window);
        assert_eq!(brief(window("2026-05-14T10:00:00Z", "2026-05-21T10:00:00Z")), "05-14→05-21Z");
        assert_eq!(brief(window("2026-05-14T00:00:00Z", "2026-05-14T10:00:00Z")), "00:00→10:00Z");
    }
}
