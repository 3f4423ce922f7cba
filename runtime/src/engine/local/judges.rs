//! By which watermark each operator judges: found out once, from the graph.

use std::time::Duration;

use millstream_plan::{NodeId, OpKind};

use crate::clock::Timestamp;
use crate::event_time::Watermarks;
use crate::pipeline::Pipeline;
use crate::tick::TickKind;

/// A clock upstream of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judge {
    clock: usize,
    /// The lateness that windows between the two allow, and how long joins wait for a match: their results come so much later.
    delay: Duration,
    /// There are windows between the two, or what else waits for it: what comes of them is judged late as their records were.
    behind: bool,
}

/// For each node of the graph the clocks upstream of it.
pub(crate) struct Judges(Vec<Vec<Judge>>);

impl Judges {
    pub fn of_pipeline(pipeline: &Pipeline<'_>) -> Judges {
        let nodes = pipeline.plan.graph().nodes;
        let mut into: Vec<Vec<Judge>> = Vec::with_capacity(nodes.len());
        let mut out: Vec<Vec<Judge>> = Vec::with_capacity(nodes.len());
        for (id, node) in nodes.iter().enumerate() {
            let mut all: Vec<Judge> = Vec::new();
            for judge in node.inputs.iter().flat_map(|input| &out[input.node]) {
                match all.iter_mut().find(|known| known.clock == judge.clock) {
                    Some(known) => {
                        known.delay = known.delay.max(judge.delay);
                        known.behind |= judge.behind;
                    }
                    None => all.push(*judge),
                }
            }
            into.push(all.clone());
            if let Some(late) = pipeline.delays.iter().find(|late| late.node == id) {
                for judge in &mut all {
                    judge.delay = judge.delay.saturating_add(late.delay);
                    judge.behind = true;
                }
            }
            if node.kind.hands_on_times() || node.kind == OpKind::Sessionize {
                all.iter_mut().for_each(|judge| judge.behind = true);
            }
            if node.kind == OpKind::EventTime
                && let Some(clock) = pipeline.clocks.iter().position(|c| c.node == id)
            {
                all.push(Judge { clock, delay: Duration::ZERO, behind: false });
            }
            out.push(all);
        }
        Judges(into)
    }

    /// Of what an operator is given.
    pub fn of(&self, node: NodeId) -> Vec<Judge> {
        self.0.get(node).cloned().unwrap_or_default()
    }
}

/// An operator's watermarks in a tick: the lowest of those upstream. Without any, time stands still until the end of input.
pub(crate) fn judge(judges: &[Judge], clocks: &[Watermarks], kind: TickKind) -> Watermarks {
    if judges.is_empty() {
        let due = if kind == TickKind::Flush { Timestamp::MAX } else { Timestamp::MIN };
        return Watermarks { late: Timestamp::MIN, due };
    }
    let of = |judge: &Judge| clocks.get(judge.clock).copied().unwrap_or_default();
    let late = judges.iter().map(|judge| {
        let watermarks = of(judge);
        // The time of a window that ended just behind that watermark is the watermark itself.
        let behind = || watermarks.late.minus(Duration::from_millis(1));
        (if judge.behind { behind() } else { watermarks.due }).minus(judge.delay)
    });
    let due = judges.iter().map(|judge| of(judge).due.minus(judge.delay));
    Watermarks { late: late.min().unwrap_or(Timestamp::MIN), due: due.min().unwrap_or(Timestamp::MIN) }
}
