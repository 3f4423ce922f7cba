//! What can be state.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::batch::Data;
use crate::key::Key;

/// Data that an operator can keep from tick to tick: it can be written to a checkpoint and read again, and copied to
/// those who read it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be state: what is kept from tick to tick must be `Clone`, and can be written to a checkpoint",
    label = "`{Self}` would be kept here",
    note = "write `#[derive(Clone, Serialize, Deserialize)]` (the last two of the crate `serde`) on a type of yours",
    note = "state owns what it holds (`String` for `&str`), and may go from thread to thread (`Arc` for `Rc`)"
)]
pub trait StateData: Data + Clone + Serialize + DeserializeOwned {}
#[diagnostic::do_not_recommend]
impl<T: Data + Clone + Serialize + DeserializeOwned> StateData for T {}

/// A key whose state can be kept.
#[diagnostic::on_unimplemented(
    message = "keys of type `{Self}` can't have state: they would be kept from tick to tick, and must be `Clone` and writable",
    label = "keys of type `{Self}` would be kept here",
    note = "write `#[derive(Clone, Serialize, Deserialize)]` (the last two of the crate `serde`) on a type of yours"
)]
pub trait StateKey: Key<Owned = Self, Slot: Clone> + Data + Serialize + DeserializeOwned {}
#[diagnostic::do_not_recommend]
impl<K: Key<Owned = K, Slot: Clone> + Data + Serialize + DeserializeOwned> StateKey for K {}
