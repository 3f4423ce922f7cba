//! Query 12, processing-time windows: how many bids of each bidder were read in every ten seconds.
//!
//! ```sql
//! SELECT bidder, COUNT(*) FROM TUMBLE(bid BY PROCTIME(), 10 SECONDS) GROUP BY bidder, window
//! ```

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Event, Events, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 12,
    about: "processing-time windows: the bids of each bidder that were read in 10 s",
    pipeline: |events| q12(events, Shown(|(bidder, n): (u64, u64)| format!("{n} bids by {bidder}"))),
};

/// Gives bidder and count, in those ticks in which a window ends.
pub fn q12(events: impl Events, out: impl Sink<(u64, u64)> + 'static) -> Pipeline<'static> {
    stream! { <Q12>
        let bids = source(events).filter_map(Event::bid);
        bids.map(|bid| bid.bidder).count_by_value_and_window(secs(10), secs(10)).sink(out);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
    use std::time::Duration;

    use millstream::clock::Clock;

    use super::*;
    use crate::nexmark::Nexmark;

    /// A tick a second, each of as many events.
    const PER_TICK: u64 = 700;

    fn input(seconds: u64) -> impl Events {
        from_iter(Nexmark::new(42).events(seconds * PER_TICK)).max_records_per_tick(PER_TICK)
    }

    fn windows(seconds: u64) -> Vec<Vec<(u64, u64)>> {
        let events: Vec<Event> = Nexmark::new(42).events(seconds * PER_TICK).collect();
        let mut windows = Vec::new();
        for window in events.chunks(10 * PER_TICK as usize) {
            let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
            for bid in window.iter().cloned().filter_map(Event::bid) {
                *counts.entry(bid.bidder).or_default() += 1;
            }
            windows.push(counts.into_iter().collect());
        }
        windows
    }

    #[test]
    fn windows_count_what_their_ticks_read() {
        for partitions in [1, 7] {
            let out = MemorySink::new();
            Engine::test().partitions(partitions).run(q12(input(30), out.clone())).expect("it runs");
            out.assert_batches_sorted(windows(30));
        }
    }

    /// Stands at whatever second the engine waits for.
    #[derive(Default)]
    struct Hurrying(AtomicI64);

    impl Clock for Hurrying {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(SeqCst))
        }

        fn until(&self, time: Timestamp) -> Option<Duration> {
            self.0.fetch_max(time.millis(), SeqCst);
            Some(Duration::ZERO)
        }
    }

    #[test]
    fn so_they_do_on_the_local_engine() {
        for partitions in [1, 7] {
            let out = MemorySink::new();
            let engine = Engine::local().partitions(partitions).clock(Arc::new(Hurrying::default()));
            engine.run(q12(input(30), out.clone())).expect("it runs");
            out.assert_batches_sorted(windows(30));
        }
    }
}
