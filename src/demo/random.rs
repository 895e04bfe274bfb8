//! The demo world's dice: `SplitMix64`, whole numbers only, the same on every machine.
//!
//! Not for secrets.

/// The increment of `SplitMix64` (Steele, Lea, Flood 2014).
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A source of numbers that follow from its seed alone.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The numbers of this seed and purpose; those of another purpose are independent, so that a
    /// change in one part of the world leaves the others as they are.
    pub(super) fn new(seed: u64, purpose: &str) -> Self {
        let salt = purpose.bytes().fold(seed, |salt, byte| mix(salt ^ u64::from(byte)));
        Self(salt)
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// A number in `0..end`; 0 where `end` is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// A number in `start..end`, `start` where that is empty.
    pub(super) fn between(&mut self, start: i64, end: i64) -> i64 {
        start + self.below(u64::try_from(end - start).unwrap_or(0)) as i64
    }

    /// True so many times in a thousand.
    pub(super) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of these.
    pub(super) fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len() as u64) as usize]
    }

    /// One of these, each as often as its weight says.
    pub(super) fn weighted<'a, T>(&mut self, among: &'a [T], weight: impl Fn(&T) -> u64) -> &'a T {
        let mut left = self.below(among.iter().map(&weight).sum());
        for one in among {
            let weight = weight(one);
            if left < weight {
                return one;
            }
            left -= weight;
        }
        &among[0]
    }

    /// A UUID, version 4.
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }
}

/// The finaliser of `SplitMix64`. It maps no two numbers to one, so that counted things get ids that
/// look random and never repeat.
pub(super) fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_published_numbers() {
        let mut random = Random(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
        assert_eq!(random.next(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn stays_in_its_bounds_and_reaches_all_of_them() {
        let mut random = Random::new(1, "bounds");
        let mut seen = [0; 6];
        for _ in 0..600 {
            seen[random.between(-3, 3).rem_euclid(6) as usize] += 1;
        }
        assert!(seen.iter().all(|count| *count > 60), "{seen:?}");
        assert_eq!(random.between(5, 5), 5);
        let weighted: Vec<_> = (0..400).map(|_| *random.weighted(&[1, 0, 3], |weight| *weight)).collect();
        assert!(!weighted.contains(&0) && weighted.iter().filter(|weight| **weight == 3).count() > 240);
    }

    #[test]
    fn purposes_do_not_share_numbers() {
        assert_ne!(Random::new(1, "a").next(), Random::new(1, "b").next());
        let uuid = Random::new(1, "a").uuid();
        assert!(uuid.len() == 36 && uuid.as_bytes()[14] == b'4', "{uuid}");
    }
}
