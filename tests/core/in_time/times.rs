//! What follows, in event time; late records; ticks without data.

use millstream::Window;
use millstream::prelude::*;

fn seconds(ticks: &[&[(&'static str, i64)]]) -> millstream::source::Queue<(&'static str, i64)> {
    queue(ticks.iter().map(|tick| tick.to_vec()))
}

#[test]
fn windows_follow_a_join_as_of_a_time_and_the_value_before() {
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream! {
        let quotes = source(seconds(&[&[("a", 1), ("a", 8)], &[("a", 30)]])).event_time(|(_, s)| 1000 * s, secs(0));
        let trades = source(seconds(&[&[("a", 9), ("a", 3), ("a", 12)], &[("a", 31)], &[]])).event_time(|(_, s)| 1000 * s, secs(0));
        let steps = trades.join_as_of(quotes).delta(|(before, _), (now, quote)| (now - before, *quote));
        let counts = steps.tumbling(secs(10)).group_by_key();
        counts.map(|(window, _, steps)| (window, steps)).sink(sink);
    };
    Engine::test().run(pipeline).unwrap();
    let of = |start: i64| Window::millis(1000 * start, 1000 * (start + 10));
    // By 30 s of the quotes and 31 s of the trades; what comes of one operator is not late for the next.
    let expected =
        [vec![], vec![], vec![(of(0), vec![(6, 8)]), (of(10), vec![(3, 8)])], vec![(of(30), vec![(19, 30)])]];
    out.assert_batches(expected);
}

#[test]
fn windows_follow_sessions() {
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream! {
        let clicks = source(seconds(&[&[("a", 1), ("b", 2), ("a", 3)], &[("b", 70)]])).event_time(|(_, s)| 1000 * s, secs(0));
        let visits = clicks.sessionize(secs(10)).map(|(visit, who, second)| ((who, visit), second));
        let pages = visits.tumbling(minutes(1)).count_by_key();
        pages.map(|(minute, (who, _), n)| (minute.start.millis() / 60_000, who, n)).sink(sink);
    };
    Engine::test().run(pipeline).unwrap();
    out.assert_batches_sorted([vec![], vec![], vec![(0, "a", 2), (0, "b", 1), (1, "b", 1)]]);
}

#[test]
fn late_records_of_either_side_are_counted() {
    let pipeline = stream!(move {
        let quotes = source(seconds(&[&[("a", 50)], &[("a", 1)], &[("a", 2), ("a", 60)]])).event_time(|(_, s)| 1000 * s, secs(5));
        let trades = source(seconds(&[&[("a", 40)], &[("a", 35)], &[("a", 39)]])).event_time(|(_, s)| 1000 * s, secs(5));
        trades.join_as_of(quotes).print(0);
        let steps = trades.lag();
        steps.print(0);
        trades.sessionize(secs(3)).print(0);
    });
    let mut job = Engine::test().start(pipeline).unwrap();
    job.run_to_end().unwrap();
    let mut late: Vec<_> =
        job.progress().late.iter().map(|late| (late.operator.clone(), late.total)).collect();
    late.sort();
    let expected = [("steps/lag", 1), ("trades/join_as_of", 3), ("trades/sessionize", 0)];
    assert_eq!(late, expected.map(|(operator, n)| (operator.to_string(), n)));
}

#[test]
fn late_records_of_what_goes_by_time_are_streams_of_their_own() {
    for partitions in [1, 2, 7, 16] {
        let (out, gone) = (MemorySink::new(), MemorySink::new());
        let (sink, late_sink) = (out.clone(), gone.clone());
        let pipeline = stream!(move {
            let trades = source(seconds(&[&[("a", 40)], &[("a", 35), ("b", 34)], &[("a", 39)]]));
            let timed = trades.event_time(|(_, s)| 1000 * s, secs(5));
            let (steps, too_late) = timed.lag();
            let (deltas, later) = timed.delta(|before, now| now - before, secs(60)).id("deltas");
            let (visits, last) = timed.sessionize(secs(1));
            let lags = steps.map(|(key, (before, now))| ("lag", key, before.unwrap_or(0), now));
            let slopes = deltas.map(|(key, delta)| ("delta", key, delta, 0));
            // Windows can follow, of what is in time.
            let pages = visits.map(|(_, key, second)| (key, second));
            let counts = pages.tumbling(minutes(1)).count_by_key().map(|(_, key, n)| ("visits", key, n as i64, 0));
            lags.union(slopes).union(counts).sink(sink);
            let late = too_late.map(|(key, second)| ("lag", key, second)).union(later.map(|(key, second)| ("delta", key, second)));
            late.union(last.map(|(key, second)| ("visit", key, second))).sink(late_sink);
        });
        Engine::test().partitions(partitions).run(pipeline).unwrap();
        let mut late = gone.records();
        late.sort_unstable();
        let late: Vec<_> = late.iter().map(|(of, key, second)| (&**of, &**key, *second)).collect();
        // The session of 35 s alone would be over at 36 s, which the watermark has not passed.
        let lags = [("lag", "a", 35), ("lag", "b", 34)];
        let expected = [("delta", "a", 35), ("delta", "b", 34), lags[0], lags[1], ("visit", "b", 34)];
        assert_eq!(late, expected);
        let mut results = out.records();
        results.sort_unstable();
        let results: Vec<_> = results.iter().map(|(of, key, a, b)| (&**of, &**key, *a, *b)).collect();
        let lags = [("lag", "a", 0, 39), ("lag", "a", 39, 40)];
        assert_eq!(results, [("delta", "a", 1, 0), lags[0], lags[1], ("visits", "a", 3, 0)]);
    }
}

#[test]
fn a_trade_of_the_same_time_as_a_quote_gets_that_and_of_two_quotes_the_later_one() {
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream! {
        let quotes = source(queue([vec![("a", 5i64, 'x'), ("a", 5, 'y'), ("a", 6, 'z')]])).event_time(|(_, s, _)| *s, secs(1));
        let trades = source(seconds(&[&[("a", 5), ("a", 4)]])).event_time(|(_, s)| *s, secs(1));
        trades.left_outer_join_as_of(quotes.map(|(k, _, q)| (k, q))).sink(sink);
    };
    Engine::test().run(pipeline).unwrap();
    out.assert_batches([vec![], vec![("a", (4, None)), ("a", (5, Some('y')))]]);
}

#[test]
fn plans_say_what_grows() {
    let pipeline = stream! {
        let pairs = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        pairs.join_latest(pairs).print();
        pairs.join_as_of(pairs).print();
        let near = pairs.join_as_of(pairs, secs(3));
        near.lag(secs(2)).print();
        pairs.lag().print();
        pairs.sessionize(minutes(30)).print();
    };
    let plan = pipeline.plan().to_string();
    let lines: Vec<&str> = plan
        .lines()
        .filter(|l| ["latest", "as_of", "lag", "sessionize"].iter().any(|w| l.contains(w)))
        .collect();
    let says = |line: &str, what: &str| lines.iter().any(|l| l.contains(line) && l.contains(what));
    for (line, what) in [
        ("join_latest", "state grows with the keys"),
        ("join_as_of", "state grows with the keys"),
        ("join_as_of", "within 3s"),
        ("lag", "within 2s"),
        ("lag", "state grows with the keys"),
        ("sessionize", "1800s"),
    ] {
        assert!(says(line, what), "{line}: {what}\n{plan}");
    }
}
