//! What a pipeline emitted, against what it was to emit.

use crate::case::Case;
use crate::value::Value;

/// What is wrong, if something is. `by` is `list`, `multiset` or `set`.
pub fn differ(case: &Case, by: &str, got: Vec<Vec<Value>>) -> Option<String> {
    let arrange = |mut batches: Vec<Vec<Value>>| {
        if case.suite.starts_with("pyspark") {
            // Its collector leaves empty batches out.
            batches.retain(|batch| !batch.is_empty());
        }
        for batch in &mut batches {
            match by {
                "list" => {}
                "multiset" => batch.sort(),
                "set" => {
                    batch.sort();
                    batch.dedup();
                }
                other => panic!("{}: no pipeline is compared by `{other}`", case.id()),
            }
        }
        batches
    };
    let (got, expected) = (arrange(got), arrange(case.expected()));
    (got != expected).then(|| format!("expected {}\n  got      {}", show(&expected), show(&got)))
}

fn show(batches: &[Vec<Value>]) -> String {
    Value::from(batches.to_vec()).to_string()
}
