//! Writes checkpoints.

use std::collections::BTreeMap;
use std::time::Instant;

use super::envelope::{self, Kind};
use super::log::Log;
use super::manifest::{Chain, Chains, Manifest, Place};
use super::name::StateName;
use super::prune::Prune;
use super::{Checkpoint, Storage, StorageError, Written};
use crate::state::Piece;

/// An object of pieces is put when it has grown to this.
const OBJECT: usize = 64 << 20;

/// Writes checkpoints, one after the other.
///
/// # Contract
/// - A chain begins with a full piece that this start has written, so a manifest refers to objects of its own start
///   alone.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    storage: Storage,
    chains: Chains,
    /// Objects of pieces so far: names are never used twice, also if a tick's checkpoint is written again.
    objects: u64,
    prune: Prune,
}

impl Checkpoints {
    /// Of the start that took `log`. Nothing is kept from before: the first checkpoint is full.
    pub(super) fn new(storage: &Storage, log: &Log) -> Checkpoints {
        let prune = Prune::new(storage, log);
        Checkpoints { storage: storage.clone(), chains: Chains::new(), objects: 0, prune }
    }

    /// How many checkpoints are kept: 3 at first. At least one is.
    pub fn keep(&mut self, kept: usize) {
        self.prune.kept = kept.max(1);
    }

    /// Writes a checkpoint: pieces, then the manifest; then prunes what is not needed any more.
    ///
    /// After an error the checkpoint does not exist, and the next one has to be full.
    pub async fn write(&mut self, checkpoint: Checkpoint) -> Result<Written, StorageError> {
        let began = Instant::now();
        let Checkpoint { tick, written, sources, operators, log_from } = checkpoint;
        // Gone until the manifest is there: so what comes after an error has to be full.
        let mut before = std::mem::take(&mut self.chains);
        let mut chains = Chains::new();
        let mut manifest = Manifest::new(self.storage.pipeline(), tick, written, log_from);
        manifest.sources = sources;
        let mut object = Object::new(&self.storage, manifest.name().tick, tick.epoch, &mut self.objects);
        for operator in operators {
            let mut groups = before.remove(&operator.name).unwrap_or_default();
            for piece in operator.pieces {
                object.add(&operator.name, piece, &mut groups).await?;
            }
            manifest.add(operator.name.clone(), operator.schema, &groups);
            chains.insert(operator.name, groups);
        }
        let pieces = object.finish().await?;
        let bytes = envelope::write(Kind::Manifest, &manifest)?;
        let size = pieces + bytes.len() as u64;
        let name = manifest.name();
        let ours = self.storage.create(name, bytes.clone()).await?
            || self.storage.get(name).await?.is_some_and(|found| found == bytes);
        if !ours {
            // The first try at this tick's checkpoint seemed to fail, and had not.
            return Err(StorageError::other(format!(
                "`{name}` of the checkpoint in {} is there already",
                self.storage
            )));
        }
        self.chains = chains;
        let warnings = self.prune.after(manifest).await?;
        Ok(Written { bytes: size, took: began.elapsed(), warnings })
    }
}

/// An object of pieces that is being written.
struct Object<'a> {
    storage: &'a Storage,
    name: StateName,
    bytes: Vec<u8>,
    /// Counts the objects of this start.
    objects: &'a mut u64,
    /// Bytes of the objects before this one.
    put: u64,
}

impl<'a> Object<'a> {
    fn new(storage: &'a Storage, tick: u64, epoch: u64, objects: &'a mut u64) -> Self {
        let name = StateName { tick, epoch, k: *objects };
        Object { storage, name, bytes: envelope::begin(Kind::State), objects, put: 0 }
    }

    /// Writes a piece and adds it to its group.
    async fn add(
        &mut self,
        operator: &str,
        piece: Piece,
        groups: &mut BTreeMap<usize, Chain>,
    ) -> Result<(), StorageError> {
        let Piece { group, full, keys, frozen } = piece;
        let chain = groups.entry(group).or_default();
        if full {
            chain.pieces.clear();
        } else if chain.pieces.is_empty() {
            return Err(StorageError::other(format!(
                "the first piece of key group {group} of `{operator}` in a checkpoint is not a full one"
            )));
        }
        let offset = self.bytes.len();
        frozen.write(&mut self.bytes)?;
        let bytes = &self.bytes[offset..];
        let place = Place {
            object: self.name,
            offset: offset as u64,
            bytes: bytes.len() as u64,
            crc: crc32c::crc32c(bytes),
        };
        chain.pieces.push(place);
        chain.keys = keys;
        if self.bytes.len() >= OBJECT {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), StorageError> {
        if self.bytes.len() == envelope::HEADER {
            return Ok(());
        }
        let object = envelope::seal(std::mem::replace(&mut self.bytes, envelope::begin(Kind::State)));
        self.put += object.len() as u64;
        // Counted first: a put that fails may have been done.
        *self.objects += 1;
        self.storage.put(self.name, object).await?;
        self.name.k = *self.objects;
        Ok(())
    }

    /// Gives the bytes of all objects.
    async fn finish(mut self) -> Result<u64, StorageError> {
        self.flush().await?;
        Ok(self.put)
    }
}
