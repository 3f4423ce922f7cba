//! `cargo bench`: word count, words, grep and chains of maps. `cargo bench -- grep` runs the workloads whose name holds `grep`;
//! `MILLSTREAM_BENCH_MB` is the size of the text (1000).

use std::hint::black_box;
use std::path::PathBuf;
use std::rc::Rc;

use millstream_bench::harness::{Result, Row, compare, summary};
use millstream_bench::{
    chain, checkpoints, data, grep, joins, nexmark, on_timely, state, windows, word_count, words,
};

/// About 8 MB a tick.
const TICK: u64 = 8 << 20;

/// The text that is read, and what it has.
struct Text {
    path: PathBuf,
    lines: u64,
    bytes: u64,
}

/// What was asked for, and what came out so far.
struct Bench {
    filters: Vec<String>,
    megabytes: u64,
    rounds: usize,
    text: Option<Rc<Text>>,
    results: Vec<Result>,
}

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok()
}

impl Bench {
    fn wants(&self, name: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter))
    }

    fn text(&mut self) -> Rc<Text> {
        let megabytes = self.megabytes;
        let text = self.text.get_or_insert_with(|| {
            let path = data::text(megabytes * 1_000_000);
            let bytes = path.metadata().map_or(0, |m| m.len());
            Rc::new(Text { lines: data::lines_in(&path), bytes, path })
        });
        Rc::clone(text)
    }

    fn compare(&mut self, workload: &str, records: u64, bytes: u64, rows: Vec<Row<'_>>) {
        self.results.extend(compare(workload, self.rounds, records, bytes, rows));
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
    of_text(&mut bench);
    of_windows(&mut bench);
    of_chains(&mut bench);
    of_joins(&mut bench);
    of_states(&mut bench);
    of_checkpoints(&bench);
    of_nexmark(&mut bench);
    summary(&bench.results);
}

fn of_text(bench: &mut Bench) {
    if bench.wants("word count") {
        let text = bench.text();
        let Text { path: text, lines, bytes } = &*text;
        bench.compare(
            "word count, split(' ')",
            *lines,
            *bytes,
            vec![
                Row::new("by hand", || word_count::by_hand(text, TICK)),
                Row::new("millstream", || word_count::millstream(text, TICK)),
                Row::new("timely", || on_timely::word_count(text, TICK)),
            ],
        );
    }
    if bench.wants("words") {
        let text = bench.text();
        let Text { path: text, lines, bytes } = &*text;
        bench.compare(
            "words",
            *lines,
            *bytes,
            vec![
                Row::new("by hand", || words::by_hand(text, TICK)),
                Row::new("split(' ')", || words::split(text, TICK)),
                Row::new("split_whitespace", || words::split_whitespace(text, TICK)),
                Row::new("words", || words::words(text, TICK)),
                Row::new("words_ascii", || words::words_ascii(text, TICK)),
            ],
        );
        bench.compare(
            "word count by its splitter",
            *lines,
            *bytes,
            vec![
                Row::new("by hand", || word_count::by_hand(text, TICK)),
                Row::new("split(' ')", || words::count_split(text, TICK)),
                Row::new("split_whitespace", || words::count_split_whitespace(text, TICK)),
                Row::new("words", || words::count_words(text, TICK)),
                Row::new("words_ascii", || words::count_words_ascii(text, TICK)),
            ],
        );
    }
    if bench.wants("grep") {
        let text = bench.text();
        let Text { path: text, lines, bytes } = &*text;
        bench.compare(
            "grep",
            *lines,
            *bytes,
            vec![
                Row::new("by hand", || grep::by_hand(text, TICK)),
                Row::new("millstream", || grep::millstream(text, TICK)),
                Row::new("timely", || on_timely::grep(text, TICK)),
            ],
        );
    }
}

fn of_windows(bench: &mut Bench) {
    if bench.wants("sliding") {
        let text = bench.text();
        let Text { path: text, lines, bytes } = &*text;
        bench.compare(
            "word count, 30 s every 10 s",
            *lines,
            *bytes,
            vec![
                Row::new("by hand", || windows::by_hand(text, TICK)),
                Row::new("millstream", || windows::millstream(text, TICK)),
                Row::new("with an inverse", || windows::with_inverse(text, TICK)),
            ],
        );
    }
    if bench.wants("slides") {
        // Not a row: it is held against itself.
        for inverse in [false, true] {
            let [few, many] = [10, 3600].map(|slides| windows::cost_of_a_tick(slides, 10_000, 3700, inverse));
            println!(
                "a tick of 10 k keys, {}: {few:?} in a window of 10 slides, {many:?} in one of 3,600: {:.2} times",
                if inverse { "with an inverse" } else { "without an inverse" },
                many.as_secs_f64() / few.as_secs_f64()
            );
        }
    }
}

fn of_chains(bench: &mut Bench) {
    let numbers = |n: u64| (n, n * 8);
    if bench.wants("1 map") {
        let (n, b) = numbers(2_000_000_000);
        bench.compare(
            "chain of 1 map",
            n,
            b,
            vec![
                Row::new("by hand", || chain::by_hand::<1>(n, 10_000_000)),
                Row::new("millstream", || chain::maps_1(n, 10_000_000)),
            ],
        );
    }
    if bench.wants("10 maps") {
        let (n, b) = numbers(500_000_000);
        bench.compare(
            "chain of 10 maps",
            n,
            b,
            vec![
                Row::new("by hand", || chain::by_hand::<10>(n, 10_000_000)),
                Row::new("millstream", || chain::maps_10(n, 10_000_000)),
            ],
        );
        bench.compare(
            "for, 10 times",
            n,
            b,
            vec![
                Row::new("by hand", || chain::by_hand_looped(black_box(10), n, 10_000_000)),
                Row::new("millstream", || chain::looped(black_box(10), n, 10_000_000)),
            ],
        );
    }
    if bench.wants("100 maps") {
        let (n, b) = numbers(50_000_000);
        bench.compare(
            "chain of 100 maps",
            n,
            b,
            vec![
                Row::new("by hand", || chain::by_hand_100(n, 10_000_000)),
                Row::new("millstream", || chain::maps_100(n, 10_000_000)),
            ],
        );
        bench.compare(
            "for, 100 times",
            n,
            b,
            vec![
                Row::new("by hand", || chain::by_hand_looped(black_box(100), n, 10_000_000)),
                Row::new("millstream", || chain::looped(black_box(100), n, 10_000_000)),
            ],
        );
    }
}

fn of_joins(bench: &mut Bench) {
    let (left, right) = (10_000_000, 1_000_000);
    if bench.wants("join") {
        bench.compare(
            "join, 10 M with 1 M",
            left,
            left * 16,
            vec![
                Row::new("by hand", || joins::join_by_hand(left, right)),
                Row::new("millstream", || joins::join(left, right)),
            ],
        );
    }
    if bench.wants("table") {
        let (open, table) = (joins::open_table(right), joins::table(right));
        bench.compare(
            "join_table, 10 M with 1 M",
            left,
            left * 16,
            vec![
                Row::new("by hand", || joins::look_up_by_hand(left, right, &open)),
                Row::new("millstream", || joins::look_up(left, right, &table)),
            ],
        );
    }
    if bench.wants("group") {
        bench.compare(
            "group, 10 M of 1 M keys",
            left,
            left * 16,
            vec![
                Row::new("by hand", || joins::group_by_hand(left, right)),
                Row::new("millstream", || joins::group(left, right)),
            ],
        );
    }
}

fn of_states(bench: &mut Bench) {
    let (total, keys, tick) = (20_000_000, 1_000_000, 1_000_000);
    if bench.wants("map_with_state") {
        bench.compare(
            "map_with_state, 1 M keys",
            total,
            total * 16,
            vec![
                Row::new("by hand", || state::totals_by_hand(total, keys, tick)),
                Row::new("millstream", || state::totals(total, keys, tick)),
            ],
        );
    }
    if bench.wants("running_count") {
        bench.compare(
            "running_count, 1 M keys",
            total,
            total * 8,
            vec![
                Row::new("by hand", || state::counts_by_hand(total, keys, tick)),
                Row::new("millstream", || state::counts(total, keys, tick)),
            ],
        );
    }
}

fn of_checkpoints(bench: &Bench) {
    if bench.wants("checkpoints") {
        // Four rounds of fifty seconds: two hundred checkpoints. Then short ticks, each with its entry in the log.
        let seconds = number("MILLSTREAM_BENCH_SECONDS").unwrap_or(50) as u64;
        checkpoints::report(seconds, bench.rounds.min(4) as u64, 5_000_000);
        checkpoints::report(seconds, bench.rounds.min(2) as u64, 1_000_000);
    }
}

fn of_nexmark(bench: &mut Bench) {
    if bench.wants("nexmark") {
        let n = bench.megabytes * 1000;
        let events = nexmark::events(n);
        type Query = fn(&nexmark::Events) -> u64;
        let queries: [(&str, Query, Query); 7] = [
            ("nexmark 1", nexmark::q1_by_hand, nexmark::q1),
            ("nexmark 2", nexmark::q2_by_hand, nexmark::q2),
            ("nexmark 3", nexmark::q3_by_hand, nexmark::q3),
            ("nexmark 4", nexmark::q4_by_hand, nexmark::q4),
            ("nexmark 5", nexmark::q5_by_hand, nexmark::q5),
            ("nexmark 7", nexmark::q7_by_hand, nexmark::q7),
            ("nexmark 8", nexmark::q8_by_hand, nexmark::q8),
        ];
        for (query, by_hand, ours) in queries {
            let rows =
                vec![Row::new("by hand", || by_hand(&events)), Row::new("millstream", || ours(&events))];
            bench.compare(query, n, n * 200, rows);
        }
    }
}
