//! `mean(f)`

use std::marker::PhantomData;

use crate::event_time::{Aggregate, Parts};
use crate::state::StateData;

/// A number that a mean can be taken of.
pub trait Number: Copy {
    /// What numbers are added up to.
    type Sum: StateData + Default;

    fn add_to(self, sum: &mut Self::Sum);
    fn merge(sum: &mut Self::Sum, later: Self::Sum);
    fn mean(sum: Self::Sum, count: u64) -> f64;
}

macro_rules! numbers {
    ($sum:ty: $($number:ty),+) => {$(
        #[allow(clippy::cast_lossless, clippy::cast_precision_loss, clippy::unnecessary_cast, reason = "a mean is a float")]
        impl Number for $number {
            type Sum = $sum;

            fn add_to(self, sum: &mut $sum) {
                *sum += self as $sum;
            }
            fn merge(sum: &mut $sum, later: $sum) {
                *sum += later;
            }
            fn mean(sum: $sum, count: u64) -> f64 {
                sum as f64 / count as f64
            }
        }
    )+};
}

// Whole numbers are added up exactly: 2^64 of the largest have room.
numbers!(i128: u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);
numbers!(f64: f32, f64);

/// The arithmetic mean of what a function makes of each record. Floats are added in the order of the records, whole numbers without
/// rounding.
#[derive(Clone, Copy, Debug)]
pub struct Mean<F, N> {
    pub(super) function: F,
    pub(super) number: PhantomData<fn() -> N>,
}

impl<V, N, F> Aggregate<V> for Mean<F, N>
where
    N: Number,
    F: Fn(&V) -> N + Send + Sync,
{
    /// The sum, and of how many.
    type State = (N::Sum, u64);
    type Out = f64;

    fn start(&self) -> Self::State {
        Self::State::default()
    }
    fn add(&self, (sum, count): &mut Self::State, record: &V) {
        (self.function)(record).add_to(sum);
        *count += 1;
    }
    fn merge(&self, (sum, count): &mut Self::State, (later, more): Self::State) {
        N::merge(sum, later);
        *count += more;
    }
    fn finish(&self, (sum, count): Self::State) -> f64 {
        N::mean(sum, count)
    }
    fn parts(&self) -> Parts {
        Parts::of_numbers::<N::Sum>()
    }
}
