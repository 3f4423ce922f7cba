//! When each row is due: whole numbers only, so that a replay gives the same times.

/// A speed, reached evenly from zero.
///
/// # Contract
/// - `time_of(n) < t` exactly if `n < rows_before(t)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// At least 1.
    pub rows_per_second: u64,
    /// At most [`MAX_RAMP_UP`].
    pub ramp_up_millis: u64,
}

/// More than a century: so that no product below leaves 128 bits.
pub(super) const MAX_RAMP_UP: u64 = 1 << 42;

impl Pace {
    /// How many rows come in the first `elapsed` milliseconds.
    ///
    /// The speed is R·t/D until D, so until t there are R·t²/2D rows; after that, R·(t − D/2).
    pub fn rows_before(self, elapsed: u64) -> u64 {
        let Pace { rows_per_second, ramp_up_millis } = self;
        let rows = if elapsed < ramp_up_millis {
            // If that is too much, so are the rows.
            let square = u128::from(elapsed) * u128::from(elapsed);
            let doubled = 2000 * u128::from(ramp_up_millis);
            square.checked_mul(u128::from(rows_per_second)).map_or(u128::MAX, |rows| rows.div_ceil(doubled))
        } else {
            let halves = 2 * u128::from(elapsed) - u128::from(ramp_up_millis);
            halves.checked_mul(u128::from(rows_per_second)).map_or(u128::MAX, |rows| rows.div_ceil(2000))
        };
        u64::try_from(rows).unwrap_or(u64::MAX)
    }

    /// After how many milliseconds row `n` comes.
    pub fn time_of(self, n: u64) -> u64 {
        let Pace { rows_per_second, ramp_up_millis } = self;
        // At full speed, and in 64 bits: nearly every row.
        if let Some(rows) = n.checked_mul(2000)
            && let Some(ramp) = ramp_up_millis.checked_mul(rows_per_second)
            && ramp <= rows
            && let Some(sum) = rows.checked_add(ramp)
            && let Some(twice) = rows_per_second.checked_mul(2)
        {
            return sum / twice;
        }
        self.time_in_128_bits(n)
    }

    fn time_in_128_bits(self, n: u64) -> u64 {
        let Pace { rows_per_second, ramp_up_millis } = self;
        let (rows, speed, ramp) = (u128::from(n), u128::from(rows_per_second), u128::from(ramp_up_millis));
        let time = if rows * 2000 < ramp * speed {
            (rows * 2000 * ramp / speed).isqrt()
        } else {
            (rows * 2000 + ramp * speed) / (2 * speed)
        };
        u64::try_from(time).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_steady_pace_counts_from_the_start() {
        let pace = Pace { rows_per_second: 3, ramp_up_millis: 0 };
        assert_eq!(
            (0..7).map(|n| pace.time_of(n)).collect::<Vec<_>>(),
            [0, 333, 666, 1000, 1333, 1666, 2000]
        );
        assert_eq!([0, 1, 333, 334, 1000, 1001].map(|t| pace.rows_before(t)), [0, 1, 1, 2, 3, 4]);
    }

    #[test]
    fn a_ramp_gives_half_the_rows_and_then_the_full_speed() {
        let pace = Pace { rows_per_second: 10, ramp_up_millis: 4000 };
        // 10/s after 4 s: until then 20 rows, as many as t² / 0.8.
        assert_eq!([0, 1000, 2000, 4000, 5000, 6000].map(|t| pace.rows_before(t)), [0, 2, 5, 20, 30, 40]);
        assert_eq!([0, 5, 20, 21, 30].map(|n| pace.time_of(n)), [0, 2000, 4000, 4100, 5000]);
    }

    proptest! {
        #[test]
        fn times_and_counts_agree(
            rows_per_second in prop_oneof![1..20u64, 1..10_000_000u64],
            ramp_up_millis in prop_oneof![Just(0), 0..5_000u64, 0..100_000_000u64],
            elapsed in prop_oneof![0..10_000u64, 0..1_000_000_000_000u64],
            n in prop_oneof![0..10_000u64, 0..1_000_000_000_000u64],
        ) {
            let pace = Pace { rows_per_second, ramp_up_millis };
            prop_assert_eq!(pace.time_of(n) < elapsed, n < pace.rows_before(elapsed));
            prop_assert!(pace.time_of(n) <= pace.time_of(n + 1));
            prop_assert_eq!(pace.time_of(n), pace.time_in_128_bits(n));
        }

        #[test]
        fn no_number_is_too_large(
            rows_per_second in 1u64..,
            ramp_up_millis in 0..=MAX_RAMP_UP,
            elapsed: u64,
            n: u64,
        ) {
            let pace = Pace { rows_per_second, ramp_up_millis };
            prop_assert_eq!(pace.time_of(n), pace.time_in_128_bits(n));
            let _ = pace.rows_before(elapsed);
        }
    }
}
