//! The times and the numbers of arrival of a segment's rows, in few bytes.
//!
//! Not here: what is sorted by them (`store::order`).

/// Microseconds since the epoch, descending.
#[derive(Debug, Clone)]
pub enum Times {
    /// So many units before the newest.
    Near {
        /// The first row's time.
        newest: i64,
        /// Microseconds that all of them are whole multiples of, counted from the newest.
        unit: i64,
        /// Units before the newest, ascending.
        before: Box<[u32]>,
    },
    /// As they are.
    Far(Box<[i64]>),
}

/// Units that systems write times in: seconds, milliseconds, microseconds.
const UNITS: [i64; 3] = [1_000_000, 1_000, 1];

impl Times {
    /// Packs descending times.
    pub fn of(times: &[i64]) -> Self {
        let newest = times.first().copied().unwrap_or(0);
        let apart = |time: i64| newest.checked_sub(time);
        let near = UNITS.into_iter().find_map(|unit| {
            let before: Option<Box<[u32]>> = times
                .iter()
                .map(|time| {
                    let apart = apart(*time).filter(|apart| apart % unit == 0)?;
                    u32::try_from(apart / unit).ok()
                })
                .collect();
            Some(Self::Near { newest, unit, before: before? })
        });
        near.unwrap_or_else(|| Self::Far(times.into()))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Near { before, .. } => before.len(),
            Self::Far(times) => times.len(),
        }
    }

    /// The time of a row.
    pub fn get(&self, row: usize) -> i64 {
        match self {
            Self::Near { newest, unit, before } => newest - i64::from(before[row]) * unit,
            Self::Far(times) => times[row],
        }
    }

    /// How many rows are newer than the instant, or as new where `or_equal`: they stand first.
    pub fn newer_than(&self, time: i64, or_equal: bool) -> usize {
        match self {
            Self::Near { newest, unit, before } => {
                // Of each row: newest − before × unit > time.
                let apart = i128::from(*newest) - i128::from(time);
                let unit = i128::from(*unit);
                let most = if or_equal { apart.div_euclid(unit) } else { (apart - 1).div_euclid(unit) };
                let Ok(most) = u32::try_from(most.min(u32::MAX.into())) else { return 0 };
                // Most segments lie before or behind the instant as a whole.
                match (before.first(), before.last()) {
                    (Some(first), _) if *first > most => 0,
                    (_, Some(last)) if *last <= most => before.len(),
                    _ => before.partition_point(|before| *before <= most),
                }
            }
            Self::Far(times) => times.partition_point(|row| *row > time || (or_equal && *row == time)),
        }
    }

    /// Bytes that they occupy.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Near { before, .. } => size_of_val(&**before),
            Self::Far(times) => size_of_val(&**times),
        }
    }
}

/// The number of arrival of each row.
#[derive(Debug, Clone)]
pub enum Ordinals {
    /// One after the other from the first row's on.
    Rising(u32, u32),
    /// One after the other down to the last row's, this.
    Falling(u32, u32),
    /// Any, with the rows in ascending order of them.
    Any(Box<[u32]>, Box<[u16]>),
}

impl Ordinals {
    /// Packs the ordinals of rows (at most 65,536), all different.
    pub fn of(ordinals: &[u32]) -> Self {
        let (first, last) = (ordinals.first().copied().unwrap_or(0), ordinals.last().copied().unwrap_or(0));
        let count = ordinals.len() as u32;
        if ordinals.windows(2).all(|pair| pair[0] < pair[1]) && last.saturating_sub(first) < count {
            return Self::Rising(first, count);
        }
        if ordinals.windows(2).all(|pair| pair[0] > pair[1]) && first.saturating_sub(last) < count {
            return Self::Falling(last, count);
        }
        let mut rows: Box<[u16]> = (0..ordinals.len()).map(|row| row as u16).collect();
        rows.sort_unstable_by_key(|row| ordinals[*row as usize]);
        Self::Any(ordinals.into(), rows)
    }

    /// The ordinal of a row.
    pub fn get(&self, row: usize) -> u32 {
        match self {
            Self::Rising(first, _) => first + row as u32,
            Self::Falling(last, count) => last + (count - 1 - row as u32),
            Self::Any(ordinals, _) => ordinals[row],
        }
    }

    /// The row of an ordinal.
    pub fn row_of(&self, ordinal: u32) -> Option<usize> {
        match self {
            Self::Rising(first, count) => {
                let row = ordinal.checked_sub(*first)?;
                (row < *count).then_some(row as usize)
            }
            Self::Falling(last, count) => {
                let row = ordinal.checked_sub(*last)?;
                (row < *count).then(|| (count - 1 - row) as usize)
            }
            Self::Any(ordinals, rows) => {
                let place = rows.partition_point(|row| ordinals[*row as usize] < ordinal);
                let row = *rows.get(place)? as usize;
                (ordinals[row] == ordinal).then_some(row)
            }
        }
    }

    /// Bytes that they occupy.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Rising(..) | Self::Falling(..) => 0,
            Self::Any(ordinals, rows) => size_of_val(&**ordinals) + size_of_val(&**rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_are_found_as_in_a_plain_list(
            mut times in prop::collection::vec(prop_oneof![-50i64..50, any::<i64>()], 0..50),
            unit in prop::sample::select(vec![1i64, 1_000, 1_000_000]),
            asked in prop_oneof![-50i64..50, any::<i64>()],
        ) {
            for time in &mut times {
                *time = time.saturating_mul(unit);
            }
            times.sort_unstable_by(|a, b| b.cmp(a));
            let packed = Times::of(&times);
            prop_assert_eq!(packed.len(), times.len());
            prop_assert!(times.iter().enumerate().all(|(row, time)| packed.get(row) == *time));
            for asked in times.iter().copied().chain([asked, asked.saturating_mul(unit)]) {
                prop_assert_eq!(packed.newer_than(asked, false), times.iter().filter(|time| **time > asked).count());
                prop_assert_eq!(packed.newer_than(asked, true), times.iter().filter(|time| **time >= asked).count());
            }
        }

        #[test]
        fn ordinals_are_found_as_in_a_plain_list(
            first in prop_oneof![Just(0u32), Just(u32::MAX - 40), any::<u32>()],
            steps in prop::collection::vec(1u32..3, 0..30),
            turn in 0usize..30,
            fall in any::<bool>(),
        ) {
            let mut sum = first;
            let mut ordinals: Vec<u32> = steps.iter().map_while(|step| { sum = sum.checked_add(*step)?; Some(sum) }).collect();
            if fall { ordinals.reverse(); }
            if turn < ordinals.len() / 2 { ordinals.rotate_left(turn); }
            let packed = Ordinals::of(&ordinals);
            for (row, ordinal) in ordinals.iter().enumerate() {
                prop_assert_eq!(packed.get(row), *ordinal);
            }
            for asked in ordinals.iter().flat_map(|ordinal| [ordinal.saturating_sub(1), *ordinal, ordinal.saturating_add(1)]) {
                prop_assert_eq!(packed.row_of(asked), ordinals.iter().position(|ordinal| *ordinal == asked));
            }
        }
    }

    #[test]
    fn rows_in_order_take_no_room_for_their_ordinals_and_four_bytes_for_their_times() {
        let down: Vec<u32> = (100..200).rev().collect();
        assert_eq!(Ordinals::of(&down).memory_bytes(), 0);
        assert_eq!(Ordinals::of(&(7..90).collect::<Vec<_>>()).memory_bytes(), 0);
        let times: Vec<i64> = (0..1000).rev().map(|step| step * 7_000_000_000).collect();
        assert_eq!(Times::of(&times).memory_bytes(), 4000);
    }
}
