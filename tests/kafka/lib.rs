//! Kafka for real: what tests, the program that is killed, and the measurement share.
//!
//! `broker.sh` starts a broker; `KAFKA_BOOTSTRAP` says where one is. Without it the tests are passed over, and say so.

#[cfg(feature = "kafka")]
pub mod cluster;
#[cfg(feature = "kafka")]
pub mod peer;
#[cfg(feature = "kafka")]
pub mod trap;

/// In the environment: where a broker is.
pub const BOOTSTRAP: &str = "KAFKA_BOOTSTRAP";

/// The book's page, whose samples are doctests: compiled, since what they speak to is not there.
#[cfg(all(doctest, feature = "kafka"))]
#[doc = include_str!("../../book/src/kafka.md")]
mod page {}
