//! The words that all renderers share: what an operator, a stream and an exchange are called.

use crate::graph::{Graph, Node, NodeId, Port};
use crate::op::{Cut, ModifierArg, OpKind};
use crate::plan::Plan;

/// An operator as a reader of the program knows it: `map`, `print(10)`, `union of a, b`; a source in its own
/// words.
pub(crate) fn operator(plan: &Plan, node: NodeId) -> String {
    let graph = plan.graph();
    let kind = graph.nodes[node].kind;
    let plain = match (kind, plan.detail(node)) {
        (OpKind::Source, Some(detail)) => detail.to_string(),
        (OpKind::Union, _) => {
            let inputs: Vec<_> = graph.nodes[node].inputs.iter().map(|p| stream(graph, *p)).collect();
            format!("union of {}", inputs.join(", "))
        }
        (_, Some(detail)) => format!("{}({detail})", kind.name()),
        (_, None) => kind.name().to_string(),
    };
    format!("{plain}{}", modified(&graph.nodes[node]))
}

/// What was written behind an operator: `, exact, id sums`.
fn modified(node: &Node) -> String {
    // What a modifier was given stands in the detail.
    let alone = node.modifiers.iter().filter(|m| m.spec().arg == ModifierArg::Nothing);
    let modifiers = alone.map(|m| format!(", {}", m.name()));
    modifiers.chain(node.id.map(|id| format!(", id {id}"))).collect()
}

/// A stream by its `let` name, else by the operator that makes it; of two outputs always which one.
pub(crate) fn stream(graph: &Graph, port: Port) -> String {
    let node = &graph.nodes[port.node];
    match node.outputs[port.output] {
        Some(name) => name.to_string(),
        None if node.outputs.len() > 1 => format!("{}.{}", graph.stream_name(port), output(graph, port)),
        None => graph.stream_name(port),
    }
}

/// One of an operator's outputs by its `let` name, else by what it holds.
pub(crate) fn output(graph: &Graph, port: Port) -> &'static str {
    let node = &graph.nodes[port.node];
    node.outputs[port.output].unwrap_or(match (node.kind, port.output) {
        (OpKind::Split, 0) => "true",
        (OpKind::Split, _) => "false",
        (OpKind::TryMap, 0) => "ok",
        (OpKind::TryMap, _) => "bad",
        (OpKind::MapWithStateAndSnapshots, 0) => "mapped",
        (OpKind::MapWithStateAndSnapshots, _) => "snapshots",
        (kind, 0) if kind.gives_late() => "results",
        (kind, _) if kind.gives_late() => "late",
        _ => "_",
    })
}

/// The streams that an operator defines, `small | large`; `None` if no `let` names one.
pub(crate) fn defines(graph: &Graph, node: NodeId) -> Option<String> {
    let outputs = graph.nodes[node].outputs;
    outputs.iter().any(Option::is_some).then(|| {
        let names: Vec<_> = (0..outputs.len()).map(|o| output(graph, Port { node, output: o })).collect();
        names.join(" | ")
    })
}

/// How a tail's records reach the operator behind the cut: `by key, combined before`.
pub(crate) fn exchange(plan: &Plan, node: NodeId) -> String {
    let way = match plan.graph().nodes[node].kind.spec().cut {
        Cut::ByKey => "by key",
        Cut::ToOne => "to one",
        Cut::ToDriver => "to the driver",
        Cut::RoundRobin => "round robin",
        Cut::IfApart | Cut::None | Cut::InPlace => "one to one",
    };
    if plan.combines(node) { format!("{way}, combined before") } else { way.to_string() }
}

/// The `///` text of a statement, at the operator that ends the statement only.
pub(crate) fn doc(graph: &Graph, node: NodeId) -> Option<&'static str> {
    let n = &graph.nodes[node];
    let goes_on = || {
        let next = (0..n.outputs.len()).flat_map(|output| graph.consumers(Port { node, output }));
        let mut next = next.map(|(id, _)| &graph.nodes[id]);
        n.outputs.iter().all(Option::is_none) && next.any(|c| c.stream == n.stream && c.doc == n.doc)
    };
    n.doc.filter(|_| !goes_on())
}

/// Whether a character would end a line, or is there to steer and not to be read.
pub(crate) fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use crate::samples;

    #[test]
    fn every_kind_of_operator_renders() {
        for (kind, plan) in samples::one_of_each() {
            let of = if kind.name() == "union" { "union of s, s" } else { kind.name() };
            for picture in [plan.to_string(), plan.mermaid(), plan.dot(), plan.json()] {
                assert!(
                    picture.contains(of) || picture.contains(&format!("\"{}\"", kind.name())),
                    "{picture}"
                );
            }
            assert!(serde_json::from_str::<serde_json::Value>(&plan.json()).is_ok());
        }
    }
}
