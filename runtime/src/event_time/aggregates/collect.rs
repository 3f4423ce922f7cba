//! `collect()`

use crate::event_time::{Aggregate, Parts};
use crate::state::StateData;

/// All records, in the order in which they came; of windows that overlap, and of sessions that became one, those of the earlier
/// part first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Collect;

impl<V: StateData> Aggregate<V> for Collect {
    type State = Vec<V>;
    type Out = Vec<V>;

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
    fn finish(&self, state: Vec<V>) -> Vec<V> {
        state
    }
    fn parts(&self) -> Parts {
        Parts::None
    }
}
