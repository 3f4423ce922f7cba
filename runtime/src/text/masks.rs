//! Which of 16 bytes are of a kind, as bits: the first byte is the lowest bit.
//!
//! SSE2 compares 16 bytes at a time, and x86-64 always has it; so have NEON and WebAssembly's SIMD. Elsewhere `wide` falls
//! back on plain code.

use wide::{CmpEq, CmpGt, CmpLt, i8x16};

#[inline(always)]
fn lanes(bytes: &[u8; 16]) -> i8x16 {
    i8x16::new(bytes.map(u8::cast_signed))
}

#[inline(always)]
fn is(bytes: i8x16, byte: u8) -> i8x16 {
    bytes.cmp_eq(i8x16::splat(byte.cast_signed()))
}

/// Bytes from `first` to `last`, both ASCII or neither: lanes are compared with their signs.
#[inline(always)]
fn range(bytes: i8x16, first: u8, last: u8) -> i8x16 {
    let above = i8x16::splat(first.cast_signed() - 1);
    let below = i8x16::splat(last.cast_signed() + 1);
    bytes.cmp_gt(above) & bytes.cmp_lt(below)
}

#[inline(always)]
fn bits(lanes: i8x16) -> u64 {
    u64::from(lanes.move_mask() as u16)
}

/// `\t`, `\n`, `\x0C`, `\r`, a space, and `\x0B` where `VT`: only Unicode counts it as a blank.
#[inline(always)]
pub(super) fn blanks<const VT: bool>(bytes: &[u8; 16]) -> u64 {
    let bytes = lanes(bytes);
    let control = range(bytes, b'\t', b'\r');
    let control = if VT { control } else { control ^ is(bytes, 0x0B) };
    bits(control | is(bytes, b' '))
}

/// Bytes with which a blank outside ASCII may begin: `C2`, `E1`, `E2`, `E3`.
#[inline(always)]
pub(super) fn leads(bytes: &[u8; 16]) -> u64 {
    let bytes = lanes(bytes);
    bits(is(bytes, 0xC2) | range(bytes, 0xE1, 0xE3))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slowly(bytes: &[u8; 16], is: impl Fn(u8) -> bool) -> u64 {
        bytes.iter().enumerate().map(|(i, b)| u64::from(is(*b)) << i).sum()
    }

    fn all_agree(bytes: &[u8; 16]) {
        let unicode = slowly(bytes, |b| b.is_ascii() && char::from(b).is_whitespace());
        let ascii = slowly(bytes, |b| b.is_ascii_whitespace());
        let first = slowly(bytes, |b| matches!(b, 0xC2 | 0xE1..=0xE3));
        assert_eq!(blanks::<true>(bytes), unicode, "{bytes:?}");
        assert_eq!(blanks::<false>(bytes), ascii, "{bytes:?}");
        assert_eq!(leads(bytes), first, "{bytes:?}");
    }

    #[test]
    fn every_byte_is_told_at_every_place() {
        for byte in 0..=u8::MAX {
            for at in 0..16 {
                let mut bytes = [b'x'; 16];
                bytes[at] = byte;
                all_agree(&bytes);
                all_agree(&bytes.map(|b| if b == byte { b' ' } else { byte }));
            }
        }
    }

    proptest! {
        #[test]
        fn neighbours_change_nothing(bytes: [u8; 16]) {
            all_agree(&bytes);
        }
    }
}
