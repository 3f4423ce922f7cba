use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::write::GzEncoder;
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::super::testing::{context, lines, read};
use super::super::{InvalidUtf8, Lines, Reader, Source, TextFiles, text_files};
use super::*;

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).expect("it is in memory");
    encoder.finish().expect("it is in memory")
}

pub(crate) fn zstd(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, CompressionLevel::Fastest)
}

type Opened = Arc<dyn Reader<Batch = Lines>>;

fn open(source: TextFiles) -> Opened {
    source.open(&context().0).expect("it opens")
}

/// All offers to the end.
fn offers(reader: &Opened) -> Vec<Vec<OffsetRange>> {
    let mut all = Vec::new();
    loop {
        let offer = reader.available(u64::MAX).expect("they are there");
        all.push(offer.ranges);
        if offer.ended {
            return all;
        }
    }
}

fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("it can be written");
    (folder, path)
}

/// What goes wrong when the whole file is read.
fn error(path: &Path) -> String {
    let reader = open(text_files(path));
    let offer = match reader.available(u64::MAX) {
        Ok(offer) => offer,
        Err(error) => return error.to_string(),
    };
    lines(&reader, &offer.ranges).expect_err("it is bad").to_string()
}

#[test]
fn the_extension_says_how_a_file_is_compressed_and_the_source_may_say_otherwise() {
    let of = |name: &str, compression| Format::of(Path::new(name), compression);
    assert_eq!(of("a.txt.gz", Compression::ByExtension), Some(Format::Gzip));
    assert_eq!(of("a.GZ", Compression::ByExtension), Some(Format::Gzip));
    assert_eq!(of("ß☃.zst", Compression::ByExtension), Some(Format::Zstd));
    for plain in ["a.txt", "gz", "a.gz.txt", ".gz"] {
        assert_eq!(of(plain, Compression::ByExtension), None, "{plain}");
    }
    assert_eq!(of("a.gz", Compression::None), None);
    assert_eq!(of("a", Compression::Zstd), Some(Format::Zstd));
    assert_eq!(of("a.zst", Compression::Gzip), Some(Format::Gzip));

    let (_folder, path) = file("noted", &gzip(b"one\ntwo\n"));
    let reader = open(text_files(path).compression(Compression::Gzip));
    assert_eq!(lines(&reader, &offers(&reader)[0]).expect("it is text"), ["one", "two"]);
}

#[test]
fn several_members_or_frames_are_one_text() {
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    for (name, bytes) in [
        ("a.gz", [gzip("one\nß".as_bytes()), gzip(b""), gzip("☃\ntwo".as_bytes())].concat()),
        ("a.zst", [zstd("one\nß".as_bytes()), skipped.to_vec(), zstd("☃\ntwo".as_bytes())].concat()),
    ] {
        let (_folder, path) = file(name, &bytes);
        let reader = open(text_files(path));
        assert_eq!(lines(&reader, &offers(&reader)[0]).expect("it is text"), ["one", "ß☃", "two"], "{name}");
    }
}

#[test]
fn empty_files_and_files_of_an_empty_text_have_no_lines() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in [
        ("a.gz", vec![]),
        ("b.zst", vec![]),
        ("c.gz", gzip(b"")),
        ("d.zst", zstd(b"")),
        ("e.txt", b"x".to_vec()),
    ] {
        fs::write(folder.path().join(name), bytes).expect("it can be written");
    }
    let reader = open(text_files(folder.path().join("*")));
    let offer = reader.available(u64::MAX).expect("they are there");
    assert_eq!((offer.ranges, offer.ended), (vec![OffsetRange { partition: 4, start: 0, end: 1 }], true));
}

#[test]
fn a_file_that_is_cut_short_is_an_error_that_names_it_whatever_is_missing() {
    let text = "one\ntwo\nthree\nß☃\n".repeat(20);
    for (name, bytes) in [("a.gz", gzip(text.as_bytes())), ("a.zst", zstd(text.as_bytes()))] {
        for length in 1..bytes.len() {
            let (_folder, path) = file(name, &bytes[..length]);
            let error = error(&path);
            assert!(error.contains(name) && error.contains("is cut short"), "{length}: {error}");
        }
    }
}

#[test]
fn a_damaged_file_is_an_error_that_names_it_and_says_what_to_do() {
    let mut bad = gzip(b"one\ntwo\n");
    let checksum = bad.len() - 8;
    bad[checksum] ^= 1;
    let (_folder, path) = file("a.gz", &bad);
    let gz = error(&path);
    assert!(gz.contains("a.gz` can't be decompressed behind byte"), "{gz}");
    assert!(gz.contains("it is damaged or no gzip file: make it anew, or say what it is"), "{gz}");

    let mut bad = zstd(b"one\ntwo\n");
    let last = bad.len() - 1;
    bad[last] ^= 1;
    let (_folder, path) = file("a.zst", &bad);
    assert!(error(&path).contains("a frame's checksum does not match its content"), "{}", error(&path));

    let (_folder, path) = file("a.zst", b"plain text\n");
    assert!(error(&path).contains("no zstd file"), "{}", error(&path));
}

#[test]
fn lines_limits_and_utf_8_of_a_compressed_file_are_those_of_its_text() {
    let (_folder, path) = file("a.gz", &gzip(b"abcd\nabcde\nab"));
    let reader = open(text_files(&path).max_line_bytes(4));
    let ranges = offers(&reader).concat();
    let error = lines(&reader, &ranges).expect_err("it is too long").to_string();
    assert!(error.starts_with("the line at offset 5 of file `"), "{error}");
    assert!(error.contains("a.gz` is longer than 4 bytes"), "{error}");

    let (_folder, path) = file("a.zst", &zstd(b"ok\nb\xffd\n"));
    let strict = open(text_files(&path));
    let error = lines(&strict, &offers(&strict).concat()).expect_err("it is bad").to_string();
    assert!(error.contains("a.zst` is not UTF-8: the byte at offset 4 is 0xff"), "{error}");
    let lenient = open(text_files(&path).invalid_utf8(InvalidUtf8::Replace));
    assert_eq!(lines(&lenient, &offers(&lenient).concat()).expect("it is replaced"), ["ok", "b\u{FFFD}d"]);
    let bytes = text_files(&path).bytes().open(&context().0).expect("it opens");
    let range = bytes.available(u64::MAX).expect("it is there").ranges[0];
    assert_eq!(read(&*bytes, range, <[u8]>::to_vec).expect("anything goes"), [&b"ok"[..], b"b\xffd"]);
}

#[test]
fn what_is_released_is_freed_and_a_finished_file_is_not_decompressed_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("a.gz"), gzip(b"one\ntwo\n")).expect("it can be written");
    fs::write(folder.path().join("b.gz"), gzip(b"three\n")).expect("it can be written");
    let path = folder.path().join("a.gz");
    let reading = Reading { since: "once", compression: Compression::ByExtension, find: None };
    let data = DataFile::new(path.clone(), Origin::File(path), 1 << 20, reading);
    let decoded = data.decoded.as_ref().expect("it is compressed");
    let held = |released| {
        data.release(released);
        assert_eq!(data.extent(u64::MAX).expect("it is there"), 8);
        decoded.held()
    };
    assert_eq!(
        [held(0), held(5), held(6), held(8)],
        [8, 8, 3, 0],
        "pieces have 5 bytes, and a byte before is kept"
    );

    let reader = open(text_files(folder.path().join("*")));
    fs::write(folder.path().join("a.gz"), b"no longer gzip").expect("it can be written");
    reader.seek(&[(0, 8), (1, 0)].into()).expect("they are there");
    let offer = reader.available(u64::MAX).expect("only the second is decompressed");
    assert_eq!(lines(&reader, &offer.ranges).expect("it is text"), ["three"]);
}

#[test]
fn a_position_behind_the_text_s_end_or_a_missing_file_is_an_error_with_advice() {
    let (_folder, path) = file("a.gz", &gzip(b"one\n"));
    let reader = open(text_files(&path));
    reader.seek(&[(0, 5)].into()).expect("it is not known yet");
    let error = reader.available(u64::MAX).expect_err("it is too far").to_string();
    assert!(error.contains("was read up to offset 5, but now it has only 4 bytes of text"), "{error}");

    let reader = open(text_files(&path));
    fs::remove_file(&path).expect("it can be removed");
    let error = reader.available(u64::MAX).expect_err("it is gone").to_string();
    assert!(error.contains("a.gz` can't be read any more, from offset 0 on"), "{error}");
}

proptest! {
    #[test]
    fn a_compressed_file_gives_the_ticks_and_lines_of_its_text_also_when_they_are_read_again(
        text in "[a-c☃\r\n]{0,60}",
        zst in any::<bool>(),
        a_tick in 1u64..30,
        block in 1usize..20,
        restart in any::<prop::sample::Index>(),
        order in any::<u64>(),
    ) {
        let (_folder, plain) = file("a.txt", text.as_bytes());
        let packed = plain.with_extension(if zst { "zst" } else { "gz" });
        let bytes = if zst { zstd(text.as_bytes()) } else { gzip(text.as_bytes()) };
        fs::write(&packed, bytes).expect("it can be written");
        let source = |path: &PathBuf| text_files(path).max_bytes_per_tick(a_tick).block_bytes(block);
        let (expected, got) = (open(source(&plain)), open(source(&packed)));
        let (ticks, packed_ticks) = (offers(&expected), offers(&got));
        prop_assert_eq!(&ticks, &packed_ticks);

        let all: Vec<OffsetRange> = ticks.concat();
        let cut = |range: OffsetRange| {
            let middle = u64::midpoint(range.start, range.end);
            [OffsetRange { end: middle, ..range }, OffsetRange { start: middle, ..range }]
        };
        let mut pieces: Vec<OffsetRange> = all.iter().copied().flat_map(cut).collect();
        fastrand::Rng::with_seed(order).shuffle(&mut pieces);
        for piece in &pieces {
            prop_assert_eq!(lines(&got, &[*piece]).expect("text"), lines(&expected, &[*piece]).expect("text"));
        }

        // A restart: ranges behind the position are read again, and then what follows.
        let from = if ticks.is_empty() { 0 } else { restart.index(ticks.len()) };
        let position = ticks[..from].concat().last().map_or(0, |range| range.end);
        let again = open(source(&packed));
        let mut logged = ticks[from..].concat();
        let behind = logged.last().map_or(position, |range| range.end);
        again.seek(&[(0, position)].into()).expect("it is there");
        again.seek(&[(0, behind)].into()).expect("it is there");
        fastrand::Rng::with_seed(order).shuffle(&mut logged);
        for range in logged {
            prop_assert_eq!(lines(&again, &[range]).expect("text"), lines(&expected, &[range]).expect("text"));
        }
        again.release(&[(0, behind)].into());
        again.seek(&[(0, position)].into()).expect("it is there");
        prop_assert_eq!(offers(&again).concat(), ticks[from..].concat());
    }
}
