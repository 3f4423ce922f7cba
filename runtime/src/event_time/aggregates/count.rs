//! `count()`

use crate::event_time::{Aggregate, Parts};

/// How many records.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count;

impl<V> Aggregate<V> for Count {
    type State = u64;
    type Out = u64;

    fn start(&self) -> u64 {
        0
    }
    fn add(&self, state: &mut u64, _: &V) {
        *state += 1;
    }
    fn merge(&self, state: &mut u64, later: u64) {
        *state += later;
    }
    fn finish(&self, state: u64) -> u64 {
        state
    }
    fn parts(&self) -> Parts {
        Parts::InAnyOrder
    }
}
