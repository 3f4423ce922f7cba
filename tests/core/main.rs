//! Pipelines as their users write them: what they mean, what they may capture, how they fail.

mod support;

mod book;
mod captures;
mod clashes;
mod crossings;
mod directories;
mod elementwise;
mod errors;
mod event_time;
mod facade;
mod hygiene;
mod in_time;
mod joins;
mod keyed;
mod keys;
mod lints;
mod modifiers;
mod outputs;
mod patterns;
mod per_batch;
mod plans;
mod reference;
mod restarts;
mod sources;
mod stateful;
mod text;
mod timed_joins;
mod timeouts;
mod unions;
mod windowed;
