//! Savepoints, and what goes on from them.

use super::*;
use crate::Trigger;
use crate::clock::Timestamp;
use crate::engine::local::bell::Bell;
use crate::source::QueueSender;

fn folder() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved").display().to_string();
    (folder, path)
}

#[test]
fn a_pipeline_goes_on_from_a_savepoint_as_often_as_one_likes() {
    let (expected, (_folder, saved)) = (undisturbed(), folder());
    let (store, out) = (memory(), MemorySink::new());
    let mut job = engine(&store).start(words(&out)).unwrap();
    (0..5).for_each(|_| job.tick().unwrap());
    job.savepoint(&saved).unwrap();
    // The pipeline goes on, and its own checkpoints are whole.
    job.run_to_end().unwrap();
    assert_eq!(sorted(&out), expected);
    for partitions in [1, 4] {
        let out = MemorySink::new();
        let mut job = engine(&memory()).partitions(partitions).start_from(&saved, words(&out)).unwrap();
        job.run_to_end().unwrap();
        assert_eq!(sorted(&out), expected[5..]);
    }
}

#[test]
fn what_goes_on_from_a_savepoint_has_a_checkpoint_of_its_own_from_the_first() {
    let (expected, (_folder, saved)) = (undisturbed(), folder());
    let out = MemorySink::new();
    let mut job = engine(&memory()).start(words(&out)).unwrap();
    (0..5).for_each(|_| job.tick().unwrap());
    job.savepoint(&saved).unwrap();
    drop(job);
    for ticks in 0..4 {
        let (own, out) = (memory(), MemorySink::new());
        let mut job = engine(&own).start_from(&saved, words(&out)).unwrap();
        (0..ticks).for_each(|_| job.tick().unwrap());
        drop(job);
        engine(&own).run(words(&out)).unwrap();
        assert_eq!(sorted(&out), expected[5..], "after {ticks}");
        let again = engine(&own).start_from(&saved, words(&out)).map(drop).unwrap_err().to_string();
        assert!(again.contains("is not new, so `run_from` can't begin one there"), "{again}");
    }
}

#[test]
fn what_is_late_is_late_behind_a_savepoint_too() {
    // A record of second 1 comes when the watermark is at 9 s: also where it is the first of another life.
    let seconds = [vec![1, 2], vec![9, 10], vec![1, 11], vec![1, 30], vec![40]];
    let pipeline = |out: &MemorySink<u64>| {
        let (input, sink) = (queue(seconds.clone()), out.clone());
        stream!(move {
            let seconds = source(input);
            let timed = seconds.event_time(|n| Timestamp::from_millis(1000 * n), secs(1));
            timed.tumbling(secs(5)).count().map(|(_, n)| n).sink(sink);
        })
        .named("Late")
    };
    let out = MemorySink::new();
    Engine::test().run(pipeline(&out)).unwrap();
    let expected = out.batches();
    for ticks in 1..5 {
        let ((_folder, saved), own) = (folder(), memory());
        let out = MemorySink::new();
        let mut job = Engine::test().start(pipeline(&out)).unwrap();
        (0..ticks).for_each(|_| job.tick().unwrap());
        job.savepoint(&saved).unwrap();
        drop(job);
        // From the savepoint, and from the first checkpoint that is made of it.
        let job = engine(&own).start_from(&saved, pipeline(&out)).unwrap();
        drop(job);
        engine(&own).run(pipeline(&out)).unwrap();
        assert_eq!(out.batches(), expected, "after {ticks}");
    }
}

#[test]
fn savepoints_that_cannot_be_say_why() {
    let (_folder, saved) = folder();
    let out = MemorySink::new();
    let mut job = engine(&memory()).start(words(&out)).unwrap();
    let nothing = job.savepoint(&saved).unwrap_err().to_string();
    assert!(nothing.contains("has committed no tick yet"), "{nothing}");
    job.tick().unwrap();
    job.savepoint(&saved).unwrap();
    job.tick().unwrap();
    let twice = job.savepoint(&saved).unwrap_err().to_string();
    assert!(twice.contains("give each savepoint a place of its own"), "{twice}");
    let (_folder, elsewhere) = folder();
    let none = Engine::test().start_from(&elsewhere, words(&out)).map(drop).unwrap_err().to_string();
    assert!(none.contains("there is no checkpoint of a pipeline `Words`"), "{none}");
}

/// The sum of what is pushed.
fn sum(out: &Counts) -> (Pipeline<'static>, QueueSender<u64>) {
    let numbers = queue(Vec::<Vec<u64>>::new());
    let (sender, sink) = (numbers.sender(), out.clone());
    let pipeline = stream!(move {
        let numbers = source(numbers);
        numbers.map(|n| ("sum", n)).running_reduce(|a, b| a + b).sink(sink);
    });
    (pipeline.named("Sum"), sender)
}

#[test]
fn a_job_writes_savepoints_while_it_runs_and_when_it_stops() {
    let ((_first, running), (_second, stopped)) = (folder(), folder());
    let (out, seen) = (MemorySink::new(), Arc::new(Bell::default()));
    let committed = Arc::clone(&seen);
    let engine = Engine::local().trigger(Trigger::Eager).threads(2).partitions(2);
    let (pipeline, sender) = sum(&out);
    let job = engine.clone().on_progress(move |_| committed.ring()).start(pipeline).unwrap();
    let push = |n| {
        sender.push([n]).unwrap();
        seen.wait(None);
    };
    push(1);
    push(2);
    job.savepoint(&running).wait().unwrap();
    push(4);
    job.stop_with_savepoint(&stopped).wait().unwrap();
    job.wait().unwrap();
    assert!(job.savepoint(&stopped).wait().unwrap_err().to_string().contains("has ended"));
    for (from, saved) in [(1 + 2, running), (1 + 2 + 4, stopped)] {
        let out: Counts = MemorySink::new();
        let (pipeline, sender) = sum(&out);
        let job = engine.start_from(&saved, pipeline).unwrap();
        sender.push([8]).unwrap();
        drop(sender);
        job.wait().unwrap();
        out.assert_batches([[("sum", from + 8)]]);
    }
}

#[test]
fn two_live_jobs_on_one_checkpoint_are_refused() {
    let (_folder, path) = folder();
    let start = || Engine::test().checkpoint(&path).start(words(&MemorySink::new()));
    let job = start().unwrap();
    let error = start().map(drop).unwrap_err().to_string();
    assert!(error.contains("another pipeline `Words` of this process has the checkpoint"), "{error}");
    drop(job);
    start().unwrap();
}
