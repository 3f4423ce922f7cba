//! The plan as a Mermaid flowchart, which README pages and chats show as a picture.

use std::fmt::Write as _;

use crate::graph::{NodeId, Port};
use crate::json;
use crate::op::{Class, OpKind};
use crate::plan::Plan;
use crate::words;

/// The look of a stage: the page shows through.
const STAGE: &str = "fill:transparent,stroke:#94a3b8,stroke-dasharray:5 4";

/// The look of each sort of node. Text has its own colour, so that it reads on light and on dark pages.
const CLASSES: [(&str, &str); 4] = [
    ("source", "fill:#dcfce7,stroke:#16a34a,color:#14532d"),
    ("fused", "fill:#f8fafc,stroke:#94a3b8,color:#0f172a"),
    ("merge", "fill:#dbeafe,stroke:#2563eb,color:#1e3a8a"),
    ("output", "fill:#ffedd5,stroke:#ea580c,color:#7c2d12"),
];

impl Plan {
    /// A Mermaid flowchart: a box for each stage, thick arrows for exchanges, outputs outside (on the driver).
    pub fn mermaid(&self) -> String {
        self.mermaid_into().expect("a String takes all that is written to it")
    }

    fn mermaid_into(&self) -> Result<String, std::fmt::Error> {
        let graph = self.graph();
        let mut out = String::new();
        if let Some(name) = self.name() {
            writeln!(out, "---\ntitle: {}\n---", json::string(name))?;
        }
        writeln!(out, "flowchart TD")?;
        for (id, stage) in graph.stages.iter().enumerate() {
            writeln!(out, "  subgraph stage{id}[\"stage {id}\"]")?;
            writeln!(out, "    {}", self.mermaid_node(stage.head))?;
            for &node in stage.fused {
                writeln!(out, "    {}", self.mermaid_node(node))?;
            }
            for (to, port) in
                stage.fused.iter().flat_map(|to| graph.nodes[*to].inputs.iter().map(move |p| (to, p)))
            {
                writeln!(out, "    n{} -->{} n{to}", port.node, self.mermaid_branch(*port))?;
            }
            writeln!(out, "  end")?;
        }
        for (id, _) in graph.nodes.iter().enumerate().filter(|(_, n)| class(n.kind, false) == "output") {
            writeln!(out, "  {}", self.mermaid_node(id))?;
        }
        for exchange in graph.exchanges() {
            let node = &graph.nodes[exchange.node];
            let port = node.inputs[exchange.input];
            let mut label = escape(&words::exchange(self, exchange.node).replace(", ", "\n"));
            if graph.nodes[port.node].outputs.len() > 1 {
                label = format!("{}<br/>{label}", escape(words::output(graph, port)));
            }
            writeln!(out, "  n{} ==>|\"{label}\"| n{}", port.node, exchange.node)?;
        }
        let stages: Vec<_> = (0..graph.stages.len()).map(|id| format!("stage{id}")).collect();
        if !stages.is_empty() {
            writeln!(out, "  classDef stage {STAGE}\n  class {} stage", stages.join(","))?;
        }
        for (name, look) in CLASSES {
            let is = |id: &NodeId| class(graph.nodes[*id].kind, graph.stage_of_head(*id).is_some()) == name;
            let members: Vec<_> = (0..graph.nodes.len()).filter(is).map(|id| format!("n{id}")).collect();
            if !members.is_empty() {
                writeln!(out, "  classDef {name} {look}\n  class {} {name}", members.join(","))?;
            }
        }
        Ok(out)
    }

    /// A node in the shape of its class, with the streams that it defines.
    fn mermaid_node(&self, node: NodeId) -> String {
        let graph = self.graph();
        let kind = graph.nodes[node].kind;
        let mut label = escape(&words::operator(self, node));
        for kind in graph.nodes[node].body {
            label.push_str(&format!("<br/>↻ {}", escape(kind.name())));
        }
        if let Some(names) = words::defines(graph, node) {
            label.push_str(&format!("<br/><i>{}</i>", escape(&names)));
        }
        let (open, close) = match class(kind, graph.stage_of_head(node).is_some()) {
            "source" | "output" => ("([", "])"),
            "merge" => ("[[", "]]"),
            _ => ("[", "]"),
        };
        format!("n{node}{open}\"{label}\"{close}")
    }

    /// Which of several outputs an arrow carries.
    fn mermaid_branch(&self, port: Port) -> String {
        let graph = self.graph();
        if graph.nodes[port.node].outputs.len() < 2 {
            return String::new();
        }
        format!("|\"{}\"|", escape(words::output(graph, port)))
    }
}

fn class(kind: OpKind, heads: bool) -> &'static str {
    match kind.spec().class {
        Class::Root => "source",
        Class::Output => "output",
        _ if heads => "merge",
        _ => "fused",
    }
}

/// Text inside quotes. Labels are read thrice, as a string, as Markdown and as HTML: whatever means something to
/// any of them (a quote, a tag, emphasis, a list, an address that becomes a link) is written as a code.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim().chars().peekable();
    let mut last = ' ';
    while let Some(c) = rest.next() {
        let in_word = last.is_alphanumeric() && rest.peek().is_some_and(|n| n.is_alphanumeric());
        match c {
            '\n' => out.push_str("<br/>"),
            c if words::breaks(c) => out.push(' '),
            ')' if rest.peek() == Some(&' ') => out.push_str("#41;"),
            '.' if !out.ends_with("www") && in_word => out.push(c),
            '_' | '-' if in_word => out.push(c),
            ' ' | ',' | '(' | ')' | '|' | '/' | '=' => out.push(c),
            c if !c.is_ascii() || c.is_ascii_alphanumeric() => out.push(c),
            c => out.push_str(&format!("#{};", u32::from(c))),
        }
        last = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;
    use crate::samples;

    #[test]
    fn a_stage_is_a_box_and_an_exchange_a_thick_arrow() {
        insta::assert_snapshot!(samples::word_count().mermaid(), @r#"
        ---
        title: "WordCount"
        ---
        flowchart TD
          subgraph stage0["stage 0"]
            n0(["text_socket(127.0.0.1#58;7777)<br/><i>lines</i>"])
            n1["flat_map<br/><i>words</i>"]
            n2["filter"]
            n3["map"]
            n0 --> n1
            n1 --> n2
            n2 --> n3
          end
          subgraph stage1["stage 1"]
            n4[["reduce_by_key<br/><i>counts</i>"]]
          end
          n5(["print(10)"])
          n3 ==>|"by key<br/>combined before"| n4
          n4 ==>|"to the driver"| n5
          classDef stage fill:transparent,stroke:#94a3b8,stroke-dasharray:5 4
          class stage0,stage1 stage
          classDef source fill:#dcfce7,stroke:#16a34a,color:#14532d
          class n0 source
          classDef fused fill:#f8fafc,stroke:#94a3b8,color:#0f172a
          class n1,n2,n3 fused
          classDef merge fill:#dbeafe,stroke:#2563eb,color:#1e3a8a
          class n4 merge
          classDef output fill:#ffedd5,stroke:#ea580c,color:#7c2d12
          class n5 output
        "#);
    }

    #[test]
    fn arrows_tell_two_outputs_apart() {
        insta::assert_snapshot!(samples::split().mermaid(), @r#"
        flowchart TD
          subgraph stage0["stage 0"]
            n0(["source<br/><i>lines</i>"])
            n1["try_map<br/><i>nums | bad</i>"]
            n2["split<br/><i>small | large</i>"]
            n0 --> n1
            n1 -->|"nums"| n2
          end
          subgraph stage1["stage 1"]
            n4[["count"]]
          end
          n3(["print"])
          n5(["print"])
          n2 ==>|"small<br/>to the driver"| n3
          n2 ==>|"large<br/>to one<br/>combined before"| n4
          n4 ==>|"to the driver"| n5
          classDef stage fill:transparent,stroke:#94a3b8,stroke-dasharray:5 4
          class stage0,stage1 stage
          classDef source fill:#dcfce7,stroke:#16a34a,color:#14532d
          class n0 source
          classDef fused fill:#f8fafc,stroke:#94a3b8,color:#0f172a
          class n1,n2 fused
          classDef merge fill:#dbeafe,stroke:#2563eb,color:#1e3a8a
          class n4 merge
          classDef output fill:#ffedd5,stroke:#ea580c,color:#7c2d12
          class n3,n5 output
        "#);
    }

    #[test]
    fn whatever_means_something_to_mermaid_markdown_or_html_is_a_code() {
        assert_eq!(escape("reduce_by_key, 10.0"), "reduce_by_key, 10.0");
        assert_eq!(escape("\"a\" [b] {c}"), "#34;a#34; #91;b#93; #123;c#125;");
        assert_eq!(escape("<script> & #lt;"), "#60;script#62; #38; #35;lt#59;");
        assert_eq!(escape("two\nlines\tand\u{1}more"), "two<br/>lines and more");
        assert_eq!(escape("*a* _b_ `c` 1. 1) x"), "#42;a#42; #95;b#95; #96;c#96; 1#46; 1#41; x");
        assert_eq!(escape("https://www.a.b c@d"), "https#58;//www#46;a.b c#64;d");
    }

    #[test]
    fn awkward_text_stays_inside_its_quotes() {
        for line in samples::awkward().mermaid().lines().skip(3) {
            assert!(line.matches('"').count().is_multiple_of(2), "{line}");
        }
    }
}
