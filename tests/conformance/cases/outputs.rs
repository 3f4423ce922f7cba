//! Where records go to: files of each tick, and memory that keeps the past.

use std::fs;
use std::path::Path;

use millstream::engine::FaultPoint;
use millstream::prelude::*;

use super::Check;
use crate::case::Case;
use crate::compare;
use crate::engines::Under;
use crate::steps::Steps;
use crate::value::Value;

pub fn check(case: &Case) -> Option<Check> {
    Some(match case.op.as_str() {
        "save_as_files" => saved,
        "slice" if !case.expect_error => slices,
        _ => return None,
    })
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The last batch before the crash runs again, into a folder that is there. (The real pool runs all of them again.)
fn saved(case: &Case, under: Under) -> Result<(), String> {
    let root = tempfile::tempdir().map_err(text)?;
    let pipeline = || {
        let (input, prefix) = (case.source(1), root.path().join("counts"));
        stream!(move {
            let counts = source(input).map(|v| (v.text().to_string(), 1i64)).reduce_by_key(|a, b| a + b);
            counts.map(|(word, n)| format!("{word}\t{n}")).save_as_text_files(prefix);
        })
    };
    match under {
        Under::Test(n) => {
            let last = 2; // the third one
            let engine = Engine::test().partitions(n).fail_at(FaultPoint::AfterCommit, last);
            let mut job = engine.start(pipeline()).map_err(text)?;
            if job.run_to_end().is_ok() {
                return Err("it was to crash behind its third batch".into());
            }
            engine.restart(job.crash(), pipeline()).and_then(|mut job| job.run_to_end()).map_err(text)?;
        }
        Under::Local(_) => {
            for _ in 0..2 {
                let mut job = Steps::start(under, pipeline()).map_err(text)?;
                (0..case.expected().len()).try_for_each(|_| job.tick())?;
                job.stop()?;
            }
        }
    }
    compare::differ(case, &case.compare, folders(root.path())?).map_or(Ok(()), Err)
}

/// What the files of each folder hold, by the folders' times.
fn folders(root: &Path) -> Result<Vec<Vec<Value>>, String> {
    let mut batches = Vec::new();
    for folder in fs::read_dir(root).map_err(text)? {
        let folder = folder.map_err(text)?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(time) = name.strip_prefix("counts-").and_then(|time| time.parse::<i64>().ok()) else {
            continue;
        };
        let mut records = Vec::new();
        for file in fs::read_dir(&folder).map_err(text)? {
            let file = file.map_err(text)?.path();
            if !file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("part-")) {
                continue; // `_SUCCESS`
            }
            for line in fs::read_to_string(file).map_err(text)?.lines() {
                let (word, n) = line.split_once('\t').ok_or_else(|| format!("`{line}` has no tab"))?;
                records.push(Value::from((word.to_string(), n.parse::<i64>().map_err(text)?)));
            }
        }
        batches.push((time, records));
    }
    batches.sort_by_key(|(time, _)| *time);
    Ok(batches.into_iter().map(|(_, records)| records).collect())
}

/// Batches of past intervals, relative to the first batch's time.
fn slices(case: &Case, under: Under) -> Result<(), String> {
    let out = MemorySink::new().keep(secs(case.number("remember_s").expect("the case says so")));
    let (input, sink) = (case.source(1), out.clone());
    let first = std::sync::Arc::new(std::sync::OnceLock::new());
    let told = std::sync::Arc::clone(&first);
    let mut job = Steps::start(
        under,
        stream!(move {
            let numbers = source(input);
            numbers.sink(sink);
            numbers.for_each_batch(|_, tick| {
                told.get_or_init(|| tick.time);
            });
        }),
    )
    .map_err(text)?;
    (0..case.batches(1).len()).try_for_each(|_| job.tick())?;
    job.stop()?;
    let first = *first.get().ok_or("there was no tick")?;
    let queries = case.params["queries_relative_s"].as_array().expect("a list");
    let got = queries.iter().map(|query| {
        let at = |i: usize| first.plus(secs(query[i].as_u64().expect("seconds")));
        out.slice(at(0), at(1)).concat()
    });
    compare::differ(case, &case.compare, got.collect()).map_or(Ok(()), Err)
}
