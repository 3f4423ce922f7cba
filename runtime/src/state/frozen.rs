//! Lists of keys, to checkpoints and back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::entries::Entries;
use super::kept::{Freeze, Kept};
use super::keys::{KeyStates, THERE};
use super::piece::{Piece, Schema};
use super::since::{FrozenSlots, Since, Wrote, head_start};
use super::slots::{self, Raw, SlotWriter};
use super::{Backend, Cell, StateKey, schema};
use crate::BoxError;
use crate::key::Key;

/// The keys of a group that are to be written.
struct FrozenKeys<K: Key, C> {
    full: bool,
    len: usize,
    fields: Result<Vec<u8>, BoxError>,
    /// Places and states, and whether there is a key for it below.
    slots: Vec<(u32, bool, C)>,
    keys: Vec<K::Slot>,
}

const NO_KEY: &str = "a key of it is in no piece";

impl<K: StateKey, C: Cell> FrozenSlots for FrozenKeys<K, C> {
    fn write(self, out: &mut Vec<u8>) -> Result<u64, BoxError> {
        let mut writer =
            SlotWriter::new(out, self.full, &self.fields?, self.len, self.slots.len(), !C::FIELDS.is_empty());
        let mut keys = self.keys.into_iter();
        for (at, has_key, cell) in self.slots {
            let key = has_key.then(|| K::from_slot(keys.next().expect("it was counted")));
            writer.slot(at as usize, |out| cell.write_fields(out), key.as_ref(), cell.state())?;
        }
        Ok(writer.of_keys())
    }
}

impl<K: StateKey, C: Cell> KeyStates<K, C> {
    /// As [`Kept::freeze`]. `fields`: what the operator keeps for the group as a whole.
    ///
    /// In full when the pieces behind the last full one would have more bytes than it. So what is read at a restart is about twice
    /// the state at most, and what is written is about twice what has changed.
    pub fn freeze_with(&mut self, how: Freeze, fields: &impl Serialize) -> Option<Piece> {
        let mut bytes = Vec::new();
        let fields = slots::encode(fields, &mut bytes).map(|()| bytes);
        let len = self.entries.len();
        let count = match &mut self.since {
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
                (!how.full && !since.sizes.outgrown_by(count, len)).then_some(count)
            }
        };
        let is_first = how.full || self.since.is_none();
        let since = self.since.get_or_insert_default();
        let full = count.is_none();
        let way = full.then(|| if is_first { head_start(how.group) } else { 0 });
        let count = count.unwrap_or(len);
        let own = fields.as_ref().map(Clone::clone).unwrap_or_default();
        let frozen = match &mut self.entries {
            Entries::Memory(all) => {
                let cell = |at: usize| all[at].cell.clone().expect(THERE);
                let (mut slots, mut keys) = (Vec::with_capacity(count), Vec::new());
                if full {
                    slots.extend((0..len).map(|at| (at as u32, true, cell(at))));
                    keys.extend(all.iter().map(|entry| entry.slot.clone()));
                } else {
                    let slot = |at| (at as u32, since.new_keys.has(at), cell(at));
                    slots.extend(since.changed.iter(len).map(slot));
                    keys.extend(since.new_keys.iter(len).map(|at| all[at].slot.clone()));
                }
                since.sizes.count(FrozenKeys::<K, C> { full, len, fields, slots, keys }, count, way)
            }
            #[cfg(feature = "fjall")]
            Entries::Disk(all) => {
                let some = (!full).then(|| {
                    let slot = |at| (at as u32, since.new_keys.has(at));
                    since.changed.iter(len).map(slot).collect()
                });
                since.sizes.count(all.freeze(fields, some), count, way)
            }
        };
        since.begin(len, own);
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
                cells = Vec::new();
            } else if fields.is_none() {
                return Err("its pieces don't begin with a full one".into());
            }
            if keys > cells.len().saturating_add(slots.left()) {
                return Err("a piece of it has fewer slots than keys".into());
            }
            if slots.has_fields() == C::FIELDS.is_empty() {
                return Err("its slots have other fields".into());
            }
            fields = Some(own);
            let (count, mut of_keys) = (slots.left(), 0);
            cells.resize_with(keys, || None);
            for slot in slots {
                let slot = slot?;
                of_keys += slot.key.map_or(0, |key| 1 + key.len() as u64);
                let cell = C::read(postcard::from_bytes(slot.state)?, slot.fields)?;
                match (&mut cells[slot.at], slot.key) {
                    (at, Some(key)) => *at = Some((postcard::from_bytes::<K>(key)?, cell)),
                    (Some((_, old)), None) => *old = cell,
                    (None, None) => return Err(NO_KEY.into()),
                }
            }
            since.sizes.read(full, count, Wrote { bytes: piece.len() as u64, of_keys });
        }
        let fields = fields.ok_or("nothing of it is there")?;
        let mut states = KeyStates::default();
        states.reserve(cells.len());
        for cell in cells {
            let (key, cell) = cell.ok_or(NO_KEY)?;
            let hash = K::hash(&key.probe());
            let slot = key.into_slot();
            if states.find(hash, &slot).is_some() {
                return Err("a key of it is there twice".into());
            }
            states.add(hash, slot, Some(cell));
        }
        let own = postcard::from_bytes(fields)?;
        since.begin(states.len(), fields.to_vec());
        states.since = Some(since);
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
