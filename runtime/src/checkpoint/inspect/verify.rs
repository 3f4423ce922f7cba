//! Reads every object of a pipeline.

use std::fmt;
use std::io::Write;

use crate::BoxError;
use crate::checkpoint::Storage;
use crate::checkpoint::envelope::{self, Kind};
use crate::checkpoint::log::Entry;
use crate::checkpoint::name::{ManifestName, Name, Position, StateName};
use crate::checkpoint::recover;

/// What was read so far.
struct Report<'a> {
    out: &'a mut dyn Write,
    objects: u64,
    bytes: u64,
    damaged: u64,
}

impl Report<'_> {
    fn damage(&mut self, what: impl fmt::Display) -> Result<(), BoxError> {
        self.damaged += 1;
        writeln!(self.out, "  {what}")?;
        Ok(())
    }

    /// An object as it is there now.
    async fn read(&mut self, storage: &Storage, name: impl Name) -> Result<Option<Vec<u8>>, BoxError> {
        let object = storage.get(name).await?;
        if let Some(object) = &object {
            self.objects += 1;
            self.bytes += object.len() as u64;
        }
        Ok(object)
    }
}

/// Whether all of it is whole. A pipeline that is running meanwhile may prune what was listed: that is no damage.
pub(super) async fn all(storages: &[Storage], out: &mut dyn Write) -> Result<bool, BoxError> {
    let mut whole = true;
    for storage in storages {
        writeln!(out, "{}", storage.pipeline())?;
        let mut report = Report { out: &mut *out, objects: 0, bytes: 0, damaged: 0 };
        log(storage, &mut report).await?;
        states(storage, &mut report).await?;
        checkpoints(storage, &mut report).await?;
        let Report { objects, bytes, damaged, .. } = report;
        let found = if damaged == 0 { "whole".into() } else { format!("{damaged} damaged") };
        writeln!(out, "  {objects} objects, {}: {found}", super::bytes(bytes))?;
        whole &= damaged == 0;
    }
    Ok(whole)
}

async fn log(storage: &Storage, report: &mut Report<'_>) -> Result<(), BoxError> {
    let (mut last, mut epoch) = (None, 0);
    for found in storage.list::<Position>().await? {
        let name = found.name;
        let Some(object) = report.read(storage, name).await? else { continue };
        let entry = match Entry::read(&object) {
            Ok(entry) => entry,
            Err(why) => {
                report.damage(format_args!("`{name}` {why}"))?;
                continue;
            }
        };
        if entry.epoch() < epoch {
            report.damage(format_args!(
                "`{name}` is of epoch {}, behind one of epoch {epoch}",
                entry.epoch()
            ))?;
        }
        epoch = entry.epoch();
        let Entry::Ticks(ticks) = entry else { continue };
        for tick in ticks.ticks {
            let number = tick.tick().number;
            if let Some(last) = last.filter(|last| last + 1 != number) {
                report.damage(format_args!("`{name}` has tick {number}, behind tick {last}"))?;
            }
            last = Some(number);
        }
    }
    Ok(())
}

async fn states(storage: &Storage, report: &mut Report<'_>) -> Result<(), BoxError> {
    for found in storage.list::<StateName>().await? {
        let Some(object) = report.read(storage, found.name).await? else { continue };
        match envelope::open(&object) {
            Ok((Kind::State, _)) => {}
            Ok((kind, _)) => {
                report.damage(format_args!("`{}` is {kind} where pieces of state should be", found.name))?
            }
            Err(why) => report.damage(format_args!("`{}` {why}", found.name))?,
        }
    }
    Ok(())
}

/// The manifests, and the pieces that they refer to.
async fn checkpoints(storage: &Storage, report: &mut Report<'_>) -> Result<(), BoxError> {
    for found in storage.list::<ManifestName>().await? {
        let name = found.name;
        if report.read(storage, name).await?.is_none() {
            continue;
        }
        match recover::whole(storage, name).await {
            Ok(Ok(_)) => {}
            Ok(Err(why)) => report.damage(format_args!("the checkpoint of tick {}: {why}", name.tick))?,
            Err(error) => report.damage(error)?,
        }
    }
    Ok(())
}
