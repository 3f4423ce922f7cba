//! Event time: windows of the time that records speak of, which close as the watermark passes.
//!
//! A *watermark* says that no record before it is expected any more. How far it is follows from the records themselves
//! ([`exchange::Clock`](crate::exchange::Clock) sees them, the engine puts together what clocks saw), and every tick is
//! judged by the one that was known when it was planned. (Akidau et al., "The Dataflow Model", 2015.)
//!
//! | file | is |
//! |---|---|
//! | `windows.rs` | which windows there are, and what was said about them |
//! | `aggregate.rs`, `aggregates/` | what is made of a window's records |
//! | `parts.rs` | what of them crosses the exchange |
//! | `panes.rs`, `sessions.rs` | what is kept of open windows, by key group |
//! | `operator.rs` | the operator behind the exchange |
//! | `duplicates.rs` | what came before, until the watermark has passed it |
//! | `waiting.rs` | records that wait for the watermark |
//! | `previous.rs`, `sessionize.rs` | each record with the one before it, or with its session |

mod aggregate;
mod aggregates;
mod duplicates;
mod extract;
mod form;
mod operator;
mod panes;
mod parts;
mod previous;
mod sessionize;
mod sessions;
mod table;
mod waiting;
mod watermark;
mod window;
mod windows;

#[cfg(test)]
mod tests;

pub use aggregate::Aggregate;
pub(crate) use aggregates::Cogrouped;
pub use aggregates::{
    Collect, Count, CountDistinct, Max, MaxBy, Mean, Min, MinBy, Number, Of, Sum, Top, TopBy,
};
pub(crate) use duplicates::DropDuplicatesWithinWatermark;
pub use extract::{EventTime, time_of_result, timestamp};
pub(crate) use form::{ByKey, ByKeyAndLate, Form, Whole, WholeAndLate};
pub(crate) use operator::{Keeps, WindowAggregate};
pub(crate) use panes::Panes;
pub(crate) use parts::{Arrives, InParts, Singly};
pub use parts::{Part, Parts};
pub(crate) use previous::Previous;
pub(crate) use sessionize::Sessionize;
pub(crate) use sessions::Sessions;
pub(crate) use table::Table;
pub(crate) use waiting::{Waiting, Waits};
pub use watermark::Watermarks;
pub use window::Window;
pub use windows::{Emit, Windows};
pub(crate) use windows::{Fixed, Shape};
