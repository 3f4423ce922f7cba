//! `json_sink`, `csv_sink`, `parquet_sink`: a folder of files for each tick, or for some of them together.

mod format;
mod keys;
mod objects;
mod place;
mod roll;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::format::FileFormat;
pub use self::keys::ByTime;
use self::keys::{KeyOf, path};
use self::place::Place;
use self::roll::{Codec, Roll};
use super::{Delivery, Sink, SinkInfo};
use crate::BoxError;
use crate::store;
use crate::tick::Tick;

#[cfg(feature = "csv")]
pub use self::format::csv::{CsvFile, csv_sink};
#[cfg(feature = "json")]
pub use self::format::json::{JsonFile, json_sink};
#[cfg(feature = "parquet")]
pub use self::format::parquet::{ParquetFile, parquet_sink};

/// Writes records to files, tick by tick, in a folder or an object store. Made by `json_sink`, `csv_sink` and
/// `parquet_sink` (features `json`, `csv`, `parquet`).
///
/// # Layout
/// A tick is the folder `batch=<batch time in ms>`, with the files `part-00000.jsonl`, … for all its partitions together. With
/// [`partition_by`](FileSink::partition_by) or [`partition_by_time`](FileSink::partition_by_time) there is a folder for each key in
/// it: `batch=1795270000000/day=2026-11-21/part-00000.jsonl`. So every tool that knows Hive's layout finds the keys as
/// columns. A tick without records is nothing in an object store, and a folder with nothing but `_SUCCESS` on a disk.
///
/// # What a reader sees
/// - *In a folder of this machine* a tick is written into a hidden folder, brought to disk, and made visible by one rename. Whoever
///   reads `batch=*/**` sees it whole or not at all.
/// - *In an object store* nothing can be renamed. A tick's files are put first, and its manifest last:
///   `_manifests/batch=….json`, `{"tick":…,"batch":…,"epoch":…,"files":[…]}`. Whoever reads the files that manifests name sees ticks
///   whole or not at all. Whoever lists `batch=*` may see a part of the tick that is just being written; a tick of one file
///   (no keys, and no more than `max_file_bytes`) is whole even so.
///
/// # Delivery
/// Exactly once. A tick that runs again replaces its earlier self, or is skipped if its manifest is there; what a crash left of
/// one that has none is removed at the next start. Of two starts on one checkpoint the older is refused once the newer has
/// begun. Starts on different checkpoints, or on none, know nothing of each other: give each a folder of its own, unless
/// their batch times differ.
///
/// # Small files
/// A tick is one file a key, however many partitions it has. With [`roll`](FileSink::roll) several ticks go into one file.
///
/// # Errors
/// A place that can't be written, naming it; another sink of this process with the same place; a record that the format
/// can't take.
pub struct FileSink<T, F> {
    /// As the user wrote it.
    location: String,
    format: F,
    key: Option<KeyOf<T>>,
    max_file_bytes: usize,
    roll: Option<Roll<T>>,
    open: Option<Opened>,
}

/// Since `open`.
struct Opened {
    place: Place,
    /// The records that are yet to be encoded, by key.
    files: BTreeMap<String, Keyed>,
    tick: Option<Tick>,
    /// The tick is there already.
    skips: bool,
}

/// What one key has in a tick.
#[derive(Default)]
struct Keyed {
    encoder: Option<Box<dyn format::AnyEncoder>>,
    /// How many files are full.
    full: usize,
}

impl<T, F: FileFormat<T>> FileSink<T, F> {
    fn new(location: impl Into<String>, format: F) -> Self {
        let location = location.into();
        FileSink { location, format, key: None, max_file_bytes: 128 << 20, roll: None, open: None }
    }

    /// A folder for each key: `NAME=VALUE`. `key` gives the value of a record; what can't be in a file's name is written as
    /// `%` and two digits, and an empty one as Hive does, `__HIVE_DEFAULT_PARTITION__`.
    ///
    /// ```
    /// # #[cfg(feature = "json")] {
    /// use millstream::sink::json_sink;
    ///
    /// let sink = json_sink("out/orders").partition_by("country", |(country, _): &(String, u64)| country.clone());
    /// # }
    /// ```
    #[must_use]
    pub fn partition_by(mut self, name: &str, key: impl Fn(&T) -> String + Send + 'static) -> Self {
        self.key = Some(KeyOf::Record { name: name.to_string(), key: Box::new(key) });
        self
    }

    /// A folder for the day or the hour of the tick, in UTC: `day=2026-11-21`, `hour=2026-11-21T14`. By the time of records
    /// themselves: [`partition_by`](FileSink::partition_by) with [`ByTime::of`].
    #[must_use]
    pub fn partition_by_time(mut self, by: ByTime) -> Self {
        self.key = Some(KeyOf::Tick(by));
        self
    }

    /// A file that has so many bytes is full, and the next record of its key begins another one. Default: 128 MiB. It is held in
    /// memory until it is full, or the tick is written.
    #[must_use]
    pub fn max_file_bytes(mut self, bytes: usize) -> Self {
        self.max_file_bytes = bytes.max(1);
        self
    }

    /// Gathers ticks, and makes them visible together: once they have `bytes`, or the first of them is `age` old, by the
    /// batch time. So a folder is `batch=<time of the last tick in it>`, and there is one a minute, say, instead of one a second.
    ///
    /// Until then a tick is kept, on disk or in the object store, where no reader looks: in `.staged=…`, or `_staged/`. What
    /// has been gathered becomes visible when the pipeline ends, or stops, in good order; behind a crash the next start goes
    /// on with it. It is exactly-once as without.
    #[must_use]
    pub fn roll(mut self, bytes: u64, age: Duration) -> Self
    where
        T: Serialize + DeserializeOwned,
    {
        self.roll = Some(Roll::new(bytes, age, Codec::new()));
        self
    }

    fn shown(&self) -> String {
        store::shown(&self.location)
    }

    fn opened(&mut self) -> Result<&mut Opened, BoxError> {
        self.open.as_mut().ok_or_else(|| format!("a `{}` was used before it was opened", F::SINK).into())
    }

    /// A newer start may be why.
    fn cause(&self, error: BoxError) -> BoxError {
        match &self.open {
            Some(opened) => opened.place.cause(error),
            None => error,
        }
    }

    /// Encodes records of the tick that is begun.
    fn encode(&mut self, records: &[T]) -> Result<(), BoxError> {
        let FileSink { format, key, max_file_bytes, open, .. } = self;
        let opened = open.as_mut().ok_or("a sink of files was used before it was opened")?;
        let tick = opened.tick.ok_or("a tick of a sink of files was written before it was begun")?;
        KeyOf::each_run(key.as_ref(), records, &tick, |folder, run| {
            opened.encode(format, folder, run, *max_file_bytes)
        })
    }

    /// Writes what has been encoded, and makes the tick visible.
    fn publish(&mut self, tick: &Tick) -> Result<(), BoxError> {
        let FileSink { format, open, .. } = self;
        let opened = open.as_mut().ok_or("a sink of files was used before it was opened")?;
        let folders: Vec<String> = opened.files.keys().cloned().collect();
        for folder in folders {
            opened.write_file::<T, F>(format, &folder)?;
        }
        opened.files.clear();
        opened.tick = None;
        opened.place.commit(tick)
    }

    fn begin_place(&mut self, tick: &Tick) -> Result<(), BoxError> {
        let opened = self.opened()?;
        opened.files.clear();
        opened.skips = !opened.place.begin(tick)?;
        opened.tick = Some(*tick);
        Ok(())
    }

    /// Makes visible what has been gathered.
    fn publish_gathered(&mut self) -> Result<(), BoxError> {
        let Some(mut roll) = self.roll.take() else { return Ok(()) };
        let published = self.publish_all(&mut roll);
        self.roll = Some(roll);
        published
    }

    fn publish_all(&mut self, roll: &mut Roll<T>) -> Result<(), BoxError> {
        let Some(last) = roll.last() else { return Ok(()) };
        self.begin_place(&last)?;
        if !self.opened()?.skips {
            for tick in roll.ticks() {
                for records in roll.read(&tick)? {
                    self.encode(&records)?;
                }
            }
            self.publish(&last)?;
        }
        roll.published()
    }
}

impl Opened {
    /// Encodes records of one key.
    fn encode<T, F: FileFormat<T>>(
        &mut self,
        format: &F,
        folder: &str,
        mut records: &[T],
        max_file_bytes: usize,
    ) -> Result<(), BoxError> {
        if !self.files.contains_key(folder) {
            self.files.insert(folder.to_string(), Keyed::default());
        }
        while !records.is_empty() {
            let keyed = self.files.get_mut(folder).expect("it is put there above");
            let encoder = keyed.encoder.get_or_insert_with(|| Box::new(format.encoder()));
            let encoder = encoder.as_any().downcast_mut::<F::Encoder>().expect("it was made by this format");
            let mut taken = 0;
            let mut is_full = false;
            while let Some(record) = records.get(taken).filter(|_| !is_full) {
                format.encode(encoder, record).map_err(|error| {
                    BoxError::from(format!("a record can't be written as {}: {error}", F::EXTENSION))
                })?;
                taken += 1;
                is_full = F::bytes(encoder) >= max_file_bytes;
            }
            records = &records[taken..];
            if is_full {
                self.write_file::<T, F>(format, folder)?;
            }
        }
        Ok(())
    }

    /// Writes the file of a key that is begun.
    fn write_file<T, F: FileFormat<T>>(&mut self, format: &F, folder: &str) -> Result<(), BoxError> {
        let Some(keyed) = self.files.get_mut(folder) else { return Ok(()) };
        let Some(encoder) = keyed.encoder.take() else { return Ok(()) };
        let encoder = encoder.into_any().downcast::<F::Encoder>().expect("it was made by this format");
        let bytes = format.finish(*encoder)?;
        let name = path(folder, keyed.full, F::EXTENSION);
        keyed.full += 1;
        self.place.put(&name, bytes)
    }
}

impl<T, F: FileFormat<T>> fmt::Debug for FileSink<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", F::SINK, self.shown())
    }
}

impl<T: Send, F: FileFormat<T>> Sink<T> for FileSink<T, F> {
    fn info(&self) -> SinkInfo {
        SinkInfo { name: F::SINK, detail: self.shown(), delivery: Delivery::ExactlyOnce }
    }

    fn open(&mut self, epoch: u64, last_tick: Option<u64>) -> Result<(), BoxError> {
        let place = Place::open(&self.location, epoch, last_tick)?;
        let published = if self.roll.is_some() { place.newest()? } else { None };
        self.open = Some(Opened { place, files: BTreeMap::new(), tick: None, skips: false });
        let Some(roll) = &mut self.roll else { return Ok(()) };
        let anew = super::begins_anew(epoch, last_tick);
        roll.open(&self.location, epoch, last_tick, published, anew)?;
        // What a run has left that this one does not go on with.
        if anew { self.publish_gathered() } else { Ok(()) }
    }

    fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        match &mut self.roll {
            None => self.begin_place(tick),
            Some(roll) => roll.begin(tick),
        }
    }

    fn write(&mut self, _: usize, batch: Vec<T>) -> Result<(), BoxError> {
        if batch.is_empty() {
            return Ok(());
        }
        let written = if let Some(roll) = &mut self.roll {
            roll.write(&batch)
        } else if self.opened()?.skips {
            Ok(())
        } else {
            self.encode(&batch)
        };
        written.map_err(|error| self.cause(error))
    }

    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        if let Some(roll) = &mut self.roll {
            return if roll.commit(tick)? { self.publish_gathered() } else { Ok(()) };
        }
        if std::mem::take(&mut self.opened()?.skips) {
            return Ok(());
        }
        let published = self.publish(tick);
        published.map_err(|error| self.cause(error))
    }

    fn abort(&mut self, tick: &Tick) {
        if let Some(roll) = &mut self.roll {
            return roll.abort(tick);
        }
        if let Some(opened) = &mut self.open {
            opened.files.clear();
            opened.tick = None;
            if !std::mem::take(&mut opened.skips) {
                opened.place.abort(tick);
            }
        }
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        self.publish_gathered()
    }
}

#[cfg(all(test, feature = "json"))]
mod tests;
