//! Which of 64 bytes are of a kind, as bits: the first byte is the lowest bit.

use wide::{CmpEq, CmpGt, i8x16};

#[inline(always)]
fn quarters(block: &[u8; 64]) -> [i8x16; 4] {
    let (quarters, _) = block.as_chunks::<16>();
    std::array::from_fn(|i| i8x16::new(quarters[i].map(u8::cast_signed)))
}

#[inline(always)]
fn bits(quarters: [i8x16; 4]) -> u64 {
    let [a, b, c, d] = quarters.map(|quarter| u64::from(quarter.move_mask() as u16));
    a | b << 16 | c << 32 | d << 48
}

/// Bytes that are no blanks: all but a space and what is below it.
#[inline(always)]
pub(super) fn of_words(block: &[u8; 64]) -> u64 {
    let space = i8x16::splat(b' '.cast_signed());
    // What is not ASCII has its top bit set, and is "negative".
    bits(quarters(block).map(|quarter| quarter.cmp_gt(space) | quarter))
}

#[inline(always)]
pub(super) fn of(byte: u8, block: &[u8; 64]) -> u64 {
    let byte = i8x16::splat(byte.cast_signed());
    bits(quarters(block).map(|quarter| quarter.cmp_eq(byte)))
}

/// Calls `f` with the mask of every 64 bytes of a text and where they begin; what is behind its end is 0.
#[inline(always)]
pub(super) fn each(text: &[u8], mask: impl Fn(&[u8; 64]) -> u64, mut f: impl FnMut(u64, usize)) {
    let (blocks, rest) = text.as_chunks::<64>();
    for (i, block) in blocks.iter().enumerate() {
        f(mask(block), 64 * i);
    }
    let mut last = [b'\n'; 64];
    last[..rest.len()].copy_from_slice(rest);
    f(mask(&last) & !(u64::MAX << rest.len()), 64 * blocks.len());
}
