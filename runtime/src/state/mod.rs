//! State: what operators keep from tick to tick.

mod cell;
mod data;
mod expiry;
mod frozen;
mod handle;
mod initial;
mod kept;
mod keys;
mod marks;
mod piece;
mod seen;
mod slots;
mod spec;
mod store;
mod timed;

pub(crate) use cell::Cell;
pub use data::{StateData, StateKey};
pub use expiry::Expiry;
pub use handle::State;
pub use initial::Initial;
pub(crate) use kept::{GroupState, Kept};
pub(crate) use keys::KeyStates;
pub(crate) use marks::Marks;
#[allow(unused_imports, reason = "the engine does not call it yet")]
pub(crate) use piece::{Frozen, Piece, Schema};
pub(crate) use seen::Seen;
pub use spec::StateSpec;
pub(crate) use store::Store;
pub(crate) use timed::{TimedStates, never};

#[cfg(test)]
mod tests;
