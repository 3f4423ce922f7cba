//! Sinks: where streams end.
//!
//! A sink of your own is a type that implements [`Sink`]. The operator [`sink`](crate::dsl::Stream::sink) takes it.

// One file each; this one holds the trait.

mod console;
#[cfg(any(feature = "json", feature = "csv", feature = "parquet"))]
mod files;
mod memory;
mod same_as;
#[cfg(test)]
mod testing;
mod text_files;

use std::fmt;

pub use console::{ConsoleSink, is_closed_pipe};
#[cfg(any(feature = "json", feature = "csv", feature = "parquet"))]
pub use files::{ByTime, FileFormat, FileSink};
#[cfg(feature = "csv")]
pub use files::{CsvFile, csv_sink};
#[cfg(feature = "json")]
pub use files::{JsonFile, json_sink};
#[cfg(feature = "parquet")]
pub use files::{ParquetFile, parquet_sink};
pub use memory::MemorySink;
pub use same_as::SameAs;
pub use text_files::{ByDisplay, ByFunction, Line, LineFormat, TextFileSink, text_file_sink};

use crate::BoxError;
use crate::tick::Tick;

/// What a re-run tick does to a sink's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A tick is visible once, however often it runs: it replaces its earlier self, or is skipped.
    ExactlyOnce,
    /// A tick that runs twice is seen twice.
    AtLeastOnce,
}

/// What a sink says of itself in plans, logs and errors. Secrets are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkInfo {
    /// The constructor's name: `text_file_sink`.
    pub name: &'static str,
    /// Which one: a path, an address; may be empty.
    pub detail: String,
    pub delivery: Delivery,
}

impl fmt::Display for SinkInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, self.detail)
    }
}

/// A place that records go to. Lives on the driver's thread.
///
/// # Contract
/// - The engine calls `open` once, then for each tick, in order: `begin`, any number of `write`s in partition
///   order, `commit`. A tick without records is begun and committed too. (A stream of
///   windows has no batch in ticks between them: those are passed by.)
/// - Nothing of a tick is visible before `commit`, all of it after; `abort` takes back what was written since
///   `begin`.
/// - An `epoch` older than one that the sink has seen is refused, unless the pipeline begins anew: epochs are 0 without a
///   checkpoint, and 1 at the first start with one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't take records of type `{T}`",
    label = "no sink for this stream's records, which are `{T}`",
    note = "sinks are `MemorySink::new()`, `text_file_sink(path)` and every type that implements `millstream::sink::Sink<{T}>`",
    note = "what leaves a stage is owned: a `&str` arrives as `String`, also in tuples, in `Option` and `Vec`; beside types of your own, which arrive as they are, in pairs and triples"
)]
pub trait Sink<T>: Send {
    fn info(&self) -> SinkInfo;

    /// Before the first tick. `last_tick`: the last one that the pipeline knows to be committed.
    fn open(&mut self, epoch: u64, last_tick: Option<u64>) -> Result<(), BoxError> {
        let _ = (epoch, last_tick);
        Ok(())
    }

    fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        let _ = tick;
        Ok(())
    }

    fn write(&mut self, partition: usize, batch: Vec<T>) -> Result<(), BoxError>;

    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        let _ = tick;
        Ok(())
    }

    fn abort(&mut self, tick: &Tick) {
        let _ = tick;
    }

    /// The pipeline has ended, or was stopped, in good order: no tick is begun, and none will follow in this run. What is
    /// committed and held back may be made visible now. Not called behind an error, nor after a crash.
    fn finish(&mut self) -> Result<(), BoxError> {
        Ok(())
    }
}

/// Whether this start begins anew, and so takes over whatever is there.
pub(crate) fn begins_anew(epoch: u64, last_tick: Option<u64>) -> bool {
    epoch <= 1 && last_tick.is_none()
}

/// Refuses a start of the pipeline that has been overtaken; `what` is what it wants to write to.
pub(crate) fn refuse_older(what: &str, epoch: u64, newest: u64) -> Result<(), BoxError> {
    if epoch >= newest {
        return Ok(());
    }
    Err(format!(
        "a newer start of the pipeline (epoch {newest}) writes to {what}, so this one (epoch {epoch}) may not: stop \
         one of them, or give each an output of its own"
    )
    .into())
}
