//! The plan as text: for people, and for snapshots.
//!
//! # Contract
//! - A chain runs straight down its rail (`│`), so a new operator is one new line; only a fork indents.
//! - `⇒` is a cut: what follows it runs in another stage, or on the driver.
//! - One line for each thing: control characters of details, docs and facts are escaped.
//! - Nothing that changes from build to build: no line numbers, no paths, no text of closures.

use std::fmt::{self, Formatter};

use crate::graph::{Branch, Graph, NodeId, Place, Port};
use crate::plan::Plan;
use crate::words;

pub(crate) fn write(plan: &Plan, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str("pipeline")?;
    if let Some(name) = plan.name() {
        write!(f, " {}", line(name))?;
    }
    for (name, value) in plan.facts() {
        write!(f, "\n{}: {}", line(name), line(value))?;
    }
    let graph = plan.graph();
    for (id, stage) in graph.stages.iter().enumerate() {
        let tree = graph.tree(id);
        write!(f, "\n\nstage {id}: {}", named(plan, stage.head))?;
        notes(graph, stage.head, rail("", &tree), f)?;
        branches(plan, stage.head, &tree, "", f)?;
    }
    Ok(())
}

/// The consumers of `parent`, each on its line with what follows it below; `indent` is the rails of forks above.
fn branches(
    plan: &Plan,
    parent: NodeId,
    tree: &[Branch],
    indent: &str,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    let graph = plan.graph();
    let forks = graph.nodes[parent].outputs.len() > 1;
    for (i, branch) in tree.iter().enumerate() {
        let (mark, below) = match (tree.len(), i + 1 == tree.len()) {
            (1, _) if !forks && !branch.then.is_empty() => ("│  ", ""),
            (_, true) => ("└─ ", "   "),
            (_, false) => ("├─ ", "│  "),
        };
        write!(f, "\n{indent}{mark}")?;
        if forks {
            let port = Port { node: parent, output: branch.output };
            write!(f, "{}: ", line(words::output(graph, port)))?;
        }
        let below = format!("{indent}{below}");
        match branch.place {
            Place::Above => write!(f, "into the {} above", line(&words::operator(plan, branch.node)))?,
            Place::Tail => tail(plan, branch.node, &below, f)?,
            Place::Fused => {
                f.write_str(&named(plan, branch.node))?;
                let rail = rail(&below, &branch.then);
                for kind in graph.nodes[branch.node].body {
                    write!(f, "\n{rail}↻ {}", kind.name())?;
                }
                notes(graph, branch.node, rail, f)?;
                branches(plan, branch.node, &branch.then, &below, f)?;
            }
        }
    }
    Ok(())
}

/// An operator behind a cut. If it heads a stage, that stage says the rest.
fn tail(plan: &Plan, node: NodeId, indent: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let graph = plan.graph();
    let way = words::exchange(plan, node);
    match graph.stage_of_head(node) {
        Some(stage) => write!(f, "{} ⇒ {way} ⇒ stage {stage}", graph.nodes[node].kind.name()),
        None => {
            write!(f, "{} ⇒ {way}", line(&words::operator(plan, node)))?;
            notes(graph, node, rail(indent, &[]), f)
        }
    }
}

/// An operator, and the streams that it defines.
fn named(plan: &Plan, node: NodeId) -> String {
    let names = words::defines(plan.graph(), node).map(|names| format!(" → {names}")).unwrap_or_default();
    line(&format!("{}{names}", words::operator(plan, node)))
}

/// The docs of an operator's statement.
fn notes(graph: &Graph, node: NodeId, rail: String, f: &mut Formatter<'_>) -> fmt::Result {
    for text in words::doc(graph, node).into_iter().flat_map(str::lines) {
        f.write_str(format!("\n{rail}// {}", line(text.trim())).trim_end())?;
    }
    Ok(())
}

/// What stands before a line that belongs to the operator above it.
fn rail(indent: &str, below: &[Branch]) -> String {
    format!("{indent}{}", if below.is_empty() { "  " } else { "│    " })
}

/// Text that can't break out of its line.
fn line(text: &str) -> String {
    let shown = |c: char| if words::breaks(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use crate::{samples, words};

    #[test]
    fn a_chain_runs_straight_down() {
        insta::assert_snapshot!(samples::word_count(), @r#"
        pipeline WordCount
        guarantee: at-least-once, because the source `lines` can't be replayed
        partitions: 8

        stage 0: text_socket(127.0.0.1:7777) → lines
        │  flat_map → words
        │  filter
        │  map
        └─ reduce_by_key ⇒ by key, combined before ⇒ stage 1

        stage 1: reduce_by_key → counts
        │    // How often each word came in this tick.
        └─ print(10) ⇒ to the driver
        "#);
    }

    #[test]
    fn a_fork_indents_and_docs_stand_below_the_end_of_their_statement() {
        insta::assert_snapshot!(samples::fan_out(), @r#"
        pipeline Logs

        stage 0: text_files(logs/*.log) → lines
        ├─ flat_map → words
        │  ├─ count_by_value ⇒ by key, combined before ⇒ stage 1
        │  └─ filter
        │     └─ sink(archive(audit)) ⇒ to the driver
        │          // Kept for
        │          // the auditors.
        └─ count ⇒ to one, combined before ⇒ stage 2

        stage 1: count_by_value
        └─ print(20) ⇒ to the driver

        stage 2: count
        └─ print(10) ⇒ to the driver
        "#);
    }

    #[test]
    fn a_union_of_one_head_stands_where_its_first_input_reaches_it() {
        insta::assert_snapshot!(samples::union_in_one_stage(), @r#"
        pipeline

        stage 0: source → nums
        ├─ filter → low
        │  │  union of low, high → edges
        │  │  inspect
        │  └─ for_each ⇒ to the driver
        └─ filter
           │  map → high
           └─ into the union of low, high above
        "#);
    }

    #[test]
    fn a_union_of_two_heads_is_a_stage() {
        insta::assert_snapshot!(samples::union_of_two_sources(), @r#"
        pipeline Merged

        stage 0: queue() → web
        │  map
        └─ union ⇒ one to one ⇒ stage 2

        stage 1: queue() → app
        └─ union ⇒ one to one ⇒ stage 2

        stage 2: union of all/map, app → all
        │    // From everywhere.
        ├─ count_by_value ⇒ by key, combined before ⇒ stage 3
        └─ for_each_batch ⇒ to the driver

        stage 3: count_by_value
        └─ sink(memory()) ⇒ to the driver
        "#);
    }

    #[test]
    fn two_outputs_are_labelled() {
        insta::assert_snapshot!(samples::split(), @r#"
        pipeline

        stage 0: source → lines
        │  try_map → nums | bad
        └─ nums: split → small | large
           ├─ small: print ⇒ to the driver
           └─ large: count ⇒ to one, combined before ⇒ stage 1

        stage 1: count
        └─ print ⇒ to the driver
        "#);
    }

    #[test]
    fn a_for_shows_its_body_once() {
        insta::assert_snapshot!(samples::for_loop(), @r#"
        pipeline

        stage 0: source → s
        │  for → s
        │    ↻ map
        │    ↻ filter
        │    // Smoothed.
        └─ print ⇒ to the driver
        "#);
    }

    #[test]
    fn sources_and_sinks_apart_are_stages_apart() {
        insta::assert_snapshot!(samples::apart(), @r#"
        pipeline Shop

        stage 0: source → orders
        │  key_by
        │  map_values
        └─ reduce_by_key ⇒ by key, combined before ⇒ stage 2

        stage 1: source → visits
        │  filter_map
        └─ print ⇒ to the driver

        stage 2: reduce_by_key
        └─ sink ⇒ to the driver
        "#);
    }

    #[test]
    fn awkward_text_stays_on_its_line() {
        let text = samples::awkward().to_string();
        assert_eq!(text.lines().count(), 7, "{text}");
        assert!(text.lines().all(|line| !line.contains(words::breaks)));
    }
}
