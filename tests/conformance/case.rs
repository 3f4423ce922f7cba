//! The cases, as `data/` has them.

use std::collections::BTreeMap;

use millstream::source::queue;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::batches::Batches;
use crate::value::Value;

#[derive(Deserialize)]
pub struct Case {
    pub suite: String,
    #[serde(rename = "case")]
    pub name: String,
    pub op: String,
    pub params: BTreeMap<String, Json>,
    input: Json,
    input2: Option<Json>,
    input3: Option<Json>,
    pub expected: Option<Json>,
    pub compare: String,
    /// What of the output an expectation is about: `all` of it so far, or that of the step.
    #[serde(default)]
    pub check: String,
    #[serde(default)]
    pub expect_error: bool,
    pub expected_partitions: Option<usize>,
    expected_state: Option<Json>,
    state_total: Option<Json>,
    clock_s: Option<Json>,
    /// Without `.json`.
    #[serde(skip)]
    pub file: &'static str,
}

const FILES: [(&str, &str); 7] = [
    ("per_batch", include_str!("data/per_batch.json")),
    ("engine", include_str!("data/engine.json")),
    ("state", include_str!("data/state.json")),
    ("windows", include_str!("data/windows.json")),
    ("event_time", include_str!("data/event_time.json")),
    ("event_time_joins", include_str!("data/event_time_joins.json")),
    ("ml", include_str!("data/ml.json")),
];

/// All cases, in the order of the data.
pub fn all() -> Vec<Case> {
    let mut all = Vec::new();
    for (file, text) in FILES {
        let cases: Vec<Case> = serde_json::from_str(text).unwrap_or_else(|e| panic!("{file}.json: {e}"));
        all.extend(cases.into_iter().map(|case| Case { file, ..case }));
    }
    all
}

impl Case {
    /// How lists name it.
    pub fn id(&self) -> String {
        format!("{} / {}", self.suite, self.name)
    }

    /// A parameter that is text; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.params.get(name).and_then(Json::as_str).unwrap_or("")
    }

    /// A parameter that is a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.params.get(name).and_then(Json::as_u64)
    }

    /// The batches of the first, second or third input; `None` is 'no batch at all'.
    pub fn batches(&self, input: usize) -> Vec<Option<Vec<Value>>> {
        let json = [Some(&self.input), self.input2.as_ref(), self.input3.as_ref()][input - 1]
            .unwrap_or_else(|| panic!("{} has no input {input}", self.id()));
        lists(json)
    }

    /// An input as a source.
    pub fn source(&self, input: usize) -> Batches {
        let batches = self.batches(input);
        let fails_at = batches.iter().position(Option::is_none);
        let mut given = queue(batches.into_iter().map_while(|batch| batch));
        if let Some(n) = self.number("input_partitions") {
            given = given.partitions(usize::try_from(n).expect("a small number"));
        }
        Batches { queue: given, fails_at }
    }

    /// Of which steps it is said what they emit.
    pub fn said(&self) -> Vec<bool> {
        lists(self.expected.as_ref().unwrap_or(&Json::Null)).iter().map(Option::is_some).collect()
    }

    /// What each tick is to emit.
    pub fn expected(&self) -> Vec<Vec<Value>> {
        let json = self.expected.as_ref().unwrap_or(&Json::Null);
        lists(json).into_iter().map(Option::unwrap_or_default).collect()
    }
}

impl Case {
    /// How many keys have a state behind each tick, where the case says it.
    pub fn state_total(&self) -> Option<Vec<usize>> {
        serde_json::from_value(self.state_total.clone()?).ok()
    }

    /// The second at which each batch comes; else one a second.
    pub fn clock_s(&self) -> Option<Vec<usize>> {
        serde_json::from_value(self.clock_s.clone()?).ok()
    }

    /// The state behind each tick, where the case says it.
    pub fn expected_state(&self) -> Option<Vec<Vec<Value>>> {
        self.expected_state
            .as_ref()
            .map(|json| lists(json).into_iter().map(Option::unwrap_or_default).collect())
    }
}

fn lists(json: &Json) -> Vec<Option<Vec<Value>>> {
    let batches = json.as_array().map(Vec::as_slice).unwrap_or_default();
    batches.iter().map(|batch| batch.as_array().map(|b| b.iter().map(Value::of).collect())).collect()
}
