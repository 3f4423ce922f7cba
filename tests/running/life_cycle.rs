//! A job from its start to its end.

use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc::{self, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use millstream::batch::Rows;
use millstream::clock::ManualClock;
use millstream::prelude::*;
use millstream::source::{Offer, Reader, Source, SourceContext, SourceInfo};
use millstream::tick::{OffsetRange, Positions};
use millstream::{BoxError, Error};
use tokio::time::timeout;

/// Long enough for any machine; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Moves the clock until there was a tick: a job that is still opening misses what went before.
fn tick<T>(clock: &ManualClock, ticked: &mpsc::Receiver<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        clock.advance(secs(1));
        if let Ok(told) = ticked.recv_timeout(millis(20)) {
            return told;
        }
    }
    panic!("no tick for {PATIENCE:?}");
}

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

/// Spark's 'stop gracefully': a receiver counts as fast as it can, and all that it has taken is processed.
#[test]
fn nothing_that_was_received_is_lost_when_a_job_is_stopped() {
    for partitions in [1, 2, 7, 2] {
        let (clock, out, receiver) =
            (Arc::new(ManualClock::default()), MemorySink::new(), Arc::new(Receiver::default()));
        let (sink, input) = (out.clone(), Counting(Arc::clone(&receiver)));
        let pipeline = stream!(move { source(input).sink(sink); });
        let (tell, ticked) = channel();
        let engine = Engine::local()
            .partitions(partitions)
            .batch_interval(millis(100))
            .clock(clock.clone())
            .on_progress(move |_| tell.send(()).expect("the test waits"));
        let job = engine.start(pipeline).expect("it starts");
        for _ in 0..3 {
            receiver.wait_for_more();
            tick(&clock, &ticked);
        }
        receiver.wait_for_more();
        job.stop();
        job.wait().expect("it ends well");
        let received = receiver.state.lock().expect("no panic").taken;
        assert_eq!(out.records(), (1..=received).collect::<Vec<_>>(), "{partitions} partitions");
    }
}

#[test]
fn the_test_engine_too_reads_what_was_received_before_it_stops() {
    let (out, receiver) = (MemorySink::new(), Arc::new(Receiver::default()));
    let (sink, input) = (out.clone(), Counting(Arc::clone(&receiver)));
    let mut job = Engine::test().start(stream!(move { source(input).sink(sink); })).expect("it starts");
    receiver.wait_for_more();
    job.tick().expect("it runs");
    receiver.wait_for_more();
    job.stop().expect("it ends well");
    let received = receiver.state.lock().expect("no panic").taken;
    assert_eq!(out.records(), (1..=received).collect::<Vec<_>>());
}

/// The lines that have come are read, and the half of one that has come too is not.
#[test]
fn whole_lines_of_a_socket_are_read_before_a_job_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it has one").to_string();
    let (clock, out) = (Arc::new(ManualClock::default()), MemorySink::new());
    let sink = out.clone();
    let pipeline = stream!(move { source(text_socket(address).max_bytes_per_tick(2)).sink(sink); });
    let (tell, ticked) = channel();
    let engine = Engine::local().batch_interval(secs(1)).clock(clock.clone()).on_progress(move |p| {
        tell.send(p.sources[0].input).expect("the test waits");
    });
    let job = engine.start(pipeline).expect("it starts");
    let (mut peer, _) = listener.accept().expect("it connects");
    // What is sent in one piece over loopback and has been read to its middle is in the buffer as a whole: so ticks of a
    // few bytes show when it has come, and leave the rest for the stop.
    peer.write_all(b"a\nb\nc\nhalf").expect("it is sent");
    loop {
        if tick(&clock, &ticked) > 0 {
            break;
        }
    }
    job.stop();
    job.wait().expect("it ends well");
    assert_eq!(out.records(), ["a", "b", "c"]);
}

/// What a thread counts up to, as fast as it may.
#[derive(Default)]
struct Receiver {
    state: Mutex<Received>,
    changed: Condvar,
}

#[derive(Default)]
struct Received {
    /// 1 to this.
    taken: u64,
    offered: u64,
    hung_up: bool,
}

/// As much as waits for a tick at most.
const ROOM: u64 = 1000;

impl Receiver {
    fn receive(&self) {
        loop {
            let state = self.state.lock().expect("no panic");
            let full = |s: &mut Received| !s.hung_up && s.taken - s.offered >= ROOM;
            let mut state = self.changed.wait_while(state, full).expect("no panic");
            if state.hung_up {
                return;
            }
            state.taken += 1;
            self.changed.notify_all();
        }
    }

    /// Until there is something that no tick has read.
    fn wait_for_more(&self) {
        let state = self.state.lock().expect("no panic");
        drop(self.changed.wait_while(state, |s| s.taken == s.offered).expect("no panic"));
    }

    fn hang_up(&self) {
        self.state.lock().expect("no panic").hung_up = true;
        self.changed.notify_all();
    }
}

struct Counting(Arc<Receiver>);

impl Source for Counting {
    type Batch = Rows<u64>;

    fn info(&self) -> SourceInfo {
        SourceInfo { name: "counting", detail: String::new(), replayable: false }
    }

    fn open(self, _: &SourceContext) -> Result<Arc<dyn Reader<Batch = Rows<u64>>>, BoxError> {
        let receiver = Arc::clone(&self.0);
        std::thread::spawn(move || receiver.receive());
        Ok(Arc::new(self))
    }
}

impl Reader for Counting {
    type Batch = Rows<u64>;

    fn available(&self, _limit: u64) -> Result<Offer, BoxError> {
        let mut state = self.0.state.lock().expect("no panic");
        let range = OffsetRange { partition: 0, start: state.offered, end: state.taken };
        state.offered = state.taken;
        self.0.changed.notify_all();
        let ranges = if range.is_empty() { Vec::new() } else { vec![range] };
        Ok(Offer { ranges, caught_up: true, ended: false, waiting: false })
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Rows<u64>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        visit(&mut Rows::new((range.start + 1..=range.end).collect()))
    }

    fn seek(&self, _: &Positions) -> Result<(), BoxError> {
        Ok(())
    }

    fn drain(&self) -> bool {
        self.0.hang_up();
        true
    }

    fn close(&self) {
        self.0.hang_up();
    }
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
