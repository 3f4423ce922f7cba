//! What the victim has written, and what it should.

use std::collections::BTreeMap;
use std::path::Path;

/// The lines of each tick that has some, in the order of ticks; sorted within a tick, whose order partitions may change.
#[derive(Debug, PartialEq, Eq)]
pub struct Output(pub Vec<Vec<String>>);

impl Output {
    /// # Panics
    /// If a tick is there twice, is not whole, or if anything is left of one that is not.
    pub fn read(folder: &Path) -> Output {
        let mut ticks = BTreeMap::new();
        for entry in std::fs::read_dir(folder).expect("there is output") {
            let path = entry.expect("it can be listed").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            assert!(!name.ends_with(".writing") && !name.ends_with(".replaced"), "{name} is left");
            if !path.is_dir() {
                continue;
            }
            let (number, lines) = tick(&path);
            assert!(ticks.insert(number, lines).is_none(), "tick {number} is there twice, in {name} again");
        }
        assert!(ticks.keys().copied().eq(0..ticks.len() as u64), "ticks are missing: {:?}", ticks.keys());
        Output(ticks.into_values().filter(|lines| !lines.is_empty()).collect())
    }

    /// What belongs to a kind of line, tick by tick: `line`, `count`, `chain`.
    pub fn of(&self, kind: &str) -> Vec<Vec<&str>> {
        let rest = |line: &'_ String| -> Option<usize> { line.starts_with(kind).then_some(kind.len() + 1) };
        self.0
            .iter()
            .map(|tick| tick.iter().filter_map(|line| rest(line).map(|at| &line[at..])).collect())
            .collect()
    }

    /// The first tick that differs, if one does.
    #[track_caller]
    pub fn assert_is(&self, expected: &Output, when: &str) {
        for (n, (got, expected)) in self.0.iter().zip(&expected.0).enumerate() {
            assert_eq!(got, expected, "tick {n} is another one {when}");
        }
        assert_eq!(self.0.len(), expected.0.len(), "ticks with lines, {when}");
    }
}

/// A tick's number and its lines.
fn tick(folder: &Path) -> (u64, Vec<String>) {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder).expect("it can be listed") {
        let path = entry.expect("it can be listed").path();
        if path.ends_with("_SUCCESS") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("it is text");
        lines.extend(text.lines().map(String::from));
    }
    lines.sort();
    let success = std::fs::read_to_string(folder.join("_SUCCESS")).expect("a tick that is visible is whole");
    let number = success.strip_prefix("tick ").and_then(|rest| rest.split(',').next());
    (number.and_then(|n| n.parse().ok()).expect("`_SUCCESS` says which tick it is"), lines)
}
