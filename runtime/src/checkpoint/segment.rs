//! Segments: where objects can be appended to, a start has a few for its entries instead of an object each.
//!
//! The log goes on being a total order of objects at positions, and in such a store these are fences alone: the entries of the
//! start whose fence is at a position come right behind it, in its segments.
//!
//! # Why an older start can't go on
//! A start appends, and the entry is durable; then it looks whether there is a fence behind its own, and without one it
//! goes on. A newer start puts its fence there first, and then reads the segments: so it finds every entry of which the older
//! one has said that it is in the log. An entry that is appended later belongs to nobody: the newer start has noted in the
//! head of its own segments how far it has read, and whoever reads later stops there as well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Storage;
use super::append::Append;
use super::envelope::{self, Damage, Kind};
use super::frames::{Frame, frames};
use super::log::Entry;
use super::name::SegmentName;
use crate::BoxError;

/// A segment that has grown to this gets no more entries. (In tests every few ticks have another one.)
const BYTES: u64 = if cfg!(test) { 200 } else { 4 << 20 };

/// The first frame of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub epoch: u64,
    /// Of segments of older starts.
    pub ends: Vec<End>,
}

/// How far a segment is part of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    pub segment: SegmentName,
    pub bytes: u64,
}

/// What lies in a segment; its head is no entry.
pub(super) fn entries(segment: &[u8]) -> impl Iterator<Item = Frame<Option<Entry>>> {
    frames(segment).map(|Frame { bytes, what, torn }| {
        let what = what.and_then(|(kind, payload)| match kind {
            Kind::Segment => envelope::decode::<Head>(payload).map(|_| None),
            Kind::Ticks => envelope::decode(payload).map(|ticks| Some(Entry::Ticks(ticks))),
            kind => Err(Damage::broken(format_args!("has {kind} where ticks should be"))),
        });
        Frame { bytes, what, torn }
    })
}

/// How far segments are part of the log, as the newest start says that has noted it.
pub(super) fn ends(
    segments: &[(SegmentName, Vec<u8>)],
) -> Result<BTreeMap<SegmentName, u64>, (SegmentName, Damage)> {
    let mut ends = BTreeMap::new();
    for (name, bytes) in segments.iter().rev() {
        let head = match frames(bytes).next().map(|frame| frame.what) {
            Some(Ok((Kind::Segment, head))) => envelope::decode::<Head>(head),
            Some(Err(damage)) => Err(damage),
            Some(Ok(_)) | None => continue,
        };
        match head {
            Ok(head) => head.ends.iter().for_each(|end| {
                ends.entry(end.segment).or_insert(end.bytes);
            }),
            // An entry too many shows in the numbers of the ticks.
            Err(Damage::Broken(_)) => {}
            Err(newer) => return Err((*name, newer)),
        }
    }
    Ok(ends)
}

/// The segments of one start.
pub(super) struct Segments {
    fence: u64,
    head: Head,
    growing: Growing,
}

enum Growing {
    None,
    Open {
        segment: Box<dyn Append>,
        bytes: u64,
    },
    /// What is at its end is not known.
    Failed,
}

impl Segments {
    /// Of the start with this epoch, whose fence is at this position.
    pub fn new(fence: u64, epoch: u64, ends: Vec<End>) -> Segments {
        Segments { fence, head: Head { epoch, ends }, growing: Growing::None }
    }

    /// Appends an entry that begins with this tick. Once it returns, it is durable; whether it counts is the fence's to say.
    pub async fn append(&mut self, storage: &Storage, tick: u64, entry: Vec<u8>) -> Result<(), BoxError> {
        match std::mem::replace(&mut self.growing, Growing::Failed) {
            Growing::Open { mut segment, bytes } if bytes < BYTES => {
                segment.append(&entry).await.map_err(|error| {
                    format!("could not append tick {tick} to the log of the checkpoint in {storage}: {error}")
                })?;
                self.growing = Growing::Open { segment, bytes: bytes + entry.len() as u64 };
            }
            before @ (Growing::Open { .. } | Growing::None) => {
                let name = SegmentName { fence: self.fence, tick };
                // The first one may stay small.
                let expected = if matches!(before, Growing::None) { 0 } else { BYTES };
                let mut object = envelope::write(Kind::Segment, &self.head)?;
                object.extend(entry);
                let bytes = object.len() as u64;
                let ours = storage.create(name, object.clone()).await?
                    || storage.get(name).await?.is_some_and(|found| found == object);
                if !ours {
                    return Err(format!(
                        "`{name}` of the checkpoint in {storage} is there already, and not of this start: delete nothing \
                         by hand"
                    )
                    .into());
                }
                self.growing =
                    Growing::Open { segment: storage.open_to_append(name, expected).await?, bytes };
            }
            Growing::Failed => {
                return Err(
                    format!("an entry before tick {tick} may be in the log of {storage} or not").into()
                );
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Segments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Segments({}, {:?})", self.fence, self.head)
    }
}
