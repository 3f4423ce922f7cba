//! Whether a source keeps to its contract.

mod checks;
mod driver;

use std::fmt::Debug;
use std::time::Duration;

use crate::batch::Batch;
use crate::clock::secs;
use crate::source::Source;

/// Holds a source to what the engine relies on: see [`SourceContract`], which has settings for sources that need some.
///
/// `make` makes the source anew, over the same input: as each start of a program does. `own` makes an owned record of an
/// item; `records` are those that the input holds, in the order of their partitions. A few dozen do, in several partitions if
/// the source has them.
///
/// ```
/// use millstream::source::from_iter;
/// use millstream::testing::source_contract;
///
/// source_contract(|| from_iter(0..50u64), |n| n, 0..50);
/// ```
///
/// # Panics
/// If a promise is broken: the message says which, what was found, what it leads to, and what to do.
#[track_caller]
pub fn source_contract<S, T>(
    make: impl Fn() -> S,
    own: impl Fn(<S::Batch as Batch>::Item<'_>) -> T + Sync,
    records: impl IntoIterator<Item = T>,
) where
    S: Source,
    T: Clone + Debug + PartialEq + Send,
{
    SourceContract::new(make, own, records).check();
}

/// The promises of a [`Source`], and how one is held to them.
///
/// | promise | what is tried |
/// |---|---|
/// | the input is read whole, each record once | reading to the end, in ticks of several sizes |
/// | offsets go on | each offer begins where the one before ended; ranges are in partition order, and none is empty |
/// | the limit holds | ticks of one unit, and of a third of the input |
/// | an end is an end | asking behind it; partitions that were said to be `finished` |
/// | `available` and `close` don't wait | both have to answer in time |
/// | a range is always the same | reading it twice; in pieces; from several threads; after `release` of what is before it |
/// | a restart goes on | at every tick: a new reader is told what was stored, `seek`s, reads the logged ranges and then the rest |
/// | `close` is the end | in the middle of the input: all tasks of the source end |
///
/// A source that can't be replayed is held to what it can do: with a [log](Source::can_be_logged), to giving the records
/// back that it was told to keep; without one, to counting on from where it was.
///
/// What it can't see: whether memory grows while nobody reads. For that a source needs a test of its own.
#[derive(Clone, Debug)]
pub struct SourceContract<M, O, T> {
    make: M,
    own: O,
    records: Vec<T>,
    shortest_piece: u64,
    patience: Duration,
}

impl<M, O, T> SourceContract<M, O, T> {
    /// As [`source_contract`], which is this with the defaults.
    pub fn new<S>(make: M, own: O, records: impl IntoIterator<Item = T>) -> Self
    where
        S: Source,
        M: Fn() -> S,
        O: Fn(<S::Batch as Batch>::Item<'_>) -> T + Sync,
    {
        let records = records.into_iter().collect();
        SourceContract { make, own, records, shortest_piece: 1, patience: secs(10) }
    }

    /// How long the shortest piece is that the source can offer, in units of offset: of a socket's lines in bytes, say, that
    /// is its longest line. Default: 1.
    #[must_use]
    pub fn shortest_piece(mut self, units: u64) -> Self {
        self.shortest_piece = units.max(1);
        self
    }

    /// How long input, answers and the end of tasks are waited for. Default: 10 s. Nothing is waited for that is there.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Holds the source to all promises, one after the other.
    ///
    /// # Panics
    /// As [`source_contract`].
    #[track_caller]
    pub fn check<S>(self)
    where
        S: Source,
        M: Fn() -> S,
        O: Fn(<S::Batch as Batch>::Item<'_>) -> T + Sync,
        T: Clone + Debug + PartialEq + Send,
    {
        checks::check(&self);
    }
}
