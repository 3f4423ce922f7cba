//! The sink, against a broker that is there.

use std::collections::BTreeMap;

use millstream::kafka::{DeadLetters, Json, KafkaSink, Outgoing, kafka, kafka_sink};
use millstream::prelude::*;
use millstream::sink::Sink;
use millstream::tick::Tick;
use millstream_kafka_tests::peer::Peer;
use serde::{Deserialize, Serialize};

use crate::Test;
use crate::source::{name, now};

pub fn tests() -> Vec<(&'static str, Test)> {
    vec![
        ("sink: messages are as they were made", Test::Broker(formats)),
        ("sink: a tick is visible whole, or not at all", Test::Broker(whole)),
        ("sink: a tick that runs again is passed over", Test::Broker(again)),
        ("sink: of two starts the older one is shut out", Test::Broker(fenced)),
        ("sink: what an earlier start left open is ended", Test::Broker(lingering)),
        ("sink: without transactions, the plan says so", Test::Broker(at_least_once)),
        ("sink: bad messages go aside, with where they came from", Test::Broker(dead_letters)),
        ("sink: a message of 10 MB", Test::Broker(ten_megabytes)),
    ]
}

fn tick(number: u64) -> Tick {
    Tick { number, time: Timestamp::from_millis(number as i64), epoch: 1 }
}

type Words = Box<dyn Sink<String>>;

/// Opened, as the engine would.
fn opened(sink: KafkaSink, epoch: u64, last: Option<u64>) -> Words {
    let mut sink: Words = Box::new(sink);
    sink.open(epoch, last).expect("it opens");
    sink
}

fn put(sink: &mut Words, number: u64, words: &[&str]) {
    sink.begin(&tick(number)).expect("it begins");
    sink.write(0, words.iter().map(|w| w.to_string()).collect()).expect("it is written");
    sink.commit(&tick(number)).expect("it is committed");
}

fn texts(peer: &Peer, topic: &str) -> String {
    peer.read(topic, 1).into_iter().map(|m| m.payload).collect::<Vec<_>>().join(" ")
}

fn formats(peer: &Peer) {
    let topic = name("formats");
    peer.create(&topic, 4);
    let counts = || from_iter([("a".to_string(), 1u64), ("b".to_string(), 2)]);
    let (first, second) = (counts(), counts());
    let pipeline = stream! {
        source(first).map(|(w, n)| format!("{w}:{n}")).sink(kafka_sink(&peer.bootstrap, &topic).name(&name("f")));
        source(second).sink(kafka_sink(&peer.bootstrap, &topic).name(&name("g")).format(|(w, n): &(String, u64)| {
            Outgoing::new(n.to_string()).key(w.as_str()).header("h", "i")
        }));
    };
    now().run(pipeline).expect("it runs");
    let mut all: Vec<_> = peer.read(&topic, 4).into_iter().map(|m| (m.key, m.payload, m.headers)).collect();
    all.sort();
    let text = |t: &str| (None, t.to_string(), BTreeMap::new());
    let pair = |k: &str, v: &str| {
        (Some(k.to_string()), v.to_string(), BTreeMap::from([("h".to_string(), "i".to_string())]))
    };
    assert_eq!(all, [text("a:1"), text("b:2"), pair("a", "1"), pair("b", "2")]);

    let json = name("json");
    peer.create(&json, 1);
    let records = from_iter([Click { page: "p".into(), n: 3 }]);
    let pipeline = stream! { source(records).sink(kafka_sink(&peer.bootstrap, &json).json()); };
    now().run(pipeline).expect("it runs");
    assert_eq!(texts(peer, &json), r#"{"page":"p","n":3}"#);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Click {
    page: String,
    n: u64,
}

fn whole(peer: &Peer) {
    let topic = name("whole");
    peer.create(&topic, 1);
    let mut sink = opened(kafka_sink(&peer.bootstrap, &topic), 1, None);
    put(&mut sink, 0, &["a", "b"]);
    assert_eq!(texts(peer, &topic), "a b");
    sink.begin(&tick(1)).expect("it begins");
    sink.write(0, vec!["no".into()]).expect("it is written");
    assert_eq!(texts(peer, &topic), "a b");
    sink.abort(&tick(1));
    put(&mut sink, 1, &["c"]);
    put(&mut sink, 2, &[]);
    assert_eq!(texts(peer, &topic), "a b c");
}

fn again(peer: &Peer) {
    let topic = name("again");
    peer.create(&topic, 1);
    let sink = || kafka_sink(&peer.bootstrap, &topic);
    let mut first = opened(sink(), 1, None);
    put(&mut first, 0, &["a"]);
    put(&mut first, 1, &["b"]);
    drop(first);
    let mut second = opened(sink(), 2, Some(0));
    put(&mut second, 0, &["a"]);
    put(&mut second, 1, &["b"]);
    put(&mut second, 2, &["c"]);
    assert_eq!(texts(peer, &topic), "a b c");
    drop(second);
    // Who begins anew, with another checkpoint, writes all.
    let mut anew = opened(sink(), 1, None);
    put(&mut anew, 0, &["d"]);
    drop(anew);
    // And what another checkpoint left is not taken for one's own.
    let mut third = opened(sink(), 2, None);
    put(&mut third, 0, &["d"]);
    put(&mut third, 1, &["e"]);
    assert_eq!(texts(peer, &topic), "a b c d e");
}

fn fenced(peer: &Peer) {
    let topic = name("fenced");
    peer.create(&topic, 1);
    let sink = || kafka_sink(&peer.bootstrap, &topic);
    let mut older = opened(sink(), 1, None);
    put(&mut older, 0, &["a"]);
    older.begin(&tick(1)).expect("it begins");
    older.write(0, vec!["no".into()]).expect("it is written");
    let mut newer = opened(sink(), 2, Some(0));
    put(&mut newer, 1, &["b"]);
    let refused = older.commit(&tick(1)).expect_err("it is shut out").to_string();
    assert!(refused.contains("another start of the pipeline"), "{refused}");
    put(&mut newer, 2, &["c"]);
    // Who comes back with an older number is refused, and the newer one goes on.
    let back = Sink::<String>::open(&mut sink(), 1, Some(0)).expect_err("it is older").to_string();
    assert!(back.contains("a newer start of the pipeline (epoch 2)"), "{back}");
    put(&mut newer, 3, &["d"]);
    assert_eq!(texts(peer, &topic), "a b c d");
}

fn lingering(peer: &Peer) {
    let topic = name("lingering");
    peer.create(&topic, 1);
    let sink = || kafka_sink(&peer.bootstrap, &topic);
    let mut first = opened(sink(), 1, None);
    first.begin(&tick(0)).expect("it begins");
    first.write(0, vec!["no".into()]).expect("it is written");
    std::mem::forget(first); // as if its process had died
    let mut second = opened(sink(), 2, None);
    put(&mut second, 0, &["yes"]);
    assert_eq!(texts(peer, &topic), "yes");
}

fn at_least_once(peer: &Peer) {
    let topic = name("at-least-once");
    peer.create(&topic, 1);
    let pipeline = || {
        let words = from_iter(["a".to_string(), "b".to_string()]);
        stream! { <Loose> source(words).sink(kafka_sink(&peer.bootstrap, &topic).at_least_once()); }
    };
    let checkpoint = tempfile::tempdir().expect("a folder");
    let engine = Engine::local().checkpoint(checkpoint.path().display().to_string());
    let plan = engine.explain(&pipeline()).to_string();
    assert!(plan.contains("at-least-once, because `sink` (kafka_sink("), "{plan}");
    now().run(pipeline()).expect("it runs");
    assert_eq!(texts(peer, &topic), "a b");
}

fn dead_letters(peer: &Peer) {
    let (topic, out, dead) = (name("clicks"), name("pages"), name("dead"));
    for topic in [&topic, &out, &dead] {
        peer.create(topic, 1);
    }
    peer.write_with(
        &topic,
        [
            (0, None, Some(r#"{"page":"a","n":1}"#.to_string()), vec![]),
            (0, Some("k"), Some("no json".to_string()), vec![("h", "i")]),
            (0, None, None, vec![]),
            (0, None, Some(r#"{"page":"b","n":2}"#.to_string()), vec![]),
        ],
    );
    let run = || {
        let pipeline = stream! {
            let messages = source(kafka(&peer.bootstrap).topic(&topic));
            let (clicks, bad) = messages.try_map(|m| m.decode(&Json::<Click>::new()));
            clicks.map(|click| click.page).sink(kafka_sink(&peer.bootstrap, &out));
            bad.sink(kafka_sink(&peer.bootstrap, &dead).encode(DeadLetters));
        };
        now().run(pipeline).expect("it runs");
    };
    run();
    assert_eq!(texts(peer, &out), "a b");
    let letters = peer.read(&dead, 1);
    assert_eq!(letters.len(), 2);
    let [first, second] = &letters[..] else { panic!("there are two") };
    assert_eq!((first.key.as_deref(), &*first.payload), (Some("k"), "no json"));
    let header = |name: &str| first.headers.get(name).map(String::as_str);
    assert_eq!(header("h"), Some("i"));
    assert_eq!(header("millstream.topic"), Some(&*topic));
    assert_eq!((header("millstream.partition"), header("millstream.offset")), (Some("0"), Some("1")));
    assert!(header("millstream.timestamp").is_some());
    assert!(header("millstream.error").is_some_and(|e| e.contains("expected")), "{first:?}");
    assert!(second.headers["millstream.error"].contains("no payload"), "{second:?}");

    // A poison message of a source that decodes stops the pipeline, which says where it is.
    let pipeline = stream! {
        source(kafka(&peer.bootstrap).topic(&topic).decode(Json::<Click>::new())).map(|c| c.page).print(3);
    };
    let error = now().run(pipeline).expect_err("it is no JSON").to_string();
    let place = format!("the message at offset 1 of partition 0 of topic `{topic}` can't be decoded");
    assert!(error.contains(&place) && error.contains("try_map"), "{error}");
}

fn ten_megabytes(peer: &Peer) {
    let (topic, out) = (name("long"), name("long-out"));
    let most = [("max.message.bytes", "20000000")];
    peer.create_with(&topic, 1, 1, &most);
    peer.create_with(&out, 1, 1, &most);
    let long: String = (0..10 << 20).map(|n| (b'a' + (n % 23) as u8) as char).collect();
    peer.write(&topic, [(0, "before"), (0, &long), (0, "behind")]);
    let run = |sink: KafkaSink| {
        let pipeline = stream! { source(kafka(&peer.bootstrap).topic(&topic).text()).sink(sink); };
        now().run(pipeline)
    };
    let error = run(kafka_sink(&peer.bootstrap, &out)).expect_err("it is too long").to_string();
    assert!(error.contains("10485760 bytes") && error.contains("message.max.bytes"), "{error}");
    assert!(peer.read(&out, 1).len() <= 1, "what came before it may be there");
    peer.delete(&out);
    let out = name("long-out");
    peer.create_with(&out, 1, 1, &most);
    let run = |sink: KafkaSink| {
        let pipeline = stream! { source(kafka(&peer.bootstrap).topic(&topic).text()).sink(sink); };
        now().run(pipeline)
    };
    run(kafka_sink(&peer.bootstrap, &out).set("message.max.bytes", "20000000")).expect("it runs");
    let all: Vec<String> = peer.read(&out, 1).into_iter().map(|m| m.payload).collect();
    assert!(
        all == ["before", &long, "behind"],
        "lengths {:?}",
        all.iter().map(String::len).collect::<Vec<_>>()
    );
}
