//! Which windows there are.

use std::fmt;
use std::time::Duration;

use super::Window;
use crate::clock::Timestamp;

/// When the result of a window leaves: `.emit(Emit::Update)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Emit {
    /// Once, when the watermark has passed its end and the allowed lateness: a result is final. The default.
    #[default]
    Append,
    /// Whenever a tick has changed it: a later result of the same window (and key) replaces an earlier one.
    Update,
    /// All windows, each tick, also those that nothing has changed. No window ever closes, nothing is ever late, and the
    /// state grows for as long as there are new windows and keys.
    Complete,
}

impl fmt::Display for Emit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Emit::Append => "append",
            Emit::Update => "update",
            Emit::Complete => "complete",
        })
    }
}

/// In milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Windows of a length, one beginning at each multiple of the slide. Tumbling, where they are equal.
    Fixed(Fixed),
    /// As long as records of a key come within the gap.
    Session { gap: i64 },
}

/// The windows of an operator: which they are, how late records may come, and when results leave.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    shape: Shape,
    said: Said,
    lateness: Duration,
    emit: Emit,
}

/// As the program says it.
#[derive(Clone, Copy, Debug)]
enum Said {
    Tumbling(Duration),
    Sliding(Duration, Duration),
    Session(Duration),
    Global,
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Windows {
    fn new(said: Said) -> Windows {
        let shape = match said {
            Said::Tumbling(length) => Shape::Fixed(Fixed::new(millis(length), millis(length))),
            Said::Sliding(length, slide) => Shape::Fixed(Fixed::new(millis(length), millis(slide))),
            Said::Session(gap) => Shape::Session { gap: millis(gap) },
            Said::Global => Shape::Fixed(Fixed::GLOBAL),
        };
        Windows { shape, said, lateness: Duration::ZERO, emit: Emit::Append }
    }

    pub fn tumbling(length: Duration) -> Windows {
        Windows::new(Said::Tumbling(length))
    }

    pub fn sliding(length: Duration, slide: Duration) -> Windows {
        Windows::new(Said::Sliding(length, slide))
    }

    pub fn session(gap: Duration) -> Windows {
        Windows::new(Said::Session(gap))
    }

    pub fn global() -> Windows {
        Windows::new(Said::Global)
    }

    #[must_use]
    pub fn allowed_lateness(self, lateness: Duration) -> Windows {
        Windows { lateness, ..self }
    }

    #[must_use]
    pub fn emit(self, emit: Emit) -> Windows {
        Windows { emit, ..self }
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    pub(crate) fn mode(&self) -> Emit {
        self.emit
    }

    /// How long behind its end a window still takes records.
    pub(crate) fn lateness(&self) -> Duration {
        self.lateness
    }

    /// Windows that end by then are closed at a watermark.
    pub(crate) fn floor(&self, watermark: Timestamp) -> Timestamp {
        watermark.minus(self.lateness)
    }

    /// Windows that end by then take no records at a watermark. (In complete mode none is ever closed.)
    pub(crate) fn late_by(&self, watermark: Timestamp) -> Timestamp {
        if self.emit == Emit::Complete { Timestamp::MIN } else { self.floor(watermark) }
    }

    /// What no operator can mean.
    pub(crate) fn check(&self) -> Result<(), String> {
        let too_short = |what: &str, duration: Duration| {
            (millis(duration) == 0)
                .then(|| format!("has windows with a {what} of {duration:?}; the least is 1 millisecond"))
        };
        let wrong = match self.said {
            Said::Tumbling(length) => too_short("length", length),
            Said::Sliding(length, slide) => {
                too_short("length", length).or_else(|| too_short("slide", slide)).or_else(|| {
                    (slide > length).then(|| {
                        format!(
                            "has windows of {length:?} every {slide:?}, so records between two of them would be in none: give \
                             them a length of at least the slide"
                        )
                    })
                })
            }
            Said::Session(gap) => too_short("gap", gap),
            Said::Global => None,
        };
        let wrong = wrong.or_else(|| {
            (matches!(self.said, Said::Session(_)) && self.emit == Emit::Update).then(|| {
                "emits sessions in update mode, and a session that grows has another window each time, so no later result would \
                 replace an earlier one: leave out `.emit(Emit::Update)`, or write `.emit(Emit::Complete)`"
                    .to_string()
            })
        });
        wrong.map_or(Ok(()), Err)
    }

    /// How the plan shows them.
    pub(crate) fn detail(&self) -> String {
        let mut detail = match self.said {
            Said::Tumbling(length) => format!("tumbling {length:?}"),
            Said::Sliding(length, slide) => format!("sliding {length:?} every {slide:?}"),
            Said::Session(gap) => format!("session {gap:?}"),
            Said::Global => "global".to_string(),
        };
        if !self.lateness.is_zero() {
            detail += &format!(", lateness {:?}", self.lateness);
        }
        detail + &format!(", {}", self.emit)
    }
}

/// Windows whose places in time are fixed.
///
/// Time is cut into *panes*, as long as the greatest common divisor of length and slide: a window is a run of whole panes, so
/// a record is put into one place, however many windows it is in. (Li et al., "No Pane, No Gain", 2005.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fixed {
    length: i64,
    slide: i64,
    pane: i64,
}

impl Fixed {
    /// One window that holds all of time.
    const GLOBAL: Fixed = Fixed { length: 0, slide: 0, pane: 0 };

    /// Of a length and slide of 0 nothing is asked: they are refused.
    fn new(length: i64, slide: i64) -> Fixed {
        let (length, slide) = (length.max(1), slide.max(1));
        Fixed { length, slide, pane: gcd(length, slide) }
    }

    fn is_global(self) -> bool {
        self.pane == 0
    }

    /// Whether every window is one pane.
    pub fn is_tumbling(self) -> bool {
        self.pane == self.length
    }

    /// Where the pane begins that holds a time.
    pub fn pane(self, time: i64) -> i64 {
        if self.is_global() { i64::MIN } else { floor(time, self.pane) }
    }

    /// The last time of the pane that holds a time.
    pub fn last_of_pane(self, time: i64) -> i64 {
        if self.is_global() { i64::MAX } else { self.pane(time).saturating_add(self.pane - 1) }
    }

    /// The starts of the first and the last window that hold a pane.
    pub fn starts(self, pane: i64) -> (i64, i64) {
        if self.is_global() {
            return (i64::MIN, i64::MIN);
        }
        let last = floor(pane, self.slide);
        // The last slide from which a window reaches to the end of the pane.
        let before = (self.length - self.pane) / self.slide * self.slide;
        let first = last.saturating_sub(before);
        // Of windows that begin before `last`, those that end before the pane does are too early.
        let first = if first.saturating_add(self.length) < pane.saturating_add(self.pane) {
            first.saturating_add(self.slide)
        } else {
            first
        };
        (first, last)
    }

    /// The start behind a start.
    pub fn next(self, start: i64) -> i64 {
        if self.is_global() { i64::MAX } else { start.saturating_add(self.slide) }
    }

    pub fn end(self, start: i64) -> i64 {
        if self.is_global() { i64::MAX } else { start.saturating_add(self.length) }
    }

    /// The earliest start of a window that ends behind `end`.
    pub fn first_behind(self, end: i64) -> i64 {
        if self.is_global() {
            return i64::MIN;
        }
        floor(end.saturating_sub(self.length), self.slide).saturating_add(self.slide)
    }

    /// When the last window ends that a time is in.
    pub fn last_end(self, time: i64) -> i64 {
        if self.is_global() { i64::MAX } else { self.end(floor(time, self.slide)) }
    }

    pub fn window(self, start: i64) -> Window {
        Window::millis(start, self.end(start))
    }
}

/// The multiple of `step` at or before `time`.
fn floor(time: i64, step: i64) -> i64 {
    time.div_euclid(step).saturating_mul(step)
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::{millis, secs};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn a_pane_is_in_the_windows_that_hold_all_of_it(length in 1i64..40, slide in 1i64..40, time in -200i64..200) {
            let (length, slide) = (length.max(slide), length.min(slide));
            let fixed = Fixed::new(length, slide);
            let pane = fixed.pane(time);
            prop_assert!(pane <= time && time < pane + fixed.pane);
            let holds = |start: &i64| start.rem_euclid(slide) == 0 && (*start..*start + length).contains(&time);
            let expected: Vec<i64> = (-300..300).filter(holds).collect();
            let (first, last) = fixed.starts(pane);
            prop_assert_eq!((Some(&first), Some(&last)), (expected.first(), expected.last()));
            prop_assert_eq!(fixed.last_end(time), last + length);
        }

        #[test]
        fn the_first_window_behind_an_end_is_found(length in 1i64..40, slide in 1i64..40, end in -200i64..200) {
            let (length, slide) = (length.max(slide), length.min(slide));
            let expected = (-300..300).find(|start| start % slide == 0 && start + length > end);
            prop_assert_eq!(Some(Fixed::new(length, slide).first_behind(end)), expected);
        }
    }

    #[test]
    fn what_no_operator_can_mean_is_refused() {
        for (windows, why) in [
            (Windows::tumbling(Duration::ZERO), "a length of 0ns; the least is 1 millisecond"),
            (Windows::sliding(secs(1), Duration::from_nanos(3)), "a slide of 3ns"),
            (Windows::sliding(secs(1), secs(2)), "windows of 1s every 2s"),
            (Windows::session(Duration::ZERO), "a gap of 0ns"),
            (Windows::session(secs(1)).emit(Emit::Update), "update mode"),
        ] {
            let error = windows.check().expect_err("it is refused");
            assert!(error.contains(why), "{error}");
        }
        assert_eq!(Windows::global().check(), Ok(()));
    }

    #[test]
    fn the_plan_shows_what_was_said() {
        let windows = Windows::sliding(secs(60), millis(500)).allowed_lateness(secs(3)).emit(Emit::Update);
        assert_eq!(windows.detail(), "sliding 60s every 500ms, lateness 3s, update");
        assert_eq!(Windows::global().detail(), "global, append");
    }
}
