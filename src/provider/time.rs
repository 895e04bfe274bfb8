//! The time formats that systems write and read.

use crate::json::{Kind, Node};
use crate::timestamp::{SECOND, Timestamp};

/// A way of writing an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeFormat {
    /// RFC 3339 with so many fraction digits (0 to 6), in UTC with `Z`. Reading takes any number of
    /// digits, any zone or none (UTC), and a space for the `T`.
    Rfc3339 {
        /// Fraction digits when written.
        digits: u8,
    },
    /// As RFC 3339, and reading also takes an offset without a colon (`+0000`).
    Iso8601 {
        /// Fraction digits when written.
        digits: u8,
    },
    /// A count of units since 1970-01-01T00:00:00Z. Reading takes a number, whole or with a
    /// fraction, or its text.
    Epoch {
        /// The unit, in microseconds: 1, 1,000 or 1,000,000.
        unit_micros: i64,
    },
}

/// RFC 3339 to the microsecond.
impl Default for TimeFormat {
    fn default() -> Self {
        Self::Rfc3339 { digits: 6 }
    }
}

impl TimeFormat {
    /// Its precision when written, in microseconds.
    pub fn step_micros(self) -> i64 {
        match self {
            Self::Rfc3339 { digits } | Self::Iso8601 { digits } => {
                SECOND / 10_i64.pow(u32::from(digits.min(6)))
            }
            Self::Epoch { unit_micros } => unit_micros.max(1),
        }
    }

    /// Writes an instant, cut to the precision.
    pub fn write(self, time: Timestamp) -> String {
        match self {
            Self::Rfc3339 { digits } | Self::Iso8601 { digits } => time.rfc3339(usize::from(digits)),
            Self::Epoch { .. } => time.micros().div_euclid(self.step_micros()).to_string(),
        }
    }

    /// Writes the greatest instant of the precision that is not after `time`.
    pub fn write_floor(self, time: Timestamp) -> String {
        let step = self.step_micros();
        self.write(time.plus(-time.micros().rem_euclid(step)))
    }

    /// Writes the least instant of the precision that is not before `time`.
    pub fn write_ceiling(self, time: Timestamp) -> String {
        let step = self.step_micros();
        self.write(time.plus((-time.micros()).rem_euclid(step)))
    }

    /// Reads a record's value; `None` where it is no usable time in this format.
    pub fn read(self, value: Node<'_>) -> Option<Timestamp> {
        match (self, value.kind()) {
            (Self::Epoch { .. }, Kind::Number) => epoch(value.raw(), self.step_micros()),
            (_, Kind::String) => self.read_text(&value.text()?),
            _ => None,
        }
    }

    /// Reads the text of a record's string.
    pub fn read_text(self, text: &str) -> Option<Timestamp> {
        match self {
            Self::Rfc3339 { .. } => Timestamp::parse(text),
            Self::Iso8601 { .. } => Timestamp::parse_iso8601(text),
            Self::Epoch { .. } => epoch(text, self.step_micros()),
        }
    }
}

/// The instant of a decimal count of units, cut to the microsecond; never by way of a float, which
/// would be a microsecond off.
fn epoch(count: &str, unit_micros: i64) -> Option<Timestamp> {
    let (negative, digits) = count.strip_prefix('-').map_or((false, count), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let mut micros = whole.parse::<i64>().ok()?.checked_mul(unit_micros)?;
    let mut place = unit_micros / 10;
    for digit in fraction.bytes() {
        micros = micros.checked_add(place * i64::from(digit - b'0'))?;
        place /= 10;
    }
    Timestamp::checked_from_micros(if negative { -micros } else { micros })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_rounded_outwards_to_what_the_server_reads() {
        let time = Timestamp::parse("2026-05-18T00:00:00.0015Z").expect("a time");
        let format = TimeFormat::Rfc3339 { digits: 3 };
        assert_eq!(format.write_floor(time), "2026-05-18T00:00:00.001Z");
        assert_eq!(format.write_ceiling(time), "2026-05-18T00:00:00.002Z");
        let whole = TimeFormat::Rfc3339 { digits: 0 };
        assert_eq!(whole.write_ceiling(time), "2026-05-18T00:00:01Z");
        assert_eq!(whole.write_floor(time), "2026-05-18T00:00:00Z");
        let seconds = TimeFormat::Epoch { unit_micros: SECOND };
        assert_eq!(seconds.write_floor(time), "1779062400");
        assert_eq!(seconds.write_ceiling(time), "1779062401");
        assert_eq!(seconds.write_floor(Timestamp::from_micros(-1)), "-1");
    }

    #[test]
    fn numbers_are_times_only_where_the_format_says_so() {
        let read = |format: TimeFormat, json: &str| {
            format.read(Node::parse(json).expect("JSON")).map(|time| time.to_string())
        };
        let is = |text: &str| Some(text.to_owned());
        let seconds = TimeFormat::Epoch { unit_micros: SECOND };
        let millis = TimeFormat::Epoch { unit_micros: 1_000 };
        assert_eq!(read(TimeFormat::default(), "1779062400"), None);
        assert_eq!(read(TimeFormat::default(), "null"), None);
        assert_eq!(read(seconds, "1779062400.1234569"), is("2026-05-18T00:00:00.123456Z"));
        assert_eq!(read(seconds, "\"1779062400\""), is("2026-05-18T00:00:00.000000Z"));
        assert_eq!(read(millis, "1779062400123"), is("2026-05-18T00:00:00.123000Z"));
        assert_eq!(read(seconds, "-1"), is("1969-12-31T23:59:59.000000Z"));
        for wrong in ["1e9", "\"\"", "\"12:30\"", "\"-\"", "9223372036854775807", "true", "[1]"] {
            assert_eq!(read(seconds, wrong), None, "{wrong}");
        }
        let iso = TimeFormat::Iso8601 { digits: 3 };
        assert_eq!(read(iso, "\"2026-05-18T02:00:00.5+0200\""), is("2026-05-18T00:00:00.500000Z"));
        assert_eq!(read(TimeFormat::default(), "\"2026-05-18T02:00:00.5+0200\""), None);
    }
}
