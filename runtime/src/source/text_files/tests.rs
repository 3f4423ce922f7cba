use std::fs;

use proptest::prelude::*;

use super::super::testing::{context, lines, read};
use super::*;
use crate::batch::Batch;
use crate::source::Offer;
use crate::tick::OffsetRange;

type Opened = Arc<dyn Reader<Batch = Lines>>;

struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn of(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).expect("it can be written");
        }
        Files { folder }
    }

    fn source(&self) -> TextFiles {
        text_files(self.folder.path().join("*"))
    }
}

fn open(source: TextFiles) -> Opened {
    source.open(&context().0).expect("it opens")
}

fn part(partition: u32, start: u64, end: u64) -> OffsetRange {
    OffsetRange { partition, start, end }
}

/// What reading one file as a whole says.
fn error(source: TextFiles, bytes: u64) -> String {
    lines(&open(source), &[part(0, 0, bytes)]).expect_err("it is bad").to_string()
}

#[test]
fn files_are_partitions_in_sorted_order_and_empty_ones_have_no_lines() {
    let files = Files::of(&[("b", b"3\n\n4"), ("a", b"1\r\n2\n"), ("empty", b"")]);
    let reader = open(files.source());
    let offer = reader.available(u64::MAX).expect("they are there");
    assert_eq!(
        offer,
        Offer { ranges: vec![part(0, 0, 5), part(1, 0, 4)], caught_up: true, ended: true, waiting: false }
    );
    assert_eq!(lines(&reader, &offer.ranges).expect("it is text"), ["1", "2", "3", "", "4"]);
    let after = reader.available(u64::MAX).expect("they are there");
    assert_eq!(after, Offer { ranges: vec![], caught_up: true, ended: true, waiting: false });
}

#[test]
fn an_empty_file_is_an_ended_source_without_lines() {
    let files = Files::of(&[("a", b"")]);
    let offer = open(files.source()).available(u64::MAX).expect("it is there");
    assert_eq!(offer, Offer { ranges: vec![], caught_up: true, ended: true, waiting: false });
}

#[test]
fn a_tick_keeps_to_the_limit_across_files_and_the_parts_hold_every_line_once() {
    let files = Files::of(&[("a", b"one\ntwo\n"), ("b", b"three\nfour\n")]);
    let reader = open(files.source().max_bytes_per_tick(6));
    let mut all = Vec::new();
    let mut offers = Vec::new();
    loop {
        let offer = reader.available(u64::MAX).expect("they are there");
        all.extend(lines(&reader, &offer.ranges).expect("it is text"));
        let ended = offer.ended;
        offers.push((offer.ranges, offer.caught_up));
        if ended {
            break;
        }
    }
    assert_eq!(
        offers,
        [
            (vec![part(0, 0, 6)], false),
            (vec![part(0, 6, 8), part(1, 0, 4)], false),
            (vec![part(1, 4, 10)], false),
            (vec![part(1, 10, 11)], true),
        ]
    );
    assert_eq!(all, ["one", "two", "three", "four"]);
}

#[test]
fn reading_goes_on_where_seek_says() {
    let files = Files::of(&[("a", b"one\ntwo\n"), ("b", b"three\n")]);
    let reader = open(files.source());
    reader.seek(&[(0, 4)].into()).expect("that is within the file");
    let offer = reader.available(u64::MAX).expect("they are there");
    assert_eq!(lines(&reader, &offer.ranges).expect("it is text"), ["two", "three"]);
}

#[test]
fn a_position_behind_the_end_or_a_missing_file_is_an_error_with_advice() {
    let files = Files::of(&[("a", b"one\n")]);
    let reader = open(files.source());
    let cut = reader.seek(&[(0, 5)].into()).expect_err("it is too far").to_string();
    assert!(cut.contains("was read up to offset 5, but now it has only 4 bytes"), "{cut}");
    let gone = reader.seek(&[(0, 4), (1, 7)].into()).expect_err("it is gone").to_string();
    assert!(gone.starts_with("2 files were read before, but now there are only 1"), "{gone}");
}

#[test]
fn carriage_returns_go_with_newlines_also_across_blocks_and_cuts() {
    let text = b"a\r\n\r\nb\r\r\nc\r\nd\r";
    let files = Files::of(&[("a", text)]);
    let bytes = text.len() as u64;
    for block in 1..8 {
        let reader = open(files.source().block_bytes(block));
        for cut in 0..=bytes {
            let all = lines(&reader, &[part(0, 0, cut), part(0, cut, bytes)]).expect("it is text");
            assert_eq!(all, ["a", "", "b\r", "c", "d\r"], "block {block}, cut {cut}");
        }
    }
}

#[test]
fn a_line_beyond_the_maximum_is_an_error_whatever_the_block() {
    let files = Files::of(&[("a", b"abcd\nabcde\nab")]);
    for block in [1, 2, 3, 5, 8, 100] {
        assert_eq!(
            lines(&open(files.source().block_bytes(block).max_line_bytes(5)), &[part(0, 0, 13)])
                .expect("they fit"),
            ["abcd", "abcde", "ab"]
        );
        let error = error(files.source().block_bytes(block).max_line_bytes(4), 13);
        assert!(error.starts_with("the line at offset 5 of file `"), "{error}");
        assert!(error.contains("/a` is longer than 4 bytes"), "{error}");
        assert!(error.contains("`.max_line_bytes(n)`"), "{error}");
    }
}

#[test]
fn invalid_text_is_an_error_or_replaced_or_given_as_bytes() {
    let files = Files::of(&[("a", b"ok\nb\xffd\nok\n")]);
    let error = error(files.source(), 10);
    assert!(error.contains("/a` is not UTF-8: the byte at offset 4 is 0xff"), "{error}");

    let replaced = open(files.source().invalid_utf8(InvalidUtf8::Replace));
    assert_eq!(lines(&replaced, &[part(0, 0, 10)]).expect("it is replaced"), ["ok", "b\u{FFFD}d", "ok"]);

    let bytes = files.source().bytes().open(&context().0).expect("it opens");
    let all = read(&*bytes, part(0, 0, 10), <[u8]>::to_vec).expect("anything goes");
    assert_eq!(all, [&b"ok"[..], b"b\xffd", b"ok"]);
}

#[test]
fn a_character_that_blocks_and_cuts_go_through_stays_whole() {
    let text = "ß☃\n𝄞x\n☃";
    let files = Files::of(&[("a", text.as_bytes())]);
    let bytes = text.len() as u64;
    for block in 1..12 {
        let reader = open(files.source().block_bytes(block));
        for cut in 0..=bytes {
            let all = lines(&reader, &[part(0, 0, cut), part(0, cut, bytes)]).expect("it is text");
            assert_eq!(all, ["ß☃", "𝄞x", "☃"], "block {block}, cut {cut}");
        }
    }
}

#[test]
fn a_file_that_shrinks_or_vanishes_is_an_error_that_names_file_and_offset() {
    let files = Files::of(&[("a", b"one\ntwo\n")]);
    let reader = open(files.source());
    fs::write(files.folder.path().join("a"), b"one\n").expect("it can be written");
    let shrunk = lines(&reader, &[part(0, 0, 8)]).expect_err("it has shrunk").to_string();
    assert!(shrunk.contains("/a` has shrunk: it had 8 bytes when the pipeline started"), "{shrunk}");
    assert!(shrunk.contains("offset 4;"), "{shrunk}");
    fs::remove_file(files.folder.path().join("a")).expect("it can be removed");
    let gone = lines(&reader, &[part(0, 4, 8)]).expect_err("it is gone").to_string();
    assert!(gone.contains("/a` can't be read any more, from offset 4 on"), "{gone}");
}

#[test]
fn what_is_appended_after_the_start_is_not_read() {
    let files = Files::of(&[("a", b"one\ntw")]);
    let reader = open(files.source());
    fs::write(files.folder.path().join("a"), b"one\ntwo\nthree\n").expect("it can be written");
    let offer = reader.available(u64::MAX).expect("it is there");
    assert_eq!(lines(&reader, &offer.ranges).expect("it is text"), ["one", "tw"]);
}

#[test]
fn a_visitor_may_keep_the_batch() {
    let files = Files::of(&[("a", b"one\ntwo\nthree\nfour\n")]);
    let reader = open(files.source().block_bytes(6));
    let mut kept = Vec::new();
    reader
        .read(part(0, 0, 19), &mut |batch| {
            kept.push(std::mem::replace(batch, Lines::new(Vec::new())));
            Ok(())
        })
        .expect("it is text");
    let all: Vec<String> =
        kept.iter_mut().flat_map(|b| b.items().map(str::to_string).collect::<Vec<_>>()).collect();
    assert_eq!(all, ["one", "two", "three", "four"]);
}

#[test]
fn the_constructor_takes_paths_globs_and_lists_and_says_so() {
    assert_eq!(text_files("a.txt").info().to_string(), "text_files(a.txt)");
    assert_eq!(text_files(["a", "b", "c", "d", "e"]).info().detail, "a, b, c, … 2 more");
    assert_eq!(text_files(vec![PathBuf::from("a")]).info().detail, "a");
    assert_eq!(text_files(&[String::from("a")][..]).info().detail, "a");
    assert!(text_files("nowhere/*").open(&context().0).is_err());
}

proptest! {
    #[test]
    fn any_cuts_read_in_any_order_and_twice_hold_the_lines_of_the_text(
        text in "[a-c☃\r\n]{0,60}",
        mut cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        block in 1usize..20,
        order in any::<u64>(),
    ) {
        let files = Files::of(&[("a", text.as_bytes())]);
        let reader = open(files.source().block_bytes(block));
        let bytes = text.len() as u64;
        let mut points: Vec<u64> = cuts.drain(..).map(|at| at.index(text.len() + 1) as u64).collect();
        points.extend([0, bytes]);
        points.sort_unstable();
        let ranges: Vec<_> = points.windows(2).map(|w| part(0, w[0], w[1])).collect();

        let mut turns: Vec<usize> = (0..ranges.len()).chain(0..ranges.len()).collect();
        fastrand::Rng::with_seed(order).shuffle(&mut turns);
        let mut read: Vec<Option<Vec<String>>> = vec![None; ranges.len()];
        for turn in turns {
            let again = lines(&reader, &ranges[turn..=turn]).expect("it is text");
            if let Some(first) = &read[turn] {
                prop_assert_eq!(first, &again);
            }
            read[turn] = Some(again);
        }
        let all: Vec<String> = read.into_iter().flatten().flatten().collect();
        let expected: Vec<&str> = text.lines().collect();
        prop_assert_eq!(all, expected);
    }
}

/// Every offer up to the end: its ranges, and its lines.
fn offers(reader: &Opened) -> Vec<(Vec<OffsetRange>, Vec<String>)> {
    let mut all = Vec::new();
    loop {
        let offer = reader.available(u64::MAX).expect("they are there");
        all.push((offer.ranges.clone(), lines(reader, &offer.ranges).expect("it is text")));
        if offer.ended {
            return all;
        }
    }
}

#[test]
fn a_limit_on_lines_holds_for_all_files_together() {
    let files = Files::of(&[("a", b"1\n2\n3"), ("b", b"4\n"), ("c", b"5\n6\n")]);
    let ticks: Vec<_> =
        offers(&open(files.source().max_records_per_tick(2))).into_iter().map(|(_, lines)| lines).collect();
    assert_eq!(ticks, [["1", "2"], ["3", "4"], ["5", "6"]]);
}

proptest! {
    #[test]
    fn a_tick_keeps_to_both_limits_and_no_line_of_a_file_is_lost(
        texts in proptest::collection::vec("[a\n]{0,20}", 1..4),
        max_records in 1u64..5,
        max_bytes in 1u64..20,
    ) {
        let names = ["a", "b", "c"];
        let files: Vec<_> = names.iter().zip(&texts).map(|(name, text)| (*name, text.as_bytes())).collect();
        let files = Files::of(&files);
        let reader = open(files.source().max_records_per_tick(max_records).max_bytes_per_tick(max_bytes));
        let offers = offers(&reader);
        for (ranges, lines) in &offers {
            prop_assert!(lines.len() as u64 <= max_records);
            prop_assert!(ranges.iter().map(OffsetRange::len).sum::<u64>() <= max_bytes);
        }
        let all: Vec<_> = offers.into_iter().flat_map(|(_, lines)| lines).collect();
        prop_assert_eq!(all, texts.iter().flat_map(|text| text.lines()).collect::<Vec<_>>());
    }
}
