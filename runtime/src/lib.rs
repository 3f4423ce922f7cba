//! Millstream: stream processing that `rustc` compiles.

pub mod batch;
mod blame;
pub mod clock;
pub mod dsl;
pub mod error;
pub mod exchange;
mod fused;
pub mod key;
mod op;
pub mod pipeline;
#[doc(hidden)]
pub mod rt;
pub mod sink;
pub mod source;
pub mod tick;

pub use error::{BoxError, Error, Place, Result};
pub use pipeline::Pipeline;
pub use tick::Tick;
pub use fused::Bad;
pub use key::{Key, Keyed};
pub use millstream_macros::{Key, stream};
#[doc(hidden)]
pub use millstream_macros::__facade;
