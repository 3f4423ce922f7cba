//! Lists checkpoints, and shows one.

use std::io::Write;

use super::{bytes, find, utc};
use crate::BoxError;
use crate::checkpoint::Storage;
use crate::checkpoint::manifest::{Manifest, OperatorEntry};
use crate::checkpoint::name::ManifestName;
use crate::checkpoint::recover;

/// A line a checkpoint.
pub(super) async fn list(storages: &[Storage], out: &mut dyn Write) -> Result<bool, BoxError> {
    let mut whole = true;
    for storage in storages {
        writeln!(out, "{}", storage.pipeline())?;
        let names = storage.list::<ManifestName>().await?;
        if names.is_empty() {
            writeln!(out, "  no checkpoint")?;
        }
        for name in names.iter().rev().map(|found| found.name) {
            write!(out, "  tick {}  epoch {}  ", name.tick, name.epoch)?;
            match recover::manifest(storage, name).await {
                Ok(manifest) => {
                    let (keys, size) =
                        manifest.operators.iter().map(totals).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
                    writeln!(out, "{}  {keys} keys  {}", utc(manifest.written), bytes(size))?;
                }
                Err(why) => {
                    whole = false;
                    writeln!(out, "damaged: {why}")?;
                }
            }
        }
    }
    Ok(whole)
}

/// Keys, and the bytes of all pieces.
fn totals(operator: &OperatorEntry) -> (u64, u64) {
    let keys = operator.groups.iter().map(|group| group.keys).sum();
    let pieces = operator.groups.iter().flat_map(|group| &group.pieces);
    (keys, pieces.map(|piece| piece.bytes).sum())
}

pub(super) async fn checkpoint(
    storage: &Storage,
    tick: Option<u64>,
    out: &mut dyn Write,
) -> Result<bool, BoxError> {
    let manifest = find(storage, tick).await?;
    let Manifest { tick, pipeline, written, hash, groups, log_from, sources, objects, operators } = &manifest;
    writeln!(out, "pipeline  {pipeline}")?;
    writeln!(out, "tick      {}, of epoch {}, for {}", tick.number, tick.epoch, utc(tick.time))?;
    writeln!(out, "written   {}", utc(*written))?;
    writeln!(out, "log       from position {log_from}")?;
    writeln!(out, "keys      in {groups} groups by {hash}")?;
    writeln!(out, "sources")?;
    for source in sources {
        let positions: Vec<_> =
            source.positions.iter().map(|(partition, at)| format!("{partition}: {at}")).collect();
        writeln!(out, "  {}  {}", source.name, positions.join(", "))?;
    }
    writeln!(out, "operators")?;
    for operator in operators {
        let (keys, size) = totals(operator);
        let pieces: usize = operator.groups.iter().map(|group| group.pieces.len()).sum();
        writeln!(out, "  {}", operator.name)?;
        writeln!(
            out,
            "    {keys} keys in {} groups, {pieces} pieces, {}",
            operator.groups.len(),
            bytes(size)
        )?;
        for line in operator.schema.0.lines() {
            writeln!(out, "    {line}")?;
        }
    }
    writeln!(out, "objects")?;
    for (n, object) in objects.iter().enumerate() {
        let groups = operators.iter().flat_map(|operator| &operator.groups);
        let pieces = groups.flat_map(|group| &group.pieces).filter(|piece| piece.object as usize == n);
        writeln!(out, "  {object}  {}", bytes(pieces.map(|piece| piece.bytes).sum()))?;
    }
    Ok(true)
}
