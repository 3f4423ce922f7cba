//! The source, against a broker that is there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use millstream::kafka::{Avro, OwnedMessage, StartFrom, kafka};
use millstream::prelude::*;
use millstream_kafka_tests::peer::{Peer, until};

use crate::Test;

pub fn tests() -> Vec<(&'static str, Test)> {
    vec![
        ("source: words of a topic are counted", Test::Broker(words)),
        ("source: messages are what was written", Test::Broker(messages)),
        ("source: it begins where it is told to", Test::Broker(begins)),
        ("source: topics by a pattern", Test::Broker(pattern)),
        ("source: a topic that is made later is found by its pattern", Test::Broker(topic_added)),
        ("source: transactions leave gaps", Test::Broker(transactions)),
        ("source: a restart goes on, the group is told", Test::Broker(restart)),
        ("source: limits on a tick", Test::Broker(limits)),
        ("source: a rate by partition holds", Test::Broker(rate)),
        ("source: Avro, by the schemas of a registry", Test::Broker(avro)),
        ("source: new partitions are found", Test::Broker(partition_added)),
    ]
}

/// Another one each time, so that tests can be run again on the same broker.
pub fn name(of: &str) -> String {
    format!("{of}-{:08x}", fastrand::u32(..))
}

pub fn now() -> Engine {
    Engine::local().trigger(Trigger::AvailableNow)
}

fn words(peer: &Peer) {
    let topic = name("words");
    peer.create(&topic, 3);
    let lines: Vec<String> = (0..3000).map(|n| format!("w{} all", n % 7)).collect();
    peer.write(&topic, lines.iter().enumerate().map(|(n, line)| (n as i32 % 3, line.as_str())));

    let out = MemorySink::new();
    let pipeline = stream! { <WordCount>
        let lines = source(kafka(&peer.bootstrap).topic(&topic).text());
        lines.flat_map(|line| line.split(' ')).map(|w| (w, 1u64)).running_reduce(|a, b| a + b).sink(out.clone());
    };
    now().run(pipeline).expect("it runs");
    let counts: BTreeMap<String, u64> = out.records().into_iter().collect();
    assert_eq!(counts["all"], 3000);
    assert_eq!(counts.len(), 8);
    assert_eq!(counts.values().sum::<u64>(), 6000);
}

fn messages(peer: &Peer) {
    let topic = name("messages");
    peer.create(&topic, 1);
    peer.write_with(
        &topic,
        [
            (0, Some("k"), Some("v".to_string()), vec![("a", "1"), ("b", "2"), ("a", "3")]),
            (0, None, None, vec![]),
            (0, Some(""), Some(String::new()), vec![]),
        ],
    );
    let out: MemorySink<OwnedMessage> = MemorySink::new();
    let pipeline = stream! { source(kafka(&peer.bootstrap).topic(&topic)).sink(out.clone()); };
    now().run(pipeline).expect("it runs");
    let all = out.records();
    let parts = |m: &OwnedMessage| (m.offset, m.key.clone(), m.payload.clone(), m.headers.len());
    assert_eq!(
        all.iter().map(parts).collect::<Vec<_>>(),
        [
            (0, Some(b"k".to_vec()), Some(b"v".to_vec()), 3),
            (1, None, None, 0),
            (2, Some(vec![]), Some(vec![]), 0),
        ]
    );
    assert_eq!(all[0].headers[2], ("a".to_string(), Some(b"3".to_vec())));
    assert!(all.iter().all(|m| *m.topic == *topic && m.partition == 0));
    assert!(all.iter().all(|m| m.timestamp.is_some_and(|t| t.millis() > 1_500_000_000_000)));

    // As they lie in the buffer.
    let seen = MemorySink::new();
    let pipeline = stream! {
        let messages = source(kafka(&peer.bootstrap).topic(&topic));
        messages
            .filter(|m| m.key() == Some(b"k") && m.timestamp().is_some())
            .map(|m| (m.header("a").map(<[u8]>::to_vec), format!("{m:?}")))
            .sink(seen.clone());
    };
    now().run(pipeline).expect("it runs");
    assert_eq!(seen.records(), [(Some(b"3".to_vec()), format!("{topic}[0]@0"))]);
}

fn begins(peer: &Peer) {
    let topic = name("begins");
    peer.create(&topic, 2);
    peer.write(&topic, [(0, "a"), (1, "b"), (0, "c")]);
    let moment = Timestamp::from_millis(
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis()
            as i64
            + 1,
    );
    until("the clock has moved on", || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
        (now.as_millis() as i64 > moment.millis()).then_some(())
    });
    peer.write(&topic, [(0, "d"), (1, "e")]);
    let read = |start: StartFrom| {
        let out = MemorySink::new();
        let pipeline = stream! {
            source(kafka(&peer.bootstrap).topic(&topic).start_from(start).text()).sink(out.clone());
        };
        now().run(pipeline).expect("it runs");
        let mut all: Vec<String> = out.records();
        all.sort();
        all.concat()
    };
    assert_eq!(read(StartFrom::Earliest), "abcde");
    assert_eq!(read(StartFrom::Latest), "");
    assert_eq!(read(StartFrom::Timestamp(moment)), "de");
    assert_eq!(read(StartFrom::Timestamp(moment.plus(hours(1)))), "");
    assert_eq!(read(StartFrom::Offsets([((topic.clone(), 0), 2)].into())), "bde");
}

fn pattern(peer: &Peer) {
    let family = name("family");
    for member in ["one", "two"] {
        let topic = format!("{family}-{member}");
        peer.create(&topic, 2);
        peer.write(&topic, [(0, member), (1, member)]);
    }
    let out = MemorySink::new();
    let all = format!("{family}-*");
    let pipeline = stream! { source(kafka(&peer.bootstrap).topics_matching(&all).text()).count_by_value().sink(out.clone()); };
    now().run(pipeline).expect("it runs");
    let sum = |word: &str| out.records().iter().filter(|(w, _)| w == word).map(|(_, n)| n).sum::<u64>();
    assert_eq!((sum("one"), sum("two")), (2, 2));
}

fn topic_added(peer: &Peer) {
    let family = name("later");
    let member = |n: u32| format!("{family}-{n}");
    let write = |n: u32| peer.write(&member(n), [(0, format!("{n}").as_str())]);
    let checkpoint = tempfile::tempdir().expect("a folder");
    let engine = Engine::local().trigger(Trigger::Eager).checkpoint(checkpoint.path().display().to_string());
    let run = |so_many: usize, meanwhile: &dyn Fn()| {
        let out = MemorySink::new();
        let (sink, bootstrap, all) = (out.clone(), peer.bootstrap.clone(), format!("{family}-*"));
        let pipeline = stream!(move { <Family>
            source(kafka(&bootstrap).topics_matching(&all).discovery_interval(millis(50)).text()).sink(sink);
        });
        let job = engine.start(pipeline).expect("it starts");
        meanwhile();
        until("all of them", || (out.records().len() >= so_many).then_some(()));
        job.stop();
        job.wait().expect("it ends well");
        let mut all: Vec<String> = out.records();
        all.sort();
        all.concat()
    };
    // At first there is none of them; others come while it runs, and while it is down.
    let make = |n: u32| {
        peer.create(&member(n), 1);
        write(n);
    };
    assert_eq!(run(2, &|| [1, 2].into_iter().for_each(make)), "12");
    make(0);
    write(1);
    assert_eq!(run(2, &|| ()), "01");
}

fn transactions(peer: &Peer) {
    let topic = name("gaps");
    peer.create(&topic, 1);
    peer.write_in_transaction("gaps-1", &topic, &[(0, "a"), (0, "b")], Some(true));
    peer.write_in_transaction("gaps-2", &topic, &[(0, "no"), (0, "never")], Some(false));
    peer.write(&topic, [(0, "c")]);
    peer.write_in_transaction("gaps-3", &topic, &[(0, "not this")], Some(false));
    let checkpoint = tempfile::tempdir().expect("a folder");
    let run = || {
        let out = MemorySink::new();
        let sink = out.clone();
        let (bootstrap, topic) = (peer.bootstrap.clone(), topic.clone());
        let pipeline = stream!(move { <Gaps> source(kafka(&bootstrap).topic(&topic).text()).sink(sink); });
        now().checkpoint(checkpoint.path().display().to_string()).run(pipeline).expect("it runs");
        out.records().concat()
    };
    assert_eq!(run(), "abc");
    assert_eq!(run(), "");
    peer.write_in_transaction("gaps-4", &topic, &[(0, "d")], Some(true));
    // What is not committed yet holds back what is behind it.
    let open = peer.write_in_transaction("gaps-5", &topic, &[(0, "e")], None);
    peer.write(&topic, [(0, "f")]);
    assert_eq!(run(), "d");
    rdkafka::producer::Producer::commit_transaction(&open.expect("it is open"), secs(30))
        .expect("it is committed");
    assert_eq!(run(), "ef");
}

fn restart(peer: &Peer) {
    let topic = name("restart");
    let group = name("group");
    peer.create(&topic, 2);
    let checkpoint = tempfile::tempdir().expect("a folder");
    let run = || {
        let out = MemorySink::new();
        let sink = out.clone();
        let (bootstrap, topic, group) = (peer.bootstrap.clone(), topic.clone(), group.clone());
        let pipeline = stream!(move { <Restarted>
            let lines = source(kafka(&bootstrap).topic(&topic).group(&group).max_records_per_tick(7).text());
            lines.map(|line| (line, 1u64)).running_reduce(|a, b| a + b).sink(sink);
        });
        now().checkpoint(checkpoint.path().display().to_string()).run(pipeline).expect("it runs");
        out.records()
    };
    peer.write(&topic, (0..100).map(|n| (n % 2, "x")));
    assert_eq!(run().last(), Some(&("x".to_string(), 100)));
    assert_eq!(peer.committed(&group, &topic, 2), [50, 50]);
    peer.write(&topic, (0..10).map(|n| (n % 2, "x")));
    let again = run();
    assert!(again.iter().all(|(_, n)| *n > 100));
    assert_eq!(again.last(), Some(&("x".to_string(), 110)));
    assert_eq!(peer.committed(&group, &topic, 2), [55, 55]);
}

fn limits(peer: &Peer) {
    let topic = name("limits");
    peer.create(&topic, 2);
    let long = "x".repeat(10_000);
    peer.write(&topic, (0..200).map(|_| (0, "s")).chain((0..20).map(|_| (1, long.as_str()))));
    let sizes = |source: millstream::kafka::Kafka| {
        let out = MemorySink::new();
        let pipeline = stream! {
            source(source).map(|m| (m.partition(), m.payload().map_or(0, <[u8]>::len))).sink(out.clone());
        };
        now().run(pipeline).expect("it runs");
        let batches: Vec<Vec<(i32, usize)>> = out.batches().into_iter().filter(|b| !b.is_empty()).collect();
        assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), 220);
        batches
    };
    let all = || kafka(&peer.bootstrap).topic(&topic);
    assert!(sizes(all().max_records_per_tick(30)).iter().all(|b| b.len() <= 30));
    let by_partition = sizes(all().max_records_per_partition(9));
    assert!(by_partition.iter().all(|b| b.iter().filter(|(p, _)| *p == 0).count() <= 9));
    let by_bytes = sizes(all().max_bytes_per_tick(40_000));
    assert!(by_bytes.iter().all(|b| b.iter().map(|(_, n)| n).sum::<usize>() <= 40_000));
    assert!(sizes(all().max_bytes_per_tick(1)).iter().all(|b| b.len() == 1));
    assert_eq!(
        sizes(all().buffer_bytes(1).max_records_per_tick(50)).iter().map(Vec::len).sum::<usize>(),
        220
    );
}

fn rate(peer: &Peer) {
    const RATE: u64 = 200;
    let topic = name("paced");
    peer.create(&topic, 2);
    // One partition has more than the other.
    peer.write(&topic, (0..600).map(|n| (0, n)).chain((0..100).map(|n| (1, n))).map(|(p, _)| (p, "x")));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&seen);
    let messages = kafka(&peer.bootstrap).topic(&topic).max_rate_per_partition(RATE);
    let pipeline = stream!(move {
        source(messages).map(|m| m.partition()).for_each_batch(move |batch, _| {
            to.lock().expect("no panic").push((Instant::now(), batch));
        });
    });
    let start = Instant::now();
    now().run(pipeline).expect("it runs");
    let seen = seen.lock().expect("no panic");
    let mut sums = [0; 2];
    for (at, batch) in &*seen {
        batch.iter().for_each(|partition| sums[*partition as usize] += 1);
        // A second's worth may come at once.
        let most = RATE as f64 * ((*at - start).as_secs_f64() + 1.0);
        assert!(sums.iter().all(|sum| f64::from(*sum) <= most), "{sums:?} after {:?}", *at - start);
    }
    assert_eq!(sums, [600, 100]);
    assert!(start.elapsed() >= secs(2), "600 at 200 a second, the first 200 at once");
}

/// A registry with one schema, whatever it is asked for.
fn registry(schema: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it has an address"));
    std::thread::spawn(move || {
        for peer in listener.incoming() {
            let mut peer = peer.expect("somebody asks");
            let head = BufReader::new(&peer).lines().map_while(Result::ok);
            assert!(head.take_while(|line| !line.is_empty()).count() > 0, "it is asked something");
            let body = serde_json::json!({ "schema": schema }).to_string();
            let length = body.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            peer.write_all(answer.as_bytes()).expect("it listens");
        }
    });
    url
}

fn avro(peer: &Peer) {
    #[derive(Clone, serde::Deserialize)]
    struct Reading {
        sensor: String,
        n: i64,
    }
    let url = registry(
        r#"{"type":"record","name":"Reading","fields":[{"name":"sensor","type":"string"},{"name":"n","type":"long"}]}"#,
    );
    let topic = name("avro");
    peer.create(&topic, 1);
    // Schema 7, a text of one letter, and 7 or 1 as zigzag.
    peer.write(&topic, [(0, "\0\0\0\0\u{7}\u{2}a\u{e}"), (0, "no Avro"), (0, "\0\0\0\0\u{7}\u{2}b\u{2}")]);
    let decoder = Avro::<Reading>::registry(&url);
    let (out, bad) = (MemorySink::new(), MemorySink::new());
    let pipeline = stream! {
        let messages = source(kafka(&peer.bootstrap).topic(&topic));
        let (readings, broken) = messages.try_map(|m| m.decode(&decoder));
        readings.map(|reading: Reading| (reading.sensor, reading.n)).sink(out.clone());
        broken.map(|bad| bad.error.to_string()).sink(bad.clone());
    };
    now().run(pipeline).expect("it runs");
    assert_eq!(out.records(), [("a".to_string(), 7), ("b".to_string(), 1)]);
    let bad: Vec<String> = bad.records();
    assert!(bad.len() == 1 && bad[0].contains("offset 1") && bad[0].contains("zero byte"), "{bad:?}");
}

fn partition_added(peer: &Peer) {
    let topic = name("grows");
    peer.create(&topic, 1);
    peer.write(&topic, [(0, "a")]);
    let checkpoint = tempfile::tempdir().expect("a folder");
    let pipeline = |out: &MemorySink<String>| {
        let sink = out.clone();
        let (bootstrap, topic) = (peer.bootstrap.clone(), topic.clone());
        stream!(move { <Grows>
            source(kafka(&bootstrap).topic(&topic).discovery_interval(millis(50)).text()).sink(sink);
        })
    };
    let engine = Engine::local().trigger(Trigger::Eager).checkpoint(checkpoint.path().display().to_string());
    let out = MemorySink::new();
    let job = engine.start(pipeline(&out)).expect("it starts");
    until("the first message", || (out.records() == ["a"]).then_some(()));
    peer.add_partitions(&topic, 3);
    peer.write(&topic, [(1, "b"), (2, "c")]);
    until("messages of new partitions", || (out.records().len() == 3).then_some(()));
    job.stop();
    job.wait().expect("it ends well");
    // What comes while it is down, in a partition that is new then, is read from its beginning.
    peer.add_partitions(&topic, 4);
    peer.write(&topic, [(0, "d"), (3, "e"), (2, "f")]);
    let later = MemorySink::new();
    let job = engine.start(pipeline(&later)).expect("it starts");
    until("all the others", || (later.records().len() >= 3).then_some(()));
    job.stop();
    job.wait().expect("it ends well");
    let mut all = later.records();
    all.sort();
    assert_eq!(all.concat(), "def");
}
