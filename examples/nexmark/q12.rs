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
    use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use millstream::clock::Clock;
    use millstream::testing::restarts_change_nothing;

    use super::super::Nexmark;
    use super::super::check::events;
    use super::*;

    fn ticks() -> Vec<Vec<Event>> {
        events().chunks(700).map(<[Event]>::to_vec).collect()
    }

    /// The windows that have ended by the last of these ticks: of each its second, and how many events it read.
    fn windows(read: &[(i64, u64)]) -> Vec<Vec<(u64, u64)>> {
        let (mut windows, mut rest): (BTreeMap<i64, BTreeMap<u64, u64>>, _) =
            (BTreeMap::new(), events().into_iter());
        for (second, events) in read {
            // A window ends with the tick at its end.
            let counts = windows.entry((second + 9) / 10 * 10).or_default();
            for bid in rest.by_ref().take(*events as usize).filter_map(Event::bid) {
                *counts.entry(bid.bidder).or_default() += 1;
            }
        }
        let last = read.last().map_or(0, |(second, _)| *second);
        windows
            .into_iter()
            .filter(|(end, _)| *end <= last)
            .map(|(_, counts)| counts.into_iter().collect())
            .collect()
    }

    #[test]
    fn windows_count_what_their_ticks_read() {
        let sizes: Vec<(i64, u64)> =
            (1..).zip(ticks()).map(|(second, tick)| (second, tick.len() as u64)).collect();
        for partitions in [1, 7] {
            let out = MemorySink::new();
            Engine::test().partitions(partitions).run(q12(queue(ticks()), out.clone())).expect("it runs");
            out.assert_batches_sorted(windows(&sizes));
        }
    }

    #[test]
    fn a_crash_changes_nothing() {
        let few = || from_iter(Nexmark::new(42).events(2000)).max_records_per_tick(97);
        restarts_change_nothing(|out| q12(few(), out));
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
            let (out, read) = (MemorySink::new(), Arc::new(Mutex::new(Vec::new())));
            let told = read.clone();
            let engine = Engine::local().partitions(partitions).clock(Arc::new(Hurrying::default()));
            let engine = engine.on_progress(move |progress| {
                let tick = progress.tick.expect("it tells of a tick");
                told.lock().expect("no panics").push((tick.time.millis() / 1000, progress.sources[0].input));
            });
            engine.run(q12(queue(ticks()), out.clone())).expect("it runs");
            out.assert_batches_sorted(windows(&read.lock().expect("no panics")));
        }
    }
}
