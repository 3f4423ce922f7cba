use super::super::testing::{context, read};
use super::*;

fn part(start: u64, end: u64) -> OffsetRange {
    OffsetRange { partition: 0, start, end }
}

fn open<T: Clone + Send + Sync + 'static>(source: Queue<T>) -> Arc<dyn Reader<Batch = Rows<T>>> {
    source.open(&context().0).expect("it opens")
}

#[test]
fn each_element_is_an_offer() {
    let reader = open(queue([vec!["a b a", "c"], vec!["b"]]));
    let first = reader.available(u64::MAX).expect("fine");
    assert_eq!(first, Offer { ranges: vec![part(0, 2)], caught_up: false, ended: false, waiting: false });
    let second = reader.available(u64::MAX).expect("fine");
    assert_eq!(second, Offer { ranges: vec![part(2, 3)], caught_up: true, ended: true, waiting: false });
    assert_eq!(read(&*reader, part(0, 2), str::len).expect("fine"), [5, 1]);
    assert_eq!(read(&*reader, part(2, 3), str::len).expect("fine"), [1]);
    assert_eq!(
        reader.available(u64::MAX).expect("fine"),
        Offer { ranges: vec![], caught_up: true, ended: true, waiting: false }
    );
}

#[test]
fn an_empty_element_is_an_offer_without_records() {
    let reader = open(queue([vec![], vec![7], vec![]]));
    let offers: Vec<Offer> = (0..3).map(|_| reader.available(u64::MAX).expect("fine")).collect();
    assert_eq!(
        offers,
        [
            Offer { ranges: vec![part(0, 1)], caught_up: false, ended: false, waiting: false },
            Offer { ranges: vec![part(1, 2)], caught_up: false, ended: false, waiting: false },
            Offer { ranges: vec![part(2, 3)], caught_up: true, ended: true, waiting: false },
        ]
    );
    let records: Vec<_> = offers.iter().map(|o| read(&*reader, o.ranges[0], |n| n).expect("fine")).collect();
    assert_eq!(records, [vec![], vec![7], vec![]]);
}

#[test]
fn a_queue_without_elements_has_ended() {
    let reader = open(queue(Vec::<Vec<u8>>::new()));
    assert_eq!(
        reader.available(u64::MAX).expect("fine"),
        Offer { ranges: vec![], caught_up: true, ended: true, waiting: false }
    );
}

#[test]
fn any_range_can_be_read_again_in_any_order() {
    let reader = open(queue([vec![0, 1, 2], vec![], vec![3, 4]]));
    for (range, records) in
        [(part(1, 2), vec![1]), (part(5, 6), vec![4]), (part(2, 5), vec![2, 3]), (part(1, 2), vec![1])]
    {
        assert_eq!(read(&*reader, range, |n| n).expect("fine"), records);
    }
    assert!(reader.read(part(5, 7), &mut |_| Ok(())).is_err());
}

#[test]
fn it_goes_on_where_seek_says_also_within_an_element_and_behind_an_empty_one() {
    for (position, next) in [(1, part(1, 3)), (3, part(3, 4)), (4, part(4, 6))] {
        let reader = open(queue([vec![0, 1, 2], vec![], vec![3, 4]]));
        reader.seek(&[(0, position)].into()).expect("it is there");
        assert_eq!(reader.available(u64::MAX).expect("fine").ranges, [next]);
    }
    assert!(open(queue([vec![0]])).seek(&[(0, 2)].into()).is_err());
}

#[test]
fn all_at_once_what_is_left_is_one_offer() {
    let reader = open(queue([vec![1, 2], vec![], vec![3]]).one_at_a_time(false));
    let all = Offer { ranges: vec![part(0, 4)], caught_up: true, ended: true, waiting: false };
    assert_eq!(reader.available(1).expect("fine"), all);
    assert_eq!(read(&*reader, part(0, 4), |n| n).expect("fine"), [1, 2, 3]);
}

#[test]
fn a_fed_queue_goes_on_until_its_last_sender_is_dropped() {
    let source = queue([vec![1]]);
    let sender = source.sender();
    assert_eq!((source.info().to_string().as_str(), source.info().replayable), ("queue(fed)", false));
    let (cx, driver) = context();
    let reader = source.open(&cx).expect("it opens");
    let offer = |start, end| Offer { ranges: vec![part(start, end)], caught_up: true, ..Offer::default() };
    let nothing = Offer { caught_up: true, ..Offer::default() };
    assert_eq!(reader.available(u64::MAX).expect("fine"), offer(0, 1));
    assert_eq!(reader.available(u64::MAX).expect("fine"), nothing);
    let other = sender.clone();
    let thread = std::thread::spawn(move || other.push([2, 3]).expect("it is read"));
    driver.wait();
    assert_eq!(reader.available(u64::MAX).expect("fine"), offer(1, 3));
    thread.join().expect("it pushed");
    reader.release(&[(0, 3)].into());
    assert!(reader.read(part(1, 3), &mut |_| Ok(())).is_err());
    sender.push([4]).expect("it is read");
    drop(sender);
    driver.wait();
    assert_eq!(reader.available(u64::MAX).expect("fine"), Offer { ended: true, ..offer(3, 4) });
    assert_eq!(read(&*reader, part(3, 4), |n| n).expect("fine"), [4]);
}

#[test]
fn a_frozen_queue_offers_what_was_there_and_a_closed_one_takes_nothing() {
    let source = queue([vec![1]]);
    let sender = source.sender();
    let reader = open(source);
    sender.push([2]).expect("it is read");
    reader.freeze();
    sender.push([3]).expect("it is read");
    let offers: Vec<_> = (0..3).map(|_| reader.available(u64::MAX).expect("fine").ranges).collect();
    assert_eq!(offers, [vec![part(0, 1)], vec![part(1, 2)], vec![]]);
    reader.close();
    let error = sender.push([4]).expect_err("nobody reads it").to_string();
    assert_eq!(error, "the pipeline that read this queue has ended");
}

#[test]
fn a_clone_is_a_queue_of_its_own_without_senders() {
    let source = queue([vec![1]]);
    let sender = source.sender();
    let reader = open(source.clone());
    sender.push([2]).expect("it is read");
    assert!(reader.available(u64::MAX).expect("fine").ended);
}

#[test]
fn an_element_is_cut_into_contiguous_partitions() {
    let reader = open(queue([vec![0, 1, 2, 3, 4], vec![], vec![5, 6]]).partitions(2));
    assert!(reader.a_task_a_range());
    let offers: Vec<_> = (0..3).map(|_| reader.available(u64::MAX).expect("fine").ranges).collect();
    let part = |partition, start, end| OffsetRange { partition, start, end };
    assert_eq!(
        offers,
        [vec![part(0, 0, 2), part(1, 2, 5)], vec![part(1, 5, 6)], vec![part(0, 6, 7), part(1, 7, 8)]]
    );
    let records: Vec<_> =
        offers.iter().flatten().map(|range| read(&*reader, *range, |n| n).expect("fine")).collect();
    assert_eq!(records, [vec![0, 1], vec![2, 3, 4], vec![], vec![5], vec![6]]);
    let reader = open(queue([vec![0], vec![1, 2]]).partitions(3));
    reader.seek(&[(0, 0), (2, 1)].into()).expect("it is there");
    assert_eq!(reader.available(u64::MAX).expect("fine").ranges, [part(1, 1, 2), part(2, 2, 3)]);
}
