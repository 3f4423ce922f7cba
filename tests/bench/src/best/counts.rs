//! How often short words came: an open table with linear probing, without strings.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Up to 16 bytes, none of them zero, and zeros: so 0 is no word.
type Short = u128;

#[inline(always)]
fn hash(word: Short) -> u64 {
    let (low, high) = (word as u64 ^ 0x9E37_79B9_7F4A_7C15, (word >> 64) as u64 ^ 0xC2B2_AE3D_27D4_EB4F);
    let product = u128::from(low) * u128::from(high);
    (product as u64) ^ (product >> 64) as u64
}

#[derive(Clone, Copy, Default)]
struct Slot {
    word: [u64; 2],
    count: u64,
}

#[inline(always)]
fn halves(word: Short) -> [u64; 2] {
    [word as u64, (word >> 64) as u64]
}

#[derive(Default)]
pub(super) struct Counts {
    slots: Vec<Slot>,
    used: usize,
    /// Words of more than 16 bytes.
    long: HashMap<Vec<u8>, u64, FixedState>,
}

impl Counts {
    #[inline(always)]
    fn at(&self, hash: u64) -> usize {
        // The top bit says whose half it is.
        (hash >> 20) as usize & (self.slots.len() - 1)
    }

    #[inline(always)]
    pub(super) fn add(&mut self, hash: u64, word: Short, n: u64) {
        let word = halves(word);
        let (mut at, mask) = (self.at(hash), self.slots.len() - 1);
        loop {
            let slot = &mut self.slots[at & mask];
            if slot.word == word {
                slot.count += n;
                return;
            }
            if slot.count == 0 {
                *slot = Slot { word, count: n };
                self.used += 1;
                if 2 * self.used > self.slots.len() {
                    self.grow();
                }
                return;
            }
            at += 1;
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let slots = vec![Slot::default(); 2 * self.slots.len()];
        let old = std::mem::replace(&mut self.slots, slots);
        self.used = 0;
        old.into_iter().filter(|slot| slot.count > 0).for_each(|slot| {
            let word = u128::from(slot.word[0]) | u128::from(slot.word[1]) << 64;
            self.add(hash(word), word, slot.count);
        });
    }

    /// Calls `f` with all words, then forgets them.
    pub(super) fn drain(&mut self, mut f: impl FnMut(&[u8], u64)) {
        self.each(&mut f);
        self.slots.fill(Slot::default());
        self.used = 0;
        self.long.clear();
    }

    fn each(&self, mut f: impl FnMut(&[u8], u64)) {
        for slot in self.slots.iter().filter(|slot| slot.count > 0) {
            let [low, high] = slot.word;
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&low.to_le_bytes());
            bytes[8..].copy_from_slice(&high.to_le_bytes());
            let len = 16 - (u128::from_le_bytes(bytes).leading_zeros() / 8) as usize;
            f(&bytes[..len], slot.count);
        }
        self.long.iter().for_each(|(word, n)| f(word, *n));
    }

    pub(super) fn merge(&mut self, other: &Counts) {
        self.ready();
        for slot in other.slots.iter().filter(|slot| slot.count > 0) {
            let word = u128::from(slot.word[0]) | u128::from(slot.word[1]) << 64;
            self.add(hash(word), word, slot.count);
        }
        for (word, n) in &other.long {
            *self.long.entry_ref(word.as_slice()).or_default() += n;
        }
    }

    /// Makes room for the first words.
    pub(super) fn ready(&mut self) {
        if self.slots.is_empty() {
            self.slots = vec![Slot::default(); 1 << 16];
        }
    }
}

/// How many words are looked up at a time.
const AHEAD: usize = 32;

/// Counts words into a table for each half of them.
pub(super) struct Counter<'c> {
    tables: &'c mut [Counts; 2],
    waiting: [(u64, Short); AHEAD],
    count: usize,
}

impl<'c> Counter<'c> {
    pub(super) fn new(tables: &'c mut [Counts; 2]) -> Self {
        tables.iter_mut().for_each(Counts::ready);
        Counter { tables, waiting: [(0, 0); AHEAD], count: 0 }
    }

    /// Counts the word at `start..end` of a text.
    #[inline(always)]
    pub(super) fn word(&mut self, text: &[u8], start: usize, end: usize) {
        let len = end - start;
        if len > 16 {
            *self.tables[0].long.entry_ref(&text[start..end]).or_default() += 1;
            return;
        }
        let word = match text.get(start..start + 16) {
            Some(bytes) => {
                let mut word = [0; 16];
                word.copy_from_slice(bytes);
                u128::from_le_bytes(word) & (u128::MAX >> (128 - 8 * len))
            }
            None => {
                let mut word = [0; 16];
                word[..len].copy_from_slice(&text[start..end]);
                u128::from_le_bytes(word)
            }
        };
        self.waiting[self.count] = (hash(word), word);
        self.count += 1;
        if self.count == AHEAD {
            self.flush();
        }
    }

    #[inline(always)]
    pub(super) fn flush(&mut self) {
        for (hash, word) in &self.waiting[..self.count] {
            self.tables[(hash >> 63) as usize].add(*hash, *word, 1);
        }
        self.count = 0;
    }
}
