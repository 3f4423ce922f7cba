//! Canonical bytes: the same for a key on every platform.

use smallvec::SmallVec;

use super::xxh3;

/// Collects a key's canonical bytes.
///
/// Integers are little-endian in their own width (`usize` and `isize` as 64 bits), `bool` is one byte, `char` its
/// code point in four; a string is its length (32 bits) and its bytes; an `Option` is a byte 0, or a byte 1 and its
/// value; a tuple or struct is its fields in order; an enum is its variant's index (32 bits) and that variant's
/// fields. A string that is the whole key stands without its length, and is hashed where it lies.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Canonical {
    bytes: SmallVec<[u8; 64]>,
}

impl Canonical {
    /// Fixed-width bytes.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A string, its length first.
    ///
    /// # Panics
    /// If it is 4 GiB long or more.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let len = u32::try_from(bytes.len()).expect("a key is shorter than 4 GiB");
        self.raw(&len.to_le_bytes());
        self.raw(bytes);
    }

    /// An enum's variant.
    pub fn variant(&mut self, index: u32) {
        self.raw(&index.to_le_bytes());
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn hash(&self) -> u64 {
        xxh3::of(&self.bytes)
    }
}
