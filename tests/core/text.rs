//! Text as it comes, through pipelines.

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use millstream::prelude::*;
use millstream::source::InvalidUtf8;
use tempfile::TempDir;

use crate::support::{at_once, ordered, sorted};

/// A file of these bytes; it is gone with the folder.
fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("input.txt");
    std::fs::write(&path, bytes).expect("it can be written");
    (folder, path)
}

/// A server for one connection, which gets these bytes and the end.
fn server(bytes: &'static [u8]) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    let thread = std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().expect("a connection");
        peer.write_all(bytes).expect("it can be sent");
    });
    (address, thread)
}

/// The lines of a file, however it is cut into ticks and tasks.
#[track_caller]
fn lines_of(bytes: &[u8]) -> Vec<String> {
    let (_folder, path) = file(bytes);
    let whole = ordered(|out| stream! { source(text_files(&path)).sink(out); }).concat();
    for max in [1, 2, 3, 7] {
        let cut =
            ordered(|out| stream! { source(text_files(&path).max_bytes_per_tick(max)).sink(out); }).concat();
        assert_eq!(cut, whole, "ticks of {max} bytes");
    }
    whole
}

#[test]
fn lines_end_at_newlines_with_or_without_a_carriage_return() {
    let text = "eins\n\nzwei\r\n\r\n¡olé! 日本\n\rx\r\r\nlast";
    assert_eq!(lines_of(text.as_bytes()), text.lines().collect::<Vec<_>>());
}

#[test]
fn a_last_line_needs_no_newline_and_an_empty_one_counts() {
    assert_eq!(lines_of(b"a"), ["a"]);
    assert_eq!(lines_of(b"a\n"), ["a"]);
    assert_eq!(lines_of(b"a\n\n"), ["a", ""]);
    assert_eq!(lines_of(b"\n"), [""]);
    assert_eq!(lines_of(b"\r\n"), [""]);
}

#[test]
fn an_empty_file_has_no_lines() {
    assert_eq!(lines_of(b""), [""; 0]);
}

#[test]
fn unicode_words_are_counted_wherever_they_stand() {
    let text = "ñandú Ñandú\u{2003}ñandú\u{a0}日本 e\u{301} é\r\n🦀 🦀\n";
    let (_folder, path) = file(text.as_bytes());
    let got = sorted(|out| {
        stream! { source(text_files(&path)).flat_map(|l| l.split_whitespace()).count_by_value().sink(out); }
    })
    .concat();
    let mut expected: Vec<(String, u64)> = Vec::new();
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    for word in words {
        match expected.last_mut() {
            Some((last, n)) if last == word => *n += 1,
            _ => expected.push((word.to_string(), 1)),
        }
    }
    assert_eq!(got, expected);
}

#[test]
fn a_line_beyond_the_maximum_is_an_error_that_says_so() {
    let (_folder, path) = file(b"short\nexactly-10\nlonger-than-10\n");
    let fits = stream! { source(text_files(&path).max_line_bytes(14)).for_each(|_| ()); };
    Engine::test().run(fits).expect("it fits");
    for run in [|p| Engine::test().run(p), |p| at_once(2).run(p)] {
        let error = run(
            stream! { <P> let lines = source(text_files(&path).max_line_bytes(10)); lines.for_each(|_| ()); },
        );
        let error = error.expect_err("it is too long").to_string();
        assert!(
            error.starts_with(
                "pipeline `P`, stream `lines`, operator `source`, stage 0, tick 0: the line at offset 17 of "
            ),
            "{error}"
        );
        assert!(
            error.contains(
                "is longer than 10 bytes; if such lines are right, allow them with `.max_line_bytes(n)`"
            ),
            "{error}"
        );
    }
}

const BROKEN: &[u8] = b"good\nbad \xff\xfe\n\xe2\x82\nfine\n";

#[test]
fn invalid_utf8_stops_the_pipeline_with_the_place_and_what_to_do() {
    let (_folder, path) = file(BROKEN);
    for partitions in [1, 2, 7] {
        let pipeline =
            || stream! { <P> let lines = source(text_files(&path)); lines.map(str::len).for_each(|_| ()); };
        for error in
            [Engine::test().partitions(partitions).run(pipeline()), at_once(partitions).run(pipeline())]
        {
            let error = error.expect_err("it is not UTF-8").to_string();
            assert!(
                error.starts_with("pipeline `P`, stream `lines`, operator `source`, stage 0, tick 0: "),
                "{error}"
            );
            assert!(error.contains("is not UTF-8: the byte at offset 9 is 0xff"), "{error}");
            for hint in
                ["`.invalid_utf8(InvalidUtf8::Replace)`", "`.bytes()`", "`.try_map(std::str::from_utf8)`"]
            {
                assert!(error.contains(hint), "{error}");
            }
        }
    }
}

#[test]
fn invalid_utf8_is_replaced_where_that_is_asked_for() {
    let (_folder, path) = file(BROKEN);
    let got =
        ordered(|out| stream! { source(text_files(&path).invalid_utf8(InvalidUtf8::Replace)).sink(out); });
    let expected: Vec<_> =
        BROKEN.split(|b| *b == b'\n').map(|l| String::from_utf8_lossy(l).into_owned()).collect();
    assert_eq!(got.concat(), expected[..4]);
}

#[test]
fn invalid_utf8_goes_to_a_stream_of_its_own() {
    let (_folder, path) = file(BROKEN);
    let good = ordered(|out| {
        stream! {
            let (texts, _bad) = source(text_files(&path).bytes()).try_map(std::str::from_utf8);
            texts.sink(out);
        }
    });
    let bad = ordered(|out| {
        stream! {
            let (_texts, bad) = source(text_files(&path).bytes()).try_map(std::str::from_utf8);
            bad.map(|b| (b.record, b.error.valid_up_to())).sink(out);
        }
    });
    assert_eq!(good.concat(), ["good", "fine"]);
    assert_eq!(bad.concat(), [(b"bad \xff\xfe".to_vec(), 4), (b"\xe2\x82".to_vec(), 0)]);
}

#[test]
fn a_socket_gives_its_lines_until_its_peer_ends() {
    for text in ["uno\r\ndos\n\ntres", "", "\n", "ñ\n"] {
        for local in [false, true] {
            let (address, peer) = server(text.as_bytes());
            let out = MemorySink::new();
            let pipeline = stream! { source(text_socket(address)).sink(out.clone()); };
            let result = if local {
                Engine::local().trigger(Trigger::Eager).run(pipeline)
            } else {
                Engine::test().run(pipeline)
            };
            result.expect("it ends");
            peer.join().expect("it sent all");
            assert_eq!(out.records(), text.lines().collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_socket_that_sends_no_utf8_is_named() {
    let (address, peer) = server(BROKEN);
    let pipeline = stream! { let lines = source(text_socket(&address)); lines.for_each(|_| ()); };
    let error = Engine::test().run(pipeline).expect_err("it is not UTF-8").to_string();
    peer.join().expect("it sent all");
    assert!(
        error.contains(&format!("what {address} sent is not UTF-8: the byte at offset 9 is 0xff")),
        "{error}"
    );
}

#[test]
fn several_files_are_read_in_the_order_of_their_names() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("b", "3\n4"), ("a", "1\n2"), ("c", ""), ("d", "5\n")] {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    let got = ordered(|out| stream! { source(text_files(folder.path().join("*"))).sink(out); });
    assert_eq!(got.concat(), ["1", "2", "3", "4", "5"]);
}

/// The parent runs this in a process of its own, whose standard input is a pipe: it prints what it counts.
#[test]
fn a_pipe_that_is_counted() {
    if std::env::var_os("MILLSTREAM_TEST_PIPE").is_none() {
        return;
    }
    let (mut ticks, mut lines) = (0, Vec::new());
    let pipeline = stream! {
        source(stdin()).for_each_batch(|batch, _| { ticks += 1; lines.extend(batch); });
    };
    at_once(2).run(pipeline).expect("it runs");
    println!("{ticks} ticks: {lines:?}.");
}

#[test]
fn available_now_on_a_pipe_gave_ok_and_no_records() {
    let program = std::env::current_exe().expect("its path");
    for pieces in [&["a\nb\n"][..], &["a\n", "b"], &["a\nb"]] {
        let mut child = Command::new(&program)
            .args(["--exact", "text::a_pipe_that_is_counted", "--nocapture"])
            .env("MILLSTREAM_TEST_PIPE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut pipe = child.stdin.take().expect("its input");
        for piece in pieces {
            pipe.write_all(piece.as_bytes()).expect("it reads");
            pipe.flush().expect("it reads");
        }
        drop(pipe);
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8(output.stdout).expect("it is text");
        assert!(said.contains(r#"ticks: ["a", "b"]."#), "{pieces:?}: {said}");
        // One for what came with each piece, and one for the last line without its end: none is empty.
        assert!(["1 ticks", "2 ticks"].iter().any(|ticks| said.contains(ticks)), "{pieces:?}: {said}");
    }
}

#[test]
fn available_now_on_a_socket_says_what_to_use_instead() {
    let (address, peer) = server(b"a\nb\n");
    let pipeline = stream! { let lines = source(text_socket(address)); lines.for_each(|_| ()); };
    let error = at_once(2).run(pipeline).expect_err("nobody knows what has come by now").to_string();
    peer.join().expect("it sent all");
    assert!(error.contains("stream `lines`") && error.contains("take `Trigger::Eager`"), "{error}");
}
