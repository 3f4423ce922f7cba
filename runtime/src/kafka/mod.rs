//! Kafka: topics as [sources](kafka()) and [sinks](kafka_sink()). With the feature `kafka`.
//!
//! The feature builds librdkafka from source, which takes a C and C++ toolchain, `make` and `bash`, and about two minutes;
//! it needs no library of the system. Brokers that want TLS, or SASL by SCRAM, take the feature `kafka-ssl`, which builds
//! OpenSSL too.

#[cfg(feature = "avro")]
mod avro;
mod buffer;
mod client;
mod cluster;
mod decode;
mod fetch;
mod marker;
mod message;
mod outgoing;
mod producer;
mod reader;
mod replay;
mod sink;
mod source;
mod table;
mod transactions;

#[cfg(feature = "avro")]
pub use avro::Avro;
pub use decode::{Bytes, Decode, Iter, Json, Messages, Raw, Text, Undecodable, WithKey};
pub use message::{Headers, Message, OwnedMessage};
pub use outgoing::{AsJson, AsText, By, DeadLetters, Encode, Outgoing};
pub use sink::{KafkaSink, kafka_sink};
pub use source::{DataLoss, Kafka, StartFrom, kafka};
pub use transactions::{Transaction, Transactions};
