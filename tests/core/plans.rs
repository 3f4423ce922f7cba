//! Plans of pipelines, as their users see them.

use millstream::prelude::*;
use millstream::sink::text_file_sink;

fn word_count() -> Pipeline<'static> {
    stream! { <WordCount>
        let lines = source(text_socket("127.0.0.1:7777"));
        let words = lines.flat_map(|line| line.split_whitespace());
        /// How often each word came
        /// in the last second.
        let counts = words.filter(|w| w.len() > 3).map(|w| (w, 1u64)).reduce_by_key(|a, b| a + b);
        counts.print();
    }
}

fn split_and_union() -> Pipeline<'static> {
    stream! {
        let (small, large) = source(queue([vec![1, 20], vec![]])).split(|n| *n < 10);
        let all = small.map(|n| n * 100).union(large);
        all.count().print(1);
        all.for_each(|_| ());
    }
}

#[test]
fn a_word_count_is_two_stages() {
    insta::assert_snapshot!(word_count().plan(), @r"
    pipeline WordCount

    stage 0: text_socket(127.0.0.1:7777) → lines
    │  flat_map → words
    │  filter
    │  map
    └─ reduce_by_key ⇒ by key, combined before ⇒ stage 1

    stage 1: reduce_by_key → counts
    │    // How often each word came in the last second.
    └─ print(10) ⇒ to the driver
    ");
}

#[test]
fn engines_add_what_depends_on_them() {
    insta::assert_snapshot!(Engine::local().partitions(8).explain(&word_count()), @r"
    pipeline WordCount
    guarantee: each record once within a run; a restart starts over, because nothing is checkpointed yet; not exactly-once with checkpoints either, because the source `lines` (text_socket(127.0.0.1:7777)) can't be replayed, and `print` (print(10)) on `counts` delivers at least once
    partitions: 8
    trigger: every 1s

    stage 0: text_socket(127.0.0.1:7777) → lines
    │  flat_map → words
    │  filter
    │  map
    └─ reduce_by_key ⇒ by key, combined before ⇒ stage 1

    stage 1: reduce_by_key → counts
    │    // How often each word came in the last second.
    └─ print(10) ⇒ to the driver
    ");
    let replayable = stream! { source(queue([vec![1]])).sink(MemorySink::new()); };
    insta::assert_snapshot!(Engine::local().partitions(2).trigger(Trigger::Eager).explain(&replayable), @r"
    pipeline
    guarantee: each record once within a run; a restart starts over, because nothing is checkpointed yet
    partitions: 2
    trigger: eager

    stage 0: queue(1 tick)
    └─ sink(memory()) ⇒ to the driver
    ");
}

#[test]
fn a_stream_with_several_consumers_forks() {
    let pipeline = stream! {
        let lines = source(text_files("logs/*.log"));
        let words = lines.flat_map(|l| l.split(' '));
        words.count_by_value().print(20);
        words.filter(|w| w.starts_with('E')).sink(text_file_sink("out/errors"));
        lines.count().print();
    }
    .named("Logs");
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline Logs

    stage 0: text_files(logs/*.log) → lines
    ├─ flat_map → words
    │  ├─ count_by_value ⇒ by key, combined before ⇒ stage 1
    │  └─ filter
    │     └─ sink(text_file_sink(out/errors-TIME)) ⇒ to the driver
    └─ count ⇒ to one, combined before ⇒ stage 2

    stage 1: count_by_value
    └─ print(20) ⇒ to the driver

    stage 2: count
    └─ print(10) ⇒ to the driver
    ");
}

#[test]
fn two_sources_unite_in_a_stage_of_their_own() {
    let pipeline = stream! { <Merged>
        let web = source(queue([vec!["a"]]));
        let app = source(from_iter(["b"]));
        /// From everywhere.
        let all = web.map(|l| l.trim()).union(app);
        all.count_by_value().sink(MemorySink::new());
        all.for_each_batch(|_, _| ());
    };
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline Merged

    stage 0: queue(1 tick) → web
    │  map
    └─ union ⇒ one to one ⇒ stage 2

    stage 1: from_iter() → app
    └─ union ⇒ one to one ⇒ stage 2

    stage 2: union of all/map, app → all
    │    // From everywhere.
    ├─ count_by_value ⇒ by key, combined before ⇒ stage 3
    └─ for_each_batch ⇒ to the driver

    stage 3: count_by_value
    └─ sink(memory()) ⇒ to the driver
    ");
}

#[test]
fn a_split_joins_again_within_its_stage() {
    insta::assert_snapshot!(split_and_union().plan(), @r"
    pipeline

    stage 0: queue(2 ticks)
    │  split → small | large
    ├─ small: map
    │  │  union of all/map, large → all
    │  ├─ count ⇒ to one, combined before ⇒ stage 1
    │  └─ for_each ⇒ to the driver
    └─ large: into the union of all/map, large above

    stage 1: count
    └─ print(1) ⇒ to the driver
    ");
}

#[test]
fn a_for_shows_its_body_once_however_often_it_runs() {
    let n = 1_000_000;
    let pipeline = stream! {
        let s = source(queue([vec![1u64]]));
        /// Smoothed.
        for _ in 0..n { s = s.map(|x| x / 2 + 1); s = s.filter(|x| *x > 0).inspect(|_| ()); }
        s.print();
    };
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline

    stage 0: queue(1 tick) → s
    │  for → s
    │    ↻ map
    │    ↻ filter
    │    ↻ inspect
    │    // Smoothed.
    └─ print(10) ⇒ to the driver
    ");
}

#[test]
fn several_sources_and_sinks_stand_apart() {
    let pipeline = stream! { <Shop>
        let orders = source(text_files(["orders.csv", "more.csv"]));
        let clicks = source(stdin());
        let (good, bad) = orders.try_map(|l| l.parse::<u64>());
        bad.map(|b| b.record).sink(text_file_sink("out/bad"));
        let totals = good.key_by(|n| n % 10).reduce_by_key(u64::wrapping_add);
        totals.sink(MemorySink::new());
        totals.for_each(|_| ());
        clicks.filter_map(|l| l.split_once(' ')).print(5);
    };
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline Shop

    stage 0: text_files(orders.csv, more.csv) → orders
    │  try_map → good | bad
    ├─ good: key_by
    │  └─ reduce_by_key ⇒ by key, combined before ⇒ stage 2
    └─ bad: map
       └─ sink(text_file_sink(out/bad-TIME)) ⇒ to the driver

    stage 1: stdin() → clicks
    │  filter_map
    └─ print(5) ⇒ to the driver

    stage 2: reduce_by_key → totals
    ├─ sink(memory()) ⇒ to the driver
    └─ for_each ⇒ to the driver
    ");
}

#[test]
fn a_stream_by_a_raw_identifier_has_its_plain_name() {
    let pipeline = stream! { let r#type = source(queue([vec![1]])); r#type.print(); };
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline

    stage 0: queue(1 tick) → type
    └─ print(10) ⇒ to the driver
    ");
}

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
          "stage": 0
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
          "stage": 0
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
          "stage": 0
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
          "stage": 0
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
          "stage": 1
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
          "stage": null
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
          "stage": null
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

#[test]
fn a_pipelines_debug_form_is_its_plan() {
    let pipeline = word_count();
    assert_eq!(format!("{pipeline:?}"), pipeline.plan().to_string());
}
