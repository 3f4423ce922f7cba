//! The rows on timely, as its own examples write them: two workers, each with half of every tick as its input; ticks are
//! timestamps, and a tick begins when the one before it has come out.

mod numbers;
mod text;
mod timed;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use timely::ExchangeData;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::{Operator, Probe};
use timely::dataflow::{InputHandleVec, ProbeHandle, StreamVec};

pub use numbers::{maps, running_count};
pub use text::{grep, json, sliding, word_count};
pub use timed::{interval_join, sessions};

/// What a worker's results add up to.
pub(crate) type Sum = Rc<Cell<u64>>;

pub(crate) fn add(sum: &Sum, n: u64) {
    sum.set(sum.get().wrapping_add(n));
}

/// Runs a dataflow for so many ticks; `feed` gives each worker what sends its half of a tick.
pub(crate) fn run<D: Clone + 'static, G: FnMut(u64, &mut InputHandleVec<u64, D>)>(
    ticks: u64,
    feed: impl Fn(usize) -> G + Send + Sync + 'static,
    build: impl for<'s> Fn(StreamVec<'s, u64, D>, Sum, &ProbeHandle<u64>) + Send + Sync + 'static,
) -> u64 {
    let total = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&total);
    let guards = timely::execute(timely::Config::process(2), move |worker| {
        let mut feed = feed(worker.index());
        let mut input = InputHandleVec::new();
        let (probe, sum) = (ProbeHandle::new(), Sum::default());
        worker.dataflow(|scope| build(input.to_stream(scope), Rc::clone(&sum), &probe));
        for tick in 0..ticks {
            feed(tick, &mut input);
            input.advance_to(tick + 1);
            while probe.less_than(input.time()) {
                worker.step();
            }
        }
        input.close();
        while !probe.done() {
            worker.step();
        }
        shared.fetch_add(sum.get(), Relaxed);
    })
    .expect("timely starts");
    drop(guards);
    total.load(Relaxed)
}

/// The end of input, as [`by_tick`] says it.
pub(crate) const END: u64 = u64::MAX;

/// An operator by key: `step` takes records as they come, `close` says at the end of each tick, and of the input, what comes out.
pub(crate) fn by_tick<'s, D: ExchangeData, R: Clone + 'static, S: Default + 'static>(
    stream: StreamVec<'s, u64, D>,
    route: impl Fn(&D) -> u64 + 'static,
    mut step: impl FnMut(&mut S, D) + 'static,
    mut close: impl FnMut(&mut S, u64, &mut Vec<R>) + 'static,
) -> StreamVec<'s, u64, R> {
    stream.unary_frontier(Exchange::new(route), "ByTick", move |capability, _info| {
        let (mut capability, mut state, mut out) = (Some(capability), S::default(), Vec::new());
        move |(input, frontier), output| {
            input.for_each_time(|_time, data| {
                data.flat_map(|batch| batch.drain(..)).for_each(|record| step(&mut state, record));
            });
            let now = frontier.frontier().first().copied();
            while let Some(held) = capability.as_mut().filter(|held| now.is_none_or(|now| *held.time() < now))
            {
                let tick = if now.is_some() { *held.time() } else { END };
                close(&mut state, tick, &mut out);
                output.session(held).give_iterator(out.drain(..));
                match now {
                    Some(_) => held.downgrade(&(tick + 1)),
                    None => capability = None,
                }
            }
        }
    })
}

/// Adds up what `of` says of each record, and lets the worker know when a tick is done.
pub(crate) fn summed<D: Clone + 'static>(
    stream: StreamVec<'_, u64, D>,
    sum: Sum,
    probe: &ProbeHandle<u64>,
    of: impl Fn(&D) -> u64 + 'static,
) {
    use timely::dataflow::operators::Inspect;
    stream.inspect(move |record| add(&sum, of(record))).probe_with(probe);
}
