//! The zone in which headless commands show times to people (`--tz`, else the config's `[ui] tz`,
//! else UTC). Data stay in UTC whatever is chosen.

use chrono::{DateTime, Local, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::failure::Failure;
use crate::handover::plot;
use crate::text::{nearest, visible};
use crate::timestamp::Timestamp;

/// A zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zone {
    /// UTC.
    #[default]
    Utc,
    /// The machine's own.
    Local,
    /// One of the time zone database.
    Named(Tz),
}

impl Zone {
    /// Reads `UTC`, `local`, or a name of the time zone database.
    pub fn read(name: &str) -> Result<Self, Failure> {
        match name {
            "local" => Ok(Self::Local),
            "UTC" => Ok(Self::Utc),
            _ => name.parse().map(Self::Named).map_err(|_| {
                let near = nearest(name, TZ_VARIANTS.iter().map(|zone| zone.name()));
                let near = near.map(|near| format!("; the nearest is `{near}`")).unwrap_or_default();
                Failure::usage(format!(
                    "--tz: `{}` is no time zone: expected `local` or a name as in `Europe/Berlin`{near}",
                    visible(name)
                ))
            }),
        }
    }

    /// The time in full, with its offset; `None` in UTC, where the time itself says as much.
    pub fn beside(self, time: Timestamp) -> Option<String> {
        (self != Self::Utc).then(|| plot::Zone::format(&self, time, "%Y-%m-%d %H:%M:%S%.6f %:z"))
    }
}

impl plot::Zone for Zone {
    fn format(&self, time: Timestamp, format: &str) -> String {
        fn written<T: TimeZone>(time: &DateTime<T>, format: &str) -> String
        where
            T::Offset: std::fmt::Display,
        {
            time.format(format).to_string()
        }
        let time = time.to_chrono();
        match self {
            Self::Utc => written(&time, format),
            Self::Local => written(&time.with_timezone(&Local), format),
            Self::Named(zone) => written(&time.with_timezone(zone), format),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Utc => "UTC".to_owned(),
            Self::Local => "local time".to_owned(),
            Self::Named(zone) => zone.name().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_read_by_its_name() {
        let time = Timestamp::parse("2026-05-18T00:00:00.5Z").expect("a time");
        let berlin = Zone::read("Europe/Berlin").expect("a zone");
        assert_eq!(berlin.beside(time).as_deref(), Some("2026-05-18 02:00:00.500000 +02:00"));
        assert_eq!(Zone::Utc.beside(time), None);
        assert_eq!(Zone::read("local"), Ok(Zone::Local));
        let failure = Zone::read("Europe/Berlim").expect_err("no zone");
        assert!(failure.message.contains("Europe/Berlin`"), "{failure}");
    }
}
