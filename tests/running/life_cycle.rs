//! A job from its start to its end.

use std::sync::Arc;
use std::time::Duration;

use millstream::batch::Rows;
use millstream::clock::ManualClock;
use millstream::prelude::*;
use millstream::source::{Offer, Reader, Source, SourceContext, SourceInfo};
use millstream::tick::{OffsetRange, Positions};
use millstream::{BoxError, Error};
use tokio::time::timeout;

/// Never ends, and ticks only if the clock is moved.
fn endless() -> (Engine, Arc<ManualClock>, MemorySink<u64>, Pipeline<'static>) {
    let (clock, out) = (Arc::new(ManualClock::default()), MemorySink::new());
    let sink = out.clone();
    let pipeline = stream!(move {
        let numbers = source(from_iter(0u64..).max_records_per_tick(3));
        numbers.sink(sink);
    });
    (Engine::local().batch_interval(secs(1)).clock(clock.clone()), clock, out, pipeline)
}

#[tokio::test]
async fn a_job_runs_from_start_until_it_is_stopped() {
    let (engine, _clock, _, pipeline) = endless();
    let job = engine.start(pipeline).expect("it starts");
    assert!(job.is_running());
    job.stop();
    job.join().await.expect("it ends well");
    assert!(!job.is_running());
}

#[tokio::test]
async fn a_job_may_be_stopped_twice_and_before_its_first_tick() {
    let (engine, _clock, out, pipeline) = endless();
    let job = engine.start(pipeline).expect("it starts");
    job.stop();
    job.stop();
    job.join().await.expect("it ends well");
    job.stop();
    job.join().await.expect("it has ended well");
    assert!(out.batches().is_empty());
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_job_may_be_given_up_while_it_runs() {
    let (engine, _clock, _, pipeline) = endless();
    let job = engine.start(pipeline).expect("it starts");
    assert!(timeout(Duration::from_millis(500), job.join()).await.is_err(), "it runs");
    assert!(job.is_running());
    job.stop();
    job.join().await.expect("it ends well");
    let ended = timeout(Duration::from_millis(500), job.join()).await;
    ended.expect("there is nothing to wait for").expect("it ended well");
}

#[tokio::test]
async fn a_panic_in_a_closure_surfaces_where_the_job_is_waited_for() {
    let pipeline = stream!({
        let numbers = source(queue([vec![1, 0]]));
        numbers.map(|n| 1 / n).for_each(drop);
    });
    let job = Engine::local().trigger(Trigger::Eager).start(pipeline).expect("it starts");
    let error = job.join().await.expect_err("it divides by 0");
    assert!(matches!(error, Error::Panic { .. }), "{error}");
    assert!(error.to_string().contains("divide by zero"), "{error}");
    assert!(!job.is_running());
}

#[tokio::test]
async fn an_error_of_a_source_that_is_asked_for_a_tick_surfaces_where_the_job_is_waited_for() {
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream!(move { source(Broken).sink(sink); });
    let job = Engine::local().trigger(Trigger::Eager).start(pipeline).expect("it starts");
    let error = job.join().await.expect_err("it has nothing for the tick").to_string();
    assert!(error.contains("no batch for this tick"), "{error}");
    assert!(out.batches().is_empty());
}

/// Opens, and then can't say what a tick is to read.
struct Broken;

impl Source for Broken {
    type Batch = Rows<u64>;

    fn info(&self) -> SourceInfo {
        SourceInfo { name: "broken", detail: String::new(), replayable: true }
    }

    fn open(self, _: &SourceContext) -> Result<Arc<dyn Reader<Batch = Rows<u64>>>, BoxError> {
        Ok(Arc::new(Broken))
    }
}

impl Reader for Broken {
    type Batch = Rows<u64>;

    fn available(&self, _limit: u64) -> Result<Offer, BoxError> {
        Err("there is no batch for this tick".into())
    }

    fn read(
        &self,
        _: OffsetRange,
        _: &mut dyn FnMut(&mut Rows<u64>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        Ok(())
    }

    fn seek(&self, _: &Positions) -> Result<(), BoxError> {
        Ok(())
    }
}
