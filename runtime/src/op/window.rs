//! `window`: the records of a window, as they are.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::{Arc, MutexGuard, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::all;
use crate::BoxError;
use crate::batch::Batch;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{GroupState, Schema, StateData, Store};
use crate::sync::Mutex;
use crate::window::{Kept, Window};

pub(crate) struct Records<T> {
    pub(crate) window: Arc<Window>,
    pub(crate) records: PhantomData<fn(T)>,
}

/// The records that are kept. The stage behind reads them where they lie, and a record is cloned when it is read: they are
/// never there twice. The lock is taken once a tick.
struct Shared<T>(Arc<Mutex<Kept<T>>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Shared(Arc::default())
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Kept<T>> {
        // Only a record's `clone` can have panicked, which leaves them whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.lock().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shared<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Kept::deserialize(deserializer).map(|kept| Shared(Arc::new(Mutex::new(kept))))
    }
}

impl<T: StateData> HeadOperator for Records<T> {
    fn emits(&self, cx: &TaskContext) -> bool {
        self.window.due(cx).is_some()
    }

    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let shared = store.group::<Shared<T>>(0);
        let mut kept = shared.lock();
        kept.extend(
            self.window.slides().pane_of(cx.tick.time),
            all::<T>(inputs.into_iter().flatten().collect()),
        );
        let count = self.window.due(cx).map_or(0, |span| kept.slide(span));
        drop(kept);
        Ok(Box::new(Windowed { shared: Shared(Arc::clone(&shared.0)), count }))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<Shared<T>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(<Shared<T> as crate::state::Kept>::schema())
    }
}

/// The first records of those that are kept.
pub struct Windowed<T> {
    shared: Shared<T>,
    count: usize,
}

impl<T: StateData> Batch for Windowed<T> {
    type Item<'a> = T;
    type Iter<'a> = Items<'a, T>;

    fn items(&mut self) -> Items<'_, T> {
        Items { kept: self.shared.lock(), next: 0, count: self.count }
    }
}

/// The pass over a [`Windowed`].
pub struct Items<'a, T> {
    kept: MutexGuard<'a, Kept<T>>,
    next: usize,
    count: usize,
}

impl<T: Clone> Iterator for Items<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        if self.next == self.count {
            return None;
        }
        self.next += 1;
        self.kept.values().get(self.next - 1).cloned()
    }
}
