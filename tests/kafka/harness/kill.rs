//! A pipeline from topic to topic is killed again and again, and its broker too; in the end each result is there once.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use millstream_kafka_tests::cluster::Cluster;
use millstream_kafka_tests::peer::{PATIENCE, Peer, Read};

use crate::Test;
use crate::source::name;

pub fn tests() -> Vec<(&'static str, Test)> {
    vec![
        ("kill: at every fault point, each result is there once", Test::Broker(at_every_point)),
        ("kill: the broker is killed, and the process too", Test::Brokers(broker_too)),
    ]
}

/// Where the process dies, and up to which passage.
const PLACES: [(&str, u64); 9] = [
    ("before-produce", 8),
    ("after-produce", 8),
    ("before-commit", 8),
    ("after-commit", 8),
    ("before-checkpoint", 4),
    ("checkpoint", 30),
    ("after-checkpoint", 3),
    ("recovery", 12),
    ("read", 8),
];
const PARTITIONS: i32 = 3;

struct Run {
    bootstrap: String,
    input: String,
    output: String,
    checkpoint: tempfile::TempDir,
    all: u64,
}

impl Run {
    fn new(peer: &Peer, replicas: i32) -> Run {
        let (input, output) = (name("victim-in"), name("victim-out"));
        peer.create_with(&input, PARTITIONS, replicas, &[]);
        peer.create_with(&output, 2, replicas, &[]);
        let checkpoint = tempfile::tempdir().expect("a folder");
        Run { bootstrap: peer.bootstrap.clone(), input, output, checkpoint, all: 0 }
    }

    /// More input.
    fn feed(&mut self, peer: &Peer, records: u64) {
        let words: Vec<String> = (self.all..self.all + records).map(|n| format!("w{}", n * n % 11)).collect();
        peer.write(&self.input, words.iter().enumerate().map(|(n, w)| (n as i32 % PARTITIONS, w.as_str())));
        self.all += records;
    }

    /// A process, which ends when all the input has been seen, or at its trap.
    fn start(&self, partitions: usize, trap: Option<String>) -> Child {
        Command::new(env!("CARGO_BIN_EXE_kafka_victim"))
            .args([&self.bootstrap, &self.input, &self.output])
            .arg(self.checkpoint.path())
            .arg(partitions.to_string())
            .arg(self.all.to_string())
            .args(trap)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the victim starts")
    }

    /// Holds what is committed in the output to the input: each record once, with its count.
    fn check(&self, peer: &Peer) {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut expected: BTreeMap<String, String> = BTreeMap::new();
        let input = peer.read(&self.input, PARTITIONS);
        assert_eq!(input.len() as u64, self.all, "the input is whole");
        for Read { partition, offset, payload, .. } in &input {
            expected.insert(format!("{partition}:{offset}"), payload.clone());
            *counts.entry(payload.clone()).or_default() += 1;
        }
        let output = peer.read(&self.output, 2);
        let mut seen: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for Read { key, payload, headers, .. } in &output {
            let (word, of) = (key.clone().expect("it has a key"), &headers["of"]);
            assert_eq!(
                expected.remove(of).as_ref(),
                Some(&word),
                "{of} is there twice, or was never written"
            );
            seen.entry(word).or_default().push(payload.parse().expect("a number"));
        }
        assert!(expected.is_empty(), "lost: {expected:?}");
        for (word, numbers) in seen {
            // One key is one partition, so its results are in order.
            assert!(numbers.iter().copied().eq(1..=counts[&word]), "{word}: {numbers:?}");
        }
    }
}

/// Whether it has died at its trap; it may also have done its work.
fn died(mut child: Child) -> bool {
    let mut said = String::new();
    child.stderr.take().expect("it is piped").read_to_string(&mut said).expect("it is text");
    let status = child.wait().expect("it can be waited for");
    assert!(status.success() || status.signal() == Some(9), "{status}: {said}");
    !status.success()
}

fn at_every_point(peer: &Peer) {
    let few = std::env::var("MILLSTREAM_KAFKA_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(27);
    let seed = std::env::var("MILLSTREAM_KILL_SEED").ok().and_then(|n| n.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("MILLSTREAM_KILL_SEED={seed}");
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut run = Run::new(peer, 1);
    let mut deaths: BTreeMap<&str, u64> = BTreeMap::new();
    let mut kills = 0;
    let end = Instant::now() + Duration::from_secs(240);
    while kills < few && Instant::now() < end {
        let (place, often) = PLACES[kills % PLACES.len()];
        run.feed(peer, 90);
        let trap = format!("{place} {}", chance.u64(1..=often));
        if died(run.start(chance.usize(1..=4), Some(trap))) {
            *deaths.entry(place).or_default() += 1;
            kills += 1;
        }
    }
    assert!(!died(run.start(2, None)), "nobody kills it");
    run.check(peer);
    println!("{deaths:?}, {} records", run.all);
    assert_eq!(deaths.len(), PLACES.len().min(few), "it died at all places");
}

fn broker_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = Cluster::start(folder.path(), 19392, 1);
    let peer = Peer::new(&cluster.bootstrap);
    let mut run = Run::new(&peer, 1);
    for round in 0..3u64 {
        run.feed(&peer, 120);
        let mut child = run.start(2, Some(format!("after-produce {}", 2 + round)));
        if round == 1 {
            // The broker goes while the process runs, and comes back; the process goes on.
            cluster.kill(1);
            cluster.up(1);
        }
        let until = Instant::now() + PATIENCE;
        while child.try_wait().expect("it can be asked").is_none() {
            if Instant::now() >= until {
                child.kill().expect("it can be killed");
                let mut said = String::new();
                let _ = child.stderr.take().expect("it is piped").read_to_string(&mut said);
                panic!("in round {round} it neither ends nor dies: {said}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        died(child);
        cluster.kill(1);
        cluster.up(1);
    }
    assert!(!died(run.start(3, None)), "nobody kills it");
    run.check(&peer);
}
