//! From what is stored to what a start goes on from: the checkpoint is taken over, its newest state found, and the log
//! behind it.

mod fit;

use std::collections::VecDeque;

use self::fit::Fit;

use super::durable::{Begun, Durable};
use super::failure::Places;
use super::lane::Lanes;
use super::log::TickLog;
use crate::checkpoint::{self, LoggedTick, ReadAhead, Recovered, Start};
use crate::engine::Settings;
use crate::engine::checkpointing::{CheckpointPlace, Checkpointing};
use crate::pipeline::Pipeline;
use crate::wait::block_on;
use crate::{BoxError, Error, Place, Result};

/// What a start of the pipeline goes on from, and what it keeps up. By default: nothing.
#[derive(Default)]
pub(crate) struct Found {
    pub log: Option<TickLog>,
    pub durable: Option<Durable>,
    pub lanes: Option<Lanes>,
    /// The log is kept up in memory, for a restart within the process.
    pub kept: bool,
}

/// Takes the pipeline's checkpoint over, if it has one: from here on an older start can store nothing.
pub(crate) fn start(pipeline: &Pipeline<'_>, settings: &Settings, lanes: &Lanes) -> Result<Found> {
    let nothing = Found { lanes: Some(lanes.clone()), ..Found::default() };
    let Checkpointing { place, from, .. } = &settings.checkpointing;
    if place.is_none() && from.is_none() {
        return Ok(nothing);
    }
    let name = pipeline.name().ok_or_else(|| {
        Error::Config(
            "a checkpoint is stored under the pipeline's name, and this one has none: write `stream! { <Name> … }`, or \
             `.named(\"Name\")` behind it"
                .into(),
        )
    })?;
    let failed = |source: BoxError| {
        let at = Place { pipeline: Some(name.to_string()), ..Place::default() };
        Error::Checkpoint { at: Box::new(at), source }
    };
    let (Lanes::Threads(handle, _) | Lanes::Inline(handle)) = lanes;
    let _entered = handle.enter();
    let now = settings.clock.now();
    Places::of(&pipeline.plan).check_sources()?;
    Fit::new(pipeline, settings.checkpointing.allow_dropped).check()?;
    let other = from.as_ref().map(|from| read(from, name).map_err(failed)).transpose()?;
    let Some(place) = place else {
        let epoch = other.as_ref().map_or(0, |other| other.tick.epoch + 1);
        let known = known(pipeline, settings, epoch, other, Vec::new()).map_err(failed)?;
        return Ok(Found { log: Some(known.log), ..nothing });
    };
    let (storage, claim) = place.open(name)?;
    let behind = other.as_ref().map_or(0, |other| other.tick.epoch);
    let Start { log, checkpoints, mut recovered, ticks, warnings } =
        block_on(Start::take(&storage, now, behind)).map_err(|why| failed(why.into()))?;
    warn(name, warnings);
    if other.is_some() && (recovered.is_some() || !ticks.is_empty()) {
        return Err(Error::Config(format!(
            "the checkpoint `{place:?}` is not new, so `run_from` can't begin one there: use `run` to go on from it, or \
             another place"
        )));
    }
    let newest = recovered.as_ref().map(|found| found.tick.number);
    let first = other.is_some();
    recovered = recovered.or(other);
    let Known { log: known, places } =
        known(pipeline, settings, log.epoch(), recovered, ticks).map_err(failed)?;
    tell(name, &known);
    let begun = Begun { log, checkpoints, newest, places, claim, first };
    let durable = Durable::new(begun, &settings.checkpointing, now, lanes)?;
    Ok(Found { log: Some(known), durable: Some(durable), ..nothing })
}

/// The newest checkpoint in a place that is somebody else's.
fn read(place: &CheckpointPlace, pipeline: &str) -> Result<Recovered, BoxError> {
    let storage = place.look(pipeline)?;
    let (recovered, warnings) = block_on(checkpoint::newest(&storage))?;
    let warned = warnings.join("; ");
    warn(pipeline, warnings);
    recovered.ok_or_else(|| {
        let found = if warned.is_empty() { String::new() } else { format!(" ({warned})") };
        format!("there is no checkpoint of a pipeline `{pipeline}` in `{place:?}`{found}").into()
    })
}

fn warn(pipeline: &str, warnings: Vec<String>) {
    for warning in warnings {
        tracing::warn!(target: "millstream::checkpoint", pipeline, "{warning}");
    }
}

/// What is stored, in the terms of the pipeline of today.
struct Known {
    log: TickLog,
    /// The ticks that run again, and where in the log they are.
    places: VecDeque<(u64, u64)>,
}

fn known(
    pipeline: &Pipeline<'_>,
    settings: &Settings,
    epoch: u64,
    recovered: Option<Recovered>,
    ticks: Vec<(u64, LoggedTick)>,
) -> Result<Known, BoxError> {
    let fit = Fit::new(pipeline, settings.checkpointing.allow_dropped);
    let sources = fit.sources.len();
    let mut log = TickLog {
        epoch,
        journals: vec![Vec::new(); sources],
        committed: vec![Default::default(); sources],
        ..TickLog::default()
    };
    if let Some(found) = recovered {
        log.last = Some(found.tick);
        let names = found.sources.iter().map(|source| source.name.as_str());
        let at = fit.sources(names)?;
        for (source, at) in found.sources.into_iter().zip(at) {
            let Some(at) = at else { continue };
            log.committed[at] = source.positions;
            if !source.memory.is_empty() {
                log.journals[at].push(source.memory);
            }
        }
        log.states = fit.operators(found.operators)?;
    }
    let mut places = VecDeque::new();
    for (place, tick) in ticks {
        let at = fit.sources(tick.sources.iter().map(String::as_str))?;
        let mut plan = tick.record.into_plan();
        let next = log.newest().map_or(0, |newest| newest.number + 1);
        debug_assert_eq!(plan.tick.number, next, "ticks have no gap");
        plan.tick.epoch = epoch;
        plan.sources = fit.deal(&at, plan.sources);
        log.note(fit.deal(&at, tick.notes));
        log.read.extend(tick.read.into_iter().filter_map(|read| {
            let source = at.get(read.source as usize).copied().flatten()?;
            Some(ReadAhead { source: u32::try_from(source).ok()?, ..read })
        }));
        fit.give_up(&mut plan);
        places.push_back((plan.tick.number, place));
        log.open.push_back(plan);
    }
    Ok(Known { log, places })
}

fn tell(pipeline: &str, log: &TickLog) {
    match log.newest() {
        None => tracing::info!(
            target: "millstream::checkpoint", pipeline, epoch = log.epoch, "a new checkpoint: the pipeline begins"
        ),
        Some(newest) => tracing::info!(
            target: "millstream::checkpoint",
            pipeline,
            epoch = log.epoch,
            checkpoint = log.last.map(|tick| tick.number),
            again = log.open.len(),
            next = newest.number + 1,
            "the pipeline goes on from its checkpoint"
        ),
    }
}
