//! When things happen in the demo world: working hours, quiet nights and weekends, and the moments
//! of its story, all counted back from the world's end. Times of day are UTC.
//!
//! Not here: what happens then (`world`).

use crate::interval::Interval;
use crate::timestamp::{DAY, SECOND, Timestamp};

use super::random::Random;

/// Microseconds in a minute.
pub(super) const MINUTE: i64 = 60 * SECOND;
/// Microseconds in an hour.
pub(super) const HOUR: i64 = 60 * MINUTE;

/// How busy each hour of a working day is.
const BUSY: [u64; 24] = [
    12, 12, 6, 6, 12, 36, 108, 204, 276, 312, 300, 252, 228, 276, 312, 300, 264, 204, 132, 84, 54, 36, 24, 18,
];
/// By how much less is done on a Saturday or Sunday.
const WEEKEND: u64 = 6;

/// The days that end at the world's end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    /// The world's end: every entry is earlier.
    pub(super) end: Timestamp,
}

impl Calendar {
    /// The last seven days.
    pub(super) fn week(self) -> Interval {
        Interval::new(self.end.plus(-7 * DAY), self.end)
    }

    /// The days between so many days ago and the week.
    pub(super) fn before_the_week(self, days: i64) -> Interval {
        Interval::new(self.end.plus(-days * DAY), self.week().since)
    }

    /// A time of day, so many days before the day that the world ends in. One to six days back
    /// lies inside the week, whatever hour the world ends.
    pub(super) fn at(self, days_back: i64, hour: i64, minute: i64) -> Timestamp {
        let midnight = self.end.plus(-self.end.micros().rem_euclid(DAY));
        midnight.plus(-days_back * DAY + hour * HOUR + minute * MINUTE)
    }

    /// The first wave of failures: an afternoon deployment that broke the writing of runs.
    pub(super) fn first_wave(self) -> Interval {
        stretch(self.at(4, 14, 20), 47 * MINUTE)
    }

    /// The second wave: a morning without the database.
    pub(super) fn second_wave(self) -> Interval {
        stretch(self.at(1, 9, 5), 25 * MINUTE)
    }

    /// The storm of refused requests: a script without patience.
    pub(super) fn storm(self) -> Interval {
        stretch(self.at(3, 3, 30), 35 * MINUTE)
    }

    /// The incident's first failed login. The rest of the night follows in minutes from here.
    pub(super) fn incident(self) -> Timestamp {
        self.at(2, 2, 10)
    }
}

fn stretch(since: Timestamp, micros: i64) -> Interval {
    Interval::new(since, since.plus(micros))
}

/// Draws times of a stretch, more in busy hours than in quiet ones.
#[derive(Debug)]
pub(super) struct Rhythm {
    since: Timestamp,
    /// The sum of the weights up to and with each hour.
    sums: Vec<u64>,
}

impl Rhythm {
    /// The rhythm of a stretch of whole hours.
    pub(super) fn new(stretch: Interval) -> Self {
        let hours = stretch.micros() / HOUR;
        let mut sum = 0;
        let sums = (0..hours)
            .map(|hour| {
                sum += weight(stretch.since.plus(hour * HOUR));
                sum
            })
            .collect();
        Self { since: stretch.since, sums }
    }

    /// One time.
    pub(super) fn draw(&self, random: &mut Random) -> Timestamp {
        let into = random.below(self.sums.last().copied().unwrap_or(0));
        let hour = self.sums.partition_point(|sum| *sum <= into) as i64;
        self.since.plus(hour * HOUR + random.between(0, HOUR))
    }

    /// The time before which this share of everything happens: `part` of `whole` (at most `whole`).
    pub(super) fn quantile(&self, part: u64, whole: u64) -> Timestamp {
        let total = self.sums.last().copied().unwrap_or(0);
        let into = u128::from(part) * u128::from(total) * 3_600_000 / u128::from(whole.max(1));
        let hour =
            self.sums.partition_point(|sum| u128::from(*sum) * 3_600_000 <= into).min(self.sums.len() - 1);
        let before = hour.checked_sub(1).map_or(0, |hour| self.sums[hour]);
        let weight = u128::from(self.sums[hour] - before).max(1);
        let inside = (into - u128::from(before) * 3_600_000) / weight;
        self.since.plus(hour as i64 * HOUR + (inside as i64 * 1_000).min(HOUR - 1))
    }

    /// So many times, ascending.
    pub(super) fn draw_all(&self, random: &mut Random, count: usize) -> Vec<Timestamp> {
        let mut times: Vec<_> = (0..count).map(|_| self.draw(random)).collect();
        times.sort_unstable();
        times
    }
}

fn weight(hour: Timestamp) -> u64 {
    let busy = BUSY[(hour.micros().rem_euclid(DAY) / HOUR) as usize];
    // The epoch was a Thursday.
    match (hour.micros().div_euclid(DAY) + 4).rem_euclid(7) {
        0 | 6 => busy / WEEKEND,
        _ => busy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(end: &str) -> Calendar {
        Calendar { end: Timestamp::parse(end).expect("a time") }
    }

    #[test]
    fn the_story_lies_inside_the_week_whatever_hour_it_ends() {
        for end in ["2026-05-21T00:00:00Z", "2026-05-21T13:00:00Z", "2026-05-21T23:00:00Z"] {
            let calendar = calendar(end);
            for part in [calendar.first_wave(), calendar.second_wave(), calendar.storm()] {
                assert!(calendar.week().covers(part), "{end}: {part:?}");
            }
            assert!(calendar.week().contains(calendar.incident()));
            assert!(calendar.incident().plus(DAY) <= calendar.end, "the morning after is there too");
        }
    }

    #[test]
    fn draws_keep_to_their_stretch_and_to_working_hours() {
        // A Thursday; the 16th and 17th were the weekend.
        let calendar = calendar("2026-05-21T10:00:00Z");
        let mut random = Random::new(7, "draws");
        let times = Rhythm::new(calendar.week()).draw_all(&mut random, 5_000);
        assert!(times.iter().all(|time| calendar.week().contains(*time)) && times.is_sorted());
        let on = |day: &str| times.iter().filter(|time| time.to_string().starts_with(day)).count();
        assert!(on("2026-05-16") * 4 < on("2026-05-19"), "{} {}", on("2026-05-16"), on("2026-05-19"));
        let hour = |hour: &str| times.iter().filter(|time| &time.to_string()[11..13] == hour).count();
        assert!(hour("03") * 10 < hour("09"));
    }
}
