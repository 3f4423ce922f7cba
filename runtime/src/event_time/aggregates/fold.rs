//! `fold(init, f)`

use crate::event_time::{Aggregate, Parts};
use crate::state::StateData;

/// A fold over windows whose states never meet: it keeps what was folded.
#[derive(Clone, Copy, Debug)]
pub struct Fold<A, F> {
    pub(super) init: A,
    pub(super) function: F,
}

impl<V, A, F> Aggregate<V> for Fold<A, F>
where
    V: Clone,
    A: StateData + Sync,
    F: Fn(A, V) -> A + Send + Sync,
{
    /// `None` only while the function runs.
    type State = Option<A>;
    type Out = A;

    fn start(&self) -> Option<A> {
        Some(self.init.clone())
    }
    fn add(&self, state: &mut Option<A>, record: &V) {
        self.put(state, record.clone());
    }
    fn put(&self, state: &mut Option<A>, record: V) {
        *state = state.take().map(|before| (self.function)(before, record));
    }
    fn merge(&self, _: &mut Option<A>, _: Option<A>) {
        unreachable!("a fold over windows that overlap or grow keeps their records");
    }
    fn finish(&self, state: Option<A>) -> A {
        state.expect("it is there but while the function runs")
    }
    fn parts(&self) -> Parts {
        Parts::None
    }
}

/// A fold over windows that overlap or grow into one: nothing tells how two folds become one, so it keeps the records.
#[derive(Clone, Copy, Debug)]
pub struct FoldAll<A, F> {
    pub(super) init: A,
    pub(super) function: F,
}

impl<V, A, F> Aggregate<V> for FoldAll<A, F>
where
    V: StateData,
    A: StateData + Sync,
    F: Fn(A, V) -> A + Send + Sync,
{
    type State = Vec<V>;
    type Out = A;

    fn start(&self) -> Vec<V> {
        Vec::new()
    }
    fn add(&self, state: &mut Vec<V>, record: &V) {
        state.push(record.clone());
    }
    fn put(&self, state: &mut Vec<V>, record: V) {
        state.push(record);
    }
    fn merge(&self, state: &mut Vec<V>, mut later: Vec<V>) {
        state.append(&mut later);
    }
    fn finish(&self, state: Vec<V>) -> A {
        state.into_iter().fold(self.init.clone(), &self.function)
    }
    fn parts(&self) -> Parts {
        Parts::None
    }
}
