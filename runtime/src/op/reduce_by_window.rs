//! `reduce_by_window`, without and with an inverse, and `count_by_window`: one record a window.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use super::open;
use crate::BoxError;
use crate::batch::Rows;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{GroupState, Schema, StateData, Store};
use crate::window::{Invertible, Sliding, Window};

/// Without an inverse.
pub(crate) struct ReduceByWindow<T, C> {
    pub(crate) window: Arc<Window>,
    pub(crate) combine: C,
    /// Nothing is combined before the exchange.
    pub(crate) exact: bool,
    pub(crate) records: PhantomData<fn(T)>,
}

/// What the tasks of a tick found, or, where that is to be exact, all its records in order.
fn reduced<T: 'static>(inputs: Vec<Vec<Bucket>>, exact: bool, combine: impl Fn(T, T) -> T) -> Option<T> {
    let buckets = inputs.into_iter().flatten();
    if exact {
        buckets.flat_map(open::<Vec<T>>).reduce(combine)
    } else {
        buckets.filter_map(open::<Option<T>>).reduce(combine)
    }
}

impl<T: StateData, C: Fn(T, T) -> T + Send + Sync> HeadOperator for ReduceByWindow<T, C> {
    fn emits(&self, cx: &TaskContext) -> bool {
        self.window.due(cx).is_some()
    }

    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let held = store.group::<Sliding<T>>(0);
        if let Some(value) = reduced(inputs, self.exact, &self.combine) {
            held.add(self.window.slides().pane_of(cx.tick.time), value, &self.combine);
        }
        let window = self.window.due(cx).and_then(|span| held.slide(span, &self.combine));
        Ok(Box::new(Rows::<T>::new(Vec::from_iter(window))))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<Sliding<T>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(<Sliding<T> as crate::state::Kept>::schema())
    }
}

/// With an inverse.
pub(crate) struct ReduceByWindowWithInverse<T, C, I> {
    pub(crate) window: Arc<Window>,
    pub(crate) combine: C,
    pub(crate) inverse: I,
    /// Nothing is combined before the exchange.
    pub(crate) exact: bool,
    pub(crate) records: PhantomData<fn(T)>,
}

impl<T, C, I> HeadOperator for ReduceByWindowWithInverse<T, C, I>
where
    T: StateData,
    C: Fn(T, T) -> T + Send + Sync,
    I: Fn(T, T) -> T + Send + Sync,
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
        let held = store.group::<Invertible<T>>(0);
        if let Some(value) = reduced(inputs, self.exact, &self.combine) {
            held.add(self.window.slides().pane_of(cx.tick.time), value, &self.combine);
        }
        let window = self.window.due(cx);
        let window = window.and_then(|span| held.slide(span, &self.combine, &self.inverse).cloned());
        Ok(Box::new(Rows::<T>::new(Vec::from_iter(window))))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<Invertible<T>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(<Invertible<T> as crate::state::Kept>::schema())
    }
}

/// `count_by_window`: also where there is nothing.
pub(crate) struct CountByWindow {
    pub(crate) window: Arc<Window>,
}

impl HeadOperator for CountByWindow {
    fn emits(&self, cx: &TaskContext) -> bool {
        self.window.due(cx).is_some()
    }

    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let (plus, minus) = (|a: u64, b: u64| a + b, |a: u64, b: u64| a - b);
        let held = store.group::<Invertible<u64>>(0);
        let count: u64 = inputs.into_iter().flatten().map(open::<u64>).sum();
        if count > 0 {
            held.add(self.window.slides().pane_of(cx.tick.time), count, &plus);
        }
        let count = self.window.due(cx).map(|span| held.slide(span, &plus, &minus).copied().unwrap_or(0));
        Ok(Box::new(Rows::new(Vec::from_iter(count))))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<Invertible<u64>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(<Invertible<u64> as crate::state::Kept>::schema())
    }
}
