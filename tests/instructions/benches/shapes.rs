//! The five core shapes of stages under callgrind. `cargo run -p millstream-instructions` runs this and holds the counts to
//! the committed ones.
//!
//! The pipelines are functions of the library: callgrind counts between two calls of a function below, and the closures of one that
//! stood here would have its name.

use std::hint::black_box;
use std::path::PathBuf;

use gungraun::prelude::*;
use millstream_instructions as shape;

#[library_benchmark]
fn map_filter_map() -> u64 {
    black_box(shape::one_loop())
}

#[library_benchmark]
#[bench::of_a_mebibyte(shape::text())]
fn flat_map_words(text: PathBuf) -> u64 {
    black_box(shape::loop_in_loop(&text))
}

#[library_benchmark]
#[bench::of_a_mebibyte(shape::text())]
fn keyed_count(text: PathBuf) -> u64 {
    black_box(shape::table(&text))
}

#[library_benchmark]
fn fan_out_of_two() -> u64 {
    black_box(shape::two_tails())
}

#[library_benchmark]
fn running_count() -> u64 {
    black_box(shape::states())
}

library_benchmark_group!(
    name = shapes,
    benchmarks = [map_filter_map, flat_map_words, keyed_count, fan_out_of_two, running_count]
);
main!(library_benchmark_groups = shapes);
