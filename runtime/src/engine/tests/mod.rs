//! The engine's promises, each a test, on pipelines made by hand.

mod checkpoints;
mod console;
mod cost;
mod driver;
mod errors;
mod feed;
mod hand;
mod jobs;
mod process;
mod record_path;
mod results;
mod stepped;
mod timing;
