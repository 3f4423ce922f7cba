//! Keys: what records are grouped by.

mod bytes;
mod canonical;
mod composite;
mod foreign;
mod scalar;
pub(crate) mod xxh3;

pub use bytes::{BytesProbe, BytesSlot};
pub use canonical::Canonical;
pub use foreign::Keyed;

use crate::batch::Data;

/// A value that records can be grouped by.
///
/// Integers, `bool`, `char`, strings (`&str`, `String`, `Cow<str>`), byte strings (`&[u8]`, `Vec<u8>`), tuples and
/// `Option`s of keys are keys, and so are references to them. `#[derive(Key)]` makes your own type one;
/// [`Keyed`] wraps a foreign type that is `Hash + Eq`. Floats are none: they have no total equality.
///
/// A borrowed key meets its table by reference. The owned key (`String` for a `&str`) is made only where it is
/// new there; and a string of up to 16 bytes lies inline in the table.
///
/// # Contract
/// - Keys that are equal have equal canonical bytes, on every platform and in borrowed and owned form alike, and
///   keys that differ have different ones. The hash is xxh3-64 (seed 0) of them; checkpoints rely on it.
/// - `same(k.probe(), &k.into_slot())` holds, and `from_slot(into_slot(k))` equals `k`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a key",
    label = "this can't be a key",
    note = "keys are integers, `bool`, `char`, strings, byte strings, and tuples and `Option`s of keys",
    note = "for your own type write `#[derive(Key)]`; wrap a foreign `Hash + Eq` type as `Keyed(value)`; a float has no equality: round it to an integer first"
)]
pub trait Key: Sized {
    /// The form that leaves the stage: `String` for `&str`, the same type for owned keys.
    type Owned: Key<Owned = Self::Owned, Slot = Self::Slot> + Eq + Data;
    /// The form in which a table holds the key.
    type Slot: Data + PartialEq;
    /// What is kept beside a slot that travels: its hash (`u64`), or nothing where that is as quickly made as read.
    type Memo: Memo;
    /// The key, read once: enough to hash it and to compare it with a slot.
    type Probe<'p>
    where
        Self: 'p;

    fn probe(&self) -> Self::Probe<'_>;
    fn same(probe: &Self::Probe<'_>, slot: &Self::Slot) -> bool;
    fn into_slot(self) -> Self::Slot;
    fn from_slot(slot: Self::Slot) -> Self::Owned;

    /// Makes of an owned key another one, with the room that it has.
    #[inline(always)]
    fn refill(slot: &Self::Slot, key: &mut Self::Owned)
    where
        Self::Slot: Clone,
    {
        *key = Self::from_slot(slot.clone());
    }

    /// Appends the canonical bytes, self-delimiting: as they stand inside a tuple.
    fn write(probe: &Self::Probe<'_>, out: &mut Canonical);
    /// As [`Key::write`], from a table's form.
    fn write_slot(slot: &Self::Slot, out: &mut Canonical);

    /// Whether two slots hold the same key.
    #[inline(always)]
    fn same_slots(a: &Self::Slot, b: &Self::Slot) -> bool {
        a == b
    }

    /// The stable hash.
    #[inline]
    fn hash(probe: &Self::Probe<'_>) -> u64 {
        let mut out = Canonical::default();
        Self::write(probe, &mut out);
        out.hash()
    }

    /// As [`Key::hash`], from a table's form.
    #[inline]
    fn slot_hash(slot: &Self::Slot) -> u64 {
        let mut out = Canonical::default();
        Self::write_slot(slot, &mut out);
        out.hash()
    }

    /// The owned form.
    fn own(self) -> Self::Owned {
        Self::from_slot(self.into_slot())
    }
}

/// A hash that is kept, or made again.
pub trait Memo: Copy + Send + 'static {
    fn of(hash: u64) -> Self;
    /// The hash, which `make` makes.
    fn hash(self, make: impl FnOnce() -> u64) -> u64;
}

impl Memo for u64 {
    #[inline(always)]
    fn of(hash: u64) -> u64 {
        hash
    }
    #[inline(always)]
    fn hash(self, _: impl FnOnce() -> u64) -> u64 {
        self
    }
}

impl Memo for () {
    #[inline(always)]
    fn of(_: u64) {}
    #[inline(always)]
    fn hash(self, make: impl FnOnce() -> u64) -> u64 {
        make()
    }
}

/// The stable hash of a key.
pub fn stable_hash<K: Key>(key: &K) -> u64 {
    K::hash(&key.probe())
}

/// A key and a value: what keyed operators take.
#[diagnostic::on_unimplemented(
    message = "a keyed operator takes pairs `(key, value)`, but this stream's records are `{Self}`",
    label = "these records are no pairs",
    note = "make pairs first: `.map(|x| (key, value))`, or `.key_by(|x| key)`"
)]
pub trait Pair {
    type K;
    type V;
    fn pair(self) -> (Self::K, Self::V);
}

impl<K, V> Pair for (K, V) {
    type K = K;
    type V = V;
    #[inline(always)]
    fn pair(self) -> (K, V) {
        self
    }
}

/// The same key, twice; the place where the keys of two sides differ.
#[diagnostic::on_unimplemented(
    message = "both sides need the same keys, but they are `{K}` and `{Self}`",
    label = "one side's keys are `{K}`, the other's `{Self}`",
    note = "bring both to one type first, with `.map(|(key, value)| …)`; `&str` and `String` are the same"
)]
pub trait SameKey<K: Key>: Key {
    /// A slot of the one, as a slot of the other.
    fn as_own(slot: &K::Slot) -> &Self::Slot;
}
impl<K: Key> SameKey<K> for K {
    #[inline(always)]
    fn as_own(slot: &K::Slot) -> &K::Slot {
        slot
    }
}

#[cfg(test)]
mod tests;
