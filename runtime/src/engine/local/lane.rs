//! A writer beside the driver: takes what is to be stored, in order, and says how it went.

use std::pin::pin;
use std::sync::{Arc, Condvar, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use futures_util::future::{Either, select};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::bell::Bell;
use crate::sync::Mutex;
use crate::wait::block_on;
use crate::{Error, Result, blame};

/// Where lanes do their work.
#[derive(Clone)]
pub(crate) enum Lanes {
    /// Each on a thread of its own. Waiting is the runtime's; the bell rings when something is done.
    Threads(Handle, Arc<Bell>),
    /// On the thread of whoever calls [`Lane::turn`].
    Inline(Handle),
}

/// # Contract
/// - What is sent is worked on in order. All that waits at that moment is one piece of work.
/// - A panic in the work is a result like any other. (What users wrote to serialize their types runs here.)
/// - A lane that is dropped gives up what it waits for, and has no thread any more.
pub(crate) struct Lane<I, O> {
    shared: Arc<Shared<I, O>>,
    /// `None` where a thread does the work.
    inline: Option<Box<Work<I, O>>>,
    thread: Option<JoinHandle<()>>,
}

/// A piece of work; `None` if it was given up.
type Work<I, O> = dyn FnMut(Vec<I>) -> Option<Worked<O>> + Send;

/// What became of a piece of work: its result, or the message of a panic.
pub(crate) type Worked<O> = std::result::Result<O, String>;

struct Shared<I, O> {
    state: Mutex<State<I, O>>,
    sent: Condvar,
    given_up: Notify,
}

struct State<I, O> {
    waiting: Vec<I>,
    busy: bool,
    done: Vec<Worked<O>>,
    closed: bool,
}

impl<I, O> Shared<I, O> {
    fn state(&self) -> MutexGuard<'_, State<I, O>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: Send + 'static, O: Send + 'static> Lane<I, O> {
    pub fn new(
        name: &str,
        lanes: &Lanes,
        mut work: impl AsyncFnMut(Vec<I>) -> O + Send + 'static,
    ) -> Result<Lane<I, O>> {
        let state = State { waiting: Vec::new(), busy: false, done: Vec::new(), closed: false };
        let shared =
            Arc::new(Shared { state: Mutex::new(state), sent: Condvar::new(), given_up: Notify::new() });
        let (Lanes::Threads(handle, _) | Lanes::Inline(handle)) = lanes;
        let run = {
            let (handle, shared) = (handle.clone(), Arc::clone(&shared));
            move |input| {
                let _entered = handle.enter();
                let worked = blame::catch(|| {
                    let given_up = pin!(shared.given_up.notified());
                    match block_on(select(pin!(work(input)), given_up)) {
                        Either::Left((output, _)) => Some(output),
                        Either::Right(_) => None,
                    }
                });
                worked.map_err(|caught| caught.message).transpose()
            }
        };
        match lanes {
            Lanes::Inline(_) => Ok(Lane { shared, inline: Some(Box::new(run)), thread: None }),
            Lanes::Threads(_, bell) => {
                let (bell, theirs) = (Arc::clone(bell), Arc::clone(&shared));
                let thread = std::thread::Builder::new()
                    .name(name.into())
                    .spawn(move || theirs.work(run, &bell))
                    .map_err(|source| Error::System { what: "a thread for checkpoints", source })?;
                Ok(Lane { shared, inline: None, thread: Some(thread) })
            }
        }
    }

    pub fn send(&self, input: I) {
        self.shared.state().waiting.push(input);
        self.shared.sent.notify_one();
    }

    /// What became of the pieces of work since it was asked last.
    pub fn results(&self) -> Vec<Worked<O>> {
        std::mem::take(&mut self.shared.state().done)
    }

    /// Nothing waits, is being worked on, or has not been told of.
    pub fn is_idle(&self) -> bool {
        let state = self.shared.state();
        state.waiting.is_empty() && !state.busy && state.done.is_empty()
    }

    /// There is work for [`Lane::turn`].
    pub fn has_turn(&self) -> bool {
        self.inline.is_some() && !self.shared.state().waiting.is_empty()
    }

    /// Does what waits, on this thread.
    pub fn turn(&mut self) {
        let Some(work) = &mut self.inline else { return };
        let input = std::mem::take(&mut self.shared.state().waiting);
        let output = work(input);
        self.shared.state().done.extend(output);
    }
}

impl<I, O> Shared<I, O> {
    fn work(&self, mut work: impl FnMut(Vec<I>) -> Option<Worked<O>>, bell: &Bell) {
        let mut state = self.state();
        while !state.closed {
            if state.waiting.is_empty() {
                state = self.sent.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let input = std::mem::take(&mut state.waiting);
            state.busy = true;
            drop(state);
            let output = work(input);
            state = self.state();
            state.busy = false;
            state.done.extend(output);
            bell.ring();
        }
    }
}

impl<I, O> Drop for Lane<I, O> {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        self.shared.sent.notify_one();
        self.shared.given_up.notify_one();
        if let Some(thread) = self.thread.take() {
            // It catches panics itself.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads() -> (tokio::runtime::Runtime, Lanes, Arc<Bell>) {
        let runtime = crate::engine::run::io_runtime().expect("a runtime");
        let bell = Arc::new(Bell::default());
        let lanes = Lanes::Threads(runtime.handle().clone(), Arc::clone(&bell));
        (runtime, lanes, bell)
    }

    #[test]
    fn what_is_sent_is_worked_on_in_order_and_its_result_is_told_once() {
        let (_runtime, lanes, bell) = threads();
        let lane = Lane::new("lane", &lanes, async |numbers: Vec<u32>| numbers).expect("a thread");
        let mut seen = Vec::new();
        for number in 0..100 {
            lane.send(number);
        }
        while seen.len() < 100 {
            bell.wait(None);
            seen.extend(lane.results().into_iter().flat_map(|numbers| numbers.expect("no panic")));
        }
        assert!(seen.into_iter().eq(0..100) && lane.results().is_empty());
    }

    #[test]
    fn a_panic_is_a_result_and_the_lane_goes_on() {
        let (_runtime, lanes, bell) = threads();
        let lane = Lane::new("lane", &lanes, async |numbers: Vec<u32>| {
            assert!(numbers[0] != 1, "it is one");
        });
        let lane = lane.expect("a thread");
        for number in [1, 2] {
            lane.send(number);
            while lane.shared.state().done.is_empty() {
                bell.wait(None);
            }
            assert_eq!(lane.results(), [if number == 1 { Err("it is one".to_string()) } else { Ok(()) }]);
        }
    }

    #[test]
    fn a_lane_that_waits_for_ever_can_be_dropped() {
        let (_runtime, lanes, bell) = threads();
        let begun = Arc::clone(&bell);
        let lane = Lane::new("lane", &lanes, async move |_: Vec<u32>| {
            begun.ring();
            std::future::pending::<()>().await;
        });
        let lane = lane.expect("a thread");
        lane.send(1);
        bell.wait(None);
        assert!(!lane.is_idle());
        drop(lane);
    }

    #[test]
    fn inline_it_works_when_it_is_its_turn() {
        let (runtime, ..) = threads();
        let lanes = Lanes::Inline(runtime.handle().clone());
        let mut lane = Lane::new("lane", &lanes, async |numbers: Vec<u32>| numbers).expect("no thread");
        lane.send(1);
        lane.send(2);
        assert!(lane.has_turn() && lane.results().is_empty());
        lane.turn();
        assert!(!lane.has_turn());
        assert_eq!(lane.results(), [Ok(vec![1, 2])]);
    }
}
