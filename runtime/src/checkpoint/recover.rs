//! Reads the newest checkpoint that is whole.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::envelope::Damage;
use super::manifest::{Manifest, PieceEntry};
use super::name::{ManifestName, StateName};
use super::storage::AT_ONCE;
use super::{Recovered, RecoveredOperator, Storage, StorageError};
use crate::BoxError;

/// What a look at the checkpoints found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub newest: Option<(Manifest, Recovered)>,
    /// Of the checkpoints that were passed over.
    pub warnings: Vec<String>,
}

/// The newest checkpoint that reads whole; what is wrong with those before it is a warning each.
pub(super) async fn newest(storage: &Storage) -> Result<Found, StorageError> {
    let names = storage.list::<ManifestName>().await?;
    let mut found = Found::default();
    for name in names.iter().rev().map(|found| found.name) {
        match whole(storage, name).await? {
            Ok(recovered) => {
                found.newest = Some(recovered);
                break;
            }
            Err(why) => found.warnings.push(format!(
                "the checkpoint of tick {} (epoch {}) in {storage} can't be used, the one before is: {why}",
                name.tick, name.epoch
            )),
        }
    }
    Ok(found)
}

/// A checkpoint, or why it can't be read. (An error is of what no other checkpoint would help with.)
pub(super) async fn whole(
    storage: &Storage,
    name: ManifestName,
) -> Result<Result<(Manifest, Recovered), String>, StorageError> {
    let manifest = match manifest(storage, name).await {
        Ok(manifest) => manifest,
        Err(Unread::Refused(why)) => {
            return Err(StorageError::other(format!("`{name}` of the checkpoint in {storage} {why}")));
        }
        Err(Unread::Broken(why)) => return Ok(Err(why)),
        Err(Unread::Failed(error)) => return Ok(Err(error.to_string())),
    };
    Ok(match pieces(storage, &manifest).await {
        Ok(pieces) => {
            let recovered = recovered(&manifest, pieces);
            Ok((manifest, recovered))
        }
        Err(why) => Err(why.to_string()),
    })
}

/// Why there is no manifest.
#[derive(Debug)]
pub(super) enum Unread {
    /// Written by another release: to go round it would lose what is behind.
    Refused(String),
    Broken(String),
    /// The store did not give it.
    Failed(BoxError),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unread::Refused(why) | Unread::Broken(why) => f.write_str(why),
            Unread::Failed(error) => write!(f, "{error}"),
        }
    }
}

/// Reads one manifest.
pub(super) async fn manifest(storage: &Storage, name: ManifestName) -> Result<Manifest, Unread> {
    let broken = |why: &dyn fmt::Display| Unread::Broken(format!("`{name}` {why}"));
    let object = storage.get(name).await.map_err(Unread::Failed)?;
    let object = object.ok_or_else(|| broken(&"is missing"))?;
    match Manifest::read(name, &object) {
        Ok(manifest) => match manifest.refusal() {
            Some(why) => Err(Unread::Refused(why)),
            None => Ok(manifest),
        },
        Err(newer @ Damage::Newer(_)) => Err(Unread::Refused(newer.to_string())),
        Err(damage) => Err(broken(&damage)),
    }
}

/// Pieces by their entry's place in a state object.
type Pieces = BTreeMap<(u32, u64, u64), Vec<u8>>;

/// With the length: an empty piece is where the next one begins.
fn key(piece: &PieceEntry) -> (u32, u64, u64) {
    (piece.object, piece.offset, piece.bytes)
}

/// Reads all pieces that a manifest refers to.
async fn pieces(storage: &Storage, manifest: &Manifest) -> Result<Pieces, BoxError> {
    let mut by_object: BTreeMap<u32, Vec<PieceEntry>> = BTreeMap::new();
    for piece in manifest.operators.iter().flat_map(|o| &o.groups).flat_map(|group| &group.pieces) {
        by_object.entry(piece.object).or_default().push(*piece);
    }
    let reads = by_object.into_iter().flat_map(|(object, mut pieces)| {
        pieces.sort_by_key(key);
        let name = manifest.objects[object as usize];
        spans(pieces).map(move |pieces| read(storage, name, pieces))
    });
    let read: Vec<Vec<(PieceEntry, Vec<u8>)>> =
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(read.into_iter().flatten().map(|(piece, bytes)| (key(&piece), bytes)).collect())
}

/// A read of more than this is worth another request.
const SPAN: u64 = 8 << 20;

/// Pieces that are read at once: they lie one behind the other.
fn spans(pieces: Vec<PieceEntry>) -> impl Iterator<Item = Vec<PieceEntry>> {
    let mut pieces = pieces.into_iter().peekable();
    std::iter::from_fn(move || {
        let mut span = vec![pieces.next()?];
        let start = span[0].offset;
        loop {
            let end = span.last().map_or(0, |last| last.offset.saturating_add(last.bytes));
            match pieces.next_if(|piece| piece.offset == end && end - start < SPAN) {
                Some(piece) => span.push(piece),
                None => return Some(span),
            }
        }
    })
}

/// Reads pieces that lie one behind the other.
async fn read(
    storage: &Storage,
    name: StateName,
    pieces: Vec<PieceEntry>,
) -> Result<Vec<(PieceEntry, Vec<u8>)>, BoxError> {
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return Ok(Vec::new()) };
    let Range { start, end } = first.offset..last.offset.saturating_add(last.bytes);
    // An object may hold nothing but empty pieces at its end: stores refuse to read that.
    let bytes = if start == end { Vec::new() } else { storage.get_range(name, start..end).await? };
    let take = |piece: PieceEntry| {
        let from = usize::try_from(piece.offset - start).ok()?;
        let bytes = bytes.get(from..from.checked_add(usize::try_from(piece.bytes).ok()?)?)?;
        Some((piece, bytes.to_vec()))
    };
    let mut read = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let at = piece.offset;
        let Some((piece, bytes)) = take(piece) else {
            return Err(format!("`{name}` ends before the piece at {at}").into());
        };
        if crc32c::crc32c(&bytes) != piece.crc {
            return Err(
                format!("the piece at {at} of `{name}` has another checksum than the manifest says").into()
            );
        }
        read.push((piece, bytes));
    }
    Ok(read)
}

fn recovered(manifest: &Manifest, mut pieces: Pieces) -> Recovered {
    let mut operators = Vec::with_capacity(manifest.operators.len());
    for operator in &manifest.operators {
        let groups = operator.groups.iter().map(|group| {
            let bytes = group.pieces.iter().map(|piece| pieces.remove(&key(piece)).unwrap_or_default());
            (group.group as usize, bytes.collect())
        });
        let groups = groups.collect();
        operators.push(RecoveredOperator {
            name: operator.name.clone(),
            schema: operator.schema.clone(),
            groups,
        });
    }
    let Manifest { tick, log_from, .. } = *manifest;
    Recovered { tick, log_from, sources: manifest.sources.clone(), operators }
}
