//! Workloads in event time.

use millstream_bench::harness::Row;
use millstream_bench::nexmark::{self, on_timely as timely_q};
use millstream_bench::{interval_join, on_timely, sessions};

use crate::Bench;

pub fn all(bench: &mut Bench) {
    if bench.wants("session windows") {
        let tick = 1_000_000;
        let total = bench.records(16, tick);
        bench.compare(
            "session windows",
            "clicks made where they are read, 16 bytes, ticks of 1 M (10 s of event time), up to 1 s out of order, a gap of 5 s, 400 k open sessions; \
             sessions that are over are emitted; no checkpoint, state in memory",
            total,
            total * 16,
            vec![
                Row::new("idiomatic", || sessions::idiomatic(total, tick)),
                Row::new("millstream", || sessions::millstream(total, tick)),
                Row::new("timely", || on_timely::sessions(total, tick)),
            ],
        );
    }
    if bench.wants("stream-stream join") {
        let tick = 800_000;
        let total = bench.records(20, tick);
        bench.compare(
            "stream-stream join",
            "shown and clicked, made where they are read, 16 bytes, ticks of 800 k with 200 k (10 s of event time); clicks within 10 s are emitted with \
             what was shown; no checkpoint, state in memory",
            total + total / 4,
            (total + total / 4) * 16,
            vec![
                Row::new("idiomatic", || interval_join::idiomatic(total, tick)),
                Row::new("millstream", || interval_join::millstream(total, tick)),
                Row::new("timely", || on_timely::interval_join(total, tick)),
            ],
        );
    }
    queries(bench);
}

fn queries(bench: &mut Bench) {
    type Query = fn(&nexmark::Events) -> u64;
    let queries: [(&str, Query, Query, Query); 7] = [
        ("nexmark 1", nexmark::q1_by_hand, nexmark::q1, timely_q::q1),
        ("nexmark 2", nexmark::q2_by_hand, nexmark::q2, timely_q::q2),
        ("nexmark 3", nexmark::q3_by_hand, nexmark::q3, timely_q::q3),
        ("nexmark 4", nexmark::q4_by_hand, nexmark::q4, timely_q::q4),
        ("nexmark 5", nexmark::q5_by_hand, nexmark::q5, timely_q::q5),
        ("nexmark 7", nexmark::q7_by_hand, nexmark::q7, timely_q::q7),
        ("nexmark 8", nexmark::q8_by_hand, nexmark::q8, timely_q::q8),
    ];
    let wanted: Vec<_> = queries.into_iter().filter(|(query, ..)| bench.wants(query)).collect();
    if wanted.is_empty() {
        return;
    }
    // An event is some 200 bytes.
    let n = bench.megabytes * 5000;
    let events = nexmark::events(n);
    for (query, by_hand, ours, on_timely) in wanted {
        let rows = vec![
            Row::new("idiomatic", || by_hand(&events)),
            Row::new("millstream", || ours(&events)),
            Row::new("timely", || on_timely(&events)),
        ];
        let describe = "events in memory, lent, 200 bytes, ticks of 100 k (10 s of event time), up to 1 s out of order; a query's results are \
                        emitted as they are final; no checkpoint, state in memory";
        bench.compare(query, describe, n, n * 200, rows);
    }
}
