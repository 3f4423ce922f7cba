//! `stdin`: the lines of standard input.

use std::fmt;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::buffered::{BufferOptions, BufferedReader, ByteBuffer, CHUNK};
use super::text::{ByteLines, InvalidUtf8, Lines, TextBatch};
use super::{Reader, Source, SourceContext, SourceInfo};
use crate::BoxError;

/// The lines of standard input, as `&str`; ends with it (at a terminal: Ctrl-D).
///
/// As [`text_socket`](super::text_socket()) in all that concerns partitions, offsets, defaults, back-pressure,
/// replay and errors. A process has one standard input, so one source can read it at a time.
///
/// # `Trigger::AvailableNow`
/// The input that exists now is all of it up to its end: a pipe's or file's, and at a terminal what is typed until
/// Ctrl-D.
///
/// # Threads
/// A thread of its own reads. No portable call ends a read of a terminal or pipe; so when the pipeline stops first,
/// the thread stays behind until the next input or the end of the process, which it does not delay.
///
/// ```
/// use millstream::source::{Source, stdin};
///
/// assert_eq!(stdin().info().to_string(), "stdin()");
/// ```
pub fn stdin() -> Stdin {
    Stdin { options: BufferOptions::default(), batch: PhantomData }
}

/// Made by [`stdin`].
pub struct Stdin<B = Lines> {
    options: BufferOptions,
    batch: PhantomData<fn() -> B>,
}

impl<B> Stdin<B> {
    /// How many bytes may wait in memory. Default: 16 MiB. Has to hold the longest line.
    #[must_use]
    pub fn buffer_bytes(mut self, bytes: usize) -> Self {
        self.options.buffer_bytes = bytes;
        self
    }

    /// How many bytes a tick reads at most (0 counts as 1). Default: 8 MiB.
    #[must_use]
    pub fn max_bytes_per_tick(mut self, bytes: u64) -> Self {
        self.options.max_bytes_per_tick = bytes.max(1);
        self
    }

    /// How many lines a tick reads at most (0 counts as 1), beside the limit on bytes. Default: as many as it has bytes for.
    ///
    /// Cost: when a tick is planned, its bytes are searched for line ends on the driver's thread.
    #[must_use]
    pub fn max_records_per_tick(mut self, lines: u64) -> Self {
        self.options.max_records_per_tick = Some(lines.max(1));
        self
    }

    /// The longest line that is taken for one, in bytes, its `\n` not counted. Default: 1 MiB. A longer one stops
    /// the pipeline.
    #[must_use]
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.options.lines.max_line_bytes = bytes;
        self
    }
}

impl Stdin<Lines> {
    /// What happens to text that is no UTF-8. Default: [`InvalidUtf8::Error`].
    #[must_use]
    pub fn invalid_utf8(mut self, policy: InvalidUtf8) -> Self {
        self.options.lines.invalid_utf8 = policy;
        self
    }

    /// Lines as `&[u8]` ([`ByteLines`]), not checked to be UTF-8.
    #[must_use]
    pub fn bytes(self) -> Stdin<ByteLines> {
        Stdin { options: self.options, batch: PhantomData }
    }
}

impl<B> fmt::Debug for Stdin<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stdin()")
    }
}

/// Whether a thread reads standard input.
static TAKEN: AtomicBool = AtomicBool::new(false);

impl<B: TextBatch> Source for Stdin<B> {
    type Batch = B;

    fn info(&self) -> SourceInfo {
        SourceInfo { name: "stdin", detail: String::new(), replayable: false }
    }

    fn can_be_logged(&self) -> bool {
        true
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = B>>, BoxError> {
        if TAKEN.swap(true, Ordering::AcqRel) {
            return Err(
                "standard input is already read by another source, or by one of an earlier pipeline that \
                        still waits for a line: read it once, and use the stream twice"
                    .into(),
            );
        }
        let give_up = || TAKEN.store(false, Ordering::Release);
        let reader = start(io::stdin(), give_up, self.options, cx).inspect_err(|_| give_up())?;
        Ok(Arc::new(reader))
    }
}

/// Reads `input` on a thread, which calls `at_end` last.
fn start<B: TextBatch>(
    input: impl Read + Send + 'static,
    at_end: impl FnOnce() + Send + 'static,
    options: BufferOptions,
    cx: &SourceContext,
) -> Result<BufferedReader<B>, BoxError> {
    let buffer = Arc::new(ByteBuffer::new(Arc::from("standard input"), &options, cx.waker.clone()));
    let filled = Arc::clone(&buffer);
    std::thread::Builder::new()
        .name("millstream-stdin".to_string())
        .spawn(move || {
            receive(input, &filled);
            at_end();
        })
        .map_err(|e| format!("no thread could be had to read standard input: {e}"))?;
    Ok(BufferedReader::new(buffer, options, None))
}

/// Moves what comes into the buffer, as far as there is room.
fn receive(mut input: impl Read, buffer: &ByteBuffer) {
    let mut chunk = vec![0; CHUNK];
    while let Some(room) = buffer.room_blocking() {
        let wanted = room.min(chunk.len());
        match input.read(&mut chunk[..wanted]) {
            Ok(0) => return buffer.finish(),
            Ok(n) => buffer.push(&chunk[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return buffer.fail(format!("standard input can't be read: {e}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, lines};
    use super::*;

    #[test]
    fn standard_input_is_read_to_its_end() {
        let (cx, driver) = context();
        let (done, at_end) = std::sync::mpsc::channel();
        let options = BufferOptions { buffer_bytes: 8, ..BufferOptions::default() };
        let reader = start::<Lines>(
            &b"one\ntwo\nthree\nfour"[..],
            move || done.send(()).expect("heard"),
            options,
            &cx,
        )
        .expect("it starts");
        let reader: Arc<dyn Reader<Batch = Lines>> = Arc::new(reader);
        let mut all = Vec::new();
        loop {
            let offer = driver.next(&*reader).expect("it is fine");
            all.extend(lines(&reader, &offer.ranges).expect("it is text"));
            if let Some(last) = offer.ranges.last() {
                reader.release(&[(0, last.end)].into());
            }
            if offer.ended {
                break;
            }
        }
        assert_eq!(all, ["one", "two", "three", "four"]);
        at_end.recv().expect("the thread ends");
    }

    #[test]
    fn a_thread_that_waits_for_room_ends_when_the_reader_closes() {
        let (cx, driver) = context();
        let (done, at_end) = std::sync::mpsc::channel();
        let options = BufferOptions { buffer_bytes: 4, ..BufferOptions::default() };
        let reader = start::<Lines>(io::repeat(b'\n'), move || done.send(()).expect("heard"), options, &cx);
        let reader = reader.expect("it starts");
        driver.next(&reader).expect("it is fine");
        reader.close();
        at_end.recv().expect("the thread ends");
    }

    /// Standard input that holds this.
    #[cfg(feature = "testing")]
    struct Given(&'static str);

    #[cfg(feature = "testing")]
    impl Source for Given {
        type Batch = Lines;

        fn info(&self) -> SourceInfo {
            stdin().info()
        }

        fn can_be_logged(&self) -> bool {
            stdin().can_be_logged()
        }

        fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = Lines>>, BoxError> {
            Ok(Arc::new(start(self.0.as_bytes(), || (), BufferOptions::default(), cx)?))
        }
    }

    #[cfg(feature = "testing")]
    #[test]
    fn standard_input_keeps_the_contract_of_sources() {
        let text = "to be\nor not\n\nto be\nthat\nis\nthe question\n";
        let lines: Vec<String> = text.lines().map(str::to_string).collect();
        let longest = "the question\n".len() as u64;
        let contract = crate::testing::SourceContract::new(|| Given(text), str::to_string, lines);
        contract.shortest_piece(longest).check();
    }

    #[test]
    fn standard_input_can_be_read_by_one_source_only() {
        TAKEN.store(true, Ordering::Release);
        let (cx, _driver) = context();
        let error = stdin().open(&cx).err().expect("it is taken").to_string();
        assert!(error.contains("read it once, and use the stream twice"), "{error}");
        TAKEN.store(false, Ordering::Release);
    }
}
