//! What a checkpoint writes follows from what has changed, not from what is there.

use millstream::prelude::*;

/// In a memory, so that nothing but bytes counts.
fn written(keys: u64, changed: u64, ticks: usize) -> Vec<u64> {
    let first: Vec<(u64, u64)> = (0..keys).map(|key| (key, 1)).collect();
    let some: Vec<(u64, u64)> = (0..changed).map(|n| (n * (keys / changed), 1)).collect();
    let input: Vec<_> = std::iter::once(first).chain(std::iter::repeat_n(some, ticks)).collect();
    let pipeline = stream!(move { <Idle>
        let sums = source(queue(input)).update_state_by_key(|new, old| Some(old.unwrap_or(0) + new.iter().sum::<u64>()));
        sums.count().for_each(move |n| assert_eq!(n, keys, "every key is emitted in every tick"));
    });
    let folder = tempfile::tempdir().expect("a folder");
    let engine = Engine::test().checkpoint(folder.path().display().to_string()).checkpoint_interval(secs(0));
    let mut job = engine.start(pipeline).expect("it starts");
    let mut bytes = Vec::new();
    for _ in 0..=ticks {
        job.tick().expect("it ticks");
        let checkpoint = job.progress().checkpoint.expect("every tick is a checkpoint");
        bytes.push(checkpoint.bytes);
    }
    bytes
}

#[test]
fn a_million_idle_keys_cost_nothing_where_one_in_a_hundred_changes() {
    let bytes = written(1_000_000, 10_000, 3);
    let [full, deltas @ ..] = bytes.as_slice() else { panic!("there are checkpoints") };
    assert!(*full > 1_000_000, "the first checkpoint holds all keys: {full} bytes");
    for delta in deltas {
        // A key and a sum are 16 bytes.
        assert!(*delta < 3 * 10_000 * 16, "{delta} bytes for 10,000 keys that changed");
        assert!(*delta > 10_000, "{delta} bytes for 10,000 keys that changed");
    }
}
