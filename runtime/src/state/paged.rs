//! A list whose entries lie on disk, but for some pages.

use std::sync::Arc;

use super::disk::{Disk, Pages, Place};
use super::entries::Entry;
use super::since::FrozenSlots;
use super::slots::{self, Raw, RawSlot, SlotWriter, Slots};
use super::{Cell, StateKey};
use crate::BoxError;
use crate::key::Key;

/// How many neighbours are read and written together.
const PAGE: usize = 8;
/// Fewer than these in memory would be read again and again.
const FEWEST: usize = 2;

/// Pages are pieces: their bytes are those of a checkpoint, but for the numbers of slots, which begin anew in each, and for a byte
/// before their fields; without it, a key has no state yet.
pub(super) struct Paged<K: Key, C> {
    disk: Arc<Disk>,
    list: u64,
    hashes: Vec<u64>,
    /// By number; `None`: on disk.
    pages: Vec<Option<Page<K, C>>>,
    /// How many are in memory, and what they take, about.
    loaded: usize,
    bytes: usize,
    /// The next that may have to leave. (Second chance: those that were used since it came by stay.)
    hand: usize,
    scratch: Vec<u8>,
}

struct Page<K: Key, C> {
    entries: Vec<Entry<K, C>>,
    /// What it takes, as of when it was weighed last.
    bytes: usize,
    /// Since it was read or written.
    changes: u32,
    is_used: bool,
}

impl<K: Key, C> Paged<K, C> {
    pub fn new(disk: &Arc<Disk>) -> Self {
        Paged {
            list: disk.begin(),
            disk: Arc::clone(disk),
            hashes: Vec::new(),
            pages: Vec::new(),
            loaded: 0,
            bytes: 0,
            hand: 0,
            scratch: Vec::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    pub fn hash(&self, at: usize) -> u64 {
        self.hashes[at]
    }

    fn place(&self, page: usize) -> Place {
        (self.list, page as u32)
    }
}

impl<K: Key, C> Drop for Paged<K, C> {
    fn drop(&mut self) {
        self.disk.end();
    }
}

impl<K: StateKey, C: Cell> Paged<K, C> {
    pub fn get(&mut self, at: usize) -> &Entry<K, C> {
        &self.page(at / PAGE).entries[at % PAGE]
    }

    pub fn get_mut(&mut self, at: usize) -> &mut Entry<K, C> {
        let number = at / PAGE;
        let page = self.page(number);
        page.changes += 1;
        if page.changes % PAGE as u32 == 0 {
            self.weigh(number);
            self.make_room(number);
        }
        let page = self.pages[number].as_mut().expect("it is in memory");
        &mut page.entries[at % PAGE]
    }

    pub fn push(&mut self, hash: u64, entry: Entry<K, C>) {
        let (number, is_first) = (self.hashes.len() / PAGE, self.hashes.len() % PAGE == 0);
        if is_first {
            if let Some(before) = number.checked_sub(1).filter(|before| self.pages[*before].is_some()) {
                self.weigh(before);
            }
            self.pages.truncate(number);
            self.take_in(number, Page { entries: Vec::new(), bytes: Self::ROOM, changes: 1, is_used: true });
        }
        self.hashes.push(hash);
        let page = self.page(number);
        page.changes += 1;
        page.entries.push(entry);
    }

    pub fn swap_remove(&mut self, at: usize) {
        let last = self.hashes.len() - 1;
        let moved = self.page(last / PAGE);
        moved.changes += 1;
        let moved = moved.entries.pop().expect("a page has the entries that its list has");
        if at != last {
            let page = self.page(at / PAGE);
            page.changes += 1;
            page.entries[at % PAGE] = moved;
        }
        self.hashes.swap_remove(at);
        if last % PAGE == 0 {
            self.forget(last / PAGE);
        }
    }

    /// What a page takes that holds nothing.
    const ROOM: usize = PAGE * size_of::<Entry<K, C>>();

    #[inline]
    fn page(&mut self, number: usize) -> &mut Page<K, C> {
        if self.pages[number].is_none() {
            self.load(number);
        }
        let page = self.pages[number].as_mut().expect("it was read just now");
        page.is_used = true;
        page
    }

    #[cold]
    fn load(&mut self, number: usize) {
        let bytes = self.disk.get(self.place(number));
        let read = self.read(number, &bytes);
        let entries =
            read.unwrap_or_else(|why| panic!("states on disk are not those that were written: {why}"));
        let bytes = Self::ROOM + bytes.len();
        self.take_in(number, Page { entries, bytes, changes: 0, is_used: true });
    }

    fn read(&self, number: usize, bytes: &[u8]) -> Result<Vec<Entry<K, C>>, BoxError> {
        let hashes = &self.hashes[PAGE * number..];
        let mut entries = Vec::with_capacity(PAGE);
        for (slot, hash) in page_slots(bytes)?.zip(hashes) {
            let slot = slot?;
            let cell = match slot.fields {
                [] => None,
                [_, fields @ ..] => Some(C::read(postcard::from_bytes(slot.state)?, fields)?),
            };
            let key = slot.key.ok_or("a page has its keys")?;
            entries.push(Entry::new(*hash, postcard::from_bytes::<K>(key)?.into_slot(), cell));
        }
        Ok(entries)
    }

    /// A page comes to memory.
    fn take_in(&mut self, number: usize, page: Page<K, C>) {
        self.loaded += 1;
        self.bytes += page.bytes;
        if number == self.pages.len() {
            self.pages.push(Some(page));
        } else {
            self.pages[number] = Some(page);
        }
        self.make_room(number);
    }

    /// Pages leave, but for this one, until all that are left have room.
    fn make_room(&mut self, stays: usize) {
        let share = self.disk.share();
        while self.loaded > FEWEST && self.bytes > share {
            self.hand = (self.hand + 1) % self.pages.len();
            let hand = self.hand;
            let is_used = self.pages[hand].as_mut().map(|page| std::mem::take(&mut page.is_used));
            if is_used == Some(false) && hand != stays {
                self.write(hand);
                self.forget(hand);
            }
        }
    }

    /// Finds out what a page in memory takes, and leaves its bytes in the scratch.
    fn weigh(&mut self, number: usize) {
        let Some(page) = self.pages[number].as_mut() else { return };
        self.scratch.clear();
        let written = write_page(&page.entries, &mut self.scratch);
        written.unwrap_or_else(|why| panic!("a state can't be written: {why}"));
        let bytes = Self::ROOM + self.scratch.len();
        self.bytes = self.bytes - page.bytes + bytes;
        page.bytes = bytes;
    }

    fn forget(&mut self, number: usize) {
        if let Some(page) = self.pages[number].take() {
            self.loaded -= 1;
            self.bytes -= page.bytes;
        }
    }

    /// Writes a page that is in memory and was changed.
    fn write(&mut self, number: usize) {
        if self.pages[number].as_ref().is_some_and(|page| page.changes > 0) {
            self.weigh(number);
            self.disk.put(self.place(number), &self.scratch);
            if let Some(page) = &mut self.pages[number] {
                page.changes = 0;
            }
        }
    }

    /// Some slots, in the order of their numbers, and whether they need their keys; or all, as they are now.
    pub fn freeze(
        &mut self,
        fields: Result<Vec<u8>, BoxError>,
        some: Option<Vec<(u32, bool)>>,
    ) -> FrozenPages {
        for number in 0..self.pages.len() {
            self.write(number);
        }
        FrozenPages {
            pages: self.disk.now(),
            list: self.list,
            full: some.is_none(),
            fields,
            len: self.hashes.len(),
            slots: some.unwrap_or_else(|| (0..self.hashes.len() as u32).map(|at| (at, true)).collect()),
            has_fields: !C::FIELDS.is_empty(),
        }
    }
}

fn write_page<K: StateKey, C: Cell>(entries: &[Entry<K, C>], out: &mut Vec<u8>) -> Result<(), BoxError> {
    let len = entries.len();
    let mut writer = SlotWriter::new(out, true, &[], len, len, true);
    for (at, entry) in entries.iter().enumerate() {
        let key = K::from_slot(entry.slot.clone());
        match &entry.cell {
            Some(cell) => {
                let fields = |out: &mut Vec<u8>| {
                    out.push(0);
                    cell.write_fields(out);
                };
                writer.slot(at, fields, Some(&key), cell.state())?;
            }
            None => writer.slot(at, |_| {}, Some(&key), &())?,
        }
    }
    Ok(())
}

fn page_slots(bytes: &[u8]) -> Result<Slots<'_>, BoxError> {
    match slots::open(bytes)? {
        Raw::Slots { slots, .. } => Ok(slots),
        Raw::Whole(_) => Err("a page has slots".into()),
    }
}

/// The pages of a list as they were, on disk; so what is frozen takes no memory.
pub(super) struct FrozenPages {
    pages: Pages,
    list: u64,
    full: bool,
    fields: Result<Vec<u8>, BoxError>,
    len: usize,
    slots: Vec<(u32, bool)>,
    has_fields: bool,
}

impl FrozenSlots for FrozenPages {
    fn write(self, out: &mut Vec<u8>) -> Result<u64, BoxError> {
        let mut writer =
            SlotWriter::new(out, self.full, &self.fields?, self.len, self.slots.len(), self.has_fields);
        for of_page in self.slots.chunk_by(|a, b| a.0 as usize / PAGE == b.0 as usize / PAGE) {
            let number = of_page[0].0 / PAGE as u32;
            let page = self.pages.get((self.list, number))?;
            let slots: Vec<RawSlot<'_>> = page_slots(&page)?.collect::<Result<_, _>>()?;
            for (at, has_key) in of_page {
                let at = *at as usize;
                let slot = slots.get(at % PAGE).ok_or("a page has the entries that its list has")?;
                writer.raw(RawSlot {
                    at,
                    fields: slot.fields.get(1..).unwrap_or_default(),
                    key: slot.key.filter(|_| *has_key),
                    state: slot.state,
                });
            }
        }
        Ok(writer.of_keys())
    }
}
