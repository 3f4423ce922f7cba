//! Stores that are slow.

use super::*;
use crate::engine::test::TestJob;

fn ticks(job: &mut TestJob, n: usize) {
    (0..n).for_each(|_| job.tick().unwrap());
}

#[test]
fn a_checkpoint_that_is_written_five_ticks_later_holds_no_effect_of_them() {
    let expected = undisturbed();
    for seed in 0..20 {
        let (store, out) = (memory(), MemorySink::new());
        let mut job = engine(&store).seed(seed).start(words(&out)).unwrap();
        job.hold_checkpoints(true);
        ticks(&mut job, 8);
        assert_eq!(job.progress().checkpoint, None);
        job.hold_checkpoints(false);
        while job.progress().checkpoint.is_none() {
            job.advance(millis(1)).unwrap();
        }
        let checkpoint = job.progress().checkpoint.expect("there is one");
        assert!(checkpoint.tick <= 2, "it was due after two seconds: {checkpoint:?}");
        drop(job);
        out.clear();
        engine(&store).seed(seed).partitions(2).run(words(&out)).unwrap();
        // The ticks behind it run again, on what it holds.
        assert_eq!(sorted(&out), expected[checkpoint.tick as usize + 1..], "seed {seed}");
    }
}
