//! State as a checkpoint takes it: pieces of key groups, and the schema that they are read by.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::BoxError;

/// What a piece holds, cloned out of the state of its tick: what runs behind that tick does not change it.
pub(crate) trait Frozen: Send {
    /// Appends the piece's bytes.
    fn write(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), BoxError>;
}

/// What changed in one key group since the last freeze, or all of it.
///
/// # Contract
/// - A group is restored from its newest full piece and the deltas that were frozen behind it, in that order.
/// - The first piece of a group is full.
pub(crate) struct Piece {
    pub group: usize,
    /// All of the group, so that no piece before it is needed.
    pub full: bool,
    /// The keys that live in the group as of this piece.
    pub keys: u64,
    pub frozen: Box<dyn Frozen>,
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Piece { group, full, keys, frozen: _ } = self;
        f.debug_struct("Piece").field("group", group).field("full", full).field("keys", keys).finish()
    }
}

/// The structure of what an operator keeps for a key, as canonical text: fields, order, variants, widths.
///
/// Equal texts are the only thing that lets bytes be read as state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Schema(pub String);

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
