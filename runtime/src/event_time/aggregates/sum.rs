//! `sum(f)`

use std::marker::PhantomData;
use std::ops::Add;

use crate::event_time::{Aggregate, Parts};
use crate::state::StateData;

/// The sum of what a function makes of each record. Floats are added in the order of the records.
#[derive(Clone, Copy, Debug)]
pub struct Sum<F, N> {
    pub(super) function: F,
    pub(super) number: PhantomData<fn() -> N>,
}

impl<V, N, F> Aggregate<V> for Sum<F, N>
where
    N: StateData + Default + Add<Output = N>,
    F: Fn(&V) -> N + Send + Sync,
{
    type State = N;
    type Out = N;

    fn start(&self) -> N {
        N::default()
    }
    fn add(&self, state: &mut N, record: &V) {
        *state = std::mem::take(state) + (self.function)(record);
    }
    fn merge(&self, state: &mut N, later: N) {
        *state = std::mem::take(state) + later;
    }
    fn finish(&self, state: N) -> N {
        state
    }
    fn parts(&self) -> Parts {
        Parts::of_numbers::<N>()
    }
}
