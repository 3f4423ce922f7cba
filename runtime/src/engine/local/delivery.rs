//! Hands outputs to sinks, on the driver's thread, in tick order.

use super::failure::{Failure, Places};
use super::schedule::TaskId;
use super::topology::Topology;
use crate::pipeline::{Bucket, Outlet, OutletNode};
use crate::sink::is_closed_pipe;
use crate::tick::Tick;
use crate::{BoxError, Error, blame};

/// What the plan says of a `ConsoleSink`, whether it comes from `print` or from `sink`.
const CONSOLE: &str = "print(";

/// # Contract
/// - Outlets are written once all stages of the tick are complete, in text order, partitions in order, and all are
///   written before the first is committed: so an error in one stage or sink leaves nothing of its tick visible,
///   unless a commit itself fails.
/// - What was begun is either committed or aborted, but in a crash.
/// - A console that nobody reads any more (`| head`) is left alone; it is no failure.
pub(crate) struct Delivery<'env> {
    outlets: Vec<Slot<'env>>,
    places: Places,
}

struct Slot<'env> {
    node: usize,
    /// The stage that feeds it.
    stage: Option<usize>,
    outlet: Box<dyn Outlet + 'env>,
    /// Its reader may go away without anything being wrong.
    console: bool,
    /// It has gone away.
    unread: bool,
    /// Begun and neither committed nor aborted.
    begun: Option<Tick>,
}

impl<'env> Delivery<'env> {
    /// Opens the outlets, in text order.
    pub fn open(
        outlets: Vec<OutletNode<'env>>,
        topology: &Topology,
        places: &Places,
        epoch: u64,
        last_tick: Option<u64>,
    ) -> Result<Self, Error> {
        let slots = outlets.into_iter().zip(&topology.outlets).map(|(node, feeders)| Slot {
            node: node.node,
            stage: feeders.first().map(|f| f.stage),
            console: node.outlet.detail().is_some_and(|detail| detail.starts_with(CONSOLE)),
            unread: false,
            outlet: node.outlet,
            begun: None,
        });
        let mut delivery = Delivery { outlets: slots.collect(), places: places.clone() };
        for slot in &mut delivery.outlets {
            let opened = blame::catch(|| slot.outlet.open(epoch, last_tick));
            delivery.places.judge(opened, Some(slot.node), slot.stage, None)?;
        }
        Ok(delivery)
    }

    /// How many outlets there are.
    pub fn len(&self) -> usize {
        self.outlets.len()
    }

    /// Whether an output may be on standard output: those of closures, and the console.
    pub fn may_print(&self, closure: impl Fn(usize) -> bool) -> bool {
        self.outlets.iter().any(|slot| slot.console || closure(slot.node))
    }

    /// Whether a console has lost its reader.
    pub fn is_unread(&self) -> bool {
        self.outlets.iter().any(|slot| slot.unread)
    }

    /// Begins an outlet's tick and writes its partitions.
    pub fn write(&mut self, index: usize, tick: &Tick, partitions: Vec<Vec<Bucket>>) -> Result<(), Failure> {
        self.call(index, tick, |slot| {
            slot.outlet.begin(tick)?;
            slot.begun = Some(*tick);
            for (partition, buckets) in partitions.into_iter().enumerate() {
                for bucket in buckets {
                    slot.outlet.write(partition, bucket)?;
                }
            }
            Ok(())
        })
    }

    /// Commits the tick that is written, in all outlets that were given a batch.
    pub fn commit(&mut self, tick: &Tick) -> Result<(), Failure> {
        for index in 0..self.outlets.len() {
            if self.outlets[index].begun.is_none() {
                continue;
            }
            self.call(index, tick, |slot| {
                slot.outlet.commit(tick)?;
                slot.begun = None;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Takes back what is begun and not committed.
    pub fn abort(&mut self) {
        for slot in &mut self.outlets {
            if let Some(tick) = slot.begun.take() {
                // An error is on its way to the user already.
                let _ = blame::catch(|| slot.outlet.abort(&tick));
            }
        }
    }

    /// Nothing will follow.
    pub fn finish(&mut self, last: &Tick) -> Result<(), Failure> {
        (0..self.outlets.len()).try_for_each(|index| self.call(index, last, |slot| slot.outlet.finish()))
    }

    fn call(
        &mut self,
        index: usize,
        tick: &Tick,
        f: impl FnOnce(&mut Slot<'env>) -> Result<(), BoxError>,
    ) -> Result<(), Failure> {
        let slot = &mut self.outlets[index];
        if slot.unread {
            return Ok(());
        }
        let (node, stage) = (slot.node, slot.stage);
        let result = blame::catch(|| f(slot));
        if slot.console && matches!(&result, Ok(Err(error)) if is_closed_pipe(error)) {
            slot.unread = true;
            slot.begun = None;
            return Ok(());
        }
        self.places.judge(result, Some(node), stage, Some(tick.number)).map_err(|error| {
            // Behind every task of its tick.
            Failure { at: TaskId { tick: tick.number, stage: usize::MAX, task: index }, error }
        })
    }
}
