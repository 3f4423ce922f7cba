//! What is run of joins across time: by interval, in windows, by tick, as of a time; and of what gives records in the order
//! of time behind them.

use millstream::batch::Batch;
use millstream::prelude::*;
use millstream::sink::Sink;
use millstream::source::Source;

use crate::trap::{Phase, passes};
use crate::watched::Watched;
use crate::windows::{span, time_of};

/// Lines are `NUMBER WORD…`, those of even numbers one side and the others the other; each is also written as it came, as `line …`.
pub fn pipeline<S>(input: S, out: impl Sink<String> + 'static) -> Pipeline<'static>
where
    S: Source,
    for<'a> <S::Batch as Batch>::Item<'a>: AsRef<str>,
{
    let pipeline = stream!(move {
        let lines = source(input).id("lines").map(|line| line.as_ref().to_string());
        let words = lines.flat_map(|line| {
            let (number, words) = line.split_once(' ').unwrap_or(("0", ""));
            let number: u64 = number.parse().unwrap_or(0);
            words.split(' ').map(|word| (word.to_string(), Watched(number))).collect::<Vec<_>>()
        });
        let timed = words.inspect(|_| passes(Phase::Stage)).event_time(|(_, n)| time_of(n.0), millis(150));
        let (left, right) = timed.split(|(_, n)| n.0.is_multiple_of(2));

        let near = left.interval_join(right, Interval::around(millis(60))).id("near");
        let all = left.full_outer_interval_join(right, Interval::millis(-40..=80), |v, w| (v.0 + w.0).is_multiple_of(3)).id("all");
        let inside = left.tumbling(millis(300)).left_outer_join(right).id("inside");
        let latest = left.left_outer_join_latest(right).id("latest");
        let as_of = left.left_outer_join_as_of(right, millis(400)).id("as_of");
        let lags = near.map_values(|(v, w)| Watched(v.0 + w.0)).lag().id("lags");
        let visits = as_of.map_values(|(v, _)| v).sessionize(millis(160)).id("visits");

        let joined = near.map(|(w, (a, b))| format!("near {w} {} {}", a.0, b.0))
            .union(all.map(|(w, both)| format!("all {w} {both:?}")))
            .union(inside.map(|(at, w, both)| format!("inside {} {w} {both:?}", span(at))));
        let found = latest.map(|(w, both)| format!("newest {w} {both:?}"))
            .union(as_of.map(|(w, both)| format!("as of {w} {both:?}")))
            .union(lags.map(|(w, both)| format!("before {w} {both:?}")))
            .union(visits.map(|(at, w, n)| format!("visit {} {w} {}", span(at), n.0)));
        lines.map(|line| format!("line {line}")).union(joined).union(found).sink(out).id("out");
    });
    pipeline.named("Victim")
}
