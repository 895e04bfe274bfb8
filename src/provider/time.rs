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
}

impl TimeFormat {
    /// Its precision when written, in microseconds.
    pub fn step_micros(self) -> i64 {
        match self {
            Self::Rfc3339 { digits } => SECOND / 10_i64.pow(u32::from(digits.min(6))),
        }
    }

    /// Writes an instant, cut to the precision.
    pub fn write(self, time: Timestamp) -> String {
        match self {
            Self::Rfc3339 { digits } => time.rfc3339(usize::from(digits)),
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
        match self {
            Self::Rfc3339 { .. } => (value.kind() == Kind::String)
                .then(|| value.text())
                .flatten()
                .and_then(|text| Timestamp::parse(&text)),
        }
    }
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
    }
}
