//! A key of a type that this program does not own.

use std::hash::{Hash, Hasher};
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::{Canonical, Key};
use crate::batch::Data;

/// Makes a key of any `Hash + Eq` type: `.key_by(|e| Keyed(e.id))`.
///
/// Its canonical bytes are what its `Hash` feeds to the hasher, with every integer little-endian, and `usize` as 64 bits. Where
/// that changes with the type's version, so does the key group: prefer `#[derive(Key)]` for types of your own.
///
/// # Contract
/// - The `Hash` of `T` feeds all that its `Eq` looks at. One that feeds less is still correct as a `Hash`, and its values are
///   told apart here too; but those that feed the same come in no promised order among each other.
/// - It feeds integers as such. What a type feeds as bytes of its own making (a slice of integers, say, as it lies in memory)
///   is as the machine has it: another byte order gives other key groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Keyed<T>(pub T);

impl<T> Deref for Keyed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// A hasher that keeps what it is fed.
struct Collect<'c>(&'c mut Canonical);

macro_rules! little_endian {
    ($($method:ident: $type:ty),+) => {$(
        fn $method(&mut self, n: $type) {
            self.0.raw(&n.to_le_bytes());
        }
    )+};
}

impl Hasher for Collect<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.raw(bytes);
    }
    little_endian!(write_u16: u16, write_u32: u32, write_u64: u64, write_u128: u128);
    fn write_usize(&mut self, n: usize) {
        self.0.raw(&(n as u64).to_le_bytes());
    }
    fn finish(&self) -> u64 {
        0
    }
}

impl<T: Hash + Eq + Data> Key for Keyed<T> {
    type Owned = Self;
    type Slot = Self;
    type Memo = u64;
    type Probe<'p>
        = &'p Self
    where
        Self: 'p;

    fn probe(&self) -> &Self {
        self
    }
    fn same(probe: &&Self, slot: &Self) -> bool {
        **probe == *slot
    }
    fn into_slot(self) -> Self {
        self
    }
    fn from_slot(slot: Self) -> Self {
        slot
    }
    fn write(probe: &&Self, out: &mut Canonical) {
        probe.0.hash(&mut Collect(out));
    }
    fn write_slot(slot: &Self, out: &mut Canonical) {
        slot.0.hash(&mut Collect(out));
    }
}
