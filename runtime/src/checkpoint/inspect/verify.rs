//! Reads every object of a pipeline.

use std::fmt;
use std::io::Write;

use crate::BoxError;
use crate::checkpoint::Storage;
use crate::checkpoint::envelope::{self, Kind};
use crate::checkpoint::frames::Frame;
use crate::checkpoint::log::Entry;
use crate::checkpoint::name::{ManifestName, Name, Position, SegmentName, StateName};
use crate::checkpoint::recover;
use crate::checkpoint::segment::{ends, entries};

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

/// The entries in order, as a start would read them.
struct Log {
    last: Option<u64>,
    epoch: u64,
}

impl Log {
    fn entry(
        &mut self,
        report: &mut Report<'_>,
        name: &impl fmt::Display,
        entry: &Entry,
    ) -> Result<(), BoxError> {
        let (epoch, before) = (entry.epoch(), self.epoch);
        if epoch < before {
            report.damage(format_args!("`{name}` is of epoch {epoch}, behind one of epoch {before}"))?;
        }
        self.epoch = epoch;
        let Entry::Ticks(ticks) = entry else { return Ok(()) };
        for tick in &ticks.ticks {
            let number = tick.tick().number;
            if let Some(last) = self.last.filter(|last| last + 1 != number) {
                report.damage(format_args!("`{name}` has tick {number}, behind tick {last}"))?;
            }
            self.last = Some(number);
        }
        Ok(())
    }

    /// `end`: what is behind that is not part of the log; without one, it may be growing if it is the newest.
    fn segment(
        &mut self,
        report: &mut Report<'_>,
        name: SegmentName,
        bytes: &[u8],
        end: Option<u64>,
        newest: bool,
    ) -> Result<(), BoxError> {
        for Frame { bytes, what, torn } in entries(bytes) {
            if end.is_some_and(|end| bytes.end as u64 > end) || torn && newest {
                break;
            }
            match what {
                Ok(Some(entry)) => self.entry(report, &name, &entry)?,
                Ok(None) => {}
                Err(why) => report.damage(format_args!("`{name}` {why}"))?,
            }
        }
        Ok(())
    }
}

async fn log(storage: &Storage, report: &mut Report<'_>) -> Result<(), BoxError> {
    let mut log = Log { last: None, epoch: 0 };
    let mut segments = Vec::new();
    for found in storage.list::<SegmentName>().await? {
        if let Some(bytes) = report.read(storage, found.name).await? {
            segments.push((found.name, bytes));
        }
    }
    let ends = match ends(&segments) {
        Ok(ends) => ends,
        Err((name, newer)) => return report.damage(format_args!("`{name}` {newer}")),
    };
    let newest = segments.last().map(|(name, _)| *name);
    let mut segments = segments.into_iter().peekable();
    for found in storage.list::<Position>().await? {
        let name = found.name;
        while let Some((segment, bytes)) = segments.next_if(|(segment, _)| segment.fence < name.0) {
            log.segment(report, segment, &bytes, ends.get(&segment).copied(), Some(segment) == newest)?;
        }
        let Some(object) = report.read(storage, name).await? else { continue };
        match Entry::read(&object) {
            Ok(entry) => log.entry(report, &name, &entry)?,
            Err(why) => report.damage(format_args!("`{name}` {why}"))?,
        }
    }
    for (segment, bytes) in segments {
        log.segment(report, segment, &bytes, ends.get(&segment).copied(), Some(segment) == newest)?;
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
