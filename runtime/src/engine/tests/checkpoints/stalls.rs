//! Stores that are slow.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMultipartOptions,
    PutOptions, PutPayload, PutResult,
};
use tokio::sync::Semaphore;

use super::*;
use crate::Trigger;
use crate::engine::checkpointing::CheckpointPlace;
use crate::engine::local::bell::Bell;
use crate::engine::local::schedule::MAX_IN_FLIGHT;
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

/// Puts to the log wait until they are let through.
#[derive(Clone, Debug)]
struct Stalling {
    store: Arc<InMemory>,
    through: Arc<Semaphore>,
}

type Stored<T> = object_store::Result<T>;

#[async_trait::async_trait]
impl ObjectStore for Stalling {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Stored<PutResult> {
        if path.as_ref().contains("/log/") {
            self.through.acquire().await.expect("nobody closes it").forget();
        }
        self.store.put_opts(path, payload, options).await
    }
    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Stored<Box<dyn MultipartUpload>> {
        unimplemented!("checkpoints put objects whole")
    }
    async fn get_opts(&self, path: &Path, options: GetOptions) -> Stored<GetResult> {
        self.store.get_opts(path, options).await
    }
    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Stored<Vec<bytes::Bytes>> {
        self.store.get_ranges(path, ranges).await
    }
    fn delete_stream(&self, paths: BoxStream<'static, Stored<Path>>) -> BoxStream<'static, Stored<Path>> {
        self.store.delete_stream(paths)
    }
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Stored<ObjectMeta>> {
        self.store.list(prefix)
    }
    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Stored<ListResult> {
        self.store.list_with_delimiter(prefix).await
    }
    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Stored<()> {
        unimplemented!("checkpoints copy nothing")
    }
}

impl fmt::Display for Stalling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stalling")
    }
}

#[test]
fn while_the_log_stalls_nothing_is_visible_and_a_stop_waits_for_it() {
    // The fence goes through.
    let store = Stalling { store: Arc::default(), through: Arc::new(Semaphore::new(1)) };
    let mut engine = Engine::local().trigger(Trigger::Eager).threads(2).partitions(2);
    engine.settings.checkpointing.place = Some(CheckpointPlace::Store(Arc::new(store.clone())));
    let (out, worked, seen) = (MemorySink::new(), Arc::new(Bell::default()), Arc::new(AtomicUsize::new(0)));
    // More than may be in flight, each a tick.
    let ticks: Vec<Vec<u64>> = (0..3 + MAX_IN_FLIGHT as u64).map(|n| vec![n]).collect();
    let pipeline = {
        let (input, sink) = (queue(ticks.clone()), out.clone());
        let (worked, seen) = (Arc::clone(&worked), Arc::clone(&seen));
        stream!(move {
            let numbers = source(input).inspect(|_| {
                seen.fetch_add(1, Ordering::SeqCst);
                worked.ring();
            });
            let counts = numbers.map(|n| (n, ())).running_count();
            counts.map(|(n, _)| n).sink(sink);
        })
    };
    let job = engine.start(pipeline.named("Stalled")).unwrap();
    // Ticks are worked on meanwhile, as many as may be in flight.
    while seen.load(Ordering::SeqCst) < MAX_IN_FLIGHT {
        worked.wait(None);
    }
    job.stop();
    assert!(job.is_running(), "it has ticks that are not in the log");
    assert_eq!((out.batches().len(), job.progress().ticks), (0, 0), "what is not in the log is not visible");
    assert_eq!(seen.load(Ordering::SeqCst), MAX_IN_FLIGHT, "no more ticks are begun");
    store.through.add_permits(100);
    job.wait().unwrap();
    // What was begun is visible, and in the log; a queue gives the rest to the next start.
    assert_eq!(out.batches(), ticks[..MAX_IN_FLIGHT]);
}
