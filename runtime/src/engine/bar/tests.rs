//! The bar by itself, and on a driver that is stepped by hand.

use std::io::{self, Write};
use std::sync::Arc;

use super::{Bar, CLEAR, duration};
use crate::clock::{Clock, ManualClock, Timestamp, millis};
use crate::engine::control::Control;
use crate::engine::local::driver::{Driver, Executor, Step};
use crate::engine::local::schedule::Task;
use crate::engine::{Settings, Trigger, run};
use crate::pipeline::Pipeline;
use crate::prelude::*;
use crate::source::Total;
use crate::sync::Mutex;

/// What a terminal is given.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    fn bar(&self, totals: &[Option<Total>], shares_terminal: bool) -> Option<Bar> {
        let start = Timestamp::from_millis(1000);
        Bar::new(Box::new(self.clone()), Some("WordCount"), totals.to_vec(), start, shares_terminal)
    }

    /// What came since the last call.
    fn shown(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap()
    }
}

fn line(text: &str) -> String {
    format!("\r\x1b[K\x1b[?7l{text}\x1b[?7h\r")
}

fn after(millis: i64) -> Timestamp {
    Timestamp::from_millis(1000 + millis)
}

#[test]
fn it_shows_percent_amount_rate_time_left_and_ticks() {
    let screen = Screen::default();
    let mut bar = screen.bar(&[Some(Total::Bytes(1_500_000)), Some(Total::Bytes(500_000))], false).unwrap();
    bar.committed(&[500_000, 0], after(1000));
    let text = "WordCount  25% [=====>              ]  3 s left, 500 kB/s, 500 kB of 2.0 MB, 1 tick";
    assert_eq!(screen.shown(), line(text));
    bar.committed(&[1_000_000, 500_000], after(2000));
    let text = "WordCount 100% [====================]  0 s left, 1.0 MB/s, 2.0 MB of 2.0 MB, 2 ticks";
    assert_eq!(screen.shown(), line(text));
}

#[test]
fn of_bytes_and_records_what_is_less_far_counts() {
    let screen = Screen::default();
    let mut bar = screen.bar(&[Some(Total::Bytes(1000)), Some(Total::Records(40_000))], false).unwrap();
    bar.committed(&[1000, 10_000], after(100_000));
    let text = "WordCount  25% [=====>              ]  5 min 0 s left, 10 B/s, 1.0 kB of 1.0 kB, \
                100 records/s, 10.0 k of 40.0 k records, 1 tick";
    assert_eq!(screen.shown(), line(text));
}

#[test]
fn a_short_run_shows_nothing_and_a_fast_one_ten_lines_a_second() {
    let screen = Screen::default();
    let mut bar = screen.bar(&[Some(Total::Records(10_000))], false).unwrap();
    (1..500).for_each(|millis| bar.committed(&[1], after(millis)));
    assert_eq!(screen.shown(), "");
    (500..1500).for_each(|millis| bar.committed(&[1], after(millis)));
    assert_eq!(screen.shown().matches(" of ").count(), 10);
}

#[test]
fn it_makes_way_for_outputs_on_its_terminal_comes_back_and_is_gone_at_the_end() {
    let screen = Screen::default();
    let mut bar = screen.bar(&[Some(Total::Records(10))], true).unwrap();
    bar.make_way();
    assert_eq!(screen.shown(), "", "nothing is there to clear");
    bar.committed(&[1], after(600));
    assert!(screen.shown().ends_with("1 tick\x1b[?7h\r"));
    bar.make_way();
    assert_eq!(screen.shown(), CLEAR);
    bar.committed(&[1], after(601));
    assert!(screen.shown().ends_with("2 ticks\x1b[?7h\r"));
    drop(bar);
    assert_eq!(screen.shown(), CLEAR);
}

#[test]
fn it_stays_while_outputs_go_elsewhere() {
    let screen = Screen::default();
    let mut bar = screen.bar(&[Some(Total::Records(10))], false).unwrap();
    bar.committed(&[1], after(600));
    screen.shown();
    bar.make_way();
    bar.committed(&[1], after(601));
    assert_eq!(screen.shown(), "");
}

#[test]
fn where_a_source_has_no_total_there_is_none() {
    let screen = Screen::default();
    assert!(screen.bar(&[Some(Total::Records(10)), None], false).is_none());
    assert!(screen.bar(&[Some(Total::Bytes(0))], false).is_none());
    assert!(screen.bar(&[], false).is_none());
}

#[test]
fn times_are_short() {
    let times = [0.0, 0.2, 59.5, 61.0, 3599.0, 7384.0].map(duration);
    assert_eq!(times, ["0 s", "1 s", "1 min 0 s", "1 min 1 s", "59 min 59 s", "2 h 3 min"]);
}

struct Here(Vec<Task>);

impl Executor for Here {
    fn submit(&mut self, tasks: Vec<Task>) {
        self.0.extend(tasks);
    }
}

/// What the sources say they have, and what is on the screen when each tick, of which there is one a second, has gone.
fn watched(pipeline: Pipeline<'_>, shares_terminal: bool) -> (Vec<Option<Total>>, Vec<String>) {
    let clock = Arc::new(ManualClock::default());
    let settings =
        Settings { clock: clock.clone(), trigger: Trigger::Interval(millis(1000)), ..Settings::default() };
    let runtime = run::io_runtime().unwrap();
    let control = Arc::new(Control::default());
    let mut driver = Driver::open(
        pipeline,
        &settings,
        &control,
        Some(runtime.handle()),
        crate::engine::local::recovery::Found::default(),
    )
    .unwrap();
    let totals = driver.planner.intake.totals();
    let screen = Screen::default();
    let out = Box::new(screen.clone());
    driver.bar = Bar::new(out, None, totals.clone(), clock.now(), shares_terminal);
    let mut pool = Here(Vec::new());
    let mut seen = Vec::new();
    let mut look = || {
        let text = String::from_utf8(std::mem::take(&mut *screen.0.lock().unwrap())).unwrap();
        seen.push(
            text.replace("\x1b[?7l", "").replace("\x1b[?7h", "").replace("\r\x1b[K", "<").replace('\r', ">"),
        );
    };
    loop {
        clock.advance(millis(1000));
        let mut step = Step::Again;
        while step == Step::Again {
            step = driver.step(&mut pool);
            while let Some(task) = pool.0.pop() {
                pool.0.extend(driver.core.execute(task).0);
                step = Step::Again;
            }
        }
        look();
        if step == Step::Done {
            break;
        }
    }
    driver.end().0.unwrap();
    look();
    (totals, seen)
}

#[test]
fn it_counts_what_committed_ticks_have_read() {
    let (totals, seen) = watched(
        stream! {
            let numbers = source(from_iter(0..40u64).max_records_per_tick(10));
            numbers.sink(MemorySink::new());
        },
        false,
    );
    assert_eq!(totals, [Some(Total::Records(40))]);
    assert_eq!(
        seen,
        [
            "< 25% [=====>              ]  3 s left, 10 records/s, 10 of 40 records, 1 tick>",
            "< 50% [==========>         ]  2 s left, 10 records/s, 20 of 40 records, 2 ticks>",
            "< 75% [===============>    ]  1 s left, 10 records/s, 30 of 40 records, 3 ticks>",
            "<100% [====================]  0 s left, 10 records/s, 40 of 40 records, 4 ticks>",
            "<",
        ]
    );
}

#[test]
fn an_output_on_its_terminal_finds_the_line_cleared() {
    let mut given = 0;
    let (_, seen) = watched(
        stream! {
            let numbers = source(queue([vec![1], vec![2, 3]]));
            numbers.for_each(|_| given += 1);
        },
        true,
    );
    assert_eq!(given, 3);
    assert_eq!(seen.len(), 3);
    assert!(seen[0].starts_with("< 33% "), "{seen:?}");
    assert!(seen[1].starts_with("<<100% "), "it was cleared, then drawn again: {seen:?}");
    assert_eq!(seen[2], "<");
}

#[test]
fn totals_are_known_where_they_can_be() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "one\ntwo\n").unwrap();
    std::fs::write(folder.path().join("b.txt"), "three\n").unwrap();
    let (totals, _) = watched(
        stream! {
            source(text_files(folder.path().join("*.txt"))).count().print();
            source(queue([vec![1, 2], vec![], vec![3]])).count().print();
            source(from_iter((0..9).filter(|n| n % 2 == 0))).count().print();
            source(merge([from_iter(0..5), from_iter(0..3)])).count().print();
        },
        false,
    );
    assert_eq!(totals, [Some(Total::Bytes(14)), Some(Total::Records(4)), None, Some(Total::Records(8))]);
}
