//! The program that is killed: reads a topic, counts, writes a topic, with a checkpoint.
//!
//! Its arguments: the broker, the topic that is read, the one that is written, the checkpoint, the number of partitions, how many
//! records of the input are all, and perhaps a trap. It ends when it has seen so many.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use millstream::BoxError;
use millstream::batch::Batch;
use millstream::kafka::{Outgoing, kafka, kafka_sink};
use millstream::prelude::*;
use millstream::sink::{Sink, SinkInfo};
use millstream::source::{Offer, Reader, Source, SourceContext, SourceInfo};
use millstream::tick::{OffsetRange, Positions, Tick};
use millstream_kafka_tests::trap::{self, passes};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

fn main() -> ExitCode {
    if std::env::var_os("MILLSTREAM_LOG").is_some() {
        tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The state of a word. Writing it is a place to die at, and reading it.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Count {
    #[serde(serialize_with = "write", deserialize_with = "read")]
    n: u64,
}

fn write<S: Serializer>(n: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    passes("checkpoint");
    n.serialize(serializer)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    passes("recovery");
    u64::deserialize(deserializer)
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let [bootstrap, input, output, checkpoint, partitions, all, trap @ ..] = arguments else {
        return Err("usage: BOOTSTRAP INPUT OUTPUT CHECKPOINT PARTITIONS ALL [TRAP]".into());
    };
    if let [trap] = trap {
        trap::set(trap).ok_or("a trap is a place and a number")?;
    }
    let all: u64 = all.parse()?;
    let messages = Watched(kafka(bootstrap).topic(input).max_records_per_tick(20));
    let seen = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&seen);
    let out = kafka_sink(bootstrap, output).format(|(word, n, of): &(String, u64, String)| {
        Outgoing::new(n.to_string()).key(word.as_str()).header("of", of.as_str())
    });
    let out = Watched(out);
    let pipeline = stream!(move {
        let numbered = source(messages).id("in").map(|m| {
            let word = m.text().unwrap_or("?").to_string();
            (word, format!("{}:{}", m.partition(), m.offset()))
        });
        let counts = numbered.map_with_state(|word: &String, of, state: &mut State<Count>| {
            let n = state.get().map_or(0, |count| count.n) + 1;
            state.update(Count { n });
            Some((word.clone(), n, of?))
        }).id("counts");
        counts.sink(out).id("out");
        // The greatest offset says how far it is; one key, so it survives restarts.
        let total = numbered.map(|_| ((), 1u64)).running_reduce(|a, b| a + b).id("total");
        total.for_each(move |(_, n)| told.store(n, Ordering::Relaxed));
    });
    let newest = AtomicU64::new(0);
    let engine = Engine::local()
        .on_progress(move |progress| {
            if let Some(checkpoint) = progress.checkpoint
                && newest.swap(checkpoint.tick + 1, Ordering::Relaxed) != checkpoint.tick + 1
            {
                passes("after-checkpoint");
            }
        })
        .partitions(partitions.parse()?)
        .threads(2)
        .trigger(Trigger::Eager)
        .checkpoint(checkpoint)
        .checkpoint_interval(millis(40));
    let job = engine.start(pipeline.named("KafkaVictim"))?;
    while job.is_running() && seen.load(Ordering::Relaxed) < all {
        std::thread::sleep(millis(2));
    }
    job.stop();
    Ok(job.wait()?)
}

/// A source or sink that tells where it is.
struct Watched<S>(S);

impl<S: Source> Source for Watched<S> {
    type Batch = S::Batch;

    fn info(&self) -> SourceInfo {
        self.0.info()
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = S::Batch>>, BoxError> {
        Ok(Arc::new(WatchedReader(self.0.open(cx)?)))
    }
}

struct WatchedReader<B>(Arc<dyn Reader<Batch = B>>);

impl<B: Batch> Reader for WatchedReader<B> {
    type Batch = B;

    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        self.0.available(limit)
    }
    fn due(&self) -> Option<Timestamp> {
        self.0.due()
    }
    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut B) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        passes("read");
        self.0.read(range, visit)
    }
    fn grain(&self) -> u64 {
        self.0.grain()
    }
    fn freeze(&self) {
        self.0.freeze();
    }
    fn journal(&self) -> Vec<u8> {
        self.0.journal()
    }
    fn memory(&self) -> Vec<u8> {
        // Asked for when a checkpoint is begun.
        passes("before-checkpoint");
        self.0.memory()
    }
    fn recall(&self, notes: &[u8]) -> Result<(), BoxError> {
        passes("recovery");
        self.0.recall(notes)
    }
    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        passes("recovery");
        self.0.seek(positions)
    }
    fn release(&self, positions: &Positions) {
        self.0.release(positions);
    }
    fn close(&self) {
        self.0.close();
    }
}

impl<T, S: Sink<T>> Sink<T> for Watched<S> {
    fn info(&self) -> SinkInfo {
        self.0.info()
    }

    fn open(&mut self, epoch: u64, last_tick: Option<u64>) -> Result<(), BoxError> {
        passes("recovery");
        self.0.open(epoch, last_tick)?;
        passes("recovery");
        Ok(())
    }

    fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        self.0.begin(tick)
    }

    fn write(&mut self, partition: usize, batch: Vec<T>) -> Result<(), BoxError> {
        passes("before-produce");
        self.0.write(partition, batch)?;
        passes("after-produce");
        Ok(())
    }

    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        passes("before-commit");
        self.0.commit(tick)?;
        passes("after-commit");
        Ok(())
    }

    fn abort(&mut self, tick: &Tick) {
        self.0.abort(tick);
    }
}
