//! Integers, `bool`, `char`, times and `()`.

use super::{Canonical, Key, xxh3};
use crate::clock::Timestamp;
use crate::event_time::Window;

macro_rules! scalar_key {
    ($($type:ty: $n:ident => $bytes:expr;)+) => {$(
        impl Key for $type {
            type Owned = $type;
            type Slot = $type;
            type Memo = ();
            type Probe<'p> = $type;

            #[inline(always)]
            fn probe(&self) -> $type {
                *self
            }
            #[inline(always)]
            fn same(probe: &$type, slot: &$type) -> bool {
                probe == slot
            }
            #[inline(always)]
            fn into_slot(self) -> $type {
                self
            }
            #[inline(always)]
            fn from_slot(slot: $type) -> $type {
                slot
            }
            #[inline]
            fn write(probe: &$type, out: &mut Canonical) {
                let $n = *probe;
                out.raw(&$bytes);
            }
            #[inline]
            fn write_slot(slot: &$type, out: &mut Canonical) {
                Self::write(slot, out);
            }
            #[inline(always)]
            fn hash(probe: &$type) -> u64 {
                let $n = *probe;
                xxh3::of(&$bytes)
            }
            #[inline(always)]
            fn slot_hash(slot: &$type) -> u64 {
                Self::hash(slot)
            }
        }
    )+};
}

scalar_key! {
    u8: n => n.to_le_bytes();
    u16: n => n.to_le_bytes();
    u32: n => n.to_le_bytes();
    u64: n => n.to_le_bytes();
    u128: n => n.to_le_bytes();
    i8: n => n.to_le_bytes();
    i16: n => n.to_le_bytes();
    i32: n => n.to_le_bytes();
    i64: n => n.to_le_bytes();
    i128: n => n.to_le_bytes();
    usize: n => (n as u64).to_le_bytes();
    isize: n => (n as i64).to_le_bytes();
    bool: b => [u8::from(b)];
    char: c => u32::from(c).to_le_bytes();
    (): _n => [0u8; 0];
    Timestamp: t => t.millis().to_le_bytes();
    Window: w => both(w.start, w.end);
}

fn both(start: Timestamp, end: Timestamp) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&start.millis().to_le_bytes());
    bytes[8..].copy_from_slice(&end.millis().to_le_bytes());
    bytes
}
