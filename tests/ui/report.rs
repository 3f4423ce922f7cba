//! What the compiler said of one program, without what differs from machine to machine.

use std::fmt;

use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub struct Report {
    pub errors: Vec<Error>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Error {
    pub line: usize,
    column: usize,
    /// Ready to print.
    text: String,
}

/// Out of the messages of our traits. (Those of the macro have no code: `error: …`.)
const OURS: &[&str] = &[
    "can't be a key",
    "can't leave its stage",
    "can't take records of type",
    "is no source",
    "a keyed operator takes pairs",
    "a union takes streams of the same records",
    "an output's closure returns",
    "records that are used twice must be `Clone`",
];

/// The compiler's own messages without a code.
const RUSTCS: &[&str] = &["error: lifetime", "error: expected", "error: unexpected"];

/// What of a report's line is in our words, whatever the compiler: all of it, or what stands beside a type's name.
pub fn ours(line: &str) -> Option<&str> {
    if line.starts_with("error[") {
        OURS.iter().copied().find(|fragment| line.contains(fragment))
    } else {
        let ours = line.starts_with("error: ") && !RUSTCS.iter().any(|theirs| line.starts_with(theirs));
        ours.then_some(line)
    }
}

impl Report {
    /// Takes in a message of the compiler, if it is an error.
    pub fn add(&mut self, message: &Value) {
        let spans: Vec<&Value> = message["spans"].as_array().into_iter().flatten().map(in_program).collect();
        let Some(primary) = spans.iter().find(|s| s["is_primary"] == true).or(spans.first()) else { return };
        if message["level"] != "error" {
            return;
        }
        let mut text = match message["code"]["code"].as_str() {
            Some(code) => format!("error[{code}]: "),
            None => "error: ".to_string(),
        };
        text.push_str(message["message"].as_str().unwrap_or_default());
        text.push('\n');
        let mut places: Vec<&Value> = spans.iter().copied().filter(|s| in_case(s)).collect();
        places
            .sort_by_key(|s| (s["is_primary"] != true, s["line_start"].as_u64(), s["column_start"].as_u64()));
        for span in places {
            text.push_str(&place(span));
        }
        for child in message["children"].as_array().into_iter().flatten() {
            text.push_str(&note(child));
        }
        let number = |key: &str| primary[key].as_u64().unwrap_or_default() as usize;
        let line = if in_case(primary) { number("line_start") } else { 0 };
        let text = text.replace(env!("CARGO_MANIFEST_DIR"), "$FOLDER");
        self.errors.push(Error { line, column: number("column_start"), text });
    }

    pub fn sorted(mut self) -> Report {
        self.errors.dedup();
        self.errors.sort();
        self
    }
}

/// Whether a span shows the user's program: others would show our sources, which change.
fn in_case(span: &Value) -> bool {
    span["file_name"].as_str().is_some_and(|f| f.replace('\\', "/").contains("/cases/"))
}

/// The span where the user called the macro that the compiler points into.
fn in_program(span: &Value) -> &Value {
    let outer = &span["expansion"]["span"];
    if in_case(span) || outer.is_null() { span } else { in_program(outer) }
}

/// The underlined text, and what is said of it.
fn place(span: &Value) -> String {
    let number = |key: &str| span[key].as_u64().unwrap_or_default() as usize;
    let line = span["text"][0]["text"].as_str().unwrap_or_default();
    let to = if number("line_end") == number("line_start") { number("column_end") } else { usize::MAX };
    let from = number("column_start").saturating_sub(1);
    let under: String = line.chars().skip(from).take(to.saturating_sub(from + 1)).collect();
    let under = under.trim_end_matches("//~").trim_end();
    let dots = if to == usize::MAX { " …" } else { "" };
    let label = span["label"].as_str().map(|l| format!(": {l}")).unwrap_or_default();
    let mark = if span["is_primary"] == true { "-->" } else { "   " };
    format!("  {mark} {}:{} {under}{dots}{label}\n", number("line_start"), number("column_start"))
}

/// A note or help, if it is about the user's program.
fn note(child: &Value) -> String {
    let text = child["message"].as_str().unwrap_or_default();
    let spans: Vec<&Value> = child["spans"].as_array().into_iter().flatten().collect();
    let elsewhere = !spans.is_empty() && !spans.iter().any(|s| in_case(s));
    if elsewhere || text.contains("this error originates in the macro") || text.contains(".txt") {
        return String::new();
    }
    let mut note =
        format!("  = {}: {}\n", child["level"].as_str().unwrap_or_default(), text.replace('\n', "\n    "));
    for span in spans.iter().filter(|s| in_case(s)) {
        let label = span["label"].as_str().map(|l| format!(": {l}")).unwrap_or_default();
        match span["suggested_replacement"].as_str() {
            Some(new) => note.push_str(&format!(
                "      {}:{} write `{}`\n",
                span["line_start"],
                span["column_start"],
                new.trim()
            )),
            None if !label.is_empty() => note.push_str(&place(span)),
            None => {}
        }
    }
    note
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.errors.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}
