//! The best rows: the same work with every trick that needs no `unsafe`.
//!
//! Blanks and ends of lines come from masks of 16 bytes at a time (SSE2, or NEON), words of up to 16 bytes are two numbers in a table
//! of their own with linear probing, found in two steps so that the loads of many words are under way at a time. Nobody would want
//! to write this for every job; it says how far there is to go.

mod chain;
mod counts;
mod grep;
mod keyed;
mod masks;
mod text;

pub use chain::maps;
pub use grep::grep;
pub use keyed::running_count;
pub use text::{sliding, word_count};
