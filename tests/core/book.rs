//! What the book and the README print is what the code prints.

use millstream::prelude::*;
use millstream_plan::{Class, OpKind};

const README: &str = include_str!("../../README.md");
const GETTING_STARTED: &str = include_str!("../../book/src/getting-started.md");
const DSL: &str = include_str!("../../book/src/dsl.md");
const OPERATORS: &str = include_str!("../../book/src/operators.md");
const ARCHITECTURE: &str = include_str!("../../book/src/architecture.md");
const PLANS: &str = include_str!("../../book/src/plans.md");
const EXPANSION: &str =
    include_str!("../../macros/src/snapshots/millstream_macros__expansions__word_count.snap");
/// This file: it runs what the pages show.
const HERE: &str = include_str!("book.rs");
const MISTAKES: &str = include_str!("../ui/cases/book.rs");
const MESSAGES: &str = include_str!("../ui/cases/book.stderr");

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

#[test]
fn the_page_on_the_dsl_quotes_messages_as_they_are() {
    let samples = blocks(DSL, "```rust,compile_fail");
    assert!(!samples.is_empty());
    for sample in samples {
        has_statements(MISTAKES, sample);
    }
    // Pages wrap lines.
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let messages = plain(MESSAGES);
    let quoted: Vec<&str> = blocks(DSL, "```text").into_iter().filter(|b| b.starts_with("error")).collect();
    assert!(!quoted.is_empty());
    for quote in quoted {
        for paragraph in quote.split("\n  = ") {
            assert!(messages.contains(&plain(paragraph)), "no such message:\n{paragraph}");
        }
    }
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
