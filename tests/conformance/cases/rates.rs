//! The estimator of back-pressure, which reads no clock: it runs under no engine.

use millstream::clock::{Timestamp, millis};
use millstream::engine::{Backpressure, RateEstimator};
use serde_json::Value as Json;

use super::Check;
use crate::case::Case;
use crate::engines::Under;

pub fn check(case: &Case) -> Option<Check> {
    (case.op == "pid_rate_estimator").then_some(if case.expect_error { refusals } else { estimates })
}

/// Spark's settings with those of the case over them.
fn estimator(settings: &dyn Fn(&str) -> Option<f64>) -> Result<RateEstimator, String> {
    let mut pid = Backpressure::pid();
    for (name, set) in [
        ("p", Backpressure::proportional as fn(Backpressure, f64) -> Backpressure),
        ("i", Backpressure::integral),
        ("d", Backpressure::derived),
        ("min_rate", Backpressure::min_rate),
    ] {
        pid = settings(name).map_or(pid, |value| set(pid, value));
    }
    let interval = settings("batch_ms").unwrap_or(20.0);
    pid.estimator(millis(interval as u64)).map_err(|e| e.to_string())
}

/// Time, records, processing delay, scheduling delay. What is negative there is nothing here: counts and durations are
/// unsigned.
fn estimates(case: &Case, _: Under) -> Result<(), String> {
    let mut estimator = estimator(&|name| case.params.get(name).and_then(Json::as_f64))?;
    let unsigned = |n: i64| u64::try_from(n).unwrap_or(0);
    let expected = case.expected.as_ref().and_then(Json::as_array).ok_or("nothing is expected")?;
    let ticks = case.batches(1);
    if expected.len() != ticks.len() {
        return Err("another number of ticks is expected".into());
    }
    for (tick, expected) in ticks.into_iter().flatten().zip(expected) {
        let [time, records, processing, scheduling] =
            <[i64; 4]>::try_from(tick.iter().map(|v| v.int()).collect::<Vec<_>>()).expect("four numbers");
        let got = estimator.estimate(
            Timestamp::from_millis(time),
            unsigned(records),
            millis(unsigned(processing)),
            millis(unsigned(scheduling)),
        );
        if got != expected[0].as_f64() {
            return Err(format!("at {time} ms: expected {expected}, got {got:?}"));
        }
    }
    Ok(())
}

fn refusals(case: &Case, _: Under) -> Result<(), String> {
    for rejected in case.params["rejects"].as_array().expect("a list") {
        if estimator(&|name| rejected.get(name).and_then(Json::as_f64)).is_ok() {
            return Err(format!("{rejected} was to be refused"));
        }
    }
    Ok(())
}
