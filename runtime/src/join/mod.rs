//! Joins across ticks and across time.
//!
//! | file | is |
//! |---|---|
//! | `latest.rs` | each record with the newest value of its key, by tick |
//! | `as_of.rs`, `versions.rs` | each record with the value of its key as of its time |

mod as_of;
mod latest;
mod versions;

#[cfg(test)]
mod as_of_tests;

pub(crate) use as_of::JoinAsOf;
pub(crate) use latest::JoinLatest;
