//! What a pipeline can promise, and why not more.

use crate::pipeline::Pipeline;
use crate::sink::Delivery;

/// What holds while there are no checkpoints; then what would stand in the way of exactly-once if there were.
pub(crate) fn of(pipeline: &Pipeline<'_>) -> String {
    let today = "each record once within a run; a restart starts over, because nothing is checkpointed yet";
    let graph = pipeline.plan.graph();
    let sources = pipeline.sources.iter().filter(|s| !s.info.replayable).map(|s| {
        let stream = graph.nodes.get(s.node).map_or("", |n| n.stream);
        format!("the source `{stream}` ({}) can't be replayed", s.info)
    });
    let outlets = pipeline.outlets.iter().filter(|o| o.outlet.delivery() == Delivery::AtLeastOnce).map(|o| {
        let (stream, kind) = graph.nodes.get(o.node).map_or(("", ""), |n| (n.stream, n.kind.name()));
        let detail = o.outlet.detail().map_or(String::new(), |detail| format!(" ({detail})"));
        format!("`{kind}`{detail} on `{stream}` delivers at least once")
    });
    let reasons: Vec<String> = sources.chain(outlets).collect();
    if reasons.is_empty() {
        today.to_string()
    } else {
        format!("{today}; not exactly-once with checkpoints either, because {}", reasons.join(", and "))
    }
}
