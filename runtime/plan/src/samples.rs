//! Hand-made graphs for the renderers' tests, each with the program that it stands for.

use crate::graph::{Graph, Node, Port, Stage};
use crate::op::Cut;
use crate::op::OpKind::{self, *};
use crate::plan::Plan;

const fn s(node: usize) -> Port {
    Port { node, output: 0 }
}

const fn second(node: usize) -> Port {
    Port { node, output: 1 }
}

const fn n(
    kind: OpKind,
    stream: &'static str,
    inputs: &'static [Port],
    outputs: &'static [Option<&'static str>],
) -> Node {
    Node::new(kind, stream, inputs, outputs)
}

/// ```text
/// let lines = source(text_socket("127.0.0.1:7777"));
/// let words = lines.flat_map(…);
/// /// How often each word came in this tick.
/// let counts = words.filter(…).map(…).reduce_by_key(…);
/// counts.print();
/// ```
pub(crate) fn word_count() -> Plan {
    const DOC: Option<&str> = Some("How often each word came in this tick.");
    static GRAPH: Graph = Graph {
        name: Some("WordCount"),
        nodes: &[
            n(Source, "lines", &[], &[Some("lines")]),
            n(FlatMap, "words", &[s(0)], &[Some("words")]),
            Node { doc: DOC, ..n(Filter, "counts", &[s(1)], &[None]) },
            Node { doc: DOC, ..n(Map, "counts", &[s(2)], &[None]) },
            Node { doc: DOC, ..n(ReduceByKey, "counts", &[s(3)], &[Some("counts")]) },
            n(Print, "counts", &[s(4)], &[]),
        ],
        stages: &[
            Stage { head: 0, fused: &[1, 2, 3], tails: &[4] },
            Stage { head: 4, fused: &[], tails: &[5] },
        ],
    };
    let mut plan = Plan::new(&GRAPH);
    plan.set_detail(0, "text_socket(127.0.0.1:7777)".into());
    plan.set_detail(5, "10".into());
    plan.add_fact("guarantee", "at-least-once, because the source `lines` can't be replayed".into());
    plan.add_fact("partitions", "8".into());
    plan
}

/// ```text
/// let lines = source(text_files("logs/*.log"));
/// let words = lines.flat_map(…);
/// words.count_by_value().print(20);
/// /// Kept for the auditors.
/// words.filter(…).sink(archive);
/// lines.count().print();
/// ```
pub(crate) fn fan_out() -> Plan {
    static GRAPH: Graph = Graph {
        name: Some("Logs"),
        nodes: &[
            n(Source, "lines", &[], &[Some("lines")]),
            n(FlatMap, "words", &[s(0)], &[Some("words")]),
            n(CountByValue, "words", &[s(1)], &[None]),
            n(Print, "words", &[s(2)], &[]),
            Node { doc: Some("Kept for\nthe auditors."), ..n(Filter, "words", &[s(1)], &[None]) },
            Node { doc: Some("Kept for\nthe auditors."), ..n(Sink, "words", &[s(4)], &[]) },
            n(Count, "lines", &[s(0)], &[None]),
            n(Print, "lines", &[s(6)], &[]),
        ],
        stages: &[
            Stage { head: 0, fused: &[1, 4], tails: &[2, 5, 6] },
            Stage { head: 2, fused: &[], tails: &[3] },
            Stage { head: 6, fused: &[], tails: &[7] },
        ],
    };
    let mut plan = Plan::new(&GRAPH);
    plan.set_detail(0, "text_files(logs/*.log)".into());
    plan.set_detail(3, "20".into());
    plan.set_detail(5, "archive(audit)".into());
    plan.set_detail(7, "10".into());
    plan
}

/// ```text
/// let nums = source(queue(…));
/// let low = nums.filter(…);
/// let high = nums.filter(…).map(…);
/// let edges = low.union(high);
/// edges.inspect(…).for_each(…);
/// ```
pub(crate) fn union_in_one_stage() -> Plan {
    static GRAPH: Graph = Graph {
        name: None,
        nodes: &[
            n(Source, "nums", &[], &[Some("nums")]),
            n(Filter, "low", &[s(0)], &[Some("low")]),
            n(Filter, "high", &[s(0)], &[None]),
            n(Map, "high", &[s(2)], &[Some("high")]),
            n(Union, "edges", &[s(1), s(3)], &[Some("edges")]),
            n(Inspect, "edges", &[s(4)], &[None]),
            n(ForEach, "edges", &[s(5)], &[]),
        ],
        stages: &[Stage { head: 0, fused: &[1, 2, 3, 4, 5], tails: &[6] }],
    };
    Plan::new(&GRAPH)
}

/// ```text
/// let web = source(queue(…));
/// let app = source(queue(…));
/// /// From everywhere.
/// let all = web.map(…).union(app);
/// all.count_by_value().sink(memory);
/// all.for_each_batch(…);
/// ```
pub(crate) fn union_of_two_sources() -> Plan {
    static GRAPH: Graph = Graph {
        name: Some("Merged"),
        nodes: &[
            n(Source, "web", &[], &[Some("web")]),
            n(Source, "app", &[], &[Some("app")]),
            n(Map, "all", &[s(0)], &[None]),
            Node { doc: Some("From everywhere."), ..n(Union, "all", &[s(2), s(1)], &[Some("all")]) },
            n(CountByValue, "all", &[s(3)], &[None]),
            n(Sink, "all", &[s(4)], &[]),
            n(ForEachBatch, "all", &[s(3)], &[]),
        ],
        stages: &[
            Stage { head: 0, fused: &[2], tails: &[3] },
            Stage { head: 1, fused: &[], tails: &[3] },
            Stage { head: 3, fused: &[], tails: &[4, 6] },
            Stage { head: 4, fused: &[], tails: &[5] },
        ],
    };
    let mut plan = Plan::new(&GRAPH);
    plan.set_detail(0, "queue()".into());
    plan.set_detail(1, "queue()".into());
    plan.set_detail(5, "memory()".into());
    plan
}

/// ```text
/// let lines = source(queue(…));
/// let (nums, _) = lines.try_map(…);
/// let (small, large) = nums.split(…);
/// small.print();
/// large.count().print();
/// ```
pub(crate) fn split() -> Plan {
    static GRAPH: Graph = Graph {
        name: None,
        nodes: &[
            n(Source, "lines", &[], &[Some("lines")]),
            n(TryMap, "nums", &[s(0)], &[Some("nums"), None]),
            n(Split, "small", &[s(1)], &[Some("small"), Some("large")]),
            n(Print, "small", &[s(2)], &[]),
            n(Count, "large", &[second(2)], &[None]),
            n(Print, "large", &[s(4)], &[]),
        ],
        stages: &[
            Stage { head: 0, fused: &[1, 2], tails: &[3, 4] },
            Stage { head: 4, fused: &[], tails: &[5] },
        ],
    };
    Plan::new(&GRAPH)
}

/// ```text
/// let mut s = source(queue(…));
/// /// Smoothed.
/// for _ in 0..rounds { s = s.map(…).filter(…); }
/// s.print();
/// ```
pub(crate) fn for_loop() -> Plan {
    static GRAPH: Graph = Graph {
        name: None,
        nodes: &[
            n(Source, "s", &[], &[Some("s")]),
            Node { doc: Some("Smoothed."), body: &[Map, Filter], ..n(Repeat, "s", &[s(0)], &[Some("s")]) },
            n(Print, "s", &[s(1)], &[]),
        ],
        stages: &[Stage { head: 0, fused: &[1], tails: &[2] }],
    };
    Plan::new(&GRAPH)
}

/// ```text
/// let orders = source(queue(…));
/// let visits = source(queue(…));
/// orders.key_by(…).map_values(…).reduce_by_key(…).sink(memory);
/// visits.filter_map(…).print();
/// ```
pub(crate) fn apart() -> Plan {
    static GRAPH: Graph = Graph {
        name: Some("Shop"),
        nodes: &[
            n(Source, "orders", &[], &[Some("orders")]),
            n(Source, "visits", &[], &[Some("visits")]),
            n(KeyBy, "orders", &[s(0)], &[None]),
            n(MapValues, "orders", &[s(2)], &[None]),
            n(ReduceByKey, "orders", &[s(3)], &[None]),
            n(Sink, "orders", &[s(4)], &[]),
            n(FilterMap, "visits", &[s(1)], &[None]),
            n(Print, "visits", &[s(6)], &[]),
        ],
        stages: &[
            Stage { head: 0, fused: &[2, 3], tails: &[4] },
            Stage { head: 1, fused: &[6], tails: &[7] },
            Stage { head: 4, fused: &[], tails: &[5] },
        ],
    };
    Plan::new(&GRAPH)
}

/// Text with all that means something to one of the formats.
pub(crate) const AWKWARD: &str =
    "a \"b\" [c] {d} <e>\n\t& \\ `f` *g* _h_ #quot; %% | https://i.j é\u{1}\u{2028}";

/// A plan whose every free text is [`AWKWARD`].
pub(crate) fn awkward() -> Plan {
    static GRAPH: Graph = Graph {
        name: None,
        nodes: &[
            n(Source, "r#type", &[], &[Some("r#type")]),
            Node { doc: Some(AWKWARD), ..n(Sink, "r#type", &[s(0)], &[]) },
        ],
        stages: &[Stage { head: 0, fused: &[], tails: &[1] }],
    };
    let mut plan = Plan::new(&GRAPH);
    plan.set_name(AWKWARD);
    plan.set_detail(0, AWKWARD.into());
    plan.set_detail(1, AWKWARD.into());
    plan.add_fact(AWKWARD, AWKWARD.into());
    plan
}

pub(crate) fn all() -> Vec<Plan> {
    let samples =
        [word_count, fan_out, union_in_one_stage, union_of_two_sources, split, for_loop, apart, awkward];
    samples.into_iter().map(|sample| sample()).collect()
}

/// For each kind of operator a plan that has one.
pub(crate) fn one_of_each() -> Vec<(OpKind, Plan)> {
    OpKind::ALL.iter().map(|kind| (*kind, one(*kind))).collect()
}

fn one(kind: OpKind) -> Plan {
    const NAMES: [Option<&str>; 2] = [Some("left"), Some("right")];
    let spec = kind.spec();
    let mut nodes = vec![n(Source, "s", &[], &[Some("s")])];
    let mut stages = vec![Stage { head: 0, fused: &[], tails: &[] }];
    if kind != Source {
        const INPUTS: [Port; 2] = [s(0); 2];
        let inputs = if kind == Union { &INPUTS[..] } else { &INPUTS[..1] };
        let body: &[OpKind] = if kind == Repeat { &[Map] } else { &[] };
        nodes.push(Node { body, ..n(kind, "s", inputs, &NAMES[..spec.outputs]) });
        match spec.cut {
            Cut::None | Cut::IfApart => stages[0].fused = &[1],
            Cut::ByKey | Cut::ToOne | Cut::InPlace | Cut::RoundRobin => {
                stages[0].tails = &[1];
                stages.push(Stage { head: 1, fused: &[], tails: &[] });
            }
            Cut::ToDriver => stages[0].tails = &[1],
        }
    }
    Plan::new(Box::leak(Box::new(Graph { name: None, nodes: nodes.leak(), stages: stages.leak() })))
}
