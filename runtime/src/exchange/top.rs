//! `top`'s tail: a bounded heap.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use super::codec::{BySerde, Crosses, Tailed, Wire};
use super::{Reducer, Tail};
use crate::batch::Data;
use crate::blame;
use crate::pipeline::{Bucket, TaskContext};

/// What a `top` compares records by.
pub trait Rank<T>: Send + Sync {
    /// A record with what it is compared by.
    type Ranked;

    fn rank(&self, record: T) -> Self::Ranked;
    fn compare(a: &Self::Ranked, b: &Self::Ranked) -> Ordering;
    fn record(ranked: Self::Ranked) -> T;
}

/// By the records themselves.
#[derive(Debug)]
pub struct Itself;

impl<T: Ord> Rank<T> for Itself {
    type Ranked = T;

    #[inline(always)]
    fn rank(&self, record: T) -> T {
        record
    }

    #[inline(always)]
    fn compare(a: &T, b: &T) -> Ordering {
        a.cmp(b)
    }

    fn record(ranked: T) -> T {
        ranked
    }
}

/// By what a function of them returns, which is called once a record and task.
#[derive(Debug)]
pub struct By<K, F> {
    pub(crate) function: Reducer<F>,
    pub(crate) keys: PhantomData<fn() -> K>,
}

impl<T, K: Ord, F: Fn(&T) -> K + Send + Sync> Rank<T> for By<K, F> {
    type Ranked = (K, T);

    #[inline(always)]
    fn rank(&self, record: T) -> (K, T) {
        (blame::at(self.function.node, || (self.function.function)(&record)), record)
    }

    #[inline(always)]
    fn compare(a: &(K, T), b: &(K, T)) -> Ordering {
        a.0.cmp(&b.0)
    }

    fn record(ranked: (K, T)) -> T {
        ranked.1
    }
}

/// The operands of a `top`.
#[derive(Debug)]
pub struct Ranking<R> {
    pub(crate) node: millstream_plan::NodeId,
    pub(crate) limit: usize,
    pub(crate) rank: R,
}

/// Keeps the largest records of a task; of equal ones those that came first.
pub struct Top<T, R: Rank<T>> {
    heap: BinaryHeap<Entry<T, R>>,
    /// How many records came.
    count: u64,
    ranking: Arc<Ranking<R>>,
}

/// The last that would be kept is the greatest.
struct Entry<T, R: Rank<T>> {
    ranked: R::Ranked,
    number: u64,
}

impl<T, R: Rank<T>> Ord for Entry<T, R> {
    fn cmp(&self, other: &Self) -> Ordering {
        R::compare(&other.ranked, &self.ranked).then(self.number.cmp(&other.number))
    }
}
impl<T, R: Rank<T>> PartialOrd for Entry<T, R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T, R: Rank<T>> PartialEq for Entry<T, R> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl<T, R: Rank<T>> Eq for Entry<T, R> {}

impl<T, R: Rank<T>> Top<T, R> {
    pub(crate) fn new(ranking: Arc<Ranking<R>>) -> Self {
        Top { heap: BinaryHeap::new(), count: 0, ranking }
    }

    #[inline(always)]
    pub fn push(&mut self, record: T) {
        let entry = Entry { ranked: self.ranking.rank.rank(record), number: self.count };
        self.count += 1;
        blame::at(self.ranking.node, || {
            if self.heap.len() < self.ranking.limit {
                self.heap.push(entry);
            } else if let Some(mut last) = self.heap.peek_mut()
                && entry < *last
            {
                *last = entry;
            }
        });
    }

    /// The largest first.
    pub(crate) fn into_records(self) -> Vec<T> {
        let entries = blame::at(self.ranking.node, || self.heap.into_sorted_vec());
        entries.into_iter().map(|entry| R::record(entry.ranked)).collect()
    }
}

impl<T: Data, R: Rank<T>> Tail for Top<T, R> {
    type Shared = Arc<OnceLock<Arc<Ranking<R>>>>;

    fn share() -> Self::Shared {
        Arc::default()
    }

    fn open(shared: &Self::Shared, _cx: &TaskContext) -> Self {
        let ranking = shared.get().expect("top gave its operands when the pipeline was built");
        Top::new(Arc::clone(ranking))
    }

    fn close(self) -> Vec<Bucket> {
        vec![Box::new(self.into_records())]
    }
}

impl<T, R: Rank<T>> Crosses for Top<T, R> {
    type Records = T;
}
impl<T: Wire, R: Rank<T>> BySerde for Tailed<Top<T, R>> {
    type Crosses = Top<T, R>;
    type Bucket = Vec<T>;
}
