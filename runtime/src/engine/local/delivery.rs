//! Hands outputs to sinks, on the driver's thread, in tick order.

use super::failure::{Failure, Places};
use super::schedule::TaskId;
use super::topology::Topology;
use crate::pipeline::{Bucket, Outlet, OutletNode};
use crate::tick::Tick;
use crate::{BoxError, Error, blame};

/// # Contract
/// - Outlets are written in text order, partitions in order, and all are written before the first is committed:
///   so an error in one stage or sink leaves nothing of its tick visible, unless a commit itself fails.
/// - What was begun is either committed or aborted.
pub(crate) struct Delivery<'env> {
    outlets: Vec<Slot<'env>>,
    places: Places,
    /// How many outlets have all of the oldest tick.
    written: usize,
}

struct Slot<'env> {
    node: usize,
    /// The stage that feeds it.
    stage: Option<usize>,
    outlet: Box<dyn Outlet + 'env>,
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
    ) -> Result<Self, Error> {
        let slots = outlets.into_iter().zip(&topology.outlets).map(|(node, feeders)| Slot {
            node: node.node,
            stage: feeders.first().map(|f| f.stage),
            outlet: node.outlet,
            begun: None,
        });
        let mut delivery = Delivery { outlets: slots.collect(), places: places.clone(), written: 0 };
        for slot in &mut delivery.outlets {
            let opened = blame::catch(|| slot.outlet.open(epoch, None));
            delivery.places.judge(opened, Some(slot.node), slot.stage, None)?;
        }
        Ok(delivery)
    }

    /// The outlet that is to be written next, if one of this tick is left.
    pub fn next(&self) -> Option<usize> {
        (self.written < self.outlets.len()).then_some(self.written)
    }

    /// Begins the next outlet's tick and writes its partitions.
    pub fn write(&mut self, tick: &Tick, partitions: Vec<Vec<Bucket>>) -> Result<(), Failure> {
        let index = self.written;
        self.call(index, tick, |slot| {
            slot.outlet.begin(tick)?;
            slot.begun = Some(*tick);
            for (partition, buckets) in partitions.into_iter().enumerate() {
                for bucket in buckets {
                    slot.outlet.write(partition, bucket)?;
                }
            }
            Ok(())
        })?;
        self.written += 1;
        Ok(())
    }

    /// Commits the tick that is written, in all outlets.
    pub fn commit(&mut self, tick: &Tick) -> Result<(), Failure> {
        debug_assert!(self.next().is_none());
        for index in 0..self.outlets.len() {
            self.call(index, tick, |slot| {
                slot.outlet.commit(tick)?;
                slot.begun = None;
                Ok(())
            })?;
        }
        self.written = 0;
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

    fn call(
        &mut self,
        index: usize,
        tick: &Tick,
        f: impl FnOnce(&mut Slot<'env>) -> Result<(), BoxError>,
    ) -> Result<(), Failure> {
        let slot = &mut self.outlets[index];
        let (node, stage) = (slot.node, slot.stage);
        self.places.judge(blame::catch(|| f(slot)), Some(node), stage, Some(tick.number)).map_err(|error| {
            // Behind every task of its tick.
            Failure { at: TaskId { tick: tick.number, stage: usize::MAX, task: index }, error }
        })
    }
}
