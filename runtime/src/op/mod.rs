//! Operators behind an exchange: their merging halves, and the outputs on the driver. One file each.

pub(crate) mod aggregate;
pub(crate) mod ahead;
mod arrivals;
pub(crate) mod blocks;
pub(crate) mod chunks;
pub(crate) mod cogroup;
pub(crate) mod count;
pub(crate) mod distinct;
pub(crate) mod drop_duplicates;
pub(crate) mod fold;
pub(crate) mod fold_by_key;
pub(crate) mod for_each;
pub(crate) mod for_each_batch;
pub(crate) mod for_each_partition;
pub(crate) mod gather;
pub(crate) mod group_by_key;
pub(crate) mod group_by_key_and_window;
mod index;
pub(crate) mod join;
pub(crate) mod join_table;
pub(crate) mod map_async;
pub(crate) mod map_partitions;
pub(crate) mod map_with_state;
pub(crate) mod map_with_state_by_event_time;
pub(crate) mod reduce;
pub(crate) mod reduce_by_key;
pub(crate) mod reduce_by_key_and_window;
pub(crate) mod reduce_by_window;
pub(crate) mod running_fold;
pub(crate) mod running_reduce;
pub(crate) mod semi_join;
pub(crate) mod sink;
pub(crate) mod sort_by_key;
pub(crate) mod top;
pub(crate) mod transform;
pub(crate) mod transform_with;
pub(crate) mod union;
pub(crate) mod update_state_by_key;
pub(crate) mod window;
mod windowed;

use std::any::Any;

use crate::exchange::KeyTable;
use crate::key::Key;
use crate::pipeline::Bucket;

/// Opens a bucket. Both ends of an exchange are made by one call of the builder, so the type is known.
pub(crate) fn open<T: Any>(bucket: Bucket) -> T {
    *bucket.downcast::<T>().expect("the two ends of an exchange are built together")
}

/// The records of all buckets of one input, in order. The first bucket is not copied.
pub(crate) fn all<T: Any>(buckets: Vec<Bucket>) -> Vec<T> {
    let mut buckets = buckets.into_iter().map(open::<Vec<T>>);
    let mut records = buckets.next().unwrap_or_default();
    for more in buckets {
        records.extend(more);
    }
    records
}

/// The tables of all tasks as one. The first is not copied.
pub(crate) fn merged<K, A>(inputs: Vec<Vec<Bucket>>, combine: impl Fn(A, A) -> A) -> KeyTable<K, A>
where
    K: Key + Any,
    A: Any,
{
    let mut tables = inputs.into_iter().flatten().map(open::<KeyTable<K, A>>);
    let mut merged = tables.next().unwrap_or_default();
    for table in tables {
        merged.merge(table, &combine);
    }
    merged
}
