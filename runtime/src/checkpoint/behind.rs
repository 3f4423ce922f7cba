//! Reads the ticks of the log that are behind a checkpoint.

use std::fmt;
use std::ops::Range;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::envelope::Damage;
use super::frames::Frame;
use super::log::{Entry, damaged};
use super::name::{Name, Position, SegmentName};
use super::segment::{End, ends, entries};
use super::storage::{AT_ONCE, Found};
use super::{LoggedTick, Storage, StorageError};
use crate::BoxError;

/// What was read of the log.
#[derive(Debug, Default)]
pub(super) struct Behind {
    /// In order, without gaps, each with its position.
    pub ticks: Vec<(u64, LoggedTick)>,
    /// How far the segments that were read are part of the log.
    pub ends: Vec<End>,
    /// What was found damaged, and gone round.
    pub warnings: Vec<String>,
    /// The tick behind which they are.
    last: Option<u64>,
}

/// Reads what is before a fence: in the log from position `from` on, behind tick `last`. `entries`: the objects there.
pub(super) async fn ticks_behind(
    storage: &Storage,
    entries: &[Found<Position>],
    fence: u64,
    from: u64,
    last: Option<u64>,
) -> Result<Behind, StorageError> {
    let mut behind = Behind { last, ..Behind::default() };
    let segments = segments(storage, from..fence, last).await?;
    let ends = ends(&segments).map_err(|(name, newer)| damaged(storage, name, &newer))?;
    let mut segments = segments.into_iter().peekable();
    let reads = entries.iter().map(|found| found.name).filter(|name| name.0 >= from);
    let reads = reads.map(|name| async move { Ok::<_, BoxError>((name, storage.get(name).await?)) });
    let mut reads = stream::iter(reads).buffered(AT_ONCE);
    while let Some((name, object)) = reads.try_next().await? {
        // Those of a fence come behind it.
        while let Some((segment, bytes)) = segments.next_if(|(segment, _)| segment.fence < name.0) {
            behind.segment(storage, segment, &bytes, ends.get(&segment).copied())?;
        }
        behind.entry(storage, name, name.0, object.as_deref().map(Entry::read).transpose())?;
    }
    for (segment, bytes) in segments {
        behind.segment(storage, segment, &bytes, ends.get(&segment).copied())?;
    }
    Ok(behind)
}

/// The segments of these fences that may hold ticks behind this one, in order.
async fn segments(
    storage: &Storage,
    fences: Range<u64>,
    last: Option<u64>,
) -> Result<Vec<(SegmentName, Vec<u8>)>, BoxError> {
    let mut names: Vec<_> = storage.list::<SegmentName>().await?.iter().map(|found| found.name).collect();
    names.retain(|name| fences.contains(&name.fence));
    let next = last.map_or(0, |last| last + 1);
    let first = names.iter().rposition(|name| name.tick <= next).unwrap_or(0);
    let reads = names.split_off(first).into_iter();
    let reads = reads.map(|name| async move { Ok::<_, BoxError>((name, storage.get(name).await?)) });
    let read: Vec<_> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    Ok(read.into_iter().filter_map(|(name, bytes)| Some((name, bytes?))).collect())
}

impl Behind {
    fn segment(
        &mut self,
        storage: &Storage,
        name: SegmentName,
        bytes: &[u8],
        end: Option<u64>,
    ) -> Result<(), StorageError> {
        let end = end.and_then(|end| usize::try_from(end).ok()).unwrap_or(bytes.len());
        let mut whole = 0;
        if bytes.is_empty() {
            self.warnings
                .push(format!("`{name}` is empty, and a segment is made with an entry; it is skipped"));
        }
        for Frame { bytes, what, .. } in entries(bytes).filter(|frame| frame.bytes.end <= end) {
            if what.is_ok() {
                whole = bytes.end;
            }
            self.entry(storage, name, name.fence, what)?;
        }
        self.ends.push(End { segment: name, bytes: whole as u64 });
        Ok(())
    }

    fn entry(
        &mut self,
        storage: &Storage,
        name: impl Name,
        position: u64,
        entry: Result<Option<Entry>, Damage>,
    ) -> Result<(), StorageError> {
        let entry = match entry {
            Ok(Some(Entry::Ticks(entry))) => entry,
            Ok(Some(Entry::Fence(_)) | None) => return Ok(()),
            Err(Damage::Broken(what)) => {
                // Whether a tick is missing shows in the numbers of those behind it.
                self.warnings.push(format!("`{name}` {what}; it is skipped, as if it had not been written"));
                return Ok(());
            }
            Err(newer) => return Err(damaged(storage, name, &newer)),
        };
        for tick in entry.ticks {
            let number = tick.tick().number;
            if self.last.is_some_and(|last| number <= last) {
                continue;
            }
            let before = self.ticks.last().map(|(_, tick)| tick.tick().number).or(self.last);
            let expected = before.map_or(0, |n| n + 1);
            if number != expected {
                return Err(self.gap(storage, &name, number, expected));
            }
            self.ticks.push((position, tick));
        }
        Ok(())
    }

    fn gap(&self, storage: &Storage, name: &dyn fmt::Display, number: u64, expected: u64) -> StorageError {
        let behind = match self.last {
            Some(last) => format!("behind the checkpoint of tick {last}"),
            None => "and there is no checkpoint that reads whole".into(),
        };
        let found = self.warnings.iter().map(|w| format!("; {w}")).collect::<String>();
        StorageError::other(format!(
            "the tick log of the checkpoint in {storage} has a gap: `{name}` is of tick {number} where tick {expected} \
             should be, {behind}{found}. Restore the missing objects, or start anew in another location"
        ))
    }
}
