//! `group_by_key_and_window`: the keys of a window, each with all its values.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use super::windowed::{self, Hold};
use crate::BoxError;
use crate::batch::Rows;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{GroupState, KeyStates, Schema, StateData, StateKey, Store};
use crate::window::{Kept, Span, Window};

pub(crate) struct GroupByKeyAndWindow<K, V> {
    pub(crate) window: Arc<Window>,
    pub(crate) pairs: PhantomData<fn(K, V)>,
}

/// All values.
struct Lists<V>(PhantomData<fn(V)>);

impl<K, V: StateData> Hold<K> for Lists<V> {
    type Value = V;
    type Held = Kept<V>;
    type Out = Vec<V>;

    fn held(&self, _hash: u64) -> Kept<V> {
        Kept::default()
    }

    #[inline]
    fn add(&self, held: &mut Kept<V>, pane: i64, value: V) {
        held.add(pane, value);
    }

    fn slide(&self, held: &mut Kept<V>, span: Span, key: impl Fn() -> K) -> Option<(K, Vec<V>)> {
        let count = held.slide(span);
        (count > 0).then(|| (key(), held.values().iter().take(count).cloned().collect()))
    }

    fn is_gone(&self, held: &Kept<V>, _emitted: bool) -> bool {
        held.is_empty()
    }
}

impl<K: StateKey, V: StateData> HeadOperator for GroupByKeyAndWindow<K, V> {
    fn emits(&self, cx: &TaskContext) -> bool {
        self.window.due(cx).is_some()
    }

    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let lists = Lists::<V>(PhantomData);
        windowed::gather::<K, _>(&lists, &self.window, cx, store, inputs);
        Ok(Box::new(Rows::<(K, Vec<V>)>::new(windowed::emitted(&lists, &self.window, cx, store))))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<KeyStates<K, Kept<V>>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(<KeyStates<K, Kept<V>> as crate::state::Kept>::schema())
    }
}
