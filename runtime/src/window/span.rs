//! Panes and windows, in milliseconds since 1970.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Timestamp;

/// Length, slide and pane of windows.
///
/// Windows end at the multiples of the slide since the clock's zero, as ticks come at the multiples of their interval: so two
/// runs, and two machines, cut time at the same points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slides {
    length: i64,
    slide: i64,
    pane: i64,
}

/// A window: the ticks behind `after`, up to and with `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub after: i64,
    pub end: i64,
}

impl Span {
    /// Takes out the first pane, if it is before this window.
    #[inline]
    pub fn pop_passed<T>(&self, panes: &mut VecDeque<(i64, T)>) -> Option<T> {
        if panes.front()?.0 > self.after {
            return None;
        }
        panes.pop_front().map(|(_, held)| held)
    }
}

impl Slides {
    /// # Contract
    /// Both are at least a millisecond.
    pub fn new(length: i64, slide: i64) -> Slides {
        debug_assert!(length > 0 && slide > 0);
        Slides { length, slide, pane: gcd(length, slide) }
    }

    /// The time between two windows.
    pub fn slide(&self) -> i64 {
        self.slide
    }

    /// The end of the pane that a tick belongs to.
    pub fn pane_of(&self, time: Timestamp) -> i64 {
        let before = time.millis().saturating_sub(1).div_euclid(self.pane);
        before.saturating_add(1).saturating_mul(self.pane)
    }

    /// The window that a tick emits, if it is the first one at or behind the end of one. `before`: the time of the tick before
    /// it. Where boundaries were passed over, it may be late, and of several it is the last.
    pub fn due(&self, before: Option<Timestamp>, time: Timestamp) -> Option<Span> {
        let end = self.last_end(time);
        let due = before.map_or(end == time.millis(), |before| self.last_end(before) < end);
        due.then(|| Span { after: end.saturating_sub(self.length), end })
    }

    fn last_end(&self, time: Timestamp) -> i64 {
        time.millis().div_euclid(self.slide).saturating_mul(self.slide)
    }
}

/// Whole milliseconds; `None` where there are too many.
pub(crate) fn millis(duration: Duration) -> Option<i64> {
    i64::try_from(duration.as_millis()).ok()
}

pub(crate) fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_window_of_three_every_two_has_panes_of_one() {
        let slides = Slides::new(3000, 2000);
        assert_eq!(
            (slides.pane_of(at(1)), slides.pane_of(at(1000)), slides.pane_of(at(1001))),
            (1000, 1000, 2000)
        );
        assert_eq!(slides.due(None, at(1000)), None);
        assert_eq!(slides.due(Some(at(1000)), at(2000)), Some(Span { after: -1000, end: 2000 }));
        assert_eq!(slides.due(Some(at(2000)), at(3000)), None);
        // The boundary at 4 s has no tick.
        assert_eq!(slides.due(Some(at(3000)), at(5000)), Some(Span { after: 1000, end: 4000 }));
        assert_eq!(slides.due(Some(at(5000)), at(11_000)), Some(Span { after: 7000, end: 10_000 }));
    }

    proptest! {
        #[test]
        fn windows_are_whole_panes_and_each_end_is_met_once(length in 1i64..20, slide in 1i64..20, steps in proptest::collection::vec(1i64..8, 1..40)) {
            let slides = Slides::new(length, slide);
            let (mut before, mut now, mut ends) = (None, -20, Vec::new());
            for step in steps {
                now += step;
                let span = slides.due(before, at(now));
                prop_assert!(slides.pane_of(at(now)) >= now && slides.pane_of(at(now)) < now + slides.pane);
                if let Some(Span { after, end }) = span {
                    prop_assert_eq!((end - after, end.rem_euclid(slide)), (length, 0));
                    prop_assert_eq!((after.rem_euclid(slides.pane), end.rem_euclid(slides.pane)), (0, 0));
                    prop_assert!(end <= now && before.is_none_or(|before: Timestamp| before.millis() < end));
                    prop_assert!(ends.last().is_none_or(|last| *last < end));
                    ends.push(end);
                } else if let Some(before) = before {
                    prop_assert!((before.millis() + 1..=now).all(|t| t.rem_euclid(slide) != 0));
                }
                before = Some(at(now));
            }
        }
    }
}
