//! Which area of the system owes a case: the table of `data/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::case::Case;

const README: &str = include_str!("data/README.md");

/// The areas that exist.
pub const DUE: [&str; 10] = [
    "operators",
    "sources",
    "sinks",
    "life cycle",
    "rate control",
    "recovery",
    "state",
    "windows",
    "event time",
    "joins across time",
];

/// File and name of a case to its area.
static TABLE: LazyLock<BTreeMap<(&str, &str), &str>> = LazyLock::new(|| {
    let mut table = BTreeMap::new();
    let mut file = "";
    for line in README.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            file = heading.trim_end_matches(".json");
        } else if let Some(row) = line.strip_prefix("| ").and_then(|l| l.strip_suffix(" |"))
            && let Some((id, area)) = row.rsplit_once(" | ")
        {
            table.insert((file, id), area);
        }
    }
    table
});

pub fn of(case: &Case) -> &'static str {
    TABLE.get(&(case.file, case.id().as_str())).copied().unwrap_or("nobody")
}

/// Cases without an area, and rows without a case.
pub fn check(all: &[Case]) -> Vec<String> {
    let ids: BTreeSet<(&str, String)> = all.iter().map(|case| (case.file, case.id())).collect();
    let without = ids.iter().filter(|(file, id)| !TABLE.contains_key(&(*file, id.as_str())));
    let without =
        without.map(|(file, id)| format!("the table of data/README.md has no area for {file}: {id}"));
    let unknown = TABLE.iter().filter(|((file, id), area)| {
        !file.is_empty()
            && !["case", "---"].contains(id)
            && **area != "---"
            && !ids.contains(&(*file, id.to_string()))
    });
    let unknown =
        unknown.map(|((file, id), _)| format!("data/README.md has a row without a case: {file}: {id}"));
    without.chain(unknown).collect()
}
