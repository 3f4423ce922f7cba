//! What is run of windows: of processing time and of event time, and keys that time out by event time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use millstream::Window;
use millstream::batch::Batch;
use millstream::clock::Clock;
use millstream::prelude::*;
use millstream::sink::Sink;
use millstream::source::Source;

use crate::trap::{Phase, passes};
use crate::watched::Watched;

/// How long a tick is, on [`Hurrying`]'s clock.
pub const TICK: Duration = Duration::from_millis(4);

/// Out of order, some of it by more than is waited for.
pub(crate) fn time_of(number: u64) -> Timestamp {
    let late = if number.is_multiple_of(31) { 900 } else { (number * 37) % 130 };
    Timestamp::from_millis(20 * number as i64 - late as i64)
}

pub(crate) fn span(window: Window) -> String {
    format!("{}-{}", window.start.millis(), window.end.millis())
}

/// Lines are `NUMBER WORD…`; each is also written as it came, as `line …`.
pub fn pipeline<S>(input: S, out: impl Sink<String> + 'static) -> Pipeline<'static>
where
    S: Source,
    for<'a> <S::Batch as Batch>::Item<'a>: AsRef<str>,
{
    let (length, slide) = (3 * TICK, 2 * TICK);
    let pipeline = stream!(move {
        let lines = source(input).id("lines").map(|line| line.as_ref().to_string());
        let words = lines.flat_map(|line| {
            let (number, words) = line.split_once(' ').unwrap_or(("0", ""));
            let number: u64 = number.parse().unwrap_or(0);
            words.split(' ').map(|word| (word.to_string(), number)).collect::<Vec<_>>()
        });
        let passed = words.inspect(|_| passes(Phase::Stage));

        let roots = passed.map_values(|n| Watched((n as f64).sqrt()));
        let sums = roots.reduce_by_key_and_window(|a, b| a + b, length, slide).exact().id("sums");
        let counts = passed.map_values(|_| 1u64)
            .reduce_by_key_and_window_with_inverse(|a, b| a + b, |a, b| a - b, length, slide).id("counts");
        let groups = passed.group_by_key_and_window(length, slide).id("groups");
        let all = passed.count_by_window(length, slide).id("all");

        let timed = passed.event_time(|(_, n)| time_of(*n), millis(150));
        let (minutes, late) = timed.tumbling(millis(400)).count_by_key().id("minutes");
        let sessions = timed.map_values(|n| Watched((n as f64).sqrt())).session(millis(160)).reduce_by_key(|a, b| a + b).id("sessions");
        let slides = timed.map_values(|n| n.to_string())
            .sliding(millis(600), millis(200)).allowed_lateness(millis(100)).reduce_by_key(|a, b| a + "," + &b).id("slides");
        let gone = timed.map_with_state(|word, n, seen: &mut State<(u64, Watched<f64>)>| {
            let (times, sum) = seen.get().cloned().unwrap_or((0, Watched(0.0)));
            let Some(n) = n else { return Some(format!("gone {word} {times} {:?}", sum.0)) };
            seen.update((times + 1, sum + Watched((n as f64).sqrt())));
            None
        }).event_timeout(millis(220)).id("gone");

        let texts = sums.map(|(w, s)| format!("sum {w} {:?}", s.0))
            .union(counts.map(|(w, n)| format!("count {w} {n}")))
            .union(groups.map(|(w, ns)| format!("group {w} {ns:?}")))
            .union(all.map(|n| format!("all {n}")));
        let more = minutes.map(|(at, w, n)| format!("minute {} {w} {n}", span(at)))
            .union(late.map(|(w, n)| format!("late {w} {n}")))
            .union(sessions.map(|(at, w, s)| format!("session {} {w} {:?}", span(at), s.0)))
            .union(slides.map(|(at, w, s)| format!("slide {} {w} {s}", span(at))))
            .union(gone);
        lines.map(|line| format!("line {line}")).union(texts).union(more).sink(out).id("out");
    });
    pipeline.named("Victim")
}

/// A clock on which each tick is at its boundary, and no time passes while nobody runs: so windows of processing time are the
/// same in each run. It stands at the boundary that the driver waits for, at most two behind the last tick.
#[derive(Default)]
pub struct Hurrying {
    now: AtomicI64,
    committed: AtomicI64,
}

impl Hurrying {
    /// An engine that goes by it.
    pub fn engine(engine: Engine) -> Engine {
        let clock = Arc::new(Hurrying::default());
        let told = Arc::clone(&clock);
        let engine = engine.batch_interval(TICK).clock(clock);
        engine.on_progress(move |progress| {
            if let Some(tick) = progress.tick {
                told.committed.fetch_max(tick.time.millis(), SeqCst);
            }
        })
    }
}

impl Clock for Hurrying {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(SeqCst))
    }

    fn until(&self, time: Timestamp) -> Option<Duration> {
        let (wanted, tick) = (time.millis(), TICK.as_millis() as i64);
        // The first boundary that a start waits for is the one behind those that it knows.
        let _ = self.committed.compare_exchange(0, wanted - tick, SeqCst, SeqCst);
        if wanted > self.committed.load(SeqCst) + 2 * tick {
            return None;
        }
        self.now.fetch_max(wanted, SeqCst);
        Some(Duration::ZERO)
    }
}
