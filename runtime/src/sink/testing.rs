//! What the tests of sinks share.

use super::Sink;
use crate::clock::{Timestamp, secs};
use crate::tick::Tick;

/// The tick with this number, of epoch 7: number 0 is at 1000 ms.
pub(crate) fn tick(number: u64) -> Tick {
    Tick { number, time: Timestamp::default().plus(secs(number + 1)), epoch: 7 }
}

/// Runs a tick whose partitions hold `batches`.
pub(crate) fn commit<T>(sink: &mut impl Sink<T>, tick: &Tick, batches: Vec<Vec<T>>) {
    sink.begin(tick).expect("it begins");
    for (partition, batch) in batches.into_iter().enumerate() {
        sink.write(partition, batch).expect("it is written");
    }
    sink.commit(tick).expect("it is committed");
}
