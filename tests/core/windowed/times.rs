//! Windows go by the times of ticks: late ones, and boundaries that are passed over.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use millstream::clock::Clock;
use millstream::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{by_key, input, many, of_windows, sorted, spans, text};

/// A clock that stands at given seconds, one after the other: it moves on when the tick that it made is committed.
#[derive(Default)]
struct Jumping {
    times: Vec<i64>,
    next: AtomicUsize,
    committed: AtomicUsize,
    now: AtomicI64,
}

impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1000 * self.now.load(SeqCst))
    }

    fn until(&self, _: Timestamp) -> Option<Duration> {
        let next = self.next.load(SeqCst);
        if next > self.committed.load(SeqCst) || next >= self.times.len() {
            return None;
        }
        self.next.store(next + 1, SeqCst);
        self.now.store(self.times[next], SeqCst);
        Some(Duration::ZERO)
    }
}

/// Runs a pipeline on the pool, at the given seconds.
fn run_at(times: Vec<i64>, overrun: Overrun, pipeline: Pipeline<'static>) {
    let clock = Arc::new(Jumping { times, ..Jumping::default() });
    let told = Arc::clone(&clock);
    let engine = Engine::local().threads(2).partitions(3).clock(clock).on_overrun(overrun);
    let engine = engine.on_progress(move |_| {
        told.committed.fetch_add(1, SeqCst);
    });
    engine.run(pipeline).expect("it runs");
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn windows_go_by_the_times_of_ticks_where_boundaries_are_passed_over(
        (ticks, length, slide) in input(),
        // One more than ticks: the source has ended when it is asked again.
        steps in vec(1i64..5, 17),
    ) {
        let times: Vec<i64> = steps.iter().scan(0, |now, step| { *now += step; Some(*now) }).collect();
        let (out, (l, s)) = (MemorySink::new(), spans(length, slide));
        let (input, sink) = (queue(ticks.clone()), out.clone());
        run_at(times.clone(), Overrun::Skip, stream!(move {
            let pairs = source(input);
            let texts = pairs.map_values(|v| format!("{v},")).reduce_by_key_and_window(|a, b| a + &b, l, s);
            let lists = pairs.group_by_key_and_window(l, s).map_values(|values| text(&values));
            let counts = pairs.keys().count_by_value_and_window(l, s).map_values(|n| n.to_string());
            let records = pairs.window(l, s).map_values(|v| format!("record {v}"));
            texts.union(lists).union(counts).union(records).sink(sink);
        }));
        // A tick emits the last window that has ended since the one before.
        let mut before = None;
        let slide = slide as i64;
        let mut model = Vec::new();
        for time in times.iter().take(ticks.len()) {
            let end = time / slide * slide;
            if before.map_or(end == *time, |before: i64| before / slide * slide < end) {
                let within = |(_, t): &(&Vec<(u64, i64)>, &i64)| **t > end - length as i64 && **t <= end;
                let pairs: Vec<(u64, i64)> = ticks.iter().zip(&times).filter(within).flat_map(|(tick, _)| tick.clone()).collect();
                let keys = by_key(&pairs);
                let of_keys = keys.iter().flat_map(|(k, v)| [(*k, text(v)), (*k, text(v)), (*k, v.len().to_string())]);
                model.push(of_keys.chain(pairs.iter().map(|(k, v)| (*k, format!("record {v}")))).collect());
            }
            before = Some(*time);
        }
        prop_assert_eq!(sorted(out.batches()), sorted(model));
    }

    #[test]
    fn late_ticks_count_by_their_boundaries((ticks, length, slide) in input(), steps in vec(1i64..9, 17)) {
        let times: Vec<i64> = steps.iter().scan(0, |now, step| { *now += step; Some(*now) }).collect();
        let (out, (l, s)) = (MemorySink::new(), spans(length, slide));
        let (input, sink) = (queue(ticks.clone()), out.clone());
        run_at(times, Overrun::Queue, stream!(move { source(input).window(l, s).sink(sink); }));
        prop_assert_eq!(out.batches(), of_windows(&ticks, length, slide, |pairs| pairs));
    }
}
