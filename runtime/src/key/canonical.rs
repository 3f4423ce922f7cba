//! Canonical bytes: the same for a key on every platform.

use std::cmp::Ordering;

use super::xxh3;

/// Collects a key's canonical bytes.
///
/// Integers are little-endian in their own width (`usize` and `isize` as 64 bits), `bool` is one byte, `char` its
/// code point in four; a string is its length (32 bits) and its bytes; an `Option` is a byte 0, or a byte 1 and its
/// value; a tuple or struct is its fields in order; an enum is its variant's index (32 bits) and that variant's
/// fields. A string that is the whole key stands without its length, and is hashed where it lies.
#[derive(Clone, Debug, Default)]
pub struct Canonical {
    /// How many bytes lie here; what is longer lies apart, as a whole.
    len: usize,
    near: Near,
    far: Vec<u8>,
}

/// Bytes of integers and short strings need no memory of their own.
const NEAR: usize = 64;

#[derive(Clone, Debug)]
struct Near([u8; NEAR]);

impl Default for Near {
    fn default() -> Near {
        Near([0; NEAR])
    }
}

impl PartialEq for Canonical {
    fn eq(&self, other: &Canonical) -> bool {
        self.as_slice() == other.as_slice()
    }
}
impl Eq for Canonical {}
impl PartialOrd for Canonical {
    fn partial_cmp(&self, other: &Canonical) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Canonical {
    fn cmp(&self, other: &Canonical) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl Canonical {
    /// Fixed-width bytes.
    #[inline(always)]
    pub fn raw(&mut self, bytes: &[u8]) {
        match self.near.0.get_mut(self.len..self.len + bytes.len()) {
            Some(room) if self.far.is_empty() => {
                room.copy_from_slice(bytes);
                self.len += bytes.len();
            }
            _ => self.spill(bytes),
        }
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, bytes: &[u8]) {
        if self.far.is_empty() {
            self.far.extend_from_slice(&self.near.0[..self.len]);
        }
        self.far.extend_from_slice(bytes);
    }

    #[inline(always)]
    fn as_slice(&self) -> &[u8] {
        if self.far.is_empty() { &self.near.0[..self.len] } else { &self.far }
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
        self.as_slice().len()
    }

    pub(crate) fn hash(&self) -> u64 {
        xxh3::of(self.as_slice())
    }
}
