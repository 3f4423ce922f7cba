//! The plan as JSON, for tools: everything that a plan holds.
//!
//! # Contract
//! - Fields come in a fixed order and are always there; what is missing is `null`. Fields are added, never
//!   renamed.
//! - `stage` is the stage that an operator's records leave from, and `to` the stage that an exchange leads to;
//!   `null` means the driver.

use std::fmt::Write as _;

use crate::op::Cut;
use crate::plan::Plan;
use crate::words;

impl Plan {
    /// The whole plan as pretty-printed JSON: name, facts, nodes, stages, exchanges.
    pub fn json(&self) -> String {
        let graph = self.graph();
        let facts = self
            .facts()
            .iter()
            .map(|(name, value)| object(2, [("name", string(name)), ("value", string(value))]));
        let nodes = graph.nodes.iter().enumerate().map(|(id, node)| {
            let inputs =
                node.inputs.iter().map(|p| format!("{{ \"node\": {}, \"output\": {} }}", p.node, p.output));
            object(
                2,
                [
                    ("id", id.to_string()),
                    ("operator", string(node.kind.name())),
                    ("stream", string(node.stream)),
                    ("inputs", row(inputs)),
                    ("outputs", row(node.outputs.iter().map(|name| optional(*name)))),
                    ("doc", optional(node.doc)),
                    ("detail", optional(self.detail(id))),
                    ("body", row(node.body.iter().map(|kind| string(kind.name())))),
                    ("stage", index(graph.stage_of(id))),
                    ("named", optional(node.id)),
                    ("modifiers", row(node.modifiers.iter().map(|m| string(m.name())))),
                ],
            )
        });
        let stages = graph.stages.iter().enumerate().map(|(id, stage)| {
            object(
                2,
                [
                    ("id", id.to_string()),
                    ("head", stage.head.to_string()),
                    ("fused", row(stage.fused.iter().map(usize::to_string))),
                    ("tails", row(stage.tails.iter().map(usize::to_string))),
                ],
            )
        });
        let exchanges = graph.exchanges().into_iter().map(|exchange| {
            let node = &graph.nodes[exchange.node];
            object(
                2,
                [
                    ("from", exchange.from.to_string()),
                    ("to", index(exchange.to)),
                    ("node", exchange.node.to_string()),
                    ("input", exchange.input.to_string()),
                    ("kind", string(kind(node.kind.spec().cut))),
                    ("combines", self.combines(exchange.node).to_string()),
                ],
            )
        });
        let mut out = object(
            0,
            [
                ("name", optional(self.name())),
                ("facts", list(facts)),
                ("nodes", list(nodes)),
                ("stages", list(stages)),
                ("exchanges", list(exchanges)),
            ],
        );
        out.push('\n');
        out
    }
}

fn kind(cut: Cut) -> &'static str {
    match cut {
        Cut::ByKey => "by_key",
        Cut::ToOne => "to_one",
        Cut::ToDriver => "to_driver",
        Cut::RoundRobin => "round_robin",
        Cut::IfApart | Cut::None | Cut::InPlace => "one_to_one",
    }
}

/// An object whose fields stand on lines of their own; `depth` is how deep it is nested.
fn object<const N: usize>(depth: usize, fields: [(&str, String); N]) -> String {
    let indent = "  ".repeat(depth);
    let fields = fields.map(|(name, value)| format!("{indent}  \"{name}\": {value}"));
    format!("{{\n{}\n{indent}}}", fields.join(",\n"))
}

/// A field's array with an item on each line.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.map(|item| format!("    {item}")).collect();
    if items.is_empty() { "[]".to_string() } else { format!("[\n{}\n  ]", items.join(",\n")) }
}

/// An array on one line.
fn row(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn index(id: Option<usize>) -> String {
    id.map_or_else(|| "null".to_string(), |id| id.to_string())
}

fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_string(), string)
}

/// A string literal: of JSON, and so of YAML too.
pub(crate) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // The line separators are legal here, but not in the JavaScript of old, nor on one line of YAML.
            c if words::breaks(c) => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("a String takes all that is written to it");
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::string;
    use crate::samples;

    #[test]
    fn every_field_is_there() {
        insta::assert_snapshot!(samples::for_loop().json(), @r#"
    {
      "name": null,
      "facts": [],
      "nodes": [
        {
          "id": 0,
          "operator": "source",
          "stream": "s",
          "inputs": [],
          "outputs": ["s"],
          "doc": null,
          "detail": null,
          "body": [],
          "stage": 0,
          "named": null,
          "modifiers": []
        },
        {
          "id": 1,
          "operator": "for",
          "stream": "s",
          "inputs": [{ "node": 0, "output": 0 }],
          "outputs": ["s"],
          "doc": "Smoothed.",
          "detail": null,
          "body": ["map", "filter"],
          "stage": 0,
          "named": null,
          "modifiers": []
        },
        {
          "id": 2,
          "operator": "print",
          "stream": "s",
          "inputs": [{ "node": 1, "output": 0 }],
          "outputs": [],
          "doc": null,
          "detail": null,
          "body": [],
          "stage": null,
          "named": null,
          "modifiers": []
        }
      ],
      "stages": [
        {
          "id": 0,
          "head": 0,
          "fused": [1],
          "tails": [2]
        }
      ],
      "exchanges": [
        {
          "from": 0,
          "to": null,
          "node": 2,
          "input": 0,
          "kind": "to_driver",
          "combines": false
        }
      ]
    }
    "#);
    }

    #[test]
    fn a_parser_reads_back_what_the_plan_holds() {
        for plan in samples::all() {
            let graph = plan.graph();
            let json: Value = serde_json::from_str(&plan.json()).unwrap();
            assert_eq!(json["name"].as_str(), plan.name());
            for (i, (name, value)) in plan.facts().iter().enumerate() {
                assert_eq!(json["facts"][i]["name"], *name);
                assert_eq!(json["facts"][i]["value"], *value);
            }
            assert_eq!(json["nodes"].as_array().unwrap().len(), graph.nodes.len());
            for (i, node) in graph.nodes.iter().enumerate() {
                let read = &json["nodes"][i];
                assert_eq!(read["operator"], node.kind.name());
                assert_eq!(read["doc"].as_str(), node.doc);
                assert_eq!(read["detail"].as_str(), plan.detail(i));
                assert_eq!(read["outputs"], serde_json::json!(node.outputs));
                assert_eq!(read["stage"].as_u64().map(|s| s as usize), graph.stage_of(i));
            }
            let tails: usize = graph.stages.iter().map(|s| s.tails.len()).sum();
            assert_eq!(json["exchanges"].as_array().unwrap().len(), tails);
        }
    }

    #[test]
    fn any_text_is_a_string() {
        let every: String = ('\0'..'\u{3000}').chain(['\u{feff}', '\u{1f980}']).collect();
        for text in [samples::AWKWARD, &every] {
            assert_eq!(serde_json::from_str::<String>(&string(text)).unwrap(), text);
            assert!(!string(text).contains(crate::words::breaks));
        }
    }
}
