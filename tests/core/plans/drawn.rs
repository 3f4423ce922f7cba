//! Plans as other programs read them: Mermaid, Graphviz, JSON.

use super::split_and_union;

#[test]
fn a_plan_is_drawn_by_mermaid() {
    insta::assert_snapshot!(split_and_union().plan().mermaid(), @r#"
    flowchart TD
      subgraph stage0["stage 0"]
        n0(["queue(2 ticks)"])
        n1["split<br/><i>small | large</i>"]
        n2["map"]
        n3["union of all/map, large<br/><i>all</i>"]
        n0 --> n1
        n1 -->|"small"| n2
        n2 --> n3
        n1 -->|"large"| n3
      end
      subgraph stage1["stage 1"]
        n4[["count"]]
      end
      n5(["print(1)"])
      n6(["for_each"])
      n3 ==>|"to one<br/>combined before"| n4
      n3 ==>|"to the driver"| n6
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
      class n5,n6 output
    "#);
}

#[test]
fn a_plan_is_drawn_by_graphviz() {
    insta::assert_snapshot!(split_and_union().plan().dot(), @r##"
    digraph plan {
      graph [fontname="Helvetica"]
      node [fontname="Helvetica" shape=box style="rounded,filled" fillcolor="#f8fafc"]
      edge [fontname="Helvetica"]
      subgraph cluster_0 {
        label="stage 0" style=rounded
        n0 [label="queue(2 ticks)" fillcolor="#dcfce7"]
        n1 [label="split\n→ small | large"]
        n2 [label="map"]
        n3 [label="union of all/map, large\n→ all"]
      }
      subgraph cluster_1 {
        label="stage 1" style=rounded
        n4 [label="count" fillcolor="#dbeafe"]
      }
      n5 [label="print(1)" fillcolor="#ffedd5"]
      n6 [label="for_each" fillcolor="#ffedd5"]
      n0 -> n1
      n1 -> n2 [label="small"]
      n2 -> n3
      n1 -> n3 [label="large"]
      n3 -> n4 [style=bold label="to one\ncombined before"]
      n3 -> n6 [style=bold label="to the driver"]
      n4 -> n5 [style=bold label="to the driver"]
    }
    "##);
}

#[test]
fn a_plan_is_json() {
    insta::assert_snapshot!(split_and_union().plan().json(), @r#"
    {
      "name": null,
      "facts": [],
      "nodes": [
        {
          "id": 0,
          "operator": "source",
          "stream": "small",
          "inputs": [],
          "outputs": [null],
          "doc": null,
          "detail": "queue(2 ticks)",
          "body": [],
          "stage": 0,
          "named": null,
          "modifiers": []
        },
        {
          "id": 1,
          "operator": "split",
          "stream": "small",
          "inputs": [{ "node": 0, "output": 0 }],
          "outputs": ["small", "large"],
          "doc": null,
          "detail": null,
          "body": [],
          "stage": 0,
          "named": null,
          "modifiers": []
        },
        {
          "id": 2,
          "operator": "map",
          "stream": "all",
          "inputs": [{ "node": 1, "output": 0 }],
          "outputs": [null],
          "doc": null,
          "detail": null,
          "body": [],
          "stage": 0,
          "named": null,
          "modifiers": []
        },
        {
          "id": 3,
          "operator": "union",
          "stream": "all",
          "inputs": [{ "node": 2, "output": 0 }, { "node": 1, "output": 1 }],
          "outputs": ["all"],
          "doc": null,
          "detail": null,
          "body": [],
          "stage": 0,
          "named": null,
          "modifiers": []
        },
        {
          "id": 4,
          "operator": "count",
          "stream": "all",
          "inputs": [{ "node": 3, "output": 0 }],
          "outputs": [null],
          "doc": null,
          "detail": null,
          "body": [],
          "stage": 1,
          "named": null,
          "modifiers": []
        },
        {
          "id": 5,
          "operator": "print",
          "stream": "all",
          "inputs": [{ "node": 4, "output": 0 }],
          "outputs": [],
          "doc": null,
          "detail": "1",
          "body": [],
          "stage": null,
          "named": null,
          "modifiers": []
        },
        {
          "id": 6,
          "operator": "for_each",
          "stream": "all",
          "inputs": [{ "node": 3, "output": 0 }],
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
          "fused": [1, 2, 3],
          "tails": [4, 6]
        },
        {
          "id": 1,
          "head": 4,
          "fused": [],
          "tails": [5]
        }
      ],
      "exchanges": [
        {
          "from": 0,
          "to": 1,
          "node": 4,
          "input": 0,
          "kind": "to_one",
          "combines": true
        },
        {
          "from": 0,
          "to": null,
          "node": 6,
          "input": 0,
          "kind": "to_driver",
          "combines": false
        },
        {
          "from": 1,
          "to": null,
          "node": 5,
          "input": 0,
          "kind": "to_driver",
          "combines": false
        }
      ]
    }
    "#);
}
