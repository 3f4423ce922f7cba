//! Our own sources.

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;

use millstream::prelude::*;
use millstream::source::{Backoff, Source};
use millstream::testing::{SourceContract, source_contract};

fn words(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("w{n} {}", "x".repeat(n % 7))).collect()
}

fn write(folder: &Path, name: &str, words: &[String]) {
    let text: String = words.iter().map(|word| format!("{word}\n")).collect();
    std::fs::write(folder.join(name), text).expect("it is written");
}

/// Three files of 40 lines in all, one of them compressed.
fn folder() -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let words = words(40);
    write(folder.path(), "a.txt", &words[..11]);
    write(folder.path(), "b.txt", &words[11..12]);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    words[12..].iter().for_each(|word| writeln!(gz, "{word}").expect("it is in memory"));
    std::fs::write(folder.path().join("c.gz"), gz.finish().expect("it is in memory")).expect("it is written");
    (folder, words)
}

#[test]
fn from_iter_() {
    source_contract(|| from_iter(words(50)), |word| word, words(50));
    source_contract(|| from_iter(words(50)).max_bytes_per_tick(60), |word| word, words(50));
}

#[test]
fn queue_() {
    let ticks = || words(50).chunks(7).map(<[String]>::to_vec).collect::<Vec<_>>();
    // An element is one tick, whatever the limit.
    SourceContract::new(|| queue(ticks()), |word| word, words(50)).shortest_piece(7).check();
    let parts = || queue(ticks()).partitions(3);
    SourceContract::new(parts, |word| word, words(50)).shortest_piece(7).check();
    let all = || queue(ticks()).one_at_a_time(false);
    SourceContract::new(all, |word| word, words(50)).shortest_piece(50).check();
}

#[test]
fn text_files_() {
    let (folder, words) = folder();
    let files = || text_files(folder.path().join("*"));
    source_contract(files, str::to_string, words.clone());
    source_contract(|| files().max_records_per_tick(2), str::to_string, words.clone());
    source_contract(|| files().bytes(), |line| String::from_utf8_lossy(line).into_owned(), words);
}

#[test]
fn text_directory_() {
    let (folder, words) = folder();
    let directory = || text_directory(folder.path());
    source_contract(directory, str::to_string, words.clone());
    source_contract(|| directory().max_files_per_tick(1), str::to_string, words.clone());
    source_contract(|| directory().max_records_per_tick(3), str::to_string, words);
}

#[test]
fn binary_records_() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a"), [1, 2, 3, 4, 5, 6]).expect("it is written");
    std::fs::write(folder.path().join("b"), [7, 8, 9]).expect("it is written");
    source_contract(
        || binary_records(folder.path(), 3),
        |record| record.to_vec(),
        [[1, 2, 3], [4, 5, 6], [7, 8, 9]].map(|record| record.to_vec()),
    );
}

#[test]
fn rate_() {
    source_contract(|| rate(3).end_after(20), |(_, n)| n, 0..20);
}

#[test]
fn merge_() {
    let (folder, words) = folder();
    let both = || {
        merge(
            ["a.txt", "c.gz"]
                .map(|name| text_files(folder.path().join(name)))
                .into_iter()
                .collect::<Vec<_>>(),
        )
    };
    // Each part offers a byte at least.
    let merged = [&words[..11], &words[12..]].concat();
    SourceContract::new(both, str::to_string, merged).shortest_piece(2).check();
}

/// Sends the lines to each that comes.
fn server(words: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address").to_string();
    std::thread::spawn(move || {
        for peer in listener.incoming() {
            let text: String = words.iter().map(|word| format!("{word}\n")).collect();
            // A peer that has gone no longer reads.
            let _ = peer.expect("it comes").write_all(text.as_bytes());
        }
    });
    address
}

#[test]
fn a_socket_with_its_log() {
    let address = server(words(30));
    let source = || text_socket(address.clone());
    assert!(source().can_be_logged());
    SourceContract::new(source, str::to_string, words(30)).shortest_piece(11).check();
    let again = || text_socket(address.clone()).reconnect(Backoff::exponential(secs(1), secs(2), 3));
    assert!(!again().info().replayable);
}
