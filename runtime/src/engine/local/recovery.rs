//! From what is stored to what a start goes on from: the checkpoint is taken over, its newest state found, and the log
//! behind it.

use std::collections::{BTreeMap, VecDeque};

use super::durable::{Begun, Durable};
use super::lane::Lanes;
use super::log::{Kept, TickLog};
use super::states;
use crate::checkpoint::{LoggedTick, Recovered, Start};
use crate::engine::Settings;
use crate::pipeline::Pipeline;
use crate::wait::block_on;
use crate::{BoxError, Error, Place, Result};

/// What a start of the pipeline goes on from, and what it keeps up. By default: nothing.
#[derive(Default)]
pub(crate) struct Found {
    pub log: Option<TickLog>,
    pub durable: Option<Durable>,
}

/// Takes the pipeline's checkpoint over, if it has one: from here on an older start can store nothing.
pub(crate) fn start(pipeline: &Pipeline<'_>, settings: &Settings, lanes: &Lanes) -> Result<Found> {
    let Some(place) = &settings.checkpointing.place else { return Ok(Found::default()) };
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
    let (storage, claim) = place.open(name)?;
    let now = settings.clock.now();
    let Start { log, checkpoints, recovered, ticks, warnings } =
        block_on(Start::take(&storage, now)).map_err(|why| failed(why.into()))?;
    for warning in warnings {
        tracing::warn!(target: "millstream::checkpoint", pipeline = name, "{warning}");
    }
    let newest = recovered.as_ref().map(|found| found.tick.number);
    let Known { log: known, places } =
        known(pipeline, settings, log.epoch(), recovered, ticks).map_err(failed)?;
    tell(name, &known);
    let begun = Begun { log, checkpoints, newest, places, claim };
    let durable = Durable::new(begun, &settings.checkpointing, now, lanes)?;
    Ok(Found { log: Some(known), durable: Some(durable) })
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
    let sources = states::source_names(pipeline);
    let mut log = TickLog {
        epoch,
        journals: vec![Vec::new(); sources.len()],
        committed: vec![Default::default(); sources.len()],
        ..TickLog::default()
    };
    if let Some(found) = recovered {
        log.last = Some(found.tick);
        for source in found.sources {
            let Some(at) = sources.iter().position(|name| *name == source.name) else {
                continue;
            };
            log.committed[at] = source.positions;
            if !source.memory.is_empty() {
                log.journals[at].push(source.memory);
            }
        }
        for operator in found.operators {
            let groups: BTreeMap<usize, Vec<Vec<u8>>> = operator.groups.into_iter().collect();
            log.states.insert(operator.name, Kept { schema: Some(operator.schema), groups });
        }
    }
    let mut places = VecDeque::new();
    for (place, tick) in ticks {
        let mut plan = tick.record.into_plan();
        let number = plan.tick.number;
        debug_assert_eq!(number, log.newest().map_or(0, |newest| newest.number + 1), "ticks have no gap");
        plan.tick.epoch = epoch;
        log.note(tick.notes);
        log.open.push_back(plan);
        places.push_back((number, place));
    }
    let _ = settings;
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
