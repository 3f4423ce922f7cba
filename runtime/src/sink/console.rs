//! What `print(n)` uses: some records of each tick, on standard output.

use std::fmt::{self, Debug, Write as _};
use std::io::{self, Write};
use std::marker::PhantomData;

use super::{Delivery, Sink, SinkInfo};
use crate::BoxError;
use crate::tick::Tick;

const RULE: &str = "-------------------------------------------";

/// Prints up to `n` records of each tick by `Debug`, in Spark's layout:
///
/// ```text
/// -------------------------------------------
/// Time: 1436969344000 ms
/// -------------------------------------------
/// ("hello", 2)
/// ("world", 1)
/// ...
///
/// ```
///
/// `...` says that there were more. A tick is written at once, when it is committed. A tick that runs again after
/// a restart is printed again.
///
/// # Errors
/// When the output can't be written. If its reader has gone (`| head`), that is an [`io::Error`] of the kind
/// `BrokenPipe`, which [`is_closed_pipe`] recognises: a reason to end, not to complain.
///
/// ```
/// use millstream::Tick;
/// use millstream::clock::Timestamp;
/// use millstream::sink::{ConsoleSink, Sink};
///
/// let tick = Tick { number: 0, time: Timestamp::from_millis(1000), epoch: 1 };
/// let mut sink = ConsoleSink::new(10);
/// sink.write(0, vec![("hello", 2)])?;
/// sink.commit(&tick)?;
/// # Ok::<(), millstream::BoxError>(())
/// ```
pub struct ConsoleSink<T, W = io::Stdout> {
    limit: usize,
    /// The lines of the tick's first records.
    lines: String,
    seen: usize,
    writer: W,
    records: PhantomData<fn(T)>,
}

impl<T: Debug> ConsoleSink<T> {
    /// Prints up to `limit` records of each tick to standard output.
    pub fn new(limit: usize) -> Self {
        Self::with_writer(limit, io::stdout())
    }
}

impl<T: Debug, W: Write + Send> ConsoleSink<T, W> {
    /// Prints to `writer` instead of standard output. It is flushed after each tick.
    pub fn with_writer(limit: usize, writer: W) -> Self {
        ConsoleSink { limit, lines: String::new(), seen: 0, writer, records: PhantomData }
    }
}

impl<T, W> Debug for ConsoleSink<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "print({})", self.limit)
    }
}

impl<T, W> ConsoleSink<T, W> {
    fn reset(&mut self) {
        self.lines.clear();
        self.seen = 0;
    }
}

impl<T: Debug, W: Write + Send> Sink<T> for ConsoleSink<T, W> {
    fn info(&self) -> SinkInfo {
        SinkInfo { name: "print", detail: self.limit.to_string(), delivery: Delivery::AtLeastOnce }
    }

    fn begin(&mut self, _: &Tick) -> Result<(), BoxError> {
        self.reset();
        Ok(())
    }

    fn write(&mut self, _: usize, batch: Vec<T>) -> Result<(), BoxError> {
        for record in batch.iter().take(self.limit.saturating_sub(self.seen)) {
            writeln!(self.lines, "{record:?}").map_err(|_| "a record's `Debug` says that it failed")?;
        }
        self.seen += batch.len();
        Ok(())
    }

    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        let more = if self.seen > self.limit { "...\n" } else { "" };
        let text = format!("{RULE}\nTime: {}\n{RULE}\n{}{more}\n", tick.time, self.lines);
        self.reset();
        // In one call, so that standard output is locked once and what others print stays apart. The error goes up
        // as it is, for `is_closed_pipe`.
        self.writer.write_all(text.as_bytes())?;
        self.writer.flush()?;
        Ok(())
    }

    fn abort(&mut self, _: &Tick) {
        self.reset();
    }
}

/// Whether an error says only that nobody reads the output any more (as when it goes through `| head`).
pub fn is_closed_pipe(error: &BoxError) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{commit, tick};
    use super::*;

    fn printed(limit: usize, batches: Vec<Vec<&str>>) -> String {
        let mut bytes = Vec::new();
        commit(&mut ConsoleSink::with_writer(limit, &mut bytes), &tick(3), batches);
        String::from_utf8(bytes).expect("it is text")
    }

    const HEAD: &str = "-------------------------------------------\n\
                        Time: 4000 ms\n\
                        -------------------------------------------\n";

    #[test]
    fn the_first_records_are_printed_one_a_line_and_dots_for_the_rest() {
        assert_eq!(printed(2, vec![vec!["a"], vec!["ß", "c"]]), format!("{HEAD}\"a\"\n\"ß\"\n...\n\n"));
        assert_eq!(printed(3, vec![vec!["a"], vec!["ß", "c"]]), format!("{HEAD}\"a\"\n\"ß\"\n\"c\"\n\n"));
    }

    #[test]
    fn a_tick_without_records_is_printed_too() {
        assert_eq!(printed(10, vec![]), format!("{HEAD}\n"));
        assert_eq!(printed(0, vec![vec!["a"]]), format!("{HEAD}...\n\n"));
    }

    #[test]
    fn an_aborted_tick_leaves_nothing() {
        let mut bytes = Vec::new();
        let mut sink = ConsoleSink::with_writer(5, &mut bytes);
        sink.begin(&tick(3)).expect("fine");
        sink.write(0, vec!["gone"]).expect("fine");
        sink.abort(&tick(3));
        commit(&mut sink, &tick(3), vec![vec!["here"]]);
        assert_eq!(String::from_utf8(bytes).expect("it is text"), format!("{HEAD}\"here\"\n\n"));
    }

    #[test]
    fn a_closed_pipe_is_an_error_that_can_be_told_from_others() {
        let (reader, writer) = io::pipe().expect("the system has pipes");
        drop(reader);
        let mut sink = ConsoleSink::with_writer(5, writer);
        sink.write(0, vec!["a"]).expect("fine");
        let error = sink.commit(&tick(0)).expect_err("nobody reads");
        assert!(is_closed_pipe(&error));
        assert!(!is_closed_pipe(&"something else".into()));
    }
}
