//! Gathering ticks: kept where no reader looks, until there are enough for a file.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::place::Place;
use crate::BoxError;
use crate::tick::Tick;

/// How records are kept.
pub(super) struct Codec<T> {
    write: fn(&[T]) -> Result<Vec<u8>, postcard::Error>,
    read: fn(&[u8]) -> Result<Vec<T>, postcard::Error>,
}

impl<T> Codec<T> {
    pub fn new() -> Codec<T>
    where
        T: Serialize + DeserializeOwned,
    {
        Codec { write: |records| postcard::to_stdvec(records), read: |bytes| postcard::from_bytes(bytes) }
    }
}

/// # Contract
/// - A tick is committed when it is kept. So behind a crash it is published by the next start, once.
/// - Ticks are published in order, all that there are: what is published is a whole number of ticks, without a gap.
/// - The published folder bears the last tick's number and time: what is kept and not behind it has been published.
pub(super) struct Roll<T> {
    bytes: u64,
    age: Duration,
    codec: Codec<T>,
    /// Since `open`.
    staged: Option<Place>,
    kept: Vec<Kept>,
    /// Of this start.
    epoch: u64,
    /// The last tick that is in a published folder.
    published: Option<Tick>,
    begun: Option<Begun>,
}

struct Kept {
    tick: Tick,
    bytes: u64,
}

struct Begun {
    tick: Tick,
    bytes: u64,
    files: usize,
    /// It is published already.
    skips: bool,
}

impl<T> fmt::Debug for Roll<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roll({} bytes, {:?})", self.bytes, self.age)
    }
}

impl<T> Roll<T> {
    pub fn new(bytes: u64, age: Duration, codec: Codec<T>) -> Roll<T> {
        Roll { bytes, age, codec, staged: None, kept: Vec::new(), epoch: 0, published: None, begun: None }
    }

    /// `published`: the newest tick that readers see.
    pub fn open(
        &mut self,
        location: &str,
        epoch: u64,
        last_tick: Option<u64>,
        published: Option<Tick>,
        anew: bool,
    ) -> Result<(), BoxError> {
        let staged = Place::open_staged(location, epoch, last_tick)?;
        self.kept.clear();
        self.epoch = epoch;
        for tick in staged.ticks()? {
            if published.is_some_and(|last| tick.time <= last.time && tick.number <= last.number) {
                // Its process died before it could remove it.
                staged.remove(&tick)?;
            } else {
                let bytes = staged.read(&tick)?.iter().map(|file| file.len() as u64).sum();
                self.kept.push(Kept { tick, bytes });
            }
        }
        self.staged = Some(staged);
        self.published = published.filter(|_| !anew);
        Ok(())
    }

    fn staged(&mut self) -> Result<&mut Place, BoxError> {
        self.staged.as_mut().ok_or_else(|| "a sink of files was used before it was opened".into())
    }

    pub fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        let there = |last: Tick| tick.time <= last.time && tick.number <= last.number;
        let skips = self.published.is_some_and(there)
            || self.kept.iter().any(|kept| kept.tick.number == tick.number && kept.tick.time == tick.time);
        self.begun = Some(Begun { tick: *tick, bytes: 0, files: 0, skips });
        if skips { Ok(()) } else { self.staged()?.begin(tick).map(drop) }
    }

    pub fn write(&mut self, records: &[T]) -> Result<(), BoxError> {
        let bytes = (self.codec.write)(records)?;
        let begun = self.begun.as_mut().ok_or("a tick of a sink of files was written before it was begun")?;
        if begun.skips {
            return Ok(());
        }
        let name = format!("part-{:08}", begun.files);
        (begun.files, begun.bytes) = (begun.files + 1, begun.bytes + bytes.len() as u64);
        self.staged()?.put(&name, bytes)
    }

    /// Keeps the tick. Says whether it is time to publish.
    pub fn commit(&mut self, tick: &Tick) -> Result<bool, BoxError> {
        let begun = self.begun.take().ok_or("a tick of a sink of files was committed before it was begun")?;
        if !begun.skips {
            self.staged()?.commit(tick)?;
            self.kept.push(Kept { tick: begun.tick, bytes: begun.bytes });
        }
        let bytes: u64 = self.kept.iter().map(|kept| kept.bytes).sum();
        let old = self.kept.first().is_some_and(|first| tick.time.since(first.tick.time) >= self.age);
        Ok(old || bytes >= self.bytes)
    }

    pub fn abort(&mut self, tick: &Tick) {
        if let Some(begun) = self.begun.take()
            && !begun.skips
            && let Some(staged) = &mut self.staged
        {
            staged.abort(tick);
        }
    }

    /// The last tick that is kept, whichever start kept it: it is this one that publishes.
    pub fn last(&self) -> Option<Tick> {
        self.kept.last().map(|kept| Tick { epoch: self.epoch, ..kept.tick })
    }

    pub fn ticks(&self) -> Vec<Tick> {
        self.kept.iter().map(|kept| kept.tick).collect()
    }

    /// The records of a tick, write by write.
    pub fn read(&self, tick: &Tick) -> Result<Vec<Vec<T>>, BoxError> {
        let staged = self.staged.as_ref().ok_or("a sink of files was used before it was opened")?;
        let files = staged.read(tick)?;
        let read = files.iter().map(|file| {
            (self.codec.read)(file).map_err(|error| {
                format!(
                    "what was kept of tick {} can't be read: {error}; has the record's type changed?",
                    tick.number
                )
                .into()
            })
        });
        read.collect()
    }

    /// All that was kept is visible.
    pub fn published(&mut self) -> Result<(), BoxError> {
        self.published = self.last();
        for kept in std::mem::take(&mut self.kept) {
            self.staged()?.remove(&kept.tick)?;
        }
        Ok(())
    }
}
