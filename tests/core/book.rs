//! What the book and the README print is what the code prints.

use millstream::prelude::*;
use millstream_plan::{Class, OpKind};

const README: &str = include_str!("../../README.md");
const GETTING_STARTED: &str = include_str!("../../book/src/getting-started.md");
const ERRORS: &str = include_str!("../../book/src/errors.md");
const FROM_SPARK: &str = include_str!("../../book/src/from-spark.md");
const TESTING: &str = include_str!("../../book/src/testing.md");
const OPERATORS: &str = include_str!("../../book/src/operators.md");
const ARCHITECTURE: &str = include_str!("../../book/src/architecture.md");
const PLANS: &str = include_str!("../../book/src/plans.md");
const EXPANSION: &str =
    include_str!("../../macros/src/snapshots/millstream_macros__expansions__word_count.snap");
/// This file: it runs what the pages show.
const HERE: &str = include_str!("book.rs");
const MISTAKES: &str = include_str!("../ui/cases/book.rs");

fn holds(page: &str, block: &str) {
    assert!(page.contains(block), "the page should hold:\n{block}");
}

fn text(printed: impl ToString) -> String {
    format!("```text\n{}\n```", printed.to_string().trim_end())
}

/// The blocks of a page that begin with this line.
fn blocks<'p>(page: &'p str, begin: &str) -> Vec<&'p str> {
    let begin = format!("\n{begin}\n");
    let blocks = page.split(&begin).skip(1);
    blocks.map(|rest| rest.split("\n```").next().expect("a split has a first part")).collect()
}

/// The statements of a sample's pipeline, without indentation and comments.
fn statements(sample: &str) -> Vec<&str> {
    let lines = sample.lines().map(|line| line.split(" // ").next().unwrap_or_default().trim());
    lines
        .skip_while(|line| !line.contains("stream!"))
        .skip(1)
        .take_while(|line| !line.starts_with('}'))
        .filter(|line| !line.is_empty())
        .collect()
}

fn has_statements(program: &str, sample: &str) {
    let statements = statements(sample);
    assert!(!statements.is_empty(), "a pipeline should be in:\n{sample}");
    for statement in statements {
        assert!(program.contains(statement), "the sample's `{statement}` is not what the test runs");
    }
}

#[test]
fn the_readme_draws_the_plan_of_its_sample() {
    let stopwords = std::collections::HashSet::from(["a", "and", "of", "the", "to"]);
    let pipeline = stream! { <WordCount>
        let lines  = source(text_socket("127.0.0.1:7777"));
        let words  = lines.flat_map(|line| line.split_whitespace());
        let counts = words
            .filter(|w| !stopwords.contains(*w))
            .map(|w| (w, 1u64))
            .reduce_by_key(|a, b| a + b);
        counts.print();
    };
    has_statements(HERE, blocks(README, "```rust,no_run")[0]);
    let drawn =
        README.split("<!-- plan:begin -->\n").nth(1).and_then(|r| r.split("<!-- plan:end -->").next());
    let expected = format!("```mermaid\n{}\n```\n", pipeline.plan().mermaid().trim_end());
    assert!(drawn == Some(expected.as_str()), "between the markers of the README should stand:\n{expected}");
}

#[test]
fn the_page_on_plans_shows_what_plans_print() {
    let pipeline = stream! { <WordCount>
        let lines = source(text_socket("127.0.0.1:7777"));
        let words = lines.flat_map(|line| line.split_whitespace());
        /// How often each word came in this tick.
        let counts = words.filter(|w| w.len() > 3).map(|w| (w, 1u64)).reduce_by_key(|a, b| a + b);
        counts.print();
    };
    has_statements(HERE, blocks(PLANS, "```rust")[0]);
    holds(PLANS, &text(pipeline.plan()));
    is_drawn(&pipeline.plan(), "word_count", PLANS);

    let explained = Engine::local().partitions(2).explain(&pipeline).to_string();
    let head: Vec<&str> = explained.lines().take_while(|line| !line.is_empty()).collect();
    holds(PLANS, &text(head.join("\n")));

    let logs = stream! { <Logs>
        let app = source(text_files("logs/app-*.log"));
        let web = source(text_files("logs/web-*.log"));
        let lines = app.union(web);
        let (errors, rest) = lines.split(|line| line.contains("ERROR"));
        for _ in 0..2 { errors = errors.map(|line| line.replace("  ", " ")); }
        errors.print();
        rest.count().print();
    };
    has_statements(HERE, blocks(PLANS, "```rust")[1]);
    holds(PLANS, &text(logs.plan()));
    is_drawn(&logs.plan(), "logs", PLANS);
}

#[test]
fn the_first_pipeline_prints_what_its_page_shows() {
    // Printed by the pipeline itself, but for the batch time.
    let out = MemorySink::new();
    let pipeline = stream! { <Shouts>
        let lines = source(from_iter(["the mill turns", "the stream runs"]));
        let loud  = lines.map(|line| line.to_uppercase());
        loud.sink(out.clone());
    };
    Engine::test().run(pipeline).expect("it runs");
    let records = out.records();
    holds(GETTING_STARTED, &format!("ms\n{0}\n{1:?}\n{2:?}\n", "-".repeat(43), records[0], records[1]));
}

#[test]
fn the_tables_of_operators_are_the_registry() {
    for kind in OpKind::ALL {
        let spec = kind.spec();
        if spec.class == Class::Root {
            continue;
        }
        let keyed = if spec.keyed { " (keyed)" } else { "" };
        let cell = |text: &str| text.replace('|', "\\|");
        let (signature, summary, cost) = (cell(spec.signature), cell(spec.summary), cell(spec.cost));
        let row = format!("| `{}`{keyed} | `{signature}` | {summary} | {cost} |\n", spec.name);
        assert!(OPERATORS.contains(&row), "the page on operators should have the row\n{row}");
    }
}

/// Pages wrap lines.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_on_errors_quotes_the_compilers_messages_as_they_are() {
    let samples = blocks(ERRORS, "```rust,compile_fail");
    assert!(!samples.is_empty());
    for sample in samples {
        has_statements(MISTAKES, sample);
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/cases");
    let messages: String = std::fs::read_dir(folder)
        .expect("there is a folder of cases")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|file| file.extension().is_some_and(|e| e == "stderr"))
        .map(|file| plain(&std::fs::read_to_string(file).expect("it is text")) + "\n")
        .collect();
    let quoted: Vec<&str> =
        blocks(ERRORS, "```text,wrap").into_iter().filter(|b| b.starts_with("error")).collect();
    assert!(quoted.len() > 30);
    for quote in quoted {
        for paragraph in quote.split("\n  = ") {
            assert!(messages.contains(&plain(paragraph)), "no such message:\n{paragraph}");
        }
    }
}

#[test]
fn the_page_on_errors_quotes_what_stops_a_pipeline_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).expect("it can be written");
        file
    };
    let (bad, long) = (write("bad.txt", b"ab\n\xff\n"), write("long.txt", b"a long line\n"));
    let nums = || stream! { source(queue([vec![1]])).for_each(|_| ()); };
    let run = |pipeline: Pipeline<'_>| Engine::test().run(pipeline).expect_err("it fails").to_string();

    let mut errors = vec![
        run(stream! { <Halves>
            let nums = source(queue([vec![4, 2], vec![0]]));
            let halves = nums.map(|n| 100 / n);
            halves.print();
        }),
        run(stream! { <Logs> let lines = source(text_socket("127.0.0.1:9")); lines.count().print(); }),
        run(stream! { <Logs> let lines = source(text_files(&bad)); lines.map(str::len).for_each(|_| ()); }),
        run(stream! { let lines = source(text_files(&long).max_line_bytes(4)); lines.for_each(|_| ()); }),
        crate::support::block_on(async {
            Engine::local().run(nums()).expect_err("it would block").to_string()
        }),
    ];
    for engine in [
        Engine::local().partitions(0),
        Engine::local().batch_interval(std::time::Duration::from_micros(1500)),
        Engine::local().trigger(Trigger::Eager).backpressure(millstream::engine::Backpressure::pid()),
    ] {
        errors.push(engine.run(nums()).expect_err("a setting does not fit").to_string());
    }
    let broken = Engine::local().start(stream! { source(text_socket("127.0.0.1:9")).for_each(|_| ()); });
    let broken = broken.expect("it starts");
    broken.wait().expect_err("nobody listens");
    errors.push(broken.wait().expect_err("it failed").to_string());

    let errors: Vec<String> = errors
        .iter()
        .map(|e| e.replace(bad.to_str().expect("text"), "FILE").replace(long.to_str().expect("text"), "FILE"))
        .collect();
    let page = ERRORS.split("\n## When it runs\n").nth(1).expect("there is that part");
    let quoted = blocks(page, "```text,wrap");
    assert_eq!(quoted.len(), errors.len(), "one quotation for each of these:\n{}", errors.join("\n"));
    for quote in quoted {
        assert!(
            errors.iter().any(|e| e.contains(&plain(quote))),
            "{quote}\nis none of\n{}",
            errors.join("\n")
        );
    }
}

#[test]
fn the_page_on_testing_shows_what_a_lawless_reducer_gets() {
    let check = || millstream::testing::lawful_reducer(|a: i64, b| (a + b) / 2, 0i64..1000);
    let message = std::panic::catch_unwind(check).expect_err("it is lawless");
    let message = message.downcast_ref::<String>().expect("a message");
    // The example is random.
    let shown = blocks(TESTING, "```text,wrap")[0];
    let general = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("  "));
        lines.map(plain).collect::<Vec<_>>().join(" ").split(": ").map(str::to_string).collect()
    };
    assert_eq!(general(shown), general(message));
}

#[test]
fn the_page_on_testing_shows_how_a_plan_changes() {
    let before = stream! { <Visits>
        let pages = source(queue([vec!["/a", "/b", "/a"]]));
        let counts = pages.map(|page| (page, 1u64)).reduce_by_key(|a, b| a + b);
        counts.print();
    };
    let after = stream! { <Visits>
        let pages = source(queue([vec!["/a", "/b", "/a"]]));
        let counts = pages.map(|page| (page, 1u64)).group_by_key().map_values(|ones| ones.iter().sum::<u64>());
        counts.print();
    };
    let diff = blocks(TESTING, "```diff")[0];
    for (plan, other) in [(before.plan(), '+'), (after.plan(), '-')] {
        let side: Vec<&str> = diff
            .lines()
            .filter(|line| !line.starts_with(other))
            .map(|line| line.get(1..).unwrap_or(""))
            .collect();
        assert_eq!(side.join("\n"), plan.to_string().trim_end());
    }
}

/// The methods of Spark's DStreams, of pairs too, and of what makes them: of its Scala and Python APIs.
const OF_A_DSTREAM: &str = "cache checkpoint cogroup combineByKey count countByValue countByValueAndWindow \
    countByWindow filter flatMap flatMapValues foreachRDD fullOuterJoin glom groupByKey groupByKeyAndWindow join \
    leftOuterJoin map mapPartitions mapPartitionsWithIndex mapValues mapWithState partitionBy persist pprint print \
    reduce reduceByKey reduceByKeyAndWindow reduceByWindow repartition rightOuterJoin saveAsHadoopFiles \
    saveAsNewAPIHadoopFiles saveAsObjectFiles saveAsTextFiles slice stateSnapshots transform transformWith union \
    updateStateByKey window \
    addStreamingListener awaitTermination awaitTerminationOrTimeout binaryRecordsStream fileStream getOrCreate \
    queueStream rawSocketStream receiverStream remember socketStream socketTextStream start stop textFileStream";

#[test]
fn the_page_for_those_who_come_from_spark_has_every_operation_of_a_dstream() {
    let calls: String = FROM_SPARK
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter_map(|row| row.split('|').nth(1))
        .collect::<Vec<_>>()
        .join(" ");
    let words: Vec<&str> = calls.split(|c: char| !c.is_alphanumeric()).collect();
    let missing: Vec<&str> = OF_A_DSTREAM.split_whitespace().filter(|name| !words.contains(name)).collect();
    assert!(missing.is_empty(), "book/src/from-spark.md should have rows for {missing:?}");
}

/// Text inside XML.
fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Pictures are drawn by `book/plans/draw`; each holds the text that it was drawn from.
#[track_caller]
fn is_drawn(plan: &millstream::Plan, name: &str, page: &str) {
    let book = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../book");
    let path = book.join(format!("plans/{name}.mmd"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, plan.mermaid()).expect("the book can be written");
        return; // It is drawn next.
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == plan.mermaid(), "plans/{name}.mmd is out of date: run this test with BLESS=1");
    let picture = std::fs::read_to_string(book.join(format!("src/plans/{name}.svg"))).unwrap_or_default();
    let source = format!("<metadata>{}</metadata>", xml(written.trim_end()));
    assert!(picture.contains(&source), "src/plans/{name}.svg is out of date: run book/plans/draw");
    assert!(page.contains(&format!("](plans/{name}.svg)")), "no page shows the picture {name}");
}

#[test]
fn the_page_on_architecture_shows_what_is_emitted() {
    // But for spaces, paths' beginnings and suffixes of numbers.
    let plain = |code: &str| {
        let code = code.replace("::millstream::rt", "rt").replace("usize", "");
        code.split_whitespace().collect::<String>().replace(",)", ")")
    };
    let shown = blocks(ARCHITECTURE, "```rust,ignore")[0];
    assert!(plain(EXPANSION).contains(&plain(shown)), "the stage of the snapshot differs from\n{shown}");
}
