//! A source of `u64`s: a queue of turns, given at once or pushed while the pipeline runs.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use crate::BoxError;
use crate::pipeline::{ErasedReader, ErasedSource};
use crate::source::{Offer, SourceContext, Waker};
use crate::tick::{OffsetRange, Positions};

/// Where a feed fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fails {
    Open,
    /// At the n-th call, from 0.
    Available(usize),
    /// Where this offset is read.
    Read(u64),
}

#[derive(Clone, Default)]
pub struct Feed(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    fails: Option<(Fails, bool)>,
    unreplayable: bool,
}

#[derive(Default)]
struct State {
    /// All records ever; an offset is an index.
    records: Vec<u64>,
    /// The ends of turns that were not offered yet.
    turns: VecDeque<u64>,
    offered: u64,
    ended: bool,
    frozen: bool,
    asked: usize,
    waker: Option<Waker>,
    released: Vec<u64>,
    closed: usize,
    on_asked: Option<Sender<()>>,
}

impl Feed {
    /// One turn a tick, then the end.
    pub fn of(turns: impl IntoIterator<Item = Vec<u64>>) -> Feed {
        let feed = Feed::default();
        turns.into_iter().for_each(|turn| feed.push(turn));
        feed.end();
        feed
    }

    /// As [`Feed::of`], but fails at a point, with a panic or an error.
    pub fn failing(turns: impl IntoIterator<Item = Vec<u64>>, fails: Fails, panics: bool) -> Feed {
        let state = std::mem::take(&mut *Feed::of(turns).0.state.lock().unwrap());
        Feed(Arc::new(Inner { state: Mutex::new(state), fails: Some((fails, panics)), unreplayable: false }))
    }

    /// One that can't be replayed.
    pub fn unreplayable() -> Feed {
        Feed(Arc::new(Inner { unreplayable: true, ..Inner::default() }))
    }

    pub fn replayable(&self) -> bool {
        !self.0.unreplayable
    }

    pub fn push(&self, turn: Vec<u64>) {
        self.change(|state| {
            state.records.extend(turn);
            state.turns.push_back(state.records.len() as u64);
        });
    }

    pub fn end(&self) {
        self.change(|state| state.ended = true);
    }

    fn change(&self, f: impl FnOnce(&mut State)) {
        let waker = {
            let mut state = self.0.state.lock().unwrap();
            f(&mut state);
            state.waker.clone()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The positions that were released.
    pub fn released(&self) -> Vec<u64> {
        self.0.state.lock().unwrap().released.clone()
    }

    /// How often it was closed.
    pub fn closed(&self) -> usize {
        self.0.state.lock().unwrap().closed
    }

    /// Tells whenever an answer to "what have you?" is about to be given.
    pub fn on_asked(&self) -> Receiver<()> {
        let (tell, told) = channel();
        self.0.state.lock().unwrap().on_asked = Some(tell);
        told
    }

    /// How often it was asked what it has.
    pub fn asked(&self) -> usize {
        self.0.state.lock().unwrap().asked
    }

    pub fn frozen(&self) -> bool {
        self.0.state.lock().unwrap().frozen
    }

    fn fail(&self, at: impl Fn(Fails) -> bool) -> Result<(), BoxError> {
        match self.0.fails {
            Some((fails, panics)) if at(fails) => {
                assert!(!panics, "the source panics");
                Err("the source fails".into())
            }
            _ => Ok(()),
        }
    }
}

impl ErasedSource for Feed {
    fn open(self: Box<Self>, cx: &SourceContext) -> Result<Arc<dyn ErasedReader>, BoxError> {
        self.fail(|f| f == Fails::Open)?;
        self.0.state.lock().unwrap().waker = Some(cx.waker.clone());
        Ok(Arc::new(*self))
    }
}

impl ErasedReader for Feed {
    fn available(&self, _limit: u64) -> Result<Offer, BoxError> {
        let asked = {
            let mut state = self.0.state.lock().unwrap();
            state.asked += 1;
            state.asked - 1
        };
        self.fail(|f| f == Fails::Available(asked))?;
        let mut state = self.0.state.lock().unwrap();
        let end = state.turns.pop_front().unwrap_or(state.offered);
        let range = OffsetRange { partition: 0, start: std::mem::replace(&mut state.offered, end), end };
        let caught_up = state.turns.is_empty();
        if let Some(tell) = &state.on_asked {
            let _ = tell.send(());
        }
        let ranges = if range.is_empty() { Vec::new() } else { vec![range] };
        Ok(Offer { ranges, caught_up, ended: state.ended && caught_up, waiting: false })
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut dyn Any) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        self.fail(|f| matches!(f, Fails::Read(at) if (range.start..range.end).contains(&at)))?;
        let records =
            |r: OffsetRange| self.0.state.lock().unwrap().records[r.start as usize..r.end as usize].to_vec();
        // Two batches, to show that a task may get several.
        let middle = range.start + range.len() / 2;
        visit(&mut records(OffsetRange { end: middle, ..range }))?;
        visit(&mut records(OffsetRange { start: middle, ..range }))
    }

    fn grain(&self) -> u64 {
        1
    }

    fn freeze(&self) {
        self.0.state.lock().unwrap().frozen = true;
    }

    fn seek(&self, _: &Positions) -> Result<(), BoxError> {
        Ok(())
    }

    fn release(&self, positions: &Positions) {
        self.0.state.lock().unwrap().released.push(positions[&0]);
    }

    fn close(&self) {
        self.0.state.lock().unwrap().closed += 1;
    }
}
