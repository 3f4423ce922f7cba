//! What comes out, and in which order: the same whoever runs it.

use super::feed::Feed;
use super::hand::*;
use crate::pipeline::{HeadTasks, Pipeline, Route};
use crate::{Engine, Trigger};
use millstream_plan::OpKind;

fn turns() -> Vec<Vec<u64>> {
    vec![(0..40).collect(), vec![], vec![5], (100..117).collect(), vec![3, 1, 4, 1, 5, 9, 2, 6]]
}

/// source → by key, stateful → to one, stateful → outlet; and source → each bucket → outlet.
fn diamond(out: &Recorder, side: &Recorder) -> Pipeline<'static> {
    Hand::new()
        .source(&Feed::of(turns()), |_, x| x + 1, &[spread(1), whole(2)])
        .operator(HeadTasks::Partitions, 1, history, &[(Deal::Whole, Route::Stage { stage: 3, input: 0 })])
        .operator(
            HeadTasks::EachBucket,
            1,
            all,
            &[(Deal::Whole, Route::Stage { stage: 3, input: 1 }), to_outlet(1)],
        )
        .operator(HeadTasks::One, 2, history, &[to_outlet(0)])
        .outlet(OpKind::Sink, out.clone())
        .outlet(OpKind::Sink, side.clone())
        .build()
}

#[test]
fn the_pool_and_every_seed_give_the_same_at_any_number_of_threads() {
    for partitions in [1, 2, 7] {
        let mut results = Vec::new();
        for threads in [1, 2, 3] {
            let (out, side) = (Recorder::default(), Recorder::default());
            Engine::local()
                .threads(threads)
                .partitions(partitions)
                .trigger(Trigger::AvailableNow)
                .run(diamond(&out, &side))
                .unwrap();
            results.push((out.calls(), side.calls()));
        }
        for seed in 0..50 {
            let (out, side) = (Recorder::default(), Recorder::default());
            Engine::test().partitions(partitions).seed(seed).run(diamond(&out, &side)).unwrap();
            results.push((out.calls(), side.calls()));
        }
        assert_eq!(results[0].0.iter().filter(|c| matches!(c, Call::Commit(_))).count(), 5);
        for result in &results {
            assert_eq!(result, &results[0]);
        }
    }
}

#[test]
fn sums_and_the_order_of_records_are_the_same_at_any_number_of_partitions() {
    let expected: Vec<u64> = turns().iter().map(|t| t.iter().sum()).collect();
    for partitions in [1, 2, 7] {
        let (sums, records) = (Recorder::default(), Recorder::default());
        let pipeline = Hand::new()
            .source(&Feed::of(turns()), |_, x| x, &[spread(1), to_outlet(1)])
            .operator(HeadTasks::Partitions, 1, sum, &[whole(2)])
            .operator(HeadTasks::One, 1, sum, &[to_outlet(0)])
            .outlet(OpKind::Sink, sums.clone())
            .outlet(OpKind::Sink, records.clone())
            .build();
        let engine = Engine::local().partitions(partitions).threads(2);
        engine.trigger(Trigger::AvailableNow).run(pipeline).unwrap();
        assert_eq!(sums.batches().concat(), expected);
        assert_eq!(records.batches(), turns());
    }
}

#[test]
fn buckets_reach_a_task_in_order_of_input_then_upstream_task() {
    for seed in 0..20 {
        let out = Recorder::default();
        let input = |input| (Deal::Whole, Route::Stage { stage: 2, input });
        let pipeline = Hand::new()
            .source(&Feed::of([(0..6).collect()]), |_, x| x, &[input(1)])
            .source(&Feed::of([(10..16).collect()]), |_, x| x, &[input(0)])
            .operator(
                HeadTasks::One,
                2,
                |_, _, inputs| {
                    assert_eq!(inputs.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
                    Ok(inputs.into_iter().flatten().flatten().collect())
                },
                &[to_outlet(0)],
            )
            .outlet(OpKind::Sink, out.clone())
            .build();
        Engine::test().partitions(3).seed(seed).run(pipeline).unwrap();
        assert_eq!(out.batches(), [[10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5]]);
    }
}

#[test]
fn each_bucket_makes_a_task_and_keeps_its_place() {
    let out = Recorder::default();
    let input = |input| (Deal::Whole, Route::Stage { stage: 2, input });
    let pipeline = Hand::new()
        .source(&Feed::of([vec![1, 2], vec![3]]), |_, x| x, &[input(0)])
        .source(&Feed::of([vec![7], vec![8, 9]]), |_, x| x, &[input(1)])
        .operator(HeadTasks::EachBucket, 2, all, &[to_outlet(0)])
        .outlet(OpKind::Sink, out.clone())
        .build();
    Engine::test().partitions(2).run(pipeline).unwrap();
    use Call::{Begin, Commit, Open, Write};
    assert_eq!(
        out.calls(),
        [
            Open,
            Begin(0),
            Write(0, vec![1]),
            Write(1, vec![2]),
            Write(2, vec![7]),
            Commit(0),
            Begin(1),
            Write(0, vec![3]),
            Write(1, vec![8]),
            Write(2, vec![9]),
            Commit(1)
        ]
    );
}

#[test]
fn a_tick_without_data_runs_all_partitions_and_the_one_but_no_bucket() {
    let (parts, one, each) = (Recorder::default(), Recorder::default(), Recorder::default());
    let pipeline = Hand::new()
        .source(&Feed::of([vec![], vec![1]]), |_, x| x, &[spread(1), whole(2), whole(3)])
        .operator(HeadTasks::Partitions, 1, sum, &[to_outlet(0)])
        .operator(HeadTasks::One, 1, sum, &[to_outlet(1)])
        .operator(HeadTasks::EachBucket, 1, sum, &[to_outlet(2)])
        .outlet(OpKind::Sink, parts.clone())
        .outlet(OpKind::Sink, one.clone())
        .outlet(OpKind::Sink, each.clone())
        .build();
    Engine::test().partitions(2).run(pipeline).unwrap();
    assert_eq!(parts.batches(), [[0, 0], [0, 1]]);
    assert_eq!(one.batches(), [[0], [1]]);
    assert_eq!(each.batches(), [vec![], vec![1]]);
}

#[test]
fn outlets_are_begun_written_and_committed_in_tick_order() {
    let out = Recorder::default();
    let turns: Vec<Vec<u64>> = (0..50).map(|t| vec![t; 20]).collect();
    let pipeline = Hand::new()
        .source(&Feed::of(turns.clone()), |_, x| x, &[to_outlet(0)])
        .outlet(OpKind::Sink, out.clone())
        .build();
    Engine::local().threads(3).partitions(4).trigger(Trigger::AvailableNow).run(pipeline).unwrap();
    assert_eq!(out.batches(), turns);
    let mut open = None;
    for call in out.calls() {
        match call {
            Call::Begin(tick) => assert_eq!(open.replace(tick), None),
            Call::Commit(tick) => assert_eq!(open.take(), Some(tick)),
            Call::Write(..) => assert!(open.is_some()),
            Call::Open | Call::Abort(_) => {}
        }
    }
}

#[test]
fn a_pipeline_may_borrow_from_its_environment() {
    let offset = String::from("four");
    let out = Recorder::default();
    let pipeline = || {
        Hand::new()
            .source(&Feed::of([vec![1]]), |_, x| x + offset.len() as u64, &[to_outlet(0)])
            .outlet(OpKind::Sink, out.clone())
            .build()
    };
    Engine::local().trigger(Trigger::AvailableNow).run(pipeline()).unwrap();
    Engine::test().run(pipeline()).unwrap();
    assert_eq!(out.batches(), [[5], [5]]);
}

#[test]
fn a_pipeline_without_sources_ends_at_once() {
    Engine::local().run(Hand::new().build()).unwrap();
    Engine::test().run(Hand::new().build()).unwrap();
}

#[test]
fn what_is_committed_is_released() {
    let feed = Feed::of([vec![1, 2], vec![], vec![3]]);
    let out = Recorder::default();
    let pipeline = Hand::new().source(&feed, |_, x| x, &[to_outlet(0)]).outlet(OpKind::Sink, out).build();
    Engine::test().run(pipeline).unwrap();
    assert_eq!((feed.released(), feed.closed()), (vec![2, 3], 1));
}
