//! What operators keep, from tick to tick and over a restart.

use std::collections::BTreeMap;

use millstream_plan::{OpKind, Plan};

use super::log::StateBytes;
use super::schedule::Scheduler;
use super::watermarks;
use crate::engine::Trigger;
use crate::pipeline::{Head, Pipeline, SourceNode, StageNode};
use crate::state::{GroupState, Migrations, Piece, Reading, Schema};
use crate::{Error, Result};

/// What is known of an operator's state, whatever it holds.
#[derive(Clone, Debug)]
pub(crate) struct StateName {
    pub name: String,
    /// `None`: nothing of it can be stored.
    pub schema: Option<Schema>,
}

/// By stage, the state that its operator keeps; then by clock, how far it is.
pub(crate) fn names(plan: &Plan, stages: &[StageNode<'_>]) -> Vec<Option<StateName>> {
    let graph = plan.graph();
    let of_stage = |(at, stage): (usize, &StageNode<'_>)| {
        let id = graph.stages.get(at)?.head;
        let Head::Operator { op, .. } = &stage.head else { return None };
        let stateful = graph.nodes[id].kind.spec().stateful;
        stateful.then(|| StateName { name: graph.operator_name(id), schema: op.schema() })
    };
    let clocks = graph.nodes.iter().enumerate().filter(|(_, node)| node.kind == OpKind::EventTime);
    let of_clock =
        |(id, _)| Some(StateName { name: graph.operator_name(id), schema: Some(watermarks::schema()) });
    stages.iter().enumerate().map(of_stage).chain(clocks.map(of_clock)).collect()
}

/// By source, its name: its id, else its stream's; with a number behind it if an earlier source has that, which a checkpoint
/// does not take ([`Places::check_sources`](super::failure::Places::check_sources)).
pub(crate) fn source_names(pipeline: &Pipeline<'_>) -> Vec<String> {
    let graph = pipeline.plan.graph();
    let of =
        |source: &SourceNode| graph.nodes.get(source.node).map_or("", |_| graph.source_name(source.node));
    let names: Vec<&str> = pipeline.sources.iter().map(of).collect();
    let numbered = names.iter().enumerate().map(|(at, name)| {
        let earlier = names[..at].iter().filter(|known| *known == name).count();
        if earlier == 0 { (*name).to_string() } else { format!("{name}#{}", earlier + 1) }
    });
    numbered.collect()
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

/// Whether something may happen by the time alone, also in an interval that nobody saw.
pub(crate) fn goes_by_time(pipeline: &Pipeline<'_>) -> bool {
    let timed = [OpKind::MapWithState, OpKind::MapWithStateAndSnapshots];
    !pipeline.windows.is_empty() || pipeline.plan.graph().nodes.iter().any(|node| timed.contains(&node.kind))
}

/// Goes on with the states of a log.
pub(crate) fn restore(
    stages: &[StageNode<'_>],
    names: &[Option<StateName>],
    migrations: &Migrations,
    states: &BTreeMap<String, StateBytes>,
    scheduler: &mut Scheduler,
) -> Result<()> {
    for (stage, state) in names.iter().enumerate().take(stages.len()) {
        let Some(StateName { name, schema }) = state else { continue };
        let (Some(stored), Head::Operator { op, .. }) = (states.get(name), &stages[stage].head) else {
            continue;
        };
        let Some(schema) = stored.schema.as_ref().or(schema.as_ref()) else { continue };
        let reading = Reading::new(name, &**op, schema, migrations)?;
        let read = |(group, pieces): (&usize, &Vec<Vec<u8>>)| {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            Ok((*group, reading.group(&pieces)?))
        };
        let groups: Result<Vec<(usize, GroupState)>> = stored.groups.iter().map(read).collect();
        scheduler.restore(stage, groups?);
    }
    Ok(())
}

/// A tick is committed behind which this was frozen, by stage.
pub(crate) fn store(
    states: &mut BTreeMap<String, StateBytes>,
    names: &[Option<StateName>],
    frozen: Vec<Vec<Piece>>,
) -> Result<()> {
    for (state, pieces) in names.iter().zip(frozen) {
        let Some(StateName { name, .. }) = state else { continue };
        let added = states.entry(name.clone()).or_default().add(pieces);
        added.map_err(|why| Error::Config(format!("the state of `{name}` can't be written: {why}")))?;
    }
    Ok(())
}
