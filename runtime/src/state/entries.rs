//! The keys and states of a list, in memory or on disk.

#[cfg(feature = "fjall")]
use super::paged::Paged;
use super::{Backend, Cell, StateKey};
use crate::key::{Key, Memo};

/// A dense list.
///
/// # Contract
/// Both kinds do the same. What is asked for may have to be read from disk, so it is asked for as if it were changed.
pub(super) enum Entries<K: Key, C> {
    Memory(Vec<Entry<K, C>>),
    #[cfg(feature = "fjall")]
    Disk(Box<Paged<K, C>>),
}

pub(super) struct Entry<K: Key, C> {
    memo: K::Memo,
    pub slot: K::Slot,
    pub cell: Option<C>,
}

impl<K: Key, C> Entry<K, C> {
    pub fn new(hash: u64, slot: K::Slot, cell: Option<C>) -> Self {
        Entry { memo: K::Memo::of(hash), slot, cell }
    }

    #[inline(always)]
    fn hash(&self) -> u64 {
        self.memo.hash(|| K::slot_hash(&self.slot))
    }
}

impl<K: Key, C> Default for Entries<K, C> {
    fn default() -> Self {
        Entries::Memory(Vec::new())
    }
}

impl<K: Key, C> Entries<K, C> {
    #[inline(always)]
    pub fn len(&self) -> usize {
        match self {
            Entries::Memory(all) => all.len(),
            #[cfg(feature = "fjall")]
            Entries::Disk(all) => all.len(),
        }
    }
}

impl<K: StateKey, C: Cell> Entries<K, C> {
    #[inline(always)]
    pub fn hash(&self, at: usize) -> u64 {
        match self {
            Entries::Memory(all) => all[at].hash(),
            #[cfg(feature = "fjall")]
            Entries::Disk(all) => all.hash(at),
        }
    }

    /// Reads all of it once, in order, so that it lies in a near cache; or does nothing where that can't be.
    pub fn warm(&self) {
        match self {
            Entries::Memory(all) => {
                let a_line = (64 / size_of::<Entry<K, C>>()).max(1);
                let there = all.iter().step_by(a_line).filter(|entry| entry.cell.is_some()).count();
                std::hint::black_box(there);
            }
            #[cfg(feature = "fjall")]
            Entries::Disk(_) => {}
        }
    }

    /// Shows what lies in memory.
    pub fn look(&self, look: impl Fn(&C)) {
        match self {
            Entries::Memory(all) => all.iter().filter_map(|entry| entry.cell.as_ref()).for_each(look),
            #[cfg(feature = "fjall")]
            Entries::Disk(_) => {}
        }
    }

    /// Whether a key of this hash may be here: if not, it need not be read.
    #[inline(always)]
    pub fn may_be(&self, at: usize, hash: u64) -> bool {
        match self {
            Entries::Memory(_) => {
                let _ = (at, hash);
                true
            }
            #[cfg(feature = "fjall")]
            Entries::Disk(all) => all.hash(at) == hash,
        }
    }

    /// To be read.
    #[inline(always)]
    pub fn get(&mut self, at: usize) -> &Entry<K, C> {
        match self {
            Entries::Memory(all) => &all[at],
            #[cfg(feature = "fjall")]
            Entries::Disk(all) => all.get(at),
        }
    }

    /// To be changed, but for the key.
    #[inline(always)]
    pub fn get_mut(&mut self, at: usize) -> &mut Entry<K, C> {
        match self {
            Entries::Memory(all) => &mut all[at],
            #[cfg(feature = "fjall")]
            Entries::Disk(all) => all.get_mut(at),
        }
    }

    #[inline(always)]
    pub fn push(&mut self, hash: u64, entry: Entry<K, C>) {
        match self {
            Entries::Memory(all) => {
                let _ = hash;
                if all.len() == all.capacity() {
                    // By half: all groups grow at about the same time, and twice what is needed would be too much.
                    all.reserve_exact(all.len() / 2 + 4);
                }
                all.push(entry);
            }
            #[cfg(feature = "fjall")]
            Entries::Disk(all) => all.push(hash, entry),
        }
    }

    /// Takes one out; the last takes its place.
    pub fn swap_remove(&mut self, at: usize) {
        match self {
            Entries::Memory(all) => drop(all.swap_remove(at)),
            #[cfg(feature = "fjall")]
            Entries::Disk(all) => all.swap_remove(at),
        }
    }

    pub fn reserve(&mut self, more: usize) {
        match self {
            Entries::Memory(all) => all.reserve_exact(more),
            #[cfg(feature = "fjall")]
            Entries::Disk(_) => {}
        }
    }

    /// Gives back what was needed for a crowd that is gone. Says whether there was much.
    pub fn shrink(&mut self) -> bool {
        match self {
            Entries::Memory(all) if all.capacity() > 4 * all.len() + 16 => {
                all.shrink_to(2 * all.len());
                true
            }
            Entries::Memory(_) => false,
            #[cfg(feature = "fjall")]
            Entries::Disk(_) => false,
        }
    }

    /// From now on they lie there.
    pub fn move_to(&mut self, backend: &Backend) {
        match (self, backend) {
            #[cfg(feature = "fjall")]
            (this @ Entries::Memory(_), Backend::Disk(disk)) => {
                let Entries::Memory(all) = std::mem::take(this) else { return };
                let mut paged = Paged::new(disk);
                all.into_iter().for_each(|entry| paged.push(entry.hash(), entry));
                *this = Entries::Disk(Box::new(paged));
            }
            _ => {}
        }
    }
}
