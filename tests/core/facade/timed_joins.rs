//! Samples of joins of two streams in event time.

use millstream::Window;
use millstream::prelude::*;

use super::words;

both! {
    by_interval {
        let left = source(words()).map(|l| (l, l.len() as u64)).event_time(|(_, at)| *at, secs(1));
        let right = source(words()).map(|l| (l, l.to_string())).event_time(|(_, l)| l.len() as i64, secs(1));
        let inner: Stream<(String, (u64, String))> = left.interval_join(right, Interval::around(secs(1)));
        let some: Stream<(String, (u64, String))> =
            left.interval_join(right, Interval::between(secs(0), secs(1)), |n, text| *n as usize == text.len(),);
        let lefts: Stream<(String, (u64, Option<String>))> = left.left_outer_interval_join(right, Interval::around(secs(1)));
        let rights: Stream<(String, (Option<u64>, String))> =
            left.right_outer_interval_join(right, Interval::millis(-3..=5), |_, text| text.is_empty());
        let all: Stream<(String, (Option<u64>, Option<String>))> = left.full_outer_interval_join(right, Interval::around(secs(1)));
        let semi: Stream<(String, u64)> = left.left_semi_interval_join(right, Interval::around(secs(1)));
        let semis: Stream<(String, u64)> = left.left_semi_interval_join(right, Interval::around(secs(2)), |n, text| *n as usize == text.len());
        let three: Stream<(String, ((u64, String), u64))> = inner.interval_join(left, Interval::around(secs(9)));
        let counts: Stream<(Window, u64)> = three.tumbling(secs(1)).count();
        let ever: Stream<(String, (usize, usize))> =
            source(words()).map(|l| (l, l.len())).interval_join(source(words()).map(|l| (l, 1usize)), Interval::always()).unbounded();
        some.print();
        lefts.print();
        rights.print();
        all.print();
        semi.print();
        semis.print();
        counts.print();
        ever.print();
    }
    by_window {
        let left = source(words()).map(|l| (l, l.len() as u64)).event_time(|(_, at)| *at, secs(1));
        let right = source(words()).map(|l| (l, l.to_string())).event_time(|(_, l)| l.len() as i64, secs(1));
        let windows = left.sliding(secs(2), secs(1)).allowed_lateness(secs(1));
        let inner: Stream<(Window, String, (u64, String))> = windows.join(right);
        let some: Stream<(Window, String, (u64, String))> = left.tumbling(secs(1)).join(right, |n, text| *n as usize == text.len());
        let lefts: Stream<(Window, String, (u64, Option<String>))> = left.tumbling(secs(1)).left_outer_join(right);
        let rights: Stream<(Window, String, (Option<u64>, String))> =
            left.tumbling(secs(1)).right_outer_join(right, |_, text| text.is_empty());
        let all: Stream<(Window, String, (Option<u64>, Option<String>))> = left.tumbling(secs(1)).full_outer_join(right);
        let semi: Stream<(Window, String, u64)> = left.tumbling(secs(1)).left_semi_join(right);
        let groups: Stream<(Window, String, (Vec<u64>, Vec<String>))> = left.session(secs(1)).cogroup(right);
        let lengths = inner.map(|(window, text, (n, _))| (text, (window, n)));
        let again: Stream<(String, ((Window, u64), u64))> = lengths.interval_join(left, Interval::around(secs(1)));
        again.print();
        some.print();
        lefts.print();
        rights.print();
        all.print();
        semi.print();
        groups.print();
    }
}
