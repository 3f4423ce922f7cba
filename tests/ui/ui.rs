//! What a user reads who has written something wrong.
//!
//! Each file in `cases/` is a program with mistakes, each on a line that ends in `//~`; a mistake may span several lines,
//! and the first one is marked. The messages are in the file beside it, as `error`, place and notes. Every mistake
//! gives one error, or two at most, and no error is elsewhere. (`right.rs` has none.)
//!
//! Half of the texts are rustc's own. So they are compared as a whole with the compiler that they were written down with
//! ([`PINNED`]); with any other what is ours must be there, and no error where no mistake is. `BLESS=1 cargo test -p millstream-ui-tests` writes them down
//! anew: read them aloud.

mod project;
mod report;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use report::Report;

/// The compiler whose own words stand in the `.stderr` files.
const PINNED: &str = "1.95.";

#[test]
fn every_mistake_gets_its_message() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let cases = cases(&folder);
    let reports = project::check(&cases);
    let pinned = project::rustc_version().starts_with(PINNED);
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = String::new();
    for (name, path) in &cases {
        let program = std::fs::read_to_string(path).expect("a case can be read");
        let report = reports.get(name).cloned().unwrap_or_default();
        let written = path.with_extension("stderr");
        if bless {
            std::fs::write(&written, report.to_string()).expect("the messages can be written");
        }
        let expected = std::fs::read_to_string(&written).unwrap_or_default();
        let complaint = if pinned {
            same(&expected, &report.to_string()).and(marks(&program, &report))
        } else {
            ours(&expected, &report).and(only_marked(&program, &report))
        };
        if let Err(complaint) = complaint {
            failures.push_str(&format!("\n== {name}.rs\n{complaint}\n"));
        }
    }
    assert!(failures.is_empty(), "{failures}\n`BLESS=1` writes the messages down as they are now");
}

#[test]
fn ci_compares_the_messages_as_a_whole() {
    let workflow = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.github/workflows/ci.yml");
    let workflow = std::fs::read_to_string(workflow).expect("there is one");
    let install = format!("rustup toolchain install {PINNED}");
    assert!(workflow.contains(&install), "a job should install the compiler of the messages: `{install}…`");
}

#[test]
fn with_another_compiler_too_an_error_where_no_mistake_is_is_noticed() {
    let error = serde_json::json!({
        "level": "error",
        "message": "no",
        "spans": [{ "is_primary": true, "file_name": "/cases/a.rs", "line_start": 2, "column_start": 1 }],
    });
    let mut report = Report::default();
    report.add(&error);
    assert!(ours("", &report).is_err(), "a program that is right");
    assert!(only_marked("fine\nwrong //~\n", &report).is_ok());
    assert!(only_marked("wrong //~\nfine\n", &report).is_err());
}

fn cases(folder: &Path) -> BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(folder).expect("there is a folder of cases");
    let files = entries.map(|e| e.expect("its entries can be read").path());
    files
        .filter(|f| f.extension().is_some_and(|e| e == "rs"))
        .map(|f| (f.file_stem().expect("a file has a name").to_string_lossy().into_owned(), f))
        .collect()
}

/// Line by line, for a short complaint.
fn same(expected: &str, got: &str) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), got.lines().collect());
    let missing = old.iter().filter(|l| !new.contains(l)).map(|l| format!("- {l}\n"));
    let added = new.iter().filter(|l| !old.contains(l)).map(|l| format!("+ {l}\n"));
    Err(missing.chain(added).collect())
}

/// One error a mark, or two; and none without a mark.
fn marks(program: &str, report: &Report) -> Result<(), String> {
    let mut complaint = String::new();
    for (i, line) in program.lines().enumerate() {
        let errors = report.errors.iter().filter(|e| e.line == i + 1).count();
        let most = if line.ends_with("//~") { 1..=2 } else { 0..=0 };
        if !most.contains(&errors) {
            complaint
                .push_str(&format!("line {}: {errors} errors, where {most:?} should be: {line}\n", i + 1));
        }
    }
    if complaint.is_empty() { Ok(()) } else { Err(complaint) }
}

/// No error without a mark. (How many a mark gives depends on the compiler.)
fn only_marked(program: &str, report: &Report) -> Result<(), String> {
    let marked: Vec<usize> =
        (1..).zip(program.lines()).filter(|(_, l)| l.ends_with("//~")).map(|(n, _)| n).collect();
    let stray: String = report
        .errors
        .iter()
        .filter(|error| !marked.contains(&error.line))
        .map(|error| format!("line {} has no mark, and an error: {error}", error.line))
        .collect();
    if stray.is_empty() { Ok(()) } else { Err(stray) }
}

/// What is ours of the expected messages, as often as it should be; where nothing is ours, an error at least; and none where
/// none is expected.
fn ours(expected: &str, report: &Report) -> Result<(), String> {
    if report.errors.is_empty() != expected.is_empty() {
        return Err(if expected.is_empty() { report.to_string() } else { "it compiles".into() });
    }
    let text = report.to_string();
    let mut got: Vec<&str> = text.lines().filter_map(report::ours).collect();
    let mut missing = String::new();
    for line in expected.lines().filter_map(report::ours) {
        match got.iter().position(|g| *g == line) {
            Some(found) => drop(got.swap_remove(found)),
            None => missing.push_str(&format!("- {line}\n")),
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}
