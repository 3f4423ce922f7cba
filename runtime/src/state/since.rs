//! What a list of keys knows of its last pieces.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::marks::Marks;
use super::piece::Frozen;
use crate::BoxError;
use crate::exchange::GROUPS;

/// What a list knows of the time since it was frozen last.
#[derive(Clone, Debug, Default)]
pub(super) struct Since {
    /// The places whose key or state is another one.
    pub changed: Marks,
    /// Those of them whose key is another one.
    pub new_keys: Marks,
    /// How many keys it had.
    pub len: usize,
    /// What the operator kept for the group.
    pub fields: Vec<u8>,
    pub sizes: Sizes,
}

impl Since {
    /// The list was just frozen, or read, and has so many keys.
    pub fn begin(&mut self, len: usize, fields: Vec<u8>) {
        (self.len, self.fields) = (len, fields);
        self.changed.clear_for(len);
        self.new_keys.clear_for(len);
    }
}

/// The bytes of the last full piece and of all behind it.
#[derive(Clone, Debug, Default)]
pub(super) struct Sizes {
    full: u64,
    deltas: u64,
    /// Of a slot in the last delta, rounded up.
    a_slot: Option<u64>,
    /// The last piece, which is written beside the ticks; it is there before the next one is frozen.
    last: Option<Last>,
}

#[derive(Clone, Debug)]
struct Last {
    slots: usize,
    /// If it is a full one: how far the group is on its way to the next, of `GROUPS`.
    full: Option<usize>,
    bytes: Arc<AtomicU64>,
}

impl Sizes {
    /// A piece that was read.
    pub fn read(&mut self, full: bool, slots: usize, bytes: usize) {
        self.add(full.then_some(0), slots, bytes as u64);
    }

    fn add(&mut self, full: Option<usize>, slots: usize, bytes: u64) {
        match full {
            Some(way) => {
                *self = Sizes { full: bytes, deltas: bytes * way as u64 / GROUPS as u64, ..Sizes::default() };
            }
            None => {
                self.deltas += bytes;
                self.a_slot = Some(bytes.div_ceil(slots.max(1) as u64));
            }
        }
    }

    /// Whether so many slots of a list of `len` keys, behind all before, would be more bytes than the last full piece has. (As
    /// far as that is known: the first delta may be as large as the list.)
    pub fn outgrown_by(&mut self, slots: usize, len: usize) -> bool {
        if let Some(last) = self.last.take() {
            self.add(last.full, last.slots, last.bytes.load(Relaxed));
        }
        let a_slot = self.a_slot.unwrap_or(0);
        slots > len || self.deltas + slots as u64 * a_slot > self.full
    }

    /// A piece that is to be written: counts its bytes when it is. `way`: if it is a full one, the part of the way to the next that is
    /// given to it.
    pub fn count(
        &mut self,
        frozen: impl Frozen + 'static,
        slots: usize,
        way: Option<usize>,
    ) -> Box<dyn Frozen> {
        let bytes = Arc::new(AtomicU64::new(0));
        self.last = Some(Last { slots, full: way, bytes: Arc::clone(&bytes) });
        Box::new(Counted { frozen, bytes })
    }
}

/// How far a group is on its way to the next full piece, when all groups have just been frozen in full: another way for each,
/// so that they don't all write themselves in full in one checkpoint.
pub(super) fn head_start(group: usize) -> usize {
    // 37 and 128 have no common divisor: neighbours, which one task owns, are far from one another.
    group * 37 % GROUPS
}

struct Counted<F> {
    frozen: F,
    bytes: Arc<AtomicU64>,
}

impl<F: Frozen> Frozen for Counted<F> {
    fn write(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), BoxError> {
        let (begin, Counted { frozen, bytes }) = (out.len(), *self);
        Box::new(frozen).write(out)?;
        bytes.store((out.len() - begin) as u64, Relaxed);
        Ok(())
    }
}
