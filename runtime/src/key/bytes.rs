//! Strings and byte strings. Up to 16 bytes are two words and a length, in the table itself.

use std::borrow::Cow;

use super::{Canonical, Key, xxh3};

/// Up to 16 bytes, read as two (overlapping) words.
///
/// 9 to 16 bytes: the first eight and the last eight. 4 to 8: the first four and the last four. 1 to 3: first,
/// middle and last byte. So no byte is read in a loop, and equal words of equal length mean equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    low: u64,
    high: u64,
    len: u8,
}

#[inline(always)]
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

#[inline(always)]
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

impl Words {
    /// The longest string that fits.
    pub(crate) const MAX: usize = 16;

    #[inline(always)]
    pub(crate) fn of(bytes: &[u8]) -> Option<Words> {
        let len = bytes.len();
        let (low, high) = match len {
            0 => (0, 0),
            1..=3 => {
                let middle = u64::from(bytes[len / 2]);
                (u64::from(bytes[0]) | (middle << 8) | (u64::from(bytes[len - 1]) << 16), 0)
            }
            4..=8 => (u64::from(u32_at(bytes, 0)), u64::from(u32_at(bytes, len - 4))),
            9..=Self::MAX => (u64_at(bytes, 0), u64_at(bytes, len - 8)),
            _ => return None,
        };
        Some(Words { low, high, len: len as u8 })
    }

    #[inline(always)]
    pub(crate) fn hash(self) -> u64 {
        let len = usize::from(self.len);
        match len {
            0 => xxh3::of_0(),
            1..=3 => xxh3::of_1_to_3(self.low as u8, (self.low >> 8) as u8, (self.low >> 16) as u8, len),
            4..=8 => xxh3::of_4_to_8(self.low as u32, self.high as u32, len),
            _ => xxh3::of_9_to_16(self.low, self.high, len),
        }
    }

    /// The bytes, at the front of the array, and how many they are.
    fn bytes(self) -> ([u8; Self::MAX], usize) {
        let mut bytes = [0; Self::MAX];
        let len = usize::from(self.len);
        match len {
            0 => {}
            1..=3 => {
                bytes[0] = self.low as u8;
                bytes[len / 2] = (self.low >> 8) as u8;
                bytes[len - 1] = (self.low >> 16) as u8;
            }
            4..=8 => {
                bytes[..4].copy_from_slice(&(self.low as u32).to_le_bytes());
                bytes[len - 4..len].copy_from_slice(&(self.high as u32).to_le_bytes());
            }
            _ => {
                bytes[..8].copy_from_slice(&self.low.to_le_bytes());
                bytes[len - 8..len].copy_from_slice(&self.high.to_le_bytes());
            }
        }
        (bytes, len)
    }
}

/// A string as a table holds it: inline, or aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BytesSlot<L> {
    Short(Words),
    Long(L),
}

/// A string as it meets a table.
#[derive(Clone, Copy, Debug)]
pub enum BytesProbe<'p> {
    Short(Words),
    Long(&'p [u8]),
}

impl<'p> BytesProbe<'p> {
    #[inline(always)]
    fn of(bytes: &'p [u8]) -> Self {
        match Words::of(bytes) {
            Some(words) => BytesProbe::Short(words),
            None => BytesProbe::Long(bytes),
        }
    }

    #[inline(always)]
    fn hash(&self) -> u64 {
        match self {
            BytesProbe::Short(words) => words.hash(),
            BytesProbe::Long(bytes) => xxh3::of(bytes),
        }
    }

    fn write(&self, out: &mut Canonical) {
        match self {
            BytesProbe::Short(words) => {
                let (bytes, len) = words.bytes();
                out.bytes(&bytes[..len]);
            }
            BytesProbe::Long(bytes) => out.bytes(bytes),
        }
    }
}

impl<L: AsRef<[u8]>> BytesSlot<L> {
    #[inline(always)]
    fn same(&self, probe: &BytesProbe<'_>) -> bool {
        match (probe, self) {
            (BytesProbe::Short(a), BytesSlot::Short(b)) => a == b,
            (BytesProbe::Long(a), BytesSlot::Long(b)) => *a == b.as_ref(),
            _ => false,
        }
    }

    #[inline(always)]
    fn as_probe(&self) -> BytesProbe<'_> {
        match self {
            BytesSlot::Short(words) => BytesProbe::Short(*words),
            BytesSlot::Long(bytes) => BytesProbe::Long(bytes.as_ref()),
        }
    }
}

/// Long strings and byte strings differ only in the type that holds them.
macro_rules! bytes_key {
    ($($type:ty),+ => $owned:ty, $long:ty, $as_bytes:ident, $release:ident, $refill:ident) => {$(
        impl Key for $type {
            type Owned = $owned;
            type Slot = BytesSlot<Long<$long>>;
            type Memo = u64;
            type Probe<'p>
                = BytesProbe<'p>
            where
                Self: 'p;

            #[inline(always)]
            fn probe(&self) -> BytesProbe<'_> {
                BytesProbe::of($as_bytes(self))
            }
            #[inline(always)]
            fn same(probe: &BytesProbe<'_>, slot: &Self::Slot) -> bool {
                slot.same(probe)
            }
            #[inline]
            fn into_slot(self) -> Self::Slot {
                match Words::of($as_bytes(&self)) {
                    Some(words) => BytesSlot::Short(words),
                    None => BytesSlot::Long(Long(self.into())),
                }
            }
            fn from_slot(slot: Self::Slot) -> $owned {
                $release(slot)
            }
            #[inline]
            fn refill(slot: &Self::Slot, key: &mut $owned) {
                $refill(slot, key);
            }
            fn write(probe: &BytesProbe<'_>, out: &mut Canonical) {
                probe.write(out);
            }
            fn write_slot(slot: &Self::Slot, out: &mut Canonical) {
                slot.as_probe().write(out);
            }
            #[inline(always)]
            fn hash(probe: &BytesProbe<'_>) -> u64 {
                probe.hash()
            }
            #[inline]
            fn slot_hash(slot: &Self::Slot) -> u64 {
                slot.as_probe().hash()
            }
        }
    )+};
}

/// A long string, on the heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Long<L>(L);

impl AsRef<[u8]> for Long<Box<str>> {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl AsRef<[u8]> for Long<Box<[u8]>> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[inline(always)]
fn str_bytes(text: &impl AsRef<str>) -> &[u8] {
    text.as_ref().as_bytes()
}

#[inline(always)]
fn byte_bytes(bytes: &impl AsRef<[u8]>) -> &[u8] {
    bytes.as_ref()
}

fn release_str(slot: BytesSlot<Long<Box<str>>>) -> String {
    match slot {
        BytesSlot::Short(words) => {
            let (bytes, len) = words.bytes();
            std::str::from_utf8(&bytes[..len]).expect("the bytes came out of a str").to_owned()
        }
        BytesSlot::Long(Long(text)) => text.into_string(),
    }
}

fn release_bytes(slot: BytesSlot<Long<Box<[u8]>>>) -> Vec<u8> {
    match slot {
        BytesSlot::Short(words) => {
            let (bytes, len) = words.bytes();
            bytes[..len].to_vec()
        }
        BytesSlot::Long(Long(bytes)) => bytes.into_vec(),
    }
}

fn refill_str(slot: &BytesSlot<Long<Box<str>>>, key: &mut String) {
    key.clear();
    match slot {
        BytesSlot::Short(words) => {
            let (bytes, len) = words.bytes();
            key.push_str(std::str::from_utf8(&bytes[..len]).expect("the bytes came out of a str"));
        }
        BytesSlot::Long(Long(text)) => key.push_str(text),
    }
}

fn refill_bytes(slot: &BytesSlot<Long<Box<[u8]>>>, key: &mut Vec<u8>) {
    key.clear();
    match slot {
        BytesSlot::Short(words) => {
            let (bytes, len) = words.bytes();
            key.extend_from_slice(&bytes[..len]);
        }
        BytesSlot::Long(Long(bytes)) => key.extend_from_slice(bytes),
    }
}

bytes_key!(&str, String, Cow<'_, str> => String, Box<str>, str_bytes, release_str, refill_str);
bytes_key!(&[u8], Vec<u8> => Vec<u8>, Box<[u8]>, byte_bytes, release_bytes, refill_bytes);
