use proptest::prelude::*;

use super::super::text::Lines;
use super::super::{Offer, Reader};
use super::*;

fn reader(options: BufferOptions) -> BufferedReader<Lines> {
    let buffer = ByteBuffer::new(Arc::from("the test"), &options, Waker::new(|| ()));
    BufferedReader::new(Arc::new(buffer), options, None)
}

fn part(start: u64, end: u64) -> OffsetRange {
    OffsetRange { partition: 0, start, end }
}

fn offer(start: u64, end: u64) -> Offer {
    Offer { ranges: vec![part(start, end)], caught_up: true, ..Offer::default() }
}

fn nothing() -> Offer {
    Offer { caught_up: true, ..Offer::default() }
}

fn lines(reader: &BufferedReader<Lines>, range: OffsetRange) -> Vec<String> {
    super::super::testing::read(reader, range, str::to_string).expect("it is text")
}

#[test]
fn only_whole_lines_are_offered_until_the_end() {
    let reader = reader(BufferOptions::default());
    assert_eq!(reader.available(u64::MAX).expect("fine"), nothing());
    reader.buffer.push(b"on");
    assert_eq!(reader.available(u64::MAX).expect("fine"), nothing());
    reader.buffer.push(b"e\r");
    reader.buffer.push(b"\ntw");
    assert_eq!(reader.available(u64::MAX).expect("fine"), offer(0, 5));
    assert_eq!(lines(&reader, part(0, 5)), ["one"]);
    reader.buffer.finish();
    assert_eq!(reader.available(u64::MAX).expect("fine"), Offer { ended: true, ..offer(5, 7) });
    assert_eq!(lines(&reader, part(5, 7)), ["tw"]);
    assert_eq!(reader.available(u64::MAX).expect("fine"), Offer { ended: true, ..nothing() });
}

#[test]
fn any_cut_of_a_tick_gives_every_line_once_also_after_release() {
    for max in 1..12 {
        let reader = reader(BufferOptions { max_bytes_per_tick: max, ..BufferOptions::default() });
        reader.buffer.push("ß\n\nthree\r\nlast".as_bytes());
        reader.buffer.finish();
        let mut all = Vec::new();
        loop {
            let offer = reader.available(u64::MAX).expect("fine");
            for range in &offer.ranges {
                all.extend(lines(&reader, *range));
                assert_eq!(lines(&reader, *range), lines(&reader, *range));
                reader.release(&[(0, range.end)].into());
            }
            if offer.ended {
                break;
            }
        }
        assert_eq!(all, ["ß", "", "three", "last"], "{max} bytes a tick");
    }
}

#[test]
fn an_offer_ends_with_a_line_so_that_it_can_be_logged_apart() {
    for max in 1..30 {
        let reader = reader(BufferOptions { max_bytes_per_tick: max, ..BufferOptions::default() });
        for chunk in ["one\ntwo", " and more\n\nth", "ree\nlast"] {
            reader.buffer.push(chunk.as_bytes());
        }
        reader.buffer.finish();
        let mut all = Vec::new();
        loop {
            let offer = reader.available(u64::MAX).expect("fine");
            for range in &offer.ranges {
                let bytes = reader.write_ahead(*range).expect("fine").expect("it can't be read again");
                // All that a restart has of it.
                let again = self::reader(BufferOptions::default());
                again.read_back(*range, bytes).expect("it is its own");
                again.seek(&[(0, range.end)].into()).expect("it is new");
                let got = lines(&again, *range);
                assert_eq!(got, lines(&reader, *range));
                all.extend(got);
            }
            if offer.ended {
                break;
            }
        }
        assert_eq!(all, ["one", "two and more", "", "three", "last"], "{max} bytes a tick");
    }
}

#[test]
fn room_comes_back_with_release_alone() {
    let reader = reader(BufferOptions { buffer_bytes: 8, ..BufferOptions::default() });
    assert_eq!(reader.buffer.room_blocking(), Some(8));
    reader.buffer.push(b"one\ntwo\n");
    reader.available(u64::MAX).expect("fine");
    assert_eq!(lines(&reader, part(0, 8)), ["one", "two"]);
    assert_eq!(reader.buffer.buffered(), 8);
    reader.release(&[(0, 4)].into());
    assert_eq!(reader.buffer.room_blocking(), Some(4));
    reader.release(&[(0, 8)].into());
    assert_eq!(reader.buffer.room_blocking(), Some(8));
    let gone = reader.read(part(0, 4), &mut |_| Ok(())).expect_err("it is released").to_string();
    assert!(gone.contains("are gone"), "{gone}");
}

#[test]
fn memory_is_given_back() {
    let reader = reader(BufferOptions::default());
    reader.buffer.push(&b"0123456\n".repeat(1 << 17));
    reader.available(u64::MAX).expect("fine");
    reader.release(&[(0, 1 << 20)].into());
    assert!(reader.buffer.state().bytes.capacity() <= 2 * CHUNK);
}

#[test]
fn a_line_that_never_ends_is_an_error_and_no_standstill() {
    let small = BufferOptions { buffer_bytes: 8, ..BufferOptions::default() };
    let reader = reader(small);
    reader.buffer.push(b"1234567");
    assert_eq!(reader.available(u64::MAX).expect("it may still end"), nothing());
    reader.buffer.push(b"8");
    let error = reader.available(u64::MAX).expect_err("it can't end").to_string();
    assert!(
        error.contains("the line at offset 0 of the test does not fit into the buffer of 8 bytes"),
        "{error}"
    );
    assert_eq!(reader.buffer.room_blocking(), None);
}

#[test]
fn lines_before_an_overlong_one_are_offered_before_the_error() {
    let mut options = BufferOptions::default();
    options.lines.max_line_bytes = 4;
    let reader = reader(options);
    reader.buffer.push(b"1234\n12");
    reader.buffer.push(b"34\n\nlonger\n");
    assert_eq!(
        reader.available(u64::MAX).expect("these are fine"),
        Offer { caught_up: false, ..offer(0, 11) }
    );
    assert_eq!(lines(&reader, part(0, 11)), ["1234", "1234", ""]);
    let error = reader.available(u64::MAX).expect_err("it is too long").to_string();
    assert!(error.contains("the line at offset 11 of the test is longer than 4 bytes"), "{error}");
}

#[test]
fn frozen_before_the_first_byte_it_waits_for_the_end_of_its_input() {
    let reader = reader(BufferOptions::default());
    reader.freeze();
    assert_eq!(reader.available(u64::MAX).expect("fine"), Offer { waiting: true, ..nothing() });
    reader.buffer.push(b"one\nt");
    assert_eq!(reader.available(u64::MAX).expect("fine"), Offer { waiting: true, ..offer(0, 4) });
    assert_eq!(reader.available(u64::MAX).expect("fine"), Offer { waiting: true, ..nothing() });
    reader.buffer.push(b"wo");
    reader.buffer.finish();
    assert_eq!(reader.available(u64::MAX).expect("fine"), Offer { ended: true, ..offer(4, 7) });
    assert_eq!(reader.available(u64::MAX).expect("fine"), Offer { ended: true, ..nothing() });
}

#[test]
fn frozen_it_still_fails() {
    let reader = reader(BufferOptions::default());
    reader.freeze();
    reader.buffer.push(b"one\n");
    reader.buffer.fail("it broke".to_string());
    assert_eq!(
        reader.available(u64::MAX).expect("fine"),
        Offer { caught_up: false, waiting: true, ..offer(0, 4) }
    );
    assert_eq!(reader.available(u64::MAX).expect_err("it broke").to_string(), "it broke");
}

#[test]
fn offsets_go_on_from_where_an_earlier_run_stopped() {
    let reader = reader(BufferOptions::default());
    reader.buffer.push(b"one\n");
    reader.seek(&[(0, 100)].into()).expect("nothing was read");
    reader.buffer.push(b"two\n");
    assert_eq!(reader.available(u64::MAX).expect("fine"), offer(100, 108));
    assert_eq!(lines(&reader, part(100, 108)), ["one", "two"]);
    assert_eq!(lines(&reader, part(102, 108)), ["two"]);
    assert!(reader.read(part(90, 100), &mut |_| Ok(())).is_err());
    assert!(reader.seek(&[(0, 200)].into()).is_err());
}

#[test]
fn the_waker_is_called_for_whole_lines_the_end_and_errors() {
    let (sender, wakes) = std::sync::mpsc::channel();
    let waker = Waker::new(move || sender.send(()).expect("it is heard"));
    let buffer = ByteBuffer::new(Arc::from("the test"), &BufferOptions::default(), waker);
    buffer.push(b"on");
    assert_eq!(wakes.try_iter().count(), 0);
    buffer.push(b"e\n");
    assert_eq!(wakes.try_iter().count(), 1);
    buffer.finish();
    assert_eq!(wakes.try_iter().count(), 1);
    buffer.fail("it broke".to_string());
    assert_eq!(wakes.try_iter().count(), 1);
}

proptest! {
    #[test]
    fn a_tick_keeps_to_both_limits_and_no_line_is_lost(
        pushes in proptest::collection::vec("[a\n]{0,12}", 0..8),
        max_records in 1u64..5,
        max_bytes in 1u64..20,
    ) {
        let options =
            BufferOptions { max_records_per_tick: Some(max_records), max_bytes_per_tick: max_bytes, ..BufferOptions::default() };
        let reader = reader(options);
        let mut all = Vec::new();
        let mut take = |until_end: bool| loop {
            let offer = reader.available(u64::MAX).expect("fine");
            let Some(range) = offer.ranges.first() else { break };
            let lines = lines(&reader, *range);
            assert!(lines.len() as u64 <= max_records && (range.len() <= max_bytes || lines.len() == 1));
            all.extend(lines);
            reader.release(&[(0, range.end)].into());
            if !until_end {
                break;
            }
        };
        for push in &pushes {
            reader.buffer.push(push.as_bytes());
            take(false);
        }
        reader.buffer.finish();
        take(true);
        let text = pushes.concat();
        prop_assert_eq!(all, text.lines().collect::<Vec<_>>());
    }
}

#[test]
fn a_limit_on_lines_cuts_behind_as_many() {
    let reader = reader(BufferOptions { max_records_per_tick: Some(2), ..BufferOptions::default() });
    reader.buffer.push(b"one\ntwo\nthree\nf");
    assert_eq!(reader.available(u64::MAX).expect("fine"), Offer { caught_up: false, ..offer(0, 8) });
    assert_eq!(reader.available(u64::MAX).expect("fine"), offer(8, 14));
}
