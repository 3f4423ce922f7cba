//! The engine's promises, each a test, on pipelines made by hand.

mod feed;
mod hand;
mod results;
