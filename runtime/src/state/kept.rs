//! What the state of a key group can do, whatever its operator keeps.

use std::any::Any;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::piece::{Frozen, Piece, Schema};
use super::slots::{self, Raw};
use super::{Backend, schema};
use crate::BoxError;

/// How a group is to be frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Freeze {
    /// All of it, whatever has changed.
    pub full: bool,
    /// Whether anybody could have changed it since the last time.
    pub touched: bool,
    pub group: usize,
}

/// The state of one key group.
///
/// Any data that can be written and read is: it is written whole whenever it was touched. What has many keys tells those that have changed
/// from the others: [`KeyStates`](super::KeyStates), and whatever passes these calls on to one.
///
/// # Contract
/// - `restore` of the newest full piece and all behind it gives the state as it was frozen last, and behaves as that one would have.
/// - What is frozen holds no later change.
pub(crate) trait Kept: Any + Send {
    /// What has changed since the last time; all of it the first time. `None`: nothing has.
    fn freeze(&mut self, how: Freeze) -> Option<Piece>;

    fn restore(pieces: &[&[u8]]) -> Result<Self, BoxError>
    where
        Self: Sized;

    fn schema() -> Schema
    where
        Self: Sized;

    /// From now on it lies there, as far as it is a list of keys.
    fn move_to(&mut self, backend: &Backend) {
        let _ = backend;
    }
}

impl<T: Any + Send + Serialize + DeserializeOwned> Kept for T {
    fn freeze(&mut self, how: Freeze) -> Option<Piece> {
        let frozen = || Box::new(Whole(slots::whole(self)));
        (how.full || how.touched).then(|| Piece { group: how.group, full: true, keys: 1, frozen: frozen() })
    }

    fn restore(pieces: &[&[u8]]) -> Result<Self, BoxError> {
        match pieces.last().map(|piece| slots::open(piece)).transpose()? {
            Some(Raw::Whole(value)) => Ok(postcard::from_bytes(value)?),
            Some(Raw::Slots { .. }) => Err("it was kept by key, and is one value now".into()),
            None => Err("nothing of it is there".into()),
        }
    }

    fn schema() -> Schema {
        Schema(format!("state {}", schema::trace::<T>()))
    }
}

/// A value, written already: nobody knows how to copy it.
struct Whole(Result<Vec<u8>, BoxError>);

impl Frozen for Whole {
    fn write(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), BoxError> {
        out.append(&mut self.0?);
        Ok(())
    }
}

/// A group's state, on its own. Only its operator knows what is inside.
pub(crate) struct GroupState {
    kept: Box<dyn Kept>,
    /// Whether somebody was given it to change, since it was frozen last.
    touched: bool,
    /// Whether it is to be frozen in full, since what it was read from is not what it would write.
    anew: bool,
}

const ONE_TYPE: &str = "an operator keeps one type of state";

impl GroupState {
    pub fn new<T: Kept>(state: T) -> GroupState {
        GroupState { kept: Box::new(state), touched: true, anew: false }
    }

    /// Reads what was written of a state of this type: the newest full piece and all behind it.
    pub fn restore<T: Kept>(pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        Ok(GroupState { kept: Box::new(T::restore(pieces)?), touched: false, anew: false })
    }

    pub(super) fn freeze(&mut self, group: usize, full: bool) -> Option<Piece> {
        let touched = std::mem::take(&mut self.touched);
        let full = std::mem::take(&mut self.anew) || full;
        self.kept.freeze(Freeze { full, touched, group })
    }

    /// The next piece of it is full.
    pub(super) fn write_anew(mut self) -> GroupState {
        self.anew = true;
        self
    }

    pub(super) fn move_to(&mut self, backend: &Backend) {
        if !backend.is_memory() {
            self.kept.move_to(backend);
        }
    }

    pub(super) fn get<T: Any>(&self) -> &T {
        (&*self.kept as &dyn Any).downcast_ref().expect(ONE_TYPE)
    }

    pub(super) fn get_mut<T: Any>(&mut self) -> &mut T {
        self.touched = true;
        (&mut *self.kept as &mut dyn Any).downcast_mut().expect(ONE_TYPE)
    }
}
