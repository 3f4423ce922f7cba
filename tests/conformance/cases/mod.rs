//! Each case as a pipeline, by what its operator is.

pub mod durable;
mod elementwise;
mod event_time;
mod joins;
mod keyed;
mod outputs;
mod per_batch;
mod rates;
mod recovery;
mod sources;
mod state;
mod windows;

use millstream::Pipeline;
use millstream::sink::MemorySink;

use crate::case::Case;
use crate::compare;
use crate::engines::Under;
use crate::value::Value;

/// Runs a case on an engine, and says what is wrong.
pub type Check = fn(&Case, Under) -> Result<(), String>;

/// A case as a pipeline into a sink, if there is one here.
pub type Build = fn(&Case, MemorySink<Value>) -> Option<Pipeline<'static>>;

const BUILDS: &[Build] = &[elementwise::build, keyed::build, joins::build, per_batch::build];

/// How a case is checked, if anything here knows it.
pub fn check(case: &Case) -> Option<Check> {
    let special = [
        recovery::check,
        durable::check,
        sources::check,
        rates::check,
        outputs::check,
        state::check,
        windows::check,
        event_time::check,
    ]
    .iter()
    .find_map(|check| check(case));
    special.or_else(|| build(case, MemorySink::new()).map(|_| emits as Check))
}

fn build(case: &Case, out: MemorySink<Value>) -> Option<Pipeline<'static>> {
    BUILDS.iter().find_map(|build| build(case, out.clone()))
}

/// The pipeline emits what the case expects, or fails where it expects that.
fn emits(case: &Case, under: Under) -> Result<(), String> {
    emits_by(case, under, &case.compare)
}

/// As `emits`, but compares in another way than the case says.
pub fn emits_by(case: &Case, under: Under, by: &str) -> Result<(), String> {
    let out = MemorySink::new();
    let pipeline = build(case, out.clone()).expect("whoever checks a case has asked whether it is known");
    if case.expected_partitions.is_some() {
        per_batch::dealt(case, under)?;
    }
    match (under.run(pipeline), case.expect_error) {
        (Ok(()), false) => compare::differ(case, by, out.batches()).map_or(Ok(()), Err),
        (Err(_), true) => Ok(()),
        (Ok(()), true) => Err("it was to fail, and did not".into()),
        (Err(error), false) => Err(format!("{error}")),
    }
}
