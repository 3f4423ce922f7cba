//! The plan in Graphviz' language.

use std::fmt::Write as _;

use crate::graph::{NodeId, Port};
use crate::op::Class;
use crate::plan::Plan;
use crate::words;

impl Plan {
    /// A Graphviz digraph: a cluster for each stage, bold arrows for exchanges, outputs outside (on the driver).
    pub fn dot(&self) -> String {
        self.dot_into().expect("a String takes all that is written to it")
    }

    fn dot_into(&self) -> Result<String, std::fmt::Error> {
        let graph = self.graph();
        let mut out = String::from("digraph plan {\n");
        if let Some(name) = self.name() {
            writeln!(out, "  label=\"{}\" labelloc=t", escape(name))?;
        }
        writeln!(out, "  graph [fontname=\"Helvetica\"]")?;
        writeln!(
            out,
            "  node [fontname=\"Helvetica\" shape=box style=\"rounded,filled\" fillcolor=\"#f8fafc\"]"
        )?;
        writeln!(out, "  edge [fontname=\"Helvetica\"]")?;
        for (id, stage) in graph.stages.iter().enumerate() {
            writeln!(out, "  subgraph cluster_{id} {{\n    label=\"stage {id}\" style=rounded")?;
            writeln!(out, "    {}", self.dot_node(stage.head))?;
            for &node in stage.fused {
                writeln!(out, "    {}", self.dot_node(node))?;
            }
            writeln!(out, "  }}")?;
        }
        for (id, _) in graph.nodes.iter().enumerate().filter(|(_, n)| n.kind.spec().class == Class::Output) {
            writeln!(out, "  {}", self.dot_node(id))?;
        }
        for &to in graph.stages.iter().flat_map(|stage| stage.fused) {
            for port in graph.nodes[to].inputs {
                let label = self.dot_branch(*port);
                let label = label.map(|text| format!(" [label=\"{text}\"]")).unwrap_or_default();
                writeln!(out, "  n{} -> n{to}{label}", port.node)?;
            }
        }
        for exchange in graph.exchanges() {
            let node = &graph.nodes[exchange.node];
            let port = node.inputs[exchange.input];
            let branch = self.dot_branch(port).map(|text| text + "\\n").unwrap_or_default();
            let label = escape(&words::exchange(self, exchange.node).replace(", ", "\n"));
            writeln!(out, "  n{} -> n{} [style=bold label=\"{branch}{label}\"]", port.node, exchange.node)?;
        }
        out.push_str("}\n");
        Ok(out)
    }

    /// A node, with the streams that it defines.
    fn dot_node(&self, node: NodeId) -> String {
        let graph = self.graph();
        let mut label = words::operator(self, node);
        for kind in graph.nodes[node].body {
            label.push_str(&format!("\n↻ {}", kind.name()));
        }
        if let Some(names) = words::defines(graph, node) {
            label.push_str(&format!("\n→ {names}"));
        }
        let colour = match graph.nodes[node].kind.spec().class {
            Class::Root => " fillcolor=\"#dcfce7\"",
            Class::Output => " fillcolor=\"#ffedd5\"",
            _ if graph.stage_of_head(node).is_some() => " fillcolor=\"#dbeafe\"",
            _ => "",
        };
        format!("n{node} [label=\"{}\"{colour}]", escape(&label))
    }

    /// Which of several outputs an arrow carries.
    fn dot_branch(&self, port: Port) -> Option<String> {
        let graph = self.graph();
        (graph.nodes[port.node].outputs.len() > 1).then(|| escape(words::output(graph, port)))
    }
}

/// Text inside quotes. Labels know backslashes and also HTML's entities, but no tags.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;
    use crate::samples;

    #[test]
    fn a_stage_is_a_cluster_and_an_exchange_a_bold_arrow() {
        insta::assert_snapshot!(samples::word_count().dot(), @r##"
        digraph plan {
          label="WordCount" labelloc=t
          graph [fontname="Helvetica"]
          node [fontname="Helvetica" shape=box style="rounded,filled" fillcolor="#f8fafc"]
          edge [fontname="Helvetica"]
          subgraph cluster_0 {
            label="stage 0" style=rounded
            n0 [label="text_socket(127.0.0.1:7777)\n→ lines" fillcolor="#dcfce7"]
            n1 [label="flat_map\n→ words"]
            n2 [label="filter"]
            n3 [label="map"]
          }
          subgraph cluster_1 {
            label="stage 1" style=rounded
            n4 [label="reduce_by_key\n→ counts" fillcolor="#dbeafe"]
          }
          n5 [label="print(10)" fillcolor="#ffedd5"]
          n0 -> n1
          n1 -> n2
          n2 -> n3
          n3 -> n4 [style=bold label="by key\ncombined before"]
          n4 -> n5 [style=bold label="to the driver"]
        }
        "##);
    }

    #[test]
    fn arrows_tell_two_outputs_apart() {
        insta::assert_snapshot!(samples::split().dot(), @r##"
        digraph plan {
          graph [fontname="Helvetica"]
          node [fontname="Helvetica" shape=box style="rounded,filled" fillcolor="#f8fafc"]
          edge [fontname="Helvetica"]
          subgraph cluster_0 {
            label="stage 0" style=rounded
            n0 [label="source\n→ lines" fillcolor="#dcfce7"]
            n1 [label="try_map\n→ nums | bad"]
            n2 [label="split\n→ small | large"]
          }
          subgraph cluster_1 {
            label="stage 1" style=rounded
            n4 [label="count" fillcolor="#dbeafe"]
          }
          n3 [label="print" fillcolor="#ffedd5"]
          n5 [label="print" fillcolor="#ffedd5"]
          n0 -> n1
          n1 -> n2 [label="nums"]
          n2 -> n3 [style=bold label="small\nto the driver"]
          n2 -> n4 [style=bold label="large\nto one\ncombined before"]
          n4 -> n5 [style=bold label="to the driver"]
        }
        "##);
    }

    #[test]
    fn whatever_means_something_inside_quotes_is_escaped() {
        assert_eq!(escape(r#"a "b" \N &lt; <c>"#), r#"a \"b\" \\N &amp;lt; <c>"#);
        assert_eq!(escape("two\nlines\tand\u{0}more"), r"two\nlines and more");
    }
}
