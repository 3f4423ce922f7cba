//! JSON lines.

use serde::Serialize;

use super::super::FileSink;
use super::FileFormat;
use crate::BoxError;

/// Writes each tick as files of JSON lines, a record a line: see [`FileSink`] for where, how a reader sees them, and what is
/// promised.
///
/// ```
/// use millstream::prelude::*;
/// use millstream::sink::json_sink;
///
/// #[derive(serde::Serialize)]
/// struct Count {
///     word: String,
///     n: u64,
/// }
///
/// # let folder = std::env::temp_dir().join("millstream-doc-json-sink");
/// # let _ = std::fs::remove_dir_all(&folder);
/// let pipeline = stream! {
///     let words = source(queue([vec!["a", "b", "a"]]));
///     let counts = words.count_by_value().map(|(word, n)| Count { word: word.to_string(), n });
///     counts.sink(json_sink(folder.to_str().unwrap()).partition_by("word", |count: &Count| count.word.clone()));
/// };
/// Engine::test().batch_interval(secs(1)).run(pipeline)?;
/// let a = std::fs::read_to_string(folder.join("batch=1000/word=a/part-00000.jsonl"))?;
/// assert_eq!(a, "{\"word\":\"a\",\"n\":2}\n");
/// # std::fs::remove_dir_all(&folder)?;
/// # Result::<(), millstream::BoxError>::Ok(())
/// ```
///
/// Spark's `writeStream.json`.
pub fn json_sink<T: Serialize + Send>(location: impl Into<String>) -> FileSink<T, JsonFile> {
    FileSink::new(location, JsonFile)
}

/// Files of JSON lines: what [`json_sink`] writes.
#[derive(Clone, Copy, Debug)]
pub struct JsonFile;

impl<T: Serialize> FileFormat<T> for JsonFile {
    type Encoder = Vec<u8>;
    const SINK: &'static str = "json_sink";
    const EXTENSION: &'static str = "jsonl";

    fn encoder(&self) -> Vec<u8> {
        Vec::new()
    }

    fn encode(&self, encoder: &mut Vec<u8>, record: &T) -> Result<(), BoxError> {
        serde_json::to_writer(&mut *encoder, record)?;
        encoder.push(b'\n');
        Ok(())
    }

    fn bytes(encoder: &Vec<u8>) -> usize {
        encoder.len()
    }

    fn finish(&self, encoder: Vec<u8>) -> Result<Vec<u8>, BoxError> {
        Ok(encoder)
    }
}
