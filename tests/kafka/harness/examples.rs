//! The examples, for real.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use millstream_examples::kafka::{capture::capture, copy::means, word_count::word_count};
use millstream_kafka_tests::peer::Peer;

use crate::Test;
use crate::source::{name, now};

pub fn tests() -> Vec<(&'static str, Test)> {
    vec![
        ("examples: words are counted over restarts", Test::Broker(words)),
        ("examples: a topic is captured", Test::Broker(captured)),
        ("examples: means from topic to topic", Test::Broker(from_topic_to_topic)),
    ]
}

fn words(peer: &Peer) {
    let topic = name("lines");
    peer.create(&topic, 2);
    let checkpoint = tempfile::tempdir().expect("a folder");
    let counts = Arc::new(Mutex::new(BTreeMap::new()));
    for lines in [[(0, "to be"), (1, "or not")], [(0, "to be"), (1, "that is")]] {
        peer.write(&topic, lines);
        let counts = Arc::clone(&counts);
        let pipeline = word_count(&peer.bootstrap, &topic, move |(word, n)| {
            counts.lock().expect("no panic").insert(word, n);
        });
        now().checkpoint(checkpoint.path().display().to_string()).run(pipeline).expect("it runs");
    }
    let counts: Vec<(String, u64)> = counts.lock().expect("no panic").clone().into_iter().collect();
    let expected = [("be", 2), ("is", 1), ("not", 1), ("or", 1), ("that", 1), ("to", 2)];
    assert_eq!(counts, expected.map(|(word, n)| (word.to_string(), n)));
}

fn captured(peer: &Peer) {
    let topic = name("captured");
    peer.create(&topic, 1);
    peer.write_with(
        &topic,
        [(0, Some("k"), Some("plain".to_string()), vec![]), (0, None, Some("a, \"b\"".to_string()), vec![])],
    );
    let folder = tempfile::tempdir().expect("a folder");
    let (out, checkpoint) = (folder.path().join("out"), folder.path().join("checkpoint"));
    let engine = || now().checkpoint(checkpoint.display().to_string());
    let run = || {
        let pipeline = capture(&peer.bootstrap, &topic, &out.display().to_string());
        engine().run(pipeline).expect("it runs");
    };
    run();
    peer.write(&topic, [(0, "later")]);
    run();
    let mut rows = Vec::new();
    for tick in std::fs::read_dir(&out).expect("it is there") {
        let part = tick.expect("an entry").path().join("part-00000.csv");
        // Of a tick without messages there is none.
        let Ok(text) = std::fs::read_to_string(part) else { continue };
        let (header, lines) = text.split_once('\n').expect("a header");
        assert_eq!(header, "partition,offset,time,key,value");
        // Without the time, which is another one each time.
        rows.extend(lines.lines().map(|line| {
            let fields: Vec<&str> = line.splitn(4, ',').collect();
            assert!(fields[2].parse::<u64>().is_ok(), "{line}");
            format!("{},{},{}", fields[0], fields[1], fields[3])
        }));
    }
    rows.sort();
    assert_eq!(rows, ["0,0,k,plain", "0,1,,\"a, \"\"b\"\"\"", "0,2,,later"]);
}

fn from_topic_to_topic(peer: &Peer) {
    let (from, to, dead) = (name("readings"), name("means"), name("dead-readings"));
    for topic in [&from, &to, &dead] {
        peer.create(topic, 1);
    }
    let checkpoint = tempfile::tempdir().expect("a folder");
    let run = |texts: &[&str]| {
        peer.write(&from, texts.iter().map(|text| (0, *text)));
        let pipeline = means(&peer.bootstrap, &from, &to, &dead);
        now().checkpoint(checkpoint.path().display().to_string()).run(pipeline).expect("it runs");
    };
    run(&[r#"{"sensor":"a","value":1}"#, "broken"]);
    run(&[r#"{"sensor":"a","value":4}"#]);
    let all: Vec<String> = peer.read(&to, 1).into_iter().map(|m| m.payload).collect();
    assert_eq!(all, [r#"{"n":1,"mean":1}"#, r#"{"n":2,"mean":2.5}"#]);
    let letters = peer.read(&dead, 1);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].payload, "broken");
}
