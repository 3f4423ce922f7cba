//! JSON lines of a folder to Parquet, killed again and again: in the end each order is there once.

#![cfg(unix)]

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use millstream::source::parquet_files;
use millstream_files_tests::Order;

use crate::places::{files, read};

fn start(folder: &Path, partitions: usize, rolled: bool) -> Child {
    let at = |name: &str| folder.join(name);
    Command::new(env!("CARGO_BIN_EXE_archive"))
        .args([at("in"), at("checkpoint"), at("out")])
        .arg(partitions.to_string())
        .args(rolled.then_some("rolled"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// The orders that a reader sees, sorted.
fn seen(folder: &Path) -> Vec<u64> {
    let paths = files(&folder.join("out"));
    if paths.is_empty() {
        return Vec::new();
    }
    let (orders, bad) = read(parquet_files::<Order>(paths));
    assert_eq!(bad, []);
    let mut ids: Vec<u64> = orders.into_iter().map(|order| order.id).collect();
    ids.sort_unstable();
    ids
}

fn killed(rolled: bool) {
    let seed = std::env::var("MILLSTREAM_KILL_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("MILLSTREAM_KILL_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("in");
    std::fs::create_dir(&input).expect("it is made");
    let wanted = std::env::var("MILLSTREAM_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let (mut kills, mut next, mut round) = (0, 0, 0);
    while kills < wanted || round < 3 {
        // More to read, moved in whole.
        let more = next + random.u64(20..120);
        let lines: String = (next..more)
            .map(|n| format!("{{\"id\":{n},\"country\":{:?},\"note\":null}}\n", Order::new(n).country))
            .collect();
        std::fs::write(input.join(".new"), lines).expect("it is written");
        std::fs::rename(input.join(".new"), input.join(format!("{round:05}.jsonl"))).expect("it is moved");
        (next, round) = (more, round + 1);
        let mut child = start(folder.path(), [1, 2, 5][random.usize(..3)], rolled);
        std::thread::sleep(Duration::from_micros(random.u64(..150_000)));
        child.kill().expect("it was not waited for");
        let end = child.wait_with_output().expect("it ends");
        match end.status.signal() {
            Some(9) => kills += 1,
            _ => assert!(end.status.success(), "{}", String::from_utf8_lossy(&end.stderr)),
        }
        let ids = seen(folder.path());
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "an order is there twice: {ids:?}");
    }
    let end = start(folder.path(), 2, rolled).wait_with_output().expect("it ends");
    assert!(end.status.success(), "{}", String::from_utf8_lossy(&end.stderr));
    let ids = seen(folder.path());
    assert!(ids.iter().copied().eq(0..next), "{} orders of {next}", ids.len());
}

#[test]
fn each_order_is_there_once() {
    killed(false);
}

#[test]
fn each_order_is_there_once_where_ticks_are_gathered() {
    killed(true);
}
