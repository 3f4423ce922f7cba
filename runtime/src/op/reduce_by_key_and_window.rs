//! `reduce_by_key_and_window`, without and with an inverse, and `count_by_value_and_window`.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use super::open;
use super::windowed::{self, Hold};
use crate::BoxError;
use crate::batch::Rows;
use crate::exchange::{KeyTable, group_of, in_order};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{GroupState, KeyStates, Schema, StateData, StateKey, Store};
use crate::window::{Invertible, Sliding, Span, Window};

/// On what the tasks of a tick have combined.
pub(crate) struct ReduceByKeyAndWindow<K, H> {
    pub(crate) window: Arc<Window>,
    pub(crate) hold: H,
    pub(crate) keys: PhantomData<fn(K)>,
}

impl<K: StateKey, V: StateData, H: Hold<K, Value = V, Out = V>> HeadOperator for ReduceByKeyAndWindow<K, H> {
    fn emits(&self, cx: &TaskContext) -> bool {
        self.window.due(cx).is_some()
    }

    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let pane = self.window.slides().pane_of(cx.tick.time);
        // Known keys take their values in any order of keys; only where new ones are put has to be the same each time.
        let mut new: Vec<(u64, K::Slot, V)> = Vec::new();
        for table in inputs.into_iter().flatten().map(open::<KeyTable<K, V>>) {
            for (hash, slot, value) in table.into_any_order() {
                let states = store.group::<KeyStates<K, H::Held>>(group_of(hash));
                match states.find(hash, &slot) {
                    Some(at) => self.hold.add(states.pair(at).1, pane, value),
                    None => new.push((hash, slot, value)),
                }
            }
        }
        // A key of several tasks keeps their order.
        in_order::<K, V>(&mut new);
        for (hash, slot, value) in new {
            let states = store.group::<KeyStates<K, H::Held>>(group_of(hash));
            windowed::add(&self.hold, states, pane, (hash, slot), value);
        }
        Ok(Box::new(Rows::new(windowed::emitted(&self.hold, &self.window, cx, store))))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<KeyStates<K, H::Held>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(<KeyStates<K, H::Held> as crate::state::Kept>::schema())
    }
}

/// As [`ReduceByKeyAndWindow`], on all pairs in their order.
pub(crate) struct InOrder<K, H>(pub(crate) ReduceByKeyAndWindow<K, H>);

impl<K: StateKey, V: StateData, H: Hold<K, Value = V, Out = V>> HeadOperator for InOrder<K, H> {
    fn emits(&self, cx: &TaskContext) -> bool {
        self.0.emits(cx)
    }

    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let ReduceByKeyAndWindow { window, hold, .. } = &self.0;
        windowed::gather(hold, window, cx, store, inputs);
        Ok(Box::new(Rows::new(windowed::emitted(hold, window, cx, store))))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        self.0.restore(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        self.0.schema()
    }
}

/// Without an inverse.
pub(crate) struct Plain<V, C> {
    pub(crate) combine: C,
    pub(crate) values: PhantomData<fn(V)>,
}

impl<K, V: StateData, C: Fn(V, V) -> V + Send + Sync> Hold<K> for Plain<V, C> {
    type Value = V;
    type Held = Sliding<V>;
    type Out = V;

    fn held(&self, hash: u64) -> Sliding<V> {
        Sliding::of_group(group_of(hash))
    }

    #[inline]
    fn add(&self, held: &mut Sliding<V>, pane: i64, value: V) {
        held.add(pane, value, &self.combine);
    }

    #[inline]
    fn slide(&self, held: &mut Sliding<V>, span: Span, key: impl Fn() -> K) -> Option<(K, V)> {
        held.slide(span, &self.combine).map(|value| (key(), value))
    }

    fn warm(&self, held: &Sliding<V>) {
        held.warm();
    }

    fn is_gone(&self, held: &Sliding<V>, _emitted: bool) -> bool {
        held.is_empty()
    }
}

/// With an inverse, and perhaps with a filter, which says what is emitted and, once it has no values, known.
pub(crate) struct WithInverse<V, C, I, P> {
    pub(crate) combine: C,
    pub(crate) inverse: I,
    pub(crate) keep: P,
    pub(crate) values: PhantomData<fn(V)>,
}

impl<K, V, C, I, P> Hold<K> for WithInverse<V, C, I, P>
where
    V: StateData,
    C: Fn(V, V) -> V + Send + Sync,
    I: Fn(V, V) -> V + Send + Sync,
    P: Fn(&K, &V) -> bool + Send + Sync,
{
    type Value = V;
    type Held = Invertible<V>;
    type Out = V;

    fn held(&self, hash: u64) -> Invertible<V> {
        Invertible::of_group(group_of(hash))
    }

    #[inline]
    fn add(&self, held: &mut Invertible<V>, pane: i64, value: V) {
        held.add(pane, value, &self.combine);
    }

    #[inline]
    fn slide(&self, held: &mut Invertible<V>, span: Span, key: impl Fn() -> K) -> Option<(K, V)> {
        let total = held.slide(span, &self.combine, &self.inverse)?;
        let key = key();
        (self.keep)(&key, total).then(|| (key, total.clone()))
    }

    fn warm(&self, held: &Invertible<V>) {
        held.warm();
    }

    fn is_gone(&self, held: &Invertible<V>, emitted: bool) -> bool {
        held.is_over() && !emitted
    }
}
