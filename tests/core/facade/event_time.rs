//! Samples of event time.

use millstream::prelude::*;
use millstream::{Emit, Window};

use super::words;

both! {
    times {
        let timed: Stream<&str> = source(words()).event_time(|l| l.len() as i64, secs(1)).idle_after(secs(5));
        timed.tumbling(secs(1)).count().print();
        let pairs = source(words()).map(|l| (l.len() as u64, l)).event_time(|(at, _)| *at, secs(1));
        let counts: Stream<(Window, u64)> = pairs.sliding(secs(4), secs(1)).allowed_lateness(secs(1)).count();
        counts.print();
        let all: Stream<(Window, u64)> = source(words()).global().emit(Emit::Update).count();
        all.print();
    }
    whole {
        let n = source(words()).map(|l| l.len() as u64).event_time(|n| *n, secs(1));
        let sums: Stream<(Window, u64)> = n.tumbling(secs(1)).reduce(|a, b| a + b);
        let texts: Stream<(Window, String)> = n.tumbling(secs(2)).fold(String::new(), |text, n| format!("{text}{n}"));
        let several: Stream<(Window, (u64, u64, f64))> =
            n.session(secs(1)).aggregate((count(), max(|n: &u64| *n), mean(|n: &u64| *n)));
        let largest: Stream<(Window, Vec<u64>)> = n.tumbling(secs(3)).top(2);
        let least: Stream<(Window, Vec<u64>)> = n.tumbling(secs(4)).top(2, |n: &u64| u64::MAX - n);
        let every: Stream<(Window, Vec<u64>)> = n.tumbling(secs(5)).collect();
        sums.print();
        texts.print();
        several.print();
        largest.print();
        least.print();
        every.print();
    }
    by_key {
        let pairs = source(words()).map(|l| (l.len(), l.len() as u64)).event_time(|(_, n)| *n, secs(1));
        let counts: Stream<(Window, usize, u64)> = pairs.tumbling(secs(1)).count_by_key();
        let sums: Stream<(Window, usize, u64)> = pairs.tumbling(secs(1)).reduce_by_key(|a, b| a + b);
        let folds: Stream<(Window, usize, u64)> = pairs.session(secs(1)).fold_by_key(0u64, |sum, n| sum + n);
        let several: Stream<(Window, usize, (u64, Vec<u64>))> =
            pairs.sliding(secs(2), secs(1)).aggregate_by_key((sum(|n: &u64| *n), top(3)));
        let groups: Stream<(Window, usize, Vec<u64>)> = pairs.tumbling(secs(1)).group_by_key();
        counts.print();
        sums.print();
        folds.print();
        several.print();
        groups.print();
    }
    late {
        let pairs = source(words()).map(|l| (l.len(), l.len() as u64)).event_time(|(_, n)| *n, secs(1));
        let (counts, late) = pairs.tumbling(secs(1)).count_by_key();
        counts.print();
        late.map(|(key, n)| (n, key)).print();
    }
    duplicates {
        let lines = source(words()).map(|l| (l.len(), l.to_string())).event_time(|(at, _)| *at as i64, secs(1));
        let once: Stream<(usize, String)> = lines.drop_duplicates_within_watermark(secs(1));
        let first: Stream<(usize, String)> = lines.drop_duplicates_by_key_within_watermark(secs(1));
        once.print();
        first.print();
    }
}
