use std::sync::Arc;

use super::super::testing::{Driver, context, read};
use super::*;
use crate::clock::secs;

type Rated = dyn Reader<Batch = Rows<(Timestamp, u64)>>;

fn open(rate: Rate) -> (Arc<Rated>, Driver) {
    let (cx, driver) = context();
    (rate.open(&cx).expect("it opens"), driver)
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// The rows that a tick at this time gets.
fn rows(reader: &Rated, millis: i64) -> Vec<(i64, u64)> {
    reader.at(at(millis));
    let ranges = reader.available(u64::MAX).expect("fine").ranges;
    ranges
        .into_iter()
        .flat_map(|range| read(reader, range, |(time, n)| (time.millis(), n)).expect("fine"))
        .collect()
}

#[test]
fn a_tick_has_the_rows_before_its_batch_time() {
    let (reader, driver) = open(rate(4));
    driver.clock.set(at(900_000)); // which it does not look at
    assert_eq!(rows(&*reader, 500), [(0, 0), (250, 1)]);
    assert_eq!(rows(&*reader, 501), [(500, 2)]);
    assert_eq!(rows(&*reader, 750), []);
    assert_eq!(rows(&*reader, 1250), [(750, 3), (1000, 4)]);
}

#[test]
fn the_start_is_the_second_in_which_it_was_opened() {
    let (cx, driver) = context();
    driver.clock.set(at(7_999));
    let reader = rate(2).open(&cx).expect("it opens");
    assert_eq!(rows(&*reader, 8_000), [(7_000, 0), (7_500, 1)]);
}

#[test]
fn a_backlog_is_cut_and_nothing_is_left_out() {
    let (reader, _driver) = open(rate(10).max_records_per_tick(4));
    reader.at(at(1000));
    let offers: Vec<_> = (0..4).map(|_| reader.available(u64::MAX).expect("fine")).collect();
    let ends: Vec<_> = offers.iter().map(|o| (o.ranges.first().map(|r| r.end), o.caught_up)).collect();
    assert_eq!(ends, [(Some(4), false), (Some(8), false), (Some(10), true), (None, true)]);
    reader.at(at(2000));
    assert_eq!(reader.available(1).expect("fine").ranges[0].len(), 1);
}

#[test]
fn after_a_restart_the_rows_keep_their_times() {
    let (before, _driver) = open(rate(4));
    before.at(at(1000));
    let range = before.available(u64::MAX).expect("fine").ranges[0];
    let (cx, driver) = context();
    driver.clock.set(at(60_500));
    let after = rate(4).open(&cx).expect("it opens");
    after.seek(&[(range.partition, range.end)].into()).expect("it knows its start");
    let again = read(&*after, range, |row| row).expect("fine");
    assert_eq!(again, read(&*before, range, |row| row).expect("fine"));
    assert_eq!(rows(&*after, 1500), [(1000, 4), (1250, 5)]);
}

#[test]
fn it_says_when_the_next_row_is_due() {
    let (slow, _driver) = open(rate(2));
    assert_eq!(slow.due(), Some(at(1)));
    assert_eq!(rows(&*slow, 1).len(), 1);
    assert_eq!(slow.due(), Some(at(501)));
}

#[test]
fn eager_it_pauses_when_it_has_caught_up_and_not_before() {
    let (mut cx, _driver) = context();
    cx.trigger = Trigger::Eager;
    let fast = rate(1_000_000).max_records_per_tick(1500).open(&cx).expect("it opens");
    assert_eq!(rows(&*fast, 1).len(), 1000);
    assert_eq!(fast.due(), Some(at(11)));
    assert_eq!(rows(&*fast, 10), []);
    assert_eq!(fast.due(), Some(at(11)));
    assert_eq!([11, 11, 12].map(|time| rows(&*fast, time).len()), [1500, 1500, 1500]);
}

#[test]
fn it_ends_after_as_many_rows_as_were_wanted() {
    let (reader, _driver) = open(rate(10).end_after(12));
    assert_eq!(rows(&*reader, 1000).len(), 10);
    reader.at(at(9000));
    let last = reader.available(u64::MAX).expect("fine");
    assert_eq!((last.ranges[0].end, last.caught_up, last.ended), (12, true, true));
    assert_eq!(reader.due(), None);
}

#[test]
fn frozen_it_gives_the_rows_up_to_now() {
    let (reader, driver) = open(rate(10));
    driver.clock.advance(secs(2));
    reader.freeze();
    assert_eq!(rows(&*reader, 5000).len(), 20);
    assert_eq!((rows(&*reader, 6000).len(), reader.due()), (0, None));
}

#[test]
fn a_rate_of_zero_and_a_clock_out_of_reach_are_errors() {
    let (cx, driver) = context();
    let error = rate(0).open(&cx).err().expect("it is refused").to_string();
    assert_eq!(error, "`rate(0)` would never give a row: it needs at least 1 row a second");
    driver.clock.set(at(i64::MAX));
    assert!(rate(1).open(&cx).err().expect("it is refused").to_string().contains("between 1970 and 2106"));
}

#[test]
fn it_says_what_it_is() {
    assert_eq!(rate(10).info().to_string(), "rate(10 rows/s)");
    assert_eq!(rate(10).ramp_up(secs(3)).info().to_string(), "rate(10 rows/s after 3s)");
}
