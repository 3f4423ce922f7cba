//! Runs rows in turn, holds their sums together, and prints ratios.

use std::fs;
use std::path::Path;
use std::time::Instant;

/// A row: a system, and its run of the workload.
pub struct Row<'r> {
    pub system: &'static str,
    pub run: Box<dyn FnMut() -> u64 + 'r>,
}

impl<'r> Row<'r> {
    pub fn new(system: &'static str, run: impl FnMut() -> u64 + 'r) -> Row<'r> {
        Row { system, run: Box::new(run) }
    }
}

/// What the rows do.
#[derive(Clone, Copy, Debug)]
pub struct Workload<'w> {
    pub name: &'w str,
    /// Source, size of a record and of a tick, what is emitted, checkpoints and store.
    pub describe: &'w str,
    pub records: u64,
    pub bytes: u64,
}

/// The systems that others are held against, beside the first row.
const BEST: &str = "best";
const TIMELY: &str = "timely";

/// A line of the summary.
#[derive(Clone, Debug)]
pub struct Result {
    pub workload: String,
    pub describe: String,
    pub system: String,
    pub records_per_s: f64,
    pub bytes_per_s: f64,
    /// Throughput against the first row, by pairs of neighbouring runs; the median.
    pub ratio_to_hand_written: f64,
    /// The same against the row `best`, and `timely`, where there is one.
    pub ratio_to_best: Option<f64>,
    pub ratio_to_timely: Option<f64>,
}

/// Runs all rows once to warm up, then `rounds` times in turn. The first row is the hand-written one.
///
/// # Panics
/// If two rows emit different sums.
pub fn compare(workload: Workload<'_>, rounds: usize, mut rows: Vec<Row<'_>>) -> Vec<Result> {
    let Workload { name, describe, records, bytes } = workload;
    let sums: Vec<u64> = rows.iter_mut().map(|row| (row.run)()).collect();
    for (row, sum) in rows.iter().zip(&sums) {
        assert_eq!(*sum, sums[0], "{name}: `{}` emits something else than `{}`", row.system, rows[0].system);
    }
    let mut seconds = vec![Vec::new(); rows.len()];
    for _ in 0..rounds {
        for (row, times) in rows.iter_mut().zip(&mut seconds) {
            let begin = Instant::now();
            assert_eq!((row.run)(), sums[0], "{name}: `{}` is not deterministic", row.system);
            times.push(begin.elapsed().as_secs_f64());
        }
    }
    let against =
        |other: &[f64], own: &[f64]| median(other.iter().zip(own).map(|(other, own)| other / own).collect());
    let times_of = |system| rows.iter().position(|row| row.system == system).map(|at| &seconds[at]);
    let results: Vec<Result> = rows
        .iter()
        .zip(&seconds)
        .map(|(row, times)| {
            let time = median(times.clone());
            Result {
                workload: name.to_string(),
                describe: describe.to_string(),
                system: row.system.to_string(),
                records_per_s: records as f64 / time,
                bytes_per_s: bytes as f64 / time,
                ratio_to_hand_written: against(&seconds[0], times),
                ratio_to_best: times_of(BEST).map(|best| against(best, times)),
                ratio_to_timely: times_of(TIMELY).map(|timely| against(timely, times)),
            }
        })
        .collect();
    print(&results);
    results
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn line(r: &Result) -> String {
    let ratio =
        |ratio: Option<f64>| ratio.map_or_else(|| format!("{:>7}", "–"), |ratio| format!("{ratio:>7.2}"));
    format!(
        "  {:<22} {:>9.2} M records/s {:>7.2} GB/s {:>7.2} of by hand {} of best {} of timely",
        r.system,
        r.records_per_s / 1e6,
        r.bytes_per_s / 1e9,
        r.ratio_to_hand_written,
        ratio(r.ratio_to_best),
        ratio(r.ratio_to_timely),
    )
}

/// A workload's lines, under its name and what it does.
fn print(results: &[Result]) {
    let mut last = "";
    for r in results {
        if r.workload != last {
            println!("{}: {}", r.workload, r.describe);
            last = &r.workload;
        }
        println!("{}", line(r));
    }
}

/// Prints all as a table and writes `target/bench/summary.json`.
pub fn summary(results: &[Result]) {
    println!("\n{:-<110}", "");
    print(results);
    let rows: Vec<_> = results
        .iter()
        .map(|r| {
            serde_json::json!({
                "workload": r.workload,
                "system": r.system,
                "records_per_s": r.records_per_s,
                "bytes_per_s": r.bytes_per_s,
                "ratio_to_hand_written": r.ratio_to_hand_written,
                "ratio_to_best": r.ratio_to_best,
                "ratio_to_timely": r.ratio_to_timely,
                "describe": r.describe,
            })
        })
        .collect();
    let rows = [rows, crate::tracked::of_compiling()].concat();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    let text = serde_json::to_string_pretty(&rows).expect("numbers and strings are JSON");
    if let Err(e) = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join("summary.json"), text)) {
        eprintln!("target/bench/summary.json could not be written: {e}");
    }
}
