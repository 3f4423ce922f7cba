//! The book's reference of operators is made from the registry and from the facade's examples: this test holds the page
//! to them. `BLESS=1` writes it anew.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use millstream_plan::{Class, Modifier, ModifierArg, OpKind};

const HEAD: &str = "\
# Reference of operators

Every operator: its signature, what it does, what it costs, and an example that is a test. [Operators](operators.md) tells \
which to take. In signatures `T` is the record as the next closure receives it, `K` and `V` are key and value of a pair.

<!-- Made from the registry and the examples of the API's documentation by a test: `BLESS=1 cargo test -p \
millstream-tests reference` writes it anew. -->
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The facade's source, but for what stands behind windows of event time, where the same names mean something else.
fn facade() -> String {
    let folder = root().join("runtime/src/dsl");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the facade is a folder")
        .map(|entry| entry.expect("it can be listed").path())
        .collect();
    files.retain(|file| {
        !OF_WINDOWS.iter().any(|name| file.ends_with(name)) && !file.ends_with("aggregates.rs")
    });
    files.push(root().join("runtime/src/dsl.rs"));
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).expect("it is text")).collect()
}

/// What stands behind windows of event time.
const OF_WINDOWS: [&str; 2] = ["of_windows.rs", "window_joins.rs"];

fn of_windows() -> String {
    let folder = root().join("runtime/src/dsl");
    OF_WINDOWS.iter().map(|file| std::fs::read_to_string(folder.join(file)).expect("it is text")).collect()
}

/// The first example in the documentation of a function, with its fences.
fn example(facade: &str, name: &str) -> Option<String> {
    let at =
        [format!("pub fn {name}("), format!("pub fn {name}<")].iter().find_map(|head| facade.find(head))?;
    let before = &facade[..=facade[..at].rfind('\n')?];
    let mut doc: Vec<&str> = before
        .lines()
        .rev()
        .map(str::trim_start)
        .take_while(|line| line.starts_with("///") || line.starts_with("#["))
        .filter_map(|line| line.strip_prefix("///"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    doc.reverse();
    let begin = doc.iter().position(|line| line.starts_with("```"))?;
    let length = doc[begin + 1..].iter().position(|line| line.starts_with("```"))?;
    let language = doc[begin].trim_start_matches("```");
    let language = if language.is_empty() { "rust" } else { language };
    Some(format!("```{language}\n{}\n```\n", doc[begin + 1..=begin + length].join("\n")))
}

fn page() -> String {
    let (facade, of_windows) = (facade(), of_windows());
    let mut page = HEAD.to_string();
    for (class, title) in [
        (Class::Root, "Sources"),
        (Class::ElementWise, "Element-wise"),
        (Class::PerBatch, "Per batch"),
        (Class::Stateful, "State across batches"),
        (Class::Windowed, "Windows of processing time"),
        (Class::EventTime, "Event time"),
        (Class::Output, "Outputs"),
    ] {
        let _ = write!(page, "\n## {title}\n");
        for kind in OpKind::ALL.iter().filter(|kind| kind.spec().class == class) {
            let spec = kind.spec();
            let _ = write!(page, "\n### {}\n\n```text\n{}\n```\n\n", spec.name, spec.signature);
            let _ = write!(page, "{}\n\n*Cost:* {}\n", spec.summary, spec.cost);
            let shown = if kind.is_windowed() { &of_windows } else { &facade };
            if let Some(example) = example(shown, spec.name) {
                let _ = write!(page, "\n{example}");
            } else if kind.is_windowed_join() {
                page.push_str("\nSee [joins](joins.md#in-windows).\n");
            } else if kind.is_windowed() {
                page.push_str("\nSee [event time](time.md#aggregates).\n");
            } else {
                assert_eq!(*kind, OpKind::Repeat, "the facade shows no example of `{}`", spec.name);
                page.push_str("\nSee [the DSL](dsl.md#loops).\n");
            }
        }
    }
    page.push_str("\n## Modifiers\n\nThey stand right behind an operator and say more about it. They are no operators themselves.\n");
    for modifier in Modifier::ALL {
        let spec = modifier.spec();
        let argument = match spec.arg {
            ModifierArg::Nothing => "",
            ModifierArg::Text => "\"name\"",
            ModifierArg::Value => "value",
        };
        let example = example(&facade, spec.name).or_else(|| example(&of_windows, spec.name));
        let example = example.expect("the facade shows an example");
        let _ = write!(
            page,
            "\n### {name}\n\n```text\n.{name}({argument})\n```\n\n{}\n\n*For:* {}.\n\n{example}",
            spec.summary,
            spec.takers,
            name = spec.name
        );
    }
    page
}

#[test]
fn the_reference_is_what_registry_and_facade_say() {
    let path = root().join("book/src/reference.md");
    let expected = page();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &expected).expect("the book can be written");
    }
    let got = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(got == expected, "book/src/reference.md is out of date: run this test with BLESS=1");
}
