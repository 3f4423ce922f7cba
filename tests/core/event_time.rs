//! Event time, end to end.

mod parts;

use millstream::prelude::*;
use millstream::{Emit, Window};

fn of(start: i64, end: i64) -> Window {
    Window::millis(1000 * start, 1000 * end)
}

#[test]
fn a_tumbling_count_comes_when_the_watermark_has_passed() {
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream! {
        let seconds = source(queue([vec![10i64, 11, 12, 13, 14, 15], vec![25], vec![10]]));
        seconds.event_time(|s| 1000 * s, secs(10)).tumbling(secs(5)).count().sink(sink);
    };
    Engine::test().run(pipeline).unwrap();
    out.assert_batches([vec![], vec![], vec![(of(10, 15), 5)], vec![(of(15, 20), 1), (of(25, 30), 1)]]);
}

#[test]
fn results_by_key_and_late_records_are_two_streams() {
    let (out, gone) = (MemorySink::new(), MemorySink::new());
    let (sink, late_sink) = (out.clone(), gone.clone());
    let pipeline = stream! {
        let clicks = source(queue([vec![("a", 1i64), ("b", 12)], vec![("b", 40)], vec![("a", 3), ("b", 41)]]));
        let (counts, late) = clicks
            .event_time(|(_, second)| 1000 * second, secs(10))
            .tumbling(secs(10))
            .allowed_lateness(secs(5))
            .emit(Emit::Append)
            .reduce_by_key(|a, b| a + b);
        counts.map(|(window, user, sum)| (window, user, sum)).sink(sink);
        late.sink(late_sink);
    };
    Engine::test().run(pipeline).unwrap();
    out.assert_batches_sorted([
        vec![],
        vec![],
        vec![(of(0, 10), "a", 1), (of(10, 20), "b", 12)],
        vec![(of(40, 50), "b", 81)],
    ]);
    gone.assert_batches([vec![], vec![], vec![("a", 3)], vec![]]);
}
