//! Where the ticks of an axis stand, and what they say: on whole steps of the zone's own clock and
//! calendar, whenever its clocks are set.
//!
//! Not here: which of them there is room for (`pane::histogram`).

use chrono::{Datelike, NaiveDate};

use crate::interval::Interval;
use crate::timestamp::{DAY, SECOND, Timestamp};

use super::{HOUR, MINUTE, Zone};

/// Microseconds in a millisecond.
const MILLISECOND: i64 = SECOND / 1_000;

/// How far ticks stand from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// So many microseconds by the clock, less than a day.
    Clock(i64),
    /// So many days.
    Days(i32),
    /// So many months; years are twelve.
    Months(i32),
}

/// All steps below years, the shortest first.
const STEPS: [Step; 26] = [
    Step::Clock(MILLISECOND),
    Step::Clock(5 * MILLISECOND),
    Step::Clock(10 * MILLISECOND),
    Step::Clock(50 * MILLISECOND),
    Step::Clock(100 * MILLISECOND),
    Step::Clock(500 * MILLISECOND),
    Step::Clock(SECOND),
    Step::Clock(5 * SECOND),
    Step::Clock(15 * SECOND),
    Step::Clock(MINUTE),
    Step::Clock(5 * MINUTE),
    Step::Clock(10 * MINUTE),
    Step::Clock(30 * MINUTE),
    Step::Clock(HOUR),
    Step::Clock(3 * HOUR),
    Step::Clock(6 * HOUR),
    Step::Clock(12 * HOUR),
    Step::Days(1),
    Step::Days(2),
    Step::Days(7),
    Step::Days(14),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Months(12),
];

impl Step {
    /// The shortest step that leaves a window with about so many ticks.
    fn of(window: Interval, most: usize) -> Self {
        let years = (0..).map(|power| 10_i32.pow(power)).flat_map(|ten| [2 * ten, 5 * ten, 10 * ten]);
        // A window is of ten thousand years at most.
        let years = years.take_while(|years| *years <= 20_000).map(|years| Self::Months(12 * years));
        let fits = |step: &Self| window.micros() / step.micros() <= most.max(1) as i64;
        STEPS.into_iter().chain(years).find(fits).unwrap_or(Self::Months(12 * 20_000))
    }

    /// How long it is, about.
    fn micros(self) -> i64 {
        match self {
            Self::Clock(micros) => micros,
            Self::Days(days) => i64::from(days) * DAY,
            Self::Months(months) if months < 12 => i64::from(months) * 30 * DAY,
            Self::Months(months) => i64::from(months / 12) * 365 * DAY,
        }
    }
}

impl Zone {
    /// The ticks of an axis over the window with room for about `most` labels: the instants and
    /// their labels, ascending. Each label is at most five cells wide, a year four.
    pub fn ticks(self, window: Interval, most: usize) -> Vec<(Timestamp, String)> {
        let step = Step::of(window, most);
        let times = match step {
            Step::Clock(micros) => self.by_clock(window, micros),
            Step::Days(days) => self.by_days(window, days),
            Step::Months(months) => self.by_months(window, months),
        };
        times.into_iter().map(|time| (time, self.tick(time, step))).collect()
    }

    /// Where the clock shows a whole step. What it shows twice has two of them, and what it leaves out
    /// none.
    fn by_clock(self, window: Interval, step: i64) -> Vec<Timestamp> {
        // How long ago the clock showed the last whole step, unless it was set since.
        let past = |at: i64| {
            let offset = self.civil(Timestamp::from_micros(at)).offset;
            (at + i64::from(offset) * SECOND).rem_euclid(step)
        };
        let mut times = Vec::new();
        let mut last = window.since.micros() - 1;
        let mut at = window.since.micros();
        at += (step - past(at)) % step;
        while at < window.until.micros() {
            if past(at) != 0 {
                // The clock was set meanwhile.
                let near = [at - past(at), at - past(at) + step];
                at = near.into_iter().find(|near| *near > last && past(*near) == 0).unwrap_or(near[1]);
            }
            let time = Timestamp::from_micros(at);
            if past(at) == 0 && window.contains(time) {
                times.push(time);
            }
            last = at;
            at += step;
        }
        times
    }

    fn by_days(self, window: Interval, step: i32) -> Vec<Timestamp> {
        let days = |time: Timestamp| {
            let (year, month, day) = self.date(time);
            // From the epoch on.
            NaiveDate::from_ymd_opt(year, month, day).map_or(0, |date| date.num_days_from_ce() - 719_163)
        };
        let (first, last) = (days(window.since).div_euclid(step), days(window.until).div_euclid(step));
        let dates = (first..=last).filter_map(|count| NaiveDate::from_epoch_days(count * step));
        let times = dates.filter_map(|date| self.begun(date.year(), date.month(), date.day()));
        times.filter(|time| window.contains(*time)).collect()
    }

    fn by_months(self, window: Interval, step: i32) -> Vec<Timestamp> {
        let months = |time: Timestamp| {
            let (year, month, _) = self.date(time);
            year * 12 + month as i32 - 1
        };
        let (first, last) = (months(window.since).div_euclid(step), months(window.until).div_euclid(step));
        let firsts = (first..=last).map(|count| count * step);
        let times =
            firsts.filter_map(|month| self.begun(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1));
        times.filter(|time| window.contains(*time)).collect()
    }

    /// When a day begins: not always at midnight, where clocks are set forward then.
    fn begun(self, year: i32, month: u32, day: u32) -> Option<Timestamp> {
        [0, HOUR / 2, HOUR].into_iter().find_map(|in_day| self.instant(year, month, day, in_day))
    }

    fn tick(self, time: Timestamp, step: Step) -> String {
        let at = self.civil(time);
        let fraction = time.micros().rem_euclid(SECOND);
        let is_midnight = (at.hour, at.minute, at.second, fraction) == (0, 0, 0, 0);
        match step {
            Step::Months(months) if months >= 12 || at.month == 1 => format!("{:04}", at.year),
            Step::Months(_) | Step::Days(_) => format!("{:02}-{:02}", at.month, at.day),
            Step::Clock(_) if is_midnight => format!("{:02}-{:02}", at.month, at.day),
            Step::Clock(MINUTE..) => format!("{:02}:{:02}", at.hour, at.minute),
            Step::Clock(_) if fraction == 0 => format!("{:02}:{:02}", at.minute, at.second),
            Step::Clock(_) => format!(".{:03}", fraction / MILLISECOND),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(since: &str, until: &str) -> Interval {
        let at = |text| Timestamp::parse(text).expect("a time");
        Interval::new(at(since), at(until))
    }

    fn labels(zone: Zone, since: &str, until: &str, most: usize) -> Vec<String> {
        zone.ticks(window(since, until), most).into_iter().map(|(_, label)| label).collect()
    }

    const BERLIN: Zone = Zone::Named(chrono_tz::Europe::Berlin);

    #[test]
    fn ticks_stand_on_round_times_and_never_too_many() {
        let week = labels(Zone::Utc, "2026-05-14T10:00:00Z", "2026-05-21T10:00:00Z", 9);
        assert_eq!(week, ["05-15", "05-16", "05-17", "05-18", "05-19", "05-20", "05-21"]);
        let hours = labels(Zone::Utc, "2026-05-14T22:10:00Z", "2026-05-15T02:10:00Z", 6);
        assert_eq!(hours, ["23:00", "05-15", "01:00", "02:00"]);
        let short = labels(Zone::Utc, "2026-05-14T22:10:59.7Z", "2026-05-14T22:11:00.3Z", 6);
        assert_eq!(short, [".700", ".800", ".900", "11:00", ".100", ".200"]);
        for width in [1, 999, 300_000, 60 * SECOND, HOUR, DAY, 90 * DAY, 4_000 * DAY, 900_000 * DAY] {
            for most in [1, 3, 9, 20] {
                for zone in [Zone::Utc, BERLIN, Zone::Named(chrono_tz::Africa::Cairo)] {
                    let since = Timestamp::from_micros(1_000_000_000 * SECOND);
                    let ticks = zone.ticks(Interval::new(since, since.plus(width)), most);
                    assert!(ticks.len() <= most + 1, "{width} {most} {zone:?}: {ticks:?}");
                    assert!(ticks.is_sorted_by_key(|(time, _)| *time) || ticks.len() < 2);
                    assert!(ticks.iter().all(|(_, label)| label.len() <= 5), "{ticks:?}");
                }
            }
        }
        assert_eq!(Zone::Utc.ticks(Interval::ALL, 9).len(), 5);
    }

    #[test]
    fn years_and_months_begin_where_the_calendar_has_it() {
        let starts = |since, until, most| -> Vec<(String, String)> {
            let ticks = Zone::Utc.ticks(window(since, until), most);
            ticks.into_iter().map(|(time, label)| (time.to_string()[..10].to_owned(), label)).collect()
        };
        let expected = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(date, label)| ((*date).to_owned(), (*label).to_owned())).collect()
        };
        assert_eq!(
            starts("2019-03-01T00:00:00Z", "2026-06-01T00:00:00Z", 9),
            expected(&[
                ("2020-01-01", "2020"),
                ("2021-01-01", "2021"),
                ("2022-01-01", "2022"),
                ("2023-01-01", "2023"),
                ("2024-01-01", "2024"),
                ("2025-01-01", "2025"),
                ("2026-01-01", "2026"),
            ])
        );
        assert_eq!(
            starts("2025-11-20T00:00:00Z", "2026-05-21T00:00:00Z", 7),
            expected(&[
                ("2025-12-01", "12-01"),
                ("2026-01-01", "2026"),
                ("2026-02-01", "02-01"),
                ("2026-03-01", "03-01"),
                ("2026-04-01", "04-01"),
                ("2026-05-01", "05-01"),
            ])
        );
        let midnight = BERLIN.ticks(window("2019-03-01T00:00:00Z", "2026-06-01T00:00:00Z"), 9);
        assert!(midnight.iter().all(|(time, _)| BERLIN.stamp(*time) == "01-01 00:00:00"), "{midnight:?}");
    }

    #[test]
    fn ticks_go_by_the_clock_also_after_it_was_set() {
        let spring = ("2026-03-27T00:00:00Z", "2026-03-31T00:00:00Z");
        let autumn = ("2026-10-23T00:00:00Z", "2026-10-27T00:00:00Z");
        for (since, until) in [spring, autumn] {
            for most in [4, 8, 16, 32, 64, 100] {
                for (time, label) in BERLIN.ticks(window(since, until), most) {
                    let stamp = BERLIN.stamp(time);
                    assert!(stamp.ends_with(":00:00"), "{stamp}");
                    assert_eq!(label.contains('-'), stamp.ends_with(" 00:00:00"), "{label} at {stamp}");
                }
            }
        }
        let hours = |since, until| labels(BERLIN, since, until, 8);
        assert_eq!(
            hours("2026-03-28T22:30:00Z", "2026-03-29T04:30:00Z"),
            ["03-29", "01:00", "03:00", "04:00", "05:00", "06:00"],
            "two is left out"
        );
        assert_eq!(
            hours("2026-10-24T22:30:00Z", "2026-10-25T03:30:00Z"),
            ["01:00", "02:00", "02:00", "03:00", "04:00"],
            "two comes twice"
        );
        let thirds = labels(BERLIN, "2026-10-24T21:30:00Z", "2026-10-25T12:30:00Z", 6);
        assert_eq!(thirds, ["10-25", "03:00", "06:00", "09:00", "12:00"]);
        let cairo = Zone::Named(chrono_tz::Africa::Cairo);
        assert_eq!(
            labels(cairo, "2026-04-22T00:00:00Z", "2026-04-26T00:00:00Z", 9).len(),
            7,
            "of a day that begins at one the clock shows no midnight"
        );
        let days = labels(cairo, "2026-04-22T00:00:00Z", "2026-04-26T00:00:00Z", 4);
        assert_eq!(days, ["04-23", "04-24", "04-25", "04-26"], "but the day begins");
    }
}
