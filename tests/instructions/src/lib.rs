//! The five core shapes of stages, for the counting of instructions: small pipelines, on the engine for tests. That is the same driver,
//! scheduler, stage functions and operators, on one thread and in one order.

mod numbers;

use std::path::{Path, PathBuf};

use millstream::prelude::*;

use self::numbers::Numbers;

/// So many numbers.
const NUMBERS: u64 = 400_000;
/// The keys of those.
const KEYS: u64 = 10_000;
/// The bytes of the text, and how many words it has.
const TEXT: usize = 1 << 20;
const WORDS: u64 = 5000;

/// A text in a file, made once; making it is no part of what is counted.
pub fn text() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/instructions");
    let path = folder.join("text.txt");
    if !path.exists() {
        let mut text = String::with_capacity(TEXT + 64);
        let mut number = 0u64;
        while text.len() < TEXT {
            number += 1;
            // The first words are the more frequent.
            let word = (mix(number) >> 32) % (1 + (mix(number ^ 7) >> 32) % WORDS);
            text.push_str(&"abcdefghijklmnop"[..(word % 9) as usize]);
            text.push_str(&word.to_string());
            text.push(if number.is_multiple_of(9) { '\n' } else { ' ' });
        }
        text.push('\n');
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&path, text))
            .expect("target can be written");
    }
    path
}

#[inline(always)]
fn mix(x: u64) -> u64 {
    (x ^ (x >> 7)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn run(pipeline: Pipeline<'_>) {
    Engine::test().partitions(2).memory_budget(u64::MAX).run(pipeline).expect("it runs");
}

/// One loop: what every element-wise operator costs.
pub fn one_loop() -> u64 {
    let mut sum = 0u64;
    run(stream! {
        let kept = source(Numbers::new(NUMBERS)).map(|x| mix(x)).filter(|x| x % 3 == 0).map(|x| mix(x) >> 40);
        kept.reduce(u64::wrapping_add).for_each(|n| sum = sum.wrapping_add(n));
    });
    sum
}

/// A loop in a loop, over text that is lent: lines from a file, words from lines.
pub fn loop_in_loop(text: &Path) -> u64 {
    let mut sum = 0u64;
    run(stream! {
        let words = source(text_files(text)).flat_map(|line| line.split(' '));
        words.map(|word| word.len() as u64).reduce(|a, b| a + b).for_each(|n| sum += n);
    });
    sum
}

/// The table before an exchange, and the merge behind it.
pub fn table(text: &Path) -> u64 {
    let mut sum = 0u64;
    run(stream! {
        let words = source(text_files(text)).flat_map(|line| line.split(' '));
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.for_each_batch(|batch, _tick| sum += batch.iter().map(|(_, n)| n).sum::<u64>());
    });
    sum
}

/// One stream with two consumers, in one loop.
pub fn two_tails() -> u64 {
    let (mut small, mut large) = (0u64, 0u64);
    run(stream! {
        let mixed = source(Numbers::new(NUMBERS)).map(|x| mix(x) >> 20);
        mixed.filter(|x| x % 5 == 0).reduce(u64::wrapping_add).for_each(|n| small = small.wrapping_add(n));
        mixed.map(|x| x ^ 7).reduce(u64::max).for_each(|n| large = large.max(n));
    });
    small ^ large
}

/// Records dealt to their keys, and a state for each key.
pub fn states() -> u64 {
    let mut sum = 0u64;
    run(stream! { <Running>
        let keys = source(Numbers::new(NUMBERS)).map(|x| (mix(x) % KEYS, ()));
        keys.running_count().for_each_batch(|batch, _tick| {
            sum = batch.iter().fold(sum, |sum, (key, n)| sum.wrapping_add(key ^ n));
        });
    });
    sum
}
