//! State: what operators keep from tick to tick.

mod backend;
mod cell;
mod data;
#[cfg(feature = "fjall")]
mod disk;
mod entries;
mod event_timed;
mod expiry;
mod frozen;
mod handle;
mod initial;
mod kept;
mod keys;
mod marks;
mod migrate;
#[cfg(feature = "fjall")]
mod paged;
mod piece;
pub(crate) mod schema;
mod seen;
mod since;
pub(crate) mod slots;
mod spec;
mod store;
mod timed;

pub(crate) use backend::Backend;
pub use backend::StateBackend;
pub(crate) use cell::Cell;
pub use data::{StateData, StateKey};
pub(crate) use event_timed::EventTimedStates;
pub use expiry::Expiry;
pub use handle::State;
pub use initial::Initial;
pub(crate) use kept::{Freeze, GroupState, Kept};
pub(crate) use keys::{KeyStates, Scratch};
pub(crate) use marks::Marks;
pub(crate) use migrate::{Migration, Migrations, Reading};
#[allow(unused_imports, reason = "the engine does not call it yet")]
pub(crate) use piece::{Frozen, Piece, Schema};
pub(crate) use seen::Seen;
pub use spec::StateSpec;
pub(crate) use store::Store;
pub(crate) use timed::{Timed, TimedStates, never};

#[cfg(test)]
mod tests;
