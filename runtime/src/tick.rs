//! Ticks (micro-batches), their plans, and the types of the tick log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::event_time::Watermarks;

/// One micro-batch, as operators, sinks and `for_each_batch` see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// Counts from 0 over the life of a checkpoint.
    pub number: u64,
    /// The batch time: the nominal boundary, never a reading of the clock while the tick runs.
    pub time: Timestamp,
    /// Which start of the pipeline runs this tick; a newer start has a larger epoch.
    pub epoch: u64,
}

/// The records of one source partition from `start` up to, but not including, `end`.
///
/// The unit is the source's own: bytes of a file, records of a queue.
///
/// # Contract
/// - `start <= end`.
/// - Reading a range again gives the same records in the same order.
/// - A range may be cut at any point between `start` and `end`; the parts together hold every record once, in
///   order. (So for lines in bytes: a line belongs to the range in which it starts.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OffsetRange {
    pub partition: u32,
    pub start: u64,
    pub end: u64,
}

impl OffsetRange {
    pub fn len(&self) -> u64 {
        self.end - self.start
    }

    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

/// How far each partition of one source has been read: the offset of the next record.
pub type Positions = BTreeMap<u32, u64>;

/// A tick's plan as the tick log holds it, with the version of its format.
///
/// # Contract
/// - A version, once released, is never changed: its fields, their order and their types stand as they are, since
///   nothing in the bytes describes them. What is new (a watermark, idle partitions, versions of refreshed tables)
///   comes as `V2`, with a plan type of its own, and `V1` is still read.
/// - Variants keep their order: the first bytes are the version's index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TickRecord {
    V1(TickPlan),
}

impl From<TickPlan> for TickRecord {
    /// In the newest format.
    fn from(plan: TickPlan) -> Self {
        TickRecord::V1(plan)
    }
}

impl TickRecord {
    pub(crate) fn number(&self) -> u64 {
        let TickRecord::V1(plan) = self;
        plan.tick.number
    }

    /// As this version understands it.
    pub(crate) fn into_plan(self) -> TickPlan {
        let TickRecord::V1(plan) = self;
        plan
    }
}

/// All that decides what a tick does, fixed before it runs.
///
/// Re-running a logged tick gives the same output, bit for bit. The tick log holds it as a [`TickRecord`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickPlan {
    pub tick: Tick,
    pub kind: TickKind,
    /// For each source of the pipeline, in text order: how its ranges are cut into tasks.
    pub sources: Vec<SourcePlan>,
    /// For each `event_time` of the pipeline, in text order: by which watermarks the tick is judged.
    pub watermarks: Vec<Watermarks>,
    /// Source partitions, each behind its source's number, that end with what this tick reads of them.
    pub finished: Vec<(u32, u32)>,
    /// For each refreshed table of the pipeline: the version that the tick has.
    pub tables: Vec<TableVersion>,
}

/// A refreshed table, as a tick has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableVersion {
    /// The join that it is of.
    pub name: String,
    pub version: u64,
}

/// Why there is a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TickKind {
    /// A batch, perhaps an empty one.
    #[default]
    Data,
    /// Event time went on, and something is due: only what goes by event time runs, and what is behind it.
    NoData,
    /// All input has ended, and event time with it: as `NoData`, and everything is due.
    Flush,
}

/// One source's part of a tick.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcePlan {
    /// One entry a task; a task reads its ranges in order.
    pub tasks: Vec<Vec<OffsetRange>>,
}

impl SourcePlan {
    /// Cuts `ranges` into at most `parallelism` tasks of about equal length, none shorter than `grain` (but for
    /// a single one). Depends on its arguments alone, so a replay cuts in the same way.
    pub fn cut(ranges: &[OffsetRange], parallelism: usize, grain: u64) -> SourcePlan {
        // Offsets are the source's own and may be anything: a sum of them may need more than 64 bits.
        let total: u128 = ranges.iter().map(|r| u128::from(r.len())).sum();
        if total == 0 {
            return SourcePlan::default();
        }
        let wanted = (total / u128::from(grain.max(1))).clamp(1, parallelism.max(1) as u128);
        let mut tasks: Vec<Vec<OffsetRange>> = vec![Vec::new(); wanted as usize];
        let mut before = 0u128; // length of all that has been dealt out
        for range in ranges {
            let mut rest = *range;
            while !rest.is_empty() {
                let task = before_task(before, total, wanted);
                let task_end = share_end(task, total, wanted);
                let take = u64::try_from(task_end - before).map_or(rest.len(), |left| left.min(rest.len()));
                tasks[task as usize].push(OffsetRange { end: rest.start + take, ..rest });
                rest.start += take;
                before += u128::from(take);
            }
        }
        SourcePlan { tasks }
    }

    /// Its ranges, those that follow each other as one.
    pub(crate) fn joined(&self) -> Vec<OffsetRange> {
        let mut joined: Vec<OffsetRange> = Vec::new();
        for range in self.tasks.iter().flatten() {
            match joined.last_mut() {
                Some(last) if last.partition == range.partition && last.end == range.start => {
                    last.end = range.end;
                }
                _ => joined.push(*range),
            }
        }
        joined
    }

    /// Each range as a task, but for empty ones.
    pub fn each(ranges: &[OffsetRange]) -> SourcePlan {
        SourcePlan { tasks: ranges.iter().filter(|r| !r.is_empty()).map(|r| vec![*r]).collect() }
    }
}

/// The task in whose share of `0..total` the point `at` lies.
fn before_task(at: u128, total: u128, tasks: u128) -> u128 {
    let guess = at * tasks / total;
    if at >= share_end(guess, total, tasks) { guess + 1 } else { guess }
}

/// Where the share of a task ends. (There are fewer than 2^32 ranges and fewer than 2^32 tasks: it fits.)
fn share_end(task: u128, total: u128, tasks: u128) -> u128 {
    total * (task + 1) / tasks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range() -> impl Strategy<Value = OffsetRange> {
        (0u32..4, 0u64..1 << 40, 0u64..1 << 20).prop_map(|(partition, start, len)| OffsetRange {
            partition,
            start,
            end: start + len,
        })
    }

    fn plan() -> impl Strategy<Value = TickPlan> {
        use proptest::collection::vec;
        let source = vec(vec(range(), 0..3), 0..3).prop_map(|tasks| SourcePlan { tasks });
        (any::<u64>(), any::<i64>(), any::<u64>(), vec(source, 0..3)).prop_map(
            |(number, time, epoch, sources)| TickPlan {
                tick: Tick { number, time: Timestamp::from_millis(time), epoch },
                kind: if number % 2 == 0 { TickKind::Data } else { TickKind::Flush },
                sources,
                watermarks: vec![Watermarks::at(Timestamp::from_millis(time)); 2],
                finished: vec![(1, epoch as u32)],
                tables: vec![TableVersion { name: "orders/join_table".into(), version: epoch }],
            },
        )
    }

    #[test]
    fn the_bytes_of_version_1_stay_as_they_are() {
        let range = OffsetRange { partition: 1, start: 2, end: 300 };
        let plan = TickPlan {
            tick: Tick { number: 5, time: Timestamp::from_millis(-1), epoch: 7 },
            kind: TickKind::NoData,
            sources: vec![SourcePlan { tasks: vec![vec![range]] }, SourcePlan::default()],
            watermarks: vec![Watermarks::at(Timestamp::from_millis(4))],
            finished: vec![(2, 3)],
            tables: vec![TableVersion { name: "t".into(), version: 9 }],
        };
        let bytes = postcard::to_stdvec(&TickRecord::from(plan)).expect("it can be written");
        assert_eq!(bytes, [0, 5, 1, 7, 1, 2, 1, 1, 1, 2, 0xac, 2, 0, 1, 8, 8, 1, 2, 3, 1, 1, b't', 9]);
    }

    proptest! {
        #[test]
        fn a_record_of_the_log_is_read_as_it_was_written(plan in plan()) {
            let record = TickRecord::from(plan);
            let bytes = postcard::to_stdvec(&record).expect("it can be written");
            prop_assert_eq!(postcard::from_bytes::<TickRecord>(&bytes).expect("it can be read"), record);
        }

        #[test]
        fn a_cut_keeps_every_offset_once_and_in_order(
            lens in proptest::collection::vec(0u64..1000, 0..8),
            parallelism in 1usize..9,
            grain in 0u64..300,
        ) {
            let ranges: Vec<_> = lens.iter().enumerate()
                .map(|(i, len)| OffsetRange { partition: i as u32, start: 10, end: 10 + len })
                .collect();
            let plan = SourcePlan::cut(&ranges, parallelism, grain);
            prop_assert!(plan.tasks.len() <= parallelism);
            let offsets = |rs: &[OffsetRange]| -> Vec<(u32, u64)> {
                rs.iter().flat_map(|r| (r.start..r.end).map(|o| (r.partition, o))).collect()
            };
            let cut: Vec<_> = plan.tasks.iter().flat_map(|t| offsets(t)).collect();
            prop_assert_eq!(cut, offsets(&ranges));
            prop_assert!(plan.tasks.iter().all(|t| !t.is_empty() && t.iter().all(|r| !r.is_empty())));
        }

        #[test]
        fn a_cut_of_large_offsets_does_not_overflow(
            ends in proptest::collection::vec((any::<u64>(), any::<u64>()), 0..8),
            parallelism in 1usize..129,
            grain in prop_oneof![0u64..300, any::<u64>()],
        ) {
            let ranges: Vec<_> = ends.iter().enumerate()
                .map(|(i, (a, b))| OffsetRange { partition: i as u32, start: *a.min(b), end: *a.max(b) })
                .filter(|r| !r.is_empty())
                .collect();
            let plan = SourcePlan::cut(&ranges, parallelism, grain);
            prop_assert!(plan.tasks.len() <= parallelism);
            prop_assert_eq!(plan.joined(), ranges);
            let length = |t: &Vec<OffsetRange>| t.iter().map(|r| u128::from(r.len())).sum::<u128>();
            let lengths: Vec<u128> = plan.tasks.iter().map(length).collect();
            let (longest, shortest) = (lengths.iter().max(), lengths.iter().min());
            prop_assert!(longest.zip(shortest).is_none_or(|(a, b)| a - b <= 1));
        }
    }
}
