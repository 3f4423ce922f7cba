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

/// A line of the summary.
#[derive(Clone, Debug)]
pub struct Result {
    pub workload: String,
    pub system: String,
    pub records_per_s: f64,
    pub bytes_per_s: f64,
    /// Throughput against the first row, by pairs of neighbouring runs; the median.
    pub ratio_to_hand_written: f64,
}

/// Runs all rows once to warm up, then `rounds` times in turn. The first row is the hand-written one.
///
/// # Panics
/// If two rows emit different sums.
pub fn compare(
    workload: &str,
    rounds: usize,
    records: u64,
    bytes: u64,
    mut rows: Vec<Row<'_>>,
) -> Vec<Result> {
    let sums: Vec<u64> = rows.iter_mut().map(|row| (row.run)()).collect();
    for (row, sum) in rows.iter().zip(&sums) {
        assert_eq!(
            *sum, sums[0],
            "{workload}: `{}` emits something else than `{}`",
            row.system, rows[0].system
        );
    }
    let mut seconds = vec![Vec::new(); rows.len()];
    for _ in 0..rounds {
        for (row, times) in rows.iter_mut().zip(&mut seconds) {
            let begin = Instant::now();
            assert_eq!((row.run)(), sums[0], "{workload}: `{}` is not deterministic", row.system);
            times.push(begin.elapsed().as_secs_f64());
        }
    }
    let results: Vec<Result> = rows
        .iter()
        .zip(&seconds)
        .map(|(row, times)| {
            let ratios = seconds[0].iter().zip(times).map(|(hand, own)| hand / own).collect();
            let time = median(times.clone());
            Result {
                workload: workload.to_string(),
                system: row.system.to_string(),
                records_per_s: records as f64 / time,
                bytes_per_s: bytes as f64 / time,
                ratio_to_hand_written: median(ratios),
            }
        })
        .collect();
    for r in &results {
        println!("{}", line(r));
    }
    results
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn line(r: &Result) -> String {
    format!(
        "{:<28} {:<14} {:>9.2} M records/s {:>7.2} GB/s   {:>5.2} of by hand",
        r.workload,
        r.system,
        r.records_per_s / 1e6,
        r.bytes_per_s / 1e9,
        r.ratio_to_hand_written
    )
}

/// Prints all as a table and writes `target/bench/summary.json`.
pub fn summary(results: &[Result]) {
    println!("\n{:-<96}", "");
    for r in results {
        println!("{}", line(r));
    }
    let rows: Vec<_> = results
        .iter()
        .map(|r| {
            serde_json::json!({
                "workload": r.workload,
                "system": r.system,
                "records_per_s": r.records_per_s,
                "bytes_per_s": r.bytes_per_s,
                "ratio_to_hand_written": r.ratio_to_hand_written,
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
