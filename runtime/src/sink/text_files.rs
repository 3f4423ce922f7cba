//! `text_file_sink`: a folder of text files for each tick.

pub(super) mod folders;

use std::fmt::{self, Display};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use super::{Delivery, Sink, SinkInfo};
use crate::tick::Tick;
use crate::{BoxError, store};
use folders::{Folders, Names, problem};

/// Writes each tick as a folder of text files, one record a line: `PREFIX-<batch time in ms>/part-00000`, … and an
/// empty-handed `_SUCCESS` that says which tick it is.
///
/// A part holds one partition's records; a tick without records is a folder with `_SUCCESS` alone. Lines are what
/// the records' `Display` gives, or [`format`](TextFileSink::format). The folders of a prefix that don't exist are
/// made. A record whose text holds a newline takes several lines.
///
/// # Delivery
/// Exactly once: a tick is written into a hidden folder beside its final place, brought to disk, and made visible
/// by one rename. A tick that runs again replaces its earlier self as a whole. What a crash left behind is removed
/// at the next start. Of two starts on one checkpoint the older is refused once the newer has begun; for that, a hidden file
/// beside the folders holds the newer one's number. Starts on different checkpoints, or on none, know nothing of each
/// other: give each a prefix of its own.
///
/// # Errors
/// When a folder or file can't be written, naming it; when another sink of this process has the same prefix and suffix;
/// when two ticks have the same batch time.
///
/// ```
/// use millstream::sink::{Sink, SinkInfo, text_file_sink};
///
/// fn info(sink: impl Sink<(String, u64)>) -> SinkInfo {
///     sink.info()
/// }
/// let sink = text_file_sink("out/counts").suffix("csv").format(|(word, n): &(String, u64)| format!("{word},{n}"));
/// assert_eq!(info(sink).to_string(), "text_file_sink(out/counts-TIME.csv)");
/// ```
///
/// Spark's `saveAsTextFiles`; as an operator, [`save_as_text_files`](crate::dsl::Stream::save_as_text_files).
pub fn text_file_sink(prefix: impl Into<PathBuf>) -> TextFileSink {
    TextFileSink {
        prefix: prefix.into(),
        suffix: String::new(),
        format: ByDisplay,
        folders: None,
        part: None,
    }
}

/// Made by [`text_file_sink`].
pub struct TextFileSink<L = ByDisplay> {
    prefix: PathBuf,
    /// With its dot, or empty.
    suffix: String,
    format: L,
    /// Since `open`.
    folders: Option<Folders>,
    part: Option<Part>,
}

/// The file that is being written.
struct Part {
    partition: usize,
    path: PathBuf,
    file: BufWriter<File>,
}

/// How a record becomes a line. Made by [`text_file_sink`] and [`TextFileSink::format`].
pub trait LineFormat<T>: Send {
    fn line(&self, record: &T, into: &mut dyn Write) -> std::io::Result<()>;
}

/// Records that are lines as their `Display` gives them: what `save_as_text_files` takes.
#[diagnostic::on_unimplemented(
    message = "records of type `{Self}` have no text of their own, so they can't be saved as lines",
    label = "no `Display` for `{Self}`",
    note = "make each its line first, such as `.map(|(key, value)| format!(\"{{key}},{{value}}\"))`; or say how with `.sink(text_file_sink(prefix).format(|record| …))`"
)]
pub trait Line: Display {}
#[diagnostic::do_not_recommend]
impl<T: Display> Line for T {}

/// Lines as the records' `Display` gives them.
#[derive(Clone, Copy, Debug)]
pub struct ByDisplay;

impl<T: Display> LineFormat<T> for ByDisplay {
    fn line(&self, record: &T, into: &mut dyn Write) -> std::io::Result<()> {
        writeln!(into, "{record}")
    }
}

/// Lines as a function gives them.
pub struct ByFunction<F>(F);

impl<F> fmt::Debug for ByFunction<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByFunction")
    }
}

impl<T, F: Fn(&T) -> String + Send> LineFormat<T> for ByFunction<F> {
    fn line(&self, record: &T, into: &mut dyn Write) -> std::io::Result<()> {
        let mut line = (self.0)(record);
        line.push('\n');
        into.write_all(line.as_bytes())
    }
}

impl<L> TextFileSink<L> {
    /// Folders are called `PREFIX-<time>.SUFFIX`. Default: no suffix.
    #[must_use]
    pub fn suffix(mut self, suffix: &str) -> Self {
        self.suffix = match suffix.trim_start_matches('.') {
            "" => String::new(),
            suffix => format!(".{suffix}"),
        };
        self
    }

    /// Writes what `format` makes of a record, instead of its `Display`. Name the record's type in the closure.
    #[must_use]
    pub fn format<T, F: Fn(&T) -> String + Send>(self, format: F) -> TextFileSink<ByFunction<F>> {
        let TextFileSink { prefix, suffix, .. } = self;
        TextFileSink { prefix, suffix, format: ByFunction(format), folders: None, part: None }
    }

    /// What the folders are called.
    pub(crate) fn folders_name(&self) -> String {
        format!("{}-TIME{}", store::shown(&self.prefix.to_string_lossy()), self.suffix)
    }

    fn folders(&mut self) -> Result<&mut Folders, BoxError> {
        self.folders.as_mut().ok_or_else(|| "a `text_file_sink` was used before it was opened".into())
    }

    /// A newer start may be why.
    fn cause(&self, error: BoxError) -> BoxError {
        match &self.folders {
            Some(folders) => folders.cause(error),
            None => error,
        }
    }

    /// Appends to the partition's file.
    fn write_part<T>(&mut self, partition: usize, batch: &[T]) -> Result<(), BoxError>
    where
        L: LineFormat<T>,
    {
        if batch.is_empty() {
            return Ok(());
        }
        if self.part.as_ref().is_none_or(|part| part.partition != partition) {
            self.close_part()?;
            let path = self.folders()?.part(partition)?;
            let file = OpenOptions::new().create(true).append(true).open(&path);
            let file = BufWriter::with_capacity(64 << 10, file.map_err(|e| problem("make", &path, &e))?);
            self.part = Some(Part { partition, path, file });
        }
        let part = self.part.as_mut().expect("it has just been opened");
        for record in batch {
            self.format.line(record, &mut part.file).map_err(|e| problem("write", &part.path, &e))?;
        }
        Ok(())
    }

    /// Brings the part to disk.
    fn close_part(&mut self) -> Result<(), BoxError> {
        if let Some(mut part) = self.part.take() {
            let synced = part.file.flush().and_then(|()| part.file.get_ref().sync_all());
            synced.map_err(|e| problem("write", &part.path, &e))?;
        }
        Ok(())
    }
}

impl<L> fmt::Debug for TextFileSink<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text_file_sink({})", self.folders_name())
    }
}

impl<T, L: LineFormat<T>> Sink<T> for TextFileSink<L> {
    fn info(&self) -> SinkInfo {
        SinkInfo { name: "text_file_sink", detail: self.folders_name(), delivery: Delivery::ExactlyOnce }
    }

    fn open(&mut self, epoch: u64, last_tick: Option<u64>) -> Result<(), BoxError> {
        let prefix = self.prefix.to_string_lossy();
        if prefix.contains("://") {
            return Err(format!(
                "`{}` is a URL, and these files can only be in a folder of this machine: write to a store by `json_sink`, \
                 `csv_sink` or `parquet_sink`",
                store::shown(&prefix)
            )
            .into());
        }
        let stem = self.prefix.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let names = Names { stem, separator: '-', suffix: &self.suffix };
        self.folders = Some(Folders::open(&self.prefix, names, epoch, last_tick)?);
        Ok(())
    }

    fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        self.part = None;
        self.folders()?.begin(tick)
    }

    fn write(&mut self, partition: usize, batch: Vec<T>) -> Result<(), BoxError> {
        self.write_part(partition, &batch).map_err(|error| self.cause(error))
    }

    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        let committed = self.close_part().and_then(|()| self.folders()?.commit(tick));
        committed.map_err(|error| self.cause(error))
    }

    fn abort(&mut self, tick: &Tick) {
        self.part = None;
        if let Some(folders) = &mut self.folders {
            folders.abort(tick);
        }
    }
}

#[cfg(test)]
mod tests;
