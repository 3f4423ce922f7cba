//! The sources, opened: asks each what the next tick is to read, and cuts that into tasks.

use std::sync::Arc;

use millstream_plan::NodeId;

use super::failure::{Failure, Places};
use super::log::TickLog;
use super::schedule::TaskId;
use super::topology::Topology;
use crate::checkpoint::ReadAhead;
use crate::clock::Timestamp;
use crate::pipeline::{ErasedReader, SourceNode};
use crate::source::{Offer, SourceContext, Total};
use crate::tick::{Positions, SourcePlan, TickPlan};
use crate::{BoxError, Error, blame};

pub(crate) struct Intake {
    taps: Vec<Tap>,
    places: Places,
    /// Into how many tasks a tick's ranges are cut at most. The number of partitions, not of threads, so that the
    /// cut is the same on every machine.
    parallelism: usize,
}

/// What a restart of this source has, of all that it has given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replay {
    /// All: it can be read again.
    Again,
    /// What the log has kept.
    Logged,
    Nothing,
}

impl Replay {
    pub fn of(source: &SourceNode) -> Replay {
        if source.info.replayable {
            Replay::Again
        } else if source.logged {
            Replay::Logged
        } else {
            Replay::Nothing
        }
    }
}

struct Tap {
    reader: Arc<dyn ErasedReader>,
    node: NodeId,
    stage: Option<usize>,
    replay: Replay,
    ended: bool,
    /// All that a run of `Trigger::AvailableNow` is to read has been asked for.
    caught_up: bool,
    /// Up to where committed ticks have read.
    committed: Positions,
}

/// What the sources have for a tick.
pub(crate) struct Asked {
    pub sources: Vec<SourcePlan>,
    /// Source partitions that end with it, each behind its source's number.
    pub finished: Vec<(u32, u32)>,
    /// There is something to read, or a source says that an empty turn is one of its own (nothing in it, but more
    /// waits behind it).
    pub work: bool,
}

impl Intake {
    /// Opens the sources, in text order. If one can't be opened, those before it are closed.
    pub fn open(
        sources: Vec<SourceNode>,
        cx: Option<&SourceContext>,
        topology: &Topology,
        places: &Places,
        parallelism: usize,
    ) -> Result<Intake, Error> {
        let mut intake = Intake { taps: Vec::new(), places: places.clone(), parallelism };
        for (index, source) in sources.into_iter().enumerate() {
            let replay = Replay::of(&source);
            let SourceNode { node, source, .. } = source;
            let stage = topology.stage_of_source(index);
            let cx = cx.expect("whoever opens a pipeline with sources has a context for them");
            // Sources may spawn or register sockets without naming the runtime.
            let entered = cx.runtime.enter();
            let opened = places.judge(blame::catch(|| source.open(cx)), Some(node), stage, None);
            drop(entered);
            match opened {
                Ok(reader) => intake.taps.push(Tap {
                    reader,
                    node,
                    stage,
                    replay,
                    ended: false,
                    caught_up: false,
                    committed: Positions::new(),
                }),
                Err(error) => {
                    intake.close();
                    return Err(error);
                }
            }
        }
        Ok(intake)
    }

    /// How many sources there are.
    pub fn len(&self) -> usize {
        self.taps.len()
    }

    pub fn readers(&self) -> Vec<Arc<dyn ErasedReader>> {
        self.taps.iter().map(|tap| Arc::clone(&tap.reader)).collect()
    }

    /// By source, the shortest piece that is worth a task. (One that panics here will do so again, where it is caught.)
    pub fn grains(&self) -> impl Iterator<Item = u64> + '_ {
        self.taps.iter().map(|tap| tap.reader.grain())
    }

    /// By source, how much it has. (One that panics here says nothing.)
    pub fn totals(&self) -> Vec<Option<Total>> {
        self.taps.iter().map(|tap| blame::catch(|| tap.reader.total()).unwrap_or(None)).collect()
    }

    /// The streams' names, by source.
    pub fn streams(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.taps.iter().map(|tap| self.places.stream(tap.node))
    }

    /// Moves the sources to where a restart finds them.
    pub fn seek(&mut self, log: &mut TickLog) -> Result<(), Error> {
        for (source, tap) in self.taps.iter_mut().enumerate() {
            let (before, behind) = log.positions(source);
            let moved = blame::catch(|| {
                log.journals
                    .get(source)
                    .into_iter()
                    .flatten()
                    .try_for_each(|told| tap.reader.recall(told))?;
                for read in log.read.iter_mut().filter(|read| read.source as usize == source) {
                    tap.reader.read_back(read.range, std::mem::take(&mut read.bytes))?;
                }
                tap.reader.seek(&before)?;
                if behind == before { Ok(()) } else { tap.reader.seek(&behind) }
            });
            self.places.judge(moved, Some(tap.node), tap.stage, None)?;
            tap.committed = before;
        }
        Ok(())
    }

    /// By source, what is to be stored beside the plans so far and was not told before.
    pub fn journals(&self) -> Result<Vec<Vec<u8>>, Error> {
        let told = self.taps.iter().map(|tap| {
            let told = blame::catch(|| Ok(tap.reader.journal()));
            self.places.judge(told, Some(tap.node), tap.stage, None)
        });
        told.collect()
    }

    /// What the log must hold for the tick to run again.
    pub fn write_ahead(&self, plan: &TickPlan) -> Result<Vec<ReadAhead>, Error> {
        let mut all = Vec::new();
        for ((number, tap), source) in (0..).zip(&self.taps).zip(&plan.sources) {
            if tap.replay != Replay::Logged {
                continue;
            }
            let read = blame::catch(|| {
                source.joined().into_iter().try_fold(Vec::new(), |mut read, range| {
                    let bytes = tap.reader.write_ahead(range)?;
                    read.extend(bytes.map(|bytes| ReadAhead { source: number, range, bytes }));
                    Ok(read)
                })
            });
            let tick = Some(plan.tick.number);
            all.extend(self.places.judge(read, Some(tap.node), tap.stage, tick)?);
        }
        Ok(all)
    }

    /// By source, all that was told and is still needed.
    pub fn memories(&self) -> Result<Vec<Vec<u8>>, Error> {
        let told = self.taps.iter().map(|tap| {
            let told = blame::catch(|| Ok(tap.reader.memory()));
            self.places.judge(told, Some(tap.node), tap.stage, None)
        });
        told.collect()
    }

    /// By source, up to where committed ticks have read.
    pub fn committed(&self) -> Vec<Positions> {
        self.taps.iter().map(|tap| tap.committed.clone()).collect()
    }

    /// What the tick is to read of what there is by a time, of each source within its limit. Moves the sources on: the answer must become a tick if
    /// there is `work`.
    pub fn ask(&mut self, tick: u64, until: Timestamp, limits: &[u64]) -> Result<Asked, Failure> {
        let mut asked =
            Asked { sources: Vec::with_capacity(self.taps.len()), finished: Vec::new(), work: false };
        for (number, (tap, &limit)) in (0..).zip(self.taps.iter_mut().zip(limits)) {
            if tap.ended {
                asked.sources.push(SourcePlan::default());
                continue;
            }
            let answer = blame::catch(|| -> Result<(Offer, SourcePlan, Vec<u32>), BoxError> {
                tap.reader.at(until);
                let offer = tap.reader.available(limit)?;
                let plan = if tap.reader.a_task_a_range() {
                    SourcePlan::each(&offer.ranges)
                } else {
                    SourcePlan::cut(&offer.ranges, self.parallelism, tap.reader.grain())
                };
                Ok((offer, plan, tap.reader.finished()))
            });
            let (offer, plan, finished) =
                self.places.judge(answer, Some(tap.node), tap.stage, Some(tick)).map_err(|error| {
                    let stage = tap.stage.unwrap_or(0);
                    Failure { at: TaskId { tick, stage, task: 0 }, error }
                })?;
            tap.ended = offer.ended;
            asked.finished.extend(finished.into_iter().map(|partition| (number, partition)));
            let more = !offer.caught_up && !offer.ended;
            tap.caught_up = !more && !offer.waiting;
            asked.work |= !plan.tasks.is_empty() || more;
            asked.sources.push(plan);
        }
        Ok(asked)
    }

    /// The earliest time at which the clock alone lets a source go on.
    pub fn due(&self) -> Option<Timestamp> {
        // A panic here would only be told without its place.
        self.taps.iter().filter(|tap| !tap.ended).filter_map(|tap| tap.reader.due()).min()
    }

    /// Nothing will ever come after what was asked for.
    pub fn ended(&self) -> bool {
        self.taps.iter().all(|tap| tap.ended)
    }

    /// Nothing is behind what was asked for, nor yet to arrive, of the input that existed at the start.
    pub fn caught_up(&self) -> bool {
        self.taps.iter().all(|tap| tap.ended || tap.caught_up)
    }

    pub fn freeze(&self) -> Result<(), Error> {
        self.taps.iter().try_for_each(|tap| {
            let frozen = blame::catch(|| {
                tap.reader.freeze();
                Ok(())
            });
            self.places.judge(frozen, Some(tap.node), tap.stage, None)
        })
    }

    /// The pipeline stops: from now on only what sources have taken and can't have again is asked for.
    pub fn drain(&mut self) {
        for tap in &mut self.taps {
            // One that panics here has nothing more to give.
            tap.ended |= !blame::catch(|| tap.reader.drain()).unwrap_or(false);
        }
    }

    /// A tick is committed: its ranges will not be read again.
    pub fn release(&mut self, plan: &TickPlan) -> Result<(), Error> {
        for (tap, source) in self.taps.iter_mut().zip(&plan.sources) {
            if source.tasks.is_empty() {
                continue;
            }
            for range in source.tasks.iter().flatten() {
                tap.committed.insert(range.partition, range.end);
            }
            let released = blame::catch(|| {
                tap.reader.release(&tap.committed);
                Ok(())
            });
            self.places.judge(released, Some(tap.node), tap.stage, Some(plan.tick.number))?;
        }
        Ok(())
    }

    /// Tells all readers that the pipeline ends. A panic in one keeps none of the others waiting.
    pub fn close(&self) {
        for tap in &self.taps {
            let _ = blame::catch(|| tap.reader.close());
        }
    }
}
