//! `cargo bench`: all workloads. `cargo bench -- grep` runs those whose name holds `grep`; `MILLSTREAM_BENCH_MB` is the size of the
//! input (1000), `MILLSTREAM_BENCH_ROUNDS` how often each row runs (5).

mod events;
mod numbers;
mod text;

use std::path::PathBuf;
use std::rc::Rc;

use millstream_bench::harness::{Result, Row, Workload, compare, summary};
use millstream_bench::{data, single_ticks};

/// About 8 MB a tick.
const TICK: u64 = 8 << 20;

/// A file that is read, and what it has.
struct Input {
    path: PathBuf,
    lines: u64,
    bytes: u64,
}

/// What was asked for, and what came out so far.
struct Bench {
    filters: Vec<String>,
    megabytes: u64,
    rounds: usize,
    text: Option<Rc<Input>>,
    results: Vec<Result>,
}

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok()
}

fn input(path: PathBuf) -> Input {
    let bytes = path.metadata().map_or(0, |m| m.len());
    Input { lines: data::lines_in(&path), bytes, path }
}

impl Bench {
    fn wants(&self, name: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter.as_str()))
    }

    fn text(&mut self) -> Rc<Input> {
        let bytes = self.megabytes * 1_000_000;
        Rc::clone(self.text.get_or_insert_with(|| Rc::new(input(data::text(bytes)))))
    }

    /// As many records of a size as the input has, in whole ticks.
    fn records(&self, size: u64, per_tick: u64) -> u64 {
        (self.megabytes * 1_000_000 / size).div_ceil(per_tick) * per_tick
    }

    fn compare(&mut self, name: &str, describe: &str, records: u64, bytes: u64, rows: Vec<Row<'_>>) {
        let workload = Workload { name, describe, records, bytes };
        self.results.extend(compare(workload, self.rounds, rows));
    }
}

fn main() {
    let mut bench = Bench {
        filters: std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect(),
        megabytes: number("MILLSTREAM_BENCH_MB").unwrap_or(1000) as u64,
        rounds: number("MILLSTREAM_BENCH_ROUNDS").unwrap_or(5),
        text: None,
        results: Vec::new(),
    };
    text::all(&mut bench);
    numbers::all(&mut bench);
    events::all(&mut bench);
    if bench.wants("empty tick, tick with 1 record") {
        single_ticks::report();
    }
    summary(&bench.results);
}
