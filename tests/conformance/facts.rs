//! Cases that are statements: each names the tests that assert it, which fail where the behaviour is taken out.

use std::path::Path;

use crate::case::Case;

/// Suite, name, and the tests: a file from the root of the repository, and a function in it; or a case of `tests/ui`,
/// which is one by being there.
type Fact = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const FACTS: &[Fact] = &[
    (
        // A bound is a `Duration`, which knows no texts and nothing below zero.
        "EventTimeWatermarkSuite",
        "delay threshold should not be negative / invalid",
        &[("tests/ui/cases/event_time.rs", "main")],
    ),
    (
        // A second event time is an error of the compiler.
        "EventTimeWatermarkSuite",
        "overriding watermark should not be allowed by default",
        &[("tests/ui/cases/event_time.rs", "main")],
    ),
    (
        // A function that gives no batch is an error of the compiler.
        "BasicOperationsSuite",
        "transform with NULL",
        &[("tests/ui/cases/no_batch.rs", "main")],
    ),
    (
        "JavaAPISuite",
        "testForeachRDD",
        &[("tests/running/counters.rs", "batches_and_their_elements_are_counted_where_the_driver_gets_them")],
    ),
    (
        "MapWithStateSuite",
        "state - get, exists, update, remove",
        &[
            ("runtime/src/state/handle.rs", "a_state_is_read_updated_and_removed"),
            ("runtime/src/state/handle.rs", "what_was_removed_is_not_changed_again"),
            ("runtime/src/state/handle.rs", "what_is_timing_out_is_only_read"),
        ],
    ),
    (
        "StreamingContextSuite",
        "stop gracefully",
        &[
            ("tests/running/life_cycle.rs", "nothing_that_was_received_is_lost_when_a_job_is_stopped"),
            ("tests/running/life_cycle.rs", "the_test_engine_too_reads_what_was_received_before_it_stops"),
            ("tests/running/life_cycle.rs", "whole_lines_of_a_socket_are_read_before_a_job_ends"),
        ],
    ),
    (
        // Starting twice, and starting again after a stop, are errors of the compiler: `start` takes the pipeline.
        "StreamingContextSuite",
        "context lifecycle",
        &[
            ("tests/running/life_cycle.rs", "a_job_runs_from_start_until_it_is_stopped"),
            ("tests/ui/cases/life_cycle.rs", "main"),
            ("tests/running/life_cycle.rs", "a_job_may_be_stopped_twice_and_before_its_first_tick"),
            ("tests/running/life_cycle.rs", "waiting_for_a_job_may_be_given_up_while_it_runs"),
            ("tests/running/life_cycle.rs", "a_panic_in_a_closure_surfaces_where_the_job_is_waited_for"),
            (
                "tests/running/life_cycle.rs",
                "an_error_of_a_source_that_is_asked_for_a_tick_surfaces_where_the_job_is_waited_for",
            ),
        ],
    ),
];

pub fn of(case: &Case) -> Option<&'static Fact> {
    FACTS.iter().find(|(suite, name, _)| case.suite == *suite && case.name == *name)
}

/// Facts of cases that are not there, and tests that are not there.
pub fn check(all: &[Case]) -> Vec<String> {
    let mut wrong = Vec::new();
    for fact @ (suite, name, tests) in FACTS {
        if !all.iter().any(|case| of(case) == Some(fact)) {
            wrong.push(format!("a fact of no case: {suite} / {name}"));
        }
        for (file, function) in *tests {
            if let Err(why) = exists(file, function) {
                wrong.push(format!("{suite} / {name}: {why}"));
            }
        }
    }
    wrong
}

fn exists(file: &str, function: &str) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{file}: {e}"))?;
    if file.starts_with("tests/ui/cases/") {
        return Ok(());
    }
    let at =
        text.find(&format!("fn {function}(")).ok_or_else(|| format!("{file} has no test `{function}`"))?;
    // What stands before it, up to the end of the item above.
    let head = text[..at].rsplit("\n\n").next().unwrap_or("");
    if head.contains("#[test]") || head.contains("#[tokio::test") {
        Ok(())
    } else {
        Err(format!("`{function}` of {file} is no test"))
    }
}
