//! The engine's side of a source, as far as its checks need one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::super::contract::Promise;
use crate::batch::Batch;
use crate::clock::{Clock, ManualClock, secs};
use crate::engine::Trigger;
use crate::source::{Offer, Reader, Source, SourceContext, Waker};
use crate::tick::{OffsetRange, Positions};

/// A source that was opened.
pub(super) struct Opened<B> {
    pub who: String,
    pub reader: Arc<dyn Reader<Batch = B>>,
    patience: Duration,
    clock: Arc<ManualClock>,
    wakes: Receiver<()>,
    /// Where the next offers begin.
    pub positions: Positions,
    /// Partitions of which nothing is to come.
    finished: Vec<u32>,
    runtime: tokio::runtime::Runtime,
}

/// What was offered as a tick.
#[derive(Clone, Debug)]
pub(super) struct Taken<T> {
    pub ranges: Vec<OffsetRange>,
    /// By range.
    pub records: Vec<Vec<T>>,
    pub journal: Vec<u8>,
    /// Behind the tick.
    pub memory: Vec<u8>,
    pub ahead: Vec<Option<Vec<u8>>>,
    pub positions: Positions,
}

impl<T: Clone> Taken<T> {
    pub fn all(&self) -> Vec<T> {
        self.records.concat()
    }
}

const OPENS: Promise = Promise {
    broken: "the source can't be opened",
    so: "no pipeline can start with it",
    instead: "see its error; `make` has to make a source whose input is there, each time it is called",
};

const WAITS: Promise = Promise {
    broken: "a call that must not wait does not return",
    so: "the driver asks all sources in turn: none of them gets any further, and the pipeline can't be stopped",
    instead: "wait in a task of `cx.runtime`, keep what came in a buffer, and let `available` look into that; let `close` \
              tell the task to end and not wait for it",
};

const ORDER: Promise = Promise {
    broken: "offsets don't go on",
    so: "records are read twice or never, and a restart can't know where it was",
    instead: "begin each offer of a partition where its last one ended (at first where `seek` said); give ranges in the order \
              of their partitions, and leave empty ones out",
};

const LIMIT: Promise = Promise {
    broken: "an offer is larger than its limit",
    so: "a backlog becomes one giant tick, and memory grows with it: there is no back-pressure",
    instead: "cut the offer at `limit` units of offset, all ranges together; if the source can only cut between its \
              records, say how long the shortest piece is with `.shortest_piece(n)`",
};

const FAILS: Promise = Promise {
    broken: "the source fails though its input is there",
    so: "the pipeline stops",
    instead: "see its error",
};

const END: Promise = Promise {
    broken: "there is something behind the end",
    so: "it is lost: an engine asks no more once a source has ended, and event time goes on past a finished partition",
    instead: "set `ended` only where nothing will ever follow, and say so again each time, without ranges; name a partition \
              in `finished` only when its last range is offered",
};

const MORE: Promise = Promise {
    broken: "the source does not give its input",
    so: "records are lost",
    instead: "call the waker when input comes, or say when it is `due` by the clock; or tell the check in `records` what the \
              input really holds",
};

const TASKS: Promise = Promise {
    broken: "tasks of the source go on behind `close`",
    so: "a job that has stopped still holds its connections, and goes on taking what nobody reads",
    instead: "abort the tasks that were spawned on `cx.runtime` in `close`, or when the reader is dropped",
};

impl<B: Batch> Opened<B> {
    #[track_caller]
    pub fn new(source: impl Source<Batch = B>, patience: Duration) -> Opened<B> {
        let who = source.info().to_string();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("the system has threads");
        let (sender, wakes) = channel();
        let waker = Waker::new(move || {
            let _ = sender.send(());
        });
        let clock = Arc::new(ManualClock::default());
        let trigger = Trigger::Interval(secs(1));
        let cx = SourceContext { runtime: runtime.handle().clone(), waker, clock: clock.clone(), trigger };
        let reader = source.open(&cx).unwrap_or_else(|error| OPENS.is_broken(&who, error.to_string()));
        let (positions, finished) = Default::default();
        Opened { who, reader, patience, clock, wakes, positions, finished, runtime }
    }

    /// A call that must not wait.
    #[track_caller]
    fn at_once<R: Send + 'static>(
        &self,
        what: &str,
        call: impl FnOnce(&dyn Reader<Batch = B>) -> R + Send + 'static,
    ) -> R {
        let (reader, (sender, answer)) = (Arc::clone(&self.reader), channel());
        let thread = std::thread::spawn(move || {
            let _ = sender.send(call(&*reader));
        });
        match answer.recv_timeout(self.patience) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                WAITS.is_broken(&self.who, format!("`{what}` has not returned for {:?}", self.patience))
            }
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => unreachable!("it sends before it ends"),
            },
        }
    }

    #[track_caller]
    fn offer(&mut self, limit: u64, largest: u64) -> Offer {
        self.clock.advance(secs(1));
        self.reader.at(self.clock.now());
        let offer = self.at_once("available", move |reader| reader.available(limit));
        let offer = offer.unwrap_or_else(|error| FAILS.is_broken(&self.who, format!("`available`: {error}")));
        let shown = || format!("{:?} at {:?}", offer.ranges, self.positions);
        let parts = offer.ranges.windows(2).all(|pair| pair[0].partition < pair[1].partition);
        let several = self.reader.a_task_a_range()
            && offer.ranges.windows(2).all(|pair| {
                pair[0].partition < pair[1].partition
                    || (pair[0].partition == pair[1].partition && pair[0].end <= pair[1].start)
            });
        ORDER.holds(&self.who, parts || several, shown);
        for range in &offer.ranges {
            ORDER.holds(&self.who, range.start < range.end, shown);
            let before = self.positions.get(&range.partition).copied();
            // Offsets may be left out, as Kafka's are by compaction; but none twice.
            ORDER.holds(&self.who, before.is_none_or(|before| before <= range.start), shown);
            END.holds(&self.who, !self.finished.contains(&range.partition), || {
                format!("partition {} goes on with {range:?} though it was finished", range.partition)
            });
        }
        for range in &offer.ranges {
            self.positions.insert(range.partition, range.end);
        }
        let size = offer.ranges.iter().map(OffsetRange::len).fold(0, u64::saturating_add);
        LIMIT.holds(&self.who, size <= limit.max(largest), || {
            format!("asked for {limit} units, it offers {size}: {:?}", offer.ranges)
        });
        self.finished.extend(self.reader.finished());
        offer
    }

    /// The next tick with records. `None`: there is no more.
    #[track_caller]
    pub fn next<T>(
        &mut self,
        limit: u64,
        largest: u64,
        all_read: bool,
        own: &impl Fn(B::Item<'_>) -> T,
    ) -> Option<Taken<T>> {
        let mut empty = 0;
        loop {
            let Offer { ranges, ended, caught_up, .. } = self.offer(limit, largest);
            if ended {
                for _ in 0..2 {
                    let again = self.offer(limit, largest);
                    END.holds(&self.who, again.ended && again.ranges.is_empty(), || {
                        format!("it has ended, and then it offers {again:?}")
                    });
                }
            }
            if !ranges.is_empty() {
                let journal = self.reader.journal();
                let ahead = ranges.iter().map(|range| {
                    let bytes = self.reader.write_ahead(*range);
                    bytes.unwrap_or_else(|e| FAILS.is_broken(&self.who, format!("`write_ahead`: {e}")))
                });
                let ahead = ahead.collect();
                let records = ranges.iter().map(|range| self.read(*range, own)).collect();
                let (memory, positions) = (self.reader.memory(), self.positions.clone());
                return Some(Taken { ranges, records, journal, memory, ahead, positions });
            }
            if ended || all_read && caught_up {
                return None;
            }
            empty += 1;
            MORE.holds(&self.who, empty < 1000, || {
                "the clock has gone on for 1000 s, and it offers nothing".into()
            });
            if caught_up && self.reader.due().is_none() {
                let woken = self.wakes.recv_timeout(self.patience).is_ok();
                MORE.holds(&self.who, woken, || {
                    format!(
                        "it offers nothing, has not ended, and has not called the waker for {:?}",
                        self.patience
                    )
                });
            }
        }
    }

    #[track_caller]
    pub fn read<T>(&self, range: OffsetRange, own: &impl Fn(B::Item<'_>) -> T) -> Vec<T> {
        read(&self.who, &*self.reader, range, own)
    }

    #[track_caller]
    pub fn seek(&mut self, positions: &Positions) {
        if let Err(error) = self.reader.seek(positions) {
            FAILS.is_broken(&self.who, format!("`seek` to {positions:?}: {error}"));
        }
        self.positions = positions.clone();
    }

    /// Ends it, and waits for its tasks.
    #[track_caller]
    pub fn close(self) {
        self.at_once("close", |reader| reader.close());
        let Opened { who, reader, patience, runtime, .. } = self;
        drop(reader);
        let began = Instant::now();
        while runtime.metrics().num_alive_tasks() > 0 {
            TASKS.holds(&who, began.elapsed() < patience, || {
                let left = runtime.metrics().num_alive_tasks();
                format!("{left} of them are alive {patience:?} after `close`, the reader dropped")
            });
            std::thread::yield_now();
        }
        runtime.shutdown_background();
    }
}

/// The records of a range.
#[track_caller]
pub(super) fn read<B: Batch, T>(
    who: &str,
    reader: &dyn Reader<Batch = B>,
    range: OffsetRange,
    own: &impl Fn(B::Item<'_>) -> T,
) -> Vec<T> {
    let mut records = Vec::new();
    let read = reader.read(range, &mut |batch| {
        records.extend(batch.items().map(own));
        batch.take_error().map_or(Ok(()), Err)
    });
    match read {
        Ok(()) => records,
        Err(error) => FAILS.is_broken(who, format!("`read` of {range:?}: {error}")),
    }
}

/// The records of each partition, in order.
pub(super) type ByPartition<T> = BTreeMap<u32, Vec<T>>;
