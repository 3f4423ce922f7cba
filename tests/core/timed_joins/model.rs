//! What joins give, by looking at all pairs of records.

use millstream::Window;
use proptest::collection::vec;
use proptest::prelude::*;

/// A key, a time, and a value that is like no other.
pub type Record = (u8, i64, u32);
pub type Ticks = Vec<Vec<Record>>;

/// A row of any join.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Out {
    join: &'static str,
    key: String,
    left: Option<u32>,
    right: Option<u32>,
    window: Option<(i64, i64)>,
}

impl Out {
    pub fn of(join: &'static str, key: String, left: Option<u32>, right: Option<u32>) -> Out {
        Out { join, key, left, right, window: None }
    }

    pub fn at(self, window: Window) -> Out {
        Out { window: Some((window.start.millis(), window.end.millis())), ..self }
    }
}

/// Ticks of records that are more and less out of order, some of them late.
fn ticks(first: u32) -> impl Strategy<Value = Ticks> {
    let tick = prop_oneof![1 => Just(Vec::new()), 3 => vec((0u8..3, 0i64..30), 0..8)];
    (vec(tick, 0..8), 0i64..12).prop_map(move |(ticks, step)| {
        let mut value = first;
        let numbered = |(tick, records): (usize, Vec<(u8, i64)>)| {
            let record = |(key, time): (u8, i64)| {
                value += 1;
                (key, time + step * tick as i64, value)
            };
            records.into_iter().map(record).collect()
        };
        ticks.into_iter().enumerate().map(numbered).collect()
    })
}

/// Two streams with an event time each: their ticks and bounds.
pub fn two() -> impl Strategy<Value = [(Ticks, u64); 2]> {
    [(ticks(0), 0u64..15), (ticks(1000), 0u64..15)].prop_map(|sides| sides)
}

/// What each tick is judged by, the last one being that of the end of input; `i64::MIN`: nothing is known.
fn watermarks(sides: [(&Ticks, u64); 2]) -> Vec<i64> {
    let length = sides.iter().map(|(ticks, _)| ticks.len()).max().unwrap_or(0);
    let of_side = |(ticks, bound): (&Ticks, u64)| {
        let mut latest: Option<i64> = None;
        let of_tick = move |tick: usize| {
            let watermark = latest.map_or(i64::MIN, |latest| (latest - bound as i64).max(0));
            let times = ticks.get(tick).into_iter().flatten().map(|(_, time, _)| *time);
            latest = latest.into_iter().chain(times).max();
            watermark
        };
        (0..length).map(of_tick).collect::<Vec<_>>()
    };
    let [left, right] = sides.map(of_side);
    left.into_iter().zip(right).map(|(left, right)| left.min(right)).chain([i64::MAX]).collect()
}

/// The records that are not late, each with its tick.
fn in_time(ticks: &Ticks, is_late: impl Fn(i64, usize) -> bool) -> Vec<(usize, Record)> {
    let all = ticks
        .iter()
        .enumerate()
        .flat_map(|(tick, records)| records.iter().map(move |record| (tick, *record)));
    all.filter(|(tick, (_, time, _))| !is_late(*time, *tick)).collect()
}

/// The rows of each tick, sorted.
struct Rows(Vec<Vec<Out>>);

impl Rows {
    fn of(ticks: usize) -> Rows {
        Rows(vec![Vec::new(); ticks])
    }

    fn add(
        &mut self,
        tick: usize,
        join: &'static str,
        key: u8,
        values: [Option<u32>; 2],
        window: Option<(i64, i64)>,
    ) {
        let [left, right] = values;
        self.0[tick].push(Out { join, key: super::name(key), left, right, window });
    }

    /// All that one place (a window, or time) has: `met` are the matches, with the ticks that they leave in; `lone_left` and
    /// `lone_right` the records without any, each with the tick that it leaves in.
    fn place(
        &mut self,
        window: Option<(i64, i64)>,
        met: &[(usize, Record, Record)],
        lone_left: &[(usize, Record)],
        lone_right: &[(usize, Record)],
    ) {
        for (tick, left, right) in met {
            for join in ["inner", "left", "right", "full"] {
                self.add(*tick, join, left.0, [Some(left.2), Some(right.2)], window);
            }
            let is_first = |other: &(usize, Record, Record)| other.1.2 != left.2 || *tick <= other.0;
            let earlier_of_tick = |other: &&(usize, Record, Record)| other.1.2 == left.2 && other.0 == *tick;
            let is_one = met.iter().find(earlier_of_tick).is_some_and(|first| first.2.2 == right.2);
            if met.iter().all(is_first) && is_one {
                self.add(*tick, "semi", left.0, [Some(left.2), None], window);
            }
        }
        for join in ["left", "full"] {
            lone_left
                .iter()
                .for_each(|(tick, left)| self.add(*tick, join, left.0, [Some(left.2), None], window));
        }
        for join in ["right", "full"] {
            lone_right
                .iter()
                .for_each(|(tick, right)| self.add(*tick, join, right.0, [None, Some(right.2)], window));
        }
    }

    fn sorted(mut self) -> Vec<Vec<Out>> {
        self.0.iter_mut().for_each(|tick| tick.sort());
        self.0
    }
}

/// Those without a match, with the first tick from theirs on that lets them go.
fn lone(
    side: &[(usize, Record)],
    is_met: impl Fn(u32) -> bool,
    goes: impl Fn(i64, usize) -> bool,
    ticks: usize,
) -> Vec<(usize, Record)> {
    let alone = side.iter().filter(|(_, (_, _, value))| !is_met(*value));
    alone
        .map(|(tick, record)| {
            let leaves = (*tick..ticks).find(|t| goes(record.1, *t)).expect("in the end all leave");
            (leaves, *record)
        })
        .collect()
}

fn pairs(
    left: &[(usize, Record)],
    right: &[(usize, Record)],
    even: bool,
    meet: impl Fn(i64, i64, usize) -> bool,
) -> Vec<(usize, Record, Record)> {
    let of_left = |(i, l): &(usize, Record)| {
        let (i, l) = (*i, *l);
        let matches =
            right.iter().filter(move |(_, r)| l.0 == r.0 && (!even || (l.2 + r.2).is_multiple_of(2)));
        let matches = matches.map(move |(j, r)| (i.max(*j), l, *r));
        matches.filter(|(tick, l, r)| meet(l.1, r.1, *tick)).collect::<Vec<_>>()
    };
    left.iter().flat_map(of_left).collect()
}

pub fn by_interval(
    left: &Ticks,
    right: &Ticks,
    [bound, other]: [u64; 2],
    (from, to): (i64, i64),
    even: bool,
) -> Vec<Vec<Out>> {
    let watermarks = watermarks([(left, bound), (right, other)]);
    let is_late = |time: i64, tick: usize| watermarks[tick] > 0 && time <= watermarks[tick];
    let (left, right) = (in_time(left, is_late), in_time(right, is_late));
    let met = pairs(&left, &right, even, |l, r, _| (from..=to).contains(&(r - l)));
    let ticks = watermarks.len();
    let is_met = |value: u32| met.iter().any(|(_, l, r)| l.2 == value || r.2 == value);
    let lone_left = lone(&left, is_met, |time, tick| watermarks[tick] > time + to, ticks);
    let lone_right = lone(&right, is_met, |time, tick| watermarks[tick] > time - from, ticks);
    let mut rows = Rows::of(ticks);
    rows.place(None, &met, &lone_left, &lone_right);
    rows.sorted()
}

pub fn by_window(
    left: &Ticks,
    right: &Ticks,
    [bound, other]: [u64; 2],
    (length, slide): (i64, i64),
    lateness: i64,
    even: bool,
) -> Vec<Vec<Out>> {
    let floors: Vec<i64> = watermarks([(left, bound), (right, other)])
        .into_iter()
        .map(|watermark| if watermark == i64::MAX { watermark } else { watermark.saturating_sub(lateness) })
        .collect();
    let mut rows = Rows::of(floors.len());
    for start in (-12..150).filter(|start| start % slide == 0) {
        let (window, end) = (start..start + length, start + length);
        // In this window a record is as if it were late, once the window is closed.
        let is_out = |time: i64, tick: usize| !window.contains(&time) || end <= floors[tick];
        let (left, right) = (in_time(left, is_out), in_time(right, is_out));
        let met = pairs(&left, &right, even, |_, _, _| true);
        let is_met = |value: u32| met.iter().any(|(_, l, r)| l.2 == value || r.2 == value);
        let closes = |_: i64, tick: usize| end <= floors[tick];
        let [lone_left, lone_right] = [&left, &right].map(|side| lone(side, is_met, closes, floors.len()));
        rows.place(Some((start, end)), &met, &lone_left, &lone_right);
    }
    rows.sorted()
}
