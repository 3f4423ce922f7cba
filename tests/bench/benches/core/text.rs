//! Workloads over files of lines.

use millstream_bench::harness::{Result, Row};
use millstream_bench::{best, data, grep, json, on_timely, windows, word_count, words};

use crate::{Bench, Input, TICK, input};

/// Two in one: all rows run in turn, and each way of splitting is a workload of the summary.
const SPLIT: &str = "word count, split(' ')";
const WORDS: &str = "word count, words()";

pub fn all(bench: &mut Bench) {
    if bench.wants(SPLIT) || bench.wants(WORDS) {
        counts(bench);
    }
    if bench.wants("splitters") {
        splitters(bench);
    }
    if bench.wants("grep") {
        let text = bench.text();
        let Input { path: text, lines, bytes } = &*text;
        bench.compare(
            "grep",
            "a text file, lines of 60 bytes, ticks of 8 MB; lines with `qzx` are emitted; no checkpoint, no state",
            *lines,
            *bytes,
            vec![
                Row::new("idiomatic", || grep::idiomatic(text, TICK)),
                Row::new("best", || best::grep(text, TICK)),
                Row::new("millstream", || grep::millstream(text, TICK)),
                Row::new("timely", || on_timely::grep(text, TICK)),
            ],
        );
    }
    if bench.wants("sliding word count") {
        let text = bench.text();
        let Input { path: text, lines, bytes } = &*text;
        bench.compare(
            "sliding word count",
            "a text file, lines of 60 bytes, ticks of 8 MB, a window of 30 ticks every 10; its counts are emitted; no checkpoint, state in memory",
            *lines,
            *bytes,
            vec![
                Row::new("idiomatic", || windows::idiomatic(text, TICK)),
                Row::new("best", || best::sliding(text, TICK)),
                Row::new("millstream", || windows::millstream(text, TICK)),
                Row::new("with an inverse", || windows::with_inverse(text, TICK)),
                Row::new("timely", || on_timely::sliding(text, TICK)),
            ],
        );
    }
    if bench.wants("slides") {
        slides();
    }
    if bench.wants("json, parse and group") {
        let visits = input(data::json(bench.megabytes * 1_000_000));
        let Input { path: visits, lines, bytes } = &visits;
        bench.compare(
            "json, parse and group",
            "a file of JSON, lines of 110 bytes, ticks of 8 MB; every tick's sums by page are emitted; no checkpoint, no state",
            *lines,
            *bytes,
            vec![
                Row::new("idiomatic", || json::idiomatic(visits, TICK)),
                Row::new("millstream", || json::millstream(visits, TICK)),
                Row::new("timely", || on_timely::json(visits, TICK)),
            ],
        );
    }
}

fn counts(bench: &mut Bench) {
    let text = bench.text();
    let Input { path: text, lines, bytes } = &*text;
    let before = bench.results.len();
    bench.compare(
        SPLIT,
        "a text file, lines of 60 bytes, ticks of 8 MB; every tick's counts are emitted; no checkpoint, no state",
        *lines,
        *bytes,
        vec![
            Row::new("idiomatic", || word_count::idiomatic(text, TICK)),
            Row::new("best", || best::word_count(text, TICK)),
            Row::new("millstream", || word_count::millstream(text, TICK)),
            Row::new("by words()", || word_count::by_words(text, TICK)),
            Row::new("timely", || on_timely::word_count(text, TICK)),
        ],
    );
    // The text has single spaces, so all rows count the same words; the others hold for both.
    let both = bench.results.split_off(before);
    let of = |workload: &str, leaves: &str| -> Vec<Result> {
        let rows = both.iter().filter(|row| row.system != leaves).cloned();
        rows.map(|row| {
            let system = if row.system == "by words()" { "millstream".to_string() } else { row.system };
            Result { workload: workload.to_string(), system, ..row }
        })
        .collect()
    };
    bench.results.extend(of(SPLIT, "by words()"));
    bench.results.extend(of(WORDS, "millstream"));
}

fn splitters(bench: &mut Bench) {
    let text = bench.text();
    let Input { path: text, lines, bytes } = &*text;
    bench.compare(
        "splitters",
        "a text file, lines of 60 bytes, ticks of 8 MB; the sum of the words' lengths is emitted",
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
        "word count by its splitters",
        "a text file, lines of 60 bytes, ticks of 8 MB; every tick's counts are emitted",
        *lines,
        *bytes,
        vec![
            Row::new("idiomatic", || word_count::idiomatic(text, TICK)),
            Row::new("split(' ')", || words::count_split(text, TICK)),
            Row::new("split_whitespace", || words::count_split_whitespace(text, TICK)),
            Row::new("words", || words::count_words(text, TICK)),
            Row::new("words_ascii", || words::count_words_ascii(text, TICK)),
        ],
    );
}

/// Not a row: it is held against itself.
fn slides() {
    for inverse in [false, true] {
        let [few, many] = [10, 3600].map(|slides| windows::cost_of_a_tick(slides, 10_000, 3700, inverse));
        println!(
            "a tick of 10 k keys, {}: {few:?} in a window of 10 slides, {many:?} in one of 3,600: {:.2} times",
            if inverse { "with an inverse" } else { "without an inverse" },
            many.as_secs_f64() / few.as_secs_f64()
        );
    }
}
