//! What a program with a pipeline needs: `use millstream::prelude::*;`.

pub use crate::clock::{Timestamp, hours, millis, minutes, secs};
pub use crate::sink::MemorySink;
pub use crate::source::{
    binary_records, from_iter, merge, queue, rate, stdin, text_directory, text_files, text_socket,
};
pub use crate::{
    Bad, Counter, Emit, Engine, Interval, Job, Key, Keyed, Order, Overrun, Pipeline, State, StateSpec, Table,
    Tick, Trigger, Window, refreshed_table, stream, unordered,
};
