//! What lies beside a key.

use super::StateData;
use crate::BoxError;

/// What is kept of one key: the user's state, and what the operator adds to it.
pub(crate) trait Cell: Clone + Send + 'static {
    /// What users and checkpoints know of.
    type State: StateData;
    /// What the operator adds, in the schema; nothing where it adds nothing.
    const FIELDS: &'static str;

    fn state(&self) -> &Self::State;
    /// Appends what the operator adds.
    fn write_fields(&self, out: &mut Vec<u8>);
    fn read(state: Self::State, fields: &[u8]) -> Result<Self, BoxError>;
}

impl<S: StateData> Cell for S {
    type State = S;
    const FIELDS: &'static str = "";

    fn state(&self) -> &S {
        self
    }
    fn write_fields(&self, _: &mut Vec<u8>) {}
    fn read(state: S, _: &[u8]) -> Result<S, BoxError> {
        Ok(state)
    }
}
