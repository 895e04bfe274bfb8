//! The zone in which times are shown to people (`--tz`, else the config's `[ui] tz`, else UTC), and
//! which one the machine's own is. Data stay in UTC whatever is chosen.

use std::path::Path;

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
    /// The machine's own, as a file that does not tell its name.
    Local,
    /// One of the time zone database.
    Named(Tz),
}

impl Zone {
    /// Reads `UTC`, `local`, or a name of the time zone database.
    pub fn read(name: &str) -> Result<Self, Failure> {
        match name {
            "local" => Self::machines(machine()),
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

    fn machines(machine: Machine) -> Result<Self, Failure> {
        match machine {
            Machine::Named(zone) => Ok(Self::Named(zone)),
            Machine::Nameless => Ok(Self::Local),
            Machine::Unknown(variable) => Err(Failure::usage(format!(
                "--tz: TZ is `{}`, which is no zone of the time zone database; name one, as in `--tz Europe/Berlin`",
                visible(&variable)
            ))),
        }
    }

    /// The time in full, with its offset; `None` in UTC, where the time itself says as much.
    pub fn beside(self, time: Timestamp) -> Option<String> {
        (self != Self::Utc).then(|| plot::Zone::format(&self, time, "%Y-%m-%d %H:%M:%S%.6f %:z"))
    }
}

/// The machine's own zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Machine {
    /// One of the time zone database.
    Named(Tz),
    /// A file that does not tell its name.
    Nameless,
    /// What `TZ` says, which is not known here.
    Unknown(String),
}

/// The machine's own zone.
pub fn machine() -> Machine {
    let variable = std::env::var_os("TZ").map(|value| value.to_string_lossy().into_owned());
    let link = std::fs::read_link("/etc/localtime").ok();
    let file = std::fs::read_to_string("/etc/timezone").ok();
    machine_of(variable.as_deref(), link.as_deref(), file.as_deref())
}

/// What `TZ` says, else where `/etc/localtime` is a link to, else what `/etc/timezone` has.
fn machine_of(variable: Option<&str>, link: Option<&Path>, file: Option<&str>) -> Machine {
    if let Some(variable) = variable {
        return of_variable(variable).map_or_else(|| Machine::Unknown(variable.to_owned()), Machine::Named);
    }
    let linked = link.and_then(|link| in_database(link.to_str()?));
    let named = || file?.trim().parse().ok();
    linked.or_else(named).map_or(Machine::Nameless, Machine::Named)
}

/// The zone that `TZ` says (POSIX, chapter 8.3): a name of the database, with or without a colon before
/// it; the path of its file; nothing, which is UTC; or a zone of whole hours without summer time, as
/// `EST5`. Summer time by rules of one's own is not known here.
fn of_variable(variable: &str) -> Option<Tz> {
    let name = variable.strip_prefix(':').unwrap_or(variable);
    if name.is_empty() {
        return Some(Tz::UTC);
    }
    name.parse().ok().or_else(|| in_database(name)).or_else(|| without_summer_time(name))
}

/// The zone whose file this is.
fn in_database(path: &str) -> Option<Tz> {
    let (_, name) = path.rsplit_once("zoneinfo/")?;
    name.strip_prefix("posix/").unwrap_or(name).parse().ok()
}

/// `EST5`, `<+03>-3`, `UTC0`: a name of three letters or more, then by how much it is behind UTC. The
/// database has the same under the same sign.
fn without_summer_time(zone: &str) -> Option<Tz> {
    let behind = if let Some(quoted) = zone.strip_prefix('<') {
        quoted.split_once('>')?.1
    } else {
        let behind = zone.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        (zone.len() - behind.len() >= 3).then_some(behind)?
    };
    let hours = behind
        .split_once(':')
        .map_or(Some(behind), |(hours, rest)| rest.split(':').all(|part| part == "00").then_some(hours))?;
    let digits = hours.strip_prefix(['+', '-']).unwrap_or(hours);
    if digits.is_empty() || digits.len() > 2 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match hours.parse::<i32>().ok()? {
        0 => Some(Tz::UTC),
        hours => format!("Etc/GMT{hours:+}").parse().ok(),
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
        let failure = Zone::read("Europe/Berlim").expect_err("no zone");
        assert!(failure.message.contains("Europe/Berlin`"), "{failure}");
    }
    #[test]
    fn the_machines_zone_is_known_by_its_name() {
        let link = Path::new("/usr/share/zoneinfo/Europe/Berlin");
        let berlin = Machine::Named(Tz::Europe__Berlin);
        assert_eq!(machine_of(None, Some(link), None), berlin);
        assert_eq!(machine_of(None, Some(Path::new("/etc/elsewhere")), Some("Europe/Berlin\n")), berlin);
        assert_eq!(machine_of(None, Some(Path::new("/etc/elsewhere")), None), Machine::Nameless);
        assert_eq!(machine_of(None, None, Some("what?")), Machine::Nameless);
        for (variable, zone) in [
            ("", Tz::UTC),
            ("UTC", Tz::UTC),
            ("UTC0", Tz::UTC),
            (":Europe/Berlin", Tz::Europe__Berlin),
            ("America/New_York", Tz::America__New_York),
            ("/usr/share/zoneinfo/Asia/Tokyo", Tz::Asia__Tokyo),
            (":/usr/share/zoneinfo/posix/Asia/Tokyo", Tz::Asia__Tokyo),
            ("EST5EDT", Tz::EST5EDT),
            ("EST5", Tz::Etc__GMTPlus5),
            ("EST+5:00", Tz::Etc__GMTPlus5),
            ("<+03>-3", Tz::Etc__GMTMinus3),
            ("JST-09", Tz::Etc__GMTMinus9),
        ] {
            assert_eq!(machine_of(Some(variable), Some(link), None), Machine::Named(zone), "{variable}");
        }
    }

    #[test]
    fn a_zone_that_is_not_known_is_never_taken_for_another() {
        let link = Path::new("/usr/share/zoneinfo/Europe/Berlin");
        for variable in [
            "CET-1CEST",
            "CET-1CEST,M3.5.0,M10.5.0/3",
            "IST-5:30",
            "EST99",
            "E5",
            "EST",
            "EST+-5",
            "<+03-3",
            "Mars/Olympus",
            "\u{1b}[2J",
        ] {
            let machine = machine_of(Some(variable), Some(link), None);
            let known = matches!(&machine, Machine::Named(zone) if variable == "EST" && *zone == Tz::EST);
            assert!(known || machine == Machine::Unknown(variable.to_owned()), "{variable:?}: {machine:?}");
            if !known {
                let failure = Zone::machines(machine).expect_err("it is not known");
                assert!(
                    failure.message.contains("TZ is `") && !failure.message.contains('\u{1b}'),
                    "{failure}"
                );
            }
        }
    }
}
