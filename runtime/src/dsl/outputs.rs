//! Outputs: where records leave the pipeline.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::Deref;
use std::path::PathBuf;

use super::{Output, Stream};
use crate::exchange::{Known, KnownAt, Own, OwnAt};
use crate::op::for_each::Outcome;
use crate::sink::{Line, Sink};
use crate::tick::Tick;

impl<T> Stream<T> {
    /// Prints the first `n` records of every tick under its batch time: 10 for `print()`.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let pipeline = stream! {
    /// source(queue([vec!["a"]])).print();
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// ```
    pub fn print(&self, n: usize) -> Output
    where
        T: Debug,
    {
        let _ = n;
        Output
    }

    /// Writes every tick as a folder of text files, one record a line, as its `Display` gives it:
    /// `PREFIX-<batch time in ms>/part-00000`, …; with a suffix, `PREFIX-<batch time in ms>.SUFFIX/part-00000`. The
    /// suffix may be left out.
    ///
    /// A folder becomes visible as a whole, and is replaced as a whole if its tick runs again: what
    /// [`text_file_sink`](crate::sink::text_file_sink) does, which also takes a function from a record to its line.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let folder = std::env::temp_dir().join("millstream-doc-save-as-text-files");
    /// # let pipeline = stream! {
    /// let words = source(queue([vec!["b a"], vec!["c"]])).flat_map(|line| line.split(' '));
    /// words.save_as_text_files(folder.join("words"));
    /// words.count_by_value().map(|(w, n)| format!("{w},{n}")).save_as_text_files(folder.join("counts"), "csv");
    /// # };
    /// # Engine::test().run(pipeline)?;
    /// assert_eq!(std::fs::read_to_string(folder.join("words-1000/part-00000"))?, "b\na\n");
    /// # assert!(folder.join("counts-2000.csv/_SUCCESS").exists());
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Result::<(), millstream::BoxError>::Ok(())
    /// ```
    pub fn save_as_text_files(&self, prefix: impl Into<PathBuf>, suffix: impl AsRef<str>) -> Output
    where
        T: Line,
    {
        let _ = (prefix, suffix);
        Output
    }
}

/// Outputs. What leaves its stage is owned: `&str` arrives as `String`, also inside tuples; records of your own types
/// arrive as they are.
impl<T: Known> Stream<T> {
    /// Calls the closure with every record, on the driver's thread, in order.
    ///
    /// It may change what it captures. An error that it returns stops the pipeline.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// let mut longest = String::new();
    /// # let pipeline = stream! {
    /// source(queue([vec!["a", "bcd"]])).for_each(|w| if w.len() > longest.len() { longest = w });
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// assert_eq!(longest, "bcd");
    /// ```
    pub fn for_each<O, R: Outcome>(&self, f: impl FnMut(O) -> R) -> Output
    where
        T: Own<O>,
    {
        let _ = f;
        Output
    }

    /// Calls the closure once for each partition of a tick, with its records and its number, on the thread that made them.
    ///
    /// Partitions are handled side by side, so the closure is `Fn`: what it changes is behind a lock. It is called
    /// before the tick is committed, also for a tick that fails elsewhere then or runs again after a restart, and the
    /// next tick's calls may come before this one's are done. So let what it does bear repeating: write under a name of
    /// tick and partition. Where order or a tick as a whole matter, take [`for_each_batch`](Stream::for_each_batch) or a
    /// [`sink`](Stream::sink). An error that it returns stops the pipeline.
    ///
    /// What a partition is, the stream says: behind an exchange by key, one for each of the engine's, also without
    /// records; else a task's share of the tick, and none where there is nothing to read. (Spark's
    /// `foreachRDD(_.foreachPartition(…))`: a connection for each partition, not for each record.)
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// let rows = AtomicUsize::new(0);
    /// # let pipeline = stream! {
    /// let words = source(queue([vec!["a", "b", "a"]]));
    /// words.count_by_value().for_each_partition(|counts, _partition, _tick| {
    ///     // let mut connection = pool.connect()?; …
    ///     rows.fetch_add(counts.len(), Ordering::Relaxed);
    /// });
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// assert_eq!(rows.into_inner(), 2);
    /// ```
    pub fn for_each_partition<O, R: Outcome>(
        &self,
        f: impl Fn(Vec<O>, usize, Tick) -> R + Send + Sync,
    ) -> Output
    where
        T: Own<O>,
    {
        let _ = f;
        Output
    }

    /// Calls the closure once a tick, with all its records and the tick's number, time and epoch.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// let mut sizes = Vec::new();
    /// # let pipeline = stream! {
    /// source(queue([vec![1, 2], vec![3]])).for_each_batch(|batch, tick| sizes.push((tick.number, batch.len())));
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// assert_eq!(sizes, [(0, 2), (1, 1)]);
    /// ```
    pub fn for_each_batch<O, R: Outcome>(&self, f: impl FnMut(Vec<O>, Tick) -> R) -> Output
    where
        T: Own<O>,
    {
        let _ = f;
        Output
    }

    /// Hands every tick to a sink: begin, write, commit.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// let out = MemorySink::new();
    /// # let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["a"]])).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec!["a"]]);
    /// ```
    pub fn sink<O, S>(&self, sink: S) -> Output
    where
        T: Own<O>,
        S: Sink<O>,
    {
        let _ = sink;
        Output
    }
}

/// The outputs of records whose owned form is not known as a whole: see `exchange::Own`'s levels. `Stream` comes first,
/// then each level, as method lookup goes through the `Deref`s and passes over those whose bounds don't hold.
#[doc(hidden)]
#[derive(Debug)]
pub struct Outputs<const LEVEL: u8, T> {
    records: PhantomData<fn() -> T>,
}

impl<const LEVEL: u8, T: KnownAt<LEVEL>> Outputs<LEVEL, T> {
    /// See `Stream`.
    pub fn for_each<O, R: Outcome>(&self, f: impl FnMut(O) -> R) -> Output
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = f;
        Output
    }

    /// See `Stream`.
    pub fn for_each_partition<O, R: Outcome>(
        &self,
        f: impl Fn(Vec<O>, usize, Tick) -> R + Send + Sync,
    ) -> Output
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = f;
        Output
    }

    /// See `Stream`.
    pub fn for_each_batch<O, R: Outcome>(&self, f: impl FnMut(Vec<O>, Tick) -> R) -> Output
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = f;
        Output
    }

    /// See `Stream`.
    pub fn sink<O, S>(&self, sink: S) -> Output
    where
        T: OwnAt<LEVEL, O>,
        S: Sink<O>,
    {
        let _ = sink;
        Output
    }
}

macro_rules! next {
    ($($from:ty => $level:literal),+) => {$(
        #[doc(hidden)]
        impl<T> Deref for $from {
            type Target = Outputs<$level, T>;

            fn deref(&self) -> &Outputs<$level, T> {
                &Outputs { records: PhantomData }
            }
        }
    )+};
}

next!(
    Stream<T> => 1,
    Outputs<1, T> => 2,
    Outputs<2, T> => 3,
    Outputs<3, T> => 4,
    Outputs<4, T> => 5,
    Outputs<5, T> => 6,
    Outputs<6, T> => 7
);
