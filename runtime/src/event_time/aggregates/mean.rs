//! `mean(f)`

use std::marker::PhantomData;

use crate::event_time::Aggregate;

/// A number that a mean can be taken of.
pub trait Number: Copy {
    fn to_f64(self) -> f64;
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Number for $number {
            #[allow(clippy::cast_lossless, clippy::cast_precision_loss, reason = "a mean is a float")]
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )+};
}

numbers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, f32, f64);

/// The arithmetic mean of what a function makes of each record. Floats are added in the order of the records.
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
    type State = (f64, u64);
    type Out = f64;

    fn start(&self) -> (f64, u64) {
        (0.0, 0)
    }
    fn add(&self, (sum, count): &mut (f64, u64), record: &V) {
        *sum += (self.function)(record).to_f64();
        *count += 1;
    }
    fn merge(&self, (sum, count): &mut (f64, u64), (later, more): (f64, u64)) {
        *sum += later;
        *count += more;
    }
    fn finish(&self, (sum, count): (f64, u64)) -> f64 {
        sum / count.to_f64()
    }
}
