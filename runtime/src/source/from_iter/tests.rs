use super::super::testing::{context, read};
use super::*;

fn part(start: u64, end: u64) -> OffsetRange {
    OffsetRange { partition: 0, start, end }
}

fn open<I>(source: FromIter<I>) -> Arc<dyn Reader<Batch = Rows<I::Item>>>
where
    I: Iterator<Item: Clone + Send + Sync + 'static> + Send + 'static,
{
    source.open(&context().0).expect("it opens")
}

#[test]
fn a_tick_keeps_to_the_limit_and_the_last_one_says_so() {
    let reader = open(from_iter(["a", "b", "c", "d"]).max_records_per_tick(2));
    assert_eq!(
        reader.available(u64::MAX).expect("fine"),
        Offer { ranges: vec![part(0, 2)], caught_up: false, ended: false, waiting: false }
    );
    assert_eq!(
        reader.available(u64::MAX).expect("fine"),
        Offer { ranges: vec![part(2, 4)], caught_up: true, ended: true, waiting: false }
    );
    assert_eq!(
        reader.available(u64::MAX).expect("fine"),
        Offer { ranges: vec![], caught_up: true, ended: true, waiting: false }
    );
    assert_eq!(read(&*reader, part(1, 3), |s| s).expect("fine"), ["b", "c"]);
}

#[test]
fn an_infinite_iterator_is_pulled_as_needed() {
    let (pulled, pulls) = std::sync::mpsc::channel();
    let numbers = (0u64..).inspect(move |n| pulled.send(*n).expect("it is heard"));
    let reader = open(from_iter(numbers).max_records_per_tick(3));
    assert_eq!(pulls.try_iter().count(), 0);
    assert_eq!(reader.available(u64::MAX).expect("fine").ranges, [part(0, 3)]);
    assert_eq!(pulls.try_iter().count(), 4);
    assert_eq!(reader.available(u64::MAX).expect("fine").ranges, [part(3, 6)]);
    assert_eq!(pulls.try_iter().count(), 3);
}

#[test]
fn a_tick_keeps_to_its_bytes_but_has_a_record_at_least() {
    let text = |n: usize| "x".repeat(n);
    let records = [10, 20, 6, 500, 1].map(text);
    let reader = open(from_iter(records).max_bytes_per_tick(3 * 24 + 36));
    let ranges: Vec<_> = (0..3).map(|_| reader.available(u64::MAX).expect("fine").ranges[0]).collect();
    assert_eq!(ranges, [part(0, 3), part(3, 4), part(4, 5)]);
    let lists = [3, 1, 5, 1].map(|n| vec![0u64; n]);
    let reader = open(from_iter(lists).record_bytes(Vec::len).max_bytes_per_tick(4));
    let ranges: Vec<_> = (0..3).map(|_| reader.available(u64::MAX).expect("fine").ranges[0]).collect();
    assert_eq!(ranges, [part(0, 2), part(2, 3), part(3, 4)]);
}

#[test]
fn each_record_is_measured_once_also_one_that_has_to_wait() {
    let (measured, calls) = std::sync::mpsc::channel();
    let bytes = move |n: &usize| {
        measured.send(*n).expect("it is heard");
        *n
    };
    let reader = open(from_iter([3, 2, 9, 1, 4]).record_bytes(bytes).max_bytes_per_tick(4));
    let ranges: Vec<_> = (0..5).map(|_| reader.available(u64::MAX).expect("fine").ranges[0]).collect();
    assert_eq!(ranges, [part(0, 1), part(1, 2), part(2, 3), part(3, 4), part(4, 5)]);
    assert_eq!(calls.try_iter().collect::<Vec<_>>(), [3, 2, 9, 1, 4]);
}

#[test]
fn what_was_pulled_to_be_read_again_counts_too() {
    let reader = open(from_iter(0u64..10).max_bytes_per_tick(24));
    reader.seek(&[(0, 1)].into()).expect("it has as many");
    assert_eq!(read(&*reader, part(1, 7), |n| n).expect("fine"), [1, 2, 3, 4, 5, 6]);
    reader.seek(&[(0, 3)].into()).expect("it has as many");
    let ranges: Vec<_> = (0..3).map(|_| reader.available(u64::MAX).expect("fine").ranges[0]).collect();
    assert_eq!(ranges, [part(3, 6), part(6, 9), part(9, 10)]);
    assert_eq!(read(&*reader, part(4, 9), |n| n).expect("fine"), [4, 5, 6, 7, 8]);
}

#[test]
fn an_empty_iterator_has_ended() {
    let reader = open(from_iter(Vec::<u8>::new()));
    assert_eq!(
        reader.available(u64::MAX).expect("fine"),
        Offer { ranges: vec![], caught_up: true, ended: true, waiting: false }
    );
}

#[test]
fn ranges_are_read_again_in_any_order_until_they_are_released() {
    let reader = open(from_iter(0..10).max_records_per_tick(4));
    let _offers: Vec<_> = (0..3).map(|_| reader.available(u64::MAX).expect("fine")).collect();
    for range in [part(8, 10), part(2, 5), part(0, 4), part(2, 5)] {
        let expected: Vec<i32> = (range.start as i32..range.end as i32).collect();
        assert_eq!(read(&*reader, range, |n| n).expect("fine"), expected);
    }
    reader.release(&[(0, 4)].into());
    assert_eq!(read(&*reader, part(4, 5), |n| n).expect("fine"), [4]);
    let gone = reader.read(part(3, 5), &mut |_| Ok(())).expect_err("it is gone").to_string();
    assert_eq!(gone, "records before 4 are gone, but 3 was to be read");
}

#[test]
fn after_a_restart_it_skips_what_was_read_and_reads_logged_ticks_again() {
    let reader = open(from_iter(0..10).max_records_per_tick(4));
    reader.seek(&[(0, 3)].into()).expect("it has as many");
    assert_eq!(read(&*reader, part(3, 6), |n| n).expect("fine"), [3, 4, 5]);
    reader.seek(&[(0, 6)].into()).expect("it has as many");
    assert_eq!(reader.available(u64::MAX).expect("fine").ranges, [part(6, 10)]);
    assert_eq!(read(&*reader, part(3, 6), |n| n).expect("fine"), [3, 4, 5]);
}

#[test]
fn an_iterator_that_gives_less_than_before_is_an_error_that_says_why() {
    let error = open(from_iter(0..2)).seek(&[(0, 3)].into()).expect_err("it is too short").to_string();
    assert!(error.contains("ended after 2 records, but record 3 was read before the restart"), "{error}");
}
