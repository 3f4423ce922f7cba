//! The promises, one function each.

use std::fmt::Debug;

use super::super::contract::Promise;
use super::SourceContract;
use super::driver::{self, ByPartition, Opened, Taken};
use crate::batch::Batch;
use crate::source::Source;
use crate::tick::{OffsetRange, Positions};

const WHOLE: Promise = Promise {
    broken: "reading to the end does not give each record once",
    so: "results are wrong however the pipeline runs",
    instead: "offer every offset once, and read with a range all records that begin in it and no others",
};

const SAME: Promise = Promise {
    broken: "a range is not the same when it is read again",
    so: "a tick that runs again after a crash gives something else than what is known of it: records count twice, or never",
    instead: "let `read` depend on nothing but the range: not on what was read before, on the clock, or on the task; or say \
              `replayable: false`",
};

const PIECES: Promise = Promise {
    broken: "a range that is cut gives other records than the whole",
    so: "the engine cuts ranges into tasks anywhere: with another number of partitions records are missing, or there twice",
    instead: "let a record belong to the range in which its first unit of offset lies; or offer ranges that may not be cut, and \
              say so with `a_task_a_range`",
};

const RESTART: Promise = Promise {
    broken: "a restart does not go on where it was",
    so: "behind a crash records are missing, or there twice",
    instead: "let `seek` set where the next offer begins, also when it is called twice; what `read` needs beside a range (which \
              file the offsets lie in, say) give out in `journal` and `memory`, and take it up in `recall`",
};

const LOG: Promise = Promise {
    broken: "the log does not give back what was read",
    so: "behind a crash the records are lost, though the source says that they can be logged",
    instead: "let `write_ahead` give the records of the range as bytes, and `read` those of `read_back` as it read them before",
};

const EMPTY: Promise = Promise {
    broken: "there is nothing to check",
    so: "every promise would hold",
    instead: "give a few dozen records, so that there are several ticks",
};

/// Enough to tell one place from another.
const MOST: usize = 24;

#[track_caller]
pub(super) fn check<M, O, S, T>(contract: &SourceContract<M, O, T>)
where
    S: Source,
    M: Fn() -> S,
    O: Fn(<S::Batch as Batch>::Item<'_>) -> T + Sync,
    T: Clone + Debug + PartialEq + Send,
{
    let source = (contract.make)();
    let (who, info, logged) = (source.info().to_string(), source.info(), source.can_be_logged());
    drop(source);
    EMPTY.holds(&who, contract.records.len() >= 2, || format!("{} records", contract.records.len()));

    let (whole, _) = contract.to_the_end(u64::MAX);
    let units: u64 = whole.iter().flat_map(|tick| &tick.ranges).map(OffsetRange::len).sum();
    let (third, opened) = contract.to_the_end((units / 3).max(1));
    if info.replayable {
        contract.reads_again(&opened, &third);
        contract.pieces(&opened, &third);
        contract.side_by_side(&opened, &third);
        contract.releases(&opened, &third);
        contract.restarts(&third);
    }
    opened.close();
    let (small, opened) = contract.to_the_end(1);
    opened.close();
    if info.replayable {
        contract.restarts(&small);
    } else if logged {
        contract.restarts_from_log(&third);
    } else {
        contract.counts_on(&third);
    }
    contract.closes();
}

impl<M, O, S, T> SourceContract<M, O, T>
where
    S: Source,
    M: Fn() -> S,
    O: Fn(<S::Batch as Batch>::Item<'_>) -> T + Sync,
    T: Clone + Debug + PartialEq + Send,
{
    fn open(&self) -> Opened<S::Batch> {
        Opened::new((self.make)(), self.patience)
    }

    /// All ticks there are, in ticks of `limit`.
    #[track_caller]
    fn to_the_end(&self, limit: u64) -> (Vec<Taken<T>>, Opened<S::Batch>) {
        let mut opened = self.open();
        let ticks = self.rest(&mut opened, limit, 0);
        let read: Vec<T> = ticks.iter().flat_map(Taken::all).collect();
        WHOLE.same_in_any_order(&opened.who, &self.records, &read, &format!("in ticks of {}", units(limit)));
        (ticks, opened)
    }

    /// The ticks that are left when `before` records have been read.
    #[track_caller]
    fn rest(&self, opened: &mut Opened<S::Batch>, limit: u64, before: usize) -> Vec<Taken<T>> {
        let (mut ticks, mut read) = (Vec::new(), before);
        while let Some(tick) = opened.next(limit, self.shortest_piece, read >= self.records.len(), &self.own)
        {
            read += tick.records.iter().map(Vec::len).sum::<usize>();
            ticks.push(tick);
            WHOLE.holds(&opened.who, read <= self.records.len(), || {
                format!("{read} records of an input of {}", self.records.len())
            });
        }
        ticks
    }

    #[track_caller]
    fn reads_again(&self, opened: &Opened<S::Batch>, ticks: &[Taken<T>]) {
        for (range, records) in ranges(ticks).rev() {
            let again = opened.read(*range, &self.own);
            SAME.same(&opened.who, records, &again, &format!("{range:?} read again"));
        }
    }

    #[track_caller]
    fn pieces(&self, opened: &Opened<S::Batch>, ticks: &[Taken<T>]) {
        if opened.reader.a_task_a_range() {
            return;
        }
        for (range, records) in ranges(ticks) {
            let step = (range.len() / MOST as u64).max(1);
            for cut in (range.start + 1..range.end).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
                let mut both = opened.read(OffsetRange { end: cut, ..*range }, &self.own);
                both.extend(opened.read(OffsetRange { start: cut, ..*range }, &self.own));
                PIECES.same(&opened.who, records, &both, &format!("{range:?} cut at {cut}"));
            }
        }
    }

    #[track_caller]
    fn side_by_side(&self, opened: &Opened<S::Batch>, ticks: &[Taken<T>]) {
        let (who, reader, own) = (opened.who.as_str(), &*opened.reader, &self.own);
        let ranges: Vec<_> = ranges(ticks).collect();
        let read: Vec<Vec<T>> = std::thread::scope(|scope| {
            let threads = ranges.iter().map(|(range, _)| **range);
            let threads: Vec<_> =
                threads.map(|range| scope.spawn(move || driver::read(who, reader, range, own))).collect();
            let joined = threads.into_iter().map(|thread| thread.join());
            joined.map(|read| read.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        for ((range, records), again) in ranges.into_iter().zip(read) {
            SAME.same(&opened.who, records, &again, &format!("{range:?} read beside others"));
        }
    }

    #[track_caller]
    fn releases(&self, opened: &Opened<S::Batch>, ticks: &[Taken<T>]) {
        let half = ticks.len() / 2;
        let Some(last) = half.checked_sub(1).map(|last| &ticks[last]) else { return };
        opened.reader.release(&last.positions);
        for (range, records) in ranges(&ticks[half..]) {
            let again = opened.read(*range, &self.own);
            SAME.same(
                &opened.who,
                records,
                &again,
                &format!("{range:?} behind a `release` of what is before"),
            );
        }
    }

    /// From each of some ticks: a checkpoint behind the tick before, the tick in the log, and then what comes.
    #[track_caller]
    fn restarts(&self, ticks: &[Taken<T>]) {
        for crashed in some(ticks.len()) {
            let mut opened = self.open();
            let checkpoint = crashed.checked_sub(1).map(|before| &ticks[before]);
            let logged = &ticks[crashed];
            let when = format!("started again behind tick {crashed}, logged as {:?}", logged.ranges);
            let notes: Vec<&[u8]> = match checkpoint {
                Some(before) => vec![&before.memory, &logged.journal],
                None => vec![&logged.journal],
            };
            for note in notes {
                if let Err(error) = opened.reader.recall(note) {
                    RESTART.is_broken(&opened.who, format!("{when}: `recall` fails: {error}"));
                }
            }
            opened.seek(&checkpoint.map_or_else(Positions::new, |before| before.positions.clone()));
            opened.seek(&logged.positions);
            for (range, records) in logged.ranges.iter().zip(&logged.records) {
                let again = opened.read(*range, &self.own);
                RESTART.same(&opened.who, records, &again, &format!("{when}: {range:?} of the log"));
            }
            let read: usize = ticks[..=crashed].iter().flat_map(|tick| &tick.records).map(Vec::len).sum();
            let rest = by_partition(&self.rest(&mut opened, 3.max(self.shortest_piece), read));
            let expected = by_partition(&ticks[crashed + 1..]);
            for partition in expected.keys().chain(rest.keys()) {
                let of = |all: &ByPartition<T>| all.get(partition).cloned().unwrap_or_default();
                let when = format!("{when}: the rest of partition {partition}");
                RESTART.same(&opened.who, &of(&expected), &of(&rest), &when);
            }
            opened.close();
        }
    }

    #[track_caller]
    fn restarts_from_log(&self, ticks: &[Taken<T>]) {
        let mut opened = self.open();
        let mut behind = Positions::new();
        for tick in ticks {
            for (range, bytes) in tick.ranges.iter().zip(&tick.ahead) {
                let Some(bytes) = bytes.clone() else {
                    LOG.is_broken(&opened.who, format!("`write_ahead` of {range:?} gives nothing to keep"))
                };
                if let Err(error) = opened.reader.read_back(*range, bytes) {
                    LOG.is_broken(&opened.who, format!("`read_back` of {range:?}: {error}"));
                }
            }
            behind.clone_from(&tick.positions);
        }
        opened.seek(&Positions::new());
        opened.seek(&behind);
        for (range, records) in ranges(ticks) {
            let again = opened.read(*range, &self.own);
            LOG.same(&opened.who, records, &again, &format!("{range:?} from the log"));
        }
        self.goes_on(opened, &behind);
    }

    #[track_caller]
    fn counts_on(&self, ticks: &[Taken<T>]) {
        let Some(last) = ticks.last() else { return };
        let mut opened = self.open();
        opened.seek(&last.positions);
        self.goes_on(opened, &last.positions);
    }

    /// The offsets of what comes lie behind `positions`: `next` holds it to that.
    #[track_caller]
    fn goes_on(&self, mut opened: Opened<S::Batch>, positions: &Positions) {
        opened.positions.clone_from(positions);
        opened.next(u64::MAX, self.shortest_piece, true, &self.own);
        opened.close();
    }

    #[track_caller]
    fn closes(&self) {
        self.open().close();
        let mut opened = self.open();
        opened.next(1, self.shortest_piece, false, &self.own);
        opened.close();
    }
}

fn ranges<T>(ticks: &[Taken<T>]) -> impl DoubleEndedIterator<Item = (&OffsetRange, &Vec<T>)> {
    ticks.iter().flat_map(|tick| tick.ranges.iter().zip(&tick.records))
}

fn by_partition<T: Clone>(ticks: &[Taken<T>]) -> ByPartition<T> {
    let mut all = ByPartition::new();
    for (range, records) in ranges(ticks) {
        all.entry(range.partition).or_default().extend(records.iter().cloned());
    }
    all.retain(|_, records| !records.is_empty());
    all
}

/// The first and the last of `len`, and some between.
fn some(len: usize) -> impl Iterator<Item = usize> {
    (0..len).filter(move |n| *n == len - 1 || n % (len / MOST).max(1) == 0)
}

fn units(limit: u64) -> String {
    match limit {
        u64::MAX => "any size".into(),
        1 => "one unit of offset".into(),
        n => format!("{n} units of offset"),
    }
}
