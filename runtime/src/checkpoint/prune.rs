//! Deletes what no kept checkpoint needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::log::{Entry, FENCE_BYTES, Log};
use super::manifest::Manifest;
use super::name::{ManifestName, Position, SegmentName, StateName};
use super::recover::{Unread, manifest};
use super::storage::Found;
use super::{Storage, StorageError};
use crate::BoxError;

/// # Contract
/// - Whoever is not sure to have the log deletes nothing. The look at the log is after the own manifest is there: a start
///   that comes after that look recovers from that manifest, or a newer one.
/// - What a newer start has written is left alone, and so is a fence.
/// - Manifests go first, then state, then entries of the log: what is left of them is whole.
#[derive(Debug)]
pub(super) struct Prune {
    storage: Storage,
    pub kept: usize,
    epoch: u64,
    /// The position of the own fence.
    taken: u64,
    next: Arc<AtomicU64>,
    /// Entries of ticks before this position are gone, and behind it all that were appended are ours; `None`: the log has to be
    /// looked through. With short ticks a checkpoint leaves thousands of entries, and listing them takes longer than writing it.
    gone: Option<u64>,
    /// What is known of manifests; `None`: it does not read.
    manifests: BTreeMap<ManifestName, Option<Manifest>>,
    /// Entries that are no ticks, or do not read.
    left: BTreeSet<Position>,
}

impl Prune {
    pub fn new(storage: &Storage, log: &Log) -> Prune {
        let next = log.next();
        Prune {
            storage: storage.clone(),
            kept: 3,
            epoch: log.epoch(),
            taken: next.load(Ordering::Acquire) - 1,
            next,
            gone: None,
            manifests: BTreeMap::new(),
            left: BTreeSet::new(),
        }
    }

    /// Prunes, now that this manifest is there. What can't be had or deleted is a warning; the next time it is tried again.
    pub async fn after(&mut self, written: Manifest) -> Result<Vec<String>, StorageError> {
        self.manifests.insert(written.name(), Some(written));
        match self.prune().await {
            Ok(failures) => Ok(failures),
            Err(StorageError::Other(error)) => Ok(vec![error.to_string()]),
            Err(fenced) => Err(fenced),
        }
    }

    async fn prune(&mut self) -> Result<Vec<String>, StorageError> {
        let end = self.own_log().await?;
        let manifests = self.storage.list::<ManifestName>().await?;
        let kept = self.choose(&manifests).await?;
        let Some(oldest) = kept.first().copied() else { return Ok(Vec::new()) };
        let old: Vec<_> = manifests.iter().map(|found| found.name).filter(|name| *name < oldest).collect();
        self.manifests.retain(|name, _| *name >= oldest);
        let kept: Vec<&Manifest> =
            kept.iter().filter_map(|name| self.manifests.get(name)?.as_ref()).collect();
        let log_from = kept.iter().map(|manifest| manifest.log_from).min().unwrap_or(0);
        let last = kept.iter().map(|manifest| manifest.tick.number).min().unwrap_or(0);
        let needed: BTreeSet<StateName> =
            kept.iter().flat_map(|manifest| manifest.objects.iter().copied()).collect();
        let states = self.storage.list::<StateName>().await?;
        let states = states.iter().map(|found| found.name);
        let states = states.filter(|name| name.epoch <= self.epoch && !needed.contains(name)).collect();
        let mut failures = self.storage.delete(old).await;
        if failures.is_empty() {
            // A manifest that is left is left whole.
            failures = self.storage.delete(states).await;
            // A newer start may have come since, and the manifest that is kept may be its: what is behind the end is not ours.
            let log_from = log_from.min(end);
            let entries = match self.gone {
                Some(gone) => (gone..log_from).map(Position).collect(),
                None => self.ticks_before(log_from).await?,
            };
            let segments = self.segments_up_to(last).await?;
            failures.extend(self.storage.delete(segments).await);
            let left = self.storage.delete(entries).await;
            let all = left.is_empty() && log_from > self.taken;
            self.gone = all.then(|| log_from.max(self.gone.unwrap_or(0)));
            failures.extend(left);
        }
        Ok(failures.iter().map(ToString::to_string).collect())
    }

    /// Where the log ends, if no newer start has taken it: the first fence behind this start's is where it would append next.
    async fn own_log(&self) -> Result<u64, StorageError> {
        let mut position = self.next.load(Ordering::Acquire);
        // What was appended meanwhile is ours, or the fence of another.
        while let Some(object) = self.storage.get(Position(position)).await? {
            match Entry::read(&object) {
                Ok(entry) if entry.epoch() <= self.epoch => {}
                Ok(entry) => return Err(StorageError::Fenced { epoch: entry.epoch() }),
                Err(damage) => {
                    let name = Position(position);
                    return Err(StorageError::other(format!("nothing is pruned: `{name}` {damage}")));
                }
            }
            position += 1;
        }
        Ok(position)
    }

    /// The newest checkpoints that read, oldest first.
    async fn choose(&mut self, found: &[Found<ManifestName>]) -> Result<Vec<ManifestName>, BoxError> {
        let mut kept = Vec::new();
        for name in found.iter().rev().map(|found| found.name) {
            if kept.len() == self.kept {
                break;
            }
            if !self.manifests.contains_key(&name) {
                let read = match manifest(&self.storage, name).await {
                    Ok(manifest) => Some(manifest),
                    Err(Unread::Broken(_)) => None,
                    Err(Unread::Failed(error)) => return Err(error),
                    Err(Unread::Refused(why)) => {
                        return Err(format!("nothing is pruned: `{name}` {why}").into());
                    }
                };
                self.manifests.insert(name, read);
            }
            if self.manifests[&name].is_some() {
                kept.push(name);
            }
        }
        kept.reverse();
        Ok(kept)
    }

    /// Segments that hold no tick behind this one.
    async fn segments_up_to(&self, last: u64) -> Result<Vec<SegmentName>, BoxError> {
        let mut segments = self.storage.list::<SegmentName>().await?;
        segments.retain(|found| found.name.fence <= self.taken);
        let ends = segments.windows(2).take_while(|two| two[1].name.tick <= last.saturating_add(1));
        Ok(ends.map(|two| two[0].name).collect())
    }

    /// Entries of ticks before a position.
    async fn ticks_before(&mut self, log_from: u64) -> Result<Vec<Position>, StorageError> {
        let mut ticks = Vec::new();
        for Found { name, bytes } in self.storage.list::<Position>().await? {
            if name.0 >= log_from || self.left.contains(&name) {
                continue;
            }
            let appended = name.0 > self.taken;
            let is_ticks = appended
                || bytes > FENCE_BYTES
                || match self.storage.get(name).await? {
                    Some(object) => matches!(Entry::read(&object), Ok(Entry::Ticks(_))),
                    None => continue,
                };
            if is_ticks {
                ticks.push(name);
            } else {
                self.left.insert(name);
            }
        }
        Ok(ticks)
    }
}
