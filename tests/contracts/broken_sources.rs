//! Sources that break one promise each, and what they are told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use millstream::BoxError;
use millstream::batch::Rows;
use millstream::prelude::*;
use millstream::source::{Offer, Reader, Source, SourceContext, SourceInfo};
use millstream::testing::SourceContract;
use millstream::tick::{OffsetRange, Positions};

/// What is wrong with a source of the numbers 0 to 29.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Nothing,
    DoesNotOpen,
    LosesTheLast,
    GivesOneTwice,
    IgnoresTheLimit,
    EmptyRanges,
    RunsBack,
    GoesOnBehindTheEnd,
    GoesOnBehindAFinishedPartition,
    NeverWakes,
    Waits,
    ReadsOnlyOnce,
    CountsReads,
    MindsTheTask,
    ForgetsWhatIsReleasedAndMore,
    IgnoresSeek,
    SeeksOnlyOnce,
    AnotherBehindARestart,
    SkipsBehindARestart,
    HidesItsJournal,
    NoLog,
    AnotherLog,
    GoesOnBehindClose,
    FailsToRead,
}

struct Numbers(Fault);

const ALL: u64 = 30;

impl Source for Numbers {
    type Batch = Rows<u64>;

    fn info(&self) -> SourceInfo {
        SourceInfo { name: "numbers", detail: String::new(), replayable: !self.is_logged() }
    }

    fn can_be_logged(&self) -> bool {
        self.is_logged()
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = Rows<u64>>>, BoxError> {
        if self.0 == Fault::DoesNotOpen {
            return Err("the door is locked".into());
        }
        if self.0 == Fault::GoesOnBehindClose {
            cx.runtime.spawn(std::future::pending::<()>());
        }
        Ok(Arc::new(NumbersReader { fault: self.0, state: Mutex::default(), reads: AtomicU64::new(0) }))
    }
}

impl Numbers {
    fn is_logged(&self) -> bool {
        matches!(self.0, Fault::NoLog | Fault::AnotherLog)
    }
}

#[derive(Default)]
struct State {
    next: u64,
    sought: bool,
    released: u64,
    /// A journal was recalled, or written.
    known: bool,
    ended: bool,
}

struct NumbersReader {
    fault: Fault,
    state: Mutex<State>,
    reads: AtomicU64,
}

impl Reader for NumbersReader {
    type Batch = Rows<u64>;

    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        let mut state = self.state.lock().expect("nothing panics");
        if self.fault == Fault::Waits && state.next > 0 {
            loop {
                std::thread::park();
            }
        }
        state.known = true;
        let limit = if self.fault == Fault::IgnoresTheLimit { u64::MAX } else { limit.max(1) };
        let end = state.next.saturating_add(limit).min(ALL);
        let mut range = OffsetRange { partition: 0, start: state.next, end };
        if self.fault == Fault::RunsBack && range.start > 3 {
            range.start -= 1;
        }
        state.next = end;
        let mut ranges = vec![range];
        if range.is_empty() && self.fault != Fault::EmptyRanges {
            ranges.clear();
        }
        let never_ends = self.fault == Fault::NeverWakes;
        if state.ended && self.fault == Fault::GoesOnBehindTheEnd {
            ranges.push(OffsetRange { partition: 0, start: ALL, end: ALL + 1 });
        }
        state.ended = end == ALL && !never_ends;
        if never_ends && end == ALL {
            // The last one does not come.
            ranges.retain_mut(|range| {
                range.end = range.end.min(ALL - 1);
                range.start < range.end
            });
        }
        Ok(Offer { ranges, caught_up: end == ALL, ended: state.ended, waiting: false })
    }

    fn finished(&self) -> Vec<u32> {
        let finishes = self.fault == Fault::GoesOnBehindAFinishedPartition;
        if finishes { vec![0] } else { Vec::new() }
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Rows<u64>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let reads = self.reads.fetch_add(1, Ordering::Relaxed);
        let state = self.state.lock().expect("nothing panics");
        let mut numbers: Vec<u64> = (range.start..range.end).collect();
        match self.fault {
            Fault::LosesTheLast => numbers.retain(|n| *n != ALL - 1),
            Fault::GivesOneTwice if range.start == 0 => numbers.push(0),
            Fault::ReadsOnlyOnce if range.end < state.next => numbers.clear(),
            Fault::CountsReads if reads > 3 => numbers.iter_mut().for_each(|n| *n += 1),
            // A record that a cut goes through is in both parts.
            Fault::MindsTheTask if !range.start.is_multiple_of(10) => numbers.insert(0, range.start - 1),
            Fault::ForgetsWhatIsReleasedAndMore if range.start <= state.released && state.released > 0 => {
                numbers.clear();
            }
            Fault::HidesItsJournal if !state.known => return Err("no file is known".into()),
            Fault::FailsToRead if range.start > 9 => return Err("it is too dark".into()),
            Fault::AnotherLog | Fault::AnotherBehindARestart if state.sought => {
                numbers.iter_mut().for_each(|n| *n += 1)
            }
            _ => {}
        }
        drop(state);
        visit(&mut Rows::new(numbers))
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        let mut state = self.state.lock().expect("nothing panics");
        let ignored =
            self.fault == Fault::IgnoresSeek || (self.fault == Fault::SeeksOnlyOnce && state.sought);
        state.sought = true;
        if !ignored {
            state.next = positions.get(&0).copied().unwrap_or(0);
            if self.fault == Fault::SkipsBehindARestart && state.next > 0 {
                state.next += 1;
            }
        }
        Ok(())
    }

    fn release(&self, positions: &Positions) {
        self.state.lock().expect("nothing panics").released = positions.get(&0).copied().unwrap_or(0);
    }

    fn write_ahead(&self, range: OffsetRange) -> Result<Option<Vec<u8>>, BoxError> {
        Ok((self.fault == Fault::AnotherLog).then(|| vec![range.start as u8, range.end as u8]))
    }

    fn read_back(&self, _: OffsetRange, _: Vec<u8>) -> Result<(), BoxError> {
        Ok(())
    }
}

/// What a test of it says.
fn told(fault: Fault) -> Option<String> {
    let check = move || {
        let contract = SourceContract::new(move || Numbers(fault), |n| n, 0..ALL);
        contract.patience(millis(100)).check();
    };
    // In a thread of its own, so that what it says on stderr is captured with it.
    let panic = std::thread::spawn(check).join().err()?;
    Some(*panic.downcast::<String>().expect("it is told in words"))
}

/// Whether a broken source is caught, for what it is.
fn caught(fault: Fault, broken: &str, instead: &str) -> Result<(), String> {
    let told = told(fault).ok_or_else(|| format!("{fault:?} is not caught"))?;
    let right = told.starts_with(&format!("numbers(): {broken}")) && told.contains("  do:    ");
    if right && told.contains(instead) { Ok(()) } else { Err(format!("{fault:?}: {told}")) }
}

#[test]
fn a_source_that_keeps_all_promises_is_told_nothing() {
    assert_eq!(told(Fault::Nothing), None);
}

#[test]
fn each_broken_promise_is_told_with_what_to_do() {
    let whole = "reading to the end does not give each record once";
    let same = "a range is not the same when it is read again";
    let order = "offsets don't go on";
    let restart = "a restart does not go on where it was";
    let log = "the log does not give back what was read";
    let end = "there is something behind the end";
    let faults = [
        (Fault::DoesNotOpen, "the source can't be opened\n  found: the door is locked", "see its error"),
        (Fault::FailsToRead, "the source fails though its input is there", "it is too dark"),
        (Fault::LosesTheLast, whole, "missing [29]"),
        (Fault::GivesOneTwice, whole, "31 records of an input of 30"),
        (Fault::IgnoresTheLimit, "an offer is larger than its limit", "asked for 10 units, it offers 30"),
        (Fault::EmptyRanges, order, "leave empty ones out"),
        (Fault::RunsBack, order, "begin each offer of a partition where its last one ended"),
        (Fault::GoesOnBehindTheEnd, end, "set `ended` only where nothing will ever follow"),
        (Fault::GoesOnBehindAFinishedPartition, end, "partition 0 goes on"),
        (Fault::NeverWakes, "the source does not give its input", "has not called the waker for 100ms"),
        (Fault::Waits, "a call that must not wait does not return", "`available` has not returned for 100ms"),
        (Fault::ReadsOnlyOnce, same, "depend on nothing but the range"),
        (Fault::CountsReads, same, "depend on nothing but the range"),
        (
            Fault::MindsTheTask,
            "a range that is cut gives other records than the whole",
            "let a record belong to the range in which its first unit of offset lies",
        ),
        (Fault::ForgetsWhatIsReleasedAndMore, same, "behind a `release` of what is before"),
        (Fault::IgnoresSeek, order, "at first where `seek` said"),
        (Fault::SeeksOnlyOnce, order, "at first where `seek` said"),
        (Fault::AnotherBehindARestart, restart, "let `seek` set where the next offer begins"),
        (Fault::SkipsBehindARestart, restart, "the rest of partition 0"),
        (Fault::HidesItsJournal, "the source fails", "no file is known"),
        (Fault::NoLog, log, "gives nothing to keep"),
        (Fault::AnotherLog, log, "let `write_ahead` give the records of the range as bytes"),
        (Fault::GoesOnBehindClose, "tasks of the source go on behind `close`", "abort the tasks"),
    ];
    let wrong: Vec<String> = faults
        .into_iter()
        .filter_map(|(fault, broken, instead)| caught(fault, broken, instead).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_check_without_records_is_refused() {
    let check = || SourceContract::new(|| from_iter([1]), |n| n, [1]).check();
    let told =
        *std::thread::spawn(check).join().expect_err("it is refused").downcast::<String>().expect("words");
    assert!(told.contains("there is nothing to check") && told.contains("a few dozen records"), "{told}");
}
