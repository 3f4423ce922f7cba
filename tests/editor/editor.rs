//! What an editor shows inside `stream!`: a real rust-analyzer, asked over its protocol.
//!
//! It runs where there is one: `RUST_ANALYZER` names it, or `rust-analyzer` is found and answers. (Without it the test
//! says so and passes: it needs more than a Rust toolchain.)

mod session;

use std::path::PathBuf;
use std::process::Command;

use millstream_plan::{Modifier, OpKind};
use serde_json::Value;
use session::Session;

/// A program, of which each case shows one version: `/*here*/` is where its lines stand.
const PROGRAM: &str = "\
use millstream::prelude::*;

#[derive(Clone, Debug)]
struct Visit { page: String, seconds: u64 }

fn visits() -> Vec<Visit> { Vec::new() }

fn main() -> millstream::Result<()> {
    let stop = std::collections::HashSet::from([\"the\".to_string()]);
    let pipeline = stream! { <Shown>
        let lines = source(text_files(\"*.txt\"));
        let visits = source(from_iter(visits()));
/*here*/
        lines.count().print();
    };
    Engine::test().run(pipeline)
}
";

fn rust_analyzer() -> Option<PathBuf> {
    let named = std::env::var_os("RUST_ANALYZER").map(PathBuf::from);
    let wanted = named.is_some();
    let path = named.unwrap_or_else(|| "rust-analyzer".into());
    let answers = Command::new(&path).arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(answers || !wanted, "RUST_ANALYZER names {}, which does not run", path.display());
    answers.then_some(path)
}

/// The labels of what is proposed.
fn labels(completion: &Value) -> Vec<&str> {
    let items = completion.get("items").unwrap_or(completion);
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item["label"].as_str())
        .map(|l| l.split(['(', ' ']).next().unwrap_or(l))
        .collect()
}

#[track_caller]
fn has_all(case: &str, labels: &[&str], wanted: &[&str]) {
    let missing: Vec<_> = wanted.iter().filter(|name| !labels.contains(name)).collect();
    assert!(missing.is_empty(), "{case}: {missing:?} are not among {labels:?}");
}

#[test]
fn an_editor_completes_shows_and_finds() {
    let Some(path) = rust_analyzer() else {
        println!("no rust-analyzer here: set RUST_ANALYZER to its path to run this test");
        return;
    };
    let mut editor = Session::start(&path);

    // Behind a dot: the operators, and nothing else of ours.
    let dot = editor.completion(PROGRAM, "let words = lines.$0");
    has_all(
        "a dot",
        &labels(&dot),
        &["map", "flat_map", "filter", "key_by", "split", "try_map", "count", "print"],
    );
    assert!(!labels(&dot).contains(&"iter"), "a stream is no collection");

    has_all("a dot behind text", &labels(&dot), &["words", "words_ascii"]);

    // All of them, on a stream of pairs; but not those for text and collections.
    let pairs = editor.completion(PROGRAM, "let pairs = lines.map(|l| (l, 1u64));\npairs.$0");
    let others = [OpKind::Source, OpKind::Repeat, OpKind::Flatten, OpKind::Words, OpKind::WordsAscii];
    let (of_windows, of_streams): (Vec<OpKind>, Vec<OpKind>) =
        OpKind::ALL.iter().partition(|kind| kind.is_windowed());
    let all = of_streams.iter().filter(|kind| !others.contains(kind));
    has_all("pairs", &labels(&pairs), &all.map(|kind| kind.name()).collect::<Vec<_>>());
    assert!(!labels(&pairs).contains(&"words") && !labels(&pairs).contains(&"flatten"));

    // Behind a window of event time its aggregates, and no others.
    let windows = "let dwells = visits.key_by(|v| v.page.clone()).event_time(|(_, v)| Timestamp::from_millis(v.seconds as i64), secs(5));\n\
                   dwells.tumbling(secs(10)).$0";
    let windows = editor.completion(PROGRAM, windows);
    has_all("windows", &labels(&windows), &of_windows.iter().map(|kind| kind.name()).collect::<Vec<_>>());
    assert!(!labels(&windows).contains(&"filter"));

    // And what may stand behind them, on outputs too.
    let (of_cuts, of_others): (Vec<Modifier>, Vec<Modifier>) =
        Modifier::ALL.iter().partition(|m| m.fits(OpKind::Tumbling));
    let names = |modifiers: &[Modifier]| modifiers.iter().map(|m| m.name()).collect::<Vec<_>>();
    has_all("modifiers", &labels(&pairs), &names(&of_others));
    has_all("modifiers of windows", &labels(&windows), &names(&of_cuts));
    has_all("an output", &labels(&editor.completion(PROGRAM, "lines.print().$0")), &["id"]);

    // In the middle of a half-written chain that spans lines.
    let chain = "let counts = lines\n.flat_map(|line| line.split(' '))\n.filter(|w| w.len() > 3)\n.map(|w| (w, 1u64))\n.red$0";
    has_all("a chain", &labels(&editor.completion(PROGRAM, chain)), &["reduce_by_key"]);

    // In closures: parameters have their types, from borrowed lines to fields of one's own.
    let of_line = editor.completion(PROGRAM, "let words = lines.flat_map(|line| line.$0);");
    has_all("a line", &labels(&of_line), &["split_whitespace", "trim", "len"]);
    let of_visit = editor.completion(PROGRAM, "let pages = visits.map(|visit| visit.$0);");
    has_all("a record", &labels(&of_visit), &["page", "seconds"]);
    let of_value = editor.completion(PROGRAM, "let n = lines.map(|l| (l, 1u64)).reduce_by_key(|a, b| a.$0);");
    has_all("a value", &labels(&of_value), &["wrapping_add", "max"]);
    // Owned behind an exchange.
    let of_key = editor.completion(PROGRAM, "let n = lines.count_by_value().map(|(word, n)| word.$0);");
    has_all("a key", &labels(&of_key), &["push_str", "into_bytes"]);
    let of_join = editor.completion(
        PROGRAM,
        "let a = lines.key_by(|l| l.len()); let b = visits.key_by(|v| v.page.len());\n\
         let both = a.join(b).map(|(length, (line, visit))| visit.$0);",
    );
    has_all("a join", &labels(&of_join), &["page", "seconds"]);
    // What is captured, and streams by name.
    has_all(
        "a capture",
        &labels(&editor.completion(PROGRAM, "let w = lines.filter(|l| stop.con$0);")),
        &["contains"],
    );
    has_all("a stream", &labels(&editor.completion(PROGRAM, "let two = lines.union(li$0);")), &["lines"]);

    // Hover: signature and documentation.
    let hover =
        editor.hover(PROGRAM, "let n = lines.map(|l| (l, 1u64)).reduce_$0by_key(|a, b| a + b); n.print();");
    assert!(hover.contains("fn reduce_by_key") && hover.contains("associative"), "{hover}");
    let hover = editor.hover(PROGRAM, "let n = lines.count_by_value(); n.map(|(wo$0rd, n)| n).print();");
    assert!(hover.contains("word: String"), "{hover}");
    let hover = editor.hover(PROGRAM, "let len$0gths = lines.map(|l| l.len()); lengths.print();");
    assert!(hover.contains("lengths: Stream<usize>"), "{hover}");

    // Go to definition: the operator's page, the stream's binding.
    let (file, _) = editor.definition(PROGRAM, "lines.fil$0ter(|l| l.is_empty()).print();");
    assert!(file.ends_with("runtime/src/dsl/element_wise.rs"), "{file}");
    let (file, line) = editor.definition(PROGRAM, "vis$0its.print();");
    assert!(file.ends_with("main.rs"), "{file}");
    assert_eq!(line, PROGRAM.lines().position(|l| l.contains("let visits")).expect("it is there"));

    // A finished program has nothing to complain about.
    let complaints = editor.diagnostics(
        PROGRAM,
        "let (long, short) = lines.split(|l| l.len() > 9);\n\
         let n = long.map(|l| (l, 1u64)).reduce_by_key(|a, b| a + b);\n\
         for _ in 0..3 { n = n.map(|(k, v)| (k, v + 1)); }\n\
         n.print(3); short.for_each(|s| println!(\"{s}\")); visits.map(|v| v.seconds).sink(MemorySink::<u64>::new());$0",
    );
    assert!(complaints.is_empty(), "{complaints:#?}");
}
