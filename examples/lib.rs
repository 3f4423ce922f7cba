//! Small programs, each in a file of its own. At the root of the repository:
//!
//! ```text
//! cargo run --release -p millstream-examples                    lists them
//! cargo run --release -p millstream-examples -- grep            runs one, on the data in examples/data
//! cargo run --release -p millstream-examples -- grep --plan     prints its plan only
//! ```
//!
//! Besides, what they share: where their data lies, and `word_count`'s arguments.

pub mod dashboard;
pub mod grep;
pub mod hashtags;
pub mod hundred_maps;
pub mod impressions;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod logistic_regression;
pub mod long_words;
pub mod moods;
pub mod network_word_count;
pub mod nexmark;
pub mod pi;
pub mod publish;
pub mod recovery;
pub mod running_top_words;
pub mod sessions;
pub mod sliding_word_count;
pub mod stateful_word_count;
pub mod top_words;
pub mod trending_hashtags;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use millstream::sink::{Delivery, Sink, SinkInfo};
use millstream::{BoxError, Plan, Tick};

/// A file of `examples/data`: by a path that is short where the program runs at the root of the repository, and right
/// everywhere.
pub fn data(name: &str) -> PathBuf {
    let short = Path::new("examples/data").join(name);
    if short.exists() { short } else { Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name) }
}

/// An example: its name, what it does, its plan if it has one, and its program.
pub struct Example {
    pub name: &'static str,
    /// In a line, with its arguments.
    pub about: &'static str,
    pub plan: Option<fn() -> Plan>,
    pub run: fn(&[String]) -> Result<(), BoxError>,
}

/// All of them but `word_count`, which is a program of its own.
pub const EXAMPLES: [Example; 19] = [
    network_word_count::EXAMPLE,
    dashboard::EXAMPLE,
    grep::EXAMPLE,
    hashtags::EXAMPLE,
    long_words::EXAMPLE,
    pi::EXAMPLE,
    logistic_regression::EXAMPLE,
    hundred_maps::EXAMPLE,
    top_words::EXAMPLE,
    sliding_word_count::EXAMPLE,
    trending_hashtags::EXAMPLE,
    publish::EXAMPLE,
    recovery::EXAMPLE,
    stateful_word_count::EXAMPLE,
    running_top_words::EXAMPLE,
    moods::EXAMPLE,
    sessions::EXAMPLE,
    impressions::EXAMPLE,
    nexmark::EXAMPLE,
];

/// These, and those of features that are on.
fn all() -> impl Iterator<Item = &'static Example> {
    #[cfg(feature = "kafka")]
    let more = kafka::EXAMPLES.iter();
    #[cfg(not(feature = "kafka"))]
    let more = std::iter::empty();
    EXAMPLES.iter().chain(more)
}

/// A sink that prints each tick's records under its number, a line each as the function makes it.
pub struct Shown<F>(pub F);

impl<T, F: FnMut(T) -> String + Send> Sink<T> for Shown<F> {
    fn info(&self) -> SinkInfo {
        SinkInfo { name: "shown", detail: String::new(), delivery: Delivery::AtLeastOnce }
    }

    fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        println!("-- tick {}", tick.number);
        Ok(())
    }

    fn write(&mut self, _partition: usize, batch: Vec<T>) -> Result<(), BoxError> {
        for record in batch {
            println!("{}", (self.0)(record));
        }
        Ok(())
    }
}

/// What shows batches, for tests: into a sink.
#[cfg(test)]
fn into_sink<T: Send + 'static>(
    mut out: millstream::sink::MemorySink<T>,
) -> impl FnMut(Vec<T>, Tick) + Send + 'static {
    move |records, tick| {
        out.write(0, records).expect("a memory takes all");
        out.commit(&tick).expect("a memory takes all");
    }
}

/// Runs the example that the first argument names, with the others.
pub fn main(arguments: &[String]) -> ExitCode {
    let chosen = arguments.first().and_then(|name| all().find(|e| e.name == *name));
    let Some(example) = chosen else {
        println!("usage: EXAMPLE [ARGUMENT…] | EXAMPLE --plan\n");
        for Example { name, about, .. } in all() {
            println!("{name:20} {about}");
        }
        return if arguments.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) };
    };
    let rest = &arguments[1..];
    if let Some(flag) = rest.iter().find(|a| a.starts_with("--") && *a != "--plan") {
        println!("usage: {} {}", example.name, example.about);
        return if flag == "--help" { ExitCode::SUCCESS } else { ExitCode::from(2) };
    }
    #[cfg(feature = "kafka")]
    kafka::show_warnings();
    let result = match (rest, example.plan) {
        ([flag], Some(plan)) if flag == "--plan" => {
            println!("{}", plan());
            Ok(())
        }
        (rest, _) => (example.run)(rest),
    };
    result.map_or_else(
        |error| {
            eprintln!("{error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

/// What an example is to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// No arguments: the texts that are shipped.
    Shipped,
    /// `FILE…`
    Files(Vec<String>),
    /// `--connect HOST:PORT`
    Socket(String),
    /// `--plan`: print the plan and end.
    PlanOnly,
}

impl Input {
    /// Reads the arguments; ends the program with a message where they make no sense.
    pub fn from_arguments() -> Input {
        Input::parse(std::env::args().skip(1)).unwrap_or_else(|message| {
            eprintln!("{message}");
            std::process::exit(2);
        })
    }

    fn parse(arguments: impl Iterator<Item = String>) -> Result<Input, String> {
        let arguments: Vec<String> = arguments.collect();
        match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => Ok(Input::Shipped),
            ["--plan"] => Ok(Input::PlanOnly),
            ["--connect", address] => Ok(Input::Socket(address.to_string())),
            [first, ..] if first.starts_with('-') => {
                Err("usage: [FILE…] | --connect HOST:PORT | --plan".to_string())
            }
            _ => Ok(Input::Files(arguments)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Input, String> {
        Input::parse(arguments.iter().map(ToString::to_string))
    }

    #[test]
    fn arguments_say_what_to_read() {
        assert_eq!(parse(&[]), Ok(Input::Shipped));
        assert_eq!(parse(&["a", "b"]), Ok(Input::Files(vec!["a".into(), "b".into()])));
        assert_eq!(parse(&["--connect", "localhost:7"]), Ok(Input::Socket("localhost:7".into())));
        assert_eq!(parse(&["--plan"]), Ok(Input::PlanOnly));
        assert!(parse(&["--connect"]).is_err());
    }

    #[test]
    fn each_plan_is_as_it_was() {
        for Example { name, plan, .. } in all() {
            if let Some(plan) = plan {
                insta::assert_snapshot!(*name, plan());
            }
        }
    }

    #[test]
    fn the_shipped_texts_are_there() {
        assert!(data("alice.txt").exists() && data("quijote.txt").exists());
    }
}
