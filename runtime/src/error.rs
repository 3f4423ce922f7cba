//! Errors, with the context that a person needs: which pipeline, stage, operator, stream and tick.

use std::fmt;

/// Any error that a source, a sink or a user's function returns.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong when a pipeline runs.
///
/// `Debug` prints the same text as `Display`, so that `fn main() -> millstream::Result<()>` ends with a message
/// for people.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A closure panicked. The pipeline has stopped; fix the closure, or send such records elsewhere
    /// (`filter_map`, `try_map`).
    #[error("{at}: panicked: {message}")]
    Panic { at: Box<Place>, message: String },

    /// A source could not be opened or read.
    #[error("{at}: {source}")]
    Source { at: Box<Place>, source: BoxError },

    /// A sink could not be opened, or a tick could not be written or committed.
    #[error("{at}: {source}")]
    Sink { at: Box<Place>, source: BoxError },

    /// A `for_each` or `for_each_batch` returned an error.
    #[error("{at}: {source}")]
    Output { at: Box<Place>, source: BoxError },

    /// A refreshed table could not be loaded, or not in the version that a tick had before a restart.
    #[error("{at}: {source}")]
    Table { at: Box<Place>, source: BoxError },

    /// A checkpoint could not be read, a tick could not be stored in its log, or a newer start of the pipeline has taken it over.
    /// Says what to do.
    #[error("{at}: {source}")]
    Checkpoint { at: Box<Place>, source: BoxError },

    /// The pipeline can't run on this engine as configured. Says what to change.
    #[error("{0}")]
    Config(String),

    /// Threads, timers or signals could not be had from the operating system.
    #[error("the operating system refused {what}: {source}")]
    System { what: &'static str, source: std::io::Error },

    /// An input or output error of the program around the pipeline, passed on by `?`.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where in a pipeline something happened. Prints as
/// ``pipeline `WordCount`, stream `words`, operator `flat_map`, tick 3``.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    pub pipeline: Option<String>,
    pub stage: Option<usize>,
    pub stream: Option<String>,
    pub operator: Option<String>,
    pub tick: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pipeline {
            Some(name) => write!(f, "pipeline `{name}`")?,
            None => f.write_str("pipeline")?,
        }
        if let Some(stream) = &self.stream {
            write!(f, ", stream `{stream}`")?;
        }
        if let Some(operator) = &self.operator {
            write!(f, ", operator `{operator}`")?;
        }
        if let Some(stage) = self.stage {
            write!(f, ", stage {stage}")?;
        }
        if let Some(tick) = self.tick {
            write!(f, ", tick {tick}")?;
        }
        Ok(())
    }
}
