//! When a failed request is tried again: a pure policy (the contract's section 3, "Retries").
//!
//! Not here: waiting, counting down and sending (`fetch::ask`), and the words of the error
//! (`fetch::error`).

use std::time::Duration;

use super::{ErrorKind, Wait};
use crate::timestamp::{SECOND, Timestamp};

/// How many requests one page may take in all.
pub const TRIES: u32 = 6;
/// A server's own wait is at least this long.
pub const LEAST_WAIT: Duration = Duration::from_millis(100);
/// Headless, a longer wait is not begun.
pub const LONGEST_HEADLESS_WAIT: Duration = Duration::from_mins(5);
/// No wait is taken for longer than this (a year): a header may say anything.
const LONGEST_WAIT: Duration = Duration::from_hours(366 * 24);
/// The first back-off.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
/// The longest back-off.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// How a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The server answered with this status.
    Status(u16),
    /// No connection, a broken one, or a time-out.
    Connection,
    /// The server could not prove who it is; asking again changes nothing.
    Certificate,
    /// An answer of 200 whose body is not the JSON expected.
    Body,
    /// An answer of 200 that says failure in its body (`fail_when`).
    SaysFailure,
    /// An answer that no repetition mends: a redirect elsewhere, a body beyond all bounds.
    Final,
}

impl Failure {
    /// The kind of error that it is when nothing helps, for the exit status.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::Status(401 | 403) => ErrorKind::Refused,
            Self::Status(408 | 429 | 500..=599) | Self::Connection | Self::Certificate => {
                ErrorKind::Unreachable
            }
            Self::Status(_) | Self::Body | Self::SaysFailure | Self::Final => ErrorKind::Broken,
        }
    }

    /// Whether another try may help.
    fn may_pass(self) -> bool {
        match self {
            Self::Status(status) => status == 408 || status == 429 || (500..=599).contains(&status),
            Self::Connection | Self::Body => true,
            Self::Certificate | Self::SaysFailure | Self::Final => false,
        }
    }
}

/// What is to be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Ask again after this wait.
    Again {
        /// How long.
        wait: Duration,
        /// Why, for the user.
        why: Wait,
        /// Whether the server asked everybody to wait (429): all workers of the source pause.
        everybody: bool,
    },
    /// Give up.
    GiveUp {
        /// How long the server wants to be left alone, where it said so.
        come_back_after: Option<Duration>,
    },
}

/// Decides about a failure.
///
/// `tries` counts the requests made for this page so far, this one included (from 1). `jitter` in
/// `0.0..1.0` spreads the back-off over ±20 %. `patient` says that a wait of over five minutes is
/// acceptable. Names of `headers` are in lower case.
pub fn decide(
    failure: Failure,
    headers: &[(&str, &str)],
    tries: u32,
    now: Timestamp,
    jitter: f64,
    patient: bool,
) -> Decision {
    if !failure.may_pass() {
        return Decision::GiveUp { come_back_after: None };
    }
    let told = match failure {
        Failure::Status(429 | 503) => retry_after(headers, now).or_else(|| reset(headers, now)),
        _ => None,
    };
    let wait = told.map_or_else(|| backoff(tries, jitter), |told| told.clamp(LEAST_WAIT, LONGEST_WAIT));
    if tries >= TRIES || (told.is_some() && !patient && wait > LONGEST_HEADLESS_WAIT) {
        return Decision::GiveUp { come_back_after: told };
    }
    let why = match failure {
        Failure::Status(429) => Wait::RateLimited,
        Failure::Status(503) => Wait::Busy,
        _ => Wait::Retry,
    };
    Decision::Again { wait, why, everybody: failure == Failure::Status(429) }
}

/// The back-off after the `tries`th request: 0.5 s doubling, ±20 %, at most 30 s.
fn backoff(tries: u32, jitter: f64) -> Duration {
    let doubled = FIRST_BACKOFF.saturating_mul(2u32.saturating_pow(tries.saturating_sub(1).min(16)));
    doubled.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0)).min(LONGEST_BACKOFF)
}

/// What `Retry-After` says: seconds (a fraction is rounded up, though the standard has none), or an
/// HTTP date; zero where it is past. `None` for anything else.
fn retry_after(headers: &[(&str, &str)], now: Timestamp) -> Option<Duration> {
    let value = headers.iter().find(|(name, _)| *name == "retry-after")?.1.trim();
    if let Some(seconds) = number(value) {
        return Some(seconds_up(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let at = match date.duration_since(std::time::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(_) => 0,
    };
    Some(until(Timestamp::from_micros(at), now))
}

/// What a reset header says. The unit is told by the number's size: from 1e11 milliseconds since
/// the epoch, from 1e9 seconds since the epoch, below that seconds left.
fn reset(headers: &[(&str, &str)], now: Timestamp) -> Option<Duration> {
    const USUAL: [&str; 3] = ["x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset"];
    let usual = USUAL.iter().find_map(|usual| {
        headers.iter().filter(|(name, _)| name == usual).find_map(|(_, value)| reset_value(value, now))
    });
    usual.or_else(|| {
        headers.iter().filter(|(name, _)| is_reset(name)).find_map(|(_, value)| reset_value(value, now))
    })
}

/// Whether a header tells when a limit ends: its name speaks of a limit and ends with `-reset`,
/// `-reset-after`, `-expires` or `-expiry`.
fn is_reset(name: &str) -> bool {
    name.contains("limit")
        && ["-reset", "-reset-after", "-expires", "-expiry"].iter().any(|end| name.ends_with(end))
}

fn reset_value(value: &str, now: Timestamp) -> Option<Duration> {
    let first = value.split([',', ';']).next().unwrap_or_default().trim();
    let number = number(first)?;
    let second = SECOND as f64;
    Some(if number >= 1e11 {
        until(Timestamp::from_micros((number * 1e3).ceil() as i64), now)
    } else if number >= 1e9 {
        until(Timestamp::from_micros((number * second).ceil() as i64), now)
    } else {
        seconds_up(number)
    })
}

/// A number as `1*DIGIT [ "." 1*DIGIT ]`: no sign, no exponent. Never infinite by its form, and any
/// size of it is held within bounds by those who use it.
fn number(text: &str) -> Option<f64> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    };
    well_formed.then(|| text.parse().ok()).flatten()
}

fn seconds_up(seconds: f64) -> Duration {
    Duration::from_secs(seconds.ceil().min(LONGEST_WAIT.as_secs_f64()) as u64)
}

fn until(at: Timestamp, now: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(at.micros().saturating_sub(now.micros())).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    fn decided(failure: Failure, headers: &[(&str, &str)], tries: u32, patient: bool) -> Decision {
        decide(failure, headers, tries, time("2026-05-18T00:00:00Z"), 0.5, patient)
    }

    fn waited(failure: Failure, headers: &[(&str, &str)]) -> Duration {
        match decided(failure, headers, 1, true) {
            Decision::Again { wait, .. } => wait,
            Decision::GiveUp { .. } => panic!("given up: {headers:?}"),
        }
    }

    #[test]
    fn retry_after_is_read_as_the_standard_and_servers_write_it() {
        let now = time("1994-11-06T08:49:00Z");
        let told = |value: &str| retry_after(&[("retry-after", value)], now);
        assert_eq!(told("120"), Some(Duration::from_mins(2)));
        assert_eq!(told(" 14 "), Some(Duration::from_secs(14)));
        for date in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(told(date), Some(Duration::from_secs(37)), "{date}");
        }
        assert_eq!(told("Fri, 31 Dec 1993 23:59:59 GMT"), Some(Duration::ZERO));
        assert_eq!(told("60.5"), Some(Duration::from_secs(61)));
        assert_eq!(told("99999999999999999999"), Some(LONGEST_WAIT));
        for garbage in ["-5", "soon", "", "1e3", "0x10", "+7", ".5", "inf", "NaN"] {
            assert_eq!(told(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn at_once_is_a_tenth_of_a_second() {
        assert_eq!(waited(Failure::Status(429), &[("retry-after", "0")]), LEAST_WAIT);
        let past = [("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT")];
        assert_eq!(waited(Failure::Status(503), &past), LEAST_WAIT);
        assert_eq!(waited(Failure::Status(429), &[("x-ratelimit-reset", "1000000001")]), LEAST_WAIT);
    }

    #[test]
    fn a_reset_is_told_by_its_size() {
        let now = time("2026-05-18T00:00:00Z").micros();
        let ahead = Duration::from_secs(7);
        let seconds = (now / SECOND + 7).to_string();
        let millis = (now / 1_000 + 7_000).to_string();
        for name in [
            "x-ratelimit-reset",
            "x-rate-limit-reset",
            "ratelimit-reset",
            "x-sentry-rate-limit-reset",
            "x-ve-limit-expires",
            "x-rate-limit-expiry",
        ] {
            for value in ["7", &seconds, &millis, "7, 7;w=1"] {
                assert_eq!(waited(Failure::Status(429), &[(name, value)]), ahead, "{name}: {value}");
                assert_eq!(waited(Failure::Status(503), &[(name, value)]), ahead, "{name}: {value}");
            }
        }
        let other = waited(Failure::Status(500), &[("x-ratelimit-reset", "7")]);
        assert_eq!(other, Duration::from_millis(500), "only 429 and 503 look at it");
        let both = [("x-ratelimit-reset", "7"), ("retry-after", "3")];
        assert_eq!(waited(Failure::Status(429), &both), Duration::from_secs(3));
        let garbage = [("x-ratelimit-reset", "7"), ("retry-after", "soon")];
        assert_eq!(waited(Failure::Status(429), &garbage), ahead);
    }

    #[test]
    fn the_back_off_doubles_and_every_page_has_six_requests() {
        let waits: Vec<_> = (1..=TRIES)
            .map(|tries| match decided(Failure::Connection, &[], tries, false) {
                Decision::Again { wait, .. } => Some(wait.as_millis()),
                Decision::GiveUp { .. } => None,
            })
            .collect();
        assert_eq!(waits, [Some(500), Some(1_000), Some(2_000), Some(4_000), Some(8_000), None]);
        assert_eq!(backoff(12, 1.0), LONGEST_BACKOFF);
    }

    #[test]
    fn a_long_wait_is_for_the_patient() {
        let headers = [("retry-after", "301")];
        let gone = Decision::GiveUp { come_back_after: Some(Duration::from_secs(301)) };
        assert_eq!(decided(Failure::Status(429), &headers, 1, false), gone);
        assert!(matches!(decided(Failure::Status(429), &headers, 1, true), Decision::Again { .. }));
        let five = [("retry-after", "300")];
        assert!(matches!(
            decided(Failure::Status(503), &five, 1, false),
            Decision::Again { everybody: false, why: Wait::Busy, .. }
        ));
    }

    #[test]
    fn the_kind_of_failure_decides() {
        for status in [400, 401, 403, 404, 405, 410, 422, 304] {
            assert_eq!(
                decided(Failure::Status(status), &[], 1, true),
                Decision::GiveUp { come_back_after: None }
            );
        }
        for failure in [Failure::SaysFailure, Failure::Final, Failure::Certificate] {
            assert_eq!(decided(failure, &[], 1, true), Decision::GiveUp { come_back_after: None });
        }
        for failure in [Failure::Body, Failure::Connection, Failure::Status(500), Failure::Status(408)] {
            assert!(matches!(
                decided(failure, &[], 1, true),
                Decision::Again { everybody: false, why: Wait::Retry, .. }
            ));
        }
        assert!(matches!(
            decided(Failure::Status(429), &[], 1, true),
            Decision::Again { everybody: true, why: Wait::RateLimited, .. }
        ));
        let codes = [
            Failure::Status(401),
            Failure::Status(403),
            Failure::Status(429),
            Failure::Status(599),
            Failure::Connection,
            Failure::Certificate,
            Failure::Body,
            Failure::Status(404),
        ]
        .map(|failure| failure.kind().exit_code());
        assert_eq!(codes, [3, 3, 4, 4, 4, 4, 1, 1]);
    }

    proptest! {
        #[test]
        fn the_back_off_stays_within_a_fifth(tries in 1u32..6, jitter in 0.0f64..1.0) {
            let plain = 0.5 * 2f64.powi(tries as i32 - 1);
            let wait = backoff(tries, jitter).as_secs_f64();
            prop_assert!(wait >= plain * 0.799 && wait <= plain * 1.201, "{wait} after {tries}");
        }

        #[test]
        fn no_header_makes_it_fail(value in "[0-9.,;a-zA-Z :-]{0,30}", reset in "\\PC{0,20}") {
            let headers = [("retry-after", value.as_str()), ("x-ratelimit-reset", reset.as_str())];
            let _ = decided(Failure::Status(429), &headers, 1, false);
        }
    }
}
