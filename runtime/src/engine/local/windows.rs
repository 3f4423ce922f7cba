//! How often each stream has a batch, and whether windows fit that.

use millstream_plan::OpKind;

use crate::engine::Trigger;
use crate::pipeline::{Head, Pipeline, Route};
use crate::window::{Slides, gcd, millis};
use crate::{Error, Result};

/// Fits the pipeline's windows to the engine's ticks.
pub(crate) fn fit(pipeline: &Pipeline<'_>, trigger: Trigger) -> Result<()> {
    let graph = pipeline.plan.graph();
    let Some(first) = pipeline.windows.first() else { return Ok(()) };
    let Trigger::Interval(interval) = trigger else {
        return Err(Error::Config(format!(
            "`{}` cuts processing time into windows, and with Trigger::{trigger:?} ticks come when there is data, at no times \
             that windows could be cut at: run it at a batch interval; or take windows of event time, which go by what \
             records say (`event_time`)",
            graph.operator_name(first.node)
        )));
    };
    let interval = millis(interval).unwrap_or(i64::MAX);
    // By stage: how many milliseconds lie between the batches of what its head gives.
    let mut every: Vec<i64> = Vec::with_capacity(pipeline.stages.len());
    for (stage, node) in pipeline.stages.iter().enumerate() {
        let Head::Operator { inputs, .. } = &node.head else {
            every.push(interval);
            continue;
        };
        let head = graph.stages[stage].head;
        let of_inputs: Vec<i64> =
            (0..*inputs).map(|input| of_input(pipeline, stage, input, &every).unwrap_or(interval)).collect();
        let together = of_inputs.iter().copied().reduce(gcd).unwrap_or(interval);
        let named = || graph.operator_name(head);
        if graph.nodes[head].kind != OpKind::Union
            && let Some(other) = of_inputs.iter().find(|every| **every != of_inputs[0])
        {
            let [a, b] =
                [of_inputs[0], *other].map(|every| std::time::Duration::from_millis(every.unsigned_abs()));
            return Err(Error::Config(format!(
                "`{}` takes batches of two streams together, and one has a batch every {a:?}, the other every {b:?}: give \
                 their windows the same slide, or put the other stream in a `window` with that slide too",
                named()
            )));
        }
        let Some(window) = pipeline.windows.iter().find(|window| window.node == head) else {
            every.push(together);
            continue;
        };
        window.window.fit(together).map_err(|why| Error::Config(format!("`{}` {why}", named())))?;
        every.push(window.window.known().as_ref().map_or(together, Slides::slide));
    }
    Ok(())
}

/// How often an input of a stage's head has a batch.
fn of_input(pipeline: &Pipeline<'_>, stage: usize, input: usize, every: &[i64]) -> Option<i64> {
    let feeds = |route: &Route| *route == Route::Stage { stage, input };
    let feeders = every.iter().zip(&pipeline.stages).filter(|(_, from)| from.tails.iter().any(feeds));
    feeders.map(|(every, _)| *every).reduce(gcd)
}
