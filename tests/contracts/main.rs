//! Connectors held to their contracts: our own, and broken ones, which must be caught.

mod broken_sinks;
mod broken_sources;
mod sinks;
mod sources;
