//! What the examples share: where their data lies, and word_count's arguments.

use std::path::{Path, PathBuf};

/// A file of `examples/data`: by a path that is short where the program runs at the root of the repository, and right
/// everywhere.
pub fn data(name: &str) -> PathBuf {
    let short = Path::new("examples/data").join(name);
    if short.exists() { short } else { Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name) }
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
    fn the_shipped_texts_are_there() {
        assert!(data("alice.txt").exists() && data("quijote.txt").exists());
    }
}
