//! `reduce(f)`

use crate::event_time::Aggregate;
use crate::state::StateData;

/// All records, reduced to one by a function that is associative.
#[derive(Clone, Copy, Debug)]
pub struct Reduce<F> {
    pub(super) function: F,
}

impl<V, F> Aggregate<V> for Reduce<F>
where
    V: StateData,
    F: Fn(V, V) -> V + Send + Sync,
{
    type State = Option<V>;
    type Out = V;

    fn start(&self) -> Option<V> {
        None
    }
    fn add(&self, state: &mut Option<V>, record: &V) {
        self.put(state, record.clone());
    }
    fn put(&self, state: &mut Option<V>, record: V) {
        *state = Some(match state.take() {
            Some(before) => (self.function)(before, record),
            None => record,
        });
    }
    fn merge(&self, state: &mut Option<V>, later: Option<V>) {
        later.into_iter().for_each(|later| self.put(state, later));
    }
    fn finish(&self, state: Option<V>) -> V {
        state.expect("a window has a record")
    }
}
