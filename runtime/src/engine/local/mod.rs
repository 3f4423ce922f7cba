//! The local engine: one process, one driver, a pool of threads. `engine/README.md` explains the whole; each file
//! here is one part of it.
//!
//! ```text
//! intake   asks the readers what there is            planner   decides ticks and their times
//! schedule says which task may run (pure data)       core      runs a task and tells the scheduler
//! pool     spreads tasks over threads                estimate  says when that is not worth it
//! budget   says how much a tick may read             delivery  hands outputs to sinks, in tick order
//! log      what a restart needs                       recovery  makes it from what is stored
//! durable  hands ticks and checkpoints to be stored   lane      a writer beside the driver
//! driver   puts these together, one step at a time
//! ```

pub(super) mod bell;
pub(super) mod budget;
pub(super) mod core;
pub(super) mod delivery;
pub(super) mod driver;
mod durable;
pub(super) mod estimate;
pub(super) mod failure;
pub(super) mod intake;
mod judges;
pub(super) mod lane;
pub(super) mod log;
pub(super) mod planner;
pub(super) mod pool;
pub(super) mod recovery;
mod savepoints;
pub(super) mod schedule;
mod states;
mod tables;
pub(super) mod throttle;
pub(super) mod timer;
pub(super) mod topology;
pub(super) mod watermarks;
mod windows;
pub(super) mod work;
