//! Stream processing that `rustc` compiles.
//!
//! A pipeline is written as method chains inside [`stream!`]. The macro checks it, cuts it into stages and emits
//! each stage as plain nested loops, statically typed. An [`Engine`] runs it in ticks (micro-batches) on all
//! cores of this process.
//!
//! ```
//! use millstream::prelude::*;
//!
//! let stopwords = ["the", "a"];
//! let out = MemorySink::new();
//! let pipeline = stream! { <WordCount>
//!     let lines = source(queue([vec!["the mill", "a mill"], vec!["stream"]]));
//!     let counts = lines
//!         .flat_map(|line| line.split(' '))
//!         .filter(|word| !stopwords.contains(word))
//!         .map(|word| (word, 1u64))
//!         .reduce_by_key(|a, b| a + b);
//!     counts.sink(out.clone());
//! };
//! Engine::test().run(pipeline)?;
//! out.assert_batches_sorted([vec![("mill", 2)], vec![("stream", 1)]]);
//! # millstream::Result::<()>::Ok(())
//! ```
//!
//! # Where to look
//!
//! | for | see |
//! |---|---|
//! | what may stand in a pipeline | [`stream!`] |
//! | the operators, each with an example | [`dsl::Stream`] |
//! | where records come from, and go to | [`source`], [`sink`] |
//! | static data that streams are joined with | [`Table`] |
//! | what records can be grouped by | [`Key`](trait@Key), [`Keyed`], and the [derive](derive@Key) |
//! | running, and when ticks happen | [`Engine`], [`Trigger`] |
//! | a pipeline within a service | [`Engine::start`], [`Job`] |
//! | state that outlives the program | [`Engine::checkpoint`], [`Job::savepoint`] |
//! | tests, with a clock that is moved by hand | [`Engine::test`], [`MemorySink`](sink::MemorySink) |
//! | whether a function may reduce | `testing` (with the feature of that name) |
//! | what will run | [`Pipeline::plan`], [`Engine::explain`] |
//! | what closures count | [`Counter`] |
//! | how far it is, and what went wrong | [`Progress`], [`Error`] |
//!
//! # What to know
//!
//! - **A stream is no value.** The graph is fixed when the program is compiled; only records flow at run time.
//! - **Closures capture as closures do.** A pipeline may borrow its environment: [`Engine::run`] returns when it is
//!   done. [`Engine::start`] takes one that owns all it captures: `stream!(move { … })`.
//! - **Records are borrowed within a stage** (`&str` out of a line) and owned behind an exchange (`String`).
//! - **Results don't depend on the schedule.** Within a key, values arrive in the order of their source, and what tasks
//!   found merges in the order of tasks; so functions that reduce have to be associative, and no more.
//! - **State outlives the program where it has a checkpoint** ([`Engine::checkpoint`]): a program that starts again goes on where
//!   it was, each record counted once. Without one it begins at the start of its sources, with nothing.

extern crate self as millstream;

pub mod batch;
mod blame;
mod checkpoint;
pub mod clock;
mod counter;
pub mod dsl;
pub mod engine;
pub mod error;
mod event_time;
#[doc(hidden)]
pub mod exchange;
mod fused;
mod join;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod key;
mod op;
pub mod pipeline;
pub mod prelude;
pub mod progress;
#[doc(hidden)]
pub mod rt;
pub mod sink;
pub mod source;
mod state;
mod store;
mod sync;
mod table;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
pub mod tick;
mod wait;
mod window;

#[doc(hidden)]
pub use checkpoint::command as __ckpt;
#[doc(inline)]
pub use counter::Counter;
#[doc(inline)]
pub use engine::{Engine, Job, Overrun, Trigger};
#[doc(inline)]
pub use error::{BoxError, Error, Place, Result};
pub use event_time::{Aggregate, Emit, EventTime, Parts, Window};
#[doc(hidden)]
pub use event_time::{Collect, Count, CountDistinct, Max, MaxBy, Mean, Min, MinBy, Number, Sum, Top, TopBy};
pub use exchange::Order;
pub use fused::Bad;
pub use join::Interval;
#[doc(inline)]
pub use key::{Key, Keyed};
#[doc(hidden)]
pub use millstream_macros::__facade;
pub use millstream_macros::{Key, stream};
pub use millstream_plan::Plan;
#[doc(inline)]
pub use op::map_async::{Unordered, unordered};
#[doc(inline)]
pub use pipeline::Pipeline;
#[doc(inline)]
pub use progress::Progress;
pub use state::{State, StateBackend, StateData, StateKey, StateSpec};
pub use table::{AsTable, RefreshedTable, Table, refreshed_table};
#[doc(inline)]
pub use tick::Tick;
