//! A pipeline with state is killed again and again, and in the end has written what an undisturbed run writes.

#![cfg(unix)]

mod fencing;
mod files;
mod lives;
mod output;
mod sockets;

/// How many kills a test makes: `MILLSTREAM_KILLS`, or `few`.
fn kills(few: usize) -> usize {
    std::env::var("MILLSTREAM_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(few)
}

/// The seed of a run's chances: `MILLSTREAM_KILL_SEED`, or another one each time. It is printed where a test fails.
fn seed() -> u64 {
    let given = std::env::var("MILLSTREAM_KILL_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("MILLSTREAM_KILL_SEED={seed}");
    seed
}
