//! Lists of keys, to checkpoints and back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::entries::Entries;
use super::kept::{Freeze, Kept};
use super::keys::{KeyStates, THERE};
use super::marks::Marks;
use super::piece::{Frozen, Piece, Schema};
use super::slots::{self, Raw, SlotWriter};
use super::{Backend, Cell, StateKey, schema};
use crate::BoxError;
use crate::exchange::GROUPS;
use crate::key::Key;

/// What a list knows of the time since it was frozen last.
#[derive(Clone, Debug, Default)]
pub(super) struct Since {
    /// The places whose key or state is another one.
    pub changed: Marks,
    /// How many keys it had.
    len: usize,
    /// What the operator kept for the group.
    fields: Vec<u8>,
    /// How many slots lie in the pieces behind the last full one.
    slots: usize,
}

/// How far a group is on its way to the next full piece, when all groups have just been frozen in full: another way for each,
/// so that they don't all write themselves in full in one checkpoint.
fn head_start(group: usize, len: usize) -> usize {
    // 37 and 128 have no common divisor: neighbours, which one task owns, are far from one another.
    (group * 37 % GROUPS) * len / GROUPS
}

/// The keys of a group that are to be written.
struct FrozenKeys<K: Key, C> {
    full: bool,
    len: usize,
    fields: Result<Vec<u8>, BoxError>,
    slots: Vec<(u32, K::Slot, C)>,
}

impl<K: StateKey, C: Cell> Frozen for FrozenKeys<K, C> {
    fn write(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), BoxError> {
        let mut writer =
            SlotWriter::new(out, self.full, &self.fields?, self.len, self.slots.len(), !C::FIELDS.is_empty());
        for (at, slot, cell) in self.slots {
            writer.slot(at as usize, |out| cell.write_fields(out), &K::from_slot(slot), cell.state())?;
        }
        Ok(())
    }
}

impl<K: StateKey, C: Cell> KeyStates<K, C> {
    /// As [`Kept::freeze`]. `fields`: what the operator keeps for the group as a whole.
    ///
    /// In full when the pieces behind the last full one would have more slots than there are keys. So what is read at a restart is twice the state at
    /// most, and what is written is about twice what has changed.
    pub fn freeze_with(&mut self, how: Freeze, fields: &impl Serialize) -> Option<Piece> {
        let mut bytes = Vec::new();
        let fields = slots::encode(fields, &mut bytes).map(|()| bytes);
        let len = self.entries.len();
        let count = match &self.since {
            None => None,
            Some(since) => {
                let count = since.changed.iter(len).count();
                if !how.full
                    && count == 0
                    && since.len == len
                    && matches!(&fields, Ok(f) if *f == since.fields)
                {
                    return None;
                }
                (!how.full && since.slots + count <= len).then_some(count)
            }
        };
        let is_first = how.full || self.since.is_none();
        let since = self.since.get_or_insert_default();
        let full = count.is_none();
        let some = count.map(|count| {
            let mut some = Vec::with_capacity(count);
            some.extend(since.changed.iter(len).map(|at| at as u32));
            some
        });
        since.slots = match count {
            Some(count) => since.slots + count,
            None if is_first => head_start(how.group, len),
            None => 0,
        };
        since.changed.clear_for(len);
        since.len = len;
        since.fields = fields.as_ref().map(Clone::clone).unwrap_or_default();
        let frozen: Box<dyn Frozen> = match &mut self.entries {
            Entries::Memory(all) => {
                let slot = |at: u32| {
                    let entry = &all[at as usize];
                    (at, entry.slot.clone(), entry.cell.clone().expect(THERE))
                };
                let slots = match some {
                    Some(some) => some.into_iter().map(slot).collect(),
                    None => (0..len as u32).map(slot).collect(),
                };
                Box::new(FrozenKeys::<K, C> { full, len, fields, slots })
            }
            #[cfg(feature = "fjall")]
            Entries::Disk(all) => Box::new(all.freeze(full, fields, some)),
        };
        Some(Piece { group: how.group, full, keys: len as u64, frozen })
    }

    /// As [`Kept::restore`], with what the operator keeps for the group.
    pub fn restore_with<F: DeserializeOwned>(pieces: &[&[u8]]) -> Result<(Self, F), BoxError> {
        let (mut cells, mut fields, mut since) = (Vec::new(), None, Since::default());
        for piece in pieces {
            let Raw::Slots { full, fields: own, keys, slots } = slots::open(piece)? else {
                return Err("it was kept as one value, and is kept by key now".into());
            };
            if full {
                (cells, since.slots) = (Vec::new(), 0);
            } else if fields.is_none() {
                return Err("its pieces don't begin with a full one".into());
            } else {
                since.slots += slots.left();
            }
            if keys > cells.len().saturating_add(slots.left()) {
                return Err("a piece of it has fewer slots than keys".into());
            }
            if slots.has_fields() == C::FIELDS.is_empty() {
                return Err("its slots have other fields".into());
            }
            fields = Some(own);
            cells.resize_with(keys, || None);
            for slot in slots {
                let slot = slot?;
                let (key, state) = (postcard::from_bytes::<K>(slot.key)?, postcard::from_bytes(slot.state)?);
                cells[slot.at] = Some((key, C::read(state, slot.fields)?));
            }
        }
        let fields = fields.ok_or("nothing of it is there")?;
        let mut states = KeyStates::default();
        states.reserve(cells.len());
        for cell in cells {
            let (key, cell) = cell.ok_or("a key of it is in no piece")?;
            let hash = K::hash(&key.probe());
            let slot = key.into_slot();
            if states.find(hash, &slot).is_some() {
                return Err("a key of it is there twice".into());
            }
            states.add(hash, slot, Some(cell));
        }
        let own = postcard::from_bytes(fields)?;
        let changed = Marks::with_room(states.len());
        states.since = Some(Since { changed, len: states.len(), fields: fields.to_vec(), ..since });
        Ok((states, own))
    }

    /// As [`Kept::schema`]. `fields`: what the operator keeps for the group.
    pub fn schema_with(fields: &str) -> Schema {
        let own =
            [("group", fields), ("slot", C::FIELDS)].into_iter().filter(|(_, fields)| !fields.is_empty());
        let own: String = own.map(|(of, fields)| format!("{of} {fields}\n")).collect();
        Schema(format!("{own}key {}\nstate {}", schema::trace::<K>(), schema::trace::<C::State>()))
    }
}

impl<K: StateKey, C: Cell> Kept for KeyStates<K, C> {
    fn freeze(&mut self, how: Freeze) -> Option<Piece> {
        self.freeze_with(how, &())
    }

    fn restore(pieces: &[&[u8]]) -> Result<Self, BoxError> {
        Ok(KeyStates::restore_with::<()>(pieces)?.0)
    }

    fn move_to(&mut self, backend: &Backend) {
        self.entries.move_to(backend);
    }

    fn schema() -> Schema {
        KeyStates::<K, C>::schema_with("")
    }
}
