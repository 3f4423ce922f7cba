mod limits;
mod restarts;

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::super::files::tests::{gzip, zstd};
use super::super::testing::{context, lines, read};
use super::super::{InvalidUtf8, Lines, binary_records, text_directory};
use super::*;
use crate::clock::millis;
use crate::engine::Trigger;
use crate::source::TextLines;

type Opened = Arc<dyn Reader<Batch = Lines>>;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// As it should be: written elsewhere, and moved in.
    fn add(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        let beside = self.path().join(".beside");
        fs::write(&beside, bytes).expect("it can be written");
        fs::rename(beside, path).expect("it can be moved");
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path().join(name)).expect("it is there");
    }

    fn source(&self) -> Directory<TextLines> {
        text_directory(self.path())
    }
}

fn open(source: Directory<TextLines>) -> Opened {
    source.open(&context().0).expect("it opens")
}

fn open_error(source: Directory<impl FileFormat>) -> String {
    source.open(&context().0).err().expect("it can't be opened").to_string()
}

/// The lines of the next tick.
fn tick(reader: &Opened) -> Vec<String> {
    let offer = reader.available(u64::MAX).expect("they are there");
    assert!(!offer.ended && !offer.waiting);
    lines(reader, &offer.ranges).expect("it is text")
}

fn tick_error(reader: &Opened) -> String {
    let read = reader.available(u64::MAX).and_then(|offer| lines(reader, &offer.ranges));
    read.expect_err("it is bad").to_string()
}

const NONE: [&str; 0] = [];

#[test]
fn files_that_appear_are_read_once_each_in_the_order_of_scans_and_names() {
    let folder = Folder::new();
    folder.add("b", "2\n");
    folder.add("a ß☃", "1\nß☃");
    let reader = open(folder.source());
    assert_eq!(tick(&reader), ["1", "ß☃", "2"]);
    assert_eq!(tick(&reader), NONE);
    folder.add("0", "3\n");
    assert_eq!(tick(&reader), ["3"]);
    assert_eq!(tick(&reader), NONE);
    let offer = reader.available(u64::MAX).expect("it is there");
    assert_eq!(offer, Offer { ranges: vec![], caught_up: true, ended: false, waiting: false });
}

#[test]
fn new_files_only_passes_over_what_is_there_at_the_start() {
    let folder = Folder::new();
    folder.add("old", "0\n");
    let reader = open(folder.source().new_files_only(true));
    assert_eq!(tick(&reader), NONE);
    folder.add("new", "1\n");
    assert_eq!(tick(&reader), ["1"]);
}

#[test]
fn names_of_what_is_hidden_or_incomplete_are_passed_over_and_so_are_folders() {
    let folder = Folder::new();
    for name in [".hidden", "_SUCCESS", "a.tmp", "a._COPYING_", "sub/a", "_sub/a"] {
        folder.add(name, "no\n");
    }
    folder.add("a.tmp.txt", "yes\n");
    let reader = open(folder.source());
    assert_eq!(tick(&reader), ["yes"]);
    fs::rename(folder.path().join("a.tmp"), folder.path().join("a")).expect("it is complete now");
    assert_eq!(tick(&reader), ["no"]);
}

#[test]
fn an_empty_file_is_not_there_until_something_is_in_it() {
    let folder = Folder::new();
    folder.add("a", "");
    let reader = open(folder.source());
    assert_eq!(tick(&reader), NONE);
    folder.add("a", "1\n");
    assert_eq!(tick(&reader), ["1"]);
}

#[test]
fn a_glob_names_folders_also_later_ones_or_files() {
    let folder = Folder::new();
    folder.add("top", "no\n");
    folder.add("x/1", "1\n");
    folder.add(".z/1", "no\n");
    let reader = open(text_directory(folder.path().join("*/")));
    assert_eq!(tick(&reader), ["1"]);
    folder.add("y/2", "2\n");
    folder.add("x/3", "3\n");
    assert_eq!(tick(&reader), ["3", "2"]);
    fs::remove_dir_all(folder.path().join("y")).expect("a folder that a glob matched may go");
    assert_eq!(tick(&reader), NONE);

    folder.add("a.csv", "csv\n");
    let files = open(text_directory([folder.path().join("*.csv"), folder.path().join("a.*")]));
    assert_eq!(tick(&files), ["csv"]);
}

#[test]
fn what_is_added_to_a_file_later_is_not_read() {
    let folder = Folder::new();
    folder.add("a", "1\n");
    let reader = open(folder.source().max_bytes_per_tick(1));
    assert_eq!(tick(&reader), ["1"]);
    folder.add("a", "1\n2\n3\n");
    assert_eq!([tick(&reader), tick(&reader)], [[""; 0]; 2]);
}

#[test]
fn a_path_that_was_gone_for_a_tick_is_a_new_file() {
    let folder = Folder::new();
    folder.add("a", "1\n");
    let reader = open(folder.source());
    assert_eq!(tick(&reader), ["1"]);
    folder.remove("a");
    assert_eq!(tick(&reader), NONE);
    folder.add("a", "2\n");
    assert_eq!(tick(&reader), ["2"]);
}

#[test]
fn a_file_that_shrinks_or_vanishes_before_it_is_read_is_an_error_that_says_what_to_do() {
    let folder = Folder::new();
    folder.add("a", "one\ntwo\n");
    let reader = open(folder.source());
    let offer = reader.available(u64::MAX).expect("it is there");
    fs::write(folder.path().join("a"), "one\n").expect("it can be written");
    let shrunk = lines(&reader, &offer.ranges).expect_err("it has shrunk").to_string();
    assert!(shrunk.contains("/a` has shrunk: it had 8 bytes when it was found"), "{shrunk}");
    folder.remove("a");
    let gone = lines(&reader, &offer.ranges).expect_err("it is gone").to_string();
    assert!(gone.contains("/a` can't be read any more"), "{gone}");
    assert!(gone.contains("files must stay until they are read"), "{gone}");
}

#[test]
fn a_missing_folder_is_an_error_that_says_what_to_do_at_the_start_and_later() {
    let folder = Folder::new();
    folder.add("a", "");
    let missing = folder.path().join("nowhere");
    for pattern in [missing.clone(), missing.join("*/")] {
        let error = open_error(text_directory(pattern));
        assert!(error.contains("there is no folder `") && error.contains("make it first"), "{error}");
    }
    let file = open_error(text_directory(folder.path().join("a")));
    assert!(file.contains("is a file, and `text_directory` watches folders"), "{file}");
    assert!(open_error(text_directory(Vec::<String>::new())).contains("the list of folders is empty"));
    assert!(open_error(text_directory("[")).contains("`[` is no glob"));

    fs::create_dir(&missing).expect("it can be made");
    let reader = open(text_directory(&missing));
    fs::remove_dir(&missing).expect("it is empty");
    assert!(tick_error(&reader).contains("leave it there while the pipeline runs"));
}

#[test]
fn what_is_there_now_is_what_was_there_when_it_was_frozen() {
    let folder = Folder::new();
    folder.add("a", "1\n2\n");
    let reader = open(folder.source().max_bytes_per_tick(2));
    reader.freeze();
    folder.add("b", "3\n");
    assert_eq!([tick(&reader), tick(&reader)], [["1"], ["2"]]);
    let offer = reader.available(u64::MAX).expect("it is there");
    assert!(offer.caught_up && offer.ranges.is_empty());

    assert_eq!(reader.due(), None);

    let nothing = open(folder.source().new_files_only(true));
    nothing.freeze();
    let error = tick_error(&nothing);
    assert!(error.contains("leave one of them out"), "{error}");
}

#[test]
fn compressed_files_and_settings_of_text_are_as_in_text_files() {
    let folder = Folder::new();
    folder.add("a.gz", gzip("1\nß☃\n".as_bytes()));
    folder.add("b.zst", zstd(b"2"));
    folder.add("c.gz", gzip(b""));
    folder.add("d", "3\n");
    let reader = open(folder.source().max_bytes_per_tick(3));
    let ticks: Vec<_> = (0..5).map(|_| tick(&reader)).collect();
    assert_eq!(ticks, [vec!["1", "ß☃"], vec![], vec!["2"], vec!["3"], vec![]]);

    let folder = Folder::new();
    folder.add("a", b"ok\nb\xffd\n");
    assert!(tick_error(&open(folder.source())).contains("/a` is not UTF-8: the byte at offset 4 is 0xff"));
    assert_eq!(tick(&open(folder.source().invalid_utf8(InvalidUtf8::Replace))), ["ok", "b\u{FFFD}d"]);
    assert!(tick_error(&open(folder.source().max_line_bytes(1))).contains("is longer than 1 bytes"));
    let bytes = folder.source().bytes().open(&context().0).expect("it opens");
    let range = bytes.available(u64::MAX).expect("it is there").ranges[0];
    assert_eq!(read(&*bytes, range, <[u8]>::to_vec).expect("anything goes"), [&b"ok"[..], b"b\xffd"]);

    let folder = Folder::new();
    folder.add("a.gz", &gzip(b"1\n2\n3\n")[..15]);
    assert!(tick_error(&open(folder.source())).contains("a.gz` is cut short"));
    assert_eq!(
        open(folder.source().compression(Compression::None)).available(u64::MAX).expect("plain").ranges[0]
            .end,
        15
    );
}

#[test]
fn records_have_one_length_and_a_file_that_does_not_fit_is_an_error_that_names_it() {
    let folder = Folder::new();
    folder.add("a", [1, 2, 3, 4]);
    folder.add("b.gz", gzip(&[5, 6]));
    let records = |length| binary_records(folder.path(), length);
    let reader = records(2).max_bytes_per_tick(3).open(&context().0).expect("it opens");
    let mut ticks = Vec::new();
    for _ in 0..3 {
        let ranges = reader.available(u64::MAX).expect("they are there").ranges;
        ticks.push(
            ranges
                .iter()
                .flat_map(|r| read(&*reader, *r, <[u8]>::to_vec).expect("it fits"))
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(ticks, [vec![vec![1, 2], vec![3, 4]], vec![vec![5, 6]], vec![]]);

    assert!(open_error(records(0)).contains("takes a length of at least 1"));
    let odd = records(4).open(&context().0).expect("it opens");
    let error = odd.available(u64::MAX).expect_err("it does not fit").to_string();
    assert!(error.contains("b.gz` has 2 bytes, which is no multiple of the record length, 4"), "{error}");
    folder.add("0", [1, 2, 3]);
    let odd = records(2).open(&context().0).expect("it opens");
    let error = odd.available(1).expect_err("nothing of it is read").to_string();
    assert!(error.contains("/0` has 3 bytes"), "{error}");
}

#[test]
fn eager_folders_are_looked_at_once_in_an_interval_and_it_says_when() {
    let (mut cx, driver) = context();
    cx.trigger = Trigger::Eager;
    driver.clock.set(Timestamp::from_millis(7));
    let folder = Folder::new();
    let reader = folder.source().poll_interval(millis(10)).open(&cx).expect("it opens");
    assert_eq!(tick(&reader), NONE);
    folder.add("a", "1\n");
    driver.clock.set(Timestamp::from_millis(16));
    assert_eq!(tick(&reader), NONE);
    assert_eq!(reader.due(), Some(Timestamp::from_millis(17)));
    driver.clock.set(Timestamp::from_millis(17));
    assert_eq!(tick(&reader), ["1"]);
    assert_eq!(reader.due(), Some(Timestamp::from_millis(27)));
}
