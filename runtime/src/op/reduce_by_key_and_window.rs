//! `reduce_by_key_and_window`, without and with an inverse, and `count_by_value_and_window`.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use super::open;
use super::windowed::{self, Hold};
use crate::BoxError;
use crate::batch::Rows;
use crate::exchange::{KeyTable, group_of};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{GroupState, KeyStates, StateData, StateKey, Store};
use crate::window::{Invertible, Sliding, Span, Window};

/// On what the tasks of a tick have combined.
pub(crate) struct ReduceByKeyAndWindow<K, H> {
    pub(crate) window: Arc<Window>,
    pub(crate) hold: H,
    pub(crate) keys: PhantomData<fn(K)>,
}

/// A function of two values.
pub(crate) trait Combine<V>: Send + Sync {
    fn combine(&self, a: V, b: V) -> V;
}

impl<K: StateKey, V: StateData, H: Hold<K, Value = V, Out = V> + Combine<V>> HeadOperator
    for ReduceByKeyAndWindow<K, H>
{
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
        let mut tables = inputs.into_iter().flatten().map(open::<KeyTable<K, V>>);
        let mut merged = tables.next().unwrap_or_default();
        for table in tables {
            merged.merge(table, |a, b| self.hold.combine(a, b));
        }
        for (hash, slot, value) in merged.into_entries() {
            let states = store.group::<KeyStates<K, H::Held>>(group_of(hash));
            windowed::add(&self.hold, states, pane, (hash, slot), value);
        }
        Ok(Box::new(Rows::new(windowed::emitted(&self.hold, &self.window, cx, store))))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<KeyStates<K, H::Held>>(pieces)
    }
}

/// Without an inverse.
pub(crate) struct Plain<V, C> {
    pub(crate) combine: C,
    pub(crate) values: PhantomData<fn(V)>,
}

impl<V, C: Fn(V, V) -> V + Send + Sync> Combine<V> for Plain<V, C> {
    fn combine(&self, a: V, b: V) -> V {
        (self.combine)(a, b)
    }
}

impl<K, V: StateData, C: Fn(V, V) -> V + Send + Sync> Hold<K> for Plain<V, C> {
    type Value = V;
    type Held = Sliding<V>;
    type Out = V;

    #[inline]
    fn add(&self, held: &mut Sliding<V>, pane: i64, value: V) {
        held.add(pane, value, &self.combine);
    }

    #[inline]
    fn slide(&self, held: &mut Sliding<V>, span: Span, key: impl Fn() -> K) -> Option<(K, V)> {
        held.slide(span, &self.combine).map(|value| (key(), value))
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

impl<V, C: Fn(V, V) -> V + Send + Sync, I: Send + Sync, P: Send + Sync> Combine<V>
    for WithInverse<V, C, I, P>
{
    fn combine(&self, a: V, b: V) -> V {
        (self.combine)(a, b)
    }
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

    fn is_gone(&self, held: &Invertible<V>, emitted: bool) -> bool {
        held.is_over() && !emitted
    }
}
