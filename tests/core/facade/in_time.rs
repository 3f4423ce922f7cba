//! Samples of the operators that bring records of different ticks together.

use millstream::Window;
use millstream::prelude::*;

use super::words;

both! {
    latest {
        let pairs = source(words()).map(|l| (l, l.len()));
        let newest: Stream<(String, (usize, String))> = pairs.join_latest(source(words()).map(|l| (l, l.to_string())));
        let outer: Stream<(String, (usize, Option<usize>))> = pairs.left_outer_join_latest(pairs);
        newest.print();
        outer.print();
    }
    as_of {
        let pairs = source(words()).map(|l| (l, l.len() as u64)).event_time(|(_, at)| *at, secs(1));
        let found: Stream<(String, (u64, u64))> = pairs.join_as_of(pairs);
        let near: Stream<(String, (u64, u64))> = pairs.join_as_of(pairs.map(|(k, n)| (k, n + 1)), secs(5));
        let outer: Stream<(String, (u64, Option<u64>))> = pairs.left_outer_join_as_of(pairs,);
        let near_outer: Stream<(String, (u64, Option<u64>))> = found.map_values(|(a, b)| a + b).left_outer_join_as_of(pairs, secs(5));
        found.print();
        near.print();
        outer.print();
        near_outer.print();
    }
    sessionize {
        let pairs = source(words()).map(|l| (l, l.len() as u64)).event_time(|(_, at)| *at, secs(1));
        let visits: Stream<(Window, String, u64)> = pairs.sessionize(minutes(30));
        visits.print();
    }
    late {
        let pairs = source(words()).map(|l| (l, l.len() as u64)).event_time(|(_, at)| *at, secs(1));
        let (visits, late) = pairs.sessionize(minutes(30));
        let (lags, too_late) = pairs.lag();
        let (deltas, later) = pairs.delta(|a, b| b - a, secs(1));
        let _visits: Stream<(Window, String, u64)> = visits.filter(|_| true);
        let _lags: Stream<(String, (Option<u64>, u64))> = lags.filter(|_| true);
        let _deltas: Stream<(String, u64)> = deltas.filter(|_| true);
        let all: Stream<(String, u64)> = late.union(too_late).union(later);
        all.print();
    }
    previous {
        let pairs = source(words()).map(|l| (l, l.len() as u64)).event_time(|(_, at)| *at, secs(1));
        let lags: Stream<(String, (Option<u64>, u64))> = pairs.lag();
        let near: Stream<(String, (Option<u64>, u64))> = pairs.lag(secs(1));
        let deltas: Stream<(String, u64)> = pairs.delta(|before, now| now - before);
        let slopes: Stream<(String, f64)> = pairs.delta(|before: &u64, now| *now as f64 - *before as f64, secs(2));
        lags.print();
        near.print();
        deltas.print();
        slopes.print();
    }
}
