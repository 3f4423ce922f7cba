//! Holds Millstream to cases of Apache Spark's own tests: `data/README.md` says what they are and who owes them.
//!
//! A case that is due runs on the real pool and on the test engine, with 1, 2 and 7 partitions. One that is due and
//! unknown here fails. Words behind `--` choose the cases that hold one of them:
//! `cargo test -p millstream-tests --test conformance -- join`.

mod areas;
mod batches;
mod case;
mod cases;
mod compare;
mod engines;
mod exceptions;
mod facts;
mod restarts;
mod steps;
mod store;
mod value;

use std::collections::BTreeMap;
use std::process::ExitCode;

use case::Case;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|a| a == "--list") {
        return ExitCode::SUCCESS;
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|a| !a.starts_with('-')).collect();
    let all = case::all();
    let wrong = areas::check(&all).into_iter().chain(exceptions::check(&all)).chain(facts::check(&all));
    let mut failed: Vec<String> = wrong.collect();
    let (mut passed, mut waiting) = (0, BTreeMap::new());
    let chosen =
        |case: &&Case| words.is_empty() || words.iter().any(|w| case.id().contains(w) || case.op.contains(w));
    for case in all.iter().filter(chosen) {
        let area = areas::of(case);
        if !areas::DUE.contains(&area) {
            *waiting.entry(area).or_insert(0) += 1;
            continue;
        }
        match hold(case) {
            Ok(()) => passed += 1,
            Err(why) => failed.push(format!("{} ({}, {area}): {why}", case.id(), case.op)),
        }
    }
    for failure in &failed {
        println!("FAILED {failure}\n");
    }
    for (area, count) in &waiting {
        println!("waiting for {area}: {count}");
    }
    let waiting: usize = waiting.values().sum();
    println!("conformance: {passed} passed, {} failed, {waiting} waiting", failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether a case holds, and if not, what is wrong.
fn hold(case: &Case) -> Result<(), String> {
    if facts::of(case).is_some() {
        return Ok(()); // by tests of their own, which run beside this one
    }
    let check = exceptions::of(case)
        .map(|e| e.check)
        .or_else(|| cases::check(case))
        .ok_or("it is due, and nothing here knows it")?;
    for under in engines::ALL {
        check(case, under).map_err(|why| format!("{under}\n  {why}"))?;
    }
    Ok(())
}
