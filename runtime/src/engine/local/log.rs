//! The tick log: what a restart needs to go on as if nothing had happened.
//!
//! It is kept in memory, by the test engine, over a crash. What will be written to a checkpoint is what is here.

use std::collections::{BTreeMap, VecDeque};

use crate::engine::test::FaultPoint;
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
    /// By the name of its operator and the key group: the pieces of its state as of the last committed tick, the first of them
    /// full.
    pub states: BTreeMap<String, BTreeMap<usize, Vec<Vec<u8>>>>,
    /// By source, up to where committed ticks have read.
    pub committed: Vec<Positions>,
    /// Fault points that were met: each is met once.
    pub met: Vec<(FaultPoint, u64)>,
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
