//! What a list of keys knows of its last pieces.

use std::sync::{Arc, OnceLock};

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
    /// Of a slot in the last piece, without its key, rounded up: what one in the next delta will take.
    a_slot: u64,
    /// The last piece, which is written beside the ticks; it is there before the next one is frozen.
    last: Option<Last>,
}

#[derive(Clone, Debug)]
struct Last {
    slots: usize,
    /// If it is a full one: how far the group is on its way to the next, of `GROUPS`.
    full: Option<usize>,
    wrote: Arc<OnceLock<Wrote>>,
}

/// The bytes of a piece, and those of them that keys take.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wrote {
    pub bytes: u64,
    pub of_keys: u64,
}

/// Slots, cloned out of the state of their tick.
pub(super) trait FrozenSlots: Send {
    /// Appends the piece's bytes. Says how many of them are of keys.
    fn write(self, out: &mut Vec<u8>) -> Result<u64, BoxError>;
}

impl Sizes {
    /// A piece that was read.
    pub fn read(&mut self, full: bool, slots: usize, wrote: Wrote) {
        self.add(full.then_some(0), slots, wrote);
    }

    fn add(&mut self, full: Option<usize>, slots: usize, Wrote { bytes, of_keys }: Wrote) {
        match full {
            Some(way) => (self.full, self.deltas) = (bytes, bytes * way as u64 / GROUPS as u64),
            None => self.deltas += bytes,
        }
        self.a_slot = (bytes - of_keys).div_ceil(slots.max(1) as u64);
    }

    /// Whether so many slots of a list of `len` keys, behind all before, would be more bytes than the last full piece has, if they
    /// are as long as those before.
    pub fn outgrown_by(&mut self, slots: usize, len: usize) -> bool {
        if let Some(last) = self.last.take() {
            self.add(last.full, last.slots, last.wrote.get().copied().unwrap_or_default());
        }
        slots > len || self.deltas + slots as u64 * self.a_slot > self.full
    }

    /// A piece that is to be written: counts its bytes when it is. `way`: if it is a full one, the part of the way to the next that is
    /// given to it.
    pub fn count(
        &mut self,
        frozen: impl FrozenSlots + 'static,
        slots: usize,
        way: Option<usize>,
    ) -> Box<dyn Frozen> {
        let wrote = Arc::new(OnceLock::new());
        self.last = Some(Last { slots, full: way, wrote: Arc::clone(&wrote) });
        Box::new(Counted { frozen, wrote })
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
    wrote: Arc<OnceLock<Wrote>>,
}

impl<F: FrozenSlots> Frozen for Counted<F> {
    fn write(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), BoxError> {
        let begin = out.len();
        let of_keys = self.frozen.write(out)?;
        self.wrote.get_or_init(|| Wrote { bytes: (out.len() - begin) as u64, of_keys });
        Ok(())
    }
}
