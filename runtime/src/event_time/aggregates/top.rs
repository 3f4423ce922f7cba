//! `top(n)` and `top(n, f)`

use std::marker::PhantomData;

use crate::event_time::{Aggregate, Parts};
use crate::state::StateData;

/// The largest records, largest first; of equal ones those that came first.
#[derive(Clone, Copy, Debug)]
pub struct Top {
    pub(super) length: usize,
}

/// Keeps a list sorted, largest first, and within its length. `make` is only called where there is room.
fn insert<T>(list: &mut Vec<T>, length: usize, is_before: impl Fn(&T) -> bool, make: impl FnOnce() -> T) {
    let at = list.partition_point(is_before);
    if at < length {
        list.truncate(length - 1);
        list.insert(at, make());
    }
}

impl<V: StateData + Ord> Aggregate<V> for Top {
    type State = Vec<V>;
    type Out = Vec<V>;

    fn start(&self) -> Vec<V> {
        Vec::new()
    }
    fn add(&self, state: &mut Vec<V>, record: &V) {
        insert(state, self.length, |other| other >= record, || record.clone());
    }
    fn merge(&self, state: &mut Vec<V>, later: Vec<V>) {
        later.iter().for_each(|record| self.add(state, record));
    }
    fn finish(&self, state: Vec<V>) -> Vec<V> {
        state
    }
    fn parts(&self) -> Parts {
        // Records are only kept, and what is compared has an order.
        Parts::InOrder
    }
}

/// The records of which a function makes the largest, largest first; of equal ones those that came first.
#[derive(Clone, Copy, Debug)]
pub struct TopBy<F, M> {
    pub(super) length: usize,
    pub(super) function: F,
    pub(super) by: PhantomData<fn() -> M>,
}

impl<V, M, F> Aggregate<V> for TopBy<F, M>
where
    V: StateData,
    M: StateData + Ord,
    F: Fn(&V) -> M + Send + Sync,
{
    type State = Vec<(M, V)>;
    type Out = Vec<V>;

    fn start(&self) -> Vec<(M, V)> {
        Vec::new()
    }
    fn add(&self, state: &mut Vec<(M, V)>, record: &V) {
        let by = (self.function)(record);
        let at = state.partition_point(|(other, _)| *other >= by);
        if at < self.length {
            state.truncate(self.length - 1);
            state.insert(at, (by, record.clone()));
        }
    }
    fn merge(&self, state: &mut Vec<(M, V)>, later: Vec<(M, V)>) {
        for (by, record) in later {
            let at = state.partition_point(|(other, _)| *other >= by);
            if at < self.length {
                state.truncate(self.length - 1);
                state.insert(at, (by, record));
            }
        }
    }
    fn finish(&self, state: Vec<(M, V)>) -> Vec<V> {
        state.into_iter().map(|(_, record)| record).collect()
    }
    fn parts(&self) -> Parts {
        // Records are only kept, and what is compared has an order.
        Parts::InOrder
    }
}
