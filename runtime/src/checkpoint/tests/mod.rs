//! The storage as a whole, under an engine that keeps a table of numbers and nothing else.

mod damage;
mod engine;
mod faults;
mod folder;
mod format;
mod writers;
