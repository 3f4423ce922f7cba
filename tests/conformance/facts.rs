//! Cases that are statements: each names the tests that assert it, which fail where the behaviour is taken out.

use std::path::Path;

use crate::case::Case;

/// Suite, name, and the tests: a file from the root of the repository, and a function in it; or a case of `tests/ui`,
/// which is one by being there.
type Fact = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const FACTS: &[Fact] = &[];

pub fn of(case: &Case) -> Option<&'static Fact> {
    FACTS.iter().find(|(suite, name, _)| case.suite == *suite && case.name == *name)
}

/// Facts of cases that are not there, and tests that are not there.
pub fn check(all: &[Case]) -> Vec<String> {
    let mut wrong = Vec::new();
    for fact @ (suite, name, tests) in FACTS {
        if !all.iter().any(|case| of(case) == Some(fact)) {
            wrong.push(format!("a fact of no case: {suite} / {name}"));
        }
        for (file, function) in *tests {
            if let Err(why) = exists(file, function) {
                wrong.push(format!("{suite} / {name}: {why}"));
            }
        }
    }
    wrong
}

fn exists(file: &str, function: &str) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{file}: {e}"))?;
    if file.starts_with("tests/ui/cases/") {
        return Ok(());
    }
    let at =
        text.find(&format!("fn {function}(")).ok_or_else(|| format!("{file} has no test `{function}`"))?;
    // What stands before it, up to the end of the item above.
    let head = text[..at].rsplit("\n\n").next().unwrap_or("");
    if head.contains("#[test]") { Ok(()) } else { Err(format!("`{function}` of {file} is no test")) }
}
