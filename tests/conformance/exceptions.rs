//! Cases that Millstream holds otherwise than Spark: at most eight, each with its reason.

use millstream::prelude::*;

use crate::case::Case;
use crate::cases::{Check, durable, emits_by};
use crate::compare;
use crate::engines::Under;

/// A case that is not held as it stands.
pub struct Exception {
    pub suite: &'static str,
    pub name: &'static str,
    /// Why, and what holds instead.
    pub why: &'static str,
    /// What holds instead.
    pub check: Check,
}

const MOST: usize = 8;

const EXCEPTIONS: &[Exception] = &[
    Exception {
        suite: "BasicOperationsSuite",
        name: "union",
        why: "Spark puts the partitions of one side behind those of the other. Both sides come from one source here, so \
              their union is part of its stage: each record goes through both sides before the next one is looked at, \
              and nothing is collected. A union promises the records of both sides, as a bag, and within a side their \
              order.",
        check: as_a_bag,
    },
    Exception {
        suite: "BasicOperationsSuite",
        name: "StreamingContext.union",
        why: "As `union`, with three sides.",
        check: as_a_bag,
    },
    Exception {
        suite: "pyspark test_dstream.py",
        name: "test_failed_func_with_resetting_failure",
        why: "Spark drops the failing batch, runs those behind it, and reports the error at the end: records are lost \
              silently until then. Millstream stops at the tick that failed, with its place, so that nothing behind it is \
              seen without it. A failure that is to be survived is said where it happens: `try_map` emits what Spark \
              does, and the error is a record of its second stream.",
        check: errors_as_a_stream,
    },
    Exception {
        suite: "BasicOperationsSuite",
        name: "slice - has not been initialized",
        why: "Spark asks a stream for its past, and a stream that was not started can't answer. Here the past is a \
              `MemorySink`'s, a value that the program holds before, during and after a run. Before it, there is no past: \
              a slice of it is empty, which is no error.",
        check: no_past,
    },
    Exception {
        suite: "EventTimeWatermarkSuite",
        name: "MultipleWatermarkPolicy: max",
        why: "Spark can be told to go by the fastest of several streams, and drops what the others still send. An operator goes \
              by the slowest here, always: a stream that may hold others back for too long is told so, by `idle_after`.",
        check: the_slowest_counts,
    },
    Exception {
        suite: "StreamingSessionWindowSuite",
        name: "SPARK-36465: dynamic gap duration",
        why: "The gap of a session is one for all its records here. Records whose gap is zero or less, which the case filters \
              out, are left out by a `filter`.",
        check: one_gap,
    },
    Exception {
        suite: "MapWithStateSuite",
        name: "mapWithState - checkpoint durations",
        why: "Spark's default is ten batch intervals; here it is ten seconds for every batch interval: what a restart does again \
              is a matter of time, and is the same then for a pipeline that is set to shorter ticks. Where both say the same \
              (ticks of a second), and where the interval is given, the case is held as it stands.",
        check: durable::checkpoints_by_time,
    },
    Exception {
        suite: "StreamingContextSuite",
        name: "getOrCreate",
        why: "Spark can be told to begin anew over a checkpoint that does not read. Here nothing is begun anew by itself: \
              whoever wants that says another location. And a checkpoint holds state, no settings: those are what the program \
              says today. The other rows are held as they stand.",
        check: durable::created_or_gone_on_with,
    },
];

fn the_slowest_counts(_: &Case, under: Under) -> Result<(), String> {
    let Under::Test(n) = under else { return Ok(()) };
    let (left, right) =
        (queue([vec![20i64], vec![120], vec![150], vec![]]), queue([vec![30i64], vec![130], vec![], vec![]]));
    let pipeline = stream!(move {
        let a = source(left).event_time(|second| 1000 * second, secs(10));
        let b = source(right).event_time(|second| 1000 * second, secs(15));
        a.union(b).for_each(|_| {});
    });
    let mut job = Engine::test().partitions(n).start(pipeline).map_err(|e| e.to_string())?;
    for expected in [None, Some(10), Some(110), Some(115)] {
        job.tick().map_err(|e| e.to_string())?;
        let got = job.progress().watermark().map(|time| time.millis() / 1000);
        if got != expected {
            return Err(format!("expected {expected:?}, got {got:?}"));
        }
    }
    Ok(())
}

fn one_gap(_: &Case, under: Under) -> Result<(), String> {
    let out = MemorySink::new();
    let (sink, words) = (
        out.clone(),
        queue([vec![("spark", 40i64), ("world", 41), ("spark", 30)], vec![("spark", 90)], vec![]]),
    );
    let pipeline = stream!(move {
        let words = source(words).filter(|(word, _)| *word != "world").event_time(|(_, second)| 1000 * second, secs(30));
        words.session(secs(10)).count_by_key().map(|(w, word, n)| (word, w.start.millis() / 1000, n)).sink(sink);
    });
    under.run_without_flush(pipeline).map_err(|e| e.to_string())?;
    if out.records() == [("spark".to_string(), 30, 2)] {
        Ok(())
    } else {
        Err(format!("got {:?}", out.records()))
    }
}

fn no_past(case: &Case, _: Under) -> Result<(), String> {
    let out = MemorySink::new();
    let (input, sink) = (case.source(1), out.clone());
    let _not_started = stream!(move { source(input).sink(sink); });
    let past = out.slice(Timestamp::from_millis(0), Timestamp::from_millis(1000));
    if past.is_empty() { Ok(()) } else { Err(format!("there was {past:?} before the start")) }
}

fn as_a_bag(case: &Case, under: Under) -> Result<(), String> {
    emits_by(case, under, "multiset")
}

fn errors_as_a_stream(case: &Case, under: Under) -> Result<(), String> {
    let (good, bad) = (MemorySink::new(), MemorySink::new());
    let (to_good, to_bad, input) = (good.clone(), bad.clone(), case.source(1));
    let pipeline = stream!(move {
        let (numbers, failures) = source(input).try_map(|v| if v.int() == 1 { Err("this is the one") } else { Ok(v) });
        numbers.sink(to_good);
        failures.map(|bad| (bad.record.int(), bad.error)).sink(to_bad);
    });
    under.run(pipeline).map_err(|e| e.to_string())?;
    if bad.batches() != [vec![], vec![(1, "this is the one".to_string())], vec![], vec![]] {
        return Err(format!("the second stream held {bad:?}"));
    }
    compare::differ(case, &case.compare, good.batches()).map_or(Ok(()), Err)
}

pub fn of(case: &Case) -> Option<&'static Exception> {
    EXCEPTIONS.iter().find(|e| case.suite == e.suite && case.name == e.name)
}

pub fn check(all: &[Case]) -> Vec<String> {
    let mut wrong = Vec::new();
    if EXCEPTIONS.len() > MOST {
        wrong.push(format!("{} exceptions: at most {MOST} are allowed", EXCEPTIONS.len()));
    }
    for e in EXCEPTIONS {
        if e.why.is_empty() || !all.iter().any(|case| case.suite == e.suite && case.name == e.name) {
            wrong.push(format!("an exception without a reason or a case: {} / {}", e.suite, e.name));
        }
    }
    wrong
}
