//! Whether a sink keeps to its contract.

use std::fmt::Debug;

use super::contract::Promise;
use crate::clock::{Timestamp, secs};
use crate::sink::{Delivery, Sink};
use crate::tick::Tick;

/// Holds a sink to what the engine relies on.
///
/// `make` makes the sink anew, over the same place, as each start of a program does; the place is empty at first. `visible`
/// gives the records that a reader of the place sees at that moment, in any order. `record` makes the `n`th record, each
/// another one.
///
/// | promise | what is tried |
/// |---|---|
/// | a tick is visible whole or not at all | looking behind each step of a tick, in several partitions and writes; a tick without records |
/// | an abort leaves nothing | `abort` behind some writes |
/// | a crash leaves nothing | a sink that is dropped behind each step of a tick, and made anew |
/// | a tick that runs again is there once | the last tick again, in another number of partitions, after a crash before the commit and behind it |
/// | ticks go on | what was committed before a restart stays |
/// | an older start is refused | a sink of an older epoch, which can make nothing visible |
///
/// The last two but one are asked of sinks that promise [`Delivery::ExactlyOnce`]; of another one records may be there twice, but
/// none may be missing.
///
/// What it can't see: a crash *within* `commit`. For that a sink needs tests of its own, which cut it off at each of its steps.
///
/// ```
/// use millstream::sink::MemorySink;
/// use millstream::testing::sink_contract;
///
/// let out = MemorySink::new();
/// sink_contract(|| out.clone(), || out.records(), |n| n);
/// ```
///
/// # Panics
/// If a promise is broken: the message says which, what was found, what it leads to, and what to do.
#[track_caller]
pub fn sink_contract<S, T>(make: impl Fn() -> S, visible: impl Fn() -> Vec<T>, record: impl Fn(u64) -> T)
where
    S: Sink<T>,
    T: Clone + Debug + PartialEq,
{
    let info = make().info();
    let who = info.to_string();
    let once = info.delivery == Delivery::ExactlyOnce;
    let mut contract =
        Contract { who, once, make, visible, record, expected: Vec::new(), epoch: 0, last: None };
    contract.is_empty();
    contract.whole();
    contract.aborts();
    contract.crashes();
    contract.runs_again();
    contract.refuses();
}

const FAILS: Promise = Promise {
    broken: "the sink fails though nothing is wrong",
    so: "the pipeline stops",
    instead: "see its error",
};

const EMPTY: Promise = Promise {
    broken: "something is visible before the first tick",
    so: "the check can't tell what the sink writes",
    instead: "give `make` and `visible` a place of their own in each test",
};

const WHOLE: Promise = Promise {
    broken: "a tick is not visible as a whole at its commit",
    so: "who reads sees a part of a tick, takes it for all, and computes with it; a crash leaves it so",
    instead: "write aside, and let `commit` make all of it visible in one step: a rename, a transaction, a manifest that is \
              written last",
};

const ABORT: Promise = Promise {
    broken: "an aborted tick leaves something",
    so: "records of a tick that never was are read",
    instead: "let `abort` take back what was written since `begin`, or never read it",
};

const CRASH: Promise = Promise {
    broken: "a crash leaves something that is visible, or loses what was committed",
    so: "records of the tick count twice once it runs again, or are gone",
    instead: "let `open` remove what a dead process had begun, and nothing that was committed",
};

const AGAIN: Promise = Promise {
    broken: "a tick that runs again is not there once",
    so: "each restart behind a commit counts its records twice, or loses them",
    instead: "keep the tick's number with what is written, and replace the tick as a whole, or skip it; not partition by \
              partition, since another start may have another number of them. A sink that can't says \
              `Delivery::AtLeastOnce`",
};

const OLDER: Promise = Promise {
    broken: "an older start can still write",
    so: "a process that was thought dead wakes up and writes over its successor's results",
    instead: "keep the epoch of `open` with what is written; refuse an older one in `open`, or at the latest in `commit`, \
              with an error",
};

/// One place, and what has become of it.
struct Contract<M, V, R, T> {
    who: String,
    /// It promises `ExactlyOnce`.
    once: bool,
    make: M,
    visible: V,
    record: R,
    /// What is committed.
    expected: Vec<T>,
    /// Of the last start.
    epoch: u64,
    /// The last tick that was committed.
    last: Option<u64>,
}

/// Behind which step of a tick a sink dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Begin,
    FirstWrite,
    AllWrites,
}

impl<S, T, M, V, R> Contract<M, V, R, T>
where
    S: Sink<T>,
    T: Clone + Debug + PartialEq,
    M: Fn() -> S,
    V: Fn() -> Vec<T>,
    R: Fn(u64) -> T,
{
    /// A new start of the pipeline.
    #[track_caller]
    fn start(&mut self) -> S {
        self.epoch += 1;
        let mut sink = (self.make)();
        self.fine("open", sink.open(self.epoch, self.last));
        sink
    }

    fn tick(&self, number: u64) -> Tick {
        Tick { number, time: Timestamp::default().plus(secs(number + 1)), epoch: self.epoch }
    }

    fn next_number(&self) -> u64 {
        self.last.map_or(0, |last| last + 1)
    }

    /// Seven records of a tick.
    fn records(&self, number: u64) -> Vec<T> {
        (number * 7..number * 7 + 7).map(&self.record).collect()
    }

    #[track_caller]
    fn fine(&self, step: &str, result: Result<(), crate::BoxError>) {
        if let Err(error) = result {
            FAILS.is_broken(&self.who, format!("`{step}`: {error}"));
        }
    }

    /// Writes the records as two writes a partition.
    #[track_caller]
    fn write(&self, sink: &mut S, records: &[T], partitions: usize, till: Step) {
        let share = records.len().div_ceil(partitions).max(1);
        for (partition, records) in records.chunks(share).enumerate() {
            let (first, second) = records.split_at(records.len() / 2);
            for part in [first, second] {
                self.fine("write", sink.write(partition, part.to_vec()));
                if till == Step::FirstWrite && !part.is_empty() {
                    return;
                }
            }
        }
    }

    /// A whole tick.
    #[track_caller]
    fn run(&mut self, sink: &mut S, number: u64, partitions: usize) {
        let (tick, records) = (self.tick(number), self.records(number));
        self.fine("begin", sink.begin(&tick));
        self.write(sink, &records, partitions, Step::AllWrites);
        self.fine("commit", sink.commit(&tick));
        // One that runs again is there already.
        if !self.expected.contains(&records[0]) {
            self.expected.extend(records);
        }
        self.last = Some(number);
    }

    #[track_caller]
    fn sees(&self, promise: &Promise, when: &str) {
        let visible = (self.visible)();
        if self.once {
            promise.same_in_any_order(&self.who, &self.expected, &visible, when);
        } else {
            let lost: Vec<&T> = self.expected.iter().filter(|record| !visible.contains(record)).collect();
            promise.holds(&self.who, lost.is_empty(), || format!("{when}: {lost:?} are not there"));
        }
    }

    #[track_caller]
    fn is_empty(&self) {
        let visible = (self.visible)();
        EMPTY.holds(&self.who, visible.is_empty(), || format!("{visible:?}"));
    }

    #[track_caller]
    fn whole(&mut self) {
        let mut sink = self.start();
        let tick = self.tick(0);
        self.fine("begin", sink.begin(&tick));
        self.sees(&WHOLE, "behind `begin`");
        let records = self.records(0);
        self.write(&mut sink, &records, 3, Step::FirstWrite);
        self.sees(&WHOLE, "behind the first `write`");
        self.write(&mut sink, &records[2..], 2, Step::AllWrites);
        let early: Vec<T> = (self.visible)();
        WHOLE.holds(&self.who, !self.once || early.is_empty(), || {
            format!("behind all `write`s: {early:?} before the commit")
        });
        sink.abort(&tick);
        self.sees(&ABORT, "behind `abort`");
        self.run(&mut sink, 0, 3);
        self.sees(&WHOLE, "behind `commit`");
        let empty = self.tick(1);
        self.fine("begin", sink.begin(&empty));
        self.fine("commit", sink.commit(&empty));
        self.last = Some(1);
        self.sees(&WHOLE, "behind a tick without records");
        self.run(&mut sink, 2, 1);
        self.sees(&WHOLE, "behind a third tick");
    }

    #[track_caller]
    fn aborts(&mut self) {
        for step in [Step::Begin, Step::FirstWrite, Step::AllWrites] {
            let mut sink = self.start();
            let number = self.next_number();
            let tick = self.begin_and_write(&mut sink, number, step);
            sink.abort(&tick);
            self.sees(&ABORT, &format!("behind an `abort` after {step:?}"));
            drop(sink);
            self.sees(&ABORT, &format!("behind the end of a sink whose tick was aborted after {step:?}"));
        }
    }

    #[track_caller]
    fn crashes(&mut self) {
        for step in [Step::Begin, Step::FirstWrite, Step::AllWrites] {
            let number = self.next_number();
            let mut sink = self.start();
            self.begin_and_write(&mut sink, number, step);
            drop(sink);
            self.sees(&CRASH, &format!("behind a crash after {step:?}"));
            let mut sink = self.start();
            self.sees(&CRASH, &format!("at the next start behind a crash after {step:?}"));
            // Another number of partitions than the one that died.
            self.run(&mut sink, number, 2);
            self.sees(&CRASH, &format!("when the tick has run again behind a crash after {step:?}"));
        }
    }

    /// The process died between the sink's commit and the engine's knowing of it.
    #[track_caller]
    fn runs_again(&mut self) {
        for partitions in [1, 2, 7] {
            let number = self.next_number();
            let mut sink = self.start();
            self.run(&mut sink, number, 3);
            drop(sink);
            self.last = number.checked_sub(1);
            let mut sink = self.start();
            self.sees(&AGAIN, "at a start that does not know of the last commit");
            let tick = self.begin_and_write(&mut sink, number, Step::FirstWrite);
            sink.abort(&tick);
            drop(sink);
            self.sees(&AGAIN, "when the tick runs again and is aborted");
            let mut sink = self.start();
            self.run(&mut sink, number, partitions);
            self.sees(&AGAIN, &format!("when the tick has run again in {partitions} partitions"));
            let next = self.next_number();
            self.run(&mut sink, next, partitions);
            self.sees(&AGAIN, "behind the tick after the one that ran again");
        }
    }

    #[track_caller]
    fn refuses(&mut self) {
        if !self.once {
            return;
        }
        let old = self.epoch;
        let (number, mut newer) = (self.next_number(), self.start());
        self.run(&mut newer, number, 1);
        drop(newer);
        let mut sink = (self.make)();
        let tick = Tick { epoch: old, ..self.tick(number + 1) };
        let written = sink.open(old, self.last).and_then(|()| {
            sink.begin(&tick)?;
            sink.write(0, self.records(number + 1))?;
            sink.commit(&tick)
        });
        OLDER.holds(&self.who, written.is_err(), || {
            format!("a start of epoch {old} commits a tick behind one of epoch {}", self.epoch)
        });
        self.sees(&OLDER, "behind the older start");
        drop(sink);
        let mut newest = self.start();
        let number = self.next_number();
        self.run(&mut newest, number, 2);
        self.sees(&OLDER, "behind a newer start that followed the older one");
    }

    #[track_caller]
    fn begin_and_write(&self, sink: &mut S, number: u64, step: Step) -> Tick {
        let tick = self.tick(number);
        self.fine("begin", sink.begin(&tick));
        if step > Step::Begin {
            self.write(sink, &self.records(number), 3, step);
        }
        tick
    }
}
