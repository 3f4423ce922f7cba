//! Sources: where streams begin.
//!
//! A source of your own is a type that implements [`Source`], and a [`Reader`] that it opens to.

// One file each; this one holds the traits.

mod backoff;
mod bad_row;
mod binary_records;
mod buffered;
#[cfg(feature = "csv")]
mod csv;
mod directory;
pub(crate) mod erased;
mod files;
mod files_reader;
mod found;
mod from_iter;
#[cfg(feature = "json")]
mod json;
mod line_count;
mod line_reader;
mod merge;
#[cfg(feature = "parquet")]
mod parquet;
mod patterns;
mod queue;
mod rate;
mod record_bytes;
mod stdin;
#[cfg(test)]
mod testing;
mod text;
mod text_directory;
mod text_files;
mod text_socket;
mod total;

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "parquet")]
pub use arrow_array::RecordBatch;
pub use backoff::Backoff;
pub use bad_row::{BadRow, RowPlace};
pub use binary_records::{FixedLength, Records, binary_records};
#[cfg(feature = "csv")]
pub use csv::{Csv, CsvIter, CsvRows, csv_directory, csv_files};
pub use directory::Directory;
pub use files::Compression;
pub use files_reader::Files;
pub use from_iter::{FromIter, from_iter};
#[cfg(feature = "json")]
pub use json::{JsonIter, JsonLines, JsonRows, json_directory, json_files};
pub use merge::{Merge, merge};
#[cfg(feature = "parquet")]
pub use parquet::{Parquet, ParquetBatches, parquet_directory, parquet_files};
pub use patterns::IntoPatterns;
pub use queue::{Queue, QueueClosed, QueueSender, queue};
pub use rate::{Rate, rate};
pub use stdin::{Stdin, stdin};
pub use text::{ByteLineIter, ByteLines, InvalidUtf8, LineIter, Lines, TextBatch};
pub use text_directory::{TextLines, text_directory};
pub use text_files::{TextFiles, text_files};
pub use text_socket::{TextSocket, text_socket};
pub use total::Total;

use crate::BoxError;
use crate::batch::Batch;
use crate::clock::{Clock, Timestamp};
use crate::engine::Trigger;
use crate::tick::{OffsetRange, Positions};

/// What a source or sink says of itself in plans, logs and errors. Secrets are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// The constructor's name: `text_files`.
    pub name: &'static str,
    /// Which one: a glob, an address.
    pub detail: String,
    /// Whether a range can be read again after a restart.
    pub replayable: bool,
}

impl fmt::Display for SourceInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, self.detail)
    }
}

/// A place that records come from. Cheap to make; nothing is opened until the pipeline runs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no source",
    label = "`source(…)` takes a source, and this is `{Self}`",
    note = "values at hand become one with `source(from_iter(values))`, or with `source(queue([vec![…], …]))` that gives one element a tick; files and sockets with `text_files(\"*.txt\")` and `text_socket(address)`"
)]
pub trait Source: Send + 'static {
    type Batch: Batch;

    fn info(&self) -> SourceInfo;

    /// Whether its reader can hand out what it has read, of all that can't be read again
    /// ([`Reader::write_ahead`]): so that a checkpoint's log can keep it. By default, no. Has no meaning for a source that
    /// is `replayable`.
    fn can_be_logged(&self) -> bool {
        false
    }

    /// Opens the source. Errors here stop the pipeline before its first tick, so they should say what to do.
    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = Self::Batch>>, BoxError>;
}

/// What the engine lends to a source.
#[derive(Clone)]
pub struct SourceContext {
    /// Where waiting for the outside happens. Tasks that a source spawns here must end when its reader is
    /// dropped or [`Reader::close`] is called.
    pub runtime: tokio::runtime::Handle,
    /// To be called when new input waits.
    pub waker: Waker,
    /// The engine's: the system's, or one that a test sets by hand. A source waits by this clock, so that no test sleeps.
    pub clock: Arc<dyn Clock>,
    /// When ticks are made. Under [`Trigger::Eager`] the engine asks again and again, and each offer makes a tick: so there a
    /// source may have to hold itself back.
    pub trigger: Trigger,
}

impl fmt::Debug for SourceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceContext")
            .field("now", &self.clock.now())
            .field("trigger", &self.trigger)
            .finish_non_exhaustive()
    }
}

/// Wakes the driver.
#[derive(Clone)]
pub struct Waker(pub(crate) Arc<dyn Fn() + Send + Sync>);

impl Waker {
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Waker(Arc::new(wake))
    }

    /// Says that input waits (or that the source has ended or failed). Cheap; may be called from any thread.
    pub fn wake(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}

/// What the next tick is to read of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// In partition order; empty ranges are left out.
    pub ranges: Vec<OffsetRange>,
    /// Nothing more waits behind these ranges now.
    pub caught_up: bool,
    /// Nothing will ever follow these ranges.
    pub ended: bool,
    /// After `freeze`: some of the input that the run is to read has yet to arrive (a pipe has no end so far). The waker
    /// says when to ask again.
    pub waiting: bool,
}

/// An opened source.
///
/// # Contract
/// - `available` starts where the last offer ended (at first: at the beginning, or where `seek` said), and
///   keeps to the source's own limit on a tick and to the engine's. It does not wait for input.
/// - Once ended, it says so again each time, without ranges.
/// - `read` gives the records of exactly that range, in order, however often it is asked; several ranges may be
///   read at the same time from several threads. It may block on a disk, never on a peer.
/// - After `release(p)`, ranges before `p` are not read again.
pub trait Reader: Send + Sync {
    type Batch: Batch;

    /// What the next tick is to read: ranges of at most `limit` together, in units of offset, unless there is no
    /// shorter piece (the engine asks for less than a source's own limit where what stages make of a tick, or the time
    /// that it takes, would be too much).
    fn available(&self, limit: u64) -> Result<Offer, BoxError>;

    /// The next `available` is for what there is by this time: the batch time of its tick; or the present, where ticks
    /// follow so fast that their times run ahead of the clock. Only a source whose input follows from the time (as that of
    /// [`rate`](rate())) has a use for it.
    fn at(&self, time: Timestamp) {
        let _ = time;
    }

    /// When the clock alone will bring more, or let the source go on: the engine asks again then. `None`: there is
    /// nothing that the source waits for by the clock; it calls the waker. Under `Trigger::Interval` the engine asks at
    /// each boundary anyway.
    fn due(&self) -> Option<Timestamp> {
        None
    }

    /// Reads a range, in as many batches as suit the source.
    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Self::Batch) -> Result<(), BoxError>,
    ) -> Result<(), BoxError>;

    /// The partitions that end with what was offered last: nothing will ever follow in them (a file that is offered to its
    /// end). They hold the watermark of event time back no more. Asked for after each `available`; what was said is not said
    /// again. By default none: all partitions go on for as long as the source does.
    fn finished(&self) -> Vec<u32> {
        Vec::new()
    }

    /// The shortest piece, in units of offset, that is worth a task of its own.
    fn grain(&self) -> u64 {
        1
    }

    /// How much this source will give from where it stands, if it knows: what a progress bar is drawn from. Asked once,
    /// after `seek` and before the first `available`; it may be an estimate. By default, `None`.
    fn total(&self) -> Option<Total> {
        None
    }

    /// Whether each range of an offer is a task of its own, however many partitions the engine has. By default the
    /// engine cuts ranges, and joins them, into tasks of about equal length.
    fn a_task_a_range(&self) -> bool {
        false
    }

    /// From now on offers nothing beyond what exists now (for `Trigger::AvailableNow`). A source whose input has no
    /// length before it has been read, such as a pipe, goes on to its end, and is `waiting` till then; one for which
    /// "now" means nothing fails at the next `available`.
    fn freeze(&self) {}

    /// What must be stored for the offers so far to be read again after a restart, beside their ranges: which file the
    /// offsets of a folder's source lie in, say. Asked for after `available` and stored before the tick runs; what
    /// has been given is not given again. Empty: nothing new. Most sources have none.
    ///
    /// Where nothing is stored nobody asks; so let it not grow meanwhile.
    fn journal(&self) -> Vec<u8> {
        Vec::new()
    }

    /// All that [`journal`](Reader::journal) has told and that is still needed, for a checkpoint: earlier entries may be
    /// forgotten then. It may tell of more than the checkpoint's positions have reached.
    fn memory(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Takes up what was stored: after a restart, before `seek`, first a checkpoint's `memory` and then the `journal`s
    /// behind it, in order; of a tick without news, nothing. Not called at a first start.
    fn recall(&self, notes: &[u8]) -> Result<(), BoxError> {
        let _ = notes;
        Ok(())
    }

    /// The records of a range as bytes, if they can't be read again after a restart: the log of a checkpoint keeps them, with
    /// the tick that reads them. The range is one that was offered, or several that follow each other. Called before the tick
    /// runs, on the driver's thread. `None`, the default: what belongs to the range can be read again, or has no such form.
    fn write_ahead(&self, range: OffsetRange) -> Result<Option<Vec<u8>>, BoxError> {
        let _ = range;
        Ok(None)
    }

    /// Takes back what [`write_ahead`](Reader::write_ahead) gave for a range before a restart: `read` of it, and of its parts,
    /// gives the same records as then, until it is released. Called after `recall` and before `seek`.
    fn read_back(&self, range: OffsetRange, bytes: Vec<u8>) -> Result<(), BoxError> {
        let _ = (range, bytes);
        Err("the log holds records of this source, but it can't take them back: it is another source now"
            .into())
    }

    /// The next offer starts here. Called before the first `available`; after a restart first with the
    /// checkpoint's positions, and once more, further on, if ranges between were read again from the tick log.
    /// A source that can't be replayed only goes on counting from there.
    fn seek(&self, positions: &Positions) -> Result<(), BoxError>;

    /// What lies before these positions will not be read again; it may be forgotten.
    fn release(&self, positions: &Positions) {
        let _ = positions;
    }

    /// The pipeline is stopping: take nothing more from outside. Says whether what has been taken can't be had again, and
    /// so is still to be read: the engine then goes on asking until this source is caught up. By default `false`: what is
    /// not read by now will be read after the next start.
    fn drain(&self) -> bool {
        false
    }

    /// The pipeline is ending: stop waiting for the outside.
    fn close(&self) {}
}
