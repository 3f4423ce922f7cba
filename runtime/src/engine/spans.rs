//! Spans: in which pipeline, tick and stage something was logged, also by a user's closure.
//!
//! Their targets, names and fields are an API: the book has a table of them. While nobody wants them, each costs a look
//! at a static.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::Span;
use tracing::span::EnteredSpan;

use super::local::schedule::TaskId;
use crate::sync::Mutex;
use crate::tick::Tick;

/// The span of a run; what is current here is around it.
pub(crate) fn pipeline(name: Option<&str>) -> Span {
    tracing::info_span!(target: "millstream::engine", "pipeline", name)
}

/// The spans of the ticks in flight.
pub(crate) struct Spans {
    pipeline: Span,
    /// Those that somebody wants.
    ticks: Mutex<Vec<(u64, Span)>>,
    /// Whether there is one in `ticks`.
    any: AtomicBool,
}

impl Spans {
    /// Ticks will be in the span that is current here.
    pub fn new() -> Spans {
        Spans { pipeline: Span::current(), ticks: Mutex::new(Vec::new()), any: AtomicBool::new(false) }
    }

    pub fn begin(&self, tick: &Tick) {
        let (number, time) = (tick.number, tick.time.millis());
        let span =
            tracing::info_span!(target: "millstream::tick", parent: &self.pipeline, "tick", number, time);
        if !span.is_disabled() {
            self.change(|ticks| ticks.push((number, span)));
        }
    }

    /// The tick is committed. (What has failed goes with the pipeline.)
    pub fn end(&self, number: u64) {
        if self.any.load(Ordering::Acquire) {
            self.change(|ticks| ticks.retain(|(tick, _)| *tick != number));
        }
    }

    /// The span of a tick, or the pipeline's where the tick has none.
    pub fn tick(&self, number: u64) -> Span {
        if self.any.load(Ordering::Acquire) {
            let ticks = self.ticks.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, span)) = ticks.iter().find(|(tick, _)| *tick == number) {
                return span.clone();
            }
        }
        self.pipeline.clone()
    }

    /// Enters the span of a task: its stage's, or what is around it.
    pub fn task(&self, id: TaskId, stream: &str, operator: &str) -> EnteredSpan {
        let tick = self.tick(id.tick);
        let stage = tracing::trace_span!(
            target: "millstream::stage", parent: &tick, "stage", number = id.stage, stream, operator, task = id.task
        );
        if stage.is_disabled() { tick.entered() } else { stage.entered() }
    }

    fn change(&self, f: impl FnOnce(&mut Vec<(u64, Span)>)) {
        let mut ticks = self.ticks.lock().unwrap_or_else(PoisonError::into_inner);
        f(&mut ticks);
        self.any.store(!ticks.is_empty(), Ordering::Release);
    }
}
