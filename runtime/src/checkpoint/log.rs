//! The tick log: entries at positions, made with put-if-absent; or, where objects can be appended to, in segments.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::envelope::{self, Damage, Kind};
use super::name::{ManifestName, Name, Position};
use super::segment::{End, Segments};
use super::storage::Found;
use super::{LoggedTick, Storage, StorageError};
use crate::BoxError;
use crate::clock::Timestamp;

/// The log, as the start that took it appends to it.
///
/// # Contract
/// - A start appends at the position behind the last entry that it knows, and knows all up to there. So the first fence
///   that a later start makes is at exactly the position of the next append of the one before, which finds it.
/// - Fences are never deleted: a process that was stopped for a year meets its fence as well.
#[derive(Debug)]
pub(crate) struct Log {
    storage: Storage,
    epoch: u64,
    /// Where the next object goes.
    next: Arc<AtomicU64>,
    /// Where entries go, if not into objects of their own.
    segments: Option<Segments>,
}

/// The payload of an entry that a start takes the log with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fence {
    pub epoch: u64,
    pub started: Timestamp,
    /// Two starts at the same time differ in this, so each knows its own fence.
    pub nonce: u64,
}

/// The payload of an entry of ticks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ticks {
    pub epoch: u64,
    pub ticks: Vec<LoggedTick>,
}

#[derive(Debug)]
pub(super) enum Entry {
    Fence(Fence),
    Ticks(Ticks),
}

impl Entry {
    pub fn read(object: &[u8]) -> Result<Entry, Damage> {
        match envelope::open(object)? {
            (Kind::Fence, payload) => Ok(Entry::Fence(envelope::decode(payload)?)),
            (Kind::Ticks, payload) => Ok(Entry::Ticks(envelope::decode(payload)?)),
            (kind, _) => Err(Damage::broken(format_args!("is {kind} where an entry of the log should be"))),
        }
    }

    /// Of the start that wrote it.
    pub fn epoch(&self) -> u64 {
        match self {
            Entry::Fence(fence) => fence.epoch,
            Entry::Ticks(ticks) => ticks.epoch,
        }
    }
}

/// No fence is larger. An entry of ticks may be as small.
pub(super) const FENCE_BYTES: u64 = 64;

/// What was in the log when it was taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub log: Log,
    /// Of our fence.
    pub position: u64,
    /// Entries before our fence, in order.
    pub entries: Vec<Found<Position>>,
}

impl Log {
    /// Appends a fence with the next epoch, not before a position; so whoever had the log can't append any more.
    pub(super) async fn take(
        storage: &Storage,
        now: Timestamp,
        behind: u64,
        at_least: u64,
    ) -> Result<Taken, StorageError> {
        let mut entries = storage.list::<Position>().await?;
        let mut epoch = 1 + newest_epoch(storage, &entries).await?.max(behind);
        let mut next = entries.last().map_or(0, |last| last.name.0 + 1).max(at_least);
        loop {
            let fence = Fence { epoch, started: now, nonce: RandomState::new().hash_one(next) };
            let object = envelope::write(Kind::Fence, &fence)?;
            if let Created::Others(Err(newer @ Damage::Newer(_))) = create(storage, next, object).await? {
                return Err(damaged(storage, Position(next), &newer));
            }
            // What is there now is ours, or somebody was here first: a start at the same time, or the last append of the
            // one before. Or that one was faster yet: it has appended more, and pruned the entry that was at our position.
            entries = storage.list::<Position>().await?;
            let last = entries.last().map_or(next, |last| last.name.0);
            match storage.get(Position(next)).await?.map(|found| Entry::read(&found)) {
                Some(Ok(Entry::Fence(found))) if found == fence && last <= next => break,
                _ => {}
            }
            epoch = 1 + newest_epoch(storage, &entries).await?.max(epoch);
            next = (last + 1).max(next + 1);
        }
        entries.retain(|found| found.name.0 < next);
        let log =
            Log { storage: storage.clone(), epoch, next: Arc::new(AtomicU64::new(next + 1)), segments: None };
        Ok(Taken { log, position: next, entries })
    }

    /// Once the log was read: `ends` is how far older segments are part of it.
    pub(super) fn begin(&mut self, ends: Vec<End>) {
        let fence = self.next.load(Ordering::Acquire) - 1;
        let appends = self.storage.can_append(Position(fence));
        self.segments = appends.then(|| Segments::new(fence, self.epoch, ends));
    }

    /// Which start this is: from 1.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Shows where the next object goes, as it moves on.
    pub(super) fn next(&self) -> Arc<AtomicU64> {
        self.next.clone()
    }

    /// Appends ticks as one entry and gives its position (in a segment: that of the fence before). Once it returns, they are
    /// durable.
    ///
    /// After an error nobody knows whether they are: nothing more can be appended, and the next start finds out.
    pub async fn append(&mut self, ticks: &[LoggedTick]) -> Result<u64, StorageError> {
        let position = self.next.load(Ordering::Acquire);
        let object = envelope::write(Kind::Ticks, &Ticks { epoch: self.epoch, ticks: ticks.to_vec() })?;
        if let Some(segments) = &mut self.segments {
            let first = ticks.first().map_or(0, |tick| tick.tick().number);
            let appended = segments.append(&self.storage, first, object).await;
            // Also where it has failed: a newer start may have pruned the segment.
            if self.storage.has(Position(position)).await? {
                let found = self.storage.get(Position(position)).await?.unwrap_or_default();
                return Err(self.in_the_way(position, Entry::read(&found)));
            }
            return Ok(appended.map(|()| position - 1)?);
        }
        match create(&self.storage, position, object).await? {
            Created::Ours => {
                self.next.store(position + 1, Ordering::Release);
                Ok(position)
            }
            Created::Others(found) => Err(self.in_the_way(position, found)),
        }
    }

    /// Something is where only another start can have put it.
    fn in_the_way(&self, position: u64, found: Result<Entry, Damage>) -> StorageError {
        let found = match found {
            Ok(entry) if entry.epoch() > self.epoch => return StorageError::Fenced { epoch: entry.epoch() },
            Ok(_) => "holds other ticks of this start".into(),
            Err(damage) => damage.to_string(),
        };
        let name = Position(position);
        StorageError::other(format!(
            "`{name}` of the checkpoint in {} is there already, and {found}: another start may have taken over",
            self.storage
        ))
    }
}

enum Created {
    Ours,
    /// What is there.
    Others(Result<Entry, Damage>),
}

/// Creates an entry. If the store says that there is one, it may be ours: the answer to the first try was lost.
async fn create(storage: &Storage, position: u64, object: Vec<u8>) -> Result<Created, BoxError> {
    let name = Position(position);
    if storage.create(name, object.clone()).await? {
        return Ok(Created::Ours);
    }
    match storage.get(name).await? {
        Some(found) if found == object => Ok(Created::Ours),
        Some(found) => Ok(Created::Others(Entry::read(&found))),
        None => Err(format!(
            "`{name}` of the checkpoint in {storage} is there, and is not: delete nothing by hand"
        )
        .into()),
    }
}

/// Of the starts before: more than that of any entry or checkpoint.
async fn newest_epoch(storage: &Storage, entries: &[Found<Position>]) -> Result<u64, StorageError> {
    let manifests = storage.list::<ManifestName>().await?;
    let mut newest = manifests.last().map_or(0, |manifest| manifest.name.epoch);
    let mut unknown = 0;
    for found in entries.iter().rev() {
        let Some(object) = storage.get(found.name).await? else { continue };
        match Entry::read(&object) {
            // Epochs grow along the log.
            Ok(entry) => {
                newest = newest.max(entry.epoch());
                break;
            }
            // It may be a fence.
            Err(Damage::Broken(_)) => unknown += 1,
            Err(newer) => return Err(damaged(storage, found.name, &newer)),
        }
    }
    Ok(newest + unknown)
}

pub(super) fn damaged(storage: &Storage, name: impl Name, damage: &Damage) -> StorageError {
    StorageError::other(format!("`{name}` of the checkpoint in {storage} {damage}"))
}
