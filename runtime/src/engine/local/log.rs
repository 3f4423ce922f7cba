//! The tick log: what a restart needs to go on as if nothing had happened.
//!
//! The test engine keeps it in memory, over a crash, where a pipeline has no checkpoint. Where it has one, recovery makes it
//! from what is stored.

use std::collections::{BTreeMap, VecDeque};

use super::budget::Budget;
use crate::BoxError;
use crate::checkpoint::ReadAhead;
use crate::engine::test::FaultPoint;
use crate::state::{Piece, Schema};
use crate::tick::{Positions, Tick, TickPlan};

/// # Contract
/// - A plan is here before anything of its tick runs, and until its tick is committed and everybody has been told.
/// - A restart runs the ticks of `open` again exactly as they are planned, then plans new ones behind them.
#[derive(Clone, Debug, Default)]
pub(crate) struct TickLog {
    /// Which start of the pipeline writes here.
    pub epoch: u64,
    /// Begun and not known to be committed, oldest first.
    pub open: VecDeque<TickPlan>,
    /// The last that is known to be committed.
    pub last: Option<Tick>,
    /// By source, what the readers told to be stored beside the plans, in order.
    pub journals: Vec<Vec<Vec<u8>>>,
    /// By the name of its operator: what state is as of the last committed tick (of a checkpoint: as of its tick).
    pub states: BTreeMap<String, StateBytes>,
    /// By source, up to where committed ticks have read.
    pub committed: Vec<Positions>,
    /// What open ticks read of sources that can't be read again.
    pub read: Vec<ReadAhead>,
    /// What is known of what ticks take in memory, as of the last committed tick: so that the next ones read as much as if
    /// nothing had been. A checkpoint does without.
    pub budget: Option<Budget>,
    /// Fault points that were met: each is met once.
    pub met: Vec<(FaultPoint, u64)>,
}

/// The state of an operator, in bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct StateBytes {
    /// What the bytes mean; `None` within a process, where that can't have changed.
    pub schema: Option<Schema>,
    /// By key group its pieces: a full one, then what changed.
    pub groups: BTreeMap<usize, Vec<Vec<u8>>>,
}

impl StateBytes {
    /// Takes in what was frozen behind a tick.
    pub fn add(&mut self, frozen: Vec<Piece>) -> Result<(), BoxError> {
        for Piece { group, full, frozen, .. } in frozen {
            let pieces = self.groups.entry(group).or_default();
            if full {
                pieces.clear();
            }
            let mut bytes = Vec::new();
            frozen.write(&mut bytes)?;
            pieces.push(bytes);
        }
        Ok(())
    }
}

impl TickLog {
    /// As the next start of the pipeline finds it.
    pub fn next_epoch(mut self) -> TickLog {
        self.epoch += 1;
        for plan in &mut self.open {
            plan.tick.epoch = self.epoch;
        }
        self
    }

    /// The newest tick, committed or open.
    pub fn newest(&self) -> Option<Tick> {
        self.open.back().map(|plan| plan.tick).or(self.last)
    }

    /// Stores what the readers have told since they were asked last.
    pub fn note(&mut self, journals: Vec<Vec<u8>>) {
        self.journals.resize_with(journals.len().max(self.journals.len()), Vec::new);
        for (all, news) in self.journals.iter_mut().zip(journals) {
            if !news.is_empty() {
                all.push(news);
            }
        }
    }

    /// Where a source stood when the oldest open tick was planned, and where the next one is to begin.
    pub fn positions(&self, source: usize) -> (Positions, Positions) {
        let before = self.committed.get(source).cloned().unwrap_or_default();
        let mut behind = before.clone();
        for plan in &self.open {
            for range in plan.sources.get(source).iter().flat_map(|s| s.tasks.iter().flatten()) {
                behind.insert(range.partition, range.end);
            }
        }
        (before, behind)
    }
}
