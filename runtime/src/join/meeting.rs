//! Which records of two sides meet, and until when one waits for others: by an interval, or by windows.

use std::time::Duration;

use super::Interval;
use crate::batch::Data;
use crate::clock::Timestamp;
use crate::event_time::{Fixed, Window};
use crate::state::StateData;

/// One of the two streams of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Which records meet.
///
/// A record is kept by its *place*: a point in time. What follows from a place is said in watermarks: at this one something is
/// to be done, or has been.
///
/// # Contract
/// - What [`partners`](Meeting::partners) and [`begins`](Meeting::begins) and [`drops`](Meeting::drops) say never goes back as places go on.
/// - A record that is not late meets none that is dropped.
pub(crate) trait Meeting: Send + Sync + 'static {
    /// When two records met: a time, or a window.
    type At: Copy;
    /// What is known of a record's matches.
    type Mark: StateData + Default;
    /// A result.
    type Row<K: Data, R: Data>: Data;

    fn place(&self, time: Timestamp) -> i64;
    fn is_late(&self, time: Timestamp, watermark: Timestamp) -> bool;
    /// The first and the last place of the other side's records that a record of this side meets.
    fn partners(&self, side: Side, place: i64) -> (i64, i64);
    /// Where a left and a right record meet that do; of windows only those that `watermark` has not passed.
    fn meet(&self, left: i64, right: i64, watermark: Timestamp, each: impl FnMut(Self::At));

    /// A record at `own` has a match at `other`.
    fn mark(mark: &mut Self::Mark, own: i64, other: i64);
    /// Whether a record has a match there.
    fn is_marked(&self, mark: &Self::Mark, at: Self::At) -> bool;
    /// Whether it has one wherever it could.
    fn is_done(mark: &Self::Mark, own: i64) -> bool;

    /// The first watermark at which a record without a match leaves.
    fn begins(&self, side: Side, place: i64) -> Timestamp;
    /// The first one behind `passed`.
    fn next(&self, side: Side, place: i64, passed: Timestamp) -> Timestamp;
    /// The one at which a record is dropped; [`Timestamp::MAX`]: never.
    fn drops(&self, side: Side, place: i64) -> Timestamp;
    /// Where a record leaves without a match, as the watermark goes from before `since` to `due`.
    fn lone(
        &self,
        side: Side,
        place: i64,
        mark: &Self::Mark,
        since: Timestamp,
        due: Timestamp,
        each: impl FnMut(Self::At),
    );

    fn row<K: Data, R: Data>(at: Self::At, key: K, value: R) -> Self::Row<K, R>;
}

/// Records meet whose times are no further apart. A place is a record's time.
pub(crate) struct ByInterval(pub Interval);

impl Meeting for ByInterval {
    /// The later one's time.
    type At = Timestamp;
    type Mark = bool;
    type Row<K: Data, R: Data> = (Timestamp, (K, R));

    fn place(&self, time: Timestamp) -> i64 {
        time.millis()
    }

    fn is_late(&self, time: Timestamp, watermark: Timestamp) -> bool {
        is_late(time, watermark)
    }

    fn partners(&self, side: Side, place: i64) -> (i64, i64) {
        match side {
            Side::Left => self.0.of_left(place),
            Side::Right => self.0.of_right(place),
        }
    }

    fn meet(&self, left: i64, right: i64, _: Timestamp, mut each: impl FnMut(Timestamp)) {
        each(Timestamp::from_millis(left.max(right)));
    }

    fn mark(mark: &mut bool, _: i64, _: i64) {
        *mark = true;
    }

    fn is_marked(&self, mark: &bool, _: Timestamp) -> bool {
        *mark
    }

    fn is_done(mark: &bool, _: i64) -> bool {
        *mark
    }

    fn begins(&self, side: Side, place: i64) -> Timestamp {
        self.drops(side, place)
    }

    fn next(&self, side: Side, place: i64, _: Timestamp) -> Timestamp {
        self.drops(side, place)
    }

    /// When the watermark is behind the last time at which another could meet it.
    fn drops(&self, side: Side, place: i64) -> Timestamp {
        Timestamp::from_millis(self.partners(side, place).1.saturating_add(1))
    }

    fn lone(
        &self,
        side: Side,
        place: i64,
        mark: &bool,
        _: Timestamp,
        due: Timestamp,
        mut each: impl FnMut(Timestamp),
    ) {
        if !mark && self.drops(side, place) <= due {
            each(Timestamp::from_millis(place));
        }
    }

    fn row<K: Data, R: Data>(at: Timestamp, key: K, value: R) -> (Timestamp, (K, R)) {
        (at, (key, value))
    }
}

/// Whether a record of this time comes too late. (The least watermark there is only says that there is data.)
fn is_late(time: Timestamp, watermark: Timestamp) -> bool {
    time <= watermark && watermark.millis() > 0
}

/// The matches of a record that are nearest, as places: at or before its own, and at or behind it. A window with a match holds one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Nearest {
    before: Option<i64>,
    behind: Option<i64>,
}

/// Records meet that are in one window, in each that they are both in. A place is the start of a pane.
pub(crate) struct ByWindow {
    pub windows: Fixed,
    pub lateness: Duration,
}

impl ByWindow {
    /// Windows that end by then are closed at a watermark.
    fn floor(&self, watermark: Timestamp) -> i64 {
        watermark.minus(self.lateness).millis()
    }

    /// The watermark at which the window from `start` on is closed.
    fn closes(&self, start: i64) -> Timestamp {
        Timestamp::from_millis(self.windows.end(start)).plus(self.lateness)
    }

    fn windows(&self, first: i64, last: i64, mut each: impl FnMut(Window)) {
        let mut start = first;
        while start <= last {
            each(self.windows.window(start));
            start = self.windows.next(start);
        }
    }
}

impl Meeting for ByWindow {
    type At = Window;
    type Mark = Nearest;
    type Row<K: Data, R: Data> = (Window, K, R);

    fn place(&self, time: Timestamp) -> i64 {
        self.windows.pane(time.millis())
    }

    fn is_late(&self, time: Timestamp, watermark: Timestamp) -> bool {
        self.windows.last_end(time.millis()) <= self.floor(watermark)
    }

    fn partners(&self, _: Side, place: i64) -> (i64, i64) {
        let (first, last) = self.windows.starts(place);
        (first, self.windows.end(last).saturating_sub(1))
    }

    fn meet(&self, left: i64, right: i64, watermark: Timestamp, each: impl FnMut(Window)) {
        let (first, last) = self.windows.starts(left.max(right));
        let last = last.min(self.windows.starts(left.min(right)).1);
        self.windows(first.max(self.windows.first_behind(self.floor(watermark))), last, each);
    }

    fn mark(mark: &mut Nearest, own: i64, other: i64) {
        if other <= own {
            mark.before = mark.before.max(Some(other));
        }
        if other >= own {
            mark.behind = Some(mark.behind.map_or(other, |behind| behind.min(other)));
        }
    }

    fn is_marked(&self, mark: &Nearest, at: Window) -> bool {
        let (start, end) = (at.start.millis(), at.end.millis());
        mark.before.is_some_and(|place| place >= start) || mark.behind.is_some_and(|place| place < end)
    }

    fn is_done(mark: &Nearest, own: i64) -> bool {
        mark.before == Some(own)
    }

    fn begins(&self, _: Side, place: i64) -> Timestamp {
        self.closes(self.windows.starts(place).0)
    }

    fn next(&self, _: Side, place: i64, passed: Timestamp) -> Timestamp {
        let (first, last) = self.windows.starts(place);
        self.closes(first.max(self.windows.first_behind(self.floor(passed))).min(last))
    }

    fn drops(&self, _: Side, place: i64) -> Timestamp {
        self.closes(self.windows.starts(place).1)
    }

    fn lone(
        &self,
        _: Side,
        place: i64,
        mark: &Nearest,
        since: Timestamp,
        due: Timestamp,
        mut each: impl FnMut(Window),
    ) {
        let (first, last) = self.windows.starts(place);
        let before = self.windows.first_behind(self.floor(since).saturating_sub(1));
        let mut start = first.max(before);
        while start <= last && self.closes(start) <= due {
            let window = self.windows.window(start);
            if !self.is_marked(mark, window) {
                each(window);
            }
            start = self.windows.next(start);
        }
    }

    fn row<K: Data, R: Data>(at: Window, key: K, value: R) -> (Window, K, R) {
        (at, key, value)
    }
}
