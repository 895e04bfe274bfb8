//! How many requests a server takes: a bucket that refills.

use crate::timestamp::{SECOND, Timestamp};

/// How many requests may come at once, and how many a second after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// How many a second come to be allowed again, up to the burst.
    pub per_second: u32,
}

/// What is left of a [`Rate`]. A request costs a million.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    left: i64,
    at: Timestamp,
}

impl Bucket {
    pub(super) fn new(rate: Rate, now: Timestamp) -> Self {
        Self { rate, left: i64::from(rate.burst) * SECOND, at: now }
    }

    pub(super) fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes a request: how many are left now, or the whole seconds until there is one again.
    pub(super) fn take(&mut self, now: Timestamp) -> Result<u32, u32> {
        let passed = (now.micros() - self.at.micros()).max(0);
        let refill = passed.saturating_mul(i64::from(self.rate.per_second));
        self.left = self.left.saturating_add(refill).min(i64::from(self.rate.burst) * SECOND);
        self.at = self.at.max(now);
        if self.left >= SECOND {
            self.left -= SECOND;
            return Ok(u32::try_from(self.left / SECOND).unwrap_or(u32::MAX));
        }
        let per_second = i64::from(self.rate.per_second.max(1)) * SECOND;
        let seconds = (SECOND - self.left + per_second - 1) / per_second;
        Err(u32::try_from(seconds).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_then_the_refill() {
        let start = Timestamp::parse("2026-05-21T10:00:00Z").expect("a time");
        let mut bucket = Bucket::new(Rate { burst: 3, per_second: 2 }, start);
        assert_eq!([(); 4].map(|()| bucket.take(start)), [Ok(2), Ok(1), Ok(0), Err(1)]);
        assert_eq!(bucket.take(start.plus(SECOND / 2)), Ok(0));
        assert_eq!(bucket.take(start), Err(1), "a clock that runs back gives nothing");
        assert_eq!(bucket.take(start.plus(100 * SECOND)), Ok(2), "never more than the burst");
        let mut slow = Bucket::new(Rate { burst: 0, per_second: 0 }, start);
        assert_eq!(slow.take(start), Err(1));
    }
}
