//! How far event time is: from what clocks saw to the watermarks that ticks are judged by. Pure data.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::log::StateBytes;
use crate::clock::Timestamp;
use crate::event_time::Watermarks;
use crate::exchange::Seen;
use crate::pipeline::{ClockNode, Head, Pipeline};
use crate::progress::{HeldBack, WatermarkProgress};
use crate::state::{Frozen, Piece, Schema};
use crate::tick::{TickKind, TickPlan};
use crate::{BoxError, Error};

/// The clocks of a pipeline, in text order.
///
/// # Contract
/// - A tick is judged by what was known behind the one before it: `observe` of tick *n* comes before `plan` of tick *n + 1*.
/// - A clock's watermark never falls. It is unset (`Timestamp::MIN`) before the first record, and at least 0 from then on.
/// - What is planned follows from ticks and batch times alone; a tick that runs again is judged as its plan says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clocks {
    clocks: Vec<Clock>,
}

#[derive(Clone, Debug)]
struct Clock {
    /// By which a checkpoint knows it.
    name: String,
    stream: &'static str,
    /// The source whose partitions it sees; `None` behind an exchange.
    source: Option<usize>,
    bound: Duration,
    idle_after: Option<Duration>,
    state: ClockState,
}

/// What a restart goes on from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClockState {
    /// Of the source's partitions that have not finished.
    partitions: BTreeMap<u32, Reached>,
    /// The latest time in those that have.
    finished: Option<Timestamp>,
    watermark: Timestamp,
    /// What the newest tick was judged by.
    judged: Timestamp,
}

impl Default for ClockState {
    fn default() -> Self {
        ClockState {
            partitions: BTreeMap::new(),
            finished: None,
            watermark: Timestamp::MIN,
            judged: Timestamp::MIN,
        }
    }
}

/// How far a partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reached {
    latest: Timestamp,
    /// The batch time of the last tick that had records of it.
    heard: Timestamp,
    /// The batch time of the last tick that brought it on.
    moved: Timestamp,
}

/// What a checkpoint says of the bytes of a [`ClockState`].
pub(crate) fn schema() -> Schema {
    Schema("event time, version 1".into())
}

/// It is small, and written whole each time.
impl From<ClockState> for Piece {
    fn from(state: ClockState) -> Piece {
        Piece { group: 0, full: true, keys: 1, frozen: Box::new(state) }
    }
}

impl Frozen for ClockState {
    fn write(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), BoxError> {
        out.append(&mut postcard::to_stdvec(&*self)?);
        Ok(())
    }
}

impl ClockState {
    /// The watermark of a tick at `time`.
    fn at(&self, clock: &Clock, time: Timestamp) -> Timestamp {
        if self.partitions.is_empty() && self.finished.is_none() {
            return self.watermark;
        }
        let latest = match self.slowest(clock, time) {
            Some((_, reached)) => Some(reached.latest),
            // All that there was is read, and nothing holds back.
            None if self.partitions.is_empty() => self.finished,
            None => None,
        };
        let reached = latest.map_or(self.watermark, |latest| latest.minus(clock.bound));
        self.watermark.max(reached).max(Timestamp::from_millis(0))
    }

    /// The partition that holds the watermark back.
    fn slowest(&self, clock: &Clock, time: Timestamp) -> Option<(u32, Reached)> {
        let is_active =
            |reached: &Reached| clock.idle_after.is_none_or(|idle| time.since(reached.heard) < idle);
        let active = self.partitions.iter().filter(|(_, reached)| is_active(reached));
        active.min_by_key(|(partition, reached)| (reached.latest, **partition)).map(|(p, r)| (*p, *r))
    }
}

impl Clocks {
    pub fn of(pipeline: &Pipeline<'_>) -> Clocks {
        let graph = pipeline.plan.graph();
        let clock = |node: &ClockNode| Clock {
            name: graph.operator_name(node.node),
            stream: graph.nodes[node.node].stream,
            source: match pipeline.stages[node.stage].head {
                Head::Source(source) => Some(source),
                Head::Operator { .. } => None,
            },
            bound: node.bound,
            idle_after: node.idle_after,
            state: ClockState::default(),
        };
        Clocks { clocks: pipeline.clocks.iter().map(clock).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.clocks.is_empty()
    }

    /// By what a tick at `time` would be judged.
    pub fn at(&self, time: Timestamp, kind: TickKind) -> Vec<Watermarks> {
        let of = |clock: &Clock| Watermarks {
            late: clock.state.judged,
            due: match kind {
                TickKind::Flush => Timestamp::MAX,
                TickKind::Data | TickKind::NoData => clock.state.at(clock, time),
            },
        };
        self.clocks.iter().map(of).collect()
    }

    /// A tick is planned, or one of the log runs again.
    pub fn planned(&mut self, plan: &TickPlan) {
        for (clock, watermarks) in self.clocks.iter_mut().zip(&plan.watermarks) {
            clock.state.watermark = clock.state.watermark.max(watermarks.due);
            clock.state.judged = watermarks.due;
        }
    }

    /// What the tasks of a tick saw, by clock.
    pub fn observe(&mut self, plan: &TickPlan, seen: Vec<Vec<Seen>>) {
        let time = plan.tick.time;
        for (clock, seen) in self.clocks.iter_mut().zip(seen) {
            let state = &mut clock.state;
            for (partition, latest) in seen.into_iter().flatten() {
                let new = Reached { latest, heard: time, moved: time };
                let reached = state.partitions.entry(partition).or_insert(new);
                reached.heard = time;
                if latest > reached.latest {
                    (reached.latest, reached.moved) = (latest, time);
                }
            }
            for (source, partition) in &plan.finished {
                if clock.source.is_some_and(|own| own == *source as usize)
                    && let Some(reached) = state.partitions.remove(partition)
                {
                    state.finished = state.finished.max(Some(reached.latest));
                }
            }
        }
    }

    /// By clock how it stands, for a restart.
    pub fn freeze(&self) -> Vec<ClockState> {
        self.clocks.iter().map(|clock| clock.state.clone()).collect()
    }

    /// Goes on with what a restart found.
    pub fn restore(&mut self, states: &BTreeMap<String, StateBytes>) -> Result<(), Error> {
        for clock in &mut self.clocks {
            let bytes = states.get(&clock.name).and_then(|state| state.groups.get(&0)?.last());
            let Some(bytes) = bytes else { continue };
            clock.state = postcard::from_bytes(bytes)
                .map_err(|why| Error::Config(format!("how far `{}` was can't be read: {why}", clock.name)))?;
        }
        Ok(())
    }

    /// The flush has been.
    pub fn is_at_end(&self) -> bool {
        self.clocks.iter().any(|clock| clock.state.judged == Timestamp::MAX)
    }

    /// As of a tick that is committed. (Who holds back is as of now: the next tick may have begun.)
    pub fn progress(&self, plan: &TickPlan) -> Vec<WatermarkProgress> {
        let time = plan.tick.time;
        let of = |(at, clock): (usize, &Clock)| {
            let state = &clock.state;
            let judged = plan.watermarks.get(at).copied().unwrap_or_default().due;
            WatermarkProgress {
                stream: clock.stream,
                watermark: (judged > Timestamp::MIN).then_some(judged),
                held_back: state.slowest(clock, time).map(|(partition, reached)| HeldBack {
                    partition,
                    latest: reached.latest,
                    since: time.since(reached.moved),
                }),
            }
        };
        self.clocks.iter().enumerate().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::secs;
    use crate::tick::Tick;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1000 * seconds)
    }

    /// Of one clock over the source 0, with a bound of 10 s.
    fn clocks(idle_after: Option<Duration>) -> Clocks {
        let clock = Clock {
            name: "s/event_time".into(),
            stream: "s",
            source: Some(0),
            bound: secs(10),
            idle_after,
            state: ClockState::default(),
        };
        Clocks { clocks: vec![clock] }
    }

    /// Of each tick the seconds that are seen, by partition; and the partitions that end.
    type Ticks<'t> = &'t [(&'t [(u32, i64)], &'t [u32])];

    /// Runs a tick a second, the first one at 1 s, and says by what each is judged, in seconds, and the one behind them.
    fn judged(clocks: &mut Clocks, ticks: Ticks<'_>) -> Vec<Option<i64>> {
        let seconds = |w: &Watermarks| (w.due > Timestamp::MIN).then(|| w.due.millis() / 1000);
        let mut all = Vec::new();
        for (number, (seen, finished)) in ticks.iter().enumerate() {
            let time = at(number as i64 + 1);
            let plan = TickPlan {
                tick: Tick { number: number as u64, time, epoch: 0 },
                watermarks: clocks.at(time, TickKind::Data),
                finished: finished.iter().map(|p| (0, *p)).collect(),
                ..TickPlan::default()
            };
            clocks.planned(&plan);
            all.push(seconds(&plan.watermarks[0]));
            let seen = seen.iter().map(|(partition, second)| (*partition, at(*second))).collect();
            clocks.observe(&plan, vec![vec![seen]]);
        }
        let behind = at(ticks.len() as i64 + 1);
        all.push(seconds(&clocks.at(behind, TickKind::Data)[0]));
        all
    }

    #[test]
    fn a_watermark_is_the_latest_time_without_the_bound_and_never_falls() {
        let ticks: Ticks<'_> = &[(&[], &[]), (&[(0, 5)], &[]), (&[(0, 25)], &[]), (&[(0, 12)], &[])];
        assert_eq!(judged(&mut clocks(None), ticks), [None, None, Some(0), Some(15), Some(15)]);
    }

    #[test]
    fn the_slowest_partition_holds_it_back_until_it_finishes() {
        let ticks: Ticks<'_> =
            &[(&[(0, 100), (1, 30)], &[]), (&[(0, 200)], &[]), (&[(1, 50)], &[1]), (&[], &[0])];
        assert_eq!(judged(&mut clocks(None), ticks), [None, Some(20), Some(20), Some(190), Some(190)]);
    }

    #[test]
    fn files_that_finish_one_after_the_other_bring_it_on() {
        let ticks: Ticks<'_> = &[(&[(0, 100)], &[0]), (&[(1, 130)], &[1]), (&[(2, 90)], &[2])];
        assert_eq!(judged(&mut clocks(None), ticks), [None, Some(90), Some(120), Some(120)]);
    }

    #[test]
    fn a_new_partition_starts_where_the_watermark_is() {
        let ticks: Ticks<'_> =
            &[(&[(0, 100)], &[]), (&[(0, 100), (1, 20)], &[]), (&[(0, 150), (1, 120)], &[])];
        assert_eq!(judged(&mut clocks(None), ticks), [None, Some(90), Some(90), Some(110)]);
    }

    #[test]
    fn an_idle_partition_holds_nothing_back_until_it_is_heard_again() {
        let ticks: Ticks<'_> = &[
            (&[(0, 100), (1, 30)], &[]),
            (&[(0, 200)], &[]),
            // Partition 1 was heard 2 s ago.
            (&[(0, 200)], &[]),
            (&[(0, 300), (1, 40)], &[]),
            (&[(1, 250)], &[]),
        ];
        let mut idle = clocks(Some(secs(2)));
        assert_eq!(judged(&mut idle, ticks), [None, Some(20), Some(190), Some(190), Some(190), Some(240)]);
        let tick = Tick { number: 5, time: at(6), epoch: 0 };
        let held = idle
            .progress(&TickPlan { tick, ..TickPlan::default() })
            .remove(0)
            .held_back
            .expect("partition 1 is slower");
        assert_eq!((held.partition, held.latest, held.since), (1, at(250), secs(1)));
    }
}
