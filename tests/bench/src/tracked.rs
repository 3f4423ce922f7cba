//! `target/bench/summary.json`, which several programs write to: each replaces its own rows, and keeps the others'.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench/summary.json")
}

fn is_compile(row: &Value) -> bool {
    row["workload"].as_str().is_some_and(|workload| workload.starts_with("compile"))
}

fn rows(keep: impl Fn(&Value) -> bool) -> Vec<Value> {
    let text = fs::read(file()).unwrap_or_default();
    let mut rows: Vec<Value> = serde_json::from_slice(&text).unwrap_or_default();
    rows.retain(keep);
    rows
}

/// The rows of what compiling takes.
pub fn of_compiling() -> Vec<Value> {
    rows(is_compile)
}

/// Replaces the rows of what compiling takes.
///
/// # Errors
/// If the file can't be written.
pub fn replace_compiling(own: Vec<Value>) -> io::Result<()> {
    let mut all = rows(|row| !is_compile(row));
    all.extend(own);
    let file = file();
    fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    fs::write(file, serde_json::to_string_pretty(&all)?)
}
