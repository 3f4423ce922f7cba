//! Millstream: stream processing that `rustc` compiles.
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
//! - The operators: [`dsl::Stream`].
//! - Sources: [`source`]; sinks: [`sink`].
//! - Running: [`Engine`], [`Job`]; in tests: [`Engine::test`].
//! - The plan: [`Pipeline::plan`].

extern crate self as millstream;

pub mod batch;
mod blame;
pub mod clock;
pub mod dsl;
pub mod engine;
pub mod error;
#[doc(hidden)]
pub mod exchange;
mod fused;
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
pub mod tick;

pub use engine::{Engine, Job, Overrun, Trigger};
pub use error::{BoxError, Error, Place, Result};
pub use fused::Bad;
pub use key::{Key, Keyed};
#[doc(hidden)]
pub use millstream_macros::__facade;
pub use millstream_macros::{Key, stream};
pub use millstream_plan::Plan;
pub use pipeline::Pipeline;
pub use progress::Progress;
pub use tick::Tick;
