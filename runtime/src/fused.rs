//! What the fused loops are wrapped in, and the small things that they use.

use std::any::Any;
use std::marker::PhantomData;
use std::ops::{Range, RangeInclusive};

use millstream_plan::NodeId;
use smallvec::SmallVec;

use crate::BoxError;
use crate::batch::Batch;
use crate::blame;
use crate::exchange::{Own, Tails};
use crate::key::Pair;
use crate::pipeline::{Bucket, StageBody, StageRun, TaskContext};

/// A stage's closure with what it needs, behind the erased seam.
pub(crate) struct Fused<B, O: Tails, P, F, N> {
    shared: O::Shared,
    operands: P,
    loops: F,
    frame: N,
    batches: PhantomData<fn(B)>,
}

impl<B, O: Tails, P, F, N> Fused<B, O, P, F, N> {
    pub(crate) fn new(shared: O::Shared, operands: P, loops: F, frame: N) -> Self {
        Fused { shared, operands, loops, frame, batches: PhantomData }
    }
}

/// A function with the name of a stage's stream, that calls the stage's loops: what a profiler and a backtrace show.
///
/// A closure's symbol says only where it stands (`main::{closure#3}`), and an `fn` can't capture. So the loops remain
/// a closure, and are inlined into an `fn` that nothing else calls: one call for each batch. Its line is the stream's.
#[doc(hidden)]
#[macro_export]
#[collapse_debuginfo(yes)]
macro_rules! __frame {
    ($stream:ident) => {{
        #[inline(never)]
        fn $stream<B, O, P, F: Fn(&mut B, O, &P) -> O>(
            loops: &F,
            batch: &mut B,
            tails: O,
            operands: &P,
        ) -> O {
            loops(batch, tails, operands)
        }
        $stream
    }};
}

impl<B, O, P, F, N> StageBody for Fused<B, O, P, F, N>
where
    B: Batch,
    O: Tails,
    P: Send + Sync,
    F: Fn(&mut B, O, &P) -> O + Send + Sync,
    N: Fn(&F, &mut B, O, &P) -> O + Send + Sync,
{
    fn open<'s>(&'s self, cx: &TaskContext) -> Box<dyn StageRun + 's> {
        Box::new(Run { stage: self, tails: Some(O::open(&self.shared, cx)) })
    }
}

const OPEN: &str = "a task whose loops panicked is given no more batches";

/// One task of a stage.
struct Run<'s, B, O: Tails, P, F, N> {
    stage: &'s Fused<B, O, P, F, N>,
    /// Empty only while the loops run.
    tails: Option<O>,
}

impl<B, O, P, F, N> StageRun for Run<'_, B, O, P, F, N>
where
    B: Batch,
    O: Tails,
    F: Fn(&mut B, O, &P) -> O,
    N: Fn(&F, &mut B, O, &P) -> O,
{
    fn batch(&mut self, batch: &mut dyn Any) -> Result<(), BoxError> {
        let batch = batch.downcast_mut::<B>().expect("a stage is built with the type of its head");
        let tails = self.tails.take().expect(OPEN);
        let Fused { loops, frame, operands, .. } = self.stage;
        self.tails = Some(frame(loops, batch, tails, operands));
        batch.take_error().map_or(Ok(()), Err)
    }

    fn partition(&mut self, partition: u32) {
        self.tails.as_mut().expect(OPEN).partition(partition);
    }

    fn close(self: Box<Self>) -> Vec<Vec<Bucket>> {
        self.tails.expect(OPEN).close()
    }
}

/// The records of a batch.
#[inline(always)]
pub fn items<B: Batch>(batch: &mut B) -> B::Iter<'_> {
    batch.items()
}

/// What a `flat_map`'s closure returned, as an iterator whose panics are its operator's.
#[inline(always)]
pub fn each<I: IntoIterator>(node: NodeId, items: I) -> Each<I::IntoIter> {
    Each { node, items: items.into_iter() }
}

/// See [`each`].
#[derive(Clone, Debug)]
pub struct Each<I> {
    node: NodeId,
    items: I,
}

impl<I: Iterator> Iterator for Each<I> {
    type Item = I::Item;

    #[inline(always)]
    fn next(&mut self) -> Option<I::Item> {
        blame::at(self.node, || self.items.next())
    }
}

/// What a `for` over a stream goes over, once for every record: so it must start again at no cost.
#[diagnostic::on_unimplemented(
    message = "a `for` over a stream goes over a range or a borrowed collection, not over `{Self}`",
    note = "its body runs for every record: write `for i in 0..n`, or borrow, `for x in &xs`"
)]
pub trait Again {
    type Items: Iterator;
    fn again(&self) -> Self::Items;
}

impl<T: Clone> Again for Range<T>
where
    Range<T>: Iterator,
{
    type Items = Self;
    #[inline(always)]
    fn again(&self) -> Self {
        self.clone()
    }
}

impl<T: Clone> Again for RangeInclusive<T>
where
    RangeInclusive<T>: Iterator,
{
    type Items = Self;
    #[inline(always)]
    fn again(&self) -> Self {
        self.clone()
    }
}

impl<'c, C: ?Sized> Again for &'c C
where
    &'c C: IntoIterator,
{
    type Items = <&'c C as IntoIterator>::IntoIter;
    #[inline(always)]
    fn again(&self) -> Self::Items {
        self.into_iter()
    }
}

/// The items of a `for`, from the first.
#[inline(always)]
pub fn again<A: Again>(items: &A) -> A::Items {
    items.again()
}

/// A record as a pair; the place where "not a pair" gets its message.
#[inline(always)]
pub fn pair<P: Pair>(record: P) -> (P::K, P::V) {
    record.pair()
}

/// A copy of a record for one of several consumers.
#[inline(always)]
pub fn copy<T: Copied>(record: &T) -> T {
    record.copy()
}

/// `Clone`; the place where "not `Clone`" gets its message.
#[diagnostic::on_unimplemented(
    message = "records that are used twice must be `Clone`, and `{Self}` is not",
    label = "this operator gets a clone of each record, and others get the record",
    note = "derive `Clone`, or share the record: `.map(std::sync::Arc::new)` before the stream is used twice",
    note = "a stream that several operators read is cloned for each but the last; `key_by` and `try_map` keep the record beside what their closures make of it"
)]
pub trait Copied {
    fn copy(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Copied for T {
    #[inline(always)]
    fn copy(&self) -> T {
        self.clone()
    }
}

/// Pins what a `try_map`'s closure returns to a `Result`.
#[inline(always)]
pub fn outcome<T, E>(result: Result<T, E>) -> Result<T, E> {
    result
}

/// Where the inputs of a `union` meet within one stage: what one record of their common ancestor became.
pub type Merged<T> = SmallVec<[T; 4]>;

/// A record of one of two streams: that a head gives, or that it takes as one.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Two<A, B> {
    First(A),
    Second(B),
}

/// A record that `try_map` could not map, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Bad<R, E> {
    pub record: R,
    pub error: E,
}

impl<R: Own<O>, O, E> Own<Bad<O, E>> for Bad<R, E> {
    fn own(self) -> Bad<O, E> {
        Bad { record: self.record.own(), error: self.error }
    }
}
