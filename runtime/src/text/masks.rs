//! Which of 16 bytes are of a kind, as bits: the first byte is the lowest bit.
//!
//! Eight bytes at a time in an integer. (SSE2 and NEON have instructions for it. Their functions can't be called without
//! `unsafe`, not even where the target always has them, and the crates that wrap them want a newer compiler than this one
//! does.)

#[inline(always)]
fn halves(bytes: &[u8; 16]) -> [u64; 2] {
    let (halves, _) = bytes.as_chunks::<8>();
    [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])]
}

const LOW: u64 = 0x0101_0101_0101_0101;
const TOP: u64 = 0x8080_8080_8080_8080;

/// For each byte of `bytes`, a flag in its top bit, to the bits of a mask.
#[inline(always)]
fn mask(bytes: &[u8; 16], flags: impl Fn(u64) -> u64) -> u64 {
    let gather = |flags: u64| (flags >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    let [low, high] = halves(bytes).map(|half| gather(flags(half) & TOP));
    low | high << 8
}

/// Flags ASCII bytes from `first` to `last`. No byte carries into the next: seven bits and a number below 128.
#[inline(always)]
fn range(half: u64, first: u8, last: u8) -> u64 {
    let seven = half & !TOP;
    let from = |least: u8| seven + LOW * u64::from(0x80 - least);
    from(first) & !from(last + 1) & !half
}

/// `\t`, `\n`, `\x0C`, `\r`, a space, and `\x0B` where `VT`: only Unicode counts it as a blank.
#[inline(always)]
pub(super) fn blanks<const VT: bool>(bytes: &[u8; 16]) -> u64 {
    mask(bytes, |half| {
        let control = range(half, b'\t', b'\r');
        let control = if VT { control } else { control & !range(half, 0x0B, 0x0B) };
        control | range(half, b' ', b' ')
    })
}

/// Bytes with which a blank outside ASCII may begin: `C2`, `E1`, `E2`, `E3`.
#[inline(always)]
pub(super) fn leads(bytes: &[u8; 16]) -> u64 {
    // Without their top bits these are ASCII.
    mask(bytes, |half| {
        let low = half & !TOP;
        half & (range(low, 0x42, 0x42) | range(low, 0x61, 0x63))
    })
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
