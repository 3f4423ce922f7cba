//! A table that is loaded again between ticks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::tick::{self, Loaded};
use super::{AsTable, Table};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::key::Key;

/// A table that the engine loads again between ticks; made by [`refreshed_table`].
pub struct RefreshedTable<K: Key, V> {
    loader: Arc<Loader<K, V>>,
}

type Newest = dyn Fn(Timestamp) -> Result<u64, BoxError> + Send + Sync;
type Load<K, V> = dyn Fn(u64) -> Result<Table<K, V>, BoxError> + Send + Sync;

struct Loader<K: Key, V> {
    every: Duration,
    newest: Box<Newest>,
    load: Box<Load<K, V>>,
}

/// What an engine does with a refreshed table.
#[doc(hidden)]
pub trait Refreshes: Send + Sync {
    fn every(&self) -> Duration;
    fn newest(&self, at: Timestamp) -> Result<u64, BoxError>;
    fn load(&self, version: u64) -> Result<Arc<dyn std::any::Any + Send + Sync>, BoxError>;
}

impl<K, V> Refreshes for Loader<K, V>
where
    K: Key<Slot: Send + Sync> + 'static,
    V: Send + Sync + 'static,
{
    fn every(&self) -> Duration {
        self.every
    }

    fn newest(&self, at: Timestamp) -> Result<u64, BoxError> {
        (self.newest)(at)
    }

    fn load(&self, version: u64) -> Result<Loaded, BoxError> {
        Ok(Arc::new((self.load)(version)?))
    }
}

/// A table that is loaded again between ticks, for data that changes while the pipeline runs: prices of the hour, a list of who
/// is blocked.
///
/// It is an operand of [`join_table`](crate::dsl::Stream::join_table) and
/// [`left_outer_join_table`](crate::dsl::Stream::left_outer_join_table), as a [`Table`] is. Batch time is cut into stretches of
/// `every`; at the first tick of each, `newest` is asked for the version that is to be used from then on, with the beginning
/// of the stretch, and if it is another one, `load` makes the table of it. (With `Duration::ZERO` every tick asks.) A tick
/// has one version of a table, in all its tasks and all joins with it.
///
/// **After a restart.** The version is in the tick's plan, and so in its log, under the name of the (first) join with the
/// table: `orders/join_table`. A tick that runs again uses the version that it
/// used before: `load` is asked for that one, so versions must be kept for as long as a tick may run again, which is until a
/// checkpoint behind it. One that is gone stops the pipeline, with an error that names it. Ticks that are planned anew ask
/// `newest`.
///
/// **When it fails.** The first load must succeed, else the pipeline stops. If a later one fails, or `newest` does, that is
/// warned of, and the version before stays until the next stretch.
///
/// **Cost.** Both closures run on the driver, between ticks, and a tick waits for them. In memory there is the newest
/// version, and an older one until the last tick that uses it is done. A look-up costs what it costs in a [`Table`].
///
/// ```
/// use millstream::prelude::*;
/// use millstream::refreshed_table;
///
/// // A version an hour; a program would read a file, or ask a database, of that hour.
/// let hour = |at: Timestamp| Ok::<u64, std::io::Error>(at.millis() as u64 / 3_600_000);
/// let load = |hour: u64| Ok::<_, std::io::Error>(Table::from_iter([("pear", 3 + hour), ("fig", 9)]));
/// let prices = refreshed_table(minutes(60), hour, load);
///
/// let out = MemorySink::new();
/// let sink = out.clone();
/// let pipeline = stream! {
///     let orders = source(queue([vec![("pear", 2)], vec![("pear", 5), ("fig", 1)]]));
///     orders.join_table(&prices).sink(sink);
/// };
/// Engine::test().batch_interval(minutes(60)).run(pipeline)?;
/// out.assert_batches([vec![("pear", (2, 4))], vec![("pear", (5, 5)), ("fig", (1, 9))]]);
/// # Ok::<(), millstream::Error>(())
/// ```
pub fn refreshed_table<K, V, E, F>(
    every: Duration,
    newest: impl Fn(Timestamp) -> Result<u64, E> + Send + Sync + 'static,
    load: impl Fn(u64) -> Result<Table<K, V>, F> + Send + Sync + 'static,
) -> RefreshedTable<K, V>
where
    K: Key<Slot: Send + Sync> + 'static,
    V: Send + Sync + 'static,
    E: Into<BoxError>,
    F: Into<BoxError>,
{
    let newest = Box::new(move |at| newest(at).map_err(Into::into));
    let load = Box::new(move |version| load(version).map_err(Into::into));
    RefreshedTable { loader: Arc::new(Loader { every, newest, load }) }
}

impl<K, V> AsTable for RefreshedTable<K, V>
where
    K: Key<Slot: Send + Sync> + 'static,
    V: Send + Sync + 'static,
{
    type Key = K;
    type Value = V;
    type Now<'t> = Arc<Table<K, V>>;
    type Itself = Self;

    fn itself(self) -> Self {
        self
    }

    fn now(&self) -> Arc<Table<K, V>> {
        let table = tick::table(Arc::as_ptr(&self.loader).cast());
        let table = table.and_then(|table| table.downcast().ok());
        table.expect("an engine has the tables of a tick ready before its tasks run")
    }

    fn refreshes(&self) -> Option<Arc<dyn Refreshes>> {
        Some(Arc::clone(&self.loader) as Arc<dyn Refreshes>)
    }
}

impl<K: Key, V> Clone for RefreshedTable<K, V> {
    fn clone(&self) -> Self {
        RefreshedTable { loader: Arc::clone(&self.loader) }
    }
}

impl<K: Key, V> fmt::Debug for RefreshedTable<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshedTable").field("every", &self.loader.every).finish_non_exhaustive()
    }
}
