//! The operators, as the editor and rustdoc show them.
//!
//! Inside `stream!` a [`Stream`] is no value: the macro compiles the chain to fused loops. This facade has the
//! same methods with their types, so that completion, hover and go-to-definition work, and so that every
//! operator has a page. Nothing here runs.

mod aggregates;
mod element_wise;
mod event_time;
mod in_time;
mod interval_joins;
mod keyed;
mod modifiers;
mod of_windows;
mod outputs;
mod per_batch;
mod stateful;
mod texts;
mod waiting;
mod whole;
mod window_joins;
mod windowed;

use std::marker::PhantomData;

use crate::batch::Batch;
use crate::pipeline::Pipeline;
use crate::source::Source;

pub use aggregates::{collect, count, count_distinct, max, max_by, mean, min, min_by, sum, top, top_by};
pub use modifiers::{Identified, Output};
pub use of_windows::Windowed;
pub use outputs::Outputs;

/// A stream of records of type `T`, as `stream!` sees it.
///
/// Records are borrowed as long as their stage lasts (`&str` out of a line) and owned behind an exchange (`String`). In the
/// signatures below `T` is the record as the next closure receives it.
#[derive(Debug)]
pub struct Stream<T> {
    records: PhantomData<fn() -> T>,
}

// A stream's name may stand anywhere and any number of times.
impl<T> Clone for Stream<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Stream<T> {}

fn stream<T>() -> Stream<T> {
    Stream { records: PhantomData }
}

/// The stream of what `source` delivers. The root of every chain.
///
/// The argument is evaluated once, where `stream!` stands; it is opened when the pipeline runs.
///
/// ```
/// # use millstream::prelude::*;
/// # let pipeline =
/// stream! {
///     source(queue([vec!["one line"], vec!["another"]])).print();
/// }
/// # ; Engine::test().run(pipeline).unwrap();
/// ```
pub fn source<'a, S: Source>(source: S) -> Stream<<S::Batch as Batch>::Item<'a>> {
    let _ = source;
    stream()
}

/// The value of the whole, for the editor.
#[doc(hidden)]
pub fn pipeline<'env>() -> Pipeline<'env> {
    crate::rt::broken()
}

/// A stream as an argument: by name, or as a chain.
pub trait AsStream<T> {}
impl<T> AsStream<T> for Stream<T> {}
impl<T> AsStream<T> for &Stream<T> {}
