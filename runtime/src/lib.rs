//! Millstream: stream processing that `rustc` compiles.

pub mod batch;
mod blame;
pub mod clock;
pub mod error;
pub mod pipeline;
pub mod sink;
pub mod source;
pub mod tick;

pub use error::{BoxError, Error, Place, Result};
pub use pipeline::Pipeline;
pub use tick::Tick;
