//! Half-open stretches of time, sets of them (what was asked, what came), and the 144 buckets.
//!
//! Not here: what a stretch means (fetched, failed, waiting); that is the fetch layer's and the screen's.

use crate::timestamp::Timestamp;

/// How many buckets a histogram has, whatever its window (the contract's section 6).
pub const BUCKETS: usize = 144;

/// `[since, until)`: since inclusive, until exclusive, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interval {
    /// The first instant inside.
    pub since: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
}

impl Interval {
    /// `[since, until)`; empty where `since >= until`.
    pub fn new(since: Timestamp, until: Timestamp) -> Self {
        Self { since, until }
    }

    /// Everything that a timestamp can say but its very last microsecond.
    pub const ALL: Self = Self { since: Timestamp::MIN, until: Timestamp::MAX };

    /// Whether nothing lies inside.
    pub fn is_empty(self) -> bool {
        self.since >= self.until
    }

    /// Whether the instant lies inside.
    pub fn contains(self, time: Timestamp) -> bool {
        self.since <= time && time < self.until
    }

    /// Whether all of `other` lies inside (an empty one always does).
    pub fn covers(self, other: Self) -> bool {
        other.is_empty() || (self.since <= other.since && other.until <= self.until)
    }

    /// What both have; empty where they do not meet.
    pub fn intersect(self, other: Self) -> Self {
        Self { since: self.since.max(other.since), until: self.until.min(other.until) }
    }

    /// Its length in microseconds, 0 where it is empty.
    pub fn micros(self) -> i64 {
        (self.until.micros() - self.since.micros()).max(0)
    }

    /// The bucket of an instant, by the contract's rule
    /// `floor((t − since) × 144 ÷ (until − since))`; `None` outside.
    pub fn bucket(self, time: Timestamp) -> Option<usize> {
        if !self.contains(time) {
            return None;
        }
        let into = i128::from(time.micros() - self.since.micros()) * BUCKETS as i128;
        usize::try_from(into / i128::from(self.micros())).ok()
    }

    /// The stretch of one bucket (0 to 143): the instants for which [`Self::bucket`] gives it.
    /// Empty where the window has fewer microseconds than buckets.
    pub fn bucket_interval(self, bucket: usize) -> Self {
        Self::new(self.bucket_edge(bucket), self.bucket_edge(bucket + 1))
    }

    /// The first instant of a bucket; of 144: the window's end.
    pub fn bucket_edge(self, bucket: usize) -> Timestamp {
        let width = i128::from(self.micros());
        let into = (bucket as i128 * width + BUCKETS as i128 - 1) / BUCKETS as i128;
        self.since.plus(i64::try_from(into).unwrap_or(i64::MAX))
    }

    /// Cuts into pieces of at most `micros` microseconds (at least 1), newest first.
    pub fn split_newest_first(self, micros: i64) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut until = self.until;
        while until > self.since {
            let since = until.plus(-micros.max(1)).max(self.since);
            pieces.push(Self::new(since, until));
            until = since;
        }
        pieces
    }
}

/// A set of instants, as disjoint, non-touching intervals in ascending order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IntervalSet {
    parts: Vec<Interval>,
}

impl IntervalSet {
    /// The set of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The intervals, ascending, disjoint and not touching.
    pub fn parts(&self) -> &[Interval] {
        &self.parts
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Adds an interval, joining what it meets or touches.
    pub fn insert(&mut self, mut added: Interval) {
        if added.is_empty() {
            return;
        }
        let first = self.parts.partition_point(|part| part.until < added.since);
        let last = self.parts.partition_point(|part| part.since <= added.until);
        for part in &self.parts[first..last] {
            added.since = added.since.min(part.since);
            added.until = added.until.max(part.until);
        }
        self.parts.splice(first..last, [added]);
    }

    /// Takes an interval out.
    pub fn remove(&mut self, removed: Interval) {
        if removed.is_empty() {
            return;
        }
        let parts = std::mem::take(&mut self.parts);
        for part in parts {
            let before = Interval::new(part.since, part.until.min(removed.since));
            let after = Interval::new(part.since.max(removed.until), part.until);
            self.parts.extend([before, after].into_iter().filter(|rest| !rest.is_empty()));
        }
    }

    /// Whether the instant is in the set.
    pub fn contains(&self, time: Timestamp) -> bool {
        let next = self.parts.partition_point(|part| part.until <= time);
        self.parts.get(next).is_some_and(|part| part.contains(time))
    }

    /// Whether all of the interval is in the set.
    pub fn covers(&self, interval: Interval) -> bool {
        self.missing_in(interval).is_empty()
    }

    /// What of the interval is not in the set, ascending.
    pub fn missing_in(&self, interval: Interval) -> Vec<Interval> {
        let mut missing = Vec::new();
        let mut since = interval.since;
        for part in &self.parts {
            let gap = Interval::new(since, part.since.min(interval.until));
            if !gap.is_empty() {
                missing.push(gap);
            }
            since = since.max(part.until);
        }
        let rest = Interval::new(since, interval.until);
        if !rest.is_empty() {
            missing.push(rest);
        }
        missing
    }

    /// How many microseconds of the interval are in the set.
    pub fn micros_in(&self, interval: Interval) -> i64 {
        self.parts.iter().map(|part| part.intersect(interval).micros()).sum()
    }
}

impl FromIterator<Interval> for IntervalSet {
    fn from_iter<I: IntoIterator<Item = Interval>>(intervals: I) -> Self {
        let mut set = Self::new();
        intervals.into_iter().for_each(|part| set.insert(part));
        set
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn interval(since: i64, until: i64) -> Interval {
        Interval::new(Timestamp::from_micros(since), Timestamp::from_micros(until))
    }

    proptest! {
        #[test]
        fn a_bucket_holds_just_the_instants_that_the_rule_gives_it(since in 0i64..1000, width in 1i64..2000, step in 0i64..2000) {
            let window = interval(since, since + width);
            let time = Timestamp::from_micros(since + step % width);
            let bucket = window.bucket(time).expect("inside");
            prop_assert_eq!(bucket as i64, (step % width) * 144 / width);
            prop_assert!(window.bucket_interval(bucket).contains(time));
            prop_assert_eq!(window.bucket_edge(0), window.since);
            prop_assert_eq!(window.bucket_edge(BUCKETS), window.until);
        }

        #[test]
        fn a_set_holds_what_was_put_in_and_not_taken_out(steps in prop::collection::vec((any::<bool>(), 0i64..60, 0i64..60), 0..20)) {
            let mut set = IntervalSet::new();
            let mut plain = [false; 60];
            for (insert, a, b) in steps {
                let part = interval(a.min(b), a.max(b));
                if insert { set.insert(part); } else { set.remove(part); }
                for slot in &mut plain[a.min(b) as usize..a.max(b) as usize] { *slot = insert; }
            }
            for (at, expected) in plain.iter().enumerate() {
                prop_assert_eq!(set.contains(Timestamp::from_micros(at as i64)), *expected);
            }
            let whole = interval(0, 60);
            let missing: i64 = set.missing_in(whole).iter().map(|gap| gap.micros()).sum();
            prop_assert_eq!(missing, plain.iter().filter(|slot| !**slot).count() as i64);
            prop_assert_eq!(set.micros_in(whole) + missing, 60);
            prop_assert!(set.parts().windows(2).all(|pair| pair[0].until < pair[1].since));
        }
    }

    #[test]
    fn pieces_are_newest_first_and_leave_nothing_out() {
        let pieces = interval(0, 25).split_newest_first(10);
        assert_eq!(pieces, [interval(15, 25), interval(5, 15), interval(0, 5)]);
    }
}
