//! Latency under load: `cargo run --release -p millstream-bench --bin latency`.
//!
//! Word count by key, eager, at 10 k to 1 M records a second, in three ways: without a checkpoint; with a checkpoint every second in
//! memory (`/dev/shm`, if it is there), so that what the engine does for it is seen, and not the disk; and with one every second on the
//! local disk, which every tick's entry in the log has to reach before the tick is shown. Then what bringing such an entry to disk takes,
//! and what an idle pipeline costs. Written to `target/bench/latency.json`.
//!
//! Arguments: `none`, `memory`, `disk`, `idle`, and rates (`10k`, `1m`), to measure those only.
//! `MILLSTREAM_LATENCY_SECONDS` is how long a run is (60), of which the first two seconds are not counted.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use hdrhistogram::Histogram;
use millstream::Trigger;
use millstream::prelude::*;
use millstream_bench::latency::{KEYS, Measured, fsync, idle, word_count};
use serde_json::{Value, json};

const RATES: [(&str, u64); 4] = [("10k", 10_000), ("100k", 100_000), ("500k", 500_000), ("1m", 1_000_000)];

fn main() {
    let wanted: Vec<String> = env::args().skip(1).collect();
    let seconds = env::var("MILLSTREAM_LATENCY_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(60);
    let time = Duration::from_secs(seconds);
    let of_ways = wanted.iter().any(|w| ["none", "memory", "disk", "idle"].contains(&w.as_str()));
    let of_rates = wanted.iter().any(|w| RATES.iter().any(|(rate, _)| rate == w));
    let has = |what: &str| wanted.iter().any(|w| w == what);

    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    fs::create_dir_all(&target).expect("the target folder can be written");
    let target = target.canonicalize().expect("it is there");
    let memory = ["/dev/shm"].map(PathBuf::from).into_iter().find(|folder| folder.is_dir());
    let mut rows = Vec::new();
    println!("word count by key, {KEYS} keys, eager, {seconds} s a row; milliseconds from arrival to sink\n");
    println!(
        "{:<8} {:<26} {:>8} {:>8} {:>8} {:>8}   {:>8} {:>8}   {:>8} {:>6} {:>6}",
        "rate", "checkpoint", "p50", "p99", "p99.9", "max", "lag p99", "lag max", "ticks/s", "ckpts", "cores"
    );
    for (way, folder) in [("none", None), ("memory", memory.as_deref()), ("disk", Some(target.as_path()))] {
        if of_ways && !has(way) || way == "memory" && folder.is_none() {
            continue;
        }
        for (name, rate) in RATES {
            if of_rates && !has(name) {
                continue;
            }
            let place = folder.map(|folder| tempfile::tempdir_in(folder).expect("a folder for checkpoints"));
            let measured = word_count(rate, time, place.as_ref().map(tempfile::TempDir::path));
            rows.push(row(name, rate, way, seconds, &measured));
        }
        if way == "disk" {
            let folder = tempfile::tempdir_in(&target).expect("a folder");
            let [appended, made] =
                fsync(folder.path(), Duration::from_secs(seconds.min(10))).expect("the disk can be written");
            for (what, histogram) in [("append and fsync", &appended), ("new file, as a log entry", &made)] {
                println!("{:<8} {what:<26} {}", "disk", shown(histogram));
                let mut entry = percentiles(histogram);
                entry["what"] = json!(what);
                rows.push(entry);
            }
        }
    }
    if !of_ways || has("idle") {
        for trigger in [Trigger::Eager, Trigger::Interval(millis(100)), Trigger::Interval(secs(1))] {
            let idle = idle(trigger, Duration::from_secs(seconds.min(20)));
            println!("idle, {}: {:.2}% of a core", idle.trigger, idle.core * 100.0);
            rows.push(json!({ "what": "idle", "trigger": idle.trigger, "core": idle.core }));
        }
    }
    let text = serde_json::to_string_pretty(&rows).expect("numbers and strings are JSON");
    fs::write(target.join("latency.json"), text).expect("the target folder can be written");
}

fn row(name: &str, rate: u64, way: &str, seconds: u64, measured: &Measured) -> Value {
    let way = match way {
        "none" => "none",
        "memory" => "each second, in memory",
        _ => "each second, on disk",
    };
    let Measured { latency, lag, ticks, checkpoints, cores } = measured;
    let per_second = ticks / seconds.max(1);
    println!(
        "{name:<8} {way:<26} {}   {:>8.3} {:>8.3}   {per_second:>8} {checkpoints:>6} {cores:>6.2}",
        shown(latency),
        ms(lag.value_at_quantile(0.99)),
        ms(lag.max()),
    );
    let mut row = percentiles(latency);
    row["rate"] = json!(rate);
    row["checkpoint"] = json!(way);
    row["generator_lag"] = percentiles(lag);
    row["ticks_per_s"] = json!(per_second);
    row["checkpoints"] = json!(checkpoints);
    row["cores"] = json!(cores);
    row
}

fn ms(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

fn shown(histogram: &Histogram<u64>) -> String {
    let at = |quantile| ms(histogram.value_at_quantile(quantile));
    format!("{:>8.3} {:>8.3} {:>8.3} {:>8.3}", at(0.5), at(0.99), at(0.999), ms(histogram.max()))
}

fn percentiles(histogram: &Histogram<u64>) -> Value {
    let at = |quantile| ms(histogram.value_at_quantile(quantile));
    json!({
        "records": histogram.len(),
        "p50_ms": at(0.5),
        "p99_ms": at(0.99),
        "p999_ms": at(0.999),
        "max_ms": ms(histogram.max()),
    })
}
