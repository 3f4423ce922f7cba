//! Bodies that never return, under strict lints; the pipelines are built, and not run.

use millstream::prelude::{Pipeline, State, queue, secs, stream};

/// Of records.
#[allow(clippy::todo, reason = "a pipeline is often begun like this")]
pub(super) fn records() -> Pipeline<'static> {
    stream! {
        let n = source(queue([vec![1_u64]]));
        n.map(|n| if n > 0 { todo!() } else { n }).for_each(|_| todo!());
        n.filter(|_| todo!()).for_each_batch(|_, _| todo!());
        n.filter_map(|_| -> Option<u64> { todo!() }).inspect(|_| todo!()).print(0);
        n.flat_map(|_| -> Vec<u64> { todo!() }).print(0);
        n.map(|_| -> (u8, u8) { todo!() }).map_values(|_| -> u8 { todo!() }).reduce_by_key(|_, _| todo!()).print(0);
        n.key_by(|_| -> u8 { todo!() }).print(0);
        n.reduce(|_, _| todo!()).fold(0_u64, |_, _| todo!()).aggregate(0_u64, |_, _| todo!(), |_, _| todo!()).print(0);
        n.top(1, |_| -> u8 { todo!() }).map_partitions(|_| -> Vec<u64> { todo!() }).print(0);
        n.transform(|_, _| -> Vec<u64> { todo!() }).transform_with(n, |_, _, _| -> Vec<u8> { todo!() }).print(0);
        n.map_async(1, |_| async { if true { todo!() } else { 1_u8 } }).print(0);
    }
}

/// Of pairs.
#[allow(clippy::todo, reason = "a pipeline is often begun like this")]
pub(super) fn pairs() -> Pipeline<'static> {
    stream! {
        let p = source(queue([vec![(1_u64, 1_u64)]]));
        p.flat_map_values(|_| -> Vec<u8> { todo!() }).filter_values(|_| todo!()).print(0);
        p.fold_by_key(0_u64, |_, _| todo!()).aggregate_by_key(0_u64, |_, _| todo!(), |_, _| todo!()).print(0);
        p.running_reduce(|_, _| todo!()).running_fold(0_u64, |_, _| todo!()).print(0);
        p.update_state_by_key(|_, _: Option<u64>| todo!()).update_state_by_key_with(|_, _, _: Option<u64>, _| todo!()).print(0);
        p.map_with_state(|_, _, _: &mut State<u64>| -> Option<u64> { todo!() }).print(0);
        p.for_each_partition(|_, _, _| todo!());
        p.reduce_by_key_and_window_with_inverse(|_, _| todo!(), |_, _| todo!(), secs(1)).print(0);
        p.reduce_by_window(|_, _| todo!(), secs(1)).print(0);
    }
}
