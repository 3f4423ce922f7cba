//! The rows of the benchmarks: the same work on the same data, by hand as most would write it (*idiomatic*) and with every trick
//! (*best*), with Millstream, and on timely.
//!
//! A row returns a sum over all that it emitted; the rows of a workload must agree on it before a ratio is printed.

pub mod best;
pub mod chain;
pub mod checkpoints;
pub mod data;
mod dealt;
pub mod files;
pub mod grep;
pub mod harness;
pub mod interval_join;
pub mod joins;
pub mod json;
pub mod latency;
pub mod nexmark;
pub mod on_timely;
pub mod peers;
pub mod scale;
pub mod sessions;
pub mod single_ticks;
pub mod state;
pub mod tracked;
pub mod windows;
pub mod word_count;
pub mod words;

/// The part of the sum that one emitted pair adds.
#[inline]
pub fn pair_sum(word: &str, count: u64) -> u64 {
    let bytes = word.as_bytes();
    let first = bytes.first().map_or(0, |b| u64::from(*b));
    (bytes.len() as u64 * 31 + first).wrapping_mul(count)
}

/// What all threads of this process have run so far, to ten milliseconds; zero where the system does not say.
pub fn processor_time() -> std::time::Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the program's name, which may hold anything: user and system time are the twelfth and thirteenth.
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let ticks = behind.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum::<u64>();
    std::time::Duration::from_millis(ticks * 10)
}
