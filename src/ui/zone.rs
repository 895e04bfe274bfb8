//! How times are shown: in UTC, in a zone, as ages, or as gaps between rows; always short.
//!
//! Display only: filters, exports and questions are in UTC whatever is chosen here. Not here: which
//! zone the machine is in (it is handed in), the bounds of windows (`zone/bounds`), and the
//! ticks of an axis (`zone/ticks`).

use chrono::{Datelike, Offset, TimeZone, Timelike};

use crate::timestamp::{DAY, SECOND, Timestamp};

mod bounds;
mod ticks;

/// Microseconds in a minute.
const MINUTE: i64 = 60 * SECOND;
/// Microseconds in an hour.
const HOUR: i64 = 60 * MINUTE;

/// The zone of the shown times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// UTC.
    Utc,
    /// A zone of the time zone database.
    Named(chrono_tz::Tz),
}

/// The parts of a civil time.
#[derive(Debug, Clone, Copy)]
struct Civil {
    year: i32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    offset: i32,
}

impl Zone {
    /// The zone of the database; `None`: UTC.
    pub fn tz(self) -> Option<chrono_tz::Tz> {
        match self {
            Self::Utc => None,
            Self::Named(zone) => Some(zone),
        }
    }

    fn civil(self, time: Timestamp) -> Civil {
        fn of<Tz: TimeZone>(time: &chrono::DateTime<Tz>) -> Civil {
            Civil {
                year: time.year(),
                month: time.month(),
                day: time.day(),
                hour: time.hour(),
                minute: time.minute(),
                second: time.second(),
                offset: time.offset().fix().local_minus_utc(),
            }
        }
        match self {
            Self::Utc => of(&time.to_chrono()),
            Self::Named(zone) => of(&time.to_chrono().with_timezone(&zone)),
        }
    }

    /// The civil date of an instant: year, month, day.
    pub fn date(self, time: Timestamp) -> (i32, u32, u32) {
        let at = self.civil(time);
        (at.year, at.month, at.day)
    }

    /// The instant so many microseconds after a civil date's midnight by the clock; of two (when
    /// clocks are set back) the first. `None` where there is no such date or clock.
    pub fn instant(self, year: i32, month: u32, day: u32, in_day: i64) -> Option<Timestamp> {
        let midnight = chrono::NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(0, 0, 0)?;
        let civil = midnight.checked_add_signed(chrono::Duration::microseconds(in_day))?;
        let micros = match self {
            Self::Utc => civil.and_utc().timestamp_micros(),
            Self::Named(zone) => zone.from_local_datetime(&civil).earliest()?.timestamp_micros(),
        };
        Timestamp::checked_from_micros(micros)
    }

    /// `Z`, or the offset at that instant: `+02:00`.
    pub fn suffix(self, at: Timestamp) -> String {
        if self == Self::Utc {
            return "Z".to_owned();
        }
        let minutes = self.civil(at).offset / 60;
        format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
    }

    /// `05-20 14:32:01`
    pub fn stamp(self, time: Timestamp) -> String {
        let at = self.civil(time);
        format!("{:02}-{:02} {:02}:{:02}:{:02}", at.month, at.day, at.hour, at.minute, at.second)
    }

    /// `2026-05-20 14:32`, for windows so long that the year tells something.
    pub fn year_stamp(self, time: Timestamp) -> String {
        let at = self.civil(time);
        format!("{:04}-{:02}-{:02} {:02}:{:02}", at.year, at.month, at.day, at.hour, at.minute)
    }

    /// `2026-05-20 14:32:01`
    pub fn year_stamp_seconds(self, time: Timestamp) -> String {
        format!("{}:{:02}", self.year_stamp(time), self.civil(time).second)
    }

    /// `14:32:01.123456`, for windows so short that the date tells nothing.
    pub fn fine_stamp(self, time: Timestamp) -> String {
        self.clock_text(time, 6)
    }

    /// `2026-05-20 14:32:01.123456 Z`: the whole instant.
    pub fn full(self, time: Timestamp) -> String {
        let at = self.civil(time);
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06} {}",
            at.year,
            at.month,
            at.day,
            at.hour,
            at.minute,
            at.second,
            time.micros().rem_euclid(SECOND),
            self.suffix(time)
        )
    }
}

/// The zones besides UTC in which times can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Zones {
    /// The zone of `--tz`.
    pub chosen: Option<chrono_tz::Tz>,
    /// The machine's own.
    pub local: Local,
}

/// The machine's own zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Local {
    /// It is known by a name.
    Known(chrono_tz::Tz),
    /// It is not known here.
    Unknown,
}

impl Default for Local {
    fn default() -> Self {
        Self::Known(chrono_tz::UTC)
    }
}

impl Local {
    /// The zone, where it is known.
    fn zone(self) -> Option<chrono_tz::Tz> {
        match self {
            Self::Known(zone) => Some(zone),
            Self::Unknown => None,
        }
    }
}

/// What the table's time column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// UTC.
    #[default]
    Utc,
    /// The zone of `--tz`.
    Zone,
    /// The machine's zone.
    Local,
    /// How long ago.
    Relative,
    /// How long after the next older row.
    Gap,
}

impl Zones {
    /// How times are shown at first.
    pub fn first(self) -> Style {
        if self.chosen.is_some() { Style::Zone } else { Style::Utc }
    }

    /// How times are shown after this: UTC, the zone of `--tz`, the machine's where that is another,
    /// as ages, as gaps, and UTC again.
    pub fn next(self, style: Style) -> Style {
        let all = [Style::Utc, Style::Zone, Style::Local, Style::Relative, Style::Gap];
        let says_something = |style: &Style| match style {
            Style::Zone => self.chosen.is_some(),
            Style::Local => self.local.zone().is_some_and(|zone| Some(zone) != self.chosen && !is_utc(zone)),
            Style::Utc | Style::Relative | Style::Gap => true,
        };
        let after = all.into_iter().skip_while(|other| *other != style).skip(1);
        after.chain(all).find(says_something).unwrap_or_default()
    }

    /// The zone of times shown so; ages and gaps stand beside UTC.
    pub fn of(self, style: Style) -> Zone {
        let named = match style {
            Style::Zone => self.chosen,
            Style::Local => self.local.zone(),
            Style::Utc | Style::Relative | Style::Gap => None,
        };
        named.map_or(Zone::Utc, Zone::Named)
    }

    /// How times are shown, in words.
    pub fn words(self, style: Style) -> String {
        let name = |zone: Option<chrono_tz::Tz>| zone.map_or("UTC", |zone| zone.name());
        match style {
            Style::Utc => "times in UTC".to_owned(),
            Style::Zone => format!("times in {}", name(self.chosen)),
            Style::Local => format!("times in {}, this machine's zone", name(self.local.zone())),
            // It would have stood before this.
            Style::Relative if self.local == Local::Unknown => {
                "times as ages; this machine's zone is not known: --tz NAME".to_owned()
            }
            Style::Relative => "times as ages".to_owned(),
            Style::Gap => "times as the gap to the next row".to_owned(),
        }
    }
}

/// Whether a zone's clock is UTC's, by whatever name, in winter and in summer.
fn is_utc(zone: chrono_tz::Tz) -> bool {
    [(2026, 1, 1), (2026, 7, 1)].into_iter().all(|(year, month, day)| {
        Zone::Named(zone).instant(year, month, day, 0) == Zone::Utc.instant(year, month, day, 0)
    })
}

/// In how many microseconds an age is written otherwise than now: never sooner than in a minute, the
/// shortest time after which the screen changes by itself for an age.
pub fn ages_in(age: i64) -> i64 {
    let age = age.max(0);
    let step = match age {
        age if age < DAY => MINUTE,
        age if age < 10 * DAY => HOUR,
        _ => DAY,
    };
    (step - age % step).max(MINUTE)
}

/// A length of time in at most six cells, in its two largest units: `300ms`, `2.3s`, `42s`, `3m12s`,
/// `5h07m`, `5h`, `2d10h`, from ten days on `12d`.
pub fn length(micros: i64) -> String {
    let micros = micros.max(0);
    let two = |unit: i64, name: char, part: i64, part_name: char| match micros % unit / part {
        0 => format!("{}{name}", micros / unit),
        parts => format!("{}{name}{parts:02}{part_name}", micros / unit),
    };
    match micros {
        0..1_000 => format!("{micros}us"),
        1_000..SECOND => format!("{}ms", micros / 1_000),
        SECOND..TEN_SECONDS => match micros % SECOND / 100_000 {
            0 => format!("{}s", micros / SECOND),
            tenths => format!("{}.{tenths}s", micros / SECOND),
        },
        TEN_SECONDS..MINUTE => format!("{}s", micros / SECOND),
        MINUTE..HOUR => two(MINUTE, 'm', SECOND, 's'),
        HOUR..DAY => two(HOUR, 'h', MINUTE, 'm'),
        DAY..TEN_DAYS => two(DAY, 'd', HOUR, 'h'),
        _ => format!("{}d", micros / DAY),
    }
}

/// From here on a length has no tenths of a second.
const TEN_SECONDS: i64 = 10 * SECOND;
/// From here on a length has no hours.
const TEN_DAYS: i64 = 10 * DAY;

/// The name of a window's length where [`length`] says all of it: `7d`, `15m`, `4h40m`; a day is `24h`,
/// as where it is chosen.
pub fn round_length(micros: i64) -> Option<String> {
    if micros == DAY {
        return Some("24h".to_owned());
    }
    let unit = match micros {
        ..SECOND => return None,
        SECOND..HOUR => SECOND,
        HOUR..DAY => MINUTE,
        DAY..TEN_DAYS => HOUR,
        TEN_DAYS.. => DAY,
    };
    (micros % unit == 0).then(|| length(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_show_times_comes_once_and_only_where_it_says_something() {
        let cycle = |zones: Zones| {
            let mut style = zones.first();
            let mut seen = vec![style];
            loop {
                style = zones.next(style);
                if seen.contains(&style) {
                    return seen;
                }
                seen.push(style);
            }
        };
        let [berlin, tokyo] = [chrono_tz::Europe::Berlin, chrono_tz::Asia::Tokyo];
        let zones =
            |chosen, local: Option<_>| Zones { chosen, local: local.map_or(Local::Unknown, Local::Known) };
        assert!(zones(None, None).words(Style::Relative).contains("--tz NAME"));
        assert_eq!(zones(None, Some(berlin)).words(Style::Relative), "times as ages");
        let plain = vec![Style::Utc, Style::Relative, Style::Gap];
        assert_eq!(cycle(Zones::default()), plain);
        for utc in [chrono_tz::UTC, chrono_tz::Etc::UTC, chrono_tz::Etc::UCT] {
            assert_eq!(cycle(zones(None, Some(utc))), plain);
        }
        assert!(!is_utc(chrono_tz::Europe::London));
        assert_eq!(cycle(zones(None, Some(tokyo))), [Style::Utc, Style::Local, Style::Relative, Style::Gap]);
        assert_eq!(
            cycle(zones(Some(berlin), Some(tokyo))),
            [Style::Zone, Style::Local, Style::Relative, Style::Gap, Style::Utc]
        );
        assert_eq!(
            cycle(zones(Some(berlin), Some(berlin))),
            [Style::Zone, Style::Relative, Style::Gap, Style::Utc]
        );
        assert_eq!(zones(Some(berlin), Some(tokyo)).of(Style::Local), Zone::Named(tokyo));
    }

    #[test]
    fn an_age_is_written_the_same_until_it_is_due() {
        for age in [0, 40 * SECOND, 59 * MINUTE, HOUR, 5 * HOUR + 12 * SECOND, 30 * HOUR, 9 * DAY, 40 * DAY] {
            let due = ages_in(age);
            assert!((MINUTE..=DAY).contains(&due), "{age}");
            if age >= HOUR && due > MINUTE {
                assert_eq!(length(age), length(age + due - 1), "{age}");
                assert_ne!(length(age), length(age + due), "{age}");
            }
        }
    }

    #[test]
    fn lengths_are_short() {
        let shown = [
            0,
            1_500,
            300_000,
            2_345_678,
            2 * SECOND,
            42 * SECOND,
            192 * SECOND,
            15 * MINUTE,
            5 * HOUR + 7 * MINUTE,
            5 * HOUR,
            3 * DAY + 2 * HOUR,
            400 * DAY,
        ]
        .map(length);
        assert_eq!(
            shown,
            ["0us", "1ms", "300ms", "2.3s", "2s", "42s", "3m12s", "15m", "5h07m", "5h", "3d02h", "400d"]
        );
        assert_eq!(round_length(7 * DAY).as_deref(), Some("7d"));
        assert_eq!(round_length(DAY).as_deref(), Some("24h"));
        for (micros, expected) in [
            (15 * MINUTE, Some("15m")),
            (90 * MINUTE, Some("1h30m")),
            (280 * MINUTE, Some("4h40m")),
            (58 * HOUR, Some("2d10h")),
            (90 * DAY, Some("90d")),
            (90 * MINUTE + 1, None),
            (90 * MINUTE + SECOND, None),
            (58 * HOUR + MINUTE, None),
            (90 * DAY + HOUR, None),
            (0, None),
        ] {
            assert_eq!(round_length(micros).as_deref(), expected, "{micros}");
        }
    }
}
