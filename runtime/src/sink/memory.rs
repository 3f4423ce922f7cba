//! `MemorySink`: what tests look into.

mod past;

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Write as _};
use std::sync::{Arc, MutexGuard};

use past::Keep;

use super::{Delivery, SameAs, Sink, SinkInfo, begins_anew, refuse_older};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::sync::Mutex;
use crate::tick::Tick;

/// Keeps the records of each committed tick in memory. Clones share what they hold: give one to the pipeline, and
/// ask the other.
///
/// A tick that runs again after a restart replaces its earlier self. Several outputs of one pipeline may go to
/// clones of one sink: their records join, tick by tick. Between runs of unrelated pipelines,
/// [`clear`](MemorySink::clear) it.
///
/// ```
/// use millstream::Tick;
/// use millstream::clock::Timestamp;
/// use millstream::sink::{MemorySink, Sink};
///
/// let out = MemorySink::<(String, u64)>::new();
/// let mut sink = out.clone();
/// let tick = Tick { number: 0, time: Timestamp::from_millis(1000), epoch: 1 };
/// sink.write(0, vec![("b".to_string(), 1), ("a".to_string(), 2)])?;
/// assert!(out.batches().is_empty());
/// sink.commit(&tick)?;
/// out.assert_batches([vec![("b", 1), ("a", 2)]]);
/// out.assert_batches_sorted([vec![("a", 2), ("b", 1)]]);
/// # Ok::<(), millstream::BoxError>(())
/// ```
pub struct MemorySink<T> {
    shared: Arc<Mutex<Shared<T>>>,
    /// Written, but not committed.
    pending: Vec<T>,
}

struct Shared<T> {
    /// By tick number.
    ticks: BTreeMap<u64, Held<T>>,
    epoch: u64,
    keep: Keep,
}

/// A committed tick.
struct Held<T> {
    /// The epoch that wrote it.
    epoch: u64,
    time: Timestamp,
    records: Vec<T>,
}

impl<T> MemorySink<T> {
    pub fn new() -> Self {
        MemorySink {
            shared: Arc::new(Mutex::new(Shared { ticks: BTreeMap::new(), epoch: 0, keep: Keep::default() })),
            pending: Vec::new(),
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared<T>> {
        // Only a record's `clone` or `Drop` can have panicked, which leaves all ticks whole.
        self.shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Forgets all ticks.
    pub fn clear(&self) {
        let mut shared = self.shared();
        shared.epoch = 0;
        let ticks = std::mem::take(&mut shared.ticks);
        drop(shared);
        drop(ticks);
    }
}

impl<T: Clone> MemorySink<T> {
    /// The records of each committed tick, in order. A tick without records is an empty batch.
    pub fn batches(&self) -> Vec<Vec<T>> {
        self.shared().ticks.values().map(|tick| tick.records.clone()).collect()
    }

    /// The records of all committed ticks, in order.
    pub fn records(&self) -> Vec<T> {
        self.shared().ticks.values().flat_map(|tick| &tick.records).cloned().collect()
    }
}

impl<T: Clone + Debug> MemorySink<T> {
    /// Asserts that the committed ticks hold these records, in this order.
    ///
    /// What is expected may be written with literals: `("a", 2)` for a `(String, u64)`; see [`SameAs`].
    ///
    /// # Panics
    /// If they don't; the message shows expected and got for each tick.
    #[track_caller]
    pub fn assert_batches<E: Debug>(&self, expected: impl IntoIterator<Item = impl IntoIterator<Item = E>>)
    where
        T: SameAs<E>,
    {
        self.compare(expected, |got, expected| {
            let same = got.len() == expected.len() && got.iter().zip(expected).all(|(g, e)| g.same_as(e));
            (!same).then(|| Difference { missing: Vec::new(), unexpected: Vec::new() })
        });
    }

    /// Asserts that the committed ticks hold these records; within a tick, order doesn't matter.
    ///
    /// For a pipeline with an exchange, whose order within a tick is by partition. Takes what
    /// [`assert_batches`](MemorySink::assert_batches) takes.
    ///
    /// # Panics
    /// If they don't; the message shows what is missing and what was not expected for each tick.
    #[track_caller]
    pub fn assert_batches_sorted<E: Debug>(
        &self,
        expected: impl IntoIterator<Item = impl IntoIterator<Item = E>>,
    ) where
        T: SameAs<E>,
    {
        self.compare(expected, unordered);
    }

    #[track_caller]
    fn compare<E: Debug>(
        &self,
        expected: impl IntoIterator<Item = impl IntoIterator<Item = E>>,
        differ: impl Fn(&[T], &[E]) -> Option<Difference>,
    ) {
        let expected: Vec<Vec<E>> = expected.into_iter().map(|batch| batch.into_iter().collect()).collect();
        let got = self.batches();
        let mut report = String::new();
        let mut different = false;
        for tick in 0..got.len().max(expected.len()) {
            let line = match (got.get(tick), expected.get(tick)) {
                (Some(g), Some(e)) => match differ(g, e) {
                    None => format!("  tick {tick}: as expected, {} records\n", g.len()),
                    Some(difference) => {
                        different = true;
                        format!("! tick {tick}: expected {e:?}\n          got      {g:?}\n{difference}")
                    }
                },
                (Some(g), None) => {
                    different = true;
                    format!("! tick {tick}: expected no such tick\n          got      {g:?}\n")
                }
                (None, e) => {
                    different = true;
                    format!(
                        "! tick {tick}: expected {:?}\n          got      no such tick\n",
                        e.expect("one has it")
                    )
                }
            };
            report.push_str(&line);
        }
        assert!(!different, "the sink holds other batches than expected\n{report}");
    }
}

/// Compares as multisets. Needs no order of the records, so that floats do too.
fn unordered<T: SameAs<E> + Debug, E: Debug>(got: &[T], expected: &[E]) -> Option<Difference> {
    let mut left: Vec<&E> = expected.iter().collect();
    let mut unexpected = Vec::new();
    for record in got {
        match left.iter().position(|e| record.same_as(e)) {
            Some(at) => {
                left.swap_remove(at);
            }
            None => unexpected.push(format!("{record:?}")),
        }
    }
    let missing: Vec<String> = left.iter().map(|e| format!("{e:?}")).collect();
    (!missing.is_empty() || !unexpected.is_empty()).then_some(Difference { missing, unexpected })
}

struct Difference {
    missing: Vec<String>,
    unexpected: Vec<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, records) in [("missing", &self.missing), ("not expected", &self.unexpected)] {
            if !records.is_empty() {
                let mut records = records.clone();
                records.sort();
                writeln!(f, "          {what}: {}", records.join(", "))?;
            }
        }
        Ok(())
    }
}

impl<T> Clone for MemorySink<T> {
    fn clone(&self) -> Self {
        MemorySink { shared: Arc::clone(&self.shared), pending: Vec::new() }
    }
}

impl<T> Default for MemorySink<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Debug> Debug for MemorySink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::from("MemorySink");
        for (tick, held) in &self.shared().ticks {
            write!(text, " tick {tick}: {:?}", held.records)?;
        }
        f.write_str(&text)
    }
}

impl<T: Send> Sink<T> for MemorySink<T> {
    fn info(&self) -> SinkInfo {
        SinkInfo { name: "memory", detail: String::new(), delivery: Delivery::ExactlyOnce }
    }

    fn open(&mut self, epoch: u64, last_tick: Option<u64>) -> Result<(), BoxError> {
        let mut shared = self.shared();
        if !begins_anew(epoch, last_tick) {
            refuse_older("this `MemorySink`", epoch, shared.epoch)?;
        }
        shared.epoch = epoch;
        Ok(())
    }

    fn begin(&mut self, _: &Tick) -> Result<(), BoxError> {
        self.pending.clear();
        Ok(())
    }

    fn write(&mut self, _: usize, batch: Vec<T>) -> Result<(), BoxError> {
        self.pending.extend(batch);
        Ok(())
    }

    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        let records = std::mem::take(&mut self.pending);
        let mut shared = self.shared();
        refuse_older("this `MemorySink`", tick.epoch, shared.epoch)?;
        let first = || Held { epoch: tick.epoch, time: tick.time, records: Vec::new() };
        let held = shared.ticks.entry(tick.number).or_insert_with(first);
        if held.epoch != tick.epoch {
            *held = first();
        }
        held.records.extend(records);
        shared.forget();
        Ok(())
    }

    fn abort(&mut self, _: &Tick) {
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{commit, tick};
    use super::*;

    fn words(batches: &[&[(&str, u64)]]) -> MemorySink<(String, u64)> {
        let out = MemorySink::new();
        let mut sink = out.clone();
        for (number, batch) in (0..).zip(batches) {
            commit(&mut sink, &tick(number), vec![batch.iter().map(|(w, n)| (w.to_string(), *n)).collect()]);
        }
        out
    }

    fn message(assertion: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let payload = std::panic::catch_unwind(assertion).expect_err("it is to fail");
        *payload.downcast::<String>().expect("a message")
    }

    #[test]
    fn a_tick_is_seen_once_it_is_committed_and_not_when_it_is_aborted() {
        let out = MemorySink::new();
        let mut sink = out.clone();
        sink.begin(&tick(0)).expect("fine");
        sink.write(0, vec![1]).expect("fine");
        assert!(out.records().is_empty());
        sink.abort(&tick(0));
        commit(&mut sink, &tick(0), vec![vec![2], vec![3]]);
        commit(&mut sink, &tick(1), vec![]);
        assert_eq!(out.batches(), [vec![2, 3], vec![]]);
        assert_eq!(out.records(), [2, 3]);
        out.clear();
        assert!(out.batches().is_empty());
    }

    #[test]
    fn a_tick_that_runs_again_replaces_itself_and_an_older_epoch_is_refused() {
        let out = words(&[&[("a", 1)], &[("b", 1)]]);
        let mut again = out.clone();
        again.open(8, Some(0)).expect("it is newer");
        commit(&mut again, &Tick { epoch: 8, ..tick(1) }, vec![vec![("b".to_string(), 2)]]);
        out.assert_batches([vec![("a", 1)], vec![("b", 2)]]);
        let refused = out.clone().commit(&tick(2)).expect_err("it is older").to_string();
        assert!(refused.contains("a newer start of the pipeline (epoch 8)"), "{refused}");
        assert!(out.clone().open(7, Some(1)).is_err());
    }

    #[test]
    fn two_outputs_into_one_sink_join() {
        let out = words(&[&[("a", 1)]]);
        commit(&mut out.clone(), &tick(0), vec![vec![("b".to_string(), 2)]]);
        out.assert_batches([[("a", 1), ("b", 2)]]);
    }

    #[test]
    fn order_within_a_tick_matters_unless_it_is_sorted() {
        let out = words(&[&[("b", 1), ("a", 2), ("a", 2)], &[]]);
        out.assert_batches_sorted([vec![("a", 2), ("a", 2), ("b", 1)], vec![]]);
        out.assert_batches([vec![("b", 1), ("a", 2), ("a", 2)], vec![]]);
        let unordered = message(|| out.assert_batches([vec![("a", 2), ("a", 2), ("b", 1)], vec![]]));
        assert!(unordered.contains("! tick 0: expected [(\"a\", 2), "), "{unordered}");
    }

    #[test]
    fn a_failing_assertion_shows_expected_and_got_for_each_tick() {
        let out = words(&[&[("a", 1)], &[("b", 1), ("c", 3)], &[("d", 1)]]);
        let message = message(|| out.assert_batches_sorted([vec![("a", 1)], vec![("c", 3), ("b", 2)]]));
        assert_eq!(
            message,
            "the sink holds other batches than expected\n  \
             tick 0: as expected, 1 records\n\
             ! tick 1: expected [(\"c\", 3), (\"b\", 2)]\n          \
             got      [(\"b\", 1), (\"c\", 3)]\n          \
             missing: (\"b\", 2)\n          \
             not expected: (\"b\", 1)\n\
             ! tick 2: expected no such tick\n          \
             got      [(\"d\", 1)]\n"
        );
    }

    #[test]
    fn floats_and_records_of_ones_own_can_be_asserted() {
        #[derive(Clone, Debug, PartialEq)]
        struct Click(u8);
        impl SameAs for Click {
            fn same_as(&self, expected: &Self) -> bool {
                self == expected
            }
        }
        let out = MemorySink::new();
        commit(&mut out.clone(), &tick(0), vec![vec![(Click(1), 0.5), (Click(2), 1.5)]]);
        out.assert_batches_sorted([[(Click(2), 1.5), (Click(1), 0.5)]]);
    }
}
