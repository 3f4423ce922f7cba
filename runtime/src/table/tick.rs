//! The refreshed tables of the tick that a thread works for.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

use super::Refreshes;

/// A table, loaded. Only those who have loaded it know its type.
pub(crate) type Loaded = Arc<dyn Any + Send + Sync>;

/// Each refreshed table of a pipeline, as a tick has it.
#[derive(Clone, Default)]
pub(crate) struct OfTick(Vec<(Arc<dyn Refreshes>, Loaded)>);

impl OfTick {
    pub fn add(&mut self, table: &Arc<dyn Refreshes>, loaded: Loaded) {
        self.0.push((Arc::clone(table), loaded));
    }

    fn get(&self, table: *const ()) -> Option<Loaded> {
        let is_it = |known: &Arc<dyn Refreshes>| Arc::as_ptr(known).cast::<()>() == table;
        self.0.iter().find(|(known, _)| is_it(known)).map(|(_, loaded)| Arc::clone(loaded))
    }
}

thread_local! {
    static TABLES: RefCell<Option<Arc<OfTick>>> = const { RefCell::new(None) };
}

/// Puts back what was there before, also while it unwinds.
struct Before(Option<Arc<OfTick>>);

impl Drop for Before {
    fn drop(&mut self) {
        TABLES.set(self.0.take());
    }
}

/// Calls `f`, in which these are the tables.
pub(crate) fn during<R>(tables: Option<Arc<OfTick>>, f: impl FnOnce() -> R) -> R {
    let _before = Before(TABLES.replace(tables));
    f()
}

/// As the tick at hand has it.
pub(super) fn table(of: *const ()) -> Option<Loaded> {
    TABLES.with_borrow(|tables| tables.as_ref()?.get(of))
}
