//! A pipeline with state that is to be killed, and the places at which it dies.
//!
//! The program `victim` runs it; the tests in `harness/` start that program, kill it, start it again, and hold what it
//! wrote to what an undisturbed run writes.

pub mod joins;
pub mod pipeline;
pub mod trap;
pub mod watched;
pub mod windows;
