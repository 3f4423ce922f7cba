//! Joins across ticks and across time.
//!
//! | file | is |
//! |---|---|
//! | `latest.rs` | each record with the newest value of its key, by tick |
//! | `as_of.rs`, `versions.rs` | each record with the value of its key as of its time |
//! | `interval.rs` | how far apart in time two records may be |
//! | `meeting.rs` | which records of two streams meet: by an interval, or by windows |
//! | `operator.rs`, `sides.rs` | the join of those that meet, and what it keeps |

mod as_of;
mod interval;
mod latest;
mod meeting;
mod operator;
mod sides;

#[cfg(test)]
mod tests;
mod versions;

#[cfg(test)]
mod as_of_tests;

pub(crate) use as_of::JoinAsOf;
pub use interval::Interval;
pub(crate) use latest::JoinLatest;
pub(crate) use meeting::{ByInterval, ByWindow};
pub(crate) use operator::TimedJoin;
