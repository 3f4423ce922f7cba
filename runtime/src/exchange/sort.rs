//! `sort_by_key`'s tail.

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use super::Tail;
use super::codec::{BySerde, Crosses, Tailed, Wire};
use crate::batch::Data;
use crate::blame;
use crate::pipeline::{Bucket, TaskContext};

/// Which comes first: the operand of [`sort_by_key`](crate::dsl::Stream::sort_by_key).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The least.
    #[default]
    Ascending,
    /// The largest.
    Descending,
}

/// How an operator sorts.
#[derive(Clone, Copy, Debug)]
pub struct Sorting {
    pub(crate) node: millstream_plan::NodeId,
    pub(crate) order: Order,
}

impl Sorting {
    /// Sorts; pairs of equal keys stay in their order. Runs that are sorted already are merged.
    pub(crate) fn sort<K: Ord, V>(self, pairs: &mut [(K, V)]) {
        let compare = |a: &(K, V), b: &(K, V)| -> Ordering {
            match self.order {
                Order::Ascending => a.0.cmp(&b.0),
                Order::Descending => b.0.cmp(&a.0),
            }
        };
        blame::at(self.node, || pairs.sort_by(compare));
    }
}

/// Sorts a task's pairs.
#[derive(Debug)]
pub struct Sort<K, V> {
    pairs: Vec<(K, V)>,
    sorting: Sorting,
}

impl<K, V> Sort<K, V> {
    #[inline(always)]
    pub fn push(&mut self, pair: (K, V)) {
        self.pairs.push(pair);
    }
}

impl<K: Ord + Data, V: Data> Tail for Sort<K, V> {
    type Shared = Arc<OnceLock<Sorting>>;

    fn share() -> Self::Shared {
        Arc::default()
    }

    fn open(shared: &Self::Shared, _cx: &TaskContext) -> Self {
        let sorting = *shared.get().expect("sort_by_key gave its order when the pipeline was built");
        Sort { pairs: Vec::new(), sorting }
    }

    fn close(mut self) -> Vec<Bucket> {
        self.sorting.sort(&mut self.pairs);
        vec![Box::new(self.pairs)]
    }
}

impl<K, V> Crosses for Sort<K, V> {
    type Records = (K, V);
}
impl<K: Ord + Wire, V: Wire> BySerde for Tailed<Sort<K, V>> {
    type Crosses = Sort<K, V>;
    type Bucket = Vec<(K, V)>;
}
