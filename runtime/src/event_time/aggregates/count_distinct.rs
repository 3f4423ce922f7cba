//! `count_distinct(f)`

use std::collections::BTreeSet;
use std::marker::PhantomData;

use crate::event_time::{Aggregate, Parts};
use crate::state::StateData;

/// How many different values a function makes of the records. It keeps each of them, sorted: a state that is written twice is written
/// alike.
#[derive(Clone, Copy, Debug)]
pub struct CountDistinct<F, M> {
    pub(super) function: F,
    pub(super) value: PhantomData<fn() -> M>,
}

impl<V, M, F> Aggregate<V> for CountDistinct<F, M>
where
    M: StateData + Ord,
    F: Fn(&V) -> M + Send + Sync,
{
    type State = BTreeSet<M>;
    type Out = u64;

    fn start(&self) -> BTreeSet<M> {
        BTreeSet::new()
    }
    fn add(&self, state: &mut BTreeSet<M>, record: &V) {
        state.insert((self.function)(record));
    }
    fn merge(&self, state: &mut BTreeSet<M>, mut later: BTreeSet<M>) {
        state.append(&mut later);
    }
    fn finish(&self, state: BTreeSet<M>) -> u64 {
        state.len() as u64
    }
    fn parts(&self) -> Parts {
        Parts::InAnyOrder
    }
}

#[cfg(test)]
mod tests {
    use super::super::Of;
    use crate::event_time::Aggregate;

    #[test]
    fn a_value_of_two_parts_counts_once() {
        let distinct = Of::records().count_distinct(|n: &u8| n % 4);
        let (mut all, mut later) = (distinct.start(), distinct.start());
        [1, 5, 2].iter().for_each(|n| distinct.add(&mut all, n));
        [6, 3, 3].iter().for_each(|n| distinct.add(&mut later, n));
        distinct.merge(&mut all, later);
        assert_eq!(distinct.finish(all), 3);
    }
}
