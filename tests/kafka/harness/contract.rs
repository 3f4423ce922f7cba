//! The source and the sink, held to their contracts; and a topic that is compacted.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use millstream::kafka::{kafka, kafka_sink};
use millstream::prelude::*;
use millstream::testing::{SourceContract, sink_contract, source_contract};
use millstream_kafka_tests::peer::{Peer, Read, until};

use crate::Test;
use crate::source::{name, now};

pub fn tests() -> Vec<(&'static str, Test)> {
    vec![
        ("contract: the source keeps it", Test::Broker(source)),
        ("contract: the source keeps it on a topic with transactions", Test::Broker(with_transactions)),
        ("contract: the source keeps it on a compacted topic", Test::Broker(compacted)),
        ("contract: the sink keeps it", Test::Broker(sink)),
        ("contract: a sink without transactions keeps it", Test::Broker(loose_sink)),
    ]
}

fn source(peer: &Peer) {
    let topic = name("contract");
    peer.create(&topic, 3);
    let records: Vec<String> = (0..24).map(|n| format!("r{n}")).collect();
    peer.write(&topic, records.iter().enumerate().map(|(n, text)| (n as i32 % 3, text.as_str())));
    let topics = || kafka(&peer.bootstrap).topic(&topic);
    source_contract(|| topics().text(), str::to_string, records.clone());
    source_contract(|| topics().max_bytes_per_tick(7).text(), str::to_string, records);
}

fn with_transactions(peer: &Peer) {
    let topic = name("contract-gaps");
    peer.create(&topic, 1);
    let mut records = Vec::new();
    for n in 0..6 {
        let texts = [format!("a{n}"), format!("b{n}"), format!("c{n}")];
        let parts: Vec<(i32, &str)> = texts.iter().map(|text| (0, text.as_str())).collect();
        // Each fourth is aborted, which leaves a gap of 4 offsets; the others, one.
        let commits = n % 4 != 2;
        peer.write_in_transaction(&format!("{topic}-{n}"), &topic, &parts, Some(commits));
        records.extend(texts.into_iter().filter(|_| commits));
    }
    peer.write(&topic, [(0, "behind")]);
    records.push("behind".to_string());
    let topics = || kafka(&peer.bootstrap).topic(&topic).text();
    SourceContract::new(topics, str::to_string, records).shortest_piece(6).check();
}

/// Writes to a topic until compaction has left holes in it, and gives what it holds then: it stays so.
fn holes(peer: &Peer, topic: &str) -> Vec<Read> {
    const KEYS: usize = 5;
    let settings = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "100"),
        ("min.cleanable.dirty.ratio", "0.001"),
        ("min.compaction.lag.ms", "0"),
        ("delete.retention.ms", "0"),
    ];
    peer.create_with(topic, 1, 1, &settings);
    let keys = (0..KEYS).map(|n| format!("k{n}")).collect::<Vec<_>>();
    let mut written = 0;
    for _ in 0..4 {
        let messages = (written..written + 100)
            .map(|n| (0, Some(&*keys[n * n % 7 % KEYS]), Some(format!("v{n}")), vec![]));
        peer.write_with(topic, messages);
        written += 100;
        // So that the next one begins another segment; the last one is never compacted.
        let begun = Instant::now();
        until("the segment is old enough", || (begun.elapsed() > Duration::from_millis(150)).then_some(()));
    }
    until("it is compacted", || {
        let left = peer.read(topic, 1);
        let old: Vec<&String> =
            left.iter().filter(|m| m.offset < 300).filter_map(|m| m.key.as_ref()).collect();
        let once = old.iter().collect::<BTreeSet<_>>().len() == old.len();
        (once && !old.is_empty()).then_some(left)
    })
}

fn compacted(peer: &Peer) {
    let topic = name("compacted");
    let left: Vec<String> = holes(peer, &topic).into_iter().map(|m| m.payload).collect();
    assert!(left.len() < 110, "{} are left of 400", left.len());

    let checkpoint = tempfile::tempdir().expect("a folder");
    let run = || {
        let out = MemorySink::new();
        let (sink, bootstrap, topic) = (out.clone(), peer.bootstrap.clone(), topic.clone());
        let pipeline = stream!(move { <Compacted>
            source(kafka(&bootstrap).topic(&topic).max_records_per_tick(7).text()).sink(sink);
        });
        now().checkpoint(checkpoint.path().display().to_string()).run(pipeline).expect("it runs");
        out.records()
    };
    assert_eq!(run(), left);
    assert_eq!(run(), [""; 0]);

    // Read again, in pieces, and behind restarts, also where nothing is.
    let topics = || kafka(&peer.bootstrap).topic(&topic).text();
    SourceContract::new(topics, str::to_string, left).shortest_piece(400).check();

    peer.write_with(&topic, [(0, Some("new"), Some("one more".to_string()), vec![])]);
    assert_eq!(run(), ["one more"]);
}

fn sink(peer: &Peer) {
    let topic = name("contract-out");
    peer.create(&topic, 2);
    let visible = || peer.read(&topic, 2).into_iter().map(|m| m.payload).collect();
    sink_contract(|| kafka_sink(&peer.bootstrap, &topic), visible, |n| format!("r{n}"));
}

fn loose_sink(peer: &Peer) {
    let topic = name("contract-loose");
    peer.create(&topic, 2);
    let visible = || peer.read(&topic, 2).into_iter().map(|m| m.payload).collect();
    sink_contract(|| kafka_sink(&peer.bootstrap, &topic).at_least_once(), visible, |n| format!("r{n}"));
}
