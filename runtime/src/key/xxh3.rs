//! xxh3-64 with seed 0. Up to 16 bytes it works on words already at hand, inlined into the stage (a call into
//! a library costs as much again as the hash of a short word); longer inputs go to `twox-hash`.
//!
//! Source: <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>, section XXH3.

use twox_hash::XxHash3_64;

// Little-endian words of the default secret, XORed as the short forms use them.
const FLIP_0: u64 = 0x4c26_3a81_e690_35e0 ^ SECRET_56_NEXT;
const SECRET_56_NEXT: u64 = 0xcb00_c391_bb52_283c;
const FLIP_1_TO_3: u64 = 0x396c_feb8 ^ 0xbe4b_a423;
const FLIP_4_TO_8: u64 = 0x1cad_21f7_2c81_017c ^ 0xdb97_9083_e96d_d4de;
const FLIP_LOW: u64 = 0x1f67_b3b7_a4a4_4072 ^ 0x78e5_c0cc_4ee6_79cb;
const FLIP_HIGH: u64 = 0x2172_ffcc_7dd0_5a82 ^ 0x8e24_43f7_7446_08b8;

const PRIME64_2: u64 = 0xC2B2_AE3D_27D4_EB4F;
const PRIME64_3: u64 = 0x1656_67B1_9E37_79F9;
const PRIME_MX1: u64 = 0x1656_6791_9E37_79F9;
const PRIME_MX2: u64 = 0x9FB2_1C65_1E98_DF25;

#[inline]
fn avalanche_64(mut h: u64) -> u64 {
    h ^= h >> 33;
    h = h.wrapping_mul(PRIME64_2);
    h ^= h >> 29;
    h = h.wrapping_mul(PRIME64_3);
    h ^ (h >> 32)
}

/// No bytes.
#[inline]
pub(crate) fn of_0() -> u64 {
    avalanche_64(FLIP_0)
}

/// 1 to 3 bytes: the first, the middle one (index `len / 2`) and the last.
#[inline]
pub(crate) fn of_1_to_3(first: u8, middle: u8, last: u8, len: usize) -> u64 {
    let combined =
        (u32::from(first) << 16) | (u32::from(middle) << 24) | u32::from(last) | ((len as u32) << 8);
    avalanche_64(u64::from(combined) ^ FLIP_1_TO_3)
}

/// 4 to 8 bytes: the first four and the last four, little-endian.
#[inline]
pub(crate) fn of_4_to_8(low: u32, high: u32, len: usize) -> u64 {
    let mut h = (u64::from(high).wrapping_add(u64::from(low) << 32)) ^ FLIP_4_TO_8;
    h ^= h.rotate_left(49) ^ h.rotate_left(24);
    h = h.wrapping_mul(PRIME_MX2);
    h ^= (h >> 35).wrapping_add(len as u64);
    h = h.wrapping_mul(PRIME_MX2);
    h ^ (h >> 28)
}

/// 9 to 16 bytes: the first eight and the last eight, little-endian.
#[inline]
pub(crate) fn of_9_to_16(low: u64, high: u64, len: usize) -> u64 {
    let (low, high) = (low ^ FLIP_LOW, high ^ FLIP_HIGH);
    let product = u128::from(low) * u128::from(high);
    let mut h = (len as u64)
        .wrapping_add(low.swap_bytes())
        .wrapping_add(high)
        .wrapping_add((product as u64) ^ ((product >> 64) as u64));
    h ^= h >> 37;
    h = h.wrapping_mul(PRIME_MX1);
    h ^ (h >> 32)
}

/// Any bytes.
#[inline]
pub(crate) fn of(bytes: &[u8]) -> u64 {
    match super::bytes::Words::of(bytes) {
        Some(words) => words.hash(),
        None => XxHash3_64::oneshot(bytes),
    }
}
