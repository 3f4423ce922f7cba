//! Samples of the operators that keep state.

use millstream::prelude::*;

use super::words;

both! {
    running {
        let pairs = source(words()).map(|l| (l, l.len() as u64));
        let counts: Stream<(String, u64)> = pairs.running_count();
        let longest: Stream<(String, u64)> = pairs.running_reduce(u64::max);
        let sums: Stream<(String, u32)> = pairs.running_fold(0u32, |sum, n| sum + n as u32);
        counts.print();
        longest.print();
        sums.print();
    }
    update_state_by_key {
        let pairs = source(words()).map(|l| (l.len(), l.to_string()));
        let new: Stream<(usize, usize)> = pairs.update_state_by_key(|new, old: Option<usize>| Some(new.len() + old.unwrap_or(0)));
        let known: Stream<(usize, u8)> = source(words()).key_by(|l| l.len()).update_state_by_key(|_, old| old, [(3usize, 1u8)]);
        new.print();
        known.print();
    }
    update_state_by_key_with {
        let pairs = source(words()).map(|l| (l, 1u64));
        let last: Stream<(String, u64)> = pairs.update_state_by_key_with(|key, new: &[u64], old, tick| {
            if new.is_empty() && key.len() > 2 { old } else { Some(tick.number) }
        });
        last.print();
        let known: Stream<(String, u64)> =
            source(words()).map(|l| (l, 1u64)).update_state_by_key_with(|_, _, old, _| old, vec![("a", 1u64)]);
        known.print();
    }
    map_with_state {
        let pairs = source(words()).map(|l| (l, 1u64));
        let counts: Stream<(String, u64)> = pairs.map_with_state(|key: &String, n, state: &mut State<u64>| {
            let all = n? + state.get().copied().unwrap_or(0);
            state.update(all);
            Some((key.clone(), all))
        });
        counts.print();
        let gone: Stream<u64> = source(words()).map(|l| (l, 1u64)).map_with_state(
            |_, n, state: &mut State<u64>| {
                state.is_timing_out().then(|| state.get().copied().unwrap_or(0) + n.unwrap_or(0))
            },
            StateSpec::new().timeout(secs(3)).initial([("a", 1u64)]),
        );
        gone.print();
    }
    map_with_state_and_snapshots {
        let pairs = source(words()).map(|l| (l, 1u64));
        let (firsts, all): (Stream<String>, Stream<(String, u64)>) = pairs.map_with_state_and_snapshots(|key: &String, n, state: &mut State<u64>| {
            let first = !state.exists();
            state.update(n?);
            first.then(|| key.clone())
        });
        firsts.print();
        all.print();
        let (_, timed) = source(words()).map(|l| (l, 1u64)).map_with_state_and_snapshots(
            |_, n, state: &mut State<u64>| { state.update(n?); Some(()) },
            StateSpec::new().timeout(secs(3)),
        );
        timed.print();
    }
    modifiers {
        let pairs: Stream<(&str, f64)> = source(words()).id("texts").map(|l| (l, 0.5));
        let sums: Stream<(String, f64)> = pairs.reduce_by_key(|a, b| a + b).exact();
        let totals: Stream<(String, f64)> = pairs.running_reduce(|a, b| a + b).exact().id("totals");
        let all: Stream<f64> = pairs.values().aggregate(0.0, |a, b| a + b, |a, b| a + b).exact();
        let by_key: Stream<(String, f64)> = pairs.aggregate_by_key(0.0, |a, b| a + b, |a, b| a + b).exact();
        let most: Stream<f64> = pairs.values().reduce(f64::max).exact();
        let (firsts, kept): (Stream<String>, Stream<(String, f64)>) = pairs.map_with_state_and_snapshots(|key: &String, n, state: &mut State<f64>| {
            state.update(n?);
            Some(key.clone())
        }).id("kept");
        let timed = pairs.event_time(|(_, n)| 1000 * *n as i64, secs(1)).idle_after(minutes(1));
        let ended: Stream<String> = timed.map_with_state(|key: &String, n, state: &mut State<f64>| {
            state.update(n?);
            Some(key.clone())
        }).event_timeout(minutes(1)).id("ended");
        let (_, open): (Stream<String>, Stream<(String, f64)>) = timed.map_with_state_and_snapshots(
            |key: &String, n, state: &mut State<f64>| {
                state.update(n?);
                Some(key.clone())
            },
            StateSpec::new().initial([("x", 0.5)]),
        ).event_timeout(minutes(1));
        ended.print();
        open.print();
        firsts.drop_duplicates().unbounded().id("once").print().id("printed");
        kept.drop_duplicates_by_key().unbounded().id("once by key").for_each_batch(|_, _| ()).id("batches");
        sums.union(totals).union(by_key).map(|(k, _)| k).save_as_text_files("/tmp/none").id("files");
        all.union(most).sink(MemorySink::<f64>::new()).id("sum");
        sums.for_each(drop).id("each");
        sums.for_each_partition(|_, _, _| ()).id("each partition");
    }
    drop_duplicates {
        let new: Stream<String> = source(words()).drop_duplicates(minutes(10));
        let ever: Stream<usize> = source(words()).map(str::len).drop_duplicates().unbounded();
        let by_key: Stream<(usize, &str)> = source(words()).key_by(|l| l.len());
        by_key.map_values(|l| l.len()).drop_duplicates_by_key(secs(1)).print();
        new.print();
        ever.print();
    }
}
