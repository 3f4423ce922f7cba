//! Pipelines from outside: their life cycle, what they count, and the laws that their functions keep.

mod counters;
mod laws;
mod life_cycle;
mod written;
