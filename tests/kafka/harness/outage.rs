//! What goes wrong, and what is said then.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use millstream::Job;
use millstream::kafka::{DataLoss, StartFrom, kafka, kafka_sink};
use millstream::prelude::*;
use millstream_kafka_tests::cluster::{Cluster, PASSWORD, USER};
use millstream_kafka_tests::peer::{Peer, until, until_within};

use crate::Test;
use crate::source::{name, now};

pub fn tests() -> Vec<(&'static str, Test)> {
    vec![
        ("outage: nobody is there", Test::Broker(nobody)),
        ("outage: a topic is missing", Test::Broker(missing)),
        ("outage: settings that can't be", Test::Broker(settings)),
        ("outage: offsets are gone by retention", Test::Broker(retention)),
        ("outage: offsets are gone while it runs", Test::Broker(retention_meanwhile)),
        ("outage: a topic was made anew", Test::Broker(made_anew)),
        ("outage: the broker comes late, goes, and comes back", Test::Brokers(goes_and_comes)),
        ("outage: one of two brokers is killed", Test::Brokers(one_of_two)),
        ("outage: a password is wrong, and none is ever shown", Test::Brokers(password)),
    ]
}

/// From a topic to another one, with a checkpoint.
struct Copy {
    bootstrap: String,
    from: String,
    to: String,
    checkpoint: tempfile::TempDir,
}

impl Copy {
    fn new(peer: &Peer, replicas: i32) -> Copy {
        let (from, to) = (name("from"), name("to"));
        peer.create_with(&from, 2, replicas, &[]);
        peer.create_with(&to, 1, replicas, &[]);
        let checkpoint = tempfile::tempdir().expect("a folder");
        Copy { bootstrap: peer.bootstrap.clone(), from, to, checkpoint }
    }

    fn pipeline(&self) -> Pipeline<'static> {
        let messages = kafka(&self.bootstrap).topic(&self.from).text();
        let out = kafka_sink(&self.bootstrap, &self.to).transaction_timeout(secs(30));
        stream!(move { <Copy> source(messages).sink(out); })
    }

    fn engine(&self) -> Engine {
        Engine::local()
            .trigger(Trigger::Eager)
            .checkpoint(self.checkpoint.path().display().to_string())
            .checkpoint_interval(millis(100))
    }

    /// Waits until so many have arrived. If the sink gives up meanwhile, the pipeline is started again: as whoever runs one
    /// would do.
    #[track_caller]
    fn until(&self, peer: &Peer, job: &mut Job, so_many: usize, what: &str) {
        until_within(Duration::from_secs(170), what, || {
            if !job.is_running() {
                if let Err(error) = job.wait() {
                    println!("it stopped, and starts again: {error}");
                }
                *job = self.engine().start(self.pipeline()).ok()?;
            }
            (self.arrived(peer).len() >= so_many).then_some(())
        });
    }

    fn arrived(&self, peer: &Peer) -> Vec<String> {
        let mut all: Vec<String> = peer.read(&self.to, 1).into_iter().map(|m| m.payload).collect();
        all.sort();
        all
    }
}

fn numbers(range: std::ops::Range<i32>) -> Vec<String> {
    let mut all: Vec<String> = range.map(|n| format!("{n:04}")).collect();
    all.sort();
    all
}

fn write(peer: &Peer, topic: &str, range: std::ops::Range<i32>) {
    let all: Vec<String> = range.map(|n| format!("{n:04}")).collect();
    peer.write(topic, all.iter().enumerate().map(|(n, text)| (n as i32 % 2, text.as_str())));
}

fn nobody(_: &Peer) {
    let start = Instant::now();
    let messages = kafka("127.0.0.1:1").topic("t").connect_timeout(secs(1)).text();
    let error = now().run(stream! { source(messages).print(1); }).expect_err("nobody is there").to_string();
    assert!(error.contains("no broker answers at 127.0.0.1:1") && error.contains("start it"), "{error}");
    let sink = kafka_sink("127.0.0.1:1", "t").connect_timeout(secs(1));
    let words = from_iter(["a".to_string()]);
    let error = now().run(stream! { source(words).sink(sink); }).expect_err("nobody is there").to_string();
    assert!(error.contains("no broker answers at 127.0.0.1:1"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(20));
}

fn missing(peer: &Peer) {
    let topic = name("missing");
    let messages = kafka(&peer.bootstrap).topic(&topic).text();
    let error = now().run(stream! { source(messages).print(1); }).expect_err("it is missing").to_string();
    let said = format!("topic `{topic}` does not exist at {}: create it", peer.bootstrap);
    assert!(error.contains(&said), "{error}");
    let words = from_iter(["a".to_string()]);
    let sink = kafka_sink(&peer.bootstrap, &topic);
    let error = now().run(stream! { source(words).sink(sink); }).expect_err("it is missing").to_string();
    assert!(error.contains(&said), "{error}");
}

fn settings(peer: &Peer) {
    let error = |source: millstream::kafka::Kafka| {
        now()
            .run(stream! { source(source).map(|m| m.offset()).print(1); })
            .expect_err("it can't be")
            .to_string()
    };
    let all = || kafka(&peer.bootstrap).topic("t");
    assert!(error(kafka(&peer.bootstrap)).contains("no topic is named"));
    assert!(error(all().set("group.id", "g")).contains("`group.id` is set by `.group(…)`"));
    assert!(error(all().set("enable.auto.commit", "true")).contains("`enable.auto.commit` can't be set"));
    let unknown = error(all().set("no.such.thing", "x"));
    assert!(unknown.contains("librdkafka refuses the setting `no.such.thing`"), "{unknown}");
}

fn retention(peer: &Peer) {
    let topic = name("retention");
    peer.create(&topic, 1);
    let checkpoint = tempfile::tempdir().expect("a folder");
    let run = |loss: DataLoss| {
        let out = MemorySink::new();
        let sink = out.clone();
        let messages = kafka(&peer.bootstrap).topic(&topic).on_data_loss(loss).text();
        let pipeline = stream!(move { <Retention> source(messages).sink(sink); });
        let ended = now().checkpoint(checkpoint.path().display().to_string()).run(pipeline);
        ended.map(|()| out.records().concat()).map_err(|error| error.to_string())
    };
    let letters = |word: &'static str| word.split("").filter(|l| !l.is_empty()).map(|letter| (0, letter));
    peer.write(&topic, letters("abc"));
    assert_eq!(run(DataLoss::Fail).as_deref(), Ok("abc"));
    peer.write(&topic, letters("defgh"));
    peer.delete_before(&topic, 0, 6);
    let error = run(DataLoss::Fail).expect_err("they are gone");
    let said = format!(
        "messages of partition 0 of topic `{topic}` were not read and can't be any more: offsets 3 to 5 are gone"
    );
    assert!(error.contains(&said) && error.contains("on_data_loss(DataLoss::Continue)"), "{error}");
    assert_eq!(run(DataLoss::Continue).as_deref(), Ok("gh"));
    assert_eq!(run(DataLoss::Fail).as_deref(), Ok(""));
}

/// The broker forgets what the source has not fetched yet: it stands at an offset that is no more.
fn retention_meanwhile(peer: &Peer) {
    let topic = name("meanwhile");
    peer.create(&topic, 1);
    let out = MemorySink::new();
    let sink = out.clone();
    // So little is fetched ahead that what is deleted has not been.
    let messages = kafka(&peer.bootstrap)
        .topic(&topic)
        .buffer_bytes(1)
        .max_records_per_tick(1)
        .max_rate_per_partition(5)
        .set("queued.min.messages", "1")
        .set("queued.max.messages.kbytes", "1")
        .set("fetch.message.max.bytes", "1000")
        .set("max.partition.fetch.bytes", "1000")
        .on_data_loss(DataLoss::Continue);
    let long = "x".repeat(5000);
    // Each a batch of its own, since whole batches are fetched.
    (0..40).for_each(|_| peer.write(&topic, [(0, long.as_str())]));
    let pipeline = stream!(move { source(messages).map(|m| m.offset()).sink(sink); });
    let job = Engine::local().trigger(Trigger::Eager).start(pipeline).expect("it starts");
    until("the first message", || (!out.records().is_empty()).then_some(()));
    peer.delete_before(&topic, 0, 39);
    until("the last message", || (out.records().last() == Some(&39)).then_some(()));
    job.stop();
    job.wait().expect("it ends well");
    let all: Vec<u64> = out.records();
    assert!(all.len() < 40 && all.is_sorted_by(|a, b| a < b), "{all:?}");
}

fn made_anew(peer: &Peer) {
    let topic = name("anew");
    peer.create(&topic, 1);
    peer.write(&topic, [(0, "a"), (0, "b"), (0, "c")]);
    let read = |start: u64, loss: DataLoss| {
        let out = MemorySink::new();
        let from = StartFrom::Offsets([((topic.clone(), 0), start)].into());
        let messages = kafka(&peer.bootstrap).topic(&topic).start_from(from).on_data_loss(loss).text();
        let ended = now().run(stream! { source(messages).sink(out.clone()); });
        ended.map(|()| out.records().concat()).map_err(|error| error.to_string())
    };
    let error = read(7, DataLoss::Fail).expect_err("it is behind the end");
    assert!(error.contains("offset 7 is behind the end, which is 3"), "{error}");
    assert_eq!(read(7, DataLoss::Continue).as_deref(), Ok("abc"));
}

fn goes_and_comes() {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = Cluster::start(folder.path(), 19492, 1);
    let peer = Peer::new(&cluster.bootstrap);
    let copy = Copy::new(&peer, 1);
    write(&peer, &copy.from, 0..50);
    // It comes while the pipeline waits for it.
    cluster.kill(1);
    let mut job = std::thread::scope(|scope| {
        let starts = scope.spawn(|| copy.engine().start(copy.pipeline()));
        cluster.up(1);
        starts.join().expect("no panic").expect("it starts")
    });
    copy.until(&peer, &mut job, 50, "what was there");
    // It goes while the pipeline runs, and comes back.
    cluster.kill(1);
    cluster.up(1);
    write(&peer, &copy.from, 50..100);
    copy.until(&peer, &mut job, 100, "what came behind");
    job.stop();
    job.wait().expect("it ends well");
    assert_eq!(copy.arrived(&peer), numbers(0..100));
}

fn one_of_two() {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = Cluster::start(folder.path(), 19592, 2);
    let peer = Peer::new(&cluster.bootstrap);
    let copy = Copy::new(&peer, 2);
    write(&peer, &copy.from, 0..50);
    let mut job = copy.engine().start(copy.pipeline()).expect("it starts");
    copy.until(&peer, &mut job, 50, "what was there");
    cluster.kill(2);
    write(&peer, &copy.from, 50..100);
    copy.until(&peer, &mut job, 100, "what came with one broker less");
    cluster.up(2);
    write(&peer, &copy.from, 100..150);
    copy.until(&peer, &mut job, 150, "what came with both");
    job.stop();
    job.wait().expect("it ends well");
    assert_eq!(copy.arrived(&peer), numbers(0..150));
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn password() {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = Cluster::start(folder.path(), 19692, 1);
    let peer = Peer::new(&cluster.bootstrap);
    let copy = Copy::new(&peer, 1);
    write(&peer, &copy.from, 0..10);

    let logged = Logged::default();
    let to = logged.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
    subscriber.with_ansi(false).with_writer(move || to.clone()).init();
    let (wrong, mut seen) = ("a-wrong-password-37", String::new());
    let mut run = |password: &str| {
        let settings = [
            ("security.protocol", "sasl_plaintext"),
            ("sasl.mechanisms", "PLAIN"),
            ("sasl.username", USER),
            ("sasl.password", password),
            ("debug", "all"),
        ];
        let messages = kafka(&cluster.with_password()).topic(&copy.from).group("g").connect_timeout(secs(20));
        let messages = settings.iter().fold(messages, |m, (key, value)| m.set(key, value));
        let sink = kafka_sink(&cluster.with_password(), &copy.to).connect_timeout(secs(20));
        let sink = settings.iter().fold(sink, |s, (key, value)| s.set(key, value));
        seen.push_str(&format!("{messages:?} {sink:?} "));
        let pipeline = stream!(move { <Login> source(messages.text()).sink(sink); });
        seen.push_str(&pipeline.plan().to_string());
        seen.push_str(&pipeline.plan().json());
        let engine = now().on_progress(|progress| tracing::info!("{progress:?}"));
        let ended = engine.run(pipeline).map_err(|error| format!("{error} {error:?}"));
        seen.push_str(&format!("{ended:?}"));
        ended
    };
    let start = Instant::now();
    let error = run(wrong).expect_err("it is wrong");
    assert!(error.contains("refuses the login") && error.contains("`sasl.password`"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(10), "it is known at once");
    run(PASSWORD).expect("it is right");
    assert_eq!(copy.arrived(&peer), numbers(0..10));
    // A setting that is refused, with a secret in it.
    let odd = kafka(&cluster.bootstrap)
        .topic("t")
        .set("ssl.key.password", PASSWORD)
        .set("sasl.oauthbearer.config", wrong);
    let odd = odd.set("security.protocol", "no such protocol");
    let error = now().run(stream! { source(odd).map(|m| m.offset()).print(1); }).expect_err("it can't be");
    seen.push_str(&format!("{error} {error:?}"));

    let logs = String::from_utf8_lossy(&logged.0.lock().expect("nobody panics")).into_owned();
    assert!(logs.contains("millstream::kafka") && logs.len() > 10_000, "librdkafka has said a lot");
    for secret in [wrong, PASSWORD] {
        assert!(!seen.contains(secret), "a secret is shown: {seen}");
        let line = logs.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "a secret is logged: {line:?}");
    }
}
