//! Counts the words that a socket sends, second by second.
//!
//! ```text
//! … -- publish &                                     serves examples/data/alice.txt on port 7777, or:
//! nc -lk 7777                                        and type
//! … -- network_word_count [HOST:PORT]                by default 127.0.0.1:7777
//! ```

use millstream::BoxError;
use millstream::prelude::*;

use crate::Example;

pub const EXAMPLE: Example = Example {
    name: "network_word_count",
    about: "[HOST:PORT]: the words that a socket sends, counted each second (serve some with `publish`)",
    plan: Some(|| word_count("127.0.0.1:7777", drop).plan()),
    run,
};

pub fn word_count<'a>(address: &str, show: impl FnMut((String, u64)) + Send + 'a) -> Pipeline<'a> {
    stream! { <NetworkWordCount>
        let lines = source(text_socket(address));
        let words = lines.flat_map(|line| line.split_whitespace());
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.for_each(show);
    }
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let address = arguments.first().map_or("127.0.0.1:7777", String::as_str);
    let pipeline = word_count(address, |(word, n)| println!("{n:>5} {word}"));
    Ok(Engine::local().batch_interval(secs(1)).run(pipeline)?)
}

#[test]
fn it_counts_what_publish_serves() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it has one").to_string();
    let server = std::thread::spawn(move || {
        let (connection, _) = listener.accept().expect("it comes");
        crate::publish::send("to be or\nnot to be\n".as_bytes(), connection, None).expect("it is sent");
    });
    let mut counts = std::collections::BTreeMap::new();
    let pipeline = word_count(&address, |(word, n)| *counts.entry(word).or_default() += n);
    Engine::test().run(pipeline).expect("it runs until the server has sent all");
    server.join().expect("it served");
    let expected: [(&str, u64); 4] = [("be", 2), ("not", 1), ("or", 1), ("to", 2)];
    assert_eq!(counts, expected.map(|(word, n)| (word.to_string(), n)).into());
}
