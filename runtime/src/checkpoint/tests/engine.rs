//! The least engine that has state, and the model that it is held to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::BoxError;
use crate::checkpoint::testing::FaultStore;
use crate::checkpoint::{
    Checkpoint, LoggedTick, OperatorState, ReadAhead, Recovered, SourceState, Start, Storage, StorageError,
};
use crate::clock::Timestamp;
use crate::state::{Frozen, Piece, Schema};
use crate::tick::{OffsetRange, SourcePlan, Tick, TickPlan};
pub(crate) use crate::wait::block_on as wait;

pub const NAME: &str = "Numbers";
/// Ticks behind which there is a checkpoint.
pub const CHECKPOINTS: [u64; 3] = [1, 3, 4];
/// Ticks of a run: 0 to 4.
pub const TICKS: u64 = 5;
const GROUPS: u64 = 3;

/// Of objects that are put whole.
pub fn storage(store: &FaultStore) -> Storage {
    Storage::over(Arc::new(store.clone()), NAME)
}

/// Of objects that can be appended to, so that the log is in segments.
pub fn growing(store: &FaultStore) -> Storage {
    storage(store).appending(Arc::new(store.clone()))
}

/// Both kinds.
pub const KINDS: [fn(&FaultStore) -> Storage; 2] = [storage, growing];

/// Keys and numbers by group: what ticks do is known from their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    groups: BTreeMap<usize, BTreeMap<u64, u64>>,
    dirty: BTreeSet<u64>,
}

type Changes = Vec<(u64, Option<u64>)>;

impl Numbers {
    /// The state behind a tick.
    pub fn behind(tick: u64) -> Numbers {
        let mut numbers = Numbers::default();
        (0..=tick).for_each(|tick| numbers.run(tick));
        numbers.dirty.clear();
        numbers
    }

    /// A tick sets a key that others have set, one of its own, and forgets one.
    pub fn run(&mut self, tick: u64) {
        for key in [tick % 2, 10 + tick] {
            self.group(key).insert(key, 100 + tick);
            self.dirty.insert(key);
        }
        if let Some(old) = (10 + tick).checked_sub(2) {
            self.group(old).remove(&old);
            self.dirty.insert(old);
        }
    }

    fn group(&mut self, key: u64) -> &mut BTreeMap<u64, u64> {
        self.groups.entry((key % GROUPS) as usize).or_default()
    }

    pub fn freeze(&mut self, full: bool) -> Vec<Piece> {
        let dirty = std::mem::take(&mut self.dirty);
        let mut pieces = Vec::new();
        for (&group, numbers) in &self.groups {
            let changed = dirty.iter().filter(|key| **key % GROUPS == group as u64);
            let changes: Changes = if full {
                numbers.iter().map(|(k, n)| (*k, Some(*n))).collect()
            } else {
                changed.map(|key| (*key, numbers.get(key).copied())).collect()
            };
            if full || !changes.is_empty() {
                pieces.push(Piece {
                    group,
                    full,
                    keys: numbers.len() as u64,
                    frozen: Box::new(FrozenNumbers(changes)),
                });
            }
        }
        pieces
    }

    fn restore(recovered: &Recovered) -> Numbers {
        let mut all = Numbers::default();
        for (group, pieces) in &recovered.operators[0].groups {
            let numbers = all.groups.entry(*group).or_default();
            for piece in pieces {
                for (key, number) in postcard::from_bytes::<Changes>(piece).expect("pieces have a checksum") {
                    match number {
                        Some(number) => numbers.insert(key, number),
                        None => numbers.remove(&key),
                    };
                }
            }
        }
        all
    }
}

struct FrozenNumbers(Changes);

impl Frozen for FrozenNumbers {
    fn write(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), BoxError> {
        postcard::to_io(&self.0, out)?;
        Ok(())
    }
}

pub fn logged(number: u64, epoch: u64) -> LoggedTick {
    let range = OffsetRange { partition: 0, start: 10 * number, end: 10 * number + 10 };
    let tick = Tick { number, time: Timestamp::from_millis(1000 * number as i64), epoch };
    LoggedTick {
        record: TickPlan { tick, sources: vec![SourcePlan::each(&[range])], ..TickPlan::default() }.into(),
        sources: vec!["lines".into()],
        notes: vec![vec![number as u8; 3]],
        read: vec![ReadAhead { source: 0, range, bytes: vec![number as u8; 10] }],
    }
}

pub fn checkpoint(number: u64, epoch: u64, log_from: u64, pieces: Vec<Piece>) -> Checkpoint {
    let tick = logged(number, epoch).tick();
    Checkpoint {
        tick,
        written: Timestamp::from_millis(1),
        sources: vec![source(number)],
        operators: vec![OperatorState { name: "numbers/set".into(), schema: Schema("u64".into()), pieces }],
        log_from,
    }
}

fn source(tick: u64) -> SourceState {
    SourceState { name: "lines".into(), positions: [(0, 10 * tick + 10)].into(), memory: vec![7] }
}

/// A run of the engine: what a pipeline of one operator does with its storage.
#[derive(Debug)]
pub struct Run {
    pub start: Start,
    pub numbers: Numbers,
    /// The next tick.
    pub next: u64,
    full: bool,
}

impl Run {
    /// Starts, and holds what it finds to the model; `acknowledged`: the next tick behind what was logged.
    pub async fn start(storage: &Storage, acknowledged: u64) -> Result<Run, StorageError> {
        let start = Start::take(storage, Timestamp::from_millis(5), 0).await?;
        let mut numbers = Numbers::default();
        let mut next = 0;
        if let Some(recovered) = &start.recovered {
            let tick = recovered.tick.number;
            numbers = Numbers::restore(recovered);
            assert_eq!(numbers, Numbers::behind(tick), "state as of tick {tick}");
            assert_eq!(recovered.sources, [source(tick)]);
            next = tick + 1;
        }
        for (_, logged_tick) in &start.ticks {
            assert_eq!(*logged_tick, logged(next, logged_tick.tick().epoch));
            numbers.run(next);
            next += 1;
        }
        assert!(next >= acknowledged, "{next} of {acknowledged} ticks are there: {start:?}");
        Ok(Run { start, numbers, next, full: true })
    }

    /// Logs and runs the next tick.
    pub async fn tick(&mut self) -> Result<u64, StorageError> {
        let tick = logged(self.next, self.start.log.epoch());
        let position = self.start.log.append(&[tick]).await?;
        self.numbers.run(self.next);
        self.next += 1;
        Ok(position)
    }

    /// Writes a checkpoint behind the last tick. Without a fence, an error is a warning.
    pub async fn checkpoint(&mut self, log_from: u64) -> Result<bool, StorageError> {
        let pieces = self.numbers.freeze(self.full);
        let checkpoint = checkpoint(self.next - 1, self.start.log.epoch(), log_from, pieces);
        match self.start.checkpoints.write(checkpoint).await {
            Ok(_) => self.full = false,
            Err(StorageError::Other(_)) => self.full = true,
            Err(fenced) => return Err(fenced),
        }
        Ok(!self.full)
    }

    /// Goes on to the end.
    pub async fn finish(&mut self, acknowledged: &mut u64) -> Result<(), StorageError> {
        while self.next < TICKS {
            let position = self.tick().await?;
            *acknowledged = self.next;
            if CHECKPOINTS.contains(&(self.next - 1)) {
                self.checkpoint(position).await?;
            }
        }
        Ok(())
    }
}

/// From the start to the end; `acknowledged` is kept also if it fails.
pub async fn run(storage: &Storage, acknowledged: &mut u64) -> Result<Run, StorageError> {
    let mut run = Run::start(storage, *acknowledged).await?;
    run.start.checkpoints.keep(2);
    run.finish(acknowledged).await?;
    Ok(run)
}
