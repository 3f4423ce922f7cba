//! Counters: what closures count is read on the job, whatever the engine.

use std::sync::Arc;
use std::sync::Mutex;

use millstream::engine::FaultPoint;
use millstream::prelude::*;

/// Counts records on the pool, and pairs behind an exchange.
fn counting(records: &Counter, keys: &Counter, ticks: Vec<Vec<u64>>) -> Pipeline<'static> {
    let (in_stage, behind) = (records.clone(), keys.clone());
    let out = MemorySink::new();
    let pipeline = stream!(move {
        let numbers = source(queue(ticks));
        let counts = numbers.inspect(|_| in_stage.add(1)).map(|n| n % 3).count_by_value();
        counts.inspect(|(_, n)| behind.add(*n)).sink(out);
    });
    pipeline.counter(records).counter(keys)
}

#[test]
fn counters_count_on_all_threads_and_stand_in_the_progress() {
    for partitions in [1, 2, 7] {
        let (records, keys) = (Counter::new("records"), Counter::new("keys"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shown = Arc::clone(&seen);
        Engine::local()
            .partitions(partitions)
            .trigger(Trigger::AvailableNow)
            .on_progress(move |p| shown.lock().expect("no panic").push(p.counter("keys")))
            .run(counting(&records, &keys, vec![(0..10_000).collect(), vec![], (0..5000).collect()]))
            .expect("it runs");
        assert_eq!((records.get(), keys.get()), (15_000, 15_000));
        let seen = seen.lock().expect("no panic");
        assert_eq!((seen.len(), seen.last()), (3, Some(&Some(15_000))));
        assert!(seen.is_sorted() && seen[0] >= Some(10_000), "{seen:?}");
    }
}

#[test]
fn a_job_shows_its_counters_tick_by_tick_in_the_order_in_which_it_got_them() {
    let (records, keys) = (Counter::new("records"), Counter::new("keys"));
    let mut job =
        Engine::test().start(counting(&records, &keys, vec![vec![1, 2], vec![3]])).expect("it starts");
    let shown = |job: &millstream::engine::TestJob| -> Vec<(String, u64)> {
        job.progress().counters.iter().map(|c| (c.name.to_string(), c.value)).collect()
    };
    let expected = |n: u64| vec![("records".to_string(), n), ("keys".to_string(), n)];
    assert_eq!(shown(&job), expected(0));
    job.tick().expect("it runs");
    assert_eq!(shown(&job), expected(2));
    job.tick().expect("it runs");
    assert_eq!(shown(&job), expected(3));
    assert_eq!(job.progress().counter("records"), Some(3));
    assert_eq!(job.progress().counter("nobody"), None);
}

#[test]
fn a_tick_that_runs_again_counts_again() {
    let (records, keys) = (Counter::new("records"), Counter::new("keys"));
    let ticks = || vec![vec![1, 2, 3], vec![4, 5]];
    let crash = Engine::test().fail_at(FaultPoint::BeforeCommit, 1).run(counting(&records, &keys, ticks()));
    assert!(crash.is_err());
    assert_eq!(records.get(), 5, "the tick that failed has run its stages");
    Engine::test().run(counting(&records, &keys, ticks())).expect("it runs");
    assert_eq!((records.get(), keys.get()), (10, 10));
}

#[test]
fn batches_and_their_elements_are_counted_where_the_driver_gets_them() {
    for partitions in [1, 2, 7] {
        let (batches, elements) = (Counter::new("batches"), Counter::new("elements"));
        let pipeline = stream! {
            let ones = source(queue([vec![1, 1, 1], vec![1, 1, 1]]));
            ones.for_each_batch(|batch, _| {
                batches.add(1);
                batch.iter().for_each(|_| elements.add(1));
            });
        };
        Engine::local().partitions(partitions).trigger(Trigger::AvailableNow).run(pipeline).expect("it runs");
        assert_eq!((batches.get(), elements.get()), (2, 6));
    }
}
