//! What a pipeline can promise, and why not more.

use super::local::intake::Replay;
use crate::pipeline::Pipeline;
use crate::sink::Delivery;

/// What holds over a restart: with a checkpoint; or without one, and then what would hold with one, if that is not
/// everything.
pub(crate) fn of(pipeline: &Pipeline<'_>, checkpoint: bool) -> String {
    let with_checkpoint = with_checkpoint(pipeline);
    if checkpoint {
        return with_checkpoint.unwrap_or_else(|| "exactly-once".to_string());
    }
    let without = "each record once within a run; a restart starts over, because there is no checkpoint";
    match with_checkpoint {
        None => without.to_string(),
        Some(guarantee) => format!("{without}; with one, {guarantee}"),
    }
}

/// `None`: exactly-once, without any restriction.
fn with_checkpoint(pipeline: &Pipeline<'_>) -> Option<String> {
    let graph = pipeline.plan.graph();
    let sources = |replay: Replay| {
        let such = pipeline.sources.iter().filter(move |source| Replay::of(source) == replay);
        such.map(|source| {
            let stream = graph.nodes.get(source.node).map_or("", |node| node.stream);
            format!("`{stream}` ({})", source.info)
        })
        .collect::<Vec<String>>()
        .join(", ")
    };
    let (logged, lost) = (sources(Replay::Logged), sources(Replay::Nothing));
    let again: Vec<String> = pipeline
        .outlets
        .iter()
        .filter(|outlet| outlet.outlet.delivery() == Delivery::AtLeastOnce)
        .map(|outlet| {
            let (stream, kind) =
                graph.nodes.get(outlet.node).map_or(("", ""), |node| (node.stream, node.kind.name()));
            let detail = outlet.outlet.detail().map_or(String::new(), |detail| format!(" ({detail})"));
            format!("`{kind}`{detail} on `{stream}`")
        })
        .collect();
    let mut parts = Vec::new();
    if !again.is_empty() {
        let shows = if again.len() == 1 { "shows" } else { "show" };
        parts.push(format!(
            "at-least-once, because {} {shows} a tick again that runs again",
            again.join(", ")
        ));
    }
    if !logged.is_empty() {
        parts.push(format!(
            "exactly-once from the log on for what {logged} gives: what it has received and is not logged yet may be lost"
        ));
    }
    if !lost.is_empty() {
        parts.push(format!(
            "at-most-once for what {lost} gives: it can be neither replayed nor logged, so a crash loses what came since the \
             last checkpoint"
        ));
    }
    if parts.is_empty() { None } else { Some(parts.join("; ")) }
}
