//! Exchanges: from the tails of one stage to the heads of others.
//!
//! A *tail* lives for one task. The stage's loops push records into it; closing it gives one bucket for each
//! target. Here are the tails, and the rule that says which partition owns a key.

mod aggregate;
mod aggregate_all;
mod clock;
mod codec;
mod combine;
mod count;
mod deal;
mod folding;
mod give;
mod groups;
mod near;
mod own;
mod per_partition;
mod reader;
mod reduce_all;
mod room;
mod scatter;
mod sizer;
mod sort;
mod table;
mod top;
mod weight;
mod windowed;

pub use aggregate::{Aggregate, Distinct};
pub use aggregate_all::AggregateAll;
pub use clock::Clock;
pub(crate) use clock::Seen;
pub use codec::{BucketCodec, ByName, BySerde, Crossing, Tailed};
pub(crate) use combine::Reducer;
pub use combine::{Combine, CountValues};
pub use count::Count;
pub use deal::Deal;
pub use folding::Folding;
pub use give::{First, Give};
pub(crate) use groups::Owners;
pub use groups::{GROUPS, group_of};
pub use near::{CombineNear, CountNear};
pub use own::{Known, KnownAt, Leave, Leaving, Own, OwnAt};
pub use per_partition::PerPartition;
pub(crate) use per_partition::{OfPartition, Went};
pub use reduce_all::ReduceAll;
pub use scatter::Scatter;
pub(crate) use scatter::{Chunks, Entry, Scattered};
pub use sort::{Order, Sort, Sorting};
pub use table::KeyTable;
pub(crate) use table::in_order;
pub use top::{By, Itself, Rank, Ranking, Top};
pub use weight::{Held, Leaves, Measured, Unweighed, Weigh, WeighedBySerde, WeighedBySize};
pub use windowed::{Windowed, Windowing};

use crate::pipeline::{Bucket, TaskContext};

/// The end of a stage, for one task.
pub trait Tail: Sized {
    /// What all tasks share and the operator behind the exchange provides: its function, its limit.
    type Shared: Clone + Send + Sync;

    /// Not yet provided.
    fn share() -> Self::Shared;
    fn open(shared: &Self::Shared, cx: &TaskContext) -> Self;
    /// What follows is of this source partition. (Of a stage that is not behind a source nothing is said: it has one.)
    fn partition(&mut self, partition: u32) {
        let _ = partition;
    }
    /// The buckets: one a partition for an exchange by key, else one.
    fn close(self) -> Vec<Bucket>;
}

/// The tails of a stage: a tuple of them.
pub trait Tails: Sized {
    type Shared: Send + Sync;
    /// What the builder gets to attach the operators behind the exchanges.
    type Handles;

    fn share() -> Self::Shared;
    fn handles(shared: &Self::Shared, stage: usize) -> Self::Handles;
    fn open(shared: &Self::Shared, cx: &TaskContext) -> Self;
    fn partition(&mut self, partition: u32);
    fn close(self) -> Vec<Vec<Bucket>>;
    /// How many there are.
    const LEN: usize;
}

/// A tail, as the builder holds it: which one, and what it shares.
pub struct Handle<T: Tail> {
    pub(crate) stage: usize,
    pub(crate) index: usize,
    pub(crate) shared: T::Shared,
}

impl<T: Tail> Handle<T> {
    /// Its stage, and its place among the tails there.
    pub(crate) fn at(&self) -> (usize, usize) {
        (self.stage, self.index)
    }
}

macro_rules! tails {
    ($($tail:ident $index:tt),*) => {
        impl<$($tail: Tail),*> Tails for ($($tail,)*) {
            type Shared = ($($tail::Shared,)*);
            type Handles = ($(Handle<$tail>,)*);
            const LEN: usize = 0 $(+ { let _ = $index; 1 })*;

            #[allow(clippy::unused_unit, reason = "a stage without tails shares nothing")]
            fn share() -> Self::Shared {
                ($($tail::share(),)*)
            }
            #[allow(unused_variables, clippy::unused_unit, reason = "a stage without tails has no handles")]
            fn handles(shared: &Self::Shared, stage: usize) -> Self::Handles {
                ($(Handle { stage, index: $index, shared: shared.$index.clone() },)*)
            }
            #[allow(unused_variables, clippy::unused_unit, reason = "a stage without tails opens none")]
            fn open(shared: &Self::Shared, cx: &TaskContext) -> Self {
                ($($tail::open(&shared.$index, cx),)*)
            }
            #[allow(unused_variables, reason = "a stage without tails tells none")]
            fn partition(&mut self, partition: u32) {
                $(self.$index.partition(partition);)*
            }
            fn close(self) -> Vec<Vec<Bucket>> {
                vec![$(self.$index.close(),)*]
            }
        }
    };
}

tails!();
tails!(A 0);
tails!(A 0, B 1);
tails!(A 0, B 1, C 2);
tails!(A 0, B 1, C 2, D 3);
tails!(A 0, B 1, C 2, D 3, E 4);
tails!(A 0, B 1, C 2, D 3, E 4, F 5);
tails!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tails!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tails!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tails!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tails!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tails!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
