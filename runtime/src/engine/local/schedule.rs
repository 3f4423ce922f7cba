//! The scheduler: which task may run, with what input. Pure data: no threads, no locks, no clock.

mod task;

use std::collections::VecDeque;
use std::sync::Arc;

use super::judges::judge;
use super::topology::{Batches, Feeder, HeadShape, Topology};
use crate::clock::Timestamp;
use crate::event_time::Watermarks;
use crate::exchange::Seen;
use crate::pipeline::{Bucket, HeadTasks, Route, TaskContext, Timing};
use crate::state::{GroupState, Piece, Store};
use crate::tick::{Tick, TickKind, TickPlan};

pub(crate) use task::{Cost, Done, Freeze, Retired, Task, TaskId, TaskInput};

/// How many ticks may have begun without being committed: what bounds memory.
pub(crate) const MAX_IN_FLIGHT: usize = 2;

/// # Contract
/// - Every task that is handed out is completed once, or the scheduler is dropped.
/// - A task behind an exchange is handed out when all tasks of all stages that feed it are complete for its tick,
///   and the task of its number is complete for all earlier ticks.
/// - What a task gets depends on the plans alone, never on the order in which tasks were completed.
pub(crate) struct Scheduler {
    topology: Arc<Topology>,
    partitions: usize,
    /// In flight, oldest first; their numbers have no gap.
    ticks: VecDeque<TickRun>,
    /// By stage and task; none is here while a task has it.
    stores: Vec<Vec<Option<Store>>>,
    /// The time of the newest tick.
    newest: Option<Timestamp>,
    /// By stage and task, as of its last tick.
    timings: Vec<Vec<Timing>>,
}

struct TickRun {
    tick: Tick,
    freeze: Option<Freeze>,
    /// The time of the tick before it.
    before: Option<Timestamp>,
    /// By stage, whether it has a batch in this tick, and what is behind it another.
    batches: Vec<Batches>,
    kind: TickKind,
    /// By clock.
    watermarks: Vec<Watermarks>,
    stages: Vec<StageRun>,
    stages_left: usize,
}

struct StageRun {
    phase: Phase,
    /// How many of the tails that feed this stage are not complete yet.
    feeders_left: usize,
    tasks_left: usize,
    done: Vec<bool>,
    /// Tasks whose input is complete, but whose number still runs in an earlier tick.
    held: Vec<Task>,
    /// By tail and task, until the tail's reader takes them.
    outputs: Vec<Vec<Vec<Bucket>>>,
    frozen: Vec<Piece>,
    cost: Cost,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Running,
    Complete,
}

impl Scheduler {
    pub fn new(topology: Arc<Topology>, partitions: usize) -> Scheduler {
        let stores = topology.stages.iter().map(|_| Vec::new()).collect();
        let timings = vec![Vec::new(); topology.stages.len()];
        Scheduler { topology, partitions, ticks: VecDeque::new(), stores, newest: None, timings }
    }

    /// The stage goes on with what its tasks kept.
    pub fn restore(&mut self, stage: usize, states: Vec<(usize, GroupState)>) {
        let Some(owners) = self.owners(stage) else { return };
        let mut stores: Vec<Store> = (0..owners).map(|partition| Store::new(partition, owners)).collect();
        for (group, state) in states {
            let store = stores.iter_mut().find(|store| store.groups().contains(&group));
            store.expect("every group has an owner").put_group(group, state);
        }
        self.stores[stage] = stores.into_iter().map(Some).collect();
    }

    /// By stage, what its tasks keep, while no tick is in flight.
    pub fn freeze(&mut self, freeze: Freeze) -> Vec<Vec<Piece>> {
        debug_assert!(self.ticks.is_empty(), "tasks have their stores while they run");
        let of_stage = |stores: &mut Vec<Option<Store>>| {
            stores.iter_mut().flatten().flat_map(|store| store.freeze(freeze == Freeze::All)).collect()
        };
        self.stores.iter_mut().map(of_stage).collect()
    }

    /// The last tick of an earlier start was at this time.
    pub fn resume(&mut self, newest: Option<Timestamp>) {
        self.newest = newest;
    }

    /// How many tasks of a stage keep something.
    fn owners(&self, stage: usize) -> Option<usize> {
        match &self.topology.stages[stage].head {
            HeadShape::Operator { tasks: HeadTasks::Partitions, .. } => Some(self.partitions),
            HeadShape::Operator { tasks: HeadTasks::One, .. } => Some(1),
            // Sources' positions are kept elsewhere. Of the others there are as many as there happen to be buckets, or as
            // the program says today: nothing is kept.
            HeadShape::Operator { .. } | HeadShape::Source(_) => None,
        }
    }

    /// Begins a tick; `ready` gets the tasks that may run at once.
    pub fn begin_tick(&mut self, plan: &TickPlan, freeze: Option<Freeze>, ready: &mut Vec<Task>) {
        debug_assert!(self.ticks.len() < MAX_IN_FLIGHT, "too many ticks in flight");
        debug_assert!(self.ticks.back().is_none_or(|last| last.tick.number + 1 == plan.tick.number));
        let topology = Arc::clone(&self.topology);
        let stages = topology.stages.iter().enumerate().map(|(stage, shape)| StageRun {
            phase: Phase::Waiting,
            feeders_left: topology.feeders(stage),
            tasks_left: 0,
            done: Vec::new(),
            held: Vec::new(),
            outputs: shape.tails.iter().map(|_| Vec::new()).collect(),
            frozen: Vec::new(),
            cost: Cost::default(),
        });
        // A tick without data is no batch: no window of processing time ends in it.
        let before = match plan.kind {
            TickKind::Data => self.newest.replace(plan.tick.time),
            TickKind::NoData | TickKind::Flush => Some(plan.tick.time),
        };
        self.ticks.push_back(TickRun {
            tick: plan.tick,
            freeze,
            before,
            batches: topology.batches(before, plan.tick.time, plan.kind),
            kind: plan.kind,
            watermarks: plan.watermarks.clone(),
            stages: stages.collect(),
            stages_left: topology.stages.len(),
        });
        let at = self.ticks.len() - 1;
        for (stage, shape) in topology.stages.iter().enumerate() {
            let this = &self.ticks[at].stages[stage];
            match &shape.head {
                HeadShape::Source(source) => {
                    let tasks = plan.sources.get(*source).map_or(&[][..], |s| &s.tasks[..]);
                    let inputs = tasks.iter().map(|ranges| TaskInput::Ranges(ranges.clone())).collect();
                    self.start(at, stage, inputs, ready);
                }
                // A stage that nothing feeds. One whose feeders had no tasks has started already.
                HeadShape::Operator { .. } if this.feeders_left == 0 && this.phase == Phase::Waiting => {
                    let inputs = self.gather(at, stage);
                    self.start(at, stage, inputs, ready);
                }
                HeadShape::Operator { .. } => {}
            }
        }
    }

    /// Takes a task's result; `ready` gets the tasks that may run now. Says whether there is news for the driver:
    /// the whole tick became complete.
    pub fn complete(&mut self, id: TaskId, done: Done, ready: &mut Vec<Task>) -> bool {
        let at = self.index(id.tick).expect("a tick is retired after its last task");
        let this = &mut self.ticks[at].stages[id.stage];
        debug_assert!(!this.done[id.task], "{id:?} is complete already");
        this.done[id.task] = true;
        this.tasks_left -= 1;
        this.cost.nanos += done.nanos;
        this.cost.bytes += done.bytes;
        let timings = &mut self.timings[id.stage];
        if self.topology.stages[id.stage].timed {
            timings.resize(timings.len().max(id.task + 1), Timing::default());
            timings[id.task] = done.timing;
        }
        this.frozen.extend(done.frozen);
        for (tail, buckets) in done.outputs.into_iter().enumerate() {
            this.outputs[tail][id.task] = buckets;
        }
        let last = this.tasks_left == 0;
        if let Some(store) = self.stores[id.stage].get_mut(id.task) {
            *store = Some(done.store);
        }
        let news = last && self.finish(at, id.stage, ready);
        self.unblock(at, id.stage, ready);
        news
    }

    /// An outlet's buckets, by partition, of a tick that is complete.
    pub fn take_outlet(&mut self, tick: u64, outlet: usize) -> Vec<Vec<Bucket>> {
        debug_assert!(self.is_complete(tick));
        let at = self.index(tick).expect("a tick is retired after its outlets are written");
        let feeders = &self.topology.outlets[outlet];
        let stages = &mut self.ticks[at].stages;
        feeders.iter().flat_map(|f| std::mem::take(&mut stages[f.stage].outputs[f.tail])).collect()
    }

    /// By clock, what its tasks saw in a tick, once all have.
    pub fn take_clocks(&mut self, tick: u64) -> Option<Vec<Vec<Seen>>> {
        let at = self.index(tick)?;
        let clocks = &self.topology.clocks;
        let stages = &mut self.ticks[at].stages;
        if clocks.iter().any(|clock| stages[clock.stage].phase != Phase::Complete) {
            return None;
        }
        let mut seen = |clock: &Feeder| {
            let tasks = std::mem::take(&mut stages[clock.stage].outputs[clock.tail]);
            tasks.into_iter().flatten().map(crate::op::open::<Seen>).collect()
        };
        Some(clocks.iter().map(&mut seen).collect())
    }

    /// By stage, what its operator waits for; of those that don't go by event time, nothing.
    pub fn timings(&self) -> Vec<Timing> {
        self.timings.iter().map(|tasks| tasks.iter().copied().fold(Timing::default(), Timing::and)).collect()
    }

    /// Whether an outlet's stream has a batch in a tick.
    pub fn has_batch(&self, tick: u64, outlet: usize) -> bool {
        let run = &self.ticks[self.index(tick).expect("a tick is retired after its outlets are written")];
        self.topology.outlets[outlet].iter().any(|feeder| run.batches[feeder.stage].given)
    }

    pub fn is_complete(&self, tick: u64) -> bool {
        self.index(tick).is_some_and(|at| self.ticks[at].stages_left == 0)
    }

    /// Forgets the oldest tick, which is complete.
    pub fn retire(&mut self, tick: u64) -> Retired {
        let oldest = self.ticks.pop_front().expect("a tick that is retired is in flight");
        debug_assert!(oldest.tick.number == tick && oldest.stages_left == 0);
        let costs = oldest.stages.iter().map(|s| s.cost).collect();
        Retired { costs, frozen: oldest.stages.into_iter().map(|s| s.frozen).collect() }
    }

    fn index(&self, tick: u64) -> Option<usize> {
        let at = tick.checked_sub(self.ticks.front()?.tick.number)? as usize;
        (at < self.ticks.len()).then_some(at)
    }

    /// A stage's input is complete: makes its tasks. Says whether there is news for the driver.
    fn start(&mut self, at: usize, stage: usize, inputs: Vec<TaskInput>, ready: &mut Vec<Task>) -> bool {
        let TickRun { tick, before, kind, .. } = self.ticks[at];
        let watermarks = judge(&self.topology.stages[stage].judges, &self.ticks[at].watermarks, kind);
        let late_behind = self.topology.late_behind(stage, &self.ticks[at].watermarks, kind);
        let count = inputs.len();
        let this = &mut self.ticks[at].stages[stage];
        debug_assert!(this.phase == Phase::Waiting);
        this.phase = Phase::Running;
        this.tasks_left = count;
        this.done = vec![false; count];
        for tail in &mut this.outputs {
            tail.resize_with(count, Vec::new);
        }
        for (task, input) in inputs.into_iter().enumerate() {
            let id = TaskId { tick: tick.number, stage, task };
            let task = Task {
                id,
                cx: TaskContext {
                    tick,
                    before,
                    watermarks,
                    late_behind,
                    no_data: kind != TickKind::Data,
                    task,
                    partitions: self.partitions,
                },
                input,
            };
            if self.blocked(at, &task) {
                self.ticks[at].stages[stage].held.push(task);
            } else {
                ready.push(self.equip(task));
            }
        }
        let news = count == 0 && self.finish(at, stage, ready);
        // A later tick may hold tasks of numbers that this one turns out not to have.
        self.unblock(at, stage, ready);
        news
    }

    /// A stage's last task is complete: tells those that it feeds. Says whether there is news for the driver.
    fn finish(&mut self, at: usize, stage: usize, ready: &mut Vec<Task>) -> bool {
        let topology = Arc::clone(&self.topology);
        let run = &mut self.ticks[at];
        run.stages[stage].phase = Phase::Complete;
        run.stages_left -= 1;
        let mut news = run.stages_left == 0;
        for route in &topology.stages[stage].tails {
            match *route {
                // Waits until the tick is complete: outlets see nothing of a tick that may fail yet.
                Route::Outlet(_) => {}
                // The next tick may wait to be judged by it.
                Route::Clock(_) => news = true,
                Route::Stage { stage, .. } => {
                    let left = &mut self.ticks[at].stages[stage].feeders_left;
                    *left -= 1;
                    if *left == 0 {
                        let inputs = self.gather(at, stage);
                        news |= self.start(at, stage, inputs, ready);
                    }
                }
            }
        }
        news
    }

    /// Deals the buckets of the tails that feed a stage to its tasks, in order of input, stage, task. No tasks, where no
    /// input has a batch.
    fn gather(&mut self, at: usize, stage: usize) -> Vec<TaskInput> {
        let topology = Arc::clone(&self.topology);
        let HeadShape::Operator { tasks, inputs } = &topology.stages[stage].head else {
            unreachable!("a source stage has no feeders");
        };
        if !self.ticks[at].batches[stage].read {
            return Vec::new();
        }
        let count = inputs.len();
        let none = || -> Vec<Vec<Bucket>> { std::iter::repeat_with(Vec::new).take(count).collect() };
        let mut dealt: Vec<Vec<Vec<Bucket>>> = match tasks {
            HeadTasks::Partitions => std::iter::repeat_with(none).take(self.partitions).collect(),
            HeadTasks::One => vec![none()],
            HeadTasks::EachBucket => Vec::new(),
            HeadTasks::Fixed(tasks) => std::iter::repeat_with(none).take(*tasks).collect(),
        };
        for (input, feeders) in inputs.iter().enumerate() {
            for feeder in feeders {
                let from = std::mem::take(&mut self.ticks[at].stages[feeder.stage].outputs[feeder.tail]);
                for buckets in from {
                    debug_assert!(
                        *tasks != HeadTasks::Partitions || [0, self.partitions].contains(&buckets.len())
                    );
                    for (partition, bucket) in buckets.into_iter().enumerate() {
                        let task = match tasks {
                            HeadTasks::Partitions | HeadTasks::Fixed(_) => partition,
                            HeadTasks::One => 0,
                            HeadTasks::EachBucket => {
                                dealt.push(none());
                                dealt.len() - 1
                            }
                        };
                        dealt[task][input].push(bucket);
                    }
                }
            }
        }
        let freeze = self.ticks[at].freeze;
        let input = |inputs| TaskInput::Buckets { inputs, store: Store::default(), freeze };
        dealt.into_iter().map(input).collect()
    }

    /// Whether an earlier tick has still to run the task of this number (or may have to).
    fn blocked(&self, at: usize, task: &Task) -> bool {
        matches!(task.input, TaskInput::Buckets { .. })
            && self.ticks.iter().take(at).any(|earlier| {
                let earlier = &earlier.stages[task.id.stage];
                match earlier.phase {
                    Phase::Waiting => true,
                    Phase::Running => earlier.done.get(task.id.task) == Some(&false),
                    Phase::Complete => false,
                }
            })
    }

    /// Hands out what later ticks held back because of the stage `stage` of the tick at `at`.
    fn unblock(&mut self, at: usize, stage: usize, ready: &mut Vec<Task>) {
        for later in at + 1..self.ticks.len() {
            let held = std::mem::take(&mut self.ticks[later].stages[stage].held);
            for task in held {
                if self.blocked(later, &task) {
                    self.ticks[later].stages[stage].held.push(task);
                } else {
                    ready.push(self.equip(task));
                }
            }
        }
    }

    /// Gives a task its store.
    fn equip(&mut self, mut task: Task) -> Task {
        let Some(owners) = self.owners(task.id.stage) else { return task };
        if let TaskInput::Buckets { store, .. } = &mut task.input {
            let stores = &mut self.stores[task.id.stage];
            if stores.is_empty() {
                stores.extend((0..owners).map(|partition| Some(Store::new(partition, owners))));
            }
            *store = stores[task.id.task]
                .take()
                .expect("the task of this number is complete for all earlier ticks");
        }
        task
    }
}
