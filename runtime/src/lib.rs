//! Millstream: stream processing that `rustc` compiles.

pub mod batch;
mod blame;
pub mod clock;
pub mod engine;
pub mod error;
pub mod pipeline;
pub mod progress;
pub mod sink;
pub mod source;
pub mod tick;

pub use engine::{Engine, Job, Overrun, Trigger};
pub use error::{BoxError, Error, Place, Result};
pub use pipeline::Pipeline;
pub use progress::Progress;
pub use tick::Tick;
