//! An instant in UTC, in microseconds, and how it is read and written as text.
//!
//! Not here: the time formats of single systems (`provider::time`) and the display in other zones (`ui`).

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, Timelike};

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub const DAY: i64 = 86_400 * SECOND;

/// An instant: microseconds since 1970-01-01T00:00:00Z, years 0000 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0000-01-01T00:00:00Z, the first instant that RFC 3339 can write.
    pub const MIN: Self = Self(-62_167_219_200 * SECOND);
    /// 9999-12-31T23:59:59.999999Z, the last instant that RFC 3339 can write.
    pub const MAX: Self = Self(253_402_300_799 * SECOND + 999_999);

    /// The instant so many microseconds after the epoch, held within [`Self::MIN`] and [`Self::MAX`].
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// The same, but `None` outside the years 0000 to 9999.
    pub fn checked_from_micros(micros: i64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&micros).then_some(Self(micros))
    }

    /// Microseconds since the epoch.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// The instant `micros` microseconds later (earlier where negative), held within the range.
    pub fn plus(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// The wall clock's present instant.
    pub fn now() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }

    /// Reads an RFC 3339 date-time, with the leniencies of the contract's section 4: a space for the
    /// `T`, no zone (read as UTC), any number of fraction digits (cut after six), and `:60`, which
    /// is read as `:59.999999`. `None` where the text is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        parse_with(text, false)
    }

    /// As [`Self::parse`], and also takes an offset without a colon (`+0000`, ISO 8601's basic form).
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        parse_with(text, true)
    }

    /// Reads a T of the contract's section 1: RFC 3339, a date (midnight UTC), `now`, or an age
    /// (`90m`, `24h`, `7d`; units s, m, h, d, w) counted back from `now`.
    pub fn parse_moment(text: &str, now: Self) -> Result<Self, MomentError> {
        let wrong = || MomentError { text: text.to_owned() };
        if text == "now" {
            return Ok(now);
        }
        if let Some(date) = parse_date(text) {
            return Ok(date);
        }
        if let Some(age) = parse_age(text) {
            return Ok(now.plus(-age));
        }
        Self::parse(text).ok_or_else(wrong)
    }

    /// The instant as chrono knows it, for display in a zone.
    pub fn to_chrono(self) -> DateTime<chrono::Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// RFC 3339 with so many fraction digits (0 to 6, cut), and `Z`.
    pub fn rfc3339(self, digits: usize) -> String {
        let full = self.to_string();
        match digits {
            0 => format!("{}Z", &full[..19]),
            n => format!("{}Z", &full[..20 + n.min(6)]),
        }
    }
}

/// Writes RFC 3339 with six fraction digits and `Z`, as the contract's section 4 has it.
impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.to_chrono();
        write!(
            out,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            time.year(),
            time.month(),
            time.day(),
            time.hour(),
            time.minute(),
            time.second(),
            self.0.rem_euclid(SECOND)
        )
    }
}

/// A text that is no T of the contract's section 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no time: expected RFC 3339 (2026-05-18T14:00:00Z), a date (2026-05-18), `now`, or an age (90m, 24h, 7d)"
)]
pub struct MomentError {
    /// The text as it was given.
    pub text: String,
}

/// Reads `YYYY-MM-DD` as midnight UTC.
pub fn parse_date(text: &str) -> Option<Timestamp> {
    Some(Timestamp(days(text.as_bytes().try_into().ok()?)? * DAY))
}

/// Reads an age such as `90m` as microseconds; units s, m, h, d and w.
pub fn parse_age(text: &str) -> Option<i64> {
    let unit = match text.as_bytes().last()? {
        b's' => SECOND,
        b'm' => 60 * SECOND,
        b'h' => 3_600 * SECOND,
        b'd' => DAY,
        b'w' => 7 * DAY,
        _ => return None,
    };
    let number = &text[..text.len() - 1];
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<i64>().ok()?.checked_mul(unit)
}

fn parse_with(text: &str, basic_offset: bool) -> Option<Timestamp> {
    let (date, rest) = text.as_bytes().split_first_chunk::<10>()?;
    let (clock, mut rest) = rest.split_first_chunk::<9>()?;
    let [b'T' | b't' | b' ', h1, h2, b':', m1, m2, b':', s1, s2] = *clock else { return None };
    let day = days(*date)?;
    let (hour, minute, mut second) = (two(h1, h2)?, two(m1, m2)?, two(s1, s2)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut fraction = 0;
    if let [b'.', digits @ ..] = rest {
        let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return None;
        }
        let mut unit = SECOND / 10;
        for digit in &digits[..length.min(6)] {
            fraction += i64::from(digit - b'0') * unit;
            unit /= 10;
        }
        rest = &digits[length..];
    }
    if second == 60 {
        second = 59;
        fraction = 999_999;
    }
    let offset = match rest {
        [] | [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => offset(*sign, [*h1, *h2], [*m1, *m2])?,
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] if basic_offset => offset(*sign, [*h1, *h2], [*m1, *m2])?,
        _ => return None,
    };
    let seconds = hour * 3_600 + minute * 60 + second - offset;
    Timestamp::checked_from_micros(day * DAY + seconds * SECOND + fraction)
}

fn offset(sign: u8, hours: [u8; 2], minutes: [u8; 2]) -> Option<i64> {
    let (hours, minutes) = (two(hours[0], hours[1])?, two(minutes[0], minutes[1])?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3_600 + minutes * 60;
    Some(if sign == b'-' { -seconds } else { seconds })
}

/// The number of two digits.
fn two(tens: u8, ones: u8) -> Option<i64> {
    let both = tens.is_ascii_digit() && ones.is_ascii_digit();
    both.then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

/// Days since the epoch of a `YYYY-MM-DD`.
fn days(date: [u8; 10]) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else { return None };
    let (year, month, day) = (two(y1, y2)? * 100 + two(y3, y4)?, two(m1, m2)?, two(d1, d2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    // Years from March on, so that a leap day is a year's last: months of 30.6 days on average.
    let years = year - i64::from(month <= 2);
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let before = years * 365 + years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
    Some(before + in_year - 719_468)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn every_day_of_ten_thousand_years_is_chronos() {
        let mut date = NaiveDate::from_ymd_opt(0, 1, 1).expect("a date");
        while date.year() < 10_000 {
            let days = parse_date(&date.to_string()).map(|time| time.micros() / DAY);
            assert_eq!(days, Some(i64::from(date.num_days_from_ce()) - 719_163), "{date}");
            date = date.succ_opt().expect("chrono knows later ones");
        }
        for wrong in ["2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31", "2026-01-00"] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
        assert!(parse_date("2000-02-29").is_some());
    }

    #[test]
    fn reads_what_the_contract_calls_usable_and_nothing_else() {
        let read = |text| Timestamp::parse(text).map(|time| time.to_string());
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(read("2026-05-18T00:00:00.123Z"), is("2026-05-18T00:00:00.123000Z"));
        assert_eq!(read("2026-05-18 00:00:00"), is("2026-05-18T00:00:00.000000Z"));
        assert_eq!(read("2026-05-18T02:00:00.1234569+02:00"), is("2026-05-18T00:00:00.123456Z"));
        assert_eq!(read("1998-12-31T15:59:60.123-08:00"), is("1998-12-31T23:59:59.999999Z"));
        assert_eq!(read("0000-01-01T00:00:00Z"), is("0000-01-01T00:00:00.000000Z"));
        for wrong in [
            "",
            "now",
            "2026-05-18",
            "2026-05-18T24:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-05-18T00:00:00.Z",
            "2026-05-18T00:00:00+0000",
            "2026-05-18T00:00:00Z\n",
            "2026-05-18T00:00:00+24:00",
            "1779062400",
            "0000-01-01T00:00:00+01:00",
            "2026-05-1৪T00:00:00Z",
            "2026-05-18T00:00:00+01:00Z",
        ] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        assert!(Timestamp::parse_iso8601("2022-01-24T08:48:05.645+0000").is_some());
    }

    #[test]
    fn reads_every_moment_of_the_contract() {
        let now = Timestamp::parse("2026-05-21T10:00:00Z").expect("a time");
        let read = |text| Timestamp::parse_moment(text, now).map(|time| time.rfc3339(0));
        assert_eq!(read("now"), Ok("2026-05-21T10:00:00Z".to_owned()));
        assert_eq!(read("90m"), Ok("2026-05-21T08:30:00Z".to_owned()));
        assert_eq!(read("7d"), Ok("2026-05-14T10:00:00Z".to_owned()));
        assert_eq!(read("2026-05-18"), Ok("2026-05-18T00:00:00Z".to_owned()));
        assert_eq!(read("2026-05-18T01:00:00+01:00"), Ok("2026-05-18T00:00:00Z".to_owned()));
        assert!(read("yesterday").is_err());
        assert!(read("99999999999999999d").is_err());
    }

    #[test]
    fn cuts_the_fraction_to_the_digits_asked_for() {
        let time = Timestamp::parse("2026-05-18T00:00:00.987654Z").expect("a time");
        assert_eq!(time.rfc3339(0), "2026-05-18T00:00:00Z");
        assert_eq!(time.rfc3339(3), "2026-05-18T00:00:00.987Z");
        assert_eq!(time.rfc3339(6), time.to_string());
        assert_eq!(Timestamp::MIN.to_string(), "0000-01-01T00:00:00.000000Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999999Z");
    }
}
