//! Cases that Millstream holds otherwise than Spark: at most eight, each with its reason.

use millstream::prelude::*;

use crate::case::Case;
use crate::cases::{Check, emits_by};
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
];

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
