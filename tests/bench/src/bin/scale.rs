//! How cost grows: `cargo run --release -p millstream-bench --bin scale`.
//!
//! Time and memory for 1e5 to 1e9 records, 1 to 1e7 keys, 1 to 64 partitions, 1 to 200 operators, and two threads against one. Each point
//! is a process of its own, so that its memory is its own. Writes plots to `book/src/performance/`, and the numbers beside them. `records`,
//! `keys`, `partitions`, `operators` or `threads` as an argument measures only that; so nothing has to run for long.

use std::path::Path;
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use millstream_bench::scale::plot::{Measure, svg};
use millstream_bench::scale::{
    KEYS, chain, keyed_count, keyed_count_by_hand, running_count, ten_maps, ten_maps_by_hand,
};
use serde_json::{Value, json};

/// What one process found.
#[derive(Clone, Copy)]
struct Point {
    /// The median of its runs.
    seconds: f64,
    /// The most that the process had at once.
    megabytes: f64,
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [point, kind, at] = arguments.as_slice()
        && point == "point"
    {
        run_point(kind, at.parse().expect("a point is a number"));
        return;
    }
    let wants = |what: &str| arguments.is_empty() || arguments.iter().any(|a| a == what);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src/performance");
    fs::create_dir_all(&folder).expect("the book can be written");
    let numbers = folder.join("scale.json");
    let mut all: Value = fs::read(&numbers)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_else(|| json!({}));

    let plots: [(&str, &str, &[u64], Each); 4] = [
        (
            "records",
            "records, counted by key",
            &[100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000],
            |n| n,
        ),
        (
            "keys",
            "keys of a running count",
            &[1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000],
            |_| COUNTED,
        ),
        ("partitions", "partitions", &[1, 2, 4, 8, 16, 32, 64], |_| COUNTED),
        ("operators", "maps in a chain", &[1, 10, 50, 100, 200], |maps| MAPPED / maps),
    ];
    for (kind, bottom, points, records) in plots {
        if !wants(kind) {
            continue;
        }
        let found: Vec<Point> = points.iter().map(|at| in_a_process(kind, *at)).collect();
        let nanos: Vec<f64> =
            points.iter().zip(&found).map(|(at, p)| p.seconds * 1e9 / records(*at) as f64).collect();
        for ((at, point), nanos) in points.iter().zip(&found).zip(&nanos) {
            println!("{kind:<12} {at:>12} {nanos:>9.3} ns a record {:>9.1} MB", point.megabytes);
        }
        let megabytes: Vec<f64> = found.iter().map(|point| point.megabytes).collect();
        let at: Vec<f64> = points.iter().map(|at| *at as f64).collect();
        let measures = [
            Measure { name: "nanoseconds a record", values: nanos.clone() },
            Measure { name: "megabytes at most", values: megabytes.clone() },
        ];
        fs::write(folder.join(format!("{kind}.svg")), svg(bottom, &at, &measures))
            .expect("the book can be written");
        all[kind] = json!({ "at": points, "ns_per_record": nanos, "max_rss_mb": megabytes });
    }
    if wants("threads") {
        for what in ["maps", "count"] {
            let gain = |who: &str| {
                // In turn, so that both have the same of whatever else the machine does.
                let mut gains: Vec<f64> = (0..5)
                    .map(|_| {
                        let [one, two] = [1, 2].map(|n| in_a_process(&format!("{what}-{who}"), n).seconds);
                        one / two
                    })
                    .collect();
                gains.sort_by(f64::total_cmp);
                gains[gains.len() / 2]
            };
            let (ours, by_hand) = (gain("millstream"), gain("by-hand"));
            println!(
                "two threads against one, {what}: {ours:.3} times as fast, by hand {by_hand:.3}: {:.3} of it",
                ours / by_hand
            );
            all["threads"][what] = json!({ "millstream": ours, "by_hand": by_hand, "ratio": ours / by_hand });
        }
    }
    let text = serde_json::to_string_pretty(&all).expect("numbers and strings are JSON");
    fs::write(numbers, text + "\n").expect("the book can be written");
}

/// How many records a point has.
type Each = fn(u64) -> u64;

/// Of the points whose records are not what is varied.
const COUNTED: u64 = 40_000_000;
/// Maps that all records pass, together.
const MAPPED: u64 = 2_000_000_000;

/// Runs a point, and prints what it took.
fn run_point(kind: &str, at: u64) {
    let threads = at as usize;
    let run: Box<dyn Fn() -> u64> = match kind {
        "records" => Box::new(move || keyed_count(at, KEYS, 2, 2)),
        "keys" => Box::new(move || running_count(COUNTED, at)),
        "partitions" => Box::new(move || keyed_count(COUNTED, KEYS, 2, threads)),
        "operators" => Box::new(move || chain(at, MAPPED / at)),
        "maps-millstream" => Box::new(move || ten_maps(100_000_000, threads)),
        "maps-by-hand" => Box::new(move || ten_maps_by_hand(100_000_000, threads)),
        "count-millstream" => Box::new(move || keyed_count(COUNTED, KEYS, threads, threads)),
        "count-by-hand" => Box::new(move || keyed_count_by_hand(COUNTED, KEYS, threads)),
        _ => panic!("there is nothing called {kind}"),
    };
    let timed = || {
        let began = Instant::now();
        std::hint::black_box(run());
        began.elapsed().as_secs_f64()
    };
    let mut seconds = vec![timed()];
    // What takes long needs no warm-up and no second run.
    if seconds[0] < 3.0 {
        let rounds = if seconds[0] < 0.1 { 15 } else { 3 };
        seconds = (0..rounds).map(|_| timed()).collect();
    }
    seconds.sort_by(f64::total_cmp);
    println!("{} {}", seconds[seconds.len() / 2], most_memory());
}

fn in_a_process(kind: &str, at: u64) -> Point {
    let program = env::current_exe().expect("it runs");
    let output =
        Command::new(program).args(["point", kind, &at.to_string()]).output().expect("it runs again");
    assert!(output.status.success(), "{kind} {at}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().filter_map(|n| n.parse::<f64>().ok());
    let mut next = || numbers.next().expect("a point prints two numbers");
    Point { seconds: next(), megabytes: next() }
}

/// In megabytes, where the system says so.
fn most_memory() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) * 1024.0 / 1e6
}
