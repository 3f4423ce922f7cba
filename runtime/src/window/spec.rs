//! What an operator is told of its windows.

use std::sync::OnceLock;
use std::time::Duration;

use super::span::{self, Slides, Span};
use crate::pipeline::TaskContext;

/// Length and slide as the program says them; then, once an engine runs them, as they are.
#[derive(Debug)]
pub(crate) struct Window {
    length: Duration,
    /// `None`: as often as its input has batches.
    slide: Option<Duration>,
    slides: OnceLock<Slides>,
}

impl Window {
    pub fn new(length: Duration, slide: Option<Duration>) -> Window {
        Window { length, slide, slides: OnceLock::new() }
    }

    /// How the plan shows it.
    pub fn detail(&self) -> String {
        match self.slide {
            Some(slide) => format!("{:?} every {slide:?}", self.length),
            None => format!("{:?} every batch", self.length),
        }
    }

    /// The operator is to run where its input has a batch every so many milliseconds. Says what is wrong, if something is.
    pub fn fit(&self, every: i64) -> Result<(), String> {
        let length = multiple("length", self.length, every)?;
        let slide = self.slide.map_or(Ok(every), |slide| multiple("slide", slide, every))?;
        self.slides.get_or_init(|| Slides::new(length, slide));
        Ok(())
    }

    /// `None` before it is known where it runs.
    pub fn known(&self) -> Option<Slides> {
        self.slides.get().copied()
    }

    pub fn slides(&self) -> Slides {
        self.known().expect("an engine fits windows to its ticks before the first one")
    }

    /// The window that this tick emits, if it emits one.
    pub fn due(&self, cx: &TaskContext) -> Option<Span> {
        self.slides().due(cx.before, cx.tick.time)
    }
}

fn multiple(what: &str, duration: Duration, every: i64) -> Result<i64, String> {
    let interval = Duration::from_millis(every.unsigned_abs());
    let rest = duration.as_nanos() % interval.as_nanos();
    if duration.is_zero() {
        return Err(format!(
            "has a {what} of zero; the least is the time between two batches of its input, {interval:?}"
        ));
    }
    match span::millis(duration) {
        Some(millis) if rest == 0 => Ok(millis),
        None => Err(format!("has a {what} of {duration:?}, which is longer than time is counted")),
        Some(millis) => {
            let less = millis / every * every;
            let less = Duration::from_millis(less.unsigned_abs());
            let more = less + interval;
            let nearest = if less.is_zero() { format!("{more:?}") } else { format!("{less:?} or {more:?}") };
            Err(format!(
                "has a {what} of {duration:?}, and it must be a multiple of the time between two batches of its input, \
                 {interval:?}: write {nearest}"
            ))
        }
    }
}
