//! Two starts on one checkpoint, in every order of their operations.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::engine::{KINDS, Run, logged, run, wait};
use crate::checkpoint::testing::FaultStore;
use crate::checkpoint::{LoggedTick, Start, Storage, StorageError};
use crate::clock::Timestamp;

/// A task that does one operation of the store each time it is polled.
struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    done: Option<T>,
}

impl<'a, T> Task<'a, T> {
    fn new(future: impl Future<Output = T> + 'a) -> Self {
        Task { future: Box::pin(future), done: None }
    }

    /// Whether it had not ended before.
    fn step(&mut self) -> bool {
        if self.done.is_none() {
            if let Poll::Ready(done) = self.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                self.done = Some(done);
            }
            return true;
        }
        false
    }

    fn finish(mut self) -> T {
        while self.step() {}
        self.done.expect("it has ended")
    }
}

type Kind = fn(&FaultStore) -> Storage;

/// Numbers and epochs of the ticks that the log was said to hold.
type Acknowledged = Vec<(u64, u64)>;

/// The older start: ticks, and a checkpoint behind every other one, until it is fenced.
async fn older(mut run: Run, ticks: usize, checkpoints: bool) -> (Run, Acknowledged, Option<StorageError>) {
    let mut acknowledged = Vec::new();
    for n in 0..ticks {
        let tick = run.next;
        let position = match run.tick().await {
            Ok(position) => position,
            Err(error) => return (run, acknowledged, Some(error)),
        };
        acknowledged.push((tick, run.start.log.epoch()));
        if checkpoints
            && n % 2 == 0
            && let Err(error) = run.checkpoint(position).await
        {
            return (run, acknowledged, Some(error));
        }
    }
    (run, acknowledged, None)
}

/// The newer start: as many ticks, each with a checkpoint.
async fn newer(storage: &Storage, ticks: usize, checkpoints: bool) -> (Run, Acknowledged) {
    let mut run = Run::start(storage, 0).await.expect("a start wins");
    run.start.checkpoints.keep(1);
    let mut acknowledged = Vec::new();
    for _ in 0..ticks {
        let tick = run.next;
        let position = run.tick().await.expect("the newest start can append");
        acknowledged.push((tick, run.start.log.epoch()));
        if checkpoints {
            assert!(run.checkpoint(position).await.expect("the newest start is not fenced"));
        }
    }
    (run, acknowledged)
}

/// Runs both: the older one first for `turns[0]` operations, then the newer one for `turns[1]`, and so on; at the end the
/// newer one to its end. Gives how many turns of the plan could be taken.
async fn in_turns(kind: Kind, turns: &[usize], checkpoints: bool) -> bool {
    let store = FaultStore::new();
    let storage = kind(&store);
    let mut first = Run::start(&storage, 0).await.expect("nobody else is there");
    first.start.checkpoints.keep(1);
    let position = first.tick().await.expect("nobody else is there");
    first.checkpoint(position).await.expect("nobody else is there");
    store.take_turns();
    let mut old = Task::new(older(first, 3, checkpoints));
    let mut new = Task::new(newer(&storage, 2, checkpoints));
    let mut all = true;
    for (n, &turns) in turns.iter().enumerate() {
        for _ in 0..turns {
            all &= if n % 2 == 0 { old.step() } else { new.step() };
        }
    }
    let (new, mut acknowledged) = new.finish();
    let (mut old, old_acknowledged, fenced) = old.finish();
    acknowledged.extend(&old_acknowledged);
    acknowledged.push((0, 1));
    let fenced = match fenced {
        Some(fenced) => fenced,
        None => old.tick().await.expect_err("it is fenced at its next append"),
    };
    // (A start that is passed by appends takes another epoch each time.)
    assert!(matches!(fenced, StorageError::Fenced { epoch: 2.. }), "{turns:?}: {fenced}");
    // A third start finds all that was acknowledged, by whoever it was.
    let third = Run::start(&storage, new.next).await.expect("what is there is whole");
    assert_eq!(third.start.warnings, [""; 0], "{turns:?}");
    for (number, epoch) in acknowledged {
        let mut ticks = third.start.ticks.iter().map(|(_, tick)| LoggedTick::tick(tick));
        let recovered = third.start.recovered.as_ref().expect("there is one").tick;
        assert!(
            number <= recovered.number || ticks.any(|tick| (tick.number, tick.epoch) == (number, epoch)),
            "{turns:?}: tick {number} of epoch {epoch}"
        );
    }
    all
}

#[test]
fn in_every_order_of_their_appends_the_older_start_is_fenced() {
    // All orders of up to 4 operations of the older start (three appends and a look at what is in the way) between those
    // of the newer one.
    KINDS.into_iter().for_each(every_order);
}

fn every_order(kind: Kind) {
    let mut orders = 0;
    for at in 0u32..1 << 16 {
        if at.count_ones() == 4 {
            // Bit n: who takes turn n.
            let turns: Vec<usize> =
                (0..16).flat_map(|n| if at >> n & 1 == 1 { [1, 0] } else { [0, 1] }).collect();
            wait(in_turns(kind, &turns, false));
            orders += 1;
        }
    }
    assert_eq!(orders, 1820);
}

#[test]
fn checkpoints_and_prunings_of_an_older_start_harm_nobody() {
    KINDS.into_iter().for_each(checkpoints_and_prunings);
}

fn checkpoints_and_prunings(kind: Kind) {
    let most = |turns: &dyn Fn(usize) -> Vec<usize>| {
        (1..).find(|n| !wait(in_turns(kind, &turns(*n), true))).expect("it ends")
    };
    let (old, new) = (most(&|n| vec![n]), most(&|n| vec![0, n]));
    assert!(old > 15 && new > 25, "{old} {new}");
    for first in 0..old {
        for second in 1..new {
            for third in [0, 1, 3, 8, old] {
                wait(in_turns(kind, &[first, second, third], true));
            }
        }
    }
}

#[test]
fn a_start_that_was_stopped_for_long_meets_its_fence_though_the_log_was_pruned() {
    KINDS.into_iter().for_each(stopped_for_long);
}

fn stopped_for_long(kind: Kind) {
    let store = FaultStore::new();
    let storage = kind(&store);
    let mut stopped = wait(Run::start(&storage, 0)).unwrap();
    wait(stopped.tick()).unwrap();
    let mut acknowledged = 1;
    for _ in 0..3 {
        wait(run(&storage, &mut acknowledged)).unwrap();
    }
    let fenced = wait(stopped.tick()).unwrap_err();
    assert!(matches!(fenced, StorageError::Fenced { epoch: 2 }), "{fenced}");
    assert_eq!(
        fenced.to_string(),
        "another start (epoch 2) has taken over this checkpoint, so this one ends here"
    );
}

#[test]
fn of_two_starts_at_the_same_time_one_owns_the_log() {
    KINDS.into_iter().for_each(two_at_the_same_time);
}

fn two_at_the_same_time(kind: Kind) {
    for turns in 0u32..1 << 10 {
        let store = FaultStore::new();
        let storage = kind(&store);
        store.take_turns();
        let take = || Start::take(&storage, Timestamp::from_millis(0), 0);
        let (mut one, mut two) = (Task::new(take()), Task::new(take()));
        for n in 0..10 {
            if turns >> n & 1 == 1 {
                one.step()
            } else {
                two.step()
            };
        }
        let (mut one, mut two) = (one.finish().unwrap().log, two.finish().unwrap().log);
        assert_ne!(one.epoch(), two.epoch());
        let (older, newer) =
            if one.epoch() < two.epoch() { (&mut one, &mut two) } else { (&mut two, &mut one) };
        assert!(matches!(wait(older.append(&[logged(0, older.epoch())])), Err(StorageError::Fenced { .. })));
        wait(newer.append(&[logged(0, newer.epoch())])).unwrap();
    }
}
