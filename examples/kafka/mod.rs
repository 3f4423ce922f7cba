//! Topics of Kafka. With the feature `kafka`:
//!
//! ```text
//! tests/kafka/broker.sh start                                                      a broker on this machine, if you have none
//! cargo run --release -p millstream-examples --features kafka -- kafka_word_count
//! ```

pub mod capture;
pub mod copy;
pub mod word_count;

use crate::Example;

pub const EXAMPLES: [Example; 3] = [word_count::EXAMPLE, capture::EXAMPLE, copy::EXAMPLE];
