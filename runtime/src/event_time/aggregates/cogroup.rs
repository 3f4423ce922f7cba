//! The records of two streams, side by side.

use std::marker::PhantomData;

use super::super::{Aggregate, Parts};
use crate::fused::Two;
use crate::state::StateData;

/// All records of each side, in the order in which they came.
pub(crate) struct Cogrouped<V, W>(PhantomData<fn(V, W)>);

impl<V, W> Cogrouped<V, W> {
    pub(crate) fn new() -> Self {
        Cogrouped(PhantomData)
    }
}

impl<V: StateData, W: StateData> Aggregate<Two<V, W>> for Cogrouped<V, W> {
    type State = (Vec<V>, Vec<W>);
    type Out = (Vec<V>, Vec<W>);

    fn start(&self) -> Self::State {
        (Vec::new(), Vec::new())
    }

    fn add(&self, state: &mut Self::State, record: &Two<V, W>) {
        self.put(state, record.clone());
    }

    fn put(&self, state: &mut Self::State, record: Two<V, W>) {
        match record {
            Two::First(left) => state.0.push(left),
            Two::Second(right) => state.1.push(right),
        }
    }

    fn merge(&self, state: &mut Self::State, mut later: Self::State) {
        state.0.append(&mut later.0);
        state.1.append(&mut later.1);
    }

    fn finish(&self, state: Self::State) -> Self::Out {
        state
    }
    fn parts(&self) -> Parts {
        Parts::None
    }
}
