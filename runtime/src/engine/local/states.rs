//! What operators keep, from tick to tick and over a restart.

use millstream_plan::{OpKind, Plan};

use super::log::TickLog;
use super::schedule::Scheduler;
use crate::engine::Trigger;
use crate::pipeline::{Head, StageNode};
use crate::state::{GroupState, Piece};
use crate::{Error, Result};

/// By stage, the name of the state that its operator keeps.
pub(crate) fn names(plan: &Plan, stages: &[StageNode<'_>]) -> Vec<Option<String>> {
    let graph = plan.graph();
    let heads = (0..stages.len()).map(|stage| graph.stages.get(stage).map(|s| s.head));
    heads
        .map(|head| head.filter(|id| graph.nodes[*id].kind.spec().stateful).map(|id| graph.operator_name(id)))
        .collect()
}

/// What must happen in every interval can't be left to ticks that come with data.
pub(crate) fn check_trigger(plan: &Plan, trigger: Trigger) -> Result<()> {
    let every_tick = [OpKind::UpdateStateByKey, OpKind::UpdateStateByKeyWith];
    let graph = plan.graph();
    let found = graph.nodes.iter().position(|node| every_tick.contains(&node.kind));
    match (found, trigger) {
        (None, _) | (_, Trigger::Interval(_)) => Ok(()),
        (Some(node), Trigger::Eager | Trigger::AvailableNow) => Err(Error::Config(format!(
            "`{}` looks at every key in every interval, with data or without, and with Trigger::{trigger:?} there are ticks \
             only where there is data: run it at a batch interval, or use `map_with_state`, which looks at keys with new \
             values",
            graph.operator_name(node)
        ))),
    }
}

/// Goes on with the states of a log.
pub(crate) fn restore(
    stages: &[StageNode<'_>],
    names: &[Option<String>],
    log: &TickLog,
    scheduler: &mut Scheduler,
) -> Result<()> {
    for (stage, name) in names.iter().enumerate() {
        let Some(name) = name else { continue };
        let (Some(saved), Head::Operator { op, .. }) = (log.states.get(name), &stages[stage].head) else {
            continue;
        };
        let read = |(group, pieces): (&usize, &Vec<Vec<u8>>)| {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            Ok((*group, op.restore(&pieces)?))
        };
        let states: std::result::Result<Vec<(usize, GroupState)>, crate::BoxError> =
            saved.iter().map(read).collect();
        let states =
            states.map_err(|why| Error::Config(format!("the state of `{name}` can't be read: {why}")))?;
        scheduler.restore(stage, states);
    }
    Ok(())
}

/// A tick is committed that changed these states, by stage.
pub(crate) fn store(log: &mut TickLog, names: &[Option<String>], saved: Vec<Vec<Piece>>) -> Result<()> {
    for (name, pieces) in names.iter().zip(saved) {
        let Some(name) = name else { continue };
        let groups = log.states.entry(name.clone()).or_default();
        for piece in pieces {
            let mut bytes = Vec::new();
            let written = piece.frozen.write(&mut bytes);
            written.map_err(|why| Error::Config(format!("the state of `{name}` can't be written: {why}")))?;
            let group = groups.entry(piece.group).or_default();
            if piece.full {
                group.clear();
            }
            group.push(bytes);
        }
    }
    Ok(())
}
