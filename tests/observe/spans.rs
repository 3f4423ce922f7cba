//! What is logged stands in the spans of its pipeline, tick and stage.

use std::collections::BTreeSet;
use std::path::Path;

use millstream::prelude::*;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

use crate::recorder::{Line, Recorder};

const BOOK: &str = include_str!("../../book/src/services.md");

/// A pipeline that logs in a source's stage, in a stage behind an exchange, and in an output.
fn chatty(name: &str) -> Pipeline<'static> {
    let pipeline = stream! {
        let numbers = source(queue([vec![1u64, 2], vec![3]]));
        let sums = numbers
            .inspect(|n| tracing::info!("read {n}"))
            .map(|n| (n % 2, n))
            .reduce_by_key(|a, b| a + b)
            .inspect(|(_, sum)| tracing::info!("sum {sum}"));
        sums.for_each(|(_, sum)| tracing::info!("output {sum}"));
    };
    pipeline.named(name)
}

#[track_caller]
fn is_in(lines: &[Line], message: &str, path: &[&str]) {
    let line = lines.iter().find(|line| line.message == message);
    let line = line.unwrap_or_else(|| panic!("`{message}` is not logged"));
    assert_eq!(line.path, path, "{message}");
}

#[track_caller]
fn all_is_in_place(lines: &[Line], name: &str, time: impl Fn(u64) -> String) {
    let pipeline = &*format!("pipeline{{name={name}}}");
    let tick = |number: u64| format!("tick{{number={number} time={}}}", time(number));
    let (first, second) = (&*tick(0), &*tick(1));
    let source = "stage{number=0 stream=numbers operator=source task=0}";
    is_in(lines, "the pipeline starts", &[pipeline]);
    is_in(lines, "read 1", &[pipeline, first, source]);
    is_in(lines, "read 3", &[pipeline, second, source]);
    is_in(lines, "output 2", &[pipeline, first]);
    is_in(lines, "tick committed", &[pipeline, first]);
    let sum = lines.iter().find(|line| line.message == "sum 3").expect("it is logged");
    let stage = "stage{number=1 stream=sums operator=reduce_by_key task=";
    assert_eq!(sum.path[..2], [pipeline, second]);
    assert!(sum.path[2].starts_with(stage), "{sum:?}");
}

#[test]
fn a_closures_events_stand_in_its_stage_tick_and_pipeline_on_whatever_thread() {
    let recorder = Recorder::of_the_process();
    let engine = Engine::local().trigger(Trigger::AvailableNow).partitions(2).threads(2);
    engine.run(chatty("OnThreads")).expect("it runs");
    let lines = recorder.of_pipeline("OnThreads");
    let time = |tick: u64| {
        let begin = format!("tick{{number={tick} time=");
        let spans = lines.iter().flat_map(|line| &line.path);
        let mut times = spans.filter_map(|span| span.strip_prefix(&begin)?.strip_suffix('}'));
        times.next().expect("the tick has a span").to_string()
    };
    all_is_in_place(&lines, "OnThreads", time);
}

#[test]
fn the_test_engine_has_the_same_spans() {
    let recorder = Recorder::of_the_process();
    Engine::test().run(chatty("Tested")).expect("it runs");
    all_is_in_place(&recorder.of_pipeline("Tested"), "Tested", |tick| (1000 * (tick + 1)).to_string());
}

#[test]
fn a_job_is_in_the_span_in_which_it_was_started() {
    let recorder = Recorder::of_the_process();
    let job = tracing::info_span!("request", id = 7)
        .in_scope(|| Engine::local().trigger(Trigger::Eager).start(chatty("Started")))
        .expect("it starts");
    job.wait().expect("it runs");
    let lines = recorder.of_pipeline("Started");
    is_in(&lines, "the pipeline starts", &["request{id=7}", "pipeline{name=Started}"]);
}

#[test]
fn with_less_detail_the_spans_around_remain() {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO).with(recorder.clone());
    let engine = Engine::test();
    tracing::subscriber::with_default(subscriber, || engine.run(chatty("Brief"))).expect("it runs");
    let lines = recorder.of_pipeline("Brief");
    is_in(&lines, "read 3", &["pipeline{name=Brief}", "tick{number=1 time=2000}"]);
    assert!(!lines.iter().any(|line| line.message == "tick committed"));
}

#[test]
fn the_book_has_a_table_of_targets_names_and_fields() {
    let recorder = Recorder::of_the_process();
    Engine::test().run(chatty("Listed")).expect("it runs");
    let mut rows: Vec<String> = recorder.of_pipeline("Listed").into_iter().map(|line| line.row).collect();
    rows.retain(|row| row.contains("`millstream::"));
    rows.sort();
    rows.dedup();
    assert_eq!(rows.len(), 5, "{rows:#?}");
    for row in rows {
        assert!(BOOK.contains(&row), "the table in services.md should have the row:\n{row}");
    }
}

/// By kind, target and level: what the code emits, told from its text.
fn emitted() -> BTreeSet<String> {
    let mut emitted = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("it is a folder") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("it is text");
            for call in text.split("tracing::").skip(1) {
                let Some((name, arguments)) = call.split_once("!(") else { continue };
                let (level, kind) =
                    name.strip_suffix("_span").map_or((name, "event"), |level| (level, "span"));
                if ["error", "warn", "info", "debug", "trace"].contains(&level) {
                    let target =
                        arguments.trim_start().strip_prefix("target: \"").expect("each has a target");
                    let target = target.split('"').next().unwrap_or_default();
                    emitted.insert(format!("| {kind} | … | `{target}` | {level} |"));
                }
            }
        }
    }
    emitted
}

#[test]
fn the_table_has_every_target_and_level_that_the_code_has() {
    let rows = BOOK.lines().filter(|line| line.starts_with("| event |") || line.starts_with("| span |"));
    let listed: BTreeSet<String> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split(" | ").collect();
            format!("{} | … | {} | {} |", cells[0], cells[2], cells[3])
        })
        .collect();
    assert!(listed.len() > 5, "{listed:#?}");
    assert_eq!(emitted(), listed, "the table in services.md should have a row for each");
}
